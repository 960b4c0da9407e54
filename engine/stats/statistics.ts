import type { Statistic } from '../domain/backtest.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { drawdownsOf } from './drawdowns.ts';
import { RunFacts, type StatisticsInput } from './facts.ts';
import { listedFigures } from './figures.ts';
import { deviation } from './moments.ts';
import { alphaOf } from './relative.ts';
import { sharpeRatio, sortinoRatio } from './risk-ratios.ts';

export type { StatisticsInput } from './facts.ts';

/** The statistics of a run under the names that users of the field know; formulas in docs/statistics.md. */
export function statisticsOf(input: StatisticsInput): Statistic[] {
  const { bars, settings, benchmark } = input;
  const { time } = bars;
  const facts = new RunFacts(input);
  const { returns, market, periods, rate, annual, final } = facts;
  const falls = fallsOf(facts);
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
    plain('Equity Peak [$]', peakOf(facts.curve), 'currency'),
    percent('Return [%]', facts.growth - 1),
    percent('Buy & Hold Return [%]', (benchmark.at(-1) ?? settings.cash) / settings.cash - 1),
    percent('Return (Ann.) [%]', annual),
    percent('Volatility (Ann.) [%]', deviation(returns) * Math.sqrt(periods)),
    percent('CAGR [%]', facts.cagr),
    // A curve that never moves has no risk to speak of, so its ratios are not defined.
    plain('Sharpe Ratio', sharpeRatio(returns, periods, rate), 'ratio'),
    plain('Sortino Ratio', sortinoRatio(returns, periods, rate), 'ratio'),
    plain('Calmar Ratio', falls.deepest > 0 ? annual / falls.deepest : Number.NaN, 'ratio'),
    percent('Alpha [%]', alphaOf(returns, market, periods, rate, facts.beta)),
    plain('Beta', facts.beta, 'ratio'),
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

interface Falls {
  readonly deepest: number;
  readonly average: number;
  readonly longestDays: number;
  readonly averageDays: number;
}

function fallsOf({ curve, curveTime }: RunFacts): Falls {
  const falls = drawdownsOf(curve);
  if (falls.length === 0) {
    return { deepest: 0, average: Number.NaN, longestDays: Number.NaN, averageDays: Number.NaN };
  }
  let deepest = 0;
  let longest = 0;
  let depths = 0;
  let lengths = 0;
  for (const { peak, end, depth } of falls) {
    const days = ((curveTime[end] as number) - (curveTime[peak] as number)) / MS_PER_DAY;
    deepest = Math.max(deepest, depth);
    longest = Math.max(longest, days);
    depths += depth;
    lengths += days;
  }
  return {
    deepest,
    average: depths / falls.length,
    longestDays: longest,
    averageDays: lengths / falls.length,
  };
}

function peakOf(equity: Float64Array): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i] as number;
    if (value > peak) peak = value;
  }
  return peak;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
