import type { TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { barDays, dayOfBar, type BarDays } from './days.ts';
import { selectQuantile } from './selection.ts';

/** Part of a day's traded value that orders are assumed to take without moving the price. */
const PARTICIPATION = 0.01;
/** Capacity is set by a thin day among those traded on, not by the usual one. */
const THIN_DAY = 0.05;

/**
 * Money bought and sold on each calendar day (UTC) that has a bar, entries and exits alike.
 * @returns for each day the money traded, the equity before it, and the value that changed hands
 */
function dailyTrading(
  { close, volume }: BarColumns,
  equity: Float64Array,
  capital: number,
  trades: TradeColumns,
  days: BarDays,
): { traded: Float64Array; before: Float64Array; value: Float64Array } {
  const { first, count } = days;
  const before = new Float64Array(count);
  const value = new Float64Array(count);
  for (let day = 0; day < count; day += 1) {
    const from = first[day] as number;
    const to = day + 1 < count ? (first[day + 1] as number) : close.length;
    before[day] = from === 0 ? capital : (equity[from - 1] as number);
    value[day] = tradedValue(close, volume, from, to);
  }
  const traded = new Float64Array(count);
  let day = 0;
  const book = (bar: number, money: number): void => {
    day = dayOfBar(days, bar, day);
    traded[day] = (traded[day] as number) + money;
  };
  for (let t = 0; t < trades.count; t += 1) {
    const size = Math.abs(trades.size[t] as number);
    book(trades.entryBar[t] as number, size * (trades.entryPrice[t] as number));
    if (trades.open[t] === 0) {
      book(trades.exitBar[t] as number, size * (trades.exitPrice[t] as number));
    }
  }
  return { traded, before, value };
}

/** Sum of what changed hands on some bars, those that it is known of. */
function tradedValue(close: Float64Array, volume: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) {
    const money = (close[i] as number) * (volume[i] as number);
    if (money - money === 0) sum += money;
  }
  return sum;
}

/** How much was traded, and how much could have been. */
export interface TradingActivity {
  /** Mean over the days of money traded over the equity before the day; 1 trades everything once a day. */
  readonly turnover: number;
  /**
   * Capital that could have been traded by the same fractions without taking more than 1 % of the value that
   * changed hands on a thin day, the 5th percentile of the days traded on. NaN without trades or volumes.
   */
  readonly capacity: number;
}

/** @param capital before the first bar */
export function tradingActivity(
  bars: BarColumns,
  equity: Float64Array,
  capital: number,
  trades: TradeColumns,
  days: BarDays = barDays(bars.time),
): TradingActivity {
  const { traded, before, value } = dailyTrading(bars, equity, capital, trades, days);
  const possible: number[] = [];
  let sum = 0;
  for (let i = 0; i < traded.length; i += 1) {
    const worth = before[i] as number;
    if (!(worth > 0)) continue;
    const share = (traded[i] as number) / worth;
    const available = value[i] as number;
    sum += share;
    if (share > 0 && available > 0) possible.push((available * PARTICIPATION) / share);
  }
  return {
    turnover: sum / traded.length,
    capacity: selectQuantile(possible, THIN_DAY),
  };
}

/** Largest and mean value of the position over the equity, of the bars that hold one. */
export function leverageOf(
  close: Float64Array,
  position: Float64Array,
  equity: Float64Array,
): { readonly largest: number; readonly average: number } {
  let largest = Number.NaN;
  let sum = 0;
  let held = 0;
  for (let i = 0; i < position.length; i += 1) {
    const worth = Math.abs((position[i] as number) * (close[i] as number));
    const leverage = worth / (equity[i] as number);
    if (!(worth > 0) || !Number.isFinite(leverage)) continue;
    if (!(leverage <= largest)) largest = leverage;
    sum += leverage;
    held += 1;
  }
  return { largest, average: sum / held };
}
