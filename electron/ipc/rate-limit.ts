import { RenataError } from '../../engine/domain/errors.ts';

export interface RateLimits {
  /** Calls that one client may have under way. */
  readonly inFlight: number;
  /** Calls that one client may make in a second, on average; bursts reach twice as far. */
  readonly perSecond: number;
}

/** Far above what a window of many panels does, far below what would slow the main thread. */
export const DEFAULT_RATE_LIMITS: RateLimits = { inFlight: 64, perSecond: 500 };

/** Bounds what one client can ask of the main thread. */
export interface RateLimit {
  /** @throws RenataError UNAVAILABLE (retryable) when the client is over one of its bounds. */
  enter(): void;
  leave(): void;
}

/** @param now milliseconds of a clock that never steps back */
export function createRateLimit(limits: RateLimits, now: () => number): RateLimit {
  const burst = 2 * limits.perSecond;
  let tokens = burst;
  let last = now();
  let inFlight = 0;
  return {
    enter() {
      const time = now();
      tokens = Math.min(burst, tokens + ((time - last) / 1_000) * limits.perSecond);
      last = time;
      if (inFlight >= limits.inFlight) throw over(`${limits.inFlight} calls are under way`);
      if (tokens < 1) throw over(`more than ${limits.perSecond} calls came in a second`);
      tokens -= 1;
      inFlight += 1;
    },
    leave() {
      inFlight -= 1;
    },
  };
}

function over(reason: string): RenataError {
  return new RenataError('UNAVAILABLE', `Too many calls from one window (${reason}); try again.`, {
    retryable: true,
  });
}
