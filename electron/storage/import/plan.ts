import { RenataError } from '../../../engine/domain/errors.ts';
import {
  timeframe as parseTimeframe,
  isDailyOrLonger,
  timeframeMillis,
} from '../../../engine/domain/timeframe.ts';
import type { Timeframe } from '../../../engine/domain/timeframe.ts';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import type { ImportOptions } from '../../../engine/protocol/schemas.ts';
import type { Calendars } from '../calendars.ts';
import { badFile, cellOf, quoted } from './bad-file.ts';
import type { TimeRule } from './bar-builder.ts';
import { guessColumns, looksLikeHeader, mapColumns } from './columns.ts';
import type { ColumnMap, MappedColumns } from './columns.ts';
import { CsvReader, detectDelimiter } from './csv-reader.ts';
import { dateFormat, fittingFormats, TimeParser } from './dates.ts';
import type { DateFormat } from './dates.ts';
import { parseDecimal } from './numbers.ts';
import { detectTimeframe, suggestCalendar, suggestSymbol } from './suggest.ts';

/** Rows that are looked at before an import decides how to read a file. */
export const SAMPLE_ROWS = 20_000;

/** Import options, all of them optional, as a preview has them. */
export type PartialOptions = {
  readonly [Key in keyof ImportOptions]?: ImportOptions[Key] | undefined;
} & {
  /** Bar length where the times do not tell it: that of the dataset to which a file is appended. */
  readonly usualTimeframe?: Timeframe | undefined;
};

/** How a file will be read. Filled from top to bottom; what comes after a problem stays empty. */
export interface ImportPlan {
  readonly format: 'csv' | 'parquet';
  readonly file: string;
  readonly suggestedSymbol: string;
  header: string[];
  /** First rows as text. */
  rows: string[][];
  delimiter: string | null;
  headerLine: number | null;
  columns: ColumnMap | null;
  decimalComma: boolean;
  dateFormat: DateFormat | null;
  calendar: string;
  timeZone: string | null;
  timeframe: Timeframe | null;
  time: TimeRule | null;
  notes: string[];
}

export function newPlan(format: 'csv' | 'parquet', file: string): ImportPlan {
  return {
    format,
    file,
    suggestedSymbol: suggestSymbol(file),
    header: [],
    rows: [],
    delimiter: null,
    headerLine: null,
    columns: null,
    decimalComma: false,
    dateFormat: null,
    calendar: '',
    timeZone: null,
    timeframe: null,
    time: null,
    notes: [],
  };
}

interface SampleRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Looks at the first rows of a CSV file and fills `plan` in.
 * @throws RenataError BAD_FILE or BAD_INPUT at the first thing that stops an import.
 */
export function planCsv(
  plan: ImportPlan,
  path: string,
  options: PartialOptions,
  calendars: Calendars,
): void {
  plan.delimiter = options.delimiter ?? detectDelimiter(path, plan.file);
  const sample = sampleRows(path, plan.file, plan.delimiter, SAMPLE_ROWS);
  const head = sample[0];
  if (head === undefined) {
    throw badFile(
      { file: plan.file },
      'the file has no rows; choose a CSV file with a header and rows.',
    );
  }
  const given = givenColumns(options);
  const hasHeader = looksLikeHeader(head.cells) || !head.cells.some((cell) => /\d/.test(cell));
  const rows = hasHeader ? sample.slice(1) : sample;
  plan.header = hasHeader ? head.cells.map((cell) => cell.trim()) : [];
  if (rows.length === 0) {
    // First of all: without rows no column can be told from its values.
    throw badFile(
      { file: plan.file, line: head.line },
      `the file has a header (${plan.header.map(quoted).join(', ')}) and no rows below it; choose a file with rows.`,
    );
  }
  plan.rows = rows.slice(0, 20).map((row) => [...row.cells]);
  plan.headerLine = hasHeader ? head.line : null;
  plan.decimalComma = plan.delimiter !== ',' && usesDecimalComma(rows);
  const column = (index: number): string[] =>
    rows.slice(0, 100).map((row) => cellOf(row.cells, index));
  const mapped: MappedColumns = hasHeader
    ? mapColumns(plan.file, head.line, head.cells, given, column)
    : guessColumns(
        plan.file,
        head.line,
        rows.slice(0, 1_000).map((row) => row.cells),
        given,
        (text) => parseDecimal(text, plan.decimalComma),
      );
  plan.columns = mapped.columns;
  plan.notes.push(...mapped.notes);

  const { time, clock } = mapped.columns;
  const dated = rows.filter((row) => cellOf(row.cells, time).trim() !== '');
  plan.dateFormat =
    options.dateFormat === undefined
      ? detectFormat(plan, path, dated, time, clock)
      : dateFormat(options.dateFormat);
  const parser = new TimeParser(plan.dateFormat);
  const times: number[] = [];
  let absolute = 0;
  let clocks = 0;
  for (const row of dated) {
    // A cell that is no time is named, with its line, when the rows are read.
    if (!parser.parse(cellOf(row.cells, time), clock < 0 ? '' : cellOf(row.cells, clock))) continue;
    times.push(parser.value);
    if (parser.absolute) absolute += 1;
    if (parser.hasClock) clocks += 1;
  }
  finishPlan(plan, options, calendars, { times, absolute: absolute > 0, clocks: clocks > 0 });
}

/** What the times of the first rows tell. */
export interface TimeSample {
  readonly times: readonly number[];
  /** True where the file names instants and not only clock times. */
  readonly absolute: boolean;
  /** True where there are clock times at all, and not only dates. */
  readonly clocks: boolean;
}

/** Calendar, zone, bar length and order, which are found in the same way for every format. */
export function finishPlan(
  plan: ImportPlan,
  options: PartialOptions,
  calendars: Calendars,
  sample: TimeSample,
): void {
  const { times } = sample;
  plan.calendar =
    options.calendar ?? suggestCalendar(options.symbol ?? plan.suggestedSymbol, times);
  const calendar = calendars.get(plan.calendar);
  plan.timeZone = options.timeZone ?? calendar.zone.name;
  const zone = timeZone(plan.timeZone);
  const found = detectTimeframe(times);
  // A few dates around a weekend or holiday are days, not bars of two to four days.
  const fewDays =
    !sample.clocks && times.length < 10 && /^[234]d$/.test(found ?? '')
      ? parseTimeframe('1d')
      : null;
  const detected = fewDays ?? found;
  const fallback = sample.clocks ? null : parseTimeframe('1d');
  plan.timeframe =
    options.timeframe === undefined
      ? (detected ?? fallback ?? options.usualTimeframe ?? null)
      : parseTimeframe(options.timeframe);
  if (plan.timeframe === null) {
    throw badFile(
      { file: plan.file },
      'the bar length cannot be told from the times; give the timeframe, for example 1m or 1d.',
    );
  }
  const tooLong = detected !== null && timeframeMillis(plan.timeframe) > timeframeMillis(detected);
  if (tooLong) {
    throw new RenataError(
      'BAD_INPUT',
      `timeframe: ${plan.timeframe} was given, but the bars of ${plan.file} are ${detected} apart; give ${detected} or choose another file.`,
      { details: { parameter: 'timeframe' } },
    );
  }
  let rising = 0;
  let falling = 0;
  for (let i = 1; i < times.length; i += 1) {
    const difference = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (difference > 0) rising += 1;
    if (difference < 0) falling += 1;
  }
  const descending = falling > 0 && falling > rising;
  if (descending) plan.notes.push('The file is newest-first; its rows were turned round.');
  plan.time = {
    zone,
    daily: isDailyOrLonger(plan.timeframe),
    utcDates: sample.absolute && times.every((time) => time % MS_PER_DAY === 0),
    descending,
  };
}

function detectFormat(
  plan: ImportPlan,
  path: string,
  rows: readonly SampleRow[],
  time: number,
  clock: number,
): DateFormat {
  const clocks = (list: readonly SampleRow[]): string[] | undefined =>
    clock < 0 ? undefined : list.map((row) => cellOf(row.cells, clock));
  const texts = (list: readonly SampleRow[]): string[] =>
    list.map((row) => cellOf(row.cells, time));
  const candidates = (list: readonly SampleRow[]): DateFormat[] =>
    fittingFormats(texts(list), clocks(list));
  let found = candidates(rows);
  // One broken date further down must not hide the format: the first rows decide, its line is named later.
  if (found.length === 0) found = candidates(rows.slice(0, 20));
  if (found.length === 0) found = candidates(rows.slice(0, 1));
  if (found.length > 1 && rows.length >= SAMPLE_ROWS - 1) {
    found = formatsOfWholeFile(plan, path, found, time, clock);
  }
  const first = rows[0];
  const place = {
    file: plan.file,
    ...(first === undefined ? {} : { line: first.line }),
    column: time + 1,
    ...(plan.header[time] === undefined ? {} : { columnName: plan.header[time] }),
  };
  const shown = quoted(first?.cells[time] ?? '');
  const [format, other] = found;
  if (format === undefined) {
    throw badFile(
      place,
      `${shown} is not a date that is known here; write dates as YYYY-MM-DD or give the date format.`,
    );
  }
  if (other !== undefined) {
    throw badFile(
      place,
      `${shown} can be day/month or month/day, and no row tells which; give the date format ${format} or ${other}.`,
    );
  }
  return format;
}

/** The formats left when every row of the file is asked, up to the first that decides. */
function formatsOfWholeFile(
  plan: ImportPlan,
  path: string,
  formats: readonly DateFormat[],
  time: number,
  clock: number,
): DateFormat[] {
  let left = formats.map((format) => new TimeParser(format));
  for (const { cells } of readRowsOf(path, plan.file, plan.delimiter ?? ',')) {
    const text = cellOf(cells, time);
    const second = clock < 0 ? '' : cellOf(cells, clock);
    const fitting = left.filter((parser) => parser.parse(text, second));
    // The header and broken cells fit none and decide nothing.
    if (fitting.length > 0) left = fitting;
    if (left.length === 1) break;
  }
  return left.map((parser) => parser.format);
}

function usesDecimalComma(rows: readonly SampleRow[]): boolean {
  let commas = 0;
  let points = 0;
  for (const row of rows.slice(0, 1_000)) {
    for (const cell of row.cells.slice(1)) {
      const comma = cell.lastIndexOf(',');
      const point = cell.lastIndexOf('.');
      if (!/^[\s\d.,+-]+$/.test(cell) || comma === point) continue;
      if (comma > point) commas += 1;
      else points += 1;
    }
  }
  return commas > points;
}

function sampleRows(path: string, file: string, delimiter: string, limit: number): SampleRow[] {
  const rows: SampleRow[] = [];
  for (const row of readRowsOf(path, file, delimiter)) {
    rows.push(row);
    if (rows.length >= limit) break;
  }
  return rows;
}

/** Rows that are neither blank nor a comment. */
function* readRowsOf(path: string, file: string, delimiter: string): Generator<SampleRow> {
  const reader = new CsvReader(path, file, delimiter);
  try {
    for (let batch = reader.next(); batch !== null; batch = reader.next()) {
      for (const [index, cells] of batch.rows.entries()) {
        if (!isBlankOrComment(cells)) yield { cells, line: batch.line(index) };
      }
    }
  } finally {
    reader.close();
  }
}

export function isBlankOrComment(cells: readonly string[]): boolean {
  const first = cellOf(cells, 0);
  if (first.startsWith('#')) return true;
  if (cells.length === 1) return first.trim() === '';
  return first === '' && cells.every((cell) => cell.trim() === '');
}

export function givenColumns(options: PartialOptions): Record<string, string | undefined> {
  return options.columns ?? {};
}
