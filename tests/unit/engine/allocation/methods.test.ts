import { describe, expect, it } from 'vitest';
import { allocate } from '../../../../engine/allocation/allocate.ts';
import { blackLitterman } from '../../../../engine/allocation/black-litterman.ts';
import type { Constraints } from '../../../../engine/allocation/constraints.ts';
import { sampleCovariance } from '../../../../engine/allocation/covariance.ts';
import { conditionalValueAtRisk } from '../../../../engine/allocation/cvar.ts';
import { efficientFrontier } from '../../../../engine/allocation/frontier.ts';
import {
  assetDistances,
  leafOrder,
  singleLinkage,
} from '../../../../engine/allocation/hierarchical.ts';
import type { AllocationMethod } from '../../../../engine/allocation/request.ts';
import { apart, assets, reference, returns } from './reference.ts';

const funds = ['EEM', 'IWM', 'QQQ', 'SPY'];
const groups: Constraints['groups'] = [
  { name: 'funds', assets: funds, maximum: 0.5 },
  { name: 'banks', assets: ['AIG', 'BAC'], minimum: 0.2 },
];
const even = assets.map(() => 1 / assets.length);
const sharpe: AllocationMethod = { kind: 'maximum-sharpe', riskFreeRate: 0.001 };
const least: AllocationMethod = { kind: 'minimum-variance' };

describe('on nine symbols over 119 months, as SciPy', () => {
  it.each<[string, AllocationMethod, Constraints, readonly number[]]>([
    ['least variance', least, {}, reference.minimumVariance],
    [
      'least variance with shorts',
      least,
      { minimum: Number.NEGATIVE_INFINITY },
      reference.minimumVarianceShorts,
    ],
    ['least variance with bounds', least, { minimum: 0.05, maximum: 0.3 }, reference.bounded],
    ['least variance with groups', least, { groups }, reference.grouped],
    ['a target return', { kind: 'target-return', target: 0.018 }, {}, reference.targetReturn],
    ['mean and variance', { kind: 'mean-variance', riskAversion: 2.5 }, {}, reference.meanVariance],
    ['the greatest Sharpe ratio', sharpe, {}, reference.maximumSharpe],
    [
      'the greatest Sharpe ratio with bounds and groups',
      sharpe,
      { minimum: 0.02, maximum: 0.4, groups },
      reference.maximumSharpeBounded,
    ],
    ['diversification', { kind: 'maximum-diversification' }, {}, reference.maximumDiversification],
    ['decorrelation', { kind: 'maximum-decorrelation' }, {}, reference.maximumDecorrelation],
    [
      'least variance with a turnover limit',
      least,
      { turnover: { current: even, limit: 0.3 } },
      reference.turnover,
    ],
    [
      'the greatest Sharpe ratio with a turnover limit',
      sharpe,
      { turnover: { current: even, limit: 0.3 } },
      reference.turnoverSharpe,
    ],
    ['risk parity', { kind: 'risk-parity' }, {}, reference.riskParity],
    [
      'risk budgets',
      { kind: 'risk-parity', budgets: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      {},
      reference.riskBudgets,
    ],
    ['hierarchy', { kind: 'hierarchical-risk-parity' }, {}, reference.hrp.weights],
    [
      'hierarchy by correlation distance',
      { kind: 'hierarchical-risk-parity', metric: 'correlation-distance' },
      {},
      reference.hrpCorrelation.weights,
    ],
  ])('%s', (_, method, constraints, expected) => {
    const found = allocate({ assets, returns, method, constraints });
    // SciPy's sequential least squares stops at about 1e-6.
    expect(apart(found.weights, expected)).toBeLessThan(5e-6);
    expect(found.warnings).toEqual([]);
  });

  it.each([
    [0.95, {}, reference.cvar95],
    [0.8, { maximum: 0.25 }, reference.cvar80],
    [0.9, { turnover: { current: even, limit: 0.4 } }, reference.cvar90Turnover],
  ])('the least conditional value at risk at %s, as HiGHS', (confidence, constraints, expected) => {
    const found = allocate({
      assets,
      returns,
      method: { kind: 'minimum-cvar', confidence },
      constraints,
    });
    expect(found.cvar).toBeCloseTo(expected.cvar, 12);
    expect(apart(found.weights, expected.weights)).toBeLessThan(1e-9);
  });

  it('Black-Litterman in its form without inverses, as in its form with them', () => {
    const { market, expected, unconstrained, weights } = reference.blackLitterman;
    const views = [
      { weights: { AAPL: 1 }, expected: 0.02 },
      { weights: { QQQ: 1, SPY: -1 }, expected: 0.003, variance: 1e-5 },
    ];
    const common = { riskAversion: 3, tau: 0.025, views };
    const covariance = sampleCovariance(returns);
    const posterior = blackLitterman({
      ...common,
      assets,
      covariance,
      market: Float64Array.from(market),
    });
    expect(apart(posterior.expected, expected)).toBeLessThan(1e-15);
    expect(apart(posterior.unconstrained, unconstrained)).toBeLessThan(1e-11);
    const found = allocate({
      assets,
      returns,
      method: { kind: 'black-litterman', market, ...common },
    });
    expect(apart(found.weights, weights)).toBeLessThan(5e-6);
  });

  it('hangs the tree in the order of SciPy', () => {
    const covariance = sampleCovariance(returns);
    const n = assets.length;
    for (const [metric, { order }] of [
      ['distance-of-distances', reference.hrp],
      ['correlation-distance', reference.hrpCorrelation],
    ] as const) {
      const merges = singleLinkage(assetDistances(covariance, n, metric), n);
      expect(leafOrder(merges, n)).toEqual(order);
    }
  });
});

describe('an allocation', () => {
  it('describes itself', () => {
    const found = allocate({
      assets: ['A', 'B'],
      returns: [Float64Array.of(0.01, -0.02, 0.03, 0), Float64Array.of(0, 0.02, -0.01, 0.01)],
      method: { kind: 'equal-weight' },
      constraints: { turnover: { current: [0.8, 0.2], limit: 1 } },
    });
    // Means 0.005 and 0.005; portfolio returns 0.005, 0, 0.01, 0.005: squares about the mean sum to 5e-5.
    expect(Array.from(found.weights)).toEqual([0.5, 0.5]);
    expect(found.expectedReturn).toBeCloseTo(0.005, 15);
    expect(found.volatility).toBeCloseTo(Math.sqrt(5e-5 / 3), 15);
    // Sums about the means: squares of A 0.0013 and of B 0.0005, products −0.0008. A's part of
    // 0.0013 + 0.0005 − 2 · 0.0008 = 0.0002 is 0.0013 − 0.0008 = 0.0005: more than all of it.
    expect(found.riskContributions[0]).toBeCloseTo(2.5, 9);
    expect(found.riskContributions[1]).toBeCloseTo(-1.5, 9);
    expect(found.turnover).toBeCloseTo(0.6, 15);
    // A twentieth of four bars is the fifth of one: the worst one, a return of 0.
    expect(found.cvar).toBeCloseTo(0, 15);
  });

  it('is by the inverse of volatility', () => {
    const covariance = Float64Array.of(0.01, 0, 0, 0.09);
    const found = allocate({
      assets: ['A', 'B'],
      covariance,
      method: { kind: 'inverse-volatility' },
    });
    expect(apart(found.weights, [0.75, 0.25])).toBeLessThan(1e-15);
    expect(found.expectedReturn).toBeNaN();
    expect(found.cvar).toBeNaN();
  });

  it('sums to what it is told', () => {
    for (const kind of [
      'equal-weight',
      'risk-parity',
      'minimum-variance',
      'maximum-sharpe',
    ] as const) {
      const found = allocate({ assets, returns, method: { kind }, constraints: { sum: 0.8 } });
      expect(found.weights.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0.8, 12);
    }
    // The Sharpe ratio does not change with size, so neither does the mix.
    const whole = allocate({ assets, returns, method: { kind: 'maximum-sharpe' } }).weights;
    const part = allocate({
      assets,
      returns,
      method: { kind: 'maximum-sharpe' },
      constraints: { sum: 0.8 },
    });
    expect(
      apart(
        part.weights,
        whole.map((weight) => weight * 0.8),
      ),
    ).toBeLessThan(1e-12);
  });

  it('moves weights that know no constraints to the nearest allowed ones, and says so', () => {
    const found = allocate({
      assets: ['A', 'B', 'C'],
      covariance: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
      method: { kind: 'equal-weight' },
      constraints: { maximum: [0.2, 1, 1] },
    });
    expect(apart(found.weights, [0.2, 0.4, 0.4])).toBeLessThan(1e-12);
    expect(found.warnings).toEqual([
      'The weights of equal-weight do not meet the constraints; these are the nearest ones that do.',
    ]);
  });

  it('does not change with a guess, good or bad', () => {
    for (const method of [least, sharpe, { kind: 'mean-variance', riskAversion: 2 } as const]) {
      for (const constraints of [{}, { groups }, { maximum: 0.3, minimum: 0.01 }]) {
        const plain = allocate({ assets, returns, method, constraints }).weights;
        for (let i = 0; i < assets.length; i += 1) {
          const guess = new Float64Array(assets.length);
          guess[i] = 1;
          const found = allocate({ assets, returns, method, constraints }, guess).weights;
          expect(apart(found, plain)).toBeLessThan(1e-12);
        }
      }
    }
  });

  it('takes the last bar of a tail in part', () => {
    // Losses 4, 3, 2, 1: half a bar is 4; one and a half are (4 + 1.5) / 1.5.
    const outcomes = Float64Array.of(-1, -3, -2, -4);
    expect(conditionalValueAtRisk(outcomes, 0.875)).toBe(4);
    expect(conditionalValueAtRisk(outcomes, 0.625)).toBeCloseTo(5.5 / 1.5, 14);
    expect(conditionalValueAtRisk(outcomes, 0)).toBe(2.5);
  });

  it('of a frontier has less risk than any other of its return', () => {
    const points = efficientFrontier({ assets, returns, constraints: { groups } }, 9);
    expect(points).toHaveLength(9);
    for (const { expectedReturn, volatility, weights } of points) {
      const target = expectedReturn - 1e-12;
      const found = allocate({
        assets,
        returns,
        method: { kind: 'target-return', target },
        constraints: { groups },
      });
      expect(found.volatility).toBeCloseTo(volatility, 9);
      expect(weights.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    }
  });
});
