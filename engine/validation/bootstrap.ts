import type { Random } from '../backtest/random.ts';
import { mean } from '../stats/moments.ts';

/** Mean block lengths that suit a series. */
export interface BlockLengths {
  /** Mean length for the stationary bootstrap. */
  readonly stationary: number;
  /** Length for the circular block bootstrap. */
  readonly circular: number;
}

/** Autocorrelations within this many standard errors of 0 count as none. */
const NONE = 2;

/**
 * Block lengths that make the bootstrapped variance of the mean most exact (Politis and White 2004, with the
 * correction of Patton, Politis and White 2009).
 */
export function blockLengths(values: ArrayLike<number>): BlockLengths {
  const n = values.length;
  const most = Math.ceil(Math.min(3 * Math.sqrt(n), n / 3));
  const run = Math.max(5, Math.floor(Math.log10(n)));
  const lags = Math.min(Math.ceil(Math.sqrt(n)) + run, n - 2);
  if (n < 9) return { stationary: 1, circular: 1 };
  const centre = mean(values);
  const eps = Float64Array.from(values, (value) => value - centre);
  const covariance = new Float64Array(lags + 1);
  for (let lag = 0; lag <= lags; lag += 1) {
    let sum = 0;
    for (let i = lag; i < n; i += 1) sum += (eps[i] as number) * (eps[i - lag] as number);
    covariance[lag] = sum / n;
  }
  const variance = covariance[0] as number;
  if (!(variance > 0)) return { stationary: 1, circular: 1 };
  const width = flatTopWidth(eps, covariance, run);
  let slope = 0;
  let longRun = variance;
  for (let k = 1; k <= width; k += 1) {
    // The flat-top window of Politis and Romano (1995).
    const weight = Math.min(1, 2 * (1 - k / width));
    slope += 2 * weight * k * (covariance[k] as number);
    longRun += 2 * weight * (covariance[k] as number);
  }
  const length = (factor: number): number => {
    const value = Math.cbrt(((2 * slope * slope) / (factor * longRun * longRun)) * n);
    return Number.isFinite(value) ? Math.min(Math.max(value, 1), most) : most;
  };
  return { stationary: length(2), circular: length(4 / 3) };
}

/** Twice the first lag from which `run` autocorrelations in a row are none. */
function flatTopWidth(eps: Float64Array, covariance: Float64Array, run: number): number {
  const n = eps.length;
  const lags = covariance.length - 1;
  const limit = NONE * Math.sqrt(Math.log10(n) / n);
  let quiet = 0;
  for (let lag = 1; lag < lags; lag += 1) {
    const rho = ((covariance[lag] as number) * n) / overlapSpread(eps, lag);
    quiet = Math.abs(rho) < limit ? quiet + 1 : 0;
    if (quiet === run) return Math.min(2 * Math.max(lag - run + 1, 1), lags);
  }
  return lags;
}

/** Root of the product of the sums of squares of both ends that a lag leaves. */
function overlapSpread(eps: Float64Array, lag: number): number {
  let late = 0;
  let early = 0;
  for (let i = lag + 1; i < eps.length; i += 1) {
    late += (eps[i] as number) ** 2;
    early += (eps[i - lag - 1] as number) ** 2;
  }
  return Math.sqrt(late * early);
}

/**
 * Calls `take` with the blocks of one stationary bootstrap sample (Politis and Romano 1994): starts are
 * uniform, lengths geometric with this mean, and a block that reaches the end goes on at the beginning.
 */
export function stationaryBlocks(
  count: number,
  meanLength: number,
  random: Random,
  take: (from: number, length: number) => void,
): void {
  const stay = 1 - 1 / Math.max(meanLength, 1);
  const logStay = Math.log(stay);
  let left = count;
  while (left > 0) {
    const start = Math.floor(random.uniform() * count);
    const drawn = stay > 0 ? 1 + Math.floor(Math.log(1 - random.uniform()) / logStay) : 1;
    let length = Math.min(drawn, left);
    left -= length;
    let from = start;
    while (length > 0) {
      const part = Math.min(length, count - from);
      take(from, part);
      length -= part;
      from = 0;
    }
  }
}

/** One stationary bootstrap sample, written into `into`, as long as the values. */
export function resample(
  values: Float64Array,
  meanLength: number,
  random: Random,
  into: Float64Array,
): void {
  let at = 0;
  stationaryBlocks(values.length, meanLength, random, (from, length) => {
    into.set(values.subarray(from, from + length), at);
    at += length;
  });
}

/** Random order of the values, in place (Fisher and Yates). */
export function shuffle(values: Float64Array | Int32Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random.uniform() * (i + 1));
    const held = values[i] as number;
    values[i] = values[j] as number;
    values[j] = held;
  }
}
