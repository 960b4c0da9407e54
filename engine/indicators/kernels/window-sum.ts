import { barsACall } from './blocks.ts';

/** The sum of the last `period` values, by blocks. A NaN spoils exactly the windows that hold it. */

/**
 * Writes the sum of each window divided by `divisor`, NaN before the first whole one. The series begins at
 * `start`; what stands before it is not read. `output` may be `input`.
 */
export function windowSumColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
  divisor = 1,
): void {
  const length = input.length;
  const first = start + period - 1;
  if (first >= length) {
    output.fill(Number.NaN);
    return;
  }
  // ends[j]: sum from place j of the old block to its end; values of the new one overwrite it behind.
  const ends = new Float64Array(period);
  let sum = 0;
  for (let i = start; i <= first; i += 1) {
    const x = input[i] as number;
    sum += x;
    ends[i - start] = x;
  }
  sumEnds(ends, period);
  output.fill(Number.NaN, 0, first);
  output[first] = sum / divisor;
  const bars = barsACall(period);
  const whole = length - ((length - first - 1) % period);
  let from = first + 1;
  for (; from < whole; from += bars) {
    sumBlocks(input, from, Math.min(from + bars, whole), period, divisor, ends, output);
  }
  sum = 0;
  for (let i = whole, j = 1; i < length; i += 1, j += 1) {
    sum += input[i] as number;
    output[i] = ((ends[j] as number) + sum) / divisor;
  }
}

function sumBlocks(
  input: Float64Array,
  from: number,
  to: number,
  period: number,
  divisor: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < to; block += period) {
    let sum = 0;
    let i = block;
    for (let j = 1; j < period; i += 1, j += 1) {
      const x = input[i] as number;
      sum += x;
      output[i] = ((ends[j] as number) + sum) / divisor;
      ends[j - 1] = x;
    }
    const last = input[i] as number;
    output[i] = (sum + last) / divisor;
    ends[period - 1] = last;
    sumEnds(ends, period);
  }
}

/** Turns the values of a block into the sums from each place to its end; the first is not needed. */
function sumEnds(ends: Float64Array, period: number): void {
  let end = ends[period - 1] as number;
  for (let j = period - 2; j > 0; j -= 1) {
    end += ends[j] as number;
    ends[j] = end;
  }
}

/** Numbers that `windowSumStep` needs: [place in the block, whole block seen, sum of the block, ring]. */
export function windowSumState(period: number): number {
  return period + 3;
}

/** Takes one value; a running `windowSumColumn`. @returns NaN before there are `period` values */
export function windowSumStep(state: Float64Array, at: number, period: number, x: number): number {
  const place = state[at] as number;
  const sum = (state[at + 2] as number) + x;
  const ring = at + 3;
  // Places before this one hold the block's values, those behind it the sums of the block before.
  state[ring + place] = x;
  if (place < period - 1) {
    state[at] = place + 1;
    state[at + 2] = sum;
    return state[at + 1] === 0 ? Number.NaN : (state[ring + place + 1] as number) + sum;
  }
  let end = x;
  for (let k = ring + place - 1; k > ring; k -= 1) {
    end += state[k] as number;
    state[k] = end;
  }
  state[at] = 0;
  state[at + 1] = 1;
  state[at + 2] = 0;
  return sum;
}

/** A `windowSumStep` after a lead-in of NaN, which is passed over. */
export function windowSumAfterLeadIn(
  state: Float64Array,
  at: number,
  period: number,
  x: number,
): number {
  return x === x ? windowSumStep(state, at, period, x) : x;
}
