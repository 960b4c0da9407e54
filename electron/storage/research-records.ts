import { crc32 } from 'node:zlib';
import type { Database as Connection } from 'better-sqlite3';
import { RenataError } from '../../engine/domain/errors.ts';
import { packBlob, packText, unpackBlob, unpackText } from './packing.ts';
import type {
  ResearchKind,
  ResearchRecord,
  ResearchRows,
  ResearchState,
  ResearchSummary,
  TrialCount,
  TrialRow,
} from './research-types.ts';

/**
 * Searches, walk-forward tests and what else runs for long: what was asked as text, results as chunks of
 * rows that are added while the work goes on. A chunk and the place to go on from are one transaction, so
 * that work which was killed goes on after the last chunk.
 */
interface ResearchRow {
  readonly id: string;
  readonly kind: string;
  readonly created_at: number;
  readonly changed_at: number;
  readonly title: string;
  readonly dataset_id: string;
  readonly data_hash: string;
  readonly state: string;
  readonly next_place: number;
  readonly total: number;
  readonly message: string | null;
  readonly request: string;
  readonly summary: string | null;
}

/** A new piece of work; its state is `running`. */
export function createResearch(connection: Connection, record: ResearchRecord): void {
  connection
    .prepare(
      `INSERT INTO research (id, kind, created_at, changed_at, title, dataset_id, data_hash, state,
         next_place, total, message, request, summary)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      record.id,
      record.kind,
      record.createdAt,
      record.changedAt,
      record.title,
      record.datasetId,
      record.dataHash,
      record.state,
      record.nextPlace,
      record.total,
      record.message,
      packText(record.request),
      record.summary === null ? null : packText(record.summary),
    );
}

/** Adds rows and moves on, both or neither. @throws RenataError NOT_FOUND, CONFLICT for rows that are there already */
export function appendResearchRows(
  connection: Connection,
  id: string,
  rows: ResearchRows,
  now: number,
): void {
  const blob = packBlob(rows.chunk);
  connection
    .transaction(() => {
      const { nextPlace } = getResearch(connection, id);
      if (rows.from !== nextPlace) {
        throw new RenataError(
          'CONFLICT',
          `The results of "${id}" go on at ${nextPlace} and not at ${rows.from}; read its state and go on there.`,
        );
      }
      connection
        .prepare(
          `INSERT INTO research_rows (research_id, first_place, next_place, row_count, checksum, rows)
           VALUES (?, ?, ?, ?, ?, ?)`,
        )
        .run(id, rows.from, rows.to, rows.chunk.rows, crc32(blob), blob);
      connection
        .prepare('UPDATE research SET next_place = ?, changed_at = ? WHERE id = ?')
        .run(rows.to, now, id);
    })
    .immediate();
}

/** Changes the state, and the summary where there is one. @throws RenataError NOT_FOUND */
export function setResearchState(
  connection: Connection,
  change: {
    readonly id: string;
    readonly state: ResearchState;
    readonly message: string | null;
    readonly summary?: unknown;
  },
  now: number,
): void {
  const { changes } = connection
    .prepare(
      `UPDATE research SET state = ?, message = ?, changed_at = ?, summary = coalesce(?, summary)
       WHERE id = ?`,
    )
    .run(
      change.state,
      change.message,
      now,
      change.summary === undefined ? null : packText(change.summary),
      change.id,
    );
  if (changes === 0) throw absent(change.id);
}

/** Without their rows, newest first. */
export function listResearch(connection: Connection): ResearchSummary[] {
  return connection
    .prepare<[], ResearchRow & { readonly row_count: number }>(
      `SELECT research.*, coalesce(sum(research_rows.row_count), 0) AS row_count
       FROM research LEFT JOIN research_rows ON research_rows.research_id = research.id
       GROUP BY research.id ORDER BY research.created_at DESC, research.id`,
    )
    .all()
    .map((row) => ({ ...recordOf(row), rows: row.row_count }));
}

/** @throws RenataError NOT_FOUND */
export function getResearch(connection: Connection, id: string): ResearchRecord {
  const row = connection
    .prepare<[string], ResearchRow>('SELECT * FROM research WHERE id = ?')
    .get(id);
  if (row === undefined) throw absent(id);
  return recordOf(row);
}

/** All rows in the order of their places. @throws RenataError NOT_FOUND, STORE_DAMAGED */
export function readResearchRows(connection: Connection, id: string): ResearchRows['chunk'][] {
  getResearch(connection, id);
  return connection
    .prepare<[string], { checksum: number; rows: Buffer }>(
      'SELECT checksum, rows FROM research_rows WHERE research_id = ? ORDER BY first_place',
    )
    .all(id)
    .map(({ checksum, rows }) => {
      if (crc32(rows) !== checksum) throw damaged(id);
      return unpackBlob(rows) as ResearchRows['chunk'];
    });
}

/**
 * Rows from a place on, chunk by chunk, until there are so many; none when it has no more.
 * @throws RenataError STORE_DAMAGED
 */
export function readResearchPart(
  connection: Connection,
  id: string,
  from: number,
  mostRows: number,
): ResearchRows[] {
  const parts: ResearchRows[] = [];
  let rows = 0;
  const chunks = connection
    .prepare<
      [string, number],
      { first_place: number; next_place: number; row_count: number; checksum: number; rows: Buffer }
    >(
      `SELECT first_place, next_place, row_count, checksum, rows FROM research_rows
       WHERE research_id = ? AND first_place >= ? ORDER BY first_place`,
    )
    .iterate(id, from);
  for (const chunk of chunks) {
    if (parts.length > 0 && rows + chunk.row_count > mostRows) break;
    if (crc32(chunk.rows) !== chunk.checksum) throw damaged(id);
    rows += chunk.row_count;
    parts.push({
      from: chunk.first_place,
      to: chunk.next_place,
      chunk: unpackBlob(chunk.rows) as ResearchRows['chunk'],
    });
  }
  return parts;
}

/** @throws RenataError NOT_FOUND */
export function deleteResearch(connection: Connection, id: string): void {
  const { changes } = connection.prepare('DELETE FROM research WHERE id = ?').run(id);
  if (changes === 0) throw absent(id);
}

/**
 * Counts trials on a dataset for ever; what was counted before is not counted again. A search that has come
 * further since then takes the place of its earlier part.
 */
export function addTrials(connection: Connection, rows: readonly TrialRow[]): void {
  const insert = connection.prepare(
    `INSERT INTO trials (id, dataset, strategy, source, at, trials, sharpe_mean, sharpe_deviation, record)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET trials = excluded.trials, sharpe_mean = excluded.sharpe_mean,
       sharpe_deviation = excluded.sharpe_deviation
     WHERE excluded.trials > trials.trials`,
  );
  connection
    .transaction(() => {
      for (const row of rows) {
        insert.run(
          row.id,
          row.dataset,
          row.strategy,
          row.source,
          row.at,
          row.trials,
          finiteOrNull(row.sharpeMean),
          finiteOrNull(row.sharpeDeviation),
          row.record === null ? null : packBlob(row.record),
        );
      }
    })
    .immediate();
}

/** What was tried on a dataset, oldest first. */
export function listTrials(connection: Connection, dataset: string): TrialRow[] {
  return connection
    .prepare<
      [string],
      {
        readonly id: string;
        readonly dataset: string;
        readonly strategy: string;
        readonly source: string;
        readonly at: number;
        readonly trials: number;
        readonly sharpe_mean: number | null;
        readonly sharpe_deviation: number | null;
        readonly record: Buffer | null;
      }
    >('SELECT * FROM trials WHERE dataset = ? ORDER BY at, id')
    .all(dataset)
    .map((row) => ({
      id: row.id,
      dataset: row.dataset,
      strategy: row.strategy,
      source: row.source,
      at: row.at,
      trials: row.trials,
      sharpeMean: row.sharpe_mean ?? Number.NaN,
      sharpeDeviation: row.sharpe_deviation ?? Number.NaN,
      record: row.record === null ? null : unpackBlob(row.record),
    }));
}

/** How much was tried on each dataset. */
export function countTrials(connection: Connection): TrialCount[] {
  return connection
    .prepare<[], TrialCount>(
      'SELECT dataset, sum(trials) AS trials FROM trials GROUP BY dataset ORDER BY dataset',
    )
    .all();
}

function recordOf(row: ResearchRow): ResearchRecord {
  return {
    id: row.id,
    kind: row.kind as ResearchKind,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    title: row.title,
    datasetId: row.dataset_id,
    dataHash: row.data_hash,
    state: row.state as ResearchState,
    nextPlace: row.next_place,
    total: row.total,
    message: row.message,
    request: unpackText(row.request),
    summary: row.summary === null ? null : unpackText(row.summary),
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function damaged(id: string): RenataError {
  return new RenataError(
    'STORE_DAMAGED',
    `A part of the results of "${id}" is damaged in the store; run it again.`,
    { details: { research: id } },
  );
}

function absent(id: string): RenataError {
  return new RenataError(
    'NOT_FOUND',
    `There is no research "${id}"; list it with renata runs --research to see what there is.`,
    { details: { parameter: 'researchId' } },
  );
}
