import type { AccountId, ClientOrderId } from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { OrderFact } from '../../../engine/orders/facts.ts';
import { isClosed, NEVER_ARRIVED, type OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionClient } from '../../../engine/ports/execution-client.ts';
import { clientOf, refOf } from './desk.ts';
import type { Intake } from './intake.ts';
import type { OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface DoubtsOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly intake: Intake;
  readonly clock: Clock;
  /** Whether an order still waits in this process for its turn to be sent, or for the answer. */
  readonly isSending: (id: ClientOrderId) => boolean;
  /** The venue does not know an order that it had accepted. */
  readonly onVanished: (order: OrderRecord) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/**
 * An order that the venue does not know may still be on its way. It has to be unknown twice, and so long
 * after it was sent, before it counts as never arrived.
 */
const GRACE = 10_000;
/** Fills are asked for from so long before the order on: clocks differ. */
const MARGIN = 5 * 60_000;

interface Doubt {
  attempts: number;
  misses: number;
  /** When it was raised, as the clock measures intervals. */
  readonly since: number;
  cancel: (() => void) | undefined;
}

/** Asks venues about orders whose outcome is unknown until they answer. Nothing is ever sent again. */
export class Doubts {
  readonly #options: DoubtsOptions;
  readonly #doubts = new Map<ClientOrderId, Doubt>();
  /** Orders of which the terms are being asked for. */
  readonly #asking = new Set<ClientOrderId>();
  /** Those of which the terms are asked for again: the venue could not answer. */
  readonly #again = new Map<ClientOrderId, () => void>();
  #closed = false;

  constructor(options: DoubtsOptions) {
    this.#options = options;
  }

  /** Starts asking about an order; once is enough. */
  raise(order: OrderRecord): void {
    if (this.#closed || this.#doubts.has(order.clientOrderId)) return;
    const since = this.#options.clock.elapsed();
    const doubt: Doubt = { attempts: 0, misses: 0, since, cancel: undefined };
    this.#doubts.set(order.clientOrderId, doubt);
    this.#schedule(order.clientOrderId, doubt);
  }

  /**
   * Asks for the terms of an order that the venue knows otherwise than we, or that has filled for more
   * than we knew it to be: it was changed elsewhere, or a change that was on its way when the venue was asked
   * before has arrived after all. Settles after the first answer; a query that fails is made again later.
   */
  async askTerms(id: ClientOrderId, attempts = 0): Promise<void> {
    const { log, venues, intake } = this.#options;
    const order = log.ledger.require(id);
    const client = clientOf(venues, order);
    if (client === undefined || !isReady(client) || this.#asking.has(id)) return;
    this.#asking.add(id);
    let report;
    try {
      report = await client.order(refOf(order));
    } catch {
      this.#askTermsLater(id, attempts);
      return;
    } finally {
      this.#asking.delete(id);
    }
    if (report === null || intake.isOther(order, report)) return;
    await intake.order(report, asksTheSame(order, log.ledger.require(id)));
  }

  #askTermsLater(id: ClientOrderId, attempts: number): void {
    const { clock, onDefect } = this.#options;
    if (this.#closed || this.#again.has(id)) return;
    const cancel = clock.after(waitOf(attempts), () => {
      this.#again.delete(id);
      this.askTerms(id, attempts + 1).catch((error: unknown) => onDefect(error, 'terms'));
    });
    this.#again.set(id, cancel);
  }

  get count(): number {
    return this.#doubts.size;
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#doubts.values()) cancel?.();
    for (const cancel of this.#again.values()) cancel();
    this.#doubts.clear();
    this.#again.clear();
  }

  #schedule(id: ClientOrderId, doubt: Doubt): void {
    if (this.#closed) return;
    const wait = waitOf(doubt.attempts);
    doubt.attempts += 1;
    doubt.cancel = this.#options.clock.after(wait, () => {
      this.#ask(id, doubt).catch((error: unknown) => {
        this.#options.onDefect(error, 'doubt');
        this.#schedule(id, doubt);
      });
    });
  }

  async #ask(id: ClientOrderId, doubt: Doubt): Promise<void> {
    const { log, venues, intake } = this.#options;
    const order = log.ledger.require(id);
    if (order.state !== 'Unknown') {
      this.#doubts.delete(id);
      return;
    }
    const client = clientOf(venues, order);
    if (client === undefined || !isReady(client)) return this.#schedule(id, doubt);
    let report;
    try {
      report = await client.order(refOf(order));
    } catch {
      // A failed query says nothing at all.
      return this.#schedule(id, doubt);
    }
    if (report !== null && !intake.isOther(order, report)) {
      await this.fetchFills(client, order.account, order.createdAt - MARGIN);
      // What was asked of the venue meanwhile may not be in its answer.
      await intake.order(report, asksTheSame(order, log.ledger.require(id)));
    } else if (log.ledger.require(id) === order) {
      await this.#missing(order, doubt);
    }
    if (log.ledger.require(id).state === 'Unknown') this.#schedule(id, doubt);
    else this.#doubts.delete(id);
  }

  /** Books what the venue has filled since then; a failure is told and changes nothing. */
  async fetchFills(client: ExecutionClient, account: AccountId, since: number): Promise<boolean> {
    try {
      const fills = await client.fills(account, unixMillis(Math.max(0, Math.floor(since))));
      for (const fill of fills) await this.#options.intake.fill(fill, true);
      return true;
    } catch (error) {
      this.#options.onDefect(error, 'fills');
      return false;
    }
  }

  async #missing(order: OrderRecord, doubt: Doubt): Promise<void> {
    const { log, clock, isSending } = this.#options;
    // The venue cannot know yet what has not been sent.
    if (isSending(order.clientOrderId)) return;
    doubt.misses += 1;
    // The calendar may be set back meanwhile.
    const longEnough =
      clock.now() - order.changedAt >= GRACE || clock.elapsed() - doubt.since >= GRACE;
    if (doubt.misses < 2 || !longEnough) return;
    if (order.marks.accepted) {
      // It was there. A filled or cancelled order may have left the venue's list: a case for the user.
      this.#options.onVanished(order);
      return;
    }
    if (isClosed(order)) return;
    const fact: OrderFact = {
      type: 'rejected',
      code: NEVER_ARRIVED,
      reason: 'The venue was asked twice and knows no such order: it never arrived.',
    };
    await log.tell(order.clientOrderId, [fact], 'reconciliation');
  }
}

const waitOf = (attempts: number): number =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempts, 10));

/** Whether nothing was asked of the venue between two moments, so that its answer is the newest word. */
export function asksTheSame(before: OrderRecord, now: OrderRecord): boolean {
  return (
    before.pending === now.pending &&
    before.terms === now.terms &&
    before.marks.canceling === now.marks.canceling &&
    before.marks.unknown === now.marks.unknown
  );
}

/** Whether answers of the venue are to be trusted now. */
export function isReady(client: ExecutionClient): boolean {
  const { phase } = client.connection;
  return phase === 'ready' || phase === 'degraded' || phase === 'synchronizing';
}
