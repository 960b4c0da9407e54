import { describe, expect, it } from 'vitest';
import { RunningMoments, weigh } from '../../../../electron/services/research/ledger.ts';
import type { TrialRow } from '../../../../electron/storage/research-types.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import { DIGEST_LENGTH } from '../../../../engine/validation/ledger.ts';

const ROW: TrialRow = {
  id: '',
  dataset: 'SPX.INDEX@1d raw',
  strategy: 'sma-cross',
  source: 'sweep',
  at: 1,
  trials: 1,
  sharpeMean: 0,
  sharpeDeviation: 0,
  record: null,
};

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

function group(id: string, sharpes: readonly number[]): TrialRow {
  return {
    ...ROW,
    id,
    trials: sharpes.length,
    sharpeMean: mean(sharpes),
    sharpeDeviation: sharpes.length > 1 ? Math.sqrt(variance(sharpes)) : 0,
  };
}

function single(id: string, sharpe: number, digest: Float64Array): TrialRow {
  return { ...ROW, id, source: 'backtest', sharpeMean: sharpe, record: { digest } };
}

describe('moments of what comes one after another', () => {
  it('are those of all together, without what is not defined', () => {
    const random = new Random(9);
    const values = Array.from({ length: 500 }, () => 1e3 + random.normal());
    const moments = new RunningMoments();
    expect([moments.mean, moments.deviation]).toEqual([Number.NaN, Number.NaN]);
    for (const value of values) {
      moments.add(value);
      moments.add(Number.NaN);
    }
    expect(moments.count).toBe(1_000);
    expect(moments.mean).toBeCloseTo(mean(values), 10);
    expect(moments.deviation).toBeCloseTo(Math.sqrt(variance(values)), 10);
  });
});

describe('what the ledger weighs', () => {
  it('is the variance of all ratios together, from the figures of their groups', () => {
    const random = new Random(5);
    const draw = (count: number, centre: number): number[] =>
      Array.from({ length: count }, () => centre + random.normal() / 50);
    const groups = [draw(40, 0.01), draw(7, -0.03), draw(100, 0.02)];
    const alone = [0.05, -0.01];
    const rows = [
      ...groups.map((values, k) => group(`sweep:a@${k}`, values)),
      ...alone.map((value, k) => single(`run:${k}`, value, new Float64Array(0))),
    ];
    const all = [...groups.flat(), ...alone];
    const weighed = weigh(rows);
    expect(weighed.trials).toBe(all.length);
    expect(weighed.variance).toBeCloseTo(variance(all), 14);
    // Nothing is known of how alike they are.
    expect(weighed.independent).toBe(all.length);
  });

  it('counts trials that moved alike for less', () => {
    const parts = [group('sweep:a@0', [0.1, 0.2]), group('sweep:a@2', [0.3, 0.1])];
    const alike = {
      ...ROW,
      id: 'sweep:a#alike',
      trials: 0,
      sharpeMean: Number.NaN,
      record: { correlation: 0.75 },
    };
    // rho + (1 - rho) N with 4 trials: 0.75 + 0.25 * 4.
    expect(weigh([...parts, alike]).independent).toBeCloseTo(1.75, 12);
    // Another search beside it counts whole.
    expect(weigh([...parts, alike, group('sweep:b@0', [0, 0.1])]).independent).toBeCloseTo(
      3.75,
      12,
    );
    const same = Float64Array.from({ length: DIGEST_LENGTH }, (_, i) => Math.sin(i));
    const twins = [single('run:1', 0.1, same), single('run:2', 0.2, same.slice())];
    expect(weigh(twins)).toMatchObject({ trials: 2 });
    expect(weigh(twins).independent).toBeCloseTo(1, 12);
  });

  it('counts trials of short windows without their ratios', () => {
    const windows = { ...group('walk-forward:a@0', [0.9, -0.9]), sharpeMean: Number.NaN };
    const { trials, variance: spread } = weigh([group('sweep:a@0', [0.1, 0.2]), windows]);
    expect(trials).toBe(4);
    expect(spread).toBeCloseTo(variance([0.1, 0.2]), 14);
  });

  it('knows nothing of no trials', () => {
    expect(weigh([])).toEqual({ trials: 0, independent: 0, variance: 0 });
  });
});
