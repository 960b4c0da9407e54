import {
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  copyFileSync,
  openSync,
  fsyncSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import { RenataError } from '../../engine/domain/errors.ts';
import { checkFile, keepAside, STORE_FILE, timeStamp } from './database.ts';
import { makeFolder } from './make-folder.ts';
import type { Backup } from './store-types.ts';

const FOLDER = 'backups';
const NAME = /^history-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z\.sqlite$/;
/** Backups that are kept; older ones are deleted. */
export const KEPT_BACKUPS = 5;
/** Automatic backups are at least this far apart. */
export const BACKUP_EVERY_MS = 24 * 60 * 60 * 1000;
/** Pages copied between two pauses of a backup: 16 MB. */
const PAGES_AT_ONCE = 4_096;

/** Newest first. */
export function listBackups(directory: string): Backup[] {
  const folder = join(directory, FOLDER);
  if (!existsSync(folder)) return [];
  const backups: Backup[] = [];
  for (const name of readdirSync(folder)) {
    const match = NAME.exec(name);
    if (match === null) continue;
    const [, year, month, day, hour, minute, second, millis] = match;
    backups.push({
      name,
      time: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`),
      bytes: statSync(join(folder, name)).size,
    });
  }
  return backups.toSorted((a, b) => b.time - a.time);
}

/** Copies the store, while it is in use, to a new file, and deletes the oldest beyond KEPT_BACKUPS. */
export async function makeBackup(
  connection: Connection,
  directory: string,
  now: number,
): Promise<Backup> {
  const folder = join(directory, FOLDER);
  makeFolder(folder);
  const name = `history-${timeStamp(now)}.sqlite`;
  const draft = join(folder, `${name}.part`);
  try {
    await connection.backup(draft, { progress: () => PAGES_AT_ONCE });
    sync(draft);
    renameSync(draft, join(folder, name));
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
  }
  for (const old of listBackups(directory).slice(KEPT_BACKUPS)) {
    rmSync(join(folder, old.name), { force: true });
  }
  return { name, time: now, bytes: statSync(join(folder, name)).size };
}

export function isBackupDue(directory: string, now: number): boolean {
  const newest = listBackups(directory)[0];
  return newest === undefined || now - newest.time >= BACKUP_EVERY_MS;
}

/**
 * Puts a backup in the place of the store, which no connection may have open. The present file is kept
 * as `history.replaced-<time>.sqlite`.
 * @throws RenataError NOT_FOUND, or STORE_DAMAGED when the backup itself is damaged; the store is then
 * as it was.
 */
export function restoreBackup(directory: string, name: string, now: number): void {
  const backups = listBackups(directory);
  if (!backups.some((backup) => backup.name === name)) {
    throw new RenataError(
      'NOT_FOUND',
      `There is no backup "${name}"; there ${backups.length === 0 ? 'are none' : `are ${backups.map((backup) => backup.name).join(', ')}`}.`,
      { details: { parameter: 'backup' } },
    );
  }
  const draft = join(directory, `${STORE_FILE}.restoring`);
  try {
    copyFileSync(join(directory, FOLDER, name), draft);
    try {
      checkFile(draft);
    } catch (error) {
      throw new RenataError(
        'STORE_DAMAGED',
        `The backup ${name} is damaged (${error instanceof Error ? error.message : String(error)}); choose another one.`,
      );
    }
    sync(draft);
    keepAside(directory, 'replaced', now);
    renameSync(draft, join(directory, STORE_FILE));
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
