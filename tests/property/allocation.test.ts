import { describe, expect, it } from 'vitest';
import { allocate } from '../../engine/allocation/allocate.ts';
import { nearestAllowed } from '../../engine/allocation/constraints.ts';
import {
  repairCovariance,
  sampleCovariance,
  shrinkToConstantCorrelation,
  shrinkToIdentity,
} from '../../engine/allocation/covariance.ts';
import { assetDistances, leafOrder, singleLinkage } from '../../engine/allocation/hierarchical.ts';
import { symmetricEigen } from '../../engine/allocation/matrix.ts';
import type { AllocationMethod } from '../../engine/allocation/request.ts';
import { riskContributions, riskParity } from '../../engine/allocation/risk-parity.ts';
import { Random } from '../../engine/backtest/random.ts';
import {
  randomPoint,
  randomPolytope,
  randomReturns,
  sum,
} from '../unit/engine/allocation/generate.ts';
import { fc } from '../support/properties.ts';

const seeds = fc.nat(0xffff_ffff);

describe('every allocation', () => {
  const methods: readonly AllocationMethod[] = [
    { kind: 'equal-weight' },
    { kind: 'inverse-volatility' },
    { kind: 'minimum-variance' },
    { kind: 'maximum-diversification' },
    { kind: 'maximum-decorrelation' },
    { kind: 'mean-variance', riskAversion: 3 },
    { kind: 'risk-parity' },
    { kind: 'hierarchical-risk-parity' },
    { kind: 'hierarchical-risk-parity', metric: 'correlation-distance' },
    { kind: 'minimum-cvar', confidence: 0.9 },
  ];

  it('meets its constraints, whatever the method', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 2, max: 12 }),
        fc.constantFrom(...methods),
        (seed, n, method) => {
          const random = new Random(seed);
          const returns = randomReturns(random, n, n + 25);
          const assets = returns.map((_, i) => `A${i}`);
          const maximum = Math.max(0.35, 1.5 / n);
          const half = assets.slice(0, n >> 1);
          const group = { name: 'half', assets: half, minimum: 0.2, maximum: 0.6 };
          const current = Array.from(randomPoint(random, n));
          const constraints = {
            maximum,
            groups: [group],
            ...(random.uniform() < 0.4 ? { turnover: { current, limit: 1.9 } } : {}),
          };
          const fits = half.length * maximum >= 0.2 && (n - half.length) * maximum >= 0.4;
          fc.pre(fits);
          const { weights, turnover } = allocate({ assets, returns, method, constraints });
          expect(sum(weights)).toBeCloseTo(1, 9);
          expect(Math.min(...weights)).toBeGreaterThan(-1e-9);
          expect(Math.max(...weights)).toBeLessThan(maximum + 1e-9);
          const held = sum(weights.slice(0, half.length));
          expect(held).toBeGreaterThan(0.2 - 1e-9);
          expect(held).toBeLessThan(0.6 + 1e-9);
          if (!Number.isNaN(turnover)) expect(turnover).toBeLessThan(1.9 + 1e-9);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('does not depend on the order of the assets, or on the size of returns', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 9 }), (seed, n) => {
        const random = new Random(seed);
        const returns = randomReturns(random, n, n + 30);
        const assets = returns.map((_, i) => `A${i}`);
        const order = assets
          .map((_, i) => i)
          .toSorted((a, b) => ((a * 7 + 3) % n) - ((b * 7 + 3) % n) || a - b);
        for (const kind of [
          'minimum-variance',
          'risk-parity',
          'maximum-diversification',
          'inverse-volatility',
        ] as const) {
          const plain = allocate({ assets, returns, method: { kind } }).weights;
          const turned = allocate({
            assets: order.map((i) => assets[i] as string),
            returns: order.map((i) => (returns[i] as Float64Array).map((value) => value * 1_000)),
            method: { kind },
          }).weights;
          order.forEach((i, k) => expect(turned[k]).toBeCloseTo(plain[i] as number, 8));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of least variance has no more than any other method, and of the greatest ratio no less', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 10 }), (seed, n) => {
        const returns = randomReturns(new Random(seed), n, n + 40);
        const assets = returns.map((_, i) => `A${i}`);
        const all = methods.map((method) => allocate({ assets, returns, method }));
        const least = allocate({ assets, returns, method: { kind: 'minimum-variance' } });
        for (const other of all) expect(least.volatility).toBeLessThan(other.volatility + 1e-12);
        if (all.some(({ expectedReturn }) => expectedReturn > 0)) {
          const best = allocate({ assets, returns, method: { kind: 'maximum-sharpe' } });
          for (const { expectedReturn, volatility } of all) {
            expect(best.expectedReturn / best.volatility).toBeGreaterThan(
              expectedReturn / volatility - 1e-9,
            );
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('risk parity, hierarchies and covariances', () => {
  it('risk contributions are the budgets, even of a singular covariance', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 3, max: 60 }),
        (seed, n, count) => {
          const random = new Random(seed);
          const covariance = sampleCovariance(randomReturns(random, n, count));
          const raw = Float64Array.from({ length: n }, () => 0.05 + random.uniform());
          const budgets = raw.map((value) => value / sum(raw));
          const { values, repaired } = repairCovariance(covariance, n);
          const found = riskContributions(values, riskParity(values, budgets));
          // Where a mix has next to no variance, the contributions themselves are small differences.
          found.forEach((part, i) =>
            expect(part).toBeCloseTo(budgets[i] as number, repaired ? 5 : 9),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('single linkage joins what a plain search for the nearest pair joins', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 12 }), (seed, n) => {
        const covariance = sampleCovariance(randomReturns(new Random(seed), n, n + 20));
        const distance = assetDistances(covariance, n, 'distance-of-distances');
        const merges = singleLinkage(distance, n);
        const clusters = new Map(Array.from({ length: n }, (_, i) => [i, [i]]));
        merges.forEach(({ first, second, distance: found }, k) => {
          let nearest = Number.POSITIVE_INFINITY;
          let pair = '';
          for (const [a, left] of clusters) {
            for (const [b, right] of clusters) {
              if (a >= b) continue;
              for (const i of left) {
                for (const j of right) {
                  const d = distance[i * n + j] as number;
                  if (d < nearest) {
                    nearest = d;
                    pair = `${a} ${b}`;
                  }
                }
              }
            }
          }
          expect(found).toBe(nearest);
          expect(`${first} ${second}`).toBe(pair);
          clusters.set(n + k, [...(clusters.get(first) ?? []), ...(clusters.get(second) ?? [])]);
          clusters.delete(first);
          clusters.delete(second);
        });
        expect(leafOrder(merges, n)).toEqual(clusters.get(2 * n - 2));
      }),
      { numRuns: 150 },
    );
  });

  it('shrinking keeps the variance of the whole, and makes what can be inverted', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 3, max: 40 }),
        (seed, n, count) => {
          const returns = randomReturns(new Random(seed), n, count);
          const sample = sampleCovariance(returns, 0);
          const trace = (values: Float64Array): number =>
            sum(returns.map((_, i) => values[i * n + i] as number));
          for (const { values, shrinkage } of [
            shrinkToIdentity(returns),
            shrinkToConstantCorrelation(returns),
          ]) {
            expect(shrinkage).toBeGreaterThanOrEqual(0);
            expect(shrinkage).toBeLessThanOrEqual(1);
            expect(trace(values) / trace(sample)).toBeCloseTo(1, 12);
            const smallest = Math.min(...symmetricEigen(values, n).values);
            if (shrinkage > 0.01) expect(smallest).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('the nearest allowed weights are nearer than others that are allowed', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 8 }), (seed, n) => {
        const random = new Random(seed);
        const inside = randomPoint(random, n);
        const polytope = randomPolytope(random, inside);
        const wish = inside.map(() => random.normal());
        const found = nearestAllowed(polytope, wish);
        const length = (a: Float64Array): number =>
          sum(a.map((value, i) => (value - (wish[i] as number)) ** 2));
        // The way from it to any allowed point does not lead nearer.
        for (const part of [1e-3, 0.1, 1]) {
          const moved = found.map((value, i) => value + part * ((inside[i] as number) - value));
          expect(length(moved)).toBeGreaterThan(length(found) - 1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });
});
