import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { instrumentId, type InstrumentId } from '../../../../engine/domain/identifiers.ts';
import type {
  BookSnapshot,
  DataKind,
  MarketDatum,
  QuoteTick,
  TradeTick,
} from '../../../../engine/domain/market-data.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { timeframe, type Timeframe } from '../../../../engine/domain/timeframe.ts';
import type { ConnectionState } from '../../../../engine/ports/connection.ts';
import type { TradableInstrument } from '../../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataGap,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../../engine/ports/venue-error.ts';
import { columnsOf } from '../../../../engine/series/live-bars.ts';
import { ConnectionTracker } from '../../../../electron/net/connection-tracker.ts';
import {
  createMarketData,
  type MarketData,
} from '../../../../electron/services/market-data/market-data.ts';
import type { MarketDataOptions } from '../../../../electron/services/market-data/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { instrumentOf } from '../../../support/exchange.ts';
import { calendar } from '../../engine/series/market.ts';

export const AAPL = instrumentId('AAPL', 'TEST');
export const MSFT = instrumentId('MSFT', 'TEST');
/** A Tuesday, 10:00 in New York: the market is open. */
export const OPEN = Date.UTC(2024, 0, 2, 15, 0);

/** A source that does as it is told. */
export class FakeSource implements MarketDataClient {
  readonly venue: string;
  capabilities: DataCapabilities;
  readonly instruments = new Map<InstrumentId, TradableInstrument>();
  /** `subscribe quote AAPL.TEST` and so on, in order. */
  readonly calls: string[] = [];
  readonly asked: HistoryRequest[] = [];
  /** Thrown by the next calls of `subscribe`. */
  refusals: VenueError[] = [];
  lookupFailure: VenueError | undefined;
  answer: (request: HistoryRequest) => Promise<BarColumns> = async () => columnsOf([]);
  readonly #tracker: ConnectionTracker;
  readonly #data = new Set<(batch: readonly MarketDatum[]) => void>();
  readonly #gaps = new Set<(gap: DataGap) => void>();

  constructor(
    clock: FakeClock,
    options: {
      readonly venue?: string;
      readonly streams?: readonly DataKind[];
      readonly timeframes?: readonly Timeframe[];
      readonly maxSubscriptions?: number;
      readonly ids?: readonly InstrumentId[];
    } = {},
  ) {
    this.venue = options.venue ?? 'fake';
    this.#tracker = new ConnectionTracker(clock);
    this.capabilities = {
      streams: options.streams ?? ['quote', 'trade', 'book', 'bar', 'status'],
      timeframes: options.timeframes ?? [],
      historyDepth: null,
      adjustment: 'raw',
      maxSubscriptions: options.maxSubscriptions ?? null,
      rateLimits: [],
    };
    for (const id of options.ids ?? [AAPL, MSFT]) {
      this.instruments.set(id, { ...instrumentOf(id), calendar: 'us-equity' });
    }
    this.#tracker.set('ready', 'Ready.');
  }

  get connection(): ConnectionState {
    return this.#tracker.state;
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    return Promise.resolve();
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

  get heard(): number {
    return this.#data.size;
  }

  async subscribe({ instrument, kind }: DataSubscription): Promise<void> {
    this.calls.push(`subscribe ${kind} ${instrument}`);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
  }

  async unsubscribe({ instrument, kind }: DataSubscription): Promise<void> {
    this.calls.push(`unsubscribe ${kind} ${instrument}`);
  }

  async history(request: HistoryRequest): Promise<BarColumns> {
    this.asked.push(request);
    return this.answer(request);
  }

  async findInstruments(query: string): Promise<readonly TradableInstrument[]> {
    if (this.lookupFailure !== undefined) throw this.lookupFailure;
    return [...this.instruments.values()].filter(({ symbol }) => symbol.startsWith(query));
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    this.calls.push(`instrument ${id}`);
    if (this.lookupFailure !== undefined) throw this.lookupFailure;
    const found = this.instruments.get(id);
    if (found === undefined) throw new VenueError('not-found', `${this.venue} knows no ${id}.`);
    return found;
  }

  /** The connection breaks, and the source says so. */
  down(): void {
    this.#tracker.set('reconnecting', 'The connection broke.');
  }

  up(gap?: DataGap): void {
    this.#tracker.set('ready', 'Ready.');
    if (gap !== undefined) this.gap(gap);
  }

  gap(gap: DataGap): void {
    for (const listener of this.#gaps) listener(gap);
  }

  send(...batch: MarketDatum[]): void {
    for (const listener of this.#data) listener(batch);
  }
}

export function open(
  options: Partial<MarketDataOptions> = {},
  start = OPEN,
): {
  clock: FakeClock;
  market: MarketData;
  defects: string[];
} {
  const clock = new FakeClock(start);
  const defects: string[] = [];
  const market = createMarketData({
    clock,
    calendar: (name) => calendar(name as 'crypto'),
    onDefect: (error, what) => defects.push(`${what}: ${String(error)}`),
    ...options,
  });
  return { clock, market, defects };
}

export function quote(
  clock: FakeClock,
  bid: number,
  ask: number,
  more: Partial<QuoteTick> = {},
): QuoteTick {
  const now = clock.now();
  return {
    kind: 'quote',
    instrument: AAPL,
    venueTime: now,
    receivedTime: now,
    bid,
    ask,
    bidSize: 100,
    askSize: 100,
    ...more,
  };
}

let nextTrade = 1;
export function trade(clock: FakeClock, price: number, more: Partial<TradeTick> = {}): TradeTick {
  const now = clock.now();
  const tradeId = String(nextTrade);
  nextTrade += 1;
  return {
    kind: 'trade',
    instrument: AAPL,
    venueTime: now,
    receivedTime: now,
    price,
    size: 10,
    tradeId,
    aggressor: 'unknown',
    regular: true,
    ...more,
  };
}

export function book(clock: FakeClock, more: Partial<BookSnapshot> = {}): BookSnapshot {
  const now = clock.now();
  return {
    kind: 'book',
    instrument: AAPL,
    venueTime: now,
    receivedTime: now,
    bids: [
      { price: 99, size: 1 },
      { price: 98, size: 2 },
    ],
    asks: [{ price: 101, size: 3 }],
    sequence: 1,
    ...more,
  };
}

export const at = (time: number) => unixMillis(time);
export const tf = timeframe;
