import type { Clock } from '../../engine/ports/clock.ts';
import type {
  ConnectionPart,
  ConnectionPhase,
  ConnectionState,
} from '../../engine/ports/connection.ts';
import { unixMillis } from '../../engine/domain/time.ts';

/** Holds the state of a connection and tells of its changes. */
export class ConnectionTracker {
  readonly #clock: Clock;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState;

  constructor(clock: Clock, message = 'Not connected.') {
    this.#clock = clock;
    this.#state = { phase: 'disconnected', message, since: clock.now(), until: null, parts: [] };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** @param retryIn milliseconds until the next attempt, or the end of a break */
  set(
    phase: ConnectionPhase,
    message: string,
    options: { readonly retryIn?: number | null; readonly parts?: readonly ConnectionPart[] } = {},
  ): void {
    const now = this.#clock.now();
    const { retryIn = null, parts = this.#state.parts } = options;
    const same = phase === this.#state.phase;
    this.#state = {
      phase,
      message,
      since: same ? this.#state.since : now,
      until: retryIn === null ? null : unixMillis(Math.round(now + retryIn)),
      parts,
    };
    for (const listener of this.#listeners) listener(this.#state);
  }

  /** Changes one part; the others stay. */
  part(name: string, working: boolean, note: string): void {
    const parts = this.#state.parts.filter((each) => each.name !== name);
    const { phase, message } = this.#state;
    this.set(phase, message, { parts: [...parts, { name, working, note }] });
  }

  on(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
