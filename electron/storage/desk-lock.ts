import { join } from 'node:path';
import Database from 'better-sqlite3';
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
