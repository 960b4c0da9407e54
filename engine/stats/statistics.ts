import type { BacktestSettings, Statistic, TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { drawdownsOf } from './drawdowns.ts';
import { deviation, mean, returnsOf } from './moments.ts';
import { periodsPerYear } from './periods.ts';
import { tradeStatistics } from './trade-statistics.ts';

/** Days in a year of the calendar, for CAGR. */
const DAYS_PER_YEAR = 365.25;

export interface StatisticsInput {
  readonly bars: BarColumns;
  readonly settings: BacktestSettings;
  /** Marks at each close, one a bar. */
  readonly equity: Float64Array;
  readonly position: Float64Array;
  /** Equity of buying and holding, one a bar. */
  readonly benchmark: Float64Array;
  readonly trades: TradeColumns;
  readonly commissionPaid: number;
}

/** The statistics of a run under the names that users of the field know; formulas in docs/statistics.md. */
export function statisticsOf(input: StatisticsInput): Statistic[] {
  const { bars, settings, equity, position, benchmark, trades } = input;
  const { time } = bars;
  const count = time.length;
  const first = count > 0 ? (time[0] as number) : Number.NaN;
  const last = count > 0 ? (time[count - 1] as number) : Number.NaN;
  const days = (last - first) / MS_PER_DAY;
  const periods = settings.periodsPerYear ?? periodsPerYear(time);
  const final = count > 0 ? (equity[count - 1] as number) : settings.cash;
  const growth = final / settings.cash;
  const risk = riskOf(withStart(settings.cash, equity), periods, settings.riskFreeRate);
  const market = withStart(settings.cash, benchmark);
  const { alpha, beta } = against(risk.returns, returnsOf(market), periods, settings.riskFreeRate);
  const annual = growth > 0 ? growth ** (periods / count) - 1 : -1;
  const falls = fallsOf(withStart(settings.cash, equity), time);
  const closed = tradeStatistics(trades);
  const held = barsHeld(position);
  const benchmarkFinal = count > 0 ? (benchmark[count - 1] as number) : settings.cash;
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
  return [
    plain('Start', first, 'time'),
    plain('End', last, 'time'),
    plain('Duration', days, 'days'),
    percent('Exposure Time [%]', held / count),
    plain('Equity Final [$]', final, 'currency'),
    plain('Equity Peak [$]', Math.max(settings.cash, peakOf(equity)), 'currency'),
    percent('Return [%]', growth - 1),
    percent('Buy & Hold Return [%]', benchmarkFinal / settings.cash - 1),
    percent('Return (Ann.) [%]', annual),
    percent('Volatility (Ann.) [%]', risk.volatility),
    percent('CAGR [%]', growth > 0 ? growth ** (DAYS_PER_YEAR / days) - 1 : -1),
    plain('Sharpe Ratio', risk.sharpe, 'ratio'),
    plain('Sortino Ratio', risk.sortino, 'ratio'),
    plain('Calmar Ratio', falls.deepest > 0 ? annual / falls.deepest : Number.NaN, 'ratio'),
    percent('Alpha [%]', alpha),
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
}

interface Risk {
  readonly returns: Float64Array;
  readonly volatility: number;
  readonly sharpe: number;
  readonly sortino: number;
}

function riskOf(equity: Float64Array, periods: number, riskFreeRate: number): Risk {
  const returns = returnsOf(equity);
  const perPeriod = riskFreeRate / periods;
  const spread = deviation(returns);
  const excess = mean(returns) - perPeriod;
  let below = 0;
  for (let i = 0; i < returns.length; i += 1) {
    const shortfall = (returns[i] as number) - perPeriod;
    if (shortfall < 0) below += shortfall * shortfall;
  }
  const downside = Math.sqrt(below / returns.length);
  const year = Math.sqrt(periods);
  return {
    returns,
    volatility: spread * year,
    // A curve that never moves has no risk to speak of.
    sharpe: spread > 0 ? (excess / spread) * year : Number.NaN,
    sortino: downside > 0 ? (excess / downside) * year : Number.NaN,
  };
}

/** Jensen's alpha, a year, and beta against the benchmark's returns. */
function against(
  returns: Float64Array,
  market: Float64Array,
  periods: number,
  riskFreeRate: number,
): { alpha: number; beta: number } {
  const mine = mean(returns);
  const theirs = mean(market);
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < returns.length; i += 1) {
    const distance = (market[i] as number) - theirs;
    covariance += ((returns[i] as number) - mine) * distance;
    variance += distance * distance;
  }
  const beta = variance > 0 ? covariance / variance : Number.NaN;
  const perPeriod = riskFreeRate / periods;
  return { beta, alpha: (mine - perPeriod - beta * (theirs - perPeriod)) * periods };
}

interface Falls {
  readonly deepest: number;
  readonly average: number;
  readonly longestDays: number;
  readonly averageDays: number;
}

/** @param equity with the starting cash before the first mark, whose time is the first bar's */
function fallsOf(equity: Float64Array, time: Float64Array): Falls {
  const falls = drawdownsOf(equity);
  if (falls.length === 0) {
    return { deepest: 0, average: Number.NaN, longestDays: Number.NaN, averageDays: Number.NaN };
  }
  let deepest = 0;
  let longest = 0;
  let depths = 0;
  let lengths = 0;
  for (const { peak, end, depth } of falls) {
    const from = time[Math.max(0, peak - 1)] as number;
    const days = ((time[end - 1] as number) - from) / MS_PER_DAY;
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

/** The starting cash before the first mark, so that the first bar's return counts. */
function withStart(cash: number, equity: Float64Array): Float64Array {
  const whole = new Float64Array(equity.length + 1);
  whole[0] = cash;
  whole.set(equity, 1);
  return whole;
}

function peakOf(equity: Float64Array): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i] as number;
    if (value > peak) peak = value;
  }
  return peak;
}

function barsHeld(position: Float64Array): number {
  let held = 0;
  for (let i = 0; i < position.length; i += 1) if (position[i] !== 0) held += 1;
  return held;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
