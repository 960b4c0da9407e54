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

/** Instruments as a user types them: `SPY, QQQ GLD`. */
export function readSymbols(text: string): readonly string[] {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((name) => name.toUpperCase());
}

interface Stored {
  readonly id: string;
  readonly symbol: string;
  readonly instrumentId: string;
  readonly timeframe: string;
}

/** What a strategy of several instruments is to run on, or what is wrong with it. */
export type ReadInstruments<Dataset> =
  | { readonly names: readonly string[]; readonly first: Dataset }
  | { readonly error: string };

/**
 * @param named what the strategy names itself
 * @param shown the dataset of the chart, whose bar length is taken where the first instrument has it
 */
export function readInstruments<Dataset extends Stored>(
  text: string,
  named: readonly string[],
  datasets: readonly Dataset[],
  shown: Dataset,
): ReadInstruments<Dataset> {
  const typed = readSymbols(text);
  const given = typed.length > 0 ? typed : named.map((name) => name.toUpperCase());
  const names = given.length > 0 ? given : [shown.symbol];
  const of = (name: string): readonly Dataset[] => {
    const [venue, symbol] = name.split(':');
    const id = symbol === undefined ? name : `${symbol}.${venue}`;
    return datasets.filter((each) => each.symbol === id || each.instrumentId.toUpperCase() === id);
  };
  const missing = names.filter((name) => of(name).length === 0);
  if (missing.length > 0) {
    return { error: `No bars of ${missing.join(', ')}; import them or name others.` };
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return { error: `${twice} is there twice.` };
  const choices = of(names[0] ?? '');
  const first = choices.find(({ timeframe }) => timeframe === shown.timeframe) ?? choices[0];
  return first === undefined ? { error: 'Name at least one instrument.' } : { names, first };
}
