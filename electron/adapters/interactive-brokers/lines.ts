import { TickByTickDataType } from '@stoqey/ib';
import type { Encoder } from '@stoqey/ib/dist/core/io/encoder.js';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { MS_PER_SECOND, unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';
import type { KnownContract } from './contracts.ts';
import { DepthRows } from './depth.ts';

/** Streams of TWS: quotes and halts come by the same one. */
export type LineKind = 'top' | 'trades' | 'depth' | 'bars';

const LINES: Readonly<Record<DataKind, LineKind>> = {
  quote: 'top',
  status: 'top',
  trade: 'trades',
  book: 'depth',
  bar: 'bars',
};
export const lineKindOf = (kind: DataKind): LineKind => LINES[kind];

const DEPTH_ROWS = 10;
const FIVE_SECONDS = timeframe('5s');
/** Kinds of ticks, real-time and delayed. */
const BID: ReadonlySet<number> = new Set([1, 66]);
const ASK: ReadonlySet<number> = new Set([2, 67]);
const BID_SIZE: ReadonlySet<number> = new Set([0, 69]);
const ASK_SIZE: ReadonlySet<number> = new Set([3, 70]);
const HALTED: ReadonlySet<number> = new Set([49, 90]);

/** One stream of one instrument. */
export class Line {
  readonly kind: LineKind;
  readonly contract: KnownContract;
  readonly kinds = new Set<DataKind>();
  requestId = 0;
  #bid = Number.NaN;
  #ask = Number.NaN;
  #bidSize = Number.NaN;
  #askSize = Number.NaN;
  #quoteChanged = false;
  #halted: number | null = null;
  #rows = new DepthRows();
  #bookChanged = false;

  constructor(kind: LineKind, contract: KnownContract) {
    this.kind = kind;
    this.contract = contract;
  }

  restart(requestId: number): void {
    this.requestId = requestId;
    this.#bid = Number.NaN;
    this.#ask = Number.NaN;
    this.#bidSize = Number.NaN;
    this.#askSize = Number.NaN;
    this.#quoteChanged = false;
    this.#rows.clear();
    this.#bookChanged = false;
  }

  open(encoder: Encoder, id: number): void {
    const { word } = this.contract;
    switch (this.kind) {
      case 'top':
        encoder.reqMktData(id, word as never, '', false, false);
        return;
      case 'trades':
        encoder.reqTickByTickData(id, word as never, TickByTickDataType.AllLast, 0, false);
        return;
      case 'depth':
        encoder.reqMktDepth(id, word as never, DEPTH_ROWS, word.exchange === 'SMART', []);
        return;
      case 'bars': {
        const what = word.secType === 'CASH' ? 'MIDPOINT' : 'TRADES';
        encoder.reqRealTimeBars(id, word as never, 5, what, false, []);
      }
    }
  }

  close(encoder: Encoder, id: number): void {
    switch (this.kind) {
      case 'top':
        encoder.cancelMktData(id);
        return;
      case 'trades':
        encoder.cancelTickByTickData(id);
        return;
      case 'depth':
        encoder.cancelMktDepth(id, this.contract.word.exchange === 'SMART');
        return;
      case 'bars':
        encoder.cancelRealTimeBars(id);
    }
  }

  /** @returns false when what came does not fit what came before */
  take(name: string, args: readonly unknown[], now: UnixMillis, into: MarketDatum[]): boolean {
    switch (name) {
      case 'tickPrice':
        this.#price(Number(args[1]), Number(args[2]));
        return true;
      case 'tickSize':
        this.#size(Number(args[1]), Number(args[2]));
        return true;
      case 'tickGeneric':
        this.#generic(Number(args[1]), Number(args[2]), now, into);
        return true;
      case 'tickByTickAllLast':
        this.#trade(args, now, into);
        return true;
      case 'updateMktDepth':
        return this.#depth(args[1], args[2], args[3], args[4], args[5]);
      case 'updateMktDepthL2':
        return this.#depth(args[1], args[3], args[4], args[5], args[6]);
      case 'realtimeBar':
        this.#bar(args, now, into);
        return true;
      default:
        return true;
    }
  }

  /** What changed since the last time: one quote and one book for all that came together. */
  flush(now: UnixMillis, into: MarketDatum[]): void {
    if (this.#quoteChanged) {
      this.#quoteChanged = false;
      if (this.kinds.has('quote')) {
        into.push({
          kind: 'quote',
          ...this.#stamp(now),
          bid: this.#bid,
          ask: this.#ask,
          bidSize: this.#bidSize,
          askSize: this.#askSize,
        });
      }
    }
    if (this.#bookChanged) {
      this.#bookChanged = false;
      into.push({
        kind: 'book',
        ...this.#stamp(now),
        ...this.#rows.levels(),
        sequence: this.#rows.sequence,
      });
    }
  }

  /** Nothing is known of the book any more: an empty one says so. */
  clear(now: UnixMillis, into: MarketDatum[]): void {
    if (this.kind !== 'depth') return;
    this.#rows.clear();
    this.#bookChanged = true;
    this.flush(now, into);
  }

  #stamp(now: UnixMillis, venueTime: UnixMillis = now) {
    return { instrument: this.contract.instrument.id, venueTime, receivedTime: now };
  }

  #price(kind: number, value: number): void {
    // -1 says that there is none; spreads and some futures have negative prices, which -1 may be too.
    const price = Number.isFinite(value) && value !== -1 ? value : Number.NaN;
    if (BID.has(kind)) this.#bid = price;
    else if (ASK.has(kind)) this.#ask = price;
    else return;
    this.#quoteChanged = true;
  }

  #size(kind: number, value: number): void {
    const size = Number.isFinite(value) && value >= 0 ? value : Number.NaN;
    if (BID_SIZE.has(kind)) this.#bidSize = size;
    else if (ASK_SIZE.has(kind)) this.#askSize = size;
    else return;
    this.#quoteChanged = true;
  }

  #generic(kind: number, value: number, now: UnixMillis, into: MarketDatum[]): void {
    if (!HALTED.has(kind) || value < 0 || value === this.#halted) return;
    const first = this.#halted === null;
    this.#halted = value;
    // That it trades is news only after a halt.
    if (!this.kinds.has('status') || (first && value === 0)) return;
    into.push({
      kind: 'status',
      ...this.#stamp(now),
      status: value === 0 ? 'trading' : 'halted',
      reason: value === 2 ? 'volatility' : value === 1 ? 'general' : '',
    });
  }

  #trade(args: readonly unknown[], now: UnixMillis, into: MarketDatum[]): void {
    const seconds = Number(args[2]);
    const price = Number(args[3]);
    const size = Number(args[4]);
    if (!Number.isFinite(price) || !(size >= 0) || !Number.isSafeInteger(seconds)) return;
    const attributes = args[5] as { readonly unreported?: boolean } | undefined;
    into.push({
      kind: 'trade',
      ...this.#stamp(now, unixMillis(seconds * MS_PER_SECOND)),
      price,
      size,
      tradeId: '',
      aggressor: 'unknown',
      regular: attributes?.unreported !== true,
    });
  }

  #depth(
    position: unknown,
    operation: unknown,
    side: unknown,
    price: unknown,
    size: unknown,
  ): boolean {
    const fits = this.#rows.take(
      Number(position),
      Number(operation),
      Number(side),
      Number(price),
      Number(size ?? 0),
    );
    if (fits) this.#bookChanged = true;
    return fits;
  }

  #bar(args: readonly unknown[], now: UnixMillis, into: MarketDatum[]): void {
    const [seconds, open, high, low, close, volume] = args.slice(1, 7).map(Number);
    if (![seconds, open, high, low, close].every((value) => Number.isFinite(value))) return;
    const start = unixMillis(Math.round((seconds as number) * MS_PER_SECOND));
    into.push({
      kind: 'bar',
      ...this.#stamp(now),
      timeframe: FIVE_SECONDS,
      start,
      open: open as number,
      high: high as number,
      low: low as number,
      close: close as number,
      volume: Math.max(0, volume ?? 0),
      closed: true,
    });
  }
}
