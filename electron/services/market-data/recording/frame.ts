import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { RenataError } from '../../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../../engine/domain/identifiers.ts';
import type {
  BookLevel,
  MarketDatum,
  StatusTick,
  TradeTick,
} from '../../../../engine/domain/market-data.ts';
import type { UnixMillis } from '../../../../engine/domain/time.ts';
import type { Timeframe } from '../../../../engine/domain/timeframe.ts';
import type { DataGap } from '../../../../engine/ports/market-data-client.ts';
import { WordWriter } from '../../../../engine/series/codec-words.ts';
import { ColumnWork, readColumn, writeColumn, type ColumnShape } from './column.ts';

/** The format is described in README.md beside this file. */
export const FILE_HEADER = Buffer.from('RENATICK\u0001\0\0\0\0\0\0\0', 'latin1');
const MAGIC = 0x4d415246;
export const FRAME_HEADER = 16;
/** Rows of a frame, of all kinds together. */
export const FRAME_ROWS = 16_384;
/** Levels of books in a frame, after which it ends. */
const FRAME_LEVELS = 131_072;
const MOST_LEVELS = 16 * 1024 * 1024;
const MAX_PAYLOAD = 64 * 1024 * 1024;

/** A break in what was received, or in what was recorded. */
export interface RecordedGap extends DataGap {
  readonly kind: 'gap';
}
export type Recorded = MarketDatum | RecordedGap;

const KINDS = ['quote', 'trade', 'book', 'bar', 'status', 'gap'] as const;
type Kind = (typeof KINDS)[number];
const AGGRESSORS: readonly TradeTick['aggressor'][] = ['unknown', 'buy', 'sell'];
const STATUSES: readonly StatusTick['status'][] = ['trading', 'halted', 'closed', 'auction'];

/** Columns of each kind after `order` and `instrument`, with the shape that each is written in. */
const COLUMNS: Readonly<Record<Kind, readonly (readonly [string, ColumnShape])[]>> = {
  quote: [
    ['venueTime', 'steps'],
    ['receivedTime', 'steps'],
    ['bid', 'grouped'],
    ['ask', 'grouped'],
    ['bidSize', 'plain'],
    ['askSize', 'plain'],
  ],
  trade: [
    ['venueTime', 'steps'],
    ['receivedTime', 'steps'],
    ['price', 'grouped'],
    ['size', 'plain'],
    ['flags', 'plain'],
    ['tradeId', 'grouped'],
  ],
  book: [
    ['venueTime', 'steps'],
    ['receivedTime', 'steps'],
    ['sequence', 'grouped'],
    ['bids', 'plain'],
    ['asks', 'plain'],
  ],
  bar: [
    ['venueTime', 'steps'],
    ['receivedTime', 'steps'],
    ['timeframe', 'plain'],
    ['start', 'steps'],
    ['open', 'grouped'],
    ['high', 'grouped'],
    ['low', 'grouped'],
    ['close', 'grouped'],
    ['volume', 'plain'],
    ['closed', 'plain'],
  ],
  status: [
    ['venueTime', 'steps'],
    ['receivedTime', 'steps'],
    ['status', 'plain'],
    ['reason', 'plain'],
  ],
  gap: [
    ['from', 'steps'],
    ['to', 'steps'],
    ['reason', 'plain'],
  ],
};

class Table {
  readonly order: Float64Array;
  readonly instrument: Float64Array;
  readonly columns: readonly Float64Array[];
  rows = 0;

  constructor(width: number) {
    this.order = new Float64Array(FRAME_ROWS);
    this.instrument = new Float64Array(FRAME_ROWS);
    this.columns = Array.from({ length: width }, () => new Float64Array(FRAME_ROWS));
  }

  /** Begins a row; its values are set by `columns[i][row]`. */
  begin(order: number, instrument: number): number {
    const row = this.rows;
    this.order[row] = order;
    this.instrument[row] = instrument;
    this.rows += 1;
    return row;
  }
}

/** `ids`: trade numbers, where one is no plain whole number; null where all are. */
const wordsShape = z.object({
  instruments: z.array(z.string()),
  texts: z.array(z.string()),
  ids: z.array(z.string()).nullable(),
});
type Words = z.infer<typeof wordsShape>;

/** Gathers what came and makes a frame of it. */
export class FrameBuilder {
  readonly #tables = new Map<Kind, Table>();
  readonly #instruments = new Map<string, number>();
  readonly #texts = new Map<string, number>();
  readonly #writer = new WordWriter(65_536);
  readonly #work = new ColumnWork(FRAME_ROWS);
  #levels = new Float64Array(4096);
  #levelCount = 0;
  #ids: string[] = [];
  #plainIds = true;
  rows = 0;

  get full(): boolean {
    return this.rows >= FRAME_ROWS || this.#levelCount >= 2 * FRAME_LEVELS;
  }

  add(datum: MarketDatum): void {
    const table = this.#table(datum.kind);
    const row = table.begin(this.rows, this.#index(this.#instruments, datum.instrument));
    this.rows += 1;
    const { columns } = table;
    set(columns, 0, row, datum.venueTime);
    set(columns, 1, row, datum.receivedTime);
    if (datum.kind === 'quote') {
      set(columns, 2, row, datum.bid);
      set(columns, 3, row, datum.ask);
      set(columns, 4, row, datum.bidSize);
      set(columns, 5, row, datum.askSize);
    } else if (datum.kind === 'trade') {
      set(columns, 2, row, datum.price);
      set(columns, 3, row, datum.size);
      set(columns, 4, row, AGGRESSORS.indexOf(datum.aggressor) + (datum.regular ? 4 : 0));
      set(columns, 5, row, this.#tradeId(datum.tradeId));
    } else if (datum.kind === 'book') {
      set(columns, 2, row, datum.sequence);
      set(columns, 3, row, this.#addLevels(datum.bids));
      set(columns, 4, row, this.#addLevels(datum.asks));
    } else if (datum.kind === 'bar') {
      set(columns, 2, row, this.#index(this.#texts, datum.timeframe));
      const { start, open, high, low, close, volume } = datum;
      [start, open, high, low, close, volume].forEach((value, i) =>
        set(columns, 3 + i, row, value),
      );
      set(columns, 9, row, datum.closed ? 1 : 0);
    } else {
      set(columns, 2, row, STATUSES.indexOf(datum.status));
      set(columns, 3, row, this.#index(this.#texts, datum.reason));
    }
  }

  addGap({ instrument, from, to, reason }: DataGap): void {
    const table = this.#table('gap');
    const row = table.begin(this.rows, this.#index(this.#instruments, instrument ?? ''));
    this.rows += 1;
    set(table.columns, 0, row, from);
    set(table.columns, 1, row, to);
    set(table.columns, 2, row, this.#index(this.#texts, reason));
  }

  /** The frame with its header; the builder is empty afterwards. */
  take(): Buffer {
    const writer = this.#writer;
    writer.length = 0;
    const words: Words = {
      instruments: [...this.#instruments.keys()],
      texts: [...this.#texts.keys()],
      ids: this.#plainIds ? null : this.#ids,
    };
    const text = Buffer.from(JSON.stringify(words), 'utf8');
    writer.push(text.byteLength);
    const padded = new Uint32Array(Math.ceil(text.byteLength / 4));
    new Uint8Array(padded.buffer).set(text);
    for (const word of padded) writer.push(word);
    for (const [code, kind] of KINDS.entries()) {
      const table = this.#tables.get(kind);
      if (table !== undefined && table.rows > 0) this.#writeTable(code, kind, table);
    }
    const payload = Buffer.from(writer.words.buffer, 0, writer.length * 4);
    const frame = Buffer.allocUnsafe(FRAME_HEADER + payload.byteLength);
    frame.writeUInt32LE(MAGIC, 0);
    frame.writeUInt32LE(payload.byteLength, 4);
    frame.writeUInt32LE(crc32(payload), 8);
    frame.writeUInt32LE(this.rows, 12);
    payload.copy(frame, FRAME_HEADER);
    this.#clear();
    return frame;
  }

  #writeTable(code: number, kind: Kind, table: Table): void {
    const writer = this.#writer;
    const work = this.#work;
    const { rows, instrument } = table;
    const groups = this.#instruments.size;
    writer.push(code);
    writer.push(rows);
    writeColumn(writer, table.order, rows, 'steps', instrument, groups, work);
    writeColumn(writer, instrument, rows, 'plain', instrument, groups, work);
    for (const [i, [, shape]] of COLUMNS[kind].entries()) {
      const column = table.columns[i] as Float64Array;
      writeColumn(writer, column, rows, shape, instrument, groups, work);
    }
    if (kind !== 'book') return;
    writer.push(this.#levelCount / 2);
    const none = new Float64Array(0);
    const half = this.#levelCount / 2;
    work.reserve(half);
    for (const part of [0, 1]) {
      const values = new Float64Array(half);
      for (let i = 0; i < half; i += 1) values[i] = this.#levels[2 * i + part] as number;
      if (half > 0)
        writeColumn(writer, values, half, part === 0 ? 'steps' : 'plain', none, 0, work);
    }
  }

  #clear(): void {
    for (const table of this.#tables.values()) table.rows = 0;
    this.#instruments.clear();
    this.#texts.clear();
    this.#levelCount = 0;
    this.#ids = [];
    this.#plainIds = true;
    this.rows = 0;
  }

  #table(kind: Kind): Table {
    let table = this.#tables.get(kind);
    if (table === undefined) {
      table = new Table(COLUMNS[kind].length);
      this.#tables.set(kind, table);
    }
    return table;
  }

  #index(known: Map<string, number>, text: string): number {
    let index = known.get(text);
    if (index === undefined) {
      index = known.size;
      known.set(text, index);
    }
    return index;
  }

  /** Whole numbers stay numbers; one that is none makes texts of all. */
  #tradeId(id: string): number {
    this.#ids.push(id);
    if (!this.#plainIds) return 0;
    const value = Number(id);
    if (id.length > 0 && id.length < 16 && String(value) === id && value >= 0 && value % 1 === 0) {
      return value;
    }
    this.#plainIds = false;
    return 0;
  }

  #addLevels(levels: readonly BookLevel[]): number {
    const count = levels.length;
    while (this.#levelCount + 2 * count > this.#levels.length) {
      const grown = new Float64Array(this.#levels.length * 2);
      grown.set(this.#levels);
      this.#levels = grown;
    }
    for (let i = 0; i < count; i += 1) {
      const { price, size } = levels[i] as BookLevel;
      this.#levels[this.#levelCount] = price;
      this.#levels[this.#levelCount + 1] = size;
      this.#levelCount += 2;
    }
    return count;
  }
}

export interface FrameHead {
  readonly bytes: number;
  readonly checksum: number;
  readonly rows: number;
}

/** undefined where no frame begins. */
export function readFrameHead(header: Buffer): FrameHead | undefined {
  if (header.byteLength < FRAME_HEADER || header.readUInt32LE(0) !== MAGIC) return undefined;
  const bytes = header.readUInt32LE(4);
  const rows = header.readUInt32LE(12);
  if (bytes % 4 !== 0 || bytes > MAX_PAYLOAD || rows > FRAME_ROWS) return undefined;
  return { bytes, checksum: header.readUInt32LE(8), rows };
}

export function intact(payload: Buffer, { bytes, checksum }: FrameHead): boolean {
  return payload.byteLength === bytes && crc32(payload) === checksum;
}

/**
 * What was recorded, in the order in which it came.
 * @throws RenataError STORE_DAMAGED
 */
export function decodeFrame(payload: Buffer, rows: number): Recorded[] {
  const aligned = new Uint8Array(payload.byteLength);
  aligned.set(payload);
  const words = new Uint32Array(aligned.buffer);
  const textBytes = words[0] ?? 0;
  let at = 1 + Math.ceil(textBytes / 4);
  if (at > words.length) throw damaged();
  const known = parseWords(Buffer.from(aligned.buffer, 4, textBytes).toString('utf8'));
  const result = Array.from<Recorded | undefined>({ length: rows });
  let filled = 0;
  while (at < words.length) {
    const kind = KINDS[words[at] ?? KINDS.length];
    const count = words[at + 1] ?? 0;
    if (kind === undefined || count < 1 || count > rows) throw damaged();
    at += 2;
    const read = (length: number, groups: Float64Array): Float64Array => {
      const column = new Float64Array(length);
      at = readColumn(words, at, column, length, groups, known.instruments.length);
      if (at < 0) throw damaged();
      return column;
    };
    const none = new Float64Array(0);
    const order = read(count, none);
    const instrument = read(count, none);
    const columns = COLUMNS[kind].map(() => read(count, instrument));
    let levels: readonly Float64Array[] = [];
    if (kind === 'book') {
      const many = words[at] ?? 0;
      at += 1;
      if (many > MOST_LEVELS) throw damaged();
      if (many > 0) levels = [read(many, none), read(many, none)];
    }
    const rowOf = rowReader(kind, columns, instrument, known, levels);
    for (let row = 0; row < count; row += 1) {
      const place = order[row] as number;
      if (!(place >= 0 && place < rows) || result[place] !== undefined) throw damaged();
      result[place] = rowOf(row);
      filled += 1;
    }
  }
  if (filled !== rows) throw damaged();
  return result as Recorded[];
}

function rowReader(
  kind: Kind,
  columns: readonly Float64Array[],
  instruments: Float64Array,
  known: Words,
  levels: readonly Float64Array[],
): (row: number) => Recorded {
  const value = (column: number, row: number): number =>
    (columns[column] as Float64Array)[row] as number;
  const time = (column: number, row: number): UnixMillis => value(column, row) as UnixMillis;
  const text = (column: number, row: number): string => known.texts[value(column, row)] ?? '';
  let level = 0;
  const take = (count: number): BookLevel[] => {
    const [price, size] = levels;
    if (count > 0 && level + count > (price?.length ?? 0)) throw damaged();
    const list: BookLevel[] = [];
    for (let i = 0; i < count; i += 1) {
      list.push({ price: price?.[level] as number, size: size?.[level] as number });
      level += 1;
    }
    return list;
  };
  return (row) => {
    const id = known.instruments[instruments[row] as number];
    if (id === undefined) throw damaged();
    if (kind === 'gap') {
      const instrument = id === '' ? null : (id as InstrumentId);
      return { kind, instrument, from: time(0, row), to: time(1, row), reason: text(2, row) };
    }
    const head = {
      instrument: id as InstrumentId,
      venueTime: time(0, row),
      receivedTime: time(1, row),
    };
    if (kind === 'quote') {
      return {
        kind,
        ...head,
        bid: value(2, row),
        ask: value(3, row),
        bidSize: value(4, row),
        askSize: value(5, row),
      };
    }
    if (kind === 'trade') {
      const flags = value(4, row);
      return {
        kind,
        ...head,
        price: value(2, row),
        size: value(3, row),
        tradeId: known.ids === null ? String(value(5, row)) : (known.ids[row] ?? ''),
        aggressor: AGGRESSORS[flags % 4] ?? 'unknown',
        regular: flags >= 4,
      };
    }
    if (kind === 'book') {
      const bids = take(value(3, row));
      const asks = take(value(4, row));
      return { kind, ...head, bids, asks, sequence: value(2, row) };
    }
    if (kind === 'bar') {
      return {
        kind,
        ...head,
        timeframe: text(2, row) as Timeframe,
        start: time(3, row),
        open: value(4, row),
        high: value(5, row),
        low: value(6, row),
        close: value(7, row),
        volume: value(8, row),
        closed: value(9, row) === 1,
      };
    }
    return {
      kind,
      ...head,
      status: STATUSES[value(2, row)] ?? 'trading',
      reason: text(3, row),
    };
  };
}

function parseWords(text: string): Words {
  try {
    return wordsShape.parse(JSON.parse(text));
  } catch {
    throw damaged();
  }
}

function set(columns: readonly Float64Array[], column: number, row: number, value: number): void {
  (columns[column] as Float64Array)[row] = value;
}

function damaged(): RenataError {
  return new RenataError('STORE_DAMAGED', 'This is no frame of recorded prices.');
}
