import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import type { ComputeTasks } from '../../engine/protocol/tasks.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openComputePool } from '../../electron/services/compute.ts';
import { randomWalk } from '../unit/engine/backtest/bars.ts';

const pool = openComputePool({
  workerUrl: LAYOUT.workerUrl,
  threads: 1,
  patience: 3_000,
  onDefect: (_task, message) => {
    throw new Error(message);
  },
});
afterAll(() => pool.close());

const CALENDAR = JSON.parse(
  readFileSync(fromRoot('resources/calendars/none.json'), 'utf8'),
) as CalendarData;
const bars = randomWalk(200, 5);

type Program = NonNullable<ComputeTasks['backtest']['input']['program']>;

function run(code: string, trusted = false) {
  const program: Program = {
    program: { kind: 'code', file: 'my.ts', code, trusted },
    timeframe: timeframe('1d'),
    calendar: CALENDAR,
    others: {},
  };
  const task = { strategy: 'my', parameters: {}, settings: DEFAULT_SETTINGS, bars };
  return pool.run('backtest', { ...task, program });
}

/** A strategy whose first bar runs these lines; they begin on line 4 of the file. */
function onBar(lines: string): string {
  return `export const strategy = { title: 'T', description: '', parameters: {},
create(parameters, setup) { return {
onBar(bar) {
${lines}
} }; } };`;
}

async function failure(work: Promise<unknown>): Promise<RenataError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** What code inside the sandbox finds, thrown as a message. */
async function found(expression: string, trusted = false): Promise<string> {
  const error = await failure(
    run(onBar(`throw new Error('<' + String(${expression}) + '>');`), trusted),
  );
  return /<(.*)>/.exec(error.message)?.[1] ?? error.message;
}

describe('code in the sandbox', () => {
  it('trades', async () => {
    const { result } = await run(onBar('if (bar.index === 3) bar.buy("go");'));
    expect(result.orders.count).toBe(1);
    expect(result.orders.fillPrice[0]).toBe(bars.open[4]);
  });

  it.each([
    'require',
    'process',
    'module',
    'fetch',
    'XMLHttpRequest',
    'WebSocket',
    'Worker',
    'Deno',
    'Bun',
    'setTimeout',
    'setInterval',
    'queueMicrotask',
    'performance',
    'Date',
    'console',
    'std',
    'os',
    'WebAssembly',
    'SharedWorker',
    'importScripts',
    'navigator',
    'crypto',
    'print',
    'scriptArgs',
  ])('has no %s', async (name) => {
    expect(await found(`typeof ${name}`)).toBe('undefined');
    expect(await found(`typeof globalThis.${name}`)).toBe('undefined');
  });

  it.each([
    [
      'the constructor of what it is given',
      `bar.constructor.constructor('return typeof process')()`,
    ],
    [
      'the constructor of a function it is given',
      `bar.order.constructor('return typeof process')()`,
    ],
    ['Function', `Function('return typeof process')()`],
    ['indirect eval', `(0, eval)('typeof process')`],
    [
      'a generator’s constructor',
      `Object.getPrototypeOf(function*(){}).constructor('return typeof process')().next().value ?? 'undefined'`,
    ],
    [
      'the caller',
      `(function f() { try { return typeof f.caller?.process; } catch { return 'undefined'; } })()`,
    ],
    ['a price’s prototype', `typeof Object.getPrototypeOf(bar.close).process`],
    ['this', `typeof (function () { return this; })()?.process`],
  ])('reaches nothing outside by %s', async (_name, expression) => {
    expect(await found(expression)).toBe('undefined');
  });

  it('cannot import', async () => {
    const file = await failure(run(`import fs from 'node:fs';\n${onBar('')}`));
    expect(file).toMatchObject({ code: 'STRATEGY_FAILED' });
    expect(file.message).toMatch(/^my\.ts/);
    // An import inside is a promise that nobody ever settles.
    const { result } = await run(onBar(`import('node:fs').then((fs) => { bar.buy(); });`));
    expect(result.orders.count).toBe(0);
  });

  it('reads no bar that has not come', async () => {
    const cases = [
      'bar.close.at(-1)',
      'bar.close.at({ valueOf: (() => { let n = 0; return () => (n += 1) > 1 ? -5 : 0; })() })',
      'bar.close.at(-Infinity)',
      'bar.close.at("-1")',
    ];
    for (const each of cases) {
      const answer = await found(each);
      expect(answer === String(bars.close[0]) || answer.includes('future')).toBe(true);
    }
    // Tampering with arrays does not show the column.
    const tamper = `const seen = []; const old = Float64Array.prototype.at;
      Object.defineProperty(Float64Array.prototype, '5', { get() { seen.push(this); return 0; } });
      Array.prototype.at = function () { seen.push(this); }; globalThis.Float64Array = class { constructor(x) { seen.push(x); } };
      bar.high.at(0); throw new Error('<' + seen.length + '>');`;
    expect((await failure(run(onBar(tamper)))).message).toContain('<0>');
  });

  it('keeps what it does to prototypes to itself', async () => {
    await run(
      onBar(`Object.prototype.polluted = 1; Array.prototype.push = () => { throw 1; };
      String.prototype.toJSON = () => 'x'; Object.prototype.toJSON = () => 'x'; JSON.parse = null;`),
    ).catch(() => undefined);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(await found(`typeof ({}).polluted`)).toBe('undefined');
    const order = `Object.prototype.toJSON = () => '{"side":"buy"}'; bar.order({ side: 'sell' });`;
    expect(await failure(run(onBar(order)))).toMatchObject({ code: 'STRATEGY_FAILED' });
    const proto = `bar.order(JSON.parse('{"side":"buy","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));`;
    await run(onBar(`if (bar.index === 1) ${proto}`));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  const tooLong = 'did not return';
  const tooMuch = 'MB of memory';
  const tooDeep = 'recursion without end';
  it.each<[string, string, string | RegExp, number | undefined]>([
    ['throws', 'const a = 1;\nthrow new TypeError("no");', 'my.ts, line 5: TypeError: no.', 5],
    ['calls what is no function', '\n\nbar.close();', /line 6: TypeError: not a function/, 6],
    ['throws nothing', 'throw undefined;', 'my.ts: undefined', undefined],
    [
      'throws an object that bites',
      'throw { get message() { throw 1; } };',
      'cannot be read',
      undefined,
    ],
    ['throws an object that hangs', 'throw { get message() { for (;;); } };', tooLong, undefined],
    [
      'throws an object whose text hangs',
      'throw { name: "x", message: { toString() { for (;;); } } };',
      tooLong,
      undefined,
    ],
    [
      'loops for ever',
      'let n = 0;\nwhile (n >= 0) n += Math.abs(1);',
      /line 3: the strategy did not return; .* begins there/,
      3,
    ],
    ['loops and catches', 'for (;;) { try { for (;;); } catch {} }', tooLong, undefined],
    ['loops in a finally', 'try { throw 1; } finally { for (;;); }', tooLong, undefined],
    ['loops by a getter', 'const o = { get x() { return this.x; } }; o.x;', tooDeep, undefined],
    [
      'orders and cancels for ever',
      'for (;;) bar.cancel(bar.order({ side: "buy" }));',
      'more than 1000 orders',
      undefined,
    ],
    ['has a regex bomb', 'return void /^(a+)+$/.test("a".repeat(40) + "b");', tooLong, undefined],
    [
      'loops inside of the engine',
      'return void Array.prototype.includes.call({ length: 2 ** 52 }, 1);',
      tooLong,
      undefined,
    ],
    [
      'sorts for ever',
      '[1, 2, 3].sort(function c() { return [2, 1].sort(c)[0]; });',
      /recursion|did not return/,
      undefined,
    ],
    ['recurses without end', 'function f(n) { return f(n + 1) + 1; }\nf(0);', tooDeep, undefined],
    [
      'nests without end',
      'JSON.parse("[".repeat(1e6));',
      /recursion|memory|did not return/,
      undefined,
    ],
    ['makes a deep text', 'eval("(".repeat(100000) + "1");', /recursion|memory/, undefined],
    [
      'allocates arrays',
      'const x = []; for (;;) x.push(new Array(1000).fill(1));',
      tooMuch,
      undefined,
    ],
    ['allocates objects', 'const x = []; for (;;) x.push({});', tooMuch, undefined],
    [
      'allocates bytes',
      'const x = []; for (;;) x.push(new Float64Array(1e6));',
      tooMuch,
      undefined,
    ],
    ['allocates at once', 'return void new Uint8Array(2 ** 30);', /memory|array/, undefined],
    ['allocates text', 'let s = "x"; for (;;) s += s;', /memory|string too long/, undefined],
    [
      'allocates and catches',
      'const x = []; for (;;) { try { x.push(new Array(1e5).fill(0)); } catch {} }',
      /memory|did not return/,
      undefined,
    ],
    [
      'chains objects',
      'let a = []; for (;;) a = [a];',
      /memory|did not return|recursion/,
      undefined,
    ],
    ['waits', 'return (async () => {})();', 'a strategy cannot wait', undefined],
    [
      'asks for a broken order',
      'bar.order({ side: "buy", quantity: -1 });',
      /line 4: .*quantity -1 must be/,
      4,
    ],
    [
      'asks for an order of no side',
      'bar.order({ side: "BUY" });',
      'side must be buy or sell, not "BUY"',
      4,
    ],
    [
      'makes an indicator too late',
      'setup.indicator("sma", { timeperiod: 3 });',
      'in create only',
      4,
    ],
  ])(
    'that %s ends as its own failure, and the thread lives on',
    async (_name, lines, message, line) => {
      const error = await failure(run(onBar(lines)));
      expect(error.code).toBe('STRATEGY_FAILED');
      if (typeof message === 'string') expect(error.message).toContain(message);
      else expect(error.message).toMatch(message);
      expect(error.message).toContain('my.ts');
      if (line !== undefined) expect(error.details).toMatchObject({ file: 'my.ts', line });
      expect(error.message.length).toBeLessThan(400);
      const { result } = await run(onBar('if (bar.index === 3) bar.buy();'));
      expect(result.orders.count).toBe(1);
    },
  );

  it('cannot fill the thread by what is kept for it outside', async () => {
    const inCreate = (lines: string): string =>
      `export const strategy = { title: 'T', description: '', parameters: {}, create(_, setup) { ${lines} return { onBar() {} }; } };`;
    const of = async (code: string): Promise<string> => (await failure(run(code))).message;
    expect(await of(onBar('for (;;) bar.buy();'))).toContain('more than 1000 orders on one bar');
    expect(await of(onBar('for (;;) try { bar.buy(); } catch {}'))).toContain(tooLong);
    expect(
      await of(
        inCreate('for (let n = 2; ; n += 1) setup.indicator("sma", { timeperiod: (n % 50) + 2 });'),
      ),
    ).toContain('more than 200 indicators');
    expect(
      await of(inCreate('const s = setup.series("close"); for (;;) setup.plot("x", s);')),
    ).toContain('more than 32 plots');
    expect(await of(inCreate('setup.series("close".repeat(1e6));'))).toContain('longer than');
    expect((await run(onBar(''))).result.barCount).toBe(200);
  });

  it('names what is wrong with a file', async () => {
    const of = async (code: string): Promise<string> => (await failure(run(code))).message;
    expect(await of('export const x = 1;')).toContain('export const strategy');
    expect(await of('\n\nlet a = ;')).toMatch(/my\.ts, line 3: SyntaxError/);
    expect(await of('let n = 0;\nwhile (true) n += Math.abs(1);')).toMatch(
      /line 1: the strategy did not return/,
    );
    expect(await of('await new Promise(() => {});')).toContain('wait');
    expect(await of('export const strategy = { create() {} };')).toMatch(/strategy\.title/);
    const bad = `{ title: 'T', description: '', parameters: { n: { default: 5, min: 6, max: 9 } }, create() {} }`;
    expect(await of(`export const strategy = ${bad};`)).toContain('default 5 must lie between');
  });

  it('draws the same random numbers in every run, by either way', async () => {
    const code = onBar(
      `if (bar.index === 2) throw new Error('<' + Math.random() + ' ' + bar.random() + '>');`,
    );
    const first = (await failure(run(code))).message;
    expect(first).toMatch(/<0\.\d+ 0\.\d+>/);
    expect((await failure(run(code))).message).toBe(first);
  });
});

describe('code that the user trusts', () => {
  it('has what a program has, and is ended when it does not return', async () => {
    expect(await found('typeof process', true)).toBe('object');
    const error = await failure(run(onBar('\nthrow new TypeError("no");'), true));
    expect(error.message).toContain('my.ts, line 5: TypeError: no.');
    expect(await failure(run(onBar('for (;;);'), true))).toMatchObject({
      code: 'STRATEGY_FAILED',
      message: expect.stringContaining('my.ts: the strategy did not return within 3 s'),
    });
    const { result } = await run(onBar('if (bar.index === 3) bar.buy();'), true);
    expect(result.orders.count).toBe(1);
  });

  it('is ended when it fills the memory of its thread', async () => {
    const grow = onBar('const x = []; for (;;) x.push(new Array(1e5).fill(0.5));');
    const error = await failure(run(grow, true));
    expect(error.code).toBe('STRATEGY_FAILED');
    expect(error.message).toMatch(/memory|did not return/);
    expect((await run(onBar(''), true)).result.barCount).toBe(200);
  });
});
