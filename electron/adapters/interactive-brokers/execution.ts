import { messageOf } from '../../../engine/domain/errors.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderAmendment, OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../../engine/domain/order.ts';
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
  WhatIf,
} from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { Listeners } from '../../net/listeners.ts';
import { AccountData } from './account.ts';
import type { Contracts } from './contracts.ts';
import { OrderDesk } from './order-desk.ts';
import { OrderEvents } from './order-events.ts';
import { OrderLists } from './order-lists.ts';
import { isLiveAccount } from './settings.ts';
import { MESSAGES_PER_SECOND, type TwsSession } from './session.ts';

export const VENUE = 'interactive-brokers';

const DOUBT_AGAIN = 30_000;

/** Orders and accounts at Interactive Brokers, through TWS or IB Gateway. */
export class TwsExecution implements ExecutionClient {
  readonly venue = VENUE;
  readonly capabilities: ExecutionCapabilities = {
    orderTypes: ORDER_TYPES,
    timesInForce: TIMES_IN_FORCE,
    groups: ['bracket', 'oco', 'oto'],
    amend: 'in-place',
    fractional: false,
    short: true,
    extendedHours: true,
    reduceOnly: false,
    postOnly: false,
    iceberg: true,
    whatIf: true,
    lookupByClientId: true,
    fillHistory: MS_PER_DAY,
    rateLimits: [{ what: 'messages', requests: MESSAGES_PER_SECOND, perMilliseconds: 1000 }],
  };
  readonly #session: TwsSession;
  readonly #contracts: Contracts;
  readonly #events: OrderEvents;
  readonly #lists: OrderLists;
  readonly #desk: OrderDesk;
  readonly #account: AccountData;
  readonly #reports: Listeners<ExecutionReport>;
  #asking = false;
  #doubtAgain = false;
  #cancelDoubt: (() => void) | undefined;

  constructor(session: TwsSession, contracts: Contracts) {
    this.#session = session;
    this.#contracts = contracts;
    this.#reports = new Listeners((error) =>
      session.log('error', 'A report was not taken', { reason: messageOf(error) }),
    );
    const tell = (report: ExecutionReport): void => {
      if (!session.isApart(this)) this.#reports.tell(report);
    };
    this.#events = new OrderEvents(session, contracts, tell);
    this.#lists = new OrderLists(session, this.#events);
    this.#desk = new OrderDesk(session, this.#events, this.#lists);
    this.#account = new AccountData(session, contracts, tell, tell);
    session.use({
      onUp: () => this.#synchronize(),
      onDown: (reason) => {
        this.#cancelDoubt?.();
        this.#account.lost();
        this.#events.answers.drop(
          `The connection was lost before Interactive Brokers had answered (${reason}).`,
        );
      },
      onEvent: (name, args) => {
        if (!this.#events.event(name, args)) this.#account.event(name, args);
      },
      onMessage: (id, code, text) => {
        if (!this.#events.message(id, code, text)) this.#account.message(id, text);
      },
      onDoubt: () => this.#doubt(),
      onIdle: () => undefined,
    });
  }

  get connection(): ConnectionState {
    return this.#session.connectionOf(this);
  }

  async connect(): Promise<void> {
    // The session went on for prices alone: what was told meanwhile is asked for.
    if (this.#session.isApart(this) && this.#session.up) await this.#synchronize();
    return this.#session.start(this);
  }

  async disconnect(): Promise<void> {
    this.#cancelDoubt?.();
    this.#session.stop(this);
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.#session.onConnection(this, listener);
  }

  onReport(listener: (report: ExecutionReport) => void): () => void {
    return this.#reports.on(listener);
  }

  async accounts(): Promise<readonly VenueAccount[]> {
    if (this.#session.accounts.length === 0) {
      throw new VenueError('unknown', 'TWS has not told its accounts yet.');
    }
    const balances = await Promise.all(
      this.#session.accounts.map((id) => this.#account.balances(id).catch(() => null)),
    );
    return this.#session.accounts.map((id, index) => {
      const live = isLiveAccount(id);
      return {
        id,
        live,
        currency: balances[index]?.currency ?? 'USD',
        name: live ? id : `${id} (paper)`,
      };
    });
  }

  async submit(orders: readonly OrderIntent[]): Promise<readonly SubmitAnswer[]> {
    this.#session.check(this);
    return this.#desk.submit(orders);
  }

  async amend(order: OrderRef, terms: OrderTerms, change: OrderAmendment): Promise<void> {
    this.#session.check(this);
    return this.#desk.amend(order, terms, change);
  }

  async cancel(order: OrderRef): Promise<void> {
    this.#session.check(this);
    return this.#desk.cancel(order);
  }

  async cancelAll(account: AccountId): Promise<void> {
    this.#session.check(this);
    return this.#desk.cancelAll(account);
  }

  whatIf(order: OrderIntent): Promise<WhatIf> {
    return this.#desk.whatIf(order);
  }

  async openOrders(account: AccountId): Promise<readonly OrderReport[]> {
    const orders = await this.#lists.open(account);
    return orders.map((order) => this.#events.reportOf(order)).filter((report) => report !== null);
  }

  async order(ref: OrderRef): Promise<OrderReport | null> {
    const open = await this.#lists.open(ref.account);
    const known = this.#events.known(ref);
    if (known !== undefined && open.includes(known)) return this.#events.reportOf(known);
    const fits = (report: {
      venueOrderId: string;
      clientOrderId: string | null;
      account: string;
    }): boolean =>
      report.account === ref.account &&
      (report.venueOrderId === ref.venueOrderId || report.clientOrderId === ref.clientOrderId);
    const completed = await this.#lists.completed();
    const ended = completed.find(fits);
    if (ended !== undefined) return ended;
    const fills = await this.#lists.executions(ref.account);
    if (fills.some(fits)) {
      throw new VenueError(
        'unknown',
        'Interactive Brokers tells fills of the order and not the order itself.',
      );
    }
    return null;
  }

  async fills(account: AccountId, since: UnixMillis): Promise<readonly FillReport[]> {
    const fills = await this.#lists.executions(account);
    return fills.filter(({ venueTime }) => venueTime >= since);
  }

  positions(account: AccountId): Promise<readonly PositionReport[]> {
    return this.#account.positions(account);
  }

  balances(account: AccountId): Promise<BalanceReport> {
    return this.#account.balances(account);
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    return this.#contracts.find(query, limit);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return (await this.#contracts.resolve(id)).instrument;
  }

  async #synchronize(): Promise<void> {
    if (this.#session.settings.clientId === 0) {
      // Orders entered in TWS by hand get a number by which they can be cancelled from here.
      await this.#session.send('query', (encoder) => encoder.reqAutoOpenOrders(true));
    }
    await this.#askAgain();
    await this.#account.follow();
  }

  async #askAgain(): Promise<void> {
    await this.#lists.open(null);
    for (const fill of await this.#lists.executions(null)) this.#events.tellFill(fill);
  }

  /** Something could not be read: until all has been asked for and read, no order may be placed. */
  #doubt(): void {
    if (this.#asking) {
      this.#doubtAgain = true;
      return;
    }
    this.#asking = true;
    this.#doubtAgain = false;
    this.#cancelDoubt?.();
    void this.#askAgain().then(
      () => this.#doubtEnded(!this.#doubtAgain),
      () => this.#doubtEnded(false),
    );
  }

  #doubtEnded(clear: boolean): void {
    this.#asking = false;
    if (clear) {
      this.#session.problems.clear('unreadable orders');
      this.#session.problems.clear('malformed orders');
    } else if (this.#session.up) {
      this.#cancelDoubt = this.#session.clock.after(DOUBT_AGAIN, () => this.#doubt());
    }
  }
}
