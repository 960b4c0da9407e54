import type { Clock } from '../../engine/ports/clock.ts';
import type { RateLimit } from '../../engine/ports/execution-client.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';

/** Requests that may wait, and how important each is: orders go before queries, queries before history. */
export type Priority = 'order' | 'query' | 'history';
const PRIORITIES: readonly Priority[] = ['order', 'query', 'history'];

interface Waiting {
  readonly cost: number;
  readonly resolve: () => void;
  readonly reject: (error: VenueError) => void;
}

interface Window {
  readonly limit: RateLimit;
  /** Costs granted inside the period, oldest first. */
  readonly granted: { at: number; cost: number }[];
  used: number;
}

/**
 * Lets requests through at the rate that a venue allows: in any period of a limit no more than its
 * requests are granted (sliding windows). A venue that asks for a pause gets it.
 */
export class RateGate {
  readonly #clock: Clock;
  readonly #windows: readonly Window[];
  readonly #queues: Record<Priority, Waiting[]> = { order: [], query: [], history: [] };
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, limits: readonly RateLimit[]) {
    this.#clock = clock;
    this.#windows = limits.map((limit) => ({ limit, granted: [], used: 0 }));
  }

  /**
   * Settles when the request may be sent.
   * @throws VenueError `not-sent` when it would wait longer than `patience` milliseconds
   */
  take(
    priority: Priority,
    options: { readonly cost?: number; readonly patience?: number } = {},
  ): Promise<void> {
    const cost = options.cost ?? 1;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { cost, resolve, reject };
    this.#queues[priority].push(waiting);
    this.#pump();
    if (options.patience !== undefined) {
      const cancel = this.#clock.after(options.patience, () => {
        const queue = this.#queues[priority];
        const at = queue.indexOf(waiting);
        if (at < 0) return;
        queue.splice(at, 1);
        reject(
          new VenueError(
            'not-sent',
            'The rate limit of the venue left no room for the request in time.',
          ),
        );
      });
      void promise.then(cancel, () => undefined);
    }
    return promise;
  }

  /** Grants nothing for so long: the venue said so. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.elapsed() + milliseconds);
  }

  /** Fails everything that waits; used when the connection ends. */
  close(reason: string): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const priority of PRIORITIES) {
      for (const { reject } of this.#queues[priority].splice(0)) {
        reject(new VenueError('not-sent', reason));
      }
    }
  }

  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (;;) {
      const queue = PRIORITIES.map((priority) => this.#queues[priority]).find(
        ({ length }) => length > 0,
      );
      const next = queue?.[0];
      if (queue === undefined || next === undefined) return;
      const wait = this.#waitFor(next.cost);
      if (wait > 0) {
        this.#cancelTimer = this.#clock.after(Math.max(1, Math.ceil(wait)), () => this.#pump());
        return;
      }
      queue.shift();
      const at = this.#clock.elapsed();
      for (const window of this.#windows) {
        window.granted.push({ at, cost: next.cost });
        window.used += next.cost;
      }
      next.resolve();
    }
  }

  /** Milliseconds until so much more may be granted; 0 for now. */
  #waitFor(cost: number): number {
    const now = this.#clock.elapsed();
    let wait = Math.max(0, this.#pausedUntil - now);
    for (const window of this.#windows) {
      const { limit, granted } = window;
      while (
        granted.length > 0 &&
        (granted[0] as { at: number }).at <= now - limit.perMilliseconds
      ) {
        window.used -= (granted.shift() as { cost: number }).cost;
      }
      // A request that is dearer than the whole period allows goes alone.
      let free = limit.requests - window.used;
      for (const { at, cost: back } of granted) {
        if (free >= cost) break;
        free += back;
        wait = Math.max(wait, at + limit.perMilliseconds - now);
      }
    }
    return wait;
  }
}
