import { describe, expect, it } from 'vitest';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import {
  BarsEnvironment,
  type InstrumentBars,
} from '../../../../engine/expressions/bars-environment.ts';
import { evaluateColumns } from '../../../../engine/expressions/columns.ts';
import { compile } from '../../../../engine/expressions/compile.ts';
import { calendar } from '../series/market.ts';
import { CATALOGUE } from './helpers.ts';

function instrument(
  tf: string,
  start: number,
  step: number,
  closes: readonly number[],
): InstrumentBars {
  const close = Float64Array.from(closes);
  return {
    bars: {
      time: Float64Array.from(closes, (_, i) => start + i * step),
      open: close,
      high: close,
      low: close,
      close,
      volume: close.map(() => 1),
    },
    timeframe: timeframe(tf),
    calendar: calendar('us-equity'),
    hours: 'regular',
  };
}

const MINUTE = 60_000;
/** 2020-01-02 09:30 in New York. */
const OPEN = Date.UTC(2020, 0, 2, 14, 30);
const base = instrument('15m', OPEN, 15 * MINUTE, [1, 2, 3, 4, 5, 6, 7, 8]);
const N = Number.NaN;

function evaluate(source: string, environment = new BarsEnvironment(base)): number[] {
  return [...evaluateColumns(compile(source, CATALOGUE), environment)];
}

describe('bars as an environment', () => {
  it('gives a coarser bar only once it has closed', () => {
    expect(evaluate('tf("1h", close)')).toEqual([N, N, N, 4, 4, 4, 4, 8]);
    expect(evaluate('tf("1h", close[1])')).toEqual([N, N, N, N, N, N, N, 4]);
    expect(evaluate('tf("1h", high) - close')).toEqual([N, N, N, 0, -1, -2, -3, 0]);
    expect(evaluate('tf("1d", close)')).toEqual([N, N, N, N, N, N, N, N]);
  });

  it('lines other instruments up by the time at which they are known', () => {
    const other = instrument('5m', OPEN + 10 * MINUTE, 5 * MINUTE, [10, 20, 30, 40]);
    const environment = new BarsEnvironment(base, (symbol) =>
      symbol === 'SPY' ? other : undefined,
    );
    // The 5-minute bars are joined to 15 minutes first: 09:30 (one bar) and 09:45 (three).
    expect(evaluate('on("SPY", close)', environment)).toEqual([10, 40, 40, 40, 40, 40, 40, 40]);
    expect(evaluate('on("SPY", tf("5m", close))', environment)).toEqual([
      10, 40, 40, 40, 40, 40, 40, 40,
    ]);
    expect(() => evaluate('on("QQQ", close)', environment)).toThrow('there are no bars of QQQ');
  });

  it('reads the clock of the market', () => {
    expect(evaluate('hour')).toEqual([9, 9, 10, 10, 10, 10, 11, 11]);
    expect(evaluate('minute')).toEqual([30, 45, 0, 15, 30, 45, 0, 15]);
    expect(evaluate('session_bar')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(evaluate('day_of_week')[0]).toBe(4);
    expect(evaluate('year * 10000 + month * 100 + day_of_month')[0]).toBe(20_200_102);
    const daily = instrument('1d', Date.UTC(2020, 0, 3), 3 * 24 * 60 * MINUTE, [1, 2]);
    const environment = new BarsEnvironment(daily);
    expect(evaluate('day_of_week', environment)).toEqual([5, 1]);
    expect(evaluate('hour', environment)).toEqual([0, 0]);
  });
});
