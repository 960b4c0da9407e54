import { RenataError } from '../../domain/errors.ts';
import { ORDER_SIDES, ORDER_TYPES, TIMES_IN_FORCE, type OrderType } from '../../domain/order.ts';
import type { BracketRequest, OrderChange, OrderRequest } from '../strategy.ts';
import { WorkingOrder } from './working-order.ts';

const LIMITS: ReadonlySet<OrderType> = new Set([
  'limit',
  'stop_limit',
  'limit_if_touched',
  'limit_on_open',
  'limit_on_close',
]);
const STOPS: ReadonlySet<OrderType> = new Set([
  'stop',
  'stop_limit',
  'market_if_touched',
  'limit_if_touched',
]);
const TRAILING: ReadonlySet<OrderType> = new Set(['trailing_stop', 'trailing_stop_limit']);
const AUCTIONS: ReadonlySet<OrderType> = new Set([
  'market_on_open',
  'market_on_close',
  'limit_on_open',
  'limit_on_close',
]);

const NUMBERS = [
  'limitPrice',
  'stopPrice',
  'trailAmount',
  'trailPercent',
  'limitOffset',
  'goodTill',
  'parent',
  'oco',
] as const;

/**
 * An order as it was asked for.
 * @throws RenataError STRATEGY_FAILED for one that cannot work
 */
export function orderFrom(id: number, request: OrderRequest): WorkingOrder {
  const { side, type = 'market', reduceOnly = false, tag = '', timeInForce = 'gtc' } = request;
  checkRequest(request, type);
  const order = new WorkingOrder({
    id,
    side,
    type,
    reduceOnly,
    tag,
    timeInForce,
    goodTill: request.goodTill ?? Number.NaN,
    parent: request.parent ?? -1,
  });
  apply(order, request);
  return order;
}

/** The orders of a bracket. */
export interface BracketLegs {
  readonly entry: OrderRequest;
  readonly stop: OrderRequest | null;
  readonly target: OrderRequest | null;
}

/**
 * What a bracket asks for; all is looked at before one order is given, so that an entry never stays
 * alone because its stop was wrong.
 * @throws RenataError STRATEGY_FAILED when one of the orders cannot work
 */
export function bracketLegs({ entry, stopLoss, takeProfit }: BracketRequest): BracketLegs {
  const side = entry.side === 'buy' ? 'sell' : 'buy';
  const tag = entry.tag ?? '';
  const out = { side, reduceOnly: true } as const;
  const stop: OrderRequest | null =
    stopLoss === undefined
      ? null
      : { type: 'stop', tag: `${tag} stop`.trim(), ...stopLoss, ...out };
  const target: OrderRequest | null =
    takeProfit === undefined
      ? null
      : { type: 'limit', tag: `${tag} target`.trim(), ...takeProfit, ...out };
  for (const request of [entry, stop, target]) if (request !== null) orderFrom(-1, request);
  return { entry, stop, target };
}

/** @throws RenataError STRATEGY_FAILED for values that cannot be */
export function amendOrder(order: WorkingOrder, change: OrderChange): void {
  for (const [name, value] of Object.entries(change) as [string, number | undefined][]) {
    if (value === undefined) continue;
    const least = name === 'limitPrice' || name === 'stopPrice' ? Number.NEGATIVE_INFINITY : 0;
    const sound = Number.isFinite(value) && (name === 'limitOffset' ? value >= 0 : value > least);
    if (!sound) wrong(`${name} ${value} is not possible`);
  }
  apply(order, change);
}

function apply(order: WorkingOrder, change: OrderChange): void {
  order.quantity = change.quantity ?? order.quantity;
  order.limitPrice = change.limitPrice ?? order.limitPrice;
  order.stopPrice = change.stopPrice ?? order.stopPrice;
  order.limitOffset = change.limitOffset ?? order.limitOffset;
  if (change.trailAmount !== undefined) order.trailPercent = Number.NaN;
  order.trailAmount = change.trailAmount ?? order.trailAmount;
  order.trailPercent = change.trailPercent ?? order.trailPercent;
}

function wrong(what: string): never {
  throw new RenataError('STRATEGY_FAILED', `The strategy gave an order that cannot work: ${what}.`);
}

function checkRequest(request: OrderRequest, type: OrderType): void {
  const { quantity, limitPrice, stopPrice, timeInForce, goodTill } = request;
  // Strategies are written by others, so their types are not believed.
  if (!ORDER_SIDES.includes(request.side)) wrong(`side ${request.side} is not buy or sell`);
  if (!ORDER_TYPES.includes(type)) wrong(`there is no type ${type}`);
  if (timeInForce !== undefined && !TIMES_IN_FORCE.includes(timeInForce)) {
    wrong(`there is no time in force ${timeInForce}`);
  }
  if (typeof (request.tag ?? '') !== 'string') wrong('its tag is no text');
  for (const name of NUMBERS) {
    if (typeof (request[name] ?? 0) !== 'number') wrong(`${name} is no number`);
  }
  if (quantity !== undefined && !(quantity > 0 && Number.isFinite(quantity))) {
    wrong(`quantity ${quantity} must be a number above 0`);
  }
  if (LIMITS.has(type) && !Number.isFinite(limitPrice))
    wrong(`a ${type} order needs a limit price`);
  if (STOPS.has(type) && !Number.isFinite(stopPrice)) wrong(`a ${type} order needs a stop price`);
  if (TRAILING.has(type)) checkTrailing(request, type);
  if (timeInForce === 'gtd' && !Number.isFinite(goodTill)) wrong('gtd needs a time, goodTill');
  if (AUCTIONS.has(type) && timeInForce !== undefined && timeInForce !== 'day') {
    // These end with their auction, whatever is asked.
    if (timeInForce !== 'gtc') wrong(`a ${type} order cannot be ${timeInForce}`);
  }
}

function checkTrailing(
  { trailAmount, trailPercent, limitOffset }: OrderRequest,
  type: string,
): void {
  const given = [trailAmount, trailPercent].filter((distance) => distance !== undefined);
  const [distance] = given;
  if (
    given.length !== 1 ||
    distance === undefined ||
    !(distance > 0 && Number.isFinite(distance))
  ) {
    wrong(`a ${type} order needs trailAmount or trailPercent, one of the two and above 0`);
  }
  if (trailPercent !== undefined && trailPercent >= 100) wrong('trailPercent must be below 100');
  if (limitOffset !== undefined && !(limitOffset >= 0 && Number.isFinite(limitOffset))) {
    wrong('limitOffset must be 0 or more');
  }
}
