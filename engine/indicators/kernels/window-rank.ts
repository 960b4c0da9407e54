import { BARS_A_CALL } from './blocks.ts';

/** From this period on the counting tree is quicker than comparing with every value. */
const RANK_TREE_FROM = 800;

/**
 * For each value, how many of the `n` before it are not above it; NaN for the first n.
 * @param output another array than `input`
 */
export function rankColumn(input: Float64Array, n: number, output: Float64Array): void {
  if (n >= RANK_TREE_FROM) {
    countByTree(input, n, output);
    return;
  }
  const { length } = input;
  output.fill(Number.NaN, 0, Math.min(n, length));
  if (length <= n) return;
  // Four values at a time share a window of more than their own.
  const whole = n < 4 ? n : length - ((length - n) & 3);
  for (let from = n; from < whole; from += BARS_A_CALL) {
    countFours(input, n, from, Math.min(from + BARS_A_CALL, whole), output);
  }
  for (let i = whole; i < length; i += 1)
    output[i] = countNotAbove(input, i - n, i, input[i] as number);
}

/** How many of the values from `from` on, before `to`, are not above x. */
export function countNotAbove(values: Float64Array, from: number, to: number, x: number): number {
  // Counted without a branch, which would be guessed wrongly half the time.
  let count = 0;
  for (let k = from; k < to; k += 1) count = (count + Number((values[k] as number) <= x)) | 0;
  return count;
}

/** Each value of a window is read once for four that it is compared with. */
function countFours(
  input: Float64Array,
  n: number,
  from: number,
  to: number,
  output: Float64Array,
): void {
  for (let i = from; i < to; i += 4) {
    const x = input[i] as number;
    const y = input[i + 1] as number;
    const z = input[i + 2] as number;
    const w = input[i + 3] as number;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let k = i + 3 - n; k < i; k += 1) {
      const value = input[k] as number;
      a = (a + Number(value <= x)) | 0;
      b = (b + Number(value <= y)) | 0;
      c = (c + Number(value <= z)) | 0;
      d = (d + Number(value <= w)) | 0;
    }
    // The windows also differ by three values at their beginnings, and hold those before them.
    const p = input[i - n] as number;
    const q = input[i - n + 1] as number;
    const r = input[i - n + 2] as number;
    output[i] = a + Number(p <= x) + Number(q <= x) + Number(r <= x);
    output[i + 1] = b + Number(q <= y) + Number(r <= y) + Number(x <= y);
    output[i + 2] = c + Number(r <= z) + Number(x <= z) + Number(y <= z);
    output[i + 3] = d + Number(x <= w) + Number(y <= w) + Number(z <= w);
  }
}

/**
 * With a counting tree over the values in order the work a bar grows with the logarithm of the length and
 * not with the period.
 * @see Fenwick, A New Data Structure for Cumulative Frequency Tables, Software: Practice and Experience 24 (1994)
 */
function countByTree(input: Float64Array, n: number, output: Float64Array): void {
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
