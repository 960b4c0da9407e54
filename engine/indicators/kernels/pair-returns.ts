import { MEAN_X, MEAN_Y, pairsState, pairsStep, SQUARES_X, SQUARES_Y } from './window-pairs.ts';

/** Where the results of the pairs of returns begin in such a state. */
export const RETURNS = 3;

/** The state of an indicator of two series of returns: [bars seen (0 or 1), values before, results of the pairs]. */
export function returnsState(period: number): Float64Array {
  return new Float64Array(RETURNS + pairsState(period));
}

/** Takes a value of each series; whether the window of returns (x of real1, y of real0) is whole. */
export function returnsStep(
  state: Float64Array,
  period: number,
  real0: number,
  real1: number,
): boolean {
  const begun = state[0] === 1;
  const x = change(real1, state[2] as number);
  const y = change(real0, state[1] as number);
  state[0] = 1;
  state[1] = real0;
  state[2] = real1;
  if (!(begun && pairsStep(state, RETURNS, period, x, y))) return false;
  flatten(state, RETURNS + SQUARES_X, state[RETURNS + MEAN_X] as number, period);
  flatten(state, RETURNS + SQUARES_Y, state[RETURNS + MEAN_Y] as number, period);
  return true;
}

/** Returns that differ by less than this, near 1, differ by rounding only. */
const ROUNDING = 1e-14;

/** Whether a deviation of returns (or of logarithms of this size) is more than rounding. */
export function varies(deviation: number, size: number): boolean {
  return deviation > ROUNDING * (1 + Math.abs(size));
}

function flatten(state: Float64Array, squares: number, mean: number, period: number): void {
  const deviation = Math.sqrt((state[squares] as number) / period);
  // NaN stays NaN.
  if (deviation >= 0 && !varies(deviation, mean)) state[squares] = 0;
}

/** A simple return; NaN from zero. */
export function change(now: number, before: number): number {
  return before === 0 ? Number.NaN : now / before - 1;
}
