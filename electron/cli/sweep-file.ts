import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ResearchDimension } from '../../engine/protocol/research-schemas.ts';
import type { RowChunk } from '../../engine/protocol/research-tasks.ts';
import type { TableData } from '../../engine/report/tables.ts';
import { tableToParquet } from '../storage/export-table.ts';
import { finite, writeWhole } from './run-files.ts';
import { reasonOf } from './session.ts';

/** Reads all rows of a sweep, part by part. */
export type EachRows = (use: (chunk: RowChunk) => void) => Promise<void>;

const FORMATS = ['.csv', '.parquet', '.json'] as const;
type Format = (typeof FORMATS)[number];

/** The format of a file's name. @throws RenataError BAD_INPUT */
export function exportFormat(path: string): Format {
  const format = FORMATS.find((known) => known === extname(path).toLowerCase());
  if (format !== undefined) return format;
  throw new RenataError('BAD_INPUT', `export: ${path} is no .csv, .parquet or .json file.`, {
    details: { parameter: 'export' },
  });
}

/** Writes all combinations of a sweep in their order, one a row. @returns the path that was written */
export async function exportSweep(
  file: string,
  names: readonly string[],
  dimensions: readonly ResearchDimension[],
  eachRows: EachRows,
): Promise<string> {
  const path = resolve(file);
  const columns = columnsOf(names, dimensions);
  if (exportFormat(path) === '.csv') {
    await writeCsv(path, columns, eachRows);
    return path;
  }
  const parts: (number | string)[][] = columns.map(() => []);
  await eachRows((chunk) => {
    for (const [k, { place, text }] of columns.entries()) {
      for (const value of chunk.columns[place] ?? []) parts[k]?.push(text?.(value) ?? value);
    }
  });
  const table: TableData[] = columns.map(({ name, text }, k) => ({
    name,
    kind: text === undefined ? 'number' : 'text',
    values: parts[k] as (number | string)[],
  }));
  writeWhole(
    path,
    exportFormat(path) === '.parquet' ? tableToParquet(table) : jsonOf(table),
    'export',
  );
  return path;
}

interface FileColumn {
  readonly name: string;
  /** Its column in the rows. */
  readonly place: number;
  /** What a value is written as; absent for numbers. */
  readonly text: ((value: number) => string) | undefined;
}

/** Parameters under their names, then the metrics; the number of a combination is only ours. */
function columnsOf(
  names: readonly string[],
  dimensions: readonly ResearchDimension[],
): FileColumn[] {
  return names.slice(1).map((name, k) => {
    const dimension = dimensions[k];
    return { name, place: k + 1, text: dimension === undefined ? undefined : textOf(dimension) };
  });
}

/** How values of a parameter are written that are no numbers. */
export function textOf({
  kind,
  choices,
}: ResearchDimension): ((value: number) => string) | undefined {
  if (kind === 'choice') return (value) => choices[value] ?? '';
  return kind === 'boolean' ? (value) => String(value === 1) : undefined;
}

/** Written part by part beside its final name, so that a table larger than the memory fits. */
async function writeCsv(
  path: string,
  columns: readonly FileColumn[],
  eachRows: EachRows,
): Promise<void> {
  const partial = `${path}.partial`;
  try {
    const file = openSync(partial, 'w');
    try {
      writeSync(file, `${columns.map(({ name }) => name).join(',')}\n`);
      await eachRows((chunk) => {
        let text = '';
        for (let row = 0; row < chunk.rows; row += 1) {
          const cells = columns.map(({ place, text: write }) => {
            const value = chunk.columns[place]?.[row] as number;
            if (write !== undefined) return write(value);
            return Number.isNaN(value) ? '' : String(value);
          });
          text += `${cells.join(',')}\n`;
        }
        writeSync(file, text);
      });
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    if (error instanceof RenataError) throw error;
    throw new RenataError(
      'BAD_INPUT',
      `export: ${path} cannot be written (${reasonOf(error)}); name another file.`,
      { details: { parameter: 'export' } },
    );
  }
}

function jsonOf(table: readonly TableData[]): string {
  const count = table[0]?.values.length ?? 0;
  const rows = Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      table.map(({ name, values }) => {
        const value = values[row];
        return [name, typeof value === 'number' ? finite(value) : value];
      }),
    ),
  );
  return `${JSON.stringify(rows, null, 1)}\n`;
}
