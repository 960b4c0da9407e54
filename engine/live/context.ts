import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderRequest,
  SeriesView,
  StrategyContext,
} from '../backtest/strategy.ts';
import type { BarStore } from './bar-store.ts';
import type { LiveBook } from './book.ts';

/** What a strategy is handed while it runs live: the same as in a backtest, and nothing behind it. */
export class LiveContext implements StrategyContext {
  readonly time: SeriesView;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  readonly shortAllowed: boolean;
  readonly #book: LiveBook;

  constructor(book: LiveBook, bars: BarStore, shortAllowed: boolean) {
    this.#book = book;
    this.time = bars.view('time');
    this.open = bars.view('open');
    this.high = bars.view('high');
    this.low = bars.view('low');
    this.close = bars.view('close');
    this.volume = bars.view('volume');
    this.shortAllowed = shortAllowed;
    Object.freeze(this);
  }

  get index(): number {
    return this.#book.index;
  }

  get position(): number {
    return this.#book.position;
  }

  get cash(): number {
    return this.#book.cash;
  }

  get equity(): number {
    return this.#book.equity;
  }

  get entryPrice(): number {
    return this.#book.entryPrice;
  }

  get warmingUp(): boolean {
    return this.#book.warmingUp;
  }

  random(): number {
    return this.#book.random();
  }

  order(request: OrderRequest): number {
    return this.#book.order({ ...request });
  }

  buy(tag = ''): number {
    return this.#book.order({ side: 'buy', tag });
  }

  sell(tag = ''): number {
    if (this.position > 0 && !this.shortAllowed) return this.exit(tag);
    return this.shortAllowed ? this.#book.order({ side: 'sell', tag }) : -1;
  }

  exit(tag = ''): number {
    const { position } = this;
    if (position === 0) return -1;
    return this.#book.order({ side: position > 0 ? 'sell' : 'buy', reduceOnly: true, tag });
  }

  bracket({ entry, stopLoss, takeProfit }: BracketRequest): Bracket {
    return this.#book.bracket({
      entry: { ...entry },
      ...(stopLoss === undefined ? {} : { stopLoss: { ...stopLoss } }),
      ...(takeProfit === undefined ? {} : { takeProfit: { ...takeProfit } }),
    });
  }

  amend(order: number, change: OrderChange): boolean {
    return this.#book.amend(order, { ...change });
  }

  cancel(order: number): void {
    this.#book.cancel(order);
  }

  cancelAll(): void {
    this.#book.cancelAll();
  }
}
