import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import {
  isBackupDue,
  KEPT_BACKUPS,
  listBackups,
  makeBackup,
  restoreBackup,
} from '../../../electron/storage/backups.ts';
import {
  asRenataError,
  checkFile,
  DamagedStore,
  openForReading,
  openForWriting,
  STORE_FILE,
} from '../../../electron/storage/database.ts';
import { loadDocument, saveDocument } from '../../../electron/storage/records.ts';
import { schemaText, SCHEMA_VERSION, userVersion } from '../../../electron/storage/migrations.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { temporaryFolder } from './support.ts';

const now = (): number => Date.parse('2024-05-06T07:08:09.010Z');

/** A closed store with one document in it. */
function made(folder = temporaryFolder()): string {
  const { connection } = openForWriting(folder, now);
  saveDocument(connection, 'layout', '{"kept":true}', 1);
  connection.close();
  return folder;
}

function reopened(folder: string): {
  document: string | null;
  recovered: unknown;
  files: string[];
} {
  const { connection, recovered } = openForWriting(folder, now);
  const document = loadDocument(connection, 'layout');
  connection.close();
  return { document, recovered, files: readdirSync(folder).toSorted() };
}

describe('schema', () => {
  it('is the one of the snapshot', async () => {
    const { connection } = openForWriting(temporaryFolder(), now);
    expect(userVersion(connection)).toBe(SCHEMA_VERSION);
    await expect(schemaText(connection)).toMatchFileSnapshot('schema.snapshot.sql');
    for (const [pragma, value] of [
      ['journal_mode', 'wal'],
      ['synchronous', 2],
      ['foreign_keys', 1],
      ['auto_vacuum', 2],
    ] as const) {
      expect([pragma, connection.pragma(pragma, { simple: true })]).toEqual([pragma, value]);
    }
    connection.close();
  });

  it('refuses a store of a newer version and leaves it alone', () => {
    const folder = made();
    const connection = new Database(join(folder, STORE_FILE));
    connection.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    connection.close();
    expect(() => openForWriting(folder, now)).toThrow(
      expect.objectContaining({
        code: 'CONFLICT',
        message: expect.stringMatching(
          new RegExp(
            `was written by a newer Renata \\(schema ${SCHEMA_VERSION + 1}, this one knows ${SCHEMA_VERSION}\\); update Renata`,
          ),
        ) as string,
      }),
    );
    expect(readdirSync(folder)).toContain(STORE_FILE);
  });
});

describe('opening', () => {
  it('keeps what is stored', () => {
    expect(reopened(made())).toEqual({
      document: '{"kept":true}',
      recovered: null,
      files: [STORE_FILE],
    });
  });

  it('checks the tables of a large store that lead to its bulk', () => {
    const path = join(made(), STORE_FILE);
    checkFile(path, 0);
    const connection = new Database(path);
    const root =
      connection
        .prepare<[], { page: number }>(
          `SELECT rootpage AS page FROM sqlite_schema WHERE name = 'documents'`,
        )
        .get()?.page ?? 0;
    connection.close();
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, Buffer.alloc(4_096, 0xab), 0, 4_096, (root - 1) * 4_096);
    closeSync(descriptor);
    expect(() => {
      checkFile(path, 0);
    }).toThrow(DamagedStore);
  });

  it('takes an empty file for a new store', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, STORE_FILE), '');
    expect(reopened(folder)).toMatchObject({ document: null, recovered: null });
  });

  const keptAs = 'history.damaged-20240506T070809010Z.sqlite';

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'text',
      (path) => {
        writeFileSync(path, 'this is no database '.repeat(500));
      },
      /not a SQLite database/,
    ],
    [
      'a file that was cut off',
      (path) => {
        truncateSync(path, statSync(path).size - 4_096);
      },
      /it was cut off: \d+ bytes are expected, it has \d+/,
    ],
    [
      'pages that were overwritten',
      (path) => {
        const descriptor = openSync(path, 'r+');
        writeSync(descriptor, Buffer.alloc(8_192, 0xab), 0, 8_192, 4_096);
        closeSync(descriptor);
      },
      /malformed|check of it failed|disk image/,
    ],
    [
      'a database of another program',
      (path) => {
        truncateSync(path, 0);
        const other = new Database(path);
        other.exec('CREATE TABLE theirs (a)');
        other.close();
      },
      /database of another program/,
    ],
  ])('keeps %s aside and begins a new store', (_what, damage, reason) => {
    const folder = made();
    damage(join(folder, STORE_FILE));
    const before = readFileSync(join(folder, STORE_FILE));
    expect(reopened(folder)).toEqual({
      document: null,
      recovered: { keptAs, reason: expect.stringMatching(reason) as string },
      files: expect.arrayContaining([keptAs, STORE_FILE]) as string[],
    });
    expect(readFileSync(join(folder, keptAs)).equals(before)).toBe(true);
    expect(reopened(folder).recovered).toBeNull();
  });

  it('keeps the journal files beside the damaged file', () => {
    const folder = made();
    writeFileSync(join(folder, STORE_FILE), 'x'.repeat(200));
    writeFileSync(join(folder, `${STORE_FILE}-wal`), 'journal');
    const { files } = reopened(folder);
    expect(files).toContain(`${keptAs}-wal`);
  });

  it('does not take a folder without permission for damage', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, STORE_FILE));
    expect(() => openForWriting(folder, now)).toThrow();
    expect(existsSync(join(folder, keptAs))).toBe(false);
  });

  it('reads only what was opened for writing before', () => {
    expect(() => openForReading(temporaryFolder())).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    );
    const connection = openForReading(made());
    expect(() => {
      saveDocument(connection, 'layout', '{}', 2);
    }).toThrow(/readonly/);
    connection.close();
  });
});

describe('errors of SQLite', () => {
  const sqlite = (code: string): Error => new Database.SqliteError('told by SQLite', code);

  it.each([
    ['SQLITE_CORRUPT_VTAB', 'STORE_DAMAGED', false],
    ['SQLITE_NOTADB', 'STORE_DAMAGED', false],
    ['SQLITE_BUSY', 'UNAVAILABLE', true],
    ['SQLITE_FULL', 'UNAVAILABLE', true],
    ['SQLITE_IOERR_READ', 'UNAVAILABLE', true],
    ['SQLITE_CONSTRAINT', 'INTERNAL', false],
  ])('%s becomes %s', (code, expected, retryable) => {
    expect(asRenataError(sqlite(code), '/x')).toMatchObject({ code: expected, retryable });
  });

  it('leaves errors of ours as they are', () => {
    const error = new RenataError('NOT_FOUND', 'x');
    expect(asRenataError(error, '/x')).toBe(error);
    expect(asRenataError(new DamagedStore('gone'), '/x').code).toBe('STORE_DAMAGED');
    expect(asRenataError('text', '/x').code).toBe('INTERNAL');
  });
});

describe('backups', () => {
  it('are made while the store is in use, and the newest are kept', async () => {
    const folder = temporaryFolder();
    const { connection } = openForWriting(folder, now);
    expect(listBackups(folder)).toEqual([]);
    expect(isBackupDue(folder, now())).toBe(true);
    for (let i = 0; i < KEPT_BACKUPS + 2; i += 1) {
      saveDocument(connection, 'layout', `{"n":${i}}`, i);
      await makeBackup(connection, folder, now() + i * 1_000);
    }
    const backups = listBackups(folder);
    expect(backups).toHaveLength(KEPT_BACKUPS);
    expect(backups[0]).toMatchObject({
      name: 'history-20240506T070815010Z.sqlite',
      time: now() + 6_000,
    });
    expect(backups[0]?.bytes).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'backups'))).toHaveLength(KEPT_BACKUPS);
    expect(isBackupDue(folder, now() + 6_000 + 86_399_999)).toBe(false);
    expect(isBackupDue(folder, now() + 6_000 + 86_400_000)).toBe(true);

    connection.close();
    restoreBackup(folder, 'history-20240506T070812010Z.sqlite', now() + 60_000);
    const { document, files } = reopened(folder);
    expect(document).toBe('{"n":3}');
    expect(files).toContain('history.replaced-20240506T070909010Z.sqlite');
    expect(files.filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('are not restored when they are damaged or absent', async () => {
    const folder = made();
    const { connection } = openForWriting(folder, now);
    const { name } = await makeBackup(connection, folder, now());
    connection.close();
    writeFileSync(join(folder, 'backups', name), 'broken');
    writeFileSync(join(folder, 'backups', 'notes.txt'), 'x');
    expect(() => {
      restoreBackup(folder, name, now());
    }).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }));
    expect(() => {
      restoreBackup(folder, '../x', now());
    }).toThrow(/There is no backup "\.\.\/x"; there are history-/);
    expect(() => {
      restoreBackup(temporaryFolder(), name, now());
    }).toThrow(/there are none/);
    expect(reopened(folder).document).toBe('{"kept":true}');
  });
});
