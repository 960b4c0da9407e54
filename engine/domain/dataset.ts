import type { InstrumentId } from './identifiers.ts';
import type { Timeframe } from './timeframe.ts';

/** Where bars came from and what was done to them before they were stored. */
export interface Provenance {
  /** Vendor, file name or package, as shown to the user. */
  readonly source: string;
  /** When Renata fetched or imported it, UnixMillis. */
  readonly fetchedAt: number;
  /** What the source says of its prices; `raw` data can be adjusted at read time. */
  readonly adjustment: 'raw' | 'split' | 'total-return';
}

/** One immutable version of a dataset. */
export interface DatasetVersion {
  readonly version: number;
  /** SHA-256, hex, over all columns of all bars. */
  readonly contentHash: string;
  readonly barCount: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly bytesOnDisk: number;
  readonly provenance: Provenance;
}

/** A dataset is one instrument's bars of one timeframe; its newest version is the one read. */
export interface DatasetSummary {
  /** `SYMBOL.VENUE@1d` */
  readonly id: string;
  readonly instrumentId: InstrumentId;
  readonly symbol: string;
  readonly name: string;
  readonly currency: string;
  readonly calendar: string;
  readonly timeframe: Timeframe;
  readonly current: DatasetVersion;
  readonly versionCount: number;
  readonly hasAdjustments: boolean;
  /** Stored splits and dividends of the instrument. */
  readonly splits: number;
  readonly dividends: number;
  /** Issues found by the quality report of the current version. */
  readonly quality: { readonly errors: number; readonly warnings: number };
}

export const QUALITY_KINDS = [
  'gap', // sessions or bars that the calendar expects and the data lack
  'outside-session', // bars at times when the market is closed
  'duplicate', // same time twice (only in reports of refused imports or with a keep rule)
  'ohlc-violation', // high below or low above another price of the bar
  'zero-volume',
  'spike', // a return far outside the recent range that reverts at once
  'stale', // long run of identical bars
  'precision-change', // the price step changes mid-way
] as const;
export type QualityKind = (typeof QUALITY_KINDS)[number];

export interface QualityIssue {
  readonly kind: QualityKind;
  readonly severity: 'error' | 'warning' | 'info';
  readonly count: number;
  /** First place, one sentence with its date. */
  readonly message: string;
  /** Up to 100 places, UnixMillis. */
  readonly times: readonly number[];
}

/** The data-quality report of one version, kept beside it. */
export interface QualityReport {
  readonly barCount: number;
  readonly expectedBars: number | null;
  readonly calendar: string;
  readonly issues: readonly QualityIssue[];
}
