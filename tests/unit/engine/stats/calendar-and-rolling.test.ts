import { describe, expect, it } from 'vitest';
import {
  calendarReturns,
  longestRuns,
  monthlyTable,
  summariseSpans,
} from '../../../../engine/stats/calendar-returns.ts';
import { deviation, mean } from '../../../../engine/stats/moments.ts';
import { betaOf } from '../../../../engine/stats/relative.ts';
import { sortinoRatio } from '../../../../engine/stats/risk-ratios.ts';
import {
  rollingBeta,
  rollingDrawdown,
  rollingSharpe,
  rollingSortino,
  rollingVolatility,
} from '../../../../engine/stats/rolling.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import { spx } from '../backtest/bars.ts';

const at = (text: string): number => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text);

describe('returns of the calendar', () => {
  // Capital 100; marks on five days of three months and two years.
  const time = Float64Array.of(
    at('2020-12-30'),
    at('2020-12-31'),
    at('2021-01-04'),
    at('2021-01-05'),
    at('2021-03-01'),
  );
  const equity = Float64Array.of(110, 121, 121, 108.9, 119.79);

  it('by months: each last mark against the one of the month before', () => {
    const { start, returns } = calendarReturns(time, equity, 100, 'month');
    expect([...start]).toEqual(['2020-12-01', '2021-01-01', '2021-03-01'].map(at));
    [0.21, -0.1, 0.1].forEach((value, i) => expect(returns[i]).toBeCloseTo(value, 12));
  });

  it('by days, weeks, quarters and years', () => {
    const of = (span: 'day' | 'week' | 'quarter' | 'year') =>
      calendarReturns(time, equity, 100, span);
    expect(of('day').returns).toHaveLength(5);
    // 2020-12-30 was a Wednesday, 2021-01-04 and 2021-03-01 were Mondays.
    expect([...of('week').start]).toEqual(['2020-12-28', '2021-01-04', '2021-03-01'].map(at));
    expect([...of('quarter').start]).toEqual(['2020-10-01', '2021-01-01'].map(at));
    expect(of('quarter').returns[1]).toBeCloseTo(0.9 * 1.1 - 1, 12);
    expect([...of('year').start]).toEqual(['2020-01-01', '2021-01-01'].map(at));
  });

  it('use the clock of the exchange when asked', () => {
    // 02:00 UTC on New Year's Day is still December in New York.
    const late = Float64Array.of(at('2020-12-31T20:00:00Z'), at('2021-01-01T02:00:00Z'));
    const marks = Float64Array.of(110, 120);
    expect(calendarReturns(late, marks, 100, 'year').returns).toHaveLength(2);
    expect(calendarReturns(late, marks, 100, 'year', 'America/New_York').returns).toHaveLength(1);
  });

  it('as the table of months', () => {
    const rows = monthlyTable(time, equity, 100);
    expect(rows.map(({ year }) => year)).toEqual([2020, 2021]);
    expect(rows[0]?.months[11]).toBeCloseTo(0.21, 12);
    expect(rows[0]?.months[0]).toBeNaN();
    expect(rows[0]?.total).toBeCloseTo(0.21, 12);
    expect(rows[1]?.total).toBeCloseTo(0.9 * 1.1 - 1, 12);
  });

  it('compound to the whole, whatever the span', () => {
    const { time: days, close } = spx();
    const whole = (close.at(-1) ?? 0) / (close[0] ?? 1);
    for (const span of ['day', 'week', 'month', 'quarter', 'year'] as const) {
      const { returns } = calendarReturns(days, close, close[0] ?? 1, span);
      expect(returns.reduce((product, value) => product * (1 + value), 1)).toBeCloseTo(whole, 9);
    }
  });

  it('in summary', () => {
    const summary = summariseSpans([0.1, -0.05, 0, 0.2, -0.15]);
    expect(summary.best).toBe(0.2);
    expect(summary.worst).toBe(-0.15);
    expect(summary.average).toBeCloseTo(0.02, 12);
    expect(summary.winRate).toBe(0.5);
    expect(summary.averageUp).toBeCloseTo(0.15, 12);
    expect(summary.averageDown).toBeCloseTo(-0.1, 12);
    expect(summariseSpans([]).best).toBeNaN();
    expect(longestRuns([1, 2, -1, 3, 4, 5, 0, 6, -1, -2])).toEqual({ wins: 3, losses: 2 });
  });
});

describe('rolling figures are those of each window alone', () => {
  const random = new Random(3);
  const market = Float64Array.from({ length: 300 }, () => 0.01 * random.normal());
  const returns = market.map((value) => 0.7 * value + 0.005 * random.normal() + 0.0003);
  const window = 21;

  it('volatility, Sharpe, Sortino and beta', () => {
    const volatility = rollingVolatility(returns, window, 252);
    const sharpe = rollingSharpe(returns, window, 252, 0.0001);
    const sortino = rollingSortino(returns, window, 252, 0.0001);
    const beta = rollingBeta(returns, market, window);
    for (const column of [volatility, sharpe, sortino, beta]) {
      expect(column).toHaveLength(300);
      expect(column[window - 2]).toBeNaN();
    }
    for (let i = window - 1; i < 300; i += 1) {
      const part = returns.slice(i + 1 - window, i + 1);
      const year = Math.sqrt(252);
      expect(volatility[i]).toBeCloseTo(deviation(part) * year, 10);
      expect(sharpe[i]).toBeCloseTo(((mean(part) - 0.0001) / deviation(part)) * year, 8);
      expect(sortino[i]).toBeCloseTo(sortinoRatio(part, 252, 0.0001), 8);
      expect(beta[i]).toBeCloseTo(betaOf(part, market.slice(i + 1 - window, i + 1)), 9);
    }
  });

  it('drawdown from the highest of the window', () => {
    const { close } = spx();
    const depth = rollingDrawdown(close, 60);
    for (let i = 0; i < close.length; i += 7) {
      const top = Math.max(...close.slice(Math.max(0, i - 59), i + 1));
      expect(depth[i]).toBeCloseTo((close[i] ?? 0) / top - 1, 12);
    }
  });

  it('are not defined where nothing moves', () => {
    const still = new Float64Array(10).fill(0.01);
    expect(rollingSharpe(still, 5, 252)[9]).toBeNaN();
    expect(rollingBeta(still, still, 5)[9]).toBeNaN();
    expect(rollingSortino(still, 5, 252)[9]).toBeNaN();
  });
});
