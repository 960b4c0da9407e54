/**
 * Parts of a candle and the sizes that patterns compare them with. TA-Lib measures a candle against the
 * mean of the candles before it, so a size is a running sum over 10 or 5 candles that ends before the
 * candle in question; sums are columns of a window, and the helpers below turn them into sizes.
 */

/** Consecutive bars, the sums that a pattern needs and the place for its marks; all columns align. */
export interface CandleWindow {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Where a scan writes 0, ±80, ±100 or ±200. */
  readonly marks: Float64Array;
  /** One column for each of the pattern's sums, in its order. */
  readonly sums: readonly Float64Array[];
  /** What a pattern remembers from bar to bar; zeros at the start. */
  readonly memory: Float64Array;
  /**
   * One number: how deep into a body a later candle must reach, as a share of it. (In an array, as a
   * plain number is held in different ways when whole and when not, which makes windows of two shapes.)
   */
  readonly penetration: Float64Array;
}

/**
 * Whether all hold. Unlike `&&` it evaluates all, without a branch after each: for tests that are about
 * as often true as false and cheap, that is several times faster.
 */
export function all(a: boolean, b: boolean, c = true, d = true): boolean {
  return (Number(a) & Number(b) & Number(c) & Number(d)) === 1;
}

/** A value where the condition holds, else 0; without a branch, as frequent marks come at random. */
export function mark(holds: boolean, value: number): number {
  // The whole number keeps a negative zero out.
  return (Number(holds) * value) | 0;
}

export function isWhite({ open, close }: CandleWindow, i: number): boolean {
  return (close[i] as number) >= (open[i] as number);
}

export function isBlack({ open, close }: CandleWindow, i: number): boolean {
  return (close[i] as number) < (open[i] as number);
}

/** 1 for a white candle, -1 for a black one. */
export function colour(w: CandleWindow, i: number): number {
  return 2 * Number(isWhite(w, i)) - 1;
}

/** Whether candles i and j are of one colour. */
export function sameColour(w: CandleWindow, i: number, j: number): boolean {
  return Number(isWhite(w, i)) === Number(isWhite(w, j));
}

export function body({ open, close }: CandleWindow, i: number): number {
  return Math.abs((close[i] as number) - (open[i] as number));
}

/**
 * Upper end of the body. Colours come as by the toss of a coin, so a branch on them is guessed wrong
 * half the time (Math.max branches too); products with 0 and 1 are exact and need none.
 */
export function top({ open, close }: CandleWindow, i: number): number {
  const from = open[i] as number;
  const to = close[i] as number;
  const white = Number(to >= from);
  return white * to + (1 - white) * from;
}

/** Lower end of the body. */
export function bottom({ open, close }: CandleWindow, i: number): number {
  const from = open[i] as number;
  const to = close[i] as number;
  const white = Number(to >= from);
  return white * from + (1 - white) * to;
}

export function upperShadow(w: CandleWindow, i: number): number {
  return (w.high[i] as number) - top(w, i);
}

export function lowerShadow(w: CandleWindow, i: number): number {
  return bottom(w, i) - (w.low[i] as number);
}

/** The shadow beyond the open: the lower one of a white candle, the upper one of a black. */
export function shadowAtOpen(w: CandleWindow, i: number): number {
  const white = Number(isWhite(w, i));
  const open = w.open[i] as number;
  return white * (open - (w.low[i] as number)) + (1 - white) * ((w.high[i] as number) - open);
}

/** The shadow beyond the close: the upper one of a white candle, the lower one of a black. */
export function shadowAtClose(w: CandleWindow, i: number): number {
  const white = Number(isWhite(w, i));
  const close = w.close[i] as number;
  return white * ((w.high[i] as number) - close) + (1 - white) * (close - (w.low[i] as number));
}

/** Whether the body of candle i lies wholly above that of candle j. */
export function bodyGapUp(w: CandleWindow, i: number, j: number): boolean {
  return bottom(w, i) > top(w, j);
}

/** Whether the body of candle i lies wholly below that of candle j. */
export function bodyGapDown(w: CandleWindow, i: number, j: number): boolean {
  return top(w, i) < bottom(w, j);
}

/** Whether candle i lies wholly above candle j, shadows included. */
export function gapUp({ high, low }: CandleWindow, i: number, j: number): boolean {
  return (low[i] as number) > (high[j] as number);
}

/** Whether candle i lies wholly below candle j, shadows included. */
export function gapDown({ high, low }: CandleWindow, i: number, j: number): boolean {
  return (high[i] as number) < (low[j] as number);
}

/** The sum at a place of a pattern's list. */
export function sumAt(w: CandleWindow, place: number): Float64Array {
  return w.sums[place] as Float64Array;
}

/** Longer is a long body, shorter a short one: the mean of ten bodies. */
export function averageBody(bodies10: Float64Array, i: number): number {
  return (bodies10[i] as number) / 10;
}

/** A body no longer than this is a doji: a tenth of the mean range of ten candles. */
export function dojiBody(ranges10: Float64Array, i: number): number {
  return 0.1 * ((ranges10[i] as number) / 10);
}

/** A shadow below this is very short: a tenth of the mean range of ten candles. */
export function veryShortShadow(ranges10: Float64Array, i: number): number {
  return 0.1 * ((ranges10[i] as number) / 10);
}

/** A shadow below this is short: half the mean of both shadows of ten candles. */
export function shortShadow(shadows10: Float64Array, i: number): number {
  return (shadows10[i] as number) / 10 / 2;
}

/** Prices this close are near: a fifth of the mean range of five candles. */
export function near(ranges5: Float64Array, i: number): number {
  return 0.2 * ((ranges5[i] as number) / 5);
}

/** Bodies that differ by more are far apart: three fifths of the mean range of five candles. */
export function far(ranges5: Float64Array, i: number): number {
  return 0.6 * ((ranges5[i] as number) / 5);
}

/** Prices this close are equal: a twentieth of the mean range of five candles. */
export function equal(ranges5: Float64Array, i: number): number {
  return 0.05 * ((ranges5[i] as number) / 5);
}
