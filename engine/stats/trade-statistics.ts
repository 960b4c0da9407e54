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

/** Closed trades of a run, in the order of their exits. */
export interface ClosedTrades {
  readonly pnl: Float64Array;
  readonly returns: Float64Array;
  readonly days: Float64Array;
  readonly mae: Float64Array;
  readonly mfe: Float64Array;
}

export function closedTrades(trades: TradeColumns): ClosedTrades {
  const rows = closedRows(trades);
  const entries = pick(trades.entryTime, rows);
  const days = pick(trades.exitTime, rows);
  for (let i = 0; i < days.length; i += 1) {
    days[i] = ((days[i] as number) - (entries[i] as number)) / MS_PER_DAY;
  }
  return {
    pnl: pick(trades.pnl, rows),
    returns: pick(trades.returnFraction, rows),
    days,
    mae: pick(trades.mae, rows),
    mfe: pick(trades.mfe, rows),
  };
}

/** Rows of the trades that were closed. */
function closedRows({ count, open }: TradeColumns): Int32Array {
  const rows = new Int32Array(count);
  let closed = 0;
  for (let i = 0; i < count; i += 1) {
    if (open[i] !== 0) continue;
    rows[closed] = i;
    closed += 1;
  }
  return rows.subarray(0, closed);
}

function pick(column: Float64Array, rows: Int32Array): Float64Array {
  const picked = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) picked[i] = column[rows[i] as number] as number;
  return picked;
}

/** Computes the figures of docs/statistics.md over the trades that were closed. */
export function tradeStatistics(
  trades: TradeColumns,
  { pnl, returns, days }: ClosedTrades = closedTrades(trades),
): TradeStatistics {
  const count = pnl.length;
  let wins = 0;
  let losses = 0;
  let gained = 0;
  let lost = 0;
  for (let i = 0; i < count; i += 1) {
    const value = pnl[i] as number;
    if (value > 0) {
      wins += 1;
      gained += value;
    } else if (value < 0) {
      losses += 1;
      lost += value;
    }
  }
  const winRate = wins / count;
  return {
    count,
    winRate,
    best: largest(returns, 1),
    worst: largest(returns, -1),
    average: geometricMean(returns),
    longestDays: largest(days, 1),
    averageDays: mean(days),
    profitFactor: losses === 0 ? Number.NaN : gained / -lost,
    expectancy: mean(returns),
    sqn: defined((Math.sqrt(count) * mean(pnl)) / deviation(pnl)),
    kelly: winRate - (1 - winRate) / (gained / wins / -(lost / losses)),
  };
}

/** The largest value, or with sign -1 the smallest; NaN of nothing, and where one is. */
function largest(values: Float64Array, sign: 1 | -1): number {
  let best = (values[0] ?? Number.NaN) * sign;
  for (let i = 1; i < values.length; i += 1) best = Math.max(best, (values[i] as number) * sign);
  return best * sign;
}

function defined(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
