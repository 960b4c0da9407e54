import type { BacktestSettings, SizeRule } from '../../../engine/domain/backtest.ts';
import { DEFAULT_SETTINGS } from '../../../engine/domain/backtest.ts';
import type { Parameter, ParameterValue } from '../../../engine/domain/parameters.ts';

/** What the user has typed: texts, so that half-typed numbers stay as they are. */
export interface FormValues {
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly start: string;
  readonly end: string;
  readonly cash: string;
  readonly commission: string;
  readonly slippage: string;
  readonly size: string;
  readonly fill: BacktestSettings['fill'];
  readonly short: boolean;
}

export const INITIAL_FORM: FormValues = {
  strategy: 'sma-cross',
  parameters: {},
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

export interface ReadForm {
  readonly parameters: Record<string, ParameterValue>;
  readonly settings: BacktestSettings;
  readonly start: number | null;
  readonly end: number | null;
}

/** Reads the form; either values that can be sent or the errors to show beside the fields. */
export function readForm(
  form: FormValues,
  parameters: readonly Parameter[],
): { readonly values: ReadForm } | { readonly errors: FormErrors } {
  const errors: Record<string, string> = {};
  const number = (name: string, text: string, low: number, high: number, whole = false): number => {
    const value = Number(text);
    const fits =
      text.trim() !== '' && value >= low && value <= high && (!whole || Number.isInteger(value));
    if (!fits) errors[name] = `${whole ? 'A whole number' : 'A number'} from ${low} to ${high}.`;
    return value;
  };
  const values: Record<string, ParameterValue> = {};
  for (const parameter of parameters) {
    const text = form.parameters[parameter.name] ?? String(parameter.default);
    if (parameter.kind === 'integer' || parameter.kind === 'real') {
      const whole = parameter.kind === 'integer';
      values[parameter.name] = number(parameter.name, text, parameter.min, parameter.max, whole);
    } else {
      values[parameter.name] = parameter.kind === 'boolean' ? text === 'true' : text;
    }
  }
  const percent = number('size', form.size, 0.01, 100);
  const size: SizeRule = percent === 100 ? { kind: 'all' } : { kind: 'percent', percent };
  const settings: BacktestSettings = {
    ...DEFAULT_SETTINGS,
    cash: number('cash', form.cash, 1, 1e12),
    commission: { percent: number('commission', form.commission, 0, 100), perShare: 0, minimum: 0 },
    slippageBps: number('slippage', form.slippage, 0, 1_000),
    size,
    fill: form.fill,
    short: form.short,
  };
  const start = readDate('start', form.start, errors);
  const end = readDate('end', form.end, errors);
  if (start !== null && end !== null && start > end)
    errors['end'] = 'The end lies before the start.';
  if (Object.keys(errors).length > 0) return { errors };
  return { values: { parameters: values, settings, start, end } };
}

function readDate(name: string, text: string, errors: Record<string, string>): number | null {
  if (text === '') return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isFinite(time)) return time;
  errors[name] = 'A date such as 2005-01-31.';
  return null;
}

/** Checks a form that was saved earlier. */
export function parseForm(stored: unknown): FormValues | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const given = stored as Record<string, unknown>;
  const fits = Object.entries(INITIAL_FORM).every(
    ([key, value]) => typeof given[key] === typeof value,
  );
  return fits ? (given as unknown as FormValues) : undefined;
}
