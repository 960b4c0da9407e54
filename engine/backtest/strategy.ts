import type { OrderSide, OrderState, OrderType } from '../domain/order.ts';
import type { Parameter, ParameterValues } from '../domain/parameters.ts';

/** A column that a strategy may read only up to the current bar. */
export interface SeriesView {
  /**
   * Value `ago` bars before the current one; NaN before the first bar.
   * @throws RenataError STRATEGY_FAILED for a negative `ago`, since the future cannot be read, and for one
   *   that is not a whole number.
   */
  at(ago?: number): number;
}

/** An order that a strategy gives. Omitted sizes follow the size rule of the run. */
export interface OrderRequest {
  readonly side: OrderSide;
  readonly type?: OrderType;
  /** Units; the run's size rule when absent. With `reduceOnly` the whole position when absent. */
  readonly quantity?: number;
  readonly limitPrice?: number;
  readonly stopPrice?: number;
  /** Only makes the position smaller; never opens or turns one. */
  readonly reduceOnly?: boolean;
  /** Shown in orders and trades. */
  readonly tag?: string;
}

/** What happened to an order. */
export interface OrderEvent {
  readonly order: number;
  readonly state: OrderState;
  readonly side: OrderSide;
  readonly quantity: number;
  /** NaN when nothing was filled. */
  readonly price: number;
  readonly tag: string;
}

/**
 * What a strategy sees and does on each bar. In `onOrder` the current bar is the last one that had closed
 * when the order was filled, so its high, low and close are not known at a fill at its open or inside it.
 * This guards against mistakes; it is no wall against code that reaches behind the interface.
 */
export interface StrategyContext {
  /** Number of the current bar, from 0. */
  readonly index: number;
  readonly time: SeriesView;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  /** Signed units held. */
  readonly position: number;
  readonly cash: number;
  /** Cash and position at the close of the current bar; a bar without a close keeps the one before. */
  readonly equity: number;
  /** Whether short positions are allowed in this run. */
  readonly shortAllowed: boolean;
  /** Average entry price of the position; NaN when flat. */
  readonly entryPrice: number;
  /** Uniform number from 0 to 1 of the run's seeded generator. */
  random(): number;
  /**
   * Gives an order; the number identifies it. It works from the next bar on; a market order may fill on
   * this close, and one given on a fill at the open works inside that bar.
   */
  order(request: OrderRequest): number;
  /** Market order by the size rule; turns a short position. */
  buy(tag?: string): number;
  /** Market order by the size rule; turns a long position. Ignored (-1) while short positions are not allowed and none is held. */
  sell(tag?: string): number;
  /** Market order that closes the position; -1 when flat. */
  exit(tag?: string): number;
  cancel(order: number): void;
  cancelAll(): void;
}

/** What a strategy prepares before the first bar. */
export interface StrategySetup {
  readonly barCount: number;
  /** One output of an indicator over the bars, computed once for the whole run. */
  indicator(id: string, parameters: ParameterValues, output?: string): SeriesView;
  /** Draws a series that an indicator made, under this name, beside the result. */
  plot(name: string, series: SeriesView): void;
}

/** A running strategy. */
export interface Strategy {
  /** Called on the close of every bar. */
  onBar(context: StrategyContext): void;
  /** Called when an order has been filled, denied, cancelled or has expired. */
  onOrder?(event: OrderEvent, context: StrategyContext): void;
}

export interface StrategyDefinition {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Checks that parameters make sense together. @throws RenataError BAD_INPUT naming the parameter. */
  validate(parameters: ParameterValues): void;
  create(parameters: ParameterValues, setup: StrategySetup): Strategy;
}
