import { messageOf } from '../../../engine/domain/errors.ts';
import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import { MS_PER_MINUTE } from '../../../engine/domain/time.ts';
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
import type { RestClient } from '../../net/rest-client.ts';
import { StreamedDataClient } from '../../net/streamed-data-client.ts';
import { CHANNELS } from './channels.ts';
import { DataStream, type Wanted } from './data-stream.ts';
import { readHistory, TIMEFRAMES_HERE } from './history.ts';
import type { Instruments } from './instruments.ts';
import type { Patience } from './order-stream.ts';
import { latestQuotesSchema } from './schemas.ts';
import type { AlpacaKeys, AlpacaSettings } from './settings.ts';
import { readTick } from './ticks.ts';

/** The first bars there are: the start of 2016. */
const FIRST_BAR = Date.UTC(2016, 0, 1);

/** Prices of US stocks from Alpaca. */
export class AlpacaData extends StreamedDataClient<DataStream> implements MarketDataClient {
  readonly venue = 'alpaca';
  readonly capabilities: DataCapabilities;
  readonly #settings: AlpacaSettings;
  readonly #keys: AlpacaKeys;
  readonly #patience: Patience;
  readonly #client: RestClient;
  readonly #instruments: Instruments;
  /** What is wanted, whatever becomes of the connection. */
  readonly #wanted = new Map<string, Map<DataKind, InstrumentId>>();
  /** Time of the newest quote by symbol; one that was asked for is told only where it is newer. */
  readonly #quoted = new Map<string, number>();
  constructor(options: {
    readonly settings: AlpacaSettings;
    readonly keys: AlpacaKeys;
    readonly context: AdapterContext;
    readonly client: RestClient;
    readonly instruments: Instruments;
    readonly patience: Patience;
  }) {
    super('Alpaca', options.context);
    this.#settings = options.settings;
    this.#keys = options.keys;
    this.#patience = options.patience;
    this.#client = options.client;
    this.#instruments = options.instruments;
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

  protected override openStream(): DataStream {
    const { dataStreamUrl, feed } = this.#settings;
    const stream = new DataStream(
      `${dataStreamUrl}/v2/${feed}`,
      this.#keys,
      this.context,
      this.#patience,
      {
        onUp: () => void this.streamUp(stream),
        onDown: (reason, why, retryIn) => this.streamDown(reason, retryIn, why !== 'lost'),
        onMessages: (messages, time) => this.#onMessages(messages, time),
        onMalformed: (problem) => this.unreadable(problem, null),
      },
    );
    return stream;
  }

  protected override get readyMessage(): string {
    return `Connected to Alpaca, prices of ${this.#settings.feed}.`;
  }

  protected override get wantsAnything(): boolean {
    return this.#wanted.size > 0;
  }

  protected override askAgain(stream: DataStream): Promise<void> {
    const all = [...this.#wanted].flatMap(([symbol, kinds]) =>
      [...kinds.keys()].map((kind) => [symbol, kind] as const),
    );
    return stream.request('subscribe', wantedOf(all));
  }

  protected override whenWhole(): void {
    const quoted = [...this.#wanted].flatMap(([symbol, kinds]) =>
      kinds.has('quote') ? [symbol] : [],
    );
    void this.#latest(quoted);
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
    const stream = this.upStream;
    // What is asked for while the stream is away is part of what it gets when it is back.
    if (stream === undefined) return;
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
    const stream = this.upStream;
    if (!this.#forget(symbol, kind) || stream === undefined) return;
    try {
      await stream.request('unsubscribe', wantedOf([[symbol, kind]]));
    } catch (error) {
      this.context.log('warn', 'Alpaca did not confirm the end of a subscription.', {
        symbol,
        problem: messageOf(error),
      });
    }
  }

  async history(request: HistoryRequest) {
    await this.#instruments.get(request.instrument);
    return readHistory(this.#client, request, this.#settings.feed, this.context.clock);
  }

  #forget(symbol: string, kind: DataKind): boolean {
    const kinds = this.#wanted.get(symbol);
    const had = kinds?.delete(kind) === true;
    if (kinds?.size === 0) this.#wanted.delete(symbol);
    return had;
  }

  #onMessages(messages: readonly Fields[], receivedTime: number): void {
    this.streamHeard(receivedTime);
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
        this.tellGap(reading.instrument, minute, until, 'A trade was corrected or taken back.');
      } else if (reading.kind === 'malformed') {
        this.unreadable('a tick', reading.instrument);
      }
    }
    this.tell(batch);
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
      const receivedTime = this.context.clock.now();
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
      this.tell(batch);
    } catch (error) {
      this.context.log('info', 'Alpaca did not tell the latest quotes.', {
        problem: messageOf(error),
      });
    }
  }
}

function wantedOf(pairs: readonly (readonly [string, DataKind])[]): Wanted {
  const wanted: Record<string, string[]> = {};
  for (const [symbol, kind] of pairs) {
    for (const channel of CHANNELS.get(kind) ?? []) (wanted[channel] ??= []).push(symbol);
  }
  return wanted;
}
