import {
  add,
  compare,
  decimalOf,
  greatest,
  least,
  roundToStep,
  type Price,
} from '../domain/decimal.ts';
import type { AlgorithmOrder, MarketView } from './types.ts';

/** The price that an order which takes would meet; NaN when nothing is known. */
export function farPrice(order: AlgorithmOrder, view: MarketView): number {
  const far = order.side === 'buy' ? view.ask : view.bid;
  return Number.isFinite(far) ? far : view.last;
}

/** Whether the market is where the limit allows trades. Without a price nothing is known, so no. */
export function withinLimit(order: AlgorithmOrder, view: MarketView): boolean {
  const far = farPrice(order, view);
  if (!Number.isFinite(far)) return false;
  if (order.limitPrice === null) return true;
  const limit = Number(order.limitPrice);
  return order.side === 'buy' ? far <= limit : far >= limit;
}

/** Whether children of this order rest at a price that follows the market. */
export function follows(order: AlgorithmOrder): boolean {
  const { kind } = order.method;
  return kind === 'peg' || (kind !== 'iceberg' && order.style !== 'take');
}

/**
 * The limit of a child: null for a market order, undefined when the price that it follows is not known.
 * Prices between two ticks go to the one that is better for the order.
 */
export function childPrice(order: AlgorithmOrder, view: MarketView): Price | null | undefined {
  const { method } = order;
  if (method.kind === 'iceberg' || !follows(order)) return order.limitPrice;
  const to =
    method.kind === 'peg'
      ? method.to
      : order.style === 'mid'
        ? 'mid'
        : order.side === 'buy'
          ? 'bid'
          : 'ask';
  const { bid, ask } = view;
  const reference = to === 'mid' ? (bid + ask) / 2 : to === 'bid' ? bid : ask;
  if (!Number.isFinite(reference)) return undefined;
  const followed = onTick(order, reference);
  const price = (method.kind === 'peg' ? add(followed, method.offset) : followed) as Price;
  if (order.limitPrice === null) return price;
  return (
    order.side === 'buy' ? least(price, order.limitPrice) : greatest(price, order.limitPrice)
  ) as Price;
}

function onTick({ side, tick }: AlgorithmOrder, value: number): Price {
  // Twelve places: 0.1 + 0.2 is the tick 0.3, not one above it.
  const exact = decimalOf(Number(value.toFixed(12)));
  const inside = roundToStep(exact, tick, 'towards-zero') as Price;
  if (side === 'buy') return compare(inside, exact) > 0 ? step(inside, tick, -1) : inside;
  return compare(inside, exact) < 0 ? step(inside, tick, 1) : inside;
}

function step(price: Price, tick: Price, direction: 1 | -1): Price {
  return add(price, direction > 0 ? tick : (`-${tick}` as Price)) as Price;
}
