/**
 * The sum of the last `period` values without ever taking one away. The series is cut into blocks of
 * `period`; a window is the end of one block (summed once a block, backwards) and the start of the next
 * (a running sum). So nothing drifts, a huge value leaves no trace once it has left the window, and a
 * NaN spoils exactly the windows that hold it. Work a bar does not depend on the period.
 */

/** Numbers that `blockSumStep` needs: [place in the block, whole block seen, sum of the block, ring]. */
export function blockSumState(period: number): number {
  return period + 3;
}

/**
 * Takes one value.
 * @param at where its numbers begin in `state`
 * @returns the sum of the last `period` values, NaN before there are so many
 */
export function blockSumStep(state: Float64Array, at: number, period: number, x: number): number {
  const j = state[at] as number;
  const ring = at + 3;
  const sum = (state[at + 2] as number) + x;
  // Places before j hold this block's values, those from j on the sums of the ends of the block before.
  state[ring + j] = x;
  if (j === period - 1) {
    let end = 0;
    for (let k = ring + period - 1; k >= ring; k -= 1) {
      end += state[k] as number;
      state[k] = end;
    }
    state[at] = 0;
    state[at + 1] = 1;
    state[at + 2] = 0;
    return sum;
  }
  state[at] = j + 1;
  state[at + 2] = sum;
  return state[at + 1] === 0 ? Number.NaN : (state[ring + j + 1] as number) + sum;
}

/** A running `blockSumStep` over a whole column. `output` may be `input`. */
export function blockSumColumn(input: Float64Array, period: number, output: Float64Array): void {
  const state = new Float64Array(blockSumState(period));
  for (let i = 0; i < input.length; i += 1) {
    output[i] = blockSumStep(state, 0, period, input[i] as number);
  }
}
