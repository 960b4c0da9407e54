import { extentOf } from './downsample.ts';
import { niceStep } from './scale.ts';
import { quantileOf, sorted } from '../stats/shape.ts';

/** Values counted in bins of one round width; a border belongs to the bin above it. */
export interface Histogram {
  /** Lower border of the first bin, a whole multiple of the width. */
  readonly from: number;
  readonly width: number;
  readonly counts: Int32Array;
  /** Finite values in all. */
  readonly total: number;
}

const MOST_BINS = 80;

/** Bins by the rule of Freedman and Diaconis (1981), rounded; null when there is no value. */
export function histogramOf(values: ArrayLike<number>): Histogram | null {
  const extent = extentOf(values);
  if (extent === null) return null;
  const { low, high } = extent;
  const ascending = sorted(values);
  const spread = quantileOf(ascending, 0.75) - quantileOf(ascending, 0.25);
  const range = high - low;
  const wanted = spread > 0 ? (2 * spread) / Math.cbrt(ascending.length) : range / 20;
  const bins = Math.min(MOST_BINS / 2, Math.max(8, range / wanted));
  const width = range > 0 ? niceStep(range, bins) : Math.max(Math.abs(low), 1) / 10;
  const first = Math.floor(low / width);
  const counts = new Int32Array(Math.floor(high / width) - first + 1);
  let total = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    const bin = Math.floor(value / width) - first;
    counts[bin] = (counts[bin] as number) + 1;
    total += 1;
  }
  return { from: first * width, width, counts, total };
}
