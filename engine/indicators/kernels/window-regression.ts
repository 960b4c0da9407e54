/**
 * The least-squares line through the last `period` values, x being 0 for the oldest: its value at the
 * newest, its slope a bar, the deviation of the values from it (root of the mean square) and r².
 * A window without movement has slope 0, deviation 0 and r² 0. Sums are kept as in window-moments.ts.
 */

/** Where the results stand in a line's array and, from `at` on, in a step's state. */
export const LEVEL = 0;
export const SLOPE = 1;
export const RESIDUAL = 2;
export const R_SQUARED = 3;

function fit(
  period: number,
  reference: number,
  sum: number,
  rising: number,
  square: number,
  result: Float64Array,
  at: number,
): void {
  const weight = 1 / period;
  const xx = (period * (period * period - 1)) / 12;
  const xy = rising - ((period + 1) / 2) * sum;
  const yy = square - sum * sum * weight;
  const slope = xy / xx;
  const explained = slope * xy;
  const left = yy - explained;
  result[at + LEVEL] = reference + sum * weight + slope * ((period - 1) / 2);
  result[at + SLOPE] = slope;
  result[at + RESIDUAL] = left > 0 ? Math.sqrt(left * weight) : 0;
  result[at + R_SQUARED] = yy > 0 ? (left > 0 ? explained / yy : 1) : 0;
}

/** Writes the four columns, NaN in the lead-in. The outputs are other arrays than `input`. */
export function regressionColumns(
  input: Float64Array,
  period: number,
  level: Float64Array,
  slope: Float64Array,
  residual: Float64Array,
  rSquared: Float64Array,
): void {
  const length = input.length;
  const lead = Math.min(period - 1, length);
  level.fill(Number.NaN, 0, lead);
  slope.fill(Number.NaN, 0, lead);
  residual.fill(Number.NaN, 0, lead);
  rSquared.fill(Number.NaN, 0, lead);
  if (lead === length) return;
  const state = new Float64Array(regressionLength(period));
  for (let i = 0; i < lead; i += 1) regressionStep(state, 0, period, input[i] as number);
  for (let i = lead; i < length; i += 1) {
    regressionStep(state, 0, period, input[i] as number);
    level[i] = state[LEVEL] as number;
    slope[i] = state[SLOPE] as number;
    residual[i] = state[RESIDUAL] as number;
    rSquared[i] = state[R_SQUARED] as number;
  }
}

/**
 * Numbers of `regressionStep`: [the four results, a block is full, place, sum, rising sum, square,
 * reference, three rings].
 */
export function regressionLength(period: number): number {
  return 3 * period + 10;
}

/** Takes one value and leaves the results in `state` from `at` on; false in the lead-in. */
export function regressionStep(
  state: Float64Array,
  at: number,
  period: number,
  x: number,
): boolean {
  const place = state[at + 5] as number;
  const sums = at + 10;
  const risings = sums + period;
  const squares = risings + period;
  // Places up to this one hold values, those behind it the sums of the block before.
  state[sums + place] = x;
  if (place < period - 1) {
    state[at + 5] = place + 1;
    if (state[at + 4] === 0) return false;
    const reference = state[at + 9] as number;
    const d = x - reference;
    const sum = (state[at + 6] as number) + d;
    const rising = (state[at + 7] as number) + d * (place + 1);
    const square = (state[at + 8] as number) + d * d;
    state[at + 6] = sum;
    state[at + 7] = rising;
    state[at + 8] = square;
    fit(
      period,
      reference,
      (state[sums + place + 1] as number) + sum,
      (state[risings + place + 1] as number) + (sum * (period - 1 - place) + rising),
      (state[squares + place + 1] as number) + square,
      state,
      at,
    );
    return true;
  }
  let sum = 0;
  let rising = 0;
  let square = 0;
  for (let j = period - 1; j >= 0; j -= 1) {
    const d = (state[sums + j] as number) - x;
    sum += d;
    rising += sum;
    square += d * d;
    state[sums + j] = sum;
    state[risings + j] = rising;
    state[squares + j] = square;
  }
  state[at + 4] = 1;
  state[at + 5] = 0;
  state[at + 6] = 0;
  state[at + 7] = 0;
  state[at + 8] = 0;
  state[at + 9] = x;
  fit(period, x, sum, rising, square, state, at);
  return true;
}
