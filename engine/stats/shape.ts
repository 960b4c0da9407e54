import { mean, STILL } from './moments.ts';
import { withoutNaN } from './selection.ts';

/** Moments of a sample as the population has them, all dividing by the count. */
export interface Shape {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  /** Third standardised moment; NaN for values that do not differ. */
  readonly skew: number;
  /** Fourth standardised moment, 3 for a normal distribution. */
  readonly kurtosis: number;
}

/** Values whose spread is below this part of their size differ by rounding only. */
const ROUNDING = 1e-14;

export function shapeOf(values: ArrayLike<number>): Shape {
  const count = values.length;
  const centre = mean(values);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < count; i += 1) {
    const d = (values[i] as number) - centre;
    const square = d * d;
    second += square;
    third += square * d;
    fourth += square * square;
  }
  return shapeFromSums(count, centre, second, third, fourth);
}

/** @param second sum of the squared distances from the mean; `third`, `fourth` of their higher powers */
export function shapeFromSums(
  count: number,
  centre: number,
  second: number,
  third: number,
  fourth: number,
): Shape {
  const variance = second / count;
  const spread = Math.sqrt(variance);
  const still = !(spread > Math.max(STILL, ROUNDING * Math.abs(centre)));
  return {
    count,
    mean: centre,
    deviation: spread,
    skew: still ? Number.NaN : third / count / (variance * spread),
    kurtosis: still ? Number.NaN : fourth / count / (variance * variance),
  };
}

/** Skew corrected for the size of the sample (Fisher-Pearson G1); NaN for fewer than 3 values. */
export function sampleSkew({ count: n, skew }: Shape): number {
  return n < 3 ? Number.NaN : (skew * Math.sqrt(n * (n - 1))) / (n - 2);
}

/** Excess kurtosis corrected for the size of the sample (G2), 0 if normal; NaN for fewer than 4 values. */
export function sampleKurtosis({ count: n, kurtosis }: Shape): number {
  if (n < 4) return Number.NaN;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * kurtosis - 3 * (n - 1));
}

/** A sorted copy, NaN left out. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return withoutNaN(values).toSorted();
}

/**
 * The value that a part `q` of sorted values does not exceed, interpolated between neighbours (type 7 of
 * Hyndman and Fan 1996, the default of R, NumPy and pandas).
 */
export function quantileOf(ascending: Float64Array, q: number): number {
  const at = (ascending.length - 1) * q;
  const low = Math.floor(at);
  const below = ascending[low];
  if (below === undefined) return Number.NaN;
  if (at === low) return below;
  const above = ascending[low + 1] ?? below;
  return below + (at - low) * (above - below);
}

/** Correlation of a series with itself `lag` values later, of the two overlapping parts. */
export function autocorrelation(values: Float64Array, lag = 1): number {
  if (lag < 1 || values.length - lag < 2) return Number.NaN;
  return correlation(values.subarray(0, values.length - lag), values.subarray(lag));
}

/** Pearson's correlation; NaN when one of the two does not move. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const meanA = mean(a);
  const meanB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i += 1) {
    const x = (a[i] as number) - meanA;
    const y = (b[i] as number) - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : Number.NaN;
}
