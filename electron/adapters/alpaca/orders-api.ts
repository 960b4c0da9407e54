import type { UnixMillis } from '../../../engine/domain/time.ts';
import { isoTime, MS_PER_SECOND } from '../../../engine/domain/time.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Priority } from '../../net/rate-gate.ts';
import type { RestClient } from '../../net/rest-client.ts';
import type { OrderBody } from './groups.ts';
import { ORDER_PATIENCE, QUERY_PATIENCE } from './rest.ts';
import {
  accountSchema,
  activitiesSchema,
  canceledSchema,
  nothing,
  orderSchema,
  ordersSchema,
  positionsSchema,
  type AlpacaAccount,
  type AlpacaActivity,
  type AlpacaOrder,
} from './schemas.ts';

const PAGE = 500;
const ACTIVITIES_PAGE = 100;
/** Pages of closed orders that are searched for one without a name; more would not end. */
const MOST_PAGES = 4;

export interface Replacement {
  readonly client_order_id: string;
  readonly qty?: string;
  readonly limit_price?: string;
  readonly stop_price?: string;
  readonly trail?: string;
}

/** The calls of the trading side, in Alpaca's words. What changes something is sent once. */
export class OrdersApi {
  readonly #client: RestClient;

  constructor(client: RestClient) {
    this.#client = client;
  }

  account(): Promise<AlpacaAccount> {
    return this.#client.request({
      method: 'GET',
      path: '/v2/account',
      schema: accountSchema,
      priority: 'query',
    });
  }

  positions() {
    return this.#client.request({
      method: 'GET',
      path: '/v2/positions',
      schema: positionsSchema,
      priority: 'query',
    });
  }

  place(body: OrderBody): Promise<AlpacaOrder> {
    return this.#client.request({
      method: 'POST',
      path: '/v2/orders',
      body,
      schema: orderSchema,
      priority: 'order',
      patience: ORDER_PATIENCE,
    });
  }

  replace(id: string, body: Replacement): Promise<AlpacaOrder> {
    return this.#client.request({
      method: 'PATCH',
      path: `/v2/orders/${id}`,
      body,
      schema: orderSchema,
      priority: 'order',
      patience: ORDER_PATIENCE,
    });
  }

  async cancel(id: string): Promise<void> {
    await this.#client.request({
      method: 'DELETE',
      path: `/v2/orders/${id}`,
      schema: nothing,
      priority: 'order',
    });
  }

  cancelAll() {
    return this.#client.request({
      method: 'DELETE',
      path: '/v2/orders',
      schema: canceledSchema,
      priority: 'order',
    });
  }

  /** @param priority `order` where a change of an order waits for the answer */
  byId(id: string, priority: Priority = 'query'): Promise<AlpacaOrder | null> {
    return this.#orNull(`/v2/orders/${id}`, { nested: true }, priority);
  }

  byName(name: string, priority: Priority = 'query'): Promise<AlpacaOrder | null> {
    return this.#orNull('/v2/orders:by_client_order_id', { client_order_id: name }, priority);
  }

  /** Every open order; legs are told by themselves as well. */
  open(): Promise<readonly AlpacaOrder[]> {
    return this.#pages({ status: 'open', nested: false }, Number.POSITIVE_INFINITY).then(
      ({ orders }) => orders,
    );
  }

  /** Newest orders of a symbol, groups with their legs. */
  async newest(symbol: string): Promise<readonly AlpacaOrder[]> {
    return (await this.#pages({ status: 'all', nested: true, symbols: symbol }, 1)).orders;
  }

  /**
   * The newest order of a symbol that fits.
   * @throws VenueError `unknown` when there are too many to look at: that is not the same as none
   */
  async search(
    symbol: string,
    fits: (order: AlpacaOrder) => boolean,
    priority: Priority = 'query',
  ): Promise<AlpacaOrder | null> {
    const { orders, whole } = await this.#pages(
      { status: 'all', nested: true, symbols: symbol },
      MOST_PAGES,
      { enough: fits, priority },
    );
    const found = orders.find(fits);
    if (found !== undefined) return found;
    if (whole) return null;
    throw new VenueError('unknown', `There are too many orders of ${symbol} to look through.`);
  }

  /** Fills since then, oldest first. */
  async fills(since: UnixMillis): Promise<readonly AlpacaActivity[]> {
    // The limit leaves out what is exactly at it, and has whole seconds.
    const from = Math.floor(since / MS_PER_SECOND) * MS_PER_SECOND - MS_PER_SECOND;
    const after = `${isoTime(Math.max(0, from)).slice(0, 19)}Z`;
    const all: AlpacaActivity[] = [];
    for (let token: string | undefined; ;) {
      const page: readonly AlpacaActivity[] = await this.#client.request({
        method: 'GET',
        path: '/v2/account/activities/FILL',
        query: { after, direction: 'asc', page_size: ACTIVITIES_PAGE, page_token: token },
        schema: activitiesSchema,
        priority: 'query',
      });
      all.push(...page);
      const last = page.at(-1);
      if (page.length < ACTIVITIES_PAGE || last === undefined || last.id === token) break;
      token = last.id;
    }
    return all.filter(({ transaction_time: time }) => time >= since);
  }

  async #pages(
    query: { readonly status: string; readonly nested: boolean; readonly symbols?: string },
    most: number,
    options: {
      readonly enough?: (order: AlpacaOrder) => boolean;
      readonly priority?: Priority;
    } = {},
  ): Promise<{ readonly orders: readonly AlpacaOrder[]; readonly whole: boolean }> {
    const { enough = () => false, priority = 'query' } = options;
    const orders: AlpacaOrder[] = [];
    const seen = new Set<string>();
    let before: string | undefined;
    for (let page = 0; page < most; page += 1) {
      const got: readonly AlpacaOrder[] = await this.#client.request({
        method: 'GET',
        path: '/v2/orders',
        query: { ...query, limit: PAGE, direction: 'desc', before_order_id: before },
        schema: ordersSchema,
        priority,
      });
      const fresh = got.filter(({ id }) => !seen.has(id));
      for (const order of fresh) seen.add(order.id);
      orders.push(...fresh);
      if (got.length < PAGE || fresh.length === 0) return { orders, whole: true };
      if (fresh.some(enough)) return { orders, whole: false };
      before = got.at(-1)?.id;
    }
    return { orders, whole: false };
  }

  async #orNull(
    path: string,
    query: Readonly<Record<string, string | boolean>>,
    priority: Priority,
  ): Promise<AlpacaOrder | null> {
    try {
      return await this.#client.request({
        method: 'GET',
        path,
        query,
        schema: orderSchema,
        priority,
        patience: QUERY_PATIENCE,
      });
    } catch (error) {
      if (error instanceof VenueError && error.failure === 'not-found') return null;
      throw error;
    }
  }
}
