import { RenataError } from '../domain/errors.ts';
import { cholesky, dotAt, sumOf, symmetricEigen } from './matrix.ts';

/** How covariance is estimated from returns. */
export type CovarianceEstimator =
  | { readonly kind: 'sample'; readonly ddof?: number }
  /** Weights halve every `halfLife` bars back. */
  | { readonly kind: 'exponential'; readonly halfLife: number }
  | { readonly kind: 'ledoit-wolf-constant-correlation' }
  | { readonly kind: 'ledoit-wolf-identity' }
  | { readonly kind: 'oas' };

/** An estimate: n × n numbers row by row, and how far it was pulled to its target, 0 to 1. */
export interface CovarianceEstimate {
  readonly values: Float64Array;
  readonly shrinkage: number;
}

/** Smallest eigenvalue that a repaired matrix keeps, as a part of the mean one. */
const EIGENVALUE_FLOOR = 1e-9;
/** A pivot below this part of its variance means that other assets explain the asset wholly. */
const PIVOT_FLOOR = 1e-9;

/**
 * Covariance of returns, a column an asset, all of one length.
 * @throws RenataError BAD_INPUT when there are too few observations or the half-life is not positive
 */
export function estimateCovariance(
  returns: readonly Float64Array[],
  estimator: CovarianceEstimator,
): CovarianceEstimate {
  switch (estimator.kind) {
    case 'sample':
      return { values: sampleCovariance(returns, estimator.ddof ?? 1), shrinkage: 0 };
    case 'exponential':
      return { values: exponentialCovariance(returns, estimator.halfLife), shrinkage: 0 };
    case 'ledoit-wolf-constant-correlation':
      return shrinkToConstantCorrelation(returns);
    case 'ledoit-wolf-identity':
      return shrinkToIdentity(returns);
    case 'oas':
      return oracleApproximatingShrinkage(returns);
  }
}

/** Σ (x − mean)(y − mean) / (T − ddof). */
export function sampleCovariance(returns: readonly Float64Array[], ddof = 1): Float64Array {
  const count = observations(returns);
  if (count - ddof <= 0) {
    throw new RenataError(
      'BAD_INPUT',
      `returns: a covariance needs more than ${ddof} observations and there are ${count}.`,
      { details: { parameter: 'returns' } },
    );
  }
  return products(centred(returns), 1 / (count - ddof));
}

/** Weighted by 0.5^(age / halfLife), about the weighted mean; the weights sum to 1 (no bias correction). */
export function exponentialCovariance(
  returns: readonly Float64Array[],
  halfLife: number,
): Float64Array {
  const count = observations(returns);
  if (!(halfLife > 0)) {
    throw new RenataError('BAD_INPUT', `halfLife: ${halfLife} is not a number of bars above 0.`, {
      details: { parameter: 'halfLife' },
    });
  }
  const weights = new Float64Array(count);
  for (let t = 0; t < count; t += 1) weights[t] = 0.5 ** ((count - 1 - t) / halfLife);
  const whole = sumOf(weights);
  const scaled = returns.map((column) => {
    const mean = dotAt(column, 0, weights, 0, count) / whole;
    return column.map((value, t) => (value - mean) * Math.sqrt((weights[t] as number) / whole));
  });
  return products(scaled, 1);
}

/**
 * Ledoit and Wolf (2004), "Honey, I Shrunk the Sample Covariance Matrix": pulled to the matrix that
 * keeps each variance and gives every pair the mean correlation. All moments divide by T.
 */
export function shrinkToConstantCorrelation(returns: readonly Float64Array[]): CovarianceEstimate {
  const n = returns.length;
  const count = observations(returns);
  const x = centred(returns);
  const sample = products(x, 1 / count);
  if (n < 2) return { values: sample, shrinkage: 0 };
  const spread = Float64Array.from({ length: n }, (_, i) => Math.sqrt(sample[i * n + i] as number));
  let correlations = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) {
      const scale = (spread[i] as number) * (spread[j] as number);
      if (scale > 0) correlations += (sample[i * n + j] as number) / scale;
    }
  }
  const mean = (2 * correlations) / (n * (n - 1));
  const target = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    const scale = mean * (spread[i] as number);
    for (let j = 0; j < n; j += 1) target[i * n + j] = scale * (spread[j] as number);
    target[i * n + i] = sample[i * n + i] as number;
  }
  // With lengths |x_t|² and mixes m_t = Σ σ_j x_jt at hand, the sums over pairs of sums over bars are
  // single sums over bars.
  const lengths = new Float64Array(count);
  const mixes = new Float64Array(count);
  x.forEach((column, i) => {
    const own = spread[i] as number;
    for (let t = 0; t < count; t += 1) {
      const value = column[t] as number;
      lengths[t] = (lengths[t] as number) + value * value;
      mixes[t] = (mixes[t] as number) + own * value;
    }
  });
  const squared = dotAt(sample, 0, sample, 0, n * n);
  const pi = dotAt(lengths, 0, lengths, 0, count) / count - squared;
  let rho = 0;
  let gamma = 0;
  for (let i = 0; i < n; i += 1) {
    const column = x[i] as Float64Array;
    const own = spread[i] as number;
    const variance = sample[i * n + i] as number;
    let fourth = 0;
    let third = 0;
    for (let t = 0; t < count; t += 1) {
      const value = column[t] as number;
      const cube = value * value * value;
      fourth += cube * value;
      third += cube * ((mixes[t] as number) - own * value);
    }
    rho += fourth / count - variance * variance;
    let others = 0;
    for (let j = 0; j < n; j += 1) {
      const s = sample[i * n + j] as number;
      const gap = (target[i * n + j] as number) - s;
      gamma += gap * gap;
      if (j !== i) others += (spread[j] as number) * s;
    }
    if (own > 0) rho += (mean * (third / count - variance * others)) / own;
  }
  const shrinkage = gamma > 0 ? clip((pi - rho) / gamma / count) : 0;
  return { values: mix(sample, target, shrinkage), shrinkage };
}

/**
 * Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices":
 * pulled to the mean variance times the identity. Moments divide by T.
 */
export function shrinkToIdentity(returns: readonly Float64Array[]): CovarianceEstimate {
  const n = returns.length;
  const count = observations(returns);
  const x = centred(returns);
  const sample = products(x, 1 / count);
  const { target, mean, squares } = identityTarget(sample, n);
  const distance = squares - n * mean * mean;
  // Σ over t of |x_t x_t' − S|², which is Σ |x_t|⁴ − T |S|².
  let fourth = 0;
  for (let t = 0; t < count; t += 1) {
    let length = 0;
    for (const column of x) length += (column[t] as number) ** 2;
    fourth += length * length;
  }
  const noise = (fourth / count - squares) / count;
  const shrinkage = distance > 0 ? clip(noise / distance) : 0;
  return { values: mix(sample, target, shrinkage), shrinkage };
}

/**
 * Chen, Wiesel, Eldar and Hero (2010), "Shrinkage Algorithms for MMSE Covariance Estimation", equation 23
 * without its 2/n terms, as scikit-learn computes it, for Gaussian returns.
 */
export function oracleApproximatingShrinkage(returns: readonly Float64Array[]): CovarianceEstimate {
  const n = returns.length;
  const count = observations(returns);
  const sample = products(centred(returns), 1 / count);
  const { target, mean, squares } = identityTarget(sample, n);
  const alpha = squares / (n * n);
  const below = (count + 1) * (alpha - (mean * mean) / n);
  const shrinkage = below > 0 ? clip((alpha + mean * mean) / below) : 1;
  return { values: mix(sample, target, shrinkage), shrinkage };
}

/**
 * The nearest matrix whose eigenvalues are not below a small part of the mean one, in the Frobenius norm;
 * the matrix itself when it is safely positive definite.
 */
export function repairCovariance(
  values: Float64Array,
  n: number,
): { readonly values: Float64Array; readonly repaired: boolean } {
  if (cholesky(values, n, PIVOT_FLOOR) !== null) return { values, repaired: false };
  const { values: roots, vectors } = symmetricEigen(values, n);
  const mean = sumOf(roots) / n;
  // Where nothing moves at all, all directions are alike.
  const floor = mean > 0 ? EIGENVALUE_FLOOR * mean : EIGENVALUE_FLOOR;
  const mended = new Float64Array(n * n);
  for (let k = 0; k < n; k += 1) {
    const root = Math.max(roots[k] as number, floor);
    for (let i = 0; i < n; i += 1) {
      const factor = root * (vectors[k * n + i] as number);
      for (let j = 0; j < n; j += 1) {
        mended[i * n + j] = (mended[i * n + j] as number) + factor * (vectors[k * n + j] as number);
      }
    }
  }
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) mended[i * n + j] = mended[j * n + i] as number;
  }
  return { values: mended, repaired: true };
}

/** Correlations of a covariance; 0 beside an asset without variance. */
export function correlationOf(values: Float64Array, n: number): Float64Array {
  return Float64Array.from(values, (value, k) => {
    const i = Math.floor(k / n);
    const j = k % n;
    if (i === j) return 1;
    const scale = Math.sqrt((values[i * n + i] as number) * (values[j * n + j] as number));
    return scale > 0 ? Math.max(-1, Math.min(1, value / scale)) : 0;
  });
}

function observations(returns: readonly Float64Array[]): number {
  return returns[0]?.length ?? 0;
}

function centred(returns: readonly Float64Array[]): Float64Array[] {
  return returns.map((column) => {
    const mean = sumOf(column) / column.length;
    return column.map((value) => value - mean);
  });
}

/** X'X times a factor, four columns at a time: each value of a column is read once for all four. */
function products(columns: readonly Float64Array[], factor: number): Float64Array {
  const n = columns.length;
  const values = new Float64Array(n * n);
  const set = (i: number, j: number, sum: number): void => {
    values[i * n + j] = sum * factor;
    values[j * n + i] = sum * factor;
  };
  for (let i = 0; i < n; i += 1) {
    const a = columns[i] as Float64Array;
    let j = 0;
    for (; j + 3 <= i; j += 4) {
      const b = columns[j] as Float64Array;
      const c = columns[j + 1] as Float64Array;
      const d = columns[j + 2] as Float64Array;
      const e = columns[j + 3] as Float64Array;
      let [first, second, third, fourth] = [0, 0, 0, 0];
      for (let t = 0; t < a.length; t += 1) {
        const value = a[t] as number;
        first += value * (b[t] as number);
        second += value * (c[t] as number);
        third += value * (d[t] as number);
        fourth += value * (e[t] as number);
      }
      set(i, j, first);
      set(i, j + 1, second);
      set(i, j + 2, third);
      set(i, j + 3, fourth);
    }
    for (; j <= i; j += 1) set(i, j, dotAt(a, 0, columns[j] as Float64Array, 0, a.length));
  }
  return values;
}

function identityTarget(
  sample: Float64Array,
  n: number,
): { target: Float64Array; mean: number; squares: number } {
  let trace = 0;
  for (let i = 0; i < n; i += 1) trace += sample[i * n + i] as number;
  const target = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) target[i * n + i] = trace / n;
  return { target, mean: trace / n, squares: dotAt(sample, 0, sample, 0, n * n) };
}

function mix(sample: Float64Array, target: Float64Array, shrinkage: number): Float64Array {
  return sample.map((value, k) => (1 - shrinkage) * value + shrinkage * (target[k] as number));
}

function clip(value: number): number {
  return Math.max(0, Math.min(1, value));
}
