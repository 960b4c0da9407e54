/**
 * The mean of a stretch of values and their distance from it, in two passes. Four sums run side by side,
 * because each addition waits for the one before.
 *
 * A stream keeps the last `period` values twice over, so that the window is always one stretch:
 * `windowState` numbers, [values seen, place, both rings].
 */

/** The mean of `period` values from `from` on, less the newest: exactly 0 where all are equal. */
export function meanOffset(values: Float64Array, from: number, period: number): number {
  const to = from + period;
  const fours = to - (period % 4);
  const newest = values[to - 1] as number;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = from; k < fours; k += 4) {
    a += (values[k] as number) - newest;
    b += (values[k + 1] as number) - newest;
    c += (values[k + 2] as number) - newest;
    d += (values[k + 3] as number) - newest;
  }
  for (let k = fours; k < to; k += 1) a += (values[k] as number) - newest;
  return (a + b + (c + d)) / period;
}

/** The sum of distances of `period` values from their mean. */
export function distanceSum(
  values: Float64Array,
  from: number,
  period: number,
  mean: number,
): number {
  const to = from + period;
  const fours = to - (period % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = from; k < fours; k += 4) {
    a += Math.abs((values[k] as number) - mean);
    b += Math.abs((values[k + 1] as number) - mean);
    c += Math.abs((values[k + 2] as number) - mean);
    d += Math.abs((values[k + 3] as number) - mean);
  }
  for (let k = fours; k < to; k += 1) a += Math.abs((values[k] as number) - mean);
  return a + b + (c + d);
}

export function windowState(period: number): number {
  return 2 + 2 * period;
}

/** Takes one value. @returns where the window begins in `state`, 0 before there are `period` values */
export function windowStep(state: Float64Array, period: number, x: number): number {
  const seen = state[0] as number;
  const place = (state[1] as number) | 0;
  state[2 + place] = x;
  state[2 + place + period] = x;
  state[0] = seen < period ? seen + 1 : seen;
  state[1] = place + 1 === period ? 0 : place + 1;
  return seen < period - 1 ? 0 : 3 + place;
}
