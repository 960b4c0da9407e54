import type { Parameter, ParameterValue } from '../../../engine/domain/parameters.ts';
import {
  choicesKnown,
  fitsInitial,
  INITIAL_ACCOUNT,
  readAccount,
  readNumber,
  type AccountValues,
  type FormErrors,
  type ReadAccount,
} from '../../components/account.ts';

/** What the user has typed: texts, so that half-typed numbers stay as they are. */
export interface FormValues extends AccountValues {
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Symbols for a strategy that trades several; empty for those that it names itself. */
  readonly symbols: string;
}

export const INITIAL_FORM: FormValues = {
  strategy: 'sma-cross',
  parameters: {},
  symbols: '',
  ...INITIAL_ACCOUNT,
};

export interface ReadForm extends ReadAccount {
  readonly parameters: Record<string, ParameterValue>;
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

/** Checks a form that was saved earlier; a field that it lacks takes its first value. */
export function parseForm(stored: unknown): FormValues | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const form: FormValues = { ...INITIAL_FORM, ...stored };
  return fitsInitial(form, INITIAL_FORM) && choicesKnown(form) ? form : undefined;
}
