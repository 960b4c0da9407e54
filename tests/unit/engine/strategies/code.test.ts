import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import {
  DEFAULT_SETTINGS,
  type BacktestResult,
  type BacktestSettings,
} from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import { compile } from '../../../../engine/expressions/compile.ts';
import { evaluateColumns } from '../../../../engine/expressions/columns.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import { CONTROL_LENGTH } from '../../../../engine/protocol/tasks.ts';
import { runTask } from '../../../../workers/strategies.ts';
import { calendarData } from '../../../golden/examples.ts';
import { randomWalk, spx } from '../backtest/bars.ts';
import { environmentOf, instrument } from './support.ts';

interface Options {
  readonly parameters?: ParameterValues;
  readonly settings?: Partial<BacktestSettings>;
  readonly others?: Readonly<Record<string, BarColumns>>;
}

function run(
  code: string,
  bars: BarColumns,
  trusted: boolean,
  options: Options = {},
): Promise<BacktestResult> {
  const calendar = calendarData('none');
  const others = Object.fromEntries(
    Object.entries(options.others ?? {}).map(([name, other]) => [
      name,
      { bars: other, timeframe: timeframe('1d'), calendar },
    ]),
  );
  const { parameters = {}, settings } = options;
  return runTask(
    {
      strategy: 'my',
      parameters,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      bars,
      program: {
        program: { kind: 'code', file: 'my.ts', code, trusted },
        timeframe: timeframe('1d'),
        calendar,
        others,
      },
    },
    new Int32Array(CONTROL_LENGTH),
    {},
  );
}

async function failure(work: Promise<unknown>): Promise<RenataError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}

const CROSS = `export const strategy = {
  title: 'Cross', description: '',
  parameters: {
    fast: { default: 10, min: 2, max: 100 }, slow: { default: 30, min: 2, max: 300 },
    side: { default: 'both', choices: ['both', 'long'] }, on: { default: true },
  },
  create({ fast, slow, side, on }, setup) {
    const a = setup.indicator('sma', { timeperiod: fast });
    const b = setup.indicator('sma', { timeperiod: slow });
    setup.plot('fast', a);
    return {
      onBar(bar) {
        if (!on) return;
        const now = a.at() - b.at();
        const before = a.at(1) - b.at(1);
        if (now > 0 && before <= 0) { if (bar.position <= 0) bar.buy('cross up'); }
        else if (now < 0 && before >= 0 && bar.position >= 0) {
          if (side === 'both') bar.sell('cross down'); else bar.exit('cross down');
        }
      },
    };
  },
};`;

describe.each([
  ['in the sandbox', false],
  ['outside of it', true],
])('strategies in code %s', (_where, trusted) => {
  it('give the orders and the figures of the same strategy inside of Renata', async () => {
    const bars = spx();
    for (const short of [false, true]) {
      const mine = await run(CROSS, bars, trusted, { settings: { short } });
      const settings = { ...DEFAULT_SETTINGS, short };
      const parameters = { fast: 10, slow: 30 };
      const theirs = runBacktest({ strategy: 'sma-cross', parameters, settings, bars });
      expect(mine.orderHash).toBe(theirs.orderHash);
      expect(mine.statistics).toEqual(theirs.statistics);
      expect(mine.trades.count).toBeGreaterThan(80);
      expect(mine.plots[0]?.values).toEqual(theirs.plots[0]?.values);
    }
    const long = await run(CROSS, bars, trusted, {
      settings: { short: true },
      parameters: { side: 'long' },
    });
    expect(Math.min(...long.position)).toBe(0);
    expect((await run(CROSS, bars, trusted, { parameters: { on: false } })).orders.count).toBe(0);
  });

  it('refuse parameters that are none of theirs', async () => {
    const bars = randomWalk(100, 2);
    const of = (parameters: ParameterValues): Promise<RenataError> =>
      failure(run(CROSS, bars, trusted, { parameters }));
    expect(await of({ fats: 3 })).toMatchObject({
      code: 'BAD_INPUT',
      details: { parameter: 'fats' },
    });
    expect((await of({ side: 'short' })).message).toContain('one of both, long');
    expect((await of({ fast: 2.5 })).message).toContain('a whole number from 2 to 100');
  });

  it('say which indicator has no value on short data', async () => {
    const error = await failure(run(CROSS, randomWalk(20, 2), trusted));
    expect(error.code).toBe('STRATEGY_FAILED');
    expect(error.message).toContain('The indicator sma has no value on any of the 20 bars');
    expect(error.message).toContain('my.ts, line 9');
  });

  it('read other instruments and timeframes, each only once it has closed', async () => {
    const bars = randomWalk(60, 4);
    const other = randomWalk(60, 5);
    const code = `export const strategy = { title: 'T', description: '', parameters: {}, create(_, setup) {
      const pair = setup.series('on("OTHER", close) * 2');
      const week = setup.series('tf("1w", close)');
      setup.plot('pair', pair); setup.plot('week', week);
      return { onBar(bar) { if (pair.at() > week.at() && bar.position === 0) bar.buy('' + week.at()); } }; } };`;
    const result = await run(code, bars, trusted, { others: { OTHER: other } });
    const environment = environmentOf(instrument(bars), { OTHER: instrument(other) });
    const column = (source: string): Float64Array =>
      evaluateColumns(compile(source, CATALOGUE), environment);
    const pair = column('on("OTHER", close) * 2');
    expect([...(result.plots[0]?.values ?? [])]).toEqual([...pair]);
    const week = column('tf("1w", close)');
    const first = pair.findIndex((value, i) => value > (week[i] ?? Number.NaN));
    expect(result.orders.placedBar[0]).toBe(first);
    expect(Number(result.orders.tag[0])).toBe(week[first]);
    // 1970-01-01 was a Thursday: the first week closes with bar 3, its Sunday.
    expect(week[2]).toBeNaN();
    expect(week[4]).toBe(bars.close[3]);
  });

  it('hear of their orders, also of those that they cancel inside a call', async () => {
    const code = `const heard = []; export const strategy = { title: 'T', description: '', parameters: {}, create() { return {
      onBar(bar) {
        if (bar.index === 0) bar.order({ side: 'buy', type: 'limit', limitPrice: 1, tag: 'far' });
        if (bar.index === 2) { heard.push('before'); bar.cancelAll(); heard.push('after'); bar.order({ side: 'buy', quantity: 3, tag: 'near' }); }
        if (bar.index === 5) throw new Error(heard.join(' '));
      },
      onOrder(event, bar) { heard.push(event.tag + ':' + event.state + ':' + event.quantity + ':' + event.price + ':' + bar.index + ':' + bar.position); },
    }; } };`;
    const bars = randomWalk(10, 6);
    const error = await failure(run(code, bars, trusted));
    const open = String(bars.open[3]);
    expect(error.message).toContain(
      `before far:Canceled:0:NaN:2:0 after near:Filled:3:${open}:2:3.`,
    );
  });

  it('give brackets and change orders', async () => {
    const code = `export const strategy = { title: 'T', description: '', parameters: {}, create() { let ids; return {
      onBar(bar) {
        const close = bar.close.at();
        if (bar.index === 1) ids = bar.bracket({ entry: { side: 'buy', quantity: 2 }, stopLoss: { type: 'stop', stopPrice: close * 0.5 }, takeProfit: { limitPrice: close * 2 } });
        if (bar.index === 3 && !bar.amend(ids.takeProfit, { limitPrice: bar.close.at() * 1.0001 })) throw new Error('it did not work any more');
      },
    }; } };`;
    const bars = randomWalk(40, 6, 0.03);
    const result = await run(code, bars, trusted);
    expect(result.orders.count).toBe(3);
    const asked = (bars.close[3] ?? 0) * 1.0001;
    expect(result.orders.limitPrice[2]).toBeCloseTo(asked, 9);
    expect(result.trades.count).toBe(1);
  });

  it('draw from the seed of the run', async () => {
    const code = `export const strategy = { title: 'T', description: '', parameters: {}, create() { return {
      onBar(bar) { bar.order({ side: 'buy', type: 'limit', limitPrice: 1, quantity: 1, tag: String(bar.random()) }); } }; } };`;
    const tags = async (seed: number): Promise<readonly string[]> =>
      (await run(code, randomWalk(5, 1), trusted, { settings: { seed } })).orders.tag;
    const first = await tags(1);
    expect(first).toEqual(await tags(1));
    expect(first).not.toEqual(await tags(2));
    expect(new Set(first).size).toBe(5);
  });
});
