import { describe, expect, it } from 'vitest';
import { compileFormula } from '../../../engine/sweep/formula.ts';
import {
  bestOf,
  passes,
  rowAt,
  sortFormula,
  type FilterModel,
} from '../../../renderer/panels/research/rows-query.ts';
import { fc } from '../../support/properties.ts';

const N = Number.NaN;
const NAMES = ['combination', 'fast', 'sharpe', 'trades'];
type Row = readonly number[];

/** The order in which the workstation gives rows: the largest first, undefined last, equal ones as stored. */
function ordered(rows: readonly Row[], formula: string): Row[] {
  const run = compileFormula(formula, NAMES, 'number');
  const score = (row: Row): number => {
    const value = run(Float64Array.from(row));
    return Number.isNaN(value) ? -Infinity : value;
  };
  return rows.toSorted((a, b) => score(b) - score(a) || 0);
}

const record = (row: Row): Record<string, number> =>
  Object.fromEntries(NAMES.map((name, k) => [name, row[k] as number]));

const ROWS: readonly Row[] = [
  [0, 5, 0.4, 12],
  [1, 6, N, 0],
  [2, 7, 0.9, 40],
  [3, 8, -0.2, 55],
  [4, 9, 0.6, 33],
];
const first = (rows: readonly Row[]): number[] =>
  rows.map(([combination]) => combination as number);

describe('the order of the rows', () => {
  it('is that of the sweep without a wish', () => {
    expect(sortFormula('sharpe', [], {})).toBeUndefined();
  });

  it('follows a column both ways, rows without a value last', () => {
    const by = (sort: 'asc' | 'desc'): string =>
      sortFormula('trades', [{ colId: 'sharpe', sort }], {}) ?? '';
    expect(first(ordered(ROWS, by('desc')))).toEqual([2, 4, 0, 3, 1]);
    expect(first(ordered(ROWS, by('asc')))).toEqual([3, 0, 4, 2, 1]);
  });

  it('brings what passes first, also what has no value', () => {
    const filters: FilterModel = { trades: { type: 'lessThan', filter: 34 } };
    const formula = sortFormula('sharpe', [], filters) ?? '';
    const rows = ordered(ROWS, formula);
    expect(first(rows)).toEqual([4, 0, 1, 2, 3]);
    expect(rows.map((row) => passes(record(row), filters))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('agrees with a plain filter for all conditions of the grid', () => {
    const condition = fc.record({
      type: fc.constantFrom(
        'equals',
        'notEqual',
        'greaterThan',
        'greaterThanOrEqual',
        'lessThan',
        'lessThanOrEqual',
        'inRange',
        'blank',
        'notBlank',
      ),
      filter: fc.integer({ min: -3, max: 3 }),
      filterTo: fc.integer({ min: -3, max: 3 }),
    });
    const filter = fc.oneof(
      condition,
      fc.record({
        operator: fc.constantFrom('AND' as const, 'OR' as const),
        conditions: fc.array(condition, { minLength: 2, maxLength: 2 }),
      }),
    );
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(N));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, value, value), { maxLength: 20 }),
        fc.dictionary(fc.constantFrom('fast', 'sharpe', 'trades'), filter, { minKeys: 1 }),
        fc.constantFrom('asc' as const, 'desc' as const),
        (rows, filters, sort) => {
          const formula = sortFormula('sharpe', [{ colId: 'sharpe', sort }], filters) ?? '';
          const got = ordered(rows, formula);
          const allowed = rows.filter((row) => passes(record(row), filters));
          // What passes comes before everything else, so that the first refused row is the end.
          expect(got.slice(0, allowed.length).every((row) => passes(record(row), filters))).toBe(
            true,
          );
          const scores = got
            .slice(0, allowed.length)
            .map((row) => row[2] as number)
            .filter((score) => !Number.isNaN(score));
          const wanted = scores.toSorted((a, b) => (sort === 'asc' ? a - b : b - a));
          expect(scores).toEqual(wanted);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds the best of a cell', () => {
    const [best] = ordered(ROWS, bestOf('fast >= 5 and fast <= 6', 'sharpe'));
    expect(best?.[0]).toBe(0);
  });
});

describe('a page of columns', () => {
  it('gives rows by name', () => {
    const page = {
      names: ['combination', 'fast'],
      columns: [Float64Array.of(7, 8), Float64Array.of(1, 2)],
    };
    expect(rowAt(page, 1)).toEqual({ combination: 8, fast: 2 });
    expect(rowAt(page, 2)).toEqual({ combination: N, fast: N });
  });
});
