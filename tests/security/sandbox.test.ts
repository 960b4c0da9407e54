import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { runStrategy } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import type { ComputeTasks } from '../../engine/protocol/tasks.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openComputePool } from '../../electron/services/compute.ts';
import { looksOf, SANDBOX, workOf } from '../../workers/sandbox/limits.ts';
import { openSandboxed } from '../../workers/sandbox/definition.ts';
import { randomWalk } from '../unit/engine/backtest/bars.ts';
import { environmentOf, instrument } from '../unit/engine/strategies/support.ts';

const openPool = (patience: number) =>
  openComputePool({
    workerUrl: LAYOUT.workerUrl,
    threads: 1,
    patience,
    onDefect: (_task, message) => {
      throw new Error(message);
    },
  });
/** Waits for the sandbox to end its code, which takes a slow machine some seconds. */
const pool = openPool(60_000);
/** Ends threads that nothing else can end. */
const impatient = openPool(3_000);
afterAll(async () => {
  await pool.close();
  await impatient.close();
});

const CALENDAR = JSON.parse(
  readFileSync(fromRoot('resources/calendars/none.json'), 'utf8'),
) as CalendarData;
const bars = randomWalk(200, 5);

const tooLong = 'did not return';
const tooMuch = 'MB of memory';
const tooDeep = 'recursion without end';

type Program = NonNullable<ComputeTasks['backtest']['input']['program']>;

function run(
  code: string,
  trusted = false,
  given: Partial<BacktestSettings> = {},
  on = trusted ? impatient : pool,
) {
  const program: Program = {
    program: { kind: 'code', file: 'my.ts', code, trusted },
    timeframe: timeframe('1d'),
    calendar: CALENDAR,
    others: {},
  };
  const settings = { ...DEFAULT_SETTINGS, ...given };
  const task = { strategy: 'my', parameters: {}, settings, bars };
  return on.run('backtest', { ...task, program });
}

/** What no sandbox can look into: the thread itself is ended. */
const OUTSIDE: ReadonlySet<string> = new Set([
  'loops inside of the engine',
  'allocates and catches',
]);

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
      /line [35]: the strategy did not return; .* that this line is in/,
      undefined,
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
    async (name, lines, message, line) => {
      const on = OUTSIDE.has(name) ? impatient : pool;
      const error = await failure(run(onBar(lines), false, {}, on));
      expect(error.code).toBe('STRATEGY_FAILED');
      if (typeof message === 'string') expect(error.message).toContain(message);
      else expect(error.message).toMatch(message);
      expect(error.message).toContain('my.ts');
      if (line !== undefined) expect(error.details).toMatchObject({ file: 'my.ts', line });
      expect(error.message.length).toBeLessThan(400);
      const { result } = await run(onBar('if (bar.index === 3) bar.buy();'), false, {}, on);
      expect(result.orders.count).toBe(1);
    },
  );

  it('cannot fill the thread by what is kept for it outside', async () => {
    const inCreate = (lines: string): string =>
      `export const strategy = { title: 'T', description: '', parameters: {}, create(_, setup) { ${lines} return { onBar() {} }; } };`;
    const of = async (code: string): Promise<string> => (await failure(run(code))).message;
    expect(await of(onBar('for (;;) bar.buy();'))).toContain('more than 1000 orders on one bar');
    const refused = run(onBar('for (;;) try { bar.buy(); } catch {}'), false, {}, impatient);
    expect((await failure(refused)).message).toContain(tooLong);
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
      /line [12]: the strategy did not return/,
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

describe('the work of a whole run', () => {
  /** Some 200,000 turns of a loop on each of the 200 bars: 40 million steps, none of them long by itself. */
  const STEADY = onBar('let n = 0;\nfor (let i = 0; i < 200000; i += 1) n += i;');

  it('is bounded by its settings, at the same bar each time', async () => {
    const error = await failure(run(STEADY, false, { codeWork: 10 }));
    expect(error.code).toBe('STRATEGY_FAILED');
    expect(error.message).toContain(
      'my.ts: the strategy took more than the 10 million steps of a whole run; do less on each bar, or give the run more with codeWork in its settings (--code-work)',
    );
    const at = (message: string): number => Number(/on bar (\d+)/.exec(message)?.[1]);
    // 10 of 40 million steps: a quarter of the bars or, where a turn counts twice, an eighth.
    expect(at(error.message)).toBeGreaterThan(20);
    expect(at(error.message)).toBeLessThan(60);
    const again = await failure(run(STEADY, false, { codeWork: 10 }));
    expect(again.message).toBe(error.message);
    const twice = await failure(run(STEADY, false, { codeWork: 20 }));
    expect(at(twice.message) / at(error.message)).toBeCloseTo(2, 1);
  });

  it('is generous where the settings do not say', async () => {
    expect((await run(STEADY)).result.barCount).toBe(200);
    expect((await run(STEADY, false, { codeWork: 200 })).result.barCount).toBe(200);
    // As much as some thousand calls that each run up to their own bound.
    expect(looksOf(SANDBOX.work)).toBeGreaterThan(1_000 * SANDBOX.looks);
  });

  it('ends what catches, and counts what onOrder and create do', async () => {
    const limited = async (code: string): Promise<string> =>
      (await failure(run(code, false, { codeWork: 2 }))).message;
    const catches = onBar('for (;;) { try { for (;;); } catch {} }');
    expect(await limited(catches)).toContain('2 million steps of a whole run');
    const creating = `export const strategy = { title: 'T', description: '', parameters: {},
create() { for (let i = 0; i < 3000000; i += 1); return { onBar() {} }; } };`;
    expect(await limited(creating)).toContain('2 million steps of a whole run');
    const hearing = `export const strategy = { title: 'T', description: '', parameters: {},
create() { return { onBar(bar) { if (bar.position === 0) bar.buy(); else bar.exit(); },
onOrder() { for (let i = 0; i < 100000; i += 1); } }; } };`;
    expect(await limited(hearing)).toContain('2 million steps of a whole run');
  });

  it('does not count what the file did before the run', async () => {
    const loading = `for (let i = 0; i < 5000000; i += 1);\n${onBar('')}`;
    expect((await run(loading, false, { codeWork: 2 })).result.barCount).toBe(200);
  });

  it('is counted in looks', () => {
    expect(looksOf(1)).toBe(100);
    expect(looksOf(0.001)).toBe(1);
    expect(workOf(looksOf(20_000))).toBe(20_000);
  });
});

describe('a sandbox that ends', () => {
  const WAITS = 'export const strategy = await new Promise(() => {});';
  const codes = [
    onBar('if (bar.index === 3) bar.buy();'),
    onBar('throw new Error("no");'),
    WAITS,
    onBar('void Promise.resolve().then(() => bar.buy()); globalThis.kept = () => bar;'),
    onBar('let n = 0; for (;;) n += 1;'),
    onBar('const x = []; for (;;) x.push(new Array(1000).fill(1));'),
    onBar('function f(n) { return f(n + 1) + 1; } f(0);'),
    'export const strategy = 5;',
  ];
  const open = (code: string, work?: number) =>
    openSandboxed('t', 'my.ts', code, bars, environmentOf(instrument(bars)), work);

  /** Runs a strategy in this thread; what it fails with, or nothing. */
  async function play(code: string): Promise<string | undefined> {
    try {
      const { definition, dispose } = await open(code, 5);
      try {
        runStrategy(definition, { parameters: {}, settings: DEFAULT_SETTINGS, bars });
      } finally {
        dispose();
      }
    } catch (error) {
      if (error instanceof RenataError && error.code === 'STRATEGY_FAILED') return error.message;
      throw error;
    }
    return undefined;
  }

  it('says nothing on the console and leaves no promise behind, 200 times, in the memory of a few', async () => {
    const written: unknown[] = [];
    const note = (...args: unknown[]): void => void written.push(args);
    const spies = (['log', 'warn', 'error'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(note),
    );
    process.on('unhandledRejection', note);
    const failures = new Set<string>();
    let early = 0;
    try {
      for (let n = 0; n < 200; n += 1) {
        const message = await play(codes[n % codes.length] as string);
        if (message !== undefined) failures.add(message);
        if (n === 39) early = process.memoryUsage.rss();
      }
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    } finally {
      for (const spy of spies) spy.mockRestore();
      process.off('unhandledRejection', note);
    }
    expect(written).toEqual([]);
    // Each kind of failure, the same every time.
    const kinds = ['line 4: no.', tooDeep, tooMuch, '5 million steps', 'has to export', 'wait'];
    expect(failures.size).toBe(kinds.length);
    for (const kind of kinds) expect([...failures].join('\n')).toContain(kind);
    // A sandbox begins with 16 MB: 160 of them that stayed would be gigabytes.
    expect(process.memoryUsage.rss() - early).toBeLessThan(300 * 2 ** 20);
  });

  it('takes no more calls', async () => {
    const { definition, dispose } = await open(codes[0] as string);
    dispose();
    expect(() => definition.validate({})).toThrow('my.ts: its sandbox has ended; run it anew.');
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
