import { DualActiveSet } from './dual-active-set.ts';
import { dot, dotAt } from './matrix.ts';
import type { Conflict } from './polytope.ts';
import type { QuadraticProblem, QuadraticSolution } from './program.ts';

/**
 * Solves a strictly convex quadratic program by the dual active-set method of Goldfarb and Idnani, "A
 * numerically stable dual method for solving strictly convex quadratic programs", Mathematical Programming 27
 * (1983). The turnover limit is a set of 2ⁿ half-spaces, one a pattern of signs, of which only those that
 * the steps run into are ever made; so the answer is exact, without doubling the variables.
 */
export function solveQuadratic(problem: QuadraticProblem): QuadraticSolution | Conflict {
  const { polytope, guess } = problem;
  if (guess !== undefined && polytope.turnover === null) {
    const quick = solveFromGuess(problem, guess);
    if (quick !== null) return quick;
  }
  return new DualActiveSet(problem).solve();
}

/** Works with few variables, the rest at their lower bounds, until no other is worth a place. */
function solveFromGuess(problem: QuadraticProblem, guess: Float64Array): QuadraticSolution | null {
  const { quadratic, linear, polytope } = problem;
  const n = polytope.size;
  const chosen = new Set<number>();
  const fixed = polytope.lower;
  for (let i = 0; i < n; i += 1) {
    const low = fixed[i] as number;
    if (!Number.isFinite(low) || (guess[i] as number) > low + 1e-12) chosen.add(i);
  }
  let iterations = 0;
  for (let round = 0; round <= n; round += 1) {
    if (chosen.size === 0 || chosen.size > n * 0.7) return null;
    const some = Array.from(chosen).toSorted((a, b) => a - b);
    const part = new DualActiveSet(restrict(problem, some)).solve();
    if (part.kind === 'infeasible') return null;
    iterations += part.iterations;
    const x = Float64Array.from(fixed);
    const lower = new Float64Array(n);
    const upper = new Float64Array(n);
    some.forEach((i, k) => {
      x[i] = part.x[k] as number;
      lower[i] = part.lower[k] as number;
      upper[i] = part.upper[k] as number;
    });
    let most = 0;
    for (const i of some) {
      most = Math.max(
        most,
        Math.abs(dotAt(quadratic, i * n, x, 0, n)) + Math.abs(linear[i] as number),
      );
    }
    let grew = false;
    for (let i = 0; i < n; i += 1) {
      if (chosen.has(i)) continue;
      let slope = dotAt(quadratic, i * n, x, 0, n) + (linear[i] as number);
      polytope.rows.forEach((row, k) => {
        slope -= (row.coefficients[i] as number) * (part.rows[k] as number);
      });
      lower[i] = Math.max(0, slope);
      if (slope < -1e-13 * most) {
        chosen.add(i);
        grew = true;
      }
    }
    if (!grew) return { kind: 'optimal', x, rows: part.rows, lower, upper, cuts: [], iterations };
  }
  return null;
}

/** The problem in some of its variables, the others at their lower bounds. */
function restrict(problem: QuadraticProblem, some: readonly number[]): QuadraticProblem {
  const { quadratic, linear, polytope } = problem;
  const n = polytope.size;
  const size = some.length;
  const inside = new Set(some);
  const rest = Float64Array.from(polytope.lower, (low, i) => (inside.has(i) ? 0 : low));
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(some, (i) => values[i] as number);
  const part = new Float64Array(size * size);
  const slope = new Float64Array(size);
  some.forEach((i, k) => {
    slope[k] = (linear[i] as number) + dotAt(quadratic, i * n, rest, 0, n);
    some.forEach((j, l) => {
      part[k * size + l] = quadratic[i * n + j] as number;
    });
  });
  return {
    quadratic: part,
    linear: slope,
    polytope: {
      size,
      lower: pick(polytope.lower),
      upper: pick(polytope.upper),
      rows: polytope.rows.map((row) => ({
        ...row,
        coefficients: pick(row.coefficients),
        bound: row.bound - dot(row.coefficients, rest),
      })),
      turnover: null,
      names: some.map((i) => polytope.names[i] as string),
    },
  };
}
