import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { maxDrawdown } from '../../../../engine/stats/underwater.ts';
import {
  monteCarlo,
  percentileOf,
  returnsOnEquity,
} from '../../../../engine/validation/monte-carlo.ts';
import { randomEntryBaseline } from '../../../../engine/validation/random-entry.ts';
import { flatBars, randomWalk, spx } from '../backtest/bars.ts';
import { compounded } from '../stats/bacon.ts';

const random = new Random(12);
const RETURNS = Float64Array.from({ length: 250 }, () => 0.001 + 0.02 * random.normal());

describe('Monte Carlo over returns', () => {
  it('a shuffle ends where the original does, by other ways', () => {
    const result = monteCarlo(RETURNS, { method: 'shuffle', seed: 1, years: 1 });
    const growth = compounded(RETURNS).at(-1) ?? 0;
    for (const value of result.growth.quantiles) expect(value / growth).toBeCloseTo(1, 10);
    expect(result.growth.percentile).toBe(0.5);
    expect(result.cagr.actual).toBeCloseTo(growth - 1, 10);
    expect(result.maxDrawdown.actual).toBeCloseTo(maxDrawdown(compounded(RETURNS)), 12);
    const [low = 0, , , , high = 0] = result.maxDrawdown.quantiles;
    expect(high).toBeGreaterThan(low * 1.3);
  });

  it('a bootstrap has the mean and the spread that sums of independent draws have', () => {
    const { growth, equity, steps } = monteCarlo(RETURNS, {
      method: 'bootstrap',
      seed: 2,
      paths: 4_000,
      quantiles: [0.1587, 0.5, 0.8413],
    });
    // The logarithm of the growth is the sum of 250 draws: nearly normal with these moments.
    const logs = RETURNS.map((value) => Math.log(1 + value));
    const mean = logs.reduce((a, b) => a + b, 0) / 250;
    const deviation = Math.sqrt(logs.reduce((a, b) => a + (b - mean) ** 2, 0) / 250);
    [-1, 0, 1].forEach((z, k) => {
      const expected = 250 * mean + z * deviation * Math.sqrt(250);
      expect(Math.abs(Math.log(growth.quantiles[k] ?? 0) - expected)).toBeLessThan(0.03);
    });
    expect(equity.map((column) => column.at(-1))).toEqual(growth.quantiles);
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(250);
    equity.forEach((column) => expect(column[0]).toBe(1));
  });

  it('blocks keep clusters, so that falls are deeper than single draws say', () => {
    // Stretches of 25 good and 25 bad bars.
    const clustered = Float64Array.from({ length: 500 }, (_value, i) =>
      Math.floor(i / 25) % 2 === 0 ? 0.012 : -0.01,
    );
    const median = (method: 'bootstrap' | 'blocks'): number =>
      monteCarlo(clustered, { method, seed: 3 }).maxDrawdown.quantiles[2] ?? 0;
    expect(median('blocks')).toBeGreaterThan(median('bootstrap') * 1.4);
    expect(monteCarlo(clustered, { method: 'blocks', seed: 3 }).blockLength).toBeGreaterThan(5);
  });

  it('counts ruin as the gambler does', () => {
    // Bets of one unit in ten at even odds: ruin at 5 units before 20 bets, by counting all paths.
    const bets = Float64Array.of(0.1, -0.1);
    const rounds = 20;
    const many = Float64Array.from({ length: rounds }, (_value, i) => bets[i % 2] ?? 0);
    let ruined = 0;
    for (let path = 0; path < 2 ** rounds; path += 1) {
      let equity = 1;
      for (let i = 0; i < rounds; i += 1) {
        equity *= (path >> i) % 2 === 0 ? 1.1 : 0.9;
        if (equity <= 0.5) {
          ruined += 1;
          break;
        }
      }
    }
    const exact = ruined / 2 ** rounds;
    expect(exact).toBeGreaterThan(0.02);
    const { ruinProbability } = monteCarlo(many, { method: 'bootstrap', seed: 4, paths: 20_000 });
    expect(Math.abs(ruinProbability - exact)).toBeLessThan(0.006);
  });

  it('what is lost whole stays lost', () => {
    const result = monteCarlo(Float64Array.of(0.5, -1.2, 0.5), { method: 'shuffle', seed: 1 });
    expect(result.growth.quantiles).toEqual([0, 0, 0, 0, 0]);
    expect(result.ruinProbability).toBe(1);
    expect(result.lossProbability).toBe(1);
    expect(result.cagr.actual).toBeNaN();
  });

  it('is the same for the same seed, and checks its input', () => {
    const options = { method: 'blocks' as const, seed: 5, paths: 50 };
    expect(monteCarlo(RETURNS, options)).toEqual(monteCarlo(RETURNS, options));
    expect(monteCarlo(RETURNS, { ...options, seed: 6 })).not.toEqual(monteCarlo(RETURNS, options));
    expect(() => monteCarlo(new Float64Array(0), options)).toThrow(/returns/);
    expect(() => monteCarlo(RETURNS, { ...options, paths: 0 })).toThrow(/paths/);
    expect(() => monteCarlo(RETURNS, { ...options, ruin: 1 })).toThrow(/ruin/);
    expect(() => monteCarlo(RETURNS, options, { isCancelled: () => true })).toThrow(/cancelled/);
    const seen: number[] = [];
    monteCarlo(RETURNS, options, { onProgress: (done) => seen.push(done) });
    expect(seen.at(-1)).toBe(50);
  });

  it('returns of trades compound to the final equity of the run', () => {
    const { trades, equity } = runBacktest({
      strategy: 'rsi-reversion',
      parameters: { period: 5 },
      settings: { ...DEFAULT_SETTINGS, size: { kind: 'percent', percent: 50 } },
      bars: spx(),
    });
    const returns = returnsOnEquity(trades, DEFAULT_SETTINGS.cash);
    const open = trades.pnl.reduce((sum, pnl, i) => sum + (trades.open[i] === 1 ? pnl : 0), 0);
    const final = DEFAULT_SETTINGS.cash * (compounded(returns).at(-1) ?? 0);
    expect(final).toBeCloseTo((equity.at(-1) ?? 0) - open, 4);
  });

  it('percentiles count ties half', () => {
    expect(percentileOf(Float64Array.of(1, 2, 2, 3), 2)).toBe(0.5);
    expect(percentileOf(Float64Array.of(1, 2), 5)).toBe(1);
  });
});

describe('random entries', () => {
  const settings = { ...DEFAULT_SETTINGS, short: true };

  it('of a strategy without knowledge lie around its result', () => {
    // Over many random walks the percentile of an honest rule is spread evenly: mean a half.
    let sum = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const bars = randomWalk(400, seed);
      const { trades } = runBacktest({
        strategy: 'sma-cross',
        parameters: { fast: 3, slow: 9 },
        settings,
        bars,
      });
      sum += randomEntryBaseline(bars, trades, { seed, samples: 200 }).percentile;
    }
    expect(Math.abs(sum / 40 - 0.5)).toBeLessThan(0.15);
  });

  it('are beaten by one that knows the future', () => {
    const bars = randomWalk(300, 3);
    const { trades } = runBacktest({
      strategy: 'sma-cross',
      parameters: { fast: 3, slow: 9 },
      settings,
      bars,
    });
    // The same trades with the side that turned out to be right.
    const size = trades.size.map((value, i) => {
      const entry = bars.open[trades.entryBar[i] ?? 0] ?? 0;
      const exit = bars.open[trades.exitBar[i] ?? 0] ?? 0;
      return exit > entry ? Math.abs(value) : -Math.abs(value);
    });
    const baseline = randomEntryBaseline(bars, { ...trades, size }, { seed: 1 });
    expect(baseline.percentile).toBe(1);
    expect(baseline.trades).toBe(trades.open.filter((open) => open === 0).length);
  });

  it('have the exact mean of all places that one trade can take', () => {
    // One long trade of 2 bars over 6 opens: entries 0 to 3, growths 12/10, 11/11, 10/12, 14/11.
    const bars = flatBars([10, 11, 12, 11, 10, 14]);
    const { trades } = runBacktest({
      strategy: 'sma-cross',
      parameters: { fast: 2, slow: 3 },
      settings,
      bars: randomWalk(60, 2),
    });
    const one = {
      ...trades,
      count: 1,
      size: Float64Array.of(1),
      entryBar: Int32Array.of(1),
      exitBar: Int32Array.of(3),
      open: new Uint8Array(1),
    };
    const mean = (12 / 10 + 11 / 11 + 10 / 12 + 14 / 11) / 4;
    const { actual, average, percentile } = randomEntryBaseline(bars, one, {
      seed: 1,
      samples: 20_000,
    });
    expect(actual).toBe(1);
    expect(average).toBeCloseTo(mean, 2);
    expect(percentile).toBeCloseTo(0.25 + 0.125, 1);
    const costly = randomEntryBaseline(bars, one, { seed: 1, samples: 10, costPerSide: 0.01 });
    expect(costly.actual).toBeCloseTo(0.99 ** 2, 12);
  });

  it('need closed trades that do not overlap', () => {
    const bars = flatBars([1, 2, 3]);
    const { trades } = runBacktest({ strategy: 'sma-cross', parameters: {}, settings, bars });
    expect(() => randomEntryBaseline(bars, trades, { seed: 1 })).toThrow(/none was closed/);
    const two = {
      ...trades,
      size: Float64Array.of(1, 1),
      entryBar: Int32Array.of(0, 0),
      exitBar: Int32Array.of(2, 2),
      open: new Uint8Array(2),
    };
    expect(() => randomEntryBaseline(bars, two, { seed: 1 })).toThrow(/overlap/);
  });
});
