import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import { afterEach } from 'vitest';
import type { ErrorCode } from '../../../engine/domain/errors.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { ImportOptions } from '../../../engine/protocol/schemas.ts';
import { Calendars } from '../../../electron/storage/calendars.ts';
import { openForWriting } from '../../../electron/storage/database.ts';
import { importFile } from '../../../electron/storage/import-job.ts';
import type { JobContext } from '../../../electron/storage/import-job.ts';
import { breathe, Lock } from '../../../electron/storage/lock.ts';
import { readBars } from '../../../electron/storage/read-bars.ts';
import type {
  ImportResult,
  ReadRequest,
  ReadResult,
} from '../../../electron/storage/store-types.ts';

export const calendars = new Calendars('resources/calendars');

const folders: string[] = [];
const connections: Connection[] = [];

afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is deleted after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'renata-storage-'));
  folders.push(folder);
  return folder;
}

export function file(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

export const quiet: JobContext = {
  calendars,
  now: () => 1_700_000_000_000,
  onProgress: () => undefined,
  isCancelled: () => false,
  breathe,
};

/** A store in this thread. */
export class TestStore {
  readonly directory: string;
  readonly connection: Connection;
  readonly lock = new Lock();

  constructor(directory = temporaryFolder()) {
    this.directory = directory;
    this.connection = openForWriting(directory, () => 1_700_000_000_000).connection;
    connections.push(this.connection);
  }

  import(
    path: string,
    options: Partial<ImportOptions> = {},
    context = quiet,
  ): Promise<ImportResult> {
    return importFile(
      this.connection,
      this.lock,
      { path, options: { symbol: 'TEST', ...options } },
      context,
    );
  }

  /** Imports text as `prices.csv`. */
  importText(text: string, options: Partial<ImportOptions> = {}): Promise<ImportResult> {
    return this.import(file('prices.csv', text), options);
  }

  read(request: Partial<ReadRequest> = {}): ReadResult {
    return readBars(this.connection, calendars, { datasetId: 'TEST.LOCAL@1d', ...request });
  }

  /** Bars as readable rows. */
  rows(request: Partial<ReadRequest> = {}): string[] {
    const { bars } = this.read(request);
    return Array.from(bars.time, (time, i) =>
      [
        new Date(time).toISOString().replace('T00:00:00.000Z', '').replace('.000Z', 'Z'),
        bars.open[i],
        bars.high[i],
        bars.low[i],
        bars.close[i],
        bars.volume[i],
      ].join(' '),
    );
  }
}

/** Awaits a rejection and returns it. */
export async function refusal(promise: Promise<unknown>, code: ErrorCode): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RenataError && error.code === code) return error.message;
    throw error;
  }
  throw new Error(`expected a refusal with ${code}`);
}
