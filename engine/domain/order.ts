/** Vocabulary of orders, shared by backtest, paper and live. */
export const ORDER_SIDES = ['buy', 'sell'] as const;
export type OrderSide = (typeof ORDER_SIDES)[number];

/** Results name types by their place in this list: add at the end only. */
export const ORDER_TYPES = [
  'market',
  'limit',
  'stop',
  'stop_limit',
  'trailing_stop',
  'trailing_stop_limit',
  'market_if_touched',
  'limit_if_touched',
  'market_on_open',
  'market_on_close',
  'limit_on_open',
  'limit_on_close',
] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

/** How long an order works: until cancelled, for its session, until a time, or at once or not at all. */
export const TIMES_IN_FORCE = ['gtc', 'day', 'gtd', 'ioc', 'fok'] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

/** Life of an order; see docs/architecture.md. `Denied` is ours, `Rejected` the venue's. */
export const ORDER_STATES = [
  'Initialized',
  'Denied',
  'Submitted',
  'Accepted',
  'Rejected',
  'PendingUpdate',
  'PendingCancel',
  'Triggered',
  'PartiallyFilled',
  'Filled',
  'Canceled',
  'Expired',
  'Unknown',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];
