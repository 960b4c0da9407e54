import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageLookback,
  movingAverageStep,
} from '../../../../engine/indicators/kernels/moving-average.ts';
import { KAMA, MAMA, T3 } from '../../../../engine/indicators/overlap/adaptive-averages.ts';
import { MA, MAVP } from '../../../../engine/indicators/overlap/chosen-averages.ts';
import {
  DEMA,
  EMA,
  SMA,
  TEMA,
  TRIMA,
  WMA,
} from '../../../../engine/indicators/overlap/simple-averages.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { randomWalk, spx } from '../backtest/bars.ts';

const TYPES = [SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA, MAMA, T3];

function run(
  definition: IndicatorDefinition,
  values: Iterable<number>,
  parameters: ParameterValues = {},
): number[] {
  return [...(runIndicator(definition, [Float64Array.from(values)], parameters)[0] ?? [])];
}

function expectClose(mine: readonly number[], wanted: readonly number[], relative = 1e-11): void {
  expect(mine.length).toBe(wanted.length);
  mine.forEach((value, i) => {
    const other = wanted[i] ?? Number.NaN;
    if (Number.isNaN(other)) expect(value, `bar ${i}`).toBeNaN();
    else
      expect(Math.abs(value - other), `bar ${i}`).toBeLessThanOrEqual(relative * Math.abs(other));
  });
}

/** A mean of each window with weights for the oldest to the newest value. */
function weighted(values: readonly number[], weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.map((_, i) => {
    if (i + 1 < weights.length) return Number.NaN;
    const window = values.slice(i + 1 - weights.length, i + 1);
    return window.reduce((sum, x, k) => sum + x * (weights[k] ?? 0), 0) / total;
  });
}

/** An exponential average of a series that may begin with NaN, by the weights of its history. */
function exponential(values: readonly number[], period: number): number[] {
  const from = values.findIndex(Number.isFinite);
  const out = values.map(() => Number.NaN);
  const alpha = 2 / (period + 1);
  for (let i = from + period - 1; i < values.length; i += 1) {
    const seedAt = from + period - 1;
    const seed = values.slice(from, seedAt + 1).reduce((sum, x) => sum + x, 0) / period;
    let value = seed * (1 - alpha) ** (i - seedAt);
    for (let k = seedAt + 1; k <= i; k += 1) {
      value += (values[k] ?? 0) * alpha * (1 - alpha) ** (i - k);
    }
    out[i] = value;
  }
  return out;
}

function combine(series: readonly (readonly number[])[], factors: readonly number[]): number[] {
  return (series[0] ?? []).map((_, i) =>
    series.reduce((sum, each, k) => sum + (each[i] ?? 0) * (factors[k] ?? 0), 0),
  );
}

const closes = [...randomWalk(260, 11).close];

describe('averages of a window, summed anew for every bar', () => {
  it.each([2, 3, 4, 5, 14, 30, 99])('with a period of %i', (timeperiod) => {
    const ones = Array.from({ length: timeperiod }, () => 1);
    expectClose(run(SMA, closes, { timeperiod }), weighted(closes, ones));
    const rising = ones.map((_, k) => k + 1);
    expectClose(run(WMA, closes, { timeperiod }), weighted(closes, rising));
    const triangle = rising.map((k) => Math.min(k, timeperiod + 1 - k));
    expectClose(run(TRIMA, closes, { timeperiod }), weighted(closes, triangle));
  });

  it('worked by hand', () => {
    // (1 + 2 + 6) / 3 and (2 + 6 + 4) / 3
    expect(run(SMA, [1, 2, 6, 4], { timeperiod: 3 }).slice(2)).toEqual([3, 4]);
    // (1·1 + 2·2 + 3·6) / 6 = 23 / 6 and (2 + 12 + 12) / 6 = 26 / 6
    expectClose(run(WMA, [1, 2, 6, 4], { timeperiod: 3 }).slice(2), [23 / 6, 26 / 6]);
    // 1 2 2 1: (1 + 4 + 12 + 4) / 6
    expectClose(run(TRIMA, [1, 2, 6, 4], { timeperiod: 4 }).slice(3), [21 / 6]);
  });

  it('do not drift, and forget a huge value once it has left', () => {
    const walk = Array.from({ length: 300_000 }, (_, i) => 100 + Math.sin(i) * (1 + (i % 7)));
    walk[1_000] = 1e17;
    for (const [definition, weights] of [
      [SMA, [1, 1, 1, 1, 1]],
      [WMA, [1, 2, 3, 4, 5]],
      [TRIMA, [1, 2, 3, 2, 1]],
    ] as const) {
      const late = run(definition, walk, { timeperiod: 5 }).slice(299_900);
      expectClose(late, weighted(walk.slice(299_896), weights).slice(4), 1e-15 * 4);
      const after = run(definition, walk, { timeperiod: 5 }).slice(1_005, 1_020);
      expectClose(after, weighted(walk.slice(1_001, 1_020), weights).slice(4), 1e-15 * 4);
    }
  });
});

describe('exponential averages, by the weights of their whole history', () => {
  it.each([2, 3, 7, 20])('with a period of %i', (timeperiod) => {
    const one = exponential(closes, timeperiod);
    const two = exponential(one, timeperiod);
    const three = exponential(two, timeperiod);
    expectClose(run(EMA, closes, { timeperiod }), one);
    expectClose(run(DEMA, closes, { timeperiod }), combine([one, two], [2, -1]));
    expectClose(run(TEMA, closes, { timeperiod }), combine([one, two, three], [3, -3, 1]));
  });

  it.each([
    [2, 0],
    [3, 0.7],
    [5, 1],
  ])('T3 of %i with factor %f is the generalised average thrice', (timeperiod, vfactor) => {
    const general = (values: readonly number[]): number[] => {
      const one = exponential(values, timeperiod);
      return combine([one, exponential(one, timeperiod)], [1 + vfactor, -vfactor]);
    };
    // GD starts where its second average does; those starts shift T3's seeds, which wear off.
    const wanted = general(general(general(closes)));
    const mine = run(T3, closes, { timeperiod, vfactor });
    expect(mine.findIndex(Number.isFinite)).toBe(6 * (timeperiod - 1));
    expectClose(mine.slice(200), wanted.slice(200), 1e-9);
  });

  it('worked by hand', () => {
    // Seed (2 + 4) / 2 = 3; 3 + 2/3 × (9 − 3) = 7; 7 + 2/3 × (1 − 7) = 3
    expectClose(run(EMA, [2, 4, 9, 1], { timeperiod: 2 }).slice(1), [3, 7, 3]);
    // EMA of those: seed (3 + 7) / 2 = 5; 5 + 2/3 × (3 − 5) = 11/3; 2 × 7 − 5 and 2 × 3 − 11/3
    expectClose(run(DEMA, [2, 4, 9, 1], { timeperiod: 2 }).slice(2), [9, 7 / 3]);
    // One more: seed (5 + 11/3) / 2 = 13/3; 3 × 3 − 3 × 11/3 + 13/3
    expectClose(run(TEMA, [2, 4, 9, 1], { timeperiod: 2 }).slice(3), [7 / 3]);
  });
});

describe('KAMA', () => {
  it.each([2, 5, 30])('recomputed bar by bar with a period of %i', (timeperiod) => {
    const wanted = closes.map(() => Number.NaN);
    let value = closes[timeperiod - 1] ?? 0;
    for (let i = timeperiod; i < closes.length; i += 1) {
      const window = closes.slice(i - timeperiod, i + 1);
      const path = window.slice(1).reduce((sum, x, k) => sum + Math.abs(x - (window[k] ?? 0)), 0);
      const efficiency = Math.abs((window.at(-1) ?? 0) - (window[0] ?? 0)) / path;
      const constant = (efficiency * (2 / 3 - 2 / 31) + 2 / 31) ** 2;
      value += constant * ((closes[i] ?? 0) - value);
      wanted[i] = value;
    }
    expectClose(run(KAMA, closes, { timeperiod }), wanted);
  });

  it('moves at full speed where the way is straight or nothing moved', () => {
    // Efficiency 1: a weight of (2/3)² = 4/9. 2 + 4/9 × (3 − 2), then on to 4.
    const first = 2 + 4 / 9;
    expectClose(run(KAMA, [1, 2, 3, 4], { timeperiod: 2 }).slice(2), [
      first,
      first + (4 / 9) * (4 - first),
    ]);
    expect(run(KAMA, [7, 7, 7, 7], { timeperiod: 2 }).slice(2)).toEqual([7, 7]);
  });
});

describe('an average chosen by its number', () => {
  it.each(TYPES.map((definition, matype) => [definition.id, matype] as const))(
    '%s is type %i',
    (_id, matype) => {
      const definition = TYPES[matype] ?? SMA;
      const timed = definition === MAMA ? {} : { timeperiod: 9 };
      const wanted = run(definition, closes, timed);
      expect(run(MA, closes, { timeperiod: 9, matype })).toEqual(wanted);
      expect(MA.lookback({ timeperiod: 9, matype })).toBe(
        definition.lookback(definition === T3 ? { timeperiod: 9, vfactor: 0.7 } : timed),
      );
      expect(run(MA, closes, { timeperiod: 1, matype })).toEqual(closes);
    },
  );

  it('starts after a lead-in, and runs inside a larger state', () => {
    for (const [type] of TYPES.entries()) {
      for (const period of [1, 2, 3, 8]) {
        const start = 13;
        const led = Float64Array.from(closes, (x, i) => (i < start ? Number.NaN : x));
        const column = new Float64Array(led.length);
        movingAverageColumn(type, led, period, column, start);
        const alone = new Float64Array(led.length - start);
        movingAverageColumn(type, led.subarray(start), period, alone);
        expect([...column.subarray(start)]).toEqual([...alone]);
        expect(column.subarray(0, start).every(Number.isNaN)).toBe(true);
        expect(alone.findIndex(Number.isFinite)).toBe(movingAverageLookback(type, period));
        const length = movingAverageLength(type, period);
        const state = new Float64Array(length + 4);
        state.set([5, 6]);
        state.set([7, 8], length + 2);
        const steps = alone.map((_, i) =>
          movingAverageStep(type, state, 2, period, led[start + i] ?? 0),
        );
        expect([...steps]).toEqual([...alone]);
        expect([...state.subarray(0, 2), ...state.subarray(length + 2)]).toEqual([5, 6, 7, 8]);
      }
    }
  });
});

describe('MAVP', () => {
  const mavp = (periods: Iterable<number>, parameters: ParameterValues): number[] => {
    const columns = [Float64Array.from(closes), Float64Array.from(periods)];
    return [...(runIndicator(MAVP, columns, parameters)[0] ?? [])];
  };

  it.each([0, 2, 5])('takes window averages of type %i of each bar’s period', (matype) => {
    const periods = closes.map((_, i) => (i % 12) + 0.9);
    const byPeriod = new Map(
      [3, 4, 5, 6, 7, 8].map((timeperiod) => [timeperiod, run(MA, closes, { timeperiod, matype })]),
    );
    const wanted = closes.map((_, i) =>
      i < 7 ? Number.NaN : (byPeriod.get(Math.min(Math.max(i % 12, 3), 8))?.[i] ?? 0),
    );
    expectClose(mavp(periods, { minperiod: 3, maxperiod: 8, matype }), wanted);
  });

  it('starts recursive averages so that all have their first value together', () => {
    // The longest EMA (5) has its first value at bar 4; one of 2 is then the mean of bars 3 and 4.
    const periods = closes.map((_, i) => (i % 2 === 0 ? 2 : 5));
    const mine = mavp(periods, { minperiod: 2, maxperiod: 5, matype: 1 });
    const two = exponential(
      closes.map((x, i) => (i < 3 ? Number.NaN : x)),
      2,
    );
    const five = exponential(closes, 5);
    expectClose(
      mine,
      closes.map((_, i) => (i < 4 ? Number.NaN : ((i % 2 === 0 ? two : five)[i] ?? 0))),
    );
  });

  it('refuses periods in the wrong order', () => {
    expect(() => mavp(closes, { minperiod: 9, maxperiod: 8 })).toThrow(/minperiod: 9/u);
    expect(() => MAVP.stream({ minperiod: 9, maxperiod: 8, matype: 0 })).toThrow(/minperiod: 9/u);
  });
});

describe('wrong parameters', () => {
  const bars = spx().close.slice(0, 50);
  const of = (definition: IndicatorDefinition, parameters: ParameterValues) => (): void => {
    const inputs = definition.inputs.map(() => bars);
    runIndicator(definition, inputs, parameters);
  };

  it.each([0, 1, -3, 2.5, 100_001, Number.NaN, Infinity])('a period of %d', (timeperiod) => {
    for (const definition of [SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA, T3]) {
      expect(of(definition, { timeperiod })).toThrow(`${definition.id} timeperiod: ${timeperiod}`);
    }
    if (timeperiod !== 1) expect(of(MA, { timeperiod })).toThrow('ma timeperiod');
    if (timeperiod !== 1) expect(of(MAVP, { minperiod: timeperiod })).toThrow('mavp minperiod');
  });

  it('limits, factors and types out of their range', () => {
    for (const limit of [0, 1, -0.5]) {
      expect(of(MAMA, { fastlimit: limit })).toThrow('mama fastlimit');
      expect(of(MAMA, { slowlimit: limit })).toThrow('mama slowlimit');
    }
    for (const vfactor of [-0.1, 1.1]) expect(of(T3, { vfactor })).toThrow('t3 vfactor');
    for (const matype of [-1, 9, 1.5]) expect(of(MA, { matype })).toThrow('ma matype');
    expect(of(SMA, { period: 5 })).toThrow('sma has no parameter "period"');
  });

  it('series that are shorter than the period have no value', () => {
    for (const definition of TYPES) {
      expect(run(definition, [1, 2, 3]).every(Number.isNaN)).toBe(true);
      expect(run(definition, [])).toEqual([]);
    }
  });
});
