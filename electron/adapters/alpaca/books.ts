import {
  add,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import {
  tradeId,
  venueOrderId,
  type AccountId,
  type ClientOrderId,
  type TradeId,
} from '../../../engine/domain/identifiers.ts';
import type { FillReport, OrderReport } from '../../../engine/ports/execution-client.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { parseName } from './groups.ts';
import type { Instruments } from './instruments.ts';
import type { AlpacaActivity, AlpacaLeg, AlpacaOrder } from './schemas.ts';
import { priceOrNull, sideOf, statusOf, termsOf } from './words.ts';

/** Orders remembered by their name at Alpaca; the oldest are forgotten, and asked for again when needed. */
const MOST_NAMES = 50_000;
const LEGS: ReadonlySet<string> = new Set(['bracket', 'oco', 'oto']);

export interface OrderQueries {
  /** One order with its legs; null when Alpaca knows none. */
  readonly byId: (id: string) => Promise<AlpacaOrder | null>;
  /** Newest orders of a symbol, groups with their legs. */
  readonly newest: (symbol: string) => Promise<readonly AlpacaOrder[]>;
}

/**
 * Which of our orders each of Alpaca's is. A replacement is another order at Alpaca and the same one here,
 * and a leg bears a name that we did not give.
 */
export class OrderBooks {
  readonly #queries: OrderQueries;
  readonly #instruments: Instruments;
  readonly #account: () => AccountId;
  readonly #names = new Map<string, ClientOrderId>();
  /** Units that the orders before it filled, by the name of a replacement. */
  readonly #before = new Map<string, Decimal>();
  readonly #strangers = new Set<string>();

  constructor(queries: OrderQueries, instruments: Instruments, account: () => AccountId) {
    this.#queries = queries;
    this.#instruments = instruments;
    this.#account = account;
  }

  name(id: string, ours: ClientOrderId): void {
    remember(this.#names, id, ours);
  }

  oursOf(id: string): ClientOrderId | null {
    return this.#names.get(id) ?? null;
  }

  /** Takes names from an order and its legs. */
  learn(order: AlpacaOrder): void {
    const { ours, stop, target } = parseName(order.client_order_id);
    // The name that a leg bears by itself is Alpaca's.
    if (ours !== null && !this.#names.has(order.id) && !this.isNameless(order))
      this.name(order.id, ours);
    for (const leg of order.legs) {
      const role = leg.type === 'limit' ? target : stop;
      if (role !== null) this.name(leg.id, role);
    }
  }

  /** Whether an order is a leg whose group has not been seen. */
  isNameless(order: AlpacaLeg): boolean {
    const { stop, target, replacement } = parseName(order.client_order_id);
    const named = stop !== null || target !== null || replacement || this.#names.has(order.id);
    return LEGS.has(order.order_class) && !named && !this.#strangers.has(order.id);
  }

  /** Finds the group of a leg. @throws VenueError when Alpaca cannot be asked */
  async findGroup(order: AlpacaLeg): Promise<void> {
    for (const each of await this.#queries.newest(order.symbol)) this.learn(each);
    if (!this.#names.has(order.id) && this.#strangers.size < MOST_NAMES)
      this.#strangers.add(order.id);
  }

  /** Units that were filled under earlier names. @throws VenueError when Alpaca cannot be asked */
  async filledBefore(order: AlpacaLeg): Promise<Decimal> {
    if (order.replaces === null) return ZERO;
    const known = this.#before.get(order.id);
    if (known !== undefined) return known;
    const old = await this.#queries.byId(order.replaces);
    if (old === null) return ZERO;
    const ours = this.#names.get(old.id) ?? parseName(old.client_order_id).ours;
    if (ours !== null) this.name(order.id, ours);
    const sum = add(await this.filledBefore(old), old.filled_qty);
    // While the replacement is on its way the old one may still fill.
    if (old.status === 'replaced') remember(this.#before, order.id, sum);
    return sum;
  }

  /** null for what is not told: orders that live on under another name, and what our words do not hold. */
  async report(order: AlpacaLeg, receivedTime: number, reason = ''): Promise<OrderReport | null> {
    const status = statusOf(order.status);
    if (status === null) return null;
    if (this.isNameless(order)) await this.findGroup(order);
    const before = await this.filledBefore(order);
    const terms = termsOf(order, before);
    if (terms === null) return null;
    return {
      kind: 'order',
      account: this.#account(),
      venueOrderId: venueOrderId(order.id),
      clientOrderId: this.#names.get(order.id) ?? parseName(order.client_order_id).ours,
      instrument: await this.#instruments.id(order.symbol),
      status,
      terms,
      filledQuantity: add(before, order.filled_qty) as Quantity,
      averagePrice: before === ZERO ? priceOrNull(order.filled_avg_price) : null,
      reason,
      venueTime: order.updated_at ?? order.created_at,
      receivedTime: unixMillis(receivedTime),
    };
  }

  /** A fill as the stream tells it. */
  async fill(
    order: AlpacaLeg,
    told: { readonly quantity: Decimal; readonly price: Decimal; readonly time: number },
    receivedTime: number,
  ): Promise<FillReport | null> {
    const side = sideOf(order.side);
    if (side === null) return null;
    if (this.isNameless(order)) await this.findGroup(order);
    if (order.replaces !== null) await this.filledBefore(order);
    return {
      ...this.#fillOf(order.id, order.filled_qty, told.quantity, told.price),
      clientOrderId: this.#names.get(order.id) ?? parseName(order.client_order_id).ours,
      instrument: await this.#instruments.id(order.symbol),
      side,
      venueTime: unixMillis(told.time),
      receivedTime: unixMillis(receivedTime),
    };
  }

  /** A fill as the account's activities tell it. */
  async activity(activity: AlpacaActivity, receivedTime: number): Promise<FillReport | null> {
    const side = sideOf(activity.side);
    if (side === null) return null;
    return {
      ...this.#fillOf(activity.order_id, activity.cum_qty, activity.qty, activity.price),
      clientOrderId: this.#names.get(activity.order_id) ?? null,
      instrument: await this.#instruments.id(activity.symbol),
      side,
      venueTime: activity.transaction_time,
      receivedTime: unixMillis(receivedTime),
    };
  }

  #fillOf(
    id: string,
    cumulative: Decimal,
    quantity: Decimal,
    price: Decimal,
  ): Omit<FillReport, 'clientOrderId' | 'instrument' | 'side' | 'venueTime' | 'receivedTime'> {
    return {
      kind: 'fill',
      account: this.#account(),
      tradeId: tradeIdOf(id, cumulative),
      venueOrderId: venueOrderId(id),
      quantity: quantity as Quantity,
      price: price as Price,
      // Stocks are free of commission; fees of the regulators are charged to the account once a day.
      commission: ZERO,
      commissionCurrency: 'USD',
      liquidity: 'unknown',
    };
  }
}

/**
 * The stream and the account's activities have no documented name of a fill in common. What an order has
 * filled after a fill is told by both and comes once only.
 */
export function tradeIdOf(orderId: string, cumulative: Decimal): TradeId {
  return tradeId(`${orderId}:${cumulative}`);
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_NAMES) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
