import { RenataError } from '../domain/errors.ts';
import { conflictError, nearestAllowed } from './constraints.ts';
import { sumOf } from './matrix.ts';
import { shown, type LinearRow, type Polytope } from './polytope.ts';
import { solveQuadratic } from './quadratic.ts';

/**
 * The allowed weights with the greatest (reward · w) / √(w' Σ w): the Sharpe ratio when the reward is the
 * excess return. Solved as a quadratic program in y = κ w with reward · y = 1 (Cornuejols and Tütüncü,
 * *Optimization Methods in Finance*, section 8.2), where κ = Σ y / Σ w, so that every condition on w is a
 * linear one on y.
 * @param label how a message names that the reward must be above 0
 * @param guess weights that the answer may resemble; only makes it quicker
 */
export function greatestRatio(
  covariance: Float64Array,
  reward: Float64Array,
  polytope: Polytope,
  label: string,
  guess?: Float64Array,
): Float64Array {
  const n = polytope.size;
  const sum = polytope.rows[0]?.bound ?? 1;
  const most = reward.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  if (!(sum > 0)) {
    throw new RenataError(
      'BAD_INPUT',
      'constraints: sum: this method needs weights that sum to more than 0.',
      {
        details: { parameter: 'constraints.sum' },
      },
    );
  }
  if (most === 0) throw conflictError({ kind: 'infeasible', labels: [label] });
  const scaled = reward.map((value) => value / most);
  const rows: LinearRow[] = [{ coefficients: scaled, bound: 1, equality: true, label }];
  for (const row of polytope.rows.slice(1)) {
    const shift = row.bound / sum;
    const coefficients = row.coefficients.map((value) => value - shift);
    rows.push({ ...row, coefficients, bound: 0 });
  }
  const lower = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  let long = true;
  for (let i = 0; i < n; i += 1) {
    const low = polytope.lower[i] as number;
    if (low < 0) long = false;
    if (low === 0) lower[i] = 0;
    else if (Number.isFinite(low)) rows.push(boundRow(polytope, i, 1, low, sum));
  }
  for (let i = 0; i < n; i += 1) {
    const high = polytope.upper[i] as number;
    // With no shorts no weight can be above the sum.
    if (Number.isFinite(high) && !(long && high >= sum)) {
      rows.push(boundRow(polytope, i, -1, high, sum));
    }
  }
  if (!long) {
    const coefficients = new Float64Array(n).fill(1);
    rows.push({ coefficients, bound: 0, equality: false, label: 'weights sum to more than 0' });
  }
  const { turnover, names } = polytope;
  const solved = solveQuadratic({
    quadratic: covariance,
    linear: new Float64Array(n),
    polytope: {
      size: n,
      lower,
      upper: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
      rows,
      turnover: turnover === null ? null : { ...turnover, perSum: sum },
      names,
    },
    guess,
  });
  if (solved.kind === 'infeasible') {
    // When it is the conditions alone that conflict, the message is about them.
    nearestAllowed(polytope, new Float64Array(n));
    throw conflictError(solved);
  }
  const whole = sumOf(solved.x);
  const size = solved.x.reduce((total, value) => total + Math.abs(value), 0);
  if (!(whole > 1e-9 * size)) {
    throw new RenataError(
      'BAD_INPUT',
      'constraints: the best ratio is not reached: it grows as shorts grow without end. Bound the weights.',
      { details: { parameter: 'constraints' } },
    );
  }
  return solved.x.map((value) => (value * sum) / whole);
}

/** A bound of w as a condition on y: sign · (y − bound · κ) ≥ 0. */
function boundRow(
  { size, names }: Polytope,
  index: number,
  sign: 1 | -1,
  bound: number,
  sum: number,
): LinearRow {
  const coefficients = new Float64Array(size).fill((-sign * bound) / sum);
  coefficients[index] = (coefficients[index] as number) + sign;
  const label = `${names[index]} ${sign > 0 ? 'at least' : 'at most'} ${shown(bound)}`;
  return { coefficients, bound: 0, equality: false, label };
}
