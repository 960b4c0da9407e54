import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { computeIndicator, DEFINITIONS } from '../../engine/indicators/registry.ts';
import { readOracle } from './oracle.ts';

/** A thinned set of TA-Lib C's own answers, so that a fresh clone checks them without the whole set. */
interface Golden {
  readonly bars: Readonly<Record<keyof BarColumns, readonly number[]>>;
  readonly functions: readonly {
    readonly id: string;
    readonly parameters: Readonly<Record<string, number>>;
    readonly lookback: number;
    /** Output number → [bar, value]. */
    readonly values: readonly (readonly (readonly [number, number])[])[];
  }[];
}

const PATH = fromRoot('tests/golden/data/basic-indicators.json');
const TOLERANCE = 1e-9;

function parametersOf(params: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(params)
      .filter(([name]) => name !== 'optInMAType')
      .map(([name, value]) => [name.replace('optIn', '').toLowerCase(), value]),
  );
}

describe.each(['daily', 'minute'] as const)('TA-Lib C on %s bars', (which) => {
  const oracle = readOracle(which);

  it.skipIf(oracle === undefined)('gives the same values', () => {
    let compared = 0;
    for (const definition of DEFINITIONS) {
      const reference = oracle?.functions.find(({ name }) => name === definition.id.toUpperCase());
      // With another moving average than the simple one these bands are not TA-Lib's.
      if (oracle === undefined || reference === undefined) continue;
      if (definition.id === 'bbands' && reference.params['optInMAType'] !== 0) continue;
      const computed = computeIndicator(definition.id, parametersOf(reference.params), oracle.bars);
      Object.values(reference.outputs).forEach((values, k) => {
        values.forEach((value, i) => {
          const mine = computed[k]?.values[reference.begin + i] ?? Number.NaN;
          expect(Math.abs(mine - (value ?? Number.NaN))).toBeLessThanOrEqual(
            TOLERANCE * Math.max(1, Math.abs(value ?? 0)),
          );
          compared += 1;
        });
        expect(computed[k]?.values.subarray(0, reference.begin).every(Number.isNaN)).toBe(true);
      });
      expect(definition.lookback(parametersOf(reference.params))).toBe(reference.lookback);
    }
    expect(compared).toBeGreaterThan(5_000);
  });
});

describe('golden values of TA-Lib C', () => {
  if (process.env['RENATA_WRITE_GOLDEN'] === '1') writeGolden();
  const golden = JSON.parse(readFileSync(PATH, 'utf8')) as Golden;
  const bars = Object.fromEntries(
    Object.entries(golden.bars).map(([name, values]) => [name, Float64Array.from(values)]),
  ) as unknown as BarColumns;

  it.each(golden.functions)('of $id are met', ({ id, parameters, values, lookback }) => {
    const computed = computeIndicator(id, parameters, bars);
    expect(values.length).toBe(computed.length);
    values.forEach((pairs, k) => {
      expect(pairs.length).toBeGreaterThan(20);
      for (const [bar, value] of pairs) {
        const mine = computed[k]?.values[bar] ?? Number.NaN;
        expect(Math.abs(mine - value)).toBeLessThanOrEqual(
          TOLERANCE * Math.max(1, Math.abs(value)),
        );
      }
      expect(pairs[0]?.[0]).toBe(lookback);
    });
  });
});

function writeGolden(): void {
  const oracle = readOracle('daily');
  if (oracle === undefined) throw new Error('the whole reference set is needed to thin it');
  const functions = DEFINITIONS.map((definition) => {
    const reference = oracle.functions.find(({ name }) => name === definition.id.toUpperCase());
    if (reference === undefined) throw new Error(`no reference for ${definition.id}`);
    const values = Object.values(reference.outputs).map((column) =>
      column.flatMap((value, i) =>
        value !== null && (i < 10 || i % 25 === 0 || i >= column.length - 5)
          ? [[reference.begin + i, value] as const]
          : [],
      ),
    );
    const { lookback, params } = reference;
    return { id: definition.id, parameters: parametersOf(params), lookback, values };
  });
  const bars = Object.fromEntries(
    Object.entries(oracle.bars).map(([name, column]) => [name, [...(column as Float64Array)]]),
  );
  writeFileSync(PATH, `${JSON.stringify({ bars, functions })}\n`);
}
