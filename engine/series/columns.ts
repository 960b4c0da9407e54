import type { BarColumns } from '../domain/bar.ts';

/**
 * New columns of `length` bars, all six on one SharedArrayBuffer, so that they cross threads without a
 * copy. Values are 0.
 */
export function allocateColumns(length: number): BarColumns {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT;
  const buffer = new SharedArrayBuffer(bytes * 6);
  const column = (index: number): Float64Array => new Float64Array(buffer, index * bytes, length);
  return {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
}

/** Bars `from` (inclusive) to `to` (exclusive) as views of the same memory. */
export function sliceColumns(bars: BarColumns, from: number, to: number): BarColumns {
  return {
    time: bars.time.subarray(from, to),
    open: bars.open.subarray(from, to),
    high: bars.high.subarray(from, to),
    low: bars.low.subarray(from, to),
    close: bars.close.subarray(from, to),
    volume: bars.volume.subarray(from, to),
  };
}

/** Index of the first value that is `t` or later in ascending `time`; the length where there is none. */
export function lowerBound(time: Float64Array, t: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((time[middle] as number) < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Stored bars before the first live one, and the live ones; new columns. */
export function withLive(stored: BarColumns, live: BarColumns): BarColumns {
  const first = live.time[0];
  const kept = first === undefined ? stored.time.length : lowerBound(stored.time, first);
  const all = allocateColumns(kept + live.time.length);
  for (const name of ['time', 'open', 'high', 'low', 'close', 'volume'] as const) {
    all[name].set(stored[name].subarray(0, kept));
    all[name].set(live[name], kept);
  }
  return all;
}
