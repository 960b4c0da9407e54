import { blockSumState, blockSumStep } from './block-sum.ts';

/**
 * Whole columns of sums and means that neither drift nor keep a remainder of values that have left, and
 * their running forms with a lead-in. The sums are those of `blockSumStep`, to the last bit: blocks of
 * `period`, a window being the end of one block and the start of the next.
 */

/** Writes the sum of each window from `start` on; NaN before. `output` may be `input`. */
export function windowSumColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const first = start + period - 1;
  if (first >= length) {
    output.fill(Number.NaN);
    return;
  }
  // ends[j]: sum from place j of the old block to its end; values of the new one overwrite it behind.
  const ends = new Float64Array(period + 1);
  let total = 0;
  for (let i = start, j = 0; i <= first; i += 1, j += 1) {
    total += input[i] as number;
    ends[j] = input[i] as number;
  }
  sumEnds(ends, period);
  output.fill(Number.NaN, 0, first);
  output[first] = total;
  for (let block = first + 1; block < length; block += period) {
    const to = Math.min(block + period, length);
    let sum = 0;
    for (let i = block, j = 1; i < to; i += 1, j += 1) {
      const x = input[i] as number;
      sum += x;
      ends[j - 1] = x;
      output[i] = (ends[j] as number) + sum;
    }
    sumEnds(ends, period);
  }
}

/** Turns the values of a block into the sums from each place to its end. */
function sumEnds(ends: Float64Array, period: number): void {
  for (let k = period - 2; k >= 0; k -= 1) {
    ends[k] = (ends[k] as number) + (ends[k + 1] as number);
  }
}

/** Writes the mean of each window from `start` on. `output` may be `input`. */
export function windowMeanColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  windowSumColumn(input, period, output, start);
  for (let i = 0; i < output.length; i += 1) output[i] = (output[i] as number) / period;
}

/** Numbers that `fullWindowSumStep` needs. */
export const fullWindowSumState = blockSumState;

/** Takes one value; a running `windowSumColumn`. NaN before there are `period` values; NaN is passed over. */
export function fullWindowSumStep(
  state: Float64Array,
  at: number,
  period: number,
  x: number,
): number {
  return x === x ? blockSumStep(state, at, period, x) : x;
}
