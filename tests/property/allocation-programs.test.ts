import { describe, expect, it } from 'vitest';
import { polytopeOf } from '../../engine/allocation/constraints.ts';
import { sampleCovariance } from '../../engine/allocation/covariance.ts';
import { conditionalValueAtRisk, leastCvar, outcomesOf } from '../../engine/allocation/cvar.ts';
import { solveLinear } from '../../engine/allocation/linear.ts';
import type { LinearRow, Polytope } from '../../engine/allocation/polytope.ts';
import type { QuadraticSolution } from '../../engine/allocation/program.ts';
import { solveQuadratic } from '../../engine/allocation/quadratic.ts';
import { Random } from '../../engine/backtest/random.ts';
import {
  dot,
  randomPoint,
  randomPolytope,
  randomReturns,
  sum,
} from '../unit/engine/allocation/generate.ts';
import { fc } from '../support/properties.ts';

const seeds = fc.nat(0xffff_ffff);

/** How far a solution is from the conditions of Karush, Kuhn and Tucker, in units of the objective. */
function kktError(
  quadratic: Float64Array,
  linear: Float64Array,
  { size, lower, upper, rows, turnover }: Polytope,
  solution: QuadraticSolution,
): number {
  const { x, cuts } = solution;
  let trace = 0;
  for (let i = 0; i < size; i += 1) trace += quadratic[i * size + i] as number;
  const unit = trace / size;
  let error = 0;
  const note = (value: number): void => {
    if (!(value <= error)) error = value;
  };
  for (let i = 0; i < size; i += 1) {
    let slope = linear[i] as number;
    for (let j = 0; j < size; j += 1)
      slope += (quadratic[i * size + j] as number) * (x[j] as number);
    rows.forEach(({ coefficients }, k) => {
      slope -= (coefficients[i] as number) * (solution.rows[k] as number);
    });
    const down = solution.lower[i] as number;
    const up = solution.upper[i] as number;
    slope += up - down;
    for (const { row, multiplier } of cuts) slope -= multiplier * (row.coefficients[i] as number);
    note(Math.abs(slope) / unit);
    note((lower[i] as number) - (x[i] as number));
    note((x[i] as number) - (upper[i] as number));
    note(-down / unit);
    note(-up / unit);
    if (down !== 0) note((down / unit) * Math.abs((x[i] as number) - (lower[i] as number)));
    if (up !== 0) note((up / unit) * Math.abs((x[i] as number) - (upper[i] as number)));
  }
  rows.forEach(({ coefficients, bound, equality }, k) => {
    const over = dot(coefficients, x) - bound;
    const multiplier = (solution.rows[k] as number) / unit;
    note(equality ? Math.abs(over) : -over);
    if (!equality) {
      note(-multiplier);
      note(Math.abs(multiplier * over));
    }
  });
  if (turnover !== null) {
    const moves = sum(x.map((value, i) => Math.abs(value - (turnover.current[i] as number))));
    note(moves - turnover.limit);
    for (const { row, multiplier } of cuts) {
      note(-multiplier / unit);
      note((multiplier / unit) * Math.abs(moves - turnover.limit));
      // Each cut is a face of the limit: signs of −1 and 1 with the bound that belongs to them.
      expect(Array.from(row.coefficients, Math.abs)).toEqual(Array.from(row.coefficients, () => 1));
      expect(row.bound).toBeCloseTo(-turnover.limit + dot(row.coefficients, turnover.current), 12);
    }
  }
  return error;
}

describe('every quadratic program', () => {
  it('meets stationarity, feasibility and complementary slackness within 1e-8', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 14 }), (seed, n) => {
        const random = new Random(seed);
        const quadratic = sampleCovariance(randomReturns(random, n, 2 * n + 3));
        const size = quadratic[0] as number;
        const linear = Float64Array.from({ length: n }, () => random.normal() * size);
        const polytope = randomPolytope(random, randomPoint(random, n));
        const solution = solveQuadratic({ quadratic, linear, polytope });
        // A point that meets it all was there to begin with.
        expect(solution.kind).toBe('optimal');
        if (solution.kind !== 'optimal') return;
        expect(kktError(quadratic, linear, polytope, solution)).toBeLessThan(1e-8);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of 60 assets with groups, bounds and turnover does too, with a guess and without', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, limited) => {
        const random = new Random(seed);
        const n = 60;
        const quadratic = sampleCovariance(randomReturns(random, n, 130));
        const linear = Float64Array.from({ length: n }, () => -0.0003 * random.uniform());
        const assets = Array.from({ length: n }, (_, i) => `A${i}`);
        const groups = [0, 1, 2, 3, 4].map((g) => ({
          name: `G${g}`,
          assets: assets.filter((_, i) => i % 5 === g),
          minimum: 0.1,
          maximum: 0.4,
        }));
        const current = Array.from(randomPoint(random, n));
        const turnover = { current, limit: 0.9 + random.uniform() * 0.4 };
        const polytope = polytopeOf(assets, {
          maximum: 0.15,
          groups,
          ...(limited ? { turnover } : {}),
        });
        const solution = solveQuadratic({ quadratic, linear, polytope });
        if (solution.kind !== 'optimal') {
          // Holdings far from the groups may need more turnover than there is.
          expect(limited).toBe(true);
          return;
        }
        expect(kktError(quadratic, linear, polytope, solution)).toBeLessThan(1e-8);
        const guess = randomPoint(random, n);
        const guessed = solveQuadratic({ quadratic, linear, polytope, guess }) as QuadraticSolution;
        expect(kktError(quadratic, linear, polytope, guessed)).toBeLessThan(1e-8);
      }),
      { numRuns: 40 },
    );
  });

  it('that is called impossible is: its named conditions have no common point', () => {
    let impossible = 0;
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 6 }), (seed, n) => {
        const random = new Random(seed);
        const quadratic = new Float64Array(n * n);
        for (let i = 0; i < n; i += 1) quadratic[i * n + i] = 1;
        const rows: LinearRow[] = Array.from({ length: 4 }, (_, k) => ({
          coefficients: Float64Array.from({ length: n }, () => Math.round(random.normal())),
          bound: random.normal(),
          equality: k === 0,
          label: `row ${k}`,
        }));
        const polytope = {
          size: n,
          lower: new Float64Array(n),
          upper: new Float64Array(n).fill(0.8),
          rows,
          turnover: null,
          names: Array.from({ length: n }, (_, i) => `A${i}`),
        };
        const found = solveQuadratic({ quadratic, linear: new Float64Array(n), polytope });
        const least = leastViolation(polytope, rows);
        if (found.kind === 'optimal') {
          expect(least).toBeLessThan(1e-9);
        } else {
          impossible += 1;
          expect(least).toBeGreaterThan(1e-9);
          // The named rows alone, with all bounds, cannot be met either.
          const named = rows.filter(({ label }) => found.labels.includes(label));
          expect(leastViolation(polytope, named)).toBeGreaterThan(1e-9);
        }
      }),
      { numRuns: 600 },
    );
    expect(impossible).toBeGreaterThan(100);
  });
});

/** Least summed violation of rows within the box, by the simplex method. */
function leastViolation({ size, lower, upper }: Polytope, rows: readonly LinearRow[]): number {
  // Row k: a·x + missing − excess = bound, where excess costs nothing unless it is an equality.
  const m = rows.length;
  const count = size + 2 * m;
  const columns = new Float64Array(count * m);
  const cost = new Float64Array(count);
  const least = new Float64Array(count);
  const most = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const basis = new Int32Array(m);
  rows.forEach(({ coefficients, bound, equality }, k) => {
    for (let i = 0; i < size; i += 1) columns[i * m + k] = coefficients[i] as number;
    columns[(size + k) * m + k] = 1;
    columns[(size + m + k) * m + k] = -1;
    cost[size + k] = 1;
    if (equality) cost[size + m + k] = 1;
    basis[k] = bound > 0 ? size + k : size + m + k;
  });
  for (let i = 0; i < size; i += 1) {
    least[i] = lower[i] as number;
    most[i] = upper[i] as number;
  }
  return solveLinear({
    rows: m,
    columns,
    cost,
    lower: least,
    upper: most,
    right: Float64Array.from(rows, ({ bound }) => bound),
    basis,
    atUpper: new Uint8Array(count),
  }).cost;
}

describe('the least conditional value at risk', () => {
  it('is not above that of any portfolio on a grid, and its bound proves it', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 4, max: 40 }),
        fc.constantFrom(0.5, 0.8, 0.9, 0.95),
        (seed, count, confidence) => {
          const random = new Random(seed);
          const returns = randomReturns(random, 3, count);
          const polytope = polytopeOf(['A', 'B', 'C'], { maximum: 0.7 });
          const found = leastCvar(returns, confidence, polytope);
          expect(Math.abs(found.cvar - found.bound)).toBeLessThan(1e-10);
          expect(sum(found.weights)).toBeCloseTo(1, 10);
          let least = Number.POSITIVE_INFINITY;
          const at = (a: number, b: number): number =>
            conditionalValueAtRisk(
              outcomesOf(returns, Float64Array.of(a, b, 1 - a - b)),
              confidence,
            );
          for (let i = 0; i <= 70; i += 1) {
            for (let j = Math.max(0, 30 - i); j <= Math.min(70, 100 - i); j += 1) {
              least = Math.min(least, at(i / 100, j / 100));
            }
          }
          expect(found.cvar).toBeLessThan(least + 1e-12);
          // The function is 1-Lipschitz in each weight times the largest return, so the grid is near.
          const largest = Math.max(...returns.map((column) => Math.max(...column.map(Math.abs))));
          expect(found.cvar).toBeGreaterThan(least - 0.02 * largest);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is the best of all corners, which are all there are on small problems', () => {
    // With two assets the minimum is where two outcomes are alike or at an end.
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 2, max: 25 }),
        fc.constantFrom(0.5, 0.75, 0.9),
        (seed, count, confidence) => {
          const random = new Random(seed);
          const [a, b] = randomReturns(random, 2, count) as [Float64Array, Float64Array];
          const corners = [0, 1];
          for (let s = 0; s < count; s += 1) {
            for (let t = 0; t < s; t += 1) {
              const slope =
                (a[s] as number) - (b[s] as number) - (a[t] as number) + (b[t] as number);
              const w = ((b[t] as number) - (b[s] as number)) / slope;
              if (w > 0 && w < 1) corners.push(w);
            }
          }
          const least = Math.min(
            ...corners.map((w) =>
              conditionalValueAtRisk(outcomesOf([a, b], Float64Array.of(w, 1 - w)), confidence),
            ),
          );
          const { cvar } = leastCvar([a, b], confidence, polytopeOf(['A', 'B'], {}));
          expect(cvar).toBeCloseTo(least, 12);
        },
      ),
      { numRuns: 200 },
    );
  });
});
