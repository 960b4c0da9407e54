import { RenataError } from '../../../engine/domain/errors.ts';

/** A place in an imported file: a line of text (from 1) or a row of a Parquet file (from 1). */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly row?: number;
  /** Column number, from 1, and its name where the file has one. */
  readonly column?: number;
  readonly columnName?: string;
}

/** `prices.csv line 12, column 3 "high": what is wrong; how to mend it.` */
export function badFile(place: Place, message: string): RenataError {
  let where = place.file;
  if (place.line !== undefined) where += ` line ${place.line}`;
  if (place.row !== undefined) where += ` row ${place.row}`;
  if (place.column !== undefined) {
    where += `, column ${place.column}`;
    if (place.columnName !== undefined) where += ` "${place.columnName}"`;
  }
  return new RenataError('BAD_FILE', `${where}: ${message}`, { details: { ...place } });
}

/** A cell as it is shown in a message, cut where it is long. */
export function quoted(text: string): string {
  const plain = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `"${plain.replaceAll('\n', ' ')}"`;
}

/** The cell of a row; '' where the row is too short to have it. */
export function cellOf(cells: readonly string[], index: number): string {
  return cells[index] ?? '';
}
