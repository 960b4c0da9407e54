import type { Decimal, Quantity } from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import {
  symbolOf,
  venueOf,
  type AccountId,
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
import { Canceling } from './canceling.ts';
import { checkRoom, checkRules } from './filters.ts';
import { Holdings } from './holdings.ts';
import type { Instruments, Pair } from './instruments.ts';
import { pairRequest } from './oco.ts';
import { OpenOrders, OrderNames } from './open-orders.ts';
import { OrdersApi, type OrderName } from './orders-api.ts';
import { numberOf, orderIdOf, orderReport } from './reports.ts';
import { RATE_LIMITS, type BinanceRest } from './rest.ts';
import type { BinanceAccount, BinanceOrder, PlacedOrder } from './schemas.ts';
import { Session } from './session.ts';
import type { BinanceKeys, BinanceSettings } from './settings.ts';
import { TradedSymbols } from './traded-symbols.ts';
import { Trades } from './trades.ts';
import { Updates } from './updates.ts';
import type { Patience } from './user-stream.ts';
import { notSent, ORDER_TYPES_HERE, queryOf, statusOf, TIMES_HERE } from './words.ts';

const CAPABILITIES: ExecutionCapabilities = {
  orderTypes: ORDER_TYPES_HERE,
  timesInForce: TIMES_HERE,
  groups: ['oco'],
  // Binance's own "cancel and replace" may cancel and not replace; here an order is cancelled and placed again.
  amend: 'none',
  fractional: true,
  short: false,
  extendedHours: false,
  reduceOnly: false,
  postOnly: true,
  iceberg: true,
  whatIf: false,
  lookupByClientId: true,
  fillHistory: 30 * MS_PER_DAY,
  rateLimits: RATE_LIMITS,
};
/** Names of orders that Binance takes. */
const NAME = /^[A-Za-z0-9_.:/-]{1,36}$/;
/** Money follows a fill after this; several fills are asked about once. */
const BALANCE_AFTER = 1000;

/** Orders and the account at Binance, spot. */
export class BinanceExecution implements ExecutionClient {
  readonly venue = 'binance';
  readonly capabilities = CAPABILITIES;
  readonly #context: AdapterContext;
  readonly #api: OrdersApi;
  readonly #instruments: Instruments;
  readonly #holdings: Holdings;
  readonly #traded: TradedSymbols;
  readonly #open = new OpenOrders();
  readonly #names = new OrderNames();
  readonly #session: Session;
  readonly #updates: Updates;
  readonly #trades: Trades;
  readonly #canceling: Canceling;
  readonly #reports: Listeners<ExecutionReport>;
  #cancelBalance: (() => void) | undefined;

  constructor(options: {
    readonly settings: BinanceSettings;
    readonly keys: BinanceKeys;
    readonly context: AdapterContext;
    readonly rest: BinanceRest;
    readonly instruments: Instruments;
    readonly patience: Patience;
  }) {
    const { settings, context, rest, instruments } = options;
    this.#reports = new Listeners((error) =>
      context.log('error', 'A report of Binance was not taken.', { problem: messageOf(error) }),
    );
    const api = new OrdersApi(rest);
    this.#context = context;
    this.#api = api;
    this.#instruments = instruments;
    this.#holdings = new Holdings(instruments, settings.quoteAsset);
    this.#traded = new TradedSymbols(context);
    this.#session = new Session({
      ...options,
      api,
      onEvent: (event, time) => this.#updates.take(event, time),
      onAccount: (account) => void this.#tellBalance(account),
    });
    this.#canceling = new Canceling({
      api,
      open: this.#open,
      clock: context.clock,
      emit: (report) => this.#emit(report),
    });
    this.#trades = new Trades({
      api,
      instruments,
      traded: this.#traded,
      names: this.#names,
      time: rest.time,
      context,
    });
    this.#updates = new Updates({
      session: this.#session,
      instruments,
      holdings: this.#holdings,
      traded: this.#traded,
      open: this.#open,
      names: this.#names,
      context,
      emit: (report) => this.#emit(report),
      onMoney: () => this.#balanceSoon(),
    });
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

  async disconnect(): Promise<void> {
    this.#cancelBalance?.();
    this.#cancelBalance = undefined;
    await this.#session.disconnect();
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    return this.#instruments.find(query, limit);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return (await this.#instruments.pair(id)).instrument;
  }

  async accounts(): Promise<readonly VenueAccount[]> {
    return [await this.#session.account()];
  }

  async submit(orders: readonly OrderIntent[]): Promise<readonly SubmitAnswer[]> {
    const [first] = orders;
    if (first === undefined) return [];
    this.#session.check(first.account);
    const wrong = orders.find(({ clientOrderId: name }) => !NAME.test(name));
    if (wrong !== undefined)
      throw notSent(`Binance does not take the name ${wrong.clientOrderId.slice(0, 40)}.`);
    if (orders.some(({ instrument }) => instrument !== first.instrument))
      throw notSent('Orders of one group are of one pair.');
    const pair = await beforeSending(() => this.#instruments.ours(first.instrument));
    const { symbol } = pair.instrument;
    const placing =
      orders.length === 1 ? this.#placing(first, pair) : this.#placingPair(orders, pair);
    // Its trades have to be found again whatever happens next.
    this.#traded.add(first.account, symbol);
    const placed = await placing();
    return orders.map((intent) => this.#answer(intent, placed));
  }

  #placing(order: OrderIntent, pair: Pair): () => Promise<readonly PlacedOrder[]> {
    const { symbol } = pair.instrument;
    const { terms, clientOrderId: name } = order;
    const query = queryOf(terms);
    checkRules(symbol, pair.rules, terms);
    checkRoom(symbol, pair.rules, this.#open.of(symbol), [query]);
    return async () => [await this.#api.place({ symbol, ...query, newClientOrderId: name })];
  }

  #placingPair(orders: readonly OrderIntent[], pair: Pair): () => Promise<readonly PlacedOrder[]> {
    const { symbol } = pair.instrument;
    const { query, types } = pairRequest(symbol, pair.rules, orders);
    checkRoom(symbol, pair.rules, this.#open.of(symbol), types);
    return () => this.#api.placePair(query);
  }

  /** What became of one of the orders that were sent. */
  #answer(intent: OrderIntent, placed: readonly PlacedOrder[]): SubmitAnswer {
    const { account, instrument, clientOrderId: name, terms } = intent;
    const order = placed.find((each) => each.clientOrderId === name);
    if (order === undefined) return { venueOrderId: null };
    const { symbol, orderId, status } = order;
    const venueOrderId = orderIdOf(symbol, orderId);
    if (status === 'REJECTED')
      throw new VenueError('rejected', 'Binance rejected the order.', { code: 'REJECTED' });
    this.#open.note({ symbol, orderId, type: queryOf(terms).type, status });
    this.#names.learn(symbol, orderId, name);
    // What ended at once without a fill may be told by nobody else.
    if (status === 'EXPIRED' || status === 'EXPIRED_IN_MATCH' || status === 'CANCELED') {
      this.#emit({
        kind: 'order',
        account,
        venueOrderId,
        clientOrderId: name,
        instrument,
        status: statusOf(status, '', false),
        terms,
        filledQuantity: order.executedQty as Quantity,
        averagePrice: null,
        reason: 'Binance ended it by the rules of its type.',
        venueTime: order.transactTime,
        receivedTime: this.#now(),
      });
    }
    return { venueOrderId };
  }

  amend(_order: OrderRef, _terms: OrderTerms, _change: OrderAmendment): Promise<void> {
    return Promise.reject(
      notSent('Binance changes no orders in place; cancel the order and place another.'),
    );
  }

  async cancel(ref: OrderRef): Promise<void> {
    this.#session.check(ref.account);
    await this.#canceling.one(ref, this.#nameOf(ref));
  }

  async cancelAll(account: AccountId): Promise<void> {
    this.#session.check(account);
    await this.#canceling.all(await beforeSending(() => this.#api.open('order')));
  }

  async openOrders(account: AccountId): Promise<readonly OrderReport[]> {
    this.#session.check(account);
    const orders = await this.#api.open();
    this.#open.replace(orders);
    const reports: OrderReport[] = [];
    for (const order of orders) {
      const report = await this.#report(account, order);
      if (report !== null) reports.push(report);
    }
    return reports;
  }

  async order(ref: OrderRef): Promise<OrderReport | null> {
    this.#session.check(ref.account);
    const name = this.#nameOf(ref);
    // From now on its trades are asked for as well.
    this.#traded.add(ref.account, name.symbol);
    const found = await this.#api.order(name);
    if (found === null) return null;
    // A cancelled order may be told under the name of its cancellation.
    if (name.orderId === null) this.#names.learn(name.symbol, found.orderId, name.ours);
    return this.#report(ref.account, found);
  }

  fills(account: AccountId, since: UnixMillis): Promise<readonly FillReport[]> {
    this.#session.check(account);
    return this.#trades.fills(account, since);
  }

  async positions(account: AccountId): Promise<readonly PositionReport[]> {
    this.#session.check(account);
    return this.#holdings.positions(account, await this.#api.account(), this.#now());
  }

  async balances(account: AccountId): Promise<BalanceReport> {
    this.#session.check(account);
    return this.#balance(await this.#api.account());
  }

  async #report(account: AccountId, order: BinanceOrder): Promise<OrderReport | null> {
    const pair = await this.#instruments.followed(order.symbol);
    if (pair === null) return null;
    this.#traded.add(account, order.symbol);
    this.#names.learn(order.symbol, order.orderId, order.clientOrderId);
    const clientOrderId = this.#names.of(order.symbol, order.orderId) ?? order.clientOrderId;
    const { base, instrument } = pair;
    const about = { account, instrument: instrument.id, base, receivedTime: this.#now() };
    return orderReport({ ...order, clientOrderId }, about);
  }

  async #balance(account: BinanceAccount): Promise<BalanceReport> {
    const { id } = this.#session.known();
    return this.#holdings.balance(id, account, await this.#prices(), this.#now());
  }

  /** Without prices the money is told all the same. */
  async #prices(): Promise<ReadonlyMap<string, Decimal> | null> {
    try {
      return new Map((await this.#api.prices()).map(({ symbol, price }) => [symbol, price]));
    } catch {
      return null;
    }
  }

  async #tellBalance(account: BinanceAccount): Promise<void> {
    try {
      this.#emit(await this.#balance(account));
    } catch (error) {
      this.#context.log('info', 'The balance of Binance could not be read.', {
        problem: messageOf(error),
      });
    }
  }

  #balanceSoon(): void {
    this.#cancelBalance ??= this.#context.clock.after(BALANCE_AFTER, () => {
      this.#cancelBalance = undefined;
      this.#api.account().then(
        (account) => this.#tellBalance(account),
        () => undefined,
      );
    });
  }

  /** @throws VenueError `not-found` for an order of another venue */
  #nameOf(ref: OrderRef): OrderName {
    if (venueOf(ref.instrument) !== 'BINANCE')
      throw new VenueError('not-found', `${ref.instrument} is no pair of Binance.`);
    const symbol = symbolOf(ref.instrument);
    return { symbol, orderId: numberOf(ref.venueOrderId, symbol), ours: ref.clientOrderId };
  }

  #emit(report: ExecutionReport): void {
    this.#reports.tell(report);
  }

  #now(): UnixMillis {
    return this.#context.clock.now();
  }
}
