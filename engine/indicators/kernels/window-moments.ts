import { barsACall } from './blocks.ts';

/**
 * Mean and standard deviation (of the population) of the last `period` values, by blocks. Both parts of a
 * window are summed as differences from the value at the cut, which is in the window itself: so a window
 * without movement has a deviation of exactly zero, and the deviation of large prices that move little
 * keeps its digits.
 */

/** Writes both columns from `start` on, NaN in the lead-in. The outputs are other arrays than `input`. */
export function momentsColumns(
  input: Float64Array,
  period: number,
  mean: Float64Array,
  deviation: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const lead = Math.min(start + period - 1, length);
  mean.fill(Number.NaN, 0, lead);
  deviation.fill(Number.NaN, 0, lead);
  if (lead === length) return;
  const ends = new Float64Array(2 * period);
  momentsOfBlock(input, start, period, ends, mean, deviation);
  const bars = barsACall(period);
  const whole = length - ((length - lead - 1) % period);
  let from = lead + 1;
  for (; from < whole; from += bars) {
    momentsOfBlocks(input, from, Math.min(from + bars, whole), period, ends, mean, deviation);
  }
  joinMoments(input, whole, length, period, ends, mean, deviation);
}

function momentsOfBlocks(
  input: Float64Array,
  from: number,
  to: number,
  period: number,
  ends: Float64Array,
  mean: Float64Array,
  deviation: Float64Array,
): void {
  for (let block = from; block < to; block += period) {
    joinMoments(input, block, block + period - 1, period, ends, mean, deviation);
    momentsOfBlock(input, block, period, ends, mean, deviation);
  }
}

/** Windows that begin in the block before, with its `ends`: sums first, then squares. */
function joinMoments(
  input: Float64Array,
  block: number,
  to: number,
  period: number,
  ends: Float64Array,
  mean: Float64Array,
  deviation: Float64Array,
): void {
  const weight = 1 / period;
  const reference = input[block - 1] as number;
  let sum = 0;
  let square = 0;
  for (let i = block, j = 1; i < to; i += 1, j += 1) {
    const d = (input[i] as number) - reference;
    sum += d;
    square += d * d;
    const total = (ends[j] as number) + sum;
    const off = total * weight;
    const squares = (ends[period + j] as number) + square - total * off;
    mean[i] = reference + off;
    deviation[i] = Math.sqrt(squares < 0 ? 0 : squares * weight);
  }
}

/** The window that is a whole block, and the block's ends for the windows after it. */
function momentsOfBlock(
  input: Float64Array,
  block: number,
  period: number,
  ends: Float64Array,
  mean: Float64Array,
  deviation: Float64Array,
): void {
  const weight = 1 / period;
  const last = block + period - 1;
  const reference = input[last] as number;
  let total = 0;
  let square = 0;
  for (let j = period - 1; j >= 0; j -= 1) {
    const d = (input[block + j] as number) - reference;
    total += d;
    square += d * d;
    ends[j] = total;
    ends[period + j] = square;
  }
  const off = total * weight;
  const squares = square - total * off;
  mean[last] = reference + off;
  deviation[last] = Math.sqrt(squares < 0 ? 0 : squares * weight);
}

/** What `momentsStep` leaves in `state[at + …]`: the mean and the sum of squared deviations from it. */
export const MEAN = 0;
export const SQUARES = 1;

/** Numbers of `momentsStep`: [results, a block is full, place, sum, square, reference, two rings]. */
export function momentsLength(period: number): number {
  return 2 * period + 7;
}

/** Takes one value; a running `momentsColumns`. @returns the deviation; it and the results are NaN in the lead-in */
export function momentsStep(state: Float64Array, at: number, period: number, x: number): number {
  const place = state[at + 3] as number;
  const sums = at + 7;
  const ends = sums + period;
  const weight = 1 / period;
  let reference = state[at + 6] as number;
  let total = 0;
  let square = 0;
  // Places up to this one hold values, those behind it the sums of the block before.
  state[sums + place] = x;
  if (place < period - 1) {
    state[at + 3] = place + 1;
    if (state[at + 2] === 0) {
      state[at + MEAN] = Number.NaN;
      state[at + SQUARES] = Number.NaN;
      return Number.NaN;
    }
    const d = x - reference;
    const sum = (state[at + 4] as number) + d;
    const own = (state[at + 5] as number) + d * d;
    state[at + 4] = sum;
    state[at + 5] = own;
    total = (state[sums + place + 1] as number) + sum;
    square = (state[ends + place + 1] as number) + own;
  } else {
    reference = x;
    for (let j = period - 1; j >= 0; j -= 1) {
      const d = (state[sums + j] as number) - reference;
      total += d;
      square += d * d;
      state[sums + j] = total;
      state[ends + j] = square;
    }
    state[at + 2] = 1;
    state[at + 3] = 0;
    state[at + 4] = 0;
    state[at + 5] = 0;
    state[at + 6] = reference;
  }
  const off = total * weight;
  const squares = square - total * off;
  state[at + MEAN] = reference + off;
  state[at + SQUARES] = squares < 0 ? 0 : squares;
  return Math.sqrt(squares < 0 ? 0 : squares * weight);
}
