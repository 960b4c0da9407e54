import type { BacktestSettings } from '../../../../../engine/domain/backtest.ts';
import type { OrderRequest } from '../../../../../engine/backtest/strategy.ts';

/**
 * A second exchange by the rows of docs/fill-rules.md: plain records, every order looked at again on every
 * bar, nothing kept that could be computed. It is slow and shares no code with the engine.
 */

export type State =
  | 'Initialized'
  | 'Accepted'
  | 'PartiallyFilled'
  | 'Filled'
  | 'Canceled'
  | 'Denied'
  | 'Expired';

/** An order from its beginning to its end. */
export interface Paper {
  readonly id: number;
  readonly buys: boolean;
  readonly type: NonNullable<OrderRequest['type']>;
  readonly reduce: boolean;
  readonly force: NonNullable<OrderRequest['timeInForce']>;
  readonly till: number;
  readonly parent: number;
  readonly tag: string;
  readonly placed: number;
  group: number;
  /** Units in all; null until the fill decides. */
  units: number | null;
  limit: number;
  stop: number;
  amount: number;
  percent: number;
  offset: number;
  follows: boolean;
  waits: boolean;
  state: State;
  over: boolean;
  done: number;
  filled: number;
  money: number;
  fees: number;
  hit: boolean;
  openFrom: number;
  insideFrom: number;
  closeFrom: number;
  session: number | null;
}

export function newPaper(id: number, request: OrderRequest, bar: number, last: number): Paper {
  const child = request.parent !== undefined;
  const order: Paper = {
    id,
    buys: request.side === 'buy',
    type: request.type ?? 'market',
    reduce: request.reduceOnly ?? false,
    force: request.timeInForce ?? 'gtc',
    till: request.goodTill ?? Infinity,
    parent: request.parent ?? -1,
    tag: request.tag ?? '',
    placed: bar,
    group: 0,
    units: request.quantity ?? null,
    limit: request.limitPrice ?? Number.NaN,
    stop: request.stopPrice ?? Number.NaN,
    amount: request.trailAmount ?? Number.NaN,
    percent: request.trailPercent ?? Number.NaN,
    offset: request.limitOffset ?? 0,
    follows: child && request.quantity === undefined,
    waits: child,
    state: child ? 'Initialized' : 'Accepted',
    over: false,
    done: -1,
    filled: 0,
    money: 0,
    fees: 0,
    hit: false,
    openFrom: bar + 1,
    insideFrom: bar + 1,
    closeFrom: bar + 1,
    session: null,
  };
  if (!child) beginTrail(order, last);
  return order;
}

export const trailing = ({ type }: Paper): boolean => type.startsWith('trailing');
/** Waits for the price to run against it. */
export const isStop = ({ type }: Paper): boolean =>
  ['stop', 'stop_limit', 'trailing_stop', 'trailing_stop_limit'].includes(type);
/** Becomes a market order when its stop is reached. */
export const isMarketStop = ({ type }: Paper): boolean =>
  type === 'stop' || type === 'trailing_stop';
export const isTouch = ({ type }: Paper): boolean => type.endsWith('if_touched');
/** Has a limit, now or once it is triggered. */
export const hasLimit = ({ type }: Paper): boolean =>
  type === 'limit' || type.includes('limit_') || type.endsWith('_limit');

export const limitGood = (o: Paper, price: number): boolean =>
  o.buys ? price <= o.limit : price >= o.limit;
export const stopGood = (o: Paper, price: number): boolean =>
  isTouch(o) === o.buys ? price <= o.stop : price >= o.stop;

export function levelFrom(o: Paper, best: number): number {
  const distance = Number.isNaN(o.percent) ? o.amount : (best * o.percent) / 100;
  return best + (o.buys ? distance : -distance);
}

export function beginTrail(o: Paper, price: number): void {
  if (trailing(o) && Number.isNaN(o.stop)) o.stop = levelFrom(o, price);
}

export function follow(o: Paper, price: number): void {
  const level = levelFrom(o, price);
  if (Number.isNaN(o.stop) || (o.buys ? level < o.stop : level > o.stop)) o.stop = level;
}

export function hit(o: Paper): void {
  o.hit = true;
  if (o.type === 'trailing_stop_limit') o.limit = o.stop + (o.buys ? o.offset : -o.offset);
}

/** Price at which the range of a bar fills an order; undefined without. */
export function priceIn(o: Paper, open: number, high: number, low: number): number | undefined {
  const among = (good: (price: number) => boolean, level: number): number | undefined => {
    if (good(open)) return open;
    return good(high) || good(low) ? level : undefined;
  };
  if (isMarketStop(o) || o.type === 'market_if_touched') {
    return o.hit ? undefined : among((price) => stopGood(o, price), o.stop);
  }
  const asLimit = o.type === 'limit' || (o.hit && hasLimit(o));
  return asLimit ? among((price) => limitGood(o, price), o.limit) : undefined;
}

export function commission(s: BacktestSettings, units: number, price: number): number {
  const { percent, perShare, minimum } = s.commission;
  return Math.max(minimum, (units * price * percent) / 100 + units * perShare);
}

export function wholeLots(s: BacktestSettings, units: number): number {
  return s.lotSize === 0 ? units : Math.floor(units / s.lotSize + 5e-10) * s.lotSize;
}

/** Units that money buys, the commission out of the same money. */
export function buys(s: BacktestSettings, money: number, price: number): number {
  const { percent, perShare, minimum } = s.commission;
  const byRate = money / (price + (price * percent) / 100 + perShare);
  return commission(s, byRate, price) > minimum ? byRate : (money - minimum) / price;
}
