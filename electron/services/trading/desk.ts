import { subtract, type Quantity } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, ClientOrderId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type {
  OrderAmendment,
  OrderIntent,
  OrderSource,
  OrderTerms,
} from '../../../engine/domain/live-order.ts';
import type { OrderFact, Step } from '../../../engine/orders/facts.ts';
import {
  changedTerms,
  isClosed,
  sameTerms,
  type OrderRecord,
} from '../../../engine/orders/record.ts';
import type { ExecutionClient, OrderRef } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import { denial, ofWhole, refused, requireSettled, requireSize } from './desk-answers.ts';
import { entry, type OrderLog, type RequestRecord } from './order-log.ts';
import type { RiskDesk } from './risk-desk.ts';
import type { Venues } from './venues.ts';

export interface DeskOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  /** The risk gate over the present state. */
  readonly risk: Pick<RiskDesk, 'admit' | 'check'>;
  /** Whether the watchdog has stopped trading while this process hung: nothing is sent any more. */
  readonly isTripped?: () => boolean;
  /** An order whose outcome is not known: somebody has to find out. */
  readonly onDoubt: (order: OrderRecord) => void;
  /** Something threw that should not have. */
  readonly onDefect: (error: unknown, what: string) => void;
}

const UNSENT = 'Cancelled before it was sent.';
/** How often an order that arrived after its cancellation is cancelled again. */
const CANCELLATIONS = 3;

export interface Placed {
  readonly orders: readonly OrderRecord[];
  /** What the gate said of the first order. */
  readonly decision: Decision;
}

/**
 * The one way by which orders leave. An order is checked by the gate, journaled with "submitted", and only
 * then sent, once. A definite answer of the venue ends it or goes on; everything else makes it Unknown,
 * which stays an open order until the venue has been asked.
 */
export class Desk {
  readonly #options: DeskOptions;
  readonly #running = new Map<string, Promise<Placed>>();
  /** Written down as submitted, and not handed to the connection yet. */
  readonly #unsent = new Set<ClientOrderId>();
  /** Handed to the connection, which has not answered yet. */
  readonly #sending = new Set<ClientOrderId>();
  /** Cancellations of which the venue knew no order, with how often they were asked for. */
  readonly #unmet = new Map<ClientOrderId, number>();
  /** The order of which a failed request is being told. */
  #failing: ClientOrderId | null = null;
  /** Rises when everything is stopped: what was let through before is not sent any more. */
  #epoch = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** From now on, orders that have not been sent yet are not. */
  stopAll(): void {
    this.#epoch += 1;
  }

  /** Whether an order still waits in this process for its turn to be sent, or for the answer. */
  isSending(id: ClientOrderId): boolean {
    return this.#unsent.has(id) || this.#sending.has(id);
  }

  /** Something about an order has changed: one that was to be cancelled and arrived later is cancelled now. */
  look(order: OrderRecord): void {
    const { clientOrderId: id, marks } = order;
    const asked = this.#unmet.get(id);
    // That its own cancellation was refused is no reason to ask for it again: it would be without end.
    if (asked === undefined || this.#failing === id) return;
    if (isClosed(order) || asked > CANCELLATIONS) this.#unmet.delete(id);
    else if (marks.accepted && !marks.canceling && marks.unknown === null) {
      this.cancel(id).catch((error: unknown) => this.#options.onDefect(error, 'cancel'));
    }
  }

  /**
   * The answer to a request that was given before; null for a new one.
   * @throws RenataError CONFLICT for the same `requestId` with another content
   */
  again(requestId: string, hash: string): Promise<Placed> | null {
    const known = this.#options.log.requests.get(requestId);
    if (known === undefined) return null;
    if (known.hash !== hash) {
      throw new RenataError(
        'CONFLICT',
        `The request ${requestId} was given before with another order; give each order a requestId of its own.`,
        { details: { parameter: 'requestId' } },
      );
    }
    const running = this.#running.get(requestId);
    if (running !== undefined) return running;
    const orders = known.orders.map((id) => this.#options.log.ledger.require(id));
    const allowed = orders.every(({ state }) => state !== 'Denied');
    return Promise.resolve({
      orders,
      decision: { allowed, checks: [], denials: [], largest: null },
    });
  }

  /**
   * Places orders that belong together: one, or a group with its entry first. The same request again gives
   * the same orders.
   * @throws RenataError CONFLICT for the same `requestId` with another content, UNAVAILABLE when the journal fails
   */
  place(request: {
    readonly requestId: string;
    readonly hash: string;
    readonly intents: readonly OrderIntent[];
  }): Promise<Placed> {
    const { requestId, hash } = request;
    const again = this.again(requestId, hash);
    if (again !== null) return again;
    const placing = this.#place(request).finally(() => this.#running.delete(requestId));
    this.#running.set(requestId, placing);
    return placing;
  }

  async #place(request: {
    readonly requestId: string;
    readonly hash: string;
    readonly intents: readonly OrderIntent[];
  }): Promise<Placed> {
    const { log, risk: gate } = this.#options;
    const { requestId, hash, intents } = request;
    const epoch = this.#epoch;
    // No `await` until the orders are in the ledger: two orders at once must each count for the other.
    const decisions = gate.admit(intents);
    const denied = decisions.find(({ allowed }) => !allowed);
    const ids = intents.map(({ clientOrderId }) => clientOrderId);
    const record: RequestRecord = { requestId, hash, orders: ids };
    log.requests.set(requestId, record);
    const sent = denied === undefined ? this.#sentTogether(intents) : [];
    const told = intents.map((intent) => ({
      id: intent.clientOrderId,
      facts: [
        { type: 'initialized', intent } as const,
        ...(denied !== undefined
          ? [denial(denied)]
          : sent.includes(intent)
            ? [{ type: 'submitted' } as const]
            : []),
      ] satisfies OrderFact[],
    }));
    const risk = decisions.map((decision, i) =>
      entry('risk', ids[i] as string, {
        allowed: decision.allowed,
        checks: decision.checks.map(({ code, scope, passed, limit, value }) => ({
          code,
          scope,
          passed,
          limit,
          value,
        })),
      }),
    );
    await this.#written(sent, () =>
      log.tellAll(told, 'local', [entry('request', requestId, record), ...risk]),
    );
    if (sent.length > 0) await this.#send(sent, epoch);
    const orders = ids.map((id) => log.ledger.require(id));
    return { orders, decision: denied ?? (decisions[0] as Decision) };
  }

  /** The orders of a group that go to the venue at once: all where it holds such groups, else the entry, or both legs. */
  #sentTogether(intents: readonly OrderIntent[]): readonly OrderIntent[] {
    const [first] = intents;
    if (first === undefined) return [];
    const { client } = this.#options.venues.account(first.account);
    if (first.group === null || client.capabilities.groups.includes(first.group.kind))
      return intents;
    return intents.filter(({ parent }) => parent === null);
  }

  /** Sends orders that are in the ledger and have not been sent; for exits that wait for their entry. */
  async release(orders: readonly OrderRecord[], quantity: Quantity): Promise<void> {
    const { log } = this.#options;
    const epoch = this.#epoch;
    const ready = orders.filter(({ marks, state }) => !marks.submitted && state === 'Initialized');
    if (ready.length === 0) return;
    await this.#written(ready, () =>
      log.tellAll(
        ready.map(({ clientOrderId, terms }) => ({
          id: clientOrderId,
          facts: [
            { type: 'amended', terms: { ...terms, quantity }, venueOrderId: null } as const,
            { type: 'submitted' } as const,
          ],
        })),
        'local',
      ),
    );
    const current = ready.map(({ clientOrderId }) => log.ledger.require(clientOrderId));
    await Promise.all(current.map((order) => this.#send([order], epoch)));
  }

  /** Writes down that orders are submitted; until they are sent, a cancellation needs no venue. */
  async #written(
    orders: readonly Pick<OrderIntent, 'clientOrderId'>[],
    write: () => Promise<void>,
  ): Promise<void> {
    for (const { clientOrderId } of orders) this.#unsent.add(clientOrderId);
    try {
      await write();
    } catch (error) {
      for (const { clientOrderId } of orders) this.#unsent.delete(clientOrderId);
      throw error;
    }
  }

  /** Says what has happened outside: so it is, even when it cannot be written down any more. */
  async #note(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      // The failure of the journal is told loudly by itself.
      if (!this.#options.log.failed) throw error;
    }
  }

  async #send(intents: readonly OrderIntent[], epoch: number): Promise<void> {
    const { log, venues } = this.#options;
    const [first] = intents;
    if (first === undefined) return;
    const tell = (
      facts: (index: number) => readonly OrderFact[],
      source: 'local' | 'venue',
    ): Promise<void> =>
      this.#note(
        log.tellAll(
          intents.map(({ clientOrderId }, index) => ({ id: clientOrderId, facts: facts(index) })),
          source,
        ),
      );
    const ids = intents.map(({ clientOrderId }) => clientOrderId);
    for (const id of ids) this.#unsent.delete(id);
    // One that was cancelled meanwhile takes its group with it.
    if (ids.some((id) => isClosed(log.ledger.require(id)))) {
      await tell(() => [{ type: 'canceled', reason: UNSENT }], 'local');
      return;
    }
    if (epoch !== this.#epoch || this.#options.isTripped?.() === true) {
      const fact: OrderFact = {
        type: 'denied',
        code: 'TRADING_HALTED',
        reason: 'Trading was halted before the order was sent.',
      };
      await tell(() => [fact], 'local');
      return;
    }
    for (const id of ids) this.#sending.add(id);
    try {
      const { client } = venues.account(first.account);
      const answers = await client.submit(intents.map((each) => forVenue(each, client)));
      for (const id of ids) this.#sending.delete(id);
      await tell((index) => {
        const id = answers[index]?.venueOrderId ?? null;
        return id === null ? [] : [{ type: 'accepted', venueOrderId: id }];
      }, 'venue');
    } catch (thrown) {
      for (const id of ids) this.#sending.delete(id);
      const error = this.#venueError(thrown, 'submit');
      const fact = refused(error, 'submit');
      await tell(
        () => [fact],
        error.failure === 'not-sent' ? 'local' : error.definite ? 'venue' : 'local',
      );
      if (!error.definite) {
        for (const { clientOrderId } of intents)
          this.#options.onDoubt(log.ledger.require(clientOrderId));
      }
    }
  }

  /**
   * Changes an order that works.
   * @throws RenataError CONFLICT for one that is closed, on its way or being changed
   */
  async amend(
    id: ClientOrderId,
    change: OrderAmendment,
    source?: OrderSource,
  ): Promise<{ readonly order: OrderRecord; readonly decision: Decision }> {
    const { log, venues, risk } = this.#options;
    const epoch = this.#epoch;
    const order = log.ledger.require(id);
    requireSettled(order);
    const terms = changedTerms(order.terms, change);
    const entryOf = order.parent === null ? undefined : log.ledger.get(order.parent);
    requireSize(terms, order, entryOf);
    const left = { ...terms, quantity: subtract(terms.quantity, order.filledQuantity) as Quantity };
    const intent = { ...order, source: source ?? order.source, terms: left };
    const decision = ofWhole(risk.check(intent, order), order.filledQuantity);
    if (!decision.allowed) return { order, decision };
    if (!order.marks.submitted) {
      // An exit that waits here for its entry.
      await log.tell(id, [{ type: 'amended', terms, venueOrderId: null }], 'local');
      return { order: log.ledger.require(id), decision };
    }
    const { client } = venues.account(order.account);
    if (client.capabilities.amend === 'none') {
      throw new RenataError(
        'CONFLICT',
        `${client.venue} cannot change orders; cancel ${id} and place another.`,
      );
    }
    await log.tell(id, [{ type: 'amend-requested', change }], 'local');
    try {
      if (epoch !== this.#epoch || this.#options.isTripped?.() === true)
        throw new VenueError('not-sent', 'Trading was halted before the change was sent.');
      await client.amend(refOf(order), termsFor(terms, client), change);
      // What the venue has told meanwhile is newer than its answer.
      const now = log.ledger.require(id);
      if (now.pending === change) {
        await this.#note(log.tell(id, [{ type: 'amended', terms, venueOrderId: null }], 'venue'));
      } else if (now.pending === null && !isClosed(now) && !sameTerms(now.terms, terms)) {
        // It took the change and told other terms: one of both is older.
        const reason = 'The venue took the change and told other terms.';
        await this.#note(
          log.tell(id, [{ type: 'outcome-unknown', step: 'amend', reason }], 'local'),
        );
        this.#options.onDoubt(log.ledger.require(id));
      }
    } catch (thrown) {
      await this.#failed(id, thrown, 'amend');
    }
    return { order: log.ledger.require(id), decision };
  }

  /** Asks the venue to cancel an order; one that has not been sent ends at once. Closed orders stay as they are. */
  async cancel(id: ClientOrderId): Promise<OrderRecord> {
    const { log, venues } = this.#options;
    const order = log.ledger.require(id);
    if (isClosed(order) || order.marks.canceling) return order;
    if (!order.marks.submitted || this.#unsent.has(id)) {
      await this.#note(log.tell(id, [{ type: 'canceled', reason: UNSENT }], 'local'));
      return log.ledger.require(id);
    }
    const account = venues.account(order.account);
    // A cancellation makes nothing worse: it goes out also when it cannot be written down.
    await this.#note(log.tell(id, [{ type: 'cancel-requested' }], 'local'));
    try {
      await account.client.cancel(refOf(order));
    } catch (thrown) {
      await this.#failed(id, thrown, 'cancel');
    }
    return log.ledger.require(id);
  }

  /** Cancels open orders one by one, those that wait here first. @returns how many were asked for */
  async cancelAll(account: AccountId, instrument: InstrumentId | null): Promise<number> {
    const open = this.#options.log.ledger.open(account, instrument ?? undefined);
    const waiting = open.filter(({ marks }) => !marks.submitted);
    const working = open.filter(({ marks }) => marks.submitted);
    for (const { clientOrderId } of waiting) await this.cancel(clientOrderId);
    await Promise.all(working.map(({ clientOrderId }) => this.cancel(clientOrderId)));
    return open.length;
  }

  async #failed(id: ClientOrderId, thrown: unknown, step: Step): Promise<void> {
    const { log } = this.#options;
    const error = this.#venueError(thrown, step);
    // "No such order" to a cancellation says that it has ended, not how: the venue has to be asked.
    const doubtful = !error.definite || (step === 'cancel' && error.failure === 'not-found');
    if (doubtful && step === 'cancel') this.#unmet.set(id, (this.#unmet.get(id) ?? 0) + 1);
    const fact: OrderFact = doubtful
      ? { type: 'outcome-unknown', step, reason: error.message }
      : refused(error, step);
    const source = error.definite && error.failure !== 'not-sent' ? 'venue' : 'local';
    this.#failing = id;
    // Whoever listens hears of it within this call.
    const told = log.tell(id, [fact], source);
    this.#failing = null;
    await this.#note(told);
    if (doubtful) this.#options.onDoubt(log.ledger.require(id));
  }

  /** Whatever else is thrown may have been thrown after the order had left. */
  #venueError(thrown: unknown, step: Step): VenueError {
    if (thrown instanceof VenueError) return thrown;
    this.#options.onDefect(thrown, step);
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new VenueError('unknown', `The connection failed unexpectedly: ${message}`, {
      cause: thrown,
    });
  }
}

/** Where a venue has no word for "reduce only", the risk gate alone keeps an order so. */
export function termsFor(terms: OrderTerms, { capabilities }: ExecutionClient): OrderTerms {
  if (terms.reduceOnly === undefined || capabilities.reduceOnly) return terms;
  const { reduceOnly: _here, ...rest } = terms;
  return rest;
}

function forVenue(intent: OrderIntent, client: ExecutionClient): OrderIntent {
  return { ...intent, terms: termsFor(intent.terms, client) };
}

export function refOf(order: OrderRecord): OrderRef {
  const { account, instrument, clientOrderId, venueOrderId } = order;
  return { account, instrument, clientOrderId, venueOrderId };
}

export function clientOf(venues: Venues, order: OrderRecord): ExecutionClient | undefined {
  return venues.find(order.account)?.client;
}
