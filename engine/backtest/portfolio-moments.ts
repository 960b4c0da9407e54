import { lowerBound } from '../series/columns.ts';

/** Every time at which an instrument has a bar, once, ascending. */
export function momentsOf(columns: readonly Float64Array[]): Float64Array {
  const all = new Set<number>();
  for (const column of columns) for (const time of column) all.add(time);
  return Float64Array.from(all).toSorted();
}

/** The moment of each bar of an instrument. @param moments those of all instruments */
export function momentOfBars(moments: Float64Array, bars: Float64Array): Int32Array {
  return Int32Array.from(bars, (time) => lowerBound(moments, time));
}
