import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import {
  DEFAULT_SETTINGS,
  type Statistic,
  type TradeColumns,
} from '../../../../engine/domain/backtest.ts';
import { barDays, dayOfBar } from '../../../../engine/stats/days.ts';
import { drawdownsOf } from '../../../../engine/stats/drawdowns.ts';
import { deviation, mean, returnsOf } from '../../../../engine/stats/moments.ts';
import { periodsPerYear } from '../../../../engine/stats/periods.ts';
import {
  probabilisticSharpe,
  sharpeSample,
} from '../../../../engine/stats/probabilistic-sharpe.ts';
import * as relative from '../../../../engine/stats/relative.ts';
import * as ratios from '../../../../engine/stats/risk-ratios.ts';
import { quantilesOf, selectQuantile } from '../../../../engine/stats/selection.ts';
import {
  quantileOf,
  sampleKurtosis,
  sampleSkew,
  shapeOf,
  sorted,
} from '../../../../engine/stats/shape.ts';
import { statisticsOf, type StatisticsInput } from '../../../../engine/stats/statistics.ts';
import { maxDrawdown, ulcerIndex } from '../../../../engine/stats/underwater.ts';
import { Findings, frameOf, METRICS, writeMetrics } from '../../../../engine/sweep/metrics.ts';
import { flatBars } from '../backtest/bars.ts';

const MINUTE = 60_000;
const CASH = 50_000;

function curve(length: number, seed: number, step: number): Float64Array {
  const random = new Random(seed);
  let level = CASH;
  return Float64Array.from({ length }, () => {
    // A third of the bars do not move, as while nothing is held.
    if (random.uniform() > 0.33) level *= Math.exp(random.normal() * step);
    return level;
  });
}

function columns(length: number, seed: number, minutes: number) {
  const random = new Random(seed);
  const close = curve(length, seed + 1, 0.01);
  const time = Float64Array.from(
    { length },
    (_, i) => Date.UTC(1969, 11, 20) + i * minutes * MINUTE,
  );
  const volume = Float64Array.from({ length }, () =>
    random.uniform() < 0.02 ? Number.NaN : Math.floor(random.uniform() * 900),
  );
  return { time, open: close, high: close, low: close, close, volume };
}

/** Trades from bar to bar, some still open. */
function someTrades(close: Float64Array, time: Float64Array, seed: number): TradeColumns {
  const random = new Random(seed);
  const count = Math.floor(close.length / 40);
  const bar = (): number => Math.floor(random.uniform() * close.length);
  const pairs = Array.from({ length: count }, () =>
    [bar(), bar()].toSorted((a, b) => a - b),
  ).toSorted((a, b) => (a[1] as number) - (b[1] as number));
  const entryBar = Int32Array.from(pairs, ([from]) => from as number);
  const exitBar = Int32Array.from(pairs, ([, to]) => to as number);
  const at = (column: Float64Array, bars: Int32Array): Float64Array =>
    Float64Array.from(bars, (index) => column[index] as number);
  const size = Float64Array.from(pairs, () => (random.uniform() - 0.4) * 10);
  const entryPrice = at(close, entryBar);
  const exitPrice = at(close, exitBar);
  const pnl = size.map(
    (units, i) => units * ((exitPrice[i] as number) - (entryPrice[i] as number)),
  );
  return {
    count,
    size,
    entryBar,
    exitBar,
    entryTime: at(time, entryBar),
    exitTime: at(time, exitBar),
    entryPrice,
    exitPrice,
    pnl,
    returnFraction: pnl.map(
      (value, i) => value / Math.abs((size[i] as number) * (entryPrice[i] as number)),
    ),
    commission: new Float64Array(count),
    mae: new Float64Array(count),
    mfe: new Float64Array(count),
    open: Uint8Array.from(pairs, (_, i) => Number(i >= count - 3)),
    entryTag: pairs.map(() => ''),
    exitTag: pairs.map(() => ''),
  };
}

function inputOf(length: number, seed: number, minutes: number): StatisticsInput {
  const bars = columns(length, seed, minutes);
  return {
    bars,
    settings: { ...DEFAULT_SETTINGS, cash: CASH, riskFreeRate: 0.03 },
    equity: curve(length, seed + 2, 0.002),
    position: curve(length, seed + 3, 1).map((value) => (value > CASH ? value : 0)),
    benchmark: curve(length, seed + 4, 0.003),
    trades: someTrades(bars.close, bars.time, seed + 5),
    commissionPaid: 12,
  };
}

const withCash = (values: Float64Array): Float64Array => Float64Array.of(CASH, ...values);

/** Every figure of the bars, one after the other, each by the function that computes it alone. */
function oneByOne(input: StatisticsInput): Record<string, number> {
  const { bars, settings, equity, benchmark, position, trades } = input;
  const { time, close, volume } = bars;
  const marks = withCash(equity);
  const returns = returnsOf(marks);
  const market = returnsOf(withCash(benchmark));
  const active = relative.activeReturns(returns, market);
  const periods = periodsPerYear(time);
  const rate = settings.riskFreeRate / periods;
  const year = Math.sqrt(periods);
  const growth = (equity.at(-1) as number) / CASH;
  const annual = growth ** (periods / equity.length) - 1;
  const falls = drawdownsOf(marks);
  const at = (index: number): number => (index === 0 ? time[0] : time[index - 1]) as number;
  const lengths = falls.map(({ peak, end }) => (at(end) - at(peak)) / (1_440 * MINUTE));
  const shape = shapeOf(returns);
  const day = (bar: number): string => new Date(time[bar] as number).toISOString().slice(0, 10);
  const days = new Map<string, { before: number; value: number; traded: number }>();
  for (let i = 0; i < time.length; i += 1) {
    const known = days.get(day(i)) ?? { before: marks[i] as number, value: 0, traded: 0 };
    const money = (close[i] as number) * (volume[i] as number);
    days.set(day(i), { ...known, value: known.value + (Number.isFinite(money) ? money : 0) });
  }
  const book = (bar: number, money: number): void => {
    const known = days.get(day(bar));
    if (known !== undefined) known.traded += money;
  };
  for (let t = 0; t < trades.count; t += 1) {
    const size = Math.abs(trades.size[t] as number);
    book(trades.entryBar[t] as number, size * (trades.entryPrice[t] as number));
    if (trades.open[t] === 0)
      book(trades.exitBar[t] as number, size * (trades.exitPrice[t] as number));
  }
  const shares = [...days.values()].map(({ before, value, traded }) => ({
    value,
    share: traded / before,
  }));
  const possible = shares
    .filter(({ value, share }) => share > 0 && value > 0)
    .map(({ value, share }) => (0.01 * value) / share);
  return {
    'Exposure Time [%]': (100 * position.filter((units) => units !== 0).length) / position.length,
    'Equity Peak [$]': Math.max(...marks),
    'Volatility (Ann.) [%]': 100 * deviation(returns) * year,
    'Sharpe Ratio': ratios.sharpeRatio(returns, periods, rate),
    'Sortino Ratio': ratios.sortinoRatio(returns, periods, rate),
    'Calmar Ratio': annual / maxDrawdown(marks),
    'Alpha [%]': 100 * relative.alphaOf(returns, market, periods, rate),
    Beta: relative.betaOf(returns, market),
    'Max. Drawdown [%]': -100 * maxDrawdown(marks),
    'Avg. Drawdown [%]': -100 * mean(falls.map(({ depth }) => depth)),
    'Max. Drawdown Duration': Math.max(...lengths),
    'Avg. Drawdown Duration': mean(lengths),
    'Probabilistic Sharpe Ratio [%]': 100 * probabilisticSharpe(sharpeSample(returns, rate)),
    'Omega Ratio': ratios.omegaRatio(returns, rate),
    Skew: sampleSkew(shape),
    Kurtosis: sampleKurtosis(shape),
    'Ulcer Index [%]': 100 * ulcerIndex(marks),
    'Recovery Factor': (growth - 1) / maxDrawdown(marks),
    'R²': relative.rSquared(returns, market),
    'Tracking Error (Ann.) [%]': 100 * deviation(active) * year,
    'Information Ratio': ratios.sharpeRatio(active, periods),
    'Portfolio Turnover [%]': 100 * mean(shares.map(({ share }) => share)),
    'Estimated Strategy Capacity [$]': quantileOf(sorted(possible), 0.05),
  };
}

const valueOf = (statistics: readonly Statistic[], name: string): number =>
  statistics.find((each) => each.name === name)?.value ?? Number.NaN;

describe('all statistics at once', () => {
  it.each([
    [300, 1, 1_440],
    [8_192, 2, 60],
    [8_193, 3, 7],
    [25_000, 4, 1],
    [16_384, 5, 2_000],
  ])('are those of one by one: %d bars', (length, seed, minutes) => {
    const input = inputOf(length, seed, minutes);
    const statistics = statisticsOf(input);
    for (const [name, wanted] of Object.entries(oneByOne(input))) {
      expect(Number.isFinite(wanted), name).toBe(true);
      const got = valueOf(statistics, name);
      expect(Math.abs(got - wanted), `${name}: ${got}, ${wanted}`).toBeLessThanOrEqual(
        1e-12 * Math.abs(wanted),
      );
    }
  });

  it('of no bars, and of one, are not defined where nothing can be said', () => {
    for (const length of [0, 1]) {
      const statistics = statisticsOf(inputOf(length, 6, 1));
      for (const name of ['Sharpe Ratio', 'Beta', 'Avg. Drawdown [%]', 'Skew', 'SQN']) {
        expect(valueOf(statistics, name), `${name} of ${length}`).toBeNaN();
      }
    }
  });
});

describe('days of bars', () => {
  it.each([7, 60, 400, 1_440, 3_000])('of %d minutes are those of the calendar', (minutes) => {
    // From before 1970 on, where remainders have other signs.
    const { time } = columns(20_000, 1, minutes);
    const days = barDays(time);
    const names = Array.from(time, (at) => new Date(at).toISOString().slice(0, 10));
    const first = names.flatMap((name, i) => (name === names[i - 1] ? [] : [i]));
    expect([...days.first]).toEqual(first);
    expect(days.count).toBe(first.length);
    const weekend = Array.from(time, (at) => new Date(at).getUTCDay()).filter((d) => d % 6 === 0);
    expect(days.weekend).toBe(weekend.length);
    const random = new Random(3);
    let near = 0;
    for (let k = 0; k < 500; k += 1) {
      const bar = Math.floor(random.uniform() * time.length);
      near = dayOfBar(days, bar, near);
      expect(near).toBe(first.findLastIndex((start) => start <= bar));
    }
  });

  it('of no bars are none', () => {
    expect(barDays(new Float64Array(0))).toMatchObject({ count: 0, weekend: 0 });
  });
});

describe('selected quantiles', () => {
  it('are those of the sorted values', () => {
    const random = new Random(9);
    for (const length of [1, 2, 7, 100, 3_001]) {
      const values = Float64Array.from({ length }, () => Math.round(random.normal() * 50) + 0);
      values[length >> 1] = Number.NaN;
      const ascending = sorted(values);
      const parts = [0, 0.01, 0.05, 0.5, 0.77, 1];
      expect(quantilesOf(values, parts)).toEqual(parts.map((part) => quantileOf(ascending, part)));
      expect(selectQuantile([...values], 0.95)).toEqual(quantileOf(ascending, 0.95));
    }
  });
});

describe('equity that moves by rounding only', () => {
  const RATIOS = [
    'Sharpe Ratio',
    'Sortino Ratio',
    'Calmar Ratio',
    'Beta',
    'Probabilistic Sharpe Ratio [%]',
    'Omega Ratio',
    'Skew',
    'Kurtosis',
    'Ulcer Performance Index',
    'Recovery Factor',
    'R²',
    'Information Ratio',
  ];

  it('has no ratios', () => {
    // Bought and sold again and again at 97.3 without costs: some marks are 100,000 and a rounding.
    const length = 400;
    const bars = flatBars(Array.from({ length }, () => 97.3));
    const equity = Float64Array.from({ length }, (_, i) => 100_000 + ((i * 7) % 5) * 1.5e-11);
    expect(deviation(returnsOf(equity))).toBeGreaterThan(0);
    const statistics = statisticsOf({
      bars,
      settings: DEFAULT_SETTINGS,
      equity,
      position: equity,
      benchmark: equity.toReversed(),
      trades: { ...someTrades(bars.close, bars.time, 1), count: 0, open: new Uint8Array(0) },
      commissionPaid: 0,
    });
    for (const name of RATIOS) expect(valueOf(statistics, name), name).toBeNaN();
  });

  it('has none after a run through a flat market either', () => {
    const random = new Random(4);
    // A cent up and down makes crossings; long for a while at one price, at no cost.
    const prices = Array.from({ length: 300 }, (_, i) =>
      i % 9 < 4 ? 97.3 : 97.3 + 1e-13 * random.uniform(),
    );
    const result = runBacktest({
      strategy: 'sma-cross',
      parameters: { fast: 2, slow: 3 },
      settings: DEFAULT_SETTINGS,
      bars: flatBars(prices),
    });
    expect(result.trades.count).toBeGreaterThan(5);
    expect(valueOf(result.statistics, 'Sharpe Ratio')).toBeNaN();
    expect(valueOf(result.statistics, 'Sortino Ratio')).toBeNaN();
  });

  it('has none in a sweep, where a cent of a million still counts', () => {
    const bars = flatBars(Array.from({ length: 10 }, () => 97.3));
    const frame = frameOf(bars, DEFAULT_SETTINGS);
    const out = new Float64Array(METRICS.length);
    const findings = new Findings();
    Object.assign(findings, { final: 100_000, mean: 1e-18, spread: 3e-16, downside: 3e-16 });
    writeMetrics(frame, findings, out, 0);
    const sharpe = METRICS.findIndex(({ name }) => name === 'sharpe');
    expect([out[sharpe], out[sharpe + 1]]).toEqual([Number.NaN, Number.NaN]);
    // One cent of a million once in a million bars: 1e-8 / √1e6.
    Object.assign(findings, { mean: 1e-14, spread: 1e-11, downside: 1e-11 });
    writeMetrics(frame, findings, out, 0);
    expect(out[sharpe]).toBeCloseTo(1e-3 * frame.year, 12);
  });
});
