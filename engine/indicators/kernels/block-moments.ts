/**
 * Means, squared deviations and higher moments of the last `period` values, by blocks as in
 * block-sum.ts: nothing is taken away, so a far value leaves no rounding behind, and a window of equal
 * values has deviations of exactly 0. Parts are joined by the pairwise formulas of Chan, Golub and
 * LeVeque (1979) and, for the third and fourth moment, of Pébay (2008).
 *
 * Each step returns whether the window is whole; its results then stand in the first places of its
 * numbers: `state[at + MEAN]` and so on, as named below.
 */

/** After `momentsStep`: mean and sum of squared deviations. */
export const MEAN = 0;
export const SQUARES = 1;

/** Numbers that `momentsStep` needs: [results, place, block seen, moments of the block, ends]. */
export function momentsState(period: number): number {
  return 6 + 2 * period;
}

/** Takes one value; mean and squared deviations of the last `period`. */
export function momentsStep(state: Float64Array, at: number, period: number, x: number): boolean {
  const j = state[at + 2] as number;
  const means = at + 6;
  const squares = means + period;
  const count = j + 1;
  const before = state[at + 4] as number;
  const delta = x - before;
  const mean = before + delta / count;
  const square = (state[at + 5] as number) + delta * (x - mean);
  state[means + j] = x;
  if (count === period) {
    state[at + MEAN] = mean;
    state[at + SQUARES] = square;
    endsOfMoments(state, means, squares, period);
    state[at + 2] = 0;
    state[at + 3] = 1;
    state[at + 4] = 0;
    state[at + 5] = 0;
    return true;
  }
  state[at + 2] = count;
  state[at + 4] = mean;
  state[at + 5] = square;
  if (state[at + 3] === 0) return false;
  const others = period - count;
  const gap = (state[means + count] as number) - mean;
  state[at + MEAN] = mean + (gap * others) / period;
  state[at + SQUARES] =
    square + (state[squares + count] as number) + (gap * gap * count * others) / period;
  return true;
}

function endsOfMoments(state: Float64Array, means: number, squares: number, period: number): void {
  let mean = 0;
  let square = 0;
  for (let k = period - 1, count = 1; k >= 0; k -= 1, count += 1) {
    const x = state[means + k] as number;
    const delta = x - mean;
    mean += delta / count;
    square += delta * (x - mean);
    state[means + k] = mean;
    state[squares + k] = square;
  }
}

/** After `jointStep`: both means, both sums of squared deviations, and the sum of products. */
export const MEAN_X = 0;
export const MEAN_Y = 1;
export const SQUARES_X = 2;
export const SQUARES_Y = 3;
export const PRODUCTS = 4;

/** Numbers that `jointStep` needs: [results, place, block seen, moments of the block, ends]. */
export function jointState(period: number): number {
  return 12 + 5 * period;
}

/** Takes one pair; moments of the last `period` pairs. */
export function jointStep(
  state: Float64Array,
  at: number,
  period: number,
  x: number,
  y: number,
): boolean {
  const j = state[at + 5] as number;
  const part = at + 7;
  const ends = at + 12;
  const count = j + 1;
  state[ends + 5 * j] = x;
  state[ends + 5 * j + 1] = y;
  addPair(state, part, count, x, y);
  if (count === period) {
    move(state, part, at, 5);
    state.fill(0, part, part + 5);
    for (let k = period - 1; k >= 0; k -= 1) {
      const slot = ends + 5 * k;
      addPair(state, part, period - k, state[slot] as number, state[slot + 1] as number);
      move(state, part, slot, 5);
    }
    state.fill(0, part, part + 5);
    state[at + 5] = 0;
    state[at + 6] = 1;
    return true;
  }
  state[at + 5] = count;
  if (state[at + 6] === 0) return false;
  const others = period - count;
  const end = ends + 5 * count;
  const meanX = state[part] as number;
  const meanY = state[part + 1] as number;
  const gapX = (state[end] as number) - meanX;
  const gapY = (state[end + 1] as number) - meanY;
  const weight = (count * others) / period;
  state[at] = meanX + (gapX * others) / period;
  state[at + 1] = meanY + (gapY * others) / period;
  state[at + 2] = (state[part + 2] as number) + (state[end + 2] as number) + gapX * gapX * weight;
  state[at + 3] = (state[part + 3] as number) + (state[end + 3] as number) + gapY * gapY * weight;
  state[at + 4] = (state[part + 4] as number) + (state[end + 4] as number) + gapX * gapY * weight;
  return true;
}

/** Copies a few numbers; for so few a loop is faster than copyWithin. */
function move(state: Float64Array, from: number, to: number, count: number): void {
  for (let k = 0; k < count; k += 1) state[to + k] = state[from + k] as number;
}

/** Adds a pair to the five moments at `at`; `count` includes it. */
function addPair(state: Float64Array, at: number, count: number, x: number, y: number): void {
  const deltaX = x - (state[at] as number);
  const deltaY = y - (state[at + 1] as number);
  const meanX = (state[at] as number) + deltaX / count;
  const meanY = (state[at + 1] as number) + deltaY / count;
  state[at] = meanX;
  state[at + 1] = meanY;
  state[at + 2] = (state[at + 2] as number) + deltaX * (x - meanX);
  state[at + 3] = (state[at + 3] as number) + deltaY * (y - meanY);
  state[at + 4] = (state[at + 4] as number) + deltaX * (y - meanY);
}

/** After `shapeStep`: the mean and the sums of deviations to the power of two, three and four. */
export const SECOND = 1;
export const THIRD = 2;
export const FOURTH = 3;

/** Numbers that `shapeStep` needs: [results, place, block seen, moments of the block, ends]. */
export function shapeState(period: number): number {
  return 10 + 4 * period;
}

/** Takes one value; the first four moments of the last `period`. */
export function shapeStep(state: Float64Array, at: number, period: number, x: number): boolean {
  const j = state[at + 4] as number;
  const part = at + 6;
  const ends = at + 10;
  const count = j + 1;
  state[ends + 4 * j] = x;
  addShape(state, part, count, x);
  if (count === period) {
    move(state, part, at, 4);
    state.fill(0, part, part + 4);
    for (let k = period - 1; k >= 0; k -= 1) {
      const slot = ends + 4 * k;
      addShape(state, part, period - k, state[slot] as number);
      move(state, part, slot, 4);
    }
    state.fill(0, part, part + 4);
    state[at + 4] = 0;
    state[at + 5] = 1;
    return true;
  }
  state[at + 4] = count;
  if (state[at + 5] === 0) return false;
  joinShapes(state, at, part, count, ends + 4 * count, period - count);
  return true;
}

/** Adds a value to the four moments at `at`; `count` includes it. */
function addShape(state: Float64Array, at: number, count: number, x: number): void {
  const second = state[at + 1] as number;
  const third = state[at + 2] as number;
  const delta = x - (state[at] as number);
  const share = delta / count;
  const term = delta * share * (count - 1);
  state[at] = (state[at] as number) + share;
  state[at + 1] = second + term;
  state[at + 2] = third + term * share * (count - 2) - 3 * share * second;
  state[at + 3] =
    (state[at + 3] as number) +
    term * share * share * (count * count - 3 * count + 3) +
    6 * share * share * second -
    4 * share * third;
}

/** Writes the moments of the values at `a` (n of them) and `b` (m of them) together at `at`. */
function joinShapes(
  state: Float64Array,
  at: number,
  a: number,
  n: number,
  b: number,
  m: number,
): void {
  const total = n + m;
  const gap = (state[b] as number) - (state[a] as number);
  const share = gap / total;
  const secondA = state[a + 1] as number;
  const secondB = state[b + 1] as number;
  const thirdA = state[a + 2] as number;
  const thirdB = state[b + 2] as number;
  const term = gap * share * n * m;
  state[at] = (state[a] as number) + share * m;
  state[at + 1] = secondA + secondB + term;
  state[at + 2] =
    thirdA + thirdB + term * share * (n - m) + 3 * share * (n * secondB - m * secondA);
  state[at + 3] =
    (state[a + 3] as number) +
    (state[b + 3] as number) +
    term * share * share * (n * n - n * m + m * m) +
    6 * share * share * (n * n * secondB + m * m * secondA) +
    4 * share * (n * thirdB - m * thirdA);
}
