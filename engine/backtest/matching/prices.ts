import type { BarColumns } from '../../domain/bar.ts';
import type { WorkingOrder } from './working-order.ts';

/**
 * What one price, or the range of a bar, does to one order. Nothing here knows of money or positions.
 */

/** Prices of a bar, read once. */
export interface Prices {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export function pricesOf(bars: BarColumns, bar: number): Prices {
  return {
    open: bars.open[bar] as number,
    high: bars.high[bar] as number,
    low: bars.low[bar] as number,
    close: bars.close[bar] as number,
  };
}

/** The market is at the stop or has gone through it: up for a buy, down for a sell. */
export function stopReached(order: WorkingOrder, high: number, low: number): boolean {
  return order.buys ? high >= order.stopPrice : low <= order.stopPrice;
}

/** The trigger of a touched order lies on the other side: below the market for a buy. */
export function touched(order: WorkingOrder, high: number, low: number): boolean {
  return order.buys ? low <= order.stopPrice : high >= order.stopPrice;
}

export function limitReached(order: WorkingOrder, high: number, low: number): boolean {
  return order.buys ? low <= order.limitPrice : high >= order.limitPrice;
}

/** The worse of two prices for the order: what a stop gets when the open lies beyond it already. */
export function worse(order: WorkingOrder, a: number, b: number): number {
  return order.buys === a > b ? a : b;
}

/** The better of two prices for the order: what a limit gets when the open is better. */
export function better(order: WorkingOrder, a: number, b: number): number {
  return order.buys === a < b ? a : b;
}

/** Level of a trailing stop whose best price so far is `best`. */
export function trailingLevel(order: WorkingOrder, best: number): number {
  const distance = Number.isNaN(order.trailPercent)
    ? order.trailAmount
    : (best * order.trailPercent) / 100;
  return order.buys ? best + distance : best - distance;
}

/** Moves a trailing stop after a price; it never moves back. */
export function trail(order: WorkingOrder, price: number): void {
  const level = trailingLevel(order, price);
  const behind = order.buys ? level >= order.stopPrice : level <= order.stopPrice;
  // One that was given before any price was known begins here.
  if (!behind) order.stopPrice = level;
}

/** Puts a trailing stop at its distance from the price at which it begins, unless it was given a level. */
export function startTrailing(order: WorkingOrder, price: number): void {
  if (order.trails && Number.isNaN(order.stopPrice)) order.stopPrice = trailingLevel(order, price);
}

/** The stop has been reached: from here on it is a market or a limit order. */
export function trigger(order: WorkingOrder): void {
  order.triggered = true;
  if (order.type === 'trailing_stop_limit') {
    order.limitPrice = order.buys
      ? order.stopPrice + order.limitOffset
      : order.stopPrice - order.limitOffset;
  }
}

/**
 * Price at which the range of a bar fills a waiting order; undefined when it does not. The open is known
 * to come first, so an order that it is beyond already is filled there.
 */
export function priceInside(
  order: WorkingOrder,
  open: number,
  high: number,
  low: number,
): number | undefined {
  if (order.stops) {
    return !order.triggered && stopReached(order, high, low)
      ? worse(order, open, order.stopPrice)
      : undefined;
  }
  if (order.type === 'market_if_touched') {
    return !order.triggered && touched(order, high, low)
      ? better(order, open, order.stopPrice)
      : undefined;
  }
  if (order.type === 'limit' || (order.triggered && order.limited)) {
    return limitReached(order, high, low) ? better(order, open, order.limitPrice) : undefined;
  }
  return undefined;
}

/**
 * Whether a level that the bar reached was reached after an entry at `entry`, whatever the path: a price
 * beyond the entry is passed after it; one on the other side is when the bar closes beyond it.
 */
export function reachedAfter(open: number, entry: number, level: number, close: number): boolean {
  const way = Math.sign(entry - open);
  if (way === 0 || (level - entry) * way >= 0) return true;
  return (close - level) * way <= 0;
}
