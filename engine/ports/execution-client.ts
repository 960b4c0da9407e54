import type { Decimal, Price, Quantity } from '../domain/decimal.ts';
import type {
  AccountId,
  ClientOrderId,
  InstrumentId,
  TradeId,
  VenueOrderId,
} from '../domain/identifiers.ts';
import type { Liquidity, OrderAmendment, OrderIntent, OrderTerms } from '../domain/live-order.ts';
import type { GroupKind } from '../domain/live-order.ts';
import type { OrderSide, OrderType, TimeInForce } from '../domain/order.ts';
import type { UnixMillis } from '../domain/time.ts';
import type { ConnectionState } from './connection.ts';
import type { InstrumentSource } from './instruments.ts';

/** What a venue can do; printed into docs/adapters.md by the conformance suite. */
export interface ExecutionCapabilities {
  readonly orderTypes: readonly OrderType[];
  readonly timesInForce: readonly TimeInForce[];
  /** Types of which the venue holds the groups itself; others are kept here, while the workstation runs. */
  readonly groups: readonly GroupKind[];
  /** `in-place` keeps the venue's order; `replace` makes another order; `none`: cancel and place again. */
  readonly amend: 'in-place' | 'replace' | 'none';
  readonly fractional: boolean;
  readonly short: boolean;
  readonly extendedHours: boolean;
  readonly reduceOnly: boolean;
  readonly postOnly: boolean;
  readonly iceberg: boolean;
  /** Whether the venue says what an order would need before it is placed. */
  readonly whatIf: boolean;
  /** Whether an order can be asked for by our own identifier. */
  readonly lookupByClientId: boolean;
  /** How far back fills can be asked for, in milliseconds. */
  readonly fillHistory: number;
  /** Orders and other requests that the venue allows, in each period. */
  readonly rateLimits: readonly RateLimit[];
}

export interface RateLimit {
  readonly what: string;
  readonly requests: number;
  readonly perMilliseconds: number;
}

/** State of an order as a venue tells it, in our words. */
export type VenueOrderStatus =
  | 'accepted'
  | 'triggered'
  | 'partially-filled'
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'rejected'
  | 'pending-update'
  | 'pending-cancel'
  /** Taken, but held back by the venue until something happens (outside hours, a parent). */
  | 'held';

/** An order as the venue sees it. `filledQuantity` counts all fills, also those reported one by one. */
export interface OrderReport {
  readonly kind: 'order';
  readonly account: AccountId;
  readonly venueOrderId: VenueOrderId;
  /** null for orders that were placed outside. */
  readonly clientOrderId: ClientOrderId | null;
  readonly instrument: InstrumentId;
  readonly status: VenueOrderStatus;
  readonly terms: OrderTerms;
  readonly filledQuantity: Quantity;
  readonly averagePrice: Price | null;
  readonly reason: string;
  readonly venueTime: UnixMillis;
  readonly receivedTime: UnixMillis;
}

export interface FillReport {
  readonly kind: 'fill';
  readonly account: AccountId;
  readonly tradeId: TradeId;
  readonly venueOrderId: VenueOrderId;
  readonly clientOrderId: ClientOrderId | null;
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
  readonly quantity: Quantity;
  readonly price: Price;
  /** null: told later, by another report of the same trade. */
  readonly commission: Decimal | null;
  readonly commissionCurrency: string;
  /** The commission, where it was taken in units of the instrument itself (crypto) and not in money. */
  readonly unitsCharged?: Quantity | undefined;
  readonly liquidity: Liquidity;
  /** True when the venue takes the trade back. */
  readonly busted?: boolean | undefined;
  /**
   * When it took the trade back. Given by venues that may name another trade of the order the same: what was
   * traded later is that other one.
   */
  readonly bustedTime?: UnixMillis | undefined;
  readonly venueTime: UnixMillis;
  readonly receivedTime: UnixMillis;
  /** Time of the prices that filled it, where those are not of the present: a market that is played again. */
  readonly marketTime?: UnixMillis | undefined;
}

/** An amendment or cancellation that the venue refused; the order is as it was. */
export interface RefusalReport {
  readonly kind: 'refusal';
  readonly account: AccountId;
  readonly venueOrderId: VenueOrderId | null;
  readonly clientOrderId: ClientOrderId | null;
  readonly what: 'submit' | 'amend' | 'cancel';
  readonly reason: string;
  readonly code: string;
  readonly receivedTime: UnixMillis;
}

export interface PositionReport {
  readonly kind: 'position';
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  /** Signed: negative is short. */
  readonly quantity: Decimal;
  readonly averagePrice: Price | null;
  readonly receivedTime: UnixMillis;
}

export interface BalanceReport {
  readonly kind: 'balance';
  readonly account: AccountId;
  /** Currency of the figures below. */
  readonly currency: string;
  readonly cash: readonly { readonly currency: string; readonly amount: Decimal }[];
  readonly equity: Decimal | null;
  readonly buyingPower: Decimal | null;
  readonly initialMargin: Decimal | null;
  readonly maintenanceMargin: Decimal | null;
  readonly receivedTime: UnixMillis;
}

export type ExecutionReport =
  | OrderReport
  | FillReport
  | RefusalReport
  | PositionReport
  | BalanceReport;

/** A venue's answer to an order. More is told by reports. */
export interface SubmitAnswer {
  /** null when the venue has taken it but names it later, in a report. */
  readonly venueOrderId: VenueOrderId | null;
}

/** What an order would need, as the venue says. */
export interface WhatIf {
  readonly initialMarginChange: Decimal | null;
  readonly maintenanceMarginChange: Decimal | null;
  readonly commission: Decimal | null;
  readonly warning: string;
}

export interface VenueAccount {
  readonly id: AccountId;
  /** Paper accounts are the default; live ones have to be armed. */
  readonly live: boolean;
  readonly currency: string;
  readonly name: string;
  /**
   * Zone at whose midnight the account's day begins; New York's when absent. Asked for each time where it goes
   * by what is traded.
   */
  readonly dayZone?: string | (() => string | undefined);
}

/**
 * Orders and accounts of one venue. Requests that may change something fail with a VenueError, whose
 * `failure` says what is known: only definite failures say that nothing was done. Queries fail with a
 * VenueError too, so that a failed one is never taken for an empty answer.
 */
export interface ExecutionClient extends InstrumentSource {
  /** Name of the adapter: `simulated`, `interactive-brokers`, `alpaca`, `binance`. */
  readonly venue: string;
  readonly capabilities: ExecutionCapabilities;
  readonly connection: ConnectionState;

  /** Connects and keeps connected until `disconnect`. @throws VenueError when the first attempt fails for good */
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** Both return the function that ends the subscription. */
  onConnection(listener: (state: ConnectionState) => void): () => void;
  onReport(listener: (report: ExecutionReport) => void): () => void;

  accounts(): Promise<readonly VenueAccount[]>;
  /** Sends an order, or the orders of a group that the venue holds, the entry first. Sends it at most once. */
  submit(orders: readonly OrderIntent[]): Promise<readonly SubmitAnswer[]>;
  amend(order: OrderRef, terms: OrderTerms, change: OrderAmendment): Promise<void>;
  cancel(order: OrderRef): Promise<void>;
  /** Cancels every open order of the account, also those placed outside. */
  cancelAll(account: AccountId): Promise<void>;
  whatIf?(order: OrderIntent): Promise<WhatIf>;

  openOrders(account: AccountId): Promise<readonly OrderReport[]>;
  /** null when the venue knows no such order; that is an answer, not a failure. */
  order(order: OrderRef): Promise<OrderReport | null>;
  fills(account: AccountId, since: UnixMillis): Promise<readonly FillReport[]>;
  positions(account: AccountId): Promise<readonly PositionReport[]>;
  balances(account: AccountId): Promise<BalanceReport>;
}

/** How an order is named at the venue: by its own identifier where it is known, else by ours. */
export interface OrderRef {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | null;
}
