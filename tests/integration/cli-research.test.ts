import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { openForReading } from '../../electron/storage/database.ts';

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
        'backtest',
        'sma-cross',
        '--symbol',
        'SPX',
        '--fast',
        fast,
        '--slow',
        slow,
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
  });

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
      ...SWEEP,
      ...few,
      '--top',
      '2',
      '--export',
      'few.json',
    );
    expect(printed.best.length).toBe(2);
    const [first] = printed.best;
    const { fast, slow } = first ?? {};
    expect(printed.findings).toMatchObject({ best: { parameters: { fast, slow } } });
    const rows = JSON.parse(readFileSync(join(folder, 'few.json'), 'utf8')) as unknown[];
    expect(rows.length).toBe(4);
    expect(renata(...SWEEP, ...few, '--export', 'few.parquet').code).toBe(0);
    expect(readFileSync(join(folder, 'few.parquet')).subarray(0, 4).toString()).toBe('PAR1');
  });

  it('searches adaptively as a seed repeats it', () => {
    for (const search of ['adaptive:40']) {
      const asked = [...SWEEP, ...PAIRS, '--search', search, '--seed', '7'];
      expect(renata(...asked, '--export', 'a.csv').code).toBe(0);
      expect(renata(...asked, '--export', 'b.csv').code).toBe(0);
      const { rows, text } = rowsOf('a.csv');
      expect(rows.length).toBe(40);
      expect(new Set(rows.map(([fast, slow]) => `${fast} ${slow}`)).size).toBe(40);
      expect(rowsOf('b.csv').text).toBe(text);
    }
  });

  it('counts every trial once, however often it is run', () => {
    const before = json<{ dataset: string; trials: number }[]>('trials');
    expect(renata(...SWEEP, ...PAIRS, ...COSTS).code).toBe(0);
    expect(json('trials')).toEqual(before);
    const spx = before.find(({ dataset }) => dataset === 'SPX.INDEX@1d raw');
    expect(spx?.trials).toBeGreaterThan(4_851 + 40);
  });
});

/** Large enough to be killed on the way: every pair is followed by itself. */
const LONG = [
  ...SWEEP,
  '--param',
  'fast=2..120',
  '--param',
  'slow=3..300',
  '--where',
  'fast < slow',
  '--short',
];

/** Starts a command and waits until its research has stored its first results. */
async function startUntilRows(
  ...args: string[]
): Promise<{ child: ReturnType<typeof spawn>; id: string; ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: ENVIRONMENT,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const connection = openForReading(store);
  const newest = connection.prepare<[], { id: string; next_place: number; state: string }>(
    'SELECT id, next_place, state FROM research ORDER BY created_at DESC LIMIT 1',
  );
  try {
    const before = newest.get()?.id;
    for (;;) {
      const row = newest.get();
      if (row !== undefined && row.id !== before && row.next_place > 0) {
        return { child, id: row.id, ended };
      }
      if (child.exitCode !== null) throw new Error('it ended too early');
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
  } finally {
    connection.close();
  }
}

function research(id: string): Item | undefined {
  return json<Item[]>('research', 'list').find((item) => item.id === id);
}

describe('research that is interrupted', () => {
  it('goes on after kill -9 to the same table, byte for byte', async () => {
    const { child, id, ended } = await startUntilRows(...LONG);
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
    expect(rows.length).toBeGreaterThan(20_000);
    expect(rowsOf('resumed.csv').text === text).toBe(true);
  });

  it('is paused and resumed from another process, and deleted', async () => {
    const longer = LONG.map((each) => each.replace('2..120', '2..200').replace('3..300', '3..400'));
    let id = '';
    let code = 0;
    // It may be done before it is paused: another one is begun.
    for (let seed = 2; seed < 7 && code !== 130; seed += 1) {
      const begun = await startUntilRows(...longer, '--seed', String(seed));
      ({ id } = begun);
      renata('research', 'pause', id.slice(0, 8));
      [code] = (await begun.ended) as [number];
      expect([research(id)?.state, code]).toEqual(code === 130 ? ['paused', 130] : ['done', 0]);
    }
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
  });
});

/** Strategy code with one parameter that does something on its hundredth bar. */
function strategy(onBar: string): string {
  return `export const strategy = {
  title: 'Test', description: 'A test.',
  parameters: { n: { default: 1, min: 1, max: 1000, description: 'N' } },
  create(p) {
    return { onBar(bar) {
      if (bar.index === 10) bar.buy();
      if (bar.index === 100) { ${onBar}; }
    } };
  },
};
`;
}

describe('bad input', () => {
  it('of a strategy is told with file and combination; what was finished is kept', () => {
    writeFileSync(join(folder, 'throws.js'), strategy('if (p.n === 4) throw new Error("no luck")'));
    const failed = renata('optimize', 'throws.js', '--symbol', 'SPX', '--param', 'n=1..8');
    expect(failed).toMatchObject({ code: 1, out: '' });
    expect(failed.err).toMatch(/throws\.js.*no luck.*\(with n 4\)/);
    expect(failed.err).toMatch(/3 of 8 are done and kept; go on with: renata research resume/);
    const [item] = json<Item[]>('research', 'list');
    expect(item).toMatchObject({ state: 'failed', done: 3, total: 8, rows: 3 });
  });

  it('of 10^9 combinations says how long and how large before it starts', () => {
    const billion = [
      '--param',
      'fast=2..1000',
      '--param',
      'slow=3..1000',
      '--param',
      'signal=1..1000',
    ];
    const count = json<Item[]>('research', 'list').length;
    const refused = renata('optimize', 'macd-trend', '--symbol', 'SPX', ...billion);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toMatch(
      /about \d+,\d{3},\d{3} combinations of 5,105 bars: about [\d.]+ (minutes|hours|days)/,
    );
    expect(refused.err).toMatch(/\d+ GB of results/);
    expect(refused.err).toContain('--yes');
    expect(json<Item[]>('research', 'list').length).toBe(count);
  });

  it.each<[string, string[], string]>([
    ['an unknown parameter', [...SWEEP, '--param', 'fats=2..5'], 'no parameter "fats"'],
    ['an empty grid', [...SWEEP, ...PAIRS, '--where', 'fast > slow'], 'none of the 9801'],
    ['a search that is none', [...SWEEP, ...PAIRS, '--search', 'all'], 'is not a search'],
    ['a memory that is none', [...SWEEP, ...PAIRS, '--memory', 'much'], 'is not a size'],
    ['a file that is none', [...SWEEP, ...PAIRS, '--export', 'sweep.xls'], 'is no .csv'],
    ['both sources', [...SWEEP, ...PAIRS, '--input', 'spx.csv'], 'one of them'],
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
    ['symbols not there', ['allocate', '--symbols', 'SPX,SPY'], 'there are no bars of "SPY"'],
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
  });

  it('simulates a run', () => {
    const done = renata('monte-carlo', 'latest', '--paths', '300', '--method', 'shuffle');
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/Max\. Drawdown \[%\]( +-\d+\.\d\d){6} +\d+\.\d%/);
    expect(done.out).toMatch(/ruin +\d+\.\d% of the paths/);
  });

  it('grades a strategy', () => {
    const asked = ['lookahead-analysis', 'sma-cross', '--symbol', 'SPX', '--slippage', '5bps'];
    const { findings, grade } = json<{
      grade: string;
      findings: { check: string; severity: string }[];
    }>(...asked, '--commission', '0.1%');
    expect(findings.some(({ severity }) => severity === 'fatal')).toBe(false);
    expect(['A', 'B', 'C', 'D']).toContain(grade);
  });

  it('allocates over stored bars', () => {
    const text = readFileSync(join(folder, 'spx.csv'), 'utf8');
    writeFileSync(join(folder, 'twin.csv'), text);
    const add = ['--symbol', 'TWIN', '--calendar', 'us-equity'];
    expect(renata('import-data', 'twin.csv', ...add).code).toBe(0);
    const done = json<{ weights: Record<string, number>; figures: Record<string, number> }>(
      'allocate',
      '--symbols',
      'SPX,TWIN',
      '--method',
      'equal-weight',
      '--lookback',
      '20',
      '--export',
      'allocation.csv',
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
