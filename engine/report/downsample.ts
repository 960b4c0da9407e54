/** One column of pixels: what of a line falls into it, in the order in which it happened. */
export interface Span {
  /** Indices of the first and last finite value, and of the lowest and highest. */
  readonly first: number;
  readonly last: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Cuts values into `columns` columns of equal length and keeps of each the first, the lowest, the highest
 * and the last one, which is all that a line of that width can show: no extreme is ever lost, whatever the
 * number of values. NaN is passed over; a column of NaN only is null.
 */
export function columnSpans(values: Float64Array, columns: number): (Span | null)[] {
  const { length } = values;
  const count = Math.min(columns, length);
  const spans: (Span | null)[] = [];
  for (let column = 0; column < count; column += 1) {
    const from = Math.floor((column * length) / count);
    const to = Math.floor(((column + 1) * length) / count);
    let first = -1;
    let last = -1;
    let low = -1;
    let high = -1;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i += 1) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) continue;
      if (first < 0) first = i;
      last = i;
      if (value < lowest) {
        lowest = value;
        low = i;
      }
      if (value > highest) {
        highest = value;
        high = i;
      }
    }
    spans.push(first < 0 ? null : { first, last, low, high });
  }
  return spans;
}

/** Indices of the values that a line of `columns` columns passes through; -1 is a gap. */
export function lineIndices(values: Float64Array, columns: number): number[] {
  const indices: number[] = [];
  if (values.length <= columns * 2) {
    for (let i = 0; i < values.length; i += 1) {
      if (Number.isFinite(values[i])) indices.push(i);
      else if (indices.length > 0 && indices.at(-1) !== -1) indices.push(-1);
    }
    return indices;
  }
  for (const span of columnSpans(values, columns)) {
    if (span === null) {
      if (indices.length > 0 && indices.at(-1) !== -1) indices.push(-1);
      continue;
    }
    const { first, low, high, last } = span;
    const [a, b] = low < high ? [low, high] : [high, low];
    for (const index of [first, a, b, last]) if (index !== indices.at(-1)) indices.push(index);
  }
  return indices;
}

/** A column thinned to what a picture can show. Its extremes are those of the whole column. */
export interface Trace {
  /** Places in the column; -1 is a gap. */
  readonly indices: readonly number[];
  /** The values there, NaN at a gap. */
  readonly values: Float64Array;
}

/** Columns of pixels of the widest picture: what a line of any picture is thinned to. */
const COLUMNS = 1_008;

export function traceOf(values: Float64Array, columns = COLUMNS): Trace {
  const indices = lineIndices(values, columns);
  return {
    indices,
    values: Float64Array.from(indices, (index) =>
      index < 0 ? Number.NaN : (values[index] as number),
    ),
  };
}

/** The part of a trace on one side of 0. */
export function clampTrace({ indices, values }: Trace, side: 'above' | 'below'): Trace {
  const limit = side === 'above' ? Math.max : Math.min;
  return { indices, values: values.map((value) => limit(0, value)) };
}

/** Smallest and largest finite value of some columns; `null` when there is none. */
export function extentOf(
  ...columns: readonly ArrayLike<number>[]
): { readonly low: number; readonly high: number } | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    for (let i = 0; i < column.length; i += 1) {
      const value = column[i] as number;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? { low, high } : null;
}
