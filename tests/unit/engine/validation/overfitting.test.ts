import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { deviation, mean } from '../../../../engine/stats/moments.ts';
import { overfitProbability } from '../../../../engine/validation/overfitting.ts';
import { combinations } from '../../../../engine/validation/splits.ts';

function noise(trials: number, length: number, random: Random): Float64Array[] {
  return Array.from({ length: trials }, () =>
    Float64Array.from({ length }, () => 0.01 * random.normal()),
  );
}

describe('the probability of backtest overfitting', () => {
  it('of pure noise is about a half', () => {
    const random = new Random(1);
    let sum = 0;
    for (let k = 0; k < 30; k += 1) {
      sum += overfitProbability(noise(20, 480, random), { blocks: 10 }).probability;
    }
    expect(Math.abs(sum / 30 - 0.5)).toBeLessThan(0.1);
  });

  it('of one trial with a true edge is near 0', () => {
    const trials = noise(20, 1_000, new Random(2));
    trials[7] = (trials[7] ?? new Float64Array(0)).map((value) => value + 0.003);
    const result = overfitProbability(trials);
    expect(result.splits).toBe(12_870);
    expect(result.probability).toBeLessThan(0.01);
    expect(result.probabilityOfLoss).toBeLessThan(0.01);
  });

  it('of trials whose best half is always the other one is 1', () => {
    // Each trial earns in one stretch what it loses in all others: whatever looked best is worst after.
    const length = 160;
    const trials = Array.from({ length: 16 }, (_, trial) =>
      Float64Array.from({ length }, (_value, i) => {
        const wiggle = 0.001 * ((i * 7 + trial * 3) % 5) - 0.002;
        return wiggle + (Math.floor(i / 10) === trial ? 0.15 : -0.01);
      }),
    );
    const result = overfitProbability(trials, { metric: 'mean' });
    expect(result.probability).toBe(1);
    expect(result.probabilityOfLoss).toBe(1);
  });

  it.each(['sharpe', 'mean'] as const)(
    'agrees with a plain second implementation by %s',
    (metric) => {
      const random = new Random(3);
      const trials = noise(7, 61, random);
      // One pair of equal columns, so that ties are ranked too.
      trials[3] = (trials[2] ?? new Float64Array(0)).slice();
      const result = overfitProbability(trials, { blocks: 6, metric });
      const score = (values: number[]): number =>
        metric === 'mean' ? mean(values) : mean(values) / deviation(values);
      const rows = Array.from({ length: 6 }, (_, block) => {
        const from = Math.floor((block * 61) / 6);
        const to = Math.floor(((block + 1) * 61) / 6);
        return Array.from({ length: to - from }, (_value, i) => from + i);
      });
      combinations(6, 3).forEach((chosen, split) => {
        const inRows = chosen.flatMap((block) => rows[block] ?? []);
        const outRows = rows.flatMap((block, b) => (chosen.includes(b) ? [] : block));
        const pick = (trial: Float64Array, at: number[]): number =>
          score(at.map((i) => trial[i] ?? 0));
        const inside = trials.map((trial) => pick(trial, inRows));
        const outside = trials.map((trial) => pick(trial, outRows));
        let best = 0;
        inside.forEach((value, i) => {
          if (value > (inside[best] ?? 0) + 1e-15) best = i;
        });
        const mine = outside[best] ?? 0;
        const below = outside.filter((value) => value < mine - 1e-15).length;
        const equal = outside.filter((value) => Math.abs(value - mine) <= 1e-15).length;
        const rank = (below + (equal + 1) / 2) / 8;
        expect(result.logits[split]).toBeCloseTo(Math.log(rank / (1 - rank)), 9);
        expect(result.inSample[split]).toBeCloseTo(inside[best] ?? 0, 9);
        expect(result.outOfSample[split]).toBeCloseTo(mine, 9);
      });
    },
  );

  it('finds no slope from in to out of sample that noise has', () => {
    // In a finite sample without an edge more in one half is less in the other: the slope is negative.
    expect(overfitProbability(noise(50, 500, new Random(5)), { blocks: 10 }).slope).toBeLessThan(0);
  });

  it('refuses what makes no sense, and stops when asked', () => {
    const data = noise(3, 100, new Random(6));
    expect(() => overfitProbability(data.slice(0, 1))).toThrow(/trials/);
    expect(() => overfitProbability(data, { blocks: 7 })).toThrow(/blocks/);
    expect(() => overfitProbability(data, { blocks: 22 })).toThrow(/blocks/);
    expect(() => overfitProbability([new Float64Array(90), ...data])).toThrow(/same periods/);
    const broken = data.map((column) => column.with(5, Number.POSITIVE_INFINITY));
    expect(() => overfitProbability(broken)).toThrow(/value 5 of column 0 is Infinity/);
    expect(() => overfitProbability(noise(2, 20, new Random(1)))).toThrow(/too few/);
    expect(() => overfitProbability(data, {}, { isCancelled: () => true })).toThrow(/cancelled/);
    // A trial that never moves counts as neither gain nor risk.
    expect(overfitProbability([new Float64Array(100), ...data]).probability).toBeGreaterThanOrEqual(
      0,
    );
  });
});
