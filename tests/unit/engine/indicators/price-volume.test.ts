import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { AVGDEV } from '../../../../engine/indicators/price-transform/avgdev.ts';
import {
  AVGPRICE,
  MEDPRICE,
  TYPPRICE,
  WCLPRICE,
} from '../../../../engine/indicators/price-transform/prices.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';
import { NATR, TRANGE } from '../../../../engine/indicators/volatility/natr.ts';
import { AD, ADOSC } from '../../../../engine/indicators/volume/accumulation.ts';
import { OBV } from '../../../../engine/indicators/volume/obv.ts';
import { spx } from '../backtest/bars.ts';

const NONE = Number.NaN;

function values(
  definition: IndicatorDefinition,
  inputs: readonly (readonly number[])[],
  parameters: ParameterValues = {},
): number[] {
  const columns = inputs.map((each) => Float64Array.from(each));
  return Array.from(runIndicator(definition, columns, parameters)[0] ?? []);
}

describe('prices of a bar', () => {
  it('worked by hand', () => {
    const [open, high, low, close] = [[11], [16], [8], [13]];
    expect(values(AVGPRICE, [open ?? [], high ?? [], low ?? [], close ?? []])).toEqual([12]);
    expect(values(MEDPRICE, [high ?? [], low ?? []])).toEqual([12]);
    expect(values(TYPPRICE, [high ?? [], low ?? [], close ?? []])).toEqual([37 / 3]);
    expect(values(WCLPRICE, [high ?? [], low ?? [], close ?? []])).toEqual([12.5]);
  });
});

describe('AVGDEV', () => {
  it('worked by hand', () => {
    // 1 2 3 4: mean 2.5, distances 1.5 0.5 0.5 1.5; 2 3 4 11: mean 5, distances 3 2 1 6
    expect(values(AVGDEV, [[1, 2, 3, 4, 11]], { timeperiod: 4 })).toEqual([NONE, NONE, NONE, 1, 3]);
  });

  it('is twice the share of the values above the mean, for every period', () => {
    // Distances above and below the mean are equal in sum: a second way to the same number.
    const { close } = spx();
    const input = Array.from(close.subarray(0, 200));
    for (const timeperiod of [2, 3, 4, 5, 6, 7, 13, 64]) {
      const output = values(AVGDEV, [input], { timeperiod });
      for (let bar = timeperiod - 1; bar < input.length; bar += 1) {
        const window = input.slice(bar - timeperiod + 1, bar + 1);
        const mean = window.reduce((sum, x) => sum + x, 0) / timeperiod;
        const above = window.reduce((sum, x) => sum + Math.max(x - mean, 0), 0);
        expect(output[bar]).toBeCloseTo((2 * above) / timeperiod, 9);
      }
    }
  });

  it('is 0 where nothing moved, and keeps small moves of a large price', () => {
    expect(values(AVGDEV, [[0.1, 0.1, 0.1, 0.1]], { timeperiod: 3 }).slice(2)).toEqual([0, 0]);
    const input = [0, 0.25, 0.5, 0.75].map((x) => 1e9 + x);
    expect(values(AVGDEV, [input], { timeperiod: 4 })[3]).toBe(0.25);
  });
});

describe('TRANGE and NATR', () => {
  const high = [10, 12, 15, 11, 11];
  const low = [8, 11, 13, 10, 11];
  const close = [9, 11, 14, 10, 11];

  it('worked by hand', () => {
    // 12 − 9 from the close before; 15 − 11; 14 − 10 down; 11 − 10 of a bar without a range
    expect(values(TRANGE, [high, low, close])).toEqual([NONE, 3, 4, 4, 1]);
    // ATR(2): (3 + 4) / 2 = 3.5; (3.5 + 4) / 2 = 3.75; (3.75 + 1) / 2 = 2.375
    const natr = values(NATR, [high, low, close], { timeperiod: 2 });
    expect(natr.slice(0, 2)).toEqual([NONE, NONE]);
    [350 / 14, 375 / 10, 237.5 / 11].forEach((wanted, i) => {
      expect(natr[i + 2]).toBeCloseTo(wanted, 12);
    });
  });

  it('a period of 1 is the true range in percent', () => {
    const natr = values(NATR, [high, low, close], { timeperiod: 1 });
    [300 / 11, 400 / 14, 400 / 10, 100 / 11].forEach((wanted, i) => {
      expect(natr[i + 1]).toBeCloseTo(wanted, 12);
    });
  });

  it('a close of 0 gives 0', () => {
    expect(values(NATR, [high, low, close.with(3, 0)], { timeperiod: 2 })[3]).toBe(0);
    const stream = new IndicatorStream(NATR, { timeperiod: 1 });
    const output = new Float64Array(1);
    stream.update(Float64Array.of(2, 1, 0), output);
    expect(output[0]).toBe(NONE);
    stream.update(Float64Array.of(2, 1, 0), output);
    expect(output[0]).toBe(0);
  });
});

describe('AD and ADOSC', () => {
  const high = [10, 10, 10, 5, 10];
  const low = [0, 0, 0, 5, 0];
  const close = [10, 0, 7.5, 5, 5];
  const volume = [100, 200, 300, 400, 0];

  it('AD worked by hand', () => {
    // Closes at the high, the low and three quarters; then no range, and no volume.
    expect(values(AD, [high, low, close, volume])).toEqual([100, -100, 50, 50, 50]);
  });

  it('ADOSC worked by hand', () => {
    // AD 100 −100 50 50 50. k = 2/3: 100, −100/3, 200/9, 1100/27, 3800/81; k = 1/2: 100, 0, 25, 37.5, 43.75
    const wanted = [200 / 9 - 25, 1100 / 27 - 37.5, 3800 / 81 - 43.75];
    const fast = values(ADOSC, [high, low, close, volume], { fastperiod: 2, slowperiod: 3 });
    expect(fast.slice(0, 2)).toEqual([NONE, NONE]);
    wanted.forEach((value, i) => expect(fast[i + 2]).toBeCloseTo(value, 11));
    // Not swapped: the other way round it has the other sign.
    const slow = values(ADOSC, [high, low, close, volume], { fastperiod: 3, slowperiod: 2 });
    wanted.forEach((value, i) => expect(slow[i + 2]).toBeCloseTo(-value, 11));
  });
});

describe('OBV', () => {
  it('worked by hand', () => {
    expect(
      values(OBV, [
        [5, 6, 6, 4, 4.5, 4.5],
        [10, 20, 30, 40, 50, 0],
      ]),
    ).toEqual([10, 30, 30, -10, 40, 40]);
  });
});

describe('wrong periods', () => {
  const cases: readonly (readonly [IndicatorDefinition, string, number])[] = [
    [AVGDEV, 'timeperiod', 2],
    [NATR, 'timeperiod', 1],
    [ADOSC, 'fastperiod', 2],
    [ADOSC, 'slowperiod', 2],
  ];

  it.each(cases)('are refused: $0.id $1', (definition, name, least) => {
    for (const period of [0, least - 1, -3, 2.5, 100_001, Number.NaN, Infinity]) {
      const wanted = `${definition.id} ${name}: ${period} must be a whole number from ${least} to 100000.`;
      const inputs = definition.inputs.map(() => Float64Array.of(1));
      expect(() => runIndicator(definition, inputs, { [name]: period })).toThrow(wanted);
      expect(() => new IndicatorStream(definition, { [name]: period })).toThrow(wanted);
    }
  });

  it('so is a parameter that there is not', () => {
    expect(() => runIndicator(OBV, [Float64Array.of(1), Float64Array.of(1)], { n: 3 })).toThrow(
      'obv has no parameter "n"',
    );
  });
});
