import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { mean } from '../../../../engine/stats/moments.ts';
import {
  blockLengths,
  resample,
  shuffle,
  stationaryBlocks,
} from '../../../../engine/validation/bootstrap.ts';
import { NumpyRandom } from './numpy-random.ts';

function autoregressive(rho: number, length: number, normal: () => number): Float64Array {
  const values = new Float64Array(length);
  let last = 0;
  for (let i = 0; i < length; i += 1) {
    last = rho * last + normal();
    values[i] = last;
  }
  return values;
}

describe('the automatic block length', () => {
  it('is that of the package arch for its own AR(1)', () => {
    // arch's test: RandomState(0), 10,100 numbers, y[i] = 0.3 y[i-1] + e[i], the first 100 left out;
    // 13.635665 for the stationary and 15.60894 for the circular bootstrap.
    const source = new NumpyRandom(0);
    // The first normal numbers of RandomState(0) are printed in every NumPy tutorial.
    const first = [source.normal(), source.normal(), source.normal()];
    [1.76405235, 0.40015721, 0.97873798].forEach((value, i) => {
      expect(first[i]).toBeCloseTo(value, 8);
    });
    const again = new NumpyRandom(0);
    const series = autoregressive(0.3, 10_100, () => again.normal()).slice(100);
    const { stationary, circular } = blockLengths(series);
    expect(stationary).toBeCloseTo(13.635665, 3);
    expect(circular).toBeCloseTo(15.60894, 3);
  });

  it('of AR(1) is near what theory says on average', () => {
    // The sum of |k| times the autocovariances is 2 rho / (1 - rho)^2, the long-run variance
    // (1 + rho) / (1 - rho), both times the variance; their ratio is 2 rho / (1 - rho^2), and the best length
    // the cube root of its square times n.
    const random = new Random(8);
    for (const rho of [0.3, 0.6]) {
      const n = 5_000;
      let sum = 0;
      for (let k = 0; k < 20; k += 1) {
        sum += blockLengths(autoregressive(rho, n, () => random.normal())).stationary;
      }
      const theory = Math.cbrt(((2 * rho) / (1 - rho * rho)) ** 2 * n);
      expect(sum / 20 / theory).toBeGreaterThan(0.8);
      expect(sum / 20 / theory).toBeLessThan(1.25);
    }
  });

  it('is short for independent numbers, longer for dependent ones, and never beyond its bounds', () => {
    const random = new Random(4);
    const noise = Float64Array.from({ length: 2_000 }, () => random.normal());
    const trend = Float64Array.from({ length: 2_000 }, (_, i) => i);
    expect(blockLengths(noise).stationary).toBeLessThan(10);
    expect(blockLengths(trend).stationary).toBeLessThanOrEqual(Math.ceil(3 * Math.sqrt(2_000)));
    expect(blockLengths(trend).stationary).toBeGreaterThan(20);
    expect(blockLengths([1, 2, 3])).toEqual({ stationary: 1, circular: 1 });
    expect(blockLengths(new Float64Array(50).fill(2))).toEqual({ stationary: 1, circular: 1 });
  });
});

describe('the stationary bootstrap', () => {
  it('draws blocks of the wanted mean length that go round the end', () => {
    const random = new Random(3);
    const counts = new Float64Array(50);
    let blocks = 0;
    let drawn = 0;
    let wrapped = 0;
    for (let k = 0; k < 4_000; k += 1) {
      let total = 0;
      let last = -1;
      stationaryBlocks(50, 5, random, (from, length) => {
        expect(from + length).toBeLessThanOrEqual(50);
        if (from === 0 && last === 50) wrapped += 1;
        else blocks += 1;
        last = from + length;
        total += length;
        for (let i = from; i < from + length; i += 1) counts[i] = (counts[i] ?? 0) + 1;
      });
      expect(total).toBe(50);
      drawn += total;
    }
    // Cutting the last block at the end shortens the mean a little: E = 50 / (1 + 49 / 5).
    expect(drawn / blocks).toBeCloseTo(50 / (1 + 49 / 5), 1);
    expect(wrapped).toBeGreaterThan(0);
    // Every place is drawn as often as any other.
    for (const count of counts) expect(Math.abs(count / 4_000 - 1)).toBeLessThan(0.1);
  });

  it('keeps the dependence that single draws lose', () => {
    const random = new Random(6);
    const series = autoregressive(0.8, 3_000, () => random.normal());
    const into = new Float64Array(3_000);
    const lagOne = (values: Float64Array): number => {
      const centre = mean(values);
      let a = 0;
      let b = 0;
      for (let i = 1; i < values.length; i += 1) {
        a += ((values[i] ?? 0) - centre) * ((values[i - 1] ?? 0) - centre);
        b += ((values[i] ?? 0) - centre) ** 2;
      }
      return a / b;
    };
    resample(series, 30, random, into);
    // One break in 30 keeps 29/30 of it.
    expect(lagOne(into)).toBeCloseTo((0.8 * 29) / 30, 1);
    resample(series, 1, random, into);
    expect(Math.abs(lagOne(into))).toBeLessThan(0.08);
  });

  it('a shuffle keeps every value, and every order is as likely', () => {
    const random = new Random(9);
    const orders = new Map<string, number>();
    for (let k = 0; k < 6_000; k += 1) {
      const values = Int32Array.of(1, 2, 3);
      shuffle(values, random);
      const key = values.join();
      orders.set(key, (orders.get(key) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count / 1_000 - 1)).toBeLessThan(0.12);
  });
});
