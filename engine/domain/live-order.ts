import type { Decimal, Price, Quantity } from './decimal.ts';
import type {
  AccountId,
  ClientOrderId,
  InstrumentId,
  StrategyId,
  TradeId,
  VenueOrderId,
} from './identifiers.ts';
import type { OrderSide, OrderState, OrderType, TimeInForce } from './order.ts';
import type { UnixMillis } from './time.ts';

/** Who wants an order. The risk gate has limits for each kind and name. */
export const ORDER_SOURCES = [
  'person',
  'strategy',
  'agent',
  'algorithm', // a child order of an execution algorithm
  'api', // another program of the user
  'protection', // stops that the workstation keeps for a position, flattening, the kill switch
  'external', // placed outside of Renata and found at the venue
] as const;
export type OrderSourceKind = (typeof ORDER_SOURCES)[number];

export interface OrderSource {
  readonly kind: OrderSourceKind;
  /** Name of the strategy, agent or program; empty for a person. */
  readonly name: string;
}

/** How orders hang together. Legs of one group share its id. */
export const GROUP_ROLES = ['entry', 'stop-loss', 'take-profit', 'leg'] as const;
export type GroupRole = (typeof GROUP_ROLES)[number];
/** `oco`: a fill of one takes the others away. `oto`: children work once the entry fills. `bracket`: both. */
export const GROUP_KINDS = ['bracket', 'oco', 'oto'] as const;
export type GroupKind = (typeof GROUP_KINDS)[number];

export interface OrderGroup {
  readonly id: string;
  readonly kind: GroupKind;
  readonly role: GroupRole;
}

/** What an order says. Names are those of docs/fill-rules.md; absent fields do not apply. */
export interface OrderTerms {
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly quantity: Quantity;
  readonly limitPrice?: Price | undefined;
  /** Stop of a stop order, trigger of a touched one. */
  readonly stopPrice?: Price | undefined;
  /** Distance of a trailing stop in price units or in percent: one of the two. */
  readonly trailAmount?: Price | undefined;
  readonly trailPercent?: Decimal | undefined;
  /** How far behind its stop a trailing stop-limit puts its limit. */
  readonly limitOffset?: Price | undefined;
  readonly timeInForce: TimeInForce;
  /** With `gtd`. */
  readonly goodTill?: UnixMillis | undefined;
  /** May fill before the open and after the close. */
  readonly extendedHours?: boolean | undefined;
  /** Only makes the position smaller. */
  readonly reduceOnly?: boolean | undefined;
  /** Never takes liquidity: refused instead. */
  readonly postOnly?: boolean | undefined;
  /** Shown part of an iceberg order. */
  readonly displayQuantity?: Quantity | undefined;
}

/** An order that somebody wants: journaled before anything else is done with it. Never changed. */
export interface OrderIntent {
  readonly clientOrderId: ClientOrderId;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly terms: OrderTerms;
  readonly source: OrderSource;
  readonly strategy: StrategyId | null;
  readonly group: OrderGroup | null;
  /** The entry that this order waits for. */
  readonly parent: ClientOrderId | null;
  /** When the decision was made and at which price, for execution quality; the price may be unknown. */
  readonly decidedAt: UnixMillis;
  readonly decisionPrice: Price | null;
  readonly tag: string;
}

/** What of an order may be amended; absent fields stay. */
export interface OrderAmendment {
  /** Units in all, with those that are filled. */
  readonly quantity?: Quantity | undefined;
  readonly limitPrice?: Price | undefined;
  readonly stopPrice?: Price | undefined;
  readonly trailAmount?: Price | undefined;
  readonly trailPercent?: Decimal | undefined;
}

export const LIQUIDITY = ['maker', 'taker', 'unknown'] as const;
export type Liquidity = (typeof LIQUIDITY)[number];

/** A fill as it is booked, once for each `tradeId` of an account. */
export interface Fill {
  readonly tradeId: TradeId;
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | null;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
  readonly quantity: Quantity;
  readonly price: Price;
  /** Positive is paid, negative a rebate; null until the venue says it. */
  readonly commission: Decimal | null;
  readonly commissionCurrency: string;
  /** Units that the venue kept as its commission: the position changes by so much less, or more when sold. */
  readonly unitsCharged?: Quantity | undefined;
  readonly liquidity: Liquidity;
  readonly venueTime: UnixMillis;
  readonly receivedTime: UnixMillis;
  /** Time of the prices that filled it, where those are not of the present: a market that is played again. */
  readonly marketTime?: UnixMillis | undefined;
}

/** Present state of an order, made from its events. */
export interface LiveOrder extends OrderIntent {
  readonly venueOrderId: VenueOrderId | null;
  readonly state: OrderState;
  readonly filledQuantity: Quantity;
  /** Volume-weighted price of the fills; null without. */
  readonly averagePrice: Price | null;
  /** Terms that wait for the venue's answer. */
  readonly pending: OrderAmendment | null;
  /** Why it was denied, rejected, cancelled or is unknown; empty otherwise. */
  readonly reason: string;
  /** Code of a denial (engine/risk), or the venue's own. */
  readonly reasonCode: string;
  /** Number of its last event in the journal. */
  readonly lastEvent: number;
  readonly createdAt: UnixMillis;
  readonly changedAt: UnixMillis;
}

const OPEN: ReadonlySet<OrderState> = new Set<OrderState>([
  'Initialized',
  'Submitted',
  'Accepted',
  'PendingUpdate',
  'PendingCancel',
  'Triggered',
  'PartiallyFilled',
  'Unknown',
]);

/** Whether an order may still fill as far as anybody knows. */
export function isOpen(state: OrderState): boolean {
  return OPEN.has(state);
}
