import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cli-validation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const ENVIRONMENT = { ...process.env, RENATA_DATA_DIR: join(folder, 'store'), NO_COLOR: '1' };
const PROGRAM = fromRoot('bin/renata.mjs');

function renata(...args: string[]): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: ENVIRONMENT,
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function json<Value>(...args: string[]): Value {
  const { code, out, err } = renata(...args, '--json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Value;
}

function columnsOf(file: string): Record<string, string[]> {
  const [head = '', ...rows] = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const names = head.split(',');
  const cells = rows.map((row) => row.split(','));
  return Object.fromEntries(names.map((name, c) => [name, cells.map((row) => row[c] as string)]));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sharpe ratio of a year of daily bars, without any rate. */
function sharpe(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return (centre / Math.sqrt(squares / (values.length - 1))) * Math.sqrt(252);
}

const COSTS = ['--fill', 'same-close', '--commission', '0.1%'];
const SLOWS = [30, 60, 90, 120, 150, 180, 210, 240];
const SPACE = ['--set', 'fast=10', '--param', `slow=${SLOWS.join(',')}`];
const START = ['--start', '2005-01-01', '--end', '2014-12-31'];

/** Returns of every combination, each from a backtest of its own. */
const trials: number[][] = [];
let sweepId = '';
let benchmark: number[] = [];

interface Split {
  readonly groups: number[];
  readonly test: { from: number; to: number }[];
  readonly train: { from: number; to: number }[];
  readonly parameters: { slow: number };
  readonly inSample: number;
  readonly outOfSample: number;
  readonly outOfSampleReturn: number;
  readonly rank: number;
}

interface CrossValidation {
  readonly id: string;
  readonly kind: string;
  readonly findings: {
    readonly bars: number;
    readonly purge: number;
    readonly groups: { from: number; to: number }[];
    readonly splits: Split[];
    readonly paths: { splits: number[]; sharpe: number; growth: number; maxDrawdown: number }[];
    readonly sharpe: { mean: number; least: number; most: number; negative: number };
    readonly belowMedian: number;
    readonly longestTrade: number;
    readonly overfitting: { probability: number; splits: number } | null;
  };
}

describe('cross-validate', () => {
  it('is what backtests of the combinations say, chosen on by hand', () => {
    for (const slow of SLOWS) {
      const out = `run-${slow}`;
      const set = ['--set', 'fast=10', '--set', `slow=${slow}`];
      const done = renata(
        'backtest',
        'sma-cross',
        '--symbol',
        'SPX',
        '--fast',
        '10',
        '--slow',
        String(slow),
        ...START,
        ...COSTS,
        '--export',
        out,
      );
      if (done.code !== 0) throw new Error(`${set.join(' ')}: ${done.err}`);
      const equity = columnsOf(`${out}/equity.csv`)['Equity']?.map(Number) ?? [];
      trials.push(equity.map((value, i) => value / (equity[i - 1] ?? 100_000) - 1));
      if (benchmark.length === 0) {
        const held = columnsOf(`${out}/equity.csv`)['BuyAndHold']?.map(Number) ?? [];
        benchmark = held.map((value, i) => value / (held[i - 1] ?? 100_000) - 1);
      }
    }
    const found = json<CrossValidation>(
      'cross-validate',
      'sma-cross',
      '--symbol',
      'SPX',
      ...SPACE,
      ...START,
      ...COSTS,
      '--folds',
      '6',
      '--test-folds',
      '2',
      '--purge',
      '40',
      '--embargo',
      '25',
      '--export',
      'cv',
    );
    const { findings } = found;
    const bars = trials[0]?.length ?? 0;
    expect(findings.bars).toBe(bars);
    expect(findings.splits).toHaveLength(15);
    expect(findings.paths).toHaveLength(5);
    const edge = (group: number): number => Math.floor((group * bars) / 6);
    let low = 0;
    for (const split of findings.splits) {
      // Bar by bar: what is tested, and what may be chosen on.
      const tested = (bar: number): boolean =>
        split.groups.some((group) => bar >= edge(group) && bar < edge(group + 1));
      const kept: number[] = [];
      const out: number[] = [];
      for (let bar = 0; bar < bars; bar += 1) {
        if (tested(bar)) out.push(bar);
        else {
          const near = split.groups.some(
            (group) => bar >= edge(group) - 40 && bar < edge(group + 1) + 40 + 25,
          );
          if (!near) kept.push(bar);
        }
      }
      const inside = trials.map((returns) => sharpe(kept.map((bar) => returns[bar] as number)));
      const outside = trials.map((returns) => sharpe(out.map((bar) => returns[bar] as number)));
      const best = inside.indexOf(Math.max(...inside));
      expect(split.parameters.slow).toBe(SLOWS[best]);
      expect(split.inSample).toBeCloseTo(inside[best] ?? 0, 9);
      expect(split.outOfSample).toBeCloseTo(outside[best] ?? 0, 9);
      const below = outside.filter((value) => value < (outside[best] ?? 0)).length;
      expect(split.rank).toBeCloseTo((below + 1) / (SLOWS.length + 1), 12);
      if (split.rank <= 0.5) low += 1;
      const growth = out.reduce((product, bar) => product * (1 + (trials[best]?.[bar] ?? 0)), 1);
      expect(split.outOfSampleReturn).toBeCloseTo(growth - 1, 9);
      expect(split.train.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(kept.length);
    }
    expect(findings.belowMedian).toBeCloseTo(low / 15, 12);
    for (const path of findings.paths) {
      // Each group of a path is traded by what a split that tests it chose.
      const returns = path.splits.flatMap((number, group) => {
        const split = findings.splits[number] as Split;
        expect(split.groups).toContain(group);
        const trial = trials[SLOWS.indexOf(split.parameters.slow)] ?? [];
        return trial.slice(edge(group), edge(group + 1));
      });
      expect(path.growth).toBeCloseTo(
        returns.reduce((product, value) => product * (1 + value), 1),
        9,
      );
      expect(path.sharpe).toBeCloseTo(sharpe(returns), 9);
    }
    expect(findings.sharpe.mean).toBeCloseTo(mean(findings.paths.map((path) => path.sharpe)), 12);
    expect(findings.overfitting?.splits).toBe(12_870);
    expect(new Set(findings.paths.map(({ splits }) => splits.join(' '))).size).toBe(5);
    expect(columnsOf('cv/splits.csv')['TestedFolds']).toHaveLength(15);
    const curves = columnsOf('cv/curves.csv');
    expect(Object.keys(curves)).toEqual([
      'Time',
      'BuyAndHold',
      'Path1',
      'Path2',
      'Path3',
      'Path4',
      'Path5',
    ]);
    expect(Number(curves['Path3']?.at(-1)) / 100_000).toBeCloseTo(
      findings.paths[2]?.growth ?? 0,
      9,
    );
    expect(columnsOf('cv/paths.csv')['Sharpe']?.map(Number)[4]).toBeCloseTo(
      findings.paths[4]?.sharpe ?? 0,
      12,
    );
  });

  it('counts its trials once, whether swept or cross-validated first', () => {
    const total = (): number =>
      json<{ trials: number }[]>('trials').reduce((sum, { trials: some }) => sum + some, 0);
    // Eight backtests and the one of the first start, and eight combinations.
    const before = total();
    expect(before).toBe(8 + 1 + 8);
    const sweep = json<{ id: string }>(
      'optimize',
      'sma-cross',
      '--symbol',
      'SPX',
      ...SPACE,
      ...START,
      ...COSTS,
    );
    sweepId = sweep.id;
    expect(total()).toBe(before);
  });

  it('is plain k-fold with one fold at a time, and tells what it purged', () => {
    const { findings } = json<CrossValidation>(
      'cross-validate',
      'sma-cross',
      '--symbol',
      'SPX',
      ...SPACE,
      ...START,
      ...COSTS,
      '--folds',
      '5',
      '--test-folds',
      '1',
      '--embargo',
      '2%',
      '--objective',
      'growth',
    );
    expect(findings.paths).toHaveLength(1);
    // The slowest average needs 240 closes before its first value.
    expect(findings.purge).toBe(239);
    const second = findings.splits[1];
    const gap = (second?.train[1]?.from ?? 0) - (second?.test[0]?.to ?? 0);
    expect(gap).toBe(239 + Math.ceil(0.02 * findings.bars));
    const told = renata(
      'cross-validate',
      'sma-cross',
      '--symbol',
      'SPX',
      ...SPACE,
      ...START,
      ...COSTS,
      '--folds',
      '5',
      '--test-folds',
      '1',
      '--purge',
      '10',
    );
    expect(told.out).toMatch(
      /note +The longest trade of any combination holds \d+ bars and 10 are/,
    );
    expect(told.out).toMatch(/^buy & hold +/m);
  });

  it('says what is wrong before anything runs', () => {
    const ask = (...more: string[]) =>
      renata('cross-validate', 'sma-cross', '--symbol', 'SPX', ...SPACE, ...START, ...more);
    const cases = [
      [['--folds', '40', '--test-folds', '6'], /3,838,380 splits, and 1,000 can be run/],
      [['--purge', '2000'], /leaves some split without a bar to choose on/],
      [['--objective', 'trades'], /objective: "trades" is not one of sharpe, sortino, growth/],
      [['--search', 'adaptive:20'], /write grid or random:500/],
    ] as const;
    for (const [more, message] of cases) {
      const refused = ask(...more);
      expect(refused.err).toMatch(message);
      expect(refused.code).toBe(2);
    }
    const large = renata(
      'cross-validate',
      'sma-cross',
      '--symbol',
      'SPX',
      '--param',
      'fast=2..200',
      '--param',
      'slow=2..200',
      '--memory',
      '8MB',
    );
    expect(large.err).toMatch(
      /19,701 combinations over 5,105 bars take 805 MB, and 8 MB are allowed/,
    );
    expect(json<{ kind: string }[]>('research', 'list').map(({ kind }) => kind)).toEqual([
      'cross-validation',
      'cross-validation',
      'sweep',
      'cross-validation',
    ]);
  });

  it('ends with Ctrl+C, is listed as paused and can be begun again', async () => {
    const child = spawn(
      process.execPath,
      [
        PROGRAM,
        'cross-validate',
        'sma-cross',
        '--symbol',
        'SPX',
        '--param',
        'fast=5..24',
        '--param',
        'slow=30..180',
        '--folds',
        '6',
      ],
      { cwd: folder, env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`it ended by itself: ${told}`)));
      child.stderr.on('data', () => {
        if (told.includes('splits')) setTimeout(resolve, 700);
      });
    });
    // All that it says has been heard then.
    const closed = once(child, 'close');
    child.kill('SIGINT');
    const [code] = (await closed) as [number];
    expect(code).toBe(130);
    expect(told).toMatch(/nothing is kept of it but its request; begin it again with: renata/);
    const [item] = json<{ id: string; state: string; kind: string }[]>('research', 'list');
    expect(item).toMatchObject({ state: 'paused', kind: 'cross-validation' });
    expect(renata('research', 'resume', item?.id.slice(0, 8) ?? '').code).toBe(0);
    expect(json<{ state: string }[]>('research', 'list')[0]?.state).toBe('done');
    expect(renata('research', 'delete', item?.id ?? '').code).toBe(0);
    expect(json<{ id: string }[]>('research', 'list').some(({ id }) => id === item?.id)).toBe(
      false,
    );
  });
});

describe('reality-check', () => {
  interface RealityCheck {
    readonly about: string;
    readonly findings: {
      readonly strategies: number;
      readonly periods: number;
      readonly best: { parameters: { slow: number }; mean: number };
      readonly statistic: number;
      readonly pValue: number;
      readonly spaLower: number;
      readonly spaConsistent: number;
      readonly spaUpper: number;
      readonly above: number;
      readonly histogram: { counts: number[] };
    };
  }

  it('has the statistic of the backtests and the p-value of a bootstrap of its own', () => {
    const { about, findings } = json<RealityCheck>('reality-check', sweepId, '--block', '10');
    expect(about).toBe(sweepId);
    expect(findings.strategies).toBe(SLOWS.length);
    const excess = trials.map((returns) => returns.map((value, i) => value - (benchmark[i] ?? 0)));
    const means = excess.map(mean);
    const best = means.indexOf(Math.max(...means));
    const length = excess[0]?.length ?? 0;
    expect(findings.periods).toBe(length);
    expect(findings.best.parameters.slow).toBe(SLOWS[best]);
    expect(findings.best.mean).toBeCloseTo(means[best] ?? 0, 12);
    const statistic = Math.sqrt(length) * (means[best] ?? 0);
    expect(findings.statistic).toBeCloseTo(statistic, 9);
    expect(findings.above).toBe(means.filter((value) => value > 0).length / SLOWS.length);
    // White (2000) with blocks of a mean length of 10, drawn one return at a time.
    let state = 12_345;
    const draw = (): number => {
      state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
      return state / 4_294_967_296;
    };
    let reached = 0;
    const samples = 400;
    for (let sample = 0; sample < samples; sample += 1) {
      const sums = means.map(() => 0);
      let at = 0;
      for (let i = 0; i < length; i += 1) {
        at = i === 0 || draw() < 0.1 ? Math.floor(draw() * length) : (at + 1) % length;
        excess.forEach((column, k) => {
          sums[k] = (sums[k] as number) + (column[at] as number);
        });
      }
      const most = Math.max(
        ...sums.map((sum, k) => Math.sqrt(length) * (sum / length - (means[k] as number))),
      );
      if (most >= statistic) reached += 1;
    }
    // Three standard errors of both.
    expect(Math.abs(findings.pValue - reached / samples)).toBeLessThan(0.09);
    expect(findings.spaLower).toBeLessThanOrEqual(findings.spaConsistent);
    expect(findings.spaConsistent).toBeLessThanOrEqual(findings.spaUpper);
    expect(findings.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
  });

  it('repeats with its seed and has another benchmark', () => {
    const ask = (...more: string[]) =>
      json<RealityCheck>('reality-check', sweepId, '--samples', '300', ...more).findings;
    const timeless = (found: object) => JSON.stringify({ ...found, seconds: 0 });
    expect(timeless(ask('--seed', '5'))).toBe(timeless(ask('--seed', '5')));
    const zero = ask('--against', 'zero');
    expect(zero.best.mean).toBeCloseTo(Math.max(...trials.map(mean)), 12);
    const text = renata('reality-check', sweepId.slice(0, 8), '--samples', '200');
    expect(text.out).toMatch(/White’s reality check +-?\d\.\d{4} +\d\.\d{3}/);
    expect(text.out).toMatch(/^verdict +/m);
  });

  it('takes sweeps only', () => {
    const other = json<{ id: string; kind: string }[]>('research', 'list').find(
      ({ kind }) => kind === 'cross-validation',
    );
    for (const command of ['reality-check', 'plateau']) {
      const refused = renata(command, other?.id ?? '');
      expect(refused.err).toMatch(/is no sweep/);
      expect(refused.code).toBe(2);
      expect(renata(command, 'ffffffff').err).toMatch(/there is no "ffffffff"/);
    }
    expect(renata('reality-check', sweepId, '--samples', '7').err).toMatch(
      /samples.* at least 100/,
    );
  });
});

describe('plateau', () => {
  it('is that of the rows, by hand', () => {
    interface Around {
      readonly row: { parameters: { slow: number }; score: number };
      readonly neighbours: number;
      readonly mean: number;
      readonly least: number;
      readonly stability: number;
    }
    const found = json<{
      best: Around;
      plateau: Around;
      slices: { name: string; values: number[]; best: number[]; mean: number[] }[];
      histogram: { counts: number[] };
    }>('plateau', sweepId);
    const scores = trials.map(sharpe);
    const worst = Math.min(...scores);
    const around = (k: number): number[] =>
      [scores[k - 1], scores[k + 1]].filter((score) => score !== undefined);
    const best = scores.indexOf(Math.max(...scores));
    const whole = scores.map((score, k) => mean([score, ...around(k)]));
    const middle = whole.indexOf(Math.max(...whole));
    for (const [told, k] of [
      [found.best, best],
      [found.plateau, middle],
    ] as const) {
      expect(told.row.parameters.slow).toBe(SLOWS[k]);
      expect(told.row.score).toBeCloseTo(scores[k] ?? 0, 9);
      expect(told.neighbours).toBe(around(k).length);
      expect(told.mean).toBeCloseTo(mean(around(k)), 9);
      expect(told.least).toBeCloseTo(Math.min(...around(k)), 9);
      expect(told.stability).toBeCloseTo((mean(around(k)) - worst) / ((scores[k] ?? 0) - worst), 9);
    }
    const [slice] = found.slices;
    expect(slice?.values).toEqual(SLOWS);
    slice?.best.forEach((score, k) => expect(score).toBeCloseTo(scores[k] ?? 0, 9));
    expect(found.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(SLOWS.length);
    const text = renata('plateau', sweepId, '--metric', '-max_drawdown', '--radius', '2').out;
    expect(text).toMatch(/within 2 places/);
    expect(text).toContain('-max_drawdown');
    expect(renata('plateau', sweepId, '--metric', 'sharp').err).toMatch(/sharp/);
  });
});

describe('random-entry', () => {
  interface RandomEntry {
    readonly runId: string;
    readonly findings: {
      readonly growth: { actual: number; percentile: number; histogram: { counts: number[] } };
      readonly sharpe: { actual: number; percentile: number };
      readonly trades: number;
      readonly at: string;
      readonly costPerSide: number;
      readonly notes: string[];
    };
  }

  it('runs a strategy and prices its trades as the run did', () => {
    const found = json<RandomEntry>(
      'random-entry',
      'sma-cross',
      '--symbol',
      'SPX',
      '--set',
      'fast=10',
      '--set',
      'slow=60',
      ...START,
      ...COSTS,
      '--samples',
      '400',
    );
    const { growth, trades, at, costPerSide } = found.findings;
    expect(at).toBe('close');
    expect(costPerSide).toBeCloseTo(0.001, 4);
    const table = columnsOf('run-60/trades.csv');
    const prices = { entry: table['EntryPrice'] ?? [], exit: table['ExitPrice'] ?? [] };
    // The last one is still open at the end of the data, or all are closed.
    expect([prices.entry.length, prices.entry.length - 1]).toContain(trades);
    let product = 1;
    for (let k = 0; k < trades; k += 1) {
      const gain = Number(prices.exit[k]) / Number(prices.entry[k]);
      product *= gain * (1 - costPerSide) ** 2;
    }
    expect(growth.actual).toBeCloseTo(product, 6);
    expect(growth.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(400);
    expect(growth.percentile).toBeGreaterThan(0);
    // The same run, named, is compared with the same random ones.
    const again = json<RandomEntry>('random-entry', found.runId.slice(0, 8), '--samples', '400');
    expect({ ...again.findings, seconds: 0 }).toEqual({ ...found.findings, seconds: 0 });
    const text = renata('random-entry', 'latest', '--samples', '200').out;
    expect(text).toMatch(/^verdict +the run returned more than [\d.]+% of the random strategies/m);
  });

  it('needs a run that is stored and has closed trades', () => {
    expect(renata('random-entry', 'zzzzzz').err).toMatch(/there is no run "zzzzzz"/);
    expect(renata('random-entry', 'sma-cross', '--input', 'x.csv').err).toMatch(/not stored/);
    const none = renata(
      'random-entry',
      'sma-cross',
      '--symbol',
      'SPX',
      '--start',
      '2019-01-01',
      '--end',
      '2019-01-31',
    );
    expect(none.err).toMatch(/no closed trades/);
    expect(none.code).toBe(2);
  });
});
