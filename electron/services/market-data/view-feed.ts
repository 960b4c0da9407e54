import type { TradeTick } from '../../../engine/domain/market-data.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { BookView, QuoteView, TradePrint } from '../../../engine/protocol/live-schemas.ts';
import type { InstrumentState } from './board.ts';
import type { ChartFeed } from './charts.ts';
import type { MarketView } from './types.ts';

/** Milliseconds between two updates: at most 60 in a second, though timers may be a millisecond early. */
const FRAME = 18;
/** Trades of one instrument in an update, and of all together. */
const PRINTS = 100;
const ALL_PRINTS = 1000;

type ViewListener = (view: MarketView) => void;

/** Tells the newest of each instrument that has changed, at most 60 times a second. */
export class ViewFeed {
  readonly #clock: Clock;
  readonly #refresh: (state: InstrumentState) => void;
  readonly #onDefect: (error: unknown, what: string) => void;
  readonly #listeners = new Set<ViewListener>();
  readonly #quotes = new Set<InstrumentState>();
  readonly #books = new Set<InstrumentState>();
  readonly #trades = new Map<string, TradePrint[]>();
  readonly #charts = new Set<ChartFeed>();
  #cancel: (() => void) | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @param refresh brings the state's staleness up to date */
  constructor(
    clock: Clock,
    refresh: (state: InstrumentState) => void,
    onDefect: (error: unknown, what: string) => void,
  ) {
    this.#clock = clock;
    this.#refresh = refresh;
    this.#onDefect = onDefect;
  }

  on(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(state: InstrumentState, book: boolean): void {
    (book ? this.#books : this.#quotes).add(state);
    this.#plan();
  }

  /** The bars of a chart have changed. */
  readonly charted = (chart: ChartFeed): void => {
    this.#charts.add(chart);
    this.#plan();
  };

  /** Nobody looks at the chart any more. */
  uncharted(chart: ChartFeed): void {
    this.#charts.delete(chart);
  }

  #plan(): void {
    if (this.#cancel !== undefined) return;
    const wait = Math.max(0, this.#toldAt + FRAME - this.#clock.elapsed());
    this.#cancel = this.#clock.after(wait, () => this.#tell());
  }

  /** A trade that was heard; `changed` is told of its instrument as well. */
  traded(trade: TradeTick): void {
    const { instrument, price, size, aggressor, venueTime, receivedTime } = trade;
    let own = this.#trades.get(instrument);
    if (own === undefined) {
      own = [];
      this.#trades.set(instrument, own);
    }
    const time = Math.floor(Number.isNaN(venueTime) ? receivedTime : venueTime);
    own.push({
      instrument,
      price,
      size: Number.isFinite(size) ? size : 0,
      side: aggressor,
      time,
    });
    // Cut now and then only, since that moves all of them.
    if (own.length >= 2 * PRINTS) own.splice(0, own.length - PRINTS);
  }

  close(): void {
    this.#cancel?.();
    this.#listeners.clear();
  }

  #tell(): void {
    this.#cancel = undefined;
    this.#toldAt = this.#clock.elapsed();
    const quotes: QuoteView[] = [];
    const books: BookView[] = [];
    for (const state of this.#quotes) {
      this.#refresh(state);
      const quote = state.quote();
      if (quote !== null) quotes.push(quote);
    }
    for (const state of this.#books) {
      const book = state.bookView();
      if (book !== null) books.push(book);
    }
    this.#quotes.clear();
    this.#books.clear();
    const trades = this.#newestTrades();
    const charts = Array.from(this.#charts, (chart) => chart.take());
    this.#charts.clear();
    if (quotes.length + books.length + trades.length + charts.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener({ quotes, books, trades, charts });
      } catch (error) {
        this.#onDefect(error, 'A listener of quotes failed');
      }
    }
  }

  #newestTrades(): TradePrint[] {
    const lists = [...this.#trades.values()];
    this.#trades.clear();
    // Where many instruments trade at once, each has the same share.
    const share = Math.min(PRINTS, Math.floor(ALL_PRINTS / Math.max(1, lists.length)));
    return share === 0
      ? lists.slice(-ALL_PRINTS).flatMap((own) => own.slice(-1))
      : lists.flatMap((own) => own.slice(-share));
  }
}
