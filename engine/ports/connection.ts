import type { UnixMillis } from '../domain/time.ts';

/**
 * Where a connection to a venue stands.
 * `scheduled-break`: the venue is known to be away now (nightly reset, weekly log-in, maintenance).
 * `needs-user`: nothing helps but the user (log in, a wrong key, a session taken by another program).
 * `degraded`: connected, but part of it does not work (a data farm, the order stream, a late clock).
 */
export const CONNECTION_PHASES = [
  'disconnected',
  'connecting',
  'synchronizing',
  'ready',
  'degraded',
  'reconnecting',
  'scheduled-break',
  'needs-user',
] as const;
export type ConnectionPhase = (typeof CONNECTION_PHASES)[number];

/** One thing that works or does not: shown to the user one by one. */
export interface ConnectionPart {
  /** `orders`, `account`, `quotes`, `history`, … */
  readonly name: string;
  readonly working: boolean;
  readonly note: string;
}

export interface ConnectionState {
  readonly phase: ConnectionPhase;
  /** One sentence: what is so, and what the user can do. Never holds a key. */
  readonly message: string;
  readonly since: UnixMillis;
  /** When the next attempt is made, or the break ends; null when not known. */
  readonly until: UnixMillis | null;
  readonly parts: readonly ConnectionPart[];
}
