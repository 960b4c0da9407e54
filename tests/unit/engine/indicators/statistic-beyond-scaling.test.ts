import { describe, expect, it } from 'vitest';
import { randomWalk } from '../backtest/bars.ts';
import {
  expectWindows,
  INDEX,
  mean,
  products,
  returns,
  run,
  sum,
} from './statistic-beyond-windows.ts';

describe('scaling', () => {
  it('Hurst: 1 on a straight line of logarithms, less when moves are taken back', () => {
    const line = Array.from({ length: 150 }, (_, i) => Math.exp(0.01 * i));
    for (const h of run('hurst', [line]).slice(99)) expect(h).toBeCloseTo(1, 9);
    const back = Array.from({ length: 150 }, (_, i) => Math.exp((i * 7919) % 13));
    expect(run('hurst', [back])[149]).toBeLessThan(0.2);
    const walk = Array.from(randomWalk(20_000, 5).close);
    const values = run('hurst', [walk], { timeperiod: 5_000 }).slice(4_999);
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(0.05);
  });

  it('Hurst agrees with a fit made anew', () => {
    const n = 64;
    const lags = [1, 2, 4, 8, 16];
    const logs = INDEX.map(Math.log);
    expectWindows(run('hurst', [INDEX], { timeperiod: n }), n - 1, (i) => {
      const spread = lags.map((lag) => {
        const squares: number[] = [];
        for (let k = i - n + 1 + lag; k <= i; k += 1) {
          squares.push(((logs[k] as number) - (logs[k - lag] as number)) ** 2);
        }
        return Math.log(mean(squares));
      });
      const x = lags.map(Math.log);
      return products(x, spread) / products(x, x) / 2;
    });
  });

  it.each([2, 5, 16])('variance ratio of horizon %i is Lo and MacKinlay’s', (q) => {
    const n = 60;
    const logs = INDEX.map(Math.log);
    const ratio = (i: number): number => {
      const mu = ((logs[i] as number) - (logs[i - n] as number)) / n;
      let one = 0;
      for (let k = i - n + 1; k <= i; k += 1) {
        one += ((logs[k] as number) - (logs[k - 1] as number) - mu) ** 2;
      }
      let several = 0;
      for (let k = i - n + q; k <= i; k += 1) {
        several += ((logs[k] as number) - (logs[k - q] as number) - q * mu) ** 2;
      }
      const m = q * (n - q + 1) * (1 - q / n);
      return several / m / (one / (n - 1));
    };
    const parameters = { timeperiod: n, horizon: q };
    expectWindows(run('variance_ratio', [INDEX], parameters), n, ratio);
    const error = Math.sqrt((2 * (2 * q - 1) * (q - 1)) / (3 * q * n));
    expectWindows(run('variance_ratio', [INDEX], parameters, 1), n, (i) => (ratio(i) - 1) / error);
  });

  it('efficiency ratio of hand-worked ways', () => {
    // 1 → 3 → 2 → 5: come 4, gone 2 + 1 + 3 = 6.
    expect(run('efficiency_ratio', [[1, 3, 2, 5]], { timeperiod: 3 })[3]).toBeCloseTo(2 / 3, 12);
    expect(run('efficiency_ratio', [[1, 3, 4, 5]], { timeperiod: 3 })[3]).toBe(1);
    expect(run('efficiency_ratio', [[4, 4, 4, 4]], { timeperiod: 3 })[3]).toBe(0);
    expectWindows(run('efficiency_ratio', [INDEX]), 10, (i) => {
      const list = INDEX.slice(i - 10, i + 1);
      const way = sum(list.slice(1).map((x, k) => Math.abs(x - (list[k] as number))));
      return Math.abs((list[10] as number) - (list[0] as number)) / way;
    });
  });
});

describe('performance', () => {
  it('Sharpe and Sortino are those of the definition', () => {
    const n = 126;
    const moves = returns(INDEX);
    const given = { timeperiod: n, periods: 252, risk_free: 3 };
    const free = 0.03 / 252;
    expectWindows(run('sharpe_rolling', [INDEX], given), n, (i) => {
      const list = moves.slice(i - n, i);
      return (Math.sqrt(252) * (mean(list) - free)) / Math.sqrt(products(list, list) / (n - 1));
    });
    expectWindows(run('sortino_rolling', [INDEX], given), n, (i) => {
      const list = moves.slice(i - n, i).map((r) => r - free);
      const below = mean(list.map((r) => Math.min(r, 0) ** 2));
      return (Math.sqrt(252) * mean(list)) / Math.sqrt(below);
    });
  });

  it('has no ratio where returns differ by rounding only', () => {
    const even = INDEX.map((_, i) => 100 * 1.0003 ** i);
    expect(run('sharpe_rolling', [even]).every(Number.isNaN)).toBe(true);
    expect(run('sortino_rolling', [even]).every(Number.isNaN)).toBe(true);
    expect(run('variance_ratio', [even]).every(Number.isNaN)).toBe(true);
  });

  it('drawdown is from the highest of the window', () => {
    // Highest of three: 10, 12, 12, 12, 9: the last fell 9 → 8 of 12 to 9.
    expect(run('drawdown', [[10, 12, 9, 6, 9, 8]], { timeperiod: 3 }).slice(2)).toEqual([
      -25,
      -50,
      0,
      expect.closeTo(-100 / 9, 10),
    ]);
    expectWindows(
      run('drawdown', [INDEX]),
      251,
      (i) => 100 * ((INDEX[i] as number) / Math.max(...INDEX.slice(i - 251, i + 1)) - 1),
    );
  });

  it('percent rank counts those before that are not above', () => {
    // 3 against 1, 2, 3, 4: three are not above it.
    expect(run('percent_rank', [[1, 2, 3, 4, 3]], { timeperiod: 4 })[4]).toBe(75);
    expectWindows(run('percent_rank', [INDEX]), 100, (i) => {
      const before = INDEX.slice(i - 100, i);
      return before.filter((x) => x <= (INDEX[i] as number)).length;
    });
  });
});
