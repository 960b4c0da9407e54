import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import {
  beyondConditions,
  conditionColumns,
} from '../../../../engine/strategies/rules/definition.ts';
import { RuleProgram } from '../../../../engine/strategies/rules/program.ts';
import { nextTarget } from '../../../../engine/sweep/signals.ts';
import { barsOf, flatBars, randomWalk, spx } from '../backtest/bars.ts';
import { documentOf, environmentOf, fillsOf, instrument, runDocument } from './support.ts';

const CASH = { cash: 1_000 };

describe('rules by hand', () => {
  it('enter and leave at the next open, with parameters by name', () => {
    // The close is above 10 on bar 1 and below 10 on bar 3.
    const bars = barsOf([
      [9, 9, 9, 9],
      [9, 11, 9, 11],
      [12, 12, 12, 12],
      [12, 12, 8, 8],
      [7, 7, 7, 7],
    ]);
    const document = documentOf({
      parameters: { level: { default: 10, min: 1, max: 100 } },
      entry: { long: 'close > level' },
      exit: { long: 'close < level' },
      sizing: { quantity: 5 },
    });
    expect(fillsOf(runDocument(document, bars, { settings: CASH }))).toEqual([
      '2 buy 5 @ 12 entry long',
      '4 sell 5 @ 7 exit',
    ]);
    // With the level at 11.5 it is above on bar 2 alone.
    const later = runDocument(document, bars, { settings: CASH, parameters: { level: 12 } });
    expect(fillsOf(later)).toEqual([]);
  });

  it('do the same as the strategy in TypeScript', () => {
    const document = documentOf({
      parameters: {
        fast: { default: 10, min: 2, max: 200 },
        slow: { default: 30, min: 3, max: 400 },
      },
      constraints: ['fast < slow'],
      define: { a: 'sma(fast)', b: 'sma(slow)' },
      entry: { long: 'crossover(a, b)', short: 'crossunder(a, b)' },
      exit: { long: 'crossunder(a, b)', short: 'crossover(a, b)' },
    });
    for (const short of [false, true]) {
      const bars = spx();
      const mine = runDocument(document, bars, { settings: { short } });
      const settings = { ...DEFAULT_SETTINGS, short };
      const parameters = { fast: 10, slow: 30 };
      const theirs = runBacktest({ strategy: 'sma-cross', parameters, settings, bars });
      expect(mine.trades.count).toBe(theirs.trades.count);
      expect(mine.trades.count).toBeGreaterThan(50);
      expect(mine.equity).toEqual(theirs.equity);
    }
  });

  it('keep a stop in percent from the entry bar on', () => {
    // Bought at 100 on bar 1, whose low of 94 reaches the stop at 95.
    const bars = barsOf([
      [100, 100, 100, 100],
      [100, 101, 94, 96],
      [96, 96, 96, 96],
    ]);
    const document = documentOf({
      entry: { long: 'session_day == 0' },
      stops: { stopLoss: { percent: 5 } },
      sizing: { quantity: 1 },
    });
    expect(fillsOf(runDocument(document, bars, { settings: CASH }))).toEqual([
      '1 buy 1 @ 100 entry long',
      '1 sell 1 @ 95 stop loss',
    ]);
  });

  it('take profit at a limit, and the stop goes away with it', () => {
    const bars = barsOf([
      [100, 100, 100, 100],
      [100, 104, 99, 103],
      [103, 111, 103, 110],
      [110, 110, 80, 80],
    ]);
    const document = documentOf({
      entry: { long: 'session_day == 0' },
      stops: { stopLoss: { percent: 5 }, takeProfit: { percent: 10 } },
      sizing: { quantity: 1 },
    });
    const result = runDocument(document, bars, { settings: CASH });
    expect(fillsOf(result)).toEqual(['1 buy 1 @ 100 entry long', '2 sell 1 @ 110 target']);
    expect([...result.orders.state]).toEqual(['Filled', 'Canceled', 'Filled']);
  });

  it('measure stops by the range known when the entry was ordered', () => {
    // True ranges: 2 on bar 1, 4 on bar 2; atr(1) is the true range itself. The entry is ordered on bar 1.
    const bars = barsOf([
      [100, 101, 99, 100],
      [100, 101, 99, 100],
      [100, 102, 98, 100],
      [100, 100, 95.9, 96],
    ]);
    const document = documentOf({
      entry: { long: 'session_day == 1' },
      stops: { stopLoss: { atr: 2, period: 1 } },
      sizing: { quantity: 1 },
    });
    expect(fillsOf(runDocument(document, bars, { settings: CASH }))).toEqual([
      '2 buy 1 @ 100 entry long',
      '3 sell 1 @ 96 stop loss',
    ]);
  });

  it('follow the best close with a trailing stop that never goes back', () => {
    // Bought at 100, stop 90; close 120 → 108; close 110 keeps it; bar 4 falls through it.
    const bars = barsOf([
      [100, 100, 100, 100],
      [100, 120, 100, 120],
      [120, 130, 109, 110],
      [110, 112, 108.5, 112],
      [112, 112, 100, 101],
    ]);
    const document = documentOf({
      entry: { long: 'session_day == 0' },
      stops: { trailing: { percent: 10 } },
      sizing: { quantity: 1 },
    });
    expect(fillsOf(runDocument(document, bars, { settings: CASH }))).toEqual([
      '1 buy 1 @ 100 entry long',
      '4 sell 1 @ 108 trailing stop',
    ]);
  });

  it('mirror stops and targets for short positions', () => {
    const bars = barsOf([
      [100, 100, 100, 100],
      [100, 101, 96, 96],
      [96, 96, 89, 90],
      [90, 90, 90, 90],
    ]);
    const document = documentOf({
      entry: { short: 'session_day == 0' },
      stops: { stopLoss: { percent: 5 }, takeProfit: { percent: 10 } },
      sizing: { quantity: 1 },
    });
    expect(fillsOf(runDocument(document, bars, { settings: { ...CASH, short: true } }))).toEqual([
      '1 sell 1 @ 100 entry short',
      '2 buy 1 @ 90 target',
    ]);
    expect(fillsOf(runDocument(document, bars, { settings: CASH }))).toEqual([]);
  });

  it('leave after so many closes', () => {
    const bars = flatBars([10, 11, 12, 13, 14, 15]);
    const document = documentOf({
      entry: { long: 'session_day == 0' },
      stops: { timeStop: 2 },
      sizing: { quantity: 1 },
    });
    // In at the open of bar 1, closes of bars 1 and 2, out at the open of bar 3.
    const rows = fillsOf(runDocument(document, bars, { settings: CASH }));
    expect(rows).toEqual(['1 buy 1 @ 11 entry long', '3 sell 1 @ 13 time stop']);
    const same = runDocument(document, bars, { settings: { ...CASH, fill: 'same-close' } });
    expect(fillsOf(same)).toEqual(['0 buy 1 @ 10 entry long', '2 sell 1 @ 12 time stop']);
  });

  it('risk a part of the equity between entry and stop', () => {
    // 1 % of 1,000 is 10; the stop is 2 away: 5 units.
    const bars = flatBars([40, 40, 40]);
    const document = documentOf({
      entry: { long: 'session_day == 0' },
      stops: { stopLoss: { percent: 5 } },
      sizing: { riskPercent: 1 },
    });
    const at = (given: typeof document): string[] =>
      fillsOf(runDocument(given, bars, { settings: CASH }));
    expect(at(document)).toEqual(['1 buy 5 @ 40 entry long']);
    // 20 % would be 100 units; 95 % of the equity buys 23.75.
    expect(at({ ...document, sizing: { riskPercent: 20 } })).toEqual([
      '1 buy 23.75 @ 40 entry long',
    ]);
    expect(at({ ...document, sizing: { riskPercent: 20, maxPercent: 50 } })).toEqual([
      '1 buy 12.5 @ 40 entry long',
    ]);
  });

  it('hold a volatility target and go back to it', () => {
    // Log returns alternate ±r: over two the sample deviation is r√2; a year has one period here.
    const up = 100 * Math.exp(0.1);
    const bars = flatBars([100, up, 100, up, 100, 100 * Math.exp(0.2), 100]);
    const document = documentOf({
      entry: { long: 'close > 0' },
      sizing: { volatilityTarget: 7, lookback: 2, periodsPerYear: 1, rebalance: 10 },
    });
    const rows = fillsOf(runDocument(document, bars, { settings: CASH }));
    // On bar 2: 1,000 / 100 × 7 / (0.1 × √2 × 100).
    const units = (10 * 7) / (10 * Math.SQRT2);
    expect(rows[0]).toBe(`3 buy ${Number(units.toFixed(6))} @ ${Number(up.toFixed(6))} entry long`);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.at(-1)).toContain('rebalance');
  });

  it('enter with limit orders that work for one bar, or until they are filled', () => {
    const bars = barsOf([
      [100, 100, 100, 100],
      [100, 100, 97, 99],
      [99, 99, 94, 96],
      [96, 96, 96, 96],
    ]);
    const document = documentOf({
      entry: { long: 'session_day == 0' },
      order: { type: 'limit', price: 'close * 0.95' },
      sizing: { quantity: 1 },
    });
    const once = runDocument(document, bars, { settings: CASH });
    expect(fillsOf(once)).toEqual([]);
    expect([...once.orders.state]).toEqual(['Canceled']);
    const order = { type: 'limit', price: 'close * 0.95', timeInForce: 'gtc' } as const;
    const kept = runDocument({ ...document, order }, bars, { settings: CASH });
    expect(fillsOf(kept)).toEqual(['2 buy 1 @ 95 entry long']);
  });

  it('rest after an exit, and add to a position where several entries may be open', () => {
    const bars = flatBars([10, 10, 10, 10, 10, 10, 10, 10]);
    const document = documentOf({
      entry: { long: 'close > 0' },
      stops: { timeStop: 1 },
      sizing: { quantity: 1 },
    });
    const bought = (given: typeof document): number[] =>
      fillsOf(runDocument(given, bars, { settings: CASH })).flatMap((row) =>
        row.includes('buy') ? [Number(row.split(' ')[0])] : [],
      );
    // Ordered on 0, in on 1, out on 2; the close of 2 orders again.
    expect(bought(document)).toEqual([1, 3, 5, 7]);
    expect(bought({ ...document, filters: { cooldown: 2 } })).toEqual([1, 5]);
    const { stops: _stops, ...open } = document;
    expect(bought({ ...open, filters: { maxOpen: 3 } })).toEqual([1, 2, 3]);
  });

  it('enter in the session and on the days that are asked for', () => {
    // 1970-01-01 was a Thursday.
    const bars = flatBars([10, 10, 10, 10, 10, 10, 10, 10]);
    const document = documentOf({
      entry: { long: 'close > 0' },
      stops: { timeStop: 1 },
      filters: { weekdays: ['mon', 'tue'] },
      sizing: { quantity: 1 },
    });
    expect(fillsOf(runDocument(document, bars, { settings: CASH }))).toEqual([
      '5 buy 1 @ 10 entry long',
      '6 sell 1 @ 10 time stop',
    ]);
    const hour = 3_600_000;
    const hourly = { ...bars, time: Float64Array.from(bars.time, (_, i) => i * hour) };
    const session = { ...document, filters: { session: '02:00-03:00' } };
    const base = instrument(hourly, '1h');
    expect(fillsOf(runDocument(session, hourly, { settings: CASH, base }))).toEqual([
      '3 buy 1 @ 10 entry long',
      '4 sell 1 @ 10 time stop',
    ]);
  });

  it('take no entry without the values that its stop needs', () => {
    const bars = randomWalk(30, 3);
    const document = documentOf({
      entry: { long: 'close > 0' },
      stops: { stopLoss: { atr: 2, period: 10 } },
    });
    const first = fillsOf(runDocument(document, bars))[0] ?? '';
    // The range is known from bar 10 on.
    expect(first).toMatch(/^11 buy/);
  });
});

describe('conditions as columns', () => {
  it('are the whole of a rule without stops, as the fast engine reads them', () => {
    const document = documentOf({
      entry: { long: 'rsi(5) < 40', short: 'rsi(5) > 70' },
      exit: { long: 'rsi(5) > 60', short: 'rsi(5) < 50' },
      filters: { when: 'day_of_week < 4' },
    });
    const bars = randomWalk(600, 9);
    const program = new RuleProgram(document, CATALOGUE);
    expect(beyondConditions(program)).toBeUndefined();
    const columns = conditionColumns(program, {}, environmentOf(instrument(bars)));
    const { entry, exit, shortEntry, shortExit } = columns;
    if (entry === undefined || exit === undefined) throw new Error('conditions are missing');
    const result = runDocument(document, bars, { settings: { short: true } });
    let held = 0;
    let turns = 0;
    for (let i = 0; i + 1 < bars.time.length; i += 1) {
      const next = nextTarget({ entry, exit, shortEntry, shortExit }, i, held, true);
      if (next !== held) turns += 1;
      held = next;
      expect(Math.sign(result.position[i + 1] ?? 0)).toBe(held);
    }
    expect(turns).toBeGreaterThan(50);
    const stops = new RuleProgram({ ...document, stops: { timeStop: 3 } }, CATALOGUE);
    expect(beyondConditions(stops)).toBe('it has stops');
  });
});
