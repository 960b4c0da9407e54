import type { BacktestSettings } from '../../../engine/domain/backtest.ts';
import type { Parameter, ParameterValue } from '../../../engine/domain/parameters.ts';
import {
  fitsInitial,
  INITIAL_ACCOUNT,
  readAccount,
  readNumber,
  type AccountValues,
  type FormErrors,
} from '../../components/account.ts';

/** What the user has typed: texts, so that half-typed numbers stay as they are. */
export interface FormValues extends AccountValues {
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export const INITIAL_FORM: FormValues = {
  strategy: 'sma-cross',
  parameters: {},
  ...INITIAL_ACCOUNT,
};

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
  const values: Record<string, ParameterValue> = {};
  for (const parameter of parameters) {
    const { name } = parameter;
    const text = form.parameters[name] ?? String(parameter.default);
    if (parameter.kind === 'integer' || parameter.kind === 'real') {
      const whole = parameter.kind === 'integer';
      values[name] = readNumber(errors, name, text, parameter.min, parameter.max, whole);
    } else {
      values[name] = parameter.kind === 'boolean' ? text === 'true' : text;
    }
  }
  const account = readAccount(form, errors);
  if (Object.keys(errors).length > 0) return { errors };
  return { values: { parameters: values, ...account } };
}

/** Checks a form that was saved earlier. */
export function parseForm(stored: unknown): FormValues | undefined {
  return fitsInitial(stored, INITIAL_FORM) ? (stored as FormValues) : undefined;
}
