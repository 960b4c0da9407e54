import { describe, expect, it } from 'vitest';
import {
  normalCdf,
  normalDensity,
  normalQuantile,
  studentCdf,
  studentTwoSided,
  studentTwoSidedQuantile,
} from '../../../../engine/stats/distributions.ts';

const near = (value: number, expected: number): void => {
  expect(Math.abs(value / expected - 1), `${value} against ${expected}`).toBeLessThan(1e-11);
};

// Reference values: SciPy 1.17, stats.norm and stats.t.
describe('the normal distribution', () => {
  it.each([
    [-8, 6.22096057427174e-16],
    [-5, 2.866515718791933e-7],
    [-3.2, 0.0006871379379158471],
    [-1.96, 0.024997895148220435],
    [-0.3, 0.3820885778110474],
    [0.7, 0.758036347776927],
    [2.5, 0.9937903346742238],
    [4, 0.9999683287581669],
    [6, 0.9999999990134123],
  ])('below %d', (x, expected) => near(normalCdf(x), expected));

  it.each([
    [1e-12, -7.034483825301131],
    [1e-6, -4.753424308822899],
    [0.001, -3.090232306167813],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.75, 0.6744897501960817],
    [0.99, 2.3263478740408408],
    [0.999999, 4.753424308817087],
  ])('quantile of %d', (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-12);
  });

  it('is its own inverse, and symmetric', () => {
    for (let x = -6; x <= 6; x += 0.37) {
      expect(normalQuantile(normalCdf(-Math.abs(x)))).toBeCloseTo(-Math.abs(x), 11);
      expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 15);
      // The density is the slope of the distribution.
      const slope = (normalCdf(x + 1e-4) - normalCdf(x - 1e-4)) / 2e-4;
      expect(normalDensity(x)).toBeCloseTo(slope, 8);
    }
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(1.1)).toBeNaN();
    expect(normalCdf(Number.NaN)).toBeNaN();
    expect(normalCdf(Number.POSITIVE_INFINITY)).toBe(1);
    expect(normalCdf(Number.NEGATIVE_INFINITY)).toBe(0);
  });
});

describe("Student's t", () => {
  it.each([
    [0.5, 1, 0.6475836176504333, 0.7048327646991335],
    [2, 3, 0.9303370157205785, 0.13932596855884305],
    [3.354, 239, 0.9995369344784852, 0.0009261310430295538],
    [-1.2, 10, 0.12889815036215282, 0.25779630072430565],
    [12, 5, 0.9999645525374142, 7.089492517161522e-5],
    [0.01, 1000, 0.5039883590339064, 0.9920232819321873],
  ])('below %d with %d degrees', (t, freedom, below, both) => {
    near(studentCdf(t, freedom), below);
    near(studentTwoSided(t, freedom), both);
  });

  it.each([
    [0.05, 10, 2.2281388519862753],
    [0.15, 239, 1.4441727867656786],
    [0.9, 3, 0.1365981993536989],
    [1e-8, 30, 7.820264654681272],
  ])('both tails of %d with %d degrees', (p, freedom, expected) => {
    near(studentTwoSidedQuantile(p, freedom), expected);
  });

  it('has ends', () => {
    expect(studentCdf(Number.POSITIVE_INFINITY, 3)).toBe(1);
    expect(studentCdf(Number.NEGATIVE_INFINITY, 3)).toBe(0);
    expect(studentTwoSided(Number.POSITIVE_INFINITY, 3)).toBe(0);
    expect(studentTwoSided(0, 3)).toBe(1);
    expect(studentTwoSidedQuantile(0, 3)).toBe(Number.POSITIVE_INFINITY);
    expect(studentTwoSidedQuantile(1, 3)).toBeLessThan(1e-12);
    expect(studentCdf(1, 0)).toBeNaN();
    expect(studentTwoSided(Number.NaN, 3)).toBeNaN();
    expect(studentTwoSidedQuantile(2, 3)).toBeNaN();
  });
});
