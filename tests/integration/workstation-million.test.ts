import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { Job } from '../../engine/protocol/schemas.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import { freedom } from '../support/free-thread.ts';

const MILLION = 1_000_000;
const DATASET = 'WANDER.LOCAL@1m';

let folder = '';
let workstation: Workstation;
let told: Job[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-million-'));
  workstation = await openWorkstation({
    dataDirectory: join(folder, 'data'),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'cli',
    seedDefault: false,
  });
  workstation.subscribe((name, payload) => {
    if (name === 'job.changed') told.push(payload as Job);
  });
  const path = join(folder, 'wander.csv');
  await writeWander(path);
  const { jobId } = await workstation.localClient({ carrier: 'cli' }).call('data.import', {
    source: { kind: 'path', path },
    options: { symbol: 'WANDER', timeframe: '1m', calendar: 'crypto' },
  });
  expect(await ended(jobId)).toMatchObject({ state: 'done', result: DATASET });
});
afterAll(async () => {
  await workstation?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A wandering price from a small generator of its own. */
async function writeWander(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write('timestamp,open,high,low,close,volume\n');
  let state = 7;
  let price = 20_000;
  for (let i = 0; i < MILLION;) {
    const lines: string[] = [];
    for (const end = i + 20_000; i < end; i += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const open = price;
      price = Math.max(100, price + ((state >>> 8) % 101) - 50);
      const [high, low] = [Math.max(open, price) + 5, Math.min(open, price) - 5];
      const time = Date.UTC(2020, 0, 1) + i * 60_000;
      lines.push(`${time},${open / 100},${high / 100},${low / 100},${price / 100},10`);
    }
    if (!file.write(`${lines.join('\n')}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

async function ended(jobId: string): Promise<Job> {
  for (;;) {
    const job = told.find((each) => each.id === jobId && each.finishedAt !== null);
    if (job !== undefined) return job;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

const REQUEST = {
  strategy: 'sma-cross',
  parameters: { fast: 10, slow: 30 },
  datasetId: DATASET,
  adjustment: 'raw',
  start: null,
  end: null,
  settings: DEFAULT_SETTINGS,
};

async function start(): Promise<string> {
  const context = { carrier: 'websocket' } as const;
  const { jobId } = (await workstation.dispatch('backtest.run', REQUEST, context)) as {
    jobId: string;
  };
  return jobId;
}

describe('a backtest of a million bars', () => {
  it('leaves the main thread free from the request to the stored run', async () => {
    await ended(await start());
    told = [];
    const jobs: Job[] = [];
    const { late, busy } = await freedom(20, async () => {
      for (let run = 0; run < 3; run += 1) jobs.push(await ended(await start()));
    });
    expect(new Set(jobs.map((job) => job.state))).toEqual(new Set(['done']));
    // Where the machine is too busy for that, it was not this thread's own work.
    if (!(late < 20)) expect(busy).toBeLessThan(0.1);

    for (const job of jobs) {
      const progress = told.filter((each) => each.id === job.id).map((each) => each.progress);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect(progress.length).toBeGreaterThanOrEqual(4);
    }
    const runs = (await workstation.dispatch('runs.list', {}, { carrier: 'cli' })) as {
      barCount: number;
      orderHash: string;
    }[];
    // The run before the measured ones, and one for each job.
    expect(runs.map((run) => run.barCount)).toEqual(
      Array.from({ length: 1 + jobs.length }, () => MILLION),
    );
    expect(new Set(runs.map((run) => run.orderHash)).size).toBe(1);
  });

  it('stops when it is cancelled and stores nothing', async () => {
    const context = { carrier: 'websocket' } as const;
    const before = (await workstation.dispatch('runs.list', {}, context)) as unknown[];
    told = [];
    const cancel = async (): Promise<Job> => {
      const jobId = await start();
      while (!told.some((job) => job.id === jobId && job.state === 'running')) {
        await new Promise((resolve) => {
          setTimeout(resolve, 1);
        });
      }
      await workstation.dispatch('jobs.cancel', { jobId }, context);
      return ended(jobId);
    };
    let done = 0;
    let job = await cancel();
    // On a machine that stands still for a moment it may be done before: another one is begun.
    for (; job.state === 'done' && done < 5; done += 1) job = await cancel();
    expect(job).toMatchObject({ state: 'cancelled', result: null });
    const runs = (await workstation.dispatch('runs.list', {}, context)) as unknown[];
    expect(runs).toHaveLength(before.length + done);
  });
});
