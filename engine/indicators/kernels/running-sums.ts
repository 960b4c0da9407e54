import { momentsColumns, momentsLength, momentsStep } from './window-moments.ts';
import {
  correlationAt,
  pairsColumn,
  pairsState,
  pairsStep,
  slopeAt,
  type PairMeasure,
} from './window-pairs.ts';

/**
 * Variance and correlation as TA-Lib computes them: sums of values, squares and products that run on, the
 * newest value added and the oldest taken away, so that the answers agree with its own to the last digits
 * even where its rounding shows. Three safeguards keep what rounding can spoil away from the user:
 *
 * - Where the variance is under `CANCELLED` of the mean square, fewer than about five digits of it are
 *   left: the exact sums of window-moments.ts and window-pairs.ts answer instead.
 * - The sums are built anew from the window when the sum of squares has shrunk by the factor `SHRUNK`
 *   since they last were, so that a huge value leaves no trace once it has left, and
 * - at least every `REBUILD` bars, so that nothing drifts.
 *
 * The columns and the steps do the same operations in the same order.
 */
const CANCELLED = 1e-11;
export const SHRUNK = 64;
const REBUILD = 4_096;

/** Bars between two rebuilds: a rebuild reads the whole window, so it must not come more often than that. */
export function rebuildEvery(period: number): number {
  return Math.max(REBUILD, period);
}

/** The variance (of the population) of each window; NaN before the first whole one, never negative. */
export function runningVariance(input: Float64Array, period: number, output: Float64Array): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  const unsure = new Uint8Array(1);
  for (let from = period - 1; from < length;) {
    from = varianceRun(input, period, from, output, unsure);
  }
  if (unsure[0] === 0) return;
  const mean = new Float64Array(length);
  const deviation = new Float64Array(length);
  momentsColumns(input, period, mean, deviation);
  for (let i = period - 1; i < length; i += 1) {
    const x = output[i] as number;
    if (x !== x) output[i] = (deviation[i] as number) * (deviation[i] as number);
  }
}

/**
 * Variances from bar `from` to the next rebuild; NaN where the exact sums must answer.
 * @returns the bar of the rebuild
 */
function varianceRun(
  input: Float64Array,
  period: number,
  from: number,
  output: Float64Array,
  unsure: Uint8Array,
): number {
  const to = Math.min(from + rebuildEvery(period), input.length);
  let sum = 0;
  let squares = 0;
  for (let i = from - period + 1; i < from; i += 1) {
    const x = input[i] as number;
    sum += x;
    squares += x * x;
  }
  let largest = squares;
  for (let i = from; i < to; i += 1) {
    const x = input[i] as number;
    sum += x;
    squares += x * x;
    if (squares > largest) largest = squares;
    const mean = sum / period;
    const meanSquare = squares / period;
    const variance = meanSquare - mean * mean;
    if (variance > CANCELLED * meanSquare) {
      output[i] = variance;
    } else {
      output[i] = Number.NaN;
      unsure[0] = 1;
    }
    const old = input[i - period + 1] as number;
    sum -= old;
    squares -= old * old;
    // Written so that NaN (of squares beyond the largest double) rebuilds too.
    if (!(squares * SHRUNK >= largest)) return i + 1;
  }
  return to;
}

/**
 * Numbers that `runningVarianceStep` needs: [values seen, place, bars since the rebuild, largest sum of
 * squares, sum, squares, ring, exact moments].
 */
export function runningVarianceState(period: number): number {
  return 6 + period + momentsLength(period);
}

/** Takes one value; a `runningVariance` bar by bar. */
export function runningVarianceStep(
  state: Float64Array,
  at: number,
  period: number,
  x: number,
): number {
  const seen = state[at] as number;
  const place = state[at + 1] as number;
  const ring = at + 6;
  const exact = momentsStep(state, ring + period, period, x);
  state[ring + place] = x;
  const next = place + 1 === period ? 0 : place + 1;
  state[at + 1] = next;
  let sum = (state[at + 4] as number) + x;
  let squares = (state[at + 5] as number) + x * x;
  const largest = Math.max(state[at + 3] as number, squares);
  state[at + 3] = largest;
  if (seen < period - 1) {
    state[at] = seen + 1;
    state[at + 4] = sum;
    state[at + 5] = squares;
    return Number.NaN;
  }
  const mean = sum / period;
  const meanSquare = squares / period;
  const variance = meanSquare - mean * mean;
  const old = state[ring + next] as number;
  sum -= old;
  squares -= old * old;
  state[at + 2] = (state[at + 2] as number) + 1;
  if (!(squares * SHRUNK >= largest) || state[at + 2] === rebuildEvery(period)) {
    sum = 0;
    squares = 0;
    // The oldest value at `next` has left; the rest follow it round the ring.
    for (let k = 1, j = next; k < period; k += 1) {
      j = j + 1 === period ? 0 : j + 1;
      const value = state[ring + j] as number;
      sum += value;
      squares += value * value;
    }
    state[at + 2] = 0;
    state[at + 3] = squares;
  }
  state[at + 4] = sum;
  state[at + 5] = squares;
  return variance > CANCELLED * meanSquare ? variance : exact * exact;
}

/**
 * Pearson's correlation of each window or the slope of y on x; 0 where it has none because nothing moved,
 * NaN before the first whole window.
 * @param least squared deviations of x up to this are rounding (for the slope)
 */
export function runningPairs(
  x: Float64Array,
  y: Float64Array,
  period: number,
  measure: PairMeasure,
  least: number,
  output: Float64Array,
): void {
  const length = x.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  const unsure = new Uint8Array(1);
  for (let from = period - 1; from < length;) {
    from = pairsRun(x, y, period, measure === 'correlation', least, from, output, unsure);
  }
  if (unsure[0] === 0) return;
  const exact = new Float64Array(length);
  pairsColumn(x, y, period, measure, least, exact);
  for (let i = period - 1; i < length; i += 1) {
    const r = output[i] as number;
    if (r !== r) output[i] = orZero(exact[i] as number);
  }
}

/** The exact sums give no value where a series did not move. */
export function orZero(value: number): number {
  return value === value ? value : 0;
}

/** @returns the bar of the next rebuild */
function pairsRun(
  x: Float64Array,
  y: Float64Array,
  period: number,
  correlation: boolean,
  least: number,
  from: number,
  output: Float64Array,
  unsure: Uint8Array,
): number {
  const to = Math.min(from + rebuildEvery(period), x.length);
  let sumX = 0;
  let sumY = 0;
  let squareX = 0;
  let squareY = 0;
  let product = 0;
  for (let i = from - period + 1; i < from; i += 1) {
    const a = x[i] as number;
    const b = y[i] as number;
    sumX += a;
    squareX += a * a;
    product += a * b;
    sumY += b;
    squareY += b * b;
  }
  let largestX = squareX;
  let largestY = squareY;
  for (let i = from; i < to; i += 1) {
    const a = x[i] as number;
    const b = y[i] as number;
    sumX += a;
    squareX += a * a;
    product += a * b;
    sumY += b;
    squareY += b * b;
    if (squareX > largestX) largestX = squareX;
    if (squareY > largestY) largestY = squareY;
    const value = correlation
      ? correlationOf(period, sumX, sumY, squareX, squareY, product)
      : slopeOf(period, least, sumX, sumY, squareX, product);
    output[i] = value;
    if (value !== value) unsure[0] = 1;
    const oldX = x[i - period + 1] as number;
    const oldY = y[i - period + 1] as number;
    sumX -= oldX;
    squareX -= oldX * oldX;
    product -= oldX * oldY;
    sumY -= oldY;
    squareY -= oldY * oldY;
    if (!(squareX * SHRUNK >= largestX && squareY * SHRUNK >= largestY)) return i + 1;
  }
  return to;
}

/** NaN where too few digits are left. */
function correlationOf(
  period: number,
  sumX: number,
  sumY: number,
  squareX: number,
  squareY: number,
  product: number,
): number {
  const spreadX = squareX - (sumX * sumX) / period;
  const spreadY = squareY - (sumY * sumY) / period;
  const scale = spreadX * spreadY;
  if (!(spreadX > CANCELLED * squareX && spreadY > CANCELLED * squareY && scale > 0)) {
    return Number.NaN;
  }
  const r = (product - (sumX * sumY) / period) / Math.sqrt(scale);
  // Rounding may leave a hair beyond 1.
  return r > 1 ? 1 : r < -1 ? -1 : r;
}

/** NaN where too few digits are left, or the squares are rounding. */
export function slopeOf(
  period: number,
  least: number,
  sumX: number,
  sumY: number,
  squareX: number,
  product: number,
): number {
  const spreadX = squareX - (sumX * sumX) / period;
  if (!(spreadX > CANCELLED * squareX && spreadX > least)) return Number.NaN;
  return (product - (sumX * sumY) / period) / spreadX;
}

/**
 * Numbers that `runningPairsStep` needs: [pairs seen, place, bars since the rebuild, both largest
 * sums of squares, five sums, ring of pairs, exact sums].
 */
export function runningPairsState(period: number): number {
  return 10 + 2 * period + pairsState(period);
}

/** Takes one pair; a `runningPairs` bar by bar. */
export function runningPairsStep(
  state: Float64Array,
  at: number,
  period: number,
  measure: PairMeasure,
  least: number,
  x: number,
  y: number,
): number {
  const seen = state[at] as number;
  const place = state[at + 1] as number;
  const sums = at + 5;
  const ring = at + 10;
  const exact = ring + 2 * period;
  pairsStep(state, exact, period, x, y);
  state[ring + 2 * place] = x;
  state[ring + 2 * place + 1] = y;
  const next = place + 1 === period ? 0 : place + 1;
  state[at + 1] = next;
  countPair(state, sums, 1, x, y);
  const largestX = Math.max(state[at + 3] as number, state[sums + 1] as number);
  const largestY = Math.max(state[at + 4] as number, state[sums + 4] as number);
  state[at + 3] = largestX;
  state[at + 4] = largestY;
  if (seen < period - 1) {
    state[at] = seen + 1;
    return Number.NaN;
  }
  const sumX = state[sums] as number;
  const squareX = state[sums + 1] as number;
  const product = state[sums + 2] as number;
  const sumY = state[sums + 3] as number;
  const value =
    measure === 'correlation'
      ? correlationOf(period, sumX, sumY, squareX, state[sums + 4] as number, product)
      : slopeOf(period, least, sumX, sumY, squareX, product);
  const oldest = ring + 2 * next;
  countPair(state, sums, -1, state[oldest] as number, state[oldest + 1] as number);
  const kept =
    (state[sums + 1] as number) * SHRUNK >= largestX &&
    (state[sums + 4] as number) * SHRUNK >= largestY;
  state[at + 2] = (state[at + 2] as number) + 1;
  if (!kept || state[at + 2] === rebuildEvery(period)) {
    state.fill(0, sums, ring);
    for (let k = 1, j = next; k < period; k += 1) {
      j = j + 1 === period ? 0 : j + 1;
      countPair(state, sums, 1, state[ring + 2 * j] as number, state[ring + 2 * j + 1] as number);
    }
    state[at + 2] = 0;
    state[at + 3] = state[sums + 1] as number;
    state[at + 4] = state[sums + 4] as number;
  }
  if (value === value) return value;
  return orZero(
    measure === 'correlation' ? correlationAt(state, exact) : slopeAt(state, exact, least),
  );
}

/** Adds a pair to the sums of x, x², xy, y and y² (`sign` 1) or takes it away (−1); exact either way. */
function countPair(state: Float64Array, at: number, sign: 1 | -1, x: number, y: number): void {
  const a = sign * x;
  const b = sign * y;
  state[at] = (state[at] as number) + a;
  state[at + 1] = (state[at + 1] as number) + a * x;
  state[at + 2] = (state[at + 2] as number) + a * y;
  state[at + 3] = (state[at + 3] as number) + b;
  state[at + 4] = (state[at + 4] as number) + b * y;
}
