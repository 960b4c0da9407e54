import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBacktest } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { CallOutput, ContractClient } from '../../engine/protocol/contract.ts';
import type { SweepRequest, WalkForwardRequest } from '../../engine/protocol/research-schemas.ts';
import type { Job } from '../../engine/protocol/schemas.ts';
import { sliceColumns } from '../../engine/series/columns.ts';
import { SweepRunner } from '../../engine/sweep/run.ts';
import { SweepTable } from '../../engine/sweep/table.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import { spx } from '../unit/engine/backtest/bars.ts';

const SPX = 'SPX.INDEX@1d';
const SETTINGS = {
  ...DEFAULT_SETTINGS,
  fill: 'same-close',
  commission: { percent: 0.1, perShare: 0, minimum: 0 },
} as const;
const SWEEP: SweepRequest = {
  strategy: 'sma-cross',
  datasetId: SPX,
  adjustment: 'raw',
  start: null,
  end: null,
  settings: SETTINGS,
  ranges: { fast: '5..50 step 5', slow: '20..200 step 20' },
  fixed: {},
  constraints: ['fast < slow'],
  search: { kind: 'grid' },
  objective: 'sharpe',
  memoryBytes: 50_000_000,
};

type Detail<Kind> = Extract<CallOutput<'research.get'>['detail'], { kind: Kind }>;

let folder = '';
let workstation: Workstation;
let client: ContractClient;
const told: string[] = [];

function open(): Promise<Workstation> {
  return openWorkstation({
    dataDirectory: join(folder, 'data'),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'cli',
    seedDefault: true,
    checkOutputs: true,
    threads: 2,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-research-'));
  workstation = await open();
  client = workstation.localClient({ carrier: 'cli' });
  client.on('research.changed', ({ researchId }) => told.push(researchId));
  await workstation.seeded;
});
afterAll(async () => {
  await workstation?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function ended(jobId: string): Promise<Job> {
  for (;;) {
    const job = (await client.call('jobs.list', {})).find((each) => each.id === jobId);
    if (job !== undefined && job.finishedAt !== null) return job;
    await pause(10);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it succeeded');
}

async function detail<Kind extends string>(
  researchId: string,
  limit = 5_000,
): Promise<{ item: CallOutput<'research.get'>['item']; detail: Detail<Kind> }> {
  const got = await client.call('research.get', { researchId, offset: 0, limit });
  return got as unknown as { item: typeof got.item; detail: Detail<Kind> };
}

async function sweep(request: SweepRequest): Promise<{ id: string; job: Job }> {
  const { jobId, researchId } = await client.call('sweeps.start', { request, confirmed: false });
  return { id: researchId, job: await ended(jobId) };
}

/** Rows of a sweep as objects. */
function rowsOf({ page }: Detail<'sweep'>): Record<string, number>[] {
  return Array.from(page.columns[0] ?? [], (_, row) =>
    Object.fromEntries(page.names.map((name, c) => [name, page.columns[c]?.[row] as number])),
  );
}

describe('a sweep', () => {
  let id = '';
  let rows: Record<string, number>[] = [];

  it('is estimated before it starts', async () => {
    const estimate = await client.call('research.estimate', { kind: 'sweep', request: SWEEP });
    // 5 to 15 are below 9 to 10 … of 20 to 200: 100 pairs, less those with fast at or above slow.
    const valid = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50].flatMap((fast) =>
      [20, 40, 60, 80, 100, 120, 140, 160, 180, 200].filter((slow) => fast < slow),
    ).length;
    expect(estimate).toMatchObject({
      size: 100,
      combinations: valid,
      exact: true,
      bars: 5_105,
      bytes: valid * 13 * 8,
      path: 'together',
      huge: false,
      windows: null,
    });
  });

  it('gives the rows of the engine, best first, with its findings', async () => {
    const done = await sweep(SWEEP);
    expect(done.job).toMatchObject({ state: 'done', kind: 'sweep', result: done.id });
    ({ id } = done);
    const got = await detail<'sweep'>(id);
    rows = rowsOf(got.detail);
    expect(got.item).toMatchObject({ state: 'done', done: rows.length, total: rows.length });
    const runner = new SweepRunner({
      strategy: 'sma-cross',
      space: { ranges: SWEEP.ranges, constraints: SWEEP.constraints },
      settings: SETTINGS,
      bars: spx(),
    });
    const table = new SweepTable(runner.names, 1e7);
    runner.run({ from: 0, to: runner.space.size }, table);
    const wanted = Array.from({ length: table.length }, (_, row) =>
      Object.fromEntries(runner.names.map((name, c) => [name, table.get(row, c)])),
    );
    expect(rows).toEqual(wanted.toSorted((a, b) => (b['sharpe'] ?? 0) - (a['sharpe'] ?? 0)));
    const { findings } = got.detail;
    expect(findings?.best).toMatchObject({
      combination: rows[0]?.['combination'],
      parameters: { fast: rows[0]?.['fast'], slow: rows[0]?.['slow'] },
      score: rows[0]?.['sharpe'],
    });
    expect(findings?.overfitting?.probability).toBeGreaterThanOrEqual(0);
    expect(findings?.overfitting?.trials).toBe(64);
    // The Sharpe ratio of one bar is the annual one over the root of the bars in a year.
    const perBar = findings?.deflated?.sharpe ?? Number.NaN;
    expect(((rows[0]?.['sharpe'] ?? 0) / perBar) ** 2).toBeCloseTo(252, 6);
    expect(told).toContain(id);
  });

  it('is paged and sorted by any formula', async () => {
    const sort = '-max_drawdown * -1 + trades / 1000';
    const page = await client.call('research.get', { researchId: id, sort, offset: 3, limit: 4 });
    const score = (row: Record<string, number>): number =>
      (row['max_drawdown'] ?? 0) + (row['trades'] ?? 0) / 1_000;
    const wanted = rows.toSorted((a, b) => score(b) - score(a)).slice(3, 7);
    expect(rowsOf(page.detail as Detail<'sweep'>)).toEqual(wanted);
  });

  it('is shown as a map and as slices', async () => {
    const map = await client.call('sweeps.heatmap', {
      researchId: id,
      x: 'fast',
      y: 'slow',
      metric: 'return',
      fold: 'best',
    });
    expect([map.x.name, map.y.name]).toEqual(['fast', 'slow']);
    expect(Array.from(map.x.values)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
    for (const [j, slow] of map.y.values.entries()) {
      for (const [i, fast] of map.x.values.entries()) {
        const row = rows.find((each) => each['fast'] === fast && each['slow'] === slow);
        expect(map.values[j * map.x.values.length + i]).toBe(row?.['return'] ?? Number.NaN);
      }
    }
    const centre = rows.find((row) => row['fast'] === 10 && row['slow'] === 100);
    const slice = await client.call('sweeps.slice', {
      researchId: id,
      combination: centre?.['combination'] ?? -1,
      parameter: 'slow',
      metric: 'sharpe',
    });
    expect(Array.from(slice.axis.values)).toEqual([20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
    expect(Array.from(slice.scores)).toEqual(
      Array.from(
        slice.axis.values,
        (slow) => rows.find((row) => row['fast'] === 10 && row['slow'] === slow)?.['sharpe'],
      ),
    );
  });

  it('counts in the ledger, once', async () => {
    const [before] = await client.call('trials.count', { datasetId: SPX });
    expect(before).toMatchObject({ dataset: `${SPX} raw`, strategies: 1 });
    // The first start has run one backtest.
    expect(before?.sources).toEqual({ backtest: 1, sweep: rows.length });
    await sweep({ ...SWEEP, memoryBytes: 4_000_000 });
    const [again] = await client.call('trials.count', { datasetId: null });
    expect(again?.trials).toBe(before?.trials);
  });

  it('varies choices and numbers of conditions, too', async () => {
    const { id: rules, job } = await sweep({
      ...SWEEP,
      strategy: {
        entry: 'rsi(param("n", 14, 2..50)) < param("low", 30, 1..99)',
        exit: 'rsi(param("n", 14, 2..50)) > 70',
      },
      ranges: { n: '10, 14', low: '20..40 step 10' },
      constraints: [],
      search: { kind: 'random', count: 4, seed: 1 },
    });
    expect(job.error).toBeNull();
    const got = await detail<'sweep'>(rules);
    expect(rowsOf(got.detail).length).toBe(4);
    expect(got.detail.dimensions.map(({ name }) => name)).toEqual(['n', 'low']);
  });
});

describe('bad input', () => {
  it.each<[string, Partial<SweepRequest>, string, string]>([
    ['an unknown parameter', { ranges: { fats: '2..5' } }, 'BAD_INPUT', 'no parameter "fats"'],
    ['no values', { ranges: {} }, 'BAD_INPUT', 'nothing is varied'],
    ['an empty range', { ranges: { fast: '9..2' } }, 'BAD_INPUT', 'is empty'],
    ['an empty grid', { constraints: ['fast > slow'] }, 'BAD_INPUT', 'none of the 100'],
    ['a wrong condition', { constraints: ['fast < solw'] }, 'BAD_INPUT', 'did you mean slow?'],
    ['a wrong objective', { objective: 'sharp' }, 'BAD_INPUT', 'did you mean sharpe?'],
    ['an unknown dataset', { datasetId: 'SPY.X@1d' }, 'NOT_FOUND', 'no dataset "SPY.X@1d"'],
    ['an unknown strategy', { strategy: 'sma' }, 'NOT_FOUND', 'no strategy "sma"'],
    ['too few bars', { start: Date.UTC(2020, 3, 1) }, 'BAD_INPUT', 'are fewer than the 20'],
    [
      'a grid of 10^9',
      { strategy: 'macd-trend', ranges: { fast: '2..1000', slow: '3..1000', signal: '1..1000' } },
      'TOO_LARGE',
      'on 2 threads',
    ],
  ])('of %s is refused in one sentence', async (_name, change, code, message) => {
    const before = await client.call('research.list', {});
    const request = { ...SWEEP, ...change };
    const refused = await failure(client.call('sweeps.start', { request, confirmed: false }));
    expect(refused.code).toBe(code);
    expect(refused.message).toContain(message);
    expect(refused.message).not.toContain('\n');
    expect(await client.call('research.list', {})).toEqual(before);
  });

  it('never gets past the contract', async () => {
    for (const change of [{ memoryBytes: 1 }, { objective: '' }, { extra: 1 }]) {
      const request = { ...SWEEP, ...change } as SweepRequest;
      const refused = await failure(client.call('sweeps.start', { request, confirmed: true }));
      expect(refused.code).toBe('BAD_INPUT');
    }
  });
});

/** Code with one parameter that does something on its hundredth bar. */
function code(onBar: string): string {
  return `export const strategy = {
  title: 'Test', description: 'A test.',
  parameters: { n: { default: 1, min: 1, max: 1000, description: 'N' } },
  create(p) {
    return { onBar(bar) {
      if (bar.index === 10) bar.buy();
      if (bar.index === 100) { ${onBar}; }
      if (bar.index === 110 + p.n) bar.exit();
    } };
  },
};
`;
}

const BAD_CODE: readonly [string, string, RegExp][] = [
  ['throws', 'if (p.n === 6) throw new Error("no luck")', /no luck/],
  ['never returns', 'while (p.n === 6);', /return|loop|steps|long/],
  [
    'allocates without end',
    'const all = []; while (p.n === 6) all.push(new Float64Array(1e6))',
    /memory/,
  ],
];

describe('strategies that misbehave', () => {
  async function runs(text: string, name: string): Promise<{ id: string; job: Job }> {
    return sweep({
      ...SWEEP,
      strategy: name,
      source: { language: 'javascript', name: `${name}.js`, text },
      ranges: { n: '1..12' },
      constraints: [],
    });
  }

  it.each(BAD_CODE)(
    'one that %s ends its sweep with a clear error; what was finished is kept and the pool lives on',
    async (name, text, message) => {
      const { id, job } = await runs(code(text), name.replaceAll(' ', '-'));
      expect(job).toMatchObject({ state: 'failed', error: { code: 'STRATEGY_FAILED' } });
      expect(job.error?.message).toMatch(message);
      expect(job.error?.message).toContain('with n 6');
      const got = await detail<'sweep'>(id);
      expect(got.item).toMatchObject({ state: 'failed', done: 5, total: 12, rows: 5 });
      expect(got.item.message).toBe(job.error?.message);
      expect(rowsOf(got.detail).map((row) => row['n'])).toEqual(expect.arrayContaining([1, 5]));
      expect((await sweep({ ...SWEEP, ranges: { fast: '5', slow: '20' } })).job.state).toBe('done');
    },
  );

  it('is ended with its thread when it runs outside of the sandbox and hangs', async () => {
    const { strategies } = workstation;
    const [, [, hang]] = BAD_CODE as [unknown, [string, string, RegExp]];
    await strategies.list();
    writeFileSync(join(strategies.directory, 'native-hang.js'), code(hang));
    await strategies.list();
    await strategies.trust('native-hang', true);
    const { id, job } = await sweep({
      ...SWEEP,
      strategy: 'native-hang',
      ranges: { n: '1..12' },
      constraints: [],
    });
    expect(job).toMatchObject({ state: 'failed', error: { code: 'STRATEGY_FAILED' } });
    expect(job.error?.message).toContain('did not return within');
    expect((await detail<'sweep'>(id)).item).toMatchObject({ state: 'failed', rows: 5 });
    expect((await sweep({ ...SWEEP, ranges: { fast: '5', slow: '20' } })).job.state).toBe('done');
  });
});

describe('work that is interrupted', () => {
  /** Runs long enough to be paused: every combination is followed bar by bar. */
  const LONG: SweepRequest = {
    ...SWEEP,
    settings: { ...SETTINGS, short: true },
    ranges: { fast: '2..80', slow: '3..160' },
    memoryBytes: 4_000_000,
  };

  it('is paused at its last rows and goes on to the same table', async () => {
    const { jobId, researchId } = await client.call('sweeps.start', {
      request: LONG,
      confirmed: false,
    });
    for (;;) {
      const { item } = await detail<'sweep'>(researchId, 0);
      if (item.rows > 0) {
        expect(item).toMatchObject({ state: 'running', jobId });
        break;
      }
      await pause(5);
    }
    await client.call('research.pause', { researchId });
    expect((await ended(jobId)).state).toBe('cancelled');
    const paused = (await detail<'sweep'>(researchId, 0)).item;
    expect(paused).toMatchObject({ state: 'paused', jobId: null });
    expect(paused.rows).toBeLessThan(paused.total);
    const again = await failure(client.call('research.pause', { researchId }));
    expect(again.code).toBe('CONFLICT');
    // A workstation that closes leaves its work to be resumed by the next one.
    await workstation.close();
    workstation = await open();
    client = workstation.localClient({ carrier: 'cli' });
    const resumed = await client.call('research.resume', { researchId });
    expect((await ended(resumed.jobId)).state).toBe('done');
    const { id: whole } = await sweep(LONG);
    const [left, right] = [await tableOf(researchId), await tableOf(whole)];
    expect(left.rows).toBe(right.rows);
    expect(left.bytes.equals(right.bytes)).toBe(true);
    const done = await failure(client.call('research.resume', { researchId }));
    expect(done.message).toContain('is done');
  });

  async function tableOf(id: string): Promise<{ rows: number; bytes: Buffer }> {
    const parts: Float64Array[][] = [];
    let rows = 0;
    await workstation.research.eachRows(id, ({ columns, rows: more }) => {
      rows += more;
      columns.forEach((column, c) => (parts[c] ??= []).push(column));
    });
    const bytes = parts.map((column) =>
      Buffer.concat(column.map((part) => Buffer.from(part.slice().buffer))),
    );
    return { rows, bytes: Buffer.concat(bytes) };
  }

  it('is shown as paused when nobody works on it, and deleted', async () => {
    const [item] = await client.call('research.list', {});
    const id = item?.id ?? '';
    await client.call('research.delete', { researchId: id });
    const gone = await failure(detail(id));
    expect(gone.code).toBe('NOT_FOUND');
  });

  it('does not go on over other bars', async () => {
    const source = dirname(createRequire(import.meta.url).resolve('vega-datasets'));
    const text = readFileSync(join(source, '..', 'data', 'sp500-2000.csv'), 'utf8');
    const lines = text.trim().split('\n');
    const load = async (count: number): Promise<void> => {
      const path = join(folder, 'other.csv');
      writeFileSync(path, `${lines.slice(0, count).join('\n')}\n`);
      const { jobId } = await client.call('data.import', {
        source: { kind: 'path', path },
        options: { symbol: 'OTHER', calendar: 'us-equity' },
      });
      const job = await ended(jobId);
      expect(job.error).toBeNull();
    };
    await load(2_000);
    const name = 'fails-third';
    const text3 = code('if (p.n === 3) throw new Error("three")');
    const { id, job } = await sweep({
      ...SWEEP,
      datasetId: 'OTHER.LOCAL@1d',
      strategy: name,
      source: { language: 'javascript', name: `${name}.js`, text: text3 },
      ranges: { n: '1..5' },
      constraints: [],
    });
    expect(job.state).toBe('failed');
    await load(1_900);
    const refused = await failure(client.call('research.resume', { researchId: id }));
    expect(refused.code).toBe('CONFLICT');
    expect(refused.message).toContain('The bars of OTHER.LOCAL@1d are others now');
  });
});

describe('walk-forward', () => {
  const REQUEST: WalkForwardRequest = {
    ...SWEEP,
    search: { kind: 'grid' },
    ranges: { fast: '10, 20', slow: '50, 100' },
    windows: { by: 'bars', train: 1_500, test: 1_000, gap: 0 },
    mode: 'rolling',
    carry: 'flat',
  };

  it('chooses and trades as a plain loop over backtests does', async () => {
    const { jobId, researchId } = await client.call('walkForward.start', {
      request: REQUEST,
      confirmed: false,
    });
    const job = await ended(jobId);
    expect(job.error).toBeNull();
    const got = await detail<'walk-forward'>(researchId);
    const { findings, curve } = got.detail;
    const bars = spx();
    const sharpe = (from: number, to: number, fast: number, slow: number, lead = 0): number =>
      run(from - lead, to, fast, slow, lead).statistics.find(({ name }) => name === 'Sharpe Ratio')
        ?.value ?? Number.NaN;
    const run = (from: number, to: number, fast: number, slow: number, lead: number) =>
      runBacktest({
        strategy: 'sma-cross',
        parameters: { fast, slow },
        settings: lead === 0 ? SETTINGS : { ...SETTINGS, warmUp: lead },
        bars: sliceColumns(bars, from, to),
      });
    const grid = [10, 20].flatMap((fast) => [50, 100].map((slow) => [fast, slow] as const));
    let money = SETTINGS.cash;
    const joined: number[] = [];
    let k = 0;
    for (let from = 1_500; from < bars.time.length; from += 1_000) {
      const to = Math.min(from + 1_000, bars.time.length);
      const scores = grid.map(([fast, slow]) => sharpe(from - 1_500, from, fast, slow));
      const best = scores.indexOf(Math.max(...scores));
      const [fast, slow] = grid[best] as readonly [number, number];
      const step = findings?.steps[k];
      expect(step?.parameters).toEqual({ fast, slow });
      expect(step?.inSampleScore).toBeCloseTo(scores[best] ?? Number.NaN, 9);
      expect(step?.outOfSampleScore).toBeCloseTo(sharpe(from, to, fast, slow, 1_000), 9);
      const { equity } = run(from - 1_000, to, fast, slow, 1_000);
      const before = money;
      for (let i = 1_000; i < equity.length; i += 1) {
        money = ((equity[i] as number) / SETTINGS.cash) * before;
        joined.push(money);
      }
      k += 1;
    }
    expect(findings?.steps.length).toBe(k);
    expect(curve?.equity.length).toBe(joined.length);
    for (const [i, value] of joined.entries()) {
      expect(Math.abs((curve?.equity[i] ?? 0) / value - 1)).toBeLessThan(1e-9);
    }
    const final = findings?.statistics.find(({ name }) => name === 'Return [%]')?.value;
    expect(final).toBeCloseTo((money / SETTINGS.cash - 1) * 100, 6);
    const [{ sources } = { sources: {} }] = await client.call('trials.count', { datasetId: SPX });
    // Four combinations in each window, and the test itself.
    expect((sources as Record<string, number>)['walk-forward']).toBe(4 * k + 1);
  });

  it('goes on with the windows that are stored, to the same findings', async () => {
    const request = { ...REQUEST, mode: 'anchored', carry: 'while-unchanged' } as const;
    let first = await client.call('walkForward.start', { request, confirmed: false });
    for (let attempt = 1; ; attempt += 1) {
      while ((await detail(first.researchId, 0)).item.rows === 0) await pause(1);
      try {
        await client.call('research.pause', { researchId: first.researchId });
        break;
      } catch (error) {
        // It was done before it could be paused: another one is begun.
        if ((error as { code?: string }).code !== 'CONFLICT' || attempt === 10) throw error;
        first = await client.call('walkForward.start', { request, confirmed: false });
      }
    }
    const resumed = await client.call('research.resume', { researchId: first.researchId });
    expect((await ended(resumed.jobId)).state).toBe('done');
    const second = await client.call('walkForward.start', { request, confirmed: false });
    await ended(second.jobId);
    const [a, b] = [
      await detail<'walk-forward'>(first.researchId),
      await detail<'walk-forward'>(second.researchId),
    ];
    expect({ ...a.detail.findings, seconds: 0 }).toEqual({ ...b.detail.findings, seconds: 0 });
    expect(a.detail.curve).toEqual(b.detail.curve);
  });
});

describe('simulations and audits', () => {
  it('shuffles the returns of a stored run', async () => {
    const [{ id: runId } = { id: '' }] = await client.call('runs.list', {});
    const { jobId, researchId } = await client.call('monteCarlo.start', {
      runId,
      of: 'bars',
      method: 'shuffle',
      paths: 50,
      blockLength: null,
      ruin: 0.5,
      seed: 3,
    });
    expect((await ended(jobId)).state).toBe('done');
    const { findings } = (await detail<'monte-carlo'>(researchId)).detail;
    const { equity } = await client.call('runs.get', { runId });
    const growth = (equity.at(-1) ?? 0) / (equity[0] ?? 1);
    // The same returns in another order end where they end.
    for (const value of findings?.growth.quantiles ?? []) expect(value).toBeCloseTo(growth, 9);
    expect(findings?.steps.at(-1)).toBe(equity.length - 1);
    const none = await failure(client.call('monteCarlo.start', { ...MONTE_CARLO, runId: 'none' }));
    expect(none.code).toBe('NOT_FOUND');
  });

  it('finds what strategy code sees of the future', async () => {
    const ahead = `export const strategy = {
      title: 'Ahead', description: 'Counts the bars to come.', parameters: {},
      create(_p, setup) {
        const last = setup.barCount;
        return { onBar(bar) {
          if ((last - bar.index) % 40 === 20) bar.buy();
          if ((last - bar.index) % 40 === 0) bar.exit();
        } };
      },
    };`;
    const { jobId, researchId } = await client.call('audit.start', {
      run: {
        strategy: 'ahead',
        parameters: {},
        datasetId: SPX,
        adjustment: 'raw',
        start: null,
        end: null,
        settings: SETTINGS,
        source: { language: 'javascript', name: 'ahead.js', text: ahead },
      },
      universe: 'single',
      cuts: 3,
      seed: 1,
    });
    const job = await ended(jobId);
    expect(job.error).toBeNull();
    const { findings } = (await detail<'audit'>(researchId)).detail;
    expect(findings?.grade).toBe('F');
    expect(findings?.findings[0]).toMatchObject({ check: 'look-ahead', severity: 'fatal' });
    expect(findings?.deflated?.trials).toBeGreaterThan(100);
  });
});

const MONTE_CARLO = {
  of: 'bars' as const,
  method: 'shuffle' as const,
  paths: 50,
  blockLength: null,
  ruin: 0.5,
  seed: 3,
};
