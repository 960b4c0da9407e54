import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { ByteWriter, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { isoTime } from '../../../../engine/domain/time.ts';
import type { Recorded } from './frame.ts';
import { readRecording } from './reader.ts';

export const RECORDED_KINDS = ['quote', 'trade', 'book', 'bar', 'status', 'gap'] as const;
export type RecordedKind = (typeof RECORDED_KINDS)[number];

type Cell = number | string | boolean | null;
type ColumnKind = 'time' | 'number' | 'text' | 'flag';
type Columns = readonly (readonly [name: string, kind: ColumnKind])[];

const RECEIVED: Columns = [
  ['received_time', 'time'],
  ['venue_time', 'time'],
  ['instrument', 'text'],
];
/** Columns of each kind, as they are written. A book has a row for each of its levels. */
const COLUMNS: Readonly<Record<RecordedKind, Columns>> = {
  quote: [
    ...RECEIVED,
    ['bid', 'number'],
    ['ask', 'number'],
    ['bid_size', 'number'],
    ['ask_size', 'number'],
  ],
  trade: [
    ...RECEIVED,
    ['price', 'number'],
    ['size', 'number'],
    ['side', 'text'],
    ['regular', 'flag'],
    ['trade_id', 'text'],
  ],
  book: [
    ...RECEIVED,
    ['sequence', 'number'],
    ['side', 'text'],
    ['level', 'number'],
    ['price', 'number'],
    ['size', 'number'],
  ],
  bar: [
    ...RECEIVED,
    ['timeframe', 'text'],
    ['start', 'time'],
    ['open', 'number'],
    ['high', 'number'],
    ['low', 'number'],
    ['close', 'number'],
    ['volume', 'number'],
    ['closed', 'flag'],
  ],
  status: [...RECEIVED, ['status', 'text'], ['reason', 'text']],
  gap: [
    ['from', 'time'],
    ['to', 'time'],
    ['instrument', 'text'],
    ['reason', 'text'],
  ],
};
const TYPES = { time: 'TIMESTAMP', number: 'DOUBLE', text: 'STRING', flag: 'BOOLEAN' } as const;
/** Rows of a Parquet row group: as many as are held in memory at once. */
const GROUP = 65_536;

export interface TickExport {
  /** The recorded day, as `listRecordings` gives it. */
  readonly path: string;
  readonly kind: RecordedKind;
  /** null for all instruments. */
  readonly instrument: string | null;
  readonly format: 'csv' | 'parquet';
}

/**
 * Writes one kind of a recorded day to a file, whole or not at all. Memory does not grow with the day.
 * @returns rows that were written
 * @throws RenataError BAD_INPUT for a place that cannot be written, STORE_DAMAGED for a broken recording
 */
export async function exportTicksToFile(request: TickExport, output: string): Promise<number> {
  const draft = `${output}.${process.pid}.part`;
  try {
    const rows = await (request.format === 'csv'
      ? csvFile(request, draft)
      : parquetFile(request, draft));
    renameSync(draft, output);
    return rows;
  } catch (error) {
    rmSync(draft, { force: true });
    if (error instanceof RenataError) throw error;
    throw new RenataError(
      'BAD_INPUT',
      `output: ${output} cannot be written (${error instanceof Error ? error.message : String(error)}); choose another folder.`,
      { details: { parameter: 'output' }, cause: error },
    );
  }
}

/** @throws RenataError TOO_LARGE beyond `most` bytes */
export async function exportTicksToBytes(request: TickExport, most: number): Promise<Uint8Array> {
  const refuse = (bytes: number): void => {
    if (bytes > most) {
      throw new RenataError(
        'TOO_LARGE',
        `The export has more than ${most} bytes; choose one instrument, or use the command line.`,
      );
    }
  };
  if (request.format === 'csv') {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const { text } of csvPieces(request)) {
      const piece = Buffer.from(text);
      pieces.push(piece);
      bytes += piece.byteLength;
      refuse(bytes);
    }
    return Buffer.concat(pieces);
  }
  const writer = new ByteWriter();
  await writeParquet(request, writer, () => refuse(writer.offset));
  return writer.getBytes().slice();
}

async function csvFile(request: TickExport, draft: string): Promise<number> {
  const descriptor = openSync(draft, 'w');
  let rows = 0;
  try {
    for await (const piece of csvPieces(request)) {
      writeSync(descriptor, piece.text);
      rows += piece.rows;
    }
  } finally {
    closeSync(descriptor);
  }
  return rows;
}

async function parquetFile(request: TickExport, draft: string): Promise<number> {
  const rows = await writeParquet(request, fileWriter(draft), () => undefined);
  statSync(draft);
  return rows;
}

async function* csvPieces(
  request: TickExport,
): AsyncGenerator<{ readonly text: string; readonly rows: number }> {
  const columns = COLUMNS[request.kind];
  yield { text: `${columns.map(([name]) => name).join(',')}\n`, rows: 0 };
  for await (const rows of tables(request)) {
    const lines = rows.map((row) => row.map((cell, i) => csvCell(cell, columns[i]?.[1])).join(','));
    if (lines.length > 0) yield { text: `${lines.join('\n')}\n`, rows: rows.length };
  }
}

async function writeParquet(
  request: TickExport,
  writer: ByteWriter | ReturnType<typeof fileWriter>,
  onGroup: () => void,
): Promise<number> {
  const columns = COLUMNS[request.kind];
  const columnsOf = (rows: readonly (readonly Cell[])[]) =>
    columns.map(([name, kind], i) => ({
      name,
      type: TYPES[kind],
      nullable: true,
      data: rows.map((row) => parquetCell(row[i] ?? null, kind)),
    }));
  const parquet = new ParquetWriter({
    writer,
    schema: schemaFromColumnData({ columnData: columnsOf([]) }),
    createdBy: 'renata',
  });
  let waiting: (readonly Cell[])[] = [];
  let total = 0;
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    await parquet.write({ columnData: columnsOf(waiting), rowGroupSize: waiting.length });
    total += waiting.length;
    waiting = [];
    onGroup();
  };
  for await (const rows of tables(request)) {
    waiting.push(...rows);
    if (waiting.length >= GROUP) await write();
  }
  await write();
  await parquet.finish();
  return total;
}

/** Rows that are wanted, frame by frame. */
async function* tables({ path, kind, instrument }: TickExport): AsyncGenerator<readonly Cell[][]> {
  for await (const frame of readRecording(path)) {
    yield frame
      .filter((row) => row.kind === kind && (instrument === null || row.instrument === instrument))
      .flatMap(rowsOf);
  }
}

function rowsOf(row: Recorded): Cell[][] {
  if (row.kind === 'gap') return [[row.from, row.to, row.instrument, row.reason]];
  const head = [row.receivedTime, row.venueTime, row.instrument];
  switch (row.kind) {
    case 'quote':
      return [[...head, row.bid, row.ask, row.bidSize, row.askSize]];
    case 'trade':
      return [[...head, row.price, row.size, row.aggressor, row.regular, row.tradeId]];
    case 'book':
      return (['bids', 'asks'] as const).flatMap((side) =>
        row[side].map(({ price, size }, i) => [
          ...head,
          row.sequence,
          side === 'bids' ? 'bid' : 'ask',
          i + 1,
          price,
          size,
        ]),
      );
    case 'bar': {
      const { timeframe, start, open, high, low, close, volume, closed } = row;
      return [[...head, timeframe, start, open, high, low, close, volume, closed]];
    }
    case 'status':
      return [[...head, row.status, row.reason]];
  }
}

function csvCell(cell: Cell, kind: ColumnKind | undefined): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return '';
  if (kind === 'time') return isoTime(Math.floor(cell as number));
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function parquetCell(cell: Cell, kind: ColumnKind): Cell | Date {
  if (typeof cell !== 'number') return cell;
  if (!Number.isFinite(cell)) return null;
  return kind === 'time' ? new Date(cell) : cell;
}
