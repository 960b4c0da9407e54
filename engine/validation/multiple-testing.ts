import { studentTwoSided, studentTwoSidedQuantile } from '../stats/distributions.ts';
import { demand } from './watch.ts';

/**
 * Corrections of p-values for having tested many: `bonferroni` and `holm` bound the chance of a single false
 * discovery, `bhy` (Benjamini, Hochberg and Yekutieli) the part of false ones among the discoveries,
 * whatever the dependence.
 */
export const CORRECTIONS = ['bonferroni', 'holm', 'bhy'] as const;
export type Correction = (typeof CORRECTIONS)[number];

/** Corrected p-values, in the order of the given ones. */
export function adjustPValues(pValues: ArrayLike<number>, correction: Correction): Float64Array {
  const count = pValues.length;
  const order = Array.from({ length: count }, (_, i) => i).toSorted(
    (a, b) => (pValues[a] as number) - (pValues[b] as number),
  );
  const adjusted = new Float64Array(count);
  if (correction === 'bhy') {
    let harmonic = 0;
    for (let i = 1; i <= count; i += 1) harmonic += 1 / i;
    let least = 1;
    for (let rank = count; rank >= 1; rank -= 1) {
      const at = order[rank - 1] as number;
      least = Math.min(least, ((pValues[at] as number) * count * harmonic) / rank);
      adjusted[at] = least;
    }
    return adjusted;
  }
  let most = 0;
  order.forEach((at, place) => {
    const factor = correction === 'bonferroni' ? count : count - place;
    const raised = Math.min(1, (pValues[at] as number) * factor);
    most = correction === 'holm' ? Math.max(most, raised) : raised;
    adjusted[at] = most;
  });
  return adjusted;
}

/** p-value of a Sharpe ratio of one period against 0, two-sided, by Student's t. */
export function sharpePValue(sharpe: number, count: number): number {
  return studentTwoSided(sharpe * Math.sqrt(count), count - 1);
}

export interface Haircut {
  readonly pValue: number;
  /** After the correction. */
  readonly adjusted: number;
  /** The Sharpe ratio of one period that would have this p-value in a single test. */
  readonly sharpe: number;
  /** Part of the Sharpe ratio that is cut, from 0 to 1. */
  readonly haircut: number;
}

/**
 * Haircut Sharpe ratio (Harvey and Liu 2015) of one of several trials.
 * @param sharpes of one period, of all trials
 * @param count returns that each was computed from
 */
export function haircutSharpe(
  sharpes: ArrayLike<number>,
  chosen: number,
  count: number,
  correction: Correction,
): Haircut {
  const sharpe = sharpes[chosen];
  demand(sharpe !== undefined, 'chosen', `${chosen} is none of ${sharpes.length} trials.`);
  const pValues = Float64Array.from(sharpes, (value) => sharpePValue(value, count));
  const adjusted = adjustPValues(pValues, correction)[chosen] as number;
  return cut(sharpe, count, pValues[chosen] as number, adjusted);
}

/** The same when only the number of independent trials is known: `1 - (1 - p)^N`. */
export function haircutOfTrials(sharpe: number, count: number, trials: number): Haircut {
  const pValue = sharpePValue(sharpe, count);
  // 1 - (1 - p)^N keeps no digits of a small p.
  return cut(sharpe, count, pValue, -Math.expm1(trials * Math.log1p(-pValue)));
}

function cut(sharpe: number, count: number, pValue: number, adjusted: number): Haircut {
  const size = studentTwoSidedQuantile(adjusted, count - 1) / Math.sqrt(count);
  return {
    pValue,
    adjusted,
    sharpe: Math.sign(sharpe) * size,
    haircut: sharpe === 0 ? Number.NaN : 1 - size / Math.abs(sharpe),
  };
}
