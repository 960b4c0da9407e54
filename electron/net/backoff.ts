import type { Random } from '../../engine/ports/clock.ts';

export interface BackoffLimits {
  /** Milliseconds of the first wait, at most. */
  readonly first: number;
  /** Milliseconds that no wait exceeds. */
  readonly longest: number;
}

/**
 * Waits that double and are drawn evenly from the upper half of their range, so that many clients do not
 * come back at once and none comes back at once.
 */
export function backoff(attempt: number, limits: BackoffLimits, random: Random): number {
  const bound = Math.min(limits.longest, limits.first * 2 ** Math.min(attempt, 30));
  return bound / 2 + (bound / 2) * random();
}
