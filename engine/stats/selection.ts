/**
 * Quantiles without sorting: of a million returns, sorting would take longer than all other figures. Each
 * is interpolated between neighbours as `quantileOf` does (type 7).
 * @param parts ascending, from 0 to 1
 */
export function quantilesOf(values: ArrayLike<number>, parts: readonly number[]): number[] {
  const left = withoutNaN(values);
  let from = 0;
  return parts.map((part) => {
    const at = (left.length - 1) * part;
    const low = Math.floor(at);
    if (low < 0 || low >= left.length) return Number.NaN;
    // What was put in place for an earlier part is below everything after it.
    select(left, low, from);
    from = low;
    const below = left[low] as number;
    if (at === low) return below;
    let above = Number.POSITIVE_INFINITY;
    for (let i = low + 1; i < left.length; i += 1) above = Math.min(above, left[i] as number);
    return below + (at - low) * (above - below);
  });
}

/** One quantile, the same way. */
export function selectQuantile(values: ArrayLike<number>, part: number): number {
  return quantilesOf(values, [part])[0] as number;
}

/** A copy in the same order, NaN left out. */
export function withoutNaN(values: ArrayLike<number>): Float64Array {
  const copy = values instanceof Float64Array ? values.slice() : Float64Array.from(values);
  let count = 0;
  for (let i = 0; i < copy.length; i += 1) {
    const value = copy[i] as number;
    if (Number.isNaN(value)) continue;
    copy[count] = value;
    count += 1;
  }
  return copy.subarray(0, count);
}

/** Puts the value of rank `rank` in its place, smaller ones before and larger ones after (Hoare 1961). */
function select(values: Float64Array, rank: number, from: number): void {
  let low = from;
  let high = values.length - 1;
  while (low < high) {
    const pivot = middleOf(
      values[low] as number,
      values[(low + high) >>> 1] as number,
      values[high] as number,
    );
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] as number) < pivot) i += 1;
      while ((values[j] as number) > pivot) j -= 1;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i] = values[j] as number;
      values[j] = swapped;
      i += 1;
      j -= 1;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else return;
  }
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Mean of the values up to a limit; NaN when there is none. */
export function meanUpTo(values: ArrayLike<number>, limit: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (value <= limit) {
      sum += value;
      count += 1;
    }
  }
  return sum / count;
}
