import { negate, ZERO } from '../../../engine/domain/decimal.ts';
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
import { checkTerms } from '../../../engine/orders/check-terms.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionClient } from '../../../engine/ports/execution-client.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type {
  AccountView,
  OrderCheck,
  PositionView,
  Ticket,
} from '../../../engine/protocol/live-schemas.ts';
import type { OrderJournal } from '../../storage/journal.ts';
import type { MarketDataService } from '../market-data/types.ts';
import { Algorithms } from './algorithms.ts';
import { Cases } from './cases.ts';
import { changedTerms } from '../../../engine/orders/record.ts';
import { Desk, type Placed } from './desk.ts';
import { Doubts, isReady } from './doubts.ts';
import { Exits } from './exits.ts';
import { Intake } from './intake.ts';
import { flatten, kill, untilClosed, type Killed } from './kill-switch.ts';
import { entry, OrderLog } from './order-log.ts';
import { Reconciliation } from './reconciliation.ts';
import { RiskDesk, type StateAuthor } from './risk-desk.ts';
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
  /** Milliseconds between comparisons with each venue; a minute when absent. */
  readonly reconcileEvery?: number;
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
}

export interface Notice {
  readonly level: 'info' | 'warning' | 'error';
  readonly title: string;
  readonly text: string;
  readonly subject: string;
}

const RECONCILE_EVERY = 60_000;

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
  readonly #exits: Exits;
  readonly #intake: Intake;
  readonly #options: TradingOptions;
  readonly #endings = new Map<string, () => void>();
  readonly #shown: TradingShown;
  #cancelRound: (() => void) | undefined;
  #closed = false;

  private constructor(options: TradingOptions, log: OrderLog, entries: readonly JournalEntry[]) {
    this.#options = options;
    this.log = log;
    const { clock, market, events, onDefect } = options;
    this.cases = new Cases(log, clock, entries, events.onCases);
    this.risk = new RiskDesk(
      {
        log,
        venues: this.venues,
        clock,
        mark: (id) => market.mark(id),
        instrument: (id) => market.knownInstrument(id),
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
      onFillsMissing: (order) => void this.#fetchFills(order),
      onOrphan: (fill) => void this.#fetchOrder(fill.account),
      onAdopted: (order) =>
        events.onNotice({
          level: 'info',
          title: 'Order found at the venue',
          text: `${order.account}: ${order.terms.side} ${order.terms.quantity} ${order.instrument} was placed outside of Renata and is followed now.`,
          subject: order.clientOrderId,
        }),
    });
    this.doubts = new Doubts({
      log,
      venues: this.venues,
      intake: this.#intake,
      clock,
      onVanished: (order) => void this.reconciliation.vanished(order),
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
      onDefect,
    });
    this.#exits = new Exits({
      log,
      venues: this.venues,
      desk: this.desk,
      onUnprotected: (order, why) =>
        events.onNotice({
          level: 'error',
          title: 'Position without protection',
          text: `${order.instrument} in ${order.account}: its stop does not stand (${why}). Place another now.`,
          subject: order.clientOrderId,
        }),
      onDefect,
    });
    this.#shown = new TradingShown({
      log,
      venues: this.venues,
      risk: this.risk,
      clock,
      market,
      dayOf: options.dayOf,
    });
    this.algorithms = new Algorithms(this, options, entries);
    log.listen({
      onOrder: (order) => this.#onOrder(order),
      onFill: (fill, order) => {
        this.risk.books.onFill(fill, order);
        events.onFill(fill);
        events.onPositions();
      },
      onAnomaly: (anomaly, order, event) => {
        void this.cases.raise({
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
      },
      onFailure: (error) => {
        onDefect(error, 'journal');
        this.desk.stopAll();
        events.onRisk();
        events.onNotice({
          level: 'error',
          title: 'The order journal cannot be written',
          text: 'Nothing is sent to any venue until Renata is started again. Check the disk.',
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
    const { events, onDefect } = this.#options;
    const guard = (what: string, work: Promise<unknown>): void => {
      work.catch((error: unknown) => {
        if (!this.#closed) onDefect(error, what);
      });
    };
    let ready = false;
    const look = (): void => {
      const now = client.connection.phase === 'ready';
      if (now && !ready) guard('connection', this.#connected(client));
      ready = now;
      events.onAccounts();
    };
    const endReports = client.onReport((report) => guard('report', this.#intake.take(report)));
    const endStates = client.onConnection(look);
    this.#endings.set(client.venue, () => {
      endReports();
      endStates();
    });
    look();
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
    this.#exits.lookAtAll();
  }

  async reconcile(account: AccountId): ReturnType<Reconciliation['run']> {
    const result = await this.reconciliation.run(account);
    this.#exits.lookAtAll();
    for (const { instrument } of this.log.positions.list(account)) {
      // Rules and prices of what is held are needed to value it.
      if (this.#options.market.knownInstrument(instrument) === null) {
        await this.#options.market.instrument(instrument).catch(() => undefined);
      }
    }
    this.#options.events.onPositions();
    return result;
  }

  /** What the gate says of a ticket, and what it would cost. Sends nothing. */
  async check(
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null = null,
  ): Promise<OrderCheck> {
    const { intents, decision, whatIf } = await this.#examine(ticket, source, strategy, true);
    return this.#shown.check(intents, decision, whatIf);
  }

  /** Places a ticket. A denial is an answer, not an error. */
  async place(
    requestId: string,
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null = null,
  ): Promise<{ readonly orders: readonly OrderRecord[]; readonly check: OrderCheck }> {
    const { intents, decision } = await this.#examine(ticket, source, strategy, false);
    // The gate is asked again inside of the desk: this is only what the caller is shown.
    const check = this.#shown.check(intents, decision, null);
    const placed = await this.desk.place({ requestId, hash: ticketHash(ticket, source), intents });
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
  async flatten(requestId: string, account: string, instrument: string): Promise<Placed> {
    const { id, held } = await this.#heldAfterCancels(account, instrument);
    return flatten(this.#tools(), {
      account: accountId(account),
      instrument: id,
      held,
      tag: 'flatten',
      requestId,
      source: { kind: 'person', name: '' },
    });
  }

  /** The same, and as much the other way round. */
  async reverse(requestId: string, account: string, instrument: string): Promise<Placed> {
    const { id, held } = await this.#heldAfterCancels(account, instrument);
    return flatten(this.#tools(), {
      account: accountId(account),
      instrument: id,
      held,
      tag: 'reverse',
      requestId,
      source: { kind: 'person', name: '' },
      extra: held.startsWith('-') ? negate(held) : held,
    });
  }

  kill(flattenToo: boolean, reason: string, by: StateAuthor): Promise<Killed> {
    this.algorithms.stopAll('Stopped by the kill switch.');
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
    this.algorithms.close();
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
    const intents = readTicket(ticket, {
      instrument,
      capabilities: client.capabilities,
      mark: market.mark(instrument.id),
      source,
      strategy,
      now: clock.now(),
    });
    const entryIntent = intents[0] as OrderIntent;
    const decision = this.risk.check(entryIntent, null);
    const whatIf =
      ask && client.whatIf !== undefined && isReady(client)
        ? await client.whatIf(entryIntent).catch(() => null)
        : null;
    return { intents, decision, whatIf };
  }

  async #heldAfterCancels(account: string, instrument: string) {
    const owner = accountId(account);
    const id = instrument as InstrumentId;
    const position = this.log.positions.get(owner, id);
    if (position === undefined || position.quantity === ZERO) {
      throw new RenataError(
        'CONFLICT',
        `There is no position in ${instrument} in ${account} to close.`,
      );
    }
    await this.desk.cancelAll(owner, id);
    await untilClosed(this.#tools(), owner, id);
    await this.#options.market.instrument(id);
    const held = this.log.positions.get(owner, id)?.quantity ?? ZERO;
    if (held === ZERO)
      throw new RenataError('CONFLICT', `The position in ${instrument} was closed meanwhile.`);
    return { id, held };
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
    };
  }

  #onOrder(order: OrderRecord): void {
    const { events } = this.#options;
    events.onOrder(order);
    this.#exits.look(order);
    this.algorithms.look(order);
    if (order.state === 'Rejected') {
      events.onNotice({
        level: 'error',
        title: 'Order rejected',
        text: `${order.instrument}: ${order.reason}`,
        subject: order.clientOrderId,
      });
    } else if (order.state === 'Unknown') {
      events.onNotice({
        level: 'warning',
        title: 'Outcome unknown',
        text: `${order.instrument}: ${order.reason} The venue is being asked; do not send it again.`,
        subject: order.clientOrderId,
      });
    }
  }

  async #fetchFills(order: OrderRecord): Promise<void> {
    const client = this.venues.find(order.account)?.client;
    if (client !== undefined)
      await this.doubts.fetchFills(client, order.account, order.createdAt - RECONCILE_EVERY);
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
