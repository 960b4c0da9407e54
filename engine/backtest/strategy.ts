import type { OrderSide, OrderState, OrderType, TimeInForce } from '../domain/order.ts';
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
  /** Stop of a stop, trigger of a touched order; where a trailing stop begins, when it is not at its distance. */
  readonly stopPrice?: number;
  /** Distance of a trailing stop from the best price, in price units or in percent: one of the two. */
  readonly trailAmount?: number;
  readonly trailPercent?: number;
  /** How far behind its stop a trailing stop-limit puts its limit; 0 when absent. */
  readonly limitOffset?: number;
  /** `gtc` when absent. */
  readonly timeInForce?: TimeInForce;
  /** With `gtd`: UnixMillis; the order works on bars that start before it. */
  readonly goodTill?: number;
  /** Works once this order is filled, with the units that it has filled when `quantity` is absent. */
  readonly parent?: number;
  /** An order that has been given: of the two, and of all joined in this way, one takes the others away. */
  readonly oco?: number;
  /** Only makes the position smaller; never opens or turns one. */
  readonly reduceOnly?: boolean;
  /** Shown in orders and trades. */
  readonly tag?: string;
}

/** What may be changed of an order that works. */
export interface OrderChange {
  /** Units in all, with those that are filled. */
  readonly quantity?: number;
  readonly limitPrice?: number;
  readonly stopPrice?: number;
  readonly trailAmount?: number;
  readonly trailPercent?: number;
  readonly limitOffset?: number;
}

/** An entry with a way out on either side; each of the two takes the other away. */
export interface BracketRequest {
  readonly entry: OrderRequest;
  /** A stop, stop-limit or trailing order; side, size and reduce-only follow from the entry. */
  readonly stopLoss?: Omit<OrderRequest, 'side' | 'parent' | 'oco' | 'reduceOnly'>;
  readonly takeProfit?: { readonly limitPrice: number; readonly tag?: string };
}

/** Numbers of the orders of a bracket; -1 for one that was not asked for. */
export interface Bracket {
  readonly entry: number;
  readonly stopLoss: number;
  readonly takeProfit: number;
}

/** What happened to an order. */
export interface OrderEvent {
  readonly order: number;
  readonly state: OrderState;
  readonly side: OrderSide;
  /** Units of this fill; 0 when nothing was filled. */
  readonly quantity: number;
  /** NaN when nothing was filled. */
  readonly price: number;
  readonly tag: string;
}

/**
 * What a strategy sees and does on each bar. In `onOrder` the current bar is the last one that had closed
 * when the order was filled, so its high, low and close are not known at a fill at its open or inside it.
 * The object holds nothing of the run but what is written here.
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
  /** True on the first bars of a run with a warm-up: orders are then not taken, and have the number -1. */
  readonly warmingUp: boolean;
  /** Uniform number from 0 to 1 of the run's seeded generator. */
  random(): number;
  /**
   * Gives an order; the number identifies it. It works from the next bar on; a market order may fill on
   * this close, and one given on a fill at the open works inside that bar. During a warm-up, and once a
   * close has left no equity, it is not taken: -1.
   */
  order(request: OrderRequest): number;
  /** Market order by the size rule; turns a short position. */
  buy(tag?: string): number;
  /** Market order by the size rule; turns a long position. Ignored (-1) while short positions are not allowed and none is held. */
  sell(tag?: string): number;
  /** Market order that closes the position; -1 when flat. */
  exit(tag?: string): number;
  /** An entry with its stop and target. */
  bracket(request: BracketRequest): Bracket;
  /** Changes an order that works; from the next bar on. False when it does not work any more. */
  amend(order: number, change: OrderChange): boolean;
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
  /** Called when an order has been filled, whole or in part, denied, cancelled or has expired. */
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
