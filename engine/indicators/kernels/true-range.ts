import { WILDER_LENGTH, wilderStep, wilderWeight } from './averages.ts';

/** Largest move of a bar, the gap from the close before it included. */
export function trueRange(high: number, low: number, before: number): number {
  let range = high - low;
  const up = Math.abs(high - before);
  const down = Math.abs(low - before);
  if (up > range) range = up;
  return down > range ? down : range;
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
  const weight = wilderWeight(period);
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
