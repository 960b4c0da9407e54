import { SMA_TYPE, TRIMA_TYPE, WMA_TYPE } from './moving-average.ts';

/** Whether an average of this type depends on the values of its window alone. */
export function isWindowed(type: number): boolean {
  return type === SMA_TYPE || type === WMA_TYPE || type === TRIMA_TYPE;
}

/**
 * One average of a window of any length, from its definition; for periods that change from bar to bar.
 * @param type SMA_TYPE, WMA_TYPE or TRIMA_TYPE
 * @param last index of the newest value in `values`
 */
export function windowAverage(
  type: number,
  values: Float64Array,
  last: number,
  period: number,
): number {
  const from = last - period + 1;
  let sum = 0;
  if (type === SMA_TYPE) {
    // Two sums side by side: one addition need not wait for the one before.
    let other = 0;
    let i = from;
    for (; i < last; i += 2) {
      sum += values[i] as number;
      other += values[i + 1] as number;
    }
    if (i === last) sum += values[i] as number;
    return (sum + other) / period;
  }
  if (type === WMA_TYPE) {
    for (let i = from; i <= last; i += 1) sum += (values[i] as number) * (i - from + 1);
    return sum / ((period * (period + 1)) / 2);
  }
  const half = (period + 1) >> 1;
  for (let i = from; i <= last; i += 1) {
    const place = i - from + 1;
    sum += (values[i] as number) * (place <= half ? place : period + 1 - place);
  }
  return sum / (half * (period + 1 - half));
}
