import type { Parameter, ParameterValue } from '../../../engine/domain/parameters.ts';
import type {
  AuditRequest,
  CrossValidationRequest,
  MonteCarloRequest,
  RandomEntryRequest,
  SweepRequest,
  WalkForwardRequest,
} from '../../../engine/protocol/research-schemas.ts';
import {
  choicesKnown,
  fitsInitial,
  INITIAL_ACCOUNT,
  readAccount,
  readNumber,
  type AccountValues,
  type FormErrors,
} from '../../components/account.ts';
import { initialEntry, readFixed, readRange, type ParameterEntry } from './ranges.ts';

export const KINDS = [
  'sweep',
  'walk-forward',
  'cross-validation',
  'monte-carlo',
  'random-entry',
  'audit',
] as const;
export type Kind = (typeof KINDS)[number];

/** What a search may look for without a formula; columns of the results. */
export const OBJECTIVES = [
  { value: 'sharpe', label: 'Sharpe ratio' },
  { value: 'sortino', label: 'Sortino ratio' },
  { value: 'cagr', label: 'CAGR' },
  { value: 'return', label: 'Return' },
  { value: 'max_drawdown', label: 'Smallest drawdown' },
  { value: 'profit_factor', label: 'Profit factor' },
  { value: 'win_rate', label: 'Win rate' },
  { value: 'formula', label: 'A formula …' },
] as const;
/** What a cross-validation may look for: what a part of the bars can be scored by. */
export const SCORES = [
  { value: 'sharpe', label: 'Sharpe ratio' },
  { value: 'sortino', label: 'Sortino ratio' },
  { value: 'growth', label: 'Growth' },
] as const;
export type ObjectiveChoice = (typeof OBJECTIVES)[number]['value'];

/** What the user has typed. */
export interface FormValues extends AccountValues {
  readonly kind: Kind;
  readonly strategy: string;
  /** Symbols for a strategy that trades several; empty for those that it names itself. */
  readonly symbols: string;
  /** By strategy and parameter. */
  readonly entries: Readonly<Record<string, Readonly<Record<string, ParameterEntry>>>>;
  /** One condition a line, by strategy. */
  readonly constraints: Readonly<Record<string, string>>;
  readonly search: 'grid' | 'random' | 'adaptive';
  readonly count: string;
  readonly seed: string;
  readonly objective: ObjectiveChoice;
  readonly formula: string;
  readonly memory: string;
  readonly by: 'count' | 'dates' | 'bars';
  readonly windows: string;
  readonly ratio: string;
  readonly train: string;
  readonly test: string;
  readonly gap: string;
  readonly trainBars: string;
  readonly testBars: string;
  readonly gapBars: string;
  readonly mode: 'rolling' | 'anchored';
  readonly carry: 'flat' | 'while-unchanged';
  readonly of: MonteCarloRequest['of'];
  readonly method: MonteCarloRequest['method'];
  readonly paths: string;
  readonly blockLength: string;
  readonly ruin: string;
  readonly universe: AuditRequest['universe'];
  readonly cuts: string;
  readonly score: CrossValidationRequest['score'];
  readonly folds: string;
  readonly testFolds: string;
  /** Empty for the longest look-back of any combination. */
  readonly purge: string;
  readonly embargo: string;
  /** Random strategies. */
  readonly samples: string;
}

export const INITIAL_FORM: FormValues = {
  ...INITIAL_ACCOUNT,
  kind: 'sweep',
  strategy: 'sma-cross',
  symbols: '',
  entries: {},
  constraints: {},
  search: 'grid',
  count: '1000',
  seed: '1',
  objective: 'sharpe',
  formula: 'if(trades >= 30, sharpe, -1)',
  memory: '512',
  by: 'dates',
  windows: '8',
  ratio: '3',
  train: '3y',
  test: '1y',
  gap: '0d',
  trainBars: '750',
  testBars: '250',
  gapBars: '0',
  mode: 'rolling',
  carry: 'flat',
  of: 'trades',
  method: 'bootstrap',
  paths: '2000',
  blockLength: '',
  ruin: '50',
  universe: 'single',
  cuts: '8',
  score: 'sharpe',
  folds: '8',
  testFolds: '2',
  purge: '',
  embargo: '50',
  samples: '1000',
};

/** Checks a form that was saved earlier; a field that it lacks takes its first value. */
export function parseForm(stored: unknown): FormValues | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const whole = { ...INITIAL_FORM, ...stored };
  const known =
    KINDS.includes(whole.kind) &&
    OBJECTIVES.some(({ value }) => value === whole.objective) &&
    SCORES.some(({ value }) => value === whole.score) &&
    choicesKnown(whole);
  return known && fitsInitial(whole, INITIAL_FORM) ? whole : undefined;
}

/** A strategy with its parameters. */
export interface Varied {
  readonly strategy: string;
  readonly parameters: readonly Parameter[];
}

/** The first two numbers of a strategy are varied until the user says otherwise. */
const VARIED_FIRST = 2;

export function entryOf(form: FormValues, of: Varied, parameter: Parameter): ParameterEntry {
  const given = form.entries[of.strategy]?.[parameter.name];
  if (given !== undefined) return given;
  const numbers = of.parameters.filter(({ kind }) => kind === 'integer' || kind === 'real');
  const varied = numbers.slice(0, VARIED_FIRST).some(({ name }) => name === parameter.name);
  return { ...initialEntry(parameter), mode: varied ? 'range' : 'fixed' };
}

export function withEntry(
  form: FormValues,
  of: Varied,
  parameter: Parameter,
  part: Partial<ParameterEntry>,
): Pick<FormValues, 'entries'> {
  const entry = { ...entryOf(form, of, parameter), ...part };
  const entries = { ...form.entries[of.strategy], [parameter.name]: entry };
  return { entries: { ...form.entries, [of.strategy]: entries } };
}

/** What a form is read for. */
export interface Subject extends Varied {
  readonly datasetId: string;
  readonly adjustment: SweepRequest['adjustment'];
  /** As which the bars are stored: the prices of their time, where these are there. */
  readonly stored: SweepRequest['adjustment'];
  /** What a strategy of several instruments is to trade. */
  readonly instruments?: readonly string[];
}

export type ReadForm<Request> = { readonly request: Request } | { readonly errors: FormErrors };

const BYTES_IN_MB = 1_000_000;

/** The part that a sweep and a walk-forward test have in common. */
function readSpace(form: FormValues, subject: Subject, errors: Record<string, string>) {
  const ranges: Record<string, string> = {};
  const fixed: Record<string, ParameterValue> = {};
  for (const parameter of subject.parameters) {
    const entry = entryOf(form, subject, parameter);
    if (entry.mode === 'fixed') {
      const read = readFixed(parameter, entry.value);
      if ('error' in read) errors[parameter.name] = read.error;
      else fixed[parameter.name] = read.value;
    } else {
      const read = readRange(parameter, entry);
      if ('error' in read) errors[parameter.name] = read.error;
      else ranges[parameter.name] = read.text;
    }
  }
  const varied = subject.parameters.some(
    (parameter) => entryOf(form, subject, parameter).mode !== 'fixed',
  );
  if (!varied) errors['ranges'] = 'Vary at least one parameter.';
  const constraints = (form.constraints[subject.strategy] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const objective = form.objective === 'formula' ? form.formula.trim() : form.objective;
  if (objective === '') errors['objective'] = 'A formula such as if(trades >= 30, sharpe, -1).';
  const account = readAccount(form, errors);
  return {
    strategy: subject.strategy,
    datasetId: subject.datasetId,
    ...(subject.instruments === undefined ? {} : { instruments: [...subject.instruments] }),
    adjustment: account.events === true ? subject.stored : subject.adjustment,
    ...account,
    ranges,
    fixed,
    constraints,
    objective,
    memoryBytes: readNumber(errors, 'memory', form.memory, 4, 1_000_000) * BYTES_IN_MB,
  };
}

function readSeed(form: FormValues, errors: Record<string, string>): number {
  return readNumber(errors, 'seed', form.seed, 0, 0xffff_ffff, true);
}

export function readSweep(form: FormValues, subject: Subject): ReadForm<SweepRequest> {
  const errors: Record<string, string> = {};
  const space = readSpace(form, subject, errors);
  const most = form.search === 'adaptive' ? 100_000 : 5_000_000;
  const search: SweepRequest['search'] =
    form.search === 'grid'
      ? { kind: 'grid' }
      : {
          kind: form.search,
          count: readNumber(errors, 'count', form.count, 1, most, true),
          seed: readSeed(form, errors),
        };
  return Object.keys(errors).length > 0 ? { errors } : { request: { ...space, search } };
}

/** The adaptive search is not made for many choices; the form offers the other two. */
function readSampled(
  form: FormValues,
  errors: Record<string, string>,
): WalkForwardRequest['search'] {
  if (form.search !== 'random') return { kind: 'grid' };
  return {
    kind: 'random',
    count: readNumber(errors, 'count', form.count, 1, 5_000_000, true),
    seed: readSeed(form, errors),
  };
}

export function readWalkForward(form: FormValues, subject: Subject): ReadForm<WalkForwardRequest> {
  const errors: Record<string, string> = {};
  const space = readSpace(form, subject, errors);
  const search = readSampled(form, errors);
  const windows = readWindows(form, errors);
  if (Object.keys(errors).length > 0) return { errors };
  return { request: { ...space, search, windows, mode: form.mode, carry: form.carry } };
}

function readWindows(
  form: FormValues,
  errors: Record<string, string>,
): WalkForwardRequest['windows'] {
  switch (form.by) {
    case 'count': {
      const ratio = readNumber(errors, 'ratio', form.ratio, 0.1, 100);
      const windows = readNumber(errors, 'windows', form.windows, 1, 1_000, true);
      return { by: 'count', windows, ratio };
    }
    case 'bars':
      return {
        by: 'bars',
        train: readNumber(errors, 'train', form.trainBars, 1, 1e9, true),
        test: readNumber(errors, 'test', form.testBars, 1, 1e9, true),
        gap: readNumber(errors, 'gap', form.gapBars, 0, 1e9, true),
      };
    case 'dates':
      for (const name of ['train', 'test', 'gap'] as const) {
        if (!/^\d{1,5}[ymwd]$/.test(form[name].trim())) {
          errors[name] = 'A length such as 2y, 6m, 8w or 90d.';
        }
      }
      return {
        by: 'dates',
        train: form.train.trim(),
        test: form.test.trim(),
        gap: form.gap.trim(),
      };
  }
}

export function readCrossValidation(
  form: FormValues,
  subject: Subject,
): ReadForm<CrossValidationRequest> {
  const errors: Record<string, string> = {};
  // The formula of another kind of research, which is not shown, has no say here.
  const { objective: _objective, ...space } = readSpace(
    { ...form, objective: 'sharpe' },
    subject,
    errors,
  );
  const folds = readNumber(errors, 'folds', form.folds, 2, 50, true);
  const testFolds = readNumber(errors, 'testFolds', form.testFolds, 1, 49, true);
  if (testFolds >= folds) errors['testFolds'] = 'Fewer than there are folds.';
  const request: CrossValidationRequest = {
    ...space,
    search: readSampled(form, errors),
    score: form.score,
    folds,
    testFolds,
    purge: form.purge.trim() === '' ? null : readNumber(errors, 'purge', form.purge, 0, 1e9, true),
    embargo: readNumber(errors, 'embargo', form.embargo, 0, 1e9, true),
  };
  return Object.keys(errors).length > 0 ? { errors } : { request };
}

export function readRandomEntry(
  form: FormValues,
  runId: string | null,
): ReadForm<RandomEntryRequest> {
  const errors: Record<string, string> = {};
  const request: RandomEntryRequest = {
    runId: runId ?? '',
    samples: readNumber(errors, 'samples', form.samples, 100, 100_000, true),
    seed: readSeed(form, errors),
  };
  if (runId === null) errors['run'] = 'Run a backtest first.';
  return Object.keys(errors).length > 0 ? { errors } : { request };
}

export function readMonteCarlo(
  form: FormValues,
  runId: string | null,
): ReadForm<MonteCarloRequest> {
  const errors: Record<string, string> = {};
  const request: MonteCarloRequest = {
    runId: runId ?? '',
    of: form.of,
    method: form.method,
    paths: readNumber(errors, 'paths', form.paths, 1, 100_000, true),
    blockLength:
      form.method !== 'blocks' || form.blockLength.trim() === ''
        ? null
        : readNumber(errors, 'blockLength', form.blockLength, 1, 1e6),
    ruin: readNumber(errors, 'ruin', form.ruin, 0, 99) / 100,
    seed: readSeed(form, errors),
  };
  if (runId === null) errors['run'] = 'Run a backtest first.';
  return Object.keys(errors).length > 0 ? { errors } : { request };
}

export function readAudit(
  form: FormValues,
  run: AuditRequest['run'] | null,
): ReadForm<AuditRequest> {
  const errors: Record<string, string> = {};
  const cuts = readNumber(errors, 'cuts', form.cuts, 1, 100, true);
  const seed = readSeed(form, errors);
  if (run === null) return { errors: { ...errors, run: 'Run a backtest first.' } };
  if (Object.keys(errors).length > 0) return { errors };
  return { request: { run, universe: form.universe, cuts, seed } };
}
