import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { sharedData } from '../unit/engine/series/market.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cli-'));
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function renata(...args: string[]): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [fromRoot('bin/renata.mjs'), ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, RENATA_DATA_DIR: store, NO_COLOR: '1' },
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

const SMA = [
  'backtest',
  'sma-cross',
  '--symbol',
  'SPX',
  '--fast',
  '10',
  '--slow',
  '30',
  '--start',
  '2005-01-01',
  '--end',
  '2019-12-31',
];

describe('the command line', () => {
  it('shows help and version without opening a store', () => {
    expect(renata('--version')).toMatchObject({ code: 0, err: '' });
    const help = renata('backtest', 'sma-cross', '--help');
    expect(help.code).toBe(0);
    expect(help.out).toContain('--fast <value>');
    expect(() => readdirSync(store)).toThrow('ENOENT');
  });

  it('takes an empty --data-dir for a mistake, not for the present folder', () => {
    const before = readdirSync(folder);
    for (const command of ['list-data', 'serve']) {
      const wrong = renata(command, '--data-dir', '');
      expect(wrong.code).toBe(2);
      expect(wrong.err).toContain('data-dir: "" names no folder');
    }
    expect(readdirSync(folder)).toEqual(before);
  });

  it('runs a backtest of the series that it came with, and says the same twice', () => {
    const first = renata(...SMA, '--json');
    expect(first.code).toBe(0);
    const result = JSON.parse(first.out) as {
      barCount: number;
      orderHash: string;
      statistics: Record<string, number>;
      trades: unknown[];
    };
    // The figures that the golden backtests declare.
    expect(result.barCount).toBe(3_775);
    expect(result.statistics['Return [%]']).toBeCloseTo(90.9538676244, 6);
    expect(result.statistics['# Trades']).toBe(63);
    const again = JSON.parse(renata(...SMA, '--json').out) as typeof result;
    expect(again.orderHash).toBe(result.orderHash);
    expect(again.statistics).toEqual(result.statistics);
    expect(again.trades).toEqual(result.trades);
    expect(renata('runs', '--json').out).toContain(result.orderHash);
  });

  it('prints a report for people', () => {
    const report = renata(...SMA, '--commission', '0.1%', '--fill', 'same-close', '--size', 'all');
    expect(report.code).toBe(0);
    expect(report.out).toMatch(/Sharpe Ratio\s+0\.39/);
    expect(report.out).toMatch(/orders [0-9a-f]{64}/);
  });

  it('exports everything', () => {
    const target = join(folder, 'out');
    expect(renata(...SMA, '--export', target).code).toBe(0);
    expect(readdirSync(target).toSorted()).toEqual([
      'equity.csv',
      'equity.parquet',
      'orders.csv',
      'orders.parquet',
      'run.json',
      'statistics.json',
      'tearsheet.html',
      'trades.csv',
      'trades.parquet',
    ]);
    const trades = readFileSync(join(target, 'trades.csv'), 'utf8').trim().split('\n');
    expect(trades[0]).toMatch(
      /^Size,EntryBar,ExitBar,EntryPrice,ExitPrice,SL,TP,PnL,ReturnPct,EntryTime/,
    );
    expect(trades.length).toBe(65);
    expect(readFileSync(join(target, 'equity.csv'), 'utf8').trim().split('\n').length).toBe(3_776);
  });

  it('gives stored bars back and takes them in again', () => {
    expect(renata('export-data', 'SPX', '--output', 'spx.csv').code).toBe(0);
    expect(
      renata('import-data', 'spx.csv', '--symbol', 'COPY', '--calendar', 'us-equity').code,
    ).toBe(0);
    const list = JSON.parse(renata('list-data', '--json').out) as {
      symbol: string;
      current: { contentHash: string; barCount: number };
    }[];
    const [copy, spx] = ['COPY', 'SPX'].map((symbol) =>
      list.find((each) => each.symbol === symbol),
    );
    expect(copy?.current).toMatchObject({ barCount: 5_105, contentHash: spx?.current.contentHash });
    expect(renata('delete-data', 'COPY').code).toBe(0);
    expect(renata('list-data').out).not.toContain('COPY');
    const piped = renata('export-data', 'SPX', '--output', '-', '--start', '2020-04-17');
    expect(piped.out).toContain('2020-04-17,2842.429932,2879.219971');
  });

  const file = sharedData('daily/AAPL.csv');
  it.skipIf(file === undefined)('runs on a file without importing it', () => {
    const result = renata('backtest', 'sma-cross', '--input', file ?? '', '--short', '--json');
    expect(result.code).toBe(0);
    expect((JSON.parse(result.out) as { symbol: string }).symbol).toBe('AAPL');
    expect(renata('list-data').out).not.toContain('AAPL');
  });

  it.each<[string, string[], string]>([
    [
      'an unknown symbol',
      ['backtest', 'sma-cross', '--symbol', 'SPY'],
      'there are no bars of "SPY". Did you mean "SPX"?',
    ],
    ['no symbol', ['backtest', 'sma-cross'], 'Say what to test on'],
    ['an unknown strategy', ['backtest', 'sma'], 'there is no strategy "sma"; there are sma-cross'],
    ['an unknown flag', [...SMA, '--fats', '3'], '--fats'],
    ['fast at slow', [...SMA, '--fast', '30'], 'fast 30 must be less than slow 30'],
    ['fast that is no number', [...SMA, '--fast', 'x'], 'is not a number'],
    [
      'dates the wrong way round',
      [...SMA, '--start', '2019-01-01', '--end', '2018-01-01'],
      'start',
    ],
    ['dates outside the data', [...SMA, '--start', '1990-01-01'], 'lies outside the data'],
    ['a date that is none', [...SMA, '--start', '2020-02-30'], 'is not a date'],
    ['a commission that is none', [...SMA, '--commission', 'much'], 'is not a commission'],
    ['a missing file', ['import-data', 'nowhere.csv'], 'There is no file'],
    ['a missing input', ['backtest', 'sma-cross', '--input', 'nowhere.csv'], 'there is no file'],
    ['a format that is none', ['export-data', 'SPX', '--format', 'xls'], 'xls'],
  ])('refuses %s in one sentence', (_name, args, message) => {
    const result = renata(...args);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toContain(message);
    expect(result.err.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect(result.err).not.toContain('    at ');
  });

  it('names file, line and column of a broken file, and stores nothing of it', () => {
    writeFileSync(
      join(folder, 'broken.csv'),
      'date,open,high,low,close,volume\n2020-01-02,1,2,0.5,1.5,10\n2020-01-03,1,x,0.5,1.5,10\n',
    );
    const result = renata('import-data', 'broken.csv');
    expect(result.code).toBe(2);
    expect(result.err).toMatch(/broken\.csv.*line 3.*column/i);
    const json = renata('import-data', 'broken.csv', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, error: { code: 'BAD_FILE' } });
    expect(renata('list-data').out).not.toContain('BROKEN');
  });
});

describe('indicators on the command line', () => {
  const rows = (text: string): string[][] =>
    text
      .trim()
      .split('\n')
      .map((line) => line.split(','));

  it('are computed over stored bars, one row a bar in full precision', () => {
    const result = renata('compute', 'sma(close, 3)', '--symbol', 'SPX');
    expect(result).toMatchObject({ code: 0, err: '' });
    const close = rows(renata('compute', 'close', '--symbol', 'SPX').out);
    const [header, ...sma] = rows(result.out);
    expect(header).toEqual(['time', 'sma']);
    expect(sma.length).toBe(5_105);
    expect(sma[1]).toEqual([close[2]?.[0], '']);
    for (const i of [3, 100, 5_105]) {
      const wanted = [0, 1, 2].reduce((sum, k) => sum + Number(close[i - k]?.[1]), 0) / 3;
      expect(Math.abs(Number(sma[i - 1]?.[1]) / wanted - 1)).toBeLessThan(1e-15);
    }
  });

  it('give every output, a range and JSON', () => {
    const range = ['--symbol', 'SPX', '--start', '2020-04-01', '--end', '2020-04-03'];
    const [header, ...values] = rows(renata('compute', 'macd(12, 26, 9)', ...range).out);
    expect(header).toEqual(['time', 'macd', 'signal', 'hist']);
    expect(values.map(([time]) => time)).toEqual(['2020-04-01', '2020-04-02', '2020-04-03']);
    const json = JSON.parse(renata('compute', 'macd', ...range, '--format', 'json').out) as {
      readonly indicator: string;
      readonly time: readonly string[];
      readonly outputs: Readonly<Record<string, readonly number[]>>;
    };
    expect(json.indicator).toBe('macd');
    expect(json.outputs['hist']?.map(String)).toEqual(values.map((row) => row[3]));
  });

  it('take parameters, other timeframes and files that are not stored', () => {
    const file = join(folder, 'tiny.csv');
    const lines = [10, 11, 12, 13, 14].map((x, i) => `2024-01-0${i + 1},${x},${x},${x},${x},5`);
    writeFileSync(file, ['date,open,high,low,close,volume', ...lines].join('\n'));
    const rising = renata(
      'compute',
      'sma(close, param("n", 2, 2..4))',
      '--input',
      file,
      '--param',
      'n=4',
    );
    expect(rows(rising.out).map((row) => row[1])).toEqual(['sma', '', '', '', '11.5', '12.5']);
    const weekly = renata('compute', 'tf("1w", close)', '--symbol', 'SPX', '--start', '2020-04-06');
    expect(weekly.code).toBe(0);
    expect(renata('compute', 'close', '--input', join(folder, 'absent.csv')).err).toContain(
      'no file',
    );
    expect(renata('compute', 'close').err).toContain('Say what to read');
  });

  it('point at what is wrong in an expression', () => {
    const wrong = renata('compute', '1 + rsl(14)', '--symbol', 'SPX', '--json');
    expect(wrong.code).not.toBe(0);
    expect(wrong.err).toContain('column 5: unknown function rsl: did you mean rsi?');
    expect(JSON.parse(wrong.out)).toMatchObject({ ok: false, error: { code: 'BAD_INPUT' } });
    expect(renata('compute', 'sma(close, 0)', '--symbol', 'SPX').err).toContain(
      'must be a whole number from 2',
    );
  });

  it('are listed, searched and explained without a store', () => {
    const all = JSON.parse(renata('indicators', '--json').out) as readonly {
      readonly id: string;
    }[];
    expect(all.length).toBeGreaterThan(220);
    const one = renata('indicators', 'bollinger').out;
    expect(one).toContain('bbands(');
    expect(one).toContain('Bollinger on Bollinger Bands');
    expect(renata('indicators', '--search', 'ichimoku').out).toContain('tenkan');
    expect(renata('indicators', '--group', 'volume indicators').out).toContain('vwap');
    expect(renata('indicators', 'rsl').err).toContain('Did you mean "rsi"?');
    expect(renata('indicators', '--group', 'x').err).toContain('there is no group "x"');
  });

  it('find patterns, each at the bar that confirmed it', () => {
    const found = JSON.parse(renata('patterns', '--symbol', 'SPX', '--json').out) as {
      readonly patterns: readonly {
        readonly kind: string;
        readonly confirmedAt: number;
        readonly points: readonly { readonly bar: number }[];
      }[];
    };
    expect(found.patterns.length).toBeGreaterThan(100);
    for (const { points, confirmedAt } of found.patterns) {
      expect(points.every(({ bar }) => bar <= confirmedAt)).toBe(true);
    }
    const some = renata('patterns', '--symbol', 'SPX', '--kind', 'double-top', '--kind', 'gap-up');
    expect(some.out).toContain('double-top');
    const apart = renata(
      'patterns',
      '--symbol',
      'SPX',
      '--oscillator',
      'rsi(14)',
      '--kind',
      'regular-divergence',
    );
    expect(apart.out).toContain('bearish');
    expect(renata('patterns', '--symbol', 'SPX', '--kind', 'double-topp').err).toContain(
      'did you mean double-top?',
    );
  });
});
