import { describe, expect, it } from 'vitest';
import {
  correlation,
  expectWindows,
  INDEX,
  mean,
  OTHER,
  products,
  returns,
  run,
  sum,
} from './statistic-beyond-windows.ts';

describe('shape', () => {
  // Microsoft's documentation of SKEW and KURT gives both for these ten values.
  const EXAMPLE = [3, 4, 5, 2, 3, 4, 5, 6, 4, 7];

  it('agrees with the examples in the documentation of Excel', () => {
    expect(run('skew', [EXAMPLE], { timeperiod: 10 })[9]).toBeCloseTo(0.359543071, 9);
    expect(run('kurtosis', [EXAMPLE], { timeperiod: 10 })[9]).toBeCloseTo(-0.151799637, 9);
  });

  it.each([1, 1e9, 1e-9])('agrees with the definition on real prices × %s', (scale) => {
    const prices = INDEX.map((x) => x * scale);
    const deviations = (i: number, n: number): number[] => {
      const list = prices.slice(i - n + 1, i + 1);
      const centre = mean(list);
      const s = Math.sqrt(products(list, list) / (n - 1));
      return list.map((x) => (x - centre) / s);
    };
    const n = 30;
    expectWindows(
      run('skew', [prices]),
      n - 1,
      (i) => (n / ((n - 1) * (n - 2))) * sum(deviations(i, n).map((z) => z ** 3)),
    );
    expectWindows(
      run('kurtosis', [prices]),
      n - 1,
      (i) =>
        ((n * (n + 1)) / ((n - 1) * (n - 2) * (n - 3))) * sum(deviations(i, n).map((z) => z ** 4)) -
        (3 * (n - 1) ** 2) / ((n - 2) * (n - 3)),
    );
  });

  it('keeps no trace of a far value that has left, and has none where all are equal', () => {
    const spiked = [...INDEX.slice(0, 40), 1e15, ...INDEX.slice(40, 120)];
    const clean = run('skew', [INDEX.slice(40, 120)], { timeperiod: 10 });
    const after = run('skew', [spiked], { timeperiod: 10 }).slice(41);
    for (let i = 9; i < clean.length; i += 1) {
      expect(after[i]).toBeCloseTo(clean[i] as number, 9);
    }
    const flat = run('kurtosis', [[...INDEX.slice(0, 20), ...Array(40).fill(5.1)]], {
      timeperiod: 10,
    });
    expect(flat.slice(30).every(Number.isNaN)).toBe(true);
  });
});

describe('information', () => {
  it('counts bits of hand-worked signs', () => {
    // Changes: up, up, down, none. Shares ½, ¼, ¼: ½ × 1 + ¼ × 2 + ¼ × 2 = 1.5 bits.
    expect(run('entropy', [[1, 2, 3, 2, 2]], { timeperiod: 4 })[4]).toBe(1.5);
    // All up: 0. Half up, half down: 1.
    expect(run('entropy', [[1, 2, 3, 4, 5]], { timeperiod: 4 })[4]).toBe(0);
    expect(run('entropy', [[1, 2, 1, 2, 1]], { timeperiod: 4 })[4]).toBe(1);
  });

  it('agrees with counting anew in every window', () => {
    const n = 20;
    expectWindows(run('entropy', [INDEX]), n, (i) => {
      const kinds = new Map<number, number>();
      for (let k = i - n + 1; k <= i; k += 1) {
        const sign = Math.sign((INDEX[k] as number) - (INDEX[k - 1] as number));
        kinds.set(sign, (kinds.get(sign) ?? 0) + 1);
      }
      return -sum([...kinds.values()].map((count) => (count / n) * Math.log2(count / n)));
    });
  });

  it('gives the permutation entropies of Bandt and Pompe’s example', () => {
    // Of six pairs four rise: H(2) = 0.918 bits. Of five triples two rise throughout, two have the middle
    // highest and the last lowest, one the first lowest of a fall and a rise: H(3) = 1.522 bits.
    const series = [4, 7, 9, 10, 6, 11, 3];
    const two = run('permutation_entropy', [series], { timeperiod: 6, order: 2 });
    const three = run('permutation_entropy', [series], { timeperiod: 5, order: 3 });
    expect(two[6]).toBeCloseTo(0.918, 3);
    expect((three[6] as number) * Math.log2(6)).toBeCloseTo(1.522, 3);
  });

  it('agrees with sorting every pattern', () => {
    const [n, order] = [40, 4];
    const patterns = INDEX.map((_, i) =>
      Array.from({ length: order }, (_unused, k) => k)
        .toSorted(
          (a, b) => (INDEX[i - order + 1 + a] ?? 0) - (INDEX[i - order + 1 + b] ?? 0) || a - b,
        )
        .join(''),
    );
    expectWindows(
      run('permutation_entropy', [INDEX], { timeperiod: n, order }),
      n + order - 2,
      (i) => {
        const counts = new Map<string, number>();
        for (const pattern of patterns.slice(i - n + 1, i + 1)) {
          counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
        }
        return -sum([...counts.values()].map((c) => (c / n) * Math.log(c / n))) / Math.log(24);
      },
    );
  });
});

describe('two series', () => {
  it('correlation and beta of returns are those of the definition', () => {
    const n = 20;
    const [a, b] = [returns(INDEX), returns(OTHER)];
    const windowOf = (list: readonly number[], i: number): number[] => list.slice(i - n, i);
    expectWindows(run('rolling_correlation', [INDEX, OTHER]), n, (i) =>
      correlation(windowOf(a, i), windowOf(b, i)),
    );
    expectWindows(
      run('rolling_beta', [INDEX, OTHER], { timeperiod: n }),
      n,
      (i) => products(windowOf(a, i), windowOf(b, i)) / products(windowOf(b, i), windowOf(b, i)),
    );
  });

  it('knows a leveraged copy', () => {
    let twice = 100;
    const leveraged = [100];
    for (const r of returns(INDEX)) {
      twice *= 1 + 2 * r;
      leveraged.push(twice);
    }
    for (const beta of run('rolling_beta', [leveraged, INDEX]).slice(60)) {
      expect(beta).toBeCloseTo(2, 9);
    }
    for (const value of run('rolling_correlation', [leveraged, INDEX]).slice(20)) {
      expect(value).toBeCloseTo(1, 12);
      expect(value).toBeLessThanOrEqual(1);
    }
  });

  it('has no value against a benchmark that stands still or at zero', () => {
    const still = INDEX.map(() => 4);
    expect(run('rolling_beta', [INDEX, still]).every(Number.isNaN)).toBe(true);
    // One that grows evenly has returns that differ by rounding only.
    const even = INDEX.map((_, i) => 100 * 1.0003 ** i);
    expect(run('rolling_beta', [INDEX, even]).every(Number.isNaN)).toBe(true);
    expect(run('rolling_correlation', [even, INDEX]).every(Number.isNaN)).toBe(true);
    const zero = INDEX.slice(0, 60).map((x, i) => (i === 30 ? 0 : x));
    const mine = run('rolling_correlation', [OTHER.slice(0, 60), zero], { timeperiod: 5 });
    // The return from zero is that of bar 31; it is in the windows of bars 31 to 35.
    expect(mine.slice(31, 36).every(Number.isNaN)).toBe(true);
    expect(mine.slice(36).every(Number.isFinite)).toBe(true);
  });

  it('fits the pair by least squares', () => {
    const n = 60;
    const fit = (i: number): { hedge: number; residuals: number[] } => {
      const y = INDEX.slice(i - n + 1, i + 1);
      const x = OTHER.slice(i - n + 1, i + 1);
      const hedge = products(x, y) / products(x, x);
      const intercept = mean(y) - hedge * mean(x);
      return { hedge, residuals: y.map((v, k) => v - intercept - hedge * (x[k] as number)) };
    };
    expectWindows(run('cointegration_zscore', [INDEX, OTHER]), n - 1, (i) => fit(i).hedge);
    expectWindows(
      run('cointegration_zscore', [INDEX, OTHER], {}, 1),
      n - 1,
      (i) => fit(i).residuals.at(-1) as number,
    );
    expectWindows(run('cointegration_zscore', [INDEX, OTHER], {}, 2), n - 1, (i) => {
      const { residuals } = fit(i);
      const deviation = Math.sqrt(sum(residuals.map((e) => e * e)) / (n - 1));
      return (residuals.at(-1) as number) / deviation;
    });
  });

  it('gives the hand-worked line of three points', () => {
    // x 1, 2, 3; y 2, 5, 5: slope 3/2, mean (2, 4), residuals −½, 1, −½.
    // Σ e² = 1.5, deviation √(1.5 / 2) = 0.866; z = −0.5 / 0.866 = −0.57735.
    const inputs = [
      [2, 5, 5],
      [1, 2, 3],
    ];
    const at = (k: number): number | undefined =>
      run('cointegration_zscore', inputs, { timeperiod: 3 }, k)[2];
    expect(at(0)).toBeCloseTo(1.5, 12);
    expect(at(1)).toBeCloseTo(-0.5, 12);
    expect(at(2)).toBeCloseTo(-0.57735, 5);
    // On a perfect line there is nothing to measure by.
    const line = OTHER.map((x) => 3 * x + 7);
    expect(run('cointegration_zscore', [line, OTHER], {}, 2).every(Number.isNaN)).toBe(true);
  });
});

describe('a series and its past', () => {
  it('autocorrelation is the correlation with the shifted series', () => {
    const [n, lag] = [30, 3];
    const moves = returns(INDEX);
    expectWindows(run('autocorrelation', [moves], { timeperiod: n, lag }), n + lag - 1, (i) =>
      correlation(moves.slice(i - n + 1, i + 1), moves.slice(i - lag - n + 1, i - lag + 1)),
    );
    const alternating = Array.from({ length: 20 }, (_, i) => (-1) ** i);
    expect(run('autocorrelation', [alternating], { timeperiod: 8, lag: 1 })[19]).toBeCloseTo(
      -1,
      12,
    );
    expect(run('autocorrelation', [alternating], { timeperiod: 8, lag: 2 })[19]).toBeCloseTo(1, 12);
  });

  it('half-life is known where the series decays by a known share', () => {
    for (const kept of [0.5, 0.9]) {
      const decaying = Array.from({ length: 30 }, (_, i) => 10 + kept ** i);
      const wanted = Math.log(0.5) / Math.log(kept);
      expect(run('half_life', [decaying], { timeperiod: 10 })[15]).toBeCloseTo(wanted, 6);
    }
    // A trend does not return, an alternating series overshoots: no half-life.
    const trend = Array.from({ length: 30 }, (_, i) => 1.1 ** i);
    expect(run('half_life', [trend], { timeperiod: 10 }).every(Number.isNaN)).toBe(true);
    const line = Array.from({ length: 300 }, (_, i) => 100 + 0.1 * i);
    expect(run('half_life', [line], { timeperiod: 10 }).every(Number.isNaN)).toBe(true);
    const alternating = Array.from({ length: 30 }, (_, i) => (-1) ** i);
    expect(run('half_life', [alternating], { timeperiod: 10 }).every(Number.isNaN)).toBe(true);
  });

  it('half-life agrees with a regression of the changes', () => {
    const spread = INDEX.map((x, i) => x - (i > 0 ? (INDEX[i - 1] as number) : x));
    const mine = run('half_life', [spread.map((x, i) => x + 0.9 * (spread[i - 1] ?? 0))]);
    const series = spread.map((x, i) => x + 0.9 * (spread[i - 1] ?? 0));
    const n = 60;
    let known = 0;
    for (let i = n; i < series.length; i += 1) {
      const before = series.slice(i - n, i);
      const change = before.map((x, k) => (series[i - n + k + 1] as number) - x);
      const slope = 1 + products(before, change) / products(before, before);
      if (slope > 0 && slope < 1) {
        known += 1;
        expect(mine[i]).toBeCloseTo(-Math.log(2) / Math.log(slope), 6);
      } else {
        expect(mine[i]).toBeNaN();
      }
    }
    expect(known).toBeGreaterThan(100);
  });

  it('R² is 1 minus what the line leaves', () => {
    const n = 14;
    expectWindows(run('r_squared', [INDEX]), n - 1, (i) => {
      const y = INDEX.slice(i - n + 1, i + 1);
      const x = y.map((_, k) => k);
      const slope = products(x, y) / products(x, x);
      const left = y.map((v, k) => v - mean(y) - slope * (k - mean(x)));
      return 1 - sum(left.map((e) => e * e)) / products(y, y);
    });
  });

  it('R² does not fade over a million bars', () => {
    const long = Array.from({ length: 1_000_050 }, (_, i) => INDEX[i % 50] as number);
    const mine = run('r_squared', [long]);
    const start = run('r_squared', [long.slice(1_000_000)]);
    for (let i = 13; i < 50; i += 1) {
      expect(mine[1_000_000 + i]).toBeCloseTo(start[i] as number, 9);
    }
  });
});
