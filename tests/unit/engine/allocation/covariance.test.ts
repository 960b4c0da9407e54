import { describe, expect, it } from 'vitest';
import {
  correlationOf,
  estimateCovariance,
  exponentialCovariance,
  oracleApproximatingShrinkage,
  repairCovariance,
  sampleCovariance,
  shrinkToConstantCorrelation,
  shrinkToIdentity,
} from '../../../../engine/allocation/covariance.ts';
import { cholesky, symmetricEigen } from '../../../../engine/allocation/matrix.ts';
import { apart, reference, returns } from './reference.ts';

describe('covariance', () => {
  it('is that of the textbook, by either divisor', () => {
    // x = 1 2 4 5, mean 3, squares 4 1 1 4 = 10; y = 2 1 5 4, mean 3, products 2 2 2 2 = 8, squares 1 4 4 1 = 10.
    const two = [Float64Array.of(1, 2, 4, 5), Float64Array.of(2, 1, 5, 4)];
    expect(apart(sampleCovariance(two), [10 / 3, 8 / 3, 8 / 3, 10 / 3])).toBeLessThan(1e-15);
    expect(Array.from(sampleCovariance(two, 0))).toEqual([2.5, 2, 2, 2.5]);
  });

  it('sums the same in fours as one by one', () => {
    const n = returns.length;
    const values = sampleCovariance(returns);
    returns.forEach((a, i) => {
      const meanA = a.reduce((sum, value) => sum + value, 0) / a.length;
      returns.forEach((b, j) => {
        const meanB = b.reduce((sum, value) => sum + value, 0) / b.length;
        const sum = a.reduce(
          (total, value, t) => total + (value - meanA) * ((b[t] ?? 0) - meanB),
          0,
        );
        expect(values[i * n + j]).toBeCloseTo(sum / (a.length - 1), 15);
      });
    });
  });

  it('weighs recent bars more, as NumPy with the same weights', () => {
    expect(apart(exponentialCovariance(returns, 24), reference.exponential24.flat())).toBeLessThan(
      1e-16,
    );
    // Weights 1/3 and 2/3 at a half-life of one bar: mean 2/3, variance 1/3 · 4/9 + 2/3 · 1/9 = 2/9.
    expect(exponentialCovariance([Float64Array.of(0, 1)], 1)[0]).toBeCloseTo(2 / 9, 15);
  });

  it.each([
    ['constant correlation', shrinkToConstantCorrelation, reference.constantCorrelation],
    ['the identity', shrinkToIdentity, reference.identity],
    ['the identity by OAS', oracleApproximatingShrinkage, reference.oas],
  ])('shrinks to %s as the formulas written out do', (_, shrink, expected) => {
    const found = shrink(returns);
    expect(found.shrinkage).toBeCloseTo(expected.shrinkage, 12);
    expect(apart(found.values, expected.covariance.flat())).toBeLessThan(1e-16);
  });

  it('shrinks wholly where there is nothing to tell assets apart by', () => {
    // Two assets of one variance and no correlation: the sample is the identity target already.
    const even = [Float64Array.of(1, 1, -1, -1), Float64Array.of(1, -1, 1, -1)];
    expect(Array.from(shrinkToIdentity(even).values)).toEqual([1, 0, 0, 1]);
    expect(shrinkToConstantCorrelation(even).shrinkage).toBe(0);
  });

  it('says what it cannot use', () => {
    expect(() => sampleCovariance([Float64Array.of(1)])).toThrow(
      /more than 1 observations and there are 1/,
    );
    expect(() => estimateCovariance(returns, { kind: 'exponential', halfLife: 0 })).toThrow(
      /halfLife: 0/,
    );
  });
});

describe('repair', () => {
  it('leaves a sound matrix alone', () => {
    const sound = sampleCovariance(returns);
    expect(repairCovariance(sound, returns.length)).toEqual({ values: sound, repaired: false });
  });

  it('raises eigenvalues that are not above 0 and keeps the others', () => {
    // [[1, 2], [2, 1]] has 3 and −1 along (1, 1) and (1, −1): what stays is 3/2 of ones.
    const { values, repaired } = repairCovariance(Float64Array.of(1, 2, 2, 1), 2);
    expect(repaired).toBe(true);
    expect(apart(values, [1.5, 1.5, 1.5, 1.5])).toBeLessThan(1e-8);
    expect(cholesky(values, 2)).not.toBeNull();
  });

  it('finds eigenvectors: M v = λ v, and they are orthonormal', () => {
    const n = returns.length;
    const matrix = sampleCovariance(returns);
    const { values, vectors } = symmetricEigen(matrix, n);
    const row = (k: number): Float64Array => vectors.subarray(k * n, k * n + n);
    for (let k = 0; k < n; k += 1) {
      for (let i = 0; i < n; i += 1) {
        const product = row(k).reduce((sum, value, j) => sum + (matrix[i * n + j] ?? 0) * value, 0);
        expect(product).toBeCloseTo((values[k] ?? 0) * (row(k)[i] ?? 0), 15);
      }
      for (let l = 0; l < n; l += 1) {
        const product = row(k).reduce((sum, value, j) => sum + value * (row(l)[j] ?? 0), 0);
        expect(product).toBeCloseTo(k === l ? 1 : 0, 13);
      }
    }
  });

  it('makes correlations of 1 on the diagonal and 0 beside an asset that never moves', () => {
    expect(Array.from(correlationOf(Float64Array.of(4, 3, 0, 3, 9, 0, 0, 0, 0), 3))).toEqual([
      1, 0.5, 0, 0.5, 1, 0, 0, 0, 1,
    ]);
  });
});
