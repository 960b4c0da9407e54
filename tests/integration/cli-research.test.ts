import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cli-research-'));
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const ENVIRONMENT = { ...process.env, RENATA_DATA_DIR: store, NO_COLOR: '1' };
const PROGRAM = fromRoot('bin/renata.mjs');

function renata(...args: string[]): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: ENVIRONMENT,
    timeout: 100_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function json<Value>(...args: string[]): Value {
  const { code, out, err } = renata(...args, '--json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Value;
}

function rowsOf(file: string): { names: string[]; rows: string[][]; text: string } {
  const text = readFileSync(join(folder, file), 'utf8');
  const [names = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return { names, rows, text };
}

const COSTS = ['--fill', 'same-close', '--commission', '0.1%', '--size', 'all'];
const SWEEP = ['optimize', 'sma-cross', '--symbol', 'SPX'];
const PAIRS = ['--param', 'fast=2..100', '--param', 'slow=2..100', '--where', 'fast < slow'];

interface Item {
  readonly id: string;
  readonly state: string;
  readonly message: string | null;
  readonly done: number;
  readonly total: number;
}

describe('optimize', () => {
  it('runs all 4,851 pairs of averages, each as a backtest of its own would', () => {
    const done = renata(...SWEEP, ...PAIRS, ...COSTS, '--export', 'sweep.csv');
    expect(done.err).toContain('wrote');
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/4,851 combinations by sharpe/);
    expect(done.out).toMatch(/best +fast 11, slow 75: sharpe 0\.537/);
    expect(done.out).toMatch(/plateau/);
    expect(done.out).toMatch(/4,852 trials on these data ever/);
    const { names, rows } = rowsOf('sweep.csv');
    expect(names).toEqual([
      'fast',
      'slow',
      'return',
      'cagr',
      'sharpe',
      'sortino',
      'max_drawdown',
      'trades',
      'win_rate',
      'profit_factor',
      'exposure',
      'final_equity',
    ]);
    expect(rows.length).toBe(4_851);
    expect(new Set(rows.map(([fast, slow]) => `${fast} ${slow}`)).size).toBe(4_851);
    expect(rows.every(([fast, slow]) => Number(fast) < Number(slow))).toBe(true);
    const titles = {
      return: 'Return [%]',
      sharpe: 'Sharpe Ratio',
      max_drawdown: 'Max. Drawdown [%]',
      trades: '# Trades',
      final_equity: 'Equity Final [$]',
    };
    for (const [fast, slow] of [
      ['2', '3'],
      ['11', '75'],
      ['50', '51'],
      ['99', '100'],
    ] as const) {
      const { statistics } = json<{ statistics: Record<string, number> }>(
        ...['backtest', 'sma-cross', '--symbol', 'SPX', '--fast', fast, '--slow', slow],
        ...COSTS,
      );
      const row = rows.find((each) => each[0] === fast && each[1] === slow) ?? [];
      for (const [name, title] of Object.entries(titles)) {
        const got = Number(row[names.indexOf(name)]);
        const wanted = statistics[title] ?? Number.NaN;
        expect(Math.abs(got - wanted), `${name} of ${fast}/${slow}`).toBeLessThanOrEqual(
          1e-9 * Math.abs(wanted),
        );
      }
    }
  }, 200_000);

  it('gives the same bytes within a memory of 4 MB and from a file of the same bars', () => {
    const whole = rowsOf('sweep.csv').text;
    const small = [...COSTS, '--memory', '4MB', '--export', 'small.csv'];
    expect(renata(...SWEEP, ...PAIRS, ...small).code).toBe(0);
    expect(rowsOf('small.csv').text).toBe(whole);
    expect(renata('export-data', 'SPX', '--output', 'spx.csv').code).toBe(0);
    const file = ['optimize', 'sma-cross', '--input', 'spx.csv', ...PAIRS, ...COSTS];
    expect(renata(...file, '--export', 'file.csv').code).toBe(0);
    expect(rowsOf('file.csv').text).toBe(whole);
  });

  it('exports to Parquet and JSON, and prints JSON', () => {
    const few = ['--param', 'fast=5,10', '--param', 'slow=20,30', ...COSTS];
    const printed = json<{ best: Record<string, number>[]; findings: unknown }>(
      ...[...SWEEP, ...few, '--top', '2', '--export', 'few.json'],
    );
    expect(printed.best.length).toBe(2);
    expect(printed.findings).toMatchObject({ best: { parameters: { fast: 5 } } });
    const rows = JSON.parse(readFileSync(join(folder, 'few.json'), 'utf8')) as unknown[];
    expect(rows.length).toBe(4);
    expect(renata(...SWEEP, ...few, '--export', 'few.parquet').code).toBe(0);
    expect(readFileSync(join(folder, 'few.parquet')).subarray(0, 4).toString()).toBe('PAR1');
  });

  it('draws random and adaptive samples that a seed repeats', () => {
    for (const search of ['random:40', 'adaptive:40']) {
      const asked = [...SWEEP, ...PAIRS, '--search', search, '--seed', '7'];
      expect(renata(...asked, '--export', 'a.csv').code).toBe(0);
      expect(renata(...asked, '--export', 'b.csv').code).toBe(0);
      const { rows, text } = rowsOf('a.csv');
      expect(rows.length).toBe(40);
      expect(new Set(rows.map(([fast, slow]) => `${fast} ${slow}`)).size).toBe(40);
      expect(rowsOf('b.csv').text).toBe(text);
    }
  });

  it('finds more with an adaptive search than the same number of random draws', () => {
    const best = (search: string): number => {
      const asked = [...SWEEP, '--param', 'fast=2..200', '--param', 'slow=3..400', ...COSTS];
      return (
        json<{ best: { return: number }[] }>(
          ...[...asked, '--where', 'fast < slow', '--search', search, '--objective', 'return'],
        ).best[0]?.return ?? Number.NaN
      );
    };
    expect(best('adaptive:300')).toBeGreaterThan(best('random:300'));
  });

  it('counts every trial once, however often it is run', () => {
    const before = json<{ dataset: string; trials: number }[]>('trials');
    expect(renata(...SWEEP, ...PAIRS, ...COSTS).code).toBe(0);
    expect(json('trials')).toEqual(before);
    const spx = before.find(({ dataset }) => dataset === 'SPX.INDEX@1d raw');
    expect(spx?.trials).toBeGreaterThan(4_851 + 4 + 40);
  });
});

/** Large enough to be killed on the way: every pair is followed by itself. */
const LONG = [
  ...SWEEP,
  ...['--param', 'fast=2..200', '--param', 'slow=3..400', '--where', 'fast < slow'],
  '--short',
];

/** Starts a command and waits until research of the store has got so far. */
async function startUntil(
  least: number,
  ...args: string[]
): Promise<{ child: ReturnType<typeof spawn>; id: string; ended: Promise<unknown> }> {
  const known = new Set(json<Item[]>('research', 'list').map(({ id }) => id));
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: ENVIRONMENT,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  for (;;) {
    const item = json<Item[]>('research', 'list').find(({ id }) => !known.has(id));
    if (item !== undefined && item.done >= least) return { child, id: item.id, ended };
    if (child.exitCode !== null) throw new Error('it ended too early');
  }
}

function research(id: string): Item | undefined {
  return json<Item[]>('research', 'list').find((item) => item.id === id);
}

describe('research that is interrupted', () => {
  it('goes on after kill -9 to the same table, byte for byte', async () => {
    const { child, id, ended } = await startUntil(1, ...LONG);
    child.kill('SIGKILL');
    await ended;
    const killed = research(id);
    expect(killed).toMatchObject({ state: 'paused' });
    expect(killed?.message).toContain('interrupted');
    expect(killed?.done).toBeGreaterThan(0);
    expect(killed?.done).toBeLessThan(killed?.total ?? 0);
    expect(renata('optimize', '--resume', id.slice(0, 8), '--export', 'resumed.csv').code).toBe(0);
    expect(research(id)).toMatchObject({ state: 'done' });
    expect(renata(...LONG, '--export', 'whole.csv').code).toBe(0);
    const { text, rows } = rowsOf('whole.csv');
    expect(rows.length).toBeGreaterThan(50_000);
    expect(rowsOf('resumed.csv').text === text).toBe(true);
  }, 300_000);

  it('is paused and resumed from another process, and deleted', async () => {
    const { id, ended } = await startUntil(1, ...LONG, '--seed', '2');
    expect(renata('research', 'pause', id.slice(0, 8)).code).toBe(0);
    const [code] = (await ended) as [number];
    expect(code).toBe(130);
    const paused = research(id);
    expect(paused).toMatchObject({ state: 'paused' });
    expect(paused?.done).toBeLessThan(paused?.total ?? 0);
    expect(renata('research', 'pause', id).err).toContain('is not running');
    expect(renata('research', 'resume', id.slice(0, 8)).code).toBe(0);
    expect(research(id)).toMatchObject({ state: 'done', done: paused?.total });
    expect(renata('runs', '--research').out).toContain(id.slice(0, 8));
    expect(renata('research', 'delete', id.slice(0, 8)).code).toBe(0);
    expect(research(id)).toBeUndefined();
  }, 300_000);

  it('does not go on over other bars', () => {
    const rows = readFileSync(join(folder, 'spx.csv'), 'utf8').trim().split('\n');
    writeFileSync(join(folder, 'other.csv'), `${rows.slice(0, 2_000).join('\n')}\n`);
    const add = ['--symbol', 'OTHER', '--calendar', 'us-equity'];
    expect(renata('import-data', 'other.csv', ...add).code).toBe(0);
    // Its third combination fails, so that it is left unfinished.
    writeFileSync(join(folder, 'third.js'), strategy('if (p.n === 3) throw new Error("three")'));
    const asked = ['optimize', 'third.js', '--symbol', 'OTHER', '--param', 'n=1..5'];
    expect(renata(...asked).code).toBe(1);
    const failed = json<Item[]>('research', 'list')[0];
    expect(failed).toMatchObject({ state: 'failed', done: 2 });
    writeFileSync(join(folder, 'other.csv'), `${rows.slice(0, 1_900).join('\n')}\n`);
    expect(renata('import-data', 'other.csv', ...add).code).toBe(0);
    const resumed = renata('research', 'resume', failed?.id ?? '');
    expect(resumed.code).toBe(1);
    expect(resumed.err).toContain('The bars of OTHER.LOCAL@1d are others now');
  }, 120_000);
});

/** Strategy code with one parameter that does something on its hundredth bar. */
function strategy(onBar: string): string {
  return `export const strategy = {
  title: 'Test', description: 'A test.',
  parameters: [{ kind: 'integer', name: 'n', label: 'N', description: 'N', default: 1, min: 1, max: 1000, step: 1 }],
  create(p) {
    return { onBar(context) {
      if (context.index === 10) context.buy();
      if (context.index === 100) { ${onBar}; }
      if (context.index === 110 + p.n) context.exit();
    } };
  },
};
`;
}

describe('bad input', () => {
  it.each<[string, string, string]>([
    ['throws', 'if (p.n === 4) throw new Error("no luck")', 'no luck'],
    ['never returns', 'while (p.n === 4);', 'loop'],
    [
      'allocates without end',
      'const all = []; while (p.n === 4) all.push(new Float64Array(1e6))',
      'memory',
    ],
  ])(
    'of a strategy that %s is told with the combination; what was finished is kept',
    (name, code, message) => {
      const file = `${name.replaceAll(' ', '-')}.js`;
      writeFileSync(join(folder, file), strategy(code));
      const failed = renata('optimize', file, '--symbol', 'SPX', '--param', 'n=1..8');
      expect(failed.code).toBe(1);
      expect(failed.err).toContain(file);
      expect(failed.err).toContain(message);
      expect(failed.err).toMatch(/with n 4/);
      const [item] = json<Item[]>('research', 'list');
      expect(item).toMatchObject({ state: 'failed', done: 3, total: 8, rows: 3 });
    },
    120_000,
  );

  it('of 10^9 combinations says how long and how large before it starts', () => {
    const billion = [
      '--param',
      'fast=2..1001',
      '--param',
      'slow=2..1001',
      '--param',
      'signal=2..1001',
    ];
    const count = json<Item[]>('research', 'list').length;
    const refused = renata('optimize', 'macd-trend', '--symbol', 'SPX', ...billion);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toMatch(
      /about \d+,\d{3},\d{3} combinations of 5,105 bars: about [\d.]+ (hours|days)/,
    );
    expect(refused.err).toMatch(/\d+ GB of results/);
    expect(refused.err).toContain('--yes');
    expect(json<Item[]>('research', 'list').length).toBe(count);
  });

  it.each<[string, string[], string]>([
    [
      'an unknown parameter',
      [...SWEEP, '--param', 'fats=2..5'],
      'no parameter "fats"; it has fast, slow. Did you mean fast?',
    ],
    ['an empty range', [...SWEEP, '--param', 'fast=9..2'], 'is empty'],
    [
      'an empty grid',
      [...SWEEP, ...PAIRS, '--where', 'fast > slow'],
      'none of the 9801 combinations passes',
    ],
    ['nothing to vary', SWEEP, 'nothing is varied'],
    [
      'a condition that cannot be read',
      [...SWEEP, ...PAIRS, '--where', 'fast < solw'],
      'did you mean slow?',
    ],
    [
      'an objective that is none',
      [...SWEEP, ...PAIRS, '--objective', 'sharp'],
      'did you mean sharpe?',
    ],
    ['a search that is none', [...SWEEP, ...PAIRS, '--search', 'all'], 'is not a search'],
    ['a memory that is none', [...SWEEP, ...PAIRS, '--memory', 'much'], 'is not a size'],
    ['a file that is none', [...SWEEP, ...PAIRS, '--export', 'sweep.xls'], 'is no .csv'],
    [
      'bars shorter than the warm-up',
      [...SWEEP, '--param', 'slow=200..300', '--start', '2020-01-02'],
      'are fewer than the',
    ],
    ['both sources', [...SWEEP, ...PAIRS, '--input', 'spx.csv'], 'one of them'],
    ['an unknown strategy', ['optimize', 'sma', '--symbol', 'SPX'], 'there is no strategy "sma"'],
    ['research that is not there', ['research', 'resume', 'nothing'], 'there is no "nothing"'],
    [
      'windows without a length',
      ['walk-forward', 'sma-cross', '--symbol', 'SPX', ...PAIRS],
      'Say how long windows are',
    ],
    [
      'windows longer than the bars',
      ['walk-forward', 'sma-cross', '--symbol', 'SPX', ...PAIRS, '--train', '40y', '--test', '1y'],
      'do not reach over 40y',
    ],
    ['a run that is not there', ['monte-carlo', 'zzzz'], 'there is no run "zzzz"'],
    [
      'symbols that are not there',
      ['allocate', '--symbols', 'SPX,SPY'],
      'there are no bars of "SPY"',
    ],
  ])('of %s is one sentence', (_name, args, message) => {
    const result = renata(...args);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toContain(message);
    expect(result.err.trim().split('\n').length).toBeLessThanOrEqual(2);
  });
});

describe('validation', () => {
  it('walks forward over windows of the calendar and exports them', () => {
    const asked = ['walk-forward', 'sma-cross', '--symbol', 'SPX'];
    const grid = ['--param', 'fast=5..50 step 15', '--param', 'slow=60..200 step 70'];
    const lengths = ['--train', '4y', '--test', '2y', '--export', 'test'];
    const done = renata(...asked, ...grid, ...lengths);
    expect(done.code).toBe(0);
    expect(done.out).toContain('12 combinations in each window');
    const { names, rows } = rowsOf('test/windows.csv');
    expect(names.slice(0, 4)).toEqual(['TrainStart', 'TrainEnd', 'TestStart', 'TestEnd']);
    // Bars from 2000-01-03 to 2020-04-17: tests begin every second year from 2004 on.
    expect(rows.map((row) => row[2])).toEqual([
      '2004-01-05',
      '2006-01-03',
      '2008-01-03',
      '2010-01-04',
      '2012-01-03',
      '2014-01-03',
      '2016-01-04',
      '2018-01-03',
      '2020-01-03',
    ]);
    const curve = rowsOf('test/curve.csv').rows;
    const product = rows.reduce((growth, row) => growth * (1 + Number(row.at(-1))), 1);
    expect(Number(curve.at(-1)?.[1])).toBeCloseTo(100_000 * product, 4);
  }, 120_000);

  it('simulates a run and says the same for the same seed', () => {
    const asked = [
      'monte-carlo',
      'latest',
      '--paths',
      '300',
      '--method',
      'shuffle',
      '--of',
      'bars',
    ];
    const first = json<{ findings: { growth: { quantiles: number[]; actual: number } } }>(...asked);
    expect(json<typeof first>(...asked).findings).toEqual(first.findings);
    // The same returns in another order end where they end.
    const { quantiles, actual } = first.findings.growth;
    for (const quantile of quantiles) expect(quantile).toBeCloseTo(actual, 9);
  });

  it('grades a strategy of its own and finds one that looks ahead', () => {
    const honest = json<{ grade: string; findings: { check: string; severity: string }[] }>(
      ...['lookahead-analysis', 'sma-cross', '--symbol', 'SPX', '--commission', '0.1%'],
      ...['--slippage', '5bps'],
    );
    expect(honest.findings.some(({ severity }) => severity === 'fatal')).toBe(false);
    // A decision that depends on how many bars there will be is not repeatable without the rest of them.
    writeFileSync(join(folder, 'ahead.js'), AHEAD);
    const ahead = json<typeof honest>('lookahead-analysis', 'ahead.js', '--symbol', 'SPX');
    expect(ahead.grade).toBe('F');
    expect(ahead.findings[0]).toMatchObject({ check: 'look-ahead', severity: 'fatal' });
  }, 120_000);

  it('allocates over stored bars', () => {
    const text = readFileSync(join(folder, 'spx.csv'), 'utf8');
    writeFileSync(join(folder, 'twin.csv'), text);
    const add = ['--symbol', 'TWIN', '--calendar', 'us-equity'];
    expect(renata('import-data', 'twin.csv', ...add).code).toBe(0);
    const done = json<{ weights: Record<string, number>; figures: Record<string, number> }>(
      ...['allocate', '--symbols', 'SPX,TWIN', '--method', 'equal-weight', '--lookback', '20'],
      ...['--export', 'allocation.csv'],
    );
    expect(done.weights).toEqual({ SPX: 0.5, TWIN: 0.5 });
    // Two halves of the same thing are the thing: held from the first bar after the first choice.
    const { rows } = rowsOf('allocation.csv');
    const closes = new Map(
      text
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','))
        .map((row) => [row[0] ?? '', Number(row[4])]),
    );
    const bought = rows.findIndex((row) => row[2] !== '') + 1;
    const growth =
      (closes.get(rows.at(-1)?.[0] ?? '') ?? 0) / (closes.get(rows[bought]?.[0] ?? '') ?? 1);
    expect(Number(rows.at(-1)?.[1])).toBeCloseTo(100_000 * growth, 4);
  });
});

const AHEAD = `export const strategy = {
  title: 'Ahead', description: 'Counts the bars to come.', parameters: [],
  create(_p, setup) {
    const last = setup.barCount;
    return { onBar(context) {
      if ((last - context.index) % 40 === 20) context.buy();
      if ((last - context.index) % 40 === 0) context.exit();
    } };
  },
};
`;
