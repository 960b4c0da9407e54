import type { ColDef, ICellRendererParams, ValueFormatterParams } from 'ag-grid-community';
import { groupDigits, readDecimal, signedDigits } from './decimals.ts';
import { averageText, placesAt } from './use-price-places.ts';
import { compare } from '../../../engine/domain/decimal.ts';

/** Columns and cells that grids of trading share. Their numbers are exact texts. */

/** Sorts exact texts by what they are worth; what is missing comes last. */
export function byWorth(
  a: string | null | undefined,
  b: string | null | undefined,
  _a: unknown,
  _b: unknown,
  descending: boolean,
): number {
  const x = readDecimal(a ?? '');
  const y = readDecimal(b ?? '');
  if (x === undefined || y === undefined) {
    if (x === y) return 0;
    return (x === undefined) === descending ? -1 : 1;
  }
  return compare(x, y);
}

/** A column of exact numbers, with so many places at least. */
export function exact<Row>(
  headerName: string,
  width: number,
  valueOf: (row: Row) => string | null | undefined,
  places: number | ((row: Row) => number) = 0,
): ColDef<Row> {
  return {
    headerName,
    width,
    type: 'rightAligned',
    comparator: byWorth,
    valueGetter: ({ data }) => (data === undefined ? null : (valueOf(data) ?? null)),
    valueFormatter: ({ value, data }: ValueFormatterParams<Row, string | null>) =>
      isMissing(value) || data === undefined
        ? ''
        : groupDigits(value, typeof places === 'number' ? places : places(data)),
  };
}

/** A column of prices, with the places that the ticks of the row's instrument have. */
export function priced<Row extends { readonly instrument: string }>(
  headerName: string,
  width: number,
  valueOf: (row: Row) => string | null | undefined,
): ColDef<Row> {
  return exact<Row>(headerName, width, valueOf, (row) => placesAt(row.instrument, valueOf(row)));
}

/** A column of average prices. */
export function averaged<Row extends { readonly instrument: string }>(
  headerName: string,
  width: number,
  valueOf: (row: Row) => string | null,
): ColDef<Row> {
  return {
    ...priced<Row>(headerName, width, valueOf),
    valueFormatter: ({ value, data }: ValueFormatterParams<Row, string | null>) => {
      if (isMissing(value) || data === undefined) return '';
      const shown = averageText(data.instrument, value) ?? '';
      return groupDigits(shown, placesAt(data.instrument, shown));
    },
  };
}

/** A column of money that is good or bad news: coloured, and always with its sign. */
export function profit<Row>(
  headerName: string,
  width: number,
  valueOf: (row: Row) => string | null | undefined,
): ColDef<Row> {
  return {
    ...exact<Row>(headerName, width, valueOf),
    valueFormatter: ({ value }: ValueFormatterParams<Row, string | null>) =>
      isMissing(value) ? '' : signedDigits(value, 2),
    cellClass: ({ value }) => ['ag-right-aligned-cell', toneOf(value as string | null)],
  };
}

/** What grids hand over where a row has no value. */
export function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Class of a signed number. */
export function toneOf(value: string | null | undefined): 'up' | 'down' | 'muted' {
  const number = Number(value ?? Number.NaN);
  if (number > 0) return 'up';
  return number < 0 ? 'down' : 'muted';
}

/** Money of a double, to the cent. */
export function centText(value: number | null): string | null {
  return value === null || !Number.isFinite(value) ? null : value.toFixed(2);
}

/** Bought or sold, by word, arrow and colour. */
export function SideCell({ value }: ICellRendererParams<unknown, 'buy' | 'sell'>) {
  if (isMissing(value)) return null;
  return (
    <span className={`side-${value}`}>
      <span aria-hidden>{value === 'buy' ? '▲' : '▼'}</span> {value === 'buy' ? 'Buy' : 'Sell'}
    </span>
  );
}
