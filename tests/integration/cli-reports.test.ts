import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { readStrictly } from '../unit/engine/report/well-formed.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-reports-'));
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function renata(...args: string[]): { code: number | null; out: string; err: string } {
  return renataIn(store, ...args);
}

function renataIn(
  directory: string,
  ...args: string[]
): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [fromRoot('bin/renata.mjs'), ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, RENATA_DATA_DIR: directory, NO_COLOR: '1' },
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

const SMA = 'backtest sma-cross --symbol SPX --fast 10 --start 2005-01-01 --end 2019-12-31'.split(
  ' ',
);
const ids: Record<'fast' | 'slow', string> = { fast: '', slow: '' };
let hashes: Record<'fast' | 'slow', string> = { fast: '', slow: '' };

beforeAll(() => {
  const made = (slow: string, ...more: string[]): { id: string; orderHash: string } => {
    const run = renata(...SMA, '--slow', slow, ...more, '--json');
    if (run.code !== 0) throw new Error(run.err);
    return JSON.parse(run.out) as { id: string; orderHash: string };
  };
  const first = made('30');
  const second = made('50', '--commission', '0.1%', '--seed', '7');
  ids.fast = first.id;
  ids.slow = second.id;
  hashes = { fast: first.orderHash, slow: second.orderHash };
});

describe('report', () => {
  it('writes the tear sheet of a stored run, by id, by its first letters, or the latest', () => {
    const whole = renata('report', ids.fast, '--output', 'sheet.html');
    expect(whole).toMatchObject({ code: 0, err: '' });
    const html = readFileSync(join(folder, 'sheet.html'), 'utf8');
    const elements = readStrictly(html);
    expect(elements.find(({ name }) => name === 'h1')?.text).toBe('SMA cross 10/30 on SPX 1d');
    expect(html).toContain('+90.95%');
    expect(html).toContain('Trades on price');
    expect(html).not.toContain('not in the store any more');
    expect(renata('report', ids.fast.slice(0, 8), '--output', '-').out).toBe(html);
    expect(renata('report', 'latest', '--output', '-').out).toContain('SMA cross 10/50 on SPX');
  });

  it('says what is wrong in one sentence', () => {
    expect(renata('report', 'nothing')).toMatchObject({ code: 2, out: '' });
    expect(renata('report', 'nothing').err).toContain('run: there is no run "nothing"');
    const nowhere = renata('report', 'latest', '--output', 'no/such/folder/x.html');
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toContain('output: ');
  });
});

describe('compare', () => {
  it('puts runs side by side as text, JSON and HTML', () => {
    const text = renata('compare', ids.fast, ids.slow, '--output', 'both.html');
    expect(text.code).toBe(0);
    expect(text.out).toMatch(/^slow\s+30\s+50$/m);
    expect(text.out).toMatch(/^commission\.percent\s+0\s+0\.1$/m);
    expect(text.out).toMatch(/^Return \[%\]\s+(?:\* )?90\.95\s/m);
    readStrictly(readFileSync(join(folder, 'both.html'), 'utf8'));
    const json = JSON.parse(renata('compare', ids.fast, ids.slow, '--json').out) as {
      runs: { id: string; orderHash: string }[];
      statistics: { name: string; values: number[]; best: number | null }[];
    };
    expect(json.runs.map(({ id }) => id)).toEqual([ids.fast, ids.slow]);
    expect(json.runs.map(({ orderHash }) => orderHash)).toEqual([hashes.fast, hashes.slow]);
    const [mine = 0, other = 0] =
      json.statistics.find(({ name }) => name === 'Sharpe Ratio')?.values ?? [];
    const best = json.statistics.find(({ name }) => name === 'Sharpe Ratio')?.best;
    expect(best).toBe(mine > other ? 0 : 1);
  });

  it('needs two runs', () => {
    expect(renata('compare', ids.fast)).toMatchObject({ code: 2, out: '' });
  });
});

describe('bundle', () => {
  it('is the same bytes each time, verifies, and gives the same orders in another store', () => {
    expect(renata('bundle', ids.slow, '--output', 'a.renata').code).toBe(0);
    expect(renata('bundle', ids.slow, '--output', 'b.renata').code).toBe(0);
    const bytes = readFileSync(join(folder, 'a.renata'));
    expect(readFileSync(join(folder, 'b.renata')).equals(bytes)).toBe(true);
    const verified = JSON.parse(renata('bundle', 'verify', 'a.renata', '--json').out) as {
      intact: boolean;
      manifest: { run: { orderHash: string; request: { settings: { seed: number } } } };
    };
    expect(verified.intact).toBe(true);
    expect(verified.manifest.run.orderHash).toBe(hashes.slow);
    expect(verified.manifest.run.request.settings.seed).toBe(7);
    expect(renata('bundle', 'verify', 'a.renata').out).toMatch(/^intact\n/);

    const other = join(folder, 'elsewhere');
    expect(renataIn(other, 'delete-data', 'SPX').code).toBe(0);
    const again = JSON.parse(renataIn(other, 'bundle', 'run', 'a.renata', '--json').out) as object;
    expect(again).toMatchObject({ sameOrders: true, bars: 'bundle', orderHash: hashes.slow });
    expect(again).toMatchObject({ differences: [] });
  });

  it('without its bars takes them from a store that has the same', () => {
    const made = renata('bundle', ids.fast, '--no-bars', '--output', 'lean.renata', '--json');
    expect(JSON.parse(made.out)).toMatchObject({ bars: false });
    const again = JSON.parse(renata('bundle', 'run', 'lean.renata', '--json').out) as object;
    expect(again).toMatchObject({ sameOrders: true, bars: 'store', orderHash: hashes.fast });
    const other = renataIn(join(folder, 'elsewhere'), 'bundle', 'run', 'lean.renata');
    expect(other.code).toBe(2);
    expect(other.err).toContain('import those bars first');
  });

  it('is refused after a changed byte, and executes nothing', () => {
    const bytes = readFileSync(join(folder, 'a.renata'));
    for (const at of [0, 500, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 4;
      writeFileSync(join(folder, 'changed.renata'), changed);
      const refused = renata('bundle', at === 500 ? 'run' : 'verify', 'changed.renata', '--json');
      expect(refused.code).toBe(2);
      expect(JSON.parse(refused.out)).toMatchObject({ ok: false, error: { code: 'BAD_FILE' } });
    }
    expect(renata('bundle', 'verify', 'absent.renata').err).toContain('there is no file');
    expect(renata('bundle').err).toContain('name the run to bundle');
  });
});

describe('an exported run', () => {
  it('has its tables as Parquet with the rows and values of the CSV', async () => {
    const file = join(folder, 'prices.csv');
    const rows = Array.from({ length: 300 }, (_, i) => {
      const close = 100 + 10 * Math.sin(i / 9);
      const day = new Date(Date.UTC(2020, 0, 1) + i * 86_400_000).toISOString().slice(0, 10);
      return `${day},${close},${close + 1},${close - 1},${close},1000`;
    });
    writeFileSync(file, ['date,open,high,low,close,volume', ...rows].join('\n'));
    const target = join(folder, 'out');
    const asked = 'backtest sma-cross --fast 3 --slow 8'.split(' ');
    const run = renata(...asked, '--input', file, '--export', target);
    expect(run.code).toBe(0);
    expect(
      readdirSync(target)
        .filter((name) => name.endsWith('.parquet'))
        .toSorted(),
    ).toEqual(['equity.parquet', 'orders.parquet', 'trades.parquet']);
    for (const table of ['equity', 'orders', 'trades']) {
      const [header = '', ...lines] = readFileSync(join(target, `${table}.csv`), 'utf8')
        .trim()
        .split('\n');
      const names = header.split(',');
      const bytes = readFileSync(join(target, `${table}.parquet`));
      const objects = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
      expect(objects.length).toBe(lines.length);
      expect(lines.length).toBeGreaterThan(4);
      lines.forEach((line, i) => {
        const cells = line.split(',').map((cell, k) => {
          const value = objects[i]?.[names[k] ?? ''] as Date | number | string | null;
          if (value instanceof Date) return value.toISOString().startsWith(cell) && cell !== '';
          return String(value ?? '') === cell;
        });
        expect(cells.every(Boolean)).toBe(true);
      });
    }
    const html = readFileSync(join(target, 'tearsheet.html'), 'utf8');
    readStrictly(html);
    // The bars are read from the file again, so that the trades stand on their prices.
    expect(html).toContain('id="price-t"');
  });
});
