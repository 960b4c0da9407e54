import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { deviation, mean } from '../../../../engine/stats/moments.ts';
import {
  CORRECTIONS,
  adjustPValues,
  haircutOfTrials,
  haircutSharpe,
  sharpePValue,
} from '../../../../engine/validation/multiple-testing.ts';
import {
  deflatedSharpe,
  expectedMaxSharpe,
  minimumBacktestYears,
  minimumTrackRecord,
  probabilisticSharpe,
  sharpeError,
  sharpeSample,
  type SharpeSample,
} from '../../../../engine/validation/sharpe.ts';
import { PORTFOLIO } from '../stats/bacon.ts';

const normal = (sharpe: number, count = 2): SharpeSample => ({
  sharpe,
  count,
  skew: 0,
  kurtosis: 3,
});

describe('the probabilistic Sharpe ratio', () => {
  it('is that of the example of Bailey and López de Prado (2012)', () => {
    // 24 months with a monthly Sharpe ratio of 0.458: 0.982 if normal, 0.913 with the true moments.
    expect(probabilisticSharpe(normal(0.458, 24))).toBeCloseTo(0.982, 3);
    const true24 = { sharpe: 0.458, count: 24, skew: -2.448, kurtosis: 10.164 };
    expect(probabilisticSharpe(true24)).toBeCloseTo(0.913, 3);
  });

  it('has the standard error of Lo for normal returns', () => {
    expect(sharpeError(normal(0.2, 101))).toBeCloseTo(Math.sqrt((1 + 0.02) / 100), 12);
    expect(sharpeError(normal(0.2, 1))).toBeNaN();
  });

  it('takes its sample from returns', () => {
    const sample = sharpeSample(PORTFOLIO, 0.001);
    expect(sample.count).toBe(24);
    expect(sample.sharpe).toBeCloseTo((mean(PORTFOLIO) - 0.001) / deviation(PORTFOLIO), 12);
    // R PerformanceAnalytics: kurtosis by moments 2.43, skewness -0.08.
    expect(sample.kurtosis).toBeCloseTo(2.43, 2);
    expect(sample.skew).toBeCloseTo(-0.08, 2);
    expect(sharpeSample([1, 1, 1]).sharpe).toBeNaN();
    expect(probabilisticSharpe(sharpeSample([1, 1, 1]))).toBeNaN();
  });

  it('covers: the true ratio lies below its bound as often as it says', () => {
    // 4,000 samples of 60 normal returns whose true ratio is 0.2: a probability of 95 % or more against the
    // truth comes up in 5 % of them.
    const random = new Random(5);
    let above = 0;
    for (let k = 0; k < 4_000; k += 1) {
      const returns = Float64Array.from({ length: 60 }, () => 0.2 + random.normal());
      if (probabilisticSharpe(sharpeSample(returns), 0.2) >= 0.95) above += 1;
    }
    // Three standard errors of the share are 1 %.
    expect(Math.abs(above / 4_000 - 0.05)).toBeLessThan(0.012);
  });
});

describe('the minimum track record', () => {
  // Bailey and López de Prado (2012): years until an annual ratio of 2 is above 1 with 95 %.
  it.each([
    ['daily', 252, 2.73],
    ['weekly', 52, 2.83],
    ['monthly', 12, 3.24],
  ])('of %s normal returns', (_name, periods, years) => {
    const root = Math.sqrt(periods);
    expect(minimumTrackRecord(normal(2 / root), 1 / root) / periods).toBeCloseTo(years, 2);
  });

  it('of the hedge fund index: 59.895 months', () => {
    const fund = { sharpe: 2 / Math.sqrt(12), count: 1, skew: -0.72, kurtosis: 5.78 };
    expect(minimumTrackRecord(fund, 1 / Math.sqrt(12))).toBeCloseTo(59.895, 3);
  });

  it('is the length at which the probability reaches the confidence', () => {
    const sample = { sharpe: 0.1, count: 0, skew: -1, kurtosis: 6 };
    const length = minimumTrackRecord(sample, 0.02, 0.9);
    expect(probabilisticSharpe({ ...sample, count: length }, 0.02)).toBeCloseTo(0.9, 12);
    expect(minimumTrackRecord(sample, 0.1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the deflated Sharpe ratio', () => {
  // The example of Bailey and López de Prado (2014): 100 trials with an annual variance of 1/2, five years of
  // 250 days, an annual ratio of 2.5, skewness -3 and kurtosis 10.
  const best = { sharpe: 2.5 / Math.sqrt(250), count: 1_250, skew: -3, kurtosis: 10 };

  it('is that of the published example', () => {
    const { benchmark, probability } = deflatedSharpe(best, 0.5 / 250, 100);
    expect(benchmark).toBeCloseTo(0.1132, 4);
    expect(probability).toBeCloseTo(0.9004, 4);
    // With 46 trials, or 88 and normal returns, it would just have been significant.
    expect(deflatedSharpe(best, 0.5 / 250, 46).probability).toBeCloseTo(0.9505, 4);
    const plain = { ...best, skew: 0, kurtosis: 3 };
    expect(deflatedSharpe(plain, 0.5 / 250, 88).probability).toBeCloseTo(0.9505, 4);
  });

  it('of a single trial is the probabilistic one', () => {
    expect(deflatedSharpe(best, 1, 1).probability).toBe(probabilisticSharpe(best));
    expect(expectedMaxSharpe(1, 0)).toBe(0);
  });

  it('expects the largest of N normal numbers', () => {
    const random = new Random(11);
    for (const trials of [10, 100]) {
      let sum = 0;
      for (let k = 0; k < 4_000; k += 1) {
        let most = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < trials; i += 1) most = Math.max(most, random.normal());
        sum += most;
      }
      expect(Math.abs(expectedMaxSharpe(1, trials) - sum / 4_000)).toBeLessThan(0.05);
    }
  });

  it('asks for about five years of data for 45 trials', () => {
    // Bailey, Borwein, López de Prado and Zhu (2014).
    expect(Math.round(minimumBacktestYears(45))).toBe(5);
  });
});

describe('corrections for many tests', () => {
  // The six p-values of Harvey, Liu and Zhu (2016), in another order than sorted.
  const P = [0.0128, 0.005, 0.06, 0.009, 0.045, 0.0135];

  it.each([
    ['bonferroni' as const, [0.0768, 0.03, 0.36, 0.054, 0.27, 0.081]],
    ['holm' as const, [0.0512, 0.03, 0.09, 0.045, 0.09, 0.0512]],
    // Theirs leave the largest two at 0.06; those of R's p.adjust(method = "BY") are 0.1323 and 0.147.
    ['bhy' as const, [0.0496, 0.0496, 0.147, 0.0496, 0.1323, 0.0496]],
  ])('%s', (correction, expected) => {
    const adjusted = adjustPValues(P, correction);
    expected.forEach((value, i) => expect(adjusted[i]).toBeCloseTo(value, 4));
  });

  it('never go beyond 1, below the p-value, or change their order', () => {
    const random = new Random(2);
    for (const correction of CORRECTIONS) {
      const values = Array.from({ length: 40 }, () => random.uniform());
      const adjusted = adjustPValues(values, correction);
      values.forEach((value, i) => {
        expect(adjusted[i]).toBeGreaterThanOrEqual(value);
        expect(adjusted[i]).toBeLessThanOrEqual(1);
        values.forEach((other, j) => {
          if (value < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 0);
        });
      });
    }
  });

  it('cut the Sharpe ratio of Harvey and Liu (2015) from 0.75 to 0.32', () => {
    // 20 years of months, 200 independent trials: p 0.0008 becomes 0.15, a haircut of nearly 60 %.
    const { pValue, adjusted, sharpe, haircut } = haircutOfTrials(0.75 / Math.sqrt(12), 240, 200);
    expect(pValue).toBeCloseTo(0.0009, 4);
    expect(adjusted).toBeCloseTo(0.16, 1);
    expect(sharpe * Math.sqrt(12)).toBeCloseTo(0.32, 1);
    expect(haircut).toBeGreaterThan(0.55);
    expect(haircut).toBeLessThan(0.62);
  });

  it('cut the chosen one of many, and leave a single test as it is', () => {
    const sharpes = [0.05, 0.21, -0.1, 0.02];
    const alone = haircutSharpe([0.21], 0, 240, 'holm');
    expect(alone.sharpe).toBeCloseTo(0.21, 10);
    expect(alone.haircut).toBeCloseTo(0, 10);
    for (const correction of CORRECTIONS) {
      const { sharpe, adjusted, haircut } = haircutSharpe(sharpes, 1, 240, correction);
      expect(sharpePValue(sharpe, 240)).toBeCloseTo(adjusted, 10);
      expect(haircut).toBeGreaterThan(0);
    }
    expect(haircutSharpe(sharpes, 2, 240, 'bonferroni').sharpe).toBeLessThan(0);
    expect(() => haircutSharpe(sharpes, 9, 240, 'holm')).toThrow(/chosen/);
  });
});
