import type { UnixMillis } from '../domain/time.ts';

/** Time from outside. Tests and replays run it as fast as they like. */
export interface Clock {
  /** Wall time, UTC. It may jump. */
  now(): UnixMillis;
  /** Milliseconds from any fixed start; never goes back. Intervals are measured by it. */
  elapsed(): number;
  /** Calls once after so many milliseconds. Returns the function that prevents it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** Uniform numbers from 0 to 1, for jitter and identifiers. */
export type Random = () => number;
