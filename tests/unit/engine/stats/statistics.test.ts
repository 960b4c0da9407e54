import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import {
  DEFAULT_SETTINGS,
  type Statistic,
  type TradeColumns,
} from '../../../../engine/domain/backtest.ts';
import { drawdownsOf } from '../../../../engine/stats/drawdowns.ts';
import { deviation, geometricMean, mean, returnsOf } from '../../../../engine/stats/moments.ts';
import { periodsPerYear } from '../../../../engine/stats/periods.ts';
import { statisticsOf } from '../../../../engine/stats/statistics.ts';
import { tradeStatistics } from '../../../../engine/stats/trade-statistics.ts';
import { DAY, flatBars, spx } from '../backtest/bars.ts';

function trades(
  rows: readonly { pnl: number; ret: number; days: number; open?: boolean }[],
): TradeColumns {
  const column = (pick: (row: (typeof rows)[number]) => number): Float64Array =>
    Float64Array.from(rows, pick);
  const ints = new Int32Array(rows.length);
  return {
    count: rows.length,
    size: column(() => 1),
    entryBar: ints,
    exitBar: ints,
    entryTime: column(() => 0),
    exitTime: column(({ days }) => days * DAY),
    entryPrice: column(() => 100),
    exitPrice: column(() => 100),
    pnl: column(({ pnl }) => pnl),
    returnFraction: column(({ ret }) => ret),
    commission: column(() => 0),
    mae: column(() => 0),
    mfe: column(() => 0),
    open: Uint8Array.from(rows, ({ open }) => (open === true ? 1 : 0)),
    entryTag: rows.map(() => ''),
    exitTag: rows.map(() => ''),
  };
}

function value(statistics: readonly Statistic[], name: string): number {
  const found = statistics.find((statistic) => statistic.name === name);
  if (found === undefined) throw new Error(`no statistic ${name}`);
  return found.value;
}

describe('moments', () => {
  it('are those of the textbook', () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, population deviation 2.
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(mean(values)).toBe(5);
    expect(deviation(values, 0)).toBe(2);
    expect(deviation(values)).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(deviation([1])).toBeNaN();
    expect(mean([])).toBeNaN();
  });

  it('compound', () => {
    expect(geometricMean([0.5, -0.5])).toBeCloseTo(Math.sqrt(0.75) - 1, 12);
    expect(geometricMean([0.1, -1])).toBe(-1);
    expect(geometricMean([])).toBeNaN();
    expect([...returnsOf(Float64Array.of(100, 110, 99))]).toEqual([110 / 100 - 1, 99 / 110 - 1]);
    expect(returnsOf(new Float64Array(0)).length).toBe(0);
  });
});

describe('periods in a year', () => {
  const times = (step: number, count: number, keep = (_t: number): boolean => true): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => i * step).filter(keep);
  const weekday = (t: number): boolean => ![2, 3].includes(Math.floor(t / DAY) % 7);

  it.each<[string, Float64Array, number]>([
    ['daily bars of a stock', times(DAY, 400, weekday), 252],
    ['daily bars of a coin', times(DAY, 400), 365],
    ['weekly bars', times(7 * DAY, 100), 365 / 7],
    ['monthly bars', times(30.4 * DAY, 30), 12],
    ['quarterly bars', times(91 * DAY, 30), 4],
    ['yearly bars', times(365 * DAY, 30), 1],
    ['hourly bars of a coin', times(DAY / 24, 24 * 50), 24 * 365],
    [
      'half-hours of a stock',
      times(
        DAY / 48,
        48 * 70,
        (t) => weekday(t) && t % DAY >= DAY / 2 && t % DAY < (DAY * 25) / 32,
      ),
      13.5 * 252,
    ],
  ])('of %s', (_name, time, expected) => {
    expect(Math.abs(periodsPerYear(time) / expected - 1)).toBeLessThan(0.05);
  });

  it('are unknown for one bar', () => {
    expect(periodsPerYear(Float64Array.of(1))).toBeNaN();
  });

  it('are 252 for the S&P 500', () => {
    expect(periodsPerYear(spx().time)).toBe(252);
  });
});

describe('drawdowns', () => {
  it('go from peak to recovery', () => {
    const falls = drawdownsOf(Float64Array.of(100, 120, 90, 110, 120, 130, 117));
    expect(falls).toEqual([
      { peak: 1, valley: 2, end: 4, recovered: true, depth: 0.25 },
      { peak: 5, valley: 6, end: 6, recovered: false, depth: 1 - 117 / 130 },
    ]);
    expect(drawdownsOf(Float64Array.of(1, 2, 3))).toEqual([]);
    expect(drawdownsOf(new Float64Array(0))).toEqual([]);
  });
});

describe('trade statistics', () => {
  it('are those worked out by hand', () => {
    const figures = tradeStatistics(
      trades([
        { pnl: 30, ret: 0.3, days: 4 },
        { pnl: -10, ret: -0.1, days: 2 },
        { pnl: 20, ret: 0.2, days: 6 },
        { pnl: -20, ret: -0.2, days: 8 },
        { pnl: 99, ret: 0.99, days: 99, open: true },
      ]),
    );
    expect(figures.count).toBe(4);
    expect(figures.winRate).toBe(0.5);
    expect(figures.best).toBe(0.3);
    expect(figures.worst).toBe(-0.2);
    expect(figures.longestDays).toBe(8);
    expect(figures.averageDays).toBe(5);
    expect(figures.profitFactor).toBeCloseTo(50 / 30, 12);
    expect(figures.expectancy).toBeCloseTo(0.05, 12);
    expect(figures.average).toBeCloseTo((1.3 * 0.9 * 1.2 * 0.8) ** 0.25 - 1, 12);
    // Mean 5, sample deviation of 30, -10, 20, -20 is sqrt(1700 / 3).
    expect(figures.sqn).toBeCloseTo((2 * 5) / Math.sqrt(1_700 / 3), 12);
    // 0.5 - 0.5 / (25 / 15)
    expect(figures.kelly).toBeCloseTo(0.2, 12);
  });

  it('are not defined without trades or without losses', () => {
    const none = tradeStatistics(trades([]));
    expect(none.count).toBe(0);
    for (const figure of [none.winRate, none.best, none.profitFactor, none.sqn, none.kelly]) {
      expect(figure).toBeNaN();
    }
    expect(tradeStatistics(trades([{ pnl: 1, ret: 0.01, days: 1 }])).profitFactor).toBeNaN();
  });
});

describe('statistics of a curve', () => {
  // Cash 100 before the first mark: returns 0 %, 10 %, −10 %, 20 %.
  const equity = Float64Array.of(100, 110, 99, 118.8);
  const benchmark = Float64Array.of(100, 105, 102.9, 113.19);
  const bars = flatBars([1, 1, 1, 1]);
  const statistics = statisticsOf({
    bars,
    settings: { ...DEFAULT_SETTINGS, cash: 100, periodsPerYear: 252, riskFreeRate: 0.0252 },
    equity,
    position: Float64Array.of(0, 1, 1, 0),
    benchmark,
    trades: trades([]),
    commissionPaid: 3,
  });
  const get = (name: string): number => value(statistics, name);

  it('are those worked out by hand', () => {
    expect(get('Start')).toBe(0);
    expect(get('Duration')).toBe(3);
    expect(get('Exposure Time [%]')).toBe(50);
    expect(get('Equity Final [$]')).toBe(118.8);
    expect(get('Equity Peak [$]')).toBe(118.8);
    expect(get('Return [%]')).toBeCloseTo(18.8, 10);
    expect(get('Buy & Hold Return [%]')).toBeCloseTo(13.19, 10);
    expect(get('Return (Ann.) [%]')).toBeCloseTo((1.188 ** 63 - 1) * 100, 0);
    expect(get('CAGR [%]') / ((1.188 ** (365.25 / 3) - 1) * 100)).toBeCloseTo(1, 9);
    // Mean 0.05; deviations −0.05, 0.05, −0.15, 0.15: variance 0.05 / 3.
    const spread = Math.sqrt(0.05 / 3);
    expect(get('Volatility (Ann.) [%]')).toBeCloseTo(spread * Math.sqrt(252) * 100, 8);
    expect(get('Sharpe Ratio')).toBeCloseTo(((0.05 - 0.0001) / spread) * Math.sqrt(252), 10);
    // Shortfalls against 0.0001: 0.0001 and 0.1001.
    const downside = Math.sqrt((0.0001 ** 2 + 0.1001 ** 2) / 4);
    expect(get('Sortino Ratio')).toBeCloseTo((0.0499 / downside) * Math.sqrt(252), 9);
    expect(get('Max. Drawdown [%]')).toBeCloseTo(-10, 10);
    expect(get('Avg. Drawdown [%]')).toBeCloseTo(-10, 10);
    expect(get('Max. Drawdown Duration')).toBe(2);
    expect(get('Calmar Ratio')).toBeCloseTo(get('Return (Ann.) [%]') / 10, 0);
    // Market returns 0, 5, −2, 10 %: mean 3.25 %; covariance and variance by the definition.
    const mine = [0, 0.1, -0.1, 0.2];
    const market = [0, 0.05, -0.02, 0.1];
    const covariance = mine.reduce(
      (sum, r, i) => sum + (r - 0.05) * ((market[i] ?? 0) - 0.0325),
      0,
    );
    const variance = market.reduce((sum, r) => sum + (r - 0.0325) ** 2, 0);
    expect(get('Beta')).toBeCloseTo(covariance / variance, 9);
    expect(get('Alpha [%]')).toBeCloseTo((0.0499 - (covariance / variance) * 0.0324) * 25_200, 6);
    expect(get('Commissions [$]')).toBe(3);
  });

  it('come in the order and under the names that users know', () => {
    expect(statistics.map(({ name }) => name)).toEqual([
      'Start',
      'End',
      'Duration',
      'Exposure Time [%]',
      'Equity Final [$]',
      'Equity Peak [$]',
      'Return [%]',
      'Buy & Hold Return [%]',
      'Return (Ann.) [%]',
      'Volatility (Ann.) [%]',
      'CAGR [%]',
      'Sharpe Ratio',
      'Sortino Ratio',
      'Calmar Ratio',
      'Alpha [%]',
      'Beta',
      'Max. Drawdown [%]',
      'Avg. Drawdown [%]',
      'Max. Drawdown Duration',
      'Avg. Drawdown Duration',
      '# Trades',
      'Win Rate [%]',
      'Best Trade [%]',
      'Worst Trade [%]',
      'Avg. Trade [%]',
      'Max. Trade Duration',
      'Avg. Trade Duration',
      'Profit Factor',
      'Expectancy [%]',
      'SQN',
      'Kelly Criterion',
      'Commissions [$]',
      'Skew',
      'Kurtosis',
      'Probabilistic Sharpe Ratio [%]',
      'Omega Ratio',
      'Ulcer Index [%]',
      'Ulcer Performance Index',
      'Recovery Factor',
      'R²',
      'Tracking Error (Ann.) [%]',
      'Information Ratio',
      'Treynor Ratio',
      'Avg. Winning Trade [%]',
      'Avg. Losing Trade [%]',
      'Payoff Ratio',
      'Max. Consecutive Wins',
      'Max. Consecutive Losses',
      'Avg. MAE [%]',
      'Avg. MFE [%]',
      'Portfolio Turnover [%]',
      'Estimated Strategy Capacity [$]',
    ]);
  });

  it('are not defined for a curve that never moves, and for no bars', () => {
    const still = runBacktest({
      strategy: 'sma-cross',
      parameters: {},
      settings: DEFAULT_SETTINGS,
      bars: flatBars([5, 5, 5]),
    });
    for (const name of ['Sharpe Ratio', 'Sortino Ratio', 'Calmar Ratio', 'Beta', 'SQN']) {
      expect(value(still.statistics, name)).toBeNaN();
    }
    expect(value(still.statistics, 'Max. Drawdown [%]')).toBeCloseTo(0, 12);
    const empty = runBacktest({
      strategy: 'sma-cross',
      parameters: {},
      settings: DEFAULT_SETTINGS,
      bars: flatBars([]),
    });
    expect(empty.barCount).toBe(0);
    expect(value(empty.statistics, 'Equity Final [$]')).toBe(DEFAULT_SETTINGS.cash);
  });
});
