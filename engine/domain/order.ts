/** Vocabulary of orders, shared by backtest, paper and live. */
export const ORDER_SIDES = ['buy', 'sell'] as const;
export type OrderSide = (typeof ORDER_SIDES)[number];

export const ORDER_TYPES = ['market', 'limit', 'stop', 'stop_limit'] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

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
