import { barsACall } from './blocks.ts';

/**
 * The least-squares line through the last `period` values, by blocks. Values are taken as differences from
 * the one at the cut, and time is counted from there, so that small movements of a large price keep their
 * digits and a window of equal values has a slope of exactly 0. The line is at the window's mean in its
 * middle.
 */

/** The sum of squared distances of n bars from their middle. */
function spreadOf(period: number): number {
  return (period * (period * period - 1)) / 12;
}

/**
 * A value of the line of each window: `level × mean + ahead × slope`; NaN before the first whole one.
 * @param level 1 for a point of the line, 0 for a multiple of its slope alone
 * @param ahead bars from the middle of the window
 * @param output another array than `input`
 */
export function lineColumn(
  input: Float64Array,
  period: number,
  level: 0 | 1,
  ahead: number,
  output: Float64Array,
): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  const ends = new Float64Array(2 * period);
  wholeLine(input, 0, period, level, ahead, ends, output);
  const bars = barsACall(period);
  const whole = length - (length % period);
  let from = period;
  for (; from < whole; from += bars) {
    lineBlocks(input, from, Math.min(from + bars, whole), period, level, ahead, ends, output);
  }
  joinLines(input, whole, length, period, level, ahead, ends, output);
}

function lineBlocks(
  input: Float64Array,
  from: number,
  to: number,
  period: number,
  level: number,
  ahead: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < to; block += period) {
    joinLines(input, block, block + period - 1, period, level, ahead, ends, output);
    wholeLine(input, block, period, level, ahead, ends, output);
  }
}

/** Windows that begin in the block before, with its `ends`: sums first, then products with time. */
function joinLines(
  input: Float64Array,
  block: number,
  to: number,
  period: number,
  level: number,
  ahead: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  const spread = spreadOf(period);
  const middle = (period - 1) / 2;
  const cut = input[block - 1] as number;
  let sum = 0;
  let product = 0;
  for (let i = block, j = 1; i < to; i += 1, j += 1) {
    const away = (input[i] as number) - cut;
    sum += away;
    product += j * away;
    const total = sum + (ends[j] as number);
    const slope = (product + (ends[period + j] as number) - (j - middle) * total) / spread;
    output[i] = level * (cut + total / period) + ahead * slope;
  }
}

function wholeLine(
  input: Float64Array,
  block: number,
  period: number,
  level: number,
  ahead: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  const last = block + period - 1;
  const cut = input[last] as number;
  let total = 0;
  let product = 0;
  for (let j = period - 1; j >= 0; j -= 1) {
    const away = (input[block + j] as number) - cut;
    total += away;
    product += (j - period + 1) * away;
    ends[j] = total;
    ends[period + j] = product;
  }
  const slope = (product + ((period - 1) / 2) * total) / spreadOf(period);
  output[last] = level * (cut + total / period) + ahead * slope;
}

/**
 * What `lineStep` leaves in `state[at + …]`: the mean of the window, the slope a bar, the deviation of the
 * values from the line (root of the mean square) and r². Without movement the last three are 0.
 */
export const LINE_MEAN = 0;
export const LINE_SLOPE = 1;
export const RESIDUAL = 2;
export const LINE_R_SQUARED = 3;

/**
 * Numbers of `lineStep`: [results, a block is full, place, value at the cut, sum, products and squares of
 * the block, three rings].
 */
export function lineState(period: number): number {
  return 3 * period + 10;
}

/** Takes one value. @returns whether there are `period` values; only then the results mean anything */
export function lineStep(state: Float64Array, at: number, period: number, x: number): boolean {
  const place = state[at + 5] as number;
  const sums = at + 10;
  const products = sums + period;
  const squares = products + period;
  // Places up to this one hold values, those behind it the sums of the block before.
  state[sums + place] = x;
  if (place < period - 1) {
    const cut = state[at + 6] as number;
    const away = x - cut;
    const j = place + 1;
    const sum = (state[at + 7] as number) + away;
    const product = (state[at + 8] as number) + j * away;
    const square = (state[at + 9] as number) + away * away;
    state[at + 5] = j;
    state[at + 7] = sum;
    state[at + 8] = product;
    state[at + 9] = square;
    if (state[at + 4] === 0) return false;
    const total = sum + (state[sums + j] as number);
    const moved = product + (state[products + j] as number) - (j - (period - 1) / 2) * total;
    fit(state, at, period, cut, total, moved, square + (state[squares + j] as number));
    return true;
  }
  let total = 0;
  let product = 0;
  let square = 0;
  for (let j = period - 1; j >= 0; j -= 1) {
    const away = (state[sums + j] as number) - x;
    total += away;
    product += (j - period + 1) * away;
    square += away * away;
    state[sums + j] = total;
    state[products + j] = product;
    state[squares + j] = square;
  }
  state[at + 4] = 1;
  state[at + 5] = 0;
  state[at + 6] = x;
  state.fill(0, at + 7, at + 10);
  fit(state, at, period, x, total, product + ((period - 1) / 2) * total, square);
  return true;
}

/** @param moved sum of the products of value and time, both as distances from their middles */
function fit(
  state: Float64Array,
  at: number,
  period: number,
  cut: number,
  total: number,
  moved: number,
  square: number,
): void {
  const slope = moved / spreadOf(period);
  const spread = square - (total * total) / period;
  const explained = slope * moved;
  const left = spread - explained;
  state[at + LINE_MEAN] = cut + total / period;
  state[at + LINE_SLOPE] = slope;
  state[at + RESIDUAL] = left > 0 ? Math.sqrt(left / period) : 0;
  state[at + LINE_R_SQUARED] = spread > 0 ? (left > 0 ? explained / spread : 1) : 0;
}
