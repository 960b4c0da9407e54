import type { OrderSide } from '../domain/order.ts';

export interface QualityFill {
  readonly time: number;
  readonly price: number;
  readonly quantity: number;
  /** Positive is paid. */
  readonly commission: number;
  /** Middle of the market when it was filled; NaN when not known. */
  readonly mid: number;
}

/** An order that has ended, with the prices that it is measured against; NaN: not known. */
export interface ExecutedOrder {
  readonly id: string;
  readonly venue: string;
  /** Method of the algorithm that worked it; empty for an order that was sent as it is. */
  readonly algorithm: string;
  /** Currency of prices and commissions, and money for one unit at a price of 1. */
  readonly currency: string;
  readonly multiplier: number;
  readonly side: OrderSide;
  /** Units that were wanted. */
  readonly quantity: number;
  readonly fills: readonly QualityFill[];
  /** Price when it was decided, and middle of the market when the order arrived there. */
  readonly decisionPrice: number;
  readonly arrivalPrice: number;
  /** Volume-weighted price of all trades of the market while the order worked. */
  readonly intervalVwap: number;
  /** Price at the end, at which the units that are not filled could be had. */
  readonly endPrice: number;
  /** When it arrived: UnixMillis in the zone in which hours are counted. */
  readonly arrivedAt: number;
}

export const BENCHMARKS = ['decision', 'arrival', 'mid', 'vwap'] as const;
export type Benchmark = (typeof BENCHMARKS)[number];

/** One cost in basis points of its base, and in money; positive is worse. NaN: not known. */
export interface Cost {
  readonly bps: number;
  readonly money: number;
}

export interface OrderQuality {
  readonly id: string;
  readonly filled: number;
  readonly notional: number;
  readonly averagePrice: number;
  readonly slippage: Readonly<Record<Benchmark, Cost>>;
  /** Commission, by the notional. */
  readonly commission: Cost;
  /**
   * Perold's implementation shortfall by the decision's value: what filled units cost above the decision
   * price, commission, and what the units that were not filled have missed.
   */
  readonly shortfall: Cost;
}

export function qualityOf(order: ExecutedOrder): OrderQuality {
  const sign = order.side === 'buy' ? 1 : -1;
  let filled = 0;
  let value = 0;
  let commission = 0;
  let mids = 0;
  for (const fill of order.fills) {
    filled += fill.quantity;
    value += fill.quantity * fill.price;
    commission += fill.commission;
    mids += fill.quantity * fill.mid;
  }
  const { decisionPrice, quantity, endPrice, multiplier } = order;
  const averagePrice = filled > 0 ? value / filled : Number.NaN;
  const notional = Math.abs(value) * multiplier;
  const against = (price: number): Cost => ({
    bps: (sign * (averagePrice - price) * 10_000) / Math.abs(price),
    money: sign * (averagePrice - price) * filled * multiplier,
  });
  const missed = quantity - filled;
  const opportunity = missed > 0 ? sign * missed * (endPrice - decisionPrice) * multiplier : 0;
  const paid = filled > 0 ? sign * (value - filled * decisionPrice) * multiplier : 0;
  const shortfall = paid + commission + opportunity;
  return {
    id: order.id,
    filled,
    notional,
    averagePrice,
    slippage: {
      decision: against(decisionPrice),
      arrival: against(order.arrivalPrice),
      mid: against(mids / filled),
      vwap: against(order.intervalVwap),
    },
    commission: { bps: (commission * 10_000) / notional, money: commission },
    shortfall: {
      bps: (shortfall * 10_000) / (quantity * Math.abs(decisionPrice) * multiplier),
      money: shortfall,
    },
  };
}

/** What orders are put together by. */
export type QualityGroup =
  | { readonly by: 'order' | 'hour' | 'venue' | 'algorithm' }
  /** Upper ends of the sizes, in rising order; what is above the last is a group of its own. */
  | { readonly by: 'size'; readonly edges: readonly number[] };

export interface QualityRow {
  readonly key: string;
  /** Amounts of different currencies are never added: each has rows of its own. */
  readonly currency: string;
  readonly orders: number;
  readonly quantity: number;
  readonly filled: number;
  readonly notional: number;
  /**
   * Basis points are means weighted by notional over the orders for which the benchmark is known, money is
   * their sum; NaN without any.
   */
  readonly slippage: Readonly<Record<Benchmark, Cost>>;
  readonly commission: Cost;
  /** Weighted by the value of the decisions. */
  readonly shortfall: Cost;
}

const HOUR = 3_600_000;

/** Rows in the order of time, of size, or of the name. */
export function qualityTable(
  orders: readonly ExecutedOrder[],
  group: QualityGroup,
): readonly QualityRow[] {
  const groups = new Map<
    string,
    { readonly key: string; readonly rank: number | string; readonly orders: ExecutedOrder[] }
  >();
  for (const order of orders) {
    const { key, rank } = keyOf(order, group);
    const name = `${key}|${order.currency}`;
    const found = groups.get(name);
    if (found === undefined) groups.set(name, { key, rank, orders: [order] });
    else found.orders.push(order);
  }
  return [...groups.values()]
    .toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .map(({ key, orders: found }) => rowOf(key, found));
}

function keyOf(
  order: ExecutedOrder,
  group: QualityGroup,
): { readonly key: string; readonly rank: number | string } {
  switch (group.by) {
    case 'order':
      return { key: order.id, rank: order.arrivedAt };
    case 'venue':
      return { key: order.venue, rank: order.venue };
    case 'algorithm': {
      const name = order.algorithm === '' ? 'none' : order.algorithm;
      return { key: name, rank: order.algorithm };
    }
    case 'hour': {
      const hour = ((Math.floor(order.arrivedAt / HOUR) % 24) + 24) % 24;
      return { key: `${String(hour).padStart(2, '0')}:00`, rank: hour };
    }
    case 'size': {
      const { edges } = group;
      const at = edges.findIndex((edge) => order.quantity <= edge);
      if (at >= 0) return { key: `up to ${edges[at] as number}`, rank: at };
      return { key: `above ${edges.at(-1) ?? 0}`, rank: edges.length };
    }
  }
}

function rowOf(key: string, orders: readonly ExecutedOrder[]): QualityRow {
  const qualities = orders.map(qualityOf);
  /** Mean of what is known, and the sum of it in money. */
  const mean = (
    cost: (quality: OrderQuality) => Cost,
    weight: (quality: OrderQuality, row: number) => number,
  ): Cost => {
    let sum = 0;
    let weights = 0;
    let money = 0;
    for (const [row, quality] of qualities.entries()) {
      const x = cost(quality);
      const w = weight(quality, row);
      if (!Number.isFinite(x.bps) || !(w > 0)) continue;
      sum += w * x.bps;
      weights += w;
      money += x.money;
    }
    if (!(weights > 0)) return { bps: Number.NaN, money: Number.NaN };
    return { bps: sum / weights, money };
  };
  const byNotional = ({ notional }: OrderQuality): number => notional;
  const against = (name: Benchmark): Cost => mean(({ slippage }) => slippage[name], byNotional);
  const decided = (_: OrderQuality, row: number): number => {
    const { quantity, decisionPrice, multiplier } = orders[row] as ExecutedOrder;
    return quantity * Math.abs(decisionPrice) * multiplier;
  };
  return {
    key,
    currency: orders[0]?.currency ?? '',
    orders: orders.length,
    quantity: orders.reduce((sum, { quantity }) => sum + quantity, 0),
    filled: qualities.reduce((sum, { filled }) => sum + filled, 0),
    notional: qualities.reduce((sum, { notional }) => sum + notional, 0),
    slippage: {
      decision: against('decision'),
      arrival: against('arrival'),
      mid: against('mid'),
      vwap: against('vwap'),
    },
    commission: mean(({ commission }) => commission, byNotional),
    shortfall: mean(({ shortfall }) => shortfall, decided),
  };
}
