import type { StubStreams } from './streams.ts';

export interface StubKline {
  readonly start: number;
  readonly close: number;
  /** Open, high, low, close and volume. */
  readonly values: readonly [string, string, string, string, string];
}

type Levels = Readonly<Record<string, string>>;

/** Prices of the stub: books with numbered changes, quotes and bars. */
export class StubMarket {
  readonly bars = new Map<string, StubKline[]>();
  /** Bars in one answer at most, whatever is asked for. */
  page = 1000;
  /** Snapshots are those of the moment before this was set to true. */
  stale = false;
  readonly #books = new Map<
    string,
    { id: number; bids: Map<string, string>; asks: Map<string, string> }
  >();
  readonly #old = new Map<string, object>();
  readonly #streams: StubStreams;
  readonly #now: () => number;

  constructor(streams: StubStreams, now: () => number) {
    this.#streams = streams;
    this.#now = now;
  }

  book(symbol: string): { id: number; bids: Map<string, string>; asks: Map<string, string> } {
    const book = this.#books.get(symbol) ?? { id: 100, bids: new Map(), asks: new Map() };
    this.#books.set(symbol, book);
    return book;
  }

  /** Changes a book by several updates at once. What it returns may be sent, or lost. */
  change(symbol: string, bids: Levels, asks: Levels = {}): Readonly<Record<string, unknown>> {
    const book = this.book(symbol);
    if (!this.stale) this.#old.set(symbol, this.#snapshot(symbol));
    const first = book.id + 1;
    for (const [side, changes] of [
      [book.bids, bids],
      [book.asks, asks],
    ] as const) {
      for (const [price, size] of Object.entries(changes)) {
        book.id += 1;
        if (Number(size) === 0) side.delete(price);
        else side.set(price, size);
      }
    }
    return {
      e: 'depthUpdate',
      E: this.#now(),
      s: symbol,
      U: first,
      u: book.id,
      b: Object.entries(bids),
      a: Object.entries(asks),
    };
  }

  send(change: Readonly<Record<string, unknown>>): void {
    this.#streams.tick(`${String(change['s']).toLowerCase()}@depth@100ms`, change);
  }

  depth(symbol: string, limit: number): object {
    if (this.stale) return this.#old.get(symbol) ?? this.#snapshot(symbol, limit);
    return this.#snapshot(symbol, limit);
  }

  #snapshot(symbol: string, limit = 1000): object {
    const { id, bids, asks } = this.book(symbol);
    const best = (side: Map<string, string>, sign: number): [string, string][] =>
      [...side].toSorted(([a], [b]) => sign * (Number(a) - Number(b))).slice(0, limit);
    return { lastUpdateId: id, bids: best(bids, -1), asks: best(asks, 1) };
  }

  quote(symbol: string): object {
    const { bids, asks } = this.#snapshot(symbol) as {
      bids: [string, string][];
      asks: [string, string][];
    };
    const none = ['0.00000000', '0.00000000'] as const;
    const [bid, ask] = [bids[0] ?? none, asks[0] ?? none];
    return { symbol, bidPrice: bid[0], bidQty: bid[1], askPrice: ask[0], askQty: ask[1] };
  }

  klines(symbol: string, given: Readonly<Record<string, string>>): unknown[] {
    const { startTime = '0', endTime = '9e15', limit = '500' } = given;
    return (this.bars.get(symbol) ?? [])
      .filter(({ start }) => start >= Number(startTime) && start <= Number(endTime))
      .slice(0, Math.min(Number(limit), this.page))
      .map(({ start, close, values }) => [start, ...values, close, '0', 1, '0', '0', '0']);
  }
}
