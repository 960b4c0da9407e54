import { RenataError } from '../domain/errors.ts';
import type { NumberParameter, Parameter, ParameterValue } from '../domain/parameters.ts';

/** The values that one parameter takes in a sweep. */
export interface Dimension {
  readonly name: string;
  readonly kind: Parameter['kind'];
  /** Number of values. */
  readonly count: number;
  /** Texts of a choice, in the order of their codes; empty for other kinds. */
  readonly choices: readonly string[];
  /** The number that stands for value `k`: a choice's code, 1 and 0 for true and false. */
  code(k: number): number;
  /** The parameter value that a code stands for. */
  valueOf(code: number): ParameterValue;
}

/** Up to so many values are made once; more are computed when they are asked for. */
const MOST_LISTED = 65_536;

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`;
const RANGE = new RegExp(
  String.raw`^(${NUMBER})\s*\.\.\s*(${NUMBER})(?:\s*(?:(step|log)\s|(:))\s*(${NUMBER}))?$`,
);
const SINGLE = new RegExp(`^${NUMBER}$`);

/**
 * Reads what a parameter is to be varied over: `2..100`, `2..100 step 2` (or `2..100:2`), `5, 10, 20`,
 * `1..1000 log 7` (seven values, each the same multiple of the one before), and mixtures separated by
 * commas. A range without a step takes the parameter's own. Choices are names, or `all`.
 * @throws RenataError BAD_INPUT naming the parameter, what is wrong and what is allowed
 */
export function parseDimension(parameter: Parameter, text: string): Dimension {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) {
    throw bad(
      parameter.name,
      'has no values; give some such as 2..100, 2..100 step 2 or 5, 10, 20',
    );
  }
  switch (parameter.kind) {
    case 'integer':
    case 'real':
      return numbers(parameter, parts);
    case 'choice':
      return choices(parameter, parts);
    case 'boolean':
      return booleans(parameter.name, parts);
  }
}

interface Run {
  readonly count: number;
  at(k: number): number;
}

function numbers(parameter: NumberParameter, parts: readonly string[]): Dimension {
  const { name, kind } = parameter;
  const runs = parts.map((part) => runOf(parameter, part));
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  const base = { name, kind, choices: [], valueOf: (code: number) => code };
  const [only] = runs;
  if (total > MOST_LISTED) {
    if (only === undefined || runs.length > 1) {
      throw bad(name, `takes at most ${MOST_LISTED} values in a list; write one range`);
    }
    return { ...base, count: total, code: (k) => only.at(k) };
  }
  const values = new Set<number>();
  for (const run of runs) for (let k = 0; k < run.count; k += 1) values.add(run.at(k));
  const listed = Float64Array.from(values);
  return { ...base, count: listed.length, code: (k) => listed[k] as number };
}

function runOf(parameter: NumberParameter, part: string): Run {
  const { name } = parameter;
  if (SINGLE.test(part)) {
    const value = checked(parameter, Number(part));
    return { count: 1, at: () => value };
  }
  const match = RANGE.exec(part);
  if (match === null) {
    throw bad(name, `"${part}" is no number and no range such as 2..100 or 2..100 step 2`);
  }
  const low = checked(parameter, Number(match[1]));
  const high = checked(parameter, Number(match[2]));
  if (low > high) throw bad(name, `${part} is empty: ${low} is more than ${high}`);
  const given = match[5] === undefined ? undefined : Number(match[5]);
  if (match[3] === 'log') return logarithmic(parameter, low, high, given as number);
  const step = given ?? parameter.step;
  if (!(step > 0)) throw bad(name, `the step ${step} of ${part} must be more than 0`);
  if (parameter.kind === 'integer' && !Number.isInteger(step)) {
    throw bad(name, `the step ${step} of ${part} must be a whole number`);
  }
  // A billionth of a step is forgiven: (3 - 0.3) / 0.1 is 26.999999999999996.
  const count = Math.floor((high - low) / step + 1e-9) + 1;
  return { count, at: (k) => decimal(low + k * step) };
}

function logarithmic(parameter: NumberParameter, low: number, high: number, count: number): Run {
  const { name, kind } = parameter;
  if (!(low > 0)) throw bad(name, `a log range starts above 0, not at ${low}`);
  if (!Number.isInteger(count) || count < 2 || count > MOST_LISTED) {
    throw bad(name, `log takes a whole number of values from 2 to ${MOST_LISTED}`);
  }
  const at = (k: number): number => {
    if (k === 0) return low;
    if (k === count - 1) return high;
    const value = low * (high / low) ** (k / (count - 1));
    return kind === 'integer' ? Math.round(value) : decimal(value);
  };
  return { count, at };
}

/** Takes the dust of binary fractions off: 0.1 + 2 × 0.1 is meant to be 0.3. */
function decimal(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(14));
}

function checked(parameter: NumberParameter, value: number): number {
  const { name, kind, min, max } = parameter;
  const whole = kind === 'integer';
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    throw bad(
      name,
      `${value} must be ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`,
    );
  }
  return value;
}

function choices(
  { name, kind, choices: known }: Extract<Parameter, { kind: 'choice' }>,
  parts: readonly string[],
): Dimension {
  const wanted = parts.length === 1 && parts[0] === 'all' ? known : parts;
  const codes = [...new Set(wanted)].map((text) => {
    const code = known.indexOf(text);
    if (code < 0) throw bad(name, `"${text}" must be one of ${known.join(', ')}`);
    return code;
  });
  return {
    name,
    kind,
    count: codes.length,
    choices: known,
    code: (k) => codes[k] as number,
    valueOf: (code) => known[code] as string,
  };
}

function booleans(name: string, parts: readonly string[]): Dimension {
  const wanted = parts.length === 1 && parts[0] === 'all' ? ['false', 'true'] : parts;
  const codes = [...new Set(wanted)].map((text) => {
    if (text !== 'true' && text !== 'false') throw bad(name, `"${text}" must be true or false`);
    return text === 'true' ? 1 : 0;
  });
  return {
    name,
    kind: 'boolean',
    count: codes.length,
    choices: [],
    code: (k) => codes[k] as number,
    valueOf: (code) => code === 1,
  };
}

function bad(parameter: string, message: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${message}.`, { details: { parameter } });
}
