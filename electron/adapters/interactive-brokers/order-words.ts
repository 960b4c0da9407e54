import {
  decimalOf,
  isPositive,
  toNumber,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderType, TimeInForce } from '../../../engine/domain/order.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { OrderTold } from './schemas.ts';
import { readStamp, stampOf } from './times.ts';

/** Fields of an order as they go to TWS; absent ones are sent empty. */
export interface OrderWords {
  readonly action: 'BUY' | 'SELL';
  readonly totalQuantity: number;
  readonly orderType: string;
  readonly lmtPrice?: number;
  readonly auxPrice?: number;
  readonly trailStopPrice?: number;
  readonly trailingPercent?: number;
  readonly lmtPriceOffset?: number;
  readonly tif: string;
  readonly goodTillDate?: string;
  readonly outsideRth: boolean;
  readonly displaySize?: number;
}

/** How the order hangs together with others and whose it is. */
export interface OrderFrame {
  readonly account: string;
  readonly orderRef: string;
  readonly transmit: boolean;
  readonly parentId: number;
  readonly ocaGroup: string;
  readonly ocaType: number;
  readonly whatIf: boolean;
}

/** One to one, but for the orders of the open, which are told apart by their time in force. */
const TYPES: Readonly<Record<OrderType, string>> = {
  market: 'MKT',
  limit: 'LMT',
  stop: 'STP',
  stop_limit: 'STP LMT',
  trailing_stop: 'TRAIL',
  trailing_stop_limit: 'TRAIL LIMIT',
  market_if_touched: 'MIT',
  limit_if_touched: 'LIT',
  market_on_open: 'MKT',
  market_on_close: 'MOC',
  limit_on_open: 'LMT',
  limit_on_close: 'LOC',
};
const READ_TYPES: Readonly<Record<string, OrderType>> = {
  MKT: 'market',
  LMT: 'limit',
  STP: 'stop',
  'STP LMT': 'stop_limit',
  TRAIL: 'trailing_stop',
  'TRAIL LIMIT': 'trailing_stop_limit',
  MIT: 'market_if_touched',
  LIT: 'limit_if_touched',
  MOC: 'market_on_close',
  LOC: 'limit_on_close',
};
const AT_OPEN = 'OPG';
const TIMES: Readonly<Record<TimeInForce, string>> = {
  gtc: 'GTC',
  day: 'DAY',
  gtd: 'GTD',
  ioc: 'IOC',
  fok: 'FOK',
};
const READ_TIMES: Readonly<Record<string, TimeInForce>> = {
  GTC: 'gtc',
  DAY: 'day',
  GTD: 'gtd',
  IOC: 'ioc',
  FOK: 'fok',
  OPG: 'day',
  '': 'day',
};
/** Types of which `auxPrice` is the stop; of trailing ones it is the distance. */
const STOPS: ReadonlySet<OrderType> = new Set<OrderType>([
  'stop',
  'stop_limit',
  'market_if_touched',
  'limit_if_touched',
]);
const TRAILING: ReadonlySet<OrderType> = new Set<OrderType>([
  'trailing_stop',
  'trailing_stop_limit',
]);

/** @throws VenueError `not-sent` for terms that Interactive Brokers has no words for */
export function toWords(terms: OrderTerms): OrderWords {
  const { type, timeInForce } = terms;
  if (terms.postOnly === true) throw notSent('post-only orders are not taken through TWS');
  if (terms.reduceOnly === true) throw notSent('reduce-only orders are not known to TWS');
  const atOpen = type === 'market_on_open' || type === 'limit_on_open';
  if (atOpen && timeInForce !== 'day')
    throw notSent('orders for the open are good for the day only');
  const atClose = type === 'market_on_close' || type === 'limit_on_close';
  if (atClose && timeInForce !== 'day')
    throw notSent('orders for the close are good for the day only');
  if (timeInForce === 'gtd' && terms.goodTill === undefined) {
    throw notSent('a good-till-date order needs its date');
  }
  const stop = terms.stopPrice === undefined ? undefined : exact(terms.stopPrice, 'stop price');
  const trailing = TRAILING.has(type);
  const aux = trailing
    ? terms.trailAmount === undefined
      ? undefined
      : exact(terms.trailAmount, 'trailing amount')
    : stop;
  return {
    action: terms.side === 'buy' ? 'BUY' : 'SELL',
    totalQuantity: exact(terms.quantity, 'quantity'),
    orderType: TYPES[type],
    ...(terms.limitPrice === undefined || trailing
      ? {}
      : { lmtPrice: exact(terms.limitPrice, 'limit price') }),
    ...(aux === undefined ? {} : { auxPrice: aux }),
    ...(trailing && stop !== undefined ? { trailStopPrice: stop } : {}),
    ...(terms.trailPercent === undefined
      ? {}
      : { trailingPercent: exact(terms.trailPercent, 'trailing percent') }),
    ...(terms.limitOffset === undefined
      ? {}
      : { lmtPriceOffset: exact(terms.limitOffset, 'limit offset') }),
    tif: atOpen ? AT_OPEN : TIMES[timeInForce],
    ...(terms.goodTill === undefined ? {} : { goodTillDate: stampOf(terms.goodTill) }),
    outsideRth: terms.extendedHours === true,
    ...(terms.displayQuantity === undefined
      ? {}
      : { displaySize: exact(terms.displayQuantity, 'display quantity') }),
  };
}

/** Everything of one order, as the library's encoder takes it. */
export function wholeOrder(words: OrderWords, frame: OrderFrame): object {
  return {
    ...words,
    ...frame,
    // TWS takes an empty field for "not exempt" only from some versions on.
    exemptCode: -1,
    origin: 0,
    openClose: '',
    triggerMethod: 0,
    hidden: false,
    shortSaleSlot: 0,
  };
}

/**
 * Terms of an order as TWS tells it. Types that Renata does not have become the nearest: a limit order
 * where there is a limit, else a market order.
 * @throws RenataError for a quantity or price that is no number
 */
export function readTerms(order: OrderTold, zone: string): OrderTerms {
  const kind = order.orderType.toUpperCase();
  const limit = order.lmtPrice;
  const atOpen = order.tif === AT_OPEN;
  const nearest: OrderType = limit === undefined || limit === 0 ? 'market' : 'limit';
  const named = (Object.hasOwn(READ_TYPES, kind) ? READ_TYPES[kind] : undefined) ?? nearest;
  const type: OrderType =
    atOpen && named === 'market'
      ? 'market_on_open'
      : atOpen && named === 'limit'
        ? 'limit_on_open'
        : named;
  const trailing = TRAILING.has(type);
  const stop = STOPS.has(type) ? order.auxPrice : trailing ? order.trailStopPrice : undefined;
  const limited =
    type === 'limit' ||
    type === 'limit_on_open' ||
    type === 'limit_on_close' ||
    type === 'stop_limit' ||
    type === 'limit_if_touched';
  const percent = trailing && (order.trailingPercent ?? 0) > 0 ? order.trailingPercent : undefined;
  const amount =
    trailing && percent === undefined && (order.auxPrice ?? 0) > 0 ? order.auxPrice : undefined;
  const until =
    order.goodTillDate === undefined || order.goodTillDate === ''
      ? null
      : readStamp(order.goodTillDate, zone);
  return {
    side: order.action === 'BUY' ? 'buy' : 'sell',
    type,
    quantity: decimalOf(sizeOf(order)) as Quantity,
    ...(limited && limit !== undefined ? { limitPrice: decimalOf(limit) as Price } : {}),
    ...(stop === undefined || (trailing && stop === 0)
      ? {}
      : { stopPrice: decimalOf(stop) as Price }),
    ...(amount === undefined ? {} : { trailAmount: decimalOf(amount) as Price }),
    ...(percent === undefined ? {} : { trailPercent: decimalOf(percent) }),
    ...(type === 'trailing_stop_limit' && order.lmtPriceOffset !== undefined
      ? { limitOffset: decimalOf(order.lmtPriceOffset) as Price }
      : {}),
    timeInForce:
      (Object.hasOwn(READ_TIMES, order.tif) ? READ_TIMES[order.tif] : undefined) ?? 'day',
    ...(order.tif === 'GTD' && until !== null ? { goodTill: until } : {}),
    ...(order.outsideRth === true ? { extendedHours: true } : {}),
    ...((order.displaySize ?? 0) > 0
      ? { displayQuantity: decimalOf(order.displaySize as number) as Quantity }
      : {}),
  };
}

/** Whether a type is one that Renata has. */
export const isKnownType = (orderType: string): boolean =>
  READ_TYPES[orderType.toUpperCase()] !== undefined;

export const isStopType = (type: OrderType): boolean => STOPS.has(type) || TRAILING.has(type);

/** The double that prints as the same text; the library carries no other numbers. */
function exact(value: Decimal, what: string): number {
  const number = toNumber(value);
  if (!Number.isFinite(number) || decimalOf(number, what) !== value) {
    throw notSent(`the ${what} ${value} has more digits than TWS takes`);
  }
  if (what === 'quantity' && !isPositive(value)) throw notSent('the quantity must be positive');
  return number;
}

function notSent(what: string): VenueError {
  return new VenueError('not-sent', `The order was not sent: ${what}.`);
}

/** A finished order is told with 0 units; at least those that were filled were ordered, or one. */
function sizeOf({ totalQuantity, filledQuantity = 0 }: OrderTold): number {
  if (totalQuantity > 0) return totalQuantity;
  return filledQuantity > 0 ? filledQuantity : 1;
}
