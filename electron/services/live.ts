import { RenataError } from '../../engine/domain/errors.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import { liveCalls } from '../../engine/protocol/live-contract.ts';
import type { EventName, EventPayload } from '../../engine/protocol/contract.ts';
import type { Clock, Random } from '../../engine/ports/clock.ts';
import type { MarketDataClient } from '../../engine/ports/market-data-client.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import type { AdapterManifest, StoredSeries } from '../net/adapter.ts';
import { Calendars } from '../storage/calendars.ts';
import { takeDesk } from '../storage/desk-lock.ts';
import { openJournal, type OrderJournal } from '../storage/journal.ts';
import type { Store } from '../storage/store-client.ts';
import { Connections } from './connections/connections.ts';
import { KeyRing, type Vault } from './connections/keys.ts';
import {
  liveHandlers,
  riskView,
  type LiveHandlers,
  type LiveServices,
  type Callers,
} from './live-handlers.ts';
import type { CodePlace } from './live-strategies/code-thread.ts';
import { alsoTell } from './live-strategies/handlers.ts';
import { LiveStrategies } from './live-strategies/live-strategies.ts';
import type { StrategyLibrary } from './strategies/library.ts';
import type { Log } from './log.ts';
import { createMarketData, type MarketData } from './market-data/market-data.ts';
import { barsOfRecording, readSeriesName } from './market-data/recording/bars-of-recording.ts';
import { findRecording, Recordings } from './market-data/recording/recordings.ts';
import { SessionClock } from './market-data/session-clock.ts';
import { AccountDays } from './trading/account-days.ts';
import type { VolumeByClock } from './trading/algorithm-requests.ts';
import { TradingFeed } from './trading/feed.ts';
import { DailyFigures } from './trading/figures.ts';
import { Trading } from './trading/trading.ts';
import { Watchdog } from './watchdog/watchdog.ts';

export interface LiveOptions {
  readonly dataDirectory: string;
  readonly store: Store;
  readonly storeThreadUrl: URL;
  readonly calendarsDirectory: string;
  readonly strategies: Pick<StrategyLibrary, 'load' | 'read'>;
  /** Where strategies in code run live. */
  readonly code: CodePlace;
  /** Entry of the watchdog's process; null where there is to be none. */
  readonly watchdogUrl: URL | null;
  readonly vault: Vault;
  /** Settles once the vault can be asked. */
  readonly vaultReady: Promise<unknown>;
  readonly manifests: readonly AdapterManifest[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Log['logger'];
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

/** Everything that has to do with markets as they are now. */
export interface Live {
  readonly trading: Trading;
  readonly market: MarketData;
  readonly connections: Connections;
  readonly journal: OrderJournal;
  readonly keys: KeyRing;
  readonly watchdog: Watchdog;
  readonly recordings: Recordings;
  readonly strategies: LiveStrategies;
  readonly execution: LiveServices['execution'];
  close(): Promise<void>;
}

const STARTING = { running: false, armed: false, note: 'Not started yet.' } as const;

/**
 * Opens connections, market data and trading of a data directory.
 * @throws RenataError CONFLICT when another process trades with it, STORE_DAMAGED for a broken journal
 */
export async function openLive(options: LiveOptions): Promise<Live> {
  const { dataDirectory, store, clock, logger } = options;
  const emit: LiveOptions['emit'] = (name, payload) => {
    if (name === 'trading.notice') {
      // Its text may name an account, which is nobody's business in a log.
      const { level, title, subject } = payload as EventPayload<'trading.notice'>;
      logger.info({ severity: level, title, subject }, 'notice');
    }
    options.emit(name, payload);
  };
  const giveBack = takeDesk(dataDirectory);
  if (giveBack === null) {
    throw new RenataError(
      'CONFLICT',
      'Another Renata trades with this data directory; use that one, or end it first.',
      { retryable: true },
    );
  }
  const endings: (() => Promise<void> | void)[] = [giveBack];
  const closeAll = async (): Promise<void> => {
    for (const end of endings.toReversed()) {
      try {
        await end();
      } catch (err) {
        logger.error({ err }, 'closing the live part failed');
      }
    }
  };
  try {
    const journal = await openJournal({
      directory: dataDirectory,
      threadUrl: options.storeThreadUrl,
    });
    endings.push(() => journal.close());
    const keys = new KeyRing(dataDirectory, options.vault);
    const onDefect = (error: unknown, what: string): void => {
      const message = error instanceof Error ? error.message : String(error);
      logger.error({ what, reason: keys.redact(message) }, 'the live part had a failure');
    };
    const calendars = new Calendars(options.calendarsDirectory);
    const recordings = await Recordings.open({
      dataDirectory,
      store,
      clock,
      onDefect,
      onRemoved: (files) =>
        logger.info({ files: files.map(({ path }) => path) }, 'old recordings were taken away'),
    });
    endings.push(() => recordings.close());
    const market = createMarketData({
      clock,
      calendar: (name) => calendars.get(name),
      recorder: recordings,
      onDefect,
      onDropped: (source, counts) =>
        logger.info({ source, ...Object.fromEntries(counts) }, 'prices were dropped'),
    });
    endings.push(() => market.close());
    const sessions = new Map<string, SessionClock>();
    const sessionClock = (name: string): SessionClock => {
      const known = sessions.get(name) ?? new SessionClock(calendars.get(name));
      sessions.set(name, known);
      return known;
    };
    const session = (id: InstrumentId) => {
      const instrument = market.knownInstrument(id);
      if (market.isReplayed?.(id)) return 'regular';
      return instrument === null ? 'regular' : sessionClock(instrument.calendar).state(clock.now());
    };
    const zoneOf = (id: InstrumentId) =>
      calendars.get(market.knownInstrument(id)?.calendar ?? 'none').zone;
    const sources = new Map<string, MarketDataClient>();
    const feed = new TradingFeed({
      emit,
      clock,
      riskView: () => riskView(trading, guard.watchdog?.state ?? STARTING),
      onOrder: () => guard.watchdog?.look(),
    });
    endings.push(() => feed.close());
    const guard: { watchdog?: Watchdog; strategies?: LiveStrategies } = {};
    const days = new AccountDays(() => trading.venues);
    const trading: Trading = await Trading.open({
      journal,
      clock,
      market,
      session,
      dayOf: days.of,
      events: alsoTell(feed, () => guard.strategies),
      // Nothing is connected before the watchdog has been opened.
      isTripped: () => guard.watchdog?.tripped ?? true,
      figures: new DailyFigures(() => sources.values(), clock),
      clockOf: (id, time) => zoneOf(id).toWall(time),
      onDefect,
    });
    feed.attach(trading);
    endings.push(() => trading.close());
    const strategies = await LiveStrategies.open({
      trading,
      market,
      journal,
      clock,
      calendar: (name) => calendars.get(name),
      session,
      sources: () => [...sources.values()],
      load: ({ strategy, source }) =>
        source === undefined
          ? options.strategies.load(strategy)
          : options.strategies.read(source.text, source.language, source.name),
      code: options.code,
      onChange: (runs) => emit('liveStrategies.changed', { runs: [...runs] }),
      onNotice: feed.onNotice,
      onDefect,
    });
    guard.strategies = strategies;
    const endView = market.onView(({ quotes, books, trades, charts }) => {
      if (quotes.length + books.length + trades.length > 0)
        emit('market.data', { quotes, books, trades });
      if (charts.length > 0) emit('market.bars', { charts });
      if (quotes.length > 0) feed.values();
    });
    endings.push(endView);
    const connections = await Connections.open({
      store,
      manifests: options.manifests,
      keys,
      dataDirectory,
      context: {
        clock,
        random: options.random,
        log: (level, message, facts) => logger[level]({ ...facts }, message),
        feed: {
          listen: (listener) => market.listen(listener),
          watch: async (id, kinds) => {
            const watch = await market.watch(id, kinds);
            return () => watch.end();
          },
          instrument: async (id) => {
            try {
              return await market.instrument(id);
            } catch (error) {
              throw new VenueError(
                'not-found',
                error instanceof Error ? error.message : String(error),
              );
            }
          },
        },
        series: {
          read: async (datasetId) => {
            const recorded = readSeriesName(datasetId);
            if (recorded === null) return readSeries(store, datasetId);
            await recordings.flush();
            const { source, day, instrument: id } = recorded;
            const { path } = await findRecording(recordings.folder, source, day);
            const rules = market.knownInstrument(id);
            return {
              id,
              name: rules?.name ?? id,
              currency: rules?.currency ?? 'USD',
              calendar: rules?.calendar ?? 'none',
              timeframe: recorded.timeframe,
              bars: await barsOfRecording(path, recorded),
            };
          },
        },
      },
      onExecution: (client) => trading.addVenue(client),
      onData: (client) => {
        sources.set(client.venue, client);
        market.addSource(client);
      },
      onGone: (venue) => {
        sources.delete(venue);
        trading.removeVenue(venue);
        market.removeSource(venue);
      },
      onState: (id, state) =>
        emit('connections.changed', {
          id,
          state: { ...state, parts: state.parts.map((part) => ({ ...part })) },
        }),
    });
    endings.push(() => connections.close());
    // Before the connections: what ends with them would look as if a venue had failed.
    endings.push(() => strategies.close());
    const watchdog = await Watchdog.open({
      directory: dataDirectory,
      url: options.watchdogUrl,
      store,
      journal,
      trading,
      connections,
      clock,
      onChange: feed.onRisk,
      onNotice: feed.onNotice,
      onDefect,
    });
    guard.watchdog = watchdog;
    endings.push(() => watchdog.close());
    void options.vaultReady.then(() => connections.startAutomatic());
    const execution = { clock, volumes: (id: string) => readVolumes(store, calendars, id) };
    return {
      trading,
      market,
      connections,
      journal,
      keys,
      watchdog,
      recordings,
      strategies,
      execution,
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Handlers of the live calls; where the live part could not be opened, each says why. */
export function handlersOf<Context>(
  live: Live | RenataError,
  callers: Callers<Context>,
): LiveHandlers<Context> {
  if (!(live instanceof RenataError)) {
    return liveHandlers(live, callers);
  }
  const refuse = (): Promise<never> =>
    Promise.reject(new RenataError(live.code, live.message, { retryable: live.retryable }));
  return Object.fromEntries(
    Object.keys(liveCalls).map((name) => [name, refuse]),
  ) as unknown as LiveHandlers<Context>;
}

async function readSeries(store: Store, datasetId: string): Promise<StoredSeries> {
  const { summary } = await store.getDataset(datasetId);
  const { bars } = await store.readBars({ datasetId, adjustment: 'raw' });
  const { instrumentId: id, name, currency, calendar, timeframe } = summary;
  return { id, name, currency, calendar, timeframe, bars };
}

/** Volumes of a dataset on the clock of its market, for curves of volume. */
async function readVolumes(
  store: Store,
  calendars: Calendars,
  datasetId: string,
): Promise<VolumeByClock> {
  const { calendar, bars } = await readSeries(store, datasetId);
  const { zone } = calendars.get(calendar);
  const time = Float64Array.from(bars.time, (each) => zone.toWall(each));
  return { time, volume: bars.volume, clock: (instant) => zone.toWall(instant) };
}
