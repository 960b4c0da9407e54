import {
  DEFAULT_SETTINGS,
  FEE_TABLES,
  RESOLUTIONS,
  type BacktestSettings,
  type FeeTable,
  type Resolution,
  type SizeRule,
  type SlippageModel,
} from '../../engine/domain/backtest.ts';

export type SlippageKind = SlippageModel['kind'];
export const SLIPPAGE_KINDS = [
  'bps',
  'spread',
  'fixed',
  'volume-share',
  'square-root',
] as const satisfies readonly SlippageKind[];

/** Bars before a fill over which the square-root model measures volatility and volume. */
const IMPACT_WINDOW = 20;

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
  /** A published table; empty for a commission in percent. */
  readonly fees: '' | FeeTable;
  /** What the number of `slippage` is of. */
  readonly slippageKind: SlippageKind;
  /** Percent of a bar's volume that its fills take at most; empty for any. */
  readonly volumeLimit: string;
  /** Whether splits and dividends are booked, on raw prices. */
  readonly events: boolean;
  readonly resolve: Resolution;
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
  fees: '',
  slippageKind: 'bps',
  volumeLimit: '',
  events: false,
  resolve: 'pessimistic',
};

/** Wrong fields and what is wrong with each. */
export type FormErrors = Readonly<Record<string, string>>;

export interface ReadAccount {
  readonly settings: BacktestSettings;
  readonly start: number | null;
  readonly end: number | null;
  readonly events?: true;
  readonly resolve?: Resolution;
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
  const { fees, slippageKind, volumeLimit } = form;
  const slippage = readNumber(errors, 'slippage', form.slippage, 0, 1_000);
  const settings: BacktestSettings = {
    ...DEFAULT_SETTINGS,
    cash: readNumber(errors, 'cash', form.cash, 1, 1e12),
    ...(fees === ''
      ? {
          commission: {
            percent: readNumber(errors, 'commission', form.commission, 0, 100),
            perShare: 0,
            minimum: 0,
          },
        }
      : { fees: { table: fees } }),
    ...(slippageKind === 'bps'
      ? { slippageBps: slippage }
      : { slippage: slippageOf(slippageKind, slippage) }),
    ...(volumeLimit.trim() === ''
      ? {}
      : { volumeLimit: readNumber(errors, 'volumeLimit', volumeLimit, 0.01, 100) / 100 }),
    size,
    fill: form.fill,
    short: form.short,
  };
  const start = readDate('start', form.start, errors);
  const end = readDate('end', form.end, errors);
  if (start !== null && end !== null && start > end)
    errors['end'] = 'The end lies before the start.';
  return {
    settings,
    start,
    end,
    ...(form.events ? { events: true as const } : {}),
    ...(form.resolve === 'pessimistic' ? {} : { resolve: form.resolve }),
  };
}

function slippageOf(kind: Exclude<SlippageKind, 'bps'>, value: number): SlippageModel {
  switch (kind) {
    case 'spread':
      return { kind, bps: value };
    case 'fixed':
      return { kind, amount: value };
    case 'volume-share':
      return { kind, coefficient: value };
    case 'square-root':
      return { kind, coefficient: value, window: IMPACT_WINDOW };
  }
}

function readDate(name: string, text: string, errors: Record<string, string>): number | null {
  if (text === '') return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isFinite(time)) return time;
  errors[name] = 'A date such as 2005-01-31.';
  return null;
}

/** Whether the choices of a form that was saved are still there. */
export function choicesKnown({ fees, slippageKind, resolve }: AccountValues): boolean {
  return (
    (fees === '' || FEE_TABLES.includes(fees)) &&
    SLIPPAGE_KINDS.includes(slippageKind) &&
    RESOLUTIONS.includes(resolve)
  );
}

/** Whether a stored value has a field of the same type for each of the initial ones. */
export function fitsInitial(stored: unknown, initial: object): boolean {
  if (typeof stored !== 'object' || stored === null) return false;
  const given = stored as Readonly<Record<string, unknown>>;
  return Object.entries(initial).every(([key, value]) => typeof given[key] === typeof value);
}
