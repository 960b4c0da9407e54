import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cli-allocation-'));
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

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('allocate --method black-litterman', () => {
  const NAMES = ['AUL', 'CAN', 'FRA', 'GER', 'JAP', 'UKX', 'USA'];
  const MARKET = 'AUL=1.6,CAN=2.2,FRA=5.2,GER=5.5,JAP=11.6,UKX=12.4,USA=61.5';

  /** Daily closes whose sample covariance is, 252 times, that of He and Litterman (1999), table 1. */
  function writeCountries(): string[] {
    const spread = [0.16, 0.203, 0.248, 0.271, 0.21, 0.2, 0.187];
    const rho = [
      [1, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
      [0.488, 1, 0.664, 0.655, 0.31, 0.608, 0.779],
      [0.478, 0.664, 1, 0.861, 0.355, 0.783, 0.668],
      [0.515, 0.655, 0.861, 1, 0.354, 0.777, 0.653],
      [0.439, 0.31, 0.355, 0.354, 1, 0.405, 0.306],
      [0.512, 0.608, 0.783, 0.777, 0.405, 1, 0.652],
      [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1],
    ];
    const count = 300;
    let state = 7;
    const draw = (): number => {
      state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
      return state / 4_294_967_296 - 0.5;
    };
    // Columns without a mean that are orthogonal and of length 1 (Gram and Schmidt, twice).
    const columns: number[][] = [];
    for (const _name of NAMES) {
      let column = Array.from({ length: count }, draw);
      const centre = mean(column);
      column = column.map((value) => value - centre);
      for (let round = 0; round < 2; round += 1) {
        for (const other of columns) {
          const along = column.reduce((sum, value, i) => sum + value * (other[i] as number), 0);
          column = column.map((value, i) => value - along * (other[i] as number));
        }
      }
      const size = Math.hypot(...column);
      columns.push(column.map((value) => value / size));
    }
    const root: number[][] = rho.map((row) => row.map(() => 0));
    rho.forEach((row, i) => {
      for (let j = 0; j <= i; j += 1) {
        let rest = ((spread[i] ?? 0) * (spread[j] ?? 0) * (row[j] ?? 0)) / 252;
        for (let k = 0; k < j; k += 1) rest -= (root[i]?.[k] ?? 0) * (root[j]?.[k] ?? 0);
        (root[i] as number[])[j] = i === j ? Math.sqrt(rest) : rest / (root[j]?.[j] ?? 1);
      }
    });
    const days: string[] = [];
    for (let time = Date.UTC(2015, 0, 1); days.length <= count; time += 86_400_000) {
      const day = new Date(time);
      if (day.getUTCDay() % 6 !== 0) days.push(day.toISOString().slice(0, 10));
    }
    mkdirSync(join(folder, 'countries'));
    return NAMES.map((name, i) => {
      let close = 100;
      const lines = days.map((day, t) => {
        const move = columns.reduce(
          (sum, column, k) => sum + (root[i]?.[k] ?? 0) * (column[t - 1] ?? 0),
          0,
        );
        close *= 1 + move * Math.sqrt(count - 1);
        return `${day},${close},${close},${close},${close},1`;
      });
      const file = join(folder, 'countries', `${name}.csv`);
      writeFileSync(file, ['date,open,high,low,close,volume', ...lines].join('\n'));
      return file;
    });
  }

  interface Allocated {
    readonly weights: Record<string, number>;
    readonly blackLitterman: Record<
      string,
      { equilibrium: number; expected: number; unconstrained: number }
    >;
  }

  it('has the tables of He and Litterman (1999)', () => {
    expect(renata('import-data', ...writeCountries()).code).toBe(0);
    const ask = (...views: string[]): Allocated =>
      json(
        'allocate',
        '--symbols',
        NAMES.join(','),
        '--method',
        'black-litterman',
        '--market',
        MARKET,
        '--lookback',
        '300',
        '--rebalance',
        'bars:1',
        ...views,
      );
    const tenths = (found: Allocated, of: 'equilibrium' | 'expected' | 'unconstrained') =>
      NAMES.map((name) => Math.round((found.blackLitterman[name]?.[of] ?? 0) * 1_000) / 10);
    const plain = ask();
    // Table 2.
    expect(tenths(plain, 'equilibrium')).toEqual([3.9, 6.9, 8.4, 9, 4.3, 6.8, 7.6]);
    expect(tenths(plain, 'expected')).toEqual(tenths(plain, 'equilibrium'));
    // Table 4: the paper rounds its weights from inputs with more digits than it prints.
    const germany = ask('--views', 'GER beats FRA,UKX by 5%');
    expect(tenths(germany, 'expected')).toEqual([4.3, 7.6, 9.3, 11, 4.5, 7, 8.1]);
    const near = (values: number[], table: number[]): void =>
      values.forEach((value, i) => expect(Math.abs(value - (table[i] ?? 0))).toBeLessThan(0.11));
    near(tenths(germany, 'unconstrained'), [1.5, 2.1, -4, 35.4, 11, -9.5, 58.6]);
    // Long only by default: what would be sold short has nothing.
    expect(germany.weights['FRA']).toBe(0);
    expect(NAMES.reduce((sum, name) => sum + (germany.weights[name] ?? 0), 0)).toBeCloseTo(1, 9);
    // Table 5, of a file.
    writeFileSync(
      join(folder, 'views.txt'),
      'GER beats FRA,UKX by 5%\nCAN beats USA by 3% # flows\n',
    );
    const both = ask('--views', 'views.txt');
    expect(tenths(both, 'expected')).toEqual([4.4, 8.7, 9.5, 11.2, 4.6, 7, 7.5]);
    near(tenths(both, 'unconstrained'), [1.5, 41.9, -3.4, 33.6, 11, -8.2, 18.8]);
    // Half as sure of Germany, table 7's case: a confidence of a third.
    const unsure = ask(
      '--views',
      'GER beats FRA,UKX by 5% confidence 33.33333333%; CAN beats USA by 4%',
    );
    near(tenths(unsure, 'unconstrained'), [1.5, 53.9, -0.5, 23.6, 11.1, -1.1, 6.8]);
  });

  it('prints what the views change, and refuses what it cannot read', () => {
    const ask = (...more: string[]) =>
      renata('allocate', '--symbols', NAMES.join(','), '--method', 'black-litterman', ...more);
    const told = ask('--market', MARKET, '--views', 'JAP returns 9%', '--lookback', '200');
    expect(told.out).toMatch(/Equilibrium return \[%\] +With views \[%\]/);
    expect(told.err).toMatch(/the past is tested with what is thought today/);
    expect(ask('--views', 'JAP returns 9%').err).toMatch(/needs --market/);
    expect(ask('--market', MARKET, '--views', 'JAP up').err).toMatch(/"JAP up" is not a view/);
    const other = renata('allocate', '--symbols', 'AUL,CAN', '--market', 'AUL=1,CAN=1');
    expect(other.err).toMatch(/--market goes with --method black-litterman/);
    expect(other.code).toBe(2);
  });
});
