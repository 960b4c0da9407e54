import {
  instrumentId,
  symbolOf,
  venueOf,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { timeframe, timeframeMillis } from '../../../engine/domain/timeframe.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { columnsOf } from './columns.ts';
import { MadeUpBars } from './made-up-bars.ts';
import { PriceModel } from './price-model.ts';
import { paperInstrument, SourceBase } from './source.ts';

export interface SimulatorTerms {
  /** 1 to 1,000. */
  readonly symbols: readonly string[];
  readonly seed: number;
  /** Milliseconds between two rounds of ticks. */
  readonly every: number;
}

const VENUE = 'SIM';
const LEVELS = 10;
const BARS = 2000;

const CAPABILITIES: DataCapabilities = {
  streams: ['quote', 'trade', 'book'],
  timeframes: ['1m', '5m', '15m', '1h', '1d'].map((text) => timeframe(text)),
  historyDepth: null,
  adjustment: 'raw',
  maxSubscriptions: null,
  rateLimits: [],
};

/** A made-up market: quotes, trades and depth of seeded random walks, for when there is no data at all. */
export class MarketSimulator extends SourceBase implements MarketDataClient {
  readonly venue = 'simulated';
  readonly capabilities = CAPABILITIES;
  readonly #terms: SimulatorTerms;
  readonly #context: AdapterContext;
  readonly #models = new Map<InstrumentId, PriceModel>();
  readonly #bars = new Map<InstrumentId, MadeUpBars>();
  #cancel: (() => void) | undefined;
  #trades = 0;
  #sequence = 0;

  constructor(terms: SimulatorTerms, context: AdapterContext) {
    super(context);
    this.#terms = terms;
    this.#context = context;
    for (const symbol of terms.symbols) {
      this.#models.set(
        instrumentId(symbol, VENUE),
        new PriceModel(symbol.toUpperCase(), terms.seed),
      );
    }
  }

  async connect(): Promise<void> {
    this.tracker.part('quotes', true, '');
    this.tracker.set(
      'ready',
      `Made-up prices of ${this.#models.size} symbols; nothing here is a real market.`,
    );
    this.#next();
  }

  async disconnect(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.tracker.set('disconnected', 'Not connected.');
  }

  async subscribe(subscription: DataSubscription): Promise<void> {
    this.#model(subscription.instrument);
    this.add(subscription, CAPABILITIES.streams);
  }

  async unsubscribe(subscription: DataSubscription): Promise<void> {
    this.drop(subscription);
  }

  async findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const wanted = query.trim().toUpperCase();
    return [...this.#models.keys()]
      .filter((id) => symbolOf(id).startsWith(wanted))
      .slice(0, limit)
      .map(simulatedInstrument);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    this.#model(id);
    return simulatedInstrument(id);
  }

  /** Bars up to now: made up until the market began, of its trades since then. */
  async history({
    instrument,
    timeframe: frame,
    start,
    end,
    signal,
  }: HistoryRequest): Promise<BarColumns> {
    const model = this.#model(instrument);
    const length = timeframeMillis(frame);
    const last = Math.min(Math.floor(this.#context.clock.now() / length) * length, end);
    const first = Math.max(Math.ceil(start / length) * length, last - BARS * length);
    if (signal?.aborted === true) throw new VenueError('not-sent', 'The history was cancelled.');
    const bars = this.#barsOf(instrument, model);
    return columnsOf(bars.rows({ timeframe: frame, length, first, end: last }));
  }

  /** Called before the first tick of an instrument, and whenever its bars are asked for. */
  #barsOf(instrument: InstrumentId, model: PriceModel): MadeUpBars {
    const known = this.#bars.get(instrument);
    if (known !== undefined) return known;
    const bars = new MadeUpBars(model.symbol, this.#terms.seed, {
      price: model.middle,
      volatility: model.volatility,
      begun: this.#context.clock.now(),
    });
    this.#bars.set(instrument, bars);
    return bars;
  }

  #next(): void {
    this.#cancel = this.#context.clock.after(this.#terms.every, () => {
      this.#round();
      this.#next();
    });
  }

  #round(): void {
    const now = this.#context.clock.now();
    const batch: MarketDatum[] = [];
    const seconds = this.#terms.every / 1000;
    for (const instrument of this.subscribed()) {
      const model = this.#models.get(instrument);
      if (model === undefined) continue;
      const bars = this.#barsOf(instrument, model);
      const tick = model.next(seconds);
      const common = { instrument, venueTime: now, receivedTime: now };
      const { bid, ask, bidSize, askSize, trade } = tick;
      if (this.wanted(instrument, 'quote'))
        batch.push({ kind: 'quote', ...common, bid, ask, bidSize, askSize });
      if (trade !== null) bars.trade(now, trade.price, trade.size);
      if (trade !== null && this.wanted(instrument, 'trade')) {
        this.#trades += 1;
        batch.push({
          kind: 'trade',
          ...common,
          price: trade.price,
          size: trade.size,
          tradeId: `${now}-${this.#trades}`,
          aggressor: trade.buys ? 'buy' : 'sell',
          regular: true,
        });
      }
      if (this.wanted(instrument, 'book')) {
        this.#sequence += 1;
        batch.push({
          kind: 'book',
          ...common,
          ...model.depth(tick, LEVELS),
          sequence: this.#sequence,
        });
      }
    }
    this.tell(batch);
  }

  #model(id: InstrumentId): PriceModel {
    const model = this.#models.get(id);
    if (model !== undefined && venueOf(id) === VENUE) return model;
    throw new VenueError(
      'not-found',
      `The simulator has no ${id}; its symbols are set in Connections.`,
    );
  }
}

function simulatedInstrument(id: InstrumentId): TradableInstrument {
  return paperInstrument(id, {
    name: `${symbolOf(id)} (simulated)`,
    currency: 'USD',
    calendar: 'none',
  });
}
