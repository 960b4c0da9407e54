import type { Statistic } from '../domain/backtest.ts';
import { RunFacts, type StatisticsInput } from './facts.ts';
import { listedFigures } from './figures.ts';
import { STILL } from './moments.ts';
import { riskRatio } from './risk-ratios.ts';

export type { StatisticsInput } from './facts.ts';

/** The statistics of a run under the names that users of the field know; formulas in docs/statistics.md. */
export function statisticsOf(input: StatisticsInput): Statistic[] {
  const { bars, settings, benchmark } = input;
  const { time } = bars;
  const facts = new RunFacts(input);
  const { sums, falls, periods, rate, annual, final } = facts;
  const { mean, marketMean, beta } = sums;
  const closed = facts.tradeStatistics;
  const percent = (name: string, fraction: number): Statistic => ({
    name,
    value: fraction * 100,
    unit: 'percent',
  });
  const plain = (name: string, value: number, unit: Statistic['unit']): Statistic => ({
    name,
    value,
    unit,
  });
  const listed = [
    plain('Start', time[0] ?? Number.NaN, 'time'),
    plain('End', time.at(-1) ?? Number.NaN, 'time'),
    plain('Duration', facts.days, 'days'),
    percent('Exposure Time [%]', facts.exposure),
    plain('Equity Final [$]', final, 'currency'),
    plain('Equity Peak [$]', falls.peak, 'currency'),
    percent('Return [%]', facts.growth - 1),
    percent('Buy & Hold Return [%]', (benchmark.at(-1) ?? settings.cash) / settings.cash - 1),
    percent('Return (Ann.) [%]', annual),
    percent('Volatility (Ann.) [%]', sums.deviation * Math.sqrt(periods)),
    percent('CAGR [%]', facts.cagr),
    // A curve that moves by rounding only has no risk to speak of, so its ratios are not defined.
    plain('Sharpe Ratio', riskRatio(mean - rate, sums.deviation, periods), 'ratio'),
    plain('Sortino Ratio', riskRatio(mean - rate, sums.downside, periods), 'ratio'),
    plain('Calmar Ratio', falls.deepest > STILL ? annual / falls.deepest : Number.NaN, 'ratio'),
    percent('Alpha [%]', (mean - rate - beta * (marketMean - rate)) * periods),
    plain('Beta', beta, 'ratio'),
    percent('Max. Drawdown [%]', -falls.deepest),
    percent('Avg. Drawdown [%]', -falls.average),
    plain('Max. Drawdown Duration', falls.longestDays, 'days'),
    plain('Avg. Drawdown Duration', falls.averageDays, 'days'),
    plain('# Trades', closed.count, 'count'),
    percent('Win Rate [%]', closed.winRate),
    percent('Best Trade [%]', closed.best),
    percent('Worst Trade [%]', closed.worst),
    percent('Avg. Trade [%]', closed.average),
    plain('Max. Trade Duration', closed.longestDays, 'days'),
    plain('Avg. Trade Duration', closed.averageDays, 'days'),
    plain('Profit Factor', closed.profitFactor, 'ratio'),
    percent('Expectancy [%]', closed.expectancy),
    plain('SQN', closed.sqn, 'ratio'),
    plain('Kelly Criterion', closed.kelly, 'ratio'),
    plain('Commissions [$]', input.commissionPaid, 'currency'),
  ].map((statistic) => ({ ...statistic, value: finite(statistic.value) }));
  return [...listed, ...listedFigures(facts)];
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
