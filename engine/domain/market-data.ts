import type { InstrumentId } from './identifiers.ts';
import type { Timeframe } from './timeframe.ts';
import type { UnixMillis } from './time.ts';

/** Each datum carries the venue's time and the time at which it was received. NaN: not known. */
interface Received {
  readonly instrument: InstrumentId;
  readonly venueTime: UnixMillis;
  readonly receivedTime: UnixMillis;
}

/** Best bid and ask. */
export interface QuoteTick extends Received {
  readonly kind: 'quote';
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
}

/** One trade of the market. */
export interface TradeTick extends Received {
  readonly kind: 'trade';
  readonly price: number;
  readonly size: number;
  /** The venue's own number of the trade; empty where it gives none. Doubles are dropped by it. */
  readonly tradeId: string;
  /** Side that took liquidity, where the venue says it. */
  readonly aggressor: 'buy' | 'sell' | 'unknown';
  /** False for trades that do not count for the last price (odd lots, late reports). */
  readonly regular: boolean;
}

export interface BookLevel {
  readonly price: number;
  readonly size: number;
}

/** The book, best prices first. */
export interface BookSnapshot extends Received {
  readonly kind: 'book';
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** Rises with every change; a gap means that changes were missed. */
  readonly sequence: number;
}

/** A bar of the venue's own, forming or closed. `venueTime` is when it last changed. */
export interface BarTick extends Received {
  readonly kind: 'bar';
  readonly timeframe: Timeframe;
  readonly start: UnixMillis;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly closed: boolean;
}

/** Halts and resumptions. */
export interface StatusTick extends Received {
  readonly kind: 'status';
  readonly status: 'trading' | 'halted' | 'closed' | 'auction';
  readonly reason: string;
}

export type MarketDatum = QuoteTick | TradeTick | BookSnapshot | BarTick | StatusTick;
export const DATA_KINDS = ['quote', 'trade', 'book', 'bar', 'status'] as const;
export type DataKind = MarketDatum['kind'];
