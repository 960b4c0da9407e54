import type { BacktestSettings, SizeRule } from '../../engine/domain/backtest.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';

/** What forms ask of the range and the account: texts, so that half-typed numbers stay as they are. */
export interface AccountValues {
  readonly start: string;
  readonly end: string;
  readonly cash: string;
  readonly commission: string;
  readonly slippage: string;
  readonly size: string;
  readonly fill: BacktestSettings['fill'];
  readonly short: boolean;
}

export const INITIAL_ACCOUNT: AccountValues = {
  start: '',
  end: '',
  cash: '100000',
  commission: '0',
  slippage: '0',
  size: '100',
  fill: 'next-open',
  short: false,
};

/** Wrong fields and what is wrong with each. */
export type FormErrors = Readonly<Record<string, string>>;

export interface ReadAccount {
  readonly settings: BacktestSettings;
  readonly start: number | null;
  readonly end: number | null;
}

/** Reads a number of a field; what is wrong with it goes to `errors`. */
export function readNumber(
  errors: Record<string, string>,
  name: string,
  text: string,
  low: number,
  high: number,
  whole = false,
): number {
  const value = Number(text);
  const fits =
    text.trim() !== '' && value >= low && value <= high && (!whole || Number.isInteger(value));
  if (!fits) errors[name] = `${whole ? 'A whole number' : 'A number'} from ${low} to ${high}.`;
  return value;
}

/** Reads range and account; what is wrong goes to `errors` under the name of the field. */
export function readAccount(form: AccountValues, errors: Record<string, string>): ReadAccount {
  const percent = readNumber(errors, 'size', form.size, 0.01, 100);
  const size: SizeRule = percent === 100 ? { kind: 'all' } : { kind: 'percent', percent };
  const settings: BacktestSettings = {
    ...DEFAULT_SETTINGS,
    cash: readNumber(errors, 'cash', form.cash, 1, 1e12),
    commission: {
      percent: readNumber(errors, 'commission', form.commission, 0, 100),
      perShare: 0,
      minimum: 0,
    },
    slippageBps: readNumber(errors, 'slippage', form.slippage, 0, 1_000),
    size,
    fill: form.fill,
    short: form.short,
  };
  const start = readDate('start', form.start, errors);
  const end = readDate('end', form.end, errors);
  if (start !== null && end !== null && start > end)
    errors['end'] = 'The end lies before the start.';
  return { settings, start, end };
}

function readDate(name: string, text: string, errors: Record<string, string>): number | null {
  if (text === '') return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isFinite(time)) return time;
  errors[name] = 'A date such as 2005-01-31.';
  return null;
}

/** Whether a stored value has a field of the same type for each of the initial ones. */
export function fitsInitial(stored: unknown, initial: object): boolean {
  if (typeof stored !== 'object' || stored === null) return false;
  const given = stored as Readonly<Record<string, unknown>>;
  return Object.entries(initial).every(([key, value]) => typeof given[key] === typeof value);
}
