import { describe, expect, it } from 'vitest';
import { allocate } from '../../../../engine/allocation/allocate.ts';
import type { Constraints } from '../../../../engine/allocation/constraints.ts';
import { efficientFrontier } from '../../../../engine/allocation/frontier.ts';
import type { AllocationMethod } from '../../../../engine/allocation/request.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { apart, assets, returns } from './reference.ts';

const least: AllocationMethod = { kind: 'minimum-variance' };

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(RenataError);
    expect((error as RenataError).code).toBe('BAD_INPUT');
    return (error as RenataError).message;
  }
  return 'nothing was thrown';
}

const conflict = (constraints: Constraints, method: AllocationMethod = least): string =>
  messageOf(() => allocate({ assets, returns, method, constraints }));

describe('constraints that conflict are named', () => {
  it('group minimums above the sum', () => {
    const message = conflict({
      groups: [
        { name: 'tech', assets: ['AAPL', 'IBM'], minimum: 0.7 },
        { name: 'banks', assets: ['AIG', 'BAC'], minimum: 0.5 },
        { name: 'funds', assets: ['SPY', 'QQQ'], maximum: 0.9 },
      ],
    });
    expect(message).toMatch(/^constraints: no weights meet these together: /);
    expect(message).toContain('group tech at least 0.7');
    expect(message).toContain('group banks at least 0.5');
    expect(message).toContain('weights sum to 1');
    expect(message).not.toContain('funds');
    // The rest of the proof: no weight may be negative to make room.
    expect(message).toContain('at least 0');
    expect(message).toContain('Loosen one of them.');
  });

  it('largest weights below the sum', () => {
    const message = conflict({ maximum: 0.1 });
    expect(message).toContain('weights sum to 1');
    expect(message).toContain('AAPL at most 0.1');
    expect(message).toContain('and 2 more');
  });

  it('smallest weights above the sum', () => {
    expect(conflict({ minimum: 0.2 })).toContain('AAPL at least 0.2');
  });

  it('an asset that must hold more than its group may', () => {
    const message = conflict({
      minimum: [0.3, 0, 0, 0, 0, 0, 0, 0, 0],
      groups: [{ name: 'tech', assets: ['AAPL', 'IBM'], maximum: 0.2 }],
    });
    expect(message).toContain('group tech at most 0.2');
    expect(message).toContain('AAPL at least 0.3');
    expect(message).not.toContain('sum to');
  });

  it('a turnover limit that does not reach the bounds', () => {
    const current = [1, 0, 0, 0, 0, 0, 0, 0, 0];
    for (const method of [least, { kind: 'maximum-sharpe' }, { kind: 'minimum-cvar' }] as const) {
      const message = conflict({ maximum: 0.4, turnover: { current, limit: 0.5 } }, method);
      expect(message).toContain('turnover at most 0.5');
      expect(message).toContain('AAPL at most 0.4');
    }
  });

  it('a return that no portfolio has', () => {
    const message = conflict({}, { kind: 'target-return', target: 0.5 });
    expect(message).toContain('expected return at least 0.5 a bar');
  });

  it('a risk-free rate that no portfolio beats', () => {
    const message = conflict({}, { kind: 'maximum-sharpe', riskFreeRate: 0.1 });
    expect(message).toContain('expected return above the risk-free rate');
    const level = messageOf(() =>
      allocate({
        assets: ['A'],
        covariance: Float64Array.of(1),
        expected: Float64Array.of(0),
        method: { kind: 'maximum-sharpe' },
      }),
    );
    expect(level).toContain('expected return above the risk-free rate');
  });

  it.each<[AllocationMethod]>([
    [{ kind: 'equal-weight' }],
    [{ kind: 'risk-parity' }],
    [{ kind: 'hierarchical-risk-parity' }],
    [{ kind: 'maximum-sharpe' }],
    [{ kind: 'minimum-cvar' }],
    [{ kind: 'maximum-decorrelation' }],
  ])('by %o too', (method) => {
    expect(conflict({ maximum: 0.1 }, method)).toContain('weights sum to 1');
  });

  it('on the frontier too', () => {
    const work = (): unknown =>
      efficientFrontier({ assets, returns, constraints: { maximum: 0.1 } }, 5);
    expect(messageOf(work)).toContain('weights sum to 1');
  });
});

describe('constraints that leave one point are met', () => {
  it.each([2, 3, 6, 7, 10, 11, 49])(
    '%i assets of at most, or at least, their part of the whole',
    (n) => {
      const names = Array.from({ length: n }, (_, i) => `A${i}`);
      const covariance = new Float64Array(n * n);
      for (let i = 0; i < n; i += 1) covariance[i * n + i] = 1 + i;
      const even = new Float64Array(n).fill(1 / n);
      for (const kind of ['minimum-variance', 'maximum-diversification', 'risk-parity'] as const) {
        for (const limit of [{ maximum: 1 / n }, { minimum: 1 / n }]) {
          const request = { assets: names, covariance, method: { kind }, constraints: limit };
          expect(apart(allocate(request).weights, even)).toBeLessThan(1e-9);
        }
      }
    },
  );

  it('no turnover, and groups that fill the whole', () => {
    const current = [0.15, 0.05, 0.1, 0.2, 0.05, 0.1, 0.1, 0.15, 0.1];
    for (const method of [least, { kind: 'minimum-cvar' }, { kind: 'maximum-sharpe' }] as const) {
      const constraints = { turnover: { current, limit: 0 } };
      const found = allocate({ assets, returns, method, constraints });
      expect(apart(found.weights, current)).toBeLessThan(1e-9);
    }
    const groups = [
      { name: 'a', assets: assets.slice(0, 4), minimum: 0.3 },
      { name: 'b', assets: assets.slice(4), minimum: 0.7 },
    ];
    const { weights } = allocate({ assets, returns, method: least, constraints: { groups } });
    expect(weights.slice(0, 4).reduce((sum, value) => sum + value, 0)).toBeCloseTo(0.3, 12);
  });
});

describe('what is wrong by itself is named', () => {
  it.each<[Constraints, RegExp]>([
    [{ minimum: 0.5, maximum: 0.4 }, /AAPL at least 0.5 is above its maximum 0.4/],
    [{ minimum: [0.1] }, /minimum: there are 1 values for 9 assets/],
    [{ maximum: Number.NaN }, /maximum: NaN is not a weight/],
    [{ sum: Number.NaN }, /sum: NaN is not a number/],
    [
      { groups: [{ name: 'g', assets: ['XYZ'] }] },
      /group g names XYZ, which is not among the assets/,
    ],
    [
      { groups: [{ name: 'g', assets: ['SPY'], minimum: 0.5, maximum: 0.2 }] },
      /group g at least 0.5 is above its maximum 0.2/,
    ],
    [{ turnover: { current: [1], limit: 1 } }, /there are 1 current weights for 9 assets/],
    [{ turnover: { current: assets.map(() => 0), limit: -1 } }, /-1 is not a limit/],
  ])('%o', (constraints, expected) => {
    expect(conflict(constraints)).toMatch(expected);
  });

  it.each<[AllocationMethod, RegExp]>([
    [{ kind: 'risk-parity', budgets: [1, 2] }, /budgets: there are 2 for 9 assets/],
    [{ kind: 'risk-parity', budgets: [0, 1, 1, 1, 1, 1, 1, 1, 1] }, /budgets: 0 is not above 0/],
    [{ kind: 'minimum-cvar', confidence: 1 }, /confidence: 1 is not from 0 up to 1/],
    [{ kind: 'mean-variance', riskAversion: 0 }, /riskAversion: 0 is not above 0/],
    [{ kind: 'target-return', target: Number.NaN }, /target: NaN is not a return/],
    [
      { kind: 'black-litterman', market: [1], views: [] },
      /market: there are 1 weights for 9 assets/,
    ],
    [
      {
        kind: 'black-litterman',
        market: assets.map(() => 1 / 9),
        views: [{ weights: { XYZ: 1 }, expected: 0 }],
      },
      /views: XYZ is not among the assets/,
    ],
    [
      {
        kind: 'black-litterman',
        market: assets.map(() => 1 / 9),
        views: [
          { weights: { SPY: 1 }, expected: 0.01, confidence: 1 },
          { weights: { SPY: 1 }, expected: 0.02, confidence: 1 },
        ],
      },
      /contradict each other/,
    ],
  ])('%o', (method, expected) => {
    expect(conflict({}, method)).toMatch(expected);
  });

  it('a gap in the returns, with asset and row', () => {
    const gap = returns.map((column) => Float64Array.from(column));
    (gap[3] as Float64Array)[7] = Number.NaN;
    const message = messageOf(() => allocate({ assets, returns: gap, method: least }));
    expect(message).toBe('returns: EEM has NaN at row 7; fill the gap or leave it out.');
  });

  it('columns of different lengths, too few bars, names that come twice', () => {
    const two = [Float64Array.of(0.1, 0.2), Float64Array.of(0.1)];
    const of = (names: string[], columns: Float64Array[]): string =>
      messageOf(() => allocate({ assets: names, returns: columns, method: least }));
    expect(of(['A', 'B'], two)).toContain('B has 1 and A 2');
    expect(of(['A'], [Float64Array.of(0.1)])).toContain('1 observations are not enough');
    expect(of(['A', 'A'], [Float64Array.of(1, 2), Float64Array.of(2, 1)])).toContain(
      'a name comes twice',
    );
    expect(of([], [])).toContain('there is none to allocate to');
    expect(messageOf(() => allocate({ assets: ['A'], method: least }))).toContain(
      'give returns or a covariance',
    );
  });

  it('a covariance of the wrong size, or not symmetric, or without returns for a tail', () => {
    const of = (covariance: Float64Array, method: AllocationMethod = least): string =>
      messageOf(() => allocate({ assets: ['A', 'B'], covariance, method }));
    expect(of(Float64Array.of(1))).toContain('1 numbers are not a matrix of 2 assets');
    expect(of(Float64Array.of(1, 0.5, 0, 1))).toContain('rows 0 and 1 are not symmetric');
    expect(of(Float64Array.of(-1, 0, 0, 1))).toContain('the variance of row 0 is below 0');
    const sound = Float64Array.of(1, 0, 0, 1);
    expect(of(sound, { kind: 'minimum-cvar' })).toContain('minimum-cvar needs returns');
    expect(of(sound, { kind: 'maximum-sharpe' })).toContain('needs returns or expected returns');
  });
});

describe('figures that a careful user would ask about', () => {
  it('fewer observations than assets: shrunk, with a warning', () => {
    const short = returns.map((column) => column.subarray(0, 8));
    const found = allocate({ assets, returns: short, method: least });
    expect(found.shrinkage).toBeGreaterThan(0);
    expect(found.warnings[0]).toMatch(
      /^8 observations are too few for the covariance of 9 assets; it was shrunk/,
    );
    const chosen = allocate({
      assets,
      returns: short,
      method: least,
      estimator: { kind: 'ledoit-wolf-identity' },
    });
    expect(chosen.warnings).toEqual([]);
  });

  it('assets that are the same: each gets the same, with a warning that names them', () => {
    const [first, second] = returns as [Float64Array, Float64Array];
    for (const kind of [
      'minimum-variance',
      'risk-parity',
      'maximum-sharpe',
      'hierarchical-risk-parity',
    ] as const) {
      const found = allocate({
        assets: ['A', 'TWIN', 'B'],
        returns: [first, first, second],
        method: { kind },
      });
      expect(found.warnings[0]).toContain('(A and TWIN move alike)');
      expect(apart([found.weights[0] ?? 0], [found.weights[1] ?? 1])).toBeLessThan(1e-6);
      const pair = allocate({ assets: ['A', 'B'], returns: [first, second], method: { kind } });
      if (kind === 'minimum-variance') {
        const together = (found.weights[0] ?? 0) + (found.weights[1] ?? 0);
        expect(together).toBeCloseTo(pair.weights[0] ?? 0, 5);
      }
    }
  });

  it('an asset that never moves', () => {
    const flat = new Float64Array(returns[0]?.length ?? 0);
    const request = { assets: ['CASH', 'AAPL'], returns: [flat, returns[0] as Float64Array] };
    for (const kind of [
      'inverse-volatility',
      'risk-parity',
      'maximum-sharpe',
      'hierarchical-risk-parity',
    ] as const) {
      const message = messageOf(() => allocate({ ...request, method: { kind } }));
      expect(message).toBe(
        `returns: CASH never moves, and ${kind} divides by volatility; leave it out.`,
      );
    }
    const found = allocate({ ...request, method: least });
    expect(found.weights[0]).toBeCloseTo(1, 6);
    expect(found.warnings[0]).toContain('CASH never moves');
    expect(allocate({ ...request, method: { kind: 'equal-weight' } }).warnings).toEqual([]);
    expect(allocate({ ...request, method: { kind: 'minimum-cvar' } }).weights[0]).toBe(1);
  });

  it('no asset that moves: least variance is anything, and comes out even', () => {
    const flat = new Float64Array(5);
    const found = allocate({ assets: ['A', 'B'], returns: [flat, flat], method: least });
    expect(apart(found.weights, [0.5, 0.5])).toBeLessThan(1e-12);
    expect(found.volatility).toBe(0);
    expect(found.warnings[0]).toContain('A, B never moves');
  });

  it('a single asset', () => {
    const [only] = returns as [Float64Array];
    for (const kind of [
      'equal-weight',
      'minimum-variance',
      'maximum-sharpe',
      'risk-parity',
      'hierarchical-risk-parity',
      'minimum-cvar',
      'maximum-diversification',
    ] as const) {
      const found = allocate({ assets: ['AAPL'], returns: [only], method: { kind } });
      expect(found.weights[0]).toBeCloseTo(1, 12);
    }
  });

  it('a best ratio that grows with shorts without end', () => {
    // The riskless mix of A and B against C, all its reward from shorts that cancel.
    const message = messageOf(() =>
      allocate({
        assets: ['A', 'B'],
        covariance: Float64Array.of(1, 0.9, 0.9, 1),
        expected: Float64Array.of(-1, -2),
        method: { kind: 'maximum-sharpe' },
        constraints: { minimum: Number.NEGATIVE_INFINITY },
      }),
    );
    expect(message).toContain('grows as shorts grow without end');
  });

  it('asks for bounds where a linear program needs them', () => {
    const message = conflict({ minimum: Number.NEGATIVE_INFINITY }, { kind: 'minimum-cvar' });
    expect(message).toContain('needs a smallest and a largest weight for each asset');
  });
});
