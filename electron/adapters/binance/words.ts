import {
  compare,
  decimal,
  divide,
  isPositive,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderSide, OrderType, TimeInForce } from '../../../engine/domain/order.ts';
import type { VenueOrderStatus } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { BinanceStatus } from './schemas.ts';

/** Binance's states in our words. */
const STATUS: Readonly<Record<BinanceStatus, VenueOrderStatus>> = {
  NEW: 'accepted',
  PENDING_NEW: 'held',
  PARTIALLY_FILLED: 'partially-filled',
  FILLED: 'filled',
  CANCELED: 'canceled',
  PENDING_CANCEL: 'pending-cancel',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
  EXPIRED_IN_MATCH: 'expired',
};

/** @param working whether the order is on the book; one with a stop is not before it is reached */
export function statusOf(status: BinanceStatus, type: string, working: boolean): VenueOrderStatus {
  const told = STATUS[status];
  return told === 'accepted' && working && isTriggered(type) ? 'triggered' : told;
}

export const BINANCE_TYPES = [
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
] as const;
export type BinanceType = (typeof BINANCE_TYPES)[number];

/** Our types in Binance's words; types that are not here it does not have. */
const TYPES: ReadonlyMap<OrderType, BinanceType> = new Map<OrderType, BinanceType>([
  ['market', 'MARKET'],
  ['limit', 'LIMIT'],
  ['stop', 'STOP_LOSS'],
  ['stop_limit', 'STOP_LOSS_LIMIT'],
  ['market_if_touched', 'TAKE_PROFIT'],
  ['limit_if_touched', 'TAKE_PROFIT_LIMIT'],
]);
export const ORDER_TYPES_HERE: readonly OrderType[] = [...TYPES.keys()];

const TIMES: ReadonlyMap<TimeInForce, string> = new Map<TimeInForce, string>([
  ['gtc', 'GTC'],
  ['ioc', 'IOC'],
  ['fok', 'FOK'],
]);
export const TIMES_HERE: readonly TimeInForce[] = [...TIMES.keys()];

/** Types with a price to which they hold, those that wait for a stop, and those that take what there is. */
const LIMITED: ReadonlySet<string> = new Set<BinanceType>([
  'LIMIT',
  'LIMIT_MAKER',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT_LIMIT',
]);
const STOPPED: ReadonlySet<string> = new Set<BinanceType>([
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
]);
/** Types that say how long they hold. */
const TIMED: ReadonlySet<string> = new Set<BinanceType>([
  'LIMIT',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT_LIMIT',
]);
export const isTriggered = (type: string): boolean => STOPPED.has(type);
export const takesMarket = (type: string): boolean =>
  type === 'MARKET' || type === 'STOP_LOSS' || type === 'TAKE_PROFIT';

/** Parameters of an order request that say its terms. */
export interface TermsQuery {
  readonly side: 'BUY' | 'SELL';
  readonly type: BinanceType;
  readonly quantity: string;
  readonly timeInForce?: string;
  readonly price?: string;
  readonly stopPrice?: string;
  readonly icebergQty?: string;
}

/** @throws VenueError `not-sent` with a sentence for combinations that Binance has not */
export function queryOf(terms: OrderTerms): TermsQuery {
  const named = TYPES.get(terms.type);
  if (named === undefined) throw notSent(`Binance has no ${terms.type} orders.`);
  const type: BinanceType = named === 'LIMIT' && terms.postOnly === true ? 'LIMIT_MAKER' : named;
  const { timeInForce, limitPrice, stopPrice, displayQuantity, quantity } = terms;
  const time = TIMES.get(timeInForce);
  if (time === undefined) {
    throw notSent(`Binance has no time in force ${timeInForce}; choose ${TIMES_HERE.join(', ')}.`);
  }
  if (terms.extendedHours === true) throw notSent('Binance knows no extended hours.');
  if (terms.postOnly === true && named !== 'LIMIT')
    throw notSent('At Binance only limit orders can be post-only.');
  if (type === 'MARKET' && timeInForce === 'fok')
    throw notSent('A market order at Binance fills what there is; choose gtc or ioc.');
  if (type !== 'MARKET' && !TIMED.has(type) && timeInForce !== 'gtc') {
    throw notSent(`At Binance this order holds until it is cancelled; choose gtc.`);
  }
  if (LIMITED.has(type) && limitPrice === undefined)
    throw notSent(`A ${terms.type} order needs a limit price.`);
  if (STOPPED.has(type) && stopPrice === undefined)
    throw notSent(`A ${terms.type} order needs a stop price.`);
  if (displayQuantity !== undefined) {
    if (!LIMITED.has(type) || timeInForce !== 'gtc')
      throw notSent('At Binance an iceberg order is a limit order with the time in force gtc.');
    if (compare(displayQuantity, quantity) >= 0)
      throw notSent('The shown part of an iceberg order must be less than its quantity.');
  }
  return {
    side: terms.side === 'buy' ? 'BUY' : 'SELL',
    type,
    quantity,
    ...(TIMED.has(type) ? { timeInForce: time } : {}),
    ...(LIMITED.has(type) ? { price: limitPrice as string } : {}),
    ...(STOPPED.has(type) ? { stopPrice: stopPrice as string } : {}),
    ...(displayQuantity === undefined ? {} : { icebergQty: displayQuantity }),
  };
}

/** What Binance says of the terms of an order. */
export interface TermsTold {
  readonly side: 'BUY' | 'SELL';
  readonly type: string;
  readonly timeInForce: string;
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly stopPrice: Decimal;
  readonly icebergQty: Decimal;
  /** Hundredths of a percent that a trailing order follows the market by. */
  readonly trailingDelta: number | null;
}

const HUNDRED = decimal('100');

/** Terms of an order as Binance has it; null for what our words do not hold. */
export function termsOf(told: TermsTold): OrderTerms | null {
  const { type, price, stopPrice, icebergQty, trailingDelta } = told;
  const maker = type === 'LIMIT_MAKER';
  const plain = ORDER_TYPES_HERE.find((each) => TYPES.get(each) === (maker ? 'LIMIT' : type));
  const timeInForce = TIMES_HERE.find((each) => TIMES.get(each) === told.timeInForce);
  if (plain === undefined || timeInForce === undefined || !isPositive(told.quantity)) return null;
  const trails = trailingDelta !== null && trailingDelta > 0;
  const limited = LIMITED.has(type) && price !== ZERO;
  const own: OrderType = !trails ? plain : limited ? 'trailing_stop_limit' : 'trailing_stop';
  return {
    side: sideOf(told.side),
    type: own,
    quantity: told.quantity as Quantity,
    timeInForce,
    ...(limited ? { limitPrice: price as Price } : {}),
    ...(STOPPED.has(type) && stopPrice !== ZERO ? { stopPrice: stopPrice as Price } : {}),
    ...(trails
      ? { trailPercent: divide(decimal(String(trailingDelta)), HUNDRED, 2, 'half-even') }
      : {}),
    ...(maker ? { postOnly: true } : {}),
    ...(icebergQty === ZERO ? {} : { displayQuantity: icebergQty as Quantity }),
  };
}

export const sideOf = (side: 'BUY' | 'SELL'): OrderSide => (side === 'BUY' ? 'buy' : 'sell');

const PRICE_PLACES = 12;

/** Average price of what was filled; null when nothing was, or when the venue does not know what was paid. */
export function averageOf(filled: Decimal, paid: Decimal): Price | null {
  if (!isPositive(filled) || !isPositive(paid)) return null;
  return divide(paid, filled, PRICE_PLACES, 'half-even') as Price;
}

export function notSent(message: string): VenueError {
  return new VenueError('not-sent', message, { code: 'NOT_AT_BINANCE' });
}
