import { describe, expect, it } from 'vitest';
import { allocate } from '../../../../engine/allocation/allocate.ts';
import { blackLitterman } from '../../../../engine/allocation/black-litterman.ts';
import { greatestReturn } from '../../../../engine/allocation/cvar.ts';
import { efficientFrontier } from '../../../../engine/allocation/frontier.ts';
import { polytopeOf } from '../../../../engine/allocation/constraints.ts';
import { riskContributions, riskParity } from '../../../../engine/allocation/risk-parity.ts';
import { apart, covarianceOf } from './reference.ts';

const tenths = (values: Iterable<number>): number[] =>
  Array.from(values, (value) => Math.round(value * 1_000) / 10);

describe('He and Litterman (1999), seven countries', () => {
  const assets = ['Australia', 'Canada', 'France', 'Germany', 'Japan', 'UK', 'USA'];
  const covariance = covarianceOf(
    [0.16, 0.203, 0.248, 0.271, 0.21, 0.2, 0.187],
    [
      [1, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
      [0.488, 1, 0.664, 0.655, 0.31, 0.608, 0.779],
      [0.478, 0.664, 1, 0.861, 0.355, 0.783, 0.668],
      [0.515, 0.655, 0.861, 1, 0.354, 0.777, 0.653],
      [0.439, 0.31, 0.355, 0.354, 1, 0.405, 0.306],
      [0.512, 0.608, 0.783, 0.777, 0.405, 1, 0.652],
      [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1],
    ],
  );
  const market = Float64Array.of(0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615);
  const common = { assets, covariance, market, riskAversion: 2.5, tau: 0.05 };
  // Germany against the rest of Europe, by market weight, and Canada against the USA.
  const germany = { weights: { Germany: 1, France: -0.295, UK: -0.705 }, expected: 0.05 };
  const canada = { weights: { Canada: 1, USA: -1 }, expected: 0.03 };

  it('table 2: the returns that make the market the best portfolio', () => {
    const { equilibrium, unconstrained } = blackLitterman({ ...common, views: [] });
    expect(tenths(equilibrium)).toEqual([3.9, 6.9, 8.4, 9, 4.3, 6.8, 7.6]);
    // Without views the weights are the market's over 1 + τ.
    expect(
      apart(
        unconstrained,
        market.map((weight) => weight / 1.05),
      ),
    ).toBeLessThan(1e-14);
  });

  it('table 4: one view', () => {
    const { expected, unconstrained } = blackLitterman({ ...common, views: [germany] });
    expect(tenths(expected)).toEqual([4.3, 7.6, 9.3, 11, 4.5, 7, 8.1]);
    expect(apart(tenths(unconstrained), [1.5, 2.1, -4, 35.4, 11, -9.5, 58.6])).toBeLessThan(0.11);
  });

  it('table 5: two views', () => {
    const { expected, unconstrained } = blackLitterman({ ...common, views: [germany, canada] });
    expect(tenths(expected)).toEqual([4.4, 8.7, 9.5, 11.2, 4.6, 7, 7.5]);
    expect(apart(tenths(unconstrained), [1.5, 41.9, -3.4, 33.6, 11, -8.2, 18.8])).toBeLessThan(
      0.11,
    );
  });

  it('the cases of tables 6 and 7, a stronger view and one less sure of, as NumPy with inverses', () => {
    const stronger = { ...canada, expected: 0.04 };
    const six = blackLitterman({ ...common, views: [germany, stronger] });
    const expectedSix = [1.52, 53.35, -3.25, 33.06, 11.05, -7.8, 7.32];
    expect(
      apart(
        six.unconstrained.map((weight) => weight * 100),
        expectedSix,
      ),
    ).toBeLessThan(0.006);
    // Half as sure of Germany: a confidence of a third has a variance of twice τ p'Σp.
    const views = [{ ...germany, confidence: 1 / 3 }, stronger];
    const seven = blackLitterman({ ...common, views });
    const expectedSeven = [1.52, 53.89, -0.47, 23.62, 11.05, -1.15, 6.78];
    expect(
      apart(
        seven.unconstrained.map((weight) => weight * 100),
        expectedSeven,
      ),
    ).toBeLessThan(0.006);
  });

  it('leaves weights without a view where they were, and holds a view that is certain', () => {
    const { unconstrained, expected } = blackLitterman({
      ...common,
      views: [{ ...germany, confidence: 1 }],
    });
    for (const i of [0, 1, 4, 6]) {
      expect(unconstrained[i]).toBeCloseTo((market[i] ?? 0) / 1.05, 12);
    }
    const spread = (expected[3] ?? 0) - 0.295 * (expected[2] ?? 0) - 0.705 * (expected[5] ?? 0);
    expect(spread).toBeCloseTo(0.05, 12);
    // Confidence 0.5 is He and Litterman's variance: ω = τ p'Σp.
    const half = blackLitterman({ ...common, views: [{ ...germany, confidence: 0.5 }] });
    const plain = blackLitterman({ ...common, views: [germany] });
    expect(apart(half.expected, plain.expected)).toBeLessThan(1e-15);
  });
});

describe('Maillard, Roncalli and Teïletche (2010), equal risk contributions', () => {
  const deviations = [0.1, 0.2, 0.3, 0.4];
  const equal = new Float64Array(4).fill(0.25);
  const covariance = covarianceOf(deviations, [
    [1, 0.8, 0, 0],
    [0.8, 1, 0, 0],
    [0, 0, 1, -0.5],
    [0, 0, -0.5, 1],
  ]);

  it('the table of four assets: weights, volatility and contributions', () => {
    const found = allocate({
      assets: ['1', '2', '3', '4'],
      method: { kind: 'risk-parity' },
      covariance,
    });
    expect(tenths(found.weights)).toEqual([38.4, 19.2, 24.3, 18.2]);
    expect(tenths([found.volatility])).toEqual([10.3]);
    expect(apart(found.riskContributions, equal)).toBeLessThan(1e-14);
  });

  it('the table of equal weights: contributions of 12.3, 26.4, 14.1 and 47.2 %', () => {
    expect(
      apart(tenths(riskContributions(covariance, equal)), [12.3, 26.4, 14.1, 47.2]),
    ).toBeLessThan(0.11);
  });

  it('is inverse volatility when correlations are all one number: 48, 24, 16, 12 %', () => {
    for (const rho of [0, 0.3, 0.9, -0.3]) {
      const even = deviations.map((_, i) => deviations.map((_d, j) => (i === j ? 1 : rho)));
      const weights = riskParity(covarianceOf(deviations, even), equal);
      expect(apart(weights, [0.48, 0.24, 0.16, 0.12])).toBeLessThan(1e-13);
    }
  });
});

/** Bailey and López de Prado (2013), "An Open-Source Implementation of the Critical-Line Algorithm", section 5. */
describe('the critical line of ten assets', () => {
  const assets = Array.from({ length: 10 }, (_, i) => `X${i + 1}`);
  const expected = Float64Array.of(
    1.175,
    1.19,
    0.396,
    1.12,
    0.346,
    0.679,
    0.089,
    0.73,
    0.481,
    1.08,
  );
  const covariance = Float64Array.from(
    [
      [
        0.40755159, 0.03175842, 0.05183923, 0.05663904, 0.0330226, 0.00827775, 0.02165938,
        0.01332419, 0.0343476, 0.02249903,
      ],
      [
        0.03175842, 0.9063047, 0.03136385, 0.02687256, 0.01917172, 0.00934384, 0.02495043,
        0.00761036, 0.02874874, 0.01336866,
      ],
      [
        0.05183923, 0.03136385, 0.19490901, 0.04408485, 0.03006772, 0.01322738, 0.03525971,
        0.0115493, 0.0427563, 0.02057303,
      ],
      [
        0.05663904, 0.02687256, 0.04408485, 0.19528471, 0.02777345, 0.00526665, 0.01375808,
        0.00780878, 0.02914176, 0.01640377,
      ],
      [
        0.0330226, 0.01917172, 0.03006772, 0.02777345, 0.34059105, 0.00777055, 0.02067844,
        0.00736409, 0.02542657, 0.01284075,
      ],
      [
        0.00827775, 0.00934384, 0.01322738, 0.00526665, 0.00777055, 0.15983874, 0.02105575,
        0.00518686, 0.01723737, 0.00723779,
      ],
      [
        0.02165938, 0.02495043, 0.03525971, 0.01375808, 0.02067844, 0.02105575, 0.68056711,
        0.01377882, 0.04627027, 0.01926088,
      ],
      [
        0.01332419, 0.00761036, 0.0115493, 0.00780878, 0.00736409, 0.00518686, 0.01377882,
        0.95526918, 0.0106553, 0.00760955,
      ],
      [
        0.0343476, 0.02874874, 0.0427563, 0.02914176, 0.02542657, 0.01723737, 0.04627027, 0.0106553,
        0.31681584, 0.01854318,
      ],
      [
        0.02249903, 0.01336866, 0.02057303, 0.01640377, 0.01284075, 0.00723779, 0.01926088,
        0.00760955, 0.01854318, 0.11079287,
      ],
    ].flat(),
  );
  // The turning points, from the last, of least variance, up. Each solves its own risk tolerance λ: min ½w'Σw − λμ'w.
  const turningPoints: readonly (readonly [weights: readonly number[], lambda: number])[] = [
    [
      [
        0.036968581479215, 0.026900837800810484, 0.09494243056479873, 0.1257759521946725,
        0.07674608103254753, 0.219355671316169, 0.029987096882220284, 0.03596328462138633,
        0.06134983772972707, 0.2920102263784531,
      ],
      0,
    ],
    [
      [
        0.06834400480527457, 0.0413870268206493, 0.015215259551836766, 0.1881344310704583,
        0.0341624859927482, 0.2023194321474713, 0, 0.03392932355956689, 0.033632649591729444,
        0.3828753864602651,
      ],
      0.030971168861678753,
    ],
    [
      [
        0.07378925302280318, 0.043828660769718863, 0, 0.19897560805881462, 0.026158159857441944,
        0.1981518722797053, 0, 0.033419586399198, 0.027902966026643647, 0.3977738935856744,
      ],
      0.036521613747270656,
    ],
    [
      [
        0.08467094119962172, 0.04925385874111865, 0, 0.21963390336360714, 0, 0.18003923464176075, 0,
        0.031029801855353523, 0.006485702415438527, 0.4288865577830998,
      ],
      0.052048190674580205,
    ],
    [
      [
        0.0869215492990579, 0.0504510422685584, 0, 0.22359401742288834, 0, 0.1738316150715647, 0,
        0.030173015551356194, 0, 0.43502876038657434,
      ],
      0.05617220400275158,
    ],
    [
      [
        0.1232010040590673, 0.07044407130753662, 0, 0.2789935668090117, 0, 0, 0,
        0.00643556436288719, 0, 0.5209257934614973,
      ],
      0.1473887508934171,
    ],
    [
      [
        0.12688785385570886, 0.07234334721032556, 0, 0.2812537492633406, 0, 0, 0, 0, 0,
        0.519515049670625,
      ],
      0.1645811749447761,
    ],
    [
      [0.4339841341086233, 0.23124750065448724, 0, 0.3347683652368895, 0, 0, 0, 0, 0, 0],
      1.945566141455883,
    ],
  ];

  it('least variance: weights, return 0.803 and risk 0.205', () => {
    const found = allocate({ assets, covariance, expected, method: { kind: 'minimum-variance' } });
    expect(apart(found.weights, turningPoints[0]?.[0] ?? [])).toBeLessThan(1e-13);
    expect(found.expectedReturn).toBeCloseTo(0.803, 3);
    expect(found.volatility).toBeCloseTo(0.205, 3);
  });

  it.each(turningPoints.slice(1))('turning point %# of mean and variance', (weights, lambda) => {
    const method = { kind: 'mean-variance', riskAversion: 1 / lambda } as const;
    const found = allocate({ assets, covariance, expected, method });
    expect(apart(found.weights, weights)).toBeLessThan(1e-12);
    // The same portfolio by its return, which is how the frontier is drawn.
    const target = expected.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0);
    const again = allocate({
      assets,
      covariance,
      expected,
      method: { kind: 'target-return', target },
    });
    expect(apart(again.weights, weights)).toBeLessThan(1e-10);
  });

  it('the greatest Sharpe ratio is 4.4535 at risk 0.2274', () => {
    const found = allocate({ assets, covariance, expected, method: { kind: 'maximum-sharpe' } });
    expect(found.expectedReturn / found.volatility).toBeCloseTo(4.4535, 4);
    expect(found.volatility).toBeCloseTo(0.2274, 4);
  });

  it('the frontier runs from least variance to the best asset, bending down', () => {
    const points = efficientFrontier({ assets, covariance, expected }, 21);
    expect(apart(points[0]?.weights ?? [], turningPoints[0]?.[0] ?? [])).toBeLessThan(1e-13);
    expect(apart(points[20]?.weights ?? [], [0, 1, 0, 0, 0, 0, 0, 0, 0, 0])).toBeLessThan(1e-9);
    const slopes = points.slice(1).map((point, k) => {
      const before = points[k] ?? point;
      return (
        (point.expectedReturn - before.expectedReturn) / (point.volatility - before.volatility)
      );
    });
    slopes.slice(1).forEach((slope, k) => expect(slope).toBeLessThan(slopes[k] ?? 0));
  });

  it('the largest return under bounds is that of filling up from the best', () => {
    const polytope = polytopeOf(assets, { minimum: 0.02, maximum: 0.3 });
    const { weights } = greatestReturn(expected, polytope);
    // 0.2 goes to minimums; 0.8 more: 0.28 each to X2 and X1, and 0.24 to X4.
    expect(apart(weights, [0.3, 0.3, 0.02, 0.26, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02])).toBeLessThan(
      1e-12,
    );
  });
});

describe('Markowitz (1959), three securities over 18 years, weights from 0.1 to 0.5', () => {
  // The table and its corner portfolios as Niedermayer and others print them, with four digits.
  const table = [
    [
      -0.173, 0.098, 0.2, 0.03, -0.183, 0.067, 0.3, 0.103, 0.216, -0.046, -0.071, 0.056, 0.038,
      0.089, 0.09, 0.083, 0.035, 0.176,
    ],
    [
      -0.318, 0.285, -0.047, 0.104, -0.171, -0.039, 0.149, 0.26, 0.419, -0.078, 0.169, -0.035,
      0.133, 0.732, 0.021, 0.131, 0.006, 0.908,
    ],
    [
      -0.319, 0.076, 0.381, -0.051, 0.087, 0.262, 0.341, 0.227, 0.352, 0.153, -0.099, 0.038, 0.273,
      0.091, 0.054, 0.109, 0.21, 0.112,
    ],
  ];
  const request = {
    assets: ['1', '2', '3'],
    returns: table.map((column) => Float64Array.from(column)),
    constraints: { minimum: 0.1, maximum: 0.5 },
  };

  it.each([
    [[0.5, 0.1, 0.4], 0.05],
    [[0.5, 0.1, 0.4], 0.077],
    [[0.4644, 0.1, 0.4356], 0.0853],
    [[0.3764, 0.1236, 0.5], 0.0973],
    [[0.1, 0.4, 0.5], 0.3142],
    [[0.1, 0.4, 0.5], 1.22],
    [[0.1, 0.5, 0.4], 1.7567],
  ])('%s at a tolerance of %s', (weights, lambda) => {
    const found = allocate({
      ...request,
      method: { kind: 'mean-variance', riskAversion: 1 / lambda },
    });
    // Between its digits the tolerance moves the weights by up to 3 in a thousand.
    expect(apart(found.weights, weights)).toBeLessThan(3e-3);
  });

  it('has the least variance where the table ends', () => {
    const found = allocate({ ...request, method: { kind: 'minimum-variance' } });
    expect(apart(found.weights, [0.5, 0.1, 0.4])).toBeLessThan(1e-12);
  });
});

describe('closed forms', () => {
  // Two assets: w = (σ₂² − σ₁₂) / (σ₁² + σ₂² − 2σ₁₂). With 0.04, 0.09 and 0.01: 0.08 / 0.11.
  const covariance = Float64Array.of(0.04, 0.01, 0.01, 0.09);

  it('two assets of least variance', () => {
    const found = allocate({
      assets: ['A', 'B'],
      covariance,
      method: { kind: 'minimum-variance' },
    });
    expect(apart(found.weights, [8 / 11, 3 / 11])).toBeLessThan(1e-15);
  });

  it('the tangency portfolio without bounds is Σ⁻¹μ, scaled', () => {
    // Σ⁻¹ (0.05, 0.02) is along (0.09·0.05 − 0.01·0.02, 0.04·0.02 − 0.01·0.05) = (0.0043, 0.0003).
    const found = allocate({
      assets: ['A', 'B'],
      covariance,
      expected: Float64Array.of(0.06, 0.03),
      method: { kind: 'maximum-sharpe', riskFreeRate: 0.01 },
      constraints: { minimum: Number.NEGATIVE_INFINITY },
    });
    expect(apart(found.weights, [43 / 46, 3 / 46])).toBeLessThan(1e-14);
  });

  it('hierarchical risk parity of uncorrelated assets is inverse variance', () => {
    const diagonal = covarianceOf(
      [0.1, 0.2, 0.3, 0.4, 0.5],
      [0, 1, 2, 3, 4].map((i) => [0, 1, 2, 3, 4].map((j) => Number(i === j))),
    );
    const found = allocate({
      assets: ['A', 'B', 'C', 'D', 'E'],
      covariance: diagonal,
      method: { kind: 'hierarchical-risk-parity' },
    });
    const inverse = [100, 25, 100 / 9, 6.25, 4];
    const whole = inverse.reduce((sum, value) => sum + value, 0);
    expect(
      apart(
        found.weights,
        inverse.map((value) => value / whole),
      ),
    ).toBeLessThan(1e-15);
  });
});
