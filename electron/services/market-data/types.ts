import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import type { Timeframe } from '../../../engine/domain/timeframe.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { BookView, QuoteView } from '../../../engine/protocol/live-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';

/**
 * One place for all prices: every panel, strategy, order check and recording shares one subscription of
 * an instrument at a source. Consumers that must not miss anything hear every tick (`listen`); the window
 * hears the newest of each instrument at most 60 times a second (`onView`).
 */
export interface MarketDataService {
  /** Sources by name; the first that has an instrument serves it, unless its watcher names one. */
  addSource(client: MarketDataClient): void;
  removeSource(venue: string): void;

  /** Last quote for the risk gate; null when nothing was heard. Never conflated, never invented. */
  mark(id: InstrumentId): Mark | null;
  quote(id: InstrumentId): QuoteView | null;
  book(id: InstrumentId): BookView | null;

  /** Rules of an instrument, from the cache or asked for. @throws RenataError NOT_FOUND */
  instrument(id: InstrumentId): Promise<TradableInstrument>;
  /** The same without asking. */
  knownInstrument(id: InstrumentId): TradableInstrument | null;
  find(
    query: string,
    source: string | null,
  ): Promise<readonly { readonly connection: string; readonly instrument: TradableInstrument }[]>;

  /** Counts users of a subscription; it ends with the last. @throws RenataError UNAVAILABLE, NOT_FOUND */
  watch(id: InstrumentId, kinds: readonly DataKind[], source?: string): Promise<Watch>;

  /** Every tick, cleaned, in order; never conflated. */
  listen(listener: (batch: readonly MarketDatum[]) => void): () => void;
  /** Newest of each instrument, at most 60 times a second. */
  onView(
    listener: (view: { readonly quotes: QuoteView[]; readonly books: BookView[] }) => void,
  ): () => void;

  /** Closed bars of an instrument as they close, built from ticks or told by the source. */
  onBar(
    id: InstrumentId,
    timeframe: Timeframe,
    listener: (bar: BarColumns) => void,
  ): Promise<Watch>;

  close(): Promise<void>;
}

export interface Watch {
  readonly id: string;
  end(): void;
}
