import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import type { Run } from '../../engine/protocol/schemas.ts';
import {
  ambiguousTable,
  csvOf,
  equityTable,
  fillTable,
  orderTable,
  symbolsOf,
  tradeTable,
} from '../../engine/report/tables.ts';
import { tableToParquet } from '../storage/export-table.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { reasonOf } from './session.ts';
import { barTimeWriter } from './text.ts';

/** Files of an exported run, under the names and columns of docs/command-line.md. */
export function exportRun(run: Run, tearSheet: string, directory: string): string[] {
  const folder = openFolder(directory);
  const { summary } = run;
  const symbols = symbolsOf(run);
  const tables = {
    trades: tradeTable(run.trades, symbols),
    orders: orderTable(run.orders, symbols),
    equity: equityTable(run),
    ...(run.fills === undefined ? {} : { fills: fillTable(run.fills, symbols, run.orders) }),
    ...(run.ambiguous === undefined
      ? {}
      : { ambiguous: ambiguousTable(run.ambiguous, run.trades) }),
  };
  const time = barTimeWriter(summary.timeframe);
  const files: Record<string, string | Uint8Array> = {
    'run.json': json(summary),
    'statistics.json': json(
      Object.fromEntries(summary.statistics.map(({ name, value }) => [name, finite(value)])),
    ),
    'tearsheet.html': tearSheet,
  };
  for (const [name, columns] of Object.entries(tables)) {
    files[`${name}.csv`] = csvOf(columns, time);
    files[`${name}.parquet`] = tableToParquet(columns);
  }
  return Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    writeWhole(path, content, 'export');
    return path;
  });
}

/**
 * Writes a file beside its final name first: a reader never sees half of it.
 * @throws RenataError BAD_INPUT naming the option
 */
export function writeWhole(path: string, content: string | Uint8Array, option: string): void {
  try {
    writeFileSync(`${path}.partial`, content);
    renameSync(`${path}.partial`, path);
  } catch (error) {
    rmSync(`${path}.partial`, { force: true });
    throw new RenataError(
      'BAD_INPUT',
      `${option}: ${path} cannot be written (${reasonOf(error)}); name another file.`,
      { details: { parameter: option } },
    );
  }
}

function openFolder(directory: string): string {
  const folder = resolve(directory);
  try {
    makeFolder(folder);
    if (statSync(folder).isDirectory()) return folder;
  } catch (error) {
    throw notAFolder(folder, reasonOf(error));
  }
  throw notAFolder(folder, 'it is a file');
}

function notAFolder(folder: string, reason: string): RenataError {
  return new RenataError(
    'BAD_INPUT',
    `export: ${folder} cannot be written to (${reason}); name another folder.`,
    { details: { parameter: 'export' } },
  );
}

/** JSON has no NaN: what is not defined is null. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function json(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, each: unknown) => (typeof each === 'number' ? finite(each) : each),
    2,
  );
  return `${text}\n`;
}
