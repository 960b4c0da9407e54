import type { TradeColumns } from '../domain/backtest.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { deviation, geometricMean, mean } from './moments.ts';

/** Figures over closed trades; each is NaN where it is not defined. */
export interface TradeStatistics {
  readonly count: number;
  readonly winRate: number;
  readonly best: number;
  readonly worst: number;
  readonly average: number;
  readonly longestDays: number;
  readonly averageDays: number;
  readonly profitFactor: number;
  readonly expectancy: number;
  readonly sqn: number;
  readonly kelly: number;
}

/** Computes the figures of docs/statistics.md over the trades that were closed. */
export function tradeStatistics(trades: TradeColumns): TradeStatistics {
  const closed = Array.from(trades.open.keys()).filter((i) => trades.open[i] === 0);
  const returns = closed.map((i) => trades.returnFraction[i] as number);
  const pnl = closed.map((i) => trades.pnl[i] as number);
  const days = closed.map(
    (i) => ((trades.exitTime[i] as number) - (trades.entryTime[i] as number)) / MS_PER_DAY,
  );
  const wins = pnl.filter((value) => value > 0);
  const losses = pnl.filter((value) => value < 0);
  const winRate = wins.length / pnl.length;
  return {
    count: closed.length,
    winRate,
    best: extreme(returns, Math.max),
    worst: extreme(returns, Math.min),
    average: geometricMean(returns),
    longestDays: extreme(days, Math.max),
    averageDays: mean(days),
    profitFactor: losses.length === 0 ? Number.NaN : sum(wins) / -sum(losses),
    expectancy: mean(returns),
    sqn: defined((Math.sqrt(pnl.length) * mean(pnl)) / deviation(pnl)),
    kelly: winRate - (1 - winRate) / (mean(wins) / -mean(losses)),
  };
}

/** `Math.max(...list)` overflows the stack on long lists. */
function extreme(values: readonly number[], pick: (a: number, b: number) => number): number {
  let best = values[0] ?? Number.NaN;
  for (const value of values) best = pick(best, value);
  return best;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function defined(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
