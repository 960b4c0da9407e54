/** Simple moving average by a running sum; `output` may be the input of nothing else. */
export function smaColumn(input: Float64Array, period: number, output: Float64Array): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  let sum = 0;
  for (let i = 0; i < period - 1 && i < length; i += 1) sum += input[i] as number;
  for (let i = period - 1; i < length; i += 1) {
    sum += input[i] as number;
    output[i] = sum / period;
    sum -= input[i - period + 1] as number;
  }
}

/** Exponential moving average, seeded with the simple one, from `start` on. */
export function emaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const first = start + period - 1;
  output.fill(Number.NaN, 0, Math.min(first, length));
  if (first >= length) return;
  let value = 0;
  for (let i = start; i <= first; i += 1) value += input[i] as number;
  value /= period;
  output[first] = value;
  const weight = 2 / (period + 1);
  for (let i = first + 1; i < length; i += 1) {
    value = ((input[i] as number) - value) * weight + value;
    output[i] = value;
  }
}

/** A running exponential average: [bars seen, sum or value]. */
export function emaStep(state: Float64Array, at: number, period: number, x: number): number {
  const seen = (state[at] as number) + 1;
  state[at] = Math.min(seen, period + 1);
  if (seen < period) {
    state[at + 1] = (state[at + 1] as number) + x;
    return Number.NaN;
  }
  const before = state[at + 1] as number;
  const value =
    seen === period ? (before + x) / period : (x - before) * (2 / (period + 1)) + before;
  state[at + 1] = value;
  return value;
}
