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

export interface RateGateOptions {
  /**
   * Part of each limit that only orders may use, from 0 to 1; none when absent. Many questions at once, as
   * after a reconnection, then leave room for an order that comes in the middle of them.
   */
  readonly keptForOrders?: number;
}

interface Window {
  readonly limit: RateLimit;
  /** What everything but orders may use in a period. */
  readonly common: number;
  /** Costs granted inside the period, oldest first. */
  readonly granted: { at: number; cost: number }[];
  used: number;
}

/**
 * Lets requests through at the rate that a venue allows: in any period of a limit no more than its
 * requests are granted (sliding windows). Orders go before everything else, and a part of each limit can be
 * kept for them. A venue that asks for a pause gets it.
 */
export class RateGate {
  readonly #clock: Clock;
  readonly #windows: readonly Window[];
  readonly #queues: Record<Priority, Waiting[]> = { order: [], query: [], history: [] };
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Until then only orders are let through. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, limits: readonly RateLimit[], options: RateGateOptions = {}) {
    const { keptForOrders = 0 } = options;
    this.#clock = clock;
    this.#windows = limits.map((limit) => {
      // However small the limit is, questions are answered in the end.
      const common = Math.max(1, limit.requests - Math.floor(limit.requests * keptForOrders));
      return { limit, common, granted: [], used: 0 };
    });
  }

  /**
   * Settles when the request may be sent.
   * @throws VenueError `not-sent` when it would wait longer than `patience` milliseconds, or is cancelled
   */
  take(
    priority: Priority,
    options: {
      readonly cost?: number | undefined;
      readonly patience?: number | undefined;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<void> {
    const { cost = 1, patience, signal } = options;
    const cancelled = 'The request was cancelled before it was sent.';
    if (signal?.aborted === true) return Promise.reject(new VenueError('not-sent', cancelled));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { cost, resolve, reject };
    this.#queues[priority].push(waiting);
    this.#pump();
    const giveUp = (why: string): void => {
      const queue = this.#queues[priority];
      const at = queue.indexOf(waiting);
      if (at < 0) return;
      queue.splice(at, 1);
      reject(new VenueError('not-sent', why));
      // What waits behind a dear request may go earlier than that one could.
      this.#pump();
    };
    const late = (): void =>
      giveUp('The rate limit of the venue left no room for the request in time.');
    const aborted = (): void => giveUp(cancelled);
    const cancel = patience === undefined ? undefined : this.#clock.after(patience, late);
    signal?.addEventListener('abort', aborted);
    const settled = (): void => {
      cancel?.();
      signal?.removeEventListener('abort', aborted);
    };
    void promise.then(settled, settled);
    return promise;
  }

  /** Grants nothing for so long: the venue said so. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.elapsed() + milliseconds);
  }

  /** Lets only orders through for so long: little is left of the limit, and others use it up as well. */
  hold(milliseconds: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#clock.elapsed() + milliseconds);
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
      const priority = PRIORITIES.find((each) => this.#queues[each].length > 0);
      if (priority === undefined) return;
      const queue = this.#queues[priority];
      const next = queue[0] as Waiting;
      const wait = this.#waitFor(next.cost, priority === 'order');
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
  #waitFor(cost: number, order: boolean): number {
    const now = this.#clock.elapsed();
    let wait = Math.max(0, this.#pausedUntil - now, order ? 0 : this.#heldUntil - now);
    for (const window of this.#windows) {
      const { limit, common, granted } = window;
      while (
        granted.length > 0 &&
        (granted[0] as { at: number }).at <= now - limit.perMilliseconds
      ) {
        window.used -= (granted.shift() as { cost: number }).cost;
      }
      // A request that is dearer than the whole period allows goes alone.
      let free = (order ? limit.requests : common) - window.used;
      for (const { at, cost: back } of granted) {
        if (free >= cost) break;
        free += back;
        wait = Math.max(wait, at + limit.perMilliseconds - now);
      }
    }
    return wait;
  }
}
