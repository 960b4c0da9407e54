import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  listRecordings,
  readRecording,
} from '../../electron/services/market-data/recording/reader.ts';

const KILLS = 12;

/** Records until so many rows are on the disk, and is killed. @returns rows that it said were written */
async function recordAndKill(folder: string, first: number, after: number): Promise<number> {
  const child = fork(join(import.meta.dirname, 'recording-child.ts'), [folder, String(first)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  let promised = first;
  child.on('message', (written: number) => {
    promised = written;
    if (written - first >= after) child.kill('SIGKILL');
  });
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals | null>();
  child.once('exit', (_code, signal) => resolve(signal));
  expect(await promise).toBe('SIGKILL');
  return promised;
}

it(`a recording opens after each of ${KILLS} kills, has all that was promised, and goes on`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'renata-recording-crash-'));
  try {
    let next = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const promised = await recordAndKill(folder, next, 5_000 + 3_333 * kill);
      let count = 0;
      // Midnight may come in between; then there are two days.
      for (const { path } of await listRecordings(folder)) {
        for await (const rows of readRecording(path)) {
          for (const row of rows) {
            if (row.kind !== 'trade' || row.tradeId !== String(count) || row.size !== count) {
              expect(row).toMatchObject({ tradeId: String(count), size: count });
            }
            count += 1;
          }
        }
      }
      expect(promised).toBeGreaterThan(next);
      expect(count).toBeGreaterThanOrEqual(promised);
      next = count;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
