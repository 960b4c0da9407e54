import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openComputePool } from '../../electron/services/compute.ts';
import { randomWalk } from '../unit/engine/backtest/bars.ts';

const pool = openComputePool({
  workerUrl: LAYOUT.workerUrl,
  threads: 1,
  // For the sandbox to end its code itself, which takes a slow machine some seconds.
  patience: 60_000,
  onDefect: (_task, message) => {
    throw new Error(message);
  },
});
afterAll(() => pool.close());

const CALENDAR = JSON.parse(
  readFileSync(fromRoot('resources/calendars/none.json'), 'utf8'),
) as CalendarData;
const ONE = randomWalk(200, 5);
const TWO = randomWalk(200, 6);

function run(code: string, codeWork?: number) {
  const instrument = (symbol: string, bars: typeof ONE) => ({
    symbol,
    bars,
    timeframe: timeframe('1d'),
    calendar: CALENDAR,
  });
  return pool.run('portfolio', {
    strategy: 'my',
    parameters: {},
    settings: { ...DEFAULT_SETTINGS, ...(codeWork === undefined ? {} : { codeWork }) },
    currency: 'USD',
    program: { program: { kind: 'code', file: 'my.ts', code, trusted: false } },
    instruments: [instrument('ONE', ONE), instrument('TWO', TWO)],
  });
}

function onBar(lines: string): string {
  return `export const strategy = { title: 'T', description: '', portfolio: true, parameters: {},
create(parameters, setup) { return { onBar(portfolio) {
${lines}
} }; } };`;
}

async function failure(code: string, codeWork?: number): Promise<RenataError> {
  try {
    await run(code, codeWork);
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** What code inside finds, thrown as a message. */
async function found(expression: string): Promise<string> {
  const { message } = await failure(onBar(`throw new Error('<' + String(${expression}) + '>');`));
  return /<(.*)>/.exec(message)?.[1] ?? message;
}

describe('several instruments in the sandbox', () => {
  it('are traded', async () => {
    const { trades, weights } = await run(onBar('portfolio.setTargets({ ONE: 0.5, TWO: 0.5 });'));
    expect(trades.count).toBeGreaterThan(1);
    expect(weights.length).toBe(2);
    expect(weights[0]?.[5]).toBeCloseTo(0.5, 1);
  });

  it('show nothing but what they are said to', async () => {
    for (const name of ['require', 'process', 'fetch', 'Date', 'setTimeout', 'std', 'host']) {
      expect(await found(`typeof ${name}`)).toBe('undefined');
    }
    expect(await found('Object.keys(portfolio).sort().join()')).toBe(
      'amend,bracket,cancel,cancelAll,cash,equity,index,instrument,order,random,setTargets,shortAllowed,symbols,time,warmingUp',
    );
    expect(await found("Object.keys(portfolio.instrument('ONE')).sort().join()")).toBe(
      'close,entryPrice,high,index,low,open,position,price,symbol,tradable,volume,weight',
    );
    expect(await found('Object.isFrozen(portfolio.symbols)')).toBe('true');
  });

  it('show no bar that has not come, of any of them', async () => {
    for (const at of [
      '-1',
      '{ valueOf: (() => { let n = 0; return () => (n += 1) > 1 ? -5 : 0; })() }',
      '-Infinity',
    ]) {
      const answer = await found(`portfolio.instrument('TWO').close.at(${at})`);
      expect(answer === String(TWO.close[0]) || answer.includes('future')).toBe(true);
    }
    const tamper = `const seen = []; const keep = (self) => { seen.push(self); };
      Object.defineProperty(Float64Array.prototype, '5', { get() { keep(this); return 0; } });
      Map.prototype.get = function () { keep(this); }; Array.prototype.at = function () { keep(this); };
      globalThis.Float64Array = class { constructor(x) { keep(x); } }; globalThis.JSON = { parse: keep, stringify: keep };
      portfolio.instrument('TWO').high.at(0); portfolio.order('ONE', { side: 'buy', quantity: 1 });
      throw new Error('<' + seen.length + '>');`;
    expect((await failure(onBar(tamper))).message).toContain('<0>');
  });

  it('take no targets, symbols or rows from tampered objects', async () => {
    await run(
      onBar(`Object.prototype.polluted = 1; Array.prototype.push = () => { throw 1; };
      if (portfolio.index === 1) portfolio.setTargets(JSON.parse('{"ONE":0.5,"__proto__":{"polluted":1}}'));`),
    ).catch(() => undefined);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const { code } = await failure(onBar(`portfolio.setTargets({ toJSON: () => 'x' });`));
    expect(code).toBe('STRATEGY_FAILED');
    expect(
      (await failure(onBar(`portfolio.order({ toString: () => 'ONE' }, { side: 'buy' });`)))
        .message,
    ).toContain("none of the run's instruments");
    expect((await failure(onBar(`portfolio.instrument('__proto__');`))).message).toContain(
      "__proto__ is none of the run's instruments",
    );
  });

  it('are bounded in orders, columns and work', async () => {
    const many =
      'for (let i = 0; i < 1001; i += 1) portfolio.order("ONE", { side: "buy", quantity: 1 });';
    expect((await failure(onBar(many))).message).toContain('more than 1000 orders on one bar');
    const columns = onBar('').replace(
      'return {',
      'for (let i = 0; i < 201; i += 1) setup.instrument("ONE").series(`close * ${i + 2}`); return {',
    );
    expect((await failure(columns)).message).toContain('more than 200 indicators and series');
    const busy = onBar('let n = 0; for (let i = 0; i < 200000; i += 1) n += i;');
    expect((await failure(busy, 10)).message).toMatch(/the 10 million steps of a whole run/);
    expect(
      (await run(onBar('portfolio.setTargets({ ONE: 1 });'), 10)).trades.count,
    ).toBeGreaterThan(0);
  });

  it('are not given to a strategy of one, nor the bars of one to it', async () => {
    const one = onBar('').replace('portfolio: true, ', '');
    expect((await failure(one)).message).toContain('trades one instrument and was given several');
    const several = pool.run('backtest', {
      strategy: 'my',
      parameters: {},
      settings: DEFAULT_SETTINGS,
      bars: ONE,
      program: {
        program: { kind: 'code', file: 'my.ts', code: onBar(''), trusted: false },
        timeframe: timeframe('1d'),
        calendar: CALENDAR,
        others: {},
      },
    });
    await expect(several).rejects.toThrow('trades several instruments');
  });
});
