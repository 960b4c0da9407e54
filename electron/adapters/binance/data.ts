import { messageOf } from '../../../engine/domain/errors.ts';
import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, QuoteTick } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { Fields } from '../../net/frames.ts';
import { StreamedDataClient } from '../../net/streamed-data-client.ts';
import { DataStream, MOST_STREAMS } from './data-stream.ts';
import { DepthKeeper } from './depth-keeper.ts';
import { readHistory, TIMEFRAMES_HERE } from './history.ts';
import type { Instruments } from './instruments.ts';
import { RATE_LIMITS, type Barred, type BinanceRest } from './rest.ts';
import { bookTickerSchema, depthSchema } from './schemas.ts';
import type { BinanceSettings } from './settings.ts';
import { readBar, readQuote, readTrade } from './ticks.ts';
import type { Patience } from './user-stream.ts';
import { KINDS_HERE, namesOf, Wanted, type Told } from './wanted.ts';

const DEPTH = 1000;

const MINUTE_BAR = timeframe('1m');
const DAY_BAR = timeframe('1d');

/** Prices of pairs at Binance. */
export class BinanceData extends StreamedDataClient<DataStream> implements MarketDataClient {
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
  readonly #patience: Patience;
  readonly #rest: BinanceRest;
  readonly #instruments: Instruments;
  readonly #wanted = new Wanted();
  readonly #books = new Map<string, DepthKeeper>();
  /** Number and time of the newest trade; numbers follow each other. */
  readonly #trades = new Map<string, { readonly number: number; readonly time: number }>();
  /** The quote of a pair that was told last. */
  readonly #quotes = new Map<string, QuoteTick>();
  #cancelBar: (() => void) | undefined;

  constructor(options: {
    readonly settings: BinanceSettings;
    readonly context: AdapterContext;
    readonly rest: BinanceRest;
    readonly instruments: Instruments;
    readonly patience: Patience;
  }) {
    super('Binance', options.context);
    this.#settings = options.settings;
    this.#patience = options.patience;
    this.#rest = options.rest;
    this.#instruments = options.instruments;
    options.rest.onBarred((barred) => this.#onBarred(barred));
  }

  protected override openStream(): DataStream {
    const stream = new DataStream(this.#settings.dataStreamUrl, this.context, this.#patience, {
      onUp: () => {
        for (const book of this.#books.values()) book.reset();
        this.#trades.clear();
        void this.streamUp(stream);
      },
      onDown: (reason, retryIn) => this.streamDown(reason, retryIn),
      onMessage: (name, data, time) => this.#onMessage(name, data, time),
      onMalformed: (problem) => this.unreadable(problem, null),
    });
    return stream;
  }

  protected override get readyMessage(): string {
    return 'Connected to the prices of Binance.';
  }

  protected override get wantsAnything(): boolean {
    return !this.#wanted.empty;
  }

  protected override askAgain(stream: DataStream): Promise<void> {
    return stream.request('SUBSCRIBE', this.#wanted.streams());
  }

  protected override whenWhole(): void {
    for (const [symbol, instrument] of this.#wanted.of('quote'))
      void this.#latest(symbol, instrument);
  }

  override async disconnect(): Promise<void> {
    this.#cancelBar?.();
    for (const book of this.#books.values()) book.reset();
    this.#trades.clear();
    this.#quotes.clear();
    await super.disconnect();
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
    const stream = this.upStream;
    // What is asked for while the stream is away is part of what it gets when it is back.
    if (stream === undefined) return;
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
    const stream = this.upStream;
    if (!this.#forget(symbol, kind) || stream === undefined) return;
    try {
      await stream.request('UNSUBSCRIBE', namesOf(symbol, kind));
    } catch (error) {
      this.context.log('warn', 'Binance did not confirm the end of a subscription.', {
        symbol,
        problem: messageOf(error),
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
        clock: this.context.clock,
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
        onBook: (book) => this.tell([book]),
        onGap: (from, to, reason) => this.tellGap(instrument, from, to, reason),
        onTrouble: (problem) =>
          this.context.log('info', 'The book of Binance is asked for again.', { symbol, problem }),
      }),
    );
  }

  /** History and books wait while the venue refuses requests; the stream goes on. */
  #onBarred({ message, milliseconds }: Barred): void {
    if (!this.connecting) return;
    this.tracker.part('history', false, message);
    this.#cancelBar?.();
    this.#cancelBar = this.context.clock.after(milliseconds, () =>
      this.tracker.part('history', true, ''),
    );
  }

  #onMessage(name: string, data: Fields, receivedTime: number): void {
    this.streamHeard(receivedTime);
    const told = this.#wanted.told(name);
    if (told === undefined) return;
    const read = data['s'] === told.symbol && this.#read(told, data, receivedTime);
    if (!read) this.unreadable(`a ${told.kind}`, told.instrument);
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
        if (bar !== null) this.tell([bar]);
        return bar !== null;
      }
      default: {
        const quote = readQuote(data, instrument, receivedTime);
        if (quote === null) return false;
        this.#quotes.set(symbol, quote);
        this.tell([quote]);
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
      this.tellGap(instrument, from, trade.venueTime, 'Trades were missed.');
    }
    if (before === undefined || number > before.number)
      this.#trades.set(symbol, { number, time: trade.venueTime });
    this.tell([trade]);
    return true;
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
      const quote = readQuote(fields, instrument, this.context.clock.now());
      if (quote === null || (before !== undefined && sameQuote(quote, before))) return;
      this.#quotes.set(symbol, quote);
      this.tell([quote]);
    } catch (error) {
      this.context.log('info', 'Binance did not tell the latest quote.', {
        problem: messageOf(error),
      });
    }
  }
}

const sameQuote = (a: QuoteTick, b: QuoteTick): boolean =>
  Object.is(a.bid, b.bid) &&
  Object.is(a.ask, b.ask) &&
  a.bidSize === b.bidSize &&
  a.askSize === b.askSize;
