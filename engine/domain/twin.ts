import type { OrderSide, OrderType } from './order.ts';

/** What an order was filled with, in all. */
export interface Filled {
  readonly quantity: number;
  /** Mean of its fills. */
  readonly price: number;
  readonly commission: number;
  /** Row of the bar of its last fill. */
  readonly bar: number;
}

/** An order as the backtest's engine gave and filled it. */
export interface TwinOrder {
  readonly bar: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly tag: string;
  readonly filled: Filled | null;
}

export interface Twin {
  readonly orders: readonly TwinOrder[];
  /** Equity at the last close, and the units that are held then. */
  readonly equity: number;
  readonly position: number;
}

/** An order of the portfolio backtest; bars are numbers of moments. */
export interface PortfolioTwinOrder extends TwinOrder {
  /** Row of its instrument. */
  readonly instrument: number;
}

export interface PortfolioTwin {
  readonly orders: readonly PortfolioTwinOrder[];
  /** Equity at the last closes, and the units of each instrument that are held then. */
  readonly equity: number;
  readonly positions: readonly number[];
}

/**
 * Where the code of a strategy has failed: on the close of a bar, or when it was told of an order after it.
 * Of a strategy of several instruments the bar is the number of a moment.
 */
export interface CodeFailure {
  readonly bar: number;
  readonly on: 'bar' | 'order';
}
