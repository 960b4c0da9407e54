import { describe, expect, it } from 'vitest';
import { runPortfolio } from '../../../../engine/backtest/portfolio-run.ts';
import type { PortfolioContext } from '../../../../engine/backtest/portfolio-types.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import { instrumentBars } from '../../../../engine/expressions/study.ts';
import { checkCloses } from '../../../../engine/strategies/code/closes.ts';
import { calendarData } from '../../../golden/examples.ts';
import { DAY, randomWalk } from './bars.ts';

const HOUR = 3_600_000;
const SETTINGS = { ...DEFAULT_SETTINGS, currency: 'USD' };

/** Bars of a walk at other times. */
function at(time: (i: number) => number, length = 30, seed = 1): BarColumns {
  const walk = randomWalk(length, seed);
  return { ...walk, time: walk.time.map((_, i) => time(i)) };
}

function run(
  instruments: Readonly<Record<string, BarColumns>>,
  onBar: (context: PortfolioContext) => void = () => undefined,
) {
  const given = Object.entries(instruments).map(([symbol, bars]) => ({ symbol, bars }));
  return runPortfolio({ instruments: given, settings: SETTINGS }, () => ({ onBar }));
}

describe('bars of several instruments', () => {
  it('may have gaps, and share a grid', () => {
    const A = at((i) => i * HOUR);
    const B = at((i) => (i < 10 ? i : i + 40) * HOUR);
    expect(run({ A, B }).time.length).toBe(30 + 20);
    // The next day's first bar is nearer than a day to nothing.
    const daily = at((i) => i * DAY);
    const later = at((i) => (i + 100) * DAY);
    expect(run({ daily, later }).time.length).toBe(60);
  });

  it('are refused where one begins inside of the other', () => {
    const A = at((i) => i * HOUR);
    const B = at((i) => (i + 20) * HOUR + HOUR / 2);
    expect(() => run({ A, B })).toThrow(
      'The bars of A and B overlap and do not begin together: one begins at 1970-01-01T20:00:00.000Z',
    );
    // Two that do not overlap with the first, but with each other.
    const C = at((i) => (i + 200) * HOUR);
    const D = at((i) => (i + 210) * HOUR + HOUR / 4);
    expect(() => run({ A, C, D })).toThrow('The bars of C and D overlap');
    expect(() => run({ A, C })).not.toThrow();
  });

  it('tell where each instrument is, what it is worth and what holding would have made', () => {
    const A = at((i) => i * DAY);
    const B = at((i) => (i + 2) * DAY, 28, 2);
    const seen: number[][] = [];
    const result = run({ A, B }, (context) => {
      seen.push([context.instrument('A').index, context.instrument('B').index]);
      if (context.index === 4) context.setTargets({ A: 0.25, B: 0.5 });
      expect(context.shortAllowed).toBe(false);
    });
    expect(seen.slice(0, 4)).toEqual([
      [0, -1],
      [1, -1],
      [2, 0],
      [3, 1],
    ]);
    const [a, b] = result.values;
    const units = (100_000 * 0.25) / (A.close[4] ?? 0);
    expect(a?.[4]).toBe(0);
    expect(a?.[29]).toBeCloseTo(units * (A.close[29] ?? 0), 6);
    result.gross.forEach((gross, i) => expect((a?.[i] ?? 0) + (b?.[i] ?? 0)).toBeCloseTo(gross, 6));
    // Half in each at its first close.
    const half = (bars: BarColumns): number =>
      (50_000 * (bars.close.at(-1) ?? 0)) / (bars.close[0] ?? 1);
    expect(result.benchmark.at(-1)).toBeCloseTo(half(A) + half(B), 6);
    expect(result.benchmark[0]).toBe(100_000);
  });
});

describe('markets that close at different hours', () => {
  const FIRST = Date.UTC(2024, 0, 8);
  const leg = (symbol: string, calendar: string, frame = '1d', step = DAY) => ({
    ...instrumentBars({
      bars: at((i) => FIRST + i * step, 5),
      timeframe: timeframe(frame),
      calendar: calendarData(calendar),
    }),
    symbol,
  });

  it('are traded at the next open, after the last of them has closed', () => {
    // New York closes at 21:00 UTC, a coin's day ends at 24:00; New York opens at 14:30 on the next.
    expect(() => checkCloses([leg('SPY', 'us-equity'), leg('BTC', 'crypto')], false)).not.toThrow();
    // A day of currencies ends at midnight of New York, 05:00 UTC: the coin's next has begun.
    expect(() => checkCloses([leg('BTC', 'crypto'), leg('EUR', 'forex')], false)).toThrow(
      'a bar of BTC (calendar crypto) begins before that of EUR (forex) of the date before has ended',
    );
    const hours = [leg('BTC', 'crypto', '1h', HOUR), leg('EUR', 'forex', '1h', HOUR)];
    expect(() => checkCloses(hours, false)).not.toThrow();
  });

  it('are not traded on each other’s closes', () => {
    const two = [leg('SPY', 'us-equity'), leg('BTC', 'crypto')];
    expect(() => checkCloses(two, true)).toThrow('end at different hours');
    expect(() =>
      checkCloses([leg('SPY', 'us-equity'), leg('QQQ', 'us-equity')], true),
    ).not.toThrow();
  });
});
