import type { OrderSide, OrderType, TimeInForce } from '../../domain/order.ts';

/** At what moment of a bar something is filled. */
export type Moment = 'open' | 'inside' | 'close';

/** What is fixed when an order is given. */
export interface OrderTerms {
  readonly id: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly reduceOnly: boolean;
  readonly tag: string;
  readonly timeInForce: TimeInForce;
  /** UnixMillis; NaN without. */
  readonly goodTill: number;
  /** Order whose fill sets this one to work; -1 without. */
  readonly parent: number;
}

/** An order that waits for its price. The book changes it while it works. */
export class WorkingOrder {
  readonly id: number;
  readonly side: OrderSide;
  readonly buys: boolean;
  readonly type: OrderType;
  readonly reduceOnly: boolean;
  readonly tag: string;
  readonly timeInForce: TimeInForce;
  readonly goodTill: number;
  readonly parent: number;
  /** Orders of one number above 0 take each other away. */
  group = 0;
  /** Units in all; NaN: the size rule, or the position to close, decides at the fill. */
  quantity = Number.NaN;
  limitPrice = Number.NaN;
  /** Stop of stops, trigger of touched orders, present level of trailing stops. */
  stopPrice = Number.NaN;
  trailAmount = Number.NaN;
  trailPercent = Number.NaN;
  /** How far the limit of a trailing stop-limit lies behind its stop. */
  limitOffset = 0;
  filled = 0;
  /** Units times price of what was filled. */
  notional = 0;
  fees = 0;
  /** Last bar on which it was filled. */
  filledBar = -1;
  /** Its stop or trigger has been reached. */
  triggered = false;
  /** Not filled, denied, cancelled or expired. A strategy may cancel orders while they are matched. */
  working = true;
  /** Held back until its parent is filled. */
  waiting = false;
  /** Its quantity is what its parent has filled. */
  follows = false;
  /** First bar whose open, whose inside, and whose close it takes part in. */
  from = 0;
  inside = 0;
  closing = 0;
  /** The same among the finer bars of a bar that is replayed. */
  finer = Number.POSITIVE_INFINITY;
  /** Session in which it came to work; NaN before. */
  session = Number.NaN;
  /** Made smaller, not denied, when the money does not suffice. */
  trimmed = false;

  constructor(terms: OrderTerms) {
    this.id = terms.id;
    this.side = terms.side;
    this.buys = terms.side === 'buy';
    this.type = terms.type;
    this.reduceOnly = terms.reduceOnly;
    this.tag = terms.tag;
    this.timeInForce = terms.timeInForce;
    this.goodTill = terms.goodTill;
    this.parent = terms.parent;
  }

  /** Units still to fill; NaN while they are not decided. */
  left(): number {
    return this.quantity - this.filled;
  }

  /** Filled at a price of its own or better, so without slippage. */
  get limited(): boolean {
    return LIMITED.has(this.type);
  }

  get trails(): boolean {
    return this.type === 'trailing_stop' || this.type === 'trailing_stop_limit';
  }

  /** A market order once its stop has been reached. */
  get stops(): boolean {
    return this.type === 'stop' || this.type === 'trailing_stop';
  }

  /** A limit order once its stop has been reached. */
  get stopsLimited(): boolean {
    return this.type === 'stop_limit' || this.type === 'trailing_stop_limit';
  }

  get atOnce(): boolean {
    return this.timeInForce === 'ioc' || this.timeInForce === 'fok';
  }

  /** Whether it needs to know sessions or the time of bars. */
  get timed(): boolean {
    return this.timeInForce === 'day' || this.timeInForce === 'gtd' || AUCTIONS.has(this.type);
  }
}

const LIMITED: ReadonlySet<OrderType> = new Set([
  'limit',
  'stop_limit',
  'trailing_stop_limit',
  'limit_if_touched',
  'limit_on_open',
  'limit_on_close',
]);

const AUCTIONS: ReadonlySet<OrderType> = new Set([
  'market_on_open',
  'market_on_close',
  'limit_on_open',
  'limit_on_close',
]);
