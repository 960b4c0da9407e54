import type { Keys, Settings } from '../../net/adapter.ts';

/** What the main process and its watchdog tell each other, over a pipe that only they hold. */

export interface WatchedAccount {
  readonly id: string;
  /** Positions are closed as well, once no order works any more. */
  readonly flatten: boolean;
}

/** A connection as the watchdog opens it for itself. Its keys are held in memory, by both sides. */
export interface WatchedConnection {
  /** Name of the adapter. */
  readonly id: string;
  readonly settings: Settings;
  readonly keys: Keys;
  readonly accounts: readonly WatchedAccount[];
}

export type ToWatchdog =
  /** What is watched from now on, all of it; the silence that is borne, in milliseconds. */
  | {
      readonly kind: 'arm';
      readonly limit: number;
      readonly connections: readonly WatchedConnection[];
    }
  /** A sign of life. `exposed`: orders work at a watched account, or a position is held that would be closed. */
  | { readonly kind: 'beat'; readonly sequence: number; readonly exposed: boolean }
  /** The main process ends as it should. */
  | { readonly kind: 'goodbye' };

export type FromWatchdog =
  | { readonly kind: 'started' }
  | { readonly kind: 'armed'; readonly accounts: readonly string[] }
  | { readonly kind: 'heard'; readonly sequence: number }
  | { readonly kind: 'tripped'; readonly trip: Trip };

/** Why and when the watchdog stopped trading. */
export interface Trip {
  readonly time: number;
  readonly reason: string;
}
