/**
 * What is known after a request to a venue failed. It decides what becomes of an order:
 * `rejected`: the venue refused it; nothing was done.
 * `not-sent`: it never left this process.
 * `rate-limited`: the venue refused it for its rate; nothing was done, try later.
 * `unauthorized`: the key or session is refused; nothing was done.
 * `not-found`: the venue knows no such thing.
 * `unknown`: no answer, a broken one, or an error of the server: it may or may not have been done.
 */
export const VENUE_FAILURES = [
  'rejected',
  'not-sent',
  'rate-limited',
  'unauthorized',
  'not-found',
  'unknown',
] as const;
export type VenueFailure = (typeof VENUE_FAILURES)[number];

export class VenueError extends Error {
  readonly failure: VenueFailure;
  /** The venue's own code; empty when it gave none. */
  readonly code: string;
  /** Milliseconds after which the venue allows another attempt. */
  readonly retryAfter: number | undefined;

  constructor(
    failure: VenueFailure,
    message: string,
    options: {
      readonly code?: string;
      readonly retryAfter?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VenueError';
    this.failure = failure;
    this.code = options.code ?? '';
    this.retryAfter = options.retryAfter;
  }

  /** Whether it is certain that the request had no effect. */
  get definite(): boolean {
    return this.failure !== 'unknown';
  }
}
