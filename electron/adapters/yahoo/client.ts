import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { MS_PER_DAY, MS_PER_MINUTE, unixMillis } from '../../../engine/domain/time.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { RateLimit } from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { backoff } from '../../net/backoff.ts';
import { DataClient } from '../../net/data-client.ts';
import { RateGate } from '../../net/rate-gate.ts';
import { YahooApi, type Fetch } from './api.ts';
import { TIMEFRAMES, YahooHistory } from './history.ts';
import { rulesOf, symbolFor } from './naming.ts';
import type { YahooQuote } from './schemas.ts';

export interface YahooOptions {
  /** Milliseconds between two looks at the quotes. */
  readonly every: number;
  readonly requestsPerMinute: number;
  /** Stands in for the network in tests. */
  readonly fetch?: Fetch;
}

const MOST = 200;
const TOGETHER = 50;
const WAITS = { first: 15_000, longest: 15 * MS_PER_MINUTE };
const DAY = timeframe('1d');
/** A symbol that is always there, to see whether Yahoo answers. */
const PROBE = '^GSPC';

interface Known {
  readonly rules: TradableInstrument;
  /** Milliseconds by which its prices are late. */
  readonly delay: number;
}

/** Prices of Yahoo Finance: history, and quotes by asking again and again. */
export class YahooClient extends DataClient implements MarketDataClient {
  readonly venue = 'yahoo';
  readonly #options: YahooOptions;
  readonly #context: AdapterContext;
  readonly #limits: readonly RateLimit[];
  readonly #known = new Map<InstrumentId, Known>();
  readonly #watched = new Set<InstrumentId>();
  #api: YahooApi;
  #history: YahooHistory;
  #connected = false;
  #failures = 0;
  #awaySince: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: YahooOptions, context: AdapterContext) {
    super(context);
    this.#options = options;
    this.#context = context;
    this.#limits = [
      { what: 'requests', requests: options.requestsPerMinute, perMilliseconds: MS_PER_MINUTE },
      {
        what: 'requests',
        requests: Math.ceil(options.requestsPerMinute / 15),
        perMilliseconds: 1_000,
      },
    ];
    [this.#api, this.#history] = this.#make();
  }

  get capabilities(): DataCapabilities {
    return {
      streams: ['quote'],
      timeframes: TIMEFRAMES,
      historyDepth: null,
      adjustment: 'split',
      maxSubscriptions: MOST,
      rateLimits: this.#limits,
    };
  }

  /** Yahoo may be down now and back later: the connection says so and goes on trying. */
  async connect(): Promise<void> {
    if (this.#connected) return;
    this.#connected = true;
    [this.#api, this.#history] = this.#make();
    this.tracker.set('connecting', 'Asking Yahoo.');
    await this.#look();
  }

  disconnect(): Promise<void> {
    this.#connected = false;
    this.#cancel?.();
    this.#api.close();
    this.#awaySince = undefined;
    this.#failures = 0;
    this.tracker.set('disconnected', 'Not connected.', { parts: [] });
    return Promise.resolve();
  }

  async subscribe({ instrument, kind }: DataSubscription): Promise<void> {
    if (kind !== 'quote') {
      throw new VenueError('rejected', `Yahoo tells quotes only, no ${kind}s.`);
    }
    if (this.#watched.size >= MOST && !this.#watched.has(instrument)) {
      throw new VenueError('rejected', `Yahoo is asked for ${MOST} quotes at most.`);
    }
    const quote = await this.#quoteOf(instrument);
    const first = this.#watched.size === 0;
    this.#watched.add(instrument);
    this.#tellQuotes([quote]);
    // The next look is for the connection only, and may be far off.
    if (first && this.#connected && this.#failures === 0) this.#plan(this.#options.every);
  }

  unsubscribe({ instrument }: DataSubscription): Promise<void> {
    this.#watched.delete(instrument);
    return Promise.resolve();
  }

  async history(request: HistoryRequest): Promise<BarColumns> {
    const symbol = symbolFor(request.instrument);
    if (symbol === null) throw unknown(request.instrument);
    const known = this.#known.get(request.instrument) ?? (await this.#lookUp(request.instrument));
    return this.#history.bars(symbol, request, known.delay);
  }

  async findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const text = query.trim();
    if (text === '') return [];
    const symbols = await this.#api.search(text, Math.min(limit, TOGETHER));
    if (symbols.length === 0) return [];
    const quotes = await this.#api.quotes(symbols.slice(0, Math.min(limit, TOGETHER)));
    return quotes.flatMap((quote) => this.#keep(quote)?.rules ?? []);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return (await this.#lookUp(id)).rules;
  }

  #make(): [YahooApi, YahooHistory] {
    const { clock, folder, log } = this.#context;
    const { fetch } = this.#options;
    const onOdd = (what: string): void => log('warn', what);
    const api = new YahooApi({
      clock,
      gate: new RateGate(clock, this.#limits),
      onOdd,
      ...(fetch === undefined ? {} : { fetch }),
    });
    return [api, new YahooHistory({ api, clock, folder, onOdd })];
  }

  async #lookUp(id: InstrumentId): Promise<Known> {
    await this.#quoteOf(id);
    return this.#known.get(id) as Known;
  }

  /** @throws VenueError `not-found` also where Yahoo has the symbol on another exchange */
  async #quoteOf(id: InstrumentId): Promise<YahooQuote> {
    const symbol = symbolFor(id);
    if (symbol === null) throw unknown(id);
    const [quote] = await this.#api.quotes([symbol]);
    const known = quote === undefined ? undefined : this.#keep(quote);
    if (quote !== undefined && known?.rules.id === id) return quote;
    throw unknown(id, known?.rules.id);
  }

  #keep(quote: YahooQuote): Known | undefined {
    const rules = rulesOf(quote);
    if (rules === null) return undefined;
    const known = { rules, delay: (quote.exchangeDataDelayedBy ?? 15) * MS_PER_MINUTE };
    this.#known.set(rules.id, known);
    return known;
  }

  /** One look at all quotes that are watched; without any, at whether Yahoo answers. */
  async #look(): Promise<void> {
    const symbols = [...this.#watched].flatMap((id) => symbolFor(id) ?? []);
    const api = this.#api;
    try {
      if (symbols.length === 0) await api.quotes([PROBE]);
      for (let from = 0; from < symbols.length; from += TOGETHER) {
        const quotes = await api.quotes(symbols.slice(from, from + TOGETHER));
        if (api !== this.#api || !this.#connected) return;
        this.#back();
        this.#tellQuotes(quotes);
      }
      if (api !== this.#api || !this.#connected) return;
      this.#back();
      // Yahoo is left in peace while nobody watches anything.
      this.#plan(symbols.length === 0 ? 20 * this.#options.every : this.#options.every);
    } catch (thrown) {
      if (api !== this.#api || !this.#connected) return;
      this.#away(thrown);
    }
  }

  #plan(wait: number): void {
    this.#cancel?.();
    this.#cancel = this.#context.clock.after(wait, () => void this.#look());
  }

  #tellQuotes(quotes: readonly YahooQuote[]): void {
    const batch = quotes.flatMap((quote) => {
      const known = this.#keep(quote);
      if (known === undefined || !this.#watched.has(known.rules.id)) return [];
      return this.#ticks(known.rules.id, quote);
    });
    this.tell(batch);
  }

  /** The quote, and the day so far as a bar. What Yahoo does not tell is not made up. */
  #ticks(instrument: InstrumentId, quote: YahooQuote): MarketDatum[] {
    const now = this.#context.clock.now();
    const venueTime = unixMillis(Math.floor(quote.regularMarketTime ?? now));
    const head = { instrument, venueTime, receivedTime: now };
    const ticks: MarketDatum[] = [];
    // A side of 0 is one that nobody quotes. Sizes are told in units that differ by exchange.
    const bid = quote.bid === 0 ? Number.NaN : (quote.bid ?? Number.NaN);
    const ask = quote.ask === 0 ? Number.NaN : (quote.ask ?? Number.NaN);
    if (!Number.isNaN(bid) || !Number.isNaN(ask)) {
      ticks.push({ kind: 'quote', ...head, bid, ask, bidSize: Number.NaN, askSize: Number.NaN });
    }
    const close = quote.regularMarketPrice;
    if (close === undefined || quote.regularMarketTime === undefined) return ticks;
    const {
      regularMarketOpen: open = close,
      regularMarketDayHigh: high = Math.max(open, close),
      regularMarketDayLow: low = Math.min(open, close),
      regularMarketVolume: volume = Number.NaN,
      gmtOffSetMilliseconds: shift = 0,
    } = quote;
    const start = unixMillis(Math.floor((venueTime + shift) / MS_PER_DAY) * MS_PER_DAY);
    const prices = { open, high: Math.max(high, open, close), low: Math.min(low, open, close) };
    ticks.push({
      kind: 'bar',
      ...head,
      timeframe: DAY,
      start,
      ...prices,
      close,
      volume,
      closed: false,
    });
    return ticks;
  }

  #back(): void {
    this.#failures = 0;
    const parts = [
      {
        name: 'quotes',
        working: true,
        note: 'Delayed by up to 15 minutes, more for some exchanges.',
      },
      { name: 'history', working: true, note: '' },
    ];
    if (this.tracker.state.phase !== 'ready') {
      this.tracker.set('ready', 'Yahoo answers; its prices are delayed.', { parts });
    }
    if (this.#awaySince === undefined) return;
    const since = this.#awaySince;
    this.#awaySince = undefined;
    this.tellGap(null, since, this.#context.clock.now(), 'Yahoo did not answer.');
  }

  #away(thrown: unknown): void {
    const error =
      thrown instanceof VenueError
        ? thrown
        : new VenueError('unknown', `Yahoo failed: ${String(thrown)}`);
    const { clock, random, log } = this.#context;
    this.#awaySince ??= clock.now();
    const wait = Math.max(
      backoff(this.#failures, WAITS, random),
      error.retryAfter ?? 0,
      this.#options.every,
    );
    this.#failures += 1;
    const parts = ['quotes', 'history'].map((name) => ({
      name,
      working: false,
      note: error.message,
    }));
    this.tracker.set('reconnecting', error.message, { retryIn: wait, parts });
    log('warn', error.message, { failure: error.failure, retryInMs: Math.round(wait) });
    this.#plan(wait);
  }
}

function unknown(id: InstrumentId, elsewhere?: InstrumentId): VenueError {
  return new VenueError(
    'not-found',
    elsewhere === undefined
      ? `Yahoo has no ${id}; find it by its name first.`
      : `Yahoo has no ${id}; it has ${elsewhere}.`,
  );
}
