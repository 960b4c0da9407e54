import { constants } from 'node:os';
import {
  RenataError,
  toErrorPayload,
  type ErrorCode,
  type ErrorPayload,
} from '../../engine/domain/errors.ts';

/** Exit codes, as docs/command-line.md lists them. */
export const EXIT = { ok: 0, failure: 1, badInput: 2, cancelled: 130 } as const;

const BAD_INPUT: ReadonlySet<ErrorCode> = new Set([
  'BAD_INPUT',
  'BAD_FILE',
  'NOT_FOUND',
  'TOO_LARGE',
]);

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * The error of a command that a signal ended.
 * @param stays what it has changed in the store and what stays there, a clause; null where that is nothing
 */
export function cancelledBy(signal: EndSignal, stays: string | null = null): RenataError {
  return new RenataError('CANCELLED', `Cancelled; ${stays ?? 'the store is as it was before'}.`, {
    details: { signal },
  });
}

export function exitCodeOf({ code, details }: ErrorPayload): number {
  if (BAD_INPUT.has(code)) return EXIT.badInput;
  // Such as a file that cannot be appended to the stored bars: the caller has to mend it.
  if (code === 'CONFLICT' && (details?.['file'] ?? details?.['parameter']) !== undefined) {
    return EXIT.badInput;
  }
  if (code !== 'CANCELLED') return EXIT.failure;
  const signal = details?.['signal'];
  if (signal === 'SIGTERM' || signal === 'SIGHUP') return 128 + constants.signals[signal];
  return EXIT.cancelled;
}

/** What commander throws, which is no RenataError but a matter of usage. */
interface UsageError extends Error {
  readonly code: string;
  readonly exitCode: number;
}

export function isUsageError(thrown: unknown): thrown is UsageError {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    thrown.code.startsWith('commander.')
  );
}

/** Help and version are thrown, too, once they have been shown. */
export function isShown(error: UsageError): boolean {
  return error.exitCode === 0 || error.code === 'commander.help';
}

/** The border form of anything thrown, usage errors included. */
export function payloadOf(thrown: unknown): ErrorPayload {
  if (!isUsageError(thrown)) return inOptions(toErrorPayload(thrown));
  const [what = '', ...hints] = thrown.message
    .replace(/^error: /, '')
    .trim()
    .split('\n');
  const end = /[.?]$/.test(what) ? '' : '.';
  const hint = hints.map((line) => ` ${line.replace(/^\((.*)\)$/, '$1')}`).join('');
  const message = `${what}${end}${hint}`.replaceAll("'", '"');
  return { code: 'BAD_INPUT', message, retryable: false };
}

/** Options whose names are not those of the contract. */
const OPTIONS: Readonly<Record<string, string>> = {
  adjustment: 'adjust',
  lotSize: 'lot',
  riskFreeRate: 'risk-free',
  slippageBps: 'slippage',
  borrowRate: 'borrow',
  debitRate: 'debit',
};

/**
 * An error of the contract in the words of the command line: `data.import: options.timeZone: …` is one of
 * the option `time-zone`.
 */
function inOptions(error: ErrorPayload): ErrorPayload {
  const parameter = error.details?.['parameter'];
  if (typeof parameter !== 'string' || parameter === '') return error;
  const place = `${parameter}: `;
  const at = error.message.indexOf(place);
  // Named at the beginning, or behind the name of the call.
  if (at < 0 || !/^(?:[\w.-]+: )?$/.test(error.message.slice(0, at))) return error;
  const field = parameter.replace(/^(?:request\.|ticket\.)?(?:options\.|settings\.|terms\.)?/, '');
  const [name = ''] = field.split('.');
  const option = OPTIONS[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    ...error,
    message: `${option}: ${error.message.slice(at + place.length)}`,
    details: { ...error.details, parameter: option },
  };
}
