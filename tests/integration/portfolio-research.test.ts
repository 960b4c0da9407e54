import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import type { SweepRequest } from '../../engine/protocol/research-schemas.ts';
import { sliceColumns } from '../../engine/series/columns.ts';
import { METRICS } from '../../engine/sweep/metrics.ts';
import { ended, failure, openTestWorkstation, runOf } from '../support/workstation.ts';
import { randomWalk, spx } from '../unit/engine/backtest/bars.ts';

let folder = '';
let client: ContractClient;
let close: (() => Promise<void>) | undefined;

/** Four years of the S&P 500's days, and walks of which one begins a year later. */
const DAYS = sliceColumns(spx(), 0, 1_000);
const LATE = 250;
const NAMES = ['A', 'B', 'C'];

beforeAll(async () => {
  ({ folder, client, close } = await openTestWorkstation('portfolio-research'));
  for (const [k, symbol] of NAMES.entries()) {
    const walk = randomWalk(DAYS.time.length, 70 + k);
    const rows = Array.from(DAYS.time, (at, i) => {
      const day = new Date(at).toISOString().slice(0, 10);
      return `${day},${walk.open[i]},${walk.high[i]},${walk.low[i]},${walk.close[i]},1000`;
    }).slice(symbol === 'C' ? LATE : 0);
    await store(symbol, rows);
  }
});
afterAll(() => close?.());

async function store(symbol: string, rows: readonly string[]): Promise<void> {
  const path = join(folder, `${symbol}.csv`);
  writeFileSync(path, ['time,open,high,low,close,volume', ...rows].join('\n'));
  const { jobId } = await client.call('data.import', {
    source: { kind: 'path', path },
    options: { symbol, calendar: 'us-equity', timeframe: '1d' },
  });
  const job = await ended(client, jobId);
  if (job.error !== null) throw RenataError.fromPayload(job.error);
}

const SETTINGS = {
  ...DEFAULT_SETTINGS,
  commission: { percent: 0.05, perShare: 0, minimum: 0 },
  slippageBps: 2,
};
const SUBJECT = {
  strategy: 'sector-rotation',
  datasetId: 'A.LOCAL@1d',
  instruments: NAMES,
  adjustment: 'raw',
  start: null,
  end: null,
  settings: SETTINGS,
} as const;
const SWEEP: SweepRequest = {
  ...SUBJECT,
  instruments: [...NAMES],
  ranges: { window: '20, 60, 120', hold: '1..2' },
  fixed: { weeks: 10 },
  constraints: [],
  search: { kind: 'grid' },
  objective: 'sharpe',
  memoryBytes: 50_000_000,
};

async function done(started: { readonly jobId: string; readonly researchId: string }) {
  const job = await ended(client, started.jobId);
  if (job.error !== null) throw RenataError.fromPayload(job.error);
  return client.call('research.get', { researchId: started.researchId, offset: 0, limit: 100 });
}

/** What a backtest of its own says, by the names of statistics. */
async function backtest(parameters: Record<string, number>, range: object = {}) {
  const { jobId } = await client.call('backtest.run', {
    ...SUBJECT,
    instruments: [...NAMES],
    parameters: { weeks: 10, ...parameters },
    ...range,
  });
  const run = await runOf(client, jobId);
  const value = (name: string): number =>
    run.summary.statistics.find((each) => each.name === name)?.value ?? Number.NaN;
  return { run, value };
}

describe('a strategy of several instruments', () => {
  it('is swept: every row is what its backtest says', async () => {
    const { detail } = await done(
      await client.call('sweeps.start', { request: SWEEP, confirmed: false }),
    );
    if (detail.kind !== 'sweep') throw new Error(detail.kind);
    const { names, columns } = detail.page;
    const rows = Array.from(columns[0] ?? [], (_, row) =>
      Object.fromEntries(names.map((name, c) => [name, columns[c]?.[row]])),
    );
    expect(rows).toHaveLength(6);
    for (const row of rows) {
      const { value } = await backtest({
        window: row['window'] as number,
        hold: row['hold'] as number,
      });
      for (const { name, title } of METRICS) {
        const wanted = value(title);
        if (Number.isNaN(wanted)) expect(row[name]).toBeNaN();
        else expect(row[name], title).toBeCloseTo(wanted, 9);
      }
      expect(value('# Trades')).toBeGreaterThan(3);
    }
    // A strategy that holds its instruments as they are is compared with an equal part of each.
    expect(detail.findings).not.toBeNull();
  });

  it('is tested on what comes after it was chosen', async () => {
    const { search: _search, ...rest } = SWEEP;
    const { detail } = await done(
      await client.call('walkForward.start', {
        request: {
          ...rest,
          search: { kind: 'grid' },
          windows: { by: 'bars', train: 400, test: 300, gap: 0 },
          mode: 'rolling',
          carry: 'flat',
        },
        confirmed: false,
      }),
    );
    if (detail.kind !== 'walk-forward') throw new Error(detail.kind);
    const steps = detail.findings?.steps ?? [];
    expect(steps.length).toBe(2);
    for (const [k, step] of steps.entries()) {
      const from = k * 300;
      const range = { start: DAYS.time[from], end: DAYS.time[from + 399] };
      let best = { sharpe: -Infinity, window: 0, hold: 0 };
      for (const window of [20, 60, 120]) {
        for (const hold of [1, 2]) {
          const { value } = await backtest({ window, hold }, range);
          const sharpe = value('Sharpe Ratio');
          if (sharpe > best.sharpe) best = { sharpe, window, hold };
        }
      }
      expect(step).toMatchObject({ parameters: { window: best.window, hold: best.hold } });
    }
  });

  it('is cross-validated', async () => {
    const { search: _search, objective: _objective, ...rest } = SWEEP;
    const { detail } = await done(
      await client.call('crossValidation.start', {
        request: {
          ...rest,
          search: { kind: 'grid' },
          score: 'sharpe',
          folds: 4,
          testFolds: 1,
          purge: null,
          embargo: 5,
        },
        confirmed: false,
      }),
    );
    if (detail.kind !== 'cross-validation') throw new Error(detail.kind);
    expect(detail.findings?.paths).toHaveLength(1);
  });

  it('is audited: the one that comes along is honest', async () => {
    const detail = await audit('sector-rotation', { window: 60, hold: 1, weeks: 10 });
    expect(detail.findings?.passed).toEqual(
      expect.arrayContaining(['repeatability', 'look-ahead', 'stale-fills', 'same-bar', 'costs']),
    );
  });

  it('needs instruments that there are, and as many as one for a strategy of one', async () => {
    const start = (request: SweepRequest) =>
      failure(client.call('sweeps.start', { request, confirmed: false }));
    expect((await start({ ...SWEEP, instruments: ['A', 'NONE'] })).message).toContain('NONE');
    const one = await start({
      ...SWEEP,
      strategy: 'sma-cross',
      ranges: { fast: '5..10' },
      fixed: {},
    });
    expect(one).toMatchObject({ code: 'BAD_INPUT' });
    expect(one.message).toMatch(/^instruments: .* trades one instrument/);
  });
});

async function audit(strategy: string, parameters: Record<string, number>) {
  const { detail } = await done(
    await client.call('audit.start', {
      run: { ...SUBJECT, instruments: [...NAMES], strategy, parameters },
      universe: 'single',
      cuts: 4,
      seed: 3,
    }),
  );
  if (detail.kind !== 'audit') throw new Error(detail.kind);
  return detail;
}
