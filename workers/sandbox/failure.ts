import { RenataError } from '../../engine/domain/errors.ts';
import { workOf } from './limits.ts';

/** What a strategy threw, as the prelude tells it. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly line: number;
}

/** Reads what the sandbox told; its text is not to be relied on. */
export function readThrown(text: string): Thrown {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    parts = [];
  }
  const [name, message, stack, line] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const words = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    name: words(name),
    message: words(message).slice(0, 500),
    stack: words(stack).slice(0, 10_000),
    line: typeof line === 'number' && Number.isInteger(line) ? line : 0,
  };
}

/** The strategy's failure in one sentence: file, line, what it was. */
export function failure(file: string, { name, message, stack, line }: Thrown): RenataError {
  const at = line > 0 ? line : lineIn(file, stack);
  const known = name === '' || name === 'Error' || name === 'RenataError' ? '' : `${name}: `;
  const text = oneLine(
    `${known}${message === '' ? 'it threw an error without a message' : message}`,
  );
  return strategyFailed(file, at, text);
}

export function strategyFailed(file: string, line: number, text: string): RenataError {
  const where = line > 0 ? `${file}, line ${line}` : file;
  const end = /[.!?]$/.test(text) ? '' : '.';
  return new RenataError('STRATEGY_FAILED', `${where}: ${text}${end}`, {
    details: { file, ...(line > 0 ? { line } : {}) },
  });
}

/** A run that took more work than it may, although each of its calls returned. */
export function runTooLong(file: string, looks: number): RenataError {
  const most = workOf(looks);
  return strategyFailed(
    file,
    0,
    `the strategy took more than the ${most} million steps of a whole run; do less on each bar, or give the run more with codeWork in its settings (--code-work)`,
  );
}

/** A strategy of several instruments where one is run. */
export function tradesSeveral(file: string): RenataError {
  return strategyFailed(
    file,
    0,
    'the strategy trades several instruments (portfolio: true) and was given the bars of one',
  );
}

/** The opposite. */
export function tradesOne(file: string): RenataError {
  return strategyFailed(
    file,
    0,
    'the strategy trades one instrument and was given several; write portfolio: true into it',
  );
}

/** Line of the topmost call that is in the file; 0 where there is none. */
export function lineIn(file: string, stack: string): number {
  const at = stack.indexOf(`${file}:`);
  const digits = at < 0 ? null : /^\d+/.exec(stack.slice(at + file.length + 1));
  return digits === null ? 0 : Number(digits[0]);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
