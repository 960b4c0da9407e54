import type { Clock } from '../../../engine/ports/clock.ts';
import type { RateLimit } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { RateGate } from '../../net/rate-gate.ts';

/** Limits that Interactive Brokers sets for historical data. */
export const HISTORY_LIMITS = {
  /** For bars of 30 seconds and less; bid-and-ask data counts twice. */
  small: {
    what: 'requests for bars of 30 seconds or less',
    requests: 60,
    perMilliseconds: 600_000,
  },
  /** Six within two seconds for the same contract, exchange and kind are too many. */
  contract: { what: 'requests for one contract', requests: 5, perMilliseconds: 2000 },
  /** The same request again. */
  identical: { what: 'identical requests', requests: 1, perMilliseconds: 15_000 },
  open: 50,
} as const satisfies Record<string, RateLimit | number>;

export interface PacedRequest {
  readonly contract: string;
  readonly identical: string;
  readonly small: boolean;
  readonly cost: number;
}

/** Lets requests for history through at the rate that the servers allow. */
export class HistoryPacing {
  readonly #clock: Clock;
  readonly #small: RateGate;
  readonly #gates = new Map<string, { readonly gate: RateGate; used: number }>();
  readonly #queue: PromiseWithResolvers<void>[] = [];
  #open = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#small = new RateGate(clock, [HISTORY_LIMITS.small]);
  }

  /** Settles when the request may be sent. @returns what to call when it has ended */
  async take(request: PacedRequest): Promise<() => void> {
    const { cost } = request;
    await this.#gate(`identical ${request.identical}`, HISTORY_LIMITS.identical).take('history');
    await this.#gate(`contract ${request.contract}`, HISTORY_LIMITS.contract).take('history', {
      cost,
    });
    if (request.small) await this.#small.take('history', { cost });
    if (this.#open >= HISTORY_LIMITS.open) {
      const turn = Promise.withResolvers<void>();
      this.#queue.push(turn);
      await turn.promise;
    } else this.#open += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      // The place goes on to the next one, if there is one.
      const next = this.#queue.shift();
      if (next === undefined) this.#open -= 1;
      else next.resolve();
    };
  }

  /** The servers said that it was too much. */
  pause(milliseconds: number): void {
    this.#small.pause(milliseconds);
    for (const { gate } of this.#gates.values()) gate.pause(milliseconds);
  }

  close(reason: string): void {
    this.#small.close(reason);
    for (const { gate } of this.#gates.values()) gate.close(reason);
    for (const turn of this.#queue.splice(0)) turn.reject(new VenueError('not-sent', reason));
  }

  #gate(key: string, limit: RateLimit): RateGate {
    const now = this.#clock.elapsed();
    if (this.#gates.size > 1000) {
      for (const [name, { used }] of this.#gates) {
        if (now - used > HISTORY_LIMITS.identical.perMilliseconds) this.#gates.delete(name);
      }
    }
    const known = this.#gates.get(key);
    if (known !== undefined) {
      known.used = now;
      return known.gate;
    }
    const gate = new RateGate(this.#clock, [limit]);
    this.#gates.set(key, { gate, used: now });
    return gate;
  }
}
