import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum, QuoteTick } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataGap,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { ConnectionTracker } from '../../net/connection-tracker.ts';
import { DataStream, MOST_STREAMS } from './data-stream.ts';
import { DepthKeeper } from './depth-keeper.ts';
import { readHistory, TIMEFRAMES_HERE } from './history.ts';
import type { Instruments } from './instruments.ts';
import { RATE_LIMITS, type Barred, type BinanceRest } from './rest.ts';
import { bookTickerSchema, depthSchema } from './schemas.ts';
import type { BinanceSettings } from './settings.ts';
import { readBar, readQuote, readTrade, type Fields } from './ticks.ts';
import type { Patience } from './user-stream.ts';
import { KINDS_HERE, namesOf, Wanted, type Told } from './wanted.ts';

/** How long the first connection may take until `connect` leaves the rest to the state. */
const FIRST_TRY = 15_000;
const DEPTH = 1000;
const TOLD_SINGLY = 20;

const MINUTE_BAR = timeframe('1m');
const DAY_BAR = timeframe('1d');

/** Prices of pairs at Binance. */
export class BinanceData implements MarketDataClient {
  readonly venue = 'binance';
  readonly capabilities: DataCapabilities = {
    streams: KINDS_HERE,
    timeframes: TIMEFRAMES_HERE,
    historyDepth: null,
    // Nothing is split here.
    adjustment: 'raw',
    // Bars take two streams each.
    maxSubscriptions: MOST_STREAMS / 2,
    rateLimits: RATE_LIMITS.slice(0, 1),
  };
  readonly #settings: BinanceSettings;
  readonly #context: AdapterContext;
  readonly #patience: Patience;
  readonly #rest: BinanceRest;
  readonly #instruments: Instruments;
  readonly #tracker: ConnectionTracker;
  readonly #data = new Set<(batch: readonly MarketDatum[]) => void>();
  readonly #gaps = new Set<(gap: DataGap) => void>();
  readonly #wanted = new Wanted();
  readonly #books = new Map<string, DepthKeeper>();
  /** Number and time of the newest trade; numbers follow each other. */
  readonly #trades = new Map<string, { readonly number: number; readonly time: number }>();
  /** The quote of a pair that was told last. */
  readonly #quotes = new Map<string, QuoteTick>();
  #stream: DataStream | undefined;
  #malformed = 0;
  #heard = 0;
  #wholeUntil: number | null = null;
  #cancelBar: (() => void) | undefined;
  #settleFirst: (() => void) | undefined;

  constructor(options: {
    readonly settings: BinanceSettings;
    readonly context: AdapterContext;
    readonly rest: BinanceRest;
    readonly instruments: Instruments;
    readonly patience: Patience;
  }) {
    this.#settings = options.settings;
    this.#context = options.context;
    this.#patience = options.patience;
    this.#rest = options.rest;
    this.#instruments = options.instruments;
    this.#tracker = new ConnectionTracker(options.context.clock);
    options.rest.onBarred((barred) => this.#onBarred(barred));
  }

  get connection(): ConnectionState {
    return this.#tracker.state;
  }

  /** Messages of the stream that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.#tracker.on(listener);
  }

  onData(listener: (batch: readonly MarketDatum[]) => void): () => void {
    this.#data.add(listener);
    return () => this.#data.delete(listener);
  }

  onGap(listener: (gap: DataGap) => void): () => void {
    this.#gaps.add(listener);
    return () => this.#gaps.delete(listener);
  }

  async connect(): Promise<void> {
    if (this.#stream !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settleFirst = resolve;
    const cancel = this.#context.clock.after(FIRST_TRY, resolve);
    this.#tracker.part('quotes', false, 'Not connected yet.');
    this.#tracker.part('history', true, '');
    this.#tracker.set('connecting', 'Connecting to the prices of Binance.');
    const stream = new DataStream(this.#settings.dataStreamUrl, this.#context, this.#patience, {
      onUp: () => void this.#up(stream),
      onDown: (reason, retryIn) => this.#down(reason, retryIn),
      onMessage: (name, data, time) => this.#onMessage(name, data, time),
      onMalformed: (problem) => this.#onMalformed(problem, null),
    });
    this.#stream = stream;
    stream.start();
    await promise;
    cancel();
  }

  async disconnect(): Promise<void> {
    this.#stream?.close();
    this.#stream = undefined;
    this.#wholeUntil = null;
    this.#cancelBar?.();
    for (const book of this.#books.values()) book.reset();
    this.#trades.clear();
    this.#quotes.clear();
    this.#settleFirst?.();
    this.#tracker.part('quotes', false, 'Disconnected.');
    this.#tracker.set('disconnected', 'Not connected.');
    await Promise.resolve();
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    return this.#instruments.find(query, limit);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return (await this.#instruments.pair(id)).instrument;
  }

  async subscribe({ instrument, kind }: DataSubscription): Promise<void> {
    if (!KINDS_HERE.includes(kind))
      throw new VenueError(
        'rejected',
        `Binance streams no ${kind}; it has ${KINDS_HERE.join(', ')}.`,
      );
    const { symbol } = (await this.#instruments.pair(instrument)).instrument;
    if (this.#wanted.has(symbol, kind)) return;
    const names = namesOf(symbol, kind);
    if (this.#wanted.streams().length + names.length > MOST_STREAMS)
      throw new VenueError(
        'rejected',
        `One connection to Binance carries ${MOST_STREAMS} streams; end others first.`,
      );
    this.#wanted.add(symbol, kind, instrument);
    if (kind === 'book') this.#keep(symbol, instrument);
    const stream = this.#stream;
    // What is asked for while the stream is away is part of what it gets when it is back.
    if (stream?.up !== true) return;
    try {
      await stream.request('SUBSCRIBE', names);
    } catch (error) {
      if (error instanceof VenueError && error.failure === 'rejected') {
        this.#forget(symbol, kind);
        throw error;
      }
      // The connection ended meanwhile, or will: the next one asks for it again.
      return;
    }
    if (kind === 'quote') await this.#latest(symbol, instrument);
  }

  async unsubscribe({ instrument, kind }: DataSubscription): Promise<void> {
    const symbol = symbolOf(instrument);
    if (!this.#forget(symbol, kind) || this.#stream?.up !== true) return;
    try {
      await this.#stream.request('UNSUBSCRIBE', namesOf(symbol, kind));
    } catch (error) {
      this.#context.log('warn', 'Binance did not confirm the end of a subscription.', {
        symbol,
        problem: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async history(request: HistoryRequest) {
    await this.#instruments.pair(request.instrument);
    return readHistory(this.#rest, request);
  }

  #forget(symbol: string, kind: DataKind): boolean {
    const had = this.#wanted.remove(symbol, kind);
    if (kind === 'trade') this.#trades.delete(symbol);
    if (kind === 'quote') this.#quotes.delete(symbol);
    if (kind === 'book') {
      this.#books.get(symbol)?.end();
      this.#books.delete(symbol);
    }
    return had;
  }

  #keep(symbol: string, instrument: InstrumentId): void {
    const { gather } = this.#patience;
    this.#books.set(
      symbol,
      new DepthKeeper({
        symbol,
        instrument,
        clock: this.#context.clock,
        ...(gather === undefined ? {} : { again: gather }),
        ask: () =>
          this.#rest.request({
            method: 'GET',
            path: '/api/v3/depth',
            security: 'none',
            weight: 50,
            query: { symbol, limit: DEPTH },
            schema: depthSchema,
          }),
        onBook: (book) => this.#tell([book]),
        onGap: (from, to, reason) => this.#gap(instrument, from, to, reason),
        onTrouble: (problem) =>
          this.#context.log('info', 'The book of Binance is asked for again.', { symbol, problem }),
      }),
    );
  }

  /** Asks for everything that is wanted, and tells what was missed. */
  async #up(stream: DataStream): Promise<void> {
    const all = this.#wanted.streams();
    let note = '';
    for (const book of this.#books.values()) book.reset();
    this.#trades.clear();
    if (all.length > 0) {
      this.#tracker.set('synchronizing', 'Asking Binance for the prices that were on before.');
      try {
        await stream.request('SUBSCRIBE', all);
      } catch (error) {
        if (!stream.up) return;
        note = error instanceof Error ? error.message : String(error);
      }
    }
    if (this.#stream !== stream || !stream.up) return;
    const now = this.#context.clock.now();
    if (this.#wholeUntil !== null && !this.#wanted.empty)
      this.#gap(null, this.#wholeUntil, now, 'The connection was interrupted.');
    this.#wholeUntil = null;
    this.#tracker.part('quotes', note === '', note);
    if (note === '') this.#tracker.set('ready', 'Connected to the prices of Binance.');
    else this.#tracker.set('degraded', note);
    this.#settleFirst?.();
    for (const [symbol, instrument] of this.#wanted.of('quote'))
      void this.#latest(symbol, instrument);
  }

  #down(reason: string, retryIn: number | null): void {
    const { phase } = this.connection;
    // A half-open connection is noticed late: what it should have told since its last word is missing.
    if (phase === 'ready' || phase === 'degraded') this.#wholeUntil ??= this.#lastHeard();
    this.#tracker.part('quotes', false, reason);
    this.#tracker.set('reconnecting', `The stream of prices from Binance ended: ${reason}`, {
      retryIn,
    });
    this.#settleFirst?.();
  }

  #lastHeard(): number {
    return this.#heard === 0 ? this.connection.since : Math.max(this.#heard, this.connection.since);
  }

  /** History and books wait while the venue refuses requests; the stream goes on. */
  #onBarred({ message, milliseconds }: Barred): void {
    if (this.#stream === undefined) return;
    this.#tracker.part('history', false, message);
    this.#cancelBar?.();
    this.#cancelBar = this.#context.clock.after(milliseconds, () =>
      this.#tracker.part('history', true, ''),
    );
  }

  #onMessage(name: string, data: Fields, receivedTime: number): void {
    this.#heard = receivedTime;
    const told = this.#wanted.told(name);
    if (told === undefined) return;
    const read = data['s'] === told.symbol && this.#read(told, data, receivedTime);
    if (!read) this.#onMalformed(`a ${told.kind}`, told.instrument);
  }

  /** False for what cannot be read. */
  #read({ symbol, kind, channel, instrument }: Told, data: Fields, receivedTime: number): boolean {
    switch (kind) {
      case 'book':
        return this.#books.get(symbol)?.take(data, receivedTime) ?? true;
      case 'trade':
        return this.#onTrade(symbol, instrument, data, receivedTime);
      case 'bar': {
        const length = channel === 'kline_1d' ? DAY_BAR : MINUTE_BAR;
        const bar = readBar(data, instrument, length, receivedTime);
        if (bar !== null) this.#tell([bar]);
        return bar !== null;
      }
      default: {
        const quote = readQuote(data, instrument, receivedTime);
        if (quote === null) return false;
        this.#quotes.set(symbol, quote);
        this.#tell([quote]);
        return true;
      }
    }
  }

  #onTrade(symbol: string, instrument: InstrumentId, data: Fields, receivedTime: number): boolean {
    const read = readTrade(data, instrument, receivedTime);
    if (read === null) return false;
    const { number, ...trade } = read;
    const before = this.#trades.get(symbol);
    if (before !== undefined && number > before.number + 1) {
      const from = Math.min(before.time, trade.venueTime);
      this.#gap(instrument, from, trade.venueTime, 'Trades were missed.');
    }
    if (before === undefined || number > before.number)
      this.#trades.set(symbol, { number, time: trade.venueTime });
    this.#tell([trade]);
    return true;
  }

  /** What a message said that cannot be read is missing. */
  #onMalformed(problem: string, instrument: InstrumentId | null): void {
    this.#malformed += 1;
    const count = this.#malformed;
    if (count <= TOLD_SINGLY || count % 1000 === 0)
      this.#context.log('warn', 'The stream of prices of Binance sent what cannot be read.', {
        problem,
        count,
      });
    const now = this.#context.clock.now();
    const from = this.#heard === 0 ? now : Math.min(now, this.#heard);
    if (!this.#wanted.empty) this.#gap(instrument, from, now, 'A message could not be read.');
  }

  /** The quote as it stands: in a quiet market the next one may take long. */
  async #latest(symbol: string, instrument: InstrumentId): Promise<void> {
    const before = this.#quotes.get(symbol);
    try {
      const told = await this.#rest.request({
        method: 'GET',
        path: '/api/v3/ticker/bookTicker',
        security: 'none',
        weight: 2,
        query: { symbol },
        schema: bookTickerSchema,
      });
      // What the stream has told meanwhile is newer.
      const fresh = this.#wanted.has(symbol, 'quote') && this.#quotes.get(symbol) === before;
      if (!fresh || told.symbol !== symbol) return;
      const fields = { b: told.bidPrice, B: told.bidQty, a: told.askPrice, A: told.askQty };
      const quote = readQuote(fields, instrument, this.#context.clock.now());
      if (quote === null || (before !== undefined && sameQuote(quote, before))) return;
      this.#quotes.set(symbol, quote);
      this.#tell([quote]);
    } catch (error) {
      this.#context.log('info', 'Binance did not tell the latest quote.', {
        problem: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #tell(batch: readonly MarketDatum[]): void {
    for (const listener of this.#data) listener(batch);
  }

  #gap(instrument: InstrumentId | null, from: number, to: number, reason: string): void {
    const gap: DataGap = { instrument, from: unixMillis(from), to: unixMillis(to), reason };
    for (const listener of this.#gaps) listener(gap);
  }
}

const sameQuote = (a: QuoteTick, b: QuoteTick): boolean =>
  Object.is(a.bid, b.bid) &&
  Object.is(a.ask, b.ask) &&
  a.bidSize === b.bidSize &&
  a.askSize === b.askSize;
