import type { AlgorithmStatus, CatchUp, ChildStyle } from '../domain/algorithm.ts';
import type { Price, Quantity } from '../domain/decimal.ts';
import type { OrderSide, OrderType, TimeInForce } from '../domain/order.ts';

/** How the parent's quantity is divided over time; docs/execution.md describes each. */
export type Method =
  /** The same quantity in every slice. */
  | { readonly kind: 'twap'; readonly slices: number }
  /** Slices in proportion to a curve of expected volume, one part each; the curve need not add up to 1. */
  | { readonly kind: 'vwap'; readonly curve: readonly number[] }
  /** A part of what the market trades, own fills counted as the tape counts them. */
  | { readonly kind: 'pov'; readonly rate: number }
  /** A limit order of which a part is shown at a time. */
  | { readonly kind: 'iceberg'; readonly display: Quantity }
  /** A limit order that moves with the market. `offset` is added to the price that it follows. */
  | {
      readonly kind: 'peg';
      readonly to: 'bid' | 'mid' | 'ask';
      readonly offset: Price;
    }
  /** The schedule of Almgren and Chriss; units of the last three are those of one slice, see almgren-chriss.ts. */
  | {
      readonly kind: 'shortfall';
      readonly slices: number;
      readonly riskAversion: number;
      readonly volatility: number;
      readonly temporaryImpact: number;
      readonly permanentImpact: number;
    };

/**
 * The order that an algorithm works. Times are any numbers that rise: UnixMillis live, numbers of bars in
 * a backtest.
 */
export interface AlgorithmOrder {
  readonly side: OrderSide;
  readonly quantity: Quantity;
  readonly method: Method;
  readonly start: number;
  readonly end: number;
  /** Step of quantities, and of prices. */
  readonly lot: Quantity;
  readonly tick: Price;
  /** No child is sent for less, but for the last units of the order; a multiple of the lot. */
  readonly smallest: Quantity;
  /** No child buys above or sells below it. An iceberg needs one. */
  readonly limitPrice: Price | null;
  /** Part of the market's volume since the start that fills and working children may be together. */
  readonly participation: number | null;
  readonly catchUp: CatchUp;
  readonly style: ChildStyle;
  /** Shortest time between two changes of a child. */
  readonly every: number;
  /** At the end: leave what is not filled, or send it as one last order that takes. */
  readonly finish: 'leave' | 'take';
  /** Slices differ by up to this part of their size, drawn from the seed; 0 is off. */
  readonly jitter: number;
  readonly seed: number;
}

/** What an algorithm sees of the market. NaN: not known. */
export interface MarketView {
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  /** Units that the market has traded since the step before this one. */
  readonly traded: number;
  /** Whether orders can be filled at all: no halt, no closed session. */
  readonly open: boolean;
}

/** How a child stands. Every child that was ever placed is shown at every step. */
export interface ChildView {
  readonly child: number;
  readonly quantity: Quantity;
  readonly filled: Quantity;
  /** It may still fill, as far as anybody knows. */
  readonly open: boolean;
  /** It was never at the market: denied, rejected, not sent. */
  readonly failed: boolean;
  /** No request about it is under way, so that it can be changed. */
  readonly settled: boolean;
  readonly limitPrice: Price | null;
}

export type ChildAction =
  | {
      readonly type: 'place';
      /** 1, 2, 3, …: the driver gives the order an id from it, so that the same child is placed once. */
      readonly child: number;
      readonly orderType: Extract<OrderType, 'market' | 'limit'>;
      readonly quantity: Quantity;
      readonly limitPrice: Price | null;
      readonly timeInForce: Extract<TimeInForce, 'gtc' | 'ioc'>;
    }
  | { readonly type: 'amend'; readonly child: number; readonly limitPrice: Price }
  | { readonly type: 'cancel'; readonly child: number };

/** A child that has not been seen closed. */
export interface PlacedChild {
  readonly child: number;
  readonly quantity: Quantity;
  readonly slice: number;
  readonly limitPrice: Price | null;
  readonly cancelling: boolean;
  /** When it was placed or its price was changed last. */
  readonly priced: number;
}

/** Everything that an algorithm remembers, as plain JSON. Never changed: each step makes another. */
export interface AlgorithmState {
  readonly version: 1;
  readonly order: AlgorithmOrder;
  readonly status: AlgorithmStatus;
  /** Why it is paused or how it ended; empty otherwise. */
  readonly reason: string;
  /** Units that are to have been placed by the end of each slice; empty for methods without a schedule. */
  readonly plan: readonly Quantity[];
  /** The slice that is being worked; -1 before the first. */
  readonly slice: number;
  /** Units that fills and working children may reach in this slice. */
  readonly target: Quantity;
  /** Market volume since the start, without pauses. */
  readonly volume: number;
  /** Whether the next `traded` belongs to it. */
  readonly counting: boolean;
  /** How many children were placed. */
  readonly children: number;
  readonly working: readonly PlacedChild[];
  /** Children that were refused, one after the other. */
  readonly failures: number;
  /** The last child of `finish: 'take'`; 0 before. */
  readonly last: number;
}

export interface AlgorithmReport {
  readonly status: AlgorithmStatus;
  readonly reason: string;
  readonly quantity: Quantity;
  readonly filled: Quantity;
  /** In children that work. */
  readonly working: Quantity;
  /** What is not filled: of an algorithm that is done, for good. */
  readonly remainder: Quantity;
  readonly children: number;
  /** Fills as a part of the market's volume; null before any. */
  readonly participation: number | null;
}
