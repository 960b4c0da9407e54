import { MS_PER_DAY, type UnixMillis } from '../../../engine/domain/time.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Query } from '../../net/rest-client.ts';
import type { Priority } from '../../net/rate-gate.ts';
import type { BinanceRest } from './rest.ts';
import {
  accountSchema,
  nothing,
  orderSchema,
  ordersSchema,
  placedListSchema,
  placedSchema,
  tickersSchema,
  tradesSchema,
  type BinanceAccount,
  type BinanceOrder,
  type BinanceTrade,
  type PlacedOrder,
} from './schemas.ts';

/** Entries of one answer at most. */
const PAGE = 1000;
/** Pages of one question; more would not end. */
const MOST_PAGES = 1000;
/** Days that are looked through, one request each. */
const FURTHEST = 100 * MS_PER_DAY;

/** One order as it is asked for: by the number that Binance gave it, else by our name. */
export interface OrderName {
  readonly symbol: string;
  readonly orderId: number | null;
  readonly ours: string;
}

/** The calls of the trading side, in Binance's words. What changes something is sent once. */
export class OrdersApi {
  readonly #rest: BinanceRest;

  constructor(rest: BinanceRest) {
    this.#rest = rest;
  }

  account(): Promise<BinanceAccount> {
    return this.#rest.request({
      method: 'GET',
      path: '/api/v3/account',
      security: 'signed',
      weight: 20,
      schema: accountSchema,
    });
  }

  /** Last prices of all pairs. */
  prices() {
    return this.#rest.request({
      method: 'GET',
      path: '/api/v3/ticker/price',
      security: 'none',
      weight: 4,
      schema: tickersSchema,
    });
  }

  place(query: Query): Promise<PlacedOrder> {
    return this.#rest.request({
      method: 'POST',
      path: '/api/v3/order',
      security: 'signed',
      weight: 1,
      orders: 1,
      query: { ...query, newOrderRespType: 'RESULT' },
      schema: placedSchema,
    });
  }

  async placePair(query: Query): Promise<readonly PlacedOrder[]> {
    const list = await this.#rest.request({
      method: 'POST',
      path: '/api/v3/orderList/oco',
      security: 'signed',
      weight: 1,
      orders: 2,
      query: { ...query, newOrderRespType: 'RESULT' },
      schema: placedListSchema,
    });
    return list.orderReports;
  }

  /** What was answered, whatever it looks like: that the answer is a success says what has become of the order. */
  cancel(name: OrderName): Promise<unknown> {
    return this.#rest.request({
      method: 'DELETE',
      path: '/api/v3/order',
      security: 'signed',
      weight: 1,
      query: named(name),
      schema: nothing,
    });
  }

  /** Everything that is open in a pair; nothing when nothing is. */
  async cancelAll(symbol: string): Promise<void> {
    try {
      await this.#rest.request({
        method: 'DELETE',
        path: '/api/v3/openOrders',
        security: 'signed',
        weight: 1,
        query: { symbol },
        schema: nothing,
      });
    } catch (error) {
      // They have ended meanwhile.
      if (!(error instanceof VenueError) || error.code !== '-2011') throw error;
    }
  }

  /** null when Binance knows no such order. */
  async order(name: OrderName): Promise<BinanceOrder | null> {
    try {
      return await this.#rest.request({
        method: 'GET',
        path: '/api/v3/order',
        security: 'signed',
        weight: 4,
        query:
          name.orderId === null
            ? { symbol: name.symbol, origClientOrderId: name.ours }
            : { symbol: name.symbol, orderId: name.orderId },
        schema: orderSchema,
      });
    } catch (error) {
      if (error instanceof VenueError && error.failure === 'not-found') return null;
      throw error;
    }
  }

  /** @param priority `order` where their cancellation waits for the answer */
  open(priority: Priority = 'query'): Promise<readonly BinanceOrder[]> {
    return this.#rest.request({
      method: 'GET',
      path: '/api/v3/openOrders',
      security: 'signed',
      weight: 80,
      priority,
      schema: ordersSchema,
      timeout: 30_000,
    });
  }

  /** Orders of a pair from a number on, also those that have ended; one page of them. */
  from(symbol: string, orderId: number): Promise<readonly BinanceOrder[]> {
    return this.#rest.request({
      method: 'GET',
      path: '/api/v3/allOrders',
      security: 'signed',
      weight: 20,
      query: { symbol, orderId, limit: PAGE },
      schema: ordersSchema,
    });
  }

  /** Trades of a pair since then, oldest first. */
  async trades(symbol: string, since: UnixMillis, now: number): Promise<readonly BinanceTrade[]> {
    const all = new Map<number, BinanceTrade>();
    const ask = (query: Query): Promise<readonly BinanceTrade[]> =>
      this.#rest.request({
        method: 'GET',
        path: '/api/v3/myTrades',
        security: 'signed',
        weight: 20,
        query: { symbol, limit: PAGE, ...query },
        schema: tradesSchema,
      });
    const take = (page: readonly BinanceTrade[]): void => {
      for (const trade of page) if (trade.time >= since) all.set(trade.id, trade);
    };
    // The newest come in one answer; those before them, when they do not fit into it, are looked for by day.
    const newest = await ask({});
    take(newest);
    const reaches = newest.some(({ time }) => time < since);
    if (newest.length < PAGE || reaches) return sorted(all);
    if (now - since > FURTHEST)
      throw new VenueError('unknown', `Trades of ${symbol} are asked for too far back.`);
    let from: number | undefined;
    for (let day: number = since; day <= now && from === undefined; day += MS_PER_DAY) {
      const page = await ask({ startTime: day, endTime: day + MS_PER_DAY - 1 });
      take(page);
      if (page.length > 0)
        from = page.reduce((least, { id }) => Math.min(least, id), Number.MAX_SAFE_INTEGER);
    }
    for (let pages = 0; from !== undefined; pages += 1) {
      if (pages >= MOST_PAGES)
        throw new VenueError('unknown', `There are too many trades of ${symbol} to read.`);
      const page = await ask({ fromId: from });
      take(page);
      const last = page.reduce((most, { id }) => Math.max(most, id), from - 1);
      if (page.length < PAGE || last < from) break;
      from = last + 1;
    }
    return sorted(all);
  }
}

const sorted = (trades: ReadonlyMap<number, BinanceTrade>): readonly BinanceTrade[] =>
  [...trades.values()].toSorted((a, b) => a.time - b.time || a.id - b.id);

function named({ symbol, orderId, ours }: OrderName): Query {
  return orderId === null ? { symbol, origClientOrderId: ours } : { symbol, orderId };
}
