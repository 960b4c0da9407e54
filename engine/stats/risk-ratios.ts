import { normalDensity, normalQuantile } from './distributions.ts';
import { deviation, mean, STILL } from './moments.ts';
import { meanUpTo, selectQuantile } from './selection.ts';
import { autocorrelation } from './shape.ts';

/**
 * Ratios of a series of returns (fractions, one a period). Names are those of QuantStats; formulas and
 * sources are in docs/statistics.md. What is not defined is NaN.
 */

/** `(mean - rate) / deviation * root of periods`. @param rate risk-free return of one period */
export function sharpeRatio(returns: ArrayLike<number>, periods: number, rate = 0): number {
  return riskRatio(mean(returns) - rate, deviation(returns), periods);
}

/** A mean return over what it was risked by, a year; NaN where the risk is rounding only. */
export function riskRatio(excess: number, risk: number, periods: number): number {
  return risk > STILL ? (excess / risk) * Math.sqrt(periods) : Number.NaN;
}

/** Root of the mean square of what fell short of `target`, over all periods. */
export function downsideDeviation(returns: ArrayLike<number>, target = 0): number {
  let squares = 0;
  for (let i = 0; i < returns.length; i += 1) {
    const short = (returns[i] as number) - target;
    if (short < 0) squares += short * short;
  }
  return Math.sqrt(squares / returns.length);
}

export function sortinoRatio(returns: ArrayLike<number>, periods: number, rate = 0): number {
  return riskRatio(mean(returns) - rate, downsideDeviation(returns, rate), periods);
}

/** Sortino over the root of 2, which makes it comparable with Sharpe (Schwager). */
export function adjustedSortino(returns: ArrayLike<number>, periods: number, rate = 0): number {
  return sortinoRatio(returns, periods, rate) / Math.SQRT2;
}

/**
 * What independent returns would have to be divided by to be as risky over the long run as these, whose
 * first autocorrelation is taken to fade like that of an AR(1): `root(1 + 2 * sum((n - k) / n * |rho|^k))`.
 */
export function autocorrelationPenalty(returns: Float64Array): number {
  const n = returns.length;
  const rho = Math.abs(autocorrelation(returns));
  if (Number.isNaN(rho)) return 1;
  let sum = 0;
  let power = 1;
  for (let k = 1; k < n && power > 1e-18; k += 1) {
    power *= rho;
    sum += ((n - k) / n) * power;
  }
  return Math.sqrt(1 + 2 * sum);
}

/** Sharpe over the penalty for autocorrelated returns. */
export function smartSharpe(returns: Float64Array, periods: number, rate = 0): number {
  return sharpeRatio(returns, periods, rate) / autocorrelationPenalty(returns);
}

export function smartSortino(returns: Float64Array, periods: number, rate = 0): number {
  return sortinoRatio(returns, periods, rate) / autocorrelationPenalty(returns);
}

/** Gains above `target` over losses below it (Keating and Shadwick 2002). @param target of one period */
export function omegaRatio(returns: ArrayLike<number>, target = 0): number {
  const { up, down } = sums(returns, target);
  return ratio(up, down);
}

/** Sum of all returns over the sum of the losing ones (Schwager). */
export function gainToPain(returns: ArrayLike<number>): number {
  const { up, down } = sums(returns, 0);
  return ratio(up - down, down);
}

export function profitFactorOf(returns: ArrayLike<number>): number {
  return omegaRatio(returns, 0);
}

/** Winning periods over all that moved. */
export function winRateOf(returns: ArrayLike<number>): number {
  const { wins, losses } = sums(returns, 0);
  return ratio(wins, wins + losses);
}

/** Mean gain over mean loss. */
export function payoffRatio(returns: ArrayLike<number>): number {
  const { up, down, wins, losses } = sums(returns, 0);
  return ratio(up / wins, down / losses);
}

/** Profit factor times win rate times payoff ratio. */
export function cpcIndex(returns: ArrayLike<number>): number {
  return profitFactorOf(returns) * winRateOf(returns) * payoffRatio(returns);
}

/** Distance of the best 5 % from 0 over that of the worst 5 %. */
export function tailRatio(returns: ArrayLike<number>, cutoff = 0.95): number {
  return ratio(
    Math.abs(selectQuantile(returns, cutoff)),
    Math.abs(selectQuantile(returns, 1 - cutoff)),
  );
}

/** Profit factor times tail ratio. */
export function commonSenseRatio(returns: ArrayLike<number>): number {
  return profitFactorOf(returns) * tailRatio(returns);
}

/** 99th percentile over the mean gain: how much the largest gains stand out. */
export function outlierWinRatio(returns: ArrayLike<number>, quantile = 0.99): number {
  const { up, wins } = sums(returns, 0);
  return ratio(selectQuantile(returns, quantile), up / wins);
}

/** 1st percentile over the mean loss. */
export function outlierLossRatio(returns: ArrayLike<number>, quantile = 0.01): number {
  const { down, losses } = sums(returns, 0);
  return ratio(-selectQuantile(returns, quantile), down / losses);
}

/** `W - (1 - W) / payoff`: part of the capital to bet at fixed odds (Kelly 1956). */
export function kellyCriterion(returns: ArrayLike<number>): number {
  const wins = winRateOf(returns);
  return wins - (1 - wins) / payoffRatio(returns);
}

/** `((1 - W) / (1 + W))^n`: QuantStats' chance of losing all in as many bets of equal size. */
export function riskOfRuin(returns: ArrayLike<number>): number {
  const wins = winRateOf(returns);
  // Without this, no bets at all would be a certain ruin: x ** 0 is 1 whatever x.
  return Number.isNaN(wins) ? Number.NaN : ((1 - wins) / (1 + wins)) ** returns.length;
}

/** How a value at risk is estimated: from the observed returns, or from a normal distribution. */
export type TailMethod = 'historical' | 'normal';

/** The return that is undercut in a part `1 - confidence` of periods; negative is a loss. */
export function valueAtRisk(
  returns: ArrayLike<number>,
  confidence = 0.95,
  method: TailMethod = 'historical',
): number {
  if (method === 'historical') return selectQuantile(returns, 1 - confidence);
  return mean(returns) + normalQuantile(1 - confidence) * deviation(returns);
}

/** Mean of the returns at or below the value at risk. */
export function conditionalValueAtRisk(
  returns: ArrayLike<number>,
  confidence = 0.95,
  method: TailMethod = 'historical',
): number {
  const part = 1 - confidence;
  if (method === 'normal') {
    return mean(returns) - (deviation(returns) * normalDensity(normalQuantile(part))) / part;
  }
  return meanUpTo(returns, selectQuantile(returns, part));
}

interface Sums {
  readonly up: number;
  readonly down: number;
  readonly wins: number;
  readonly losses: number;
}

/** Sums of what lies above and below `target`, both positive, and how many periods each has. */
function sums(returns: ArrayLike<number>, target: number): Sums {
  let up = 0;
  let down = 0;
  let wins = 0;
  let losses = 0;
  for (let i = 0; i < returns.length; i += 1) {
    const over = (returns[i] as number) - target;
    if (over > 0) {
      up += over;
      wins += 1;
    } else if (over < 0) {
      down -= over;
      losses += 1;
    }
  }
  return { up, down, wins, losses };
}

function ratio(above: number, below: number): number {
  return below > 0 ? above / below : Number.NaN;
}
