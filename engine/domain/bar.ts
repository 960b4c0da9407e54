/** One bar. `time` is UnixMillis of its start; prices in quote currency; volume in units traded. */
export interface Bar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/**
 * Bars as columns of equal length; `time[i]` is the start of bar i, strictly increasing. All six are
 * Float64Arrays (times are whole milliseconds, exact in a double), on SharedArrayBuffers when they
 * have to cross threads without a copy.
 */
export interface BarColumns {
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

export const BAR_COLUMN_NAMES = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/** How stored raw prices are shown: as traded, corrected for splits, or for splits and dividends. */
export const ADJUSTMENTS = ['raw', 'split', 'total-return'] as const;
export type Adjustment = (typeof ADJUSTMENTS)[number];
