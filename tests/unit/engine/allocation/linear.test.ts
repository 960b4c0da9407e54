import { describe, expect, it } from 'vitest';
import { solveLinear, type LinearProgram } from '../../../../engine/allocation/linear.ts';
import { apart } from './reference.ts';

const program = (
  rows: readonly (readonly number[])[],
  right: readonly number[],
  cost: readonly number[],
  basis: readonly number[],
  upper: readonly number[] = cost.map(() => Number.POSITIVE_INFINITY),
): LinearProgram => ({
  rows: rows.length,
  columns: Float64Array.from(cost.flatMap((_, j) => rows.map((row) => row[j] as number))),
  cost: Float64Array.from(cost),
  lower: new Float64Array(cost.length),
  upper: Float64Array.from(upper),
  right: Float64Array.from(right),
  basis: Int32Array.from(basis),
  atUpper: new Uint8Array(cost.length),
});

describe('the simplex method', () => {
  it('solves the textbook: two products and three workshops', () => {
    // Most of 3x + 5y with x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18 (Hillier and Lieberman): 36 at (2, 6).
    const rows = [
      [1, 0, 1, 0, 0],
      [0, 2, 0, 1, 0],
      [3, 2, 0, 0, 1],
    ];
    const found = solveLinear(program(rows, [4, 12, 18], [-3, -5, 0, 0, 0], [2, 3, 4]));
    expect(apart(found.x, [2, 6, 2, 0, 0])).toBeLessThan(1e-14);
    expect(found.cost).toBeCloseTo(-36, 13);
    // Shadow prices: nothing, 3/2 and 1.
    expect(apart(found.multipliers, [0, -1.5, -1])).toBeLessThan(1e-14);
  });

  it('does not cycle where plain pricing does', () => {
    // Beale (1955).
    const rows = [
      [1, 0, 0, 0.25, -8, -1, 9],
      [0, 1, 0, 0.5, -12, -0.5, 3],
      [0, 0, 1, 0, 0, 1, 0],
    ];
    const found = solveLinear(program(rows, [0, 0, 1], [0, 0, 0, -0.75, 20, -0.5, 6], [0, 1, 2]));
    expect(found.cost).toBeCloseTo(-1.25, 14);
    expect(apart(found.x, [0.75, 0, 0, 1, 0, 1, 0])).toBeLessThan(1e-14);
  });

  it('moves columns from bound to bound', () => {
    // Least of −x − 2y − 3z, each at most 1, summing with the slack to 2: y and z.
    const found = solveLinear(program([[1, 1, 1, 1]], [2], [-1, -2, -3, 0], [3], [1, 1, 1, 9]));
    expect(Array.from(found.x)).toEqual([0, 1, 1, 0]);
    expect(found.cost).toBe(-5);
  });

  it('says when there is no least cost', () => {
    expect(() => solveLinear(program([[1, -1]], [1], [0, -1], [0]))).toThrow(/no least cost/);
    expect(() => solveLinear(program([[0, 1]], [1], [0, 0], [0]))).toThrow(/singular/);
  });
});
