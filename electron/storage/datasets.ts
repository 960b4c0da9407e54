import type { Database as Connection } from 'better-sqlite3';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import type { DatasetSummary, DatasetVersion, QualityReport } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import type { DatasetDetails } from './store-types.ts';

interface VersionRow {
  version: number;
  contentHash: string;
  barCount: number;
  firstTime: number;
  lastTime: number;
  bytesOnDisk: number;
  source: string;
  fetchedAt: number;
  adjustment: 'raw' | 'split' | 'total-return';
}

interface SummaryRow extends VersionRow {
  id: string;
  instrumentId: string;
  symbol: string;
  name: string;
  currency: string;
  calendar: string;
  timeframe: string;
  versionCount: number;
  splits: number;
  dividends: number;
  errors: number;
  warnings: number;
}

const VERSION_COLUMNS = `
  v.version AS version, v.content_hash AS contentHash, v.bar_count AS barCount,
  v.first_time AS firstTime, v.last_time AS lastTime, v.bytes_on_disk AS bytesOnDisk,
  v.source AS source, v.fetched_at AS fetchedAt, v.adjustment AS adjustment`;

const SUMMARY = `
  SELECT d.id AS id, i.id AS instrumentId, i.symbol AS symbol, i.name AS name,
         i.currency AS currency, i.calendar AS calendar, d.timeframe AS timeframe,
         ${VERSION_COLUMNS},
         (SELECT count(*) FROM dataset_versions o WHERE o.dataset_id = d.id) AS versionCount,
         (SELECT count(*) FROM adjustment_events e
           WHERE e.instrument_id = i.id AND e.kind = 'split') AS splits,
         (SELECT count(*) FROM adjustment_events e
           WHERE e.instrument_id = i.id AND e.kind = 'dividend') AS dividends,
         coalesce(q.errors, 0) AS errors, coalesce(q.warnings, 0) AS warnings
    FROM datasets d
    JOIN instruments i ON i.id = d.instrument_id
    JOIN dataset_versions v ON v.dataset_id = d.id AND v.version = d.current_version
    LEFT JOIN quality_reports q ON q.dataset_id = d.id AND q.version = v.version`;

function versionOf(row: VersionRow): DatasetVersion {
  return {
    version: row.version,
    contentHash: row.contentHash,
    barCount: row.barCount,
    firstTime: row.firstTime,
    lastTime: row.lastTime,
    bytesOnDisk: row.bytesOnDisk,
    provenance: { source: row.source, fetchedAt: row.fetchedAt, adjustment: row.adjustment },
  };
}

function summaryOf(row: SummaryRow): DatasetSummary {
  return {
    id: row.id,
    instrumentId: row.instrumentId as InstrumentId,
    symbol: row.symbol,
    name: row.name,
    currency: row.currency,
    calendar: row.calendar,
    timeframe: row.timeframe as Timeframe,
    current: versionOf(row),
    versionCount: row.versionCount,
    hasAdjustments: row.splits + row.dividends > 0,
    splits: row.splits,
    dividends: row.dividends,
    quality: { errors: row.errors, warnings: row.warnings },
  };
}

export function listDatasets(connection: Connection): DatasetSummary[] {
  return connection
    .prepare<[], SummaryRow>(`${SUMMARY} ORDER BY i.symbol, d.timeframe, d.id`)
    .all()
    .map(summaryOf);
}

export function findDataset(connection: Connection, datasetId: string): DatasetSummary | null {
  const row = connection.prepare<[string], SummaryRow>(`${SUMMARY} WHERE d.id = ?`).get(datasetId);
  return row === undefined ? null : summaryOf(row);
}

/** @throws RenataError NOT_FOUND listing what there is. */
export function requireDataset(connection: Connection, datasetId: string): DatasetSummary {
  const found = findDataset(connection, datasetId);
  if (found !== null) return found;
  const ids = connection
    .prepare<[], { id: string }>('SELECT id FROM datasets ORDER BY id LIMIT 20')
    .all()
    .map((row) => row.id);
  throw new RenataError(
    'NOT_FOUND',
    `There is no dataset "${datasetId}"; ${ids.length === 0 ? 'the store is empty' : `the store holds ${ids.join(', ')}`}.`,
    { details: { parameter: 'datasetId' } },
  );
}

export function versionsOf(connection: Connection, datasetId: string): DatasetVersion[] {
  return connection
    .prepare<[string], VersionRow>(
      `SELECT ${VERSION_COLUMNS} FROM dataset_versions v WHERE v.dataset_id = ? ORDER BY v.version DESC`,
    )
    .all(datasetId)
    .map(versionOf);
}

export function getDataset(connection: Connection, datasetId: string): DatasetDetails {
  const summary = requireDataset(connection, datasetId);
  const row = connection
    .prepare<[string, number], { report: string }>(
      'SELECT report FROM quality_reports WHERE dataset_id = ? AND version = ?',
    )
    .get(datasetId, summary.current.version);
  const quality: QualityReport =
    row === undefined
      ? {
          barCount: summary.current.barCount,
          expectedBars: null,
          calendar: summary.calendar,
          issues: [],
        }
      : (JSON.parse(row.report) as QualityReport);
  return { summary, versions: versionsOf(connection, datasetId), quality };
}

export function findInstrument(connection: Connection, id: string): Instrument | null {
  const row = connection
    .prepare<[string], Instrument>(
      `SELECT id, symbol, venue, name, asset_class AS assetClass, currency, calendar,
              tick_size AS tickSize, lot_size AS lotSize FROM instruments WHERE id = ?`,
    )
    .get(id);
  return row ?? null;
}

/** @throws RenataError NOT_FOUND */
export function requireInstrument(connection: Connection, id: string): Instrument {
  const found = findInstrument(connection, id);
  if (found !== null) return found;
  throw new RenataError(
    'NOT_FOUND',
    `There is no instrument "${id}" in the store; import bars of it first.`,
    { details: { parameter: 'instrumentId' } },
  );
}

export function saveInstrument(connection: Connection, instrument: Instrument): void {
  connection
    .prepare(
      `INSERT INTO instruments
         (id, symbol, venue, name, asset_class, currency, calendar, tick_size, lot_size)
       VALUES (@id, @symbol, @venue, @name, @assetClass, @currency, @calendar, @tickSize, @lotSize)
       ON CONFLICT (id) DO UPDATE SET
         name = excluded.name, asset_class = excluded.asset_class, currency = excluded.currency,
         calendar = excluded.calendar, tick_size = excluded.tick_size, lot_size = excluded.lot_size`,
    )
    .run(instrument);
}

/** Deletes a dataset, its versions and what no other dataset shares. */
export function deleteDataset(connection: Connection, datasetId: string): void {
  connection
    .transaction(() => {
      const { instrumentId } = requireDataset(connection, datasetId);
      const chunkIds = chunkIdsOf(connection, datasetId, versionsOf(connection, datasetId));
      connection.prepare('DELETE FROM datasets WHERE id = ?').run(datasetId);
      deleteUnusedChunks(connection, chunkIds);
      connection
        .prepare(
          `DELETE FROM instruments WHERE id = ?
             AND NOT EXISTS (SELECT 1 FROM datasets WHERE instrument_id = instruments.id)`,
        )
        .run(instrumentId);
    })
    .immediate();
}

/** Deletes all but the newest `keep` versions and the chunks that only they had. */
export function pruneVersions(connection: Connection, datasetId: string, keep: number): void {
  const old = versionsOf(connection, datasetId).slice(keep);
  if (old.length === 0) return;
  const chunkIds = chunkIdsOf(connection, datasetId, old);
  const remove = connection.prepare(
    'DELETE FROM dataset_versions WHERE dataset_id = ? AND version = ?',
  );
  for (const version of old) remove.run(datasetId, version.version);
  deleteUnusedChunks(connection, chunkIds);
}

function chunkIdsOf(
  connection: Connection,
  datasetId: string,
  versions: readonly DatasetVersion[],
): Set<number> {
  const select = connection.prepare<[string, number], { chunkId: number }>(
    'SELECT chunk_id AS chunkId FROM version_chunks WHERE dataset_id = ? AND version = ?',
  );
  const ids = new Set<number>();
  for (const { version } of versions) {
    for (const row of select.all(datasetId, version)) ids.add(row.chunkId);
  }
  return ids;
}

function deleteUnusedChunks(connection: Connection, chunkIds: ReadonlySet<number>): void {
  const remove = connection.prepare(
    `DELETE FROM chunks WHERE id = ?
       AND NOT EXISTS (SELECT 1 FROM version_chunks WHERE chunk_id = chunks.id)`,
  );
  for (const id of chunkIds) remove.run(id);
}

interface EventRow {
  kind: 'split' | 'dividend';
  day: number;
  value: number;
  referencePrice: number | null;
}

export function listAdjustments(connection: Connection, instrumentId: string): AdjustmentEvent[] {
  return connection
    .prepare<[string], EventRow>(
      `SELECT kind, day, value, reference_price AS referencePrice
         FROM adjustment_events WHERE instrument_id = ? ORDER BY day, kind`,
    )
    .all(instrumentId)
    .map(({ kind, day, value, referencePrice }) =>
      kind === 'split' ? { kind, day, ratio: value } : { kind, day, amount: value, referencePrice },
    );
}

/** Puts these events in the place of those there were. */
export function setAdjustments(
  connection: Connection,
  instrumentId: string,
  events: readonly AdjustmentEvent[],
  source: string,
): void {
  connection
    .transaction(() => {
      requireInstrument(connection, instrumentId);
      connection.prepare('DELETE FROM adjustment_events WHERE instrument_id = ?').run(instrumentId);
      const insert = connection.prepare(
        `INSERT INTO adjustment_events (instrument_id, kind, day, value, reference_price, source)
         VALUES (?, ?, ?, ?, ?, ?)`,
      );
      for (const event of events) {
        const value = event.kind === 'split' ? event.ratio : event.amount;
        const reference = event.kind === 'split' ? null : event.referencePrice;
        insert.run(instrumentId, event.kind, event.day, value, reference, source);
      }
    })
    .immediate();
}
