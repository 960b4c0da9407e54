/**
 * Mean and standard deviation (of the population) of the last `period` values.
 *
 * The series is cut into blocks as long as the window; a window is the end of one block and the start of
 * the next, each summed from the cut outwards as differences from the value at the cut. Nothing is ever
 * subtracted from a sum, so nothing drifts, a window without movement has a deviation of exactly zero,
 * and the deviation of large prices that move little keeps its digits.
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
  const weight = 1 / period;
  const sums = new Float64Array(period);
  const squares = new Float64Array(period);
  let reference = 0;
  for (let from = start; from < length; from += period) {
    const last = from + period - 1;
    const end = Math.min(last, length);
    if (from !== start) {
      let sum = 0;
      let square = 0;
      for (let i = from, j = 1; i < end; i += 1, j += 1) {
        const d = (input[i] as number) - reference;
        sum += d;
        square += d * d;
        const total = (sums[j] as number) + sum;
        const off = total * weight;
        const variance = ((squares[j] as number) + square - total * off) * weight;
        mean[i] = reference + off;
        deviation[i] = variance > 0 ? Math.sqrt(variance) : 0;
      }
    }
    if (last >= length) return;
    reference = input[last] as number;
    let sum = 0;
    let square = 0;
    for (let j = period - 1; j >= 0; j -= 1) {
      const d = (input[from + j] as number) - reference;
      sum += d;
      square += d * d;
      sums[j] = sum;
      squares[j] = square;
    }
    const off = sum * weight;
    const variance = (square - sum * off) * weight;
    mean[last] = reference + off;
    deviation[last] = variance > 0 ? Math.sqrt(variance) : 0;
  }
}

/** Numbers of `momentsStep`: [mean, a block is full, place, sum, square, reference, two rings]. */
export function momentsLength(period: number): number {
  return 2 * period + 6;
}

/** Takes one value; returns the deviation and leaves the mean in `state[at]`, NaN in the lead-in. */
export function momentsStep(state: Float64Array, at: number, period: number, x: number): number {
  const place = state[at + 2] as number;
  const sums = at + 6;
  const squares = sums + period;
  const weight = 1 / period;
  let reference = state[at + 5] as number;
  let total = 0;
  let square = 0;
  // Places up to this one hold values, those behind it the sums of the block before.
  state[sums + place] = x;
  if (place < period - 1) {
    state[at + 2] = place + 1;
    if (state[at + 1] === 0) {
      state[at] = Number.NaN;
      return Number.NaN;
    }
    const d = x - reference;
    const sum = (state[at + 3] as number) + d;
    square = (state[at + 4] as number) + d * d;
    state[at + 3] = sum;
    state[at + 4] = square;
    total = (state[sums + place + 1] as number) + sum;
    square = (state[squares + place + 1] as number) + square;
  } else {
    reference = x;
    for (let j = period - 1; j >= 0; j -= 1) {
      const d = (state[sums + j] as number) - reference;
      total += d;
      square += d * d;
      state[sums + j] = total;
      state[squares + j] = square;
    }
    state[at + 1] = 1;
    state[at + 2] = 0;
    state[at + 3] = 0;
    state[at + 4] = 0;
    state[at + 5] = reference;
  }
  const off = total * weight;
  const variance = (square - total * off) * weight;
  state[at] = reference + off;
  return variance > 0 ? Math.sqrt(variance) : 0;
}
