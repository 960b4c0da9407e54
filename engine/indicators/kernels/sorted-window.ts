/**
 * The mean distance from the mean over windows so long that reading them whole at every bar takes seconds
 * and minutes.
 * The values of the window are kept in order, cut into blocks with a sum each. What lies below the mean
 * falls short of it by as much as the rest lies above, so
 * `Σ|x − m| = 2 × (m × count − sum)` over the values up to m: whole blocks and one part. The work a bar
 * grows with the root of the period.
 *
 * Values are summed from a reference inside the window, so that a small spread keeps its digits however
 * high the values are; sums of a block are built anew whenever it changes, so that nothing drifts.
 * A stream and a column take the same steps.
 */

/** From this period on the sorted window is quicker than two passes over all values. */
export const SORTED_FROM = 2_048;

// The head of the state.
const SEEN = 0;
const PLACE = 1;
const USED = 2;
const REFERENCE = 3;
const SINCE = 4;
/** Where `sortedStep` leaves the mean less the newest value. */
export const MEAN_OFFSET = 5;
/** Where `sortedStep` leaves the mean distance from the mean. */
export const MEAN_DISTANCE = 6;
const RING = 7;

/** Where the parts of a state begin. */
export interface SortedWindow {
  readonly period: number;
  /** Values that a block can hold. */
  readonly capacity: number;
  /** Places of the blocks in their order; behind those in use stand the free ones. */
  readonly starts: number;
  readonly counts: number;
  readonly sums: number;
  readonly length: number;
}

/** The parts for a period, and a state in which no value has been seen. */
export function sortedWindow(period: number): { shape: SortedWindow; state: Float64Array } {
  const capacity = 2 ** Math.max(3, Math.round(Math.log2(period) / 2));
  // Two neighbours always hold more than half a block together, and one block may just be splitting.
  const most = Math.ceil((4 * period) / capacity) + 2;
  const starts = RING + period;
  const counts = starts + most;
  const sums = counts + most;
  const blocks = sums + most;
  const length = blocks + most * capacity;
  const state = new Float64Array(length);
  for (let p = 0; p < most; p += 1) state[starts + p] = blocks + p * capacity;
  return { shape: { period, capacity, starts, counts, sums, length }, state };
}

/** About how many values a bar of either way looks at. */
export function windowWork(period: number): number {
  return period < SORTED_FROM ? period : Math.ceil(8 * Math.sqrt(period));
}

/** Takes one value. @returns whether the window is whole; its figures then stand in the state */
export function sortedStep(shape: SortedWindow, state: Float64Array, x: number): boolean {
  const { period } = shape;
  const seen = state[SEEN] as number;
  const place = RING + (state[PLACE] as number);
  if (seen === 0) state[REFERENCE] = x;
  if (seen < period) state[SEEN] = seen + 1;
  else remove(shape, state, state[place] as number);
  insert(shape, state, x);
  state[place] = x;
  state[PLACE] = place + 1 - RING === period ? 0 : place + 1 - RING;
  keepReference(shape, state);
  if (seen < period - 1) return false;
  measure(shape, state, x);
  return true;
}

function insert(shape: SortedWindow, state: Float64Array, x: number): void {
  const { counts, starts, capacity } = shape;
  const used = state[USED] as number;
  if (used === 0) {
    state[USED] = 1;
    state[counts] = 0;
  }
  let p = used === 0 ? 0 : Math.min(firstUpTo(shape, state, x), used - 1);
  if (state[counts + p] === capacity) {
    split(shape, state, p);
    if (x > lastOf(shape, state, p)) p += 1;
  }
  const start = state[starts + p] as number;
  const end = start + (state[counts + p] as number);
  const at = lowerBound(state, start, end, x);
  state.copyWithin(at + 1, at, end);
  state[at] = x;
  state[counts + p] = end + 1 - start;
  sumBlock(shape, state, p);
}

function remove(shape: SortedWindow, state: Float64Array, x: number): void {
  const { counts, starts, capacity } = shape;
  const p = firstUpTo(shape, state, x);
  const start = state[starts + p] as number;
  const end = start + (state[counts + p] as number);
  const at = lowerBound(state, start, end, x);
  state.copyWithin(at, at + 1, end);
  const left = end - 1 - start;
  state[counts + p] = left;
  const used = state[USED] as number;
  const before = p > 0 ? (state[counts + p - 1] as number) : Number.POSITIVE_INFINITY;
  const after = p + 1 < used ? (state[counts + p + 1] as number) : Number.POSITIVE_INFINITY;
  if (left + after <= capacity / 2) join(shape, state, p);
  else if (left + before <= capacity / 2) join(shape, state, p - 1);
  else if (left === 0) drop(shape, state, p);
  else sumBlock(shape, state, p);
}

/** Moves the upper half of a full block to a new one behind it. */
function split(shape: SortedWindow, state: Float64Array, p: number): void {
  const { counts, starts, sums, capacity } = shape;
  const used = state[USED] as number;
  const free = state[starts + used] as number;
  for (const part of [starts, counts, sums]) {
    state.copyWithin(part + p + 2, part + p + 1, part + used);
  }
  const half = capacity / 2;
  const start = state[starts + p] as number;
  state.copyWithin(free, start + half, start + capacity);
  state[starts + p + 1] = free;
  state[counts + p] = half;
  state[counts + p + 1] = half;
  state[USED] = used + 1;
  sumBlock(shape, state, p);
  sumBlock(shape, state, p + 1);
}

/** Adds the block behind to a block. */
function join(shape: SortedWindow, state: Float64Array, p: number): void {
  const { counts, starts } = shape;
  const count = state[counts + p] as number;
  const more = state[counts + p + 1] as number;
  const from = state[starts + p + 1] as number;
  state.copyWithin((state[starts + p] as number) + count, from, from + more);
  state[counts + p] = count + more;
  drop(shape, state, p + 1);
  sumBlock(shape, state, p);
}

function drop(shape: SortedWindow, state: Float64Array, p: number): void {
  const { counts, starts, sums } = shape;
  const used = state[USED] as number;
  const start = state[starts + p] as number;
  for (const part of [starts, counts, sums]) {
    state.copyWithin(part + p, part + p + 1, part + used);
  }
  state[starts + used - 1] = start;
  state[USED] = used - 1;
}

function sumBlock({ counts, starts, sums }: SortedWindow, state: Float64Array, p: number): void {
  const start = state[starts + p] as number;
  const end = start + (state[counts + p] as number);
  state[sums + p] = sumFrom(state, start, end, state[REFERENCE] as number);
}

/** Four sums side by side: no addition need wait for the one before. */
function sumFrom(state: Float64Array, from: number, to: number, reference: number): number {
  const fours = to - ((to - from) % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = from; k < fours; k += 4) {
    a += (state[k] as number) - reference;
    b += (state[k + 1] as number) - reference;
    c += (state[k + 2] as number) - reference;
    d += (state[k + 3] as number) - reference;
  }
  for (let k = fours; k < to; k += 1) a += (state[k] as number) - reference;
  return a + b + (c + d);
}

/**
 * Takes the middle value for the reference when the old one lies outside of the window, or has stood for
 * a whole window. A middle value is outside after half a window at the earliest, so this is rare.
 */
function keepReference(shape: SortedWindow, state: Float64Array): void {
  const { period, counts, starts } = shape;
  const used = state[USED] as number;
  const reference = state[REFERENCE] as number;
  const least = state[state[starts] as number] as number;
  const most = lastOf(shape, state, used - 1);
  const since = (state[SINCE] as number) + 1;
  state[SINCE] = since;
  if (since < period && reference >= least && reference <= most) return;
  const middle = used >> 1;
  const start = state[starts + middle] as number;
  state[REFERENCE] = state[start + ((state[counts + middle] as number) >> 1)] as number;
  state[SINCE] = 0;
  for (let p = 0; p < used; p += 1) sumBlock(shape, state, p);
}

function measure(shape: SortedWindow, state: Float64Array, newest: number): void {
  const { period, counts, starts, sums } = shape;
  const used = state[USED] as number;
  const reference = state[REFERENCE] as number;
  if (state[state[starts] as number] === lastOf(shape, state, used - 1)) {
    // All values are equal: exactly 0, whatever the rounding of the sums.
    state[MEAN_OFFSET] = 0;
    state[MEAN_DISTANCE] = 0;
    return;
  }
  let total = 0;
  for (let p = 0; p < used; p += 1) total += state[sums + p] as number;
  const mean = total / period;
  state[MEAN_OFFSET] = reference - newest + mean;
  // The blocks wholly below the mean, and the part of one that is.
  const edge = firstAbove(shape, state, reference, mean);
  let count = 0;
  let sum = 0;
  for (let p = 0; p < edge; p += 1) {
    count += state[counts + p] as number;
    sum += state[sums + p] as number;
  }
  if (edge < used) {
    const start = state[starts + edge] as number;
    let low = start;
    let high = start + (state[counts + edge] as number);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((state[middle] as number) - reference <= mean) low = middle + 1;
      else high = middle;
    }
    count += low - start;
    sum += sumFrom(state, start, low, reference);
  }
  state[MEAN_DISTANCE] = (2 * (mean * count - sum)) / period;
}

/** The first block whose last value is not below x. */
function firstUpTo(shape: SortedWindow, state: Float64Array, x: number): number {
  let low = 0;
  let high = state[USED] as number;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lastOf(shape, state, middle) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first block whose last value lies more than `mean` above the reference. */
function firstAbove(
  shape: SortedWindow,
  state: Float64Array,
  reference: number,
  mean: number,
): number {
  let low = 0;
  let high = state[USED] as number;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lastOf(shape, state, middle) - reference <= mean) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastOf({ counts, starts }: SortedWindow, state: Float64Array, p: number): number {
  return state[(state[starts + p] as number) + (state[counts + p] as number) - 1] as number;
}

/** The first place from `from` on whose value is not below x; `to` when there is none. */
function lowerBound(state: Float64Array, from: number, to: number, x: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((state[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
