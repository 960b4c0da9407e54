import { describe, expect, it } from 'vitest';
import { wholeShares } from '../../../../engine/allocation/shares.ts';
import { Random } from '../../../../engine/backtest/random.ts';

describe('whole shares', () => {
  it('are rounded up where most is missing and it can be paid', () => {
    // 1000 in parts of 500, 300 and 200 at 70, 80 and 90: down to 7, 3 and 2 shares, 910; 90 are left and 10, 60
    // and 20 are missing. One more of the second costs 80.
    const found = wholeShares({ weights: [0.5, 0.3, 0.2], prices: [70, 80, 90], cash: 1_000 });
    expect(Array.from(found.shares)).toEqual([7, 4, 2]);
    expect(found.spent).toBe(990);
    expect(found.left).toBe(10);
    expect(Array.from(found.weights)).toEqual([0.49, 0.32, 0.18]);
    // Missing 10 and 20, and 10 of cash and 20 of the second too much.
    expect(found.misplaced).toBeCloseTo(0.03, 15);
  });

  it('come exact where greedy does not: two small ones instead of one large one', () => {
    // 108 in parts of 50, 30 and 28 at 100, 50 and 50: all round down to none. Greedy buys the first, for 100, and
    // 30 + 28 stay missing; the two others cost 100 too, and only 50 is missing.
    const input = { weights: [50 / 108, 30 / 108, 28 / 108], prices: [100, 50, 50], cash: 108 };
    const greedy = wholeShares({ ...input, method: 'greedy' });
    expect(Array.from(greedy.shares)).toEqual([1, 0, 0]);
    expect(greedy.misplaced).toBeCloseTo(58 / 108, 14);
    const exact = wholeShares({ ...input, method: 'exact' });
    expect(Array.from(exact.shares)).toEqual([0, 1, 1]);
    expect(exact.misplaced).toBeCloseTo(50 / 108, 14);
    // Exact is what small portfolios get.
    expect(wholeShares(input)).toEqual(exact);
  });

  it('leave the cash that the weights leave', () => {
    // Half in cash: 500 for 90s are 5 shares, 450; a sixth would take 40 from the cash that is wanted, for 50.
    expect(Array.from(wholeShares({ weights: [0.5], prices: [90], cash: 1_000 }).shares)).toEqual([
      6,
    ]);
    // For 10 missing it takes 80 of it.
    expect(Array.from(wholeShares({ weights: [0.46], prices: [90], cash: 1_000 }).shares)).toEqual([
      5,
    ]);
  });

  it('exact is the best of all ways to round, of 300 random portfolios', () => {
    const random = new Random(17);
    let betterThanGreedy = 0;
    for (let trial = 0; trial < 300; trial += 1) {
      const n = 1 + (random.uint32() % 8);
      const raw = Array.from({ length: n }, () => random.uniform());
      const whole = raw.reduce((sum, value) => sum + value, 0) * (random.uniform() < 0.5 ? 1 : 1.3);
      const weights = raw.map((value) => value / whole);
      const prices = Array.from({ length: n }, () => 5 + Math.floor(random.uniform() * 200));
      const cash = 500 + Math.floor(random.uniform() * 1_500);
      const found = wholeShares({ weights, prices, cash, method: 'exact' });
      const greedy = wholeShares({ weights, prices, cash, method: 'greedy' });
      expect(found.left).toBeGreaterThanOrEqual(0);
      expect(greedy.left).toBeGreaterThanOrEqual(0);
      let least = Number.POSITIVE_INFINITY;
      for (let mask = 0; mask < 1 << n; mask += 1) {
        const counts = weights.map(
          (weight, i) => Math.floor((weight * cash) / (prices[i] ?? 1)) + ((mask >> i) & 1),
        );
        const spent = counts.reduce((sum, count, i) => sum + count * (prices[i] ?? 0), 0);
        if (spent > cash) continue;
        const aside = (1 - weights.reduce((sum, value) => sum + value, 0)) * cash;
        const missing = counts.reduce(
          (sum, count, i) => sum + Math.max(0, (weights[i] ?? 0) * cash - count * (prices[i] ?? 0)),
          Math.max(0, aside - (cash - spent)),
        );
        least = Math.min(least, missing / cash);
      }
      expect(found.misplaced).toBeCloseTo(least, 10);
      expect(greedy.misplaced).toBeGreaterThanOrEqual(least - 1e-12);
      if (greedy.misplaced > least + 1e-9) betterThanGreedy += 1;
    }
    expect(betterThanGreedy).toBeGreaterThan(20);
  });

  it('that come out whole stay so', () => {
    // 0.3 · 100 / 10 is 2.999… in floating point.
    expect(
      Array.from(wholeShares({ weights: [0.3, 0.7], prices: [10, 7], cash: 100 }).shares),
    ).toEqual([3, 10]);
  });

  it('says what it cannot round', () => {
    expect(() => wholeShares({ weights: [-0.1], prices: [1], cash: 1 })).toThrow(
      /weights: -0.1 is not 0 or more/,
    );
    expect(() => wholeShares({ weights: [0.8, 0.8], prices: [1, 1], cash: 1 })).toThrow(
      /more than the cash/,
    );
    expect(() => wholeShares({ weights: [1], prices: [0], cash: 1 })).toThrow(
      /prices: 0 is not above 0/,
    );
    expect(() => wholeShares({ weights: [1], prices: [1], cash: 0 })).toThrow(/cash: 0/);
    expect(() => wholeShares({ weights: [1], prices: [], cash: 1 })).toThrow(
      /there are 0 for 1 weights/,
    );
    const many = new Float64Array(25).fill(0.04);
    expect(() => wholeShares({ weights: many, prices: many, cash: 1, method: 'exact' })).toThrow(
      /use greedy for 25/,
    );
    expect(wholeShares({ weights: many, prices: many, cash: 1 }).left).toBeCloseTo(0, 12);
  });
});
