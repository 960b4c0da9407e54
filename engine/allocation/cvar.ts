import { RenataError } from '../domain/errors.ts';
import { solveLinear, type LinearProgram } from './linear.ts';
import { sumOf } from './matrix.ts';
import type { Polytope } from './polytope.ts';

/** What the least conditional value at risk needs: the weights and the proof that none is less. */
export interface LeastCvar {
  readonly weights: Float64Array;
  /** Mean loss of the worst (1 − confidence) part of the bars, as a fraction; negative is a gain. */
  readonly cvar: number;
  /** A bound that no allowed portfolio goes below, from the dual program. */
  readonly bound: number;
  readonly iterations: number;
}

/**
 * Conditional value at risk of a history: the mean loss over the worst (1 − confidence) part of it, the last
 * bar counted in part where that is not whole (Rockafellar and Uryasev 2002).
 * @param outcomes portfolio returns a bar
 */
export function conditionalValueAtRisk(outcomes: Float64Array, confidence: number): number {
  const losses = outcomes.map((value) => -value).toSorted();
  let left = (1 - confidence) * losses.length;
  const whole = left;
  let sum = 0;
  for (let k = losses.length - 1; k >= 0 && left > 0; k -= 1) {
    const part = Math.min(1, left);
    sum += part * (losses[k] as number);
    left -= part;
  }
  return sum / whole;
}

/** Return of fixed weights a bar. */
export function outcomesOf(returns: readonly Float64Array[], weights: Float64Array): Float64Array {
  const outcomes = new Float64Array(returns[0]?.length ?? 0);
  returns.forEach((column, i) => {
    const weight = weights[i] as number;
    if (weight === 0) return;
    for (let t = 0; t < outcomes.length; t += 1) {
      outcomes[t] = (outcomes[t] as number) + weight * (column[t] as number);
    }
  });
  return outcomes;
}

/**
 * The portfolio of least conditional value at risk: the linear program of Rockafellar and Uryasev,
 * "Optimization of conditional value-at-risk", Journal of Risk 2 (2000). Its dual is solved, which has one row
 * an asset instead of one a bar; the weights are the multipliers of those rows.
 * @param polytope not empty; every asset has a finite lower bound, and an upper one or a fixed sum
 */
export function leastCvar(
  returns: readonly Float64Array[],
  confidence: number,
  polytope: Polytope,
): LeastCvar {
  const n = polytope.size;
  const count = returns[0]?.length ?? 0;
  let size = 0;
  for (const column of returns) {
    for (const value of column) size = Math.max(size, Math.abs(value));
  }
  const scale = size > 0 ? 1 / size : 1;
  const { lower, upper } = finiteBounds(polytope);
  const program = dualProgram(
    returns,
    scale,
    1 / ((1 - confidence) * count),
    polytope,
    lower,
    upper,
  );
  const solved = solveLinear(program);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    const value = -(solved.multipliers[i] as number);
    const low = lower[i] as number;
    const high = upper[i] as number;
    const near = value - low < 1e-10 ? low : high - value < 1e-10 ? high : value;
    weights[i] = near;
  }
  const cvar = conditionalValueAtRisk(outcomesOf(returns, weights), confidence);
  const bound = -solved.cost / scale;
  if (!(Math.abs(cvar - bound) <= 1e-8 * size)) {
    throw new RenataError('INTERNAL', `The least CVaR ${cvar} differs from its bound ${bound}.`);
  }
  return { weights, cvar, bound, iterations: solved.iterations };
}

/** The largest expected return over a polytope: the same program with one outcome. */
export function greatestReturn(expected: Float64Array, polytope: Polytope): LeastCvar {
  const single = Array.from(expected, (value) => Float64Array.of(value));
  return leastCvar(single, 0, polytope);
}

/** Infinite upper bounds become what the fixed sum and the other lower bounds leave. */
function finiteBounds(polytope: Polytope): { lower: Float64Array; upper: Float64Array } {
  const { lower, rows } = polytope;
  const whole = rows.find(
    ({ equality, coefficients }) => equality && coefficients.every((value) => value === 1),
  );
  const low = sumOf(lower);
  const upper = polytope.upper.map((high, i) => {
    if (Number.isFinite(high) || whole === undefined) return high;
    return whole.bound - low + (lower[i] as number);
  });
  if (!Number.isFinite(low) || !Number.isFinite(sumOf(upper))) {
    throw new RenataError(
      'BAD_INPUT',
      'constraints: this method needs a smallest and a largest weight for each asset.',
      { details: { parameter: 'constraints' } },
    );
  }
  return { lower: Float64Array.from(lower), upper };
}

/**
 * Columns: one a bar (its part of the tail), one a constraint, two an asset (its bounds), and for a turnover
 * limit two an asset more (bought, sold) and one for the limit.
 */
function dualProgram(
  returns: readonly Float64Array[],
  scale: number,
  part: number,
  polytope: Polytope,
  lower: Float64Array,
  upper: Float64Array,
): LinearProgram {
  const { size: n, rows, turnover } = polytope;
  const count = returns[0]?.length ?? 0;
  const m = turnover === null ? n + 1 : 2 * n + 1;
  const bounds = count + rows.length;
  const trades = bounds + 2 * n;
  const whole = turnover === null ? trades : trades + 2 * n + 1;
  const columns = new Float64Array(whole * m);
  const cost = new Float64Array(whole);
  const least = new Float64Array(whole);
  const most = new Float64Array(whole).fill(Number.POSITIVE_INFINITY);
  for (let t = 0; t < count; t += 1) {
    returns.forEach((column, i) => {
      columns[t * m + i] = (column[t] as number) * scale;
    });
    columns[t * m + n] = 1;
    most[t] = part;
  }
  rows.forEach((row, k) => {
    columns.set(row.coefficients, (count + k) * m);
    cost[count + k] = -row.bound;
    if (row.equality) least[count + k] = Number.NEGATIVE_INFINITY;
  });
  for (let i = 0; i < n; i += 1) {
    columns[(bounds + i) * m + i] = 1;
    cost[bounds + i] = -(lower[i] as number);
    columns[(bounds + n + i) * m + i] = -1;
    cost[bounds + n + i] = upper[i] as number;
  }
  const basis = new Int32Array(m);
  if (turnover !== null) {
    const limit = trades + 2 * n;
    cost[limit] = turnover.limit;
    for (let i = 0; i < n; i += 1) {
      const bought = trades + i;
      const sold = bought + n;
      columns[bought * m + i] = -1;
      columns[sold * m + i] = 1;
      cost[bought] = turnover.current[i] as number;
      cost[sold] = -(turnover.current[i] as number);
      for (const column of [bought, sold]) columns[column * m + n + 1 + i] = 1;
      columns[limit * m + n + 1 + i] = -1;
      basis[n + 1 + i] = bought;
    }
  }
  const atUpper = new Uint8Array(whole);
  const tail = startingTail(returns, part);
  const sums = new Float64Array(n);
  tail.forEach((t, k) => {
    const share = k === tail.length - 1 ? 1 - k * part : part;
    if (k < tail.length - 1) atUpper[t] = 1;
    for (let i = 0; i < n; i += 1)
      sums[i] = (sums[i] as number) + share * (columns[t * m + i] as number);
  });
  basis[n] = tail.at(-1) as number;
  for (let i = 0; i < n; i += 1) {
    basis[i] = (sums[i] as number) > 0 ? bounds + n + i : bounds + i;
  }
  const right = new Float64Array(m);
  right[n] = 1;
  return { rows: m, columns, cost, lower: least, upper: most, right, basis, atUpper };
}

/** The bars that make up the tail of equal weights, a good place to begin; the last one counts in part. */
function startingTail(returns: readonly Float64Array[], part: number): number[] {
  const count = returns[0]?.length ?? 0;
  const sums = new Float64Array(count);
  for (const column of returns) {
    for (let t = 0; t < count; t += 1) sums[t] = (sums[t] as number) + (column[t] as number);
  }
  const order = Array.from(sums.keys()).toSorted(
    (a, b) => (sums[a] as number) - (sums[b] as number) || a - b,
  );
  return order.slice(0, Math.max(1, Math.min(count, Math.ceil(1 / part - 1e-9))));
}
