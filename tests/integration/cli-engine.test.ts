import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openStore } from '../../electron/storage/store-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cli-engine-'));
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

interface Result {
  readonly notes?: readonly string[];
  readonly orderHash: string;
  readonly trades: readonly {
    readonly size: number;
    readonly entryTime: number;
    readonly exitTime: number;
    readonly entryPrice: number;
    readonly exitPrice: number;
    readonly pnl: number;
    readonly commission: number;
    readonly carry?: number;
  }[];
  readonly ambiguous?: readonly { trade: number; bar: number; best: number; worst: number }[];
}

function backtest(...args: string[]): Result {
  const { code, out, err } = renata('backtest', ...args, '--json');
  expect(err).not.toContain('Error');
  expect(code, out).toBe(0);
  return JSON.parse(out) as Result;
}

const HEAD = 'time,open,high,low,close,volume';
/** Dates of the bars; the second one is the signal, and the third reaches stop and target. */
const DAYS = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05'];
const RULES = (stops: string): string => `name: Signal
description: Buys after a bar of much volume.
version: 1
entry:
  long: volume > 500
${stops}`;
const ZIG = ['--symbol', 'ZIG', '--timeframe', '1d', '--size', '10'];

/** Half hours of New York from 09:30 to 16:00; the 4th first rises to 106, later falls to 90. */
function halfHours(): string[] {
  return DAYS.flatMap((day) => {
    const at = (hour: number, minute: number): string =>
      `${day}T${String(hour).padStart(2, '0')}:${minute === 0 ? '00' : '30'}:00Z`;
    const rows = Array.from({ length: 13 }, (_, i) => {
      const minutes = 14 * 60 + 30 + i * 30;
      let prices = '100,101,99,100';
      if (day === DAYS[2] && i === 1) prices = '100,106,100,100';
      if (day === DAYS[2] && i === 8) prices = '100,100,90,100';
      return `${at(Math.floor(minutes / 60), minutes % 60)},${prices},10`;
    });
    // Before the open of the 4th the price is below the stop: no part of the day's bar.
    return day === DAYS[2] ? [`${at(13, 0)},100,100,90,100,10`, ...rows] : rows;
  });
}

beforeAll(async () => {
  const daily = DAYS.map((day, i) => {
    const prices = i === 2 ? '100,110,90,100' : '100,101,99,100';
    return `${day},${prices},${i === 1 ? 600 : 100}`;
  });
  writeFileSync(join(folder, 'zig-1d.csv'), [HEAD, ...daily].join('\n'));
  writeFileSync(join(folder, 'zig-30m.csv'), [HEAD, ...halfHours()].join('\n'));
  const stops = 'stops:\n  stopLoss: { percent: 5 }\n  takeProfit: { percent: 5 }\n';
  writeFileSync(join(folder, 'bracket.yaml'), RULES(stops));
  writeFileSync(join(folder, 'hold.yaml'), RULES('exit:\n  long: close < 1\n'));
  for (const length of ['1d', '30m']) {
    const options = ['--symbol', 'ZIG', '--calendar', 'us-equity', '--timeframe', length];
    expect(renata('import-data', `zig-${length}.csv`, ...options)).toMatchObject({ code: 0 });
  }
  const opened = await openStore({
    directory: store,
    threadUrl: LAYOUT.storeThreadUrl,
    automaticBackups: false,
  });
  try {
    const zig = (await opened.listDatasets()).find(({ symbol }) => symbol === 'ZIG');
    const id = zig?.instrumentId ?? '';
    const dividend = { kind: 'dividend', amount: 1, referencePrice: 100 } as const;
    await opened.setAdjustments(
      id,
      [
        { ...dividend, day: Date.UTC(2023, 5, 1) },
        { ...dividend, day: Date.UTC(2024, 0, 5) },
      ],
      'test',
    );
    const spx = (await opened.listDatasets()).find(({ symbol }) => symbol === 'SPX');
    const fifth = { ...dividend, day: Date.UTC(2015, 5, 1), amount: 5, referencePrice: null };
    await opened.setAdjustments(spx?.instrumentId ?? '', [fifth], 'test');
  } finally {
    await opened.close();
  }
});

describe('a bar that reaches stop and target', () => {
  it('is taken at its worse end, listed and exported', () => {
    const target = join(folder, 'out');
    const result = backtest('bracket.yaml', ...ZIG, '--export', target);
    // Bought 10 at the open of 100; the stop is 5 % below, the target 5 % above.
    expect(result.trades).toMatchObject([{ size: 10, entryPrice: 100, exitPrice: 95, pnl: -50 }]);
    expect(result.ambiguous).toEqual([{ trade: 0, bar: 2, pnl: -50, best: 50, worst: -50 }]);
    expect(result.notes?.join()).toContain('1 of 1 trades depends on the order of prices');
    expect(readFileSync(join(target, 'ambiguous.csv'), 'utf8')).toBe(
      'Trade,Bar,PnL,Best,Worst\n0,2,-50,50,-50\n',
    );
    expect(readdirSync(target)).toContain('ambiguous.parquet');
    expect(readFileSync(join(target, 'tearsheet.html'), 'utf8')).toContain('id="ambiguous"');
  });

  it('is resolved on finer bars of the session when asked', () => {
    const result = backtest('bracket.yaml', ...ZIG, '--resolve', 'finer');
    expect(result.trades).toMatchObject([{ exitPrice: 105, pnl: 50 }]);
    expect(result.ambiguous).toBeUndefined();
    expect(result.notes?.join()).toMatch(/replayed on ZIG\.\w+@30m/);
  });

  it('says when there are no finer bars', () => {
    const finest = ['--symbol', 'ZIG', '--timeframe', '30m', '--size', '10'];
    const result = backtest('hold.yaml', ...finest, '--resolve', 'finer');
    expect(result.notes?.join()).toContain('no finer bars of ZIG');
  });
});

describe('what a market gives', () => {
  it('dividends are paid on raw bars when asked', () => {
    expect(backtest('hold.yaml', ...ZIG).trades).toMatchObject([{ pnl: 0 }]);
    const result = backtest('hold.yaml', ...ZIG, '--events');
    // 1 for each of 10 units held over the ex-date.
    expect(result.trades).toMatchObject([{ pnl: 10, carry: 10 }]);
    expect(result.notes?.join()).toMatch(/of ZIG\.\w+ in this range: 0 and 1\./);
  });

  it('sessions end with the market’s day, not with UTC’s', () => {
    const strategy = ['overnight', '--set', 'filter=false', '--set', 'trend=2'];
    const { trades } = backtest(...strategy, '--symbol', 'ZIG', '--timeframe', '30m');
    // Bought on the bar from 15:30 in New York, sold at the open of the next session at 9:30.
    const times = trades.map((trade) =>
      [trade.entryTime, trade.exitTime].map((time) => new Date(time).toISOString().slice(5, 16)),
    );
    expect(times).toEqual([
      ['01-02T20:30', '01-03T14:30'],
      ['01-03T20:30', '01-04T14:30'],
      ['01-04T20:30', '01-05T14:30'],
      ['01-05T20:30', '01-05T20:30'],
    ]);
  });

  it('fills in pieces where volume is limited, and exports them', () => {
    const target = join(folder, 'pieces');
    backtest('hold.yaml', ...ZIG, '--volume-limit', '4%', '--export', target);
    // 4 % of 100 units are 4 a bar, on the two bars after the signal.
    expect(readFileSync(join(target, 'fills.csv'), 'utf8')).toBe(
      'Order,Bar,Quantity,Price,Commission\n0,2,4,100,0\n0,3,4,100,0\n',
    );
  });

  it('costs are those of the options', () => {
    const [trade] = backtest('hold.yaml', ...ZIG, '--slippage', '0.25/share').trades;
    expect(trade).toMatchObject({ entryPrice: 100.25, commission: 0 });
    // Half of 20 basis points of 100.
    expect(backtest('hold.yaml', ...ZIG, '--slippage', 'spread:20bps').trades[0]).toMatchObject({
      entryPrice: 100.1,
    });
    // The least that an order costs in the published table.
    expect(backtest('hold.yaml', ...ZIG, '--fees', 'ibkr-fixed').trades[0]).toMatchObject({
      commission: 1,
    });
  });

  it('is in a bundle, which gives the same orders again', () => {
    const events = ['--symbol', 'SPX', '--start', '2014-01-01', '--end', '2017-12-31', '--events'];
    const without = backtest('sma-cross', ...events.slice(0, -1));
    const result = backtest('sma-cross', ...events);
    expect(result.orderHash).not.toBe(without.orderHash);
    expect(renata('bundle', 'latest', '--output', 'run.renata').code).toBe(0);
    const rerun = renata('bundle', 'run', 'run.renata');
    expect(rerun).toMatchObject({ code: 0 });
    expect(rerun.out).toContain(result.orderHash);
  });
});

describe('what was found in a file', () => {
  it('is told with the run over it, and after an import', () => {
    writeFileSync(
      join(folder, 'odd.csv'),
      [
        'Date,Open,High,Low,Close,Adj Close,Volume',
        '2024-01-02,10,9,8,10,5,0',
        '2024-01-03,10,11,9,10,5,0',
        '2024-01-04,,,,,,',
        '2024-01-05,10,11,9,10,5,0',
      ].join('\n'),
    );
    const run = backtest('hold.yaml', '--input', 'odd.csv', '--volume-limit', '10%');
    expect(run.notes).toEqual([
      expect.stringContaining('Column "Adj Close" was left out'),
      expect.stringContaining('1 row has no prices and was left out, the first in line 4'),
      expect.stringContaining('1 bar with a high below or a low above another price'),
      '3 of 3 bars have no volume, so that nothing fills on them.',
    ]);
    const stored = renata('import-data', 'odd.csv', '--symbol', 'ODD');
    expect(stored.code).toBe(0);
    expect(stored.err).toContain('renata: Column "Adj Close" was left out');
    expect(stored.err).toContain('renata: 1 row has no prices and was left out');
  });

  it('may be one bar alone, which has figures and no ratios', () => {
    writeFileSync(
      join(folder, 'one.csv'),
      'date,open,high,low,close,volume\n2024-01-02,1,2,1,2,5\n',
    );
    expect(renata('import-data', 'one.csv', '--symbol', 'LONE').code).toBe(0);
    expect(backtest('hold.yaml', '--symbol', 'LONE').trades).toEqual([]);
  });
});

describe('refusals', () => {
  it.each<[string, string[], string]>([
    ['events of adjusted prices', [...ZIG, '--events', '--adjust', 'split'], 'run on raw prices'],
    ['events of a file', ['--input', 'zig-1d.csv', '--events'], 'events: a file has no splits'],
    ['finer bars of a file', ['--input', 'zig-1d.csv', '--resolve', 'finer'], 'from the store'],
    ['another resolution', [...ZIG, '--resolve', 'best'], 'is not one of pessimistic, finer'],
    ['a warm-up of all bars', [...ZIG, '--warm-up', '4'], 'warm-up: 4 bars are all there are'],
    ['a fee table that is none', [...ZIG, '--fees', 'free'], 'is not a fee table'],
  ])('%s', (_name, args, message) => {
    const result = renata('backtest', 'hold.yaml', ...args);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toContain(message);
  });
});
