import { describe, expect, it } from 'vitest';
import {
  combinations,
  combinatorialSplits,
  planOf,
  purgedKFold,
  purgedTraining,
  walkForwardWindows,
  type Range,
} from '../../../../engine/validation/splits.ts';

const inside = (ranges: readonly Range[], bar: number): boolean =>
  ranges.some(({ from, to }) => bar >= from && bar < to);

describe('walk-forward windows', () => {
  it('roll', () => {
    expect(walkForwardWindows(100, { mode: 'rolling', trainBars: 40, testBars: 25 })).toEqual([
      { train: { from: 0, to: 40 }, test: { from: 40, to: 65 } },
      { train: { from: 25, to: 65 }, test: { from: 65, to: 90 } },
      { train: { from: 50, to: 90 }, test: { from: 90, to: 100 } },
    ]);
  });

  it('are anchored, with a gap between', () => {
    expect(
      walkForwardWindows(70, { mode: 'anchored', trainBars: 30, testBars: 15, gapBars: 5 }),
    ).toEqual([
      { train: { from: 0, to: 30 }, test: { from: 35, to: 50 } },
      { train: { from: 0, to: 45 }, test: { from: 50, to: 65 } },
      { train: { from: 0, to: 60 }, test: { from: 65, to: 70 } },
    ]);
  });

  it('are none where the bars are too few', () => {
    expect(walkForwardWindows(40, { mode: 'rolling', trainBars: 40, testBars: 5 })).toEqual([]);
    expect(() => walkForwardWindows(40, { mode: 'rolling', trainBars: 0, testBars: 5 })).toThrow(
      /trainBars: 0 must be a whole number/,
    );
  });

  it('can be planned by their number', () => {
    const plan = planOf(1_003, 6, 4, 'rolling');
    expect(plan.testBars).toBe(100);
    const windows = walkForwardWindows(1_003, plan);
    expect(windows).toHaveLength(6);
    expect(windows.at(-1)?.test.to).toBe(1_003);
    expect(plan.trainBars / plan.testBars).toBeCloseTo(4, 1);
    expect(() => planOf(5, 6, 4, 'rolling')).toThrow(/windows/);
  });
});

describe('purged k-fold', () => {
  const rule = { horizon: 3, embargo: 4 };

  it('leaves out what a test could have known', () => {
    // Test 20 to 29: outcomes of bars 17 to 19 end in it; bars 30 to 32 lie in its last outcomes; 33 to 36 wait.
    expect(purgedTraining(100, [{ from: 20, to: 30 }], rule)).toEqual([
      { from: 0, to: 17 },
      { from: 37, to: 100 },
    ]);
  });

  it('tests every bar once and never trains on one whose outcome overlaps', () => {
    const folds = purgedKFold(103, 5, rule);
    for (let bar = 0; bar < 103; bar += 1) {
      expect(folds.filter(({ test }) => inside(test, bar))).toHaveLength(1);
    }
    for (const { test, train } of folds) {
      for (let a = 0; a < 103; a += 1) {
        if (!inside(train, a)) continue;
        for (let b = 0; b < 103; b += 1) {
          if (!inside(test, b)) continue;
          // Spans [a, a + 3] and [b, b + 3] share no bar, and 4 bars pass after the test's.
          expect(a + 3 < b || a > b + 3 + 4).toBe(true);
        }
      }
    }
  });

  it('keeps everything without a horizon', () => {
    for (const { test, train } of purgedKFold(50, 5, { horizon: 0, embargo: 0 })) {
      for (let bar = 0; bar < 50; bar += 1) expect(inside(train, bar)).toBe(!inside(test, bar));
    }
  });
});

describe('combinatorial purged cross-validation', () => {
  it('has the 15 splits and 5 paths of the book for 6 groups and 2 tests', () => {
    const { splits, paths } = combinatorialSplits(600, 6, 2, { horizon: 2, embargo: 1 });
    expect(splits).toHaveLength(15);
    expect(paths).toHaveLength(5);
    // "Path 2 combines (G1,S2), (G2,S6), (G3,S6), (G4,S7), (G5,S8) and (G6,S9)", counted from 1.
    expect(paths[1]?.map((split) => split + 1)).toEqual([2, 6, 6, 7, 8, 9]);
    expect(paths[0]?.map((split) => split + 1)).toEqual([1, 1, 2, 3, 4, 5]);
  });

  it.each([
    [4, 2, 6, 3],
    [5, 2, 10, 4],
    [8, 3, 56, 21],
    [10, 1, 10, 1],
  ])('of %d groups and %d tests has %d splits and %d paths', (n, k, splitCount, pathCount) => {
    const { splits, paths, groups } = combinatorialSplits(1_000, n, k, { horizon: 5, embargo: 0 });
    expect(splits).toHaveLength(splitCount);
    expect(paths).toHaveLength(pathCount);
    const used = new Set<string>();
    for (const path of paths) {
      expect(path).toHaveLength(groups.length);
      path.forEach((split, group) => {
        expect(splits[split]?.groups).toContain(group);
        used.add(`${split} ${group}`);
      });
    }
    // Every test of every split is part of exactly one path.
    expect(used.size).toBe(splitCount * k);
    for (const { test, train } of splits) {
      for (let bar = 0; bar < 1_000; bar += 13) {
        if (inside(train, bar)) {
          for (let ahead = 0; ahead <= 5; ahead += 1) expect(inside(test, bar + ahead)).toBe(false);
        }
      }
    }
  });

  it('refuses to test everything', () => {
    expect(() => combinatorialSplits(100, 4, 4, { horizon: 0, embargo: 0 })).toThrow(/testGroups/);
    expect(combinations(4, 2)).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
    expect(combinations(2, 3)).toEqual([]);
  });
});
