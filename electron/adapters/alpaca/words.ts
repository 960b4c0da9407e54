import {
  add,
  decimal,
  isMultiple,
  ONE,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderSide, OrderType, TimeInForce } from '../../../engine/domain/order.ts';
import type { VenueOrderStatus } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AlpacaLeg, AlpacaStatus } from './schemas.ts';

/**
 * Alpaca's states in our words. `replaced` is none: the order goes on under the name of its replacement.
 * `calculated` and `done_for_day` say that nothing more comes today; a new state ends or continues it.
 */
const STATUS: Readonly<Record<AlpacaStatus, VenueOrderStatus | null>> = {
  new: 'accepted',
  accepted: 'accepted',
  pending_new: 'accepted',
  accepted_for_bidding: 'accepted',
  stopped: 'accepted',
  partially_filled: 'partially-filled',
  filled: 'filled',
  done_for_day: 'held',
  calculated: 'held',
  suspended: 'held',
  held: 'held',
  canceled: 'canceled',
  expired: 'expired',
  rejected: 'rejected',
  pending_cancel: 'pending-cancel',
  pending_replace: 'pending-update',
  replaced: null,
};
export const statusOf = (status: AlpacaStatus): VenueOrderStatus | null => STATUS[status];

type Auction = 'opg' | 'cls';
interface Words {
  readonly type: 'market' | 'limit' | 'stop' | 'stop_limit' | 'trailing_stop';
  /** Orders of an auction are marked by their time in force. */
  readonly auction?: Auction;
}

/** Our types in Alpaca's words; types that are not here it does not have. */
const TYPES: ReadonlyMap<OrderType, Words> = new Map<OrderType, Words>([
  ['market', { type: 'market' }],
  ['limit', { type: 'limit' }],
  ['stop', { type: 'stop' }],
  ['stop_limit', { type: 'stop_limit' }],
  ['trailing_stop', { type: 'trailing_stop' }],
  ['market_on_open', { type: 'market', auction: 'opg' }],
  ['market_on_close', { type: 'market', auction: 'cls' }],
  ['limit_on_open', { type: 'limit', auction: 'opg' }],
  ['limit_on_close', { type: 'limit', auction: 'cls' }],
]);
export const ORDER_TYPES_HERE: readonly OrderType[] = [...TYPES.keys()];
export const TIMES_HERE: readonly TimeInForce[] = ['day', 'gtc', 'ioc', 'fok'];

/** Fields of an order request that say its terms. */
export interface TermsBody {
  readonly side: OrderSide;
  readonly type: Words['type'];
  readonly qty: string;
  readonly time_in_force: string;
  readonly limit_price?: string;
  readonly stop_price?: string;
  readonly trail_price?: string;
  readonly trail_percent?: string;
  readonly extended_hours?: true;
}

/** @throws VenueError `not-sent` with a sentence for combinations that Alpaca has not */
export function bodyOf(terms: OrderTerms): TermsBody {
  const words = TYPES.get(terms.type);
  if (words === undefined) throw notSent(`Alpaca has no ${terms.type} orders.`);
  const { timeInForce } = terms;
  if (words.auction !== undefined && timeInForce !== 'day') {
    throw notSent(
      `An order of an auction holds for one day; choose day in place of ${timeInForce}.`,
    );
  }
  if (!TIMES_HERE.includes(timeInForce)) {
    throw notSent(`Alpaca has no time in force ${timeInForce}; choose ${TIMES_HERE.join(', ')}.`);
  }
  const atOnce = timeInForce === 'ioc' || timeInForce === 'fok';
  if (atOnce && terms.type !== 'market' && terms.type !== 'limit') {
    throw notSent(`Alpaca takes ${timeInForce} for market and limit orders alone.`);
  }
  if (terms.extendedHours === true && (terms.type !== 'limit' || timeInForce !== 'day')) {
    throw notSent('Outside of regular hours Alpaca takes limit orders for the day alone.');
  }
  if (isFractional(terms.quantity)) {
    if (timeInForce !== 'day' || words.auction !== undefined || words.type === 'trailing_stop') {
      throw notSent(
        'Alpaca takes parts of a share for the day alone, as market, limit, stop or stop-limit orders.',
      );
    }
  }
  if (terms.type === 'trailing_stop' && terms.stopPrice !== undefined) {
    throw notSent('At Alpaca a trailing stop begins at the market; leave the stop price out.');
  }
  if (terms.postOnly === true || terms.displayQuantity !== undefined) {
    throw notSent('Alpaca has neither post-only nor iceberg orders.');
  }
  const { limitPrice, stopPrice, trailAmount, trailPercent } = terms;
  return {
    side: terms.side,
    type: words.type,
    qty: terms.quantity,
    time_in_force: words.auction ?? timeInForce,
    ...(limitPrice === undefined ? {} : { limit_price: limitPrice }),
    ...(stopPrice === undefined ? {} : { stop_price: stopPrice }),
    ...(trailAmount === undefined ? {} : { trail_price: trailAmount }),
    ...(trailPercent === undefined ? {} : { trail_percent: trailPercent }),
    ...(terms.extendedHours === true ? { extended_hours: true } : {}),
  };
}

/**
 * Terms of an order as Alpaca has it.
 * @param before units that the orders filled which it replaced
 * @returns null for what our words do not hold: options, orders for an amount of money that is not filled
 */
export function termsOf(order: AlpacaLeg, before: Decimal): OrderTerms | null {
  if (order.asset_class !== '' && order.asset_class !== 'us_equity') return null;
  const side = sideOf(order.side);
  const auction = order.time_in_force === 'opg' || order.time_in_force === 'cls';
  const type = ORDER_TYPES_HERE.find((each) => {
    const words = TYPES.get(each);
    return (
      words?.type === order.type && words.auction === (auction ? order.time_in_force : undefined)
    );
  });
  const timeInForce = auction
    ? 'day'
    : TIMES_HERE.find((each) => each === (order.time_in_force as TimeInForce));
  const done = order.status === 'filled' || order.status === 'canceled';
  const own = order.qty ?? (done ? order.filled_qty : null);
  if (side === null || type === undefined || timeInForce === undefined) return null;
  if (own === null || own === ZERO) return null;
  const trails = type === 'trailing_stop';
  return {
    side,
    type,
    quantity: add(own, before) as Quantity,
    timeInForce,
    ...(order.limit_price === null ? {} : { limitPrice: order.limit_price as Price }),
    // The stop of a trailing order follows the market; it is not what was ordered.
    ...(order.stop_price === null || trails ? {} : { stopPrice: order.stop_price as Price }),
    ...(order.trail_price === null ? {} : { trailAmount: order.trail_price as Price }),
    ...(order.trail_percent === null ? {} : { trailPercent: order.trail_percent }),
    ...(order.extended_hours ? { extendedHours: true } : {}),
  };
}

export function sideOf(text: string): OrderSide | null {
  if (text === 'buy') return 'buy';
  return text === 'sell' || text === 'sell_short' ? 'sell' : null;
}

export const isFractional = (quantity: Decimal): boolean => !isMultiple(quantity, ONE);

/** A price of statistics; one that cannot be read is not worth an error. */
export function priceOrNull(text: string | null): Price | null {
  if (text === null) return null;
  try {
    return decimal(text) as Price;
  } catch {
    return null;
  }
}

export function notSent(message: string): VenueError {
  return new VenueError('not-sent', message, { code: 'NOT_AT_ALPACA' });
}
