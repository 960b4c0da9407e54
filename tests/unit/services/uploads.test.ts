import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openUploads,
  type Uploads,
  type UploadLimits,
} from '../../../electron/services/uploads.ts';

const LIMITS: UploadLimits = { count: 3, totalBytes: 1_000, idleMs: 60_000 };
let folder = '';
let time = 0;
let uploads: Uploads;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-uploads-'));
  time = 0;
  uploads = await openUploads(folder, () => time, LIMITS);
});
afterEach(async () => {
  await uploads.close();
  rmSync(folder, { recursive: true, force: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('uploads', () => {
  it('put chunks together and keep the name for messages only', async () => {
    const id = await uploads.start('../../etc/passwd', 11);
    expect(await uploads.append(id, 0, bytes('hello '))).toBe(6);
    expect(await uploads.append(id, 6, bytes('world'))).toBe(11);
    const file = uploads.file(id);
    expect(file.fileName).toBe('passwd');
    expect(file.path.startsWith(folder)).toBe(true);
    expect(file.path).not.toContain('passwd');
    expect(readFileSync(file.path, 'utf8')).toBe('hello world');
  });

  it.each([
    ['C:\\Users\\me\\prices.csv', 'prices.csv'],
    ['a\u0000b\n.csv', 'ab.csv'],
    ['/', 'file'],
  ])('clean the name %j', async (given, shown) => {
    const id = await uploads.start(given, 1);
    await uploads.append(id, 0, bytes('x'));
    expect(uploads.file(id).fileName).toBe(shown);
  });

  it('refuse chunks out of order, past the end, and of unknown uploads', async () => {
    const id = await uploads.start('a.csv', 4);
    await expect(uploads.append(id, 1, bytes('x'))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(uploads.append(id, 0, bytes('12345'))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    await expect(uploads.append('nope', 0, bytes('1'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const both = await Promise.allSettled([
      uploads.append(id, 0, bytes('12')),
      uploads.append(id, 0, bytes('12')),
    ]);
    expect(both.map((each) => each.status)).toEqual(['fulfilled', 'rejected']);
  });

  it('are no file until whole', async () => {
    const id = await uploads.start('a.csv', 4);
    await uploads.append(id, 0, bytes('12'));
    expect(() => uploads.file(id)).toThrow(/2 of 4 bytes/);
  });

  it('are bounded in number and in bytes', async () => {
    await uploads.start('a', 600);
    await expect(uploads.start('b', 600)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await uploads.start('b', 1);
    await uploads.start('c', 1);
    await expect(uploads.start('d', 1)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('are removed when nobody touches them, when they are used, and at the end', async () => {
    const old = await uploads.start('old', 1);
    time = 60_001;
    const fresh = await uploads.start('fresh', 1);
    expect(() => uploads.file(old)).toThrow(/no upload/);
    await uploads.append(fresh, 0, bytes('x'));
    const { path } = uploads.file(fresh);
    await uploads.remove(fresh);
    expect(existsSync(path)).toBe(false);
    await uploads.start('left', 1);
    await uploads.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});
