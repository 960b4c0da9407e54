import { crc32 } from 'node:zlib';
import type { Database as Connection } from 'better-sqlite3';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { isoTime } from '../../engine/domain/time.ts';
import { decodeChunk, encodeChunk } from '../../engine/series/codec.ts';
import { hashBars } from './content-hash.ts';
import { sqliteCode } from './database.ts';

/** A chunk that is ready to be written. */
export interface NewChunk {
  readonly hash: Buffer;
  readonly barCount: number;
  readonly firstTime: number;
  readonly lastTime: number;
  /** CRC-32 of `bytes`. */
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

/** A stored chunk's place in a version. */
export interface ChunkPlace {
  readonly chunkId: number;
  readonly barCount: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly hash: Buffer;
  readonly size: number;
}

/** Encodes and seals bars `from` to `to`. */
export function makeChunk(bars: BarColumns, from: number, to: number): NewChunk {
  const bytes = encodeChunk(bars, from, to);
  return {
    hash: hashBars(bars, from, to),
    barCount: to - from,
    firstTime: bars.time[from] as number,
    lastTime: bars.time[to - 1] as number,
    checksum: crc32(bytes),
    bytes,
  };
}

/** The chunks of a version that overlap a range of times (inclusive), in order. */
export function chunkPlaces(
  connection: Connection,
  datasetId: string,
  version: number,
  start: number,
  end: number,
): ChunkPlace[] {
  return connection
    .prepare<[string, number, number, number], ChunkPlace>(
      `SELECT c.id AS chunkId, c.bar_count AS barCount, v.first_time AS firstTime,
              v.last_time AS lastTime, c.hash AS hash, length(c.bytes) AS size
         FROM version_chunks v JOIN chunks c ON c.id = v.chunk_id
        WHERE v.dataset_id = ? AND v.version = ? AND v.last_time >= ? AND v.first_time <= ?
        ORDER BY v.position`,
    )
    .all(datasetId, version, start, end);
}

/** Reads chunks of one dataset, comparing each one's checksum. */
export class ChunkReader {
  readonly #datasetId: string;
  readonly #get: (id: number) => { checksum: number; bytes: Buffer } | undefined;

  constructor(connection: Connection, datasetId: string) {
    this.#datasetId = datasetId;
    const statement = connection.prepare<[number], { checksum: number; bytes: Buffer }>(
      'SELECT checksum, bytes FROM chunks WHERE id = ?',
    );
    this.#get = (id) => statement.get(id);
  }

  /**
   * Decodes a chunk into `out` from bar `at` on.
   * @throws RenataError STORE_DAMAGED naming the dataset and the range.
   */
  read(place: ChunkPlace, out: BarColumns, at: number): void {
    try {
      const row = this.#get(place.chunkId);
      if (row !== undefined && crc32(row.bytes) === row.checksum) {
        if (decodeChunk(row.bytes, out, at) === place.barCount) return;
      }
    } catch (error) {
      const damage =
        (error instanceof RenataError && error.code === 'STORE_DAMAGED') ||
        sqliteCode(error).startsWith('SQLITE_CORRUPT');
      if (!damage) throw error;
    }
    throw new RenataError(
      'STORE_DAMAGED',
      `${this.#datasetId}: its bars from ${isoTime(place.firstTime)} to ${isoTime(place.lastTime)} are damaged in the store; import them again or restore a backup.`,
      { details: { dataset: this.#datasetId, from: place.firstTime, to: place.lastTime } },
    );
  }
}
