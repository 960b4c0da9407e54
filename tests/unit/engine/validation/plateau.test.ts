import { describe, expect, it } from 'vitest';
import {
  marginal,
  neighbourhoods,
  plateauOf,
  sliceThrough,
  type ParameterTable,
} from '../../../../engine/validation/plateau.ts';

/** A grid of 5, 10, 20, 40 by 1, 2, 3 with a lone peak at (5, 1) and a plateau from (20, 1) on. */
const A = [5, 10, 20, 40];
const B = [1, 2, 3];
const SCORES: Readonly<Record<string, number>> = {
  '5,1': 10,
  '10,1': 0,
  '20,1': 6,
  '40,1': 5,
  '5,2': 0,
  '10,2': 5,
  '20,2': 7,
  '40,2': 6,
  '5,3': 0,
  '10,3': 5,
  '20,3': 6,
  '40,3': Number.NaN,
};
const values = B.flatMap((b) => A.map((a) => [a, b]));
const table: ParameterTable = {
  names: ['a', 'b'],
  values,
  scores: values.map((row) => SCORES[row.join()] ?? 0),
};
const rowOf = (a: number, b: number): number => values.findIndex(([x, y]) => x === a && y === b);

describe('plateaus', () => {
  it('are told from lone peaks by their neighbours', () => {
    const all = neighbourhoods(table);
    const peak = all[rowOf(5, 1)];
    // Neighbours 0, 0 and 5; the worst of the table is 0.
    expect(peak).toMatchObject({ score: 10, neighbours: 3, least: 0 });
    expect(peak?.mean).toBeCloseTo(5 / 3, 12);
    expect(peak?.stability).toBeCloseTo(1 / 6, 12);
    expect(peak?.spread).toBeCloseTo(Math.sqrt((2 * (5 / 3) ** 2 + (10 / 3) ** 2) / 3), 12);
    const flat = all[rowOf(20, 2)];
    // 0, 6, 5, 5, 6, 5, 6 and the failed one, which counts as 0.
    expect(flat?.neighbours).toBe(8);
    expect(flat?.mean).toBeCloseTo(33 / 8, 12);
    expect(flat?.stability).toBeCloseTo(33 / 8 / 7, 12);
    expect(all[rowOf(10, 1)]?.stability).toBeNaN();
    // (40, 1) and its neighbours: 5, 6, 7 and 6, mean 6; (20, 2) with its own: 40 / 9.
    expect(plateauOf(table)).toBe(rowOf(40, 1));
    // With no neighbours to look at, only the score counts.
    expect(plateauOf(table, 0)).toBe(rowOf(5, 1));
  });

  it('look further with a larger radius, and find gaps in the grid', () => {
    expect(neighbourhoods(table, 2)[rowOf(5, 1)]?.neighbours).toBe(8);
    const part = { ...table, values: values.slice(0, 4), scores: [1, 2, 3, 4] };
    expect(neighbourhoods(part)[0]?.neighbours).toBe(1);
    expect(plateauOf({ names: ['a'], values: [[1]], scores: [Number.NaN] })).toBe(-1);
  });

  it('slices go along one parameter', () => {
    expect(sliceThrough(table, rowOf(20, 2), 0)).toEqual([
      { value: 5, score: 0 },
      { value: 10, score: 5 },
      { value: 20, score: 7 },
      { value: 40, score: 6 },
    ]);
    expect(sliceThrough(table, rowOf(5, 1), 1).map(({ score }) => score)).toEqual([10, 0, 0]);
  });

  it('margins average over all others', () => {
    const points = marginal(table, 1);
    expect(points.map(({ value }) => value)).toEqual([1, 2, 3]);
    expect(points[0]).toEqual({ value: 1, score: 21 / 4, best: 10, rows: 4 });
    // The failed row is left out.
    expect(points[2]).toEqual({ value: 3, score: 11 / 3, best: 6, rows: 3 });
  });

  it('refuse tables that do not fit', () => {
    expect(() => neighbourhoods({ ...table, scores: [1] })).toThrow(/scores/);
    expect(() => neighbourhoods({ ...table, names: ['a'] })).toThrow(/values/);
    expect(() => sliceThrough(table, 99, 0)).toThrow(/row/);
    expect(() => sliceThrough(table, 0, 2)).toThrow(/axis/);
    expect(() => marginal(table, 2)).toThrow(/axis/);
  });
});
