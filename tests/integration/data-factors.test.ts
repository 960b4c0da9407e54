import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-window-factors-'));
let workstation: Workstation;
let window: ContractClient;

beforeAll(async () => {
  workstation = await openWorkstation({
    dataDirectory: join(folder, 'data'),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'websocket',
    seedDefault: false,
    checkOutputs: true,
    threads: 1,
  });
  window = workstation.localClient({ carrier: 'websocket' });
});

afterAll(async () => {
  await workstation.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function upload(name: string, bytes: Uint8Array): Promise<string> {
  const { uploadId } = await window.call('data.upload-start', { name, bytes: bytes.byteLength });
  await window.call('data.upload-chunk', { uploadId, offset: 0, bytes });
  return uploadId;
}

function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fromRoot(`tests/golden/data/${name}`)));
}

describe('splits and dividends from a window', () => {
  it('are sent as an upload and adjust the bars that are read', async () => {
    const bars = await upload('fruit.csv', golden('split-bars.csv'));
    const stored = new Promise((resolve) => {
      window.on('job.changed', (job) => {
        if (job.finishedAt !== null) resolve(job.error);
      });
    });
    await window.call('data.import', {
      source: { kind: 'upload', uploadId: bars },
      options: { symbol: 'FRUIT', calendar: 'us-equity' },
    });
    expect(await stored).toBeNull();
    const datasetId = 'FRUIT.LOCAL@1d';
    const closes = async (): Promise<number[]> => {
      const range = { datasetId, start: null, end: null, maxPoints: 10 };
      const read = await window.call('data.bars', { ...range, adjustment: 'split' });
      return [...read.bars.close];
    };
    expect(await closes()).toEqual([644.82, 647.35, 645.57, 93.7, 94.25]);

    let changes = 0;
    const stop = window.on('data.changed', () => (changes += 1));
    const uploadId = await upload('factors.csv', golden('split-factors.csv'));
    const source = { kind: 'upload', uploadId } as const;
    const instrumentId = 'FRUIT.LOCAL';
    const { events } = await window.call('data.importFactors', { source, instrumentId });
    expect(events.map(({ kind }) => kind).toSorted()).toEqual(['dividend', 'split']);
    expect(changes).toBe(1);
    const adjusted = await closes();
    for (const [i, raw] of [644.82, 647.35, 645.57].entries()) {
      expect(adjusted[i]).toBeCloseTo(raw / 7, 10);
    }
    expect(adjusted.slice(3)).toEqual([93.7, 94.25]);
    const [listed] = await window.call('data.list', {});
    expect(listed).toMatchObject({ splits: 1, dividends: 1, hasAdjustments: true });
    // The upload is used up.
    await expect(window.call('data.importFactors', { source, instrumentId })).rejects.toMatchObject(
      { code: 'NOT_FOUND' },
    );
    stop();
  });

  it('may not be read from a path, and are refused for what is no file of factors', async () => {
    const path = fromRoot('tests/golden/data/split-factors.csv');
    await expect(
      window.call('data.importFactors', {
        source: { kind: 'path', path },
        instrumentId: 'FRUIT.LOCAL',
      }),
    ).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    const uploadId = await upload('bars.csv', golden('split-bars.csv'));
    await expect(
      window.call('data.importFactors', {
        source: { kind: 'upload', uploadId },
        instrumentId: 'FRUIT.LOCAL',
      }),
    ).rejects.toMatchObject({ code: 'BAD_FILE' });
    const [listed] = await window.call('data.list', {});
    expect(listed).toMatchObject({ splits: 1, dividends: 1 });
  });
});
