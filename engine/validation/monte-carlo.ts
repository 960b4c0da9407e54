import { Random } from '../backtest/random.ts';
import type { TradeColumns } from '../domain/backtest.ts';
import { quantileOf, sorted } from '../stats/shape.ts';
import { blockLengths, resample, shuffle } from './bootstrap.ts';
import { demand, demandFinite, watch, type WatchHooks } from './watch.ts';

/**
 * How a path is made from what happened: `shuffle` takes every return once in another order, `bootstrap`
 * draws single returns with replacement, `blocks` draws stretches of them, which keeps volatility clusters.
 */
export const MONTE_CARLO_METHODS = ['shuffle', 'bootstrap', 'blocks'] as const;
export type MonteCarloMethod = (typeof MONTE_CARLO_METHODS)[number];

export interface MonteCarloOptions {
  readonly method: MonteCarloMethod;
  readonly seed: number;
  /** Paths. 1,000 when absent. */
  readonly paths?: number;
  /** Mean block length of `blocks`; the one that suits the returns when absent. */
  readonly blockLength?: number;
  /** A path is ruined when its equity falls to this part of the capital. 0.5 when absent. */
  readonly ruin?: number;
  /** Years that the returns span, for CAGR; without it the bands of CAGR are NaN. */
  readonly years?: number;
  /** Quantiles of the bands. 5, 25, 50, 75 and 95 % when absent. */
  readonly quantiles?: readonly number[];
  /** Points of the equity bands. 200 when absent. */
  readonly points?: number;
}

/** Quantiles of a figure over the paths, and where the real one lies among them. */
export interface Band {
  readonly quantiles: readonly number[];
  /** The figure of the returns in the order in which they happened. */
  readonly actual: number;
  /** Part of the paths below the actual figure, ties counting half. */
  readonly percentile: number;
}

export interface MonteCarloResult {
  readonly quantiles: readonly number[];
  /** Returns into the path at each point of the bands, from 0 to all of them. */
  readonly steps: Int32Array;
  /** `equity[q][point]`: quantile q of the equity over the capital. */
  readonly equity: readonly Float64Array[];
  /** The equity of the returns as they happened, at the same points. */
  readonly actualEquity: Float64Array;
  /** Final equity over the capital. */
  readonly growth: Band;
  readonly cagr: Band;
  /** As fractions >= 0. */
  readonly maxDrawdown: Band;
  readonly ruinProbability: number;
  /** Part of the paths that end below the capital. */
  readonly lossProbability: number;
  readonly blockLength: number;
  readonly paths: number;
}

/** Paths between two looks at the hooks. */
const HOOK_PATHS = 16;
const USUAL_QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];

/**
 * Other courses that the same returns could have taken.
 * @param returns fractions of the equity, of trades in the order of their exits or of bars
 * @throws RenataError BAD_INPUT for an empty list or a wrong option, CANCELLED when the hooks ask for it.
 */
export function monteCarlo(
  returns: Float64Array,
  options: MonteCarloOptions,
  hooks: WatchHooks = {},
): MonteCarloResult {
  const { method, seed, paths = 1_000, ruin = 0.5, years = Number.NaN } = options;
  const { quantiles = USUAL_QUANTILES, points = 200 } = options;
  const length = returns.length;
  demand(length > 0, 'returns', 'there are none.');
  demandFinite([returns], 'returns');
  demand(Number.isSafeInteger(paths) && paths >= 1, 'paths', `${paths} must be at least 1.`);
  demand(ruin >= 0 && ruin < 1, 'ruin', `${ruin} must be from 0 to below 1.`);
  const blockLength =
    method === 'blocks' ? (options.blockLength ?? blockLengths(returns).stationary) : 1;
  const steps = stepsOf(length, Math.min(points, length));
  const random = new Random(seed);
  const path = returns.slice();
  const marks = steps.map(() => 0);
  const samples = Array.from(steps, () => new Float64Array(paths));
  const growth = new Float64Array(paths);
  const falls = new Float64Array(paths);
  const curve = new Float64Array(steps.length);
  let ruined = 0;
  for (let p = 0; p < paths; p += 1) {
    if (p % HOOK_PATHS === 0) watch(hooks, p, paths, 'The simulation');
    if (method === 'shuffle') shuffle(path, random);
    else resample(returns, blockLength, random, path);
    const end = follow(path, steps, curve);
    growth[p] = end.growth;
    falls[p] = end.maxDrawdown;
    if (end.lowest <= ruin) ruined += 1;
    for (let k = 0; k < marks.length; k += 1) (samples[k] as Float64Array)[p] = curve[k] as number;
  }
  watch(hooks, paths, paths, 'The simulation');
  const actualEquity = new Float64Array(steps.length);
  const actual = follow(returns, steps, actualEquity);
  const ordered = samples.map((column) => sorted(column));
  const cagrOf = (value: number): number => (value > 0 ? value ** (1 / years) - 1 : -1);
  return {
    quantiles,
    steps,
    equity: quantiles.map((q) => Float64Array.from(ordered, (column) => quantileOf(column, q))),
    actualEquity,
    growth: band(growth, actual.growth, quantiles),
    cagr: Number.isNaN(years)
      ? band(new Float64Array(0), Number.NaN, quantiles)
      : band(growth.map(cagrOf), cagrOf(actual.growth), quantiles),
    maxDrawdown: band(falls, actual.maxDrawdown, quantiles),
    ruinProbability: ruined / paths,
    lossProbability: growth.filter((value) => value < 1).length / paths,
    blockLength,
    paths,
  };
}

/**
 * Returns of closed trades on the equity before them, which is what compounds: a trade of a tenth of the
 * money that gains 10 % gains 1 % of it. Trades count in the order of their exits.
 */
export function returnsOnEquity(trades: TradeColumns, capital: number): Float64Array {
  const returns: number[] = [];
  let equity = capital;
  for (let i = 0; i < trades.count; i += 1) {
    if (trades.open[i] === 1) continue;
    const pnl = trades.pnl[i] as number;
    returns.push(pnl / equity);
    equity += pnl;
  }
  return Float64Array.from(returns);
}

function stepsOf(length: number, points: number): Int32Array {
  return Int32Array.from({ length: points + 1 }, (_, k) => Math.round((k * length) / points));
}

interface PathEnd {
  readonly growth: number;
  readonly maxDrawdown: number;
  readonly lowest: number;
}

/** Compounds the returns and writes the equity at the steps; what is lost whole stays lost. */
function follow(returns: Float64Array, steps: Int32Array, into: Float64Array): PathEnd {
  let equity = 1;
  let top = 1;
  let lowest = 1;
  let deepest = 0;
  let next = 1;
  into[0] = 1;
  for (let i = 0; i < returns.length; i += 1) {
    equity = Math.max(equity * (1 + (returns[i] as number)), 0);
    if (equity > top) top = equity;
    else if (1 - equity / top > deepest) deepest = 1 - equity / top;
    if (equity < lowest) lowest = equity;
    if (i + 1 === steps[next]) {
      into[next] = equity;
      next += 1;
    }
  }
  return { growth: equity, maxDrawdown: deepest, lowest };
}

function band(values: Float64Array, actual: number, quantiles: readonly number[]): Band {
  const ascending = sorted(values);
  return {
    quantiles: quantiles.map((q) => quantileOf(ascending, q)),
    actual,
    percentile: percentileOf(values, actual),
  };
}

/** Part of the values below one, ties counting half; ties are those that rounding could have parted. */
export function percentileOf(values: Float64Array, value: number): number {
  const near = 1e-12 * Math.abs(value);
  let below = 0;
  for (let i = 0; i < values.length; i += 1) {
    const distance = (values[i] as number) - value;
    if (distance < -near) below += 1;
    else if (distance <= near) below += 0.5;
  }
  return below / values.length;
}
