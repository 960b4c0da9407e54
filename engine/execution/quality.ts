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

/** Costs in basis points of the benchmark; positive is worse than it. NaN: not known. */
export interface OrderQuality {
  readonly id: string;
  readonly filled: number;
  readonly notional: number;
  readonly averagePrice: number;
  readonly slippage: Readonly<Record<Benchmark, number>>;
  /** Commission in basis points of the notional. */
  readonly commission: number;
  /**
   * Perold's implementation shortfall in basis points of the decision's value: what filled units cost
   * above the decision price, commission, and what the units that were not filled have missed.
   */
  readonly shortfall: number;
}

export function qualityOf(order: ExecutedOrder): OrderQuality {
  const sign = order.side === 'buy' ? 1 : -1;
  let filled = 0;
  let notional = 0;
  let commission = 0;
  let mids = 0;
  for (const fill of order.fills) {
    filled += fill.quantity;
    notional += fill.quantity * fill.price;
    commission += fill.commission;
    mids += fill.quantity * fill.mid;
  }
  const averagePrice = filled > 0 ? notional / filled : Number.NaN;
  const against = (price: number): number => (sign * (averagePrice - price) * 10_000) / price;
  const { decisionPrice, quantity, endPrice } = order;
  const missed = quantity - filled;
  const opportunity = missed > 0 ? sign * missed * (endPrice - decisionPrice) : 0;
  const paid = filled > 0 ? sign * (notional - filled * decisionPrice) : 0;
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
    commission: (commission * 10_000) / notional,
    shortfall: ((paid + commission + opportunity) * 10_000) / (quantity * decisionPrice),
  };
}

/** What orders are put together by. */
export type QualityGroup =
  | { readonly by: 'order' | 'hour' | 'venue' }
  /** Upper ends of the sizes, in rising order; what is above the last is a group of its own. */
  | { readonly by: 'size'; readonly edges: readonly number[] };

export interface QualityRow {
  readonly key: string;
  readonly orders: number;
  readonly quantity: number;
  readonly filled: number;
  readonly notional: number;
  /** Means weighted by notional over the orders for which the benchmark is known; NaN without any. */
  readonly slippage: Readonly<Record<Benchmark, number>>;
  readonly commission: number;
  /** Mean weighted by the value of the decisions. */
  readonly shortfall: number;
}

const HOUR = 3_600_000;

/** Rows in the order of time, of size, or of the venue's name. */
export function qualityTable(
  orders: readonly ExecutedOrder[],
  group: QualityGroup,
): readonly QualityRow[] {
  const groups = new Map<string, { readonly rank: number | string; orders: ExecutedOrder[] }>();
  for (const order of orders) {
    const { key, rank } = keyOf(order, group);
    const found = groups.get(key);
    if (found === undefined) groups.set(key, { rank, orders: [order] });
    else found.orders.push(order);
  }
  return [...groups]
    .toSorted(([, a], [, b]) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .map(([key, found]) => rowOf(key, found.orders));
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
  const mean = (
    value: (quality: OrderQuality) => number,
    weight: (quality: OrderQuality, row: number) => number,
  ): number => {
    let sum = 0;
    let weights = 0;
    for (const [row, quality] of qualities.entries()) {
      const x = value(quality);
      const w = weight(quality, row);
      if (!Number.isFinite(x) || !(w > 0)) continue;
      sum += w * x;
      weights += w;
    }
    return weights > 0 ? sum / weights : Number.NaN;
  };
  const byNotional = ({ notional }: OrderQuality): number => notional;
  const against = (name: Benchmark): number => mean(({ slippage }) => slippage[name], byNotional);
  const decided = (_: OrderQuality, row: number): number => {
    const { quantity, decisionPrice } = orders[row] as ExecutedOrder;
    return quantity * decisionPrice;
  };
  return {
    key,
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
