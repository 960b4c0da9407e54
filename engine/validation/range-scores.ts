import { mean, STILL } from '../stats/moments.ts';
import type { Fold, Range } from './splits.ts';

/** Scores of returns that can be told of any union of ranges from sums over its parts. */
export const RETURN_SCORES = ['sharpe', 'sortino', 'growth'] as const;
export type NamedScore = (typeof RETURN_SCORES)[number];

/**
 * Scores many columns over many unions of ranges. The bars are cut where any of the ranges begins or ends,
 * and each column is summed once over each stretch: a split then costs a few sums and not all of its bars.
 */
export class RangeScores {
  private readonly cuts: readonly number[];
  private readonly score: NamedScore;
  private readonly rate: number;

  /**
   * @param folds whose tests and trainings are scored, and nothing else
   * @param rate risk-free return of one period, which Sharpe and Sortino are above
   */
  constructor(barCount: number, folds: readonly Fold[], score: NamedScore, rate = 0) {
    const places = new Set([0, barCount]);
    for (const { test, train } of folds) {
      for (const { from, to } of [...test, ...train]) places.add(from).add(to);
    }
    this.cuts = [...places].toSorted((a, b) => a - b);
    this.score = score;
    this.rate = rate;
  }

  /** The scorer of one column. Ratios are of one period; the growth is the mean logarithm of a period's. */
  of(column: Float64Array): (ranges: readonly Range[]) => number {
    const { cuts, rate, score } = this;
    const parts = cuts.length - 1;
    // Distances from the column's own mean keep the digits of the variance.
    const centre = mean(column);
    const sums = new Float64Array(parts);
    const squares = new Float64Array(parts);
    for (let part = 0; part < parts; part += 1) {
      let sum = 0;
      let square = 0;
      for (let i = cuts[part] as number; i < (cuts[part + 1] as number); i += 1) {
        const value = column[i] as number;
        const short = Math.min(value - rate, 0);
        const distance = value - centre;
        sum += score === 'growth' ? Math.log1p(value) : distance;
        square += score === 'sortino' ? short * short : distance * distance;
      }
      sums[part] = sum;
      squares[part] = square;
    }
    return (ranges) => {
      let sum = 0;
      let square = 0;
      let count = 0;
      for (const { from, to } of ranges) {
        for (let part = this.partAt(from); (cuts[part] as number) < to; part += 1) {
          sum += sums[part] as number;
          square += squares[part] as number;
        }
        count += to - from;
      }
      if (score === 'growth') return sum / count;
      const excess = centre + sum / count - rate;
      const variance =
        score === 'sortino' ? square / count : (square - (sum * sum) / count) / (count - 1);
      const risk = Math.sqrt(Math.max(variance, 0));
      return risk > STILL ? excess / risk : Number.NaN;
    };
  }

  private partAt(bar: number): number {
    let low = 0;
    let high = this.cuts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.cuts[middle] as number) < bar) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
