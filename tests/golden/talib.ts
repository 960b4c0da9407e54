import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import type { IndicatorDefinition, InputName } from '../../engine/indicators/definition.ts';
import { runIndicator } from '../../engine/indicators/runner.ts';
import { readOracle, type OracleFunction } from './oracle.ts';

const SETS = ['daily', 'minute'] as const;
type SetName = (typeof SETS)[number];
const FOLDER = fromRoot('tests/golden/talib');
const RELATIVE = 1e-9;

/** A thinned copy of the reference answers: output number → [bar, value], and the first bar of each. */
interface GoldenFunction {
  readonly id: string;
  readonly set: SetName;
  readonly parameters: Readonly<Record<string, number>>;
  readonly lookback: number;
  readonly values: readonly (readonly (readonly [bar: number, value: number])[])[];
}

/**
 * Checks definitions of one group against TA-Lib C's own answers on real bars: the whole reference set
 * where it stands beside the checkout, and always the thinned copy in `tests/golden/talib`.
 * `RENATA_WRITE_GOLDEN=1` writes that copy anew.
 * @param file name of the group's copy, without ending
 * @param neverNegative ids of what cannot be below zero: where TA-Lib's rounding makes it so, 0 is wanted
 */
export function describeTalib(
  file: string,
  definitions: readonly IndicatorDefinition[],
  neverNegative: readonly string[] = [],
): void {
  const path = `${FOLDER}/${file}.json`;
  if (process.env['RENATA_WRITE_GOLDEN'] === '1') writeGolden(path, definitions);
  const cases = definitions.flatMap((definition) =>
    SETS.map((set) => [definition.id, set] as const),
  );
  const wanted = (id: string, value: number | null): number | null =>
    value !== null && value < 0 && neverNegative.includes(id) ? 0 : value;
  const byId = new Map(definitions.map((definition) => [definition.id, definition]));
  const definitionOf = (id: string): IndicatorDefinition => {
    const definition = byId.get(id);
    if (definition === undefined) throw new Error(`${id} is not of this group`);
    return definition;
  };

  describe.skipIf(readOracle('daily') === undefined)(`${file}: TA-Lib C's whole answers`, () => {
    it.each(cases)('%s on %s bars', (id, set) => {
      const definition = definitionOf(id);
      const oracle = readOracle(set);
      const reference = oracle?.functions.find(({ name }) => name === id.toUpperCase());
      if (oracle === undefined || reference === undefined)
        throw new Error(`no reference for ${id}`);
      const parameters = parametersOf(reference);
      const computed = run(definition, oracle.bars, parameters);
      expect(definition.lookback(parameters)).toBe(reference.lookback);
      const outputs = Object.values(reference.outputs);
      expect(computed.length).toBe(outputs.length);
      outputs.forEach((values, k) => {
        const mine = computed[k] ?? new Float64Array(0);
        const floor = noiseFloor(values);
        values.forEach((value, i) => {
          const bar = reference.begin + i;
          expectSame(
            definition.outputs[k]?.kind,
            mine[bar],
            wanted(id, value),
            floor,
            `bar ${bar}, output ${k}`,
          );
        });
        expect(mine.subarray(0, reference.begin).every(Number.isNaN)).toBe(true);
      });
    });
  });

  describe(`${file}: golden values of TA-Lib C`, () => {
    const golden = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as readonly GoldenFunction[])
      : [];
    const bars = Object.fromEntries(SETS.map((set) => [set, readBars(set)])) as Record<
      SetName,
      BarColumns
    >;

    it('cover the group', () => {
      expect(golden.map(({ id, set }) => `${id} ${set}`).toSorted()).toEqual(
        cases.map(([id, set]) => `${id} ${set}`).toSorted(),
      );
    });

    it.each(golden)('$id on $set bars', ({ id, set, parameters, lookback, values }) => {
      const definition = definitionOf(id);
      const computed = run(definition, bars[set], parameters);
      expect(definition.lookback(parameters)).toBe(lookback);
      values.forEach((pairs, k) => {
        const floor = noiseFloor(pairs.map(([, value]) => value));
        for (const [bar, value] of pairs) {
          const kind = definition.outputs[k]?.kind;
          expectSame(kind, computed[k]?.[bar], wanted(id, value), floor, `bar ${bar}`);
        }
        if (definition.outputs[k]?.kind === 'integer') {
          // Marks that the copy does not list must not appear either.
          const listed = new Map(pairs);
          computed[k]?.forEach((value, bar) => {
            if (definition.group === 'Pattern Recognition' && value !== 0 && bar >= lookback) {
              expect(listed.get(bar)).toBe(value);
            }
          });
        }
      });
    });
  });
}

/** Rounding differs in the order of operations: values that cancel out agree to the column's own scale. */
function noiseFloor(values: readonly (number | null)[]): number {
  return 1e-12 * Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
}

function expectSame(
  kind: 'real' | 'integer' | undefined,
  mine: number | undefined,
  value: number | null,
  floor: number,
  where: string,
): void {
  if (value === null) {
    expect(Number.isFinite(mine ?? Number.NaN), where).toBe(false);
  } else if (kind === 'integer') {
    expect(mine, where).toBe(value);
  } else {
    const difference = Math.abs((mine ?? Number.NaN) - value);
    expect(difference, `${where}: ${mine} is not ${value}`).toBeLessThanOrEqual(
      Math.max(RELATIVE * Math.abs(value), floor),
    );
  }
}

/** TA-Lib's option names in ours: optInFastK_Period is fastk_period. */
function parametersOf({ params }: OracleFunction): Record<string, number> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name.replace('optIn', '').toLowerCase(), value]),
  );
}

/** The inputs that the reference answers were computed from. */
function inputOf(id: string, input: InputName, bars: BarColumns): Float64Array {
  if (input === 'periods') return bars.close.map((_, i) => 2 + (i % 29));
  if (input === 'real1') return bars.open;
  if (input === 'session') throw new Error('no TA-Lib function reads the session');
  if (input !== 'real' && input !== 'real0') return bars[input];
  if (id === 'acos' || id === 'asin') return bars.close.map((x) => Math.sin(x));
  if (['exp', 'cosh', 'sinh'].includes(id)) return bars.close.map((x) => x / 100);
  return bars.close;
}

function run(
  definition: IndicatorDefinition,
  bars: BarColumns,
  parameters: ParameterValues,
): readonly Float64Array[] {
  const inputs = definition.inputs.map((input) => inputOf(definition.id, input, bars));
  return runIndicator(definition, inputs, parameters);
}

function readBars(set: SetName): BarColumns {
  const text = readFileSync(`${FOLDER}/bars-${set}.json`, 'utf8');
  const columns = JSON.parse(text) as Readonly<Record<string, readonly number[]>>;
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)]),
  ) as unknown as BarColumns;
}

function writeGolden(path: string, definitions: readonly IndicatorDefinition[]): void {
  const golden: GoldenFunction[] = [];
  for (const set of SETS) {
    const oracle = readOracle(set);
    if (oracle === undefined) throw new Error('the whole reference set is needed to thin it');
    for (const definition of definitions) {
      const reference = oracle.functions.find(({ name }) => name === definition.id.toUpperCase());
      if (reference === undefined) throw new Error(`no reference for ${definition.id}`);
      const marks = definition.group === 'Pattern Recognition';
      const values = Object.values(reference.outputs).map((column) =>
        column.flatMap((value, i) => {
          const kept = i < 3 || i % 60 === 0 || i >= column.length - 2 || (marks && value !== 0);
          return value !== null && kept && (!marks || value !== 0 || i === 0)
            ? [[reference.begin + i, value] as const]
            : [];
        }),
      );
      golden.push({
        id: definition.id,
        set,
        parameters: parametersOf(reference),
        lookback: reference.lookback,
        values,
      });
    }
    const bars = Object.fromEntries(
      Object.entries(oracle.bars).map(([name, column]) => [name, [...(column as Float64Array)]]),
    );
    writeFileSync(`${FOLDER}/bars-${set}.json`, `${JSON.stringify(bars)}\n`);
  }
  const rows = golden.map((each) => JSON.stringify(each)).join(',\n');
  writeFileSync(path, `[\n${rows}\n]\n`);
}
