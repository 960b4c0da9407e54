import {
  existsSync,
  openSync,
  readSync,
  closeSync,
  renameSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { Database as Connection } from 'better-sqlite3';
import { RenataError } from '../../engine/domain/errors.ts';
import { makeFolder } from './make-folder.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION, userVersion } from './migrations.ts';

export const STORE_FILE = 'history.sqlite';
/** How long a statement waits for another process that is writing. */
const BUSY_TIMEOUT_MS = 10_000;
/** Stores up to this size are checked whole when they are opened. */
const WHOLE_CHECK_BYTES = 64 * 1024 * 1024;
/** In larger stores these are left to the checksums that are compared when they are read. */
const BULK_TABLES = new Set(['chunks', 'runs']);
const MAGIC = 'SQLite format 3\u0000';

/** Why a file is not a store that can be used. */
export class DamagedStore extends Error {}

export interface OpenedStore {
  readonly connection: Connection;
  /** Set where a damaged file was kept aside and a new store begun. */
  readonly recovered: { readonly keptAs: string; readonly reason: string } | null;
}

/**
 * Opens the store for writing, making or migrating it as needed. A file that is damaged is renamed to
 * `history.damaged-<time>.sqlite`, with its journal files, and a new store is begun.
 * @throws RenataError CONFLICT for a store of a newer version, UNAVAILABLE while another process holds it.
 */
export function openForWriting(directory: string, now: () => number): OpenedStore {
  const path = join(directory, STORE_FILE);
  try {
    makeFolder(directory);
    return { connection: openChecked(path), recovered: null };
  } catch (error) {
    const reason = damageOf(error);
    if (reason === null) throw asRenataError(error, path);
    const keptAs = keepAside(directory, 'damaged', now());
    try {
      return { connection: openChecked(path), recovered: { keptAs, reason } };
    } catch (again) {
      throw asRenataError(again, path);
    }
  }
}

/** Opens the store for reading alone; it must have been opened for writing before. */
export function openForReading(directory: string): Connection {
  const path = join(directory, STORE_FILE);
  try {
    const connection = new Database(path, {
      readonly: true,
      fileMustExist: true,
      timeout: BUSY_TIMEOUT_MS,
    });
    connection.pragma('cache_size = -65536');
    return connection;
  } catch (error) {
    throw asRenataError(error, path);
  }
}

/**
 * Checks a file as a store without changing it.
 * @param wholeBytes stores up to this size are checked whole
 * @throws DamagedStore saying what is wrong.
 */
export function checkFile(path: string, wholeBytes = WHOLE_CHECK_BYTES): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.size === 0) return;
  if (!found.isFile()) {
    throw new RenataError(
      'UNAVAILABLE',
      `The store ${path} is ${found.isDirectory() ? 'a folder' : 'no file'}; move it away or choose another data directory.`,
    );
  }
  checkHeader(path);
  const connection = new Database(path, {
    readonly: true,
    fileMustExist: true,
    timeout: BUSY_TIMEOUT_MS,
  });
  try {
    refuseForeign(connection, path);
    checkContent(connection, path, wholeBytes);
  } finally {
    connection.close();
  }
}

function openChecked(path: string): Connection {
  // Before it is opened for writing, so that a damaged file is kept as it was found.
  checkFile(path);
  const connection = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Takes effect only in a new file.
    connection.pragma('auto_vacuum = INCREMENTAL');
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    connection.pragma('cache_size = -65536');
    migrate(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The header costs no time whatever the size, and finds other files and files that were cut off. */
function checkHeader(path: string): void {
  const size = statSync(path).size;
  const header = Buffer.alloc(100);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, header, 0, 100, 0);
  } finally {
    closeSync(descriptor);
  }
  if (header.toString('latin1', 0, 16) !== MAGIC) {
    throw new DamagedStore('it is not a SQLite database');
  }
  const stored = header.readUInt16BE(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  const pages = header.readUInt32BE(28);
  const countIsValid = header.readUInt32BE(24) === header.readUInt32BE(92);
  // With a journal file beside it, pages that are missing here may still be in there.
  if (countIsValid && size < pages * pageSize && !existsSync(`${path}-wal`)) {
    throw new DamagedStore(
      `it was cut off: ${pages * pageSize} bytes are expected, it has ${size}`,
    );
  }
}

function refuseForeign(connection: Connection, path: string): void {
  const tables = connection
    .prepare<[], { count: number }>('SELECT count(*) AS count FROM sqlite_schema')
    .get()?.count;
  if (tables === 0) return;
  if (Number(connection.pragma('application_id', { simple: true })) !== APPLICATION_ID) {
    throw new DamagedStore('it is a database of another program');
  }
  const version = userVersion(connection);
  if (version > SCHEMA_VERSION) {
    throw new RenataError(
      'CONFLICT',
      `The store ${path} was written by a newer Renata (schema ${version}, this one knows ${SCHEMA_VERSION}); update Renata or choose another data directory.`,
      { details: { schema: version, known: SCHEMA_VERSION } },
    );
  }
}

/**
 * A small store is checked whole. In a large one the tables that lead to everything else are checked;
 * the bulk of it, bars and results, carries checksums that are compared on every read.
 */
function checkContent(connection: Connection, path: string, wholeBytes: number): void {
  const { size } = statSync(path);
  const checks =
    size <= wholeBytes
      ? ['quick_check(1)']
      : connection
          .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
          .all()
          .map((row) => row.name)
          .filter((name) => !BULK_TABLES.has(name) && !name.startsWith('sqlite_'))
          .map((name) => `quick_check(${name})`);
  for (const check of checks) {
    const result = String(connection.pragma(check, { simple: true }));
    if (result !== 'ok')
      throw new DamagedStore(`a check of it failed: ${result.split('\n').at(-1) ?? ''}`);
  }
}

/** The reason when an error means a damaged file, else `null`. */
function damageOf(error: unknown): string | null {
  if (error instanceof DamagedStore) return error.message;
  const code = sqliteCode(error);
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    return error instanceof Error ? error.message : code;
  }
  return null;
}

export function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

/** SQLite's errors in the words of the contract. */
export function asRenataError(error: unknown, path: string): RenataError {
  if (error instanceof RenataError) return error;
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (
    error instanceof DamagedStore ||
    code.startsWith('SQLITE_CORRUPT') ||
    code === 'SQLITE_NOTADB'
  ) {
    return new RenataError(
      'STORE_DAMAGED',
      `The store ${path} is damaged: ${message}; restore a backup.`,
    );
  }
  if (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED') {
    return new RenataError(
      'UNAVAILABLE',
      `The store ${path} is being written by another Renata; try again when its import has ended.`,
      { retryable: true },
    );
  }
  if (code === 'SQLITE_FULL' || (code.startsWith('SQLITE_IOERR') && isDiskFull(path))) {
    return diskFull(path);
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_IOERR') ||
    code.startsWith('SQLITE_PERM')
  ) {
    return new RenataError(
      'UNAVAILABLE',
      `The store ${path} cannot be read or written (${message}); check the folder's permissions and the disk.`,
      { retryable: true },
    );
  }
  if (isSystemError(error)) {
    if (error.code === 'ENOSPC') return diskFull(path);
    return new RenataError(
      'UNAVAILABLE',
      `The store ${path} cannot be read or written (${error.code}); check the folder's permissions and the disk.`,
      { retryable: true },
    );
  }
  return new RenataError('INTERNAL', `Unexpected failure of the store: ${message}`, {
    cause: error,
  });
}

/** Room that SQLite needs beside a store to open it and to delete from it, whatever its size. */
const LEAST_ROOM = 256 * 1024;

/** On a full disk the memory that connections share cannot be made, which SQLite calls an I/O error. */
function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < LEAST_ROOM;
  } catch {
    return false;
  }
}

function diskFull(path: string): RenataError {
  return new RenataError(
    'UNAVAILABLE',
    `The disk that holds ${path} is full. Deleting bars needs some room as well: free 10 MB first, such as by moving old files of ${join(dirname(path), 'backups')} to another disk, and try again.`,
    { retryable: true, details: { disk: 'full' } },
  );
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** `20200102T030405678Z`, for file names. */
export function timeStamp(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:.]/g, '');
}

/**
 * Renames the store and its journal files. @returns the new name of the main file
 * @throws RenataError UNAVAILABLE where the system refuses, as it does while another process has it open.
 */
export function keepAside(directory: string, why: string, now: number): string {
  const name = `history.${why}-${timeStamp(now)}.sqlite`;
  for (const suffix of ['', '-wal', '-shm']) {
    const from = join(directory, STORE_FILE + suffix);
    if (!existsSync(from)) continue;
    try {
      renameSync(from, join(directory, name + suffix));
    } catch (error) {
      throw new RenataError(
        'UNAVAILABLE',
        `The store ${from} cannot be set aside (${error instanceof Error ? error.message : String(error)}); close other copies of Renata and try again.`,
        { retryable: true },
      );
    }
  }
  return name;
}
