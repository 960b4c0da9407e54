import { normalCdf } from './distributions.ts';
import { STILL } from './moments.ts';
import { shapeOf, type Shape } from './shape.ts';

/** What the significance of a Sharpe ratio depends on. Nothing here is annual. */
export interface SharpeSample {
  /** Mean over deviation of one period. */
  readonly sharpe: number;
  readonly count: number;
  readonly skew: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
}

/** The sample of a series of returns. @param rate risk-free return of one period */
export function sharpeSample(returns: ArrayLike<number>, rate = 0): SharpeSample {
  return sampleOfShape(shapeOf(returns), rate);
}

export function sampleOfShape(
  { count, mean, deviation, skew, kurtosis }: Shape,
  rate = 0,
): SharpeSample {
  // The deviation of a sample, as everywhere else; the shape holds that of the population.
  const spread = deviation * Math.sqrt(count / (count - 1));
  return { count, skew, kurtosis, sharpe: spread > STILL ? (mean - rate) / spread : Number.NaN };
}

/**
 * Standard error of the Sharpe ratio of returns that are independent but need not be normal (Mertens 2002;
 * Bailey and López de Prado 2012): `root((1 - skew * S + (kurtosis - 1) / 4 * S^2) / (n - 1))`.
 */
export function sharpeError({ sharpe, count, skew, kurtosis }: SharpeSample): number {
  const variance = 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return variance > 0 && count > 1 ? Math.sqrt(variance / (count - 1)) : Number.NaN;
}

/** Probability that the true Sharpe ratio is above `benchmark`, both of one period. */
export function probabilisticSharpe(sample: SharpeSample, benchmark = 0): number {
  return normalCdf((sample.sharpe - benchmark) / sharpeError(sample));
}
