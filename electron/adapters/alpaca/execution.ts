import { absolute, negate, type Price } from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import {
  symbolOf,
  venueOrderId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { OrderAmendment, OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import { MS_PER_DAY, type UnixMillis } from '../../../engine/domain/time.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type {
  BalanceReport,
  ExecutionCapabilities,
  ExecutionClient,
  ExecutionReport,
  FillReport,
  OrderRef,
  OrderReport,
  PositionReport,
  SubmitAnswer,
  VenueAccount,
} from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { beforeSending } from '../../net/before-sending.ts';
import { Listeners } from '../../net/listeners.ts';
import type { Priority } from '../../net/rate-gate.ts';
import type { RestClient } from '../../net/rest-client.ts';
import { OrderBooks } from './books.ts';
import { parseName, requestOf } from './groups.ts';
import type { Instruments } from './instruments.ts';
import type { Patience } from './order-stream.ts';
import { OrdersApi } from './orders-api.ts';
import { Replacing } from './replacing.ts';
import { TRADING_RATE } from './rest.ts';
import type { AlpacaOrder } from './schemas.ts';
import { Session } from './session.ts';
import type { AlpacaKeys, AlpacaSettings } from './settings.ts';
import { stockOrNull, Updates } from './updates.ts';
import { ORDER_TYPES_HERE, TIMES_HERE } from './words.ts';

const CAPABILITIES: ExecutionCapabilities = {
  orderTypes: ORDER_TYPES_HERE,
  timesInForce: TIMES_HERE,
  groups: ['bracket', 'oco', 'oto'],
  amend: 'replace',
  fractional: true,
  short: true,
  extendedHours: true,
  reduceOnly: false,
  postOnly: false,
  iceberg: false,
  whatIf: false,
  lookupByClientId: true,
  fillHistory: 365 * MS_PER_DAY,
  rateLimits: [{ what: 'requests', requests: TRADING_RATE, perMilliseconds: 60_000 }],
};

/** Orders and the account at Alpaca. */
export class AlpacaExecution implements ExecutionClient {
  readonly venue = 'alpaca';
  readonly capabilities = CAPABILITIES;
  readonly #context: AdapterContext;
  readonly #api: OrdersApi;
  readonly #instruments: Instruments;
  readonly #books: OrderBooks;
  readonly #session: Session;
  readonly #replacing: Replacing;
  readonly #updates: Updates;
  readonly #reports: Listeners<ExecutionReport>;

  constructor(options: {
    readonly settings: AlpacaSettings;
    readonly keys: AlpacaKeys;
    readonly context: AdapterContext;
    readonly client: RestClient;
    readonly instruments: Instruments;
    readonly patience: Patience;
  }) {
    const { context, instruments } = options;
    this.#reports = new Listeners((error) =>
      context.log('error', 'A report of Alpaca was not taken.', { problem: messageOf(error) }),
    );
    const emit = (report: ExecutionReport): void => this.#reports.tell(report);
    const api = new OrdersApi(options.client);
    const session = new Session({
      settings: options.settings,
      keys: options.keys,
      context,
      patience: options.patience,
      api,
      onUpdate: (update, time) => this.#updates.take(update, time),
      onBalance: emit,
    });
    const books = new OrderBooks(
      { byId: (id) => api.byId(id), newest: (symbol) => api.newest(symbol) },
      instruments,
      () => session.known().id,
    );
    const replacing = new Replacing({
      api,
      books,
      context,
      confirmation: options.patience.replacement,
      emit,
    });
    this.#context = context;
    this.#api = api;
    this.#instruments = instruments;
    this.#books = books;
    this.#session = session;
    this.#replacing = replacing;
    this.#updates = new Updates({ api, books, replacing, session, context, emit });
  }

  get connection(): ConnectionState {
    return this.#session.tracker.state;
  }

  /** Messages of the stream that could not be read. */
  get malformed(): number {
    return this.#session.malformed;
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.#session.tracker.on(listener);
  }

  onReport(listener: (report: ExecutionReport) => void): () => void {
    return this.#reports.on(listener);
  }

  connect(): Promise<void> {
    return this.#session.connect();
  }

  disconnect(): Promise<void> {
    return this.#session.disconnect();
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    return this.#instruments.find(query, limit);
  }

  instrument(id: InstrumentId): Promise<TradableInstrument> {
    return this.#instruments.get(id);
  }

  async accounts(): Promise<readonly VenueAccount[]> {
    return [await this.#session.account()];
  }

  async submit(orders: readonly OrderIntent[]): Promise<readonly SubmitAnswer[]> {
    const [first] = orders;
    if (first === undefined) return [];
    this.#session.check(first.account);
    // Orders name a symbol alone: that of another exchange would be another stock.
    const instrument = await beforeSending(() => this.#instruments.get(first.instrument, 'order'));
    const request = requestOf(instrument.symbol, orders);
    const sending = this.#api.place(request.body);
    const grouped = sending.then((order) => this.#named(order, orders.length));
    if (orders.length > 1) this.#updates.sending.add(grouped);
    let order: AlpacaOrder;
    try {
      order = await grouped;
    } finally {
      this.#updates.sending.delete(grouped);
    }
    if (order.status === 'rejected')
      throw new VenueError('rejected', 'Alpaca rejected the order.', { code: 'REJECTED' });
    const idOf = (intent: OrderIntent): string | undefined =>
      intent === request.first
        ? order.id
        : order.legs.find(({ id }) => this.#books.oursOf(id) === intent.clientOrderId)?.id;
    return orders.map((intent) => {
      const id = idOf(intent);
      return { venueOrderId: id === undefined ? null : venueOrderId(id) };
    });
  }

  async amend(ref: OrderRef, terms: OrderTerms, change: OrderAmendment): Promise<void> {
    this.#session.check(ref.account);
    const current = await beforeSending(() => this.#find(ref, 'order'));
    if (current === null)
      throw new VenueError('not-found', `Alpaca knows no order ${ref.clientOrderId}.`);
    await this.#replacing.amend(current, ref.clientOrderId, terms, change);
  }

  async cancel(ref: OrderRef): Promise<void> {
    this.#session.check(ref.account);
    const find = () => this.#find(ref, 'order');
    const id = ref.venueOrderId ?? (await beforeSending(find))?.id ?? null;
    if (id === null)
      throw new VenueError('not-found', `Alpaca knows no order ${ref.clientOrderId}.`);
    try {
      await this.#api.cancel(id);
    } catch (error) {
      if (!(error instanceof VenueError) || error.failure !== 'rejected') throw error;
      // Another order may have taken its place; to cancel that one is what was meant.
      const now = await find();
      if (now === null || now.id === id) throw error;
      await this.#api.cancel(now.id);
    }
  }

  async cancelAll(account: AccountId): Promise<void> {
    this.#session.check(account);
    const answers = await this.#api.cancelAll();
    // 404 and 422: it had ended before.
    const failed = answers.filter(
      ({ status }) => status >= 300 && status !== 404 && status !== 422,
    );
    if (failed.length > 0) {
      throw new VenueError(
        'unknown',
        `Alpaca could not cancel ${failed.length} of ${answers.length} orders; they may still work.`,
      );
    }
  }

  async openOrders(account: AccountId): Promise<readonly OrderReport[]> {
    this.#session.check(account);
    const orders = await this.#api.open();
    for (const order of orders) this.#books.learn(order);
    const reports: OrderReport[] = [];
    for (const order of orders) {
      const report = await this.#books.report(order, this.#now());
      if (report !== null) reports.push(report);
    }
    return reports;
  }

  async order(ref: OrderRef): Promise<OrderReport | null> {
    this.#session.check(ref.account);
    const found = await this.#find(ref);
    return found === null ? null : this.#books.report(found, this.#now());
  }

  async fills(account: AccountId, since: UnixMillis): Promise<readonly FillReport[]> {
    this.#session.check(account);
    const reports: FillReport[] = [];
    for (const activity of await this.#api.fills(since)) {
      const report = await stockOrNull(() => this.#books.activity(activity, this.#now()));
      if (report !== null) reports.push(report);
    }
    return reports;
  }

  async positions(account: AccountId): Promise<readonly PositionReport[]> {
    this.#session.check(account);
    const reports: PositionReport[] = [];
    for (const position of await this.#api.positions()) {
      if (position.asset_class !== 'us_equity') continue;
      const instrument = await this.#instruments.id(position.symbol);
      const size = absolute(position.qty);
      reports.push({
        kind: 'position',
        account,
        instrument,
        quantity: position.side === 'short' ? negate(size) : size,
        averagePrice: position.avg_entry_price as Price | null,
        receivedTime: this.#now(),
      });
    }
    return reports;
  }

  async balances(account: AccountId): Promise<BalanceReport> {
    this.#session.check(account);
    return this.#session.balance(await this.#api.account());
  }

  /** The order of a reference under its present name. */
  async #find(ref: OrderRef, priority: Priority = 'query'): Promise<AlpacaOrder | null> {
    const { clientOrderId: ours, venueOrderId: theirs } = ref;
    let order = theirs === null ? null : await this.#api.byId(theirs, priority);
    order ??= await this.#api.byName(ours, priority);
    order ??= await this.#search(ours, symbolOf(ref.instrument), priority);
    for (let steps = 0; order?.status === 'replaced' && order.replaced_by !== null; steps += 1) {
      const next: AlpacaOrder | null = await this.#api.byId(order.replaced_by, priority);
      if (next === null || steps > 1000) break;
      order = next;
    }
    if (order === null) return null;
    this.#books.learn(order);
    this.#books.name(order.id, ours);
    return order;
  }

  /** An order in whose name, or in that of whose group, ours stands. */
  async #search(
    ours: ClientOrderId,
    symbol: string,
    priority: Priority,
  ): Promise<AlpacaOrder | null> {
    const holds = ({ client_order_id: name }: AlpacaOrder): boolean => {
      const parsed = parseName(name);
      return parsed.ours === ours || parsed.stop === ours || parsed.target === ours;
    };
    const found = await this.#api.search(symbol, holds, priority);
    if (found === null) return null;
    this.#books.learn(found);
    if (parseName(found.client_order_id).ours === ours) return found;
    const leg = found.legs.find(({ id }) => this.#books.oursOf(id) === ours);
    return leg === undefined ? null : { ...leg, legs: [] };
  }

  async #named(order: AlpacaOrder, count: number): Promise<AlpacaOrder> {
    const whole =
      count > 1 && order.legs.length === 0 ? ((await this.#again(order.id)) ?? order) : order;
    this.#books.learn(whole);
    return whole;
  }

  /** The order is placed; that its legs cannot be asked for now does not change it. */
  async #again(id: string): Promise<AlpacaOrder | null> {
    try {
      return await this.#api.byId(id);
    } catch {
      return null;
    }
  }

  #now(): UnixMillis {
    return this.#context.clock.now();
  }
}
