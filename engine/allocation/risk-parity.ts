import { RenataError } from '../domain/errors.ts';
import { cholesky, dot, quadraticForm, solveCholesky, sumOf, timesVector } from './matrix.ts';

/** Part of the variance that each asset brings: w (Σ w) / w' Σ w; they sum to 1. */
export function riskContributions(covariance: Float64Array, weights: Float64Array): Float64Array {
  const marginal = timesVector(covariance, weights);
  const variance = dot(weights, marginal);
  return weights.map((weight, i) => (weight * (marginal[i] as number)) / variance);
}

/**
 * Long-only weights, summing to 1, whose risk contributions are the budgets: the minimum of
 * ½ x' Σ x − Σ bᵢ ln xᵢ, scaled (Spinu, "An algorithm for computing risk parity weights", 2013), by Newton's
 * method with steps cut back until they help.
 * @param budgets above 0, summing to 1
 */
export function riskParity(covariance: Float64Array, budgets: Float64Array): Float64Array {
  const n = budgets.length;
  const spread = budgets.map((_, i) => Math.sqrt(covariance[i * n + i] as number));
  // In units of each asset's deviation the problem is that of the correlations.
  const matrix = covariance.map((value, k) => {
    return value / ((spread[Math.floor(k / n)] as number) * (spread[k % n] as number));
  });
  // At the minimum x' M x is the sum of the budgets, 1: begin there.
  const first = budgets.map((budget) => Math.sqrt(budget));
  const size = Math.sqrt(quadraticForm(matrix, first));
  let x: Float64Array = size > 0 ? first.map((value) => value / size) : first;
  const objective = (at: Float64Array): number => {
    let logs = 0;
    for (let i = 0; i < n; i += 1) logs += (budgets[i] as number) * Math.log(at[i] as number);
    return dot(at, timesVector(matrix, at)) / 2 - logs;
  };
  const smallest = budgets.reduce((least, budget) => Math.min(least, budget));
  let best: Float64Array = x;
  let bestError = Number.POSITIVE_INFINITY;
  let stalled = 0;
  for (let round = 0; round < 200 && stalled < 3; round += 1) {
    const image = timesVector(matrix, x);
    const slope = image.map((value, i) => value - (budgets[i] as number) / (x[i] as number));
    let error = 0;
    for (let i = 0; i < n; i += 1) {
      const off = ((slope[i] as number) * (x[i] as number)) / (budgets[i] as number);
      error = Math.max(error, Math.abs(off));
    }
    if (error < bestError) {
      best = x;
      bestError = error;
    }
    if (error < 1e-14) break;
    const step = newtonStep(matrix, budgets, x, slope);
    const gain = dot(slope, step);
    // Steps this small are safe whole, as the function is self-concordant; and the gain is soon too small to
    // be seen in its value.
    const near = gain < smallest / 16;
    stalled = near && error > bestError ? stalled + 1 : 0;
    x = near ? stepped(x, step, 1) : searched(x, step, gain, objective);
  }
  if (!(bestError < 1e-3)) {
    throw new RenataError('INTERNAL', `Risk parity came only within ${bestError} of its budgets.`);
  }
  const weights = best.map((value, i) => value / (spread[i] as number));
  const whole = sumOf(weights);
  return weights.map((value) => value / whole);
}

/** (M + diag(b / x²))⁻¹ times the slope. */
function newtonStep(
  matrix: Float64Array,
  budgets: Float64Array,
  x: Float64Array,
  slope: Float64Array,
): Float64Array {
  const n = x.length;
  const curvature = Float64Array.from(matrix);
  for (let i = 0; i < n; i += 1) {
    const at = i * n + i;
    curvature[at] = (curvature[at] as number) + (budgets[i] as number) / (x[i] as number) ** 2;
  }
  const lower = cholesky(curvature, n);
  if (lower === null) {
    throw new RenataError('INTERNAL', 'The risk parity curvature is not positive.');
  }
  return solveCholesky(lower, slope);
}

/** The step halved until it stays above 0 and brings a fair part of what it promises. */
function searched(
  x: Float64Array,
  step: Float64Array,
  gain: number,
  objective: (at: Float64Array) => number,
): Float64Array {
  const now = objective(x);
  for (let length = 1; length > 1e-18; length /= 2) {
    const tried = stepped(x, step, length);
    const inside = tried.every((value) => value > 0);
    if (inside && objective(tried) <= now - 0.25 * length * gain) return tried;
  }
  return x;
}

function stepped(x: Float64Array, step: Float64Array, length: number): Float64Array {
  return x.map((value, i) => value - length * (step[i] as number));
}
