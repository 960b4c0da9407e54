import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { mean } from '../../../../engine/stats/moments.ts';
import { resample } from '../../../../engine/validation/bootstrap.ts';
import { realityCheck } from '../../../../engine/validation/reality-check.ts';

/** Columns of independent returns whose means are given in deviations. */
function columns(means: readonly number[], length: number, random: Random): Float64Array[] {
  return means.map((centre) => Float64Array.from({ length }, () => centre + random.normal()));
}

describe("White's reality check and Hansen's test", () => {
  it('find a planted edge among many that have none', () => {
    const means = Array.from({ length: 30 }, () => 0);
    means[17] = 0.2;
    const result = realityCheck(columns(means, 500, new Random(1)), { seed: 1 });
    expect(result.best).toBe(17);
    expect(result.pValue).toBeLessThan(0.01);
    expect(result.spaConsistent).toBeLessThan(0.01);
  });

  it('find nothing where there is nothing, about as often as they say', () => {
    const random = new Random(2);
    let white = 0;
    let hansen = 0;
    const rounds = 150;
    for (let k = 0; k < rounds; k += 1) {
      const result = realityCheck(
        columns(
          Array.from({ length: 10 }, () => 0),
          200,
          random,
        ),
        {
          seed: k,
          samples: 200,
          blockLength: 1,
        },
      );
      if (result.pValue <= 0.1) white += 1;
      if (result.spaConsistent <= 0.1) hansen += 1;
    }
    // 10 % expected; three standard errors of the share are 7 %.
    expect(white / rounds).toBeLessThan(0.18);
    expect(hansen / rounds).toBeLessThan(0.18);
    expect(hansen / rounds).toBeGreaterThan(0.02);
  });

  it('hopeless strategies hide an edge from White and not from Hansen', () => {
    // One small edge with little noise beside 40 wild losers: the case of Hansen (2005).
    const random = new Random(3);
    const good = Float64Array.from({ length: 400 }, () => 0.1 + 0.7 * random.normal());
    const bad = Array.from({ length: 40 }, () =>
      Float64Array.from({ length: 400 }, () => -1 + 4 * random.normal()),
    );
    const { pValue, spaConsistent, best } = realityCheck([good, ...bad], { seed: 4 });
    expect(best).toBe(0);
    expect(spaConsistent).toBeLessThan(0.05);
    expect(pValue).toBeGreaterThan(0.2);
  });

  it('order their p-values: lower, consistent, upper', () => {
    const random = new Random(5);
    for (let k = 0; k < 10; k += 1) {
      const means = Array.from({ length: 8 }, () => 0.1 * random.normal());
      const { spaLower, spaConsistent, spaUpper } = realityCheck(columns(means, 150, random), {
        seed: k,
        samples: 300,
      });
      expect(spaLower).toBeLessThanOrEqual(spaConsistent);
      expect(spaConsistent).toBeLessThanOrEqual(spaUpper);
    }
  });

  it('agree with a plain second reading on one column', () => {
    // With one column and blocks of 1, White's p is the bootstrap's one-sided test of the mean.
    const [column = new Float64Array(0)] = columns([0.08], 300, new Random(7));
    const { pValue, statistic, spaConsistent } = realityCheck([column], {
      seed: 1,
      samples: 4_000,
      blockLength: 1,
    });
    expect(statistic).toBeCloseTo(Math.sqrt(300) * mean(column), 12);
    const random = new Random(99);
    let reached = 0;
    for (let k = 0; k < 4_000; k += 1) {
      let sum = 0;
      for (let i = 0; i < 300; i += 1) sum += column[Math.floor(random.uniform() * 300)] ?? 0;
      if (sum / 300 - mean(column) >= mean(column)) reached += 1;
    }
    expect(Math.abs(pValue - reached / 4_000)).toBeLessThan(0.03);
    // Studentising one column changes nothing.
    expect(spaConsistent).toBe(pValue);
  });

  it('studentise with the deviation that the bootstrap itself has', () => {
    // Politis and Romano's variance is exact for their bootstrap: 20,000 samples have to show it.
    const random = new Random(21);
    let last = 0;
    const column = Float64Array.from({ length: 120 }, () => {
      last = 0.6 * last + random.normal();
      return 0.3 + last;
    });
    for (const blockLength of [1, 4, 12]) {
      const { spaStatistic, statistic } = realityCheck([column], {
        seed: 1,
        samples: 1,
        blockLength,
      });
      const into = new Float64Array(120);
      let sum = 0;
      let squares = 0;
      for (let k = 0; k < 20_000; k += 1) {
        resample(column, blockLength, random, into);
        const value = Math.sqrt(120) * (mean(into) - mean(column));
        sum += value;
        squares += value * value;
      }
      const deviation = Math.sqrt(squares / 20_000 - (sum / 20_000) ** 2);
      expect(Math.abs(statistic / spaStatistic / deviation - 1)).toBeLessThan(0.025);
    }
  });

  it('the same seed gives the same figures, and hooks stop it', () => {
    const data = columns([0, 0.1], 100, new Random(8));
    expect(realityCheck(data, { seed: 3 })).toEqual(realityCheck(data, { seed: 3 }));
    expect(() => realityCheck(data, { seed: 3 }, { isCancelled: () => true })).toThrow(/cancelled/);
    expect(() => realityCheck([], { seed: 1 })).toThrow(/excess/);
    expect(() => realityCheck([Float64Array.of(1, Number.NaN)], { seed: 1 })).toThrow(
      /excess: value 1 of column 0 is NaN/,
    );
    expect(() => realityCheck([new Float64Array(3), new Float64Array(4)], { seed: 1 })).toThrow(
      /excess/,
    );
  });
});
