import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cli-several-'));
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
  readonly id: string;
  readonly symbol: string;
  readonly notes?: readonly string[];
  readonly request: { readonly datasetId: string; readonly instruments: readonly string[] };
  readonly statistics: Readonly<Record<string, number>>;
  readonly instruments: readonly {
    readonly symbol: string;
    readonly datasetId: string;
    readonly pnl: number;
    readonly held: number;
    readonly largest: number;
  }[];
  readonly trades: readonly {
    readonly symbol: string;
    readonly size: number;
    readonly entryPrice: number;
    readonly exitPrice: number;
    readonly pnl: number;
    readonly carry?: number;
    readonly open: boolean;
    readonly entryTag: string;
  }[];
}

function backtest(...args: string[]): Result {
  const { code, out, err } = renata('backtest', ...args, '--json');
  expect(code, `${out}${err}`).toBe(0);
  return JSON.parse(out) as Result;
}

const HEAD = 'time,open,high,low,close,volume';
const DAYS = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05'];
const ONE = ['100,100,100,100', '100,110,100,110', '115,120,115,120', '120,120,120,120'];
const TWO = ['50,50,50,50', '50,50,50,50', '48,48,40,40', '40,40,40,40'];

/** Half in each on the first close, everything in the first on the second. */
const SWAP = `import type { PortfolioModule } from 'renata/strategy';
const parameters = { part: { default: 0.5, min: 0, max: 1 } };
export const strategy: PortfolioModule<typeof parameters> = {
  title: 'Swap', description: 'Two targets.', portfolio: true, instruments: ['ONE', 'TWO'], parameters,
  create({ part }, setup) {
    const [one, two] = setup.symbols;
    return {
      onBar(portfolio) {
        if (portfolio.index === 0) portfolio.setTargets({ [one]: part, [two]: part }, { tag: 'both' });
        if (portfolio.index === 1) portfolio.setTargets({ [one]: 1 }, { tag: 'one' });
      },
    };
  },
};
`;

function bars(rows: readonly string[], days: readonly string[] = DAYS): string {
  return [HEAD, ...rows.map((row, i) => `${days[i]},${row},1000`)].join('\n');
}

beforeAll(() => {
  writeFileSync(join(folder, 'one.csv'), bars(ONE));
  writeFileSync(join(folder, 'two.csv'), bars(TWO));
  // A dividend of 1 on the 4th: the close before it is 50, and 49 of them are left.
  writeFileSync(join(folder, 'two-factors.csv'), '20240103,0.98,1,50\n20501231,1,1,0\n');
  for (const name of ['one', 'two']) {
    const options = [
      '--symbol',
      name.toUpperCase(),
      '--calendar',
      'us-equity',
      '--timeframe',
      '1d',
    ];
    expect(renata('import-data', `${name}.csv`, ...options)).toMatchObject({ code: 0 });
  }
  expect(renata('import-factors', 'two-factors.csv', '--symbol', 'TWO')).toMatchObject({ code: 0 });
  writeFileSync(join(folder, 'swap.ts'), SWAP);
});

describe('a strategy of two instruments, worked by hand', () => {
  it('trades targets at the opens: sells first, then what the money buys', () => {
    // Day 1: 100,000 halves to 500 ONE at 100 and 1,000 TWO at 50. Its close is worth 55,000 + 50,000.
    // Day 2: 105,000 / 110 = 954.5 ONE are wanted. TWO brings 48,000, which buys 417.39 ONE at 115.
    const result = backtest('swap.ts', '--export', join(folder, 'out'));
    const bought = 48_000 / 115;
    expect(result).toMatchObject({ symbol: 'ONE+TWO' });
    expect(result.request).toMatchObject({
      datasetId: 'ONE.LOCAL@1d',
      instruments: ['ONE', 'TWO'],
    });
    expect(result.trades).toMatchObject([
      { symbol: 'TWO', size: 1000, entryPrice: 50, exitPrice: 48, pnl: -2000, entryTag: 'both' },
      { symbol: 'ONE', size: 500, entryPrice: 100, exitPrice: 120, pnl: 10_000, open: true },
      { symbol: 'ONE', entryPrice: 115, exitPrice: 120, open: true, entryTag: 'one' },
    ]);
    expect(result.trades[2]?.size).toBeCloseTo(bought, 9);
    expect(result.statistics['Equity Final [$]']).toBeCloseTo(500 * 120 + 48_000 + bought * 5, 6);
    // Half of the equity of 105,000 at the close of day 1, nothing afterwards.
    expect(result.instruments[1]).toMatchObject({ symbol: 'TWO', pnl: -2000, held: 0.25 });
    expect(result.instruments[1]?.largest).toBeCloseTo(50_000 / 105_000, 12);
    expect(result.instruments[0]).toMatchObject({ held: 0.75, largest: expect.closeTo(1, 12) });
    const read = (name: string): string[] =>
      readFileSync(join(folder, 'out', name), 'utf8')
        .trim()
        .split('\n');
    expect(read('fills.csv').map((line) => line.split(',').slice(0, 4).join(','))).toEqual([
      'Symbol,Order,Bar,Quantity',
      'ONE,0,1,500',
      'TWO,1,1,1000',
      'TWO,2,2,1000',
      `ONE,3,2,${result.trades[2]?.size}`,
    ]);
    expect(read('trades.csv')[1]).toMatch(/^TWO,1000,1,2,50,48,/);
    expect(read('orders.csv')[0]).toMatch(/^Symbol,PlacedBar/);
    expect(read('equity.csv')[0]).toBe(
      'time,Equity,DrawdownPct,DrawdownDuration,BuyAndHold,Invested,Weight ONE,Weight TWO',
    );
    expect(readdirSync(join(folder, 'out'))).toContain('fills.parquet');
    const sheet = readFileSync(join(folder, 'out', 'tearsheet.html'), 'utf8');
    expect(sheet).toContain('id="instruments"');
    expect(sheet).not.toContain('id="trades"');
  });

  it('takes whole lots, dividends and instruments in another order', () => {
    // 954 lots are wanted and 417 can be paid: 500 + 417 at 120, and 48,000 - 417 × 115 = 45 in cash.
    const lots = backtest('swap.ts', '--lot', '1');
    expect(lots.statistics['Equity Final [$]']).toBe(917 * 120 + 45);
    // 1,000 TWO are held into the 4th: 1,000 of dividends buy 8.7 more ONE.
    const paid = backtest('swap.ts', '--events', '--symbol', 'one', '--symbol', 'two');
    expect(paid.notes?.join()).toContain('0 and 0 of ONE, 0 and 1 of TWO');
    expect(paid.trades[0]).toMatchObject({ symbol: 'TWO', pnl: expect.closeTo(-1000, 9) });
    expect(paid.trades[0]?.carry).toBeCloseTo(1000, 9);
    const total = 500 * 120 + (49_000 / 115) * 120;
    expect(paid.statistics['Equity Final [$]']).toBeCloseTo(total, 6);
    // Everything in TWO: the 500 ONE are sold at 115 for 57,500, which buy TWO at 48.
    const swapped = backtest('swap.ts', '--symbols', 'TWO,ONE');
    expect(swapped.request.datasetId).toBe('TWO.LOCAL@1d');
    expect(swapped.trades[0]).toMatchObject({ symbol: 'ONE', exitPrice: 115, pnl: 7_500 });
    const units = 1_000 + 105_000 / 50 - 1_000;
    expect(swapped.trades[2]?.size).toBeCloseTo(Math.min(57_500 / 48, units - 1_000), 9);
  });

  it('is listed, reported and compared like any run', () => {
    const { out } = renata('runs');
    expect(out).toContain('ONE+TWO 1d');
    expect(renata('report', 'latest', '--output', '-').out).toContain('By instrument');
    const ids = (
      JSON.parse(renata('runs', '--json').out) as { id: string; symbol: string }[]
    ).filter(({ symbol }) => symbol.includes('+'));
    const [a, b] = [ids[0]?.id ?? '', ids.at(-1)?.id ?? ''];
    expect(renata('compare', a, b).out).toMatch(/symbol +TWO\+ONE +ONE\+TWO/);
    const shown = renata('backtest', 'swap.ts').out;
    expect(shown).toMatch(/Instrument +Bars +Closed trades/);
    expect(shown).toMatch(/Symbol +Size +EntryTime/);
  });
});

describe('what cannot be run is said in one sentence', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], told: string])[] = [
    ['an unknown symbol', ['swap.ts', '--symbols', 'ONE,TWOO'], 'Did you mean "TWO"?'],
    ['an empty symbol', ['swap.ts', '--symbols', 'ONE,'], 'a symbol is empty'],
    ['a file', ['swap.ts', '--input', 'one.csv'], 'a file has one'],
    ['several for one', ['sma-cross', '--symbol', 'ONE', '--symbol', 'TWO'], 'trades one'],
  ];
  it.each(cases)('%s', (_what, args, told) => {
    const { code, err } = renata('backtest', ...args);
    expect(code).not.toBe(0);
    expect(err).toContain(told);
    expect(err.trim().split('\n').length).toBe(1);
  });
});
