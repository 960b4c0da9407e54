import { describe, expect, it } from 'vitest';
import {
  alphaOf,
  appraisalRatio,
  betaOf,
  captureRatio,
  informationRatio,
  rSquared,
  trackingError,
  treynorRatio,
} from '../../../../engine/stats/relative.ts';
import { deviation, mean, returnsOf } from '../../../../engine/stats/moments.ts';
import * as ratios from '../../../../engine/stats/risk-ratios.ts';
import {
  autocorrelation,
  correlation,
  quantileOf,
  sampleKurtosis,
  sampleSkew,
  shapeOf,
  sorted,
} from '../../../../engine/stats/shape.ts';
import {
  deepestDrawdowns,
  maxDrawdown,
  painIndex,
  painRatio,
  recoveryDays,
  recoveryFactor,
  serenityIndex,
  timeUnderwater,
  ulcerIndex,
  ulcerPerformance,
  underwater,
} from '../../../../engine/stats/underwater.ts';
import { DAY } from '../backtest/bars.ts';
import { BENCHMARK, PORTFOLIO, compounded } from './bacon.ts';

const CURVE = compounded(PORTFOLIO);
const ANNUAL = (CURVE.at(-1) ?? 0) ** 0.5 - 1;

describe("the figures of Bacon's portfolio", () => {
  // R PerformanceAnalytics 2.1.0, to all digits, as the reference values of QuantStats' tests have them.
  it.each<[string, number, number]>([
    ['StdDev.annualized', deviation(PORTFOLIO) * Math.sqrt(12), 0.13700015867969229],
    ['Return.annualized', ANNUAL, 0.10367828972980941],
    ['SharpeRatio.annualized', ratios.sharpeRatio(PORTFOLIO, 12), 0.7883202548144859],
    ['Sortino over all periods', ratios.sortinoRatio(PORTFOLIO, 12), 1.3592165786838633],
    ['maxDrawdown', maxDrawdown(CURVE), 0.144672955739218],
    ['CalmarRatio', ANNUAL / maxDrawdown(CURVE), 0.7166390511623746],
    ['Omega simple', ratios.omegaRatio(PORTFOLIO), 1.7797833935018055],
    ['skewness fisher', sampleSkew(shapeOf(PORTFOLIO)), -0.08817174934967567],
    ['kurtosis sample_excess', sampleKurtosis(shapeOf(PORTFOLIO)), -0.4076603211860866],
    ['VaR normal', ratios.valueAtRisk(PORTFOLIO, 0.95, 'normal'), -0.05605155822002584],
    ['ES normal', ratios.conditionalValueAtRisk(PORTFOLIO, 0.95, 'normal'), -0.0725772784216993],
  ])('%s', (_name, value, expected) => expect(value).toBeCloseTo(expected, 12));

  // The figures printed in the help pages of PerformanceAnalytics, as exact as they are printed.
  it.each<[string, number, number, number]>([
    ['PainIndex', painIndex(CURVE), 0.04, 3],
    ['MartinRatio', ulcerPerformance(CURVE, ANNUAL), 1.7, 1],
    ['kurtosis moment', shapeOf(PORTFOLIO).kurtosis, 2.43, 2],
    ['BernardoLedoitRatio', ratios.profitFactorOf(PORTFOLIO), 1.78, 2],
    ['DownsideDeviation, MAR 0.5', ratios.downsideDeviation(PORTFOLIO, 0.5), 0.493, 3],
    ['OmegaSharpeRatio, MAR 0.005', ratios.omegaRatio(PORTFOLIO, 0.005) - 1, 0.29, 2],
    ['Kappa of order 2, MAR 0.005', ratios.sortinoRatio(PORTFOLIO, 1, 0.005), 0.157, 3],
    ['FamaBeta', deviation(PORTFOLIO) / deviation(BENCHMARK), 1.03, 2],
  ])('%s', (_name, value, expected, digits) => expect(value).toBeCloseTo(expected, digits));

  // NumPy 2.4: quantile (linear), corrcoef, and products of the selected months.
  it.each<[string, number, number]>([
    ['5 % quantile', ratios.valueAtRisk(PORTFOLIO), -0.059199999999999996],
    ['mean of the worst 5 %', ratios.conditionalValueAtRisk(PORTFOLIO), -0.063],
    ['tail ratio', ratios.tailRatio(PORTFOLIO), 1.1748310810810811],
    ['autocorrelation', autocorrelation(PORTFOLIO), -0.05297331779314237],
    ['up capture', captureRatio(PORTFOLIO, BENCHMARK, 'up'), 0.945618894685046],
    ['down capture', captureRatio(PORTFOLIO, BENCHMARK, 'down'), 0.9855441162471626],
    ['beta', betaOf(PORTFOLIO, BENCHMARK), 0.9988502086225745],
    ['R squared', rSquared(PORTFOLIO, BENCHMARK), 0.939708858081459],
    ['tracking error', trackingError(PORTFOLIO, BENCHMARK, 12), 0.033639715141222715],
    ['information ratio', informationRatio(PORTFOLIO, BENCHMARK, 12), -0.3715845971799642],
  ])('%s', (_name, value, expected) => expect(value).toBeCloseTo(expected, 12));
});

describe('ratios against a plain second reading of their formulas', () => {
  const wins = [...PORTFOLIO].filter((value) => value > 0);
  const losses = [...PORTFOLIO].filter((value) => value < 0);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const winRate = wins.length / (wins.length + losses.length);
  const payoff = sum(wins) / wins.length / (-sum(losses) / losses.length);
  const factor = sum(wins) / -sum(losses);

  it('agree', () => {
    expect(ratios.gainToPain(PORTFOLIO)).toBeCloseTo(sum([...PORTFOLIO]) / -sum(losses), 12);
    expect(ratios.winRateOf(PORTFOLIO)).toBeCloseTo(winRate, 12);
    expect(ratios.payoffRatio(PORTFOLIO)).toBeCloseTo(payoff, 12);
    expect(ratios.cpcIndex(PORTFOLIO)).toBeCloseTo(factor * winRate * payoff, 12);
    expect(ratios.commonSenseRatio(PORTFOLIO)).toBeCloseTo(
      factor * ratios.tailRatio(PORTFOLIO),
      12,
    );
    expect(ratios.kellyCriterion(PORTFOLIO)).toBeCloseTo(winRate - (1 - winRate) / payoff, 12);
    expect(ratios.riskOfRuin(PORTFOLIO)).toBeCloseTo(((1 - winRate) / (1 + winRate)) ** 24, 15);
    expect(ratios.outlierWinRatio(PORTFOLIO)).toBeCloseTo(
      quantileOf(sorted(PORTFOLIO), 0.99) / (sum(wins) / wins.length),
      12,
    );
    expect(ratios.outlierLossRatio(PORTFOLIO)).toBeCloseTo(
      quantileOf(sorted(PORTFOLIO), 0.01) / (sum(losses) / losses.length),
      12,
    );
    expect(ratios.adjustedSortino(PORTFOLIO, 12) * Math.SQRT2).toBeCloseTo(
      ratios.sortinoRatio(PORTFOLIO, 12),
      12,
    );
  });

  it('count the autocorrelation as QuantStats does', () => {
    const rho = Math.abs(correlation(PORTFOLIO.slice(0, -1), PORTFOLIO.slice(1)));
    let total = 0;
    for (let k = 1; k < 24; k += 1) total += ((24 - k) / 24) * rho ** k;
    const penalty = Math.sqrt(1 + 2 * total);
    expect(ratios.autocorrelationPenalty(PORTFOLIO)).toBeCloseTo(penalty, 12);
    expect(ratios.smartSharpe(PORTFOLIO, 12)).toBeCloseTo(0.7883202548144859 / penalty, 12);
    expect(ratios.smartSortino(PORTFOLIO, 12)).toBeCloseTo(1.3592165786838633 / penalty, 12);
    expect(ratios.autocorrelationPenalty(Float64Array.of(0.1, 0.1, 0.1))).toBe(1);
    expect(autocorrelation(PORTFOLIO, 24)).toBeNaN();
  });

  it('of Red Rock Capital: a Sortino of 4.417', () => {
    // Their example: 17, 15, 23, -5, 12, 9, 13, -4 %, target 0.
    const years = [0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04];
    expect(ratios.sortinoRatio(years, 1)).toBeCloseTo(4.417, 3);
  });

  it('are not defined without a loss, without a movement or without returns', () => {
    const rising = Float64Array.of(0.1, 0.2);
    for (const value of [
      ratios.sortinoRatio(rising, 12),
      ratios.omegaRatio(rising),
      ratios.payoffRatio(rising),
      ratios.gainToPain(rising),
      ratios.sharpeRatio([0.1, 0.1], 12),
      ratios.winRateOf([]),
      quantileOf(new Float64Array(0), 0.5),
      correlation([1, 1], [1, 2]),
      shapeOf([2, 2, 2]).skew,
      sampleSkew(shapeOf([1, 2])),
      sampleKurtosis(shapeOf([1, 2, 3])),
    ]) {
      expect(value).toBeNaN();
    }
  });
});

describe('drawdowns', () => {
  // 100, 120, 90, 105, 120, 114, 126: falls of 25 % and 5 %.
  const equity = Float64Array.of(100, 120, 90, 105, 120, 114, 126);
  const time = equity.map((_value, i) => i * DAY);

  it('under water', () => {
    [0, 0, -0.25, -0.125, 0, -0.05, 0].forEach((depth, i) => {
      expect(underwater(equity)[i]).toBeCloseTo(depth, 12);
    });
    expect(maxDrawdown(equity)).toBeCloseTo(0.25, 12);
    // Squares 0.0625, 0.015625 and 0.0025 over six marks after the first.
    expect(ulcerIndex(equity)).toBeCloseTo(Math.sqrt(0.080625 / 6), 12);
    expect(painIndex(equity)).toBeCloseTo(0.425 / 6, 12);
    expect(painRatio(equity, 0.1, 0.02)).toBeCloseTo((0.08 * 6) / 0.425, 12);
    expect(recoveryFactor(equity)).toBeCloseTo(0.26 / 0.25, 12);
    expect(timeUnderwater(equity)).toBeCloseTo(0.5, 12);
  });

  it('as a table, deepest first', () => {
    const rows = deepestDrawdowns(equity, time);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      start: DAY,
      valley: 2 * DAY,
      recovery: 4 * DAY,
      days: 3,
      daysToValley: 1,
      daysToRecover: 2,
    });
    expect(rows[0]?.depth).toBeCloseTo(0.25, 12);
    expect(rows[1]).toMatchObject({ start: 4 * DAY, valley: 5 * DAY, recovery: 6 * DAY });
    expect(deepestDrawdowns(equity, time, 1)).toHaveLength(1);
    const open = deepestDrawdowns(equity.slice(0, 3), time);
    expect(open[0]?.recovery).toBeNaN();
    expect(open[0]?.days).toBe(1);
    expect(recoveryDays(equity, time)).toEqual({ longest: 2, average: 1.5 });
    expect(recoveryDays(Float64Array.of(1, 2), time).longest).toBeNaN();
  });

  it('in the serenity index', () => {
    // The 5 % quantile of six depths lies a quarter of the way from the deepest to the next: only the
    // deepest is at or below it, so that the expected depth is 0.25.
    const returns = returnsOf(equity);
    const total = mean(returns) * 6;
    const pitfall = 0.25 / deviation(returns);
    expect(serenityIndex(equity)).toBeCloseTo(total / (Math.sqrt(0.080625 / 6) * pitfall), 12);
  });
});

describe('figures against a benchmark', () => {
  it('of a portfolio that is twice the benchmark and a bit', () => {
    // r = 2 m + 0.001 exactly: beta 2, alpha 0.1 % a period, nothing unexplained.
    const market = Float64Array.of(0.01, -0.02, 0.03, 0.005);
    const returns = market.map((value) => 2 * value + 0.001);
    expect(betaOf(returns, market)).toBeCloseTo(2, 12);
    expect(alphaOf(returns, market, 252)).toBeCloseTo(0.252, 12);
    expect(alphaOf(returns, market, 12, 0.001)).toBeCloseTo((0.001 - 0.001 + 2 * 0.001) * 12, 12);
    expect(rSquared(returns, market)).toBeCloseTo(1, 12);
    // The difference is m + 0.001.
    expect(trackingError(returns, market, 4)).toBeCloseTo(deviation(market) * 2, 12);
    expect(informationRatio(returns, market, 4)).toBeCloseTo(
      ((mean(market) + 0.001) / deviation(market)) * 2,
      12,
    );
    expect(treynorRatio(0.1, 0.02, 2)).toBeCloseTo(0.04, 12);
    expect(treynorRatio(0.1, 0.02, 0)).toBeNaN();
    expect(betaOf(returns, Float64Array.of(1, 1, 1, 1))).toBeNaN();
    expect(informationRatio(market, market, 12)).toBeNaN();
    expect(captureRatio(returns, Float64Array.of(0, 0, 0, 0), 'up')).toBeNaN();
  });

  it('the appraisal ratio is alpha over the specific risk of Bacon', () => {
    // SpecificRisk is printed as 0.0329 with a population's deviation; ours divides by n - 1.
    const specific = 0.0329 * Math.sqrt(24 / 23);
    const alpha = alphaOf(PORTFOLIO, BENCHMARK, 12);
    expect(appraisalRatio(PORTFOLIO, BENCHMARK, 12)).toBeCloseTo(alpha / specific, 2);
  });
});
