import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { RenataError } from '../../engine/domain/errors.ts';
import { makeFolder } from './make-folder.ts';

const FILE = 'desk.lock';

/**
 * Takes the right to trade with a data directory: one process at a time has it. The system gives it back
 * when the process ends, however it ends.
 * @returns the function that gives it back, or null where another process has it
 */
export function takeDesk(directory: string): (() => void) | null {
  makeFolder(directory);
  const connection = new Database(join(directory, FILE), { timeout: 0 });
  try {
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.exec('BEGIN EXCLUSIVE');
    return () => {
      if (connection.open) connection.close();
    };
  } catch {
    connection.close();
    return null;
  }
}

/** How long another process may hold a file before it counts as stuck, ms. Turns are not in order: one may wait for many. */
const PATIENCE = 30_000;

/**
 * Does work while no other process, nor another part of this one, does it with the same file. Blocks until
 * its turn comes; the system ends the lock of a process that ends.
 * @param path of the lock's own file, beside what it guards
 * @throws RenataError UNAVAILABLE when the turn does not come
 */
export function withFileLock<Result>(path: string, work: () => Result): Result {
  const connection = openLock(path);
  try {
    return work();
  } finally {
    connection.close();
  }
}

function openLock(path: string): Database.Database {
  makeFolder(dirname(path));
  let connection: Database.Database | undefined;
  try {
    connection = new Database(path, { timeout: PATIENCE });
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch (cause) {
    connection?.close();
    throw new RenataError(
      'UNAVAILABLE',
      `${path} is held by another process; try again, or end that process.`,
      { retryable: true, cause },
    );
  }
}
