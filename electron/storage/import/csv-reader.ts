import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { TextDecoder } from 'node:util';
import Papa from 'papaparse';
import { RenataError } from '../../../engine/domain/errors.ts';
import { badFile } from './bad-file.ts';

/** Bytes read at once; also how often progress is shown and a cancel is seen. */
const READ_BYTES = 1 << 20;
/** A quoted field longer than this is a quote that was never closed. */
const MAX_ROW_CHARACTERS = 8 << 20;

export const DELIMITERS = ['\t', ';', '|', ','] as const;

/** Rows of one read. Blank lines and comments are rows too, so that lines can be counted. */
export interface CsvBatch {
  readonly rows: readonly (readonly string[])[];
  /** Line of row i, from 1. */
  line(index: number): number;
}

interface ParserResult {
  readonly data: string[][];
  readonly errors: readonly { readonly code: string; readonly row?: number }[];
  readonly meta: { readonly cursor: number };
}

/**
 * Reads a CSV file piece by piece, so that its size does not matter. Papa Parse splits the text into
 * rows; decoding, line numbers, refusal of binary files and of quotes without end are done here.
 */
export class CsvReader {
  readonly size: number;
  bytesRead = 0;
  readonly #name: string;
  readonly #delimiter: string;
  readonly #descriptor: number;
  readonly #decoder: TextDecoder;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #rest = '';
  #nextLine = 1;
  #ended = false;
  #pending: Buffer | null;

  /**
   * @param name file name for messages
   * @throws RenataError BAD_FILE when the file cannot be read, is empty or is not text.
   */
  constructor(path: string, name: string, delimiter: string) {
    this.#name = name;
    this.#delimiter = delimiter;
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (error) {
      throw unreadable(name, error);
    }
    try {
      this.size = fstatSync(this.#descriptor).size;
      this.#pending = this.#read();
      this.#decoder = new TextDecoder(encodingOf(this.#pending, name), { fatal: true });
    } catch (error) {
      closeSync(this.#descriptor);
      throw error instanceof RenataError ? error : unreadable(name, error);
    }
  }

  /** The next rows, or `null` at the end. @throws RenataError BAD_FILE naming the line. */
  next(): CsvBatch | null {
    while (!this.#ended) {
      const bytes = this.#pending ?? this.#read();
      this.#pending = null;
      this.#ended = bytes.length === 0;
      const text = this.#rest + this.#decode(bytes);
      // A CR at the end may be half of a CRLF, so it waits for the next piece.
      const held = !this.#ended && text.endsWith('\r') ? '\r' : '';
      const input = newlines(held === '' ? text : text.slice(0, -1));
      const batch = this.#split(input, held);
      if (batch.rows.length > 0) return batch;
    }
    return null;
  }

  /** The beginning of the file as it is, before any row is read. */
  peek(): string {
    const text = new TextDecoder(this.#decoder.encoding).decode(this.#pending ?? undefined);
    return newlines(text);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #split(input: string, held: string): CsvBatch {
    const parser = new Papa.Parser({ delimiter: this.#delimiter, newline: '\n' });
    const result = parser.parse(input, 0, !this.#ended) as ParserResult;
    this.#rest = input.slice(result.meta.cursor) + held;
    const firstLine = this.#nextLine;
    const rows = result.data;
    const lines = input.includes('"') ? this.#lines(rows, firstLine) : null;
    const line = (index: number): number => lines?.[index] ?? firstLine + index;
    const broken = result.errors.find((error) => error.code === 'InvalidQuotes');
    if (broken !== undefined || (this.#ended && result.errors.length > 0)) {
      const row = (broken ?? result.errors[0])?.row ?? 0;
      throw badFile(
        { file: this.#name, line: line(row) },
        'a quoted field is broken; close it with a double quote and double every quote inside it.',
      );
    }
    if (this.#rest.length > MAX_ROW_CHARACTERS) {
      throw badFile(
        { file: this.#name, line: firstLine + rows.length },
        'a quoted field that begins here has no end; close it with a double quote.',
      );
    }
    this.#nextLine = line(rows.length);
    return { rows, line };
  }

  /** Line of every row and of the row after the last; a quoted field can hold several lines. */
  #lines(rows: readonly string[][], firstLine: number): number[] {
    const lines: number[] = [];
    let line = firstLine;
    for (const row of rows) {
      lines.push(line);
      line += 1;
      for (const cell of row) {
        for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) line += 1;
      }
    }
    lines.push(line);
    return lines;
  }

  #decode(bytes: Buffer): string {
    try {
      return this.#decoder.decode(bytes, { stream: !this.#ended });
    } catch {
      throw badFile(
        { file: this.#name, line: this.#nextLine },
        'holds bytes at or after this line that are not UTF-8 text; save the file as UTF-8.',
      );
    }
  }

  #read(): Buffer {
    const count = readSync(this.#descriptor, this.#buffer);
    this.bytesRead += count;
    return this.#buffer.subarray(0, count);
  }
}

function newlines(text: string): string {
  return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
}

/** @throws RenataError BAD_FILE for an empty or binary file. */
function encodingOf(start: Buffer, name: string): string {
  if (start.length === 0) {
    throw badFile({ file: name }, 'the file is empty; choose a CSV file with a header and rows.');
  }
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start[0] === 0x1f && start[1] === 0x8b) {
    throw badFile({ file: name }, 'the file is compressed with gzip; unpack it first.');
  }
  if (start.includes(0)) {
    throw badFile(
      { file: name },
      'the file is not text; choose a CSV file, or a Parquet file whose name ends in .parquet.',
    );
  }
  return 'utf-8';
}

export function unreadable(name: string, error: unknown): RenataError {
  const code = (error as { code?: unknown }).code;
  const reason =
    code === 'ENOENT'
      ? 'there is no such file; check its name and folder'
      : code === 'EISDIR'
        ? 'is a folder; choose a file'
        : code === 'EACCES' || code === 'EPERM'
          ? 'may not be read; check its permissions'
          : `cannot be read (${error instanceof Error ? error.message : String(error)})`;
  return badFile({ file: name }, `${reason}.`);
}

/**
 * The delimiter that splits the first lines into the same number of columns, five or more where there
 * is one: a semicolon is preferred to a comma, which may be a decimal mark.
 */
export function detectDelimiter(path: string, name: string): string {
  const reader = new CsvReader(path, name, ',');
  const lines = reader
    .peek()
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .slice(0, 50);
  reader.close();
  let best = ',';
  let columns = 1;
  for (const delimiter of DELIMITERS) {
    const parsed = new Papa.Parser({ delimiter, newline: '\n' }).parse(
      lines.join('\n'),
      0,
      false,
    ) as ParserResult;
    const counts = parsed.data.map((row) => row.length);
    const count = counts[0] ?? 1;
    const same = counts.filter((other) => other === count).length >= counts.length * 0.8;
    if (same && count > columns) {
      if (count >= 5) return delimiter;
      best = delimiter;
      columns = count;
    }
  }
  return best;
}
