import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import type { Timeframe } from '../../../engine/domain/timeframe.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { DataGap, MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import type { BookView, QuoteView } from '../../../engine/protocol/live-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import { BarFeed } from './bar-feed.ts';
import { InstrumentState } from './board.ts';
import { ChartFeed, chartPast } from './charts.ts';
import { InstrumentCache } from './instrument-cache.ts';
import { Lane } from './lane.ts';
import { SessionClock } from './session-clock.ts';
import { sessionFigures } from './session-figures.ts';
import { Source, type SourceEvents } from './source.ts';
import type {
  BarWatch,
  DataWatch,
  DropReason,
  MarketDataOptions,
  MarketDataService,
  MarketView,
  SourceStatistics,
  Watch,
} from './types.ts';
import { ViewFeed } from './view-feed.ts';

const SILENCE = { regular: 60_000, extended: 600_000 };
const LATENESS = 1_000;
const WATCHDOG = 1_000;
const DROPPED_EVERY = 10_000;
/** History tells the minute in which an instrument was first heard once that is over. */
const FIGURES_AGAIN = 90_000;
/** A listener that takes longer holds up all prices. */
const SLOW = 50;

type TickListener = (batch: readonly MarketDatum[]) => void;

interface TickEntry {
  readonly listener: TickListener;
  readonly source: string | undefined;
}

/** Makes the service; sources are added as they connect. */
export function createMarketData(options: MarketDataOptions): MarketData {
  return new MarketData(options);
}

export class MarketData implements MarketDataService {
  readonly #options: MarketDataOptions;
  readonly #sources = new Map<string, Source>();
  readonly #states = new Map<InstrumentId, InstrumentState>();
  readonly #lanes = new Map<string, Map<InstrumentId, Lane>>();
  readonly #sessions = new Map<string, SessionClock>();
  readonly #listeners = new Set<TickEntry>();
  readonly #reported = new Map<string, Map<DropReason, number>>();
  readonly #cache: InstrumentCache;
  readonly #view: ViewFeed;
  readonly #endings = new Set<() => void>();
  #nextWatch = 1;
  #cancelWatchdog: (() => void) | undefined;
  #reportedAt = 0;
  #slowAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: MarketDataOptions) {
    this.#options = options;
    this.#cache = new InstrumentCache(options.clock);
    this.#view = new ViewFeed(options.clock, (state) => this.#judge(state), options.onDefect);
    this.#watchdog();
  }

  addSource(client: MarketDataClient): void {
    let source = this.#sources.get(client.venue);
    if (source === undefined) {
      source = new Source(client.venue, this.#options.clock, this.#events);
      this.#sources.set(client.venue, source);
      this.#lanes.set(client.venue, new Map());
    }
    this.#cache.renew(client.venue);
    source.attach(client);
  }

  removeSource(venue: string): void {
    const source = this.#sources.get(venue);
    if (source === undefined) return;
    source.detach();
    if (!source.idle) return;
    this.#sources.delete(venue);
    this.#lanes.delete(venue);
  }

  mark(id: InstrumentId): Mark | null {
    return this.#states.get(id)?.mark() ?? null;
  }

  isReplayed(id: InstrumentId): boolean {
    return this.#states.get(id)?.replayed === true;
  }

  quote(id: InstrumentId): QuoteView | null {
    const state = this.#states.get(id);
    if (state === undefined) return null;
    this.#judge(state);
    return state.quote();
  }

  book(id: InstrumentId): BookView | null {
    return this.#states.get(id)?.bookView() ?? null;
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return (await this.#cache.first(this.#clients(), id)).instrument;
  }

  knownInstrument(id: InstrumentId): TradableInstrument | null {
    return this.#cache.known(id, this.#sources.keys());
  }

  async find(
    query: string,
    source: string | null,
  ): Promise<readonly { readonly connection: string; readonly instrument: TradableInstrument }[]> {
    const clients = source === null ? this.#clients() : [this.#client(source)];
    const answers = await Promise.allSettled(
      clients.map((client) => this.#cache.find(client, query)),
    );
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed !== undefined && answers.every(({ status }) => status === 'rejected')) {
      const cause: unknown = failed.reason;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new RenataError('UNAVAILABLE', why, { retryable: true, cause });
    }
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  async watch(id: InstrumentId, kinds: readonly DataKind[], source?: string): Promise<DataWatch> {
    const wanted = [...new Set(kinds)];
    if (wanted.length === 0) {
      throw new RenataError('BAD_INPUT', 'kinds: say what to watch, such as quote and trade.');
    }
    const chosen = await this.#choose(id, wanted, source);
    const sources = new Map<DataKind, string>();
    let failure: unknown;
    // All at once: what others end meanwhile does not take the lanes away.
    for (const [kind, lane] of chosen) this.#begin(lane, kind);
    for (const [kind, lane] of chosen) {
      try {
        await lane.source.add(id, kind);
        sources.set(kind, lane.source.name);
      } catch (error) {
        failure ??= error;
        if (!lane.source.has(id, kind)) this.#ended(lane.source, id, kind);
      }
    }
    if (sources.size === 0) throw failure;
    const [first] = sources;
    if (first !== undefined) this.#wantFigures(chosen.get(first[0]) as Lane);
    return {
      id: this.#watchId(),
      sources,
      end: once(() => {
        for (const [kind, name] of sources) this.#sources.get(name)?.remove(id, kind);
      }),
    };
  }

  listen(listener: TickListener, source?: string): () => void {
    const entry = { listener, source };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  onView(listener: (view: MarketView) => void): () => void {
    return this.#view.on(listener);
  }

  async onBar(
    id: InstrumentId,
    timeframe: Timeframe,
    listener: (bar: BarColumns) => void,
  ): Promise<Watch> {
    const { feed, watch, release } = await this.#openBars(id, timeframe);
    const stop = feed.add(listener);
    return {
      id: watch.id,
      end: once(() => {
        stop();
        release();
      }),
    };
  }

  async watchBars(id: InstrumentId, timeframe: Timeframe, from: number | null): Promise<BarWatch> {
    const { feed, lane, key, watch, release } = await this.#openBars(id, timeframe);
    const { source, instrument } = lane;
    let shared = lane.charts.get(key);
    if (shared === undefined) {
      const chart = new ChartFeed({ instrument: id, timeframe }, feed, this.#view.charted);
      shared = { chart, users: 0 };
      lane.charts.set(key, shared);
    }
    const { chart } = shared;
    shared.users += 1;
    const { bars, note } = await chartPast(feed, timeframe, from, source.now());
    return {
      id: watch.id,
      source: source.name,
      calendar: instrument.calendar,
      replayed: source.client?.capabilities.replays === true,
      bars,
      forming: chart.forming(),
      note,
      end: once(() => {
        shared.users -= 1;
        if (shared.users === 0) {
          chart.close();
          this.#view.uncharted(chart);
          lane.charts.delete(key);
        }
        release();
      }),
    };
  }

  /** One feed for all who want these bars, and what ends the use of it. */
  async #openBars(id: InstrumentId, timeframe: Timeframe) {
    // Trades make every bar; bars of the source are joined where it tells no trades.
    const chosen = await this.#choose(id, ['trade', 'bar'], undefined);
    const kind: 'trade' | 'bar' = chosen.has('trade') ? 'trade' : 'bar';
    const { source, instrument } = chosen.get(kind) as Lane;
    const watch = await this.watch(id, [kind], source.name);
    const lane = this.#lane(source.name, instrument);
    const key = `${kind} ${timeframe}`;
    let feed: BarFeed;
    try {
      feed = lane.bars.get(key) ?? this.#barFeed(lane, timeframe, kind);
    } catch (error) {
      watch.end();
      throw error;
    }
    lane.bars.set(key, feed);
    const release = (): void => {
      if (feed.unused) {
        feed.close();
        lane.bars.delete(key);
      }
      watch.end();
    };
    return { feed, lane, key, watch, release };
  }

  statistics(): readonly SourceStatistics[] {
    return [...this.#sources.values()].map((source) => source.statistics());
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#cancelWatchdog?.();
    for (const end of this.#endings) end();
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes.values()) for (const feed of lane.bars.values()) feed.close();
    }
    for (const source of this.#sources.values()) source.detach();
    this.#view.close();
    this.#listeners.clear();
    this.#tellDropped();
    return Promise.resolve();
  }

  readonly #events: SourceEvents = {
    onData: (source, batch) => this.#data(source, batch),
    onState: (source) => this.#sourceChanged(source),
    onTaken: (source, id) => {
      const state = this.#lanes.get(source.name)?.get(id)?.state;
      if (state === undefined) return;
      this.#judge(state);
      this.#view.changed(state, false);
    },
    onGap: (source, gap) => this.#gap(source, gap),
    onEnded: (source, id, kind) => this.#ended(source, id, kind),
    onDefect: (error, what) => this.#options.onDefect(error, what),
  };

  #data(source: Source, batch: readonly MarketDatum[]): void {
    const lanes = this.#lanes.get(source.name);
    if (this.#closed || lanes === undefined || batch.length === 0) return;
    source.received += batch.length;
    this.#options.recorder?.record(source.name, batch);
    const elapsed = this.#options.clock.elapsed();
    const all: MarketDatum[] = [];
    // Most sources serve all that they tell: a list of its own is made only where one does not.
    let served: MarketDatum[] | undefined;
    let bars = false;
    const replayed = source.client?.capabilities.replays === true;
    for (const datum of batch) {
      const lane = lanes.get(datum.instrument);
      if (lane === undefined || !lane.wants(datum.kind)) {
        source.drop('not-watched');
        continue;
      }
      const before = all.length;
      lane.clean(datum, all);
      if (all.length === before) continue;
      source.heard(datum);
      bars ||= lane.bars.size > 0;
      for (let i = before; i < all.length; i += 1) {
        const clean = all[i] as MarketDatum;
        if (!serves(lane, clean.kind)) {
          served ??= all.slice(0, i);
          continue;
        }
        lane.state.heardAt = elapsed;
        lane.state.replayed = replayed;
        lane.state.apply(clean);
        served?.push(clean);
        this.#view.changed(lane.state, clean.kind === 'book');
        if (clean.kind === 'trade') this.#view.traded(clean);
      }
    }
    source.told += all.length;
    this.#tell(source.name, all, served ?? all);
    if (!bars) return;
    for (const datum of all) {
      const lane = lanes.get(datum.instrument);
      for (const feed of lane?.bars.values() ?? []) feed.data(datum);
      for (const { chart } of lane?.charts.values() ?? []) this.#view.charted(chart);
    }
  }

  #tell(source: string, all: readonly MarketDatum[], served: readonly MarketDatum[]): void {
    let started = this.#options.clock.elapsed();
    for (const entry of this.#listeners) {
      if (entry.source !== undefined && entry.source !== source) continue;
      const batch = entry.source === undefined ? served : all;
      if (batch.length === 0) continue;
      try {
        entry.listener(batch);
      } catch (error) {
        this.#options.onDefect(error, 'A listener of ticks failed');
      }
      const now = this.#options.clock.elapsed();
      if (now - started > SLOW && now - this.#slowAt > DROPPED_EVERY) {
        this.#slowAt = now;
        const took = `${Math.round(now - started)} ms`;
        this.#options.onDefect(new Error(took), 'A listener of ticks holds up all prices');
      }
      started = now;
    }
  }

  #sourceChanged(source: Source): void {
    for (const lane of this.#lanes.get(source.name)?.values() ?? []) {
      if (source.working) {
        lane.reset();
        // It has until the next silence to tell something.
        lane.state.heardAt = Math.max(lane.state.heardAt, this.#options.clock.elapsed());
      }
      for (const feed of lane.bars.values()) feed.sourceChanged();
      this.#judge(lane.state);
      this.#view.changed(lane.state, false);
    }
  }

  #gap(source: Source, gap: DataGap): void {
    this.#options.recorder?.gap(source.name, gap);
    for (const lane of this.#lanes.get(source.name)?.values() ?? []) {
      if (gap.instrument !== null && gap.instrument !== lane.instrument.id) continue;
      lane.reset();
      for (const feed of lane.bars.values()) feed.gap(gap.from, gap.to);
    }
  }

  #begin(lane: Lane, kind: DataKind): void {
    const { source, state, instrument } = lane;
    this.#lanes.get(source.name)?.set(instrument.id, lane);
    lane.kinds.add(kind);
    if (!state.serving.has(kind)) state.serving.set(kind, source.name);
    const shown = this.#lanes.get(state.source)?.get(instrument.id)?.kinds.size ?? 0;
    if (shown === 0) state.source = source.name;
    state.heardAt = Math.max(state.heardAt, this.#options.clock.elapsed());
  }

  #ended(source: Source, id: InstrumentId, kind: DataKind): void {
    const lanes = this.#lanes.get(source.name);
    const lane = lanes?.get(id);
    if (lanes === undefined || lane === undefined) return;
    lane.kinds.delete(kind);
    if (lane.kinds.size === 0) lanes.delete(id);
    const { serving } = lane.state;
    if (serving.get(kind) === source.name) {
      const next = [...this.#sources.values()].find((each) => each.has(id, kind));
      if (next === undefined) serving.delete(kind);
      else serving.set(kind, next.name);
      lane.state.forget(kind);
    }
    if (lane.kinds.size === 0 && lane.state.source === source.name) {
      const next = [...this.#lanes.values()].find((each) => each.has(id));
      lane.state.source = next?.get(id)?.source.name ?? source.name;
    }
    this.#judge(lane.state);
    this.#view.changed(lane.state, false);
    if (source.idle && source.client === undefined) this.removeSource(source.name);
  }

  /** For each kind the source that will serve this watcher. */
  async #choose(
    id: InstrumentId,
    kinds: readonly DataKind[],
    named: string | undefined,
  ): Promise<Map<DataKind, Lane>> {
    const clients = named === undefined ? this.#clients() : [this.#client(named)];
    const chosen = new Map<DataKind, Lane>();
    let known = false;
    for (const client of clients) {
      const rest = kinds.filter(
        (kind) => !chosen.has(kind) && client.capabilities.streams.includes(kind),
      );
      if (rest.length === 0) continue;
      const instrument = await this.#cache.at(client, id).catch(() => null);
      if (instrument === null) continue;
      known = true;
      const lane = this.#lane(client.venue, instrument);
      for (const kind of rest) chosen.set(kind, lane);
    }
    if (chosen.size > 0) return chosen;
    // Says why: nobody has it, or somebody did not answer.
    if (!known) await this.#cache.first(clients, id);
    const streams = clients
      .map(({ venue, capabilities }) => `${venue}: ${capabilities.streams.join(', ') || 'none'}`)
      .join('; ');
    throw new RenataError(
      'UNAVAILABLE',
      `${id}: no source that has it streams ${kinds.join(' or ')} (${streams}).`,
    );
  }

  #lane(venue: string, instrument: TradableInstrument): Lane {
    const source = this.#sources.get(venue);
    const lanes = this.#lanes.get(venue);
    if (source === undefined || lanes === undefined) {
      throw new RenataError('UNAVAILABLE', `${venue} has gone away; connect it again.`);
    }
    const known = lanes.get(instrument.id);
    if (known !== undefined) return known;
    const session = this.#session(instrument.calendar);
    let state = this.#states.get(instrument.id);
    if (state === undefined) {
      state = new InstrumentState(instrument.id, (time) => session.dayOf(time));
      this.#states.set(instrument.id, state);
    }
    const lane = new Lane({ source, instrument, state, calendar: session.calendar });
    lanes.set(instrument.id, lane);
    return lane;
  }

  #session(calendar: string): SessionClock {
    let session = this.#sessions.get(calendar);
    if (session === undefined) {
      session = new SessionClock(this.#options.calendar(calendar));
      this.#sessions.set(calendar, session);
    }
    return session;
  }

  #barFeed(lane: Lane, timeframe: Timeframe, kind: 'trade' | 'bar'): BarFeed {
    const { clock, onDefect, lateness = LATENESS } = this.#options;
    return new BarFeed({
      clock,
      source: lane.source,
      instrument: lane.instrument.id,
      timeframe,
      cut: { calendar: lane.calendar, hours: 'regular' },
      kind,
      lateness,
      onDefect,
    });
  }

  #wantFigures(lane: Lane): void {
    if (lane.state.figuresAsked) return;
    lane.state.figuresAsked = true;
    void this.#figures(lane, false);
  }

  async #figures(lane: Lane, final: boolean): Promise<void> {
    const { client } = lane.source;
    const { clock } = this.#options;
    if (client === undefined || this.#closed) return;
    try {
      const now = lane.source.now();
      const figures = await sessionFigures(client, lane.instrument.id, lane.calendar, now);
      if (figures === undefined) return;
      lane.state.setFigures(figures, final);
      this.#view.changed(lane.state, false);
    } catch {
      // They are shown as unknown; the next watcher asks again.
      lane.state.figuresAsked = false;
      return;
    }
    if (final) return;
    const cancel = clock.after(FIGURES_AGAIN, () => {
      this.#endings.delete(cancel);
      void this.#figures(lane, true);
    });
    this.#endings.add(cancel);
  }

  /** Says whether a quote can still be believed. */
  #judge(state: InstrumentState): void {
    const { clock, silence = SILENCE } = this.#options;
    const source = this.#sources.get(state.source);
    const lane = this.#lanes.get(state.source)?.get(state.id);
    if (
      source === undefined ||
      lane === undefined ||
      !source.working ||
      !source.carries(state.id)
    ) {
      state.stale = true;
      return;
    }
    const session = this.#session(lane.instrument.calendar).state(clock.now());
    const silent = clock.elapsed() - state.heardAt;
    state.stale = session !== 'closed' && silent > silence[session];
  }

  #watchdog(): void {
    this.#cancelWatchdog = this.#options.clock.after(WATCHDOG, () => {
      for (const state of this.#states.values()) {
        const before = state.stale;
        this.#judge(state);
        if (state.stale !== before) this.#view.changed(state, false);
      }
      if (this.#options.clock.elapsed() - this.#reportedAt >= DROPPED_EVERY) this.#tellDropped();
      this.#watchdog();
    });
  }

  #tellDropped(): void {
    this.#reportedAt = this.#options.clock.elapsed();
    for (const { source, dropped } of this.statistics()) {
      const before = this.#reported.get(source);
      const since = new Map<DropReason, number>();
      for (const [reason, count] of dropped) {
        const more = count - (before?.get(reason) ?? 0);
        if (more > 0) since.set(reason, more);
      }
      this.#reported.set(source, new Map(dropped));
      if (since.size > 0) this.#options.onDropped?.(source, since);
    }
  }

  #clients(): MarketDataClient[] {
    return [...this.#sources.values()].flatMap(({ client }) => client ?? []);
  }

  #client(name: string): MarketDataClient {
    const client = this.#sources.get(name)?.client;
    if (client !== undefined) return client;
    const names = this.#clients().map(({ venue }) => venue);
    throw new RenataError(
      'NOT_FOUND',
      names.length === 0
        ? `There is no source "${name}"; no source of prices is connected.`
        : `There is no source "${name}"; connected are ${names.join(', ')}.`,
    );
  }

  #watchId(): string {
    const id = `D${this.#nextWatch}`;
    this.#nextWatch += 1;
    return id;
  }
}

/** Whether a source's ticks of a kind are the ones that count. */
function serves({ state, source }: Lane, kind: DataKind): boolean {
  // Halts and day bars that come along: from the source of the state.
  return (state.serving.get(kind) ?? state.source) === source.name;
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
