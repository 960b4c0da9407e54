import { decimal, ZERO } from '../../../engine/domain/decimal.ts';
import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind } from '../../../engine/domain/market-data.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { DataSubscription } from '../../../engine/ports/market-data-client.ts';
import { DataClient } from '../../net/data-client.ts';

/** What every source of made-up or replayed prices does alike. */
export class SourceBase extends DataClient {
  readonly #kinds = new Map<InstrumentId, Set<DataKind>>();

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
