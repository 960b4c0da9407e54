import { barsACall } from './blocks.ts';

/**
 * Means, squared deviations and products of the last `period` pairs, by blocks, as differences from the
 * pair at the cut (see window-moments.ts).
 */

/** What `pairsStep` leaves in `state[at + …]`: means, sums of squared deviations, and of their products. */
export const MEAN_X = 0;
export const MEAN_Y = 1;
export const SQUARES_X = 2;
export const SQUARES_Y = 3;
export const PRODUCTS = 4;

/** Sums of one part of a window: x, y, x², y², xy. */
const SUMS = 5;

/** Numbers that `pairsStep` needs: [results, place, block seen, pair at the cut, sums of the block, ring]. */
export function pairsState(period: number): number {
  return SUMS * period + 14;
}

/** Takes one pair. @returns whether there are `period` pairs; only then the results mean anything */
export function pairsStep(
  state: Float64Array,
  at: number,
  period: number,
  x: number,
  y: number,
): boolean {
  const place = state[at + 5] as number;
  const sums = at + 9;
  const ring = at + 14;
  // Places up to this one hold pairs, those behind it the sums of the block before.
  state[ring + SUMS * place] = x;
  state[ring + SUMS * place + 1] = y;
  if (place < period - 1) {
    const cutX = state[at + 7] as number;
    const cutY = state[at + 8] as number;
    addPair(state, sums, x - cutX, y - cutY);
    state[at + 5] = place + 1;
    if (state[at + 6] === 0) return false;
    const end = ring + SUMS * (place + 1);
    momentsOf(
      state,
      at,
      period,
      (state[sums] as number) + (state[end] as number),
      (state[sums + 1] as number) + (state[end + 1] as number),
      (state[sums + 2] as number) + (state[end + 2] as number),
      (state[sums + 3] as number) + (state[end + 3] as number),
      (state[sums + 4] as number) + (state[end + 4] as number),
    );
    return true;
  }
  state[at + 5] = 0;
  state[at + 6] = 1;
  state[at + 7] = x;
  state[at + 8] = y;
  state.fill(0, sums, ring);
  for (let end = ring + SUMS * place; end >= ring; end -= SUMS) {
    addPair(state, sums, (state[end] as number) - x, (state[end + 1] as number) - y);
    for (let k = 0; k < SUMS; k += 1) state[end + k] = state[sums + k] as number;
  }
  state.fill(0, sums, ring);
  momentsOf(
    state,
    at,
    period,
    state[ring] as number,
    state[ring + 1] as number,
    state[ring + 2] as number,
    state[ring + 3] as number,
    state[ring + 4] as number,
  );
  return true;
}

function addPair(state: Float64Array, at: number, x: number, y: number): void {
  state[at] = (state[at] as number) + x;
  state[at + 1] = (state[at + 1] as number) + y;
  state[at + 2] = (state[at + 2] as number) + x * x;
  state[at + 3] = (state[at + 3] as number) + y * y;
  state[at + 4] = (state[at + 4] as number) + x * y;
}

function momentsOf(
  state: Float64Array,
  at: number,
  period: number,
  sumX: number,
  sumY: number,
  squareX: number,
  squareY: number,
  product: number,
): void {
  const share = 1 / period;
  state[at + MEAN_X] = (state[at + 7] as number) + sumX * share;
  state[at + MEAN_Y] = (state[at + 8] as number) + sumY * share;
  state[at + SQUARES_X] = spreadOf(squareX, sumX, sumX, share);
  state[at + SQUARES_Y] = spreadOf(squareY, sumY, sumY, share);
  state[at + PRODUCTS] = spreadOf(product, sumX, sumY, share);
}

function spreadOf(product: number, sumX: number, sumY: number, share: number): number {
  return product - sumX * sumY * share;
}

/** Pearson's correlation from the results at `at`; NaN where one side does not vary. */
export function correlationAt(state: Float64Array, at: number): number {
  return correlationOf(
    state[at + SQUARES_X] as number,
    state[at + SQUARES_Y] as number,
    state[at + PRODUCTS] as number,
  );
}

function correlationOf(squaresX: number, squaresY: number, products: number): number {
  if (!(squaresX > 0 && squaresY > 0)) return Number.NaN;
  const r = products / (Math.sqrt(squaresX) * Math.sqrt(squaresY));
  // Rounding may leave a hair beyond 1.
  return r > 1 ? 1 : r < -1 ? -1 : r;
}

/** Slope of y on x from the results at `at`; NaN where the squares of x are not above `least`. */
export function slopeAt(state: Float64Array, at: number, least = 0): number {
  return slopeOf(state[at + SQUARES_X] as number, state[at + PRODUCTS] as number, least);
}

function slopeOf(squaresX: number, products: number, least: number): number {
  return squaresX > least ? products / squaresX : Number.NaN;
}

/** What a column is wanted of: Pearson's r, or the slope of y on x. */
export type PairMeasure = 'correlation' | 'slope';

/**
 * The measure of each window; NaN before the first whole one, and where x or, for r, y does not vary.
 * @param least squared deviations of x up to this are rounding (for the slope)
 * @param output another array than the inputs
 */
export function pairsColumn(
  x: Float64Array,
  y: Float64Array,
  period: number,
  measure: PairMeasure,
  least: number,
  output: Float64Array,
): void {
  const length = x.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  const correlation = measure === 'correlation';
  const ends = new Float64Array(SUMS * period);
  wholePairs(x, y, 0, period, correlation, least, ends, output);
  const bars = barsACall(period);
  const whole = length - (length % period);
  let from = period;
  for (; from < whole; from += bars) {
    pairBlocks(x, y, from, Math.min(from + bars, whole), period, correlation, least, ends, output);
  }
  joinPairs(x, y, whole, length, period, correlation, least, ends, output);
}

function pairBlocks(
  x: Float64Array,
  y: Float64Array,
  from: number,
  to: number,
  period: number,
  correlation: boolean,
  least: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < to; block += period) {
    joinPairs(x, y, block, block + period - 1, period, correlation, least, ends, output);
    wholePairs(x, y, block, period, correlation, least, ends, output);
  }
}

function joinPairs(
  x: Float64Array,
  y: Float64Array,
  block: number,
  to: number,
  period: number,
  correlation: boolean,
  least: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  const share = 1 / period;
  const cutX = x[block - 1] as number;
  const cutY = y[block - 1] as number;
  let sumX = 0;
  let sumY = 0;
  let squareX = 0;
  let squareY = 0;
  let product = 0;
  for (let i = block, end = SUMS; i < to; i += 1, end += SUMS) {
    const awayX = (x[i] as number) - cutX;
    const awayY = (y[i] as number) - cutY;
    sumX += awayX;
    sumY += awayY;
    squareX += awayX * awayX;
    squareY += awayY * awayY;
    product += awayX * awayY;
    const allX = sumX + (ends[end] as number);
    const allY = sumY + (ends[end + 1] as number);
    const squaresX = spreadOf(squareX + (ends[end + 2] as number), allX, allX, share);
    const products = spreadOf(product + (ends[end + 4] as number), allX, allY, share);
    output[i] = correlation
      ? correlationOf(
          squaresX,
          spreadOf(squareY + (ends[end + 3] as number), allY, allY, share),
          products,
        )
      : slopeOf(squaresX, products, least);
  }
}

function wholePairs(
  x: Float64Array,
  y: Float64Array,
  block: number,
  period: number,
  correlation: boolean,
  least: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  const share = 1 / period;
  const last = block + period - 1;
  const cutX = x[last] as number;
  const cutY = y[last] as number;
  let sumX = 0;
  let sumY = 0;
  let squareX = 0;
  let squareY = 0;
  let product = 0;
  for (let i = last, end = SUMS * (period - 1); i >= block; i -= 1, end -= SUMS) {
    const awayX = (x[i] as number) - cutX;
    const awayY = (y[i] as number) - cutY;
    sumX += awayX;
    sumY += awayY;
    squareX += awayX * awayX;
    squareY += awayY * awayY;
    product += awayX * awayY;
    ends[end] = sumX;
    ends[end + 1] = sumY;
    ends[end + 2] = squareX;
    ends[end + 3] = squareY;
    ends[end + 4] = product;
  }
  const squaresX = spreadOf(squareX, sumX, sumX, share);
  const products = spreadOf(product, sumX, sumY, share);
  output[last] = correlation
    ? correlationOf(squaresX, spreadOf(squareY, sumY, sumY, share), products)
    : slopeOf(squaresX, products, least);
}
