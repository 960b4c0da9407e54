import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { deviation, mean } from '../../../../engine/stats/moments.ts';
import {
  combinatorialValidation,
  foldedValidation,
} from '../../../../engine/validation/cross-validation.ts';

const NO_PURGE = { horizon: 0, embargo: 0 };

function noise(trials: number, length: number, random: Random, edge = 0): Float64Array[] {
  return Array.from({ length: trials }, (_value, k) =>
    Float64Array.from({ length }, () => (k === 0 ? edge : 0) + random.normal()),
  );
}

describe('combinatorial purged cross-validation of a choice', () => {
  it('takes on each split what was best on the rest, worked by hand', () => {
    // Four groups of one bar, one tested: scores are means of the other three.
    const a = Float64Array.of(9, 0, 0, 0);
    const b = Float64Array.of(1, 2, 1, 4);
    const { paths, inSample, outOfSample } = combinatorialValidation([a, b], 4, 1, {
      ...NO_PURGE,
      score: mean,
    });
    // Without bar 0: a 0, b 7/3. Without 1: a 3, b 2. Without 2: a 3, b 7/3. Without 3: a 3, b 4/3.
    expect(paths).toHaveLength(1);
    expect(paths[0]?.chosen).toEqual([1, 0, 0, 0]);
    expect([...(paths[0]?.returns ?? [])]).toEqual([1, 0, 0, 0]);
    expect(paths[0]?.score).toBe(0.25);
    expect(inSample[0]).toBeCloseTo(7 / 3, 12);
    expect(inSample.slice(1)).toEqual(Float64Array.of(3, 3, 3));
    expect([...outOfSample]).toEqual([1, 0, 0, 0]);
  });

  it('a true edge survives on every path, noise does not', () => {
    const random = new Random(3);
    const real = combinatorialValidation(noise(20, 1_200, random, 0.25), 6, 2, {
      horizon: 5,
      embargo: 5,
    });
    expect(real.paths).toHaveLength(5);
    for (const { score, chosen } of real.paths) {
      expect(score).toBeGreaterThan(0.15);
      expect(chosen.every((trial) => trial === 0)).toBe(true);
    }
    let inside = 0;
    let outside = 0;
    for (let k = 0; k < 20; k += 1) {
      const luck = combinatorialValidation(noise(20, 600, random), 6, 2, NO_PURGE);
      inside += mean(luck.inSample) / 20;
      outside += mean(luck.outOfSample) / 20;
    }
    // The best of 20 by 400 bars is expected at about 1.87 / 20 = 0.09; on the rest it has nothing.
    expect(inside).toBeGreaterThan(0.06);
    expect(outside).toBeLessThan(0.02);
  });

  it('scores by the Sharpe ratio of a period and joins each path from its groups', () => {
    const trials = noise(3, 97, new Random(5));
    const { paths, groups } = combinatorialValidation(trials, 5, 2, { horizon: 1, embargo: 2 });
    expect(paths).toHaveLength(4);
    for (const { returns, chosen, score } of paths) {
      expect(score).toBeCloseTo(mean(returns) / deviation(returns), 12);
      groups.forEach(({ from, to }, group) => {
        for (let i = from; i < to; i += 1) {
          expect(returns[i]).toBe(trials[chosen[group] ?? 0]?.[i]);
        }
      });
    }
  });

  it('by folds is one path', () => {
    const trials = noise(4, 100, new Random(6));
    const { paths, groups, inSample } = foldedValidation(trials, 5, { horizon: 2, embargo: 3 });
    expect(paths).toHaveLength(1);
    expect(groups).toHaveLength(5);
    // The first fold is chosen on bars 25 to 99: 20 tested, 2 in its outcomes, 3 embargoed.
    const scores = trials.map((trial) => mean(trial.slice(25)) / deviation(trial.slice(25)));
    expect(inSample[0]).toBeCloseTo(Math.max(...scores), 12);
    expect(paths[0]?.chosen[0]).toBe(scores.indexOf(Math.max(...scores)));
  });

  it('refuses what cannot be chosen on, and stops when asked', () => {
    const trials = noise(2, 30, new Random(7));
    expect(() => foldedValidation([], 3, NO_PURGE)).toThrow(/trials/);
    expect(() => foldedValidation([new Float64Array(3), ...trials], 3, NO_PURGE)).toThrow(
      /same bars/,
    );
    expect(() => combinatorialValidation(trials, 3, 2, { horizon: 20, embargo: 0 })).toThrow(
      /horizon/,
    );
    expect(() => foldedValidation(trials, 3, NO_PURGE, { isCancelled: () => true })).toThrow(
      /cancelled/,
    );
    const none = foldedValidation(trials, 3, { ...NO_PURGE, score: () => Number.NaN });
    expect(none.inSample[0]).toBeNaN();
  });
});
