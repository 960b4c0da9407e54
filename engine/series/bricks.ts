/**
 * The machines behind Renko and range bars: prices go in one after another, bricks come out. What they
 * remember is in a Float64Array, so that an indicator can stream them and take a bar back.
 */

/** A price this share of a box short of an edge has reached it; so much for rounding. */
const EDGE = 1e-9;

// Renko: edges are whole numbers of boxes from a base, so that a long series of them does not drift.
const SIZE = 0; // box; 0 before it is known
const BASE = 1;
const TOP = 2; // upper edge of the last brick, in boxes from the base
const BOTTOM = 3;
const DIRECTION = 4; // of the last brick; 0 before the first

/** Numbers of a Renko machine, zeros at the start. */
export const RENKO_STATE = 5;

/** Whether a box has been set. */
export function renkoBegun(state: Float64Array, at: number): boolean {
  return state[at + SIZE] !== 0;
}

/** 1, −1 or, before the first brick, 0. */
export function renkoDirection(state: Float64Array, at: number): number {
  return state[at + DIRECTION] as number;
}

export function renkoBox(state: Float64Array, at: number): number {
  return state[at + SIZE] as number;
}

/** Close of the last brick, the base before the first. */
export function renkoClose(state: Float64Array, at: number): number {
  const edge = state[at + ((state[at + DIRECTION] as number) < 0 ? BOTTOM : TOP)] as number;
  return (state[at + BASE] as number) + edge * (state[at + SIZE] as number);
}

/** Begins at `price`, or goes on from the last brick, with a box of `size` (above 0). */
export function renkoSetBox(state: Float64Array, at: number, size: number, price: number): void {
  const direction = state[at + DIRECTION] as number;
  state[at + BASE] = renkoBegun(state, at) ? renkoClose(state, at) : price;
  state[at + SIZE] = size;
  state[at + TOP] = direction < 0 ? 1 : 0;
  state[at + BOTTOM] = direction > 0 ? -1 : 0;
}

/**
 * Takes a price.
 * @returns how many bricks it completes; their direction is then `renkoDirection`
 */
export function renkoStep(state: Float64Array, at: number, price: number): number {
  const boxes = (price - (state[at + BASE] as number)) / (state[at + SIZE] as number);
  const up = Math.floor(boxes + EDGE) - (state[at + TOP] as number);
  if (up > 0) {
    state[at + TOP] = (state[at + TOP] as number) + up;
    state[at + BOTTOM] = (state[at + TOP] as number) - 1;
    state[at + DIRECTION] = 1;
    return up;
  }
  const down = (state[at + BOTTOM] as number) - Math.ceil(boxes - EDGE);
  if (down > 0) {
    state[at + BOTTOM] = (state[at + BOTTOM] as number) - down;
    state[at + TOP] = (state[at + BOTTOM] as number) + 1;
    state[at + DIRECTION] = -1;
    return down;
  }
  return 0;
}

// Wilder's average true range, for boxes of that size.
/** Numbers of an average true range, zeros at the start: [bars seen, close before, sum or average]. */
export const RANGE_AVERAGE_STATE = 3;

/** Takes a bar; the average true range, NaN before there are `period` ranges. */
export function rangeAverageStep(
  state: Float64Array,
  at: number,
  period: number,
  high: number,
  low: number,
  close: number,
): number {
  const seen = state[at] as number;
  const before = state[at + 1] as number;
  let value = state[at + 2] as number;
  if (seen > 0) {
    const range = Math.max(high, before) - Math.min(low, before);
    if (seen > period) value = (value * (period - 1) + range) / period;
    else value = seen === period ? (value + range) / period : value + range;
  }
  state[at] = Math.min(seen + 1, period + 1);
  state[at + 1] = close;
  state[at + 2] = value;
  return seen < period ? Number.NaN : value;
}

/**
 * Takes a bar into a Renko machine whose box is the average true range: it is set with the first one
 * above zero, and anew on each bar that completes bricks, for the bricks that follow. The machine's
 * numbers are those of Renko, then those of the average.
 */
export function renkoAverageStep(
  state: Float64Array,
  at: number,
  period: number,
  high: number,
  low: number,
  close: number,
): number {
  const average = rangeAverageStep(state, at + RENKO_STATE, period, high, low, close);
  if (!renkoBegun(state, at)) {
    if (average > 0) renkoSetBox(state, at, average, close);
    return 0;
  }
  const bricks = renkoStep(state, at, close);
  if (bricks > 0 && average > 0) renkoSetBox(state, at, average, close);
  return bricks;
}

// Range bars.
const BEGUN = 0;
/** Prices of the range bar that forms: open, high and low. */
export const RANGE_OPEN = 1;
const RANGE_HIGH = 2;
const RANGE_LOW = 3;
/** Direction and close of the last range bar. */
export const RANGE_DIRECTION = 4;
export const RANGE_CLOSE = 5;

/** Numbers of a machine of range bars, zeros at the start. */
export const RANGE_STATE = 6;

/**
 * Takes a price. The bar that forms is complete when its range is `size`; the next opens where it
 * closed, and one price may complete several.
 * @returns how many bars it completes; all of them go in the direction of the last
 */
export function rangeStep(state: Float64Array, at: number, size: number, price: number): number {
  if (state[at + BEGUN] === 0) {
    state[at + BEGUN] = 1;
    restartRange(state, at, price);
    return 0;
  }
  const high = state[at + RANGE_HIGH] as number;
  const low = state[at + RANGE_LOW] as number;
  const tolerance = EDGE * size;
  const direction = price >= low + size - tolerance ? 1 : price <= high - size + tolerance ? -1 : 0;
  if (direction === 0) {
    if (price > high) state[at + RANGE_HIGH] = price;
    else if (price < low) state[at + RANGE_LOW] = price;
    return 0;
  }
  const first = direction > 0 ? low + size : high - size;
  const more = Math.max(0, Math.floor((direction * (price - first)) / size + EDGE));
  const close = first + direction * more * size;
  state[at + RANGE_DIRECTION] = direction;
  state[at + RANGE_CLOSE] = close;
  restartRange(state, at, close);
  if (price > close) state[at + RANGE_HIGH] = price;
  else if (price < close) state[at + RANGE_LOW] = price;
  return 1 + more;
}

function restartRange(state: Float64Array, at: number, price: number): void {
  state[at + RANGE_OPEN] = price;
  state[at + RANGE_HIGH] = price;
  state[at + RANGE_LOW] = price;
}

/** Writes the four prices of a bar in the order in which they are taken to have come. */
export function wayOf(
  open: number,
  high: number,
  low: number,
  close: number,
  way: Float64Array,
): void {
  way[0] = open;
  way[1] = close >= open ? low : high;
  way[2] = close >= open ? high : low;
  way[3] = close;
}
