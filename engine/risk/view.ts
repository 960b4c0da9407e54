import type { Decimal, Price, Quantity } from '../domain/decimal.ts';
import type { AccountId, ClientOrderId, InstrumentId } from '../domain/identifiers.ts';
import type { OrderIntent } from '../domain/live-order.ts';
import type { OrderSide } from '../domain/order.ts';
import type { UnixMillis } from '../domain/time.ts';
import type { TradableInstrument } from '../ports/instruments.ts';
import type { RiskScope, ScopedLimits, TradingState } from './limits.ts';

/** Signed units of one instrument. */
export interface Holding {
  readonly instrument: InstrumentId;
  readonly quantity: Decimal;
}

/** An order that may still fill, as far as risk is concerned. Orders whose outcome is unknown count. */
export interface Working {
  readonly clientOrderId: ClientOrderId;
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
  /** Units that may still fill. */
  readonly quantity: Quantity;
  /** Its limit, or its stop; null for orders at the market. */
  readonly price: Price | null;
  readonly reduceOnly: boolean;
  /** Orders of one group take each other away. */
  readonly group: string | null;
  /** Their venue sees to that by itself, so that no two of them fill. */
  readonly linked: boolean;
  /** Units that may fill before anything else does: an exit has no more than its entry has filled. */
  readonly ready: Decimal;
  /** Its cancellation has been asked for. */
  readonly leaving: boolean;
  /** Made to close a position at the market: the flattening of somebody else. */
  readonly closing: boolean;
}

/** An order that was given lately, whatever became of it, but for those that were denied. */
export interface RecentOrder {
  readonly time: UnixMillis;
  readonly intent: OrderIntent;
}

/** What belongs to a scope: all of the account, or what a strategy or agent has made. */
export interface RiskBook {
  readonly holdings: readonly Holding[];
  readonly working: readonly Working[];
  /** Ascending by time. */
  readonly recent: readonly RecentOrder[];
  /** Profit since the start of the day, in the account's currency; null when it is not known. */
  readonly dayProfit: Decimal | null;
  /** Fall from the highest equity, as a part of it; null when it is not known. */
  readonly drawdown: Decimal | null;
}

export interface Mark {
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  readonly time: UnixMillis;
}

export interface RiskAccount {
  readonly id: AccountId;
  readonly live: boolean;
  readonly armed: boolean;
  readonly currency: string;
  readonly equity: Decimal | null;
  readonly buyingPower: Decimal | null;
}

/** Everything that the gate looks at. It reads nothing else, so the same view gives the same answer. */
export interface RiskView {
  readonly now: UnixMillis;
  readonly state: TradingState;
  readonly stateReason: string;
  readonly account: RiskAccount;
  /** Whether what happens to orders would be heard of. */
  readonly hearsOrders: boolean;
  readonly limits: readonly ScopedLimits[];
  /** Units of an order that is made larger which have filled: they count for its size. */
  readonly filled?: Decimal | undefined;
  book(scope: RiskScope): RiskBook;
  instrument(id: InstrumentId): TradableInstrument;
  /** What one unit of an instrument is, where that is known without its other rules. */
  units?(id: InstrumentId): Pick<TradableInstrument, 'currency' | 'multiplier'> | null;
  mark(id: InstrumentId): Mark | null;
  /** Account currency for one unit of another; null when it is not known. */
  rate(currency: string): Decimal | null;
  session(id: InstrumentId): 'regular' | 'extended' | 'closed';
}
