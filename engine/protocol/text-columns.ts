import type { BacktestResult } from '../domain/backtest.ts';
import type { Run } from './schemas.ts';

/**
 * Columns of text between threads. A structured clone copies every text of an array on the thread that
 * receives it: some 30 ms for the orders and trades of a million bars. As numbers on shared memory with
 * one list of the different texts they cross at no cost.
 */
export interface TextColumn {
  /** The different texts. */
  readonly texts: readonly string[];
  /** For each row the place of its text; on shared memory. */
  readonly codes: Int32Array;
}

export type Packed<Columns> = {
  readonly [Name in keyof Columns]: NonNullable<Columns[Name]> extends readonly string[]
    ? TextColumn | Extract<Columns[Name], undefined>
    : Columns[Name];
};

export type PackedResult = Omit<BacktestResult, 'orders' | 'trades'> & {
  readonly orders: Packed<BacktestResult['orders']>;
  readonly trades: Packed<BacktestResult['trades']>;
};

export type PackedRun = Omit<Run, 'orders' | 'trades'> & {
  readonly orders: Packed<Run['orders']>;
  readonly trades: Packed<Run['trades']>;
};

export function packTexts<Columns extends object>(columns: Columns): Packed<Columns> {
  const packed = Object.entries(columns).map(([name, column]) => [
    name,
    Array.isArray(column) ? packText(column as readonly string[]) : column,
  ]);
  return Object.fromEntries(packed) as Packed<Columns>;
}

export function unpackTexts<Columns extends object>(packed: Columns | Packed<Columns>): Columns {
  const columns = Object.entries(packed).map(([name, column]) => [
    name,
    isTextColumn(column) ? unpackText(column) : column,
  ]);
  return Object.fromEntries(columns) as Columns;
}

/** A run that has its texts already is returned with the same values. */
export function unpackRun(run: Run | PackedRun): Run {
  return {
    ...run,
    orders: unpackTexts<Run['orders']>(run.orders),
    trades: unpackTexts<Run['trades']>(run.trades),
  };
}

function packText(column: readonly string[]): TextColumn {
  const places = new Map<string, number>();
  const codes = new Int32Array(new SharedArrayBuffer(column.length * 4));
  for (const [row, text] of column.entries()) {
    let place = places.get(text);
    if (place === undefined) {
      place = places.size;
      places.set(text, place);
    }
    codes[row] = place;
  }
  return { texts: [...places.keys()], codes };
}

function unpackText({ texts, codes }: TextColumn): string[] {
  return Array.from(codes, (code) => texts[code] ?? '');
}

function isTextColumn(value: unknown): value is TextColumn {
  return typeof value === 'object' && value !== null && 'codes' in value && 'texts' in value;
}
