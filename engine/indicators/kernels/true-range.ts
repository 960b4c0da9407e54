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

/**
 * Average true range by Wilder's smoothing, A = (A[1] × (n − 1) + range) / n; the first value is at bar
 * `period`. In TA-Lib's order of operations, so that it agrees to the last digit.
 */
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
  let value = 0;
  for (let i = 1; i <= period; i += 1) {
    value += trueRange(high[i] as number, low[i] as number, close[i - 1] as number);
  }
  value /= period;
  output[period] = value;
  const kept = period - 1;
  for (let i = period + 1; i < length; i += 1) {
    value =
      (value * kept + trueRange(high[i] as number, low[i] as number, close[i - 1] as number)) /
      period;
    output[i] = value;
  }
}

/** Numbers that `averageRangeStep` remembers: [bars seen, last close, sum or average]. */
export const AVERAGE_RANGE_LENGTH = 3;

export function averageRangeStep(
  state: Float64Array,
  at: number,
  period: number,
  high: number,
  low: number,
  close: number,
): number {
  const seen = state[at] as number;
  let value = state[at + 2] as number;
  if (seen > 0) {
    const range = trueRange(high, low, state[at + 1] as number);
    if (seen > period) value = (value * (period - 1) + range) / period;
    else value = seen === period ? (value + range) / period : value + range;
  }
  state[at] = seen > period ? seen : seen + 1;
  state[at + 1] = close;
  state[at + 2] = value;
  return seen < period ? Number.NaN : value;
}
