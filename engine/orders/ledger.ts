import { RenataError } from '../domain/errors.ts';
import type {
  AccountId,
  ClientOrderId,
  InstrumentId,
  TradeId,
  VenueOrderId,
} from '../domain/identifiers.ts';
import type { Fill, OrderIntent } from '../domain/live-order.ts';
import { isOpen } from '../domain/live-order.ts';
import type { UnixMillis } from '../domain/time.ts';
import type { OrderEvent } from './facts.ts';
import { applyFact, openRecord, type Applied, type OrderRecord } from './record.ts';

/** Every order that is known, by each of its names. The journal's events, applied in order, make it again. */
export class OrderLedger {
  readonly #orders = new Map<ClientOrderId, OrderRecord>();
  readonly #open = new Set<ClientOrderId>();
  readonly #byVenueId = new Map<string, ClientOrderId>();
  readonly #trades = new Map<string, ClientOrderId>();
  readonly #byGroup = new Map<string, ClientOrderId[]>();

  get size(): number {
    return this.#orders.size;
  }

  get(id: ClientOrderId): OrderRecord | undefined {
    return this.#orders.get(id);
  }

  /** @throws RenataError NOT_FOUND */
  require(id: ClientOrderId): OrderRecord {
    const order = this.#orders.get(id);
    if (order === undefined) {
      throw new RenataError(
        'NOT_FOUND',
        `There is no order ${id}; see Orders for those there are.`,
        {
          details: { parameter: 'clientOrderId' },
        },
      );
    }
    return order;
  }

  byVenueId(account: AccountId, id: VenueOrderId): OrderRecord | undefined {
    const found = this.#byVenueId.get(`${account}|${id}`);
    return found === undefined ? undefined : this.#orders.get(found);
  }

  /** The order that a trade was booked for. Some venues number the trades of each instrument by themselves. */
  byTrade(account: AccountId, id: InstrumentId, trade: TradeId): OrderRecord | undefined {
    const found = this.#trades.get(`${account}|${id}|${trade}`);
    return found === undefined ? undefined : this.#orders.get(found);
  }

  group(id: string): readonly OrderRecord[] {
    return (this.#byGroup.get(id) ?? []).map((order) => this.require(order));
  }

  /** Orders that may still fill, in the order they were made. */
  open(account?: AccountId, instrument?: InstrumentId): readonly OrderRecord[] {
    const found: OrderRecord[] = [];
    for (const id of this.#open) {
      const order = this.require(id);
      if (account !== undefined && order.account !== account) continue;
      if (instrument !== undefined && order.instrument !== instrument) continue;
      found.push(order);
    }
    return found;
  }

  all(): Iterable<OrderRecord> {
    return this.#orders.values();
  }

  fills(): Iterable<Fill> {
    const orders = this.#orders;
    return (function* each() {
      for (const { fills } of orders.values()) yield* fills;
    })();
  }

  /**
   * A new order. @throws RenataError CONFLICT for an identifier that is taken
   */
  add(intent: OrderIntent, time: UnixMillis, sequence = 0): OrderRecord {
    if (this.#orders.has(intent.clientOrderId)) {
      throw new RenataError('CONFLICT', `There is an order ${intent.clientOrderId} already.`);
    }
    const opened = openRecord(intent, time);
    const order = sequence === 0 ? opened : { ...opened, lastEvent: sequence };
    this.#keep(order);
    if (intent.group !== null) {
      const { id } = intent.group;
      this.#byGroup.set(id, [...(this.#byGroup.get(id) ?? []), intent.clientOrderId]);
    }
    return order;
  }

  /**
   * Applies one event to an order; an `initialized` one makes it.
   * @throws RenataError NOT_FOUND for an order that there is not
   */
  apply(id: ClientOrderId, event: OrderEvent, sequence = 0): Applied {
    const { fact } = event;
    if (fact.type === 'initialized' && !this.#orders.has(id)) {
      return { order: this.add(fact.intent, event.time, sequence), changed: true, anomaly: null };
    }
    const present = this.require(id);
    if (fact.type === 'filled') {
      // A trade belongs to one order.
      const owner = this.byTrade(present.account, present.instrument, fact.fill.tradeId);
      if (owner !== undefined && owner.clientOrderId !== id)
        return { order: present, changed: false, anomaly: 'fill-differs' };
    }
    const applied = applyFact(present, event);
    if (!applied.changed) return applied;
    if (sequence === 0) {
      this.#keep(applied.order);
      return applied;
    }
    const order = { ...applied.order, lastEvent: sequence };
    this.#keep(order);
    return { ...applied, order };
  }

  #keep(order: OrderRecord): void {
    const { clientOrderId, account, instrument } = order;
    const before = this.#orders.get(clientOrderId);
    this.#orders.set(clientOrderId, order);
    if (isOpen(order.state)) this.#open.add(clientOrderId);
    else this.#open.delete(clientOrderId);
    // A venue may give a name again: it is of the order that has got it last.
    for (const name of order.venueOrderIds) {
      if (before?.venueOrderIds.includes(name) !== true)
        this.#byVenueId.set(`${account}|${name}`, clientOrderId);
    }
    if (order.fills === before?.fills) return;
    for (const { tradeId } of order.fills)
      this.#trades.set(`${account}|${instrument}|${tradeId}`, clientOrderId);
  }
}
