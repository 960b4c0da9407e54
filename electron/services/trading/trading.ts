import { compare } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import {
  accountId,
  clientOrderId,
  type AccountId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type {
  Fill,
  OrderAmendment,
  OrderIntent,
  OrderSource,
} from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Urgency } from '../../../engine/domain/algorithm.ts';
import { checkTerms } from '../../../engine/orders/check-terms.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type {
  ExecutionClient,
  ExecutionReport,
  OrderReport,
} from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type {
  AccountView,
  OrderCheck,
  PositionView,
  Ticket,
} from '../../../engine/protocol/live-schemas.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import type { OrderJournal } from '../../storage/journal.ts';
import type { MarketDataService } from '../market-data/types.ts';
import type { AlgorithmStanding } from './algorithm-records.ts';
import { adviceOf } from './advice.ts';
import { Algorithms } from './algorithms.ts';
import { Cases } from './cases.ts';
import { Closings } from './closing.ts';
import { changedTerms, isClosed } from '../../../engine/orders/record.ts';
import { faultOf } from '../../../engine/orders/reports.ts';
import { Desk, type Placed } from './desk.ts';
import { Doubts, isReady } from './doubts.ts';
import { ExecutionQuality } from './execution-quality.ts';
import { Exits } from './exits.ts';
import { HeldStops } from './held-stops.ts';
import { HeldWatches } from './held-watches.ts';
import { Intake } from './intake.ts';
import type { FigureSource } from './figures.ts';
import { kill, type Killed } from './kill-switch.ts';
import { adoptedNotice, noticeOf, stopNotice, unprotectedNotice, type Notice } from './notices.ts';
import { entry, OrderLog } from './order-log.ts';
import { Reconciliation } from './reconciliation.ts';
import { ordersHeard, RiskDesk, type StateAuthor } from './risk-desk.ts';
import { readTicket, ticketHash } from './tickets.ts';
import { TradingShown } from './trading-shown.ts';
import { Venues } from './venues.ts';

export interface TradingOptions {
  readonly journal: OrderJournal;
  readonly clock: Clock;
  readonly market: MarketDataService;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  readonly dayOf: (account: AccountId, now: UnixMillis) => string;
  readonly events: TradingEvents;
  readonly onDefect: (error: unknown, what: string) => void;
  /** Volatility and volume of an instrument's days; not known when absent. */
  readonly figures?: FigureSource;
  /** A time on the clock of an instrument's market; UTC when absent. */
  readonly clockOf?: (id: InstrumentId, time: number) => number;
  /** Milliseconds between comparisons with each venue; a minute when absent. */
  readonly reconcileEvery?: number;
  /** Whether the watchdog has stopped trading, as `DeskOptions` has it. */
  readonly isTripped?: () => boolean;
}

/** What happens, as it happens; whoever shows it gathers and thins it. */
export interface TradingEvents {
  readonly onOrder: (order: OrderRecord) => void;
  readonly onFill: (fill: Fill) => void;
  readonly onPositions: () => void;
  readonly onAccounts: () => void;
  readonly onRisk: () => void;
  readonly onCases: (open: number) => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onAlgorithm?: (standing: AlgorithmStanding) => void;
}

export type { Notice } from './notices.ts';
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
  readonly #endings = new Map<string, () => void>();
  readonly #watches: HeldWatches;
  readonly #closings: Closings;
  /** Rules of what is held, from its venue where no source of data has them. */
  readonly #rules = new Map<InstrumentId, TradableInstrument>();
  readonly #shown: TradingShown;
  #cancelRound: (() => void) | undefined;
  #closed = false;

  private constructor(options: TradingOptions, log: OrderLog, entries: readonly JournalEntry[]) {
    this.#options = options;
    this.log = log;
    const { clock, market, events, onDefect } = options;
    this.#watches = new HeldWatches({ log, market, clock });
    this.cases = new Cases(log, clock, entries, events.onCases);
    this.risk = new RiskDesk(
      {
        log,
        venues: this.venues,
        clock,
        mark: (id) => market.mark(id),
        instrument: (id) => market.knownInstrument(id) ?? this.#rules.get(id) ?? null,
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
      gate: (intent, replacing) => {
        const decision = this.risk.check(intent, replacing);
        if (decision.allowed && replacing === null)
          this.risk.books.onOrder({ time: clock.now(), intent });
        return decision;
      },
      ...(options.isTripped === undefined ? {} : { isTripped: options.isTripped }),
      onDoubt: (order) => this.doubts.raise(order),
      onDefect,
    });
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
        const raised = this.cases.raise({
          kind: 'order-anomaly',
          account: order.account,
          subject: order.clientOrderId,
          venueSays: `${event.fact.type} (${anomaly})`,
          weSay: `${order.state}, ${order.filledQuantity} of ${order.terms.quantity} filled`,
          evidence: [{ time: event.venueTime, text: JSON.stringify(event.fact).slice(0, 1000) }],
          proposals: [
            { id: 'seen', label: 'I have looked', effect: 'Closes the case; changes nothing.' },
          ],
        });
        this.#guard('case', raised);
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
    trading.#nextRound();
    trading.algorithms.start();
    return trading;
  }

  /** Follows a venue. Its accounts are compared whenever it becomes ready. */
  addVenue(client: ExecutionClient): void {
    this.venues.add(client);
    const { events } = this.#options;
    let before = { up: false, ready: false, heard: false };
    const look = (): void => {
      const { phase, parts } = client.connection;
      const ready = phase === 'ready';
      const now = { ready, up: ready || phase === 'degraded', heard: ordersHeard(parts) };
      // While reports do not arrive, what we hold is what was, until it has been compared again.
      if (!isReady(client) || !now.heard || (now.up && !before.up) || !before.heard) {
        const own = this.venues.accounts().filter((each) => each.client === client);
        this.reconciliation.unsettle(own.map(({ id }) => id));
      }
      const anew = (ready && !before.ready) || (now.up && !before.up) || !before.heard;
      if (now.up && anew) this.#guard('connection', this.#connected(client));
      before = now;
      events.onAccounts();
    };
    const endReports = client.onReport((report) =>
      this.#guard('report', this.#hear(client, report)),
    );
    const endStates = client.onConnection(look);
    this.#endings.set(client.venue, () => {
      endReports();
      endStates();
    });
    look();
  }

  #guard(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#options.onDefect(error, what);
    });
  }

  /** Takes a report of a venue, about its own accounts alone: two venues may call two things the same. */
  async #hear(client: ExecutionClient, report: ExecutionReport): Promise<void> {
    const account = (report as ExecutionReport | null)?.account;
    const own = account !== undefined && this.venues.find(account)?.client === client;
    if (!own && faultOf(report) === null) {
      throw new RenataError(
        'CONFLICT',
        `A report of the venue was dropped: ${client.venue} has no account ${String(account)}.`,
      );
    }
    await this.#intake.take(report);
  }

  removeVenue(venue: string): void {
    this.#endings.get(venue)?.();
    this.#endings.delete(venue);
    this.venues.remove(venue);
    this.#options.events.onAccounts();
  }

  async #connected(client: ExecutionClient): Promise<void> {
    this.venues.setAccounts(client, await client.accounts());
    this.#options.events.onAccounts();
    for (const { id, client: of } of this.venues.accounts()) {
      if (of === client) await this.reconcile(id);
    }
    for (const order of this.log.ledger.open()) {
      if (order.state === 'Unknown') this.doubts.raise(order);
    }
    for (const order of this.log.ledger.all()) {
      const over = compare(order.filledQuantity, order.terms.quantity) > 0;
      if (over && this.venues.find(order.account)?.client === client)
        await this.doubts.askTerms(order.clientOrderId);
    }
    this.#exits.lookAtAll();
  }

  async reconcile(account: AccountId): ReturnType<Reconciliation['run']> {
    const result = await this.reconciliation.run(account);
    this.#exits.lookAtAll();
    for (const { instrument } of this.log.positions.list(account)) {
      // Rules and prices of what is held are needed to value it.
      await this.#prepare(account, instrument);
    }
    this.#watches.look();
    this.#options.events.onPositions();
    return result;
  }

  /** Looks the rules of an instrument up, with the account's own venue where no source of data has them. */
  async #prepare(account: AccountId, instrument: InstrumentId): Promise<void> {
    const { market } = this.#options;
    if (market.knownInstrument(instrument) !== null) return;
    try {
      await market.instrument(instrument);
    } catch {
      const client = this.venues.find(account)?.client;
      const rules = await client?.instrument(instrument).catch(() => null);
      if (rules !== undefined && rules !== null) this.#rules.set(instrument, rules);
    }
  }

  /** What the gate says of a ticket, and what it would cost. Sends nothing. */
  async check(
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null = null,
    urgency: Urgency = 'normal',
  ): Promise<OrderCheck> {
    const { intents, decision, whatIf } = await this.#examine(ticket, source, strategy, true);
    const advice = this.#advice(intents[0] as OrderIntent, urgency);
    return { ...this.#shown.check(intents, decision, whatIf), advice };
  }

  /** What the gate has said of an order, with what it would cost. */
  checked(intent: OrderIntent, decision: Decision): OrderCheck {
    return this.#shown.check([intent], decision, null);
  }

  #advice(intent: OrderIntent, urgency: Urgency): OrderCheck['advice'] {
    const { market, figures } = this.#options;
    const { instrument: id } = intent;
    return adviceOf(intent, urgency, {
      quote: market.quote(id),
      instrument: market.knownInstrument(id),
      dayVolume: figures?.known(id)?.volume ?? Number.NaN,
    });
  }

  /** Places a ticket. A denial is an answer, not an error. */
  async place(
    requestId: string,
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null = null,
  ): Promise<{ readonly orders: readonly OrderRecord[]; readonly check: OrderCheck }> {
    const hash = ticketHash(ticket, source);
    // What was given before is not looked at again: the market may have moved since.
    const again = this.desk.again(requestId, hash);
    if (again !== null) {
      const { orders, decision: then } = await again;
      return { orders, check: this.#shown.check(orders, then, null) };
    }
    const { intents, decision } = await this.#examine(ticket, source, strategy, false);
    // The gate is asked again inside of the desk: this is only what the caller is shown.
    const check = this.#shown.check(intents, decision, null);
    const placed = await this.desk.place({ requestId, hash, intents });
    return { orders: placed.orders, check: { ...check, allowed: placed.decision.allowed } };
  }

  async amend(
    id: string,
    change: OrderAmendment,
  ): Promise<{ readonly order: OrderRecord; readonly check: OrderCheck | null }> {
    const order = this.log.ledger.require(clientOrderId(id));
    const { client } = this.venues.account(order.account);
    const instrument = await this.#options.market.instrument(order.instrument);
    // The same checks as for a new order; canonical texts come out of it.
    const terms = checkTerms(
      changedTerms(order.terms, change),
      instrument,
      client.capabilities,
      this.#options.clock.now(),
    );
    const canonical = Object.fromEntries(
      Object.keys(change)
        .filter((name) => change[name as keyof OrderAmendment] !== undefined)
        .map((name) => [name, terms[name as keyof OrderAmendment]]),
    ) as OrderAmendment;
    const { order: after, decision } = await this.desk.amend(order.clientOrderId, canonical);
    return { order: after, check: this.#shown.check([{ ...after, terms }], decision, null) };
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

  accounts(): readonly AccountView[] {
    return this.#shown.accounts();
  }

  positions(): readonly PositionView[] {
    return this.#shown.positions();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRound?.();
    this.#watches.close();
    this.algorithms.close();
    this.#held.close();
    await this.quality.close();
    this.doubts.close();
    for (const end of this.#endings.values()) end();
    this.#endings.clear();
    if (!this.log.failed) {
      await this.log.write([entry('session', 'renata', { what: 'end' })]).catch(() => undefined);
    }
  }

  async #examine(ticket: Ticket, source: OrderSource, strategy: string | null, ask: boolean) {
    const { market, clock } = this.#options;
    const { client } = this.venues.account(accountId(ticket.account));
    const instrument = await market.instrument(ticket.instrument as InstrumentId);
    await this.#watches.priced();
    const intents = readTicket(ticket, {
      instrument,
      capabilities: client.capabilities,
      mark: market.mark(instrument.id),
      source,
      strategy,
      now: clock.now(),
    });
    const all = intents.map((intent) => this.risk.check(intent, null));
    const decision: Decision = all.find(({ allowed }) => !allowed) ?? (all[0] as Decision);
    const whatIf =
      ask && client.whatIf !== undefined && isReady(client)
        ? await client.whatIf(intents[0] as OrderIntent).catch(() => null)
        : null;
    return { intents, decision, whatIf };
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
        await this.#prepare(account, id);
        await this.#watches.priced();
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

  #nextRound(): void {
    if (this.#closed) return;
    const every = this.#options.reconcileEvery ?? RECONCILE_EVERY;
    this.#cancelRound = this.#options.clock.after(every, () => void this.#round());
  }

  async #round(): Promise<void> {
    for (const client of this.venues.clients()) {
      const known = this.venues.accounts().some((each) => each.client === client);
      // Its accounts could not be asked for when it connected.
      if (!known && isReady(client)) this.#guard('connection', this.#connected(client));
    }
    for (const { id, client } of this.venues.accounts()) {
      if (isReady(client)) {
        await this.reconcile(id).catch((error: unknown) =>
          this.#options.onDefect(error, 'reconciliation'),
        );
      }
    }
    this.#nextRound();
  }
}
