import type { Decimal } from '../domain/decimal.ts';
import type { OrderSide, OrderType, TimeInForce } from '../domain/order.ts';

/**
 * How a bar is taken: `warm-up` before the run, `live` as it closes; `missed` when it closed while nobody
 * listened, and `paused` on the user's word: then nothing new is decided, and protection is kept up.
 */
export const BAR_MODES = ['warm-up', 'live', 'missed', 'paused'] as const;
export type BarMode = (typeof BAR_MODES)[number];

/** States in which an order of the venue has ended. */
export type EndState = 'Filled' | 'Canceled' | 'Expired' | 'Rejected' | 'Denied';

/** What happened to an order at its venue, or with it. A run is its bars and these, in their order. */
export type LiveEvent =
  | {
      readonly kind: 'fill';
      readonly slot: number;
      readonly attempt: number;
      readonly trade: string;
      readonly quantity: Decimal;
      readonly price: Decimal;
      /** null until the venue says it. */
      readonly commission: Decimal | null;
      /** Whether nothing of the venue's order is left. */
      readonly done: boolean;
    }
  | {
      readonly kind: 'end';
      readonly slot: number;
      readonly attempt: number;
      readonly state: EndState;
      readonly reason: string;
    }
  /** The venue cannot change orders: the present one is taken away, and another one follows. */
  | { readonly kind: 'replace'; readonly slot: number; readonly attempt: number }
  /** An exit that was refused is asked for again, and does not wait for the next bar. */
  | { readonly kind: 'retry'; readonly slot: number; readonly attempt: number }
  /** The run ends: its orders are taken away, and its position is closed where that is asked for. */
  | { readonly kind: 'close'; readonly flatten: boolean };

/** An order as it should work at the venue; prices are not on ticks and sizes not on lots yet. */
export interface WantedTerms {
  readonly side: OrderSide;
  readonly type: OrderType;
  /** Units in all, with those that are filled. */
  readonly quantity: number;
  readonly limitPrice?: number | undefined;
  readonly stopPrice?: number | undefined;
  readonly trailAmount?: number | undefined;
  readonly trailPercent?: number | undefined;
  readonly limitOffset?: number | undefined;
  readonly timeInForce: TimeInForce;
  readonly goodTill?: number | undefined;
}

/** A place of the strategy at the venue: one order at a time, changed and replaced as the strategy asks. */
export interface Wanted {
  readonly slot: number;
  /** Rises when the order has to be given anew. */
  readonly attempt: number;
  /** null: nothing should work there now. */
  readonly terms: WantedTerms | null;
  /** The strategy has given it up: nothing will work there again. */
  readonly dropped: boolean;
  readonly side: OrderSide;
  /** Only makes the strategy's own position smaller. */
  readonly exit: boolean;
  /** The slot whose fill takes this one away, while both work. */
  readonly partner: number | null;
  /** The slot of the entry that this one hangs on and grows with, while that one works. */
  readonly entry: number | null;
  /** Held back until its entry fills; where it has terms it can be sent with it. */
  readonly waits: boolean;
  /** The close on which it was decided. */
  readonly decisionPrice: number;
  readonly tag: string;
}

/** A decision that was not traded. */
export interface MissedDecision {
  readonly bar: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly tag: string;
  readonly reason: string;
}

/** A fill of an order of the strategy. */
export interface OwnFill {
  readonly quantity: number;
  readonly price: number;
  readonly trade: string;
  readonly commission: number | null;
  /** Row of the bar during which it was told. */
  readonly bar: number;
}

/** An order of the strategy and what became of it. */
export interface OwnOrder {
  readonly id: number;
  /** Row of the bar on which it was given, or during which. */
  readonly bar: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly tag: string;
  readonly fills: readonly OwnFill[];
  readonly slot: number;
  readonly attempt: number;
  /** Why it was not, or not wholly, filled; empty otherwise. */
  readonly reason: string;
}
