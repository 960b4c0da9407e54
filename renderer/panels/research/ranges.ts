import type {
  NumberParameter,
  Parameter,
  ParameterValue,
} from '../../../engine/domain/parameters.ts';

/** How a parameter is given in the form. Texts, so that half-typed numbers stay as they are. */
export interface ParameterEntry {
  /** `list` is any text that the sweep reads: `5, 10, 20`, `1..1000 log 7`, names of choices. */
  readonly mode: 'fixed' | 'range' | 'list';
  readonly value: string;
  readonly from: string;
  readonly to: string;
  readonly step: string;
  readonly list: string;
}

/** Values that a text stands for, or what is wrong with it. */
export type ReadRange =
  | {
      /** As the sweep reads it. */
      readonly text: string;
      readonly count: number;
    }
  | { readonly error: string };

/** More values are counted, but not listed. */
export const MOST_LISTED = 65_536;

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`;
const RANGE = new RegExp(
  String.raw`^(${NUMBER})\s*\.\.\s*(${NUMBER})(?:\s*(?:(step|log)\s|(:))\s*(${NUMBER}))?$`,
);

/** What the form offers first: the default, and a range around it that a first look needs. */
export function initialEntry(parameter: Parameter): ParameterEntry {
  const base = { mode: 'fixed', value: String(parameter.default) } as const;
  if (parameter.kind === 'choice' || parameter.kind === 'boolean') {
    return { ...base, from: '', to: '', step: '', list: 'all' };
  }
  const { min, max, default: middle } = parameter;
  const size = Math.abs(middle) || Math.abs(max - min) || 1;
  const low = Math.max(min, middle - size / 2);
  const high = Math.min(max, middle + size);
  const step = roundStep(parameter, (high - low) / 20);
  const from = Math.max(min, tidy(Math.ceil(low / step - 1e-9) * step));
  const to = Math.max(from, Math.min(max, tidy(Math.floor(high / step + 1e-9) * step)));
  return {
    ...base,
    from: String(from),
    to: String(to),
    step: String(step),
    list: [from, middle, to].join(', '),
  };
}

/** The first of 1, 2, 5, 10, … steps that is no smaller; whole for whole numbers. */
function roundStep({ kind, step }: NumberParameter, wanted: number): number {
  const least = Math.max(wanted, kind === 'integer' ? 1 : step > 0 ? step : 1e-12);
  const power = 10 ** Math.floor(Math.log10(least) + 1e-9);
  const times = [1, 2, 5, 10].find((each) => each * power >= least * (1 - 1e-9)) ?? 10;
  return tidy(times * power);
}

/** Takes the dust of binary fractions off. */
function tidy(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(14));
}

/** The text of the values that an entry varies. */
export function rangeText({ mode, from, to, step, list }: ParameterEntry): string {
  if (mode === 'list') return list.trim();
  return step.trim() === '' ? `${from}..${to}` : `${from}..${to} step ${step}`;
}

/** Counts the values of a varied parameter, or says beside the field what is wrong. */
export function readRange(parameter: Parameter, entry: ParameterEntry): ReadRange {
  const text = rangeText(entry);
  const read = valuesOf(parameter, text);
  return 'error' in read ? read : { text, count: read.count };
}

/**
 * The values that a text stands for, in its order; `values` is absent when they are too many to list.
 * The numbers of choices are their places, those of true and false 1 and 0.
 */
export function valuesOf(
  parameter: Parameter,
  text: string,
): { readonly count: number; readonly values?: readonly number[] } | { readonly error: string } {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return { error: 'Give values such as 2..100 step 2 or 5, 10, 20.' };
  if (parameter.kind === 'choice') return namesOf(parts, parameter.choices);
  if (parameter.kind === 'boolean') return namesOf(parts, ['false', 'true']);
  const found = new Set<number>();
  for (const part of parts) {
    const run = runOf(parameter, part);
    if ('error' in run) return run;
    if (run.count > MOST_LISTED || found.size + run.count > 2 * MOST_LISTED) {
      return parts.length === 1
        ? { count: run.count }
        : { error: `At most ${MOST_LISTED.toLocaleString('en-US')} values in a list.` };
    }
    for (let k = 0; k < run.count; k += 1) found.add(run.at(k));
  }
  return { count: found.size, values: [...found] };
}

function namesOf(
  parts: readonly string[],
  known: readonly string[],
): { readonly count: number; readonly values: readonly number[] } | { readonly error: string } {
  if (parts.length === 1 && parts[0] === 'all') {
    return { count: known.length, values: known.map((_, k) => k) };
  }
  const codes = new Set<number>();
  for (const part of parts) {
    const code = known.indexOf(part);
    if (code < 0) return { error: `"${part}" is none of ${known.join(', ')}.` };
    codes.add(code);
  }
  return { count: codes.size, values: [...codes] };
}

type Run = { readonly count: number; at(k: number): number } | { readonly error: string };

function runOf(parameter: NumberParameter, part: string): Run {
  const single = part === '' ? Number.NaN : Number(part);
  if (!Number.isNaN(single)) return fits(parameter, single) ?? { count: 1, at: () => single };
  const match = RANGE.exec(part);
  if (match === null) return { error: `"${part}" is no number and no range such as 2..100.` };
  const low = Number(match[1]);
  const high = Number(match[2]);
  const wrong = fits(parameter, low) ?? fits(parameter, high);
  if (wrong !== undefined) return wrong;
  if (low > high) return { error: `${part} is empty: ${low} is more than ${high}.` };
  const given = match[5] === undefined ? parameter.step : Number(match[5]);
  if (match[3] === 'log') return logarithmic(parameter, low, high, given);
  if (!(given > 0)) return { error: 'The step must be more than 0.' };
  if (parameter.kind === 'integer' && !Number.isInteger(given)) {
    return { error: 'The step must be a whole number.' };
  }
  // A billionth of a step is forgiven: (3 - 0.3) / 0.1 is 26.999999999999996.
  const count = Math.floor((high - low) / given + 1e-9) + 1;
  return { count, at: (k) => tidy(low + k * given) };
}

function logarithmic(parameter: NumberParameter, low: number, high: number, count: number): Run {
  if (!(low > 0)) return { error: 'A log range starts above 0.' };
  if (!Number.isInteger(count) || count < 2 || count > MOST_LISTED) {
    return { error: 'log takes a whole number of values from 2.' };
  }
  return {
    count,
    at: (k) => {
      if (k === 0) return low;
      if (k === count - 1) return high;
      const value = low * (high / low) ** (k / (count - 1));
      return parameter.kind === 'integer' ? Math.round(value) : tidy(value);
    },
  };
}

function fits(
  { kind, min, max }: NumberParameter,
  value: number,
): { readonly error: string } | undefined {
  const whole = kind === 'integer';
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return undefined;
  return { error: `${whole ? 'Whole numbers' : 'Numbers'} from ${min} to ${max}.` };
}

/**
 * The parameters whose best value is the first or the last that was tried, so that a better one may lie
 * beyond. The ends that a parameter has of itself do not count.
 */
export function atEdges(
  parameters: readonly Parameter[],
  ranges: Readonly<Record<string, string>>,
  best: Readonly<Record<string, ParameterValue>>,
): readonly string[] {
  return parameters.flatMap((parameter) => {
    const { name, kind } = parameter;
    const text = ranges[name];
    const value = best[name];
    if (text === undefined || typeof value !== 'number') return [];
    if (kind !== 'integer' && kind !== 'real') return [];
    const read = valuesOf(parameter, text);
    if ('error' in read || read.values === undefined || read.values.length < 3) return [];
    const low = read.values.reduce((least, each) => Math.min(least, each));
    const high = read.values.reduce((most, each) => Math.max(most, each));
    const edge = (value === low && low > parameter.min) || (value === high && high < parameter.max);
    return edge ? [name] : [];
  });
}

/** Reads a fixed value. */
export function readFixed(
  parameter: Parameter,
  text: string,
): { readonly value: ParameterValue } | { readonly error: string } {
  if (parameter.kind === 'boolean') return { value: text === 'true' };
  if (parameter.kind === 'choice') {
    if (parameter.choices.includes(text)) return { value: text };
    return { error: `One of ${parameter.choices.join(', ')}.` };
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return fits(parameter, value) ?? { value };
}

/** How a value of a dimension is written: choices by name, 1 and 0 as true and false. */
export function codeText(
  dimension: { readonly kind: Parameter['kind']; readonly choices: readonly string[] },
  code: number,
): string {
  if (dimension.kind === 'choice') return dimension.choices[code] ?? String(code);
  if (dimension.kind === 'boolean') return code === 1 ? 'true' : 'false';
  return String(code);
}
