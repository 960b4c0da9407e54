import type { BarColumns } from '../domain/bar.ts';
import type { InstrumentId } from '../domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../domain/market-data.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import type { UnixMillis } from '../domain/time.ts';
import type { ConnectionState } from './connection.ts';
import type { RateLimit } from './execution-client.ts';
import type { InstrumentSource } from './instruments.ts';

export interface DataCapabilities {
  /** Kinds that can be streamed. */
  readonly streams: readonly DataKind[];
  readonly timeframes: readonly Timeframe[];
  /** How far back bars go, in milliseconds; null when the venue does not say. */
  readonly historyDepth: number | null;
  /** Whether history is adjusted for splits, and whether raw prices can be had. */
  readonly adjustment: 'raw' | 'split' | 'both';
  readonly maxSubscriptions: number | null;
  /** Whether a market of the past is played again: its times say nothing of how old a price is. */
  readonly replays?: boolean;
  readonly rateLimits: readonly RateLimit[];
}

/** The part of an AbortSignal that is needed; the engine knows none. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface HistoryRequest {
  readonly instrument: InstrumentId;
  readonly timeframe: Timeframe;
  /** First start of a bar. */
  readonly start: UnixMillis;
  /** Bars start before it. */
  readonly end: UnixMillis;
  readonly signal?: CancelSignal | undefined;
  /** Bars that have come, and the time that they reach to. */
  readonly onProgress?: ((bars: number, reached: UnixMillis) => void) | undefined;
}

export interface DataSubscription {
  readonly instrument: InstrumentId;
  readonly kind: DataKind;
}

/** A break in what was received: everything between may be missing. */
export interface DataGap {
  readonly instrument: InstrumentId | null;
  readonly from: UnixMillis;
  readonly to: UnixMillis;
  readonly reason: string;
}

/**
 * Prices of one source. It keeps its subscriptions through reconnections by itself and tells of every
 * gap; it does not build bars, conflate or store. Ticks come in batches, in the order received.
 */
export interface MarketDataClient extends InstrumentSource {
  readonly venue: string;
  readonly capabilities: DataCapabilities;
  readonly connection: ConnectionState;

  connect(): Promise<void>;
  disconnect(): Promise<void>;
  onConnection(listener: (state: ConnectionState) => void): () => void;
  onData(listener: (batch: readonly MarketDatum[]) => void): () => void;
  onGap(listener: (gap: DataGap) => void): () => void;

  /** @throws VenueError when the venue refuses it, for an unknown instrument or one too many */
  subscribe(subscription: DataSubscription): Promise<void>;
  unsubscribe(subscription: DataSubscription): Promise<void>;

  /** Closed bars, ascending, without doubles; pages and paces by itself. @throws VenueError */
  history(request: HistoryRequest): Promise<BarColumns>;
}
