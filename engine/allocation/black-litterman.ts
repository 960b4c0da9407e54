import { RenataError } from '../domain/errors.ts';
import { cholesky, dot, invertSquare, solveCholesky, timesVector } from './matrix.ts';

/** An opinion: the portfolio `weights` returns `expected` a bar (in excess of the risk-free rate). */
export interface View {
  /** By asset name; assets that are not named have 0. One of 1 is absolute, 1 and −1 is relative. */
  readonly weights: Readonly<Record<string, number>>;
  readonly expected: number;
  /** Variance of the opinion; unless given it is that of the portfolio times tau, as He and Litterman set it. */
  readonly variance?: number | undefined;
  /** Instead of a variance: 1 is certain, near 0 is worth nothing (Idzorek 2005). */
  readonly confidence?: number | undefined;
}

export interface BlackLittermanInput {
  readonly covariance: Float64Array;
  /** Market weights, in the order of the assets. */
  readonly market: Float64Array;
  readonly riskAversion: number;
  readonly tau: number;
  readonly views: readonly View[];
  readonly assets: readonly string[];
}

export interface Posterior {
  /** Returns that make the market portfolio the best one: δ Σ w. */
  readonly equilibrium: Float64Array;
  readonly expected: Float64Array;
  /** Σ plus what is not known of the mean. */
  readonly covariance: Float64Array;
  /** The best portfolio without constraints, (δ Σ)⁻¹ μ of the posterior; it need not sum to 1. */
  readonly unconstrained: Float64Array;
}

/**
 * Black and Litterman, "Global Portfolio Optimization" (1992), in the form of He and Litterman, "The Intuition
 * Behind Black-Litterman Model Portfolios" (1999).
 */
export function blackLitterman(input: BlackLittermanInput): Posterior {
  const { covariance, market, riskAversion, tau, views, assets } = input;
  const n = market.length;
  const equilibrium = timesVector(covariance, market).map((value) => value * riskAversion);
  const count = views.length;
  const picks = views.map((view) => pickOf(view, assets));
  // Column k of A = τ Σ P', as a row.
  const spreads = picks.map((pick) => timesVector(covariance, pick).map((value) => value * tau));
  const middle = new Float64Array(count * count);
  views.forEach((view, a) => {
    picks.forEach((pick, b) => {
      middle[a * count + b] = dot(spreads[a] as Float64Array, pick);
    });
    const own = middle[a * count + a] as number;
    middle[a * count + a] = own + varianceOf(view, own);
  });
  const inverse = invertSquare(middle, count);
  if (inverse === null) {
    fail('views', 'some are certain and say the same twice, or contradict each other');
  }
  const surprise = Float64Array.from(views, (view, k) => {
    return view.expected - dot(picks[k] as Float64Array, equilibrium);
  });
  const push = count === 0 ? surprise : timesVector(inverse, surprise);
  const expected = Float64Array.from(equilibrium);
  const posterior = covariance.map((value) => value * (1 + tau));
  spreads.forEach((spread, a) => {
    for (let i = 0; i < n; i += 1) {
      expected[i] = (expected[i] as number) + (spread[i] as number) * (push[a] as number);
    }
    spreads.forEach((other, b) => {
      const factor = inverse[a * count + b] as number;
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j < n; j += 1) {
          posterior[i * n + j] =
            (posterior[i * n + j] as number) -
            factor * (spread[i] as number) * (other[j] as number);
        }
      }
    });
  });
  const lower = cholesky(posterior, n);
  if (lower === null)
    throw new RenataError('INTERNAL', 'The posterior covariance is not positive.');
  const unconstrained = solveCholesky(lower, expected).map((value) => value / riskAversion);
  return { equilibrium, expected, covariance: posterior, unconstrained };
}

function pickOf(view: View, assets: readonly string[]): Float64Array {
  const pick = new Float64Array(assets.length);
  for (const [asset, weight] of Object.entries(view.weights)) {
    const at = assets.indexOf(asset);
    if (at < 0) fail('views', `${asset} is not among the assets`);
    pick[at] = weight;
  }
  if (!Number.isFinite(view.expected) || !pick.every((value) => Number.isFinite(value))) {
    fail('views', 'a weight or an expected return is not a number');
  }
  if (pick.every((value) => value === 0)) fail('views', 'a view names no asset');
  return pick;
}

/** @param own tau times the variance of the view's portfolio */
function varianceOf({ variance, confidence }: View, own: number): number {
  if (confidence !== undefined) {
    if (!(confidence > 0 && confidence <= 1)) {
      fail('views', `confidence ${confidence} is not above 0 and at most 1`);
    }
    return (own * (1 - confidence)) / confidence;
  }
  if (variance !== undefined && !(variance >= 0)) fail('views', `variance ${variance} is below 0`);
  return variance ?? own;
}

function fail(what: string, message: string): never {
  throw new RenataError('BAD_INPUT', `${what}: ${message}.`, { details: { parameter: what } });
}
