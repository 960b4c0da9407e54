import {
  add,
  compare,
  decimal,
  divide,
  isPositive,
  multiply,
  negate,
  price,
  quantity,
  subtract,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../engine/domain/decimal.ts';
import {
  accountId,
  instrumentId,
  tradeId,
  venueOrderId,
  type AccountId,
  type InstrumentId,
  type VenueOrderId,
} from '../../engine/domain/identifiers.ts';
import type { OrderAmendment, OrderIntent, OrderTerms } from '../../engine/domain/live-order.ts';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../engine/domain/order.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type { ConnectionState } from '../../engine/ports/connection.ts';
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
  VenueOrderStatus,
} from '../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../engine/ports/instruments.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';

export interface TrueOrder {
  readonly id: VenueOrderId;
  readonly intent: OrderIntent;
  terms: OrderTerms;
  status: VenueOrderStatus;
  filled: Quantity;
  value: Decimal;
  reason: string;
}

export const ACCOUNT = accountId('PAPER1');
export const AAPL = instrumentId('AAPL', 'TEST');

export function instrumentOf(id: InstrumentId): TradableInstrument {
  return {
    id,
    symbol: id.split('.')[0] as string,
    name: id,
    assetClass: 'equity',
    currency: 'USD',
    baseCurrency: '',
    calendar: 'none',
    ticks: [
      { from: ZERO, tickSize: decimal('0.0001') },
      { from: decimal('1'), tickSize: decimal('0.01') },
    ],
    lotSize: decimal('1'),
    minQuantity: decimal('1'),
    maxQuantity: null,
    minNotional: null,
    maxNotional: null,
    multiplier: decimal('1'),
    tradable: true,
    shortable: true,
    fractional: false,
    marginable: true,
    expiry: null,
  };
}

/**
 * What a request is to meet: `lost-before` never arrives, `lost-after` arrives and its answer is lost,
 * `late` arrives seconds after its answer was given up, `slow` arrives and is answered seconds later.
 */
export const FAULTS = [
  'none',
  'lost-before',
  'lost-after',
  'late',
  'slow',
  'rejected',
  'not-sent',
  'thrown',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How long late and slow requests take. */
const LATE = 2000;

/**
 * An exchange inside of the process that keeps the truth. Nothing fills by itself: tests say what fills.
 * Reports can be held back, told twice and told in another order.
 */
export class Exchange implements ExecutionClient {
  readonly venue = 'test';
  capabilities: ExecutionCapabilities = {
    orderTypes: ORDER_TYPES,
    timesInForce: TIMES_IN_FORCE,
    groups: [],
    amend: 'in-place',
    fractional: false,
    short: true,
    extendedHours: true,
    reduceOnly: false,
    postOnly: true,
    iceberg: true,
    whatIf: false,
    lookupByClientId: true,
    fillHistory: 7 * 86_400_000,
    rateLimits: [],
  };
  connection: ConnectionState;
  readonly orders: TrueOrder[] = [];
  readonly trades: FillReport[] = [];
  readonly received: string[] = [];
  /** Faults for the requests to come, first in first out. */
  readonly faults: Fault[] = [];
  /** Queries that are to fail. */
  readonly brokenQueries = new Set<string>();
  /** Queries of which the answer takes a while. */
  readonly slowQueries = new Set<string>();
  readonly cash = { amount: decimal('100000') };
  /** Positions that were there before, or changed behind our back. */
  readonly moved = new Map<InstrumentId, Decimal>();
  held: ExecutionReport[] | null = null;
  /** Reports are lost, as while the connection is broken. */
  deaf = false;
  readonly #clock: Clock;
  readonly #reports = new Set<(report: ExecutionReport) => void>();
  readonly #states = new Set<(state: ConnectionState) => void>();
  #next = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.connection = {
      phase: 'disconnected',
      message: '',
      since: clock.now(),
      until: null,
      parts: [],
    };
  }

  async connect(): Promise<void> {
    this.setPhase('ready');
  }

  async disconnect(): Promise<void> {
    this.setPhase('disconnected');
  }

  setPhase(phase: ConnectionState['phase']): void {
    this.connection = { ...this.connection, phase, since: this.#clock.now() };
    for (const listener of this.#states) listener(this.connection);
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    this.#states.add(listener);
    return () => this.#states.delete(listener);
  }

  onReport(listener: (report: ExecutionReport) => void): () => void {
    this.#reports.add(listener);
    return () => this.#reports.delete(listener);
  }

  async accounts() {
    return [{ id: ACCOUNT, live: false, currency: 'USD', name: 'Paper' }];
  }

  async findInstruments(query: string) {
    return [instrumentOf(instrumentId(query, 'TEST'))];
  }

  async instrument(id: InstrumentId) {
    return instrumentOf(id);
  }

  async submit(intents: readonly OrderIntent[]): Promise<readonly SubmitAnswer[]> {
    return this.#request(
      `submit ${intents.map(({ clientOrderId }) => clientOrderId).join('+')}`,
      () =>
        intents.map((intent) => {
          const twin = this.orders.find(
            (order) => order.intent.clientOrderId === intent.clientOrderId,
          );
          if (twin !== undefined) throw new VenueError('rejected', 'duplicate client order id');
          const id = venueOrderId(`V${this.#next}`);
          this.#next += 1;
          const order: TrueOrder = {
            id,
            intent,
            terms: intent.terms,
            status: 'accepted',
            filled: ZERO as Quantity,
            value: ZERO,
            reason: '',
          };
          this.orders.push(order);
          this.#tell(this.#report(order));
          return { venueOrderId: id };
        }),
    );
  }

  async amend(ref: OrderRef, terms: OrderTerms, _change: OrderAmendment): Promise<void> {
    await this.#request(`amend ${ref.clientOrderId}`, () => {
      const order = this.#open(ref);
      if (compare(terms.quantity, order.filled) <= 0) throw new VenueError('rejected', 'too small');
      order.terms = terms;
      this.#tell(this.#report(order));
    });
  }

  async cancel(ref: OrderRef): Promise<void> {
    await this.#request(`cancel ${ref.clientOrderId}`, () => {
      const order = this.#open(ref);
      order.status = 'canceled';
      this.#tell(this.#report(order));
    });
  }

  async cancelAll(): Promise<void> {
    await this.#request('cancel all', () => {
      for (const order of this.orders) {
        if (!isLive(order)) continue;
        order.status = 'canceled';
        this.#tell(this.#report(order));
      }
    });
  }

  async openOrders(): Promise<readonly OrderReport[]> {
    return this.#query('orders', () =>
      this.orders.filter(isLive).map((order) => this.#report(order)),
    );
  }

  async order(ref: OrderRef): Promise<OrderReport | null> {
    return this.#query('order', () => {
      const order = this.#find(ref);
      return order === undefined ? null : this.#report(order);
    });
  }

  async fills(): Promise<readonly FillReport[]> {
    return this.#query('fills', () => [...this.trades]);
  }

  async positions(account: AccountId): Promise<readonly PositionReport[]> {
    return this.#query('positions', () => {
      const held = new Map<InstrumentId, Decimal>(this.moved);
      for (const { instrument, side, quantity: units } of this.trades) {
        const change = side === 'buy' ? units : negate(units);
        held.set(instrument, add(held.get(instrument) ?? ZERO, change));
      }
      return [...held].map(([instrument, units]) => ({
        kind: 'position' as const,
        account,
        instrument,
        quantity: units,
        averagePrice: null,
        receivedTime: this.#clock.now(),
      }));
    });
  }

  async balances(account: AccountId): Promise<BalanceReport> {
    return this.#query('cash', () => ({
      kind: 'balance' as const,
      account,
      currency: 'USD',
      cash: [{ currency: 'USD', amount: this.cash.amount }],
      equity: this.cash.amount,
      buyingPower: multiply(this.cash.amount, decimal('2')),
      initialMargin: null,
      maintenanceMargin: null,
      receivedTime: this.#clock.now(),
    }));
  }

  /** The market fills an order, whole or in part. */
  fill(index: number, units: string, at: string): FillReport {
    const order = this.orders[index] as TrueOrder;
    const size = quantity(units);
    order.filled = add(order.filled, size) as Quantity;
    order.value = add(order.value, multiply(size, decimal(at)));
    order.status = compare(order.filled, order.terms.quantity) >= 0 ? 'filled' : 'partially-filled';
    const fill: FillReport = {
      kind: 'fill',
      account: ACCOUNT,
      tradeId: tradeId(`T${this.trades.length + 1}`),
      venueOrderId: order.id,
      clientOrderId: order.intent.source.kind === 'external' ? null : order.intent.clientOrderId,
      instrument: order.intent.instrument,
      side: order.terms.side,
      quantity: size,
      price: price(at),
      commission: decimal('1'),
      commissionCurrency: 'USD',
      liquidity: 'taker',
      venueTime: this.#clock.now(),
      receivedTime: this.#clock.now(),
    };
    this.trades.push(fill);
    this.#tell(fill);
    this.#tell(this.#report(order));
    return fill;
  }

  /** Somebody places an order elsewhere. */
  placeOutside(intent: OrderIntent): void {
    this.orders.push({
      id: venueOrderId(`V${this.#next}`),
      intent: { ...intent, source: { kind: 'external', name: '' } },
      terms: intent.terms,
      status: 'accepted',
      filled: ZERO as Quantity,
      value: ZERO,
      reason: '',
    });
    this.#next += 1;
  }

  /** Tells what was held back, in the order given. */
  release(order: (reports: readonly ExecutionReport[]) => readonly ExecutionReport[]): void {
    const reports = this.held ?? [];
    this.held = null;
    for (const report of order(reports)) this.#tell(report);
  }

  /** The venue ends an order by itself. */
  end(index: number, status: 'canceled' | 'expired'): void {
    const order = this.orders[index] as TrueOrder;
    order.status = status;
    this.#tell(this.#report(order));
  }

  #tell(report: ExecutionReport): void {
    if (this.deaf) return;
    if (this.held !== null) this.held.push(report);
    else for (const listener of this.#reports) listener(report);
  }

  async #request<Answer>(what: string, work: () => Answer): Promise<Answer> {
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'not-sent') throw new VenueError('not-sent', 'no connection');
    this.received.push(what);
    if (fault === 'rejected')
      throw new VenueError('rejected', 'insufficient funds', { code: '201' });
    if (fault === 'thrown') throw new TypeError('a defect');
    if (fault === 'lost-before') throw new VenueError('unknown', 'the connection broke');
    if (fault === 'late') {
      // A venue that refuses what comes late tells nobody: the connection has gone.
      this.#clock.after(LATE, () => {
        try {
          work();
        } catch (error) {
          if (!(error instanceof VenueError)) throw error;
        }
      });
      throw new VenueError('unknown', 'the connection broke');
    }
    if (fault === 'slow') await this.#pause();
    const answer = work();
    if (fault === 'slow') await this.#pause();
    if (fault === 'lost-after') throw new VenueError('unknown', 'the connection broke');
    return answer;
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.after(LATE, resolve);
    return promise;
  }

  async #query<Answer>(what: string, work: () => Answer): Promise<Answer> {
    if (this.brokenQueries.has(what)) throw new VenueError('unknown', 'no answer');
    const answer = work();
    // What happens meanwhile is not in the answer.
    if (this.slowQueries.has(what)) await this.#pause();
    return answer;
  }

  #find(ref: OrderRef): TrueOrder | undefined {
    return this.orders.find(
      ({ id, intent }) => id === ref.venueOrderId || intent.clientOrderId === ref.clientOrderId,
    );
  }

  #open(ref: OrderRef): TrueOrder {
    const order = this.#find(ref);
    if (order === undefined) throw new VenueError('not-found', 'no such order');
    if (!isLive(order)) throw new VenueError('rejected', `the order is ${order.status}`);
    return order;
  }

  #report(order: TrueOrder): OrderReport {
    return {
      kind: 'order',
      account: ACCOUNT,
      venueOrderId: order.id,
      clientOrderId: order.intent.source.kind === 'external' ? null : order.intent.clientOrderId,
      instrument: order.intent.instrument,
      status: order.status,
      terms: order.terms,
      filledQuantity: order.filled,
      averagePrice: isPositive(order.filled)
        ? (divide(order.value, order.filled, 12, 'half-even') as Price)
        : null,
      reason: order.reason,
      venueTime: this.#clock.now(),
      receivedTime: this.#clock.now(),
    };
  }
}

export function isLive({ status }: TrueOrder): boolean {
  return status === 'accepted' || status === 'partially-filled' || status === 'triggered';
}

export const leftOf = (order: TrueOrder): Decimal => subtract(order.terms.quantity, order.filled);
