import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { sharpeRatio, sortinoRatio } from '../../../../engine/stats/risk-ratios.ts';
import {
  combinatorialValidation,
  foldedValidation,
} from '../../../../engine/validation/cross-validation.ts';
import { histogramOf } from '../../../../engine/validation/histogram.ts';
import { RangeScores } from '../../../../engine/validation/range-scores.ts';
import { combinatorialSplits, type Range } from '../../../../engine/validation/splits.ts';

const random = new Random(8);
const RATE = 0.0001;

function joined(column: Float64Array, ranges: readonly Range[]): Float64Array {
  return Float64Array.from(ranges.flatMap(({ from, to }) => [...column.subarray(from, to)]));
}

describe('scores of unions of ranges', () => {
  const column = Float64Array.from({ length: 500 }, () => 0.0004 + 0.01 * random.normal());
  const { splits } = combinatorialSplits(500, 6, 2, { horizon: 7, embargo: 11 });

  it('are those of the joined returns', () => {
    const naive = {
      sharpe: (values: Float64Array) => sharpeRatio(values, 1, RATE),
      sortino: (values: Float64Array) => sortinoRatio(values, 1, RATE),
      growth: (values: Float64Array) =>
        values.reduce((sum, value) => sum + Math.log(1 + value), 0) / values.length,
    } as const;
    for (const score of ['sharpe', 'sortino', 'growth'] as const) {
      const of = new RangeScores(500, splits, score, RATE).of(column);
      for (const { test, train } of splits) {
        expect(of(test)).toBeCloseTo(naive[score](joined(column, test)), 12);
        expect(of(train)).toBeCloseTo(naive[score](joined(column, train)), 12);
      }
    }
  });

  it('are none where nothing moves', () => {
    const still = new RangeScores(500, splits, 'sharpe').of(new Float64Array(500));
    expect(still(splits[0]?.train ?? [])).toBeNaN();
  });
});

describe('a cross-validated choice', () => {
  it('by a named score is that by a function of all returns', () => {
    const trials = Array.from({ length: 12 }, () =>
      Float64Array.from({ length: 300 }, () => random.normal() * 0.01),
    );
    const purge = { horizon: 5, embargo: 9 };
    const quick = combinatorialValidation(trials, 6, 2, { ...purge, score: 'sharpe', rate: RATE });
    const slow = combinatorialValidation(trials, 6, 2, {
      ...purge,
      score: (values) => sharpeRatio(values, 1, RATE),
    });
    expect(quick.choices).toEqual(slow.choices);
    expect(quick.ranks).toEqual(slow.ranks);
    quick.inSample.forEach((value, k) => expect(value).toBeCloseTo(slow.inSample[k] ?? 0, 12));
    quick.paths.forEach(({ returns }, p) => expect(returns).toEqual(slow.paths[p]?.returns));
  });

  it('ranks the chosen one in the test, worked by hand', () => {
    // Two folds of two bars and three trials; on fold 2 the last is best (mean 3), on fold 1 the first.
    const trials = [
      Float64Array.of(5, 3, 0, 0),
      Float64Array.of(1, 1, 1, 1),
      Float64Array.of(0, 0, 2, 4),
    ];
    const { choices, ranks, outOfSample } = foldedValidation(trials, 2, {
      horizon: 0,
      embargo: 0,
      score: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    });
    // Fold 1 is tested with what was best on fold 2: trial 3, whose mean of 0 is the lowest of 4, 1 and 0.
    expect(choices).toEqual([2, 0]);
    expect([...outOfSample]).toEqual([0, 0]);
    expect([...ranks]).toEqual([1 / 4, 1 / 4]);
  });

  it('trades nothing where no trial has a score', () => {
    const none = foldedValidation([new Float64Array(40), new Float64Array(40)], 4, {
      horizon: 0,
      embargo: 0,
    });
    expect(none.choices).toEqual([-1, -1, -1, -1]);
    expect(none.paths[0]?.returns).toEqual(new Float64Array(40));
    expect(none.ranks.every((rank) => Number.isNaN(rank))).toBe(true);
  });
});

describe('a histogram', () => {
  it('counts every value once, those beyond the ends in the outermost bins', () => {
    const values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(histogramOf(values, 3, [0, 9])).toEqual({ low: 0, high: 9, counts: [3, 3, 4] });
    const many = Float64Array.from({ length: 5_000 }, () => random.normal());
    const { low, high, counts } = histogramOf(many, 20, [4.5]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5_000);
    // A half percent of a normal distribution lies below -2.576.
    expect(low).toBeCloseTo(-2.576, 0);
    expect(high).toBe(4.5);
    expect(counts[0]).toBeGreaterThanOrEqual(25);
  });

  it('has room for one value and none for nothing', () => {
    expect(histogramOf([2, 2, 2], 2)).toEqual({ low: 2, high: 2, counts: [3, 0] });
    expect(histogramOf([], 2).counts).toEqual([0, 0]);
    expect(histogramOf([Number.NaN], 2).low).toBeNaN();
  });
});
