import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-refusals-'));
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function renata(...args: string[]): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [fromRoot('bin/renata.mjs'), ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, RENATA_DATA_DIR: store, NO_COLOR: '1' },
    timeout: 300_000,
    killSignal: 'SIGKILL',
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

const HEADER = 'date,open,high,low,close,volume';
function bars(name: string, ...rows: string[]): string {
  writeFileSync(join(folder, name), [HEADER, ...rows, ''].join('\n'));
  return name;
}

const FIRST = ['2024-01-02,10,11,9,10.5,100', '2024-01-03,10.5,12,10,11,100'];
const GOOD = bars('good.csv', ...FIRST, '2024-01-04,11,12,10,11,100');
const LONG = bars(`${'long'.repeat(10)}.csv`, ...FIRST);
const HUGE = bars('huge.csv', ...FIRST, '2024-01-04,11,1e300,10,11,100');
const OTHER = bars('other.csv', ...FIRST, '2024-01-04,11,12,10,11.5,100');
const RUN = ['backtest', 'sma-cross', '--symbol', 'SPX'];

describe('what the command line refuses', () => {
  it.each<[string, string[], string]>([
    ['a long file name', ['import-data', LONG], 'has 40 characters and a symbol 32 at most'],
    ['a price of 1e300', ['import-data', HUGE], 'line 4, column 3 "high": price 1e+300 is above'],
    ['a currency in words', ['import-data', GOOD, '--currency', 'dollars'], 'three letters'],
    ['a zone that is none', ['import-data', GOOD, '--time-zone', 'Mars/X'], 'time-zone: "Mars/X"'],
    ['a format that is none', ['import-data', GOOD, '--date-format', 'x'], 'date-format: "x"'],
    ['an empty symbol', ['import-data', GOOD, '--symbol', ''], 'symbol: is empty.'],
    ['a folder', ['import-data', '.'], 'is a folder'],
    ['a huge size', [...RUN, '--size', '1e300'], 'size: must be at most 1000000000000.'],
    ['a rate of 200%', [...RUN, '--risk-free', '200%'], 'from -100% to 100% are taken'],
    [
      'bars and a document on one output',
      ['export-data', 'SPX', '--output', '-', '--json'],
      'output: --output - writes the bars to standard output and --json',
    ],
  ])('%s', (_name, args, message) => {
    const result = renata(...args);
    expect(result.code).toBe(2);
    expect(result.err).toContain(message);
  });

  it('the second of two files, saying that the first is stored', () => {
    const result = renata('import-data', GOOD, HUGE);
    expect(result.code).toBe(2);
    expect(result.err).toMatch(
      /GOOD\.LOCAL 1d was stored before the error below\n.*huge\.csv line 4/,
    );
    expect(renata('list-data').out).toMatch(/GOOD .* 3 /);
  });

  it('bars that differ from those they are appended to, with the code of a wrong input', () => {
    const result = renata('import-data', OTHER, '--symbol', 'GOOD', '--append');
    expect(result.code).toBe(2);
    expect(result.err).toContain('11.5 in the file and 11 in the store');
  });

  it('a store that is a folder, and a folder that cannot be made', () => {
    const strange = join(folder, 'strange');
    mkdirSync(join(strange, 'history.sqlite'), { recursive: true });
    const result = renata('list-data', '--data-dir', strange);
    expect(result.code).toBe(1);
    expect(result.err).toContain('is a folder; move it away or choose another');
    expect(renata('list-data', '--data-dir', join(folder, GOOD)).code).toBe(2);
  });

  // There the system says "no such file" of a folder that cannot be made, again and again.
  it.skipIf(!existsSync('/proc/self'))('a folder under /proc, at once', () => {
    const result = renata('list-data', '--data-dir', '/proc/x');
    expect(result.code).toBe(2);
    expect(result.err).toContain('/proc/x is no folder and cannot be made one (ENOENT)');
  });

  it('no table of trades where there are none', () => {
    const days = ['--start', '2020-01-06', '--end', '2020-01-31'];
    const result = renata(...RUN, ...days, '--fast', '2', '--slow', '15', '--size', '1e9');
    expect(result.code).toBe(0);
    expect(result.out).toContain('No trade was made.');
    expect(result.out).not.toContain('EntryTime');
  });
});
