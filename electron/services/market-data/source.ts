import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type { DataGap, MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { DropReason, SourceStatistics } from './types.ts';

/** Waits before a subscription that failed for a passing reason is tried again. */
const RETRY = [1_000, 5_000, 15_000, 60_000];
/** Ticks by which the delay of a source is judged. */
const LAG_WINDOW = 256;

interface Subscription {
  readonly instrument: InstrumentId;
  readonly kind: DataKind;
  users: number;
  /** What the client was told last. */
  on: boolean;
  /** The client does not take it: nothing of it comes. */
  refused: boolean;
  attempts: number;
  cancelRetry: (() => void) | undefined;
  /** Calls to the client come one after another: an end never overtakes a beginning. */
  work: Promise<void>;
}

export interface SourceEvents {
  readonly onData: (source: Source, batch: readonly MarketDatum[]) => void;
  readonly onState: (source: Source) => void;
  /** Whether the client takes what is watched of an instrument has changed. */
  readonly onTaken: (source: Source, instrument: InstrumentId) => void;
  readonly onGap: (source: Source, gap: DataGap) => void;
  readonly onEnded: (source: Source, instrument: InstrumentId, kind: DataKind) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/**
 * One source and its subscriptions, each counted. It outlives its client: when one goes away, its
 * subscriptions wait for the next client of that name.
 */
export class Source {
  readonly name: string;
  readonly #clock: Clock;
  readonly #events: SourceEvents;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Instruments of which the present client has refused something, once at least. */
  readonly #withRefusals = new Set<InstrumentId>();
  readonly #dropped = new Map<DropReason, number>();
  #client: MarketDataClient | undefined;
  #ending: (() => void)[] = [];
  #working = false;
  #downSince: number | undefined;
  #replayed = false;
  #lag = Number.NaN;
  #lagNext = Number.POSITIVE_INFINITY;
  #lagCount = 0;
  #heardAt = Number.NEGATIVE_INFINITY;
  received = 0;
  told = 0;
  gaps = 0;

  constructor(name: string, clock: Clock, events: SourceEvents) {
    this.name = name;
    this.#clock = clock;
    this.#events = events;
  }

  get client(): MarketDataClient | undefined {
    return this.#client;
  }

  /** Connected, and its quotes come. */
  get working(): boolean {
    return this.#working;
  }

  /** Whether it is of use to nobody and may be forgotten. */
  get idle(): boolean {
    return this.#client === undefined && this.#wanted === 0;
  }

  get #wanted(): number {
    let wanted = 0;
    for (const { users } of this.#subscriptions.values()) if (users > 0) wanted += 1;
    return wanted;
  }

  /**
   * The present by this source's ticks: the clock less the smallest delay that ticks came with lately.
   * Delayed prices of 15 minutes live 15 minutes ago.
   */
  now(): number {
    return this.#clock.now() - this.lag;
  }

  /** Whether `now` can be told: a market of the past that is played again is where its ticks are. */
  get placed(): boolean {
    return this.#client?.capabilities.replays !== true || !Number.isNaN(this.#lag);
  }

  /** Milliseconds by which its ticks are behind the clock of this machine; 0 where that is not known. */
  get lag(): number {
    return Number.isNaN(this.#lag) ? 0 : this.#lag;
  }

  /** The present of the source when anything of it came last. */
  heardUntil(): number {
    return this.#heardAt - this.lag;
  }

  attach(client: MarketDataClient): void {
    this.detach();
    const replays = client.capabilities.replays === true;
    if (replays || this.#replayed) {
      // Another market is in another time.
      this.#lag = Number.NaN;
      this.#lagNext = Number.POSITIVE_INFINITY;
      this.#lagCount = 0;
    }
    this.#replayed = replays;
    this.#client = client;
    this.#ending = [
      client.onData((batch) => this.#events.onData(this, batch)),
      client.onGap((gap) => {
        this.gaps += 1;
        this.#events.onGap(this, gap);
      }),
      client.onConnection((state) => this.#connection(state)),
    ];
    // Another client may have what the one before it had not.
    for (const subscription of this.#subscriptions.values()) subscription.refused = false;
    this.#withRefusals.clear();
    this.#connection(client.connection);
    for (const subscription of this.#subscriptions.values()) void this.#settle(subscription);
  }

  detach(): void {
    for (const end of this.#ending) end();
    this.#ending = [];
    if (this.#client === undefined) return;
    this.#client = undefined;
    for (const subscription of this.#subscriptions.values()) {
      subscription.on = false;
      subscription.cancelRetry?.();
    }
    this.#setWorking(false);
  }

  has(instrument: InstrumentId, kind: DataKind): boolean {
    return (this.#subscriptions.get(keyOf(instrument, kind))?.users ?? 0) > 0;
  }

  /** Whether prices of an instrument may come: something of it is watched that the client has not refused. */
  carries(id: InstrumentId): boolean {
    if (!this.#withRefusals.has(id)) return true;
    for (const { instrument, users, refused } of this.#subscriptions.values())
      if (instrument === id && users > 0 && !refused) return true;
    return false;
  }

  /** @throws RenataError UNAVAILABLE when the source refuses it for good */
  async add(instrument: InstrumentId, kind: DataKind): Promise<void> {
    const key = keyOf(instrument, kind);
    let subscription = this.#subscriptions.get(key);
    if (subscription === undefined || subscription.users === 0) {
      const most = this.#client?.capabilities.maxSubscriptions ?? null;
      if (most !== null && this.#wanted >= most) {
        throw new RenataError(
          'UNAVAILABLE',
          `${this.name} streams ${most} subscriptions at most, and all are in use; close a panel or watchlist first.`,
        );
      }
    }
    if (subscription === undefined) {
      const work = Promise.resolve();
      const cancelRetry = undefined;
      const none = { users: 0, on: false, refused: false, attempts: 0 };
      subscription = { instrument, kind, ...none, cancelRetry, work };
      this.#subscriptions.set(key, subscription);
    }
    subscription.users += 1;
    const refused = await this.#settle(subscription);
    if (refused === undefined) return;
    this.remove(instrument, kind);
    throw new RenataError('UNAVAILABLE', refused.message, { cause: refused });
  }

  remove(instrument: InstrumentId, kind: DataKind): void {
    const subscription = this.#subscriptions.get(keyOf(instrument, kind));
    if (subscription === undefined || subscription.users === 0) return;
    subscription.users -= 1;
    if (subscription.users > 0) return;
    subscription.cancelRetry?.();
    void this.#settle(subscription);
    this.#events.onEnded(this, instrument, kind);
  }

  drop(reason: DropReason): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** Judges the delay by a tick that tells its own time. */
  heard({ venueTime, receivedTime }: MarketDatum): void {
    if (receivedTime > this.#heardAt) this.#heardAt = receivedTime;
    if (Number.isNaN(venueTime)) return;
    const lag = receivedTime - venueTime;
    if (lag < this.#lagNext) this.#lagNext = lag;
    if (!(lag >= this.#lag)) this.#lag = lag;
    this.#lagCount += 1;
    if (this.#lagCount < LAG_WINDOW) return;
    this.#lag = this.#lagNext;
    this.#lagNext = Number.POSITIVE_INFINITY;
    this.#lagCount = 0;
  }

  statistics(): SourceStatistics {
    return {
      source: this.name,
      working: this.#working,
      subscriptions: this.#wanted,
      received: this.received,
      told: this.told,
      gaps: this.gaps,
      dropped: new Map(this.#dropped),
    };
  }

  #connection(state: ConnectionState): void {
    const quotes = state.parts.find(({ name }) => name === 'quotes');
    const connected = state.phase === 'ready' || state.phase === 'degraded';
    this.#setWorking(connected && quotes?.working !== false);
    if (!connected) return;
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.on) void this.#settle(subscription);
    }
  }

  #setWorking(working: boolean): void {
    if (working === this.#working) return;
    this.#working = working;
    const now = this.#clock.now();
    if (working) {
      const from = this.#downSince;
      this.#downSince = undefined;
      if (from !== undefined) {
        const reason = `${this.name} was away.`;
        this.#events.onGap(this, { instrument: null, from: unixMillis(from), to: now, reason });
      }
    } else {
      this.#downSince ??= now;
    }
    this.#events.onState(this);
  }

  #setRefused(subscription: Subscription, refused: boolean): void {
    if (subscription.refused === refused) return;
    subscription.refused = refused;
    if (refused) this.#withRefusals.add(subscription.instrument);
    this.#events.onTaken(this, subscription.instrument);
  }

  /**
   * Brings the client to what is wanted. Failures that pass are tried again; a final one is the answer.
   */
  #settle(subscription: Subscription): Promise<VenueError | undefined> {
    const run = async (): Promise<VenueError | undefined> => {
      const client = this.#client;
      const wanted = subscription.users > 0;
      const { instrument, kind } = subscription;
      if (client === undefined || wanted === subscription.on) {
        if (!wanted) this.#subscriptions.delete(keyOf(instrument, kind));
        return undefined;
      }
      subscription.cancelRetry?.();
      try {
        if (wanted) await client.subscribe({ instrument, kind });
        else await client.unsubscribe({ instrument, kind });
        // A client that has gone meanwhile holds nothing for its successor.
        if (this.#client === client) {
          subscription.on = wanted;
          this.#setRefused(subscription, false);
        }
        subscription.attempts = 0;
        if (subscription.users === 0 && !subscription.on) {
          this.#subscriptions.delete(keyOf(instrument, kind));
        }
        return undefined;
      } catch (thrown) {
        if (!wanted) {
          // The source may go on sending it; what nobody watches is dropped.
          subscription.on = false;
          if (subscription.users === 0) this.#subscriptions.delete(keyOf(instrument, kind));
          return undefined;
        }
        if (this.#client === client) this.#setRefused(subscription, true);
        const error =
          thrown instanceof VenueError
            ? thrown
            : new VenueError('unknown', `${this.name} failed: ${String(thrown)}`, {
                cause: thrown,
              });
        if (['rejected', 'not-found', 'unauthorized'].includes(error.failure)) {
          if (subscription.attempts > 0) {
            this.#events.onDefect(error, `${this.name} refuses ${kind}s of ${instrument}`);
          }
          return error;
        }
        const wait = RETRY[Math.min(subscription.attempts, RETRY.length - 1)] as number;
        subscription.attempts += 1;
        subscription.cancelRetry = this.#clock.after(
          Math.max(wait, error.retryAfter ?? 0),
          () => void this.#settle(subscription),
        );
        return undefined;
      }
    };
    const done = subscription.work.then(run);
    subscription.work = done.then(() => undefined);
    return done;
  }
}

function keyOf(instrument: InstrumentId, kind: DataKind): string {
  return `${kind} ${instrument}`;
}
