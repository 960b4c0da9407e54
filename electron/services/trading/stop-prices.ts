import {
  absolute,
  add,
  compare,
  decimalOf,
  multiply,
  roundToStep,
  subtract,
  toNumber,
  type Decimal,
  type Price,
} from '../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderSide } from '../../../engine/domain/order.ts';
import type { Mark } from '../../../engine/risk/view.ts';

/** The last trade, as far as the quotes of now do not belie it. */
export function tradingPrice({ bid, ask, last }: Mark): number {
  if (!Number.isFinite(bid) || !Number.isFinite(ask)) return last;
  if (!Number.isFinite(last)) return (bid + ask) / 2;
  return Math.min(Math.max(last, bid), ask);
}

/** Whether a stop trails the market, so that its level follows the best price. */
export const trails = ({ trailAmount, trailPercent }: OrderTerms): boolean =>
  trailAmount !== undefined || trailPercent !== undefined;

/** The price at which a stop is reached, given the best price since it is kept where it trails. */
export function stopLevel(terms: OrderTerms, best: number): number {
  const { side, stopPrice, trailAmount, trailPercent } = terms;
  const fixed = stopPrice === undefined ? Number.NaN : toNumber(stopPrice);
  if (!trails(terms)) return fixed;
  const sells = side === 'sell';
  const distance =
    trailAmount === undefined
      ? (best * toNumber(trailPercent as Decimal)) / 100
      : toNumber(trailAmount);
  const own = sells ? best - distance : best + distance;
  return Number.isNaN(fixed) ? own : betterFor(side)(fixed, own);
}

/** The price that is better for the position that a stop of a side protects. */
export const betterFor = (side: OrderSide): ((a: number, b: number) => number) =>
  side === 'sell' ? Math.max : Math.min;

/** A price so far on the bad side of another, on a tick. */
export function beyond(
  price: number,
  part: number,
  side: OrderSide,
  tickOf: (price: Decimal) => Price,
): Price {
  const from = decimalOf(Number(price.toFixed(10)));
  const off = multiply(absolute(from), decimalOf(part));
  const exact = side === 'sell' ? subtract(from, off) : add(from, off);
  const tick = tickOf(exact);
  const near = roundToStep(exact, tick, 'half-even');
  const inside = side === 'sell' ? compare(near, exact) > 0 : compare(near, exact) < 0;
  if (!inside) return near as Price;
  return (side === 'sell' ? subtract(near, tick) : add(near, tick)) as Price;
}
