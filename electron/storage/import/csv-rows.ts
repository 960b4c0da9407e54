import type { BarColumns } from '../../../engine/domain/bar.ts';
import { badFile, cellOf, quoted } from './bad-file.ts';
import type { Place } from './bad-file.ts';
import { barTime } from './bar-builder.ts';
import type { BarBuilder, TimeRule } from './bar-builder.ts';
import type { ColumnMap } from './columns.ts';
import { CsvReader } from './csv-reader.ts';
import { FIRST_YEAR, LAST_YEAR, TimeParser } from './dates.ts';

import { parseDecimal, parseVolume } from './numbers.ts';
import { isBlankOrComment } from './plan.ts';
import type { ImportPlan } from './plan.ts';

/** Texts that sources write into a row of a day without trade. */
const NOTHING = /^\s*(?:null|nan|n\/a|na|none|-|)\s*$/i;

/**
 * Reads every row of a CSV file into `builder`, as the plan says, one piece of the file for each step of
 * the generator. Yields the bytes read so far.
 * @throws RenataError BAD_FILE naming file, line and column.
 */
export function* readCsvRows(
  path: string,
  plan: ImportPlan,
  builder: BarBuilder,
): Generator<{ readonly done: number; readonly total: number }> {
  const { columns, time: rule, dateFormat } = plan;
  if (columns === null || rule === null || dateFormat === null) return;
  const rows = new RowReader(plan, columns, rule, new TimeParser(dateFormat), builder);
  const reader = new CsvReader(path, plan.file, plan.delimiter ?? ',');
  try {
    for (let batch = reader.next(); batch !== null; batch = reader.next()) {
      let index = 0;
      for (const row of batch.rows) {
        rows.read(row, batch, index);
        index += 1;
      }
      yield { done: reader.bytesRead, total: reader.size };
    }
  } finally {
    reader.close();
  }
  if (rows.empty > 0) {
    plan.notes.push(
      `${rows.empty} ${rows.empty === 1 ? 'row has' : 'rows have'} no prices and ${rows.empty === 1 ? 'was' : 'were'} left out, the first in line ${rows.firstEmpty}.`,
    );
  }
}

class RowReader {
  empty = 0;
  firstEmpty = 0;
  readonly #plan: ImportPlan;
  readonly #columns: ColumnMap;
  readonly #rule: TimeRule;
  readonly #parser: TimeParser;
  readonly #builder: BarBuilder;
  #width: number;
  #headerSeen: boolean;
  #batch: { line(index: number): number } = { line: () => 0 };
  #index = 0;

  constructor(
    plan: ImportPlan,
    columns: ColumnMap,
    rule: TimeRule,
    parser: TimeParser,
    builder: BarBuilder,
  ) {
    this.#plan = plan;
    this.#columns = columns;
    this.#rule = rule;
    this.#parser = parser;
    this.#builder = builder;
    this.#headerSeen = plan.headerLine === null;
    this.#width = plan.headerLine === null ? (plan.rows[0]?.length ?? 0) : plan.header.length;
  }

  readonly #place = (column: keyof BarColumns): Place => this.#cell(this.#columns[column]);

  read(row: readonly string[], batch: { line(index: number): number }, index: number): void {
    this.#batch = batch;
    this.#index = index;
    if (row.length !== this.#width && !this.#widthFits(row)) return;
    const { time, clock, open, high, low, close, volume } = this.#columns;
    const text = cellOf(row, time);
    if (text === '' || text.charCodeAt(0) === 35) {
      if (isBlankOrComment(row)) return;
    }
    if (!this.#headerSeen) {
      this.#headerSeen = true;
      return;
    }
    if (!this.#parser.parse(text, clock < 0 ? '' : cellOf(row, clock))) this.#badTime(text, row);
    const comma = this.#plan.decimalComma;
    const o = parseDecimal(cellOf(row, open), comma);
    const h = parseDecimal(cellOf(row, high), comma);
    const l = parseDecimal(cellOf(row, low), comma);
    const c = parseDecimal(cellOf(row, close), comma);
    if (Number.isNaN(o + h + l + c)) {
      if (this.#hasNoPrices(row)) return;
      this.#badNumber(row);
    }
    let v = 0;
    if (volume >= 0) {
      const cell = cellOf(row, volume);
      v = parseVolume(cell, comma);
      if (Number.isNaN(v)) {
        if (!NOTHING.test(cell)) this.#notANumber(volume, cell);
        v = 0;
      }
    }
    const builder = this.#builder;
    const t = barTime(this.#rule, this.#parser.value, this.#parser.absolute, builder.previous);
    builder.push(t, o, h, l, c, v, batch.line(index), this.#place);
  }

  /** Rows may end in empty cells; blank lines and comments are none of them. */
  #widthFits(row: readonly string[]): boolean {
    if (isBlankOrComment(row)) return false;
    const line = this.#batch.line(this.#index);
    if (row.length < this.#width) {
      const needed = Math.max(...Object.values(this.#columns)) + 1;
      if (row.length < needed) {
        throw badFile(
          { file: this.#plan.file, line },
          `the row has ${row.length} columns, ${this.#width} are expected; complete the row or remove it.`,
        );
      }
      return true;
    }
    if (row.slice(this.#width).some((cell) => cell.trim() !== '')) {
      throw badFile(
        { file: this.#plan.file, line, column: this.#width + 1 },
        `the row has ${row.length} columns, ${this.#width} are expected; quote cells that hold the delimiter or remove what is too much.`,
      );
    }
    return true;
  }

  #hasNoPrices(row: readonly string[]): boolean {
    const { open, high, low, close } = this.#columns;
    if (![open, high, low, close].every((column) => NOTHING.test(cellOf(row, column))))
      return false;
    this.empty += 1;
    if (this.empty === 1) this.firstEmpty = this.#batch.line(this.#index);
    return true;
  }

  #cell(column: number): Place {
    const name = this.#plan.header[column];
    return {
      file: this.#plan.file,
      line: this.#batch.line(this.#index),
      ...(column < 0 ? {} : { column: column + 1 }),
      ...(name === undefined ? {} : { columnName: name }),
    };
  }

  #badNumber(row: readonly string[]): never {
    const { open, high, low, close } = this.#columns;
    const bad = [open, high, low].find((column) =>
      Number.isNaN(parseDecimal(cellOf(row, column), this.#plan.decimalComma)),
    );
    const column = bad ?? close;
    this.#notANumber(column, cellOf(row, column));
  }

  #notANumber(column: number, text: string): never {
    const what = text.trim() === '' ? 'the cell is empty' : `${quoted(text)} is not a number`;
    throw badFile(this.#cell(column), `${what}; correct the cell or remove the row.`);
  }

  #badTime(text: string, row: readonly string[]): never {
    const { time, clock } = this.#columns;
    const whole = clock < 0 ? text : `${text} ${cellOf(row, clock)}`;
    const shown = quoted(whole);
    const problem = this.#parser.problem;
    const why =
      problem === 'year'
        ? `${shown} is outside the years ${FIRST_YEAR} to ${LAST_YEAR}`
        : problem === 'range'
          ? `${shown} is a date or time that does not exist as ${this.#parser.format}`
          : `${shown} is not a date of the form ${this.#parser.format}`;
    throw badFile(
      this.#cell(time),
      `${why}; correct the cell, or give the date format if another was meant.`,
    );
  }
}
