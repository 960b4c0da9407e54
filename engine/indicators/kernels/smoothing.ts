/**
 * Exponential smoothing of any weight, seeded with the mean of the first `period` values:
 * `value += weight × (x − value)`. Whole columns and bar by bar give the same values to the last bit.
 */

/** Weight of the usual exponential average. */
export function emaWeight(period: number): number {
  return 2 / (period + 1);
}

/** Weight of Wilder's average. */
export function wilderWeight(period: number): number {
  return 1 / period;
}

/** Smooths from `start` on; NaN before `start + period - 1`. `output` may be `input`. */
export function smoothColumn(
  input: Float64Array,
  period: number,
  weight: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const first = start + period - 1;
  if (first >= length) {
    output.fill(Number.NaN);
    return;
  }
  let value = 0;
  for (let i = start; i <= first; i += 1) value += input[i] as number;
  value /= period;
  output.fill(Number.NaN, 0, first);
  output[first] = value;
  for (let i = first + 1; i < length; i += 1) {
    value = ((input[i] as number) - value) * weight + value;
    output[i] = value;
  }
}

/** Numbers that `smoothStep` needs: [values seen, sum or average]. */
export const SMOOTH_STATE = 2;

/** Takes one value; a running `smoothColumn`. NaN before there are `period` values; NaN is passed over. */
export function smoothStep(
  state: Float64Array,
  at: number,
  period: number,
  weight: number,
  x: number,
): number {
  if (x !== x) return x;
  const seen = state[at] as number;
  const before = state[at + 1] as number;
  if (seen >= period) {
    const value = (x - before) * weight + before;
    state[at + 1] = value;
    return value;
  }
  const sum = before + x;
  state[at] = seen + 1;
  state[at + 1] = seen + 1 === period ? sum / period : sum;
  return seen + 1 === period ? sum / period : Number.NaN;
}
