import {
  compare,
  decimal,
  divide,
  isMultiple,
  isPositive,
  multiply,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { BinanceSymbol } from './schemas.ts';
import { isTriggered, notSent, queryOf, takesMarket, type BinanceType } from './words.ts';

interface Sizes {
  /** 0 where there is no rule. */
  readonly step: Decimal;
  readonly least: Decimal;
  readonly most: Decimal;
}

/** Rules of one pair that orders follow; an amount of 0 is no rule, null a rule that there is not. */
export interface Rules {
  readonly tick: Decimal;
  readonly leastPrice: Decimal;
  readonly mostPrice: Decimal;
  readonly lot: Sizes;
  readonly marketLot: Sizes;
  readonly minNotional: Decimal;
  readonly maxNotional: Decimal;
  readonly icebergParts: number | null;
  readonly maxOrders: number | null;
  readonly maxStopOrders: number | null;
  readonly types: ReadonlySet<string>;
  readonly iceberg: boolean;
  readonly oco: boolean;
}

type Filter = BinanceSymbol['filters'][number];

/** @throws RenataError BAD_INPUT for a filter that holds no numbers */
export function rulesOf(symbol: BinanceSymbol): Rules {
  const find = (...types: string[]): Filter | undefined =>
    symbol.filters.find(({ filterType }) => types.includes(filterType));
  const price = find('PRICE_FILTER');
  const notional = find('NOTIONAL', 'MIN_NOTIONAL');
  return {
    tick: amount(price, 'tickSize'),
    leastPrice: amount(price, 'minPrice'),
    mostPrice: amount(price, 'maxPrice'),
    lot: sizes(find('LOT_SIZE')),
    marketLot: sizes(find('MARKET_LOT_SIZE')),
    minNotional: amount(notional, 'minNotional'),
    maxNotional: amount(notional, 'maxNotional'),
    icebergParts: count(find('ICEBERG_PARTS'), 'limit'),
    maxOrders: count(find('MAX_NUM_ORDERS'), 'maxNumOrders'),
    maxStopOrders: count(find('MAX_NUM_ALGO_ORDERS'), 'maxNumAlgoOrders'),
    types: new Set(symbol.orderTypes),
    iceberg: symbol.icebergAllowed,
    oco: symbol.ocoAllowed,
  };
}

function sizes(filter: Filter | undefined): Sizes {
  return {
    step: amount(filter, 'stepSize'),
    least: amount(filter, 'minQty'),
    most: amount(filter, 'maxQty'),
  };
}

function amount(filter: Filter | undefined, name: string): Decimal {
  const value = filter?.[name];
  return typeof value === 'string' ? decimal(value, name) : ZERO;
}

function count(filter: Filter | undefined, name: string): number | null {
  const value = filter?.[name];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}

/**
 * Holds an order against the rules of its pair, so that a clear sentence comes instead of a code.
 * @throws VenueError `not-sent`
 */
export function checkRules(symbol: string, rules: Rules, terms: OrderTerms): void {
  const { type } = queryOf(terms);
  if (!rules.types.has(type)) {
    const known = [...rules.types].join(', ');
    throw notSent(`${symbol} does not take ${type} orders at Binance; it takes ${known}.`);
  }
  checkQuantity(symbol, rules, terms, type);
  for (const [what, price] of [
    ['limit price', terms.limitPrice],
    ['stop price', terms.stopPrice],
  ] as const) {
    if (price === undefined) continue;
    const { leastPrice, mostPrice, tick } = rules;
    if (isPositive(leastPrice) && compare(price, leastPrice) < 0)
      throw notSent(`The ${what} of ${price} is less than ${leastPrice}, the least for ${symbol}.`);
    if (isPositive(mostPrice) && compare(price, mostPrice) > 0)
      throw notSent(`The ${what} of ${price} is more than ${mostPrice}, the most for ${symbol}.`);
    if (isPositive(tick) && !isMultiple(price, tick))
      throw notSent(`The ${what} of ${price} is not on a tick of ${tick}.`);
  }
  if (terms.limitPrice === undefined) return;
  const worth = multiply(terms.quantity, terms.limitPrice);
  if (isPositive(rules.minNotional) && compare(worth, rules.minNotional) < 0)
    throw notSent(`The order is worth ${worth}, less than ${rules.minNotional} for ${symbol}.`);
  if (isPositive(rules.maxNotional) && compare(worth, rules.maxNotional) > 0)
    throw notSent(`The order is worth ${worth}, more than ${rules.maxNotional} for ${symbol}.`);
}

function checkQuantity(symbol: string, rules: Rules, terms: OrderTerms, type: BinanceType): void {
  const { quantity, displayQuantity } = terms;
  const kinds: readonly (readonly [string, Sizes])[] = takesMarket(type)
    ? [
        ['', rules.lot],
        [' as a market order', rules.marketLot],
      ]
    : [['', rules.lot]];
  for (const [how, { step, least, most }] of kinds) {
    if (isPositive(least) && compare(quantity, least) < 0)
      throw notSent(`${quantity} is less than ${least}, the least for ${symbol}${how}.`);
    if (isPositive(most) && compare(quantity, most) > 0)
      throw notSent(`${quantity} is more than ${most}, the most for ${symbol}${how}.`);
    if (isPositive(step) && !isMultiple(quantity, step))
      throw notSent(`${quantity} is not a multiple of ${step}, the step for ${symbol}${how}.`);
  }
  if (displayQuantity === undefined) return;
  if (!rules.iceberg) throw notSent(`${symbol} takes no iceberg orders at Binance.`);
  const { icebergParts } = rules;
  const parts = Number(divide(quantity, displayQuantity, 0, 'away-from-zero'));
  if (icebergParts !== null && parts > icebergParts) {
    throw notSent(
      `The shown part of ${displayQuantity} would cut the order into ${parts} parts; ${icebergParts} are the most for ${symbol}.`,
    );
  }
}

/**
 * How many orders a pair may have open; an account that is full is told before the venue refuses.
 * @param open open orders of the pair that are known here, with their types
 * @throws VenueError `not-sent`
 */
export function checkRoom(
  symbol: string,
  rules: Rules,
  open: readonly { readonly type: string }[],
  more: readonly { readonly type: string }[],
): void {
  const { maxOrders, maxStopOrders } = rules;
  if (maxOrders !== null && open.length + more.length > maxOrders)
    throw notSent(
      `${open.length} orders are open in ${symbol}; ${maxOrders} are the most. Cancel some first.`,
    );
  const stops = open.filter(({ type }) => isTriggered(type)).length;
  const added = more.filter(({ type }) => isTriggered(type)).length;
  if (maxStopOrders !== null && added > 0 && stops + added > maxStopOrders)
    throw notSent(
      `${stops} stop orders are open in ${symbol}; ${maxStopOrders} are the most. Cancel some first.`,
    );
}
