import type { AssetClass } from '../../../engine/domain/instrument.ts';
import type {
  BarTick,
  BookSnapshot,
  MarketDatum,
  QuoteTick,
  TradeTick,
} from '../../../engine/domain/market-data.ts';
import type { DropReason } from './types.ts';

/** Part of the last price that one trade may move it by without another one near it. */
const SPIKE: Readonly<Record<AssetClass, number>> = {
  equity: 0.1,
  etf: 0.1,
  index: 0.05,
  crypto: 0.1,
  forex: 0.02,
  future: 0.1,
  // Premiums multiply within a second.
  option: Number.POSITIVE_INFINITY,
};
/** A last trade that is older than this says nothing of the next: the market may have gapped. */
const REFERENCE_AGE = 30 * 60_000;
/** A trade that is so much older than the newest is a late report. */
const LATE = 15_000;
/** Clocks of venues run ahead by less than this. */
const AHEAD = 5 * 60_000;
const TRADE_IDS = 4096;

/** Lowest price that is possible: options may be worth nothing, futures less than that. */
function lowest(assetClass: AssetClass): 'any' | 'zero' | 'positive' {
  if (assetClass === 'future') return 'any';
  return assetClass === 'option' ? 'zero' : 'positive';
}

/**
 * Lets good ticks of one instrument of one source through. What it drops it counts:
 * numbers that are none, prices that the asset class cannot have, crossed and locked quotes, trades told
 * twice (by the venue's number, among the last 4096), and single trades far off the market.
 *
 * A trade far off the last one is held back. The next trade decides: near the held one, both are told;
 * near the old price, the held one was a spike. A quote around the held price confirms it as well.
 * A late trade is told with `regular` false, so that it moves neither the last price nor a bar.
 */
export class TickCleaner {
  readonly #lowest: 'any' | 'zero' | 'positive';
  readonly #spike: number;
  readonly #count: (reason: DropReason) => void;
  readonly #ids = new RecentIds(TRADE_IDS);
  #held: TradeTick | undefined;
  #last = Number.NaN;
  #lastTime = Number.NEGATIVE_INFINITY;
  #newestTrade = Number.NEGATIVE_INFINITY;
  #newestQuote = Number.NEGATIVE_INFINITY;
  #bookSequence = Number.NEGATIVE_INFINITY;
  #bid = Number.NaN;
  #ask = Number.NaN;

  constructor(assetClass: AssetClass, count: (reason: DropReason) => void) {
    this.#lowest = lowest(assetClass);
    this.#spike = SPIKE[assetClass];
    this.#count = count;
  }

  /** Pushes what passes, in order. */
  clean(datum: MarketDatum, out: MarketDatum[]): void {
    if (!timed(datum)) {
      this.#count('bad-time');
      return;
    }
    if (datum.kind === 'quote') this.#quote(datum, out);
    else if (datum.kind === 'trade') this.#trade(datum, out);
    else if (datum.kind === 'book') this.#book(datum, out);
    else if (datum.kind === 'bar') this.#bar(datum, out);
    else out.push(datum);
  }

  /** After a break: sequences begin anew, quotes and held trades say nothing any more. */
  reset(): void {
    if (this.#held !== undefined) this.#count('spike');
    this.#held = undefined;
    this.#bookSequence = Number.NEGATIVE_INFINITY;
    this.#newestQuote = Number.NEGATIVE_INFINITY;
    this.#bid = Number.NaN;
    this.#ask = Number.NaN;
  }

  #quote(quote: QuoteTick, out: MarketDatum[]): void {
    const bidless = absent(quote.bid, quote.bidSize);
    const askless = absent(quote.ask, quote.askSize);
    // An empty side is told as 0 by some venues; a price of nothing it is not, but for options.
    const bid = bidless && this.#lowest === 'positive' ? Number.NaN : quote.bid;
    const ask = askless && this.#lowest !== 'any' ? Number.NaN : quote.ask;
    const problem = this.#quoteProblem(quote, bid, ask);
    if (problem !== undefined) {
      this.#count(problem);
      return;
    }
    const time = timeOf(quote);
    if (time < this.#newestQuote) {
      this.#count('out-of-order');
      return;
    }
    this.#newestQuote = time;
    this.#bid = bid;
    this.#ask = ask;
    out.push(
      Object.is(bid, quote.bid) && Object.is(ask, quote.ask) ? quote : { ...quote, bid, ask },
    );
    const held = this.#held;
    if (held !== undefined && bid <= held.price && held.price <= ask) this.#accept(held, out);
  }

  #quoteProblem(quote: QuoteTick, bid: number, ask: number): DropReason | undefined {
    if (!Number.isFinite(bid) && !Number.isNaN(bid)) return 'not-a-number';
    if (!Number.isFinite(ask) && !Number.isNaN(ask)) return 'not-a-number';
    if (Number.isNaN(bid) && Number.isNaN(ask)) {
      // An empty book is a fact; a quote without any number is none.
      return Number.isNaN(quote.bid) && Number.isNaN(quote.ask) ? 'not-a-number' : undefined;
    }
    if (!this.#possible(bid) || !this.#possible(ask)) return 'not-positive';
    if (!sized(quote.bidSize) || !sized(quote.askSize)) return 'bad-size';
    if (bid > ask) return 'crossed';
    return bid === ask ? 'locked' : undefined;
  }

  #trade(trade: TradeTick, out: MarketDatum[]): void {
    if (!Number.isFinite(trade.price)) return this.#count('not-a-number');
    if (!this.#possible(trade.price)) return this.#count('not-positive');
    if (!sized(trade.size)) return this.#count('bad-size');
    if (trade.tradeId !== '' && !this.#ids.add(trade.tradeId)) return this.#count('duplicate');
    const time = timeOf(trade);
    if (time < this.#newestTrade - LATE) {
      this.#count('late');
      out.push(trade.regular ? { ...trade, regular: false } : trade);
      return;
    }
    if (!trade.regular) {
      out.push(trade);
      return;
    }
    const held = this.#held;
    if (held !== undefined) {
      if (this.#near(trade.price, held.price)) {
        this.#accept(held, out);
        this.#accept(trade, out);
        return;
      }
      this.#held = undefined;
      this.#count('spike');
    }
    const fresh = time - this.#lastTime <= REFERENCE_AGE;
    const quoted = this.#bid <= trade.price && trade.price <= this.#ask;
    if (fresh && !quoted && !this.#near(trade.price, this.#last)) {
      this.#held = trade;
      return;
    }
    this.#accept(trade, out);
  }

  #accept(trade: TradeTick, out: MarketDatum[]): void {
    const time = timeOf(trade);
    this.#held = undefined;
    if (time > this.#newestTrade) this.#newestTrade = time;
    if (time >= this.#lastTime) {
      this.#last = trade.price;
      this.#lastTime = time;
    }
    out.push(trade);
  }

  #near(price: number, reference: number): boolean {
    return !(Math.abs(price - reference) > this.#spike * Math.abs(reference));
  }

  #book(book: BookSnapshot, out: MarketDatum[]): void {
    const { bids, asks } = book;
    for (const [levels, direction] of [
      [bids, -1],
      [asks, 1],
    ] as const) {
      let before = Number.NaN;
      for (const { price, size } of levels) {
        if (!Number.isFinite(price) || !Number.isFinite(size)) return this.#count('not-a-number');
        if (!this.#possible(price)) return this.#count('not-positive');
        if (size < 0) return this.#count('bad-size');
        if ((price - before) * direction <= 0) return this.#count('bad-book');
        before = price;
      }
    }
    const bid = bids[0]?.price ?? Number.NaN;
    const ask = asks[0]?.price ?? Number.NaN;
    if (bid > ask) return this.#count('crossed');
    if (bid === ask) return this.#count('locked');
    if (Number.isFinite(book.sequence)) {
      if (book.sequence <= this.#bookSequence) return this.#count('out-of-order');
      this.#bookSequence = book.sequence;
    }
    out.push(book);
  }

  #bar(bar: BarTick, out: MarketDatum[]): void {
    const { open, high, low, close, volume } = bar;
    const finite = [open, high, low, close, bar.start].every((value) => Number.isFinite(value));
    if (!finite) return this.#count('not-a-number');
    if (!this.#possible(low)) return this.#count('not-positive');
    if (volume < 0 || volume === Number.POSITIVE_INFINITY) return this.#count('bad-size');
    if (high < Math.max(open, close) || low > Math.min(open, close)) return this.#count('bad-bar');
    out.push(bar);
  }

  #possible(price: number): boolean {
    if (Number.isNaN(price) || this.#lowest === 'any') return true;
    return this.#lowest === 'zero' ? price >= 0 : price > 0;
  }
}

/** Remembers the last so many texts. */
class RecentIds {
  readonly #ring: string[] = [];
  readonly #known = new Set<string>();
  readonly #most: number;
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns false for one that is remembered */
  add(id: string): boolean {
    if (this.#known.has(id)) return false;
    const old = this.#ring[this.#next];
    if (old !== undefined) this.#known.delete(old);
    this.#ring[this.#next] = id;
    this.#known.add(id);
    this.#next = (this.#next + 1) % this.#most;
    return true;
  }
}

/** The venue's time, or where it gives none that of receipt. */
export function timeOf({
  venueTime,
  receivedTime,
}: Pick<MarketDatum, 'venueTime' | 'receivedTime'>): number {
  return Number.isNaN(venueTime) ? receivedTime : venueTime;
}

function timed({ venueTime, receivedTime }: MarketDatum): boolean {
  if (!Number.isFinite(receivedTime)) return false;
  return Number.isNaN(venueTime) || (venueTime > 0 && venueTime - receivedTime < AHEAD);
}

function absent(price: number, size: number): boolean {
  return price === 0 && !(size > 0);
}

/** Unknown sizes are allowed. */
function sized(size: number): boolean {
  return Number.isNaN(size) || (size >= 0 && size < Number.POSITIVE_INFINITY);
}
