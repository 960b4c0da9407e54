import type { BarColumns } from './bar.ts';
import type { ParameterValues } from './parameters.ts';
import type { OrderSide, OrderState, OrderType } from './order.ts';

/** When an order that a strategy gives on bar i is filled: at the open of i+1, or at the close of i. */
export const FILL_TIMINGS = ['next-open', 'same-close'] as const;
export type FillTiming = (typeof FILL_TIMINGS)[number];

/** How much an entry buys or sells. */
export type SizeRule =
  | { readonly kind: 'all' } // all equity, after costs
  | { readonly kind: 'percent'; readonly percent: number } // of equity, 0 < percent <= 100
  | { readonly kind: 'quantity'; readonly quantity: number } // units
  | { readonly kind: 'notional'; readonly notional: number }; // quote currency

/** Commission of one fill: `max(minimum, percent/100 * notional + perShare * quantity)`. */
export interface CommissionModel {
  readonly percent: number;
  readonly perShare: number;
  readonly minimum: number;
}

/** Everything besides strategy, parameters and bars that decides a result. */
export interface BacktestSettings {
  /** Starting cash in the instrument's currency. */
  readonly cash: number;
  readonly fill: FillTiming;
  readonly size: SizeRule;
  /** Whether the strategy may hold short positions. */
  readonly short: boolean;
  readonly commission: CommissionModel;
  /** Adverse price change of every market and stop fill, in basis points. */
  readonly slippageBps: number;
  /** Quantities are rounded down to multiples of it; 0 allows any fraction. */
  readonly lotSize: number;
  /** Annual risk-free rate, 0.02 = 2 %, used by Sharpe, Sortino and alpha. */
  readonly riskFreeRate: number;
  /** Bar periods in a year; `null` derives it from the bars (see docs/statistics.md). */
  readonly periodsPerYear: number | null;
  /** Seed of the generator that a strategy may draw from. */
  readonly seed: number;
}

export const DEFAULT_SETTINGS: BacktestSettings = {
  cash: 100_000,
  fill: 'next-open',
  size: { kind: 'all' },
  short: false,
  commission: { percent: 0, perShare: 0, minimum: 0 },
  slippageBps: 0,
  lotSize: 0,
  riskFreeRate: 0,
  periodsPerYear: null,
  seed: 1,
};

/** Orders as columns of equal length, in the order they were given. */
export interface OrderColumns {
  readonly count: number;
  /** Bar on which the strategy gave the order. */
  readonly placedBar: Int32Array;
  /** Bar of the fill or cancel; -1 while working at the end. */
  readonly doneBar: Int32Array;
  readonly side: readonly OrderSide[];
  readonly type: readonly OrderType[];
  readonly state: readonly OrderState[];
  readonly quantity: Float64Array;
  /** Limit price; NaN where the type has none. */
  readonly limitPrice: Float64Array;
  /** Stop price; NaN where the type has none. */
  readonly stopPrice: Float64Array;
  /** Fill price with slippage; NaN when not filled. */
  readonly fillPrice: Float64Array;
  readonly commission: Float64Array;
  readonly tag: readonly string[];
}

/** Round-trip trades as columns of equal length, by exit, open ones last. */
export interface TradeColumns {
  readonly count: number;
  /** Signed: positive long, negative short. */
  readonly size: Float64Array;
  readonly entryBar: Int32Array;
  /** Last bar of the series for a trade that is still open. */
  readonly exitBar: Int32Array;
  readonly entryTime: Float64Array;
  readonly exitTime: Float64Array;
  readonly entryPrice: Float64Array;
  /** Last close for a trade that is still open. */
  readonly exitPrice: Float64Array;
  /** Net of commission, in the instrument's currency. */
  readonly pnl: Float64Array;
  /** Net, as a fraction of entry notional (0.01 = 1 %). */
  readonly returnFraction: Float64Array;
  readonly commission: Float64Array;
  /** Largest adverse and favourable excursion while open, as fractions of the entry price, >= 0. */
  readonly mae: Float64Array;
  readonly mfe: Float64Array;
  /** 1 while the position was still open at the last bar. */
  readonly open: Uint8Array;
  readonly entryTag: readonly string[];
  readonly exitTag: readonly string[];
}

/** One statistic under the name that users of the field know, in the order they are shown. */
export interface Statistic {
  /** Label with unit, such as `Return [%]`. */
  readonly name: string;
  /** NaN where it is not defined (no trades, a constant curve, …). Durations are in days. */
  readonly value: number;
  readonly unit: 'percent' | 'ratio' | 'currency' | 'count' | 'days' | 'time';
}

export interface BacktestResult {
  /** Marks of cash plus position at each close, one per bar. */
  readonly equity: Float64Array;
  /** Signed units held after each bar's fills. */
  readonly position: Float64Array;
  readonly orders: OrderColumns;
  readonly trades: TradeColumns;
  readonly statistics: readonly Statistic[];
  /** Series the strategy asked to draw, one value a bar, NaN where missing. */
  readonly plots: readonly { readonly name: string; readonly values: Float64Array }[];
  readonly barCount: number;
  /** SHA-256, hex, over every order and fill in sequence; equal runs have equal hashes. */
  readonly orderHash: string;
}

/** What a compute worker needs for one run. Columns are shared, not copied. */
export interface BacktestTask {
  readonly strategy: string;
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly bars: BarColumns;
}
