import {
  add,
  compare,
  decimal,
  decimalOf,
  divide,
  isPositive,
  multiply,
  roundToStep,
  subtract,
  toNumber,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import {
  tradeId,
  venueOrderId,
  type AccountId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { OrderAmendment, OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import type { OrderState } from '../../../engine/domain/order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { BacktestSettings } from '../../../engine/domain/backtest.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import { commissionOf, slipped } from '../../../engine/backtest/costs.ts';
import { FeeMeter } from '../../../engine/backtest/costs/fees.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type {
  BalanceReport,
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
import { ConnectionTracker } from '../../net/connection-tracker.ts';
import { AccountLog } from './account-log.ts';
import { PaperAccount } from './account.ts';
import {
  asFill,
  CAPABILITIES,
  checkNew,
  isLive,
  money,
  paperOrder,
  reportOf,
  type Line,
  type PaperOrder,
} from './orders.ts';
import { elsewhere, MarketDays } from './days.ts';
import { Matching, type MatchingEvents } from './matching.ts';
import { PriceWatches } from './price-watches.ts';

/** What the paper venue charges and how it fills. */
export interface PaperTerms {
  readonly account: AccountId;
  readonly currency: string;
  readonly cash: Decimal;
  readonly leverage: number;
  readonly commission: BacktestSettings['commission'];
  readonly fees: BacktestSettings['fees'];
  readonly slippageBps: number;
  /** Fills no more than the quote shows; the rest waits for the next one. */
  readonly fillBySize: boolean;
}

/** Quantities that come out of doubles are put on this step where the lot allows it. */
const FINEST = decimal('0.00000001');

/**
 * Paper trading: fills orders on the prices of other sources, by the backtest's own book and costs. It is
 * a venue like any other, with a record of its own: what it has confirmed is there after a crash.
 */
export class SimulatedVenue implements ExecutionClient {
  readonly venue = 'simulated';
  readonly capabilities = CAPABILITIES;
  readonly #terms: PaperTerms;
  readonly #context: AdapterContext;
  readonly #prepare: () => Promise<void>;
  readonly #tracker: ConnectionTracker;
  readonly #log: AccountLog<Line>;
  readonly #account: PaperAccount;
  readonly #meter: FeeMeter | null;
  readonly #orders: PaperOrder[] = [];
  readonly #byClientId = new Map<string, PaperOrder>();
  readonly #books = new Map<InstrumentId, Matching>();
  readonly #groups = new Map<string, number>();
  readonly #fills: FillReport[] = [];
  readonly #listeners = new Set<(report: ExecutionReport) => void>();
  readonly #watches: PriceWatches;
  readonly #sizes = new Map<InstrumentId, { bid: number; ask: number }>();
  readonly #instruments = new Map<InstrumentId, TradableInstrument>();
  readonly #days = new MarketDays();
  #timeOfPrices = Number.NaN;
  readonly #quoted = new Set<InstrumentId>();
  readonly #lastQuote = new Map<InstrumentId, { readonly bid: number; readonly ask: number }>();
  #endFeed: (() => void) | undefined;
  /** Reports leave in the order in which they came to be, each when its line is on the disk. */
  #outbox: Promise<void> = Promise.resolve();
  #restored = false;

  /** @param prepare makes the venue's own source know its instruments, before the account is read */
  constructor(
    terms: PaperTerms,
    context: AdapterContext,
    prepare: () => Promise<void> = async () => undefined,
  ) {
    this.#terms = terms;
    this.#context = context;
    this.#prepare = prepare;
    this.#watches = new PriceWatches(context);
    this.#tracker = new ConnectionTracker(context.clock, context.log);
    this.#log = new AccountLog(context.folder, `${terms.account}.jsonl`);
    this.#account = new PaperAccount(terms.account, terms.currency, terms.cash, terms.leverage);
    this.#meter = terms.fees === undefined ? null : new FeeMeter(terms.fees);
  }

  get connection(): ConnectionState {
    return this.#tracker.state;
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.#tracker.on(listener);
  }

  onReport(listener: (report: ExecutionReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async connect(): Promise<void> {
    this.#tracker.set('synchronizing', 'Reading the paper account.');
    await this.#prepare();
    if (!this.#restored) await this.#restore();
    this.#endFeed ??= this.#context.feed.listen((batch) => this.#onData(batch));
    this.#tracker.part('orders', true, '');
    this.#tracker.set('ready', 'Paper trading on live or replayed prices; no money is at risk.');
    for (const { intent, status } of this.#orders)
      if (isLive(status)) void this.#watches.add(intent.instrument);
    for (const { instrument } of this.#account.positions.list()) void this.#watches.add(instrument);
  }

  async disconnect(): Promise<void> {
    this.#endFeed?.();
    this.#endFeed = undefined;
    this.#watches.end();
    await this.#outbox;
    await this.#log.release();
    this.#tracker.set('disconnected', 'Not connected.');
  }

  async accounts(): Promise<readonly VenueAccount[]> {
    const { account, currency } = this.#terms;
    return [{ id: account, live: false, currency, name: 'Paper', dayZone: this.#days.zone }];
  }

  async findInstruments(): Promise<readonly TradableInstrument[]> {
    return [];
  }

  instrument(id: InstrumentId): Promise<TradableInstrument> {
    return this.#instrument(id);
  }

  async submit(intents: readonly OrderIntent[]): Promise<readonly SubmitAnswer[]> {
    this.#requireReady();
    const [first] = intents;
    if (first === undefined) return [];
    checkNew(intents, this.#byClientId);
    const instrument = await this.#instrument(first.instrument);
    await this.#watches.add(instrument.id);
    this.#refuse(first);
    const answers: SubmitAnswer[] = [];
    for (const intent of intents) {
      const order = this.#accept(intent, this.#context.clock.now());
      answers.push({ venueOrderId: venueOrderId(`S${order.number}`) });
      this.#tell(
        { kind: 'order', number: order.number, intent, time: order.time, instrument },
        this.#report(order),
      );
    }
    // Taken is only what is on the disk.
    await this.#outbox;
    return answers;
  }

  async amend(ref: OrderRef, terms: OrderTerms, _change: OrderAmendment): Promise<void> {
    const order = this.#live(ref);
    if (compare(terms.quantity, order.filled) <= 0) {
      throw new VenueError('rejected', `${order.filled} are filled already.`, {
        code: 'TOO_SMALL',
      });
    }
    order.terms = terms;
    this.#bookOf(order.intent.instrument).amend(order.number, terms);
    this.#tellState(order);
    await this.#outbox;
  }

  async cancel(ref: OrderRef): Promise<void> {
    const order = this.#live(ref);
    this.#bookOf(order.intent.instrument).cancel(order.number);
    await this.#outbox;
  }

  async cancelAll(account: AccountId): Promise<void> {
    this.#requireAccount(account);
    for (const order of this.#orders) {
      if (isLive(order.status)) this.#bookOf(order.intent.instrument).cancel(order.number);
    }
    await this.#outbox;
  }

  async whatIf(intent: OrderIntent) {
    const { multiplier } = await this.#instrument(intent.instrument);
    const { side, quantity, limitPrice, stopPrice } = intent.terms;
    const price = limitPrice ?? stopPrice;
    const rest = { maintenanceMarginChange: null, warning: '' };
    if (price === undefined) return { initialMarginChange: null, commission: null, ...rest };
    const unit = multiply(price, multiplier);
    const value = multiply(quantity, unit);
    const fee = this.#feeOf(-1, side === 'sell', toNumber(quantity), toNumber(unit), false, true);
    return {
      initialMarginChange: divide(value, decimalOf(this.#terms.leverage), 2, 'half-even'),
      commission: money(fee),
      ...rest,
    };
  }

  async openOrders(account: AccountId): Promise<readonly OrderReport[]> {
    this.#requireAccount(account);
    await this.#outbox;
    return this.#orders.filter(({ status }) => isLive(status)).map((order) => this.#report(order));
  }

  async order(ref: OrderRef): Promise<OrderReport | null> {
    await this.#outbox;
    const order = this.#byClientId.get(ref.clientOrderId);
    return order === undefined ? null : this.#report(order);
  }

  async fills(account: AccountId, since: UnixMillis): Promise<readonly FillReport[]> {
    this.#requireAccount(account);
    await this.#outbox;
    return this.#fills.filter(({ venueTime }) => venueTime >= since);
  }

  async positions(account: AccountId): Promise<readonly PositionReport[]> {
    this.#requireAccount(account);
    await this.#outbox;
    return this.#account.positions.list(account).map(({ instrument, quantity, averagePrice }) => ({
      kind: 'position',
      account,
      instrument,
      quantity,
      averagePrice,
      receivedTime: this.#context.clock.now(),
    }));
  }

  async balances(account: AccountId): Promise<BalanceReport> {
    this.#requireAccount(account);
    await this.#outbox;
    return this.#account.balance(this.#context.clock.now());
  }

  #onData(batch: readonly MarketDatum[]): void {
    for (const datum of batch) {
      const { instrument } = datum;
      const book = this.#books.get(instrument);
      this.#timeOfPrices = datum.kind === 'bar' ? datum.start : datum.venueTime;
      if (datum.kind === 'quote') {
        this.#quoted.add(instrument);
        this.#sizes.set(instrument, { bid: datum.bidSize, ask: datum.askSize });
        this.#lastQuote.set(instrument, { bid: datum.bid, ask: datum.ask });
        this.#account.mark(instrument, (datum.bid + datum.ask) / 2);
        if (book !== undefined && book.count > 0 && datum.bid > 0 && datum.ask >= datum.bid) {
          book.expire(datum.venueTime, this.#days.of(instrument, datum.venueTime));
          book.onPrices(datum, false);
        }
      } else if (datum.kind === 'trade' && datum.regular) {
        this.#account.mark(instrument, datum.price);
        // With quotes, they say what an order would get.
        if (book !== undefined && book.count > 0 && !this.#quoted.has(instrument)) {
          book.expire(datum.venueTime, this.#days.of(instrument, datum.venueTime));
          book.onPrices({ bid: datum.price, ask: datum.price }, false);
        }
      } else if (datum.kind === 'bar' && datum.closed && !this.#quoted.has(instrument)) {
        if (book !== undefined && book.count > 0) {
          book.expire(datum.start, this.#days.of(instrument, datum.start));
          book.onBar(datum, true);
        }
        this.#account.mark(instrument, datum.close);
      } else if (datum.kind === 'status' && datum.status === 'closed') book?.endOfSession();
    }
    const balance = this.#account.balanceDue(this.#context.clock.now());
    if (balance === null) return;
    this.#outbox = this.#outbox.then(() => {
      for (const listener of this.#listeners) listener(balance);
    });
  }

  /** What this venue does not take. */
  #refuse(intent: OrderIntent): void {
    const { terms } = intent;
    if (terms.postOnly === true && terms.limitPrice !== undefined) {
      // Whether it would take is known only with a quote.
      const limit = toNumber(terms.limitPrice);
      const mark = this.#lastQuote.get(intent.instrument);
      const takes =
        mark !== undefined && (terms.side === 'buy' ? limit >= mark.ask : limit <= mark.bid);
      if (takes)
        throw new VenueError('rejected', 'A post-only order would have taken liquidity.', {
          code: 'POST_ONLY',
        });
    }
    const price = terms.limitPrice ?? terms.stopPrice;
    if (price === undefined) return;
    const lacking = this.#account.lacking(
      intent.instrument,
      terms.side === 'buy',
      terms.quantity,
      toNumber(price),
    );
    if (lacking !== null && terms.reduceOnly !== true && intent.parent === null) {
      throw new VenueError(
        'rejected',
        `The paper account lacks ${money(toNumber(lacking))} ${this.#terms.currency} of buying power.`,
        { code: 'BUYING_POWER' },
      );
    }
  }

  #accept(intent: OrderIntent, time: UnixMillis): PaperOrder {
    const order = this.#keep(paperOrder(this.#orders.length + 1, intent, time));
    this.#place(order);
    return order;
  }

  #keep(order: PaperOrder): PaperOrder {
    this.#orders.push(order);
    this.#byClientId.set(order.intent.clientOrderId, order);
    this.#days.traded(this.#instruments.get(order.intent.instrument));
    return order;
  }

  #place(order: PaperOrder): void {
    const { intent, number, filled } = order;
    const parent = intent.parent === null ? undefined : this.#byClientId.get(intent.parent);
    let group = 0;
    if (intent.group !== null && intent.group.kind !== 'oto' && intent.group.role !== 'entry') {
      group = this.#groups.get(intent.group.id) ?? this.#groups.size + 1;
      this.#groups.set(intent.group.id, group);
    }
    const book = this.#bookOf(intent.instrument);
    book.add(number, { terms: order.terms }, parent?.number ?? -1, group, toNumber(filled));
    book.restore(number, order);
  }

  #bookOf(id: InstrumentId): Matching {
    const known = this.#books.get(id);
    if (known !== undefined) return known;
    const events: MatchingEvents = {
      fill: (number, quantity, price, maker) =>
        this.#fill(this.#numbered(number), quantity, price, maker),
      end: (number, state) => this.#end(this.#numbered(number), state),
      changed: (number, quantity) => {
        const order = this.#numbered(number);
        const units = this.#units(order.intent.instrument, quantity);
        if (!isPositive(units) || order.terms.quantity === units) return;
        order.terms = { ...order.terms, quantity: units };
        this.#tellState(order);
      },
      moved: (number, stopPrice, triggered) => {
        const order = this.#numbered(number);
        if (order.stopPrice === stopPrice && order.triggered === triggered) return;
        const first = triggered && !order.triggered;
        order.stopPrice = stopPrice;
        order.triggered = triggered;
        this.#write({ kind: 'stop', number, stopPrice, triggered });
        if (first && order.status === 'accepted') {
          order.status = 'triggered';
          this.#tellState(order);
        }
      },
    };
    const made = new Matching(events);
    this.#books.set(id, made);
    return made;
  }

  /** Books a fill. @returns units that were filled */
  #fill(order: PaperOrder, wanted: number, at: number, maker: boolean): number {
    const { intent, number, terms } = order;
    const { clock } = this.#context;
    const id = intent.instrument;
    const units = this.#available(order, wanted);
    if (!isPositive(units)) return 0;
    const limited = terms.limitPrice !== undefined;
    const raw = limited ? at : slipped(at, terms.side, this.#terms.slippageBps);
    const price = decimalOf(Number(raw.toFixed(8))) as Price;
    const lacking = this.#account.lacking(id, terms.side === 'buy', units, raw);
    if (lacking !== null && intent.parent === null) {
      order.reason = `The paper account lacked ${money(toNumber(lacking))} ${this.#terms.currency} when it would have filled.`;
      this.#bookOf(id).cancel(number);
      return 0;
    }
    const now = clock.now();
    // Fees are of the money that changes hands.
    const worth = raw * toNumber(this.#instruments.get(id)?.multiplier ?? decimal('1'));
    const fee = this.#feeOf(number, terms.side === 'sell', toNumber(units), worth, maker, false);
    const report: FillReport = {
      kind: 'fill',
      account: this.#terms.account,
      tradeId: tradeId(`S${number}.${this.#fills.length + 1}`),
      venueOrderId: venueOrderId(`S${number}`),
      clientOrderId: intent.clientOrderId,
      instrument: id,
      side: terms.side,
      quantity: units,
      price,
      commission: money(fee),
      commissionCurrency: this.#instruments.get(id)?.currency ?? this.#terms.currency,
      liquidity: maker ? 'maker' : 'taker',
      venueTime: now,
      receivedTime: now,
      ...elsewhere(this.#timeOfPrices, now),
    };
    this.#book(order, report);
    this.#tell(
      { kind: 'fill', number, fill: report },
      report,
      this.#report(order),
      this.#account.balance(now),
    );
    if (order.status === 'filled') this.#meter?.forget(number);
    return toNumber(units);
  }

  #book(order: PaperOrder, report: FillReport): void {
    this.#fills.push(report);
    order.filled = add(order.filled, report.quantity) as Quantity;
    order.value = add(order.value, multiply(report.quantity, report.price));
    order.status = compare(order.filled, order.terms.quantity) >= 0 ? 'filled' : 'partially-filled';
    this.#account.book(asFill(report, order.intent));
  }

  /** Units that may be filled now: whole lots, and where asked no more than the quote shows. */
  #available(order: PaperOrder, wanted: number): Quantity {
    const left = subtract(order.terms.quantity, order.filled);
    let units: Decimal = this.#units(order.intent.instrument, wanted);
    if (compare(units, left) > 0) units = left;
    const sizes = this.#sizes.get(order.intent.instrument);
    if (this.#terms.fillBySize && sizes !== undefined) {
      const shown = order.terms.side === 'buy' ? sizes.ask : sizes.bid;
      const most = Number.isFinite(shown) ? this.#units(order.intent.instrument, shown) : units;
      if (compare(units, most) > 0) units = most;
    }
    if (order.terms.timeInForce === 'fok' && compare(units, left) < 0) return ZERO as Quantity;
    return units as Quantity;
  }

  #units(id: InstrumentId, value: number): Quantity {
    const lot = this.#instruments.get(id)?.lotSize ?? FINEST;
    if (!(value > 0)) return ZERO as Quantity;
    // A double is a little off what was meant.
    const exact = decimalOf(Number(value.toPrecision(15)));
    return roundToStep(roundToStep(exact, FINEST, 'half-even'), lot, 'towards-zero') as Quantity;
  }

  #feeOf(
    number: number,
    sells: boolean,
    quantity: number,
    price: number,
    maker: boolean,
    estimate: boolean,
  ): number {
    if (this.#meter === null) return commissionOf(this.#terms.commission, quantity, price);
    const fill = { order: number, time: this.#context.clock.now(), sells, quantity, price, maker };
    return estimate ? this.#meter.estimate(fill) : this.#meter.charge(fill);
  }

  #end(order: PaperOrder, state: OrderState): void {
    if (!isLive(order.status)) return;
    order.status = state === 'Expired' ? 'expired' : 'canceled';
    this.#tellState(order);
  }

  #tellState(order: PaperOrder): void {
    const { number, status, terms, reason } = order;
    this.#tell({ kind: 'state', number, status, terms, reason }, this.#report(order));
  }

  /** Writes a line, then tells; what is told is never less than what a restart would find. */
  #tell(line: Line, ...reports: readonly ExecutionReport[]): void {
    const written = this.#log.append(line);
    this.#outbox = Promise.all([this.#outbox, written]).then(
      () => {
        for (const report of reports) for (const listener of this.#listeners) listener(report);
      },
      (error: unknown) => this.#broken(error),
    );
  }

  #write(line: Line): void {
    this.#outbox = Promise.all([this.#outbox, this.#log.append(line)]).then(
      () => undefined,
      (error: unknown) => this.#broken(error),
    );
  }

  #broken(error: unknown): void {
    const reason = messageOf(error);
    this.#tracker.part('orders', false, `The paper account cannot be written (${reason}).`);
    this.#tracker.set(
      'degraded',
      `The paper account cannot be written (${reason}); check the disk.`,
    );
  }

  async #restore(): Promise<void> {
    for (const line of await this.#log.read()) {
      if (line.kind === 'order') {
        // A source may be gone, or come later: what was held stays held, by the rules of its day.
        await this.#instrument(line.intent.instrument).catch(() => this.#know(line.instrument));
        this.#keep(paperOrder(line.number, line.intent, line.time));
        continue;
      }
      const order = this.#numbered(line.number);
      if (line.kind === 'fill') this.#book(order, line.fill);
      else if (line.kind === 'stop') {
        order.stopPrice = line.stopPrice;
        order.triggered = line.triggered;
      } else {
        order.status = line.status;
        order.terms = line.terms;
        order.reason = line.reason;
      }
    }
    for (const order of this.#orders) if (isLive(order.status)) this.#place(order);
    this.#restored = true;
  }

  async #instrument(id: InstrumentId): Promise<TradableInstrument> {
    const known = this.#instruments.get(id);
    if (known !== undefined) return known;
    const found = await this.#context.feed.instrument(id);
    return this.#know({ ...found, shortable: true, tradable: true });
  }

  #know<Found extends TradableInstrument | undefined>(found: Found): Found {
    if (found === undefined) return found;
    this.#instruments.set(found.id, found);
    this.#account.know(found);
    return found;
  }

  #report(order: PaperOrder): OrderReport {
    return reportOf(order, this.#terms.account, this.#context.clock.now());
  }

  #numbered(number: number): PaperOrder {
    const order = this.#orders[number - 1];
    if (order === undefined) throw new Error(`The paper account has no order ${number}.`);
    return order;
  }

  #live(ref: OrderRef): PaperOrder {
    this.#requireReady();
    const order = this.#byClientId.get(ref.clientOrderId);
    if (order === undefined)
      throw new VenueError('not-found', 'The paper account has no such order.');
    if (!isLive(order.status)) {
      throw new VenueError('rejected', `The order is ${order.status} already.`, { code: 'CLOSED' });
    }
    return order;
  }

  #requireReady(): void {
    if (this.connection.phase !== 'ready') {
      throw new VenueError('not-sent', 'The paper account is not connected.');
    }
  }

  #requireAccount(account: AccountId): void {
    if (account !== this.#terms.account)
      throw new VenueError('not-found', `There is no paper account ${account}.`);
  }
}
