import { pairsColumn } from './window-pairs.ts';
import { orZero, rebuildEvery, SHRUNK, slopeOf } from './running-sums.ts';

/** TA-Lib calls a price this small zero, and a return from it 0. */
const ZERO = 1e-14;

export function returnOf(before: number, now: number): number {
  return before > -ZERO && before < ZERO ? 0 : (now - before) / before;
}

/**
 * The slope of the second series' returns on those of the first, as `runningPairs` gives it for columns of
 * returns. The returns that leave the window are reckoned again instead of being kept: that costs less than
 * two more columns.
 * @param least squared deviations of the first's returns up to this are rounding
 */
export function returnSlopes(
  first: Float64Array,
  second: Float64Array,
  period: number,
  least: number,
  output: Float64Array,
): void {
  const length = first.length;
  output.fill(Number.NaN, 0, Math.min(period, length));
  const unsure = new Uint8Array(1);
  for (let from = period; from < length;) {
    from = slopesRun(first, second, period, least, from, output, unsure);
  }
  if (unsure[0] === 0) return;
  const exact = new Float64Array(length - 1);
  pairsColumn(returnsOf(first), returnsOf(second), period, 'slope', least, exact);
  for (let i = period; i < length; i += 1) {
    const slope = output[i] as number;
    if (slope !== slope) output[i] = orZero(exact[i - 1] as number);
  }
}

function returnsOf(input: Float64Array): Float64Array {
  const output = new Float64Array(input.length - 1);
  for (let i = 0; i < output.length; i += 1) {
    output[i] = returnOf(input[i] as number, input[i + 1] as number);
  }
  return output;
}

/** @returns the bar of the next rebuild */
function slopesRun(
  first: Float64Array,
  second: Float64Array,
  period: number,
  least: number,
  from: number,
  output: Float64Array,
  unsure: Uint8Array,
): number {
  const to = Math.min(from + rebuildEvery(period), output.length);
  let sumX = 0;
  let sumY = 0;
  let squareX = 0;
  let squareY = 0;
  let product = 0;
  let priceX = first[from - period] as number;
  let priceY = second[from - period] as number;
  // The prices from which the returns that leave next start.
  let oldX = priceX;
  let oldY = priceY;
  for (let i = from - period + 1; i < from; i += 1) {
    const nowX = first[i] as number;
    const nowY = second[i] as number;
    const x = returnOf(priceX, nowX);
    const y = returnOf(priceY, nowY);
    priceX = nowX;
    priceY = nowY;
    sumX += x;
    squareX += x * x;
    product += x * y;
    sumY += y;
    squareY += y * y;
  }
  let largestX = squareX;
  let largestY = squareY;
  for (let i = from, j = from - period + 1; i < to; i += 1, j += 1) {
    const nowX = first[i] as number;
    const nowY = second[i] as number;
    const x = returnOf(priceX, nowX);
    const y = returnOf(priceY, nowY);
    priceX = nowX;
    priceY = nowY;
    sumX += x;
    squareX += x * x;
    product += x * y;
    sumY += y;
    squareY += y * y;
    if (squareX > largestX) largestX = squareX;
    if (squareY > largestY) largestY = squareY;
    const value = slopeOf(period, least, sumX, sumY, squareX, product);
    output[i] = value;
    if (value !== value) unsure[0] = 1;
    const nextX = first[j] as number;
    const nextY = second[j] as number;
    const a = returnOf(oldX, nextX);
    const b = returnOf(oldY, nextY);
    oldX = nextX;
    oldY = nextY;
    sumX -= a;
    squareX -= a * a;
    product -= a * b;
    sumY -= b;
    squareY -= b * b;
    if (!(squareX * SHRUNK >= largestX && squareY * SHRUNK >= largestY)) return i + 1;
  }
  return to;
}
