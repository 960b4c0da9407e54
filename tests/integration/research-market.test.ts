import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openStore } from '../../electron/storage/store-client.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { CallOutput, ContractClient } from '../../engine/protocol/contract.ts';
import type { SweepRequest } from '../../engine/protocol/research-schemas.ts';
import type { BacktestRequest, Job, Run } from '../../engine/protocol/schemas.ts';
import { METRICS } from '../../engine/sweep/metrics.ts';
import { EVENTS, madeBars, SESSION_CODE } from '../unit/services/research/session-bars.ts';

const HOURS = 'MADE.LOCAL@1h';
const MADE = madeBars();
const SETTINGS = {
  ...DEFAULT_SETTINGS,
  commission: { percent: 0.02, perShare: 0, minimum: 0 },
} as const;
const SOURCE = { language: 'javascript', name: 'sessions.js', text: SESSION_CODE } as const;
const RUN = {
  strategy: 'sessions',
  source: SOURCE,
  datasetId: HOURS,
  adjustment: 'raw',
  start: null,
  end: null,
  settings: SETTINGS,
} as const;
const MARKETS = [
  {},
  { events: true },
  { resolve: 'finer' },
  { events: true, resolve: 'finer' },
] as const;
const SWEEP: SweepRequest = {
  ...RUN,
  ranges: { length: '1..4', percent: '0.5, 1' },
  fixed: {},
  constraints: [],
  search: { kind: 'grid' },
  objective: 'sharpe',
  memoryBytes: 50_000_000,
};

type Detail<Kind> = Extract<CallOutput<'research.get'>['detail'], { kind: Kind }>;

let folder = '';
let workstation: Workstation;
let client: ContractClient;

function open(threads: number): Promise<Workstation> {
  return openWorkstation({
    dataDirectory: join(folder, 'data'),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'cli',
    seedDefault: true,
    checkOutputs: true,
    threads,
  });
}

/** The same store under a workstation with so many compute threads. */
async function reopen(threads: number): Promise<void> {
  await workstation.close();
  workstation = await open(threads);
  client = workstation.localClient({ carrier: 'cli' });
}

async function ended(jobId: string): Promise<Job> {
  for (;;) {
    const job = (await client.call('jobs.list', {})).find((each) => each.id === jobId);
    if (job !== undefined && job.finishedAt !== null) return job;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

async function load(name: string, bars: BarColumns): Promise<void> {
  const rows = Array.from(bars.time, (time, i) =>
    [
      new Date(time).toISOString(),
      bars.open[i],
      bars.high[i],
      bars.low[i],
      bars.close[i],
      bars.volume[i],
    ].join(','),
  );
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, ['time,open,high,low,close,volume', ...rows, ''].join('\n'));
  const { jobId } = await client.call('data.import', {
    source: { kind: 'path', path },
    options: { symbol: 'MADE', calendar: 'us-equity', timeframe: name },
  });
  expect((await ended(jobId)).error).toBeNull();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-market-'));
  workstation = await open(2);
  client = workstation.localClient({ carrier: 'cli' });
  await workstation.seeded;
  await load('1h', MADE.hour);
  await load('5m', MADE.fine);
  await workstation.close();
  const store = await openStore({
    directory: join(folder, 'data'),
    threadUrl: LAYOUT.storeThreadUrl,
    automaticBackups: false,
  });
  await store.setAdjustments('MADE.LOCAL', EVENTS, 'test');
  await store.close();
  workstation = await open(2);
  client = workstation.localClient({ carrier: 'cli' });
});
afterAll(async () => {
  await workstation?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function sweep(request: SweepRequest): Promise<{ id: string; job: Job }> {
  const { jobId, researchId } = await client.call('sweeps.start', { request, confirmed: true });
  return { id: researchId, job: await ended(jobId) };
}

async function detail<Kind extends string>(researchId: string): Promise<Detail<Kind>> {
  const got = await client.call('research.get', { researchId, offset: 0, limit: 5_000 });
  return got.detail as Detail<Kind>;
}

async function backtest(request: BacktestRequest): Promise<Run> {
  const { jobId } = await client.call('backtest.run', request);
  const job = await ended(jobId);
  expect(job.error).toBeNull();
  return client.call('runs.get', { runId: job.result ?? '' });
}

function figure({ summary }: Run, title: string): number {
  return summary.statistics.find(({ name }) => name === title)?.value ?? Number.NaN;
}

describe('research on the market of a backtest', () => {
  it.each(MARKETS)('sweeps as backtests run, with %o', async (market) => {
    const { id, job } = await sweep({ ...SWEEP, ...market });
    expect(job.error).toBeNull();
    const { findings, page } = await detail<'sweep'>(id);
    expect(page.columns[0]?.length).toBe(8);
    const parameters = findings?.best?.parameters ?? {};
    const run = await backtest({ ...RUN, ...market, parameters });
    expect(run.trades.count).toBeGreaterThan(10);
    for (const { name, title } of METRICS) {
      expect(findings?.best?.metrics[name], title).toBe(figure(run, title));
    }
    // The curve that is drawn beside the run is the one that its statistics are of.
    const held = ((run.benchmark.at(-1) ?? 0) / SETTINGS.cash - 1) * 100;
    expect(held).toBeCloseTo(figure(run, 'Buy & Hold Return [%]'), 9);
    // What a run says of its events and finer bars, research says, too.
    const notes = (run.summary.notes ?? []).filter((note) => /MADE/.test(note));
    // Raw prices jump at the split of MADE where it is not booked, and both say so.
    const jumps = 'events' in market ? 0 : 1;
    expect(notes.length).toBe(Object.keys(market).length + jumps);
    expect(findings?.notes).toEqual(expect.arrayContaining(notes));
  });

  it('chooses in every window as backtests of that window score', async () => {
    for (const market of [{}, { events: true, resolve: 'finer' }] as const) {
      const { jobId, researchId } = await client.call('walkForward.start', {
        request: {
          ...SWEEP,
          ...market,
          search: { kind: 'grid' },
          windows: { by: 'bars', train: 400, test: 250, gap: 0 },
          mode: 'rolling',
          carry: 'flat',
        },
        confirmed: true,
      });
      expect((await ended(jobId)).error).toBeNull();
      const { findings } = await detail<'walk-forward'>(researchId);
      expect(findings?.steps.length).toBe(Math.ceil((MADE.hour.time.length - 400) / 250));
      for (const { train, test, parameters, ...step } of findings?.steps.slice(0, 3) ?? []) {
        const chosen = await backtest({
          ...RUN,
          ...market,
          parameters,
          start: train.firstTime,
          end: train.lastTime,
        });
        expect(figure(chosen, 'Sharpe Ratio')).toBe(step.inSampleScore);
        // The test warms up on all bars before it, up to a thousand, and trades nothing there.
        const lead = Math.min(test.from, 1_000);
        const after = await backtest({
          ...RUN,
          ...market,
          parameters,
          settings: { ...SETTINGS, warmUp: lead },
          start: MADE.hour.time[test.from - lead] ?? 0,
          end: test.lastTime,
        });
        expect(figure(after, 'Sharpe Ratio')).toBe(step.outOfSampleScore);
        expect(figure(after, 'Return [%]')).toBeCloseTo(step.outOfSampleReturn * 100, 8);
      }
      // Buying and holding over all tests, with the split and the dividends where they are booked.
      const tests = findings?.steps.map(({ test }) => test) ?? [];
      const held = await backtest({
        ...RUN,
        ...market,
        parameters: {},
        start: tests[0]?.firstTime ?? 0,
        end: tests.at(-1)?.lastTime ?? 0,
      });
      const joined = findings?.statistics.find(({ name }) => name === 'Buy & Hold Return [%]');
      expect(joined?.value).toBeCloseTo(figure(held, 'Buy & Hold Return [%]'), 9);
      const noted = (findings?.notes ?? []).join(' ');
      expect(noted.includes('Splits and dividends of MADE')).toBe('events' in market);
      expect(noted.includes('replayed on MADE.LOCAL@5m')).toBe('resolve' in market);
    }
  });

  it('holds splits and dividends in the benchmark of a cross-validation', async () => {
    const { memoryBytes, objective: _objective, ...asked } = SWEEP;
    const { jobId, researchId } = await client.call('crossValidation.start', {
      request: {
        ...asked,
        memoryBytes,
        events: true,
        search: { kind: 'grid' },
        score: 'sharpe',
        folds: 4,
        testFolds: 1,
        purge: null,
        embargo: 0,
      },
      confirmed: true,
    });
    expect((await ended(jobId)).error).toBeNull();
    const { findings } = await detail<'cross-validation'>(researchId);
    const held = await backtest({ ...RUN, events: true, parameters: {} });
    const growth = findings?.benchmark.growth ?? Number.NaN;
    expect((growth - 1) * 100).toBeCloseTo(figure(held, 'Buy & Hold Return [%]'), 9);
    // Two for one: without the split half of the money would be gone.
    const raw = (MADE.hour.close.at(-1) ?? 0) / (MADE.hour.open[0] ?? 1);
    expect(growth).toBeGreaterThan(1.5 * raw);
  });

  it('audits the run that a backtest makes', async () => {
    const run = {
      ...RUN,
      parameters: { length: 2, percent: 1 },
      events: true,
      resolve: 'finer',
    } as const;
    const { jobId, researchId } = await client.call('audit.start', {
      run,
      universe: 'single',
      cuts: 4,
      seed: 1,
    });
    expect((await ended(jobId)).error).toBeNull();
    const { findings } = await detail<'audit'>(researchId);
    expect(findings?.passed).toEqual(expect.arrayContaining(['repeatability', 'look-ahead']));
    expect(findings?.notes?.join(' ')).toContain('Splits and dividends of MADE');
  });

  it('refuses what a backtest refuses', async () => {
    const refused = client.call('sweeps.start', {
      request: { ...SWEEP, adjustment: 'split', events: true },
      confirmed: true,
    });
    await expect(refused).rejects.toThrow('splits and dividends are in split prices already');
  });

  it('does not go on over other finer bars', async () => {
    const text = SESSION_CODE.replace(
      'onBar(bar) {',
      'onBar(bar) { if (length === 3) throw new Error("three");',
    );
    const { id, job } = await sweep({
      ...SWEEP,
      source: { ...SOURCE, text },
      resolve: 'finer',
    });
    expect(job).toMatchObject({ state: 'failed', error: { code: 'STRATEGY_FAILED' } });
    const { fine } = MADE;
    const others = fine.close.map((price, i) => (i === 9 ? (fine.high[i] as number) : price));
    await load('5m', { ...fine, close: others });
    const resumed = client.call('research.resume', { researchId: id });
    await expect(resumed).rejects.toThrow('finer bars of MADE.LOCAL@1h are others now');
    await load('5m', fine);
    expect(
      (await ended((await client.call('research.resume', { researchId: id })).jobId)).state,
    ).toBe('failed');
  });
});

describe('the figures of a sweep', () => {
  /** All rows and all that is found, without what the ledger and the clock say. */
  async function bytesOf(request: SweepRequest): Promise<{ rows: Buffer; findings: unknown }> {
    const { id, job } = await sweep(request);
    expect(job.error).toBeNull();
    const parts: Buffer[][] = [];
    await workstation.research.eachRows(id, ({ columns }) => {
      for (const [c, column] of columns.entries()) {
        (parts[c] ??= []).push(Buffer.from(column.slice().buffer));
      }
    });
    const { findings } = await detail<'sweep'>(id);
    return {
      rows: Buffer.concat(parts.map((column) => Buffer.concat(column))),
      findings: { ...findings, deflated: null, seconds: 0 },
    };
  }

  const common = { ...SWEEP, source: undefined, constraints: ['fast < slow'] };
  const averages: SweepRequest = {
    ...common,
    strategy: 'sma-cross',
    ranges: { fast: '2..60', slow: '2..90' },
  };
  const REQUESTS: Record<string, SweepRequest> = {
    'averages together': averages,
    'averages one by one': { ...averages, settings: { ...SETTINGS, short: true } },
    'averages event by event': {
      ...averages,
      settings: { ...SETTINGS, lotSize: 1 },
      ranges: { fast: '2..6', slow: '10..20' },
    },
    'a random search': { ...averages, search: { kind: 'random', count: 300, seed: 5 } },
    'an adaptive search': { ...averages, search: { kind: 'adaptive', count: 70, seed: 5 } },
    'code on finer bars': { ...SWEEP, events: true, resolve: 'finer' },
  };

  it('depend on data, request and seed alone: not on threads, memory and slices', async () => {
    const first = new Map<string, Awaited<ReturnType<typeof bytesOf>>>();
    for (const threads of [1, 2]) {
      await reopen(threads);
      for (const memoryBytes of [50_000_000, 4_000_000]) {
        for (const [name, request] of Object.entries(REQUESTS)) {
          const got = await bytesOf({ ...request, memoryBytes });
          const wanted = first.get(name) ?? got;
          first.set(name, wanted);
          const place = `${name} on ${threads} threads with ${memoryBytes} bytes`;
          expect(got.rows.equals(wanted.rows), place).toBe(true);
          expect(got.findings, place).toEqual(wanted.findings);
        }
      }
    }
    const { findings } = first.get('averages together') as { findings: { overfitting: unknown } };
    expect(findings.overfitting).toMatchObject({ trials: 64 });
  });
});

describe('the command line', () => {
  const renata = (...args: string[]): { code: number | null; out: string; err: string } => {
    const result = spawnSync(process.execPath, [fromRoot('bin/renata.mjs'), ...args], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, RENATA_DATA_DIR: join(folder, 'data'), NO_COLOR: '1' },
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: result.status, out: result.stdout, err: result.stderr };
  };

  it('asks for events and finer bars as a backtest does', async () => {
    await workstation.close();
    writeFileSync(join(folder, 'sessions.js'), SESSION_CODE);
    const on = ['sessions.js', '--symbol', 'MADE', '--timeframe', '1h'];
    const market = ['--events', '--resolve', 'finer'];
    const vary = ['--param', 'length=1..2', '--param', 'percent=1'];
    const sweepDone = renata('optimize', ...on, ...market, ...vary, '--json');
    expect(sweepDone.code, sweepDone.err).toBe(0);
    const { best } = JSON.parse(sweepDone.out) as {
      best: { length: number; final_equity: number; trades: number }[];
    };
    const [top] = best;
    const set = ['--set', `length=${top?.length}`, '--set', 'percent=1'];
    const run = renata('backtest', ...on, ...market, ...set, '--json');
    const { statistics } = JSON.parse(run.out) as { statistics: Record<string, number> };
    expect(top?.final_equity).toBe(statistics['Equity Final [$]']);
    expect(top?.trades).toBe(statistics['# Trades']);
    const plain = renata('backtest', ...on, ...set, '--json');
    const without = JSON.parse(plain.out) as { statistics: Record<string, number> };
    expect(without.statistics['Equity Final [$]']).not.toBe(top?.final_equity);
    const windows = ['--windows', '3', ...vary];
    for (const args of [
      ['walk-forward', ...on, ...market, ...windows],
      ['lookahead-analysis', ...on, ...market, '--cuts', '2'],
    ]) {
      const done = renata(...args);
      expect(done.code, done.err).toBe(0);
      expect(done.out).toContain('note       Splits and dividends of MADE.LOCAL');
      expect(done.out).toContain('were replayed on MADE.LOCAL@5m');
    }
    const wrong = renata('optimize', ...on, '--resolve', 'finest', ...vary);
    expect(wrong.code).not.toBe(0);
    expect(wrong.err).toContain('resolve');
    workstation = await open(2);
  });
});
