import type { Frame } from './metrics.ts';
import type { FillList } from './signals.ts';

/**
 * Fills of reversion to the mean: a limit order at the close while the oscillator lies below `lower`
 * (above `upper` for a short position), renewed on every bar; out at the market on the other side.
 */
export function limitFills(
  frame: Frame,
  oscillator: Float64Array,
  lower: number,
  upper: number,
  out: FillList,
): void {
  out.clear();
  const { open, high, low, close } = frame.bars;
  const { fill, short } = frame.settings;
  const sameClose = fill === 'same-close';
  let position = 0;
  /** What the limit order of the bar before would open, and whether a market order is to leave. */
  let waits = 0;
  let leaves = false;
  for (let i = 0; i < frame.length; i += 1) {
    const opening = open[i] as number;
    if (leaves) {
      out.push(i, 0, opening, false);
      position = 0;
      leaves = false;
    } else if (waits !== 0) {
      const limit = close[i - 1] as number;
      const better = waits > 0 ? opening <= limit : opening >= limit;
      const reached = waits > 0 ? (low[i] as number) <= limit : (high[i] as number) >= limit;
      if (better || reached) {
        out.push(i, waits, better ? opening : limit, true);
        position = waits;
      }
    }
    waits = 0;
    const value = oscillator[i] as number;
    if (value < lower) {
      if (position === 0) waits = 1;
      else if (position < 0) leaves = true;
    } else if (value > upper) {
      if (position > 0) leaves = true;
      else if (position === 0 && short) waits = -1;
    }
    if (leaves && sameClose) {
      out.push(i, 0, close[i] as number, false);
      position = 0;
      leaves = false;
    }
  }
}

/**
 * Fills of a breakout: a buy stop at the upper band (and a sell stop at the lower one where short
 * positions are allowed), renewed on every bar; out at the market beyond the middle.
 */
export function bandFills(
  frame: Frame,
  upper: Float64Array,
  middle: Float64Array,
  lower: Float64Array,
  out: FillList,
): void {
  out.clear();
  const { open, high, low, close } = frame.bars;
  const { fill, short } = frame.settings;
  const sameClose = fill === 'same-close';
  let position = 0;
  let waits = false;
  let leaves = false;
  for (let i = 0; i < frame.length; i += 1) {
    const opening = open[i] as number;
    if (leaves) {
      out.push(i, 0, opening, false);
      position = 0;
      leaves = false;
    } else if (waits) {
      const buy = upper[i - 1] as number;
      const sell = lower[i - 1] as number;
      // At the open first, then inside the bar, the buy stop before the sell stop: it was given first.
      if (opening >= buy) position = 1;
      else if (short && opening <= sell) position = -1;
      if (position !== 0) {
        out.push(i, position, opening, false);
      } else if ((high[i] as number) >= buy) {
        position = 1;
        out.push(i, 1, buy, false);
      } else if (short && (low[i] as number) <= sell) {
        position = -1;
        out.push(i, -1, sell, false);
      }
    }
    waits = false;
    const centre = middle[i] as number;
    if (Number.isNaN(centre)) continue;
    const price = close[i] as number;
    if ((position > 0 && price < centre) || (position < 0 && price > centre)) {
      if (sameClose) {
        out.push(i, 0, price, false);
        position = 0;
      } else {
        leaves = true;
      }
    } else if (position === 0) {
      waits = true;
    }
  }
}
