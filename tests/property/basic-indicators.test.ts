import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition } from '../../engine/indicators/definition.ts';
import {
  CATALOGUE,
  computeIndicator,
  DEFINITIONS,
  INDICATORS,
} from '../../engine/indicators/registry.ts';
import { IndicatorStream, runIndicator } from '../../engine/indicators/runner.ts';
import { flatBars } from '../unit/engine/backtest/bars.ts';

const price = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: 1, max: 200, noNaN: true }) },
  { weight: 2, arbitrary: fc.constant(100) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity) },
);
const rows = fc.array(fc.tuple(price, price, price), { maxLength: 120 });

/** Small periods, so that short series have values. */
function parametersOf(definition: IndicatorDefinition, seed: number): Record<string, number> {
  return Object.fromEntries(
    definition.parameters.map(({ name, kind, ...rest }, i) => [
      name,
      kind === 'integer' ? Math.max((rest as { min: number }).min, 2 + ((seed + i * 3) % 7)) : 2,
    ]),
  );
}

function columns(
  definition: IndicatorDefinition,
  list: readonly (readonly number[])[],
): Float64Array[] {
  return definition.inputs.map((_, k) => Float64Array.from(list, (row) => row[k] ?? 0));
}

describe.each(DEFINITIONS.map((definition) => [definition.id, definition] as const))(
  '%s',
  (_id, definition) => {
    it('gives bar by bar, across a restart, what it gives at once', () => {
      fc.assert(
        fc.property(rows, fc.nat(20), fc.nat(120), (list, seed, cut) => {
          const parameters = parametersOf(definition, seed);
          const batch = runIndicator(definition, columns(definition, list), parameters);
          let stream = new IndicatorStream(definition, parameters);
          const outputs = new Float64Array(definition.outputs.length);
          const previewed = new Float64Array(definition.outputs.length);
          list.forEach((row, i) => {
            if (i === cut) {
              const saved = stream.snapshot();
              stream = new IndicatorStream(definition, parameters);
              stream.restore(saved);
            }
            const inputs = Float64Array.from(definition.inputs, (_, k) => row[k] ?? 0);
            stream.preview(inputs, previewed);
            stream.update(inputs, outputs);
            expect(previewed).toEqual(outputs);
            outputs.forEach((value, k) => expect(value).toBe(batch[k]?.[i]));
          });
        }),
        { numRuns: 100 },
      );
    });

    it('never changes a value when bars are added, and starts after its lookback', () => {
      fc.assert(
        fc.property(rows, fc.nat(20), fc.nat(120), (list, seed, cut) => {
          const parameters = parametersOf(definition, seed);
          const whole = runIndicator(definition, columns(definition, list), parameters);
          const part = runIndicator(
            definition,
            columns(definition, list.slice(0, cut)),
            parameters,
          );
          part.forEach((column, k) =>
            expect([...column]).toEqual(Array.from(whole[k]?.subarray(0, column.length) ?? [])),
          );
          const clean = runIndicator(
            definition,
            columns(
              definition,
              Array.from({ length: 60 }, (_, i) => [100 + (i % 5), 99, 99 + (i % 3)]),
            ),
            parameters,
          );
          clean.forEach((column) =>
            expect(column.findIndex(Number.isFinite)).toBe(definition.lookback(parameters)),
          );
        }),
        { numRuns: 50 },
      );
    });
  },
);

describe('the registry', () => {
  const bars = flatBars([1, 2, 3, 4, 5, 6]);

  it('knows indicators by name and alias', () => {
    expect(CATALOGUE.find('bollinger')?.id).toBe('bbands');
    expect([...CATALOGUE.names()]).toContain('rsi');
    expect(INDICATORS.length).toBe(DEFINITIONS.length);
    expect(computeIndicator('sma', { timeperiod: 2 }, bars)[0]?.values.at(-1)).toBe(5.5);
  });

  it('refuses what is unknown or out of range', () => {
    expect(() => computeIndicator('smx', {}, bars)).toThrow('does not exist');
    expect(() => computeIndicator('sma', { timeperiod: 0 }, bars)).toThrow(
      'must be a whole number from 2',
    );
    expect(() => computeIndicator('sma', { timeperiod: 2.5 }, bars)).toThrow(
      'must be a whole number',
    );
    const [sma] = DEFINITIONS;
    if (sma === undefined) throw new Error('no indicators');
    expect(() => runIndicator(sma, [], {})).toThrow('needs 1 series');
    const stream = new IndicatorStream(sma, { timeperiod: 3 });
    expect(() => stream.restore(new IndicatorStream(sma, { timeperiod: 4 }).snapshot())).toThrow(
      'other parameters',
    );
  });

  it('gives NaN for a period longer than the series', () => {
    expect(computeIndicator('sma', { timeperiod: 7 }, bars)[0]?.values.every(Number.isNaN)).toBe(
      true,
    );
    expect(computeIndicator('sma', { timeperiod: 2 }, flatBars([]))[0]?.values.length).toBe(0);
  });
});
