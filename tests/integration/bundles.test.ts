import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { UPLOAD_CHUNK_BYTES, type ContractClient } from '../../engine/protocol/contract.ts';
import type { BacktestRequest, Job, Run } from '../../engine/protocol/schemas.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { STORE_FILE } from '../../electron/storage/database.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import { randomWalk } from '../unit/engine/backtest/bars.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-bundles-'));
interface Place {
  readonly workstation: Workstation;
  /** As a window calls: no paths. */
  readonly client: ContractClient;
  readonly cli: ContractClient;
}
let here: Place;
let elsewhere: Place;

async function open(name: string): Promise<Place> {
  const workstation = await openWorkstation({
    dataDirectory: join(folder, name),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'cli',
    seedDefault: false,
    checkOutputs: true,
    threads: 1,
  });
  return {
    workstation,
    client: workstation.localClient({ carrier: 'websocket' }),
    cli: workstation.localClient({ carrier: 'cli' }),
  };
}

async function ended({ client }: Place, jobId: string): Promise<Job> {
  for (;;) {
    const job = (await client.call('jobs.list', {})).find((each) => each.id === jobId);
    if (job !== undefined && job.finishedAt !== null) return job;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

/** Bars of a random walk as a dataset of this symbol. */
async function importWalk(
  place: Place,
  symbol: string,
  seed: number,
  length: { readonly timeframe: '1d' | '1h'; readonly count: number } = {
    timeframe: '1d',
    count: 300,
  },
): Promise<string> {
  const bars = randomWalk(length.count, seed, 0.02);
  const step = length.timeframe === '1d' ? 86_400_000 : 3_600_000;
  const rows = Array.from(bars.time.keys(), (i) => {
    const at = new Date(Date.UTC(2020, 0, 1) + i * step).toISOString().slice(0, 19);
    const values = [bars.open, bars.high, bars.low, bars.close, bars.volume].map((each) => each[i]);
    return [`${at}Z`, ...values].join(',');
  });
  const path = join(folder, `${symbol}.csv`);
  writeFileSync(path, ['time,open,high,low,close,volume', ...rows].join('\n'));
  const { timeframe } = length;
  const options = { symbol, timeframe, calendar: 'none', currency: 'USD', venue: 'LOCAL' };
  const { jobId } = await place.cli.call('data.import', {
    source: { kind: 'path', path },
    options: { ...options, adjustment: 'raw' },
  });
  const job = await ended(place, jobId);
  if (job.error !== null) throw RenataError.fromPayload(job.error);
  return job.result ?? '';
}

async function run(given: Partial<BacktestRequest>): Promise<Run> {
  const { jobId } = await here.client.call('backtest.run', {
    strategy: 'sma-cross',
    parameters: {},
    datasetId: 'AAA.LOCAL@1d',
    adjustment: 'raw',
    start: null,
    end: null,
    settings: DEFAULT_SETTINGS,
    ...given,
  });
  const job = await ended(here, jobId);
  if (job.error !== null) throw RenataError.fromPayload(job.error);
  return here.client.call('runs.get', { runId: job.result ?? '' });
}

async function upload({ client }: Place, bytes: Uint8Array): Promise<string> {
  const name = 'run.renata';
  const { uploadId } = await client.call('data.upload-start', { name, bytes: bytes.length });
  for (let offset = 0; offset < bytes.length; offset += UPLOAD_CHUNK_BYTES) {
    const chunk = bytes.slice(offset, offset + UPLOAD_CHUNK_BYTES);
    await client.call('data.upload-chunk', { uploadId, offset, bytes: chunk });
  }
  return uploadId;
}

async function failure(work: Promise<unknown>): Promise<RenataError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}

beforeAll(async () => {
  here = await open('here');
  elsewhere = await open('elsewhere');
  await importWalk(here, 'AAA', 1);
  await importWalk(here, 'BBB', 2);
  await importWalk(here, 'CCC', 3);
});
afterAll(async () => {
  await here?.workstation.close();
  await elsewhere?.workstation.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const SPREAD = `name: Spread
description: Buys when another instrument is dearer.
version: 1
entry:
  long: on("BBB", close) > on("CCC", close)
exit:
  long: on("BBB", close) < on("CCC", close)
`;
const PAIR = `export const strategy = {
  title: 'Rotation',
  description: 'Holds the one that rose most.',
  parameters: { bars: { default: 5, min: 2, max: 50 } },
  instruments: ['AAA', 'BBB'],
  portfolio: true,
  create({ bars }) {
    return {
      onBar(context) {
        if (context.index % bars !== 0) return;
        const [a, b] = context.symbols.map((symbol) => {
          const { close } = context.instrument(symbol);
          return close.at() / close.at(bars);
        });
        if (Number.isNaN(a) || Number.isNaN(b)) return;
        context.setTargets(a > b ? { AAA: 0.9 } : { BBB: 0.9 });
      },
    };
  },
};
`;

describe('a window', () => {
  it('saves a bundle, and another opens it, looks at it and runs it again', async () => {
    const text = SPREAD.replace('Spread', 'Größe');
    const source = { language: 'yaml', name: 'draft', text } as const;
    const made = await run({ strategy: 'draft', source });
    expect(made.trades.count).toBeGreaterThan(3);
    const runId = made.summary.id;
    const bundle = await here.client.call('bundles.make', { runId, bars: true });
    expect(bundle).toMatchObject({ hasBars: true, missing: [] });
    expect(bundle.fileName).toMatch(/^draft-AAA-1d-.*\.renata$/);
    const uploadId = await upload(elsewhere, bundle.bytes);
    const view = await elsewhere.client.call('bundles.open', { uploadId });
    expect(view.hash).toBe(bundle.hash);
    expect(view.strategyText).toBe(text);
    expect(view.report).toContain('<h1>Größe');
    expect(view.manifest.run.reads?.others?.map(({ name }) => name)).toEqual(['BBB', 'CCC']);
    expect(view.manifest.data.others.map(({ kind, part }) => [kind, part])).toEqual([
      ['other', 'other-1.f64'],
      ['other', 'other-2.f64'],
    ]);
    const data = view.findings.filter(({ what }) => what === 'data');
    expect(data.map(({ same, matters }) => [same, matters])).toEqual([
      [false, false],
      [false, false],
      [false, false],
    ]);
    const again = await elsewhere.client.call('bundles.run', { uploadId });
    expect(again).toMatchObject({ sameOrders: true, bars: 'bundle', differences: [] });
    expect(again.orderHash).toBe(made.summary.orderHash);
    const jobs = await elsewhere.client.call('jobs.list', {});
    expect(jobs[0]).toMatchObject({ kind: 'bundle', state: 'done', result: again.orderHash });
    expect(await elsewhere.client.call('runs.list', {})).toEqual([]);
    await elsewhere.client.call('data.upload-drop', { uploadId });
    expect(await failure(elsewhere.client.call('bundles.open', { uploadId }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    await elsewhere.client.call('data.upload-drop', { uploadId });
  });

  it('without the bars of the other instruments is told which are missing', async () => {
    const source = { language: 'yaml', name: 'draft', text: SPREAD } as const;
    const { summary } = await run({ strategy: 'draft', source });
    const made = await here.client.call('bundles.make', { runId: summary.id, bars: false });
    expect(made.hasBars).toBe(false);
    const inPlace = await upload(here, made.bytes);
    expect(await here.client.call('bundles.run', { uploadId: inPlace })).toMatchObject({
      sameOrders: true,
      bars: 'store',
    });
    await importWalk(elsewhere, 'AAA', 1);
    await importWalk(elsewhere, 'BBB', 2);
    const uploadId = await upload(elsewhere, made.bytes);
    const error = await failure(elsewhere.client.call('bundles.run', { uploadId }));
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
    expect(error.message).toContain('has no CCC.LOCAL@1d with the content hash');
    const { findings } = await elsewhere.client.call('bundles.open', { uploadId });
    const wrong = findings.filter(({ matters }) => matters);
    expect(wrong.map(({ message }) => message)).toEqual([
      expect.stringContaining('CCC.LOCAL@1d: the store has none'),
    ]);
  });

  it('saves the text that was run when there were runs of two texts', async () => {
    const texts = [SPREAD, SPREAD.replace('Spread', 'Spread again')];
    const ids: string[] = [];
    for (const text of texts) {
      const source = { language: 'yaml', name: 'draft', text } as const;
      ids.push((await run({ strategy: 'draft', source })).summary.id);
    }
    for (const [i, runId] of ids.entries()) {
      const { bytes } = await here.client.call('bundles.make', { runId, bars: true });
      const uploadId = await upload(here, bytes);
      const view = await here.client.call('bundles.open', { uploadId });
      expect(view.strategyText).toBe(texts[i]);
      await here.client.call('data.upload-drop', { uploadId });
    }
  });
});

describe('a run of several instruments', () => {
  it('is in its bundle with the bars of each, and gives the same orders elsewhere', async () => {
    const source = { language: 'javascript', name: 'rotation.js', text: PAIR } as const;
    const made = await run({ strategy: 'rotation.js', source, instruments: ['AAA', 'BBB'] });
    expect(made.instruments?.length).toBe(2);
    expect(made.orders.count).toBeGreaterThan(10);
    const runId = made.summary.id;
    const { bytes, hasBars } = await here.client.call('bundles.make', { runId, bars: true });
    expect(hasBars).toBe(true);
    const uploadId = await upload(elsewhere, bytes);
    const { manifest } = await elsewhere.client.call('bundles.open', { uploadId });
    expect(manifest.data).toMatchObject({ part: null, barsHash: null });
    expect(manifest.data.others.map(({ kind, name }) => [kind, name])).toEqual([
      ['instrument', 'AAA'],
      ['instrument', 'BBB'],
    ]);
    const again = await elsewhere.client.call('bundles.run', { uploadId });
    expect(again).toMatchObject({ sameOrders: true, bars: 'bundle', differences: [] });
    expect(again.orderHash).toBe(made.summary.orderHash);
  });
});

describe('a run that was resolved on finer bars', () => {
  it('has them in its bundle', async () => {
    await importWalk(here, 'FIN', 9, { timeframe: '1h', count: 24 * 60 });
    await importWalk(here, 'FIN', 8, { timeframe: '1d', count: 60 });
    const text = `name: Stops
description: d
version: 1
entry: { long: close > 1 }
stops: { stopLoss: { percent: 0.5 }, takeProfit: { percent: 0.5 } }
`;
    const made = await run({
      strategy: 'stops',
      source: { language: 'yaml', name: 'stops', text },
      datasetId: 'FIN.LOCAL@1d',
      resolve: 'finer',
    });
    expect(made.reads?.finer?.timeframe).toBe('1h');
    const plain = await run({
      strategy: 'stops',
      source: { language: 'yaml', name: 'stops', text },
      datasetId: 'FIN.LOCAL@1d',
    });
    // Which shows that the finer bars decide something.
    expect(plain.summary.orderHash).not.toBe(made.summary.orderHash);
    const runId = made.summary.id;
    const { bytes } = await here.client.call('bundles.make', { runId, bars: true });
    const uploadId = await upload(elsewhere, bytes);
    const again = await elsewhere.client.call('bundles.run', { uploadId });
    expect(again).toMatchObject({ sameOrders: true, bars: 'bundle', differences: [] });
  });
});

describe('a run of a program that kept no text', () => {
  it('is bundled with the file as long as it is the same, and told apart after', async () => {
    const file = join(folder, 'here', 'strategies', 'spread.yaml');
    writeFileSync(file, SPREAD);
    const { summary } = await run({ strategy: 'spread' });
    const runId = summary.id;
    const database = new Database(join(folder, 'here', STORE_FILE));
    database.prepare('DELETE FROM run_strategies WHERE run_id = ?').run(runId);
    database.close();
    const first = await here.client.call('bundles.make', { runId, bars: true });
    expect(first.missing).toEqual([]);
    const uploadId = await upload(here, first.bytes);
    const again = await here.client.call('bundles.run', { uploadId });
    expect(again).toMatchObject({ sameOrders: true, orderHash: summary.orderHash });

    writeFileSync(file, SPREAD.replace('dearer', 'cheaper'));
    const later = await here.client.call('bundles.make', { runId, bars: true });
    expect(later.missing).toEqual([expect.stringContaining('was not kept with the run')]);
    const laterId = await upload(here, later.bytes);
    const { manifest, findings } = await here.client.call('bundles.open', { uploadId: laterId });
    expect(manifest.strategy).toMatchObject({ hash: summary.strategyHash, source: null });
    expect(findings.some(({ what, matters }) => what === 'strategy' && matters)).toBe(true);
    expect(await failure(here.client.call('bundles.run', { uploadId: laterId }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('none of yours has its hash'),
    });
  });
});

describe('what is no bundle', () => {
  it.each<[string, () => Uint8Array]>([
    ['random bytes', () => Uint8Array.from({ length: 5_000 }, (_, i) => (i * 73) & 255)],
    ['a bomb', () => deflateRawSync(new Uint8Array(50_000_000))],
    ['a byte', () => Uint8Array.of(0x50)],
  ])('%s: is refused in one sentence', async (_name, make) => {
    const uploadId = await upload(here, make());
    for (const call of ['bundles.open', 'bundles.run'] as const) {
      expect(await failure(here.client.call(call, { uploadId }))).toMatchObject({
        code: 'BAD_FILE',
        message: expect.stringContaining('not an intact run bundle'),
      });
    }
    await here.client.call('data.upload-drop', { uploadId });
  });
});
