import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { ImportPreview } from '../../../engine/protocol/schemas.ts';
import { RenataError, toErrorPayload } from '../../../engine/domain/errors.ts';
import type { Calendars } from '../calendars.ts';
import type { BarBuilder } from './bar-builder.ts';
import { badFile } from './bad-file.ts';
import { unreadable } from './csv-reader.ts';
import { readCsvRows } from './csv-rows.ts';
import { ParquetSource } from './parquet-rows.ts';
import { newPlan, planCsv } from './plan.ts';
import type { ImportPlan, PartialOptions } from './plan.ts';
import { suggestCalendar } from './suggest.ts';

export interface RowProgress {
  /** Bytes of a CSV file, rows of a Parquet file. */
  readonly done: number;
  readonly total: number;
}

/** A file whose plan is made and whose rows can be read once. */
export interface FileSource {
  readonly plan: ImportPlan;
  rows(builder: BarBuilder): Iterable<RowProgress> | AsyncIterable<RowProgress>;
  close(): void;
}

/**
 * Looks at a file and says how it will be read.
 * @param file its name for messages, which is not always the last part of `path`
 * @throws RenataError BAD_FILE or BAD_INPUT when it cannot be imported as it is.
 */
export async function openSource(
  path: string,
  file: string,
  options: PartialOptions,
  calendars: Calendars,
): Promise<FileSource> {
  const plan = newPlan(isParquet(path, file) ? 'parquet' : 'csv', file);
  return fillPlan(plan, path, options, calendars);
}

async function fillPlan(
  plan: ImportPlan,
  path: string,
  options: PartialOptions,
  calendars: Calendars,
): Promise<FileSource> {
  if (plan.format === 'csv') {
    planCsv(plan, path, options, calendars);
    return { plan, rows: (builder) => readCsvRows(path, plan, builder), close: () => undefined };
  }
  const source = await ParquetSource.open(path, plan.file);
  try {
    await source.plan(plan, options, calendars);
  } catch (error) {
    source.close();
    throw error;
  }
  return {
    plan,
    rows: (builder) => source.readRows(plan, builder),
    close: () => {
      source.close();
    },
  };
}

/** What an import would do, as far as it can be told; what stops it is in `problem`. */
export async function previewFile(
  path: string,
  file: string,
  options: PartialOptions,
  calendars: Calendars,
): Promise<ImportPreview> {
  const plan = newPlan(isParquet(path, file) ? 'parquet' : 'csv', file);
  let problem: string | null = null;
  try {
    const source = await fillPlan(plan, path, options, calendars);
    source.close();
  } catch (error) {
    if (!(error instanceof RenataError)) throw error;
    problem = toErrorPayload(error).message.slice(0, 4_000);
  }
  const columns: Record<string, string> = {};
  for (const [role, index] of Object.entries(plan.columns ?? {})) {
    if (Number(index) >= 0) columns[role] = plan.header[Number(index)] ?? String(Number(index) + 1);
  }
  return {
    format: plan.format,
    header: plan.header,
    rows: plan.rows,
    delimiter: plan.delimiter,
    dateFormat: plan.dateFormat,
    timeZone: plan.timeZone,
    timeframe: plan.timeframe,
    columns,
    suggestedSymbol: plan.suggestedSymbol,
    suggestedCalendar:
      plan.calendar === '' ? suggestCalendar(plan.suggestedSymbol, []) : plan.calendar,
    problem,
  };
}

/** Parquet files begin with "PAR1". @throws RenataError BAD_FILE when the file cannot be read. */
function isParquet(path: string, file: string): boolean {
  const start = Buffer.alloc(4);
  try {
    const stat = statSync(path);
    // A file is read more than once; opening a pipe that nobody writes to would wait for ever.
    if (!stat.isFile() && !stat.isDirectory()) {
      throw badFile({ file }, 'is a pipe or device; save its content as a file and choose that.');
    }
    const descriptor = openSync(path, 'r');
    try {
      readSync(descriptor, start, 0, 4, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw error instanceof RenataError ? error : unreadable(file, error);
  }
  return start.toString('latin1') === 'PAR1';
}
