import { decimal, ZERO } from '../../../engine/domain/decimal.ts';
import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { DataGap, DataSubscription } from '../../../engine/ports/market-data-client.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import { ConnectionTracker } from '../../net/connection-tracker.ts';

/** What every source of made-up or replayed prices does alike. */
export class SourceBase {
  readonly tracker: ConnectionTracker;
  readonly #kinds = new Map<InstrumentId, Set<DataKind>>();
  readonly #data = new Set<(batch: readonly MarketDatum[]) => void>();
  readonly #gaps = new Set<(gap: DataGap) => void>();

  constructor(clock: Clock) {
    this.tracker = new ConnectionTracker(clock);
  }

  get connection(): ConnectionState {
    return this.tracker.state;
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.tracker.on(listener);
  }

  onData(listener: (batch: readonly MarketDatum[]) => void): () => void {
    this.#data.add(listener);
    return () => this.#data.delete(listener);
  }

  onGap(listener: (gap: DataGap) => void): () => void {
    this.#gaps.add(listener);
    return () => this.#gaps.delete(listener);
  }

  wanted(id: InstrumentId, kind: DataKind): boolean {
    return this.#kinds.get(id)?.has(kind) ?? false;
  }

  subscribed(): readonly InstrumentId[] {
    return [...this.#kinds.keys()];
  }

  /** @throws VenueError `rejected` for a kind that it does not stream */
  add({ instrument, kind }: DataSubscription, streams: readonly DataKind[]): void {
    if (!streams.includes(kind))
      throw new VenueError(
        'rejected',
        `This source streams no ${kind}; it has ${streams.join(', ')}.`,
      );
    const kinds = this.#kinds.get(instrument) ?? new Set<DataKind>();
    kinds.add(kind);
    this.#kinds.set(instrument, kinds);
  }

  drop({ instrument, kind }: DataSubscription): void {
    const kinds = this.#kinds.get(instrument);
    kinds?.delete(kind);
    if (kinds?.size === 0) this.#kinds.delete(instrument);
  }

  tell(batch: readonly MarketDatum[]): void {
    if (batch.length === 0) return;
    for (const listener of this.#data) listener(batch);
  }

  gap(gap: DataGap): void {
    for (const listener of this.#gaps) listener(gap);
  }
}

/** A share as paper trading takes it: whole cents, fractions allowed. */
export function paperInstrument(
  id: InstrumentId,
  facts: {
    readonly name: string;
    readonly currency: string;
    readonly calendar: string;
    readonly assetClass?: TradableInstrument['assetClass'];
    readonly tickSize?: string;
  },
): TradableInstrument {
  const fine = decimal('0.000001');
  return {
    id,
    symbol: symbolOf(id),
    name: facts.name,
    assetClass: facts.assetClass ?? 'equity',
    currency: facts.currency,
    baseCurrency: '',
    calendar: facts.calendar,
    ticks: [{ from: ZERO, tickSize: decimal(facts.tickSize ?? '0.01') }],
    lotSize: fine,
    minQuantity: fine,
    maxQuantity: null,
    minNotional: null,
    maxNotional: null,
    multiplier: decimal('1'),
    tradable: true,
    shortable: true,
    fractional: true,
    marginable: true,
    expiry: null,
  };
}
