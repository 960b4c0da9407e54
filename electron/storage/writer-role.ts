import { basename, join } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import { checkAdjustmentEvents } from '../../engine/domain/adjustments.ts';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import { toErrorPayload } from '../../engine/domain/errors.ts';
import type { RunStrategy } from '../../engine/protocol/bundle-tasks.ts';
import type { Run } from '../../engine/protocol/schemas.ts';
import { unpackRun, type PackedRun } from '../../engine/protocol/text-columns.ts';
import { isBackupDue, listBackups, makeBackup, restoreBackup } from './backups.ts';
import { Calendars } from './calendars.ts';
import { openForReading, openForWriting, sqliteCode, STORE_FILE } from './database.ts';
import { deleteDataset, requireInstrument, setAdjustments } from './datasets.ts';
import { readFactorFile } from './factor-file.ts';
import { importFile } from './import-job.ts';
import { breathe, Lock } from './lock.ts';
import { userVersion } from './migrations.ts';
import { deleteRun, saveDocument, saveRun } from './records.ts';
import {
  addTrials,
  appendResearchRows,
  createResearch,
  deleteResearch,
  setResearchState,
} from './research-records.ts';
import type { ResearchRecord, ResearchRows, ResearchState, TrialRow } from './research-types.ts';
import type {
  Backup,
  FileRequest,
  ImportRequest,
  ImportResult,
  StoreStatus,
} from './store-types.ts';
import type { CallControl, ThreadStart } from './thread-protocol.ts';

/** Everything that changes the store. One thread at a time has it open for writing. */
export async function writerHandlers(start: ThreadStart) {
  const { directory } = start;
  const now = (): number => Date.now();
  const calendars = new Calendars(start.calendarsDirectory);
  const opened = openForWriting(directory, now);
  let connection: Connection = opened.connection;
  const { recovered } = opened;
  /** Held by whoever writes; an import holds it only while its transaction is open. */
  const writes = new Lock();
  /** Imports are run one after another. */
  const imports = new Lock();
  let backupProblem: string | null = null;
  let background: Promise<void> = Promise.resolve();

  const backUp = async (): Promise<Backup> => {
    // A connection of its own sees only what is committed.
    const source = openForReading(directory);
    try {
      return await makeBackup(source, directory, now());
    } finally {
      source.close();
    }
  };

  const backUpWhenDue = (): void => {
    if (!start.automaticBackups || !isBackupDue(directory, now())) return;
    const previous = background;
    background = (async () => {
      await previous;
      try {
        if (isBackupDue(directory, now())) await backUp();
        backupProblem = null;
      } catch (error) {
        backupProblem = toErrorPayload(error).message;
      }
    })();
  };

  await Promise.resolve();
  return {
    status: (): StoreStatus => ({
      path: join(directory, STORE_FILE),
      schemaVersion: userVersion(connection),
      recovered,
      backups: listBackups(directory),
      backupProblem,
    }),

    importFile: (request: ImportRequest, control: CallControl): Promise<ImportResult> =>
      imports.run(async () => {
        const context = { calendars, now, breathe, ...control };
        const result = await importFile(connection, writes, request, context);
        backUpWhenDue();
        return result;
      }),

    deleteDataset: (datasetId: string): Promise<void> =>
      writes.run(() => {
        deleteDataset(connection, datasetId);
        giveBack(connection);
      }),

    importFactors: (request: {
      readonly instrumentId: string;
      readonly file: FileRequest;
    }): Promise<AdjustmentEvent[]> =>
      writes.run(() => {
        const { instrumentId, file } = request;
        const name = file.fileName ?? basename(file.path);
        const { calendar } = requireInstrument(connection, instrumentId);
        const events = readFactorFile(file.path, name, calendars.get(calendar));
        setAdjustments(connection, instrumentId, events, name);
        return events;
      }),

    setAdjustments: (request: {
      readonly instrumentId: string;
      readonly events: readonly AdjustmentEvent[];
      readonly source: string;
    }): Promise<void> =>
      writes.run(() => {
        checkAdjustmentEvents(request.events);
        setAdjustments(connection, request.instrumentId, request.events, request.source);
      }),

    saveRun: (request: {
      readonly run: Run | PackedRun;
      readonly strategy: RunStrategy | null;
    }): Promise<void> =>
      writes.run(() => {
        saveRun(connection, unpackRun(request.run), request.strategy);
      }),

    deleteRun: (runId: string): Promise<void> =>
      writes.run(() => {
        deleteRun(connection, runId);
      }),

    saveDocument: (request: { readonly name: string; readonly json: string }): Promise<void> =>
      writes.run(() => {
        saveDocument(connection, request.name, request.json, now());
      }),

    createResearch: (record: ResearchRecord): Promise<void> =>
      writes.run(() => {
        createResearch(connection, record);
      }),

    appendResearchRows: (request: {
      readonly id: string;
      readonly rows: ResearchRows;
    }): Promise<void> =>
      writes.run(() => {
        appendResearchRows(connection, request.id, request.rows, now());
      }),

    setResearchState: (change: {
      readonly id: string;
      readonly state: ResearchState;
      readonly message: string | null;
      readonly summary?: unknown;
    }): Promise<void> =>
      writes.run(() => {
        setResearchState(connection, change, now());
      }),

    deleteResearch: (id: string): Promise<void> =>
      writes.run(() => {
        deleteResearch(connection, id);
      }),

    addTrials: (rows: readonly TrialRow[]): Promise<void> =>
      writes.run(() => {
        addTrials(connection, rows);
      }),

    backup: async (): Promise<Backup> => {
      await background;
      return backUp();
    },

    restoreBackup: (name: string): Promise<void> =>
      imports.run(() =>
        writes.run(async () => {
          await background;
          connection.close();
          try {
            restoreBackup(directory, name, now());
          } finally {
            connection = openForWriting(directory, now).connection;
          }
        }),
      ),

    close: (): Promise<void> =>
      imports.run(() =>
        writes.run(async () => {
          await background;
          connection.close();
        }),
      ),
  };
}

/** Returns free pages to the system. It needs room to move others, and what was deleted stays deleted without. */
function giveBack(connection: Connection): void {
  try {
    connection.pragma('wal_checkpoint(TRUNCATE)');
    connection.pragma('incremental_vacuum');
    connection.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    const code = sqliteCode(error);
    // The pages are used for the next bars, or returned by the next deletion.
    if (code !== 'SQLITE_FULL' && !code.startsWith('SQLITE_IOERR')) throw error;
  }
}
