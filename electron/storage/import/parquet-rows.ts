import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetScan } from 'hyparquet';
import type { AsyncBuffer, DecodedArray, ParquetScan, SchemaElement } from 'hyparquet';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { Calendars } from '../calendars.ts';
import { badFile, quoted } from './bad-file.ts';
import type { Place } from './bad-file.ts';
import { barTime } from './bar-builder.ts';
import type { BarBuilder } from './bar-builder.ts';
import { mapColumns } from './columns.ts';
import type { ColumnMap } from './columns.ts';
import { unreadable } from './csv-reader.ts';
import { dateFormat, fittingFormats, TimeParser } from './dates.ts';
import { parseDecimal } from './numbers.ts';
import { finishPlan, givenColumns, SAMPLE_ROWS } from './plan.ts';
import type { ImportPlan, PartialOptions } from './plan.ts';

/** Rows that are turned into bars between two reports of progress. */
const STEP_ROWS = 65_536;

/** How the time column of a Parquet file stores its values. */
type TimeKind =
  | 'date' // days
  | 'instant' // a timestamp in UTC
  | 'wall' // a timestamp of a local clock
  | 'text'; // text or numbers, read as in a CSV file

/** An open Parquet file and what is known of it. */
export class ParquetSource {
  readonly #descriptor: number;
  readonly #scan: ParquetScan;
  readonly #file: string;

  private constructor(descriptor: number, scan: ParquetScan, file: string) {
    this.#descriptor = descriptor;
    this.#scan = scan;
    this.#file = file;
  }

  /** @throws RenataError BAD_FILE when the file cannot be read or is no Parquet file. */
  static async open(path: string, file: string): Promise<ParquetSource> {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      throw unreadable(file, error);
    }
    try {
      const size = fstatSync(descriptor).size;
      const scan = await parquetScan({
        file: fileBuffer(descriptor, size),
        compressors: {
          GZIP: (bytes) => gunzipSync(bytes),
          ZSTD: (bytes) => zstdDecompressSync(bytes),
          BROTLI: (bytes) => brotliDecompressSync(bytes),
        },
        parsers: {
          timestampFromMilliseconds: Number,
          timestampFromMicroseconds: (micros) => Number(micros / 1000n),
          timestampFromNanoseconds: (nanos) => Number(nanos / 1_000_000n),
          dateFromDays: (days) => days * 86_400_000,
        },
      });
      return new ParquetSource(descriptor, scan, file);
    } catch (error) {
      closeSync(descriptor);
      throw broken(file, error);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  get #elements(): SchemaElement[] {
    return this.#scan.metadata.schema.slice(1).filter((element) => element.type !== undefined);
  }

  /** Fills the plan from the schema and the first rows. */
  async plan(plan: ImportPlan, options: PartialOptions, calendars: Calendars): Promise<void> {
    const elements = this.#elements;
    plan.header = elements.map((element) => element.name);
    const range = this.#scan.ranges[0];
    if (range === undefined) {
      throw badFile({ file: this.#file }, 'the file has no rows; choose a file with bars.');
    }
    const rows = Math.min(SAMPLE_ROWS, range.rowEnd - range.rowStart);
    const columns: (readonly unknown[])[] = [];
    for (const column of plan.header) {
      const data = await this.#read(column, range.rowStart, range.rowEnd);
      columns.push(Array.from(data.slice(0, rows)));
    }
    const shown = Math.min(20, rows);
    for (let row = 0; row < shown; row += 1) {
      plan.rows.push(columns.map((values, index) => this.#shown(elements[index], values[row])));
    }
    const mapped = mapColumns(this.#file, undefined, plan.header, givenColumns(options), (index) =>
      (columns[index] ?? []).slice(0, 100).map(textOf),
    );
    plan.columns = { ...mapped.columns, clock: -1 };
    plan.notes.push(...mapped.notes);
    const element = elements[mapped.columns.time];
    const values = columns[mapped.columns.time] ?? [];
    const kind = timeKind(element);
    let times: number[];
    let absolute = kind === 'instant';
    let clocks = kind === 'instant' || kind === 'wall';
    if (kind === 'text') {
      const texts = values.map(textOf).filter((text) => text !== '');
      const fits = options.dateFormat === undefined ? fittingFormats(texts) : [];
      const format = options.dateFormat === undefined ? fits[0] : dateFormat(options.dateFormat);
      const place = {
        file: this.#file,
        row: 1,
        column: mapped.columns.time + 1,
        columnName: plan.header[mapped.columns.time] ?? '',
      };
      if (format === undefined) {
        throw badFile(
          place,
          `${quoted(texts[0] ?? '')} is not a date that is known here; give the date format.`,
        );
      }
      if (fits.length > 1) {
        throw badFile(
          place,
          `${quoted(texts[0] ?? '')} can be day/month or month/day; give the date format ${fits.join(' or ')}.`,
        );
      }
      plan.dateFormat = format;
      const parser = new TimeParser(format);
      times = [];
      for (const text of texts) {
        if (!parser.parse(text)) continue;
        times.push(parser.value);
        absolute = parser.absolute;
        clocks ||= parser.hasClock;
      }
    } else {
      times = values.filter((value): value is number => typeof value === 'number');
    }
    finishPlan(plan, options, calendars, { times, absolute, clocks });
  }

  /** Reads all rows into `builder`, a piece for each step. @throws RenataError BAD_FILE naming the row. */
  async *readRows(
    plan: ImportPlan,
    builder: BarBuilder,
  ): AsyncGenerator<{ readonly done: number; readonly total: number }> {
    const { columns, time: rule } = plan;
    if (columns === null || rule === null) return;
    const total = Number(this.#scan.metadata.num_rows);
    const kind = timeKind(this.#elements[columns.time]);
    const parser =
      kind === 'text' && plan.dateFormat !== null ? new TimeParser(plan.dateFormat) : null;
    for (const range of this.#scan.ranges) {
      const { rowStart, rowEnd } = range;
      const read = async (index: number): Promise<DecodedArray | null> =>
        index < 0 ? null : this.#read(plan.header[index] ?? '', rowStart, rowEnd);
      const values = {
        time: await read(columns.time),
        open: await read(columns.open),
        high: await read(columns.high),
        low: await read(columns.low),
        close: await read(columns.close),
        volume: await read(columns.volume),
      };
      const cells = new RowCells(this.#file, plan, columns, rowStart, values);
      for (let from = 0; from < rowEnd - rowStart; from += STEP_ROWS) {
        const to = Math.min(from + STEP_ROWS, rowEnd - rowStart);
        for (let i = from; i < to; i += 1) {
          cells.index = i;
          const { value, absolute } = cells.time(kind, parser);
          builder.push(
            barTime(rule, value, absolute, builder.previous),
            cells.number('open'),
            cells.number('high'),
            cells.number('low'),
            cells.number('close'),
            cells.number('volume'),
            rowStart + i + 1,
            cells.place,
          );
        }
        yield { done: rowStart + to, total };
      }
    }
  }

  async #read(column: string, rowStart: number, rowEnd: number): Promise<DecodedArray> {
    try {
      return await this.#scan.readColumn({ column, rowStart, rowEnd });
    } catch (error) {
      throw broken(this.#file, error);
    }
  }

  #shown(element: SchemaElement | undefined, value: unknown): string {
    const isTime = element !== undefined && timeKind(element) !== 'text';
    if (isTime && typeof value === 'number' && Math.abs(value) <= 8.64e15) {
      return new Date(value).toISOString();
    }
    return textOf(value);
  }
}

class RowCells {
  index = 0;
  readonly #file: string;
  readonly #plan: ImportPlan;
  readonly #columns: ColumnMap;
  readonly #rowStart: number;
  readonly #values: Readonly<Record<keyof BarColumns, DecodedArray | null>>;

  constructor(
    file: string,
    plan: ImportPlan,
    columns: ColumnMap,
    rowStart: number,
    values: Readonly<Record<keyof BarColumns, DecodedArray | null>>,
  ) {
    this.#file = file;
    this.#plan = plan;
    this.#columns = columns;
    this.#rowStart = rowStart;
    this.#values = values;
  }

  readonly place = (column: keyof BarColumns): Place => ({
    file: this.#file,
    row: this.#rowStart + this.index + 1,
    column: this.#columns[column] + 1,
    columnName: this.#plan.header[this.#columns[column]] ?? '',
  });

  number(column: keyof BarColumns): number {
    const values = this.#values[column];
    if (values === null) return 0;
    const value: unknown = values[this.index];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'bigint' && value <= 2n ** 53n && value >= -(2n ** 53n))
      return Number(value);
    if (typeof value === 'string') {
      const number = parseDecimal(value, false);
      if (!Number.isNaN(number)) return number;
    }
    const missing = value === null || value === undefined;
    if (missing && column === 'volume') return 0;
    throw badFile(
      this.place(column),
      `${missing ? 'the value is missing' : `${quoted(textOf(value))} is not a number that fits`}; correct or remove the row.`,
    );
  }

  time(kind: TimeKind, parser: TimeParser | null): { value: number; absolute: boolean } {
    const value: unknown = this.#values.time?.[this.index];
    if (parser !== null) {
      if (parser.parse(textOf(value))) return parser;
    } else if (typeof value === 'number' && Number.isFinite(value)) {
      return { value, absolute: kind === 'instant' };
    }
    throw badFile(
      this.place('time'),
      `${quoted(textOf(value))} is not a time${this.#plan.dateFormat === null ? '' : ` of the form ${this.#plan.dateFormat}`}; correct or remove the row.`,
    );
  }
}

function timeKind(element: SchemaElement | undefined): TimeKind {
  const logical = element?.logical_type;
  const converted = element?.converted_type;
  if (converted === 'DATE' || logical?.type === 'DATE') return 'date';
  if (element?.type === 'INT96') return 'instant';
  if (logical?.type === 'TIMESTAMP') return logical.isAdjustedToUTC ? 'instant' : 'wall';
  return converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS' ? 'instant' : 'text';
}

/** A cell as text; '' where it is missing. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
  return JSON.stringify(value);
}

function fileBuffer(descriptor: number, size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      readSync(descriptor, bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
}

function broken(file: string, error: unknown): RenataError {
  if (error instanceof RenataError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return badFile(
    { file },
    `the file is no sound Parquet file (${reason}); write it again or choose another.`,
  );
}
