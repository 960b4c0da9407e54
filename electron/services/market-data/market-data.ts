import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import type { BookView, QuoteView } from '../../../engine/protocol/live-schemas.ts';
import { InstrumentState } from './board.ts';
import { TickCleaner } from './cleaning.ts';
import { InstrumentCache } from './instrument-cache.ts';
import { SessionClock, type SessionState } from './session-clock.ts';
import { Source } from './source.ts';
import type { DataWatch, MarketDataOptions, MarketDataService, SourceStatistics } from './types.ts';

/** 60 times a second at most. */
const FRAME = 1000 / 60;
const LOOK_EVERY = 1000;
const SILENCE = { regular: 30_000, extended: 300_000 };

/** The service, and what came and was dropped by source. */
export interface MarketData extends MarketDataService {
  statistics(): readonly SourceStatistics[];
}

interface Board {
  readonly state: InstrumentState;
  readonly session: SessionClock;
  readonly instrument: TradableInstrument;
  /** Of each source that sends it. */
  readonly cleaners: Map<string, TickCleaner>;
  /** Source that serves a kind, and how many watch it. */
  readonly served: Map<DataKind, { readonly source: string; users: number }>;
}

type Listener = (batch: readonly MarketDatum[]) => void;
type ViewListener = (view: { readonly quotes: QuoteView[]; readonly books: BookView[] }) => void;

/** Opens the service; sources are added as they are connected. */
export function createMarketData(options: MarketDataOptions): MarketData {
  const { clock, onDefect } = options;
  const silence = options.silence ?? SILENCE;
  const sources = new Map<string, Source>();
  const boards = new Map<InstrumentId, Board>();
  const sessions = new Map<string, SessionClock>();
  const cache = new InstrumentCache(clock);
  const listeners = new Map<Listener, string | null>();
  const views = new Set<ViewListener>();
  const dirty = new Map<InstrumentId, { quote: boolean; book: boolean }>();
  let cancelFrame: (() => void) | undefined;
  let lastFrame = Number.NEGATIVE_INFINITY;
  let nextWatch = 1;
  let closed = false;

  const clients = (): readonly MarketDataClient[] =>
    [...sources.values()].flatMap(({ client }) => (client === undefined ? [] : [client]));

  function guarded(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      onDefect(error, what);
    }
  }

  function receive(source: Source, batch: readonly MarketDatum[]): void {
    guarded('recorder', () => options.recorder?.record(source.name, batch));
    const clean: MarketDatum[] = [];
    const served: MarketDatum[] = [];
    for (const datum of batch) {
      source.received += 1;
      const board = boards.get(datum.instrument);
      if (board === undefined || !source.has(datum.instrument, datum.kind)) {
        source.drop('not-watched');
        continue;
      }
      source.heard(datum.venueTime, datum.receivedTime);
      const passed: MarketDatum[] = [];
      cleanerOf(board, source).clean(datum, passed);
      for (const each of passed) {
        clean.push(each);
        if (board.served.get(each.kind)?.source !== source.name) continue;
        served.push(each);
        board.state.apply(each);
        board.state.source = source.name;
        board.state.heardAt = clock.elapsed();
        board.state.stale = false;
        mark(each.instrument, each.kind === 'book');
      }
    }
    source.told += clean.length;
    for (const [listener, wanted] of listeners) {
      const told = wanted === null ? served : wanted === source.name ? clean : [];
      if (told.length > 0) guarded('a listener of prices', () => listener(told));
    }
  }

  function cleanerOf(board: Board, source: Source): TickCleaner {
    const known = board.cleaners.get(source.name);
    if (known !== undefined) return known;
    const made = new TickCleaner(board.instrument.assetClass, (reason) => source.drop(reason));
    board.cleaners.set(source.name, made);
    return made;
  }

  /** The newest is told with the next frame. */
  function mark(id: InstrumentId, book: boolean): void {
    const known = dirty.get(id) ?? { quote: false, book: false };
    if (book) known.book = true;
    else known.quote = true;
    dirty.set(id, known);
    if (cancelFrame !== undefined || closed || views.size === 0) return;
    const wait = Math.max(0, lastFrame + FRAME - clock.elapsed());
    cancelFrame = clock.after(wait, tell);
  }

  function tell(): void {
    cancelFrame = undefined;
    lastFrame = clock.elapsed();
    const quotes: QuoteView[] = [];
    const books: BookView[] = [];
    for (const [id, what] of dirty) {
      const state = boards.get(id)?.state;
      const quote = what.quote ? (state?.quote() ?? null) : null;
      const book = what.book ? (state?.bookView() ?? null) : null;
      if (quote !== null) quotes.push(quote);
      if (book !== null) books.push(book);
    }
    dirty.clear();
    if (quotes.length + books.length === 0) return;
    for (const listener of views) guarded('a view of prices', () => listener({ quotes, books }));
  }

  function staleness(): void {
    if (closed) return;
    const now = clock.elapsed();
    for (const [id, { state, session, served }] of boards) {
      if (served.size === 0 || !state.known) continue;
      const phase: SessionState = session.state(clock.now());
      const away = [...served.values()].some(({ source }) => sources.get(source)?.working !== true);
      const quiet = phase === 'closed' ? false : now - state.heardAt > silence[phase];
      const stale = away || quiet;
      if (stale === state.stale) continue;
      state.stale = stale;
      mark(id, false);
    }
    cancelLook = clock.after(LOOK_EVERY, staleness);
  }
  let cancelLook = clock.after(LOOK_EVERY, staleness);

  function sourceOf(name: string): Source {
    const known = sources.get(name);
    if (known !== undefined) return known;
    const made = new Source(name, clock, {
      onData: receive,
      onState: () => undefined,
      onGap: (source, gap) => guarded('recorder', () => options.recorder?.gap(source.name, gap)),
      onEnded: () => undefined,
      onDefect,
    });
    sources.set(name, made);
    return made;
  }

  function boardOf(instrument: TradableInstrument): Board {
    const known = boards.get(instrument.id);
    if (known !== undefined) return known;
    const session =
      sessions.get(instrument.calendar) ?? new SessionClock(options.calendar(instrument.calendar));
    sessions.set(instrument.calendar, session);
    const made: Board = {
      state: new InstrumentState(instrument.id, (time) => session.dayOf(time)),
      session,
      instrument,
      cleaners: new Map(),
      served: new Map(),
    };
    boards.set(instrument.id, made);
    return made;
  }

  async function watch(
    id: InstrumentId,
    kinds: readonly DataKind[],
    wanted?: string,
  ): Promise<DataWatch> {
    const candidates = clients().filter(({ venue }) => wanted === undefined || venue === wanted);
    const { client: first, instrument } = await cache.first(candidates, id);
    const board = boardOf(instrument);
    const taken = new Map<DataKind, string>();
    for (const kind of new Set(kinds)) {
      const now = board.served.get(kind);
      const client =
        candidates.find(({ venue }) => venue === now?.source) ??
        (first.capabilities.streams.includes(kind)
          ? first
          : candidates.find(({ capabilities }) => capabilities.streams.includes(kind)));
      if (client === undefined || !client.capabilities.streams.includes(kind)) continue;
      await sourceOf(client.venue).add(id, kind);
      const served = board.served.get(kind) ?? { source: client.venue, users: 0 };
      served.users += 1;
      board.served.set(kind, served);
      taken.set(kind, client.venue);
    }
    if (taken.size === 0) {
      throw new RenataError(
        'UNAVAILABLE',
        `No connected source streams ${kinds.join(' or ')} of ${id}.`,
      );
    }
    const watchId = `D${nextWatch}`;
    nextWatch += 1;
    let ended = false;
    return {
      id: watchId,
      sources: taken,
      end: () => {
        if (ended) return;
        ended = true;
        for (const [kind, source] of taken) {
          sources.get(source)?.remove(id, kind);
          const served = board.served.get(kind);
          if (served === undefined) continue;
          served.users -= 1;
          if (served.users > 0) continue;
          board.served.delete(kind);
          board.state.forget(kind);
        }
      },
    };
  }

  return {
    addSource: (client) => sourceOf(client.venue).attach(client),
    removeSource: (venue) => sources.get(venue)?.detach(),
    mark: (id) => boards.get(id)?.state.mark() ?? null,
    quote: (id) => boards.get(id)?.state.quote() ?? null,
    book: (id) => boards.get(id)?.state.bookView() ?? null,
    instrument: async (id) => (await cache.first(clients(), id)).instrument,
    knownInstrument: (id) => cache.known(id, [...sources.keys()]),
    find: async (query, source) => {
      const asked = clients().filter(({ venue }) => source === null || venue === source);
      const found = await Promise.allSettled(asked.map((client) => cache.find(client, query)));
      return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    },
    watch,
    listen: (listener, source) => {
      listeners.set(listener, source ?? null);
      return () => listeners.delete(listener);
    },
    onView: (listener) => {
      views.add(listener);
      return () => views.delete(listener);
    },
    onBar: () =>
      Promise.reject(new RenataError('UNAVAILABLE', 'Bars are not built from live prices yet.')),
    statistics: () => [...sources.values()].map((source) => source.statistics()),
    close: async () => {
      closed = true;
      cancelFrame?.();
      cancelLook();
      for (const source of sources.values()) source.detach();
      listeners.clear();
      views.clear();
    },
  };
}
