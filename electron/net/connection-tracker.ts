import { messageOf } from '../../engine/domain/errors.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type {
  ConnectionPart,
  ConnectionPhase,
  ConnectionState,
} from '../../engine/ports/connection.ts';
import type { AdapterContext } from './adapter.ts';
import { Listeners } from './listeners.ts';

/** Holds the state of a connection and tells of its changes. */
export class ConnectionTracker {
  readonly #clock: Clock;
  readonly #listeners: Listeners<ConnectionState>;
  #state: ConnectionState;

  /** @param log is told of listeners that fail; their failure is nobody else's */
  constructor(clock: Clock, log?: AdapterContext['log']) {
    this.#clock = clock;
    this.#listeners = new Listeners((error) =>
      log?.('error', 'The state of a connection was not taken.', { problem: messageOf(error) }),
    );
    this.#state = {
      phase: 'disconnected',
      message: 'Not connected.',
      since: clock.now(),
      until: null,
      parts: [],
    };
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
    this.#listeners.tell(this.#state);
  }

  /** Changes one part; the others stay. */
  part(name: string, working: boolean, note: string): void {
    const parts = this.#state.parts.filter((each) => each.name !== name);
    const { phase, message } = this.#state;
    this.set(phase, message, { parts: [...parts, { name, working, note }] });
  }

  on(listener: (state: ConnectionState) => void): () => void {
    return this.#listeners.on(listener);
  }
}
