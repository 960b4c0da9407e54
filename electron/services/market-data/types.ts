import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import type { MarketCalendar } from '../../../engine/domain/calendar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import type { Timeframe } from '../../../engine/domain/timeframe.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { DataGap, MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  BookView,
  ChartBars,
  QuoteView,
  TradePrint,
} from '../../../engine/protocol/live-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';

/**
 * Made by `createMarketData(options: MarketDataOptions): MarketData` in market-data.ts. `MarketData` is this
 * service and `statistics()`: what came, what was dropped and why, by source.
 *
 * One place for all prices: every panel, strategy, order check and recording shares one subscription of
 * an instrument at a source. Consumers that must not miss anything hear every tick (`listen`); the window
 * hears the newest of each instrument at most 60 times a second (`onView`).
 *
 * Slow consumers: `listen` and `onBar` are called at once and nothing is queued for them, so a listener
 * returns quickly or queues for itself; one that throws is reported and goes on hearing. `onView` keeps
 * the newest of each instrument only. The recorder holds a bounded queue and says what it lost.
 */
export interface MarketDataService {
  /** Sources by name; the first that has an instrument serves it, unless its watcher names one. */
  addSource(client: MarketDataClient): void;
  removeSource(venue: string): void;

  /** Last quote for the risk gate; null when nothing was heard. Never conflated, never invented. */
  mark(id: InstrumentId): Mark | null;
  quote(id: InstrumentId): QuoteView | null;
  /** Whether the prices are those of a market of the past that is played again: it is never closed. */
  isReplayed?(id: InstrumentId): boolean;
  book(id: InstrumentId): BookView | null;

  /** Rules of an instrument, from the cache or asked for. @throws RenataError NOT_FOUND */
  instrument(id: InstrumentId): Promise<TradableInstrument>;
  /** The same without asking. */
  knownInstrument(id: InstrumentId): TradableInstrument | null;
  find(
    query: string,
    source: string | null,
  ): Promise<readonly { readonly connection: string; readonly instrument: TradableInstrument }[]>;

  /**
   * Counts users of a subscription; it ends with the last. Each kind is served by the first source that has
   * the instrument and streams it. A source that is away keeps its watchers: their quotes are stale until it
   * is back.
   * @throws RenataError UNAVAILABLE when no source can give any of the kinds, NOT_FOUND for an instrument
   *   that none knows
   */
  watch(id: InstrumentId, kinds: readonly DataKind[], source?: string): Promise<DataWatch>;

  /**
   * Every tick, cleaned, in order; never conflated. Where an instrument is watched at several sources it
   * tells the ticks of the one that serves it, or, with `source`, all of that source's.
   */
  listen(listener: (batch: readonly MarketDatum[]) => void, source?: string): () => void;
  /** Newest of each instrument, at most 60 times a second. */
  onView(listener: (view: MarketView) => void): () => void;

  /**
   * Closed bars of an instrument as they close, one or several at a time, built from ticks or told by the
   * source, without a gap from the one that forms at the call on: after a break they come from history.
   * @throws RenataError UNAVAILABLE, NOT_FOUND
   */
  onBar(
    id: InstrumentId,
    timeframe: Timeframe,
    listener: (bar: BarColumns) => void,
  ): Promise<Watch>;

  /**
   * Bars for a chart: those that there are, and from then on, with the view, bars that have closed and the one
   * that forms.
   * @param from start of the first closed bar that is wanted; the newest ones when null
   * @throws RenataError UNAVAILABLE, NOT_FOUND
   */
  watchBars(id: InstrumentId, timeframe: Timeframe, from: number | null): Promise<BarWatch>;

  close(): Promise<void>;
}

/** What has changed since the view before. */
export interface MarketView {
  readonly quotes: QuoteView[];
  readonly books: BookView[];
  /** Trades in the order in which they came; the newest alone where there were too many to be read. */
  readonly trades: TradePrint[];
  readonly charts: ChartBars[];
}

export interface Watch {
  readonly id: string;
  end(): void;
}

export interface BarWatch extends Watch {
  readonly source: string;
  /** Name of the calendar that bars are cut by. */
  readonly calendar: string;
  /** A market of the past that is played again: what the store knows beyond it has not happened yet. */
  readonly replayed: boolean;
  /** Closed bars, oldest first. */
  readonly bars: BarColumns;
  readonly forming: Bar | null;
  /** What is missing in them; empty where nothing is. */
  readonly note: string;
}

export interface DataWatch extends Watch {
  /** Kinds that are streamed, each with its source; others were asked for in vain. */
  readonly sources: ReadonlyMap<DataKind, string>;
}

export interface MarketDataOptions {
  readonly clock: Clock;
  /** Sessions by the calendar name of an instrument. @throws RenataError for an unknown name */
  readonly calendar: (name: string) => MarketCalendar;
  /** Hears everything that sources send, before it is cleaned. */
  readonly recorder?: TickRecorder;
  /** Something that went wrong, in one sentence; nobody waits for an answer. */
  readonly onDefect: (error: unknown, what: string) => void;
  /** What was dropped since the last call, by reason; at most once in ten seconds for a source. */
  readonly onDropped?: (source: string, counts: ReadonlyMap<DropReason, number>) => void;
  /** Milliseconds of silence after which a quote is stale, by session; outside of sessions none is. */
  readonly silence?: { readonly regular: number; readonly extended: number };
  /** Milliseconds that a bar waits for its last trades; 1000 when absent. */
  readonly lateness?: number;
}

/** Keeps what came. Both calls return at once. */
export interface TickRecorder {
  record(source: string, batch: readonly MarketDatum[]): void;
  gap(source: string, gap: DataGap): void;
}

/** Why a tick was dropped; `late` ones are told with `regular` false and move no price. */
export const DROP_REASONS = [
  'not-watched',
  'not-a-number',
  'not-positive',
  'bad-size',
  'bad-time',
  'crossed',
  'locked',
  'out-of-order',
  'duplicate',
  'late',
  'spike',
  'bad-bar',
  'bad-book',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface SourceStatistics {
  readonly source: string;
  readonly working: boolean;
  readonly subscriptions: number;
  readonly received: number;
  readonly told: number;
  readonly gaps: number;
  readonly dropped: ReadonlyMap<DropReason, number>;
}
