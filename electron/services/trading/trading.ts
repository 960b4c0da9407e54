import { add, compare, decimal, subtract, ZERO } from '../../../engine/domain/decimal.ts';
import {
  accountId,
  type AccountId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type {
  OrderAmendment,
  OrderIntent,
  OrderSource,
} from '../../../engine/domain/live-order.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { Urgency } from '../../../engine/domain/algorithm.ts';
import type { ExecutionClient, OrderReport } from '../../../engine/ports/execution-client.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type {
  AccountView,
  OrderCheck,
  PositionView,
  Ticket,
} from '../../../engine/protocol/live-schemas.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import { Algorithms } from './algorithms.ts';
import { Cases } from './cases.ts';
import { Closings } from './closing.ts';
import { Desk, type Placed } from './desk.ts';
import { Doubts } from './doubts.ts';
import { ExecutionQuality } from './execution-quality.ts';
import { Exits } from './exits.ts';
import { HeldRules } from './held-rules.ts';
import { HeldStops } from './held-stops.ts';
import { HeldWatches } from './held-watches.ts';
import { Intake } from './intake.ts';
import { kill, type Killed } from './kill-switch.ts';
import { adoptedNotice, noticeOf, stopNotice, unprotectedNotice } from './notices.ts';
import { anomalyCase } from './order-cases.ts';
import { entry, OrderLog } from './order-log.ts';
import { Reconciliation } from './reconciliation.ts';
import { RiskDesk, type StateAuthor } from './risk-desk.ts';
import { TicketDesk } from './ticket-desk.ts';
import type { TradingOptions } from './trading-options.ts';
import { TradingShown } from './trading-shown.ts';
import { UnreachedOrders, type Unreached } from './unreached-orders.ts';
import { VenueSessions } from './venue-sessions.ts';
import { Venues } from './venues.ts';

export type { Notice } from './notices.ts';
export type { TradingEvents, TradingOptions } from './trading-options.ts';
const RECONCILE_EVERY = 60_000;
const PERSON: OrderSource = { kind: 'person', name: '' };

/** Orders, positions, risk and reconciliation of all connected venues. */
export class Trading {
  readonly log: OrderLog;
  readonly venues = new Venues();
  readonly desk: Desk;
  readonly risk: RiskDesk;
  readonly cases: Cases;
  readonly reconciliation: Reconciliation;
  readonly doubts: Doubts;
  readonly algorithms: Algorithms;
  readonly quality: ExecutionQuality;
  readonly #exits: Exits;
  readonly #held: HeldStops;
  readonly #intake: Intake;
  readonly #options: TradingOptions;
  readonly #sessions: VenueSessions;
  readonly #tickets: TicketDesk;
  readonly #watches: HeldWatches;
  readonly #closings: Closings;
  readonly #rules: HeldRules;
  readonly #shown: TradingShown;
  readonly #unreached: UnreachedOrders;
  #closed = false;

  private constructor(options: TradingOptions, log: OrderLog, entries: readonly JournalEntry[]) {
    this.#options = options;
    this.log = log;
    const { clock, market, events, onDefect } = options;
    this.#watches = new HeldWatches({ log, market, clock });
    this.#rules = new HeldRules(
      { log, venues: this.venues, market, clock, onNotice: events.onNotice },
      entries,
    );
    this.cases = new Cases(log, clock, entries, events.onCases);
    this.risk = new RiskDesk(
      {
        log,
        venues: this.venues,
        clock,
        mark: (id) => market.mark(id),
        instrument: (id) => this.#rules.of(id),
        heldMark: (id) => this.#rules.mark(id),
        session: options.session,
        dayOf: options.dayOf,
        isSettled: (account) => this.reconciliation.isSettled(account),
        onChange: events.onRisk,
      },
      entries,
    );
    this.desk = new Desk({
      log,
      venues: this.venues,
      risk: this.risk,
      ...(options.isTripped === undefined ? {} : { isTripped: options.isTripped }),
      onDoubt: (order) => this.doubts.raise(order),
      onDefect,
    });
    this.#unreached = new UnreachedOrders(
      {
        log,
        venues: this.venues,
        desk: this.desk,
        clock,
        isHalted: () => this.risk.state.state === 'halted',
        onNotice: events.onNotice,
        onChange: events.onRisk,
      },
      entries,
    );
    this.#intake = new Intake(log, {
      onBalance: (report) => {
        void this.risk
          .onBalance(report)
          .then(events.onAccounts, (error: unknown) => onDefect(error, 'balance'));
      },
      onPosition: () => undefined,
      onFillsMissing: (order, report) => this.#guard('fills', this.#fetchFills(order, report)),
      onTermsDiffer: ({ clientOrderId: id }) => this.#guard('terms', this.doubts.askTerms(id)),
      onOrphan: (fill) => void this.#fetchOrder(fill.account),
      onAdopted: (order) => events.onNotice(adoptedNotice(order)),
    });
    this.doubts = new Doubts({
      log,
      venues: this.venues,
      intake: this.#intake,
      clock,
      isSending: (id) => this.desk.isSending(id),
      onVanished: (order) => this.#guard('vanished', this.reconciliation.vanished(order)),
      onDefect,
    });
    this.reconciliation = new Reconciliation({
      log,
      venues: this.venues,
      intake: this.#intake,
      doubts: this.doubts,
      cases: this.cases,
      clock,
      onBalance: async (report) => {
        await this.risk.onBalance(report);
        events.onAccounts();
      },
      isSending: (id) => this.desk.isSending(id),
      onDefect,
    });
    const exits = {
      log,
      venues: this.venues,
      desk: this.desk,
      onUnprotected: (order: OrderRecord, why: string) =>
        events.onNotice(unprotectedNotice(order, why)),
      onDefect,
    };
    this.#held = new HeldStops({
      ...exits,
      clock,
      market,
      session: options.session,
      ask: (id) => this.doubts.askTerms(id),
      isKilled: () => this.risk.state.state === 'halted' && this.risk.state.by === 'kill-switch',
      onTriggered: (order, text) => events.onNotice(stopNotice(order, text)),
    });
    this.#exits = new Exits({ ...exits, held: this.#held });
    this.#closings = new Closings(this.#tools());
    this.#shown = new TradingShown({
      log,
      venues: this.venues,
      risk: this.risk,
      clock,
      market,
      dayOf: options.dayOf,
    });
    this.#tickets = new TicketDesk({
      log,
      venues: this.venues,
      desk: this.desk,
      risk: this.risk,
      shown: this.#shown,
      watches: this.#watches,
      market,
      clock,
      figures: options.figures,
    });
    this.#sessions = new VenueSessions({
      log,
      venues: this.venues,
      intake: this.#intake,
      doubts: this.doubts,
      exits: this.#exits,
      reconciliation: this.reconciliation,
      reconcile: (account) => this.reconcile(account),
      clock,
      every: options.reconcileEvery ?? RECONCILE_EVERY,
      onAccounts: () => {
        events.onAccounts();
        // Orders may have come out of reach, or back.
        events.onRisk();
      },
      onDefect,
    });
    this.quality = new ExecutionQuality(
      {
        log,
        venues: this.venues,
        market,
        clock,
        algorithms: () => this.algorithms.list(),
        figures: async (id) => (await options.figures?.of(id)) ?? null,
        clockOf: options.clockOf ?? ((_id, time) => time),
        onDefect,
      },
      entries,
    );
    this.algorithms = new Algorithms(
      this,
      {
        ...options,
        onNotice: events.onNotice,
        onChange: (standing) => {
          this.quality.algorithm(standing);
          events.onAlgorithm?.(standing);
        },
      },
      entries,
    );
    log.listen({
      onOrder: (order) => this.#onOrder(order),
      onFill: (fill, order) => {
        this.risk.books.onFill(fill, order);
        this.quality.fill(fill, order);
        events.onFill(fill);
        events.onPositions();
      },
      onBust: (trade, order) => {
        this.risk.books.onBust(order, trade);
        events.onPositions();
      },
      onAnomaly: (anomaly, order, event) => {
        if (anomaly === 'overfill') this.#guard('terms', this.doubts.askTerms(order.clientOrderId));
        this.#guard('case', this.cases.raise(anomalyCase(anomaly, order, event)));
      },
      onFailure: (error) => {
        onDefect(error, 'journal');
        this.desk.stopAll();
        events.onRisk();
        events.onNotice({
          level: 'error',
          title: 'The order journal cannot be written',
          text: 'No order is sent to any venue until Renata is started again; orders can still be cancelled. Check the disk.',
          subject: 'journal',
        });
      },
    });
  }

  /** Reads the journal and makes everything of it; asks the venues as they connect. */
  static async open(options: TradingOptions): Promise<Trading> {
    const entries: JournalEntry[] = [];
    const log = await OrderLog.open(options.journal, options.clock, (each) => entries.push(each));
    const trading = new Trading(options, log, entries);
    await log.write([entry('session', 'renata', { what: 'start' })]);
    await trading.reconciliation.recover();
    trading.#sessions.start();
    trading.algorithms.start();
    return trading;
  }

  /** Follows a venue. Its accounts are compared whenever it becomes ready. */
  addVenue(client: ExecutionClient): void {
    this.#sessions.add(client);
  }

  removeVenue(venue: string): void {
    this.#sessions.remove(venue);
  }

  #guard(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#options.onDefect(error, what);
    });
  }

  async reconcile(account: AccountId): ReturnType<Reconciliation['run']> {
    const result = await this.reconciliation.run(account);
    this.#guard('kill switch', this.#unreached.reached(account));
    this.#exits.lookAtAll();
    // Rules and prices of what is held are needed to value it.
    await this.#rules.look(account);
    this.#watches.look();
    this.#options.events.onPositions();
    return result;
  }

  /** What the gate says of a ticket, and what it would cost. Sends nothing. */
  check(
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null = null,
    urgency: Urgency = 'normal',
  ): Promise<OrderCheck> {
    return this.#tickets.check(ticket, source, strategy, urgency);
  }

  /** What the gate has said of an order, with what it would cost. */
  checked(intent: OrderIntent, decision: Decision): OrderCheck {
    return this.#shown.check([intent], decision, null);
  }

  /** Places a ticket. A denial is an answer, not an error. */
  place(
    requestId: string,
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null = null,
  ): ReturnType<TicketDesk['place']> {
    return this.#tickets.place(requestId, ticket, source, strategy);
  }

  amend(id: string, change: OrderAmendment): ReturnType<TicketDesk['amend']> {
    return this.#tickets.amend(id, change);
  }

  /** Cancels what works for a position and closes it. */
  flatten(
    requestId: string,
    account: string,
    instrument: string,
    source: OrderSource = PERSON,
  ): Promise<Placed> {
    const place = { account: accountId(account), instrument: instrument as InstrumentId };
    return this.#closings.end({ tag: 'flatten', requestId, source }, place);
  }

  /** The same, and as much the other way round. */
  reverse(
    requestId: string,
    account: string,
    instrument: string,
    source: OrderSource = PERSON,
  ): Promise<Placed> {
    const place = { account: accountId(account), instrument: instrument as InstrumentId };
    return this.#closings.end({ tag: 'reverse', requestId, source }, place);
  }

  kill(flattenToo: boolean, reason: string, by: StateAuthor): Promise<Killed> {
    this.algorithms.stopAll('Stopped by the kill switch.');
    this.#held.stopAll();
    return kill(this.#tools(), { flatten: flattenToo, reason, by });
  }

  /** Orders that work at venues which cannot be reached now. */
  unreached(): readonly Unreached[] {
    return this.#unreached.list();
  }

  accounts(): readonly AccountView[] {
    return this.#shown.accounts();
  }

  positions(): readonly PositionView[] {
    return this.#shown.positions();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sessions.rest();
    this.#watches.close();
    this.algorithms.close();
    this.#held.close();
    await this.quality.close();
    this.doubts.close();
    this.reconciliation.close();
    this.#sessions.end();
    if (!this.log.failed) {
      await this.log.write([entry('session', 'renata', { what: 'end' })]).catch(() => undefined);
    }
  }

  #tools() {
    const { clock, market } = this.#options;
    return {
      log: this.log,
      venues: this.venues,
      desk: this.desk,
      risk: this.risk,
      clock,
      mark: (id: InstrumentId) => market.mark(id),
      prepare: async (account: AccountId, id: InstrumentId) => {
        await this.#rules.prepare(account, id);
        await this.#watches.priced();
      },
      markUnreached: () => this.#unreached.mark(),
      compare: async (account: AccountId) => {
        if (!this.reconciliation.isSettled(account)) await this.reconciliation.run(account);
        return this.reconciliation.isSettled(account);
      },
      disputed: (account: AccountId, id: InstrumentId) => {
        const found = this.cases
          .list(true)
          .find(
            (each) =>
              each.kind === 'position-differs' && each.account === account && each.subject === id,
          );
        if (found === undefined) return null;
        // What was filled since then has changed both.
        const ours = this.log.positions.get(account, id)?.quantity ?? ZERO;
        return add(decimal(found.venueSays), subtract(ours, decimal(found.weSay)));
      },
    };
  }

  #onOrder(order: OrderRecord): void {
    const { events } = this.#options;
    events.onOrder(order);
    this.#watches.want(order.instrument);
    this.quality.look(order);
    this.desk.look(order);
    this.#exits.look(order);
    this.algorithms.look(order);
    const notice = noticeOf(order);
    if (notice !== null) events.onNotice(notice);
  }

  async #fetchFills(order: OrderRecord, report: OrderReport): Promise<void> {
    const client = this.venues.find(order.account)?.client;
    if (client === undefined) return;
    const since = order.createdAt - RECONCILE_EVERY;
    if (!(await this.doubts.fetchFills(client, order.account, since))) return;
    const now = this.log.ledger.require(order.clientOrderId);
    if (compare(now.filledQuantity, report.filledQuantity) >= 0) return;
    // The fills may be on their way: only what is old and still missing is a case.
    if (this.#options.clock.now() - order.createdAt < RECONCILE_EVERY) return;
    if (!isClosed(now)) await this.reconciliation.fillsMissing(now, report);
  }

  async #fetchOrder(account: AccountId): Promise<void> {
    await this.reconciliation
      .run(account)
      .catch((error: unknown) => this.#options.onDefect(error, 'orphan'));
  }
}
