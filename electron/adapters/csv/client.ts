import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import { decimal } from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { AssetClass } from '../../../engine/domain/instrument.ts';
import type { MarketDatum, QuoteTick, TradeTick } from '../../../engine/domain/market-data.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { TimeZone } from '../../../engine/domain/time-zone.ts';
import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
  type Timeframe,
} from '../../../engine/domain/timeframe.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { DataClient } from '../../net/data-client.ts';
import { PRICES_ONLY } from '../../net/prices-only.ts';
import { GrowingFile, type Lines } from './growing-file.ts';
import { lengthOf, readFileName, readLayout, readRow, type Layout, type Row } from './rows.ts';
import { BarSeries } from './series.ts';

export interface CsvOptions {
  readonly folder: string;
  /** Milliseconds between two looks. */
  readonly every: number;
  readonly zone: TimeZone;
  readonly venue: string;
  readonly calendar: string;
  readonly assetClass: AssetClass;
  readonly currency: string;
}

const MOST_FILES = 10_000;
/** Mistakes of one file that are told one by one. */
const TOLD = 5;

interface Watched {
  readonly file: GrowingFile;
  readonly instrument: InstrumentId;
  readonly named: Timeframe | null;
  layout: Layout | undefined;
  /** Rows that wait until their distance says how long the bars are. */
  waiting: Row[];
  length: Timeframe | null;
  mistakes: number;
  problem: string;
  /** Reading it has ended once: rows from now on are news. */
  caughtUp: boolean;
  /** Whether bars that are read are news; undefined until the first of a reading. */
  barNews: boolean | undefined;
  /** Quotes and trades up to here were known before this reading began. */
  floor: number;
}

interface Known {
  readonly bars: Map<Timeframe, BarSeries>;
  /** Time of the newest quote and trade. */
  readonly newest: { quote: number; trade: number };
  /** Told to a new subscriber. */
  readonly last: Map<string, MarketDatum>;
}

/** Prices from the CSV files of a folder: what is there is history, what is added is told as it comes. */
export class CsvClient extends DataClient implements MarketDataClient {
  readonly venue = 'csv';
  readonly #options: CsvOptions;
  readonly #context: AdapterContext;
  readonly #files = new Map<string, Watched>();
  readonly #known = new Map<InstrumentId, Known>();
  readonly #subscribed = new Set<string>();
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #awaySince: number | undefined;
  #connected = false;
  /** The folder was read once. */
  #started = false;

  constructor(options: CsvOptions, context: AdapterContext) {
    super(context);
    this.#options = options;
    this.#context = context;
  }

  get capabilities(): DataCapabilities {
    const timeframes = new Set([...this.#known.values()].flatMap(({ bars }) => [...bars.keys()]));
    return {
      streams: ['quote', 'trade', 'bar'],
      timeframes: [...timeframes].toSorted((a, b) => timeframeMillis(a) - timeframeMillis(b)),
      historyDepth: null,
      adjustment: 'raw',
      maxSubscriptions: null,
      rateLimits: [],
    };
  }

  async connect(): Promise<void> {
    if (this.#connected) return;
    this.tracker.set('connecting', `Reading ${this.#options.folder}.`);
    this.#connected = true;
    await this.#look();
    if (this.tracker.state.phase !== 'ready' && this.tracker.state.phase !== 'degraded') {
      const { message } = this.tracker.state;
      this.#connected = false;
      this.#awaySince = undefined;
      this.#cancel?.();
      this.tracker.set('needs-user', message);
      throw new VenueError('rejected', message);
    }
  }

  async disconnect(): Promise<void> {
    this.#connected = false;
    this.#cancel?.();
    await this.#looking;
    this.tracker.set('disconnected', 'Not connected.');
  }

  subscribe({ instrument, kind }: DataSubscription): Promise<void> {
    const known = this.#known.get(instrument);
    if (known === undefined) return Promise.reject(this.#unknown(instrument));
    this.#subscribed.add(`${kind} ${instrument}`);
    const last = known.last.get(kind);
    if (last !== undefined) this.#tellWanted([last]);
    return Promise.resolve();
  }

  unsubscribe({ instrument, kind }: DataSubscription): Promise<void> {
    this.#subscribed.delete(`${kind} ${instrument}`);
    return Promise.resolve();
  }

  history(request: HistoryRequest): Promise<BarColumns> {
    const { instrument, timeframe: length, start, end } = request;
    const known = this.#known.get(instrument);
    if (known === undefined) return Promise.reject(this.#unknown(instrument));
    const series = known.bars.get(length);
    if (series === undefined) {
      const there = [...known.bars.keys()].join(', ') || 'no bars';
      return Promise.reject(
        new VenueError('rejected', `The files of ${instrument} hold ${there}, not ${length}.`),
      );
    }
    return Promise.resolve(series.between(start, end));
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const text = query.trim().toUpperCase();
    const found = [...this.#known.keys()].filter((id) => id.includes(text)).toSorted();
    return Promise.resolve(found.slice(0, limit).map((id) => this.#rules(id)));
  }

  instrument(id: InstrumentId): Promise<TradableInstrument> {
    if (!this.#known.has(id)) return Promise.reject(this.#unknown(id));
    return Promise.resolve(this.#rules(id));
  }

  #rules(id: InstrumentId): TradableInstrument {
    const { assetClass, calendar, currency } = this.#options;
    return {
      id,
      symbol: symbolOf(id),
      name: symbolOf(id),
      assetClass,
      currency,
      baseCurrency: '',
      calendar,
      ticks: [{ from: decimal('0'), tickSize: decimal('0.000001') }],
      ...PRICES_ONLY,
    };
  }

  #unknown(id: InstrumentId): VenueError {
    const name = `${symbolOf(id)}.csv`;
    return new VenueError('not-found', `There is no file of ${id} in the folder, such as ${name}.`);
  }

  /** One look at the folder; the next one is planned when it has ended. */
  #look(): Promise<void> {
    const look = async (): Promise<void> => {
      try {
        await this.#readFolder();
      } catch (error) {
        this.#away(error);
      }
      if (this.#connected) {
        this.#cancel = this.#context.clock.after(this.#options.every, () => void this.#look());
      }
    };
    this.#looking = look();
    return this.#looking;
  }

  async #readFolder(): Promise<void> {
    const { folder, venue } = this.#options;
    const names = (await readdir(folder)).filter((name) => name.endsWith('.csv')).toSorted();
    if (names.length > MOST_FILES) {
      throw new Error(`${names.length} files are more than the ${MOST_FILES} that can be watched`);
    }
    for (const name of this.#files.keys()) if (!names.includes(name)) this.#files.delete(name);
    const batch: MarketDatum[] = [];
    for (const name of names) {
      let watched = this.#files.get(name);
      if (watched === undefined) {
        const read = readFileName(name, venue);
        watched = {
          file: new GrowingFile(join(folder, name)),
          instrument: read?.instrument ?? ('' as InstrumentId),
          named: read?.timeframe ?? null,
          layout: undefined,
          waiting: [],
          length: null,
          mistakes: 0,
          problem: read === null ? 'the name must be a symbol, such as AAPL_1m.csv' : '',
          caughtUp: false,
          barNews: undefined,
          floor: Number.NEGATIVE_INFINITY,
        };
        this.#files.set(name, watched);
      }
      if (watched.instrument === '') continue;
      await this.#readFile(name, watched, batch);
    }
    this.#here();
    this.#started = true;
    if (batch.length > 0) this.#tellWanted(batch);
  }

  async #readFile(name: string, watched: Watched, batch: MarketDatum[]): Promise<void> {
    try {
      await watched.file.read((part) => this.#lines(name, watched, part, batch));
      watched.caughtUp = true;
      watched.barNews = true;
      watched.floor = Number.NEGATIVE_INFINITY;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      // It went away between the list and the look.
      if (code === 'ENOENT') return;
      this.#mistake(name, watched, messageOf(error));
    }
  }

  #lines(name: string, watched: Watched, part: Lines, batch: MarketDatum[]): void {
    if (part.anew) {
      watched.layout = undefined;
      watched.waiting = [];
      watched.length = watched.named;
      watched.problem = '';
      watched.mistakes = 0;
      watched.barNews = undefined;
    }
    for (const [i, line] of part.lines.entries()) {
      if (line.trim() === '') continue;
      const where = `line ${part.first + i}`;
      if (watched.layout === undefined) {
        if (part.early) return;
        const layout = readLayout(line);
        if (typeof layout === 'string') {
          this.#mistake(name, watched, `${where}: ${layout}`);
          return;
        }
        watched.layout = layout;
        if (layout.kind !== 'bar') {
          watched.floor = this.#knownOf(watched.instrument).newest[layout.kind];
        }
        continue;
      }
      const row = readRow(line, watched.layout, this.#options.zone);
      if (typeof row === 'string') {
        if (!part.early) this.#mistake(name, watched, `${where}: ${row}`);
      } else this.#row(watched, row, batch);
    }
    this.#bars(watched, batch);
  }

  #row(watched: Watched, row: Row, batch: MarketDatum[]): void {
    const { layout, instrument } = watched;
    const known = this.#knownOf(instrument);
    if (layout?.kind === 'bar') {
      watched.waiting.push(row);
      return;
    }
    if (row.time <= watched.floor) return;
    const now = this.#context.clock.now();
    const value = (name: string): number => row.values.get(name) ?? Number.NaN;
    const head = { instrument, venueTime: unixMillis(row.time), receivedTime: now };
    let datum: QuoteTick | TradeTick;
    if (layout?.kind === 'quote') {
      const [bid, ask, bidSize, askSize] = ['bid', 'ask', 'bidSize', 'askSize'].map(value) as [
        number,
        number,
        number,
        number,
      ];
      datum = { kind: 'quote', ...head, bid, ask, bidSize, askSize };
    } else {
      datum = {
        kind: 'trade',
        ...head,
        price: value('price'),
        size: row.values.has('size') ? value('size') : value('volume'),
        tradeId: row.id,
        aggressor: 'unknown',
        regular: true,
      };
    }
    if (row.time >= known.newest[datum.kind]) {
      known.newest[datum.kind] = row.time;
      known.last.set(datum.kind, datum);
    }
    const goesOn = watched.floor > Number.NEGATIVE_INFINITY;
    if (watched.caughtUp || (this.#started && goesOn)) batch.push(datum);
  }

  /** Puts the bars that have come into their series; those after all others are news. */
  #bars(watched: Watched, batch: MarketDatum[]): void {
    if (watched.waiting.length === 0) return;
    watched.length ??= lengthOf(watched.waiting);
    const { length, instrument } = watched;
    if (length === null) return;
    const known = this.#knownOf(instrument);
    let series = known.bars.get(length);
    if (series === undefined) {
      series = new BarSeries();
      known.bars.set(length, series);
    }
    watched.barNews ??= watched.caughtUp || (this.#started && series.size > 0);
    const rows = watched.waiting.toSorted((a, b) => a.time - b.time);
    watched.waiting = [];
    for (const row of rows) {
      const value = (name: string): number => row.values.get(name) as number;
      const bar: Bar = {
        time: row.time,
        open: value('open'),
        high: value('high'),
        low: value('low'),
        close: value('close'),
        volume: row.values.get('volume') ?? Number.NaN,
      };
      if (!series.put(bar)) continue;
      const datum = this.#barTick(instrument, length, bar);
      known.last.set('bar', datum);
      if (watched.barNews) batch.push(datum);
    }
  }

  #barTick(instrument: InstrumentId, length: Timeframe, bar: Bar): MarketDatum {
    const now = this.#context.clock.now();
    // Days are named by their dates; their session has ended before a line of it is written.
    const end = isDailyOrLonger(length) ? now : Math.min(now, bar.time + timeframeMillis(length));
    const { open, high, low, close, volume } = bar;
    return {
      kind: 'bar',
      instrument,
      venueTime: unixMillis(Math.floor(end)),
      receivedTime: now,
      timeframe: timeframe(length),
      start: unixMillis(bar.time),
      open,
      high,
      low,
      close,
      volume,
      closed: true,
    };
  }

  #knownOf(instrument: InstrumentId): Known {
    let known = this.#known.get(instrument);
    if (known === undefined) {
      known = {
        bars: new Map(),
        newest: { quote: Number.NEGATIVE_INFINITY, trade: Number.NEGATIVE_INFINITY },
        last: new Map(),
      };
      this.#known.set(instrument, known);
    }
    return known;
  }

  #tellWanted(batch: readonly MarketDatum[]): void {
    const wanted = batch.filter(({ kind, instrument }) =>
      this.#subscribed.has(`${kind} ${instrument}`),
    );
    this.tell(wanted);
  }

  #mistake(name: string, watched: Watched, what: string): void {
    watched.mistakes += 1;
    if (watched.problem === '') watched.problem = what;
    if (watched.mistakes <= TOLD) {
      this.#context.log('warn', `${name}: ${what}; the line is left out.`, { file: name });
    }
  }

  #here(): void {
    const now = this.#context.clock.now();
    const broken = [...this.#files].filter(([, { problem }]) => problem !== '');
    const good = this.#files.size - broken.length;
    const [first] = broken;
    const note =
      first === undefined
        ? `${this.#files.size} files.`
        : `${broken.length} of ${this.#files.size} files have mistakes; ${first[0]}, ${first[1].problem}.`;
    const message = `${good} files of prices in ${this.#options.folder}.`;
    const state = this.tracker.state;
    const phase = broken.length > 0 ? 'degraded' : 'ready';
    const parts = [
      { name: 'quotes', working: true, note: '' },
      { name: 'history', working: broken.length === 0, note },
    ];
    const same =
      state.phase === phase &&
      state.message === message &&
      state.parts.some((part) => part.name === 'history' && part.note === note);
    if (!same) this.tracker.set(phase, message, { parts });
    if (this.#awaySince === undefined) return;
    const since = this.#awaySince;
    this.#awaySince = undefined;
    this.tellGap(null, since, now, 'The folder could not be read.');
  }

  #away(error: unknown): void {
    const { folder, every } = this.#options;
    this.#awaySince ??= this.#context.clock.now();
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why =
      code === 'ENOENT'
        ? `The folder ${folder} does not exist; make it, or choose another one.`
        : `The folder ${folder} cannot be read: ${messageOf(error)}.`;
    this.tracker.set('reconnecting', why, { retryIn: every });
  }
}
