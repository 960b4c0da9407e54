import { RenataError } from '../../../engine/domain/errors.ts';
import type { ClientOrderId, TradeId } from '../../../engine/domain/identifiers.ts';
import type { Fill } from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { FactSource, OrderEvent, OrderFact } from '../../../engine/orders/facts.ts';
import { OrderLedger } from '../../../engine/orders/ledger.ts';
import type { Anomaly, OrderRecord } from '../../../engine/orders/record.ts';
import { PositionBook, type Baseline } from '../../../engine/portfolio/positions.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { Journal, JournalDraft, JournalEntry } from '../../../engine/ports/journal.ts';

/** Kinds of entries that the trading services write; docs/journal.md describes each. */
export type EntryKind =
  | 'order'
  | 'request'
  | 'position'
  | 'risk'
  | 'state'
  | 'limits'
  | 'case'
  | 'session'
  | 'arming'
  | 'algorithm'
  | 'strategy'
  | 'quality'
  | 'watchdog';

/** What a request made, so that the same request again makes nothing. */
export interface RequestRecord {
  readonly requestId: string;
  /** Hash of what was asked. */
  readonly hash: string;
  readonly orders: readonly ClientOrderId[];
}

export interface OrderLogEvents {
  /** The order as it is after a change; heard before the change is on the disk. */
  readonly onOrder: (order: OrderRecord) => void;
  readonly onFill: (fill: Fill, order: OrderRecord) => void;
  /** A trade was taken back. */
  readonly onBust: (trade: TradeId, order: OrderRecord) => void;
  readonly onAnomaly: (anomaly: Anomaly, order: OrderRecord, event: OrderEvent) => void;
  /** The journal cannot be written: nothing may be sent from now on. */
  readonly onFailure: (error: unknown) => void;
}

const PAGE = 5000;

/**
 * Orders and positions as the journal makes them. What is said here is applied at once and written in the
 * same order; whoever must not go on before it is on the disk waits for the promise.
 */
export class OrderLog {
  readonly ledger = new OrderLedger();
  readonly positions = new PositionBook();
  readonly requests = new Map<string, RequestRecord>();
  readonly #journal: Journal;
  readonly #clock: Clock;
  #events: OrderLogEvents | undefined;
  #failed = false;

  private constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /**
   * Reads the whole journal. Entries of other kinds are handed on.
   * @throws RenataError STORE_DAMAGED for an entry that cannot be read
   */
  static async open(
    journal: Journal,
    clock: Clock,
    onOther: (entry: JournalEntry) => void = () => undefined,
  ): Promise<OrderLog> {
    const log = new OrderLog(journal, clock);
    for (let from = 1; ;) {
      const entries = await journal.read(from, PAGE);
      for (const entry of entries) log.#replay(entry, onOther);
      const last = entries.at(-1);
      if (last === undefined) break;
      from = last.sequence + 1;
    }
    return log;
  }

  listen(events: OrderLogEvents): void {
    this.#events = events;
  }

  /** Whether the journal could not be written. */
  get failed(): boolean {
    return this.#failed;
  }

  /**
   * Applies facts of one order and writes those that say something new. Settles when they are on the disk.
   * @throws RenataError UNAVAILABLE when they could not be written
   */
  tell(
    id: ClientOrderId,
    facts: readonly OrderFact[],
    source: FactSource,
    venueTime: UnixMillis | null = null,
    others: readonly JournalDraft[] = [],
  ): Promise<void> {
    return this.#keep(others, (heard) => this.#apply(id, facts, source, venueTime, heard));
  }

  /** The same for several orders, in one piece. */
  tellAll(
    told: readonly { readonly id: ClientOrderId; readonly facts: readonly OrderFact[] }[],
    source: FactSource,
    others: readonly JournalDraft[] = [],
  ): Promise<void> {
    return this.#keep(others, (heard) =>
      told.flatMap(({ id, facts }) => this.#apply(id, facts, source, null, heard)),
    );
  }

  /**
   * Applies facts and hands them to the journal, and only then tells of them: who hears of one may say
   * another at once, and the journal has to have them in the order in which they were applied.
   */
  async #keep(
    others: readonly JournalDraft[],
    apply: (heard: (() => void)[]) => readonly JournalDraft[],
  ): Promise<void> {
    const heard: (() => void)[] = [];
    const own = apply(heard);
    const drafts = others.length === 0 ? own : [...others, ...own];
    // Reports that say nothing new are as many as those that do.
    if (drafts.length === 0 && heard.length === 0) return;
    const written = drafts.length === 0 ? undefined : this.write(drafts);
    try {
      for (const tell of heard) tell();
    } finally {
      await written;
    }
  }

  /** Takes the venue's position for ours. */
  async takeOver(baseline: Baseline): Promise<void> {
    this.positions.takeOver(baseline);
    await this.write([entry('position', `${baseline.account}|${baseline.instrument}`, baseline)]);
  }

  /** @throws RenataError UNAVAILABLE when it could not be written; nothing is sent after that */
  async write(drafts: readonly JournalDraft[]): Promise<readonly JournalEntry[]> {
    if (this.#failed) throw journalFailed();
    try {
      return await this.#journal.append(drafts);
    } catch (error) {
      if (!this.#failed) {
        this.#failed = true;
        this.#events?.onFailure(error);
      }
      throw journalFailed(error);
    }
  }

  #apply(
    id: ClientOrderId,
    facts: readonly OrderFact[],
    source: FactSource,
    venueTime: UnixMillis | null,
    heard: (() => void)[],
  ): JournalDraft[] {
    const drafts: JournalDraft[] = [];
    let changes = 0;
    for (const fact of facts) {
      const event: OrderEvent = { fact, source, venueTime, time: this.#clock.now() };
      const { order, changed, anomaly } = this.ledger.apply(id, event);
      if (anomaly !== null) heard.push(() => this.#events?.onAnomaly(anomaly, order, event));
      if (!changed) continue;
      drafts.push(entry('order', id, event));
      const booked = this.#book(event, order);
      if (booked !== null) heard.push(booked);
      changes += 1;
    }
    // Once for all that was said of it together, as it is then.
    if (changes > 0) heard.push(() => this.#events?.onOrder(this.ledger.require(id)));
    return drafts;
  }

  /** Books what an event says of a position. @returns how it is told; null when nothing was booked */
  #book({ fact }: OrderEvent, order: OrderRecord): (() => void) | null {
    if (fact.type === 'filled') {
      if (order.busted.includes(fact.fill.tradeId) || !this.positions.fill(fact.fill)) return null;
      return () => this.#events?.onFill(fact.fill, order);
    }
    if (fact.type === 'busted') {
      const gone = this.positions.bust(order.account, order.instrument, fact.tradeId);
      if (gone) return () => this.#events?.onBust(fact.tradeId, order);
    }
    return null;
  }

  #replay(found: JournalEntry, onOther: (entry: JournalEntry) => void): void {
    let body: unknown;
    try {
      body = JSON.parse(found.body);
    } catch (cause) {
      throw new RenataError(
        'STORE_DAMAGED',
        `Entry ${found.sequence} of the order journal cannot be read; run "renata audit verify".`,
        { cause },
      );
    }
    switch (found.kind as EntryKind) {
      case 'order': {
        const event = body as OrderEvent;
        const { order } = this.ledger.apply(found.subject as ClientOrderId, event, found.sequence);
        this.#book(event, order);
        break;
      }
      case 'position':
        this.positions.takeOver(body as Baseline);
        break;
      case 'request': {
        const request = body as RequestRecord;
        this.requests.set(request.requestId, request);
        break;
      }
      case 'risk':
      case 'state':
      case 'limits':
      case 'case':
      case 'session':
      case 'arming':
      case 'algorithm':
      case 'quality':
      case 'watchdog':
        onOther(found);
    }
  }
}

export function entry(kind: EntryKind, subject: string, body: unknown): JournalDraft {
  return { kind, subject, body: JSON.stringify(body) };
}

function journalFailed(cause?: unknown): RenataError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  return new RenataError(
    'UNAVAILABLE',
    `The order journal cannot be written${why}: no order is sent to any venue. Free or check the disk, then start Renata again.`,
    cause === undefined ? {} : { cause },
  );
}
