import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Database as Connection } from 'better-sqlite3';
import { RenataError } from '../../engine/domain/errors.ts';
import type { RunStrategy } from '../../engine/protocol/bundle-tasks.ts';
import type { Run, RunSummary } from '../../engine/protocol/schemas.ts';
import { packBlob, packText, unpackBlob, unpackText } from './packing.ts';

/**
 * Finished backtests: a summary as text for lists, everything else as one blob. The text of its strategy
 * is kept beside a run, once for all runs of the same text.
 */
export function saveRun(
  connection: Connection,
  run: Run,
  strategy: RunStrategy | null = null,
): void {
  const { summary, ...result } = run;
  const blob = packBlob(result);
  const save = connection.transaction(() => {
    connection
      .prepare(
        `INSERT INTO runs (id, created_at, summary, checksum, result) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at,
           summary = excluded.summary, checksum = excluded.checksum, result = excluded.result`,
      )
      .run(summary.id, summary.createdAt, packText(summary), crc32(blob), blob);
    if (strategy === null) return;
    const { hash, text, language, file, trusted } = strategy;
    connection
      .prepare(
        'INSERT INTO strategy_texts (hash, text) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
      )
      .run(hash, text);
    connection
      .prepare(
        `INSERT OR REPLACE INTO run_strategies (run_id, hash, language, file, trusted)
         VALUES (?, ?, ?, ?, ?)`,
      )
      .run(summary.id, hash, language, file, trusted ? 1 : 0);
  });
  save();
}

/**
 * The text that a run ran; null where none was kept with it.
 * @throws RenataError STORE_DAMAGED when the text does not have its hash any more
 */
export function getRunStrategy(connection: Connection, runId: string): RunStrategy | null {
  const row = connection
    .prepare<[string], Omit<RunStrategy, 'trusted'> & { trusted: number }>(
      `SELECT hash, text, language, file, trusted
       FROM run_strategies JOIN strategy_texts USING (hash) WHERE run_id = ?`,
    )
    .get(runId);
  if (row === undefined) return null;
  if (createHash('sha256').update(row.text).digest('hex') !== row.hash) {
    throw new RenataError(
      'STORE_DAMAGED',
      `The text of the strategy of run "${runId}" is damaged in the store; run the backtest again.`,
      { details: { run: runId } },
    );
  }
  return { ...row, trusted: row.trusted === 1 };
}

export function listRuns(connection: Connection): RunSummary[] {
  return connection
    .prepare<[], { summary: string }>('SELECT summary FROM runs ORDER BY created_at DESC, id')
    .all()
    .map((row) => unpackText(row.summary) as RunSummary);
}

/** @throws RenataError NOT_FOUND, or STORE_DAMAGED naming the run. */
export function getRun(connection: Connection, runId: string): Run {
  const row = connection
    .prepare<[string], { summary: string; checksum: number; result: Buffer }>(
      'SELECT summary, checksum, result FROM runs WHERE id = ?',
    )
    .get(runId);
  if (row === undefined) throw noRun(runId);
  if (crc32(row.result) !== row.checksum) {
    throw new RenataError(
      'STORE_DAMAGED',
      `The result of run "${runId}" is damaged in the store; run the backtest again.`,
      { details: { run: runId } },
    );
  }
  const result = unpackBlob(row.result) as Omit<Run, 'summary'>;
  return { summary: unpackText(row.summary) as RunSummary, ...result };
}

/** @throws RenataError NOT_FOUND */
export function deleteRun(connection: Connection, runId: string): void {
  const remove = connection.transaction(() => {
    const { changes } = connection.prepare('DELETE FROM runs WHERE id = ?').run(runId);
    if (changes === 0) throw noRun(runId);
    // Texts that no run has any more.
    connection
      .prepare('DELETE FROM strategy_texts WHERE hash NOT IN (SELECT hash FROM run_strategies)')
      .run();
  });
  remove();
}

function noRun(runId: string): RenataError {
  return new RenataError(
    'NOT_FOUND',
    `There is no run "${runId}"; list the runs to see their ids.`,
    {
      details: { parameter: 'runId' },
    },
  );
}

/** Named JSON texts of the window: layout, theme, latest form values. */
export function saveDocument(
  connection: Connection,
  name: string,
  json: string,
  now: number,
): void {
  try {
    JSON.parse(json);
  } catch {
    throw new RenataError('BAD_INPUT', `json: the document "${name}" is not valid JSON.`, {
      details: { parameter: 'json' },
    });
  }
  connection
    .prepare(
      `INSERT INTO documents (name, json, saved_at) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET json = excluded.json, saved_at = excluded.saved_at`,
    )
    .run(name, json, now);
}

export function loadDocument(connection: Connection, name: string): string | null {
  const row = connection
    .prepare<[string], { json: string }>('SELECT json FROM documents WHERE name = ?')
    .get(name);
  return row?.json ?? null;
}
