import { barsACall } from './blocks.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST } from './extremes.ts';

/** What a place is measured from: the low (0 to 100) or the high (−100 to 0). */
export type Anchor = 'low' | 'high';

/** Where a value stands between two others, in percent; 0 where their distance is not above `least`. */
function placeIn(low: number, high: number, x: number, fromHigh: boolean, least: number): number {
  const range = high - low;
  return range > least ? 100 * ((x - (fromHigh ? high : low)) / range) : 0;
}

/**
 * Writes where each value stands in the range from the lowest low to the highest high of the last
 * `period` bars, NaN before there are so many.
 *
 * The extremes are found in blocks as in extremes.ts, both at once. Which of two prices is the larger
 * cannot be guessed, and wrong guesses cost more than the work: so the larger is taken by multiplying
 * with 0 and 1.
 * @param least a range up to this counts as none
 * @param output another array than the inputs
 */
export function rangePlaceColumn(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  period: number,
  anchor: Anchor,
  least: number,
  output: Float64Array,
): void {
  const length = close.length;
  const fromHigh = anchor === 'high';
  // Extremes from bar j of the block before to its end.
  const tops = new Float64Array(period + 1).fill(-Number.MAX_VALUE);
  const bottoms = new Float64Array(period + 1).fill(Number.MAX_VALUE);
  const bars = barsACall(period);
  for (let from = 0; from < length; from += bars) {
    const to = Math.min(from + bars, length);
    placeBlocks(high, low, close, from, to, period, fromHigh, least, tops, bottoms, output);
  }
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
}

function placeBlocks(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  from: number,
  length: number,
  period: number,
  fromHigh: boolean,
  least: number,
  tops: Float64Array,
  bottoms: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < length; block += period) {
    const end = block + period;
    const to = end < length ? end : length;
    let highest = high[block] as number;
    let lowest = low[block] as number;
    for (let i = block, j = 1; i < to; i += 1, j += 1) {
      const x = high[i] as number;
      const above = Number(x > highest);
      highest = x * above + highest * (1 - above);
      const y = low[i] as number;
      const under = Number(y < lowest);
      lowest = y * under + lowest * (1 - under);
      const top = tops[j] as number;
      const older = Number(top > highest);
      const bottom = bottoms[j] as number;
      const deeper = Number(bottom < lowest);
      output[i] = placeIn(
        bottom * deeper + lowest * (1 - deeper),
        top * older + highest * (1 - older),
        close[i] as number,
        fromHigh,
        least,
      );
    }
    if (end > length) return;
    highest = high[end - 1] as number;
    lowest = low[end - 1] as number;
    for (let i = end - 1, j = period - 1; j > 0; i -= 1, j -= 1) {
      const x = high[i] as number;
      const above = Number(x > highest);
      highest = x * above + highest * (1 - above);
      tops[j] = highest;
      const y = low[i] as number;
      const under = Number(y < lowest);
      lowest = y * under + lowest * (1 - under);
      bottoms[j] = lowest;
    }
  }
}

/** Numbers that `rangePlaceStep` needs, zeros at the start. */
export function rangePlaceState(period: number): number {
  return 2 * extremeState(period);
}

/** Takes one bar; a running `rangePlaceColumn`. @returns NaN before there are `period` bars */
export function rangePlaceStep(
  state: Float64Array,
  at: number,
  period: number,
  anchor: Anchor,
  least: number,
  high: number,
  low: number,
  close: number,
): number {
  const highest = extremeStep(state, at, period, HIGHEST, high);
  const lowest = extremeStep(state, at + extremeState(period), period, LOWEST, low);
  if (Number.isNaN(highest)) return highest;
  return placeIn(lowest, highest, close, anchor === 'high', least);
}
