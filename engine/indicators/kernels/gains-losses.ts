/**
 * Wilder's averages of gains and losses, which RSI and CMO are made of: the mean of the first `period`
 * changes, then each bar counts one `period`th.
 */

/** Sums this small are rounding, and so zero (as in TA-Lib). */
const ZERO = 1e-14;

/**
 * The share of gains in all movement (`less` 0, from 0 to 100), or of gains less losses (`less` 1, from
 * −100 to 100). It is 0 where nothing moved. The division comes first: a market that only gains must be
 * at 100 exactly.
 */
function strength(gain: number, loss: number, less: 0 | 1): number {
  const sum = gain + loss;
  return sum < ZERO ? 0 : 100 * ((gain - less * loss) / sum);
}

/** Writes the strength of a column from `period` on, NaN before. `output` may be the input. */
export function strengthColumn(
  input: Float64Array,
  period: number,
  less: 0 | 1,
  output: Float64Array,
): void {
  const length = input.length;
  if (length <= period) {
    output.fill(Number.NaN);
    return;
  }
  let gain = 0;
  let loss = 0;
  let before = input[0] as number;
  for (let i = 1; i <= period; i += 1) {
    const now = input[i] as number;
    const change = now - before;
    // Exactly the change or 0, without a branch that would often be guessed wrongly.
    gain += (Math.abs(change) + change) * 0.5;
    loss += (Math.abs(change) - change) * 0.5;
    before = now;
  }
  gain /= period;
  loss /= period;
  output.fill(Number.NaN, 0, period);
  output[period] = strength(gain, loss, less);
  const weight = 1 / period;
  const kept = 1 - weight;
  const half = weight * 0.5;
  for (let i = period + 1; i < length; i += 1) {
    const now = input[i] as number;
    const change = now - before;
    before = now;
    gain = gain * kept + (Math.abs(change) + change) * half;
    loss = loss * kept + (Math.abs(change) - change) * half;
    output[i] = strength(gain, loss, less);
  }
}

/** Numbers that `strengthStep` needs, zeros at the start: [bars seen, last value, gain, loss]. */
export const STRENGTH_STATE = 4;

/** Takes one value; a running `strengthColumn`. @returns NaN for the first `period` values. */
export function strengthStep(
  state: Float64Array,
  at: number,
  period: number,
  less: 0 | 1,
  x: number,
): number {
  const seen = state[at] as number;
  const change = seen === 0 ? 0 : x - (state[at + 1] as number);
  const weight = 1 / period;
  let gain = state[at + 2] as number;
  let loss = state[at + 3] as number;
  if (seen <= period) {
    gain += (Math.abs(change) + change) * 0.5;
    loss += (Math.abs(change) - change) * 0.5;
    if (seen === period) {
      gain /= period;
      loss /= period;
    }
  } else {
    gain = gain * (1 - weight) + (Math.abs(change) + change) * (weight * 0.5);
    loss = loss * (1 - weight) + (Math.abs(change) - change) * (weight * 0.5);
  }
  state[at] = Math.min(seen + 1, period + 1);
  state[at + 1] = x;
  state[at + 2] = gain;
  state[at + 3] = loss;
  return seen < period ? Number.NaN : strength(gain, loss, less);
}
