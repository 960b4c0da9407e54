import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../../../../engine/domain/time.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import {
  BarsEnvironment,
  type InstrumentBars,
} from '../../../../engine/expressions/bars-environment.ts';
import { ClosingTimes } from '../../../../engine/series/closing-times.ts';
import { evaluateColumns } from '../../../../engine/expressions/columns.ts';
import { compile } from '../../../../engine/expressions/compile.ts';
import { calendar } from '../series/market.ts';
import { CATALOGUE } from './helpers.ts';

const HOUR = 3_600_000;
const HALF = HOUR / 2;
/** 2020-01-02, a Thursday, 09:00 in New York: half an hour before the open. */
const NINE = Date.UTC(2020, 0, 2, 14);
const N = Number.NaN;
const US = { calendar: calendar('us-equity'), hours: 'regular' } as const;

function bars(tf: string, times: readonly number[], closes: readonly number[]): InstrumentBars {
  const close = Float64Array.from(closes);
  const time = Float64Array.from(times);
  return {
    bars: { time, open: close, high: close, low: close, close, volume: close.map(() => 1) },
    timeframe: timeframe(tf),
    calendar: calendar('us-equity'),
    hours: 'regular',
  };
}

/** Seven hours of a day as many sources cut them: 09:00 (half an hour of trading), 10:00 … 15:00. */
const HOURS = bars(
  '1h',
  Array.from({ length: 7 }, (_, i) => NINE + i * HOUR),
  [1, 2, 3, 4, 5, 6, 7],
);
const halves = (count: number): InstrumentBars =>
  bars(
    '30m',
    Array.from({ length: count }, (_, i) => NINE + HALF + i * HALF),
    Array.from({ length: count }, (_, i) => 100 + i),
  );

function evaluate(source: string, environment: BarsEnvironment): number[] {
  return [...evaluateColumns(compile(source, CATALOGUE), environment)];
}

describe('hours that begin on full hours, in a market that opens at half past nine', () => {
  it('are complete after their whole length, and at the end of the session', () => {
    const closings = new ClosingTimes(timeframe('1h'), US);
    expect([0, 1, 6].map((i) => closings.of(NINE + i * HOUR) - NINE)).toEqual([
      HOUR,
      2 * HOUR,
      7 * HOUR,
    ]);
    // 15:30 has half an hour left; on 2020-11-27 trading ended at 13:00.
    expect(closings.of(NINE + 6.5 * HOUR)).toBe(NINE + 7 * HOUR);
    const early = Date.UTC(2020, 10, 27, 17, 30);
    expect(closings.of(early) - early).toBe(HALF);
  });

  it('are known to another instrument only then', () => {
    const environment = new BarsEnvironment(halves(6), () => HOURS);
    // Half hours that end at 10:00, 10:30, …: the hour from 09:00 ends at 10:00, the next at 11:00.
    expect(evaluate('on("SPY", tf("1h", close))', environment)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('close a joined bar only when the last of them is complete', () => {
    // Ninety minutes from 09:30 hold the hours from 09:00 and 10:00; those from 11:00 hold 11:00 and 12:00.
    const environment = new BarsEnvironment(halves(9), () => HOURS);
    // 12:00 reaches to 13:00 though its ninety minutes end at 12:30; 13:00 is alone and ends with its own.
    expect(evaluate('on("SPY", tf("90m", close))', environment)).toEqual([
      N,
      N,
      2,
      2,
      2,
      2,
      4,
      4,
      5,
    ]);
  });

  it('know their day on its last bar', () => {
    const environment = new BarsEnvironment(HOURS);
    expect(evaluate('tf("1d", close)', environment)).toEqual([N, N, N, N, N, N, 7]);
  });
});

describe('bars that are longer than those asked for', () => {
  const daily = bars(
    '1d',
    [0, 1].map((i) => Date.UTC(2020, 0, 1) + i * MS_PER_DAY),
    [10, 20],
  );
  const weekly = bars('1w', [Date.UTC(2019, 11, 30), Date.UTC(2020, 0, 6)], [10, 20]);

  it('are refused: their end would be known before it came', () => {
    const minutes = new BarsEnvironment(halves(2), () => HOURS);
    expect(() => evaluate('on("SPY", close)', minutes)).toThrow(
      '1h bars cannot be cut into 30m; write on("SPY", tf("1h", …))',
    );
    expect(() => evaluate('on("SPY", close)', new BarsEnvironment(daily, () => weekly))).toThrow(
      '1w bars cannot be cut into 1d',
    );
    expect(() => evaluate('tf("1m", close)', new BarsEnvironment(HOURS))).toThrow(
      '1h bars cannot be cut into 1m; import finer bars first.',
    );
  });

  it('serve through their own timeframe', () => {
    // Daily bars only, read on half hours: the day before is known, today is not.
    const environment = new BarsEnvironment(halves(2), () => daily);
    expect(evaluate('on("SPY", tf("1d", close))', environment)).toEqual([10, 10]);
    expect(evaluate('on("SPY", tf("1d", close)) > 5', environment)).toEqual([1, 1]);
  });
});

it('trading that goes on over midnight does not end a bar there', () => {
  const closings = new ClosingTimes(timeframe('4h'), {
    calendar: calendar('forex'),
    hours: 'regular',
  });
  // Monday 2020-01-06, 22:00 in New York.
  const late = Date.UTC(2020, 0, 7, 3);
  expect(closings.of(late) - late).toBe(4 * HOUR);
});
