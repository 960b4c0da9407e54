import { Random } from '../backtest/random.ts';
import { mean } from '../stats/moments.ts';
import { quantileOf, sorted } from '../stats/shape.ts';
import { blockLengths, stationaryBlocks } from './bootstrap.ts';
import { demand, demandFinite, watch, type WatchHooks } from './watch.ts';

export interface RealityCheckOptions {
  readonly seed: number;
  /** Bootstrap samples. 1,000 when absent. */
  readonly samples?: number;
  /** Mean block length; the median of those that suit the columns when absent. */
  readonly blockLength?: number;
}

export interface RealityCheck {
  /** Number of the column with the highest mean. */
  readonly best: number;
  /** Root of n times that mean, and its p-value by White's reality check. */
  readonly statistic: number;
  readonly pValue: number;
  /** Hansen's studentised statistic and its p-values; the consistent one is the result of the test. */
  readonly spaStatistic: number;
  readonly spaLower: number;
  readonly spaConsistent: number;
  readonly spaUpper: number;
  readonly blockLength: number;
  readonly samples: number;
  /** The statistics of the samples, which the strategies' own are compared with. */
  readonly resampled: Float64Array;
  /** The same of the studentised one, in the consistent form. */
  readonly spaResampled: Float64Array;
}

/** Samples between two looks at the hooks. */
const HOOK_SAMPLES = 32;
/** Columns between two looks. */
const HOOK_COLUMNS = 16;
/** Columns that the block length is taken from; more add time and no knowledge. */
const LENGTH_COLUMNS = 50;
const SPA_KINDS = ['lower', 'consistent', 'upper'] as const;

/**
 * Whether the best of many strategies beats its benchmark by more than the choice explains: White's reality
 * check (2000) and Hansen's test for superior predictive ability (2005), by the stationary bootstrap.
 * @param excess returns above the benchmark's, over the same periods, one column for each strategy tried
 */
export function realityCheck(
  excess: readonly Float64Array[],
  options: RealityCheckOptions,
  hooks: WatchHooks = {},
): RealityCheck {
  const n = excess[0]?.length ?? 0;
  demand(excess.length > 0 && n > 1, 'excess', 'give at least one column of two returns.');
  demand(
    excess.every((column) => column.length === n),
    'excess',
    'all columns need the same periods.',
  );
  demandFinite(excess, 'excess');
  const { samples = 1_000, seed } = options;
  const blockLength = options.blockLength ?? usualLength(excess);
  const root = Math.sqrt(n);
  const means = excess.map((column) => mean(column));
  const spreads = excess.map((column, k) => {
    // The spreads are a part of the work that can be long, before the first sample.
    if (k % HOOK_COLUMNS === 0) watch(hooks, 0, samples, 'The reality check');
    return longRunDeviation(column, means[k] as number, blockLength);
  });
  const students = means.map((value, k) => student(root * value, spreads[k] as number));
  const best = means.reduce((at, value, k) => (value > (means[at] as number) ? k : at), 0);
  const statistic = root * (means[best] as number);
  const spaStatistic = students.reduce((most, value) => Math.max(most, value), 0);
  const threshold = -Math.sqrt(2 * Math.log(Math.log(Math.max(n, 3))));
  // What each sample mean is centred on, so that the null holds: Hansen's three choices.
  const centres = {
    lower: means.map((value) => Math.max(value, 0)),
    consistent: means.map((value, k) => ((students[k] as number) >= threshold ? value : 0)),
    upper: means,
  };
  const prefixes = excess.map(prefixSums);
  // The blocks of a sample are drawn once, then each column is summed over them on its own: one column at
  // a time stays in the processor's cache.
  const from = new Int32Array(2 * n + 2);
  const to = new Int32Array(2 * n + 2);
  const random = new Random(seed);
  const reached = { white: 0, lower: 0, consistent: 0, upper: 0 };
  const resampled = new Float64Array(samples);
  const spaResampled = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample += 1) {
    if (sample % HOOK_SAMPLES === 0) watch(hooks, sample, samples, 'The reality check');
    let blocks = 0;
    stationaryBlocks(n, blockLength, random, (start, length) => {
      from[blocks] = start;
      to[blocks] = start + length;
      blocks += 1;
    });
    const most = { white: Number.NEGATIVE_INFINITY, lower: 0, consistent: 0, upper: 0 };
    for (let k = 0; k < excess.length; k += 1) {
      const value = sumOver(prefixes[k] as Float64Array, from, to, blocks) / n;
      most.white = Math.max(most.white, root * (value - (means[k] as number)));
      for (const kind of SPA_KINDS) {
        const z = student(root * (value - (centres[kind][k] as number)), spreads[k] as number);
        if (z > most[kind]) most[kind] = z;
      }
    }
    resampled[sample] = most.white;
    spaResampled[sample] = most.consistent;
    if (most.white >= statistic) reached.white += 1;
    for (const kind of SPA_KINDS) {
      if (most[kind] >= spaStatistic) reached[kind] += 1;
    }
  }
  watch(hooks, samples, samples, 'The reality check');
  return {
    best,
    statistic,
    pValue: reached.white / samples,
    spaStatistic,
    spaLower: reached.lower / samples,
    spaConsistent: reached.consistent / samples,
    spaUpper: reached.upper / samples,
    blockLength,
    samples,
    resampled,
    spaResampled,
  };
}

function usualLength(excess: readonly Float64Array[]): number {
  const stride = Math.ceil(excess.length / LENGTH_COLUMNS);
  const lengths = excess
    .filter((_column, k) => k % stride === 0)
    .map((column) => blockLengths(column).stationary);
  return quantileOf(sorted(lengths), 0.5);
}

/**
 * Deviation of root n times the mean, as the stationary bootstrap has it: autocovariances weighted by the
 * chance that two periods stay in one block (Politis and Romano 1994).
 */
function longRunDeviation(column: Float64Array, centre: number, blockLength: number): number {
  const n = column.length;
  const stay = 1 - 1 / Math.max(blockLength, 1);
  let variance = 0;
  for (let i = 0; i < n; i += 1) variance += ((column[i] as number) - centre) ** 2 / n;
  for (let lag = 1; lag < n; lag += 1) {
    const near = stay ** lag;
    const weight = ((n - lag) / n) * near + (lag / n) * stay ** (n - lag);
    if (near < 1e-12 && lag < n / 2) {
      // The middle lags weigh nothing; those at the far end are the near ones of the circle.
      lag = n - lag - 1;
      continue;
    }
    let covariance = 0;
    for (let i = lag; i < n; i += 1) {
      covariance += ((column[i] as number) - centre) * ((column[i - lag] as number) - centre);
    }
    variance += (2 * weight * covariance) / n;
  }
  return Math.sqrt(Math.max(variance, 0));
}

/** A column that never moves cannot be studentised; it counts as neither better nor worse. */
function student(value: number, spread: number): number {
  return spread > 0 ? value / spread : 0;
}

function sumOver(prefix: Float64Array, from: Int32Array, to: Int32Array, blocks: number): number {
  let sum = 0;
  for (let b = 0; b < blocks; b += 1) {
    sum += (prefix[to[b] as number] as number) - (prefix[from[b] as number] as number);
  }
  return sum;
}

function prefixSums(column: Float64Array): Float64Array {
  const sums = new Float64Array(column.length + 1);
  for (let i = 0; i < column.length; i += 1) {
    sums[i + 1] = (sums[i] as number) + (column[i] as number);
  }
  return sums;
}
