import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { ACCBANDS } from '../../../../engine/indicators/overlap/accbands.ts';
import { BBANDS } from '../../../../engine/indicators/overlap/bbands.ts';
import { MA } from '../../../../engine/indicators/overlap/chosen-averages.ts';
import { MIDPOINT, MIDPRICE } from '../../../../engine/indicators/overlap/midpoints.ts';
import { SAR, SAREXT } from '../../../../engine/indicators/overlap/parabolic.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { randomWalk } from '../backtest/bars.ts';

function run(
  definition: IndicatorDefinition,
  inputs: readonly Iterable<number>[],
  parameters: ParameterValues = {},
): number[][] {
  const columns = inputs.map((input) => Float64Array.from(input));
  return runIndicator(definition, columns, parameters).map((column) => [...column]);
}

function expectClose(
  mine: readonly number[] | undefined,
  wanted: readonly number[],
  tolerance = 1e-11,
): void {
  expect(mine?.length).toBe(wanted.length);
  wanted.forEach((other, i) => {
    const value = mine?.[i] ?? Number.NaN;
    if (Number.isNaN(other)) expect(value, `bar ${i}`).toBeNaN();
    else
      expect(Math.abs(value - other), `bar ${i}`).toBeLessThanOrEqual(tolerance * Math.abs(other));
  });
}

const walk = randomWalk(300, 5);
const closes = [...walk.close];

/** The deviation of each window in two passes. */
function deviations(values: readonly number[], period: number): number[] {
  return values.map((_, i) => {
    if (i + 1 < period) return Number.NaN;
    const window = values.slice(i + 1 - period, i + 1);
    const mean = window.reduce((sum, x) => sum + x, 0) / period;
    return Math.sqrt(window.reduce((sum, x) => sum + (x - mean) ** 2, 0) / period);
  });
}

describe('Bollinger bands', () => {
  it('worked by hand', () => {
    // 2 4 4 4 5 5 7 9: mean 5, variance (9 + 1 + 1 + 1 + 0 + 0 + 4 + 16) / 8 = 4, deviation 2
    const parameters = { timeperiod: 8, nbdevup: 2, nbdevdn: 1.5 };
    const bands = run(BBANDS, [[2, 4, 4, 4, 5, 5, 7, 9]], parameters);
    expect(bands.map((band) => band[7])).toEqual([9, 5, 2]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('about an average of type %i', (matype) => {
    for (const timeperiod of [2, 5, 40]) {
      const parameters = { timeperiod, nbdevup: 2.5, nbdevdn: 1, matype };
      const width = deviations(closes, timeperiod);
      const [average = []] = run(MA, [closes], { timeperiod, matype });
      const [upper, middle, lower] = run(BBANDS, [closes], parameters);
      const middles = average.map((x, i) => (Number.isNaN(width[i] ?? 0) ? Number.NaN : x));
      expectClose(middle, middles);
      expectClose(
        upper,
        middles.map((x, i) => x + 2.5 * (width[i] ?? 0)),
      );
      expectClose(
        lower,
        middles.map((x, i) => x - (width[i] ?? 0)),
      );
      expect(BBANDS.lookback(parameters)).toBe(middles.findIndex(Number.isFinite));
    }
  });

  it('keeps its digits on large offsets and on tiny prices', () => {
    // Steps of 1/64 add exactly to an offset of 2^40: the widths must be those without it.
    const steps = closes.map((x) => Math.round(x * 64) / 64);
    const [, plainMiddle = [], plainLower = []] = run(BBANDS, [steps], { timeperiod: 20 });
    const far = steps.map((x) => x + 2 ** 40);
    const [, middle = [], lower = []] = run(BBANDS, [far], { timeperiod: 20 });
    // The bands themselves are rounded to the digits that the offset leaves: 2^-13.
    for (let i = 19; i < steps.length; i += 1) {
      const wanted = (plainMiddle[i] ?? 0) - (plainLower[i] ?? 0);
      expect(Math.abs((middle[i] ?? 0) - (lower[i] ?? 0) - wanted)).toBeLessThan(2 ** -12);
    }
    const tiny = closes.map((x) => x * 2 ** -60);
    const [upper] = run(BBANDS, [tiny], { timeperiod: 20 });
    const [wanted = []] = run(BBANDS, [closes], { timeperiod: 20 });
    expect(upper).toEqual(wanted.map((x) => x * 2 ** -60));
    expect(upper?.[100]).not.toBe(run(BBANDS, [tiny], { timeperiod: 20 })[1]?.[100]);
  });

  it('are one line where prices do not move, also after a huge one', () => {
    const values = [1, 1e12, 3.3, 3.3, 3.3, 3.3, 3.3, 3.3];
    const bands = run(BBANDS, [values], { timeperiod: 3 });
    for (const band of bands) expect(band.slice(4)).toEqual([3.3, 3.3, 3.3, 3.3]);
  });

  it('refuses wrong parameters', () => {
    for (const timeperiod of [0, 1, -5, 2.5]) {
      expect(() => run(BBANDS, [closes], { timeperiod })).toThrow('bbands timeperiod');
      expect(() => run(ACCBANDS, [closes, closes, closes], { timeperiod })).toThrow('accbands');
      expect(() => run(MIDPOINT, [closes], { timeperiod })).toThrow('midpoint timeperiod');
      expect(() => run(MIDPRICE, [closes, closes], { timeperiod })).toThrow('midprice timeperiod');
    }
    expect(() => run(BBANDS, [closes], { nbdevup: Number.NaN })).toThrow('bbands nbdevup');
    expect(() => run(BBANDS, [closes], { matype: 9 })).toThrow('bbands matype');
  });
});

describe('acceleration bands', () => {
  it('worked by hand', () => {
    // (12, 8): a = 4 × 4 / 20 = 0.8: 21.6 and 1.6. (11, 9): a = 4 × 2 / 20 = 0.4: 15.4 and 5.4.
    const [upper, middle, lower] = run(
      ACCBANDS,
      [
        [12, 11],
        [8, 9],
        [10, 9.5],
      ],
      { timeperiod: 2 },
    );
    expectClose(upper, [Number.NaN, 18.5]);
    expectClose(middle, [Number.NaN, 9.75]);
    expectClose(lower, [Number.NaN, 3.5]);
  });

  it('average high and low as they are where they sum to zero', () => {
    const bands = run(
      ACCBANDS,
      [
        [0, 2],
        [0, -2],
        [0, 0],
      ],
      { timeperiod: 2 },
    );
    expect(bands.map((band) => band[1])).toEqual([1, 0, -1]);
  });
});

describe('midpoint and midprice', () => {
  it.each([2, 3, 7, 14, 50])('of %i bars, searched anew for each bar', (timeperiod) => {
    const between = (highs: readonly number[], lows: readonly number[]): number[] =>
      highs.map((_, i) =>
        i + 1 < timeperiod
          ? Number.NaN
          : (Math.max(...highs.slice(i + 1 - timeperiod, i + 1)) +
              Math.min(...lows.slice(i + 1 - timeperiod, i + 1))) /
            2,
      );
    expect(run(MIDPOINT, [closes], { timeperiod })[0]).toEqual(between(closes, closes));
    const highs = [...walk.high];
    const lows = [...walk.low];
    expect(run(MIDPRICE, [highs, lows], { timeperiod })[0]).toEqual(between(highs, lows));
  });
});

describe('parabolic SAR', () => {
  it('worked by hand', () => {
    const high = [10, 11, 12, 12.5, 11.5, 9];
    const low = [9, 9.5, 10.5, 10.6, 8.5, 8];
    // Bar 1 falls less than it rises: long from the low of bar 0. Next: 9 + 0.02 × (11 − 9) = 9.04.
    // Bar 2, high 12, AF 0.04: 9.04 + 0.04 × 2.96 = 9.1584.
    // Bar 3, high 12.5, AF 0.06: 9.1584 + 0.06 × 3.3416 = 9.358896.
    // Bar 4 falls to 8.5: short at the extreme, 12.5; 12.5 + 0.02 × (8.5 − 12.5) = 12.42 lies inside
    // the range of bar 3, so 12.5 stays.
    expectClose(run(SAR, [high, low])[0], [Number.NaN, 9, 9.04, 9.1584, 12.5, 12.5]);
  });

  it('takes no larger factor than the maximum', () => {
    const high = Array.from({ length: 60 }, (_, i) => 10 + i);
    const low = high.map((x) => x - 1);
    const [sar = []] = run(SAR, [high, low], { acceleration: 0.05, maximum: 0.1 });
    // At a steady factor f the stop trails a rise of 1 a bar: gap g = (g + 1) × (1 − f), so 9 behind
    // the extreme of the bar before for f = 0.1.
    expect((high[58] ?? 0) - (sar[59] ?? 0)).toBeCloseTo(9, 1);
    const [flat] = run(SAR, [high, low], { acceleration: 0.3, maximum: 0.1 });
    expect(flat?.[2]).toBeCloseTo(9 + 0.1 * (11 - 9), 12);
  });

  /** Wilder's rules once more, with the whole trade kept as a list of its bars. */
  function naive(offset: number, factors: Record<'long' | 'short', number[]>, start = 0): number[] {
    const { high, low } = walk;
    const at = (column: Float64Array, i: number): number => column[i] ?? Number.NaN;
    const minus = at(low, 0) - at(low, 1);
    const plus = at(high, 1) - at(high, 0);
    let side: 'long' | 'short' = minus > 0 && minus > plus ? 'short' : 'long';
    if (start !== 0) side = start > 0 ? 'long' : 'short';
    let stop = side === 'long' ? at(low, 0) : at(high, 0);
    if (start !== 0) stop = Math.abs(start);
    let bars = [1];
    let factor = factors[side][0] ?? 0;
    const out = [Number.NaN];
    for (let i = 1; i < high.length; i += 1) {
      const recent = i === 1 ? [1] : [i - 1, i];
      const inside = {
        long: Math.min(...recent.map((k) => at(low, k))),
        short: Math.max(...recent.map((k) => at(high, k))),
      };
      const best = (of: 'long' | 'short', list: readonly number[]): number =>
        of === 'long'
          ? Math.max(...list.map((k) => at(high, k)))
          : Math.min(...list.map((k) => at(low, k)));
      const hit = side === 'long' ? at(low, i) <= stop : at(high, i) >= stop;
      if (hit) {
        const extreme = best(side, bars);
        const turned = side === 'long' ? 'short' : 'long';
        stop =
          turned === 'short' ? Math.max(extreme, inside.short) : Math.min(extreme, inside.long);
        stop *= turned === 'short' ? 1 + offset : 1 - offset;
        side = turned;
        bars = [i];
        factor = factors[side][0] ?? 0;
        out.push(side === 'short' ? -stop : stop);
      } else {
        out.push(side === 'short' ? -stop : stop);
        const before = best(side, bars);
        bars.push(i);
        if (best(side, bars) !== before) {
          factor = Math.min(factor + (factors[side][1] ?? 0), factors[side][2] ?? 0);
        }
      }
      stop += factor * (best(side, bars) - stop);
      stop = side === 'long' ? Math.min(stop, inside.long) : Math.max(stop, inside.short);
    }
    return out;
  }

  it('a second implementation agrees', () => {
    const usual = [0.02, 0.02, 0.2];
    const plain = naive(0, { long: usual, short: usual });
    expect(plain.filter((x, i) => x * (plain[i - 1] ?? x) < 0).length).toBeGreaterThan(10);
    expectClose(run(SAREXT, [walk.high, walk.low])[0], plain);
    expectClose(run(SAR, [walk.high, walk.low])[0], plain.map(Math.abs));
  });

  it.each([0, 95, -105])('with factors of its own, an offset and the start %d', (startvalue) => {
    const parameters = {
      startvalue,
      offsetonreverse: 0.01,
      accelerationinitlong: 0.03,
      accelerationlong: 0.04,
      accelerationmaxlong: 0.15,
      accelerationinitshort: 0.01,
      accelerationshort: 0.05,
      accelerationmaxshort: 0.3,
    };
    const factors = { long: [0.03, 0.04, 0.15], short: [0.01, 0.05, 0.3] };
    const mine = run(SAREXT, [walk.high, walk.low], parameters)[0];
    expectClose(mine, naive(0.01, factors, startvalue));
    if (startvalue !== 0) expect(Math.sign(mine?.[1] ?? 0)).toBe(Math.sign(startvalue));
  });

  it('starts short after a bar that falls more than it rises', () => {
    const [sar] = run(SAREXT, [
      [10, 9.5],
      [9, 8],
    ]);
    expect(sar).toEqual([Number.NaN, -10]);
  });

  it('refuses wrong parameters', () => {
    const bars = [walk.high, walk.low];
    for (const wrong of [-0.01, Number.NaN, 4e37]) {
      expect(() => run(SAR, bars, { acceleration: wrong })).toThrow('sar acceleration');
      expect(() => run(SAR, bars, { maximum: wrong })).toThrow('sar maximum');
      expect(() => run(SAREXT, bars, { offsetonreverse: wrong })).toThrow('sarext offsetonreverse');
    }
  });
});
