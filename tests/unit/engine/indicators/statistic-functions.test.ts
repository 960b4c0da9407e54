import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';
import { STDDEV, VAR } from '../../../../engine/indicators/statistic/dispersion.ts';
import {
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  TSF,
} from '../../../../engine/indicators/statistic/linear-regression.ts';
import { BETA, CORREL } from '../../../../engine/indicators/statistic/pairs.ts';
import { fc } from '../../../support/properties.ts';

const ALL = [
  BETA,
  CORREL,
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  STDDEV,
  TSF,
  VAR,
];

function column(
  definition: IndicatorDefinition,
  inputs: readonly (readonly number[])[],
  parameters: ParameterValues,
): Float64Array {
  const columns = inputs.map((values) => Float64Array.from(values));
  return runIndicator(definition, columns, parameters)[0] ?? new Float64Array(0);
}

function last(
  definition: IndicatorDefinition,
  inputs: readonly (readonly number[])[],
  timeperiod: number,
): number {
  return column(definition, inputs, { timeperiod }).at(-1) ?? Number.NaN;
}

function mean(values: readonly number[]): number {
  // From the first value on, so that a large common part does not cost digits.
  const [first = 0] = values;
  return first + values.reduce((sum, x) => sum + (x - first), 0) / values.length;
}

/** Σ (a − mean a)(b − mean b), in two passes over the window. */
function common(a: readonly number[], b: readonly number[]): number {
  const [middleA, middleB] = [mean(a), mean(b)];
  return a.reduce((sum, x, k) => sum + (x - middleA) * ((b[k] ?? 0) - middleB), 0);
}

describe('worked by hand', () => {
  it('VAR and STDDEV', () => {
    // Mean 5; squared distances 9 1 1 1 0 0 4 16 make 32; 32 / 8 = 4.
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(last(VAR, [values], 8)).toBe(4);
    expect(last(STDDEV, [values], 8)).toBe(2);
    expect(column(STDDEV, [values], { timeperiod: 8, nbdev: -1.5 }).at(-1)).toBe(-3);
    expect(column(VAR, [values], { timeperiod: 8, nbdev: 3 }).at(-1)).toBe(4);
  });

  it('the straight line', () => {
    // Σ (t − 1.5)(x − 3.25) = −1.5 × −2.25 − 0.5 × 0.75 + 0.5 × −0.25 + 1.5 × 1.75 = 5.5; / 5 = 1.1
    const values = [1, 4, 3, 5];
    expect(last(LINEARREG_SLOPE, [values], 4)).toBeCloseTo(1.1, 14);
    expect(last(LINEARREG_INTERCEPT, [values], 4)).toBeCloseTo(3.25 - 1.5 * 1.1, 14);
    expect(last(LINEARREG, [values], 4)).toBeCloseTo(3.25 + 1.5 * 1.1, 14);
    expect(last(TSF, [values], 4)).toBeCloseTo(3.25 + 2.5 * 1.1, 14);
    // A rise of 1 a bar is 45 degrees.
    expect(last(LINEARREG_ANGLE, [[7, 8, 9, 10, 11]], 3)).toBeCloseTo(45, 13);
    expect(last(LINEARREG_ANGLE, [[7, 6, 5, 4, 3]], 3)).toBeCloseTo(-45, 13);
  });

  it('CORREL', () => {
    // Distances −1 0 1 and −2 1 1: products 3, squares 2 and 6; 3 / √12
    const [x, y] = [
      [1, 2, 3],
      [2, 5, 5],
    ];
    expect(last(CORREL, [x ?? [], y ?? []], 3)).toBeCloseTo(3 / Math.sqrt(12), 14);
  });

  it('BETA', () => {
    // Returns of the first 0.1, −0.1, 0.2 and of the second twice those.
    const first = [100, 110, 99, 118.8];
    const second = [50, 60, 48, 67.2];
    expect(last(BETA, [first, second], 3)).toBeCloseTo(2, 12);
    expect(last(BETA, [second, first], 3)).toBeCloseTo(0.5, 12);
  });
});

describe('where nothing varies', () => {
  const flat = Array.from({ length: 40 }, () => 0.1);
  const wave = flat.map((_, i) => Math.sin(i) + 2);

  it.each([1e-8, 0.1, 1 / 3, 1e9 + 0.1])('a constant %d', (value) => {
    const same = flat.map(() => value);
    const zero = [VAR, STDDEV, LINEARREG_SLOPE, LINEARREG_ANGLE];
    for (const definition of zero) {
      expect(new Set(column(definition, [same], { timeperiod: 7 }).slice(6))).toEqual(new Set([0]));
    }
    for (const definition of [LINEARREG, LINEARREG_INTERCEPT, TSF]) {
      const values = column(definition, [same], { timeperiod: 7 }).slice(6);
      expect(new Set(values)).toEqual(new Set([value]));
    }
    expect(new Set(column(CORREL, [same, wave], { timeperiod: 7 }).slice(6))).toEqual(new Set([0]));
    expect(new Set(column(CORREL, [wave, same], { timeperiod: 7 }).slice(6))).toEqual(new Set([0]));
    expect(new Set(column(BETA, [same, wave], { timeperiod: 7 }).slice(7))).toEqual(new Set([0]));
  });

  it('equal returns and prices of 0 give a beta of 0', () => {
    const growing = flat.map((_, i) => 100 * 1.01 ** i);
    expect(new Set(column(BETA, [growing, wave], { timeperiod: 5 }).slice(5))).toEqual(
      new Set([0]),
    );
    const zeros = flat.map(() => 0);
    expect(new Set(column(BETA, [zeros, wave], { timeperiod: 5 }).slice(5))).toEqual(new Set([0]));
  });

  it('one bar has no spread', () => {
    expect(new Set(column(VAR, [wave], { timeperiod: 1 }))).toEqual(new Set([0]));
    expect(new Set(column(CORREL, [wave, wave], { timeperiod: 1 }))).toEqual(new Set([0]));
    expect(new Set(column(BETA, [wave, wave], { timeperiod: 1 }).slice(1))).toEqual(new Set([0]));
  });

  it('a small series is not taken for a flat one', () => {
    const tiny = wave.map((x) => x * 1e-9);
    const other = wave.map((x) => -x * 1e-9);
    expect(last(CORREL, [tiny, other], 9)).toBeCloseTo(-1, 12);
    expect(last(STDDEV, [tiny], 9)).toBeCloseTo(1e-9 * last(STDDEV, [wave], 9), 20);
  });
});

/**
 * The share of a variance that TA-Lib's running sums may lose to rounding; nothing where so little of the
 * squares is left that the exact sums answer (the limit is 1e-11; up to twice that either may).
 */
function rounding(values: readonly number[], spread: number): number {
  const squares = values.reduce((sum, x) => sum + x * x, 0);
  return spread < 0.5e-11 * squares ? 0 : (64 * Number.EPSILON * squares) / spread;
}

/** Prices with a common part far larger than their moves. */
const prices = fc.record({
  level: fc.constantFrom(0, 1e-8, 100, 1e6, 1e9),
  scale: fc.constantFrom(1, 1, 0.01),
  moves: fc.array(
    fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -999, max: 999 })),
    { minLength: 3, maxLength: 90 },
  ),
  period: fc.integer({ min: 3, max: 20 }),
});

describe('against sums over every window', () => {
  it('in two passes', () => {
    fc.assert(
      fc.property(prices, ({ level, scale, moves, period }) => {
        const x = moves.map(([move]) => level + move * scale);
        const y = moves.map(([, move]) => level + move * scale);
        const timeperiod = period;
        const results = [VAR, LINEARREG_SLOPE, LINEARREG, LINEARREG_INTERCEPT, TSF].map((each) =>
          column(each, [x], { timeperiod }),
        );
        const r = column(CORREL, [x, y], { timeperiod });
        for (let bar = period - 1; bar < x.length; bar += 1) {
          const window = x.slice(bar - period + 1, bar + 1);
          const other = y.slice(bar - period + 1, bar + 1);
          const time = window.map((_, t) => t);
          const [xx, yy] = [common(window, window), common(other, other)];
          const slope = common(time, window) / common(time, time);
          const middle = mean(window);
          const half = (period - 1) / 2;
          const wanted = [
            xx / period,
            slope,
            middle + half * slope,
            middle - half * slope,
            middle + (half + 1) * slope,
          ];
          // Values have the rounding of the level, and cancel down to the size of the moves.
          const floor = [1e-10 * scale * scale, 1e-10 * scale, ...[0, 1, 2].map(() => 1e-10)];
          const [lost, lostToo] = [rounding(window, xx), rounding(other, yy)];
          wanted.forEach((value, k) => {
            const difference = Math.abs((results[k]?.[bar] ?? Number.NaN) - value);
            const noise =
              (floor[k] ?? 0) +
              4 * Number.EPSILON * (k > 1 ? level : 0) +
              (k === 0 ? lost * value : 0);
            expect(difference).toBeLessThanOrEqual(1e-11 * Math.abs(value) + noise);
          });
          const exact = xx > 0 && yy > 0 ? common(window, other) / Math.sqrt(xx * yy) : 0;
          expect(Math.abs((r[bar] ?? Number.NaN) - exact)).toBeLessThan(1e-10 + lost + lostToo);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('of returns', () => {
    const length = 300;
    const first = Array.from({ length }, (_, i) => 1e6 + 40 * Math.sin(i) + (i % 7));
    const second = first.map((x, i) => x / 3 + 25 * Math.cos(i / 2));
    const timeperiod = 9;
    const betas = column(BETA, [first, second], { timeperiod });
    const returns = (values: readonly number[], bar: number): number[] =>
      Array.from({ length: timeperiod }, (_, k) => {
        const [before = 0, now = 0] = values.slice(bar - timeperiod + k, bar - timeperiod + k + 2);
        return now / before - 1;
      });
    for (let bar = timeperiod; bar < length; bar += 1) {
      const [x, y] = [returns(first, bar), returns(second, bar)];
      expect(betas[bar]).toBeCloseTo(common(x, y) / common(x, x), 8);
    }
  });
});

describe('long and rough series', () => {
  it('do not drift: a million bars are as exact at the end as at the start', () => {
    const length = 1_000_000;
    const x = Float64Array.from({ length }, (_, i) => 100 + Math.sin(i) + ((i * 7919) % 101) / 50);
    const y = Float64Array.from({ length }, (_, i) => 100 + Math.sin(i + 1) + ((i * 31) % 17) / 9);
    const variance = runIndicator(VAR, [x], { timeperiod: 20 })[0] ?? new Float64Array(0);
    const r = runIndicator(CORREL, [x, y], { timeperiod: 20 })[0] ?? new Float64Array(0);
    for (const bar of [19, 5_000, 499_999, 999_998, length - 1]) {
      const window = Array.from(x.subarray(bar - 19, bar + 1));
      const other = Array.from(y.subarray(bar - 19, bar + 1));
      const [xx, yy] = [common(window, window), common(other, other)];
      expect(Math.abs((variance[bar] ?? Number.NaN) - xx / 20)).toBeLessThan(1e-9);
      const exact = common(window, other) / Math.sqrt(xx * yy);
      expect(Math.abs((r[bar] ?? Number.NaN) - exact)).toBeLessThan(1e-9);
    }
  });

  it.each([20, 3, 1])('are built anew alike bar by bar and at once, period %d', (timeperiod) => {
    // Longer than the bars between two rebuilds, with wrong ticks, flat stretches and squares overflowing.
    const value = (i: number): number => {
      if (i % 1_777 === 0) return 1e12;
      if (i === 7_000) return 1e200;
      return i % 900 < 60 ? 100 : 100 + Math.sin(i) * (i % 13);
    };
    const length = 10_000;
    const x = Float64Array.from({ length }, (_, i) => value(i));
    const y = Float64Array.from({ length }, (_, i) => value(i + 5) + Math.cos(i));
    for (const definition of timeperiod === 1 ? [VAR, CORREL] : [VAR, STDDEV, CORREL]) {
      const inputs = definition.inputs.map((_, k) => (k === 0 ? x : y));
      const batch = runIndicator(definition, inputs, { timeperiod })[0] ?? new Float64Array(0);
      const stream = new IndicatorStream(definition, { timeperiod });
      const output = new Float64Array(1);
      for (let i = 0; i < length; i += 1) {
        stream.update(
          Float64Array.from(inputs, (each) => each[i] ?? 0),
          output,
        );
        expect(output[0], `${definition.id}, bar ${i}`).toBe(batch[i]);
      }
      expect(batch[length - 1]).toBeGreaterThanOrEqual(timeperiod === 1 ? 0 : -1);
    }
  });

  it('keep their digits at 1e9 with moves of a cent, over a million bars', () => {
    const length = 1_000_000;
    // Quarters are exact in binary, so that the moves are known exactly.
    const move = (i: number): number => ((i * 7919) % 101) / 4;
    const offset = Float64Array.from({ length }, (_, i) => 1e9 + move(i));
    const plain = Float64Array.from({ length }, (_, i) => move(i));
    for (const definition of [VAR, STDDEV, LINEARREG_SLOPE, LINEARREG_ANGLE]) {
      const far = runIndicator(definition, [offset], { timeperiod: 20 })[0] ?? plain;
      for (const bar of [19, 20, 4_321, 500_000, length - 1]) {
        const window = Array.from(plain.subarray(bar - 19, bar + 1));
        const near = last(definition, [window], 20);
        expect(Math.abs((far[bar] ?? Number.NaN) - near)).toBeLessThan(
          1e-11 * (1 + Math.abs(near)),
        );
      }
    }
  });

  it('forget a wrong price once it has left the window', () => {
    const good = Array.from({ length: 60 }, (_, i) => 10 + Math.sin(i));
    const bad = good.with(12, 1e12);
    const other = good.map((x, i) => x + Math.cos(i));
    for (const definition of ALL) {
      const inputs =
        definition.inputs.length === 2
          ? [
              [bad, other],
              [good, other],
            ]
          : [[bad], [good]];
      const [hurt, sound] = inputs.map((each) => column(definition, each, { timeperiod: 5 }));
      for (let bar = 18; bar < 60; bar += 1) {
        expect(Math.abs((hurt?.[bar] ?? Number.NaN) - (sound?.[bar] ?? 0))).toBeLessThan(1e-12);
      }
    }
  });

  it('never have a variance below 0 or a correlation beyond 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 99.999999, max: 100, noNaN: true }), { minLength: 8 }),
        (values) => {
          const twice = values.map((x) => 2 * x + 1);
          for (const x of column(VAR, [values], { timeperiod: 4 }).slice(3)) {
            expect(x).toBeGreaterThanOrEqual(0);
          }
          for (const x of column(CORREL, [values, twice], { timeperiod: 4 }).slice(3)) {
            expect(Math.abs(x)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});

describe('wrong input', () => {
  const least = (definition: IndicatorDefinition): number =>
    ['beta', 'correl', 'var'].includes(definition.id) ? 1 : 2;

  it.each(
    ALL.flatMap((each) =>
      [0, least(each) - 1, -3, 2.5, 100_001, Number.NaN].map((n) => [each.id, n] as const),
    ),
  )('%s with a period of %d is refused', (id, timeperiod) => {
    const definition = ALL.find((each) => each.id === id);
    if (definition === undefined) throw new Error(`no ${id}`);
    const wanted = `${id} timeperiod: ${timeperiod} must be a whole number from ${least(definition)} to 100000.`;
    const inputs = definition.inputs.map(() => Float64Array.of(1));
    expect(() => runIndicator(definition, inputs, { timeperiod })).toThrow(wanted);
    expect(() => new IndicatorStream(definition, { timeperiod })).toThrow(wanted);
  });

  it('of a width that is not a number', () => {
    for (const definition of [VAR, STDDEV]) {
      expect(() => runIndicator(definition, [Float64Array.of(1)], { nbdev: Infinity })).toThrow(
        'nbdev: Infinity must be a number',
      );
    }
  });

  it('of two series of unequal length', () => {
    expect(() => runIndicator(CORREL, [Float64Array.of(1), Float64Array.of(1, 2)])).toThrow(
      'correl needs 2 series of equal length',
    );
  });
});
