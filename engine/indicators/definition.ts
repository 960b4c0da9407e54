import type { NumberParameter, Parameter, ParameterValues } from '../domain/parameters.ts';

/** TA-Lib's groups, and those of the indicators beyond it. */
export const INDICATOR_GROUPS = [
  'Overlap Studies',
  'Momentum Indicators',
  'Volume Indicators',
  'Volatility Indicators',
  'Cycle Indicators',
  'Price Transform',
  'Statistic Functions',
  'Math Transform',
  'Math Operators',
  'Pattern Recognition',
  'Trend',
  'Support and Resistance',
  'Breadth and Relative Strength',
  'Chart Types',
] as const;
export type IndicatorGroup = (typeof INDICATOR_GROUPS)[number];

/**
 * What an indicator reads. Price names are columns of the bars; `real` is any series, the close by
 * default; `real0`, `real1` and `periods` are any series too but have no default (see `demandsOf`).
 * `time` is UnixMillis of the bar's start;
 * `session` is the number of the trading day that the bar belongs to (days since 1970 in the market's
 * own zone), so that a change of it starts a new session.
 */
export type InputName =
  | 'open'
  | 'high'
  | 'low'
  | 'close'
  | 'volume'
  | 'time'
  | 'session'
  | 'real'
  | 'real0'
  | 'real1'
  | 'periods';

export interface OutputDefinition {
  /** Name in expressions: `macd(12, 26, 9).signal`. */
  readonly name: string;
  readonly label: string;
  /** Integer outputs are exact whole numbers (candlestick patterns, indices). */
  readonly kind: 'real' | 'integer';
  readonly style: 'line' | 'histogram' | 'dots' | 'area' | 'marks';
}

/**
 * A running indicator of constant memory. All that changes between bars lives in `state`, so that a
 * snapshot is a copy of it and a preview is a step that is taken back.
 */
export interface StreamKernel {
  /** Everything that changes; its length never does. */
  readonly state: Float64Array;
  /** Takes one bar of finite inputs (one value an input) and writes one value an output (NaN in the lead-in). */
  step(inputs: Float64Array, outputs: Float64Array): void;
}

/**
 * One indicator of the catalogue. Kernels see finite values only: the runner cuts the inputs at values
 * that are not finite and starts the kernel anew after each, in batch and in stream alike.
 */
export interface IndicatorDefinition {
  /** Lower-case name in expressions; TA-Lib's where it has one. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly group: IndicatorGroup;
  readonly inputs: readonly InputName[];
  readonly parameters: readonly Parameter[];
  readonly outputs: readonly OutputDefinition[];
  /** `overlay` is drawn on the price, `own` in a pane below it. */
  readonly pane: 'overlay' | 'own';
  /** Horizontal lines worth drawing, such as 30 and 70. */
  readonly levels: readonly number[];
  /** Whether early values depend on where the series starts (recursive smoothing). */
  readonly unstable: boolean;
  /** One paragraph: what it tells and how it is read. */
  readonly explanation: string;
  readonly formula: string;
  /** Paper, book page or author's definition. */
  readonly source: string;
  /** Bars before the first value: `outputs[k][lookback]` is the first that can be finite. */
  lookback(parameters: ParameterValues): number;
  /**
   * Computes whole columns. All arrays have one length (0 and 1 included); the kernel writes every
   * element of every output, NaN in the lead-in.
   * @param ask throws when the work is to stop; called by those that take long and have no `work`
   */
  compute(
    inputs: readonly Float64Array[],
    parameters: ParameterValues,
    outputs: readonly Float64Array[],
    ask?: () => void,
  ): void;
  /**
   * About how many values a bar looks at, of indicators whose bars cost more the longer the period is.
   * Their streams do the same work with the same digits, so that the runner may take them slice by slice
   * and be stopped in between.
   */
  readonly work?: (parameters: ParameterValues) => number;
  /** Starts a stream that gives the same values bar by bar. */
  stream(parameters: ParameterValues): StreamKernel;
}

/**
 * Inputs that must be given, because no column of the bars is what they mean: two series to compare,
 * advances and declines, periods. An open taken for a benchmark would look like a result.
 */
export function demandsOf({ inputs }: Pick<IndicatorDefinition, 'inputs'>): readonly InputName[] {
  return inputs.filter((input) => DEMANDED.has(input));
}

const DEMANDED: ReadonlySet<InputName> = new Set(['real0', 'real1', 'periods']);

/** The range of a period that may be a single bar. */
export const FROM_ONE: readonly [min: number, max: number] = [1, 100_000];

/** A whole-number parameter, TA-Lib's ranges by default (2 to 100,000). */
export function integer(
  name: string,
  label: string,
  value: number,
  description: string,
  range: readonly [min: number, max: number] = [2, 100_000],
): NumberParameter {
  return {
    kind: 'integer',
    name,
    label,
    description,
    default: value,
    min: range[0],
    max: range[1],
    step: 1,
  };
}

/** The period of a signal line. */
export function signalPeriod(
  value: number,
  description = 'Bars of the signal line.',
): NumberParameter {
  return integer('signalperiod', 'Signal', value, description, FROM_ONE);
}

/** A real parameter. */
export function real(
  name: string,
  label: string,
  value: number,
  description: string,
  range: readonly [min: number, max: number],
  step = 0.1,
): NumberParameter {
  return {
    kind: 'real',
    name,
    label,
    description,
    default: value,
    min: range[0],
    max: range[1],
    step,
  };
}

/**
 * Reads a number that `resolveParameters` has checked. A whole one is made a small integer: one that comes
 * as a double, as out of an object that holds others, would have every index of a kernel reckoned in
 * doubles, at half the speed.
 */
export function numberOf(parameters: ParameterValues, name: string): number {
  const value = parameters[name] as number;
  const whole = value | 0;
  return whole === value ? whole : value;
}

/** The usual period. */
export function periodOf(parameters: ParameterValues): number {
  return numberOf(parameters, 'timeperiod');
}

/** Stands for a column that is not given, so that kernels need not ask. */
export const EMPTY = new Float64Array(0);

/** One line output of its own name, the most common case. */
export function line(name: string, label: string): OutputDefinition {
  return { name, label, kind: 'real', style: 'line' };
}

/** What is left between a line and its signal line, as bars. */
export function histogram(label = 'Histogram'): OutputDefinition {
  return { name: 'hist', label, kind: 'real', style: 'histogram' };
}
