import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition, InputName } from '../../../../engine/indicators/definition.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import type { Bars } from './beyond-bars.ts';

type Columns = { readonly [name in InputName]?: readonly number[] };

/** Runs an indicator on plain arrays; `real` is the close. Other inputs are given by name. */
export function run(
  definition: IndicatorDefinition,
  bars: Columns,
  parameters: ParameterValues = {},
): Record<string, number[]> {
  const columns = definition.inputs.map((input) => {
    const column = bars[input] ?? (input === 'real' ? bars.close : undefined);
    if (column === undefined) throw new Error(`no column ${input}`);
    return Float64Array.from(column);
  });
  const outputs = runIndicator(definition, columns, parameters);
  return Object.fromEntries(
    definition.outputs.map(({ name }, k) => [name, Array.from(outputs[k] as Float64Array)]),
  );
}

/** Bars of a random walk in cents, with unchanged closes, bars without a range and without volume among them. */
export function randomBars(length: number, seed: number): Bars {
  const random = new Random(seed);
  const cents = (x: number): number => Math.round(x * 20) / 20;
  const all: Bars = { open: [], high: [], low: [], close: [], volume: [] };
  let price = 50;
  for (let i = 0; i < length; i += 1) {
    const flat = random.uniform() < 0.08;
    const open = flat ? price : cents(price + random.normal() * 0.2);
    const close = flat ? price : cents(Math.max(5, open + random.normal() * 0.4));
    all.open.push(open);
    all.close.push(close);
    all.high.push(flat ? price : cents(Math.max(open, close) + random.uniform()));
    all.low.push(flat ? price : cents(Math.min(open, close) - random.uniform()));
    all.volume.push(random.uniform() < 0.05 ? 0 : Math.floor(random.uniform() * 10_000));
    price = close;
  }
  return all;
}

// Slow and plain forms, written from the definitions: every value is worked out from the start.

export function at(series: readonly number[], i: number): number {
  return series[i] ?? Number.NaN;
}

export function window(series: readonly number[], i: number, n: number): number[] {
  return i - n + 1 < 0 ? [Number.NaN] : series.slice(i - n + 1, i + 1);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0);
}

export function sma(series: readonly number[], n: number): number[] {
  return series.map((_, i) => sum(window(series, i, n)) / n);
}

/** Σ over the weights (1 − w)^k, with the mean of the first n values as what came before. */
export function smoothed(series: readonly number[], n: number, w: number): number[] {
  const start = series.findIndex((x) => !Number.isNaN(x));
  const first = start + n - 1;
  return series.map((_, i) => {
    if (start < 0 || i < first) return Number.NaN;
    const seed = sum(series.slice(start, first + 1)) / n;
    let value = seed * (1 - w) ** (i - first);
    for (let k = first + 1; k <= i; k += 1) value += w * (1 - w) ** (i - k) * at(series, k);
    return value;
  });
}

export function ema(series: readonly number[], n: number): number[] {
  return smoothed(series, n, 2 / (n + 1));
}

export function wilder(series: readonly number[], n: number): number[] {
  return smoothed(series, n, 1 / n);
}

/** The differences of a series over some bars. */
export function changes(series: readonly number[], over = 1): number[] {
  return series.map((x, i) => x - at(series, i - over));
}

export function zip(
  left: readonly number[],
  right: readonly number[],
  join: (left: number, right: number) => number,
): number[] {
  return left.map((x, i) => join(x, at(right, i)));
}

/** The standard deviation of the population, in two passes. */
export function deviation(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((x) => (x - mean) ** 2)) / values.length);
}

/** The first place where two series differ by more than 1e-9 of the size, or where one has no value. */
export function firstDifference(
  mine: readonly number[] | undefined,
  wanted: readonly number[],
): string | undefined {
  if (mine?.length !== wanted.length) return 'lengths differ';
  const finite = wanted.filter((x) => Number.isFinite(x));
  if (finite.length < wanted.length / 3) return 'too little to compare';
  const scale = Math.max(...finite.map((x) => Math.abs(x)));
  const i = mine.findIndex((x, k) => {
    const y = at(wanted, k);
    return Number.isNaN(x) ? !Number.isNaN(y) : !(Math.abs(x - y) <= 1e-9 * scale);
  });
  return i < 0 ? undefined : `bar ${i}: ${at(mine, i)} instead of ${at(wanted, i)}`;
}
