/**
 * The first four moments of the last `period` values, by blocks. Parts are joined by the pairwise formulas
 * of Chan, Golub and LeVeque (1979) and, for the third and fourth moment, of Pébay (2008), so that a
 * window of equal values has moments of exactly 0.
 */

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

/** Copies a few numbers; for so few a loop is faster than copyWithin. */
function move(state: Float64Array, from: number, to: number, count: number): void {
  for (let k = 0; k < count; k += 1) state[to + k] = state[from + k] as number;
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
