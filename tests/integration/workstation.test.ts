import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import { runBacktest } from '../../engine/backtest/run.ts';
import { computeIndicator } from '../../engine/indicators/registry.ts';
import type { BacktestRequest, Job } from '../../engine/protocol/schemas.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';

const SPX = 'SPX.INDEX@1d';
const REQUEST: BacktestRequest = {
  strategy: 'sma-cross',
  parameters: { fast: 10, slow: 30 },
  datasetId: SPX,
  adjustment: 'raw',
  start: null,
  end: null,
  settings: DEFAULT_SETTINGS,
};

function open(dataDirectory: string, seedDefault: boolean): Promise<Workstation> {
  return openWorkstation({
    dataDirectory,
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'cli',
    seedDefault,
    checkOutputs: true,
  });
}

/** Resolves once the job has ended. */
async function ended(client: ContractClient, jobId: string): Promise<Job> {
  for (;;) {
    const job = (await client.call('jobs.list', {})).find((each) => each.id === jobId);
    if (job !== undefined && job.finishedAt !== null) return job;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it succeeded');
}

let folder = '';
let workstation: Workstation;
let client: ContractClient;
const told: { name: string; payload: unknown }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-workstation-'));
  workstation = await open(join(folder, 'data'), true);
  workstation.subscribe((name, payload) => told.push({ name, payload }));
  client = workstation.localClient({ carrier: 'cli' });
  await workstation.seeded;
});
afterAll(async () => {
  await workstation?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('first start', () => {
  it('fills the store with the real series and a finished run of it', async () => {
    const [dataset, ...others] = await client.call('data.list', {});
    expect(others).toEqual([]);
    expect(dataset).toMatchObject({
      id: SPX,
      name: 'S&P 500',
      calendar: 'us-equity',
      timeframe: '1d',
      current: {
        barCount: 5_105,
        firstTime: Date.UTC(2000, 0, 3),
        provenance: { source: 'npm package vega-datasets, sp500-2000.csv' },
      },
    });
    const [run] = await client.call('runs.list', {});
    expect(run).toMatchObject({ symbol: 'SPX', barCount: 5_105, request: REQUEST });
    const states = told
      .filter(({ name }) => name === 'job.changed')
      .map(({ payload }) => `${(payload as Job).kind} ${(payload as Job).state}`);
    expect(states).toContain('seed running');
    expect(states).toContain('seed done');
    expect(states.at(-1)).toBe('backtest done');
    expect(told.map(({ name }) => name)).toContain('data.changed');
  });

  it('gives the file’s own prices back', async () => {
    const { bars, totalBars } = await client.call('data.bars', {
      datasetId: SPX,
      start: null,
      end: null,
      adjustment: 'raw',
      maxPoints: 100_000,
    });
    const csv = join(
      dirname(createRequire(import.meta.url).resolve('vega-datasets')),
      '../data/sp500-2000.csv',
    );
    const rows = (await readFile(csv, 'utf8'))
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(','));
    expect(totalBars).toBe(rows.length);
    expect([...bars.time]).toEqual(rows.map(([date]) => Date.parse(date ?? '')));
    expect([...bars.close]).toEqual(rows.map((row) => Number(row[4])));
  });

  it('is not repeated, not even when the user deleted what it brought', async () => {
    const directory = join(folder, 'deleted');
    const first = await open(directory, true);
    await first.seeded;
    await first.localClient({ carrier: 'cli' }).call('data.delete', { datasetId: SPX });
    await first.close();
    const second = await open(directory, true);
    await second.seeded;
    const again = second.localClient({ carrier: 'cli' });
    expect(await again.call('data.list', {})).toEqual([]);
    expect(await again.call('jobs.list', {})).toEqual([]);
    await second.close();
  });

  it('leaves a store alone that has other data', async () => {
    const directory = join(folder, 'other');
    const path = join(folder, 'abc.csv');
    writeFileSync(
      path,
      'date,open,high,low,close,volume\n2024-01-02,1,2,1,2,5\n2024-01-03,2,3,2,3,5\n',
    );
    const first = await open(directory, false);
    const own = first.localClient({ carrier: 'cli' });
    const { jobId } = await own.call('data.import', {
      source: { kind: 'path', path },
      options: { symbol: 'ABC', timeframe: '1d' },
    });
    expect(await ended(own, jobId)).toMatchObject({ state: 'done', result: 'ABC.LOCAL@1d' });
    await first.close();
    const second = await open(directory, true);
    await second.seeded;
    const list = await second.localClient({ carrier: 'cli' }).call('data.list', {});
    expect(list.map((dataset) => dataset.id)).toEqual(['ABC.LOCAL@1d']);
    await second.close();
  });
});

describe('backtests', () => {
  it('run in the pool give what the engine gives here', async () => {
    const { jobId } = await client.call('backtest.run', {
      ...REQUEST,
      start: Date.UTC(2005, 0, 1),
      end: Date.UTC(2019, 11, 31),
    });
    const job = await ended(client, jobId);
    expect(job).toMatchObject({ state: 'done', progress: 1, title: 'SMA cross 10/30 on SPX 1d' });
    const run = await client.call('runs.get', { runId: job.result ?? '' });
    const { bars } = await client.call('data.bars', {
      datasetId: SPX,
      start: Date.UTC(2005, 0, 1),
      end: Date.UTC(2019, 11, 31),
      adjustment: 'raw',
      maxPoints: 100_000,
    });
    const here = runBacktest({
      strategy: 'sma-cross',
      parameters: { fast: 10, slow: 30 },
      settings: DEFAULT_SETTINGS,
      bars,
    });
    expect(run.summary.orderHash).toBe(here.orderHash);
    expect(run.summary.statistics).toEqual(here.statistics);
    expect([...run.equity]).toEqual([...here.equity]);
    expect(run.benchmark).toHaveLength(here.equity.length);
    expect(run.time[0]).toBe(Date.UTC(2005, 0, 3));
    expect(run.plots.map((plot) => plot.name)).toEqual(here.plots.map((plot) => plot.name));
  });

  const bad: [string, Partial<BacktestRequest>, string, RegExp][] = [
    [
      'an unknown strategy',
      { strategy: 'sma_cross' },
      'NOT_FOUND',
      /"sma_cross".*mean "sma-cross"/,
    ],
    ['an unknown dataset', { datasetId: 'SPY.INDEX@1d' }, 'NOT_FOUND', /mean "SPX.INDEX@1d"/],
    ['fast above slow', { parameters: { fast: 30, slow: 10 } }, 'BAD_INPUT', /fast/],
    ['an unknown parameter', { parameters: { quick: 3 } }, 'BAD_INPUT', /no parameter "quick"/],
    ['a parameter of the wrong kind', { parameters: { fast: 'ten' } }, 'BAD_INPUT', /fast/],
    [
      'dates reversed',
      { start: Date.UTC(2010, 0, 1), end: Date.UTC(2009, 0, 1) },
      'BAD_INPUT',
      /start.*after/,
    ],
    [
      'dates before the data',
      { start: Date.UTC(1990, 0, 1) },
      'BAD_INPUT',
      /start: 1990-01-01 lies outside.*2000-01-03 to 2020-/,
    ],
    [
      'dates after the data',
      { end: Date.UTC(2031, 0, 1) },
      'BAD_INPUT',
      /end: 2031-01-01 lies outside.*2000-01-03 to 2020-/,
    ],
  ];
  it.each(bad)('refuse %s in a sentence', async (_name, change, code, message) => {
    const jobs = (await client.call('jobs.list', {})).length;
    const error = await failure(client.call('backtest.run', { ...REQUEST, ...change }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect((await client.call('jobs.list', {})).length).toBe(jobs);
  });

  it('may begin on a holiday beside the data', async () => {
    const { jobId } = await client.call('backtest.run', {
      ...REQUEST,
      start: Date.UTC(2000, 0, 1),
    });
    expect(await ended(client, jobId)).toMatchObject({ state: 'done' });
  });

  it('of a file store nothing', async () => {
    const path = join(folder, 'file.csv');
    const rows = Array.from({ length: 60 }, (_, day) => {
      const date = new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10);
      const price = 100 + 10 * Math.sin(day / 5);
      return [date, price, price + 1, price - 1, price, 1_000].join(',');
    });
    writeFileSync(path, `date,open,high,low,close,volume\n${rows.join('\n')}\n`);
    const runs = await client.call('runs.list', {});
    const run = await workstation.backtestFile(
      {
        path,
        options: { symbol: 'WAVE', calendar: 'none' },
        strategy: 'sma-cross',
        parameters: { fast: 3, slow: 8 },
        start: null,
        end: null,
        settings: DEFAULT_SETTINGS,
      },
      { signal: new AbortController().signal, progress: () => undefined },
    );
    expect(run.summary).toMatchObject({ symbol: 'WAVE', barCount: 60, timeframe: '1d' });
    expect(run.trades.count).toBeGreaterThan(0);
    expect(await client.call('runs.list', {})).toEqual(runs);
    expect(await client.call('data.list', {})).toHaveLength(1);
  });
});

describe('reading', () => {
  const range = { start: Date.UTC(2010, 0, 1), end: Date.UTC(2010, 11, 31) };

  it('gives the newest bars of a range that is too long', async () => {
    const input = { datasetId: SPX, adjustment: 'raw' as const, ...range };
    const all = await client.call('data.bars', { ...input, maxPoints: 1_000 });
    const some = await client.call('data.bars', { ...input, maxPoints: 10 });
    expect(all.totalBars).toBe(252);
    expect(some.totalBars).toBe(252);
    expect(Array.from(some.bars.time)).toEqual(Array.from(all.bars.time).slice(-10));
  });

  it('computes indicators over all bars before it cuts them', async () => {
    const parameters = { timeperiod: 200 };
    const cut = await client.call('studies.compute', {
      expression: 'sma(200)',
      parameters: {},
      datasetId: SPX,
      adjustment: 'raw',
      ...range,
      maxPoints: 100_000,
    });
    const { bars } = await client.call('data.bars', {
      datasetId: SPX,
      start: null,
      end: null,
      adjustment: 'raw',
      maxPoints: 100_000,
    });
    const [whole] = computeIndicator('sma', parameters, bars);
    const from = bars.time.indexOf(cut.time[0] ?? 0);
    expect(cut.time).toHaveLength(252);
    const values = cut.outputs[0]?.values ?? new Float64Array();
    expect([...values]).toEqual([...(whole?.values.slice(from, from + 252) ?? [])]);
    // No lead-in, although 200 bars were needed for the first value.
    expect(values.every((value) => Number.isFinite(value))).toBe(true);
  });

  it.each([
    ['studies.compute', { expression: 'smaa(3)', parameters: {}, maxPoints: 5 }, /mean sma\?/],
    ['studies.compute', { expression: 'sma(0)', parameters: {}, maxPoints: 5 }, /timeperiod/],
    ['data.bars', { maxPoints: 5, start: 5, end: 1 }, /after its end/],
  ] as const)('refuses %s of %j in a sentence', async (name, input, message) => {
    const whole = { datasetId: SPX, adjustment: 'raw', start: null, end: null, ...input };
    const error = await failure(workstation.dispatch(name, whole, { carrier: 'cli' }));
    expect(error.message).toMatch(message);
  });

  it('exports what it holds', async () => {
    const file = await client.call('data.export', {
      datasetId: SPX,
      format: 'csv',
      adjustment: 'raw',
      ...range,
    });
    const lines = new TextDecoder().decode(file.bytes).trim().split(/\r?\n/);
    expect(lines).toHaveLength(253);
    expect(lines[1]).toContain('2010-01-04');
    expect(file.fileName).toMatch(/\.csv$/);
  });
});

describe('a window', () => {
  it('imports by upload, and a broken file leaves nothing behind but the upload', async () => {
    const window = workstation.localClient({ carrier: 'websocket' });
    const send = async (text: string): Promise<string> => {
      const bytes = new TextEncoder().encode(text);
      const { uploadId } = await window.call('data.upload-start', {
        name: 'prices.csv',
        bytes: bytes.byteLength,
      });
      await window.call('data.upload-chunk', { uploadId, offset: 0, bytes });
      return uploadId;
    };
    const good = 'Date,Open,High,Low,Close,Volume\n2024-01-02,1,2,1,2,5\n2024-01-03,2,3,2,3,5\n';
    const broken = await send(good.replace('2,3,2,3', '2,x,2,3'));
    const source = { kind: 'upload', uploadId: broken } as const;
    const options = { symbol: 'UP', timeframe: '1d' };
    const failed = await window.call('data.import', { source, options });
    expect(await ended(window, failed.jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'BAD_FILE', message: expect.stringMatching(/prices\.csv.*3/) as string },
    });
    expect((await window.call('data.preview', { source, options })).format).toBe('csv');
    const mended = await send(good);
    const { jobId } = await window.call('data.import', {
      source: { kind: 'upload', uploadId: mended },
      options,
    });
    expect(await ended(window, jobId)).toMatchObject({ state: 'done', result: 'UP.LOCAL@1d' });
    const again = await failure(
      window.call('data.preview', { source: { kind: 'upload', uploadId: mended }, options }),
    );
    expect(again.code).toBe('NOT_FOUND');
    expect(
      (await window.call('data.get', { datasetId: 'UP.LOCAL@1d' })).summary.current,
    ).toMatchObject({ barCount: 2, provenance: { source: 'prices.csv' } });
    await window.call('data.delete', { datasetId: 'UP.LOCAL@1d' });
  });

  it('keeps its documents', async () => {
    await client.call('workspace.save', { name: 'layout', json: '{"a":[1,2]}' });
    expect(await client.call('workspace.load', { name: 'layout' })).toEqual({
      json: '{"a":[1,2]}',
    });
    expect(await client.call('workspace.load', { name: 'other' })).toEqual({ json: null });
    const error = await failure(client.call('workspace.save', { name: 'layout', json: '{' }));
    expect(error).toMatchObject({ code: 'BAD_INPUT' });
  });

  it('hears how the process is', async () => {
    await expect.poll(() => told.some(({ name }) => name === 'app.health')).toBe(true);
  });
});
