import { BARS_A_CALL, barsACall } from './blocks.ts';

/**
 * Highest and lowest value of the last `period` bars, and where it was, by blocks: the extreme of a window
 * is the better of two that need one comparison a bar each, also on a series that only falls.
 *
 * Whole columns: `slidingExtreme`, `slidingExtremeIndex`. Bar by bar inside a larger state:
 * `extremeStep` (reserve `extremeState(period)` numbers, zeros at the start) and `extremeIndexStep`
 * (reserve `extremeIndexState(period)`). Both forms give the same values to the last bit.
 * Inputs are finite.
 */

/** What is sought. As a factor it turns the lowest into the highest, exactly. */
export type Extreme = 1 | -1;
export const HIGHEST = 1;
export const LOWEST = -1;

/**
 * Which of equal extremes counts. `latest`: the last one (Aroon, bars since). `talib`: what MAXINDEX
 * does; a new bar takes over when it is as good, and when the extreme leaves the window, the first of
 * the best that are left follows it.
 */
export type Ties = 'latest' | 'talib';

/** Writes the extreme of each window; NaN before the first whole one. `output` may be `input`. */
export function slidingExtreme(
  input: Float64Array,
  period: number,
  which: Extreme,
  output: Float64Array,
): void {
  const length = input.length;
  if (length < period) {
    output.fill(Number.NaN);
    return;
  }
  // ends[j]: best from place j of the old block to its end; values of the new one overwrite it behind.
  const ends = new Float64Array(period);
  let best = -Infinity;
  for (let i = 0; i < period; i += 1) {
    const x = which * (input[i] as number);
    if (x > best) best = x;
    ends[i] = x;
  }
  bestEnds(ends, period);
  output.fill(Number.NaN, 0, period - 1);
  output[period - 1] = which * best;
  const bars = barsACall(period);
  const whole = length - (length % period);
  let from = period;
  for (; from < whole; from += bars) {
    extremeBlocks(input, from, Math.min(from + bars, whole), period, which, ends, output);
  }
  best = -Infinity;
  for (let i = whole, j = 1; i < length; i += 1, j += 1) {
    const x = which * (input[i] as number);
    if (x > best) best = x;
    const end = ends[j] as number;
    output[i] = which * (end > best ? end : best);
  }
}

function extremeBlocks(
  input: Float64Array,
  from: number,
  to: number,
  period: number,
  which: Extreme,
  ends: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < to; block += period) {
    let best = -Infinity;
    let i = block;
    for (let j = 1; j < period; i += 1, j += 1) {
      const x = which * (input[i] as number);
      if (x > best) best = x;
      const end = ends[j] as number;
      output[i] = which * (end > best ? end : best);
      ends[j - 1] = x;
    }
    const last = which * (input[i] as number);
    output[i] = which * (last > best ? last : best);
    ends[period - 1] = last;
    bestEnds(ends, period);
  }
}

/** Turns the values of a block into the best from each place to its end; the first is not needed. */
function bestEnds(ends: Float64Array, period: number): void {
  let best = ends[period - 1] as number;
  for (let j = period - 2; j > 0; j -= 1) {
    const x = ends[j] as number;
    if (x > best) best = x;
    ends[j] = best;
  }
}

/**
 * Writes the index of each window's extreme, counted from the column's first element; NaN before the
 * first whole window. `input[index]` is the extreme. `output` is not `input`.
 */
export function slidingExtremeIndex(
  input: Float64Array,
  period: number,
  which: Extreme,
  ties: Ties,
  output: Float64Array,
): void {
  const length = input.length;
  const latest = ties === 'latest';
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  const ends = new Float64Array(period);
  const endsAt = new Int32Array(period);
  const marks = new Int32Array(4);
  marks[CUT] = -period;
  for (let from = period - 1; from < length; from += BARS_A_CALL) {
    const to = Math.min(from + BARS_A_CALL, length);
    indexBars(input, from, to, period, which, latest, ends, endsAt, marks, output);
  }
}

// What `indexBars` hands on: the index of the extreme, the last bar whose window has been searched
// backwards (the cut), the bar up to which has been searched since, and the best of those.
const BEST = 0;
const CUT = 1;
const SEARCHED = 2;
const SINCE = 3;

/**
 * A bar is compared with the extreme; only when the extreme leaves the window the next is sought. What
 * stands before the cut has been searched once for all windows that begin there, and what stands behind it
 * is searched from where the last search ended, so that no series makes this slow.
 * @param ends best value from each place of the window before the cut to its end
 */
function indexBars(
  input: Float64Array,
  from: number,
  to: number,
  period: number,
  which: Extreme,
  latest: boolean,
  ends: Float64Array,
  endsAt: Int32Array,
  marks: Int32Array,
  output: Float64Array,
): void {
  let best = from < period ? -1 : (marks[BEST] as number);
  let bestValue = best < 0 ? 0 : which * (input[best] as number);
  for (let i = from; i < to; i += 1) {
    const x = which * (input[i] as number);
    if (best <= i - period) {
      best = nextExtreme(input, i, period, which, latest, ends, endsAt, marks);
      bestValue = which * (input[best] as number);
    } else if (x >= bestValue) {
      best = i;
      bestValue = x;
    }
    output[i] = best;
  }
  marks[BEST] = best;
}

/** The index of the extreme of the window that ends at bar i, once the one before has left it. */
function nextExtreme(
  input: Float64Array,
  i: number,
  period: number,
  which: Extreme,
  latest: boolean,
  ends: Float64Array,
  endsAt: Int32Array,
  marks: Int32Array,
): number {
  const cut = marks[CUT] as number;
  let value = -Infinity;
  let at = i;
  if (cut <= i - period) {
    for (let k = i, j = period - 1; j >= 0; k -= 1, j -= 1) {
      const x = which * (input[k] as number);
      if (x > value || (!latest && x === value)) {
        value = x;
        at = k;
      }
      ends[j] = value;
      endsAt[j] = at;
    }
    marks[CUT] = i;
    marks[SEARCHED] = i;
    return at;
  }
  const searched = marks[SEARCHED] as number;
  if (searched > cut) {
    at = marks[SINCE] as number;
    value = which * (input[at] as number);
  }
  for (let k = searched + 1; k <= i; k += 1) {
    const x = which * (input[k] as number);
    if (x > value || (latest && x === value)) {
      value = x;
      at = k;
    }
  }
  marks[SEARCHED] = i;
  marks[SINCE] = at;
  const old = ends[i - cut] as number;
  return value > old || (latest && value === old) ? at : (endsAt[i - cut] as number);
}
/** Numbers that `extremeStep` needs: [place in the block, whole block seen, best of the block, ring]. */
export function extremeState(period: number): number {
  return period + 3;
}

/**
 * Takes one value; a running `slidingExtreme`.
 * @param at where its numbers begin in `state`
 * @returns the extreme of the last `period` values, NaN before there are so many
 */
export function extremeStep(
  state: Float64Array,
  at: number,
  period: number,
  which: Extreme,
  x: number,
): number {
  const j = state[at] as number;
  const ring = at + 3;
  const turned = which * x;
  let value = state[at + 2] as number;
  if (j === 0 || turned > value) value = turned;
  // Places before j hold this block's values, those from j on the best ends of the block before.
  state[ring + j] = turned;
  if (j === period - 1) {
    for (let k = period - 2; k >= 0; k -= 1) {
      const end = state[ring + k + 1] as number;
      if (end > (state[ring + k] as number)) state[ring + k] = end;
    }
    state[at] = 0;
    state[at + 1] = 1;
    return which * value;
  }
  state[at] = j + 1;
  state[at + 2] = value;
  if (state[at + 1] === 0) return Number.NaN;
  const end = state[ring + j + 1] as number;
  return which * (end > value ? end : value);
}

/**
 * Numbers that `extremeIndexStep` needs: [bars seen, place in the block, best of the block, its index,
 * best of the window, its index, ring of values, ring of indices].
 */
export function extremeIndexState(period: number): number {
  return 2 * period + 6;
}

/**
 * Takes one value; a running `slidingExtremeIndex`. Counts are doubles, exact for 2^53 bars.
 * Afterwards `state[at]` is the number of bars seen, so that the extreme is
 * `state[at] - 1 - index` bars old, and `which * state[at + 4]` is its value.
 * @returns the index of the extreme, the first bar being 0; NaN before there are `period` values
 */
export function extremeIndexStep(
  state: Float64Array,
  at: number,
  period: number,
  which: Extreme,
  ties: Ties,
  x: number,
): number {
  const latest = ties === 'latest';
  const i = state[at] as number;
  const j = state[at + 1] as number;
  const values = at + 6;
  const indices = values + period;
  const turned = which * x;
  let value = state[at + 2] as number;
  let valueAt = state[at + 3] as number;
  if (j === 0 || turned > value || (latest && turned === value)) {
    value = turned;
    valueAt = i;
    state[at + 2] = value;
    state[at + 3] = i;
  }
  state[values + j] = turned;
  state[indices + j] = i;
  const last = j === period - 1;
  let best = Number.NaN;
  if (i >= period - 1) {
    best = state[at + 5] as number;
    if (i === period - 1 || best <= i - period) {
      const end = last ? -Infinity : (state[values + j + 1] as number);
      const fresh = last || value > end || (latest && value === end);
      best = fresh ? valueAt : (state[indices + j + 1] as number);
      state[at + 4] = fresh ? value : end;
      state[at + 5] = best;
    } else if (turned >= (state[at + 4] as number)) {
      best = i;
      state[at + 4] = turned;
      state[at + 5] = i;
    }
  }
  if (last) {
    for (let k = period - 2; k >= 0; k -= 1) {
      const end = state[values + k + 1] as number;
      const own = state[values + k] as number;
      if (end > own || (latest && end === own)) {
        state[values + k] = end;
        state[indices + k] = state[indices + k + 1] as number;
      }
    }
  }
  state[at] = i + 1;
  state[at + 1] = last ? 0 : j + 1;
  return best;
}
