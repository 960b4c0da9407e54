import type { ParameterValues } from '../../../engine/domain/parameters.ts';

/** The same bars in the forms that the packages read. */
export interface PlainBars {
  readonly open: number[];
  readonly high: number[];
  readonly low: number[];
  readonly close: number[];
  readonly volume: number[];
  readonly candles: readonly Candle[];
}

export interface Candle {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A package's function for one of our indicators. */
export interface Rival {
  readonly package: 'technicalindicators' | 'trading-signals' | 'indicatorts';
  readonly name: string;
  /** Our indicator, with the parameters that make it the same. */
  readonly id: string;
  readonly parameters: ParameterValues;
  /** What is timed. */
  compute(bars: PlainBars): unknown;
  /**
   * Their value names for our outputs, in our order; an empty name leaves one out. A result that is a
   * column of plain numbers has none.
   */
  readonly keys: readonly string[];
  /** Where their definition is another than ours: which. Values are then compared, but need not agree. */
  readonly differs?: string;
}

/** Reads columns out of a result: numbers, rows of objects, or an object of columns. */
export function columnsOf(result: unknown, keys: readonly string[]): (ArrayLike<unknown> | null)[] {
  if (keys.length === 0) return [result as ArrayLike<unknown>];
  return keys.map((key) => {
    if (key === '') return null;
    if (Array.isArray(result)) {
      return result.map((row) => (row as Readonly<Record<string, unknown>> | null)?.[key]);
    }
    return (result as Readonly<Record<string, ArrayLike<unknown>>>)[key] ?? null;
  });
}
