import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { sharedData } from '../unit/engine/series/market.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-factors-'));
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

function write(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** Closes of `export-data` by their date. */
function closes(symbol: string, adjust: string, ...range: string[]): Record<string, number> {
  const { code, out } = renata(
    'export-data',
    symbol,
    '--output',
    '-',
    '--adjust',
    adjust,
    ...range,
  );
  expect(code).toBe(0);
  const rows = out.trim().split('\n').slice(1);
  return Object.fromEntries(
    rows.map((row) => {
      const [date = '', , , , close] = row.split(',');
      return [date, Number(close)];
    }),
  );
}

/** Around Apple's split of 7:1, which traded first on Monday 2014-06-09, as they traded. */
const BARS = fromRoot('tests/golden/data/split-bars.csv');
const FACTORS = fromRoot('tests/golden/data/split-factors.csv');

describe('splits and dividends on the command line', () => {
  it('come from a file of factors and are applied when bars are read', () => {
    expect(renata('import-data', BARS, '--symbol', 'FRUIT', '--calendar', 'us-equity').code).toBe(
      0,
    );
    const before = renata('export-data', 'FRUIT', '--output', '-', '--adjust', 'split');
    expect(before.err).toContain('no splits or dividends are stored for FRUIT');
    expect(before.err).toContain('renata import-factors FILE --symbol FRUIT.LOCAL');

    const done = renata('import-factors', FACTORS, '--symbol', 'fruit');
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toBe('FRUIT.LOCAL: 1 split and 1 dividend, 2014-06-06 to 2014-06-09\n');
    const json = renata('import-factors', FACTORS, '--symbol', 'FRUIT', '--json');
    const { events } = JSON.parse(json.out) as { events: Record<string, unknown>[] };
    expect(events).toContainEqual({ kind: 'split', day: Date.UTC(2014, 5, 9), ratio: 7 });

    // 647.35 and 645.57 were paid for shares that are seven today; 93.70 for today's.
    const split = closes('FRUIT', 'split');
    expect(split['2014-06-05']).toBeCloseTo(647.35 / 7, 10);
    expect(split['2014-06-06']).toBeCloseTo(645.57 / 7, 10);
    expect(split['2014-06-09']).toBe(93.7);
    // The dividend of the file is a hundredth of the close before its ex-date.
    const total = closes('FRUIT', 'total-return');
    expect(total['2014-06-05']).toBeCloseTo((647.35 / 7) * 0.99, 10);
    expect(total['2014-06-06']).toBeCloseTo(645.57 / 7, 10);
    expect(closes('FRUIT', 'raw')['2014-06-05']).toBe(647.35);

    const after = renata('export-data', 'FRUIT', '--output', '-', '--adjust', 'split');
    expect(after.err).not.toContain('no splits');
    const listed = (
      JSON.parse(renata('list-data', '--json').out) as {
        symbol: string;
        splits: number;
        dividends: number;
      }[]
    ).find(({ symbol }) => symbol === 'FRUIT');
    expect(listed).toMatchObject({ splits: 1, dividends: 1 });
    expect(renata('list-data').out).toMatch(/Splits +Dividends/);
  });

  it('come with the bars, and from a file as Lean writes it, without a header', () => {
    const lines = readFileSync(FACTORS, 'utf8').trim().split('\n').slice(1);
    const bare = write('bare.csv', ...lines);
    const done = renata('import-data', BARS, '--symbol', 'BARE', '--factors', bare);
    expect(done.code).toBe(0);
    expect(done.out).toContain('1 split and 1 dividend, 2014-06-06 to 2014-06-09');
    expect(closes('BARE', 'split')['2014-06-06']).toBeCloseTo(645.57 / 7, 10);
  });

  it('are refused in a sentence when the file is none, and stay as they were', () => {
    const head = 'date,price_factor,split_factor,reference_price';
    const cases: readonly [string, string][] = [
      [BARS, 'expected date, price_factor, split_factor, reference_price'],
      [write('head.csv', head), 'there are no rows'],
      [write('word.csv', head, '20140606,1,seven,645.57'), 'line 2, column 3: "seven"'],
      [folder, 'is a folder'],
      [join(folder, 'absent.csv'), 'There is no file'],
    ];
    for (const [file, message] of cases) {
      const wrong = renata('import-factors', file, '--symbol', 'FRUIT');
      expect(wrong).toMatchObject({ code: 2, out: '' });
      expect(wrong.err).toContain(message);
      expect(wrong.err.trim().split('\n').length).toBe(1);
    }
    expect(renata('import-factors', FACTORS, '--symbol', 'FRUITS').err).toContain(
      'Did you mean "FRUIT"?',
    );
    expect(renata('import-factors', FACTORS).code).toBe(2);
    expect(closes('FRUIT', 'split')['2014-06-06']).toBeCloseTo(645.57 / 7, 10);
  });

  it('are told where raw prices jump at a split that is not booked', () => {
    const cross = ['backtest', 'sma-cross', '--symbol', 'FRUIT', '--fast', '2', '--slow', '3'];
    const jump = 'A split in this range (1 of FRUIT.LOCAL) counts as a gain or loss';
    expect(renata(...cross).out).toContain(`note   ${jump}`);
    expect(renata(...cross, '--adjust', 'split').out).not.toContain('split in this range');
    const booked = renata(...cross, '--events').out;
    expect(booked).not.toContain(jump);
    expect(booked).toContain('in this range: 1 and 1. Indicators read the raw prices');
    // From the ex-date on nothing jumps.
    expect(renata(...cross, '--start', '2014-06-09').out).not.toContain('split in this range');
    const mean = ['compute', 'sma(close, 2)', '--symbol', 'FRUIT'];
    expect(renata(...mean).err).toBe(
      'renata: raw prices of FRUIT jump where its split lies; --adjust split takes that out\n',
    );
    expect(renata(...mean, '--adjust', 'split').err).toBe('');
  });

  const bars = sharedData('daily/AAPL.csv');
  const factors = sharedData('factors/AAPL.csv');
  it.skipIf(bars === undefined || factors === undefined)('make Apple’s history continuous', () => {
    const done = renata('import-data', bars ?? '', '--factors', factors ?? '');
    expect(done.code).toBe(0);
    // 2:1 on 2000-06-21 and 2005-02-28, 7:1 on 2014-06-09, 4:1 on 2020-08-31.
    expect(done.out).toContain('4 splits and');
    const raw = closes('AAPL', 'raw');
    const split = closes('AAPL', 'split');
    for (const [day, shares] of [
      ['2000-06-20', 2 * 2 * 7 * 4],
      ['2000-06-21', 2 * 7 * 4],
      ['2005-02-25', 2 * 7 * 4],
      ['2005-02-28', 7 * 4],
      ['2014-06-06', 7 * 4],
      ['2014-06-09', 4],
      ['2020-08-28', 4],
      ['2020-08-31', 1],
    ] as const) {
      expect(split[day]).toBeCloseTo((raw[day] ?? 0) / shares, 9);
    }
    const days = Object.keys(split);
    const moves = days.slice(1).map((day, i) => (split[day] ?? 0) / (split[days[i] ?? ''] ?? 0));
    // The worst day of these years was 2000-09-29, when the share lost 52 %; a split left in would be 75 or 86 %.
    expect(Math.min(...moves)).toBeGreaterThan(0.45);
    const list = JSON.parse(renata('list-data', '--json').out) as { splits: number }[];
    expect(list.map(({ splits }) => splits)).toContain(4);
  });
});
