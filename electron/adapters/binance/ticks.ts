import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { BarTick, QuoteTick, TradeTick } from '../../../engine/domain/market-data.ts';
import type { Timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';
import type { Fields } from '../../net/frames.ts';

/** A change of the book: sizes are the whole of their level, 0 takes it away. */
export interface DepthChange {
  readonly first: number;
  readonly last: number;
  readonly time: UnixMillis;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}
export type Level = readonly [price: number, size: number];

/** Best bid and ask carry no time: it is not known. */
const NO_TIME = Number.NaN as UnixMillis;
const AMOUNT = /^\d{1,20}(?:\.\d{1,20})?$/;

/** A price or size from its text; NaN for what is none. */
export function amountOf(value: unknown): number {
  return typeof value === 'string' && AMOUNT.test(value) ? Number(value) : Number.NaN;
}

// Read field by field and not by a schema: it is done for every tick of the market.

/** null for what cannot be read. */
export function readQuote(
  { b, B, a, A }: Fields,
  instrument: InstrumentId,
  receivedTime: number,
): QuoteTick | null {
  const bid = amountOf(b);
  const bidSize = amountOf(B);
  const ask = amountOf(a);
  const askSize = amountOf(A);
  // Not a number when one of them is none; none of them is infinite.
  if (Number.isNaN(bid + bidSize + ask + askSize)) return null;
  return {
    kind: 'quote',
    instrument,
    venueTime: NO_TIME,
    receivedTime: unixMillis(receivedTime),
    // A side without a quote has the price 0.
    bid: bid === 0 ? Number.NaN : bid,
    ask: ask === 0 ? Number.NaN : ask,
    bidSize,
    askSize,
  };
}

export function readTrade(
  { t, p, q, T, m }: Fields,
  instrument: InstrumentId,
  receivedTime: number,
): (TradeTick & { readonly number: number }) | null {
  const price = amountOf(p);
  const size = amountOf(q);
  if (!(price > 0) || !(size >= 0) || !isWhole(t) || !isWhole(T) || typeof m !== 'boolean')
    return null;
  return {
    kind: 'trade',
    instrument,
    venueTime: unixMillis(T),
    receivedTime: unixMillis(receivedTime),
    price,
    size,
    tradeId: String(t),
    number: t,
    // Where the buyer made the price, the seller took it.
    aggressor: m ? 'sell' : 'buy',
    regular: true,
  };
}

export function readBar(
  { E, k }: Fields,
  instrument: InstrumentId,
  timeframe: Timeframe,
  receivedTime: number,
): BarTick | null {
  if (typeof k !== 'object' || k === null) return null;
  const { t, o, h, l, c, v, x } = k as Fields;
  const [open, high, low, close, volume] = [o, h, l, c, v].map(amountOf) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (!isWhole(t) || !isWhole(E) || typeof x !== 'boolean' || !(volume >= 0)) return null;
  if (!(open > 0 && low > 0 && high >= Math.max(open, close, low) && low <= Math.min(open, close)))
    return null;
  return {
    kind: 'bar',
    instrument,
    venueTime: unixMillis(E),
    receivedTime: unixMillis(receivedTime),
    timeframe,
    start: unixMillis(t),
    open,
    high,
    low,
    close,
    volume,
    closed: x,
  };
}

export function readDepth({ E, U, u, b, a }: Fields): DepthChange | null {
  if (!isWhole(E) || !isWhole(U) || !isWhole(u) || u < U) return null;
  const bids = readLevels(b);
  const asks = readLevels(a);
  if (bids === null || asks === null) return null;
  return { first: U, last: u, time: unixMillis(E), bids, asks };
}

export function readLevels(value: unknown): readonly Level[] | null {
  if (!Array.isArray(value)) return null;
  const levels: Level[] = [];
  for (const each of value as unknown[]) {
    if (!Array.isArray(each)) return null;
    const price = amountOf(each[0]);
    const size = amountOf(each[1]);
    if (!(price > 0) || Number.isNaN(size)) return null;
    levels.push([price, size]);
  }
  return levels;
}

const isWhole = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15;
