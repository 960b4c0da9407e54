import type { ImportOptions, ImportPreview } from '../../../engine/protocol/schemas.ts';

/** What a column of a file may be. */
export const ROLES = ['time', 'clock', 'open', 'high', 'low', 'close', 'volume'] as const;
export type Role = (typeof ROLES)[number];

/** File columns that the user has chosen, by header name, or by number from 1. */
export type ChosenColumns = Partial<Record<Role, string>>;

export interface FileColumn {
  /** What an import takes for it. */
  readonly value: string;
  readonly label: string;
}

/** Names above the columns; their numbers where the file has no header. */
export function headingsOf({ header, rows }: ImportPreview): readonly string[] {
  return header.length > 0 ? header : (rows[0] ?? []).map((_cell, i) => String(i + 1));
}

/** The columns to choose from: a name that does not tell its column is replaced by the number. */
export function fileColumns(preview: ImportPreview): readonly FileColumn[] {
  const headings = headingsOf(preview);
  const named = preview.header.length > 0;
  return headings.map((name, i) => {
    const told = name.trim() !== '' && headings.indexOf(name) === headings.lastIndexOf(name);
    const title =
      named && told ? name : `Column ${i + 1}${name === '' || !named ? '' : ` ${name}`}`;
    const sample = preview.rows[0]?.[i]?.trim() ?? '';
    return {
      value: told ? name : String(i + 1),
      label: sample === '' ? title : `${title} · ${sample}`,
    };
  });
}

/** What stands in the field of a role that the user has not chosen a column for. */
export function unchosenLabel(preview: ImportPreview, role: Role, chosen: ChosenColumns): string {
  const found = preview.columns[role];
  if (found !== undefined && chosen[role] === undefined) return `${found}, by its name`;
  return preview.problem !== null || chosen[role] !== undefined ? 'By its name' : 'None';
}

/** Whether the columns of a file could not be told from their names. */
export function columnsUnknown({ problem, columns }: ImportPreview): boolean {
  return problem !== null && Object.keys(columns).length === 0;
}

export function withColumn(chosen: ChosenColumns, role: Role, value: string): ChosenColumns {
  const others = Object.fromEntries(Object.entries(chosen).filter(([name]) => name !== role));
  return value === '' ? others : { ...others, [role]: value };
}

/** The part of the import's options that says which column is which. */
export function columnOptions(chosen: ChosenColumns): Pick<ImportOptions, 'columns'> {
  return Object.keys(chosen).length === 0 ? {} : { columns: { ...chosen } };
}
