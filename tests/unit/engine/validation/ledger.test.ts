import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import {
  averageCorrelation,
  clusterSeries,
  correlationsOf,
  independentTrials,
} from '../../../../engine/validation/clusters.ts';
import {
  averageSharpe,
  checkTrial,
  countTrials,
  deflatedByLedger,
  digestOf,
  DIGEST_LENGTH,
  effectiveTrials,
  type TrialRecord,
} from '../../../../engine/validation/ledger.ts';
import { deflatedSharpe } from '../../../../engine/validation/sharpe.ts';

function trial(id: string, given: Partial<TrialRecord> = {}): TrialRecord {
  return {
    id,
    dataset: 'SPY 1d total-return',
    strategy: 'sma-cross',
    parameters: { fast: 10 },
    source: 'backtest',
    at: 1_700_000_000_000,
    sharpe: 0.05,
    count: 1_000,
    skew: 0,
    kurtosis: 3,
    periods: 252,
    digest: new Float64Array(0),
    ...given,
  };
}

/** Series that share `common` of their variance within their group. */
function groups(sizes: readonly number[], common: number, random: Random): Float64Array[] {
  return sizes.flatMap((size) => {
    const shared = Float64Array.from({ length: DIGEST_LENGTH }, () => random.normal());
    return Array.from({ length: size }, () =>
      shared.map((value) => Math.sqrt(common) * value + Math.sqrt(1 - common) * random.normal()),
    );
  });
}

describe('clusters of series', () => {
  it('find planted groups', () => {
    const labels = clusterSeries(groups([6, 4, 5], 0.9, new Random(1)));
    expect(new Set(labels).size).toBe(3);
    expect(new Set(labels.slice(0, 6)).size).toBe(1);
    expect(new Set(labels.slice(6, 10)).size).toBe(1);
    expect(new Set(labels.slice(10)).size).toBe(1);
    expect([...clusterSeries(groups([2], 0.9, new Random(1)))]).toEqual([0, 1]);
  });

  it('have the mean correlation that was planted', () => {
    const series = groups([40], 0.6, new Random(2));
    expect(averageCorrelation(correlationsOf(series), 40)).toBeCloseTo(0.6, 1);
    expect(averageCorrelation(correlationsOf([new Float64Array(5), new Float64Array(5)]), 2)).toBe(
      0,
    );
    expect(averageCorrelation(new Float64Array(1), 1)).toBeNaN();
  });

  it('count independent trials between 1 and all', () => {
    // Bailey and López de Prado (2014): 100 trials with a mean correlation of 0.2 stand for 80.2.
    expect(independentTrials(100, 0.2)).toBeCloseTo(80.2, 12);
    expect(independentTrials(100, 1)).toBe(1);
    expect(independentTrials(100, -0.3)).toBe(100);
  });
});

describe('the ledger of trials', () => {
  it('counts every trial on a dataset once, whatever made it', () => {
    const records = [
      trial('a', { at: 5 }),
      trial('b', { source: 'sweep', at: 3 }),
      trial('a', { at: 9 }),
      trial('c', { source: 'sweep', strategy: 'rsi-reversion', at: 7 }),
      trial('d', { dataset: 'BTCUSD 1h raw', at: 1 }),
    ];
    expect(countTrials(records)).toEqual([
      {
        dataset: 'SPY 1d total-return',
        trials: 3,
        strategies: 2,
        bySource: { backtest: 1, sweep: 2, 'walk-forward': 0, agent: 0 },
        first: 3,
        last: 7,
      },
      {
        dataset: 'BTCUSD 1h raw',
        trials: 1,
        strategies: 1,
        bySource: { backtest: 1, sweep: 0, 'walk-forward': 0, agent: 0 },
        first: 1,
        last: 1,
      },
    ]);
    expect(countTrials([])).toEqual([]);
  });

  it('takes trials without returns as independent', () => {
    // Sharpe ratios 0.01, 0.03, 0.05: variance 0.0004.
    const records = [0.01, 0.03, 0.05].map((sharpe, i) => trial(String(i), { sharpe }));
    const effective = effectiveTrials([...records, trial('n', { sharpe: Number.NaN })]);
    expect(effective.trials).toBe(4);
    expect(effective.independent).toBe(4);
    expect(effective.variance).toBeCloseTo(0.0004, 12);
    expect(effective.clusters).toBeNaN();
    expect(effectiveTrials([trial('a')])).toMatchObject({ trials: 1, independent: 1, variance: 0 });
    expect(averageSharpe(records)).toBeCloseTo(0.03, 12);
  });

  it('counts trials that moved alike as fewer', () => {
    const records = groups([10, 10], 0.95, new Random(3)).map((digest, i) =>
      trial(String(i), { digest, sharpe: 0.02 * Math.sin(i) }),
    );
    const effective = effectiveTrials(records);
    expect(effective.clusters).toBe(2);
    // Correlation 0.95 within a group and 0 between: 90 pairs of 190.
    expect(effective.averageCorrelation).toBeCloseTo((0.95 * 90) / 190, 1);
    expect(effective.independent).toBeGreaterThan(10);
    expect(effective.independent).toBeLessThan(13);
  });

  it('feeds the deflated Sharpe ratio, which falls with every trial', () => {
    const random = new Random(4);
    const sample = { sharpe: 0.08, count: 2_000, skew: -0.5, kurtosis: 5 };
    const records = Array.from({ length: 200 }, (_value, i) =>
      trial(String(i), { sharpe: 0.03 * random.normal() }),
    );
    const few = deflatedByLedger(sample, records.slice(0, 5));
    const many = deflatedByLedger(sample, records);
    expect(many.benchmark).toBeGreaterThan(few.benchmark);
    expect(many.probability).toBeLessThan(few.probability);
    expect(many.probability).toBe(deflatedSharpe(sample, many.variance, 200).probability);
    // The first and only trial is no choice.
    expect(deflatedByLedger(sample, records.slice(0, 1)).benchmark).toBe(0);
  });

  it('gathers returns into stretches of the dataset', () => {
    const time = Float64Array.of(0, 10, 20, 1_270, 1_280);
    const returns = Float64Array.of(0.1, 0.2, -0.1, 0.05, 0.02);
    const digest = digestOf(time, returns, 0, 1_280);
    expect(digest[0]).toBeCloseTo(Math.log(1.1), 12);
    expect(digest[1]).toBeCloseTo(Math.log(1.2), 12);
    expect(digest[2]).toBeCloseTo(Math.log(0.9), 12);
    expect(digest[3]).toBe(0);
    // The last bar is the end of the last stretch.
    expect(digest[127]).toBeCloseTo(Math.log(1.05 * 1.02), 12);
  });

  it('refuses records that are wrong', () => {
    expect(() => checkTrial(trial('a', { sharpe: Number.NaN }))).not.toThrow();
    for (const wrong of [
      { id: '' },
      { dataset: '' },
      { strategy: '' },
      { at: 0.5 },
      { count: -1 },
      { periods: 0 },
      { sharpe: Number.POSITIVE_INFINITY },
      { digest: new Float64Array(3) },
      { source: 'luck' as 'agent' },
    ]) {
      const field = Object.keys(wrong)[0] ?? '';
      expect(() => checkTrial(trial('a', wrong)), field).toThrow(`trial: ${field} must be`);
    }
  });
});
