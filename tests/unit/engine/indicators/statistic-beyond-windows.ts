import { expect } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { STATISTIC_BEYOND } from '../../../../engine/indicators/statistic/beyond.ts';
import { randomWalk, spx } from '../backtest/bars.ts';

/** One output of an indicator of the statistics, over plain lists. */
export function run(
  id: string,
  inputs: readonly (readonly number[])[],
  parameters: ParameterValues = {},
  output = 0,
): number[] {
  const definition = STATISTIC_BEYOND.find((each) => each.id === id);
  if (definition === undefined) throw new Error(`${id} is missing`);
  const columns = inputs.map((list) => Float64Array.from(list));
  return Array.from(runIndicator(definition, columns, parameters)[output] ?? []);
}

export const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
export const mean = (list: readonly number[]): number => sum(list) / list.length;
export const products = (a: readonly number[], b: readonly number[]): number => {
  const [ma, mb] = [mean(a), mean(b)];
  return sum(a.map((x, i) => (x - ma) * ((b[i] as number) - mb)));
};
export const correlation = (a: readonly number[], b: readonly number[]): number =>
  products(a, b) / Math.sqrt(products(a, a) * products(b, b));
export const returns = (list: readonly number[]): number[] =>
  list.slice(1).map((x, i) => x / (list[i] as number) - 1);

/** Compares every window with a second implementation that sees the window's values only. */
export function expectWindows(
  mine: readonly number[],
  first: number,
  naive: (i: number) => number,
  tolerance = 1e-9,
): void {
  expect(mine.slice(0, first).every(Number.isNaN)).toBe(true);
  for (let i = first; i < mine.length; i += 1) {
    const wanted = naive(i);
    expect(Math.abs((mine[i] as number) - wanted)).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
  }
}

export const INDEX = Array.from(spx().close.subarray(0, 500));
export const OTHER = Array.from(randomWalk(500, 3).close);
