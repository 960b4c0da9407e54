/**
 * Highest and lowest value of the last `period` bars, and where it was.
 *
 * The column is cut into blocks of `period` bars. A window then is the end of one block and the start
 * of the next, and its extreme is the larger of two that need one comparison a bar each: the best from
 * a place to the end of the old block (computed once a block, backwards) and the best since the new
 * block began. So the work a bar does not depend on the period, on a series that only falls either
 * (van Herk 1992; Gil and Werman 1993).
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

/** Writes the extreme of each window; NaN before the first whole one. `output` is not `input`. */
export function slidingExtreme(
  input: Float64Array,
  period: number,
  which: Extreme,
  output: Float64Array,
): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  // ends[j]: best from bar j of the old block to its end.
  const ends = new Float64Array(period + 1);
  let value = bestEnds(input, 0, period, which, ends);
  output[period - 1] = which * value;
  for (let block = period; block < length; block += period) {
    const to = Math.min(block + period, length);
    value = -Infinity;
    for (let i = block, j = 1; i < to; i += 1, j += 1) {
      const x = which * (input[i] as number);
      if (x > value) value = x;
      const end = ends[j] as number;
      output[i] = which * (end > value ? end : value);
    }
    if (to === block + period) bestEnds(input, block, period, which, ends);
  }
}

function bestEnds(
  input: Float64Array,
  block: number,
  period: number,
  which: Extreme,
  ends: Float64Array,
): number {
  let value = -Infinity;
  ends[period] = value;
  for (let j = period - 1; j >= 0; j -= 1) {
    const x = which * (input[block + j] as number);
    if (x > value) value = x;
    ends[j] = value;
  }
  return value;
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
  const ends = new Float64Array(period + 1);
  const endsAt = new Int32Array(period + 1);
  bestEndsAt(input, 0, period, which, latest, ends, endsAt);
  let best = endsAt[0] as number;
  let bestValue = ends[0] as number;
  output[period - 1] = best;
  for (let block = period; block < length; block += period) {
    const to = Math.min(block + period, length);
    let value = -Infinity;
    let at = block;
    for (let i = block, j = 1; i < to; i += 1, j += 1) {
      const x = which * (input[i] as number);
      if (x > value || (latest && x === value)) {
        value = x;
        at = i;
      }
      if (best <= i - period) {
        const end = ends[j] as number;
        const fresh = value > end || (latest && value === end);
        best = fresh ? at : (endsAt[j] as number);
        bestValue = fresh ? value : end;
      } else if (x >= bestValue) {
        best = i;
        bestValue = x;
      }
      output[i] = best;
    }
    if (to === block + period) bestEndsAt(input, block, period, which, latest, ends, endsAt);
  }
}

function bestEndsAt(
  input: Float64Array,
  block: number,
  period: number,
  which: Extreme,
  latest: boolean,
  ends: Float64Array,
  endsAt: Int32Array,
): void {
  let value = -Infinity;
  let at = block;
  ends[period] = value;
  for (let j = period - 1; j >= 0; j -= 1) {
    const x = which * (input[block + j] as number);
    if (x > value || (!latest && x === value)) {
      value = x;
      at = block + j;
    }
    ends[j] = value;
    endsAt[j] = at;
  }
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
