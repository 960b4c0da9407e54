import type { AssetClass } from '../domain/instrument.ts';
import type { Decimal } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/identifiers.ts';
import type { UnixMillis } from '../domain/time.ts';

/** From this price on (absolute), prices are whole multiples of this step. */
export interface TickBand {
  readonly from: Decimal;
  readonly tickSize: Decimal;
}

/** What a venue says of an instrument: the rules that orders for it follow. */
export interface TradableInstrument {
  readonly id: InstrumentId;
  readonly symbol: string;
  readonly name: string;
  readonly assetClass: AssetClass;
  /** Currency of its prices. */
  readonly currency: string;
  /** What one unit is of, where it is money itself (crypto, forex); empty otherwise. */
  readonly baseCurrency: string;
  /** Calendar name in `resources/calendars`. */
  readonly calendar: string;
  /** Ascending by `from`; the first starts at 0. */
  readonly ticks: readonly TickBand[];
  readonly lotSize: Decimal;
  readonly minQuantity: Decimal;
  /** null: no limit is known. */
  readonly maxQuantity: Decimal | null;
  readonly minNotional: Decimal | null;
  readonly maxNotional: Decimal | null;
  /** Money for a price of 1 of one unit. */
  readonly multiplier: Decimal;
  readonly tradable: boolean;
  readonly shortable: boolean;
  /** Whether quantities below a lot of 1 can be ordered, and under which conditions the venue says. */
  readonly fractional: boolean;
  readonly marginable: boolean;
  /** Last trading instant of options and futures. */
  readonly expiry: UnixMillis | null;
}

export interface InstrumentSource {
  /** Up to `limit` instruments for what a user typed. @throws VenueError */
  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]>;
  /** Rules of one instrument. @throws VenueError `not-found` */
  instrument(id: InstrumentId): Promise<TradableInstrument>;
}
