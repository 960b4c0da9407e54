/** Stable machine-readable error codes. They cross every carrier; never reuse a retired one. */
export const ERROR_CODES = [
  'BAD_INPUT', // a parameter or payload is wrong; the message names it and how to mend it
  'BAD_FILE', // an imported file is broken; the message names file, line and column
  'NOT_FOUND', // the named symbol, dataset, run, strategy or job does not exist
  'CONFLICT', // the request contradicts the present state
  'CANCELLED', // the caller or the user cancelled the job
  'STORE_DAMAGED', // the database could not be opened or is corrupt
  'STRATEGY_FAILED', // strategy code threw, ran too long or used too much memory
  'UNAUTHORIZED', // wrong or missing token, origin or sender
  'TOO_LARGE', // the payload passes a documented limit
  'UNAVAILABLE', // a connection or worker is down for now
  'INTERNAL', // a defect of ours
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** The only form in which an error crosses a thread, process or network border. */
export interface ErrorPayload {
  readonly code: ErrorCode;
  /** One sentence: what is wrong, where, and how to mend it. */
  readonly message: string;
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Optional facts for machines: parameter, file, line, column, suggestion, … */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** The error type that Renata throws on purpose; everything else is a defect (`INTERNAL`). */
export class RenataError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string | number | boolean>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly retryable?: boolean;
      readonly details?: Readonly<Record<string, string | number | boolean>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RenataError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details;
  }

  /** Rebuilds the error on the other side of a border. */
  static fromPayload(payload: ErrorPayload): RenataError {
    return new RenataError(payload.code, payload.message, {
      retryable: payload.retryable,
      ...(payload.details === undefined ? {} : { details: payload.details }),
    });
  }
}

/** What anything thrown says, for a log or a sentence to the user. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/**
 * Turns anything thrown into the border form. Unknown throwables become `INTERNAL` with their own
 * message only: stacks and causes stay on this side.
 */
export function toErrorPayload(thrown: unknown): ErrorPayload {
  if (thrown instanceof RenataError) {
    return {
      code: thrown.code,
      message: thrown.message,
      retryable: thrown.retryable,
      ...(thrown.details === undefined ? {} : { details: thrown.details }),
    };
  }
  return {
    code: 'INTERNAL',
    message: `Unexpected failure: ${messageOf(thrown)}`,
    retryable: false,
  };
}
