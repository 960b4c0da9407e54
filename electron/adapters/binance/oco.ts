import { compare } from '../../../engine/domain/decimal.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import type { Query } from '../../net/rest-client.ts';
import { checkRules, type Rules } from './filters.ts';
import { notSent, queryOf } from './words.ts';

/** One request for two orders of which one takes the other away. */
export interface PairRequest {
  readonly query: Query;
  readonly types: readonly { readonly type: string }[];
}

/**
 * A limit order and a stop order of one side and quantity: the one above the market and the one below it.
 * The limit order of a pair is post-only at Binance. Both legs keep their names.
 * @throws VenueError `not-sent` with a sentence for what Binance does not hold
 */
export function pairRequest(
  symbol: string,
  rules: Rules,
  orders: readonly OrderIntent[],
): PairRequest {
  if (!rules.oco) throw notSent(`${symbol} takes no OCO pairs at Binance.`);
  const limit = orders.find(({ terms }) => terms.type === 'limit');
  const stop = orders.find(({ terms }) => terms.type === 'stop' || terms.type === 'stop_limit');
  if (orders.length !== 2 || limit === undefined || stop === undefined)
    throw notSent('Binance takes a limit and a stop or stop-limit order as an OCO pair.');
  if (limit.group?.kind !== 'oco') throw notSent('Binance holds OCO pairs, and no other groups.');
  const { side, quantity } = limit.terms;
  if (stop.terms.side !== side)
    throw notSent('At Binance both orders of an OCO pair have one side.');
  if (stop.terms.quantity !== quantity)
    throw notSent('At Binance both orders of an OCO pair have one quantity.');
  if (limit.terms.timeInForce !== 'gtc')
    throw notSent('The limit order of an OCO pair holds until it is cancelled; choose gtc.');
  if (limit.terms.displayQuantity !== undefined || stop.terms.displayQuantity !== undefined)
    throw notSent('The orders of an OCO pair cannot be iceberg orders here.');
  const sells = side === 'sell';
  const prices = compare(limit.terms.limitPrice ?? quantity, stop.terms.stopPrice ?? quantity);
  if (sells ? prices <= 0 : prices >= 0) {
    throw notSent(
      sells
        ? 'To sell, the limit of an OCO pair has to be above its stop.'
        : 'To buy, the limit of an OCO pair has to be below its stop.',
    );
  }
  const maker = { ...limit.terms, postOnly: true };
  checkRules(symbol, rules, maker);
  checkRules(symbol, rules, stop.terms);
  const one = leg(sells ? 'above' : 'below', limit.clientOrderId, queryOf(maker));
  const other = leg(sells ? 'below' : 'above', stop.clientOrderId, queryOf(stop.terms));
  return {
    query: { symbol, side: sells ? 'SELL' : 'BUY', quantity, ...one, ...other },
    types: [queryOf(maker), queryOf(stop.terms)],
  };
}

function leg(where: 'above' | 'below', name: string, terms: ReturnType<typeof queryOf>): Query {
  const { type, price, stopPrice, timeInForce } = terms;
  return {
    [`${where}Type`]: type,
    [`${where}ClientOrderId`]: name,
    [`${where}Price`]: price,
    [`${where}StopPrice`]: stopPrice,
    [`${where}TimeInForce`]: timeInForce,
  };
}
