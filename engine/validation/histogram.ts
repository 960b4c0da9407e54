import { quantileOf, sorted } from '../stats/shape.ts';
import { demand } from './watch.ts';

/** How often values fall into bins of one width from `low` to `high`. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  /** The outermost bins hold what lies beyond them, too. */
  readonly counts: number[];
}

/** Part of the values at each end that may lie beyond the bins, so that a few do not squeeze the rest. */
const TAIL = 0.005;

/**
 * @param marks values that are to lie within the bins however rare they are, such as the one that is compared
 */
export function histogramOf(
  values: ArrayLike<number>,
  bins: number,
  marks: readonly number[] = [],
): Histogram {
  demand(
    Number.isSafeInteger(bins) && bins >= 1,
    'bins',
    `${bins} must be a whole number above 0.`,
  );
  const ascending = sorted(values);
  const within = marks.filter((mark) => Number.isFinite(mark));
  const ends =
    ascending.length === 0 ? [] : [quantileOf(ascending, TAIL), quantileOf(ascending, 1 - TAIL)];
  const low = Math.min(...within, ...ends);
  const high = Math.max(...within, ...ends);
  const counts = Array.from({ length: bins }, () => 0);
  if (!(low <= high)) return { low: Number.NaN, high: Number.NaN, counts };
  for (const value of ascending) {
    const place = high > low ? Math.floor(((value - low) / (high - low)) * bins) : 0;
    const bin = Math.min(Math.max(place, 0), bins - 1);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { low, high, counts };
}
