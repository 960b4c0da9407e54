import type { InstrumentId } from './identifiers.ts';

export const ASSET_CLASSES = [
  'equity',
  'etf',
  'index',
  'crypto',
  'forex',
  'future',
  'option',
] as const;
export type AssetClass = (typeof ASSET_CLASSES)[number];

/** What is traded, and the facts that its prices, quantities and sessions follow. */
export interface Instrument {
  readonly id: InstrumentId;
  readonly symbol: string;
  readonly venue: string;
  readonly name: string;
  readonly assetClass: AssetClass;
  /** ISO 4217 code, or a crypto code of the same form. */
  readonly currency: string;
  /** Calendar name in `resources/calendars` (`us-equity`, `crypto`), which also gives the zone. */
  readonly calendar: string;
  /** Smallest price step in currency units; prices of orders are whole multiples of it. */
  readonly tickSize: number;
  /** Smallest quantity step. */
  readonly lotSize: number;
}
