import type { BarColumns } from '../../../engine/domain/bar.ts';
import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { timeframeMillis } from '../../../engine/domain/timeframe.ts';
import { isoDate, unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext, StoredSeries } from '../../net/adapter.ts';
import { columnsOf } from './columns.ts';
import { paperInstrument, SourceBase } from './source.ts';

export interface ReplayTerms {
  /** Datasets of the store that play together, in the order of their bars' times. */
  readonly datasets: readonly string[];
  /** First instant that is played; before it is history. */
  readonly from: UnixMillis;
  /** `clock`: so many times faster than life; `bars`: so many moments a second, whatever lies between. */
  readonly pace: 'clock' | 'bars';
  /** 1 to 1,000. */
  readonly speed: number;
}

interface Track extends StoredSeries {
  readonly length: number;
  next: number;
}

/** Longest wait between two moments: nobody wants to sit through a night. */
const LONGEST_WAIT = 5000;

/** Plays stored bars as if they came now: each is told when it closes, never before. */
export class MarketReplayer extends SourceBase implements MarketDataClient {
  readonly venue = 'simulated';
  readonly #terms: ReplayTerms;
  readonly #context: AdapterContext;
  #tracks: Track[] = [];
  #loaded: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #time = Number.NaN;

  constructor(terms: ReplayTerms, context: AdapterContext) {
    super(context);
    this.#terms = terms;
    this.#context = context;
  }

  get capabilities(): DataCapabilities {
    return {
      streams: ['bar'],
      timeframes: [...new Set(this.#tracks.map(({ timeframe }) => timeframe))],
      historyDepth: null,
      adjustment: 'raw',
      maxSubscriptions: null,
      replays: true,
      rateLimits: [],
    };
  }

  async connect(): Promise<void> {
    this.tracker.set('connecting', 'Reading the series to replay.');
    await this.load();
    this.tracker.part('quotes', true, '');
    this.tracker.set(
      'ready',
      `Replays ${this.#tracks.map(({ id }) => symbolOf(id)).join(', ')} from ${isoDate(this.#terms.from)}.`,
    );
    this.#next();
  }

  /** Reads the series and puts each at its first bar; the paper account is read after it. */
  load(): Promise<void> {
    this.#loaded ??= this.#read().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #read(): Promise<void> {
    const series = await Promise.all(
      this.#terms.datasets.map((dataset) => this.#context.series.read(dataset)),
    );
    this.#tracks = series.map((each) => ({
      ...each,
      length: timeframeMillis(each.timeframe),
      next: firstFrom(each.bars, this.#terms.from),
    }));
  }

  async disconnect(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#loaded = undefined;
    this.tracker.set('disconnected', 'Not connected.');
  }

  async subscribe(subscription: DataSubscription): Promise<void> {
    this.#track(subscription.instrument);
    this.add(subscription, this.capabilities.streams);
  }

  async unsubscribe(subscription: DataSubscription): Promise<void> {
    this.drop(subscription);
  }

  async findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const wanted = query.trim().toUpperCase();
    return this.#tracks
      .filter(({ id }) => symbolOf(id).startsWith(wanted))
      .slice(0, limit)
      .map(replayed);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return replayed(this.#track(id));
  }

  /** Bars that have been played, and those before the start: what somebody could know by now. */
  async history({ instrument, timeframe, start, end }: HistoryRequest): Promise<BarColumns> {
    const track = this.#track(instrument);
    if (track.timeframe !== timeframe) {
      throw new VenueError(
        'not-found',
        `${instrument} is replayed in bars of ${track.timeframe}, not ${timeframe}.`,
      );
    }
    const rows: number[][] = [];
    for (let i = 0; i < track.next; i += 1) {
      const time = track.bars.time[i] as number;
      if (time >= start && time < end) rows.push([time, ...pricesAt(track.bars, i)]);
    }
    return columnsOf(rows);
  }

  /** Waits until the bars that close next are due, and tells them together. */
  #next(): void {
    const due = Math.min(...this.#tracks.map((track) => closeOf(track, track.next)));
    if (!Number.isFinite(due)) {
      this.tracker.set('scheduled-break', 'The replay has come to the end of its series.');
      return;
    }
    const { pace, speed } = this.#terms;
    const step = Number.isNaN(this.#time) ? 0 : due - this.#time;
    const wait = pace === 'bars' ? 1000 / speed : Math.min(LONGEST_WAIT, step / speed);
    this.#cancel = this.#context.clock.after(wait, () => {
      this.#time = due;
      this.#play(due);
      this.#next();
    });
  }

  #play(due: number): void {
    const batch: MarketDatum[] = [];
    const received = this.#context.clock.now();
    for (const track of this.#tracks) {
      const { bars, next, id, timeframe } = track;
      if (closeOf(track, next) !== due) continue;
      track.next += 1;
      const [open, high, low, close, volume] = pricesAt(bars, next);
      if (![open, high, low, close].every((price) => Number.isFinite(price))) continue;
      if (!this.wanted(id, 'bar')) continue;
      const bar = {
        kind: 'bar',
        instrument: id,
        timeframe,
        start: unixMillis(bars.time[next] as number),
        open: open as number,
        high: high as number,
        low: low as number,
        close: close as number,
        volume: volume as number,
        venueTime: unixMillis(due),
        receivedTime: received,
      } as const;
      // Its last moment, which is the last price, and then its close.
      batch.push({ ...bar, closed: false }, { ...bar, closed: true });
    }
    this.tell(batch);
  }

  #track(id: InstrumentId): Track {
    const found = this.#tracks.find((track) => track.id === id);
    if (found !== undefined) return found;
    if (this.#tracks.length === 0)
      throw new VenueError('not-sent', 'The series to replay are not read yet.');
    throw new VenueError('not-found', `${symbolOf(id)} is not among the series that are replayed.`);
  }
}

function closeOf({ bars, length }: Track, index: number): number {
  const start = bars.time[index];
  return start === undefined ? Number.POSITIVE_INFINITY : start + length;
}

function firstFrom(bars: BarColumns, from: number): number {
  const found = bars.time.findIndex((time) => time >= from);
  return found < 0 ? bars.time.length : found;
}

function pricesAt(bars: BarColumns, i: number): readonly number[] {
  return [bars.open, bars.high, bars.low, bars.close, bars.volume].map(
    (column) => column[i] as number,
  );
}

function replayed({ id, name, currency, calendar }: StoredSeries): TradableInstrument {
  return paperInstrument(id, { name, currency, calendar });
}
