import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import { MS_PER_MINUTE, unixMillis } from '../../../engine/domain/time.ts';
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
import type { RestClient } from '../../net/rest-client.ts';
import { CHANNELS } from './channels.ts';
import { DataStream, type Wanted } from './data-stream.ts';
import { readHistory, TIMEFRAMES_HERE } from './history.ts';
import type { Instruments } from './instruments.ts';
import type { Patience } from './order-stream.ts';
import { latestQuotesSchema } from './schemas.ts';
import type { AlpacaKeys, AlpacaSettings } from './settings.ts';
import { readTick, type Fields } from './ticks.ts';

/** How long the first connection may take until `connect` leaves the rest to the state. */
const FIRST_TRY = 15_000;
/** The first bars there are: the start of 2016. */
const FIRST_BAR = Date.UTC(2016, 0, 1);

/** Prices of US stocks from Alpaca. */
export class AlpacaData implements MarketDataClient {
  readonly venue = 'alpaca';
  readonly capabilities: DataCapabilities;
  readonly #settings: AlpacaSettings;
  readonly #keys: AlpacaKeys;
  readonly #context: AdapterContext;
  readonly #patience: Patience;
  readonly #client: RestClient;
  readonly #instruments: Instruments;
  readonly #tracker: ConnectionTracker;
  readonly #data = new Set<(batch: readonly MarketDatum[]) => void>();
  readonly #gaps = new Set<(gap: DataGap) => void>();
  /** What is wanted, whatever becomes of the connection. */
  readonly #wanted = new Map<string, Map<DataKind, InstrumentId>>();
  /** Time of the newest quote by symbol; one that was asked for is told only where it is newer. */
  readonly #quoted = new Map<string, number>();
  #stream: DataStream | undefined;
  #malformed = 0;
  /** When the stream last told something; 0 while it never did. */
  #heard = 0;
  /** When the stream was last known to be whole; null while it never was. */
  #wholeUntil: number | null = null;
  #settleFirst: (() => void) | undefined;

  constructor(options: {
    readonly settings: AlpacaSettings;
    readonly keys: AlpacaKeys;
    readonly context: AdapterContext;
    readonly client: RestClient;
    readonly instruments: Instruments;
    readonly patience: Patience;
  }) {
    this.#settings = options.settings;
    this.#keys = options.keys;
    this.#context = options.context;
    this.#patience = options.patience;
    this.#client = options.client;
    this.#instruments = options.instruments;
    this.#tracker = new ConnectionTracker(options.context.clock);
    const { feed, dataRequestsPerMinute } = options.settings;
    this.capabilities = {
      streams: [...CHANNELS.keys()],
      timeframes: TIMEFRAMES_HERE,
      historyDepth: options.context.clock.now() - FIRST_BAR,
      adjustment: 'raw',
      // The free plan streams 30 symbols; Alpaca says so when it is passed.
      maxSubscriptions: feed === 'iex' ? 30 : null,
      rateLimits: [
        { what: 'data requests', requests: dataRequestsPerMinute, perMilliseconds: MS_PER_MINUTE },
      ],
    };
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
    this.#tracker.set('connecting', 'Connecting to the prices of Alpaca.');
    const { dataStreamUrl, feed } = this.#settings;
    const stream = new DataStream(
      `${dataStreamUrl}/v2/${feed}`,
      this.#keys,
      this.#context,
      this.#patience,
      {
        onUp: () => void this.#up(stream),
        onDown: (reason, why, retryIn) => this.#down(reason, why, retryIn),
        onMessages: (messages, time) => this.#onMessages(messages, time),
        onMalformed: (problem) => this.#onMalformed(problem, null),
      },
    );
    this.#stream = stream;
    stream.start();
    await promise;
    cancel();
    if (this.connection.phase === 'needs-user' && this.connection.until === null) {
      const { message } = this.connection;
      this.#stream = undefined;
      throw new VenueError('unauthorized', message);
    }
  }

  async disconnect(): Promise<void> {
    this.#stream?.close();
    this.#stream = undefined;
    this.#wholeUntil = null;
    this.#settleFirst?.();
    this.#tracker.part('quotes', false, 'Disconnected.');
    this.#tracker.set('disconnected', 'Not connected.');
    await Promise.resolve();
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    return this.#instruments.find(query, limit);
  }

  instrument(id: InstrumentId): Promise<TradableInstrument> {
    return this.#instruments.get(id);
  }

  async subscribe({ instrument, kind }: DataSubscription): Promise<void> {
    if (!CHANNELS.has(kind))
      throw new VenueError('rejected', `Alpaca streams no ${kind} of stocks.`);
    const { symbol } = await this.#instruments.get(instrument);
    const kinds = this.#wanted.get(symbol) ?? new Map<DataKind, InstrumentId>();
    if (kinds.has(kind)) return;
    kinds.set(kind, instrument);
    this.#wanted.set(symbol, kinds);
    const stream = this.#stream;
    // What is asked for while the stream is away is part of what it gets when it is back.
    if (stream?.up !== true) return;
    try {
      await stream.request('subscribe', wantedOf([[symbol, kind]]));
    } catch (error) {
      if (error instanceof VenueError && error.failure === 'rejected') {
        this.#forget(symbol, kind);
        throw error;
      }
      // The connection ended meanwhile, or will: the next one asks for it again.
      return;
    }
    if (kind === 'quote') void this.#latest([symbol]);
  }

  async unsubscribe({ instrument, kind }: DataSubscription): Promise<void> {
    const symbol = symbolOf(instrument);
    if (!this.#forget(symbol, kind) || this.#stream?.up !== true) return;
    try {
      await this.#stream.request('unsubscribe', wantedOf([[symbol, kind]]));
    } catch (error) {
      this.#context.log('warn', 'Alpaca did not confirm the end of a subscription.', {
        symbol,
        problem: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async history(request: HistoryRequest) {
    await this.#instruments.get(request.instrument);
    return readHistory(this.#client, request, this.#settings.feed, this.#context.clock);
  }

  #forget(symbol: string, kind: DataKind): boolean {
    const kinds = this.#wanted.get(symbol);
    const had = kinds?.delete(kind) === true;
    if (kinds?.size === 0) this.#wanted.delete(symbol);
    return had;
  }

  /** Asks for everything that is wanted, and tells what was missed. */
  async #up(stream: DataStream): Promise<void> {
    const all = [...this.#wanted].flatMap(([symbol, kinds]) =>
      [...kinds.keys()].map((kind) => [symbol, kind] as const),
    );
    let note = '';
    if (all.length > 0) {
      this.#tracker.set('synchronizing', 'Asking Alpaca for the prices that were on before.');
      try {
        await stream.request('subscribe', wantedOf(all));
      } catch (error) {
        if (!stream.up) return;
        note = error instanceof Error ? error.message : String(error);
      }
    }
    if (this.#stream !== stream || !stream.up) return;
    const now = this.#context.clock.now();
    if (this.#wholeUntil !== null && this.#wanted.size > 0)
      this.#gap(null, this.#wholeUntil, now, 'The connection was interrupted.');
    this.#wholeUntil = null;
    this.#tracker.part('quotes', note === '', note);
    const { feed } = this.#settings;
    if (note === '') this.#tracker.set('ready', `Connected to Alpaca, prices of ${feed}.`);
    else this.#tracker.set('degraded', note);
    this.#settleFirst?.();
    const quoted = [...this.#wanted].flatMap(([symbol, kinds]) =>
      kinds.has('quote') ? [symbol] : [],
    );
    void this.#latest(quoted);
  }

  #down(reason: string, why: 'lost' | 'taken' | 'user', retryIn: number | null): void {
    const phase = this.connection.phase;
    // A half-open connection is noticed late: what it should have told since its last word is missing.
    if (phase === 'ready' || phase === 'degraded') this.#wholeUntil ??= this.#lastHeard();
    this.#tracker.part('quotes', false, reason);
    if (why === 'lost')
      this.#tracker.set('reconnecting', `The stream of prices from Alpaca ended: ${reason}`, {
        retryIn,
      });
    else this.#tracker.set('needs-user', reason, { retryIn });
    this.#settleFirst?.();
  }

  #lastHeard(): number {
    return this.#heard === 0 ? this.connection.since : Math.max(this.#heard, this.connection.since);
  }

  #onMessages(messages: readonly Fields[], receivedTime: number): void {
    this.#heard = receivedTime;
    const idOf = (symbol: string): InstrumentId | undefined =>
      this.#wanted.get(symbol)?.values().next().value;
    const batch: MarketDatum[] = [];
    for (const message of messages) {
      const reading = readTick(message, idOf, receivedTime);
      if (reading.kind === 'datum') {
        const { datum } = reading;
        if (datum.kind === 'quote') this.#quoted.set(symbolOf(datum.instrument), datum.venueTime);
        batch.push(datum);
      } else if (reading.kind === 'revised') {
        const minute = Math.floor(reading.time / MS_PER_MINUTE) * MS_PER_MINUTE;
        const until = minute + MS_PER_MINUTE;
        this.#gap(reading.instrument, minute, until, 'A trade was corrected or taken back.');
      } else if (reading.kind === 'malformed') {
        this.#onMalformed('a tick', reading.instrument);
      }
    }
    if (batch.length > 0) this.#tell(batch);
  }

  /** What a message said that cannot be read is missing. */
  #onMalformed(problem: string, instrument: InstrumentId | null): void {
    this.#malformed += 1;
    this.#context.log('warn', 'Alpaca’s stream of prices sent a message that cannot be read.', {
      problem,
      count: this.#malformed,
    });
    const now = this.#context.clock.now();
    const from = this.#heard === 0 ? now : Math.min(now, this.#heard);
    if (this.#wanted.size > 0) this.#gap(instrument, from, now, 'A message could not be read.');
  }

  /** Quotes as they stand: in a quiet market the next one may take long. */
  async #latest(symbols: readonly string[]): Promise<void> {
    if (symbols.length === 0) return;
    try {
      const { feed } = this.#settings;
      const { quotes } = await this.#client.request({
        method: 'GET',
        path: '/v2/stocks/quotes/latest',
        query: { symbols: symbols.join(','), feed },
        schema: latestQuotesSchema,
        priority: 'query',
      });
      const receivedTime = this.#context.clock.now();
      const batch = Object.entries(quotes).flatMap(([symbol, quote]): MarketDatum[] => {
        const instrument = this.#wanted.get(symbol)?.get('quote');
        const known = this.#quoted.get(symbol) ?? Number.NEGATIVE_INFINITY;
        if (instrument === undefined || quote.t <= known) return [];
        const reading = readTick(
          { T: 'q', S: symbol, ...quote, t: new Date(quote.t).toISOString() },
          () => instrument,
          receivedTime,
        );
        return reading.kind === 'datum' ? [reading.datum] : [];
      });
      if (batch.length > 0) this.#tell(batch);
    } catch (error) {
      this.#context.log('info', 'Alpaca did not tell the latest quotes.', {
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

function wantedOf(pairs: readonly (readonly [string, DataKind])[]): Wanted {
  const wanted: Record<string, string[]> = {};
  for (const [symbol, kind] of pairs) {
    for (const channel of CHANNELS.get(kind) ?? []) (wanted[channel] ??= []).push(symbol);
  }
  return wanted;
}
