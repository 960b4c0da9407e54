import { RenataError } from '../domain/errors.ts';
import { correlationOf, estimateCovariance, repairCovariance } from './covariance.ts';
import { sumOf } from './matrix.ts';
import type { AllocationMethod, AllocationRequest } from './request.ts';

/** The figures that methods work with. */
export interface Estimates {
  readonly assets: readonly string[];
  readonly returns: readonly Float64Array[] | null;
  /** As estimated or given. */
  readonly covariance: Float64Array;
  /** The same, safely positive definite. */
  readonly solid: Float64Array;
  readonly expected: Float64Array | null;
  readonly shrinkage: number;
  readonly warnings: readonly string[];
}

/** Methods that divide by an asset's volatility. */
const NEEDS_VARIANCE: ReadonlySet<AllocationMethod['kind']> = new Set([
  'inverse-volatility',
  'maximum-sharpe',
  'maximum-diversification',
  'maximum-decorrelation',
  'risk-parity',
  'hierarchical-risk-parity',
]);

/** Methods that do not look at covariance. */
const WITHOUT_COVARIANCE: ReadonlySet<AllocationMethod['kind']> = new Set([
  'equal-weight',
  'minimum-cvar',
]);

/** Checks the request's figures and makes the estimates. @throws RenataError BAD_INPUT naming what is wrong */
export function estimatesOf(request: AllocationRequest): Estimates {
  const { assets, method } = request;
  const n = assets.length;
  if (n === 0) fail('assets', 'there is none to allocate to');
  if (new Set(assets).size !== n) fail('assets', 'a name comes twice');
  const returns = request.returns ?? null;
  const warnings: string[] = [];
  if (returns !== null) checkReturns(assets, returns);
  const { values, shrinkage } = covarianceFor(request, warnings);
  const noted = WITHOUT_COVARIANCE.has(method.kind);
  checkVariances(request, values, warnings);
  const { values: solid, repaired } = repairCovariance(values, n);
  if (repaired && !noted) warnings.push(repairWarning(assets, values));
  const expected = expectedFor(request);
  return { assets, returns, covariance: values, solid, expected, shrinkage, warnings };
}

function covarianceFor(
  { assets, returns, covariance, estimator, method }: AllocationRequest,
  warnings: string[],
): { values: Float64Array; shrinkage: number } {
  const n = assets.length;
  if (covariance !== undefined) {
    checkCovariance(covariance, n);
    return { values: covariance, shrinkage: 0 };
  }
  if (returns === undefined) fail('returns', 'give returns or a covariance');
  const count = returns[0]?.length ?? 0;
  const chosen = estimator ?? { kind: 'sample' };
  const plain = chosen.kind === 'sample' || chosen.kind === 'exponential';
  if (n > 1 && count <= n && plain && !WITHOUT_COVARIANCE.has(method.kind)) {
    const shrunk = estimateCovariance(returns, { kind: 'ledoit-wolf-constant-correlation' });
    warnings.push(
      `${count} observations are too few for the covariance of ${n} assets; it was shrunk to constant ` +
        'correlation. Use a longer lookback.',
    );
    return shrunk;
  }
  return estimateCovariance(returns, chosen);
}

function checkReturns(assets: readonly string[], returns: readonly Float64Array[]): void {
  if (returns.length !== assets.length) {
    fail('returns', `there are ${returns.length} columns for ${assets.length} assets`);
  }
  const count = returns[0]?.length ?? 0;
  if (count < 2) fail('returns', `${count} observations are not enough`);
  returns.forEach((column, i) => {
    if (column.length !== count) {
      fail('returns', `${assets[i]} has ${column.length} and ${assets[0]} ${count}`);
    }
    const bad = column.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      fail(
        'returns',
        `${assets[i]} has ${column[bad]} at row ${bad}; fill the gap or leave it out`,
      );
    }
  });
}

function checkCovariance(covariance: Float64Array, n: number): void {
  if (covariance.length !== n * n) {
    fail('covariance', `${covariance.length} numbers are not a matrix of ${n} assets`);
  }
  let most = 0;
  for (const value of covariance) {
    if (!Number.isFinite(value)) fail('covariance', `${value} is not a number`);
    most = Math.max(most, Math.abs(value));
  }
  for (let i = 0; i < n; i += 1) {
    if ((covariance[i * n + i] as number) < 0)
      fail('covariance', `the variance of row ${i} is below 0`);
    for (let j = 0; j < i; j += 1) {
      const apart = Math.abs((covariance[i * n + j] as number) - (covariance[j * n + i] as number));
      if (apart > 1e-9 * most) fail('covariance', `rows ${j} and ${i} are not symmetric`);
    }
  }
}

function checkVariances(
  { assets, method }: AllocationRequest,
  covariance: Float64Array,
  warnings: string[],
): void {
  const n = assets.length;
  const variances = assets.map((_, i) => covariance[i * n + i] as number);
  const most = Math.max(...variances);
  const flat = assets.filter((_, i) => !((variances[i] as number) > 1e-16 * most));
  if (flat.length === 0) return;
  const names = flat.join(', ');
  if (NEEDS_VARIANCE.has(method.kind)) {
    fail('returns', `${names} never moves, and ${method.kind} divides by volatility; leave it out`);
  }
  if (!WITHOUT_COVARIANCE.has(method.kind))
    warnings.push(`${names} never moves: it counts as free of risk.`);
}

function repairWarning(assets: readonly string[], covariance: Float64Array): string {
  const n = assets.length;
  const correlation = correlationOf(covariance, n);
  const same: string[] = [];
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) {
      if ((correlation[i * n + j] as number) > 1 - 1e-9) same.push(`${assets[i]} and ${assets[j]}`);
    }
  }
  const cause = same.length > 0 ? ` (${same.slice(0, 5).join('; ')} move alike)` : '';
  return `The covariance is not positive definite${cause}; its smallest eigenvalues were raised.`;
}

function expectedFor({ assets, returns, expected }: AllocationRequest): Float64Array | null {
  if (expected !== undefined) {
    if (expected.length !== assets.length) {
      fail('expected', `there are ${expected.length} values for ${assets.length} assets`);
    }
    if (!expected.every((value) => Number.isFinite(value))) fail('expected', 'one is not a number');
    return expected;
  }
  if (returns === undefined) return null;
  return Float64Array.from(returns, (column) => sumOf(column) / column.length);
}

export function fail(parameter: string, message: string): never {
  throw new RenataError('BAD_INPUT', `${parameter}: ${message}.`, { details: { parameter } });
}
