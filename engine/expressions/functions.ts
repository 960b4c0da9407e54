import * as op from './operations.ts';
import type { Operation } from './operation.ts';
import type { ValueType } from './graph.ts';

/** A built-in function of the expression language, besides the indicators. */
export interface BuiltIn {
  readonly name: string;
  readonly operation: Operation;
  /** Types of the series arguments, in order. */
  readonly series: readonly ValueType[];
  /** Whole-number arguments after the series, constant: name, least, most, default (`null` is required). */
  readonly constants: readonly {
    readonly name: string;
    readonly min: number;
    readonly max: number;
    readonly default: number | null;
  }[];
  readonly result: ValueType;
  readonly signature: string;
  readonly description: string;
}

/** Longest window of bars that a function may keep. */
export const MAX_BARS = 100_000;

const bars = { name: 'bars', min: 1, max: MAX_BARS, default: null } as const;
const N: ValueType = 'number';
const B: ValueType = 'boolean';

function builtIn(
  signature: string,
  operation: Operation,
  series: readonly ValueType[],
  result: ValueType,
  description: string,
  constants: BuiltIn['constants'] = [],
): BuiltIn {
  const name = signature.slice(0, signature.indexOf('('));
  return { name, operation, series, constants, result, signature, description };
}

export const BUILT_INS: readonly BuiltIn[] = [
  builtIn('crossover(a, b)', op.CROSSOVER, [N, N], B, 'True on the bar on which a gets above b.'),
  builtIn('crossunder(a, b)', op.CROSSUNDER, [N, N], B, 'True on the bar on which a gets below b.'),
  builtIn('highest(x, bars)', op.HIGHEST, [N], N, 'Largest of the last bars values.', [bars]),
  builtIn('lowest(x, bars)', op.LOWEST, [N], N, 'Smallest of the last bars values.', [bars]),
  builtIn(
    'rising(x, bars)',
    op.RISING,
    [N],
    B,
    'True when x is above each of the bars values before.',
    [bars],
  ),
  builtIn(
    'falling(x, bars)',
    op.FALLING,
    [N],
    B,
    'True when x is below each of the bars values before.',
    [bars],
  ),
  builtIn('count(condition, bars)', op.COUNT, [B], N, 'Number of true bars among the last bars.', [
    bars,
  ]),
  builtIn('any(condition, bars)', op.ANY, [B], B, 'True when one of the last bars was true.', [
    bars,
  ]),
  builtIn('all(condition, bars)', op.ALL, [B], B, 'True when each of the last bars was true.', [
    bars,
  ]),
  builtIn(
    'bars_since(condition)',
    op.BARS_SINCE,
    [B],
    N,
    'Bars since the condition was last true.',
  ),
  builtIn(
    'value_when(condition, x, occurrence = 0)',
    op.VALUE_WHEN,
    [B, N],
    N,
    'Value of x when the condition was true the last time (1: the time before, …).',
    [{ name: 'occurrence', min: 0, max: 1_000, default: 0 }],
  ),
  builtIn('abs(x)', op.ABS, [N], N, 'Absolute value.'),
  builtIn('sign(x)', op.SIGN, [N], N, '-1, 0 or 1.'),
  builtIn('round(x, digits)', op.ROUND, [N, N], N, 'Rounded to a number of decimal digits.'),
  builtIn('greatest(a, b)', op.GREATEST, [N, N], N, 'Larger of two series, bar by bar.'),
  builtIn('least(a, b)', op.LEAST, [N, N], N, 'Smaller of two series, bar by bar.'),
  builtIn('cumulate(x)', op.CUMULATE, [N], N, 'Running total from the first bar.'),
  builtIn('missing(x)', op.MISSING, [N], B, 'True where x has no value.'),
  builtIn('fill_missing(x, y)', op.FILL_MISSING, [N, N], N, 'x, or y where x has no value.'),
  builtIn(
    'if(condition, a, b)',
    op.CHOOSE,
    [B, N, N],
    N,
    'a where the condition is true, b where it is false.',
  ),
];

export const BUILT_IN_BY_NAME: ReadonlyMap<string, BuiltIn> = new Map(
  BUILT_INS.map((definition) => [definition.name, definition]),
);

/** Names that the compiler itself handles. */
export const SPECIAL_FUNCTIONS = ['param', 'tf', 'on'] as const;
