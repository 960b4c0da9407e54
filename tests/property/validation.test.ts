import { describe, expect, it } from 'vitest';
import { quantileOf, sorted } from '../../engine/stats/shape.ts';
import { maxDrawdown, underwater } from '../../engine/stats/underwater.ts';
import { monteCarlo } from '../../engine/validation/monte-carlo.ts';
import { adjustPValues, CORRECTIONS } from '../../engine/validation/multiple-testing.ts';
import { expectedMaxSharpe, probabilisticSharpe } from '../../engine/validation/sharpe.ts';
import {
  combinatorialSplits,
  purgedTraining,
  walkForwardWindows,
} from '../../engine/validation/splits.ts';
import { fc } from '../support/properties.ts';

const returns = fc
  .array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((values) => Float64Array.from(values));

describe('windows and folds', () => {
  it('walk forward: tests cover the rest of the bars once, and follow their training', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom('rolling' as const, 'anchored' as const),
        (bars, trainBars, testBars, gapBars, mode) => {
          let next = trainBars + gapBars;
          for (const { train, test } of walkForwardWindows(bars, {
            mode,
            trainBars,
            testBars,
            gapBars,
          })) {
            expect(test.from).toBe(next);
            expect(test.to).toBeGreaterThan(test.from);
            expect(train.to).toBe(test.from - gapBars);
            expect(train.to - train.from).toBeGreaterThanOrEqual(trainBars);
            expect(train.from).toBeGreaterThanOrEqual(0);
            next = test.to;
          }
          expect(next).toBe(Math.max(bars, trainBars + gapBars));
        },
      ),
    );
  });

  it('purged training never shares an outcome with a test', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: 80 }),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 2, max: 6 }),
        (bars, horizon, embargo, groups) => {
          const { splits } = combinatorialSplits(bars, groups, 1, { horizon, embargo });
          for (const { test, train } of splits) {
            expect(train).toEqual(purgedTraining(bars, test, { horizon, embargo }));
            const [from, to] = [test[0]?.from ?? 0, test[0]?.to ?? 0];
            for (const range of train) {
              expect(range.to).toBeGreaterThan(range.from);
              const before = range.to - 1 + horizon < from;
              const after = range.from >= to + horizon + embargo;
              expect(before || after).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe('figures', () => {
  it('quantiles rise from the least to the largest value', () => {
    fc.assert(
      fc.property(returns, (values) => {
        const ascending = sorted(values);
        let before = quantileOf(ascending, 0);
        expect(before).toBe(Math.min(...values));
        for (let q = 0.05; q <= 1; q += 0.05) {
          const now = quantileOf(ascending, q);
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
        expect(quantileOf(ascending, 1)).toBe(Math.max(...values));
      }),
    );
  });

  it('the deepest drawdown is the lowest point under water, whatever the scale', () => {
    fc.assert(
      fc.property(returns, fc.double({ min: 0.1, max: 1e6, noNaN: true }), (values, scale) => {
        let money = scale;
        const curve = Float64Array.from([0, ...values], (value) => (money *= 1 + value));
        expect(maxDrawdown(curve)).toBeCloseTo(-Math.min(...underwater(curve)), 12);
        const other = curve.map((value) => value * 3);
        expect(maxDrawdown(other)).toBeCloseTo(maxDrawdown(curve), 9);
      }),
    );
  });

  it('more trials always expect a larger best, and never a surer one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 10_000 }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        fc.double({ min: -0.3, max: 0.3, noNaN: true }),
        (trials, variance, sharpe) => {
          const few = expectedMaxSharpe(variance, trials);
          const many = expectedMaxSharpe(variance, trials * 2);
          expect(many).toBeGreaterThan(few);
          const sample = { sharpe, count: 500, skew: 0, kurtosis: 3 };
          expect(probabilisticSharpe(sample, many)).toBeLessThanOrEqual(
            probabilisticSharpe(sample, few),
          );
        },
      ),
    );
  });

  it('Holm is never stricter than Bonferroni, and no correction is laxer than none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (pValues) => {
          const [bonferroni, holm, bhy] = CORRECTIONS.map((one) => adjustPValues(pValues, one));
          pValues.forEach((p, i) => {
            expect(holm?.[i]).toBeLessThanOrEqual(bonferroni?.[i] ?? 0);
            expect(holm?.[i]).toBeGreaterThanOrEqual(p);
            expect(bhy?.[i]).toBeGreaterThanOrEqual(p);
          });
        },
      ),
    );
  });

  it('bands of a Monte Carlo are ordered, and every shuffle ends where the original does', () => {
    fc.assert(
      fc.property(returns, fc.nat(1_000), (values, seed) => {
        const shuffled = monteCarlo(values, { method: 'shuffle', seed, paths: 20 });
        for (const value of shuffled.growth.quantiles) {
          expect(value).toBeCloseTo(shuffled.growth.actual, 9);
        }
        const { equity, maxDrawdown: falls } = monteCarlo(values, {
          method: 'bootstrap',
          seed,
          paths: 20,
        });
        for (let q = 1; q < equity.length; q += 1) {
          equity[q]?.forEach((value, point) => {
            expect(value).toBeGreaterThanOrEqual(equity[q - 1]?.[point] ?? 0);
          });
          expect(falls.quantiles[q]).toBeGreaterThanOrEqual(falls.quantiles[q - 1] ?? 0);
        }
        for (const depth of falls.quantiles) expect(depth >= 0 && depth <= 1).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
