import type { Clock } from '../../../engine/ports/clock.ts';
import type { BookView, QuoteView } from '../../../engine/protocol/live-schemas.ts';
import type { InstrumentState } from './board.ts';

/** Milliseconds between two updates: at most 60 in a second. */
const FRAME = 17;

type ViewListener = (view: { readonly quotes: QuoteView[]; readonly books: BookView[] }) => void;

/** Tells the newest of each instrument that has changed, at most 60 times a second. */
export class ViewFeed {
  readonly #clock: Clock;
  readonly #refresh: (state: InstrumentState) => void;
  readonly #onDefect: (error: unknown, what: string) => void;
  readonly #listeners = new Set<ViewListener>();
  readonly #quotes = new Set<InstrumentState>();
  readonly #books = new Set<InstrumentState>();
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
    if (this.#cancel !== undefined) return;
    const wait = Math.max(0, this.#toldAt + FRAME - this.#clock.elapsed());
    this.#cancel = this.#clock.after(wait, () => this.#tell());
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
    if (quotes.length + books.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener({ quotes, books });
      } catch (error) {
        this.#onDefect(error, 'A listener of quotes failed');
      }
    }
  }
}
