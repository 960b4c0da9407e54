import type { Database as Connection } from 'better-sqlite3';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { Provenance, QualityReport } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { isoTime } from '../../engine/domain/time.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import { CHUNK_BARS, decodeChunk } from '../../engine/series/codec.ts';
import { makeChunk } from './chunk-rows.ts';
import type { ChunkPlace, NewChunk } from './chunk-rows.ts';
import { hashChunks } from './content-hash.ts';
import { findDataset, pruneVersions, saveInstrument } from './datasets.ts';
import { blockColumns } from './import/bar-builder.ts';

/** Versions of a dataset that are kept, the current one included. */
export const KEPT_VERSIONS = 3;
/** Finished chunks wait in memory up to this size; beyond it the transaction is begun early. */
const SPILL_BYTES = 64 * 1024 * 1024;

/** A finished chunk: in memory, or a row that this or an earlier version wrote. */
interface StagedChunk {
  readonly hash: Buffer;
  readonly barCount: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly size: number;
  readonly fresh: NewChunk | null;
  /** Row id, once it is known. */
  readonly chunkId: number | null;
}

export interface VersionFacts {
  readonly instrument: Instrument;
  readonly datasetId: string;
  readonly timeframe: Timeframe;
  readonly provenance: Provenance;
  readonly quality: QualityReport;
  /** Version that was current when the import began, 0 for none. */
  readonly basedOn: number;
  readonly now: number;
}

/**
 * Collects bars into chunks and writes them as one version in one transaction. As long as the finished
 * chunks are few, the transaction is begun only when all of them are there, so that other writers do
 * not wait; nothing is visible before it is committed, and nothing is left when it is not.
 */
export class VersionWriter {
  barCount = 0;
  readonly #connection: Connection;
  readonly #chunks: StagedChunk[] = [];
  readonly #block = blockColumns(CHUNK_BARS);
  readonly #check = blockColumns(CHUNK_BARS);
  readonly #spillBytes: number;
  #used = 0;
  #waitingBytes = 0;
  #flushed = 0;
  #begun = false;

  constructor(connection: Connection, spillBytes = SPILL_BYTES) {
    this.#connection = connection;
    this.#spillBytes = spillBytes;
  }

  /** Begins with chunks that are stored already, all of them full. */
  share(places: readonly ChunkPlace[]): void {
    for (const place of places) {
      this.#chunks.push({ ...place, fresh: null });
      this.barCount += place.barCount;
    }
  }

  /** Adds bars that follow those before in time. */
  push(bars: BarColumns, from: number, to: number): void {
    let at = from;
    while (at < to) {
      const count = Math.min(to - at, CHUNK_BARS - this.#used);
      for (const name of BAR_COLUMN_NAMES) {
        this.#block[name].set(bars[name].subarray(at, at + count), this.#used);
      }
      this.#used += count;
      at += count;
      if (this.#used === CHUNK_BARS) this.#seal();
    }
    this.barCount += to - from;
  }

  /** True when waiting chunks should be written before more are made. */
  get wantsToSpill(): boolean {
    return this.#waitingBytes > this.#spillBytes;
  }

  /** Writes the waiting chunks into a transaction that stays open. */
  spill(): void {
    if (!this.#begun) {
      this.#connection.exec('BEGIN IMMEDIATE');
      this.#begun = true;
    }
    const find = this.#connection.prepare<[Buffer], { id: number }>(
      'SELECT id FROM chunks WHERE hash = ?',
    );
    const insert = this.#connection.prepare(
      `INSERT INTO chunks (hash, bar_count, first_time, last_time, checksum, bytes)
       VALUES (@hash, @barCount, @firstTime, @lastTime, @checksum, @bytes)`,
    );
    for (; this.#flushed < this.#chunks.length; this.#flushed += 1) {
      const chunk = this.#chunks[this.#flushed];
      if (chunk === undefined || chunk.fresh === null) continue;
      const chunkId = find.get(chunk.hash)?.id ?? Number(insert.run(chunk.fresh).lastInsertRowid);
      this.#chunks[this.#flushed] = { ...chunk, fresh: null, chunkId };
    }
    this.#waitingBytes = 0;
  }

  /** Seals the last chunk. @returns the content hash of all bars */
  finish(): string {
    if (this.#used > 0) this.#seal();
    return hashChunks(this.#chunks.map((chunk) => chunk.hash));
  }

  /**
   * Writes everything and commits.
   * @returns the number of the new version
   * @throws RenataError CONFLICT when another import of the dataset was committed meanwhile.
   */
  commit(contentHash: string, facts: VersionFacts): number {
    this.spill();
    const { datasetId } = facts;
    const connection = this.#connection;
    const current = findDataset(connection, datasetId)?.current.version ?? 0;
    if (current !== facts.basedOn) {
      throw new RenataError(
        'CONFLICT',
        `${datasetId} was changed by another import while this one was read; import the file again.`,
        { retryable: true },
      );
    }
    const version = current + 1;
    saveInstrument(connection, facts.instrument);
    connection
      .prepare(
        `INSERT INTO datasets (id, instrument_id, timeframe, current_version, created_at)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET current_version = excluded.current_version`,
      )
      .run(datasetId, facts.instrument.id, facts.timeframe, version, facts.now);
    connection
      .prepare(
        `INSERT INTO dataset_versions
           (dataset_id, version, content_hash, bar_count, first_time, last_time, bytes_on_disk,
            source, fetched_at, adjustment)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        datasetId,
        version,
        contentHash,
        this.barCount,
        this.#chunks[0]?.firstTime,
        this.#chunks.at(-1)?.lastTime,
        this.#chunks.reduce((sum, chunk) => sum + chunk.size, 0),
        facts.provenance.source,
        facts.provenance.fetchedAt,
        facts.provenance.adjustment,
      );
    const link = connection.prepare(
      `INSERT INTO version_chunks
         (dataset_id, version, position, chunk_id, first_time, last_time)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    for (const [position, chunk] of this.#chunks.entries()) {
      link.run(datasetId, version, position, chunk.chunkId, chunk.firstTime, chunk.lastTime);
    }
    const issues = facts.quality.issues;
    connection
      .prepare(
        `INSERT INTO quality_reports (dataset_id, version, errors, warnings, report)
         VALUES (?, ?, ?, ?, ?)`,
      )
      .run(
        datasetId,
        version,
        issues.filter((issue) => issue.severity === 'error').length,
        issues.filter((issue) => issue.severity === 'warning').length,
        JSON.stringify(facts.quality),
      );
    pruneVersions(connection, datasetId, KEPT_VERSIONS);
    connection.exec('COMMIT');
    this.#begun = false;
    return version;
  }

  /** Undoes what was written; harmless when nothing was. */
  rollback(): void {
    if (this.#begun && this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
    this.#begun = false;
  }

  #seal(): void {
    const chunk = makeChunk(this.#block, 0, this.#used);
    this.#verify(chunk.bytes);
    this.#chunks.push({ ...chunk, size: chunk.bytes.byteLength, fresh: chunk, chunkId: null });
    this.#waitingBytes += chunk.bytes.byteLength;
    this.#used = 0;
  }

  /** Decodes every chunk once before it is kept, so that no bar is lost to a defect of the encoding. */
  #verify(bytes: Uint8Array): void {
    decodeChunk(bytes, this.#check, 0);
    for (const name of BAR_COLUMN_NAMES) {
      const given = bitsOf(this.#block[name], this.#used);
      const stored = bitsOf(this.#check[name], this.#used);
      if (given.compare(stored) !== 0) {
        throw new RenataError(
          'INTERNAL',
          `The bars from ${isoTime(this.#block.time[0] ?? 0)} on could not be compressed without loss; nothing was stored.`,
        );
      }
    }
  }
}

function bitsOf(values: Float64Array, count: number): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, count * 8);
}
