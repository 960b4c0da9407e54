/**
 * Weighted mean and variance, of all values so far or of the last `period`.
 *
 * Nothing is squared that has not been centred first, and nothing is taken away again, so a small
 * deviation of a large price keeps its digits and does not drift (West 1979 for one value more; Chan,
 * Golub and LeVeque 1979 for two groups put together). Weights of zero change nothing.
 */

/** Numbers of one group: [weight, mean, sum of weighted squares about the mean]. */
export const MOMENTS = 3;

/** Adds one value to the group at `at`. */
export function addMoment(state: Float64Array, at: number, x: number, weight: number): void {
  if (weight === 0) return;
  const total = (state[at] as number) + weight;
  const mean = state[at + 1] as number;
  const away = x - mean;
  // The division first: a first value, or an equal one, must be the mean exactly.
  const moved = mean + away * (weight / total);
  state[at] = total;
  state[at + 1] = moved;
  state[at + 2] = (state[at + 2] as number) + weight * away * (x - moved);
}

/** The standard deviation (of the population) of the group at `at`; NaN without weight. */
export function deviationOfMoments(state: Float64Array, at: number): number {
  const squares = state[at + 2] as number;
  return Math.sqrt((squares > 0 ? squares : 0) / (state[at] as number));
}

/**
 * Numbers that `windowMomentsStep` needs: the group of the window, the group of the block, then
 * [place in the block, whole block seen] and a ring of groups.
 */
export function windowMomentsState(period: number): number {
  return 2 * MOMENTS + 2 + MOMENTS * period;
}

/**
 * Takes one value of a sliding window of `period` values. Afterwards the group of the window is at
 * `at`.
 * @returns whether the window is full
 */
export function windowMomentsStep(
  state: Float64Array,
  at: number,
  period: number,
  x: number,
  weight: number,
): boolean {
  const block = at + MOMENTS;
  const ring = at + 2 * MOMENTS + 2;
  const place = state[ring - 2] as number;
  const here = ring + MOMENTS * place;
  state[here] = weight;
  state[here + 1] = x;
  state[here + 2] = 0;
  addMoment(state, block, x, weight);
  if (place + 1 < period) {
    state[ring - 2] = place + 1;
    if (state[ring - 1] === 0) return false;
    joinMoments(state, here + MOMENTS, block, at);
    return true;
  }
  state[at] = state[block] as number;
  state[at + 1] = state[block + 1] as number;
  state[at + 2] = state[block + 2] as number;
  for (let k = here - MOMENTS; k >= ring; k -= MOMENTS) joinMoments(state, k, k + MOMENTS, k);
  state.fill(0, block, block + MOMENTS);
  state[ring - 2] = 0;
  state[ring - 1] = 1;
  return true;
}

function joinMoments(state: Float64Array, first: number, second: number, into: number): void {
  const left = state[first] as number;
  const right = state[second] as number;
  const mean = state[first + 1] as number;
  const squares = (state[first + 2] as number) + (state[second + 2] as number);
  const total = left + right;
  if (right === 0) {
    state[into + 1] = mean;
    state[into + 2] = squares;
  } else if (left === 0) {
    state[into + 1] = state[second + 1] as number;
    state[into + 2] = squares;
  } else {
    const away = (state[second + 1] as number) - mean;
    state[into + 1] = mean + away * (right / total);
    state[into + 2] = squares + away * away * left * (right / total);
  }
  state[into] = total;
}
