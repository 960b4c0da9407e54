/**
 * Sums, variance and the least-squares line of the last `period` values.
 *
 * Time is cut into blocks of `period` bars. A window is the end of one block, summed once a block
 * backwards, and the start of the next, a running sum. Nothing is ever taken away from a sum, so
 * nothing drifts, and a huge value leaves no trace once it is out of the window. Squares and products
 * are of distances from an anchor, the last value of the older block: it is in the window (a whole
 * block is anchored at its own last value), so small movements of a large price keep their digits, and
 * a window of equal values has a variance and a slope of exactly 0. The work a bar does not depend on
 * the period.
 *
 * Each has two forms with the same operations in the same order: `sliding…` over a column (`output` is
 * not `input`), and `…Step` bar by bar in a part of a larger state, zeros at the start.
 */

/** The sum of each window; NaN before the first whole one. */
export function slidingSum(input: Float64Array, period: number, output: Float64Array): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  const ends = new Float64Array(period);
  for (let block = 0; block < length; block += period) {
    const to = Math.min(block + period, length);
    const whole = to === block + period;
    if (block > 0) {
      const until = whole ? to - 1 : to;
      let sum = 0;
      for (let i = block, j = 1; i < until; i += 1, j += 1) {
        sum += input[i] as number;
        output[i] = sum + (ends[j] as number);
      }
    }
    if (!whole) return;
    let end = 0;
    for (let j = period - 1; j >= 0; j -= 1) {
      end += input[block + j] as number;
      ends[j] = end;
    }
    output[to - 1] = end;
  }
}

/** Numbers that `sumStep` needs: [place in the block, whole block seen, sum of the block, ring]. */
export function sumState(period: number): number {
  return period + 3;
}

/** Takes one value; a running `slidingSum`. */
export function sumStep(state: Float64Array, at: number, period: number, x: number): number {
  const j = state[at] as number;
  const ring = at + 3;
  state[ring + j] = x;
  if (j < period - 1) {
    const sum = (state[at + 2] as number) + x;
    state[at] = j + 1;
    state[at + 2] = sum;
    return state[at + 1] === 0 ? Number.NaN : sum + (state[ring + j + 1] as number);
  }
  let end = 0;
  for (let k = ring + period - 1; k >= ring; k -= 1) {
    end += state[k] as number;
    state[k] = end;
  }
  state[at] = 0;
  state[at + 1] = 1;
  state[at + 2] = 0;
  return end;
}

/** The variance (of the population) of each window; never negative. */
export function slidingVariance(input: Float64Array, period: number, output: Float64Array): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  const sums = new Float64Array(period);
  const squares = new Float64Array(period);
  let anchor = 0;
  for (let block = 0; block < length; block += period) {
    const to = Math.min(block + period, length);
    const whole = to === block + period;
    if (block > 0) {
      const until = whole ? to - 1 : to;
      let sum = 0;
      let square = 0;
      for (let i = block, j = 1; i < until; i += 1, j += 1) {
        const away = (input[i] as number) - anchor;
        sum += away;
        square += away * away;
        output[i] = varianceOf(sum + (sums[j] as number), square + (squares[j] as number), period);
      }
    }
    if (!whole) return;
    anchor = input[to - 1] as number;
    let sum = 0;
    let square = 0;
    for (let j = period - 1; j >= 0; j -= 1) {
      const away = (input[block + j] as number) - anchor;
      sum += away;
      square += away * away;
      sums[j] = sum;
      squares[j] = square;
    }
    output[to - 1] = varianceOf(sum, square, period);
  }
}

/**
 * Numbers that `varianceStep` needs: [place in the block, whole block seen, anchor, sum and squares of
 * the block, ring of values and sums, ring of squares].
 */
export function varianceState(period: number): number {
  return 2 * period + 5;
}

/** Takes one value; a running `slidingVariance`. */
export function varianceStep(state: Float64Array, at: number, period: number, x: number): number {
  const j = state[at] as number;
  const sums = at + 5;
  const squares = sums + period;
  state[sums + j] = x;
  if (j < period - 1) {
    const away = x - (state[at + 2] as number);
    const sum = (state[at + 3] as number) + away;
    const square = (state[at + 4] as number) + away * away;
    state[at] = j + 1;
    state[at + 3] = sum;
    state[at + 4] = square;
    if (state[at + 1] === 0) return Number.NaN;
    return varianceOf(
      sum + (state[sums + j + 1] as number),
      square + (state[squares + j + 1] as number),
      period,
    );
  }
  let sum = 0;
  let square = 0;
  for (let k = period - 1; k >= 0; k -= 1) {
    const away = (state[sums + k] as number) - x;
    sum += away;
    square += away * away;
    state[sums + k] = sum;
    state[squares + k] = square;
  }
  state[at] = 0;
  state[at + 1] = 1;
  state[at + 2] = x;
  state[at + 3] = 0;
  state[at + 4] = 0;
  return varianceOf(sum, square, period);
}

function varianceOf(sum: number, squares: number, period: number): number {
  const mean = sum / period;
  const variance = squares / period - mean * mean;
  return variance < 0 ? 0 : variance;
}

/**
 * A value of the least-squares line through each window: `level × mean + ahead × slope`. The line is
 * at its mean in the middle of the window, so `ahead` counts bars from there.
 * @param level 1 for a point of the line, 0 for a multiple of its slope alone
 */
export function slidingLine(
  input: Float64Array,
  period: number,
  level: number,
  ahead: number,
  output: Float64Array,
): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  if (length < period) return;
  // Time runs from 0 at the anchor, so that it is negative in the older block.
  const sums = new Float64Array(period);
  const products = new Float64Array(period);
  const spread = spreadOf(period);
  let anchor = 0;
  for (let block = 0; block < length; block += period) {
    const to = Math.min(block + period, length);
    const whole = to === block + period;
    if (block > 0) {
      const until = whole ? to - 1 : to;
      let sum = 0;
      let product = 0;
      for (let i = block, j = 1; i < until; i += 1, j += 1) {
        const away = (input[i] as number) - anchor;
        sum += away;
        product += j * away;
        const total = sum + (sums[j] as number);
        const slope = (product + (products[j] as number) - (j - (period - 1) / 2) * total) / spread;
        output[i] = level * (anchor + total / period) + ahead * slope;
      }
    }
    if (!whole) return;
    anchor = input[to - 1] as number;
    let sum = 0;
    let product = 0;
    for (let j = period - 1; j >= 0; j -= 1) {
      const away = (input[block + j] as number) - anchor;
      sum += away;
      product += (j - period + 1) * away;
      sums[j] = sum;
      products[j] = product;
    }
    const slope = (product + ((period - 1) / 2) * sum) / spread;
    output[to - 1] = level * (anchor + sum / period) + ahead * slope;
  }
}

/**
 * Numbers that `lineStep` needs: [place in the block, whole block seen, anchor, sum and products of the
 * block, ring of values and sums, ring of products].
 */
export function lineState(period: number): number {
  return 2 * period + 5;
}

/** Takes one value; a running `slidingLine`. */
export function lineStep(
  state: Float64Array,
  at: number,
  period: number,
  level: number,
  ahead: number,
  x: number,
): number {
  const j = state[at] as number;
  const sums = at + 5;
  const products = sums + period;
  state[sums + j] = x;
  if (j < period - 1) {
    const anchor = state[at + 2] as number;
    const away = x - anchor;
    const sum = (state[at + 3] as number) + away;
    const product = (state[at + 4] as number) + (j + 1) * away;
    state[at] = j + 1;
    state[at + 3] = sum;
    state[at + 4] = product;
    if (state[at + 1] === 0) return Number.NaN;
    const total = sum + (state[sums + j + 1] as number);
    const slope =
      (product + (state[products + j + 1] as number) - (j + 1 - (period - 1) / 2) * total) /
      spreadOf(period);
    return level * (anchor + total / period) + ahead * slope;
  }
  let sum = 0;
  let product = 0;
  for (let k = period - 1; k >= 0; k -= 1) {
    const away = (state[sums + k] as number) - x;
    sum += away;
    product += (k - period + 1) * away;
    state[sums + k] = sum;
    state[products + k] = product;
  }
  state[at] = 0;
  state[at + 1] = 1;
  state[at + 2] = x;
  state[at + 3] = 0;
  state[at + 4] = 0;
  const slope = (product + ((period - 1) / 2) * sum) / spreadOf(period);
  return level * (x + sum / period) + ahead * slope;
}

/** The sum of squared distances of n bars from their middle. */
function spreadOf(period: number): number {
  return (period * (period * period - 1)) / 12;
}
