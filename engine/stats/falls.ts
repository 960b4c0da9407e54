import { MS_PER_DAY } from '../domain/time.ts';

/** What the drawdowns of a run amount to; depths are fractions of the peak. */
export interface Falls {
  readonly count: number;
  readonly deepest: number;
  /** NaN without a drawdown, as the durations. */
  readonly average: number;
  readonly longestDays: number;
  readonly averageDays: number;
  /** Highest mark, the capital included. */
  readonly peak: number;
  /** Root of the mean square of the drawdown at each mark. */
  readonly ulcer: number;
}

/** Bars in one call. */
const BLOCK = 8_192;

/** Places of the state between two calls. */
const TOP = 0;
/** Lowest mark since the peak; Infinity while there is no fall. */
const LOWEST = 1;
const PEAK_TIME = 2;
const SQUARES = 3;
const COUNT = 4;
const DEEPEST = 5;
const DEPTHS = 6;
const LONGEST = 7;
const LENGTHS = 8;
const PLACES = 9;

/**
 * Sums of the drawdowns that `drawdownsOf` would list, from one pass.
 * @param cash before the first mark, at the time of the first bar
 */
export function fallsOf(cash: number, equity: Float64Array, time: Float64Array): Falls {
  const state = new Float64Array(PLACES);
  state[TOP] = cash;
  state[LOWEST] = Number.POSITIVE_INFINITY;
  state[PEAK_TIME] = time[0] ?? Number.NaN;
  const { length } = equity;
  for (let from = 0; from < length; from += BLOCK) {
    follow(equity, time, state, from, Math.min(from + BLOCK, length));
  }
  if (state[LOWEST] !== Number.POSITIVE_INFINITY) book(state, time[length - 1] as number);
  const count = state[COUNT] as number;
  return {
    count,
    deepest: state[DEEPEST] as number,
    average: (state[DEPTHS] as number) / count,
    longestDays: count === 0 ? Number.NaN : (state[LONGEST] as number),
    averageDays: (state[LENGTHS] as number) / count,
    peak: state[TOP],
    ulcer: Math.sqrt((state[SQUARES] as number) / length),
  };
}

function follow(
  equity: Float64Array,
  time: Float64Array,
  state: Float64Array,
  from: number,
  to: number,
): void {
  let top = state[TOP] as number;
  let lowest = state[LOWEST] as number;
  let squares = state[SQUARES] as number;
  for (let i = from; i < to; i += 1) {
    const value = equity[i] as number;
    if (value >= top) {
      if (lowest !== Number.POSITIVE_INFINITY) {
        state[TOP] = top;
        state[LOWEST] = lowest;
        book(state, time[i] as number);
        lowest = Number.POSITIVE_INFINITY;
      }
      top = value;
      state[PEAK_TIME] = time[i] as number;
    } else {
      const depth = value / top - 1;
      squares += depth * depth;
      if (value < lowest) lowest = value;
    }
  }
  state[TOP] = top;
  state[LOWEST] = lowest;
  state[SQUARES] = squares;
}

/** A fall is over at a time. */
function book(state: Float64Array, end: number): void {
  const depth = 1 - (state[LOWEST] as number) / (state[TOP] as number);
  const days = (end - (state[PEAK_TIME] as number)) / MS_PER_DAY;
  state[COUNT] = (state[COUNT] as number) + 1;
  state[DEEPEST] = Math.max(state[DEEPEST] as number, depth);
  state[DEPTHS] = (state[DEPTHS] as number) + depth;
  state[LONGEST] = Math.max(state[LONGEST] as number, days);
  state[LENGTHS] = (state[LENGTHS] as number) + days;
}
