import type { TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { quantileOf, sorted } from './shape.ts';

/** Part of a day's traded value that orders are assumed to take without moving the price. */
const PARTICIPATION = 0.01;
/** Capacity is set by a thin day among those traded on, not by the usual one. */
const THIN_DAY = 0.05;

/**
 * Money bought and sold on each calendar day (UTC) that has a bar, entries and exits alike.
 * @returns for each day the money traded, the equity before it, and the value that changed hands
 */
function dailyTrading(
  bars: BarColumns,
  equity: Float64Array,
  capital: number,
  trades: TradeColumns,
): { traded: Float64Array; before: Float64Array; value: Float64Array } {
  const { time, close, volume } = bars;
  const dayOf = new Int32Array(time.length);
  const before: number[] = [];
  const value: number[] = [];
  let last = Number.NaN;
  for (let i = 0; i < time.length; i += 1) {
    const day = Math.floor((time[i] as number) / MS_PER_DAY);
    if (day !== last) {
      before.push(i === 0 ? capital : (equity[i - 1] as number));
      value.push(0);
      last = day;
    }
    dayOf[i] = before.length - 1;
    const money = (close[i] as number) * (volume[i] as number);
    if (Number.isFinite(money)) value[value.length - 1] = (value.at(-1) as number) + money;
  }
  const traded = new Float64Array(before.length);
  const book = (bar: number, units: number, price: number): void => {
    const day = dayOf[bar] as number;
    traded[day] = (traded[day] as number) + Math.abs(units) * price;
  };
  for (let t = 0; t < trades.count; t += 1) {
    const size = trades.size[t] as number;
    book(trades.entryBar[t] as number, size, trades.entryPrice[t] as number);
    if (trades.open[t] === 0) {
      book(trades.exitBar[t] as number, size, trades.exitPrice[t] as number);
    }
  }
  return { traded, before: Float64Array.from(before), value: Float64Array.from(value) };
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
): TradingActivity {
  const { traded, before, value } = dailyTrading(bars, equity, capital, trades);
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
    capacity: quantileOf(sorted(possible), THIN_DAY),
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
