import type { BookView } from '../../../engine/protocol/live-schemas.ts';

export interface DepthRow {
  readonly side: 'bid' | 'ask';
  readonly price: number;
  readonly size: number;
  /** Size of this level and all that are better. */
  readonly sum: number;
  /** Size as a part of the largest that is shown, for the bar. */
  readonly part: number;
}

/** Levels of a book, asks from the far one down to the best, then bids from the best down. */
export function depthRows(book: BookView, levels: number): readonly DepthRow[] {
  const asks = summed(book.asks.slice(0, levels), 'ask');
  const bids = summed(book.bids.slice(0, levels), 'bid');
  const most = Math.max(0, ...asks.map(({ size }) => size), ...bids.map(({ size }) => size));
  return [...asks.toReversed(), ...bids].map((row) => ({
    ...row,
    part: most > 0 ? row.size / most : 0,
  }));
}

function summed(
  levels: BookView['bids'],
  side: DepthRow['side'],
): readonly Omit<DepthRow, 'part'>[] {
  let sum = 0;
  return levels.map(({ price, size }) => {
    sum += size;
    return { side, price, size, sum };
  });
}

export interface Spread {
  readonly spread: number;
  readonly bps: number;
  /** From -1 (only asks) to 1 (only bids), of what is shown. */
  readonly imbalance: number;
}

export function spreadOf(book: BookView, levels: number): Spread | undefined {
  const bid = book.bids[0]?.price;
  const ask = book.asks[0]?.price;
  if (bid === undefined || ask === undefined) return undefined;
  const total = (side: BookView['bids']): number =>
    side.slice(0, levels).reduce((sum, { size }) => sum + size, 0);
  const bids = total(book.bids);
  const asks = total(book.asks);
  const middle = (bid + ask) / 2;
  return {
    spread: ask - bid,
    bps: middle === 0 ? 0 : ((ask - bid) / Math.abs(middle)) * 10_000,
    imbalance: bids + asks > 0 ? (bids - asks) / (bids + asks) : 0,
  };
}
