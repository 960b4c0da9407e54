import type { AdjustmentEvent } from './adjustments.ts';
import type { BarColumns } from './bar.ts';
import type { ParameterValues } from './parameters.ts';
import type { OrderSide, OrderState, OrderType, TimeInForce } from './order.ts';

/** When an order that a strategy gives on bar i is filled: at the open of i+1, or at the close of i. */
export const FILL_TIMINGS = ['next-open', 'same-close'] as const;
export type FillTiming = (typeof FILL_TIMINGS)[number];

/**
 * What decides the order of prices inside a bar: the worse one for the strategy, or finer bars of the
 * instrument where there are some.
 */
export const RESOLUTIONS = ['pessimistic', 'finer'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

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

/** Adverse change of price of what takes liquidity; formulas in docs/fill-rules.md. */
export type SlippageModel =
  | { readonly kind: 'fixed'; readonly amount: number } // price units
  | { readonly kind: 'bps'; readonly bps: number }
  | { readonly kind: 'spread'; readonly bps: number } // half of a quoted spread of so many bps
  | { readonly kind: 'volume-share'; readonly coefficient: number } // coefficient × share²
  | {
      readonly kind: 'square-root'; // coefficient × volatility × √share
      readonly coefficient: number;
      /** Bars before the fill over which volatility and volume are measured. */
      readonly window: number;
    };

/** Published fee tables, kept as data in engine/backtest/costs/fee-tables.ts. */
export const FEE_TABLES = ['ibkr-fixed', 'ibkr-tiered', 'alpaca', 'binance-spot'] as const;
export type FeeTable = (typeof FEE_TABLES)[number];

export interface FeeModel {
  readonly table: FeeTable;
  /** VIP level of Binance, 0 to 9; other tables have none. */
  readonly tier?: number | undefined;
  /** Fees of Binance paid in BNB. */
  readonly payWithBnb?: boolean | undefined;
}

/** Parts of a position's value that must be own money: to open it, and to keep it. */
export interface MarginRule {
  /** 1 is no leverage, 0.5 the half of Regulation T. */
  readonly initial: number;
  /** Below it the position is liquidated. */
  readonly maintenance: number;
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
  /** Money for a price of 1 of one unit: 50 for a future of 50 dollars a point; 1 when absent. */
  readonly multiplier?: number | undefined;
  /** Annual risk-free rate, 0.02 = 2 %, used by Sharpe, Sortino and alpha. */
  readonly riskFreeRate: number;
  /** Bar periods in a year; `null` derives it from the bars (see docs/statistics.md). */
  readonly periodsPerYear: number | null;
  /** Seed of the generator that a strategy may draw from. */
  readonly seed: number;
  /** Takes the place of `slippageBps`. */
  readonly slippage?: SlippageModel | undefined;
  /** Takes the place of `commission`. */
  readonly fees?: FeeModel | undefined;
  /** Part of a bar's volume that all fills of the bar may take together; absent is no limit. */
  readonly volumeLimit?: number | undefined;
  /** Absent: nothing is lent, and nothing is liquidated before ruin (row 28 of docs/fill-rules.md). */
  readonly margin?: MarginRule | undefined;
  /** Yearly fee on the value of short positions, 0.03 = 3 %. */
  readonly borrowRate?: number | undefined;
  /** Yearly interest on money that is owed, 0.06 = 6 %. */
  readonly debitRate?: number | undefined;
  /** Bars at the start on which the strategy is asked and its orders are not taken. */
  readonly warmUp?: number | undefined;
  /** Million steps that code in the sandbox may take in the whole run; 100,000 when absent. */
  readonly codeWork?: number | undefined;
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
  /** The columns below are there when an order of the run needs them. */
  readonly timeInForce?: readonly TimeInForce[] | undefined;
  /** Units filled; differs from `quantity` for an order that was filled in part. */
  readonly filled?: Float64Array | undefined;
  /** Number of the order whose fill set this one to work; -1 without. */
  readonly parent?: Int32Array | undefined;
  /** Orders of the same number, above 0, take each other away; 0 without. */
  readonly group?: Int32Array | undefined;
  /** Row of the instrument, in a portfolio. */
  readonly instrument?: Int32Array | undefined;
}

/** Every fill, in sequence; there when an order was filled in more than one piece. */
export interface FillColumns {
  readonly count: number;
  readonly order: Int32Array;
  readonly bar: Int32Array;
  readonly quantity: Float64Array;
  readonly price: Float64Array;
  readonly commission: Float64Array;
}

/**
 * Trades whose result depends on the order of prices inside a bar, with the best and the worst that
 * could have happened; docs/fill-rules.md says what is compared.
 */
export interface AmbiguousTrades {
  readonly count: number;
  /** Row in the trades. */
  readonly trade: Int32Array;
  /** First bar whose inside decides. */
  readonly bar: Int32Array;
  /** Net results, in the instrument's currency. */
  readonly best: Float64Array;
  readonly worst: Float64Array;
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
  /** Dividends less borrow fees and interest, part of `pnl`; there when a trade has any. */
  readonly carry?: Float64Array | undefined;
  /** Row of the instrument, in a portfolio. */
  readonly instrument?: Int32Array | undefined;
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
  readonly fills?: FillColumns | undefined;
  /** Absent when no trade depends on it. */
  readonly ambiguous?: AmbiguousTrades | undefined;
  /** Bar at whose close equity was 0 or below and the run was closed (row 28); absent without. */
  readonly ruinedAt?: number | undefined;
}

/** Which bars open and close a session, one value a bar; `sessionsOf` makes them. */
export interface SessionColumns {
  /** UnixMillis of midnight UTC of the session's date. */
  readonly day: Float64Array;
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** What a compute worker needs for one run. Columns are shared, not copied. */
export interface BacktestTask {
  readonly strategy: string;
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly bars: BarColumns;
  /** Finer bars of the same instrument, which decide what the order of prices inside a bar was. */
  readonly finer?: BarColumns | undefined;
  /** Splits and dividends; the bars are then raw. */
  readonly events?: readonly AdjustmentEvent[] | undefined;
  /** Sessions of the bars; absent, every UTC day is one. */
  readonly sessions?: SessionColumns | undefined;
}
