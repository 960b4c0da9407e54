import { deviation, mean, STILL } from './moments.ts';
import { sharpeRatio } from './risk-ratios.ts';
import { correlation } from './shape.ts';

/**
 * Figures of returns against those of a benchmark over the same periods. `periods` is the number of them
 * in a year, `rate` the risk-free return of one period. What is not defined is NaN.
 */

/** Covariance over the benchmark's variance. */
export function betaOf(returns: ArrayLike<number>, market: ArrayLike<number>): number {
  const mine = mean(returns);
  const theirs = mean(market);
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < returns.length; i += 1) {
    const distance = (market[i] as number) - theirs;
    covariance += ((returns[i] as number) - mine) * distance;
    variance += distance * distance;
  }
  return Math.sqrt(variance / returns.length) > STILL ? covariance / variance : Number.NaN;
}

/** Jensen's alpha a year, arithmetic (Jensen 1968). */
export function alphaOf(
  returns: ArrayLike<number>,
  market: ArrayLike<number>,
  periods: number,
  rate = 0,
  beta = betaOf(returns, market),
): number {
  return (mean(returns) - rate - beta * (mean(market) - rate)) * periods;
}

export function rSquared(returns: ArrayLike<number>, market: ArrayLike<number>): number {
  const moves = deviation(returns) > STILL && deviation(market) > STILL;
  return moves ? correlation(returns, market) ** 2 : Number.NaN;
}

/** Deviation of the difference, a year. */
export function trackingError(
  returns: ArrayLike<number>,
  market: ArrayLike<number>,
  periods: number,
): number {
  return deviation(activeReturns(returns, market)) * Math.sqrt(periods);
}

/** Mean difference over its deviation, a year (Grinold and Kahn). */
export function informationRatio(
  returns: ArrayLike<number>,
  market: ArrayLike<number>,
  periods: number,
): number {
  return sharpeRatio(activeReturns(returns, market), periods);
}

/** Annual return above the annual rate, per unit of beta (Treynor 1965). */
export function treynorRatio(annualReturn: number, annualRate: number, beta: number): number {
  return beta === 0 ? Number.NaN : (annualReturn - annualRate) / beta;
}

/** Annual alpha over the annual deviation of what the benchmark does not explain (Treynor and Black). */
export function appraisalRatio(
  returns: ArrayLike<number>,
  market: ArrayLike<number>,
  periods: number,
  rate = 0,
): number {
  const beta = betaOf(returns, market);
  const rest = new Float64Array(returns.length);
  for (let i = 0; i < rest.length; i += 1) {
    rest[i] = (returns[i] as number) - beta * (market[i] as number);
  }
  const spread = deviation(rest) * Math.sqrt(periods);
  return spread > STILL ? alphaOf(returns, market, periods, rate, beta) / spread : Number.NaN;
}

/** Which of the benchmark's periods count. */
export type MarketSide = 'up' | 'down';

/**
 * Compound return in the periods in which the benchmark rose (or fell), over the benchmark's own in them.
 */
export function captureRatio(
  returns: ArrayLike<number>,
  market: ArrayLike<number>,
  side: MarketSide,
): number {
  let mine = 1;
  let theirs = 1;
  for (let i = 0; i < returns.length; i += 1) {
    const move = market[i] as number;
    if (side === 'up' ? move > 0 : move < 0) {
      mine *= 1 + (returns[i] as number);
      theirs *= 1 + move;
    }
  }
  return theirs === 1 ? Number.NaN : (mine - 1) / (theirs - 1);
}

/** Returns above the benchmark's, period by period. */
export function activeReturns(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i += 1) result[i] = (a[i] as number) - (b[i] as number);
  return result;
}
