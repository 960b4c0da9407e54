import { blackLitterman } from './black-litterman.ts';
import { conflictError, nearestAllowed, polytopeOf } from './constraints.ts';
import { correlationOf } from './covariance.ts';
import { conditionalValueAtRisk, leastCvar, outcomesOf } from './cvar.ts';
import { estimatesOf, fail, type Estimates } from './estimate.ts';
import { hierarchicalRiskParity } from './hierarchical.ts';
import { dot, quadraticForm, sumOf } from './matrix.ts';
import { shown, type LinearRow, type Polytope } from './polytope.ts';
import type { QuadraticProblem } from './program.ts';
import { solveQuadratic } from './quadratic.ts';
import type { Allocation, AllocationMethod, AllocationRequest } from './request.ts';
import { riskContributions, riskParity } from './risk-parity.ts';
import { greatestRatio } from './tangency.ts';

const CONFIDENCE = 0.95;
const RISK_AVERSION = 2.5;
const TAU = 0.05;
const ABOVE_RATE = 'expected return above the risk-free rate';

/** How far weights may miss a condition before they are moved. */
const ALLOWED = 1e-9;

/**
 * Chooses weights.
 * @param guess weights that the answer may resemble, such as last month's; only makes it quicker
 * @throws RenataError BAD_INPUT when the figures cannot be used, or naming the constraints that conflict
 */
export function allocate(request: AllocationRequest, guess?: Float64Array): Allocation {
  const estimates = estimatesOf(request);
  const polytope = polytopeOf(request.assets, request.constraints ?? {});
  const warnings = [...estimates.warnings];
  const weights = weightsOf(request.method, estimates, polytope, guess, warnings);
  return describe(request, estimates, polytope, weights, warnings);
}

function weightsOf(
  method: AllocationMethod,
  estimates: Estimates,
  polytope: Polytope,
  guess: Float64Array | undefined,
  warnings: string[],
): Float64Array {
  const { assets, solid } = estimates;
  const n = assets.length;
  const none = new Float64Array(n);
  const program = (
    quadratic: Float64Array,
    linear: Float64Array,
    within = polytope,
  ): Float64Array => minimum({ quadratic, linear, polytope: within, guess });
  const variance = (i: number): number => solid[i * n + i] as number;
  switch (method.kind) {
    case 'equal-weight':
      return moved(
        none.map(() => 1 / n),
        polytope,
        method.kind,
        warnings,
      );
    case 'inverse-volatility': {
      const inverse = none.map((_, i) => 1 / Math.sqrt(variance(i)));
      const whole = sumOf(inverse);
      return moved(
        inverse.map((value) => value / whole),
        polytope,
        method.kind,
        warnings,
      );
    }
    case 'risk-parity': {
      const weights = riskParity(solid, budgetsOf(method.budgets, n));
      return moved(weights, polytope, method.kind, warnings);
    }
    case 'hierarchical-risk-parity': {
      const metric = method.metric ?? 'distance-of-distances';
      const weights = hierarchicalRiskParity(estimates.covariance, n, metric);
      return moved(weights, polytope, method.kind, warnings);
    }
    case 'minimum-variance':
      return program(solid, none);
    case 'maximum-decorrelation':
      return program(correlationOf(solid, n), none);
    case 'target-return': {
      const row = targetRow(expectedOf(estimates, method.kind), method.target);
      return program(solid, none, { ...polytope, rows: [...polytope.rows, row] });
    }
    case 'mean-variance':
      return program(...utility(solid, expectedOf(estimates, method.kind), method.riskAversion));
    case 'maximum-sharpe': {
      const rate = method.riskFreeRate ?? 0;
      const excess = expectedOf(estimates, method.kind).map((value) => value - rate);
      return greatestRatio(solid, excess, polytope, ABOVE_RATE, guess);
    }
    case 'maximum-diversification': {
      const spread = none.map((_, i) => Math.sqrt(variance(i)));
      return greatestRatio(solid, spread, polytope, 'mean volatility above 0', guess);
    }
    case 'black-litterman': {
      if (method.market.length !== n) {
        fail('market', `there are ${method.market.length} weights for ${n} assets`);
      }
      const riskAversion = positive('riskAversion', method.riskAversion ?? RISK_AVERSION);
      const tau = positive('tau', method.tau ?? TAU);
      const market = Float64Array.from(method.market);
      const { views } = method;
      const posterior = blackLitterman({
        covariance: solid,
        market,
        riskAversion,
        tau,
        views,
        assets,
      });
      if (method.objective === 'maximum-sharpe') {
        return greatestRatio(posterior.covariance, posterior.expected, polytope, ABOVE_RATE, guess);
      }
      return program(...utility(posterior.covariance, posterior.expected, riskAversion));
    }
    case 'minimum-cvar': {
      const { returns } = estimates;
      if (returns === null) fail('returns', 'minimum-cvar needs returns');
      const confidence = confidenceOf(method);
      // Says which constraints conflict, which the linear program does not.
      nearestAllowed(
        polytope,
        none.map(() => 1 / n),
      );
      return leastCvar(returns, confidence, polytope).weights;
    }
  }
}

/** The minimum of a quadratic program. @throws RenataError BAD_INPUT naming the constraints that conflict */
export function minimum(problem: QuadraticProblem): Float64Array {
  const solved = solveQuadratic(problem);
  if (solved.kind === 'infeasible') throw conflictError(solved);
  return solved.x;
}

export function targetRow(expected: Float64Array, target: number): LinearRow {
  if (!Number.isFinite(target)) fail('target', `${target} is not a return`);
  const label = `expected return at least ${shown(target)} a bar`;
  return { coefficients: expected, bound: target, equality: false, label };
}

function utility(
  covariance: Float64Array,
  expected: Float64Array,
  riskAversion: number,
): [Float64Array, Float64Array] {
  const aversion = positive('riskAversion', riskAversion);
  return [covariance.map((value) => value * aversion), expected.map((value) => 0 - value)];
}

/** Weights that know no constraints, scaled to the sum, and moved to the nearest allowed ones if they must. */
function moved(
  weights: Float64Array,
  polytope: Polytope,
  kind: string,
  warnings: string[],
): Float64Array {
  const sum = polytope.rows[0]?.bound ?? 1;
  const scaled = weights.map((value) => value * sum);
  if (isAllowed(scaled, polytope)) return scaled;
  const allowed = nearestAllowed(polytope, scaled);
  warnings.push(
    `The weights of ${kind} do not meet the constraints; these are the nearest ones that do.`,
  );
  return allowed;
}

function isAllowed(weights: Float64Array, polytope: Polytope): boolean {
  const { lower, upper, rows, turnover } = polytope;
  return (
    weights.every(
      (value, i) =>
        value >= (lower[i] as number) - ALLOWED && value <= (upper[i] as number) + ALLOWED,
    ) &&
    rows.every(({ coefficients, bound, equality }) => {
      const over = dot(coefficients, weights) - bound;
      return over >= -ALLOWED && (!equality || over <= ALLOWED);
    }) &&
    (turnover === null || tradesBetween(weights, turnover.current) <= turnover.limit + ALLOWED)
  );
}

/** Σ |a − b|. */
export function tradesBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let trades = 0;
  for (let i = 0; i < a.length; i += 1) trades += Math.abs((a[i] as number) - (b[i] as number));
  return trades;
}

function describe(
  request: AllocationRequest,
  { covariance, expected, returns, shrinkage }: Estimates,
  { turnover }: Polytope,
  weights: Float64Array,
  warnings: readonly string[],
): Allocation {
  const { method, assets } = request;
  const outcomes = returns === null ? null : outcomesOf(returns, weights);
  const current = turnover?.current ?? request.constraints?.turnover?.current;
  return {
    method: method.kind,
    assets,
    weights,
    expectedReturn: expected === null ? Number.NaN : dot(expected, weights),
    volatility: Math.sqrt(Math.max(0, quadraticForm(covariance, weights))),
    riskContributions: riskContributions(covariance, weights),
    cvar: outcomes === null ? Number.NaN : conditionalValueAtRisk(outcomes, confidenceOf(method)),
    turnover: current === undefined ? Number.NaN : tradesBetween(weights, current),
    shrinkage,
    warnings,
  };
}

export function expectedOf({ expected }: Estimates, kind: string): Float64Array {
  if (expected === null) fail('expected', `${kind} needs returns or expected returns`);
  return expected;
}

function budgetsOf(given: readonly number[] | undefined, n: number): Float64Array {
  if (given === undefined) return new Float64Array(n).fill(1 / n);
  if (given.length !== n) fail('budgets', `there are ${given.length} for ${n} assets`);
  for (const budget of given) {
    if (!(budget > 0 && Number.isFinite(budget))) fail('budgets', `${budget} is not above 0`);
  }
  const whole = sumOf(given);
  return Float64Array.from(given, (budget) => budget / whole);
}

function confidenceOf(method: AllocationMethod): number {
  const confidence =
    method.kind === 'minimum-cvar' ? (method.confidence ?? CONFIDENCE) : CONFIDENCE;
  if (!(confidence >= 0 && confidence < 1)) {
    fail('confidence', `${confidence} is not from 0 up to 1`);
  }
  return confidence;
}

function positive(parameter: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) fail(parameter, `${value} is not above 0`);
  return value;
}
