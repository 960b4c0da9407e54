import { body, lowerShadow, upperShadow, type CandleWindow } from './candles.ts';

/** What of a candle is summed. */
export type CandleMeasure = 'body' | 'range' | 'shadows';

/**
 * A running sum: at bar i it covers the `bars` candles before candle i - back. Sums at different `back`
 * hold the same candles at different bars, but each is kept on its own: as in TA-Lib they start at
 * different bars, so their rounding differs, and a comparison at equality shows it.
 */
export interface CandleSum {
  readonly measure: CandleMeasure;
  readonly bars: number;
  readonly back: number;
}

/** Ten bodies before the candle `back` bars ago: long and short bodies. */
export function bodies10(back: number): CandleSum {
  return { measure: 'body', bars: 10, back };
}

/** Ten ranges from high to low: dojis and very short shadows. */
export function ranges10(back: number): CandleSum {
  return { measure: 'range', bars: 10, back };
}

/** Five ranges: near, far and equal. */
export function ranges5(back: number): CandleSum {
  return { measure: 'range', bars: 5, back };
}

/** Both shadows of ten candles: short shadows. */
export function shadows10(back: number): CandleSum {
  return { measure: 'shadows', bars: 10, back };
}

/** One measure of one candle. */
export function measureOf(measure: CandleMeasure, w: CandleWindow, i: number): number {
  if (measure === 'body') return body(w, i);
  if (measure === 'range') return (w.high[i] as number) - (w.low[i] as number);
  return upperShadow(w, i) + lowerShadow(w, i);
}

/** One measure of the first `length` candles of a window; loops apart, as this is most of the work. */
export function measureColumn(
  measure: CandleMeasure,
  w: CandleWindow,
  length: number,
  column: Float64Array,
): void {
  if (measure === 'body') {
    for (let i = 0; i < length; i += 1) column[i] = body(w, i);
  } else if (measure === 'range') {
    const { high, low } = w;
    for (let i = 0; i < length; i += 1) column[i] = (high[i] as number) - (low[i] as number);
  } else {
    for (let i = 0; i < length; i += 1) column[i] = upperShadow(w, i) + lowerShadow(w, i);
  }
}

/**
 * Writes running sums, one column each, from bar `from` on.
 * @param sources the measure that each sum adds up
 * @param values the sums at bar `from`; afterwards those at bar `to`
 */
export function sumColumns(
  sums: readonly CandleSum[],
  sources: readonly Float64Array[],
  values: Float64Array,
  from: number,
  to: number,
  columns: readonly Float64Array[],
): void {
  // Each addition waits for the one before it, so two sums take hardly longer than one.
  let k = 0;
  for (; k + 1 < sums.length; k += 2) {
    const other = k + 1;
    const a = sums[k] as CandleSum;
    const b = sums[other] as CandleSum;
    // Views that start where needed leave plain indices to the loop, which halves its time.
    const enteringA = (sources[k] as Float64Array).subarray(from - a.back);
    const leavingA = (sources[k] as Float64Array).subarray(from - a.back - a.bars);
    const enteringB = (sources[other] as Float64Array).subarray(from - b.back);
    const leavingB = (sources[other] as Float64Array).subarray(from - b.back - b.bars);
    const columnA = (columns[k] as Float64Array).subarray(from, to);
    const columnB = (columns[other] as Float64Array).subarray(from, to);
    let sumA = values[k] as number;
    let sumB = values[other] as number;
    for (let i = 0; i < columnA.length; i += 1) {
      columnA[i] = sumA;
      columnB[i] = sumB;
      // The difference first, then the sum: TA-Lib's order, so that equal sizes stay equal.
      sumA += (enteringA[i] as number) - (leavingA[i] as number);
      sumB += (enteringB[i] as number) - (leavingB[i] as number);
    }
    values[k] = sumA;
    values[other] = sumB;
  }
  if (k < sums.length) {
    const { bars, back } = sums[k] as CandleSum;
    const source = sources[k] as Float64Array;
    const column = (columns[k] as Float64Array).subarray(from, to);
    values[k] = sumColumn(
      source.subarray(from - back),
      source.subarray(from - back - bars),
      values[k] as number,
      column,
    );
  }
}

/** @returns the sum behind the last bar */
function sumColumn(
  entering: Float64Array,
  leaving: Float64Array,
  value: number,
  column: Float64Array,
): number {
  let sum = value;
  for (let i = 0; i < column.length; i += 1) {
    column[i] = sum;
    sum += (entering[i] as number) - (leaving[i] as number);
  }
  return sum;
}

/** The sum at bar `first`: the bars before it, oldest first. */
export function firstSum(measures: Float64Array, { bars, back }: CandleSum, first: number): number {
  let sum = 0;
  for (let i = first - bars; i < first; i += 1) sum += measures[i - back] as number;
  return sum;
}
