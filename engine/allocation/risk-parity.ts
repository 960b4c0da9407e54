import { RenataError } from '../domain/errors.ts';
import { cholesky, dot, solveCholesky, sumOf, timesVector } from './matrix.ts';

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
  let x = budgets.map((budget) => Math.sqrt(budget));
  const objective = (at: Float64Array): number => {
    let logs = 0;
    for (let i = 0; i < n; i += 1) logs += (budgets[i] as number) * Math.log(at[i] as number);
    return dot(at, timesVector(matrix, at)) / 2 - logs;
  };
  for (let round = 0; round < 200; round += 1) {
    const image = timesVector(matrix, x);
    const slope = image.map((value, i) => value - (budgets[i] as number) / (x[i] as number));
    const error = slope.reduce(
      (most, value, i) =>
        Math.max(most, Math.abs((value * (x[i] as number)) / (budgets[i] as number))),
      0,
    );
    if (error < 1e-13) break;
    const curvature = Float64Array.from(matrix);
    for (let i = 0; i < n; i += 1) {
      curvature[i * n + i] =
        (curvature[i * n + i] as number) + (budgets[i] as number) / (x[i] as number) ** 2;
    }
    const lower = cholesky(curvature, n);
    if (lower === null)
      throw new RenataError('INTERNAL', 'The risk parity curvature is not positive.');
    const step = solveCholesky(lower, slope);
    const now = objective(x);
    const gain = dot(slope, step);
    let length = 1;
    let next = x;
    for (let cut = 0; cut < 60; cut += 1) {
      const tried = x.map((value, i) => value - length * (step[i] as number));
      // Near the end the objective no longer shows a gain that rounding does not hide.
      const enough = now - 0.25 * length * gain + 1e-15 * Math.abs(now);
      if (tried.every((value) => value > 0) && objective(tried) <= enough) {
        next = tried;
        break;
      }
      length /= 2;
    }
    if (next === x) break;
    x = next;
    if (gain < 1e-30) break;
  }
  const weights = x.map((value, i) => value / (spread[i] as number));
  const whole = sumOf(weights);
  return weights.map((value) => value / whole);
}
