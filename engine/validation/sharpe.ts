import { normalQuantile } from '../stats/distributions.ts';
import {
  probabilisticSharpe,
  sharpeError,
  type SharpeSample,
} from '../stats/probabilistic-sharpe.ts';

export { probabilisticSharpe, sharpeError, sharpeSample } from '../stats/probabilistic-sharpe.ts';
export type { SharpeSample } from '../stats/probabilistic-sharpe.ts';

const EULER_MASCHERONI = 0.577_215_664_901_532_9;

/**
 * Returns that are needed before the Sharpe ratio is above `benchmark` with this confidence (Bailey and
 * López de Prado 2012). Infinite when it is not above it at all.
 * @param sample its `count` plays no part
 */
export function minimumTrackRecord(sample: SharpeSample, benchmark = 0, confidence = 0.95): number {
  const { sharpe, skew, kurtosis } = sample;
  if (!(sharpe > benchmark)) return Number.POSITIVE_INFINITY;
  const spread = 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return 1 + spread * (normalQuantile(confidence) / (sharpe - benchmark)) ** 2;
}

/**
 * Largest Sharpe ratio to expect of trials none of which has an edge: that of the largest of so many
 * independent normal numbers, `root(V) * ((1 - g) * Z(1 - 1/N) + g * Z(1 - 1/(N e)))` with Euler's g.
 * @param variance of the trials' Sharpe ratios
 * @param trials independent ones, need not be whole; a single one is no choice and expects 0
 */
export function expectedMaxSharpe(variance: number, trials: number): number {
  if (!(trials > 1)) return 0;
  return (
    Math.sqrt(variance) *
    ((1 - EULER_MASCHERONI) * normalQuantile(1 - 1 / trials) +
      EULER_MASCHERONI * normalQuantile(1 - 1 / (trials * Math.E)))
  );
}

export interface DeflatedSharpe {
  /** The Sharpe ratio of one period that the trials alone would have made. */
  readonly benchmark: number;
  /** Probability that the true one is above that. */
  readonly probability: number;
  readonly error: number;
}

/**
 * Deflated Sharpe ratio (Bailey and López de Prado 2014): the probabilistic one against the largest that
 * was to be expected of the trials that it was chosen from.
 * @param variance of the trials' Sharpe ratios, of one period
 */
export function deflatedSharpe(
  sample: SharpeSample,
  variance: number,
  trials: number,
): DeflatedSharpe {
  const benchmark = expectedMaxSharpe(variance, trials);
  return {
    benchmark,
    probability: probabilisticSharpe(sample, benchmark),
    error: sharpeError(sample),
  };
}

/**
 * Years of data without which so many trials are expected to reach an annual Sharpe ratio of `target`
 * although none has an edge (Bailey, Borwein, López de Prado and Zhu 2014).
 */
export function minimumBacktestYears(trials: number, target = 1): number {
  return (expectedMaxSharpe(1, trials) / target) ** 2;
}
