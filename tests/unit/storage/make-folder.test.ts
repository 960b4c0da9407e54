import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import Database from 'better-sqlite3';
import { asRenataError } from '../../../electron/storage/database.ts';
import { makeFolder } from '../../../electron/storage/make-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-folders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('makes those above as well, and leaves one that is there', () => {
    const path = join(folder, 'a', 'b', 'c');
    makeFolder(path);
    makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('gives the last folder the mode', () => {
    const path = join(folder, 'secret', 'inner');
    makeFolder(path, 0o700);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('fails on a file, whether it is the folder or above it', () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    expect(() => makeFolder(file)).toThrow('EEXIST');
    expect(() => makeFolder(join(file, 'below'))).toThrow(/ENOTDIR|EEXIST/);
  });

  it.skipIf(!existsSync('/proc/self'))('returns where the system makes no folders', () => {
    expect(() => makeFolder('/proc/renata')).toThrow('ENOENT');
    expect(() => makeFolder('/proc/renata/below')).toThrow('ENOENT');
  });
});

describe('errors of the disk', () => {
  const path = join(folder, 'history.sqlite');

  it('of a full disk say what to do, whoever told of them', () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    for (const error of [new Database.SqliteError('full', 'SQLITE_FULL'), full]) {
      const told = asRenataError(error, path);
      expect(told).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      expect(told.message).toContain(`free 10 MB first`);
      expect(told.message).toContain(join(folder, 'backups'));
    }
  });

  it('that is not full are told as they are', () => {
    const error = new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');
    expect(asRenataError(error, path).message).toContain('cannot be read or written (disk I/O');
    const denied = Object.assign(new Error('x'), { code: 'EACCES', syscall: 'open' });
    expect(asRenataError(denied, path)).toMatchObject({ code: 'UNAVAILABLE' });
    expect(asRenataError(new Error('a defect'), path)).toMatchObject({ code: 'INTERNAL' });
  });
});
