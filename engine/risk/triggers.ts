import { compare, type Decimal } from '../domain/decimal.ts';
import type { OrderTerms } from '../domain/live-order.ts';
import type { OrderType } from '../domain/order.ts';
import { positivePrice } from './valuation.ts';
import type { Mark } from './view.ts';

/** Orders without a price of their own, now or in an auction. */
const PRICELESS: ReadonlySet<OrderType> = new Set<OrderType>([
  'market',
  'market_on_open',
  'market_on_close',
]);
/** Orders that are orders at the market once their trigger is reached. */
const LIMITLESS: ReadonlySet<OrderType> = new Set<OrderType>([
  'stop',
  'trailing_stop',
  'market_if_touched',
]);
const TOUCHED: ReadonlySet<OrderType> = new Set<OrderType>([
  'market_if_touched',
  'limit_if_touched',
]);

/**
 * Whether an order trades at whatever the market asks: as one at the market, or as one that waits for a
 * price which the market has passed already. null where that depends on a market that nobody knows.
 */
export function takesAnyPrice(terms: OrderTerms, mark: Mark | null): boolean | null {
  if (PRICELESS.has(terms.type)) return true;
  if (!LIMITLESS.has(terms.type) || terms.stopPrice === undefined) return false;
  return triggerReached(terms, mark);
}

/** Whether the market is already where the trigger of an order is; orders without a trigger have none to reach. */
export function goesOffAtOnce(terms: OrderTerms, mark: Mark | null): boolean {
  return triggerReached(terms, mark) === true;
}

/**
 * Venues differ: some trade such an order at once, some refuse it. They compare with the last trade as long
 * as it lies within the quote; one that lies outside is an old one.
 */
function triggerReached({ type, side, stopPrice }: OrderTerms, mark: Mark | null): boolean | null {
  if (stopPrice === undefined) return false;
  const falling = (side === 'sell') !== TOUCHED.has(type);
  const market = mark === null ? null : tradedAt(mark, falling);
  if (market === null) return null;
  const past = compare(market, stopPrice);
  return falling ? past <= 0 : past >= 0;
}

/** The last trade within the quote; without one, the side of the quote that reaches the trigger first. */
function tradedAt({ bid, ask, last }: Mark, falling: boolean): Decimal | null {
  let traded = last;
  if (!(last > 0)) traded = falling ? bid : ask;
  else if (ask > 0 && last > ask) traded = ask;
  else if (bid > 0 && last < bid) traded = bid;
  return positivePrice(traded);
}
