/** From this period on the counting tree is quicker than comparing with every value. */
export const RANK_TREE_FROM = 400;

/**
 * For each value, how many of the `n` before it are not above it; NaN for the first n. A counting tree over
 * the values in order makes the work a bar grow with the logarithm of the length and not with the period.
 * @see Fenwick, A New Data Structure for Cumulative Frequency Tables, Software: Practice and Experience 24 (1994)
 */
export function countNotAbove(input: Float64Array, n: number, output: Float64Array): void {
  const { length } = input;
  const sorted = input.toSorted();
  const tree = new Int32Array(length + 1);
  const places = new Int32Array(length);
  for (let i = 0; i < length; i += 1) {
    const place = notAbove(sorted, input[i] as number);
    places[i] = place;
    let count = 0;
    if (i >= n) {
      for (let k = place; k > 0; k &= k - 1) count += tree[k] as number;
      for (let k = places[i - n] as number; k <= length; k += k & -k)
        tree[k] = (tree[k] as number) - 1;
    }
    output[i] = i < n ? Number.NaN : count;
    for (let k = place; k <= length; k += k & -k) tree[k] = (tree[k] as number) + 1;
  }
}

/** How many of the sorted values are not above x. */
function notAbove(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
