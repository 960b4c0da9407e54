import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { MarketDataService } from '../market-data/types.ts';
import type { OrderLog } from './order-log.ts';

export interface HeldWatchesOptions {
  readonly log: OrderLog;
  readonly market: Pick<MarketDataService, 'watch' | 'mark'>;
  readonly clock: Clock;
}

/** How long a price that was asked for just now may take, and how often that is looked at. */
const PATIENCE = 3000;
const LOOK_EVERY = 50;

/** Waits before a source is asked again that did not have it. */
const RETRY = [250, 500, 1000, 2000, 5000, 15_000, 60_000];

interface Watched {
  readonly since: number;
  /** Ends the watch, or the wait for the next attempt; null while the source has not answered. */
  end: (() => void) | null;
}

/**
 * Keeps prices coming for what is held or ordered, whether or not anybody looks at it: the risk gate values
 * the whole account before it lets an order pass.
 */
export class HeldWatches {
  readonly #options: HeldWatchesOptions;
  readonly #watched = new Map<InstrumentId, Watched>();
  /** Those whose first price may still come. */
  readonly #unpriced = new Set<InstrumentId>();
  #closed = false;

  constructor(options: HeldWatchesOptions) {
    this.#options = options;
  }

  /** Begins to watch what has come, and ends what has gone. */
  look(): void {
    if (this.#closed) return;
    const { positions, ledger } = this.#options.log;
    const wanted = new Set<InstrumentId>();
    for (const { instrument } of positions.list()) wanted.add(instrument);
    for (const { instrument } of ledger.open()) wanted.add(instrument);
    for (const [instrument, { end }] of this.#watched) {
      if (wanted.has(instrument) || end === null) continue;
      this.#watched.delete(instrument);
      end();
    }
    for (const instrument of wanted) {
      if (!this.#watched.has(instrument)) void this.#begin(instrument);
    }
  }

  /** Watches an instrument that an order names. */
  want(instrument: InstrumentId): void {
    if (!this.#closed && !this.#watched.has(instrument)) void this.#begin(instrument);
  }

  /** Waits for the first prices of what is held and has been watched only since a moment ago. */
  async priced(): Promise<void> {
    while (!this.#closed && this.#isAwaited()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#options.clock.after(LOOK_EVERY, resolve);
      await promise;
    }
  }

  /** Asked by every order: what has its price is not looked at again. */
  #isAwaited(): boolean {
    const { clock, market, log } = this.#options;
    const earliest = clock.elapsed() - PATIENCE;
    for (const instrument of this.#unpriced) {
      const since = this.#watched.get(instrument)?.since ?? Number.NEGATIVE_INFINITY;
      if (since <= earliest || market.mark(instrument) !== null) this.#unpriced.delete(instrument);
    }
    if (this.#unpriced.size === 0) return false;
    return log.positions.list().some(({ instrument }) => this.#unpriced.has(instrument));
  }

  close(): void {
    this.#closed = true;
    for (const { end } of this.#watched.values()) end?.();
    this.#watched.clear();
  }

  async #begin(instrument: InstrumentId): Promise<void> {
    const watched: Watched = { since: this.#options.clock.elapsed(), end: null };
    this.#watched.set(instrument, watched);
    this.#unpriced.add(instrument);
    await this.#watch(instrument, watched, 0);
  }

  async #watch(instrument: InstrumentId, watched: Watched, attempt: number): Promise<void> {
    const { market, clock } = this.#options;
    watched.end = null;
    try {
      const watch = await market.watch(instrument, ['quote', 'trade', 'bar']);
      watched.end = () => watch.end();
      if (this.#closed) watch.end();
    } catch {
      // No source has it now; one may connect.
      if (this.#closed) return;
      const wait = RETRY[Math.min(attempt, RETRY.length - 1)] as number;
      watched.end = clock.after(wait, () => void this.#watch(instrument, watched, attempt + 1));
    }
  }
}
