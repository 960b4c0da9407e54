/**
 * Correlation of two series over the last `period` pairs, and the slope of one on the other, summed by
 * blocks about an anchor pair as in anchored-sums.ts.
 */

/** What is wanted of the pairs: Pearson's r, or the slope of y on x where both are returns. */
export type PairMeasure = 'correlation' | 'beta';

/** Squared spread of returns that rounding alone can make. */
const ROUNDING = 1e-30;

/** Sums of one part of a window: x, y, x², y², xy. */
const SUMS = 5;

/** The measure of each window; NaN before the first whole one. `output` is neither input. */
export function slidingPairs(
  x: Float64Array,
  y: Float64Array,
  period: number,
  measure: PairMeasure,
  output: Float64Array,
): void {
  const length = x.length;
  const correlation = measure === 'correlation';
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  const ends = new Float64Array(SUMS * period);
  let anchorX = 0;
  let anchorY = 0;
  for (let block = 0; block < length; block += period) {
    const to = Math.min(block + period, length);
    const whole = to === block + period;
    let sumX = 0;
    let sumY = 0;
    let squareX = 0;
    let squareY = 0;
    let product = 0;
    if (block > 0) {
      const until = whole ? to - 1 : to;
      for (let i = block, end = SUMS; i < until; i += 1, end += SUMS) {
        const awayX = (x[i] as number) - anchorX;
        const awayY = (y[i] as number) - anchorY;
        sumX += awayX;
        sumY += awayY;
        squareX += awayX * awayX;
        squareY += awayY * awayY;
        product += awayX * awayY;
        output[i] = measured(
          correlation,
          period,
          sumX + (ends[end] as number),
          sumY + (ends[end + 1] as number),
          squareX + (ends[end + 2] as number),
          squareY + (ends[end + 3] as number),
          product + (ends[end + 4] as number),
        );
      }
    }
    if (!whole) return;
    anchorX = x[to - 1] as number;
    anchorY = y[to - 1] as number;
    sumX = 0;
    sumY = 0;
    squareX = 0;
    squareY = 0;
    product = 0;
    for (let j = period - 1; j >= 0; j -= 1) {
      const awayX = (x[block + j] as number) - anchorX;
      const awayY = (y[block + j] as number) - anchorY;
      const end = SUMS * j;
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
    output[to - 1] = measured(correlation, period, sumX, sumY, squareX, squareY, product);
  }
}

/**
 * Numbers that `pairStep` needs: [place in the block, whole block seen, anchor pair, five sums of the
 * block, ring of pairs and of the five sums to the block's end].
 */
export function pairState(period: number): number {
  return SUMS * period + 9;
}

/** Takes one pair; a running `slidingPairs`. */
export function pairStep(
  state: Float64Array,
  at: number,
  period: number,
  measure: PairMeasure,
  x: number,
  y: number,
): number {
  const correlation = measure === 'correlation';
  const j = state[at] as number;
  const sums = at + 4;
  const ring = at + 9;
  state[ring + SUMS * j] = x;
  state[ring + SUMS * j + 1] = y;
  if (j < period - 1) {
    addPair(state, sums, x - (state[at + 2] as number), y - (state[at + 3] as number));
    state[at] = j + 1;
    if (state[at + 1] === 0) return Number.NaN;
    const end = ring + SUMS * (j + 1);
    return measured(
      correlation,
      period,
      (state[sums] as number) + (state[end] as number),
      (state[sums + 1] as number) + (state[end + 1] as number),
      (state[sums + 2] as number) + (state[end + 2] as number),
      (state[sums + 3] as number) + (state[end + 3] as number),
      (state[sums + 4] as number) + (state[end + 4] as number),
    );
  }
  state.fill(0, sums, ring);
  for (let end = ring + SUMS * j; end >= ring; end -= SUMS) {
    addPair(state, sums, (state[end] as number) - x, (state[end + 1] as number) - y);
    for (let k = 0; k < SUMS; k += 1) state[end + k] = state[sums + k] as number;
  }
  state.fill(0, sums, ring);
  state[at] = 0;
  state[at + 1] = 1;
  state[at + 2] = x;
  state[at + 3] = y;
  return measured(
    correlation,
    period,
    state[ring] as number,
    state[ring + 1] as number,
    state[ring + 2] as number,
    state[ring + 3] as number,
    state[ring + 4] as number,
  );
}

function addPair(state: Float64Array, at: number, x: number, y: number): void {
  state[at] = (state[at] as number) + x;
  state[at + 1] = (state[at + 1] as number) + y;
  state[at + 2] = (state[at + 2] as number) + x * x;
  state[at + 3] = (state[at + 3] as number) + y * y;
  state[at + 4] = (state[at + 4] as number) + x * y;
}

function measured(
  correlation: boolean,
  period: number,
  sumX: number,
  sumY: number,
  squareX: number,
  squareY: number,
  product: number,
): number {
  const share = 1 / period;
  const spreadX = squareX - sumX * sumX * share;
  const common = product - sumX * sumY * share;
  if (!correlation) return spreadX <= period * ROUNDING ? 0 : common / spreadX;
  const spreadY = squareY - sumY * sumY * share;
  if (spreadX <= 0 || spreadY <= 0) return 0;
  const r = common / (Math.sqrt(spreadX) * Math.sqrt(spreadY));
  // Rounding may leave a hair beyond 1.
  return r > 1 ? 1 : r < -1 ? -1 : r;
}
