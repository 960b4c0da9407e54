import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { BacktestSettings, MarginRule, SessionColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderEvent,
  OrderRequest,
  SeriesView,
} from './strategy.ts';

/** One instrument of a portfolio. What is absent follows the settings of the run. */
export interface PortfolioInstrument {
  readonly symbol: string;
  readonly bars: BarColumns;
  /** The base currency when absent. */
  readonly currency?: string | undefined;
  /** Money for a price of 1 of one unit; 1 when absent. */
  readonly multiplier?: number | undefined;
  readonly lotSize?: number | undefined;
  /** 0 allows any price. */
  readonly tickSize?: number | undefined;
  readonly margin?: MarginRule | undefined;
  readonly borrowRate?: number | undefined;
  /** Splits and dividends; the bars are then raw. */
  readonly events?: readonly AdjustmentEvent[] | undefined;
  readonly sessions?: SessionColumns | undefined;
}

/** Base currency for one unit of another; a rate holds from its time until the next. */
export interface RateSeries {
  readonly time: Float64Array;
  readonly rate: Float64Array;
}

/** What happens when the account is worth less than its positions need. */
export const LIQUIDATIONS = ['all', 'reduce'] as const;
export type Liquidation = (typeof LIQUIDATIONS)[number];

export interface PortfolioSettings extends BacktestSettings {
  /** Currency of the cash and of every result. */
  readonly currency: string;
  readonly rates?: Readonly<Record<string, RateSeries>> | undefined;
  /** Milliseconds for which a rate may be used to trade; 7 days when absent. */
  readonly maxRateAge?: number | undefined;
  /** `all` when absent: every position is closed; `reduce` keeps what the initial margin allows. */
  readonly liquidation?: Liquidation | undefined;
}

export interface PortfolioTask {
  readonly instruments: readonly PortfolioInstrument[];
  readonly settings: PortfolioSettings;
}

/** What a strategy sees of one instrument. */
export interface InstrumentContext {
  readonly symbol: string;
  /** Number of its latest bar, from 0; -1 before its first. */
  readonly index: number;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  /** Whether it has a bar with prices at this moment. */
  readonly tradable: boolean;
  /** Last close, in its own currency; NaN before the first. */
  readonly price: number;
  readonly position: number;
  /** Average entry price; NaN when flat. */
  readonly entryPrice: number;
  /** Value of the position as a part of the equity. */
  readonly weight: number;
}

export interface TargetOptions {
  /** Positions that are not named stay; without it they are closed. */
  readonly keepOthers?: boolean;
  /** Trades smaller than this part of the equity are left out, except those that close a position. */
  readonly minTradeWeight?: number;
  /** The same in base currency. */
  readonly minTradeNotional?: number;
  readonly tag?: string;
}

/** What a portfolio strategy sees and does at each moment: the close of all bars that began together. */
export interface PortfolioContext {
  /** Number of the moment, from 0. */
  readonly index: number;
  /** UnixMillis of the start of the bars of this moment. */
  readonly time: number;
  readonly symbols: readonly string[];
  readonly cash: number;
  readonly equity: number;
  /** Whether short positions are allowed in this run. */
  readonly shortAllowed: boolean;
  readonly warmingUp: boolean;
  random(): number;
  /** @throws RenataError STRATEGY_FAILED for a symbol that is not in the portfolio */
  instrument(symbol: string): InstrumentContext;
  order(symbol: string, request: OrderRequest): number;
  bracket(symbol: string, request: BracketRequest): Bracket;
  amend(order: number, change: OrderChange): boolean;
  cancel(order: number): void;
  cancelAll(symbol?: string): void;
  /**
   * Orders what the position values need to become these parts of the equity at the last closes: sells
   * before buys, whole lots; buys are made smaller when the money does not suffice at the fill. It takes
   * the place of targets that are not filled yet.
   */
  setTargets(weights: Readonly<Record<string, number>>, options?: TargetOptions): void;
}

export interface PortfolioEvent extends OrderEvent {
  readonly symbol: string;
}

export interface PortfolioStrategy {
  /** Called at every moment at which an instrument has a bar with prices. */
  onBar(context: PortfolioContext): void;
  onOrder?(event: PortfolioEvent, context: PortfolioContext): void;
}

export type { PortfolioResult } from '../domain/portfolio-result.ts';
