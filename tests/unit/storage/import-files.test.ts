import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { listDatasets } from '../../../electron/storage/datasets.ts';
import { file, refusal, TestStore } from './support.ts';

describe('refusing what is no plain file of text', () => {
  it('names the compression of a file that was renamed', async () => {
    const store = new TestStore();
    const packed = gzipSync('date,open,high,low,close,volume\n2020-01-02,10,12,9,11,100\n');
    expect(await refusal(store.import(file('prices.csv', packed)), 'BAD_FILE')).toBe(
      'prices.csv: the file is compressed with gzip; unpack it first.',
    );
    expect(listDatasets(store.connection)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'refuses a pipe at once, although nobody writes to it',
    async () => {
      const store = new TestStore();
      const pipe = join(store.directory, 'pipe.csv');
      execFileSync('mkfifo', [pipe]);
      expect(await refusal(store.import(pipe), 'BAD_FILE')).toMatch(
        /^pipe\.csv: is a pipe or device; save its content as a file/,
      );
      expect(listDatasets(store.connection)).toEqual([]);
    },
  );
});
