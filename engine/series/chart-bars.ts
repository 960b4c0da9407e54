import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import {
  RANGE_AVERAGE_STATE,
  RANGE_CLOSE,
  RANGE_DIRECTION,
  RANGE_OPEN,
  RANGE_STATE,
  rangeStep,
  RENKO_STATE,
  renkoAverageStep,
  renkoBox,
  renkoClose,
  renkoDirection,
  renkoSetBox,
  renkoStep,
  wayOf,
} from './bricks.ts';
import { allocateColumns } from './columns.ts';

/** How high a Renko brick is: a fixed amount, or the average true range of that many bars. */
export type RenkoBox =
  | { readonly method: 'fixed'; readonly size: number }
  | { readonly method: 'atr'; readonly period: number };

/** More bars than this from one series are a box that was meant otherwise. */
const MOST_BARS = 5_000_000;

/**
 * Makes Renko bricks from closing prices. A brick continues when the close is a whole box beyond the
 * last brick's close, and turns when it is a whole box beyond its other end. Each brick has the time of
 * the bar that completed it, later ones of the same bar one millisecond more each; the volume traded
 * since the bricks before is shared evenly among those of a bar. The first box starts at the first close
 * (with "atr", at the first bar whose average is known and above zero; the box is set anew on each bar
 * that completes bricks, for those that follow, and a turn then takes the last brick as high as the new
 * box). A brick is never taken back: no bar to come changes it.
 * Bars without a finite close (with "atr", high and low too) are passed over.
 * @throws RenataError BAD_INPUT for a box that is not above zero or one so small that millions of bricks follow.
 */
export function renkoBars(bars: BarColumns, box: RenkoBox): BarColumns {
  const made = new BarList();
  const fixed = box.method === 'fixed';
  if (fixed) checkPositive('Renko', 'size', box.size);
  else checkPeriod(box.period);
  const state = new Float64Array(RENKO_STATE + RANGE_AVERAGE_STATE);
  let begun = false;
  let volume = 0;
  for (let i = 0; i < bars.time.length; i += 1) {
    const high = bars.high[i] as number;
    const low = bars.low[i] as number;
    const close = bars.close[i] as number;
    if (!Number.isFinite(close) || !(fixed || Number.isFinite(high - low))) continue;
    volume += volumeOf(bars, i);
    // The box and the close that the bricks of this bar start from; the step may set both anew.
    const before = renkoClose(state, 0);
    const turnedFrom = renkoDirection(state, 0);
    let size = renkoBox(state, 0);
    let count = 0;
    if (!fixed) {
      count = renkoAverageStep(state, 0, box.period, high, low, close);
    } else if (begun) {
      count = renkoStep(state, 0, close);
    } else {
      renkoSetBox(state, 0, box.size, close);
      size = box.size;
    }
    begun = true;
    if (count === 0) continue;
    const direction = renkoDirection(state, 0);
    const last = renkoClose(state, 0);
    // A turn starts at the other end of the last brick.
    let open = turnedFrom === -direction ? before + direction * size : before;
    made.makeRoom(count);
    for (let k = count - 1; k >= 0; k -= 1) {
      const end = last - direction * k * size;
      made.add(bars.time[i] as number, open, end, volume / count);
      open = end;
    }
    volume = 0;
  }
  return made.columns();
}

/**
 * Makes range bars: each ends when its range from high to low is `size`, and the next opens where it
 * closed. The way of the price inside a bar is not known; it is taken as open, low, high, close in a bar
 * that rises and open, high, low, close in one that falls. Times and volumes are as in `renkoBars`; a
 * bar with a value that is not finite is passed over, and the range bar that forms at the end is not
 * given.
 * @throws RenataError BAD_INPUT for a size that is not above zero or one so small that millions of bars follow.
 */
export function rangeBars(bars: BarColumns, size: number): BarColumns {
  checkPositive('Range bars', 'size', size);
  const made = new BarList();
  const state = new Float64Array(RANGE_STATE);
  const way = new Float64Array(4);
  const found: { open: number; close: number; direction: number }[] = [];
  let volume = 0;
  for (let i = 0; i < bars.time.length; i += 1) {
    const open = bars.open[i] as number;
    const high = bars.high[i] as number;
    const low = bars.low[i] as number;
    const close = bars.close[i] as number;
    if (!Number.isFinite(open + high + low + close)) continue;
    volume += volumeOf(bars, i);
    wayOf(open, high, low, close, way);
    found.length = 0;
    for (const price of way) {
      const opened = state[RANGE_OPEN] as number;
      const count = rangeStep(state, 0, size, price);
      if (count === 0) continue;
      const direction = state[RANGE_DIRECTION] as number;
      const last = state[RANGE_CLOSE] as number;
      made.makeRoom(found.length + count);
      for (let k = count - 1; k >= 0; k -= 1) {
        const end = last - direction * k * size;
        found.push({
          open: k === count - 1 ? opened : end - direction * size,
          close: end,
          direction,
        });
      }
    }
    for (const bar of found) {
      const other = bar.close - bar.direction * size;
      made.add(bars.time[i] as number, bar.open, bar.close, volume / found.length, other);
    }
    if (found.length > 0) volume = 0;
  }
  return made.columns();
}

/**
 * Makes Heikin-Ashi bars, one for each bar, of the same time and volume. The first opens in the middle
 * of its bar. After a bar with a price that is not finite, itself without prices, it starts anew.
 */
export function heikinAshiBars(bars: BarColumns): BarColumns {
  const length = bars.time.length;
  const made = allocateColumns(length);
  made.time.set(bars.time);
  made.volume.set(bars.volume);
  let before = Number.NaN;
  for (let i = 0; i < length; i += 1) {
    const open = bars.open[i] as number;
    const high = bars.high[i] as number;
    const low = bars.low[i] as number;
    const close = bars.close[i] as number;
    const whole = Number.isFinite(open + high + low + close);
    const haClose = whole ? (open + high + low + close) / 4 : Number.NaN;
    const haOpen = !whole ? Number.NaN : before - before === 0 ? before : (open + close) / 2;
    made.open[i] = haOpen;
    made.high[i] = Math.max(high, haOpen, haClose);
    made.low[i] = Math.min(low, haOpen, haClose);
    made.close[i] = haClose;
    before = (haOpen + haClose) / 2;
  }
  return made;
}

function volumeOf(bars: BarColumns, index: number): number {
  const volume = bars.volume[index] as number;
  return volume > 0 && volume < Infinity ? volume : 0;
}

function checkPositive(owner: string, parameter: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new RenataError('BAD_INPUT', `${owner}: ${parameter} ${value} must be a number above 0.`, {
    details: { parameter },
  });
}

function checkPeriod(period: number): void {
  if (Number.isInteger(period) && period >= 1) return;
  throw new RenataError('BAD_INPUT', `Renko: period ${period} must be a whole number from 1.`, {
    details: { parameter: 'period' },
  });
}

/** Bars of unknown number. */
class BarList {
  private readonly rows: number[] = [];

  /** @throws RenataError BAD_INPUT when `more` bars would be too many. */
  makeRoom(more: number): void {
    if (this.rows.length / 6 + more <= MOST_BARS) return;
    throw new RenataError(
      'BAD_INPUT',
      `More than ${MOST_BARS} bars would be made: choose a larger size.`,
      { details: { parameter: 'size' } },
    );
  }

  add(time: number, open: number, close: number, volume: number, other = open): void {
    // Times increase strictly, as everywhere.
    const last = this.rows.at(-6) ?? -Infinity;
    this.rows.push(
      Math.max(time, last + 1),
      open,
      Math.max(open, close, other),
      Math.min(open, close, other),
      close,
      volume,
    );
  }

  columns(): BarColumns {
    const count = this.rows.length / 6;
    const bars = allocateColumns(count);
    const columns = [bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume];
    columns.forEach((column, k) => {
      for (let i = 0; i < count; i += 1) column[i] = this.rows[6 * i + k] as number;
    });
    return bars;
  }
}
