import { RenataError } from '../domain/errors.ts';

/**
 * The model of Almgren and Chriss, "Optimal execution of portfolio transactions" (2000), with linear
 * impact. Money is in units of the price; time in any unit that all of them share.
 */
export interface ImpactModel {
  /** Units to trade. */
  readonly quantity: number;
  /** Time in all, and the number of equal periods that it has. */
  readonly time: number;
  readonly periods: number;
  /** Deviation of the price in one unit of time, in price units. */
  readonly volatility: number;
  /** Lasting change of price by unit traded (gamma). */
  readonly permanentImpact: number;
  /** Change of a fill's own price by unit traded in a unit of time (eta). */
  readonly temporaryImpact: number;
  /** Cost of trading at all, by unit: half a spread and fees (epsilon). */
  readonly fixedCost: number;
  /** What a unit of variance is worth in cost (lambda). */
  readonly riskAversion: number;
}

export interface ExecutionPlan {
  /** Units left at the beginning of each period and at the end: `periods + 1` numbers. */
  readonly holdings: readonly number[];
  /** Units traded in each period. */
  readonly trades: readonly number[];
  /** Speed of the decay; 1/kappa is its half-life in the authors' words. */
  readonly kappa: number;
  readonly expectedCost: number;
  readonly variance: number;
}

/**
 * The schedule of least expected cost plus `riskAversion` times variance.
 * @throws RenataError BAD_INPUT where the periods are too long for the model: permanent impact within one
 *   then costs more than temporary impact
 */
export function almgrenChriss(model: ImpactModel): ExecutionPlan {
  const { quantity, periods, volatility, permanentImpact, temporaryImpact, riskAversion } = model;
  const tau = model.time / periods;
  const effective = temporaryImpact - 0.5 * permanentImpact * tau;
  if (!(effective > 0)) {
    throw new RenataError(
      'BAD_INPUT',
      `temporaryImpact: ${temporaryImpact} is not more than half of the permanent impact of a period (${0.5 * permanentImpact * tau}); use more slices or another estimate.`,
      { details: { parameter: 'temporaryImpact' } },
    );
  }
  const kappa = decay((riskAversion * volatility * volatility) / effective, tau);
  const holdings = Array.from(
    { length: periods + 1 },
    (_, j) => quantity * remaining(kappa * tau, periods, j),
  );
  const trades = holdings.slice(1).map((left, j) => (holdings[j] as number) - left);
  let squares = 0;
  let held = 0;
  for (const [j, units] of trades.entries()) {
    squares += units * units;
    held += (holdings[j + 1] as number) ** 2;
  }
  return {
    holdings,
    trades,
    kappa,
    expectedCost:
      0.5 * permanentImpact * quantity * quantity +
      model.fixedCost * Math.abs(quantity) +
      (effective / tau) * squares,
    variance: volatility * volatility * tau * held,
  };
}

/** The kappa for which `2 (cosh(kappa tau) - 1) / tau²` is the given square; written with sinh, exact for small ones. */
function decay(square: number, tau: number): number {
  return (2 / tau) * Math.asinh((Math.sqrt(square) * tau) / 2);
}

/** `sinh(x (n - j)) / sinh(x n)`, which for x = 0 is a straight line and overflows for no x. */
function remaining(x: number, n: number, j: number): number {
  if (j === n) return 0;
  if (x * n < 1e-7) return (n - j) / n;
  return (Math.exp(-x * j) * Math.expm1(-2 * x * (n - j))) / Math.expm1(-2 * x * n);
}
