import {
  RenataError,
  toErrorPayload,
  type ErrorCode,
  type ErrorPayload,
} from '../../engine/domain/errors.ts';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_INPUT: 400,
  BAD_FILE: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  CONFLICT: 409,
  CANCELLED: 409,
  TOO_LARGE: 413,
  STORE_DAMAGED: 500,
  STRATEGY_FAILED: 500,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

/** An error that has an HTTP status of its own. */
export class ApiError extends RenataError {
  readonly status: number;

  constructor(status: number, code: ErrorCode, message: string, retryable = false) {
    super(code, message, { retryable });
    this.status = status;
  }
}

/** Status and body of anything thrown; every error of the API has this one form. */
export function errorAnswer(thrown: unknown): {
  readonly status: number;
  readonly error: ErrorPayload;
} {
  if (thrown instanceof ApiError) return { status: thrown.status, error: toErrorPayload(thrown) };
  if (thrown instanceof RenataError) {
    return { status: STATUS[thrown.code], error: toErrorPayload(thrown) };
  }
  const status = statusOf(thrown);
  if (status === undefined) return { status: 500, error: toErrorPayload(thrown) };
  // The server's own refusals: a body that is no JSON, too long or of another type.
  const words = thrown instanceof Error ? thrown.message.replace(/\.$/, '') : 'cannot be read';
  const code = status === 413 ? 'TOO_LARGE' : 'BAD_INPUT';
  return {
    status,
    error: { code, message: `The request cannot be read: ${words}.`, retryable: false },
  };
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown)) return undefined;
  const { statusCode } = thrown;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
    ? statusCode
    : undefined;
}

/** Columns as lists; JSON has no NaN, which becomes null. */
export function jsonText(value: unknown): string {
  return JSON.stringify(withLists(value));
}

function withLists(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) {
    const [first] = value;
    return typeof first === 'object' && first !== null ? value.map(withLists) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withLists(each)]));
}
