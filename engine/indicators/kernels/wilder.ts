import { trueRange } from './true-range.ts';

/**
 * Wilder's smoothing, A = A[1] + (x − A[1]) / n, seeded with the mean of the first n values; and the
 * average true range by it. Columns and steps agree to the last bit; a step keeps its numbers in `state`
 * from `at` on, zeros at the start.
 */

/** The series begins at `start`; what stands before it is not read. `output` may be `input`. */
export function wilderColumn(
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
  let value = 0;
  for (let i = start; i <= first; i += 1) value += input[i] as number;
  value /= period;
  output.fill(Number.NaN, 0, first);
  output[first] = value;
  const weight = 1 / period;
  for (let i = first + 1; i < length; i += 1) {
    value += ((input[i] as number) - value) * weight;
    output[i] = value;
  }
}

/** Numbers that `wilderStep` remembers: [values seen, sum or average]. */
export const WILDER_LENGTH = 2;

export function wilderStep(state: Float64Array, at: number, period: number, x: number): number {
  const seen = (state[at] as number) + 1;
  state[at] = Math.min(seen, period + 1);
  const before = state[at + 1] as number;
  if (seen < period) {
    state[at + 1] = before + x;
    return Number.NaN;
  }
  const value = seen === period ? (before + x) / period : before + (x - before) * (1 / period);
  state[at + 1] = value;
  return value;
}

/** True range of each bar; the first has none, since no close stands before it. */
export function trueRangeColumn(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  output: Float64Array,
): void {
  const length = close.length;
  if (length === 0) return;
  output[0] = Number.NaN;
  let before = close[0] as number;
  for (let i = 1; i < length; i += 1) {
    output[i] = trueRange(high[i] as number, low[i] as number, before);
    before = close[i] as number;
  }
}

/** Average true range by Wilder's smoothing; the first value is at bar `period`. */
export function averageRangeColumn(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  period: number,
  output: Float64Array,
): void {
  const length = close.length;
  output.fill(Number.NaN, 0, Math.min(period, length));
  if (length <= period) return;
  let before = close[0] as number;
  let value = 0;
  for (let i = 1; i <= period; i += 1) {
    value += trueRange(high[i] as number, low[i] as number, before);
    before = close[i] as number;
  }
  value /= period;
  output[period] = value;
  const weight = 1 / period;
  for (let i = period + 1; i < length; i += 1) {
    value += (trueRange(high[i] as number, low[i] as number, before) - value) * weight;
    before = close[i] as number;
    output[i] = value;
  }
}

/** Numbers that `averageRangeStep` remembers: [bars seen, last close, Wilder's two]. */
export const AVERAGE_RANGE_LENGTH = 2 + WILDER_LENGTH;

export function averageRangeStep(
  state: Float64Array,
  at: number,
  period: number,
  high: number,
  low: number,
  close: number,
): number {
  const before = state[at + 1] as number;
  state[at + 1] = close;
  if (state[at] === 0) {
    state[at] = 1;
    return Number.NaN;
  }
  return wilderStep(state, at + 2, period, trueRange(high, low, before));
}
