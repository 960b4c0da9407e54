import { describe, expect, it } from 'vitest';
import { RenataError } from '../../../../engine/domain/errors.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { ADX, ADXR, DX } from '../../../../engine/indicators/momentum/adx.ts';
import { AROON, AROONOSC } from '../../../../engine/indicators/momentum/aroon.ts';
import { BOP } from '../../../../engine/indicators/momentum/bop.ts';
import { CCI } from '../../../../engine/indicators/momentum/cci.ts';
import { CMO } from '../../../../engine/indicators/momentum/cmo.ts';
import {
  MINUS_DI,
  MINUS_DM,
  PLUS_DI,
  PLUS_DM,
} from '../../../../engine/indicators/momentum/directional-movement.ts';
import { IMI } from '../../../../engine/indicators/momentum/imi.ts';
import { MACD, MACDFIX } from '../../../../engine/indicators/momentum/macd.ts';
import { MACDEXT } from '../../../../engine/indicators/momentum/macdext.ts';
import { MFI } from '../../../../engine/indicators/momentum/mfi.ts';
import { APO, PPO } from '../../../../engine/indicators/momentum/price-oscillators.ts';
import {
  MOM,
  ROC,
  ROCP,
  ROCR,
  ROCR100,
} from '../../../../engine/indicators/momentum/rate-of-change.ts';
import { RSI } from '../../../../engine/indicators/momentum/rsi.ts';
import { STOCH, STOCHF, WILLR } from '../../../../engine/indicators/momentum/stochastic.ts';
import { STOCHRSI } from '../../../../engine/indicators/momentum/stochrsi.ts';
import { TRIX } from '../../../../engine/indicators/momentum/trix.ts';
import { ULTOSC } from '../../../../engine/indicators/momentum/ultosc.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';
import { TALIB_MOMENTUM } from '../../../support/talib-momentum.ts';
import { randomWalk } from '../backtest/bars.ts';

type Bar = readonly [open: number, high: number, low: number, close: number, volume: number];

function run(
  definition: IndicatorDefinition,
  rows: readonly Bar[],
  parameters: ParameterValues = {},
): readonly Float64Array[] {
  const places = { open: 0, high: 1, low: 2, close: 3, volume: 4, real: 3 } as const;
  const inputs = definition.inputs.map((input) =>
    Float64Array.from(rows, (row) => row[places[input as keyof typeof places]]),
  );
  return runIndicator(definition, inputs, parameters);
}

function last(
  definition: IndicatorDefinition,
  rows: readonly Bar[],
  parameters: ParameterValues = {},
): number[] {
  return run(definition, rows, parameters).map((column) => column.at(-1) ?? Number.NaN);
}

const flat = (price: number, length = 100, volume = 5): Bar[] =>
  Array.from({ length }, () => [price, price, price, price, volume] as const);

function walk(length: number, seed: number, scale = 1): Bar[] {
  const { open, high, low, close } = randomWalk(length, seed);
  return Array.from({ length }, (_, i) => {
    const [o = 0, h = 0, l = 0, c = 0] = [open[i], high[i], low[i], close[i]];
    return [o * scale, h * scale, l * scale, c * scale, 1_000 + ((i * 37) % 911)] as const;
  });
}

describe('where nothing moves', () => {
  // 5.1 is no sum of few powers of two, so that means of it are not exact.
  const rows = flat(5.1);

  it.each([
    [RSI, [0]],
    [CMO, [0]],
    [MOM, [0]],
    [ROC, [0]],
    [ROCP, [0]],
    [ROCR, [1]],
    [ROCR100, [100]],
    [BOP, [0]],
    [CCI, [0]],
    [IMI, [Number.NaN]],
    [MFI, [0]],
    [ULTOSC, [0]],
    [STOCH, [0, 0]],
    [STOCHF, [0, 0]],
    [STOCHRSI, [0, 0]],
    [WILLR, [0]],
    [AROON, [100, 100]],
    [AROONOSC, [0]],
    [PLUS_DM, [0]],
    [MINUS_DM, [0]],
    [PLUS_DI, [0]],
    [MINUS_DI, [0]],
    [DX, [0]],
    [ADX, [0]],
    [ADXR, [0]],
  ] as const)('$0.id is as documented', (definition, wanted) => {
    expect(last(definition, rows)).toEqual(wanted);
  });

  it.each([APO, PPO, TRIX, MACD, MACDEXT, MACDFIX])('$id is zero but for rounding', (each) => {
    for (const value of last(each, rows)) expect(Math.abs(value)).toBeLessThan(1e-12);
  });

  it('DX keeps its last value, ADX comes to rest', () => {
    const rising = Array.from({ length: 40 }, (_, i): Bar => [i, i + 2, i, i + 1, 1]);
    const [price = 0] = rising.at(-1) ?? [];
    const both = [...rising, ...flat(price, 2_000)];
    expect(last(DX, both)).toEqual([100]);
    expect(last(ADX, both)).toEqual([100]);
  });

  it('a price that rests gives STOCHRSI no noise', () => {
    const rows = [...walk(60, 3), ...flat(100, 40)];
    expect(last(STOCHRSI, rows)).toEqual([0, 0]);
  });

  it('sums keep nothing of what has left the window', () => {
    // A huge bar, then bars without body, range or volume.
    const rows: Bar[] = [...walk(50, 5), [1, 1e12, 1, 1e12, 1e12], ...flat(3, 60, 0)];
    expect(last(IMI, rows)).toEqual([Number.NaN]);
    expect(last(MFI, rows)).toEqual([0]);
    expect(last(ULTOSC, rows)).toEqual([0]);
    expect(last(CCI, rows)).toEqual([0]);
  });
});

describe('bounds', () => {
  it('a market that only rises is at 100 exactly, one that only falls at 0', () => {
    const up = Array.from({ length: 300 }, (_, i): Bar => {
      const price = 10 + i * 0.37 + Math.sin(i) * 0.3;
      return [price - 0.01, price, price - 0.01, price, 100];
    });
    const down = up.map(([, , , price, volume]): Bar => {
      const x = 1_000 - price;
      return [x + 0.01, x + 0.01, x, x, volume];
    });
    for (const [definition, most, least] of [
      [RSI, 100, 0],
      [CMO, 100, -100],
      [IMI, 100, 0],
      [MFI, 100, 0],
    ] as const) {
      const first = definition.lookback({ timeperiod: 14 });
      expect(new Set(run(definition, up)[0]?.subarray(first))).toEqual(new Set([most]));
      expect(new Set(run(definition, down)[0]?.subarray(first))).toEqual(new Set([least]));
    }
    expect(last(WILLR, up)).toEqual([0]);
    expect(last(STOCHF, up)[0]).toBe(100);
  });

  it('stay where they are said to be, on a long walk', () => {
    const rows = walk(20_000, 11);
    for (const [definition, least, most] of [
      [RSI, 0, 100],
      [CMO, -100, 100],
      [IMI, 0, 100],
      [MFI, 0, 100],
      [ULTOSC, 0, 100 + 1e-12],
      [WILLR, -100, 0],
      [AROONOSC, -100, 100],
      [DX, 0, 100],
      [ADX, 0, 100],
      [ADXR, 0, 100],
      [PLUS_DI, 0, 100 + 1e-12],
      [MINUS_DI, 0, 100 + 1e-12],
      [BOP, -1, 1],
    ] as const) {
      const values = run(definition, rows)[0]?.subarray(60) ?? [];
      expect(Math.min(...values), definition.id).toBeGreaterThanOrEqual(least);
      expect(Math.max(...values), definition.id).toBeLessThanOrEqual(most);
    }
  });
});

describe('scale of the price', () => {
  it('a price of a billionth gives what a price of a billion gives', () => {
    // Powers of two, so that nothing but the exponent changes.
    const usual = walk(800, 21);
    for (const scale of [2 ** -33, 2 ** 23]) {
      const scaled = usual.map(([o, h, l, c, v]): Bar => [
        o * scale,
        h * scale,
        l * scale,
        c * scale,
        v * 2 ** 40,
      ]);
      const loud = usual.map(([o, h, l, c, v]): Bar => [o, h, l, c, v * 2 ** 40]);
      for (const each of [
        RSI,
        CMO,
        ROC,
        ROCP,
        ROCR,
        ROCR100,
        BOP,
        CCI,
        IMI,
        MFI,
        ULTOSC,
        STOCH,
        STOCHF,
        STOCHRSI,
        WILLR,
        AROON,
        DX,
        ADX,
        ADXR,
        PLUS_DI,
        MINUS_DI,
        PPO,
        TRIX,
      ]) {
        expect(run(each, scaled), each.id).toEqual(run(each, loud));
      }
    }
  });
});

describe('bad input', () => {
  const all = TALIB_MOMENTUM.filter(({ parameters }) => parameters.length > 0);
  /** TA-Lib takes a period of 1 here. */
  const ONE_ALLOWED = new Set(
    'minus_di minus_dm mom plus_di plus_dm roc rocp rocr rocr100 trix ultosc stoch stochf'.split(
      ' ',
    ),
  );
  const rows = walk(200, 1);

  it.each(all)('$id names the parameter that is wrong', (definition) => {
    for (const { name } of definition.parameters) {
      const kind = name.endsWith('matype');
      const always = kind ? [-1, 9, 0.5] : [0, -3, 2.5, 100_001, Number.NaN, Infinity, '14'];
      for (const value of always) {
        const wrong = (): unknown => run(definition, rows, { [name]: value });
        expect(wrong, `${name} = ${value}`).toThrow(RenataError);
        expect(wrong).toThrow(`${definition.id} ${name}: ${value} must be a whole number from`);
      }
      if (kind) continue;
      const one = (): unknown => run(definition, rows, { [name]: 1 });
      const free =
        ONE_ALLOWED.has(definition.id) || name === 'signalperiod' || name.startsWith('fast');
      const strict = name === 'fastperiod' || !free;
      if (strict) expect(one, `${name} = 1`).toThrow(/must be a whole number from 2 to/u);
      else expect(one, `${name} = 1`).not.toThrow();
    }
    expect(() => run(definition, rows, { period: 5 })).toThrow(/has no parameter "period"/u);
  });

  it.each([...all, BOP])('$id takes series of every short length', (definition) => {
    const given = Object.fromEntries(
      definition.parameters.map(({ name, default: usual }) => [
        name,
        name.endsWith('matype') ? usual : 4,
      ]),
    );
    const first = definition.lookback(given);
    const whole = run(definition, rows.slice(0, first + 3), given);
    for (let length = 0; length <= first + 3; length += 1) {
      const part = run(definition, rows.slice(0, length), given);
      part.forEach((column, k) => {
        expect(column).toEqual(whole[k]?.subarray(0, length));
        expect(column.subarray(0, first).every(Number.isNaN)).toBe(true);
        expect(column.subarray(first).every(Number.isFinite)).toBe(true);
      });
    }
  });

  it('a period longer than the series gives no value', () => {
    for (const definition of [RSI, ADX, CCI, MFI, WILLR, ROC, PLUS_DM]) {
      const [column] = run(definition, rows, { timeperiod: 100_000 });
      expect(column?.every(Number.isNaN)).toBe(true);
    }
  });
});

describe('the sums of the ultimate oscillator', () => {
  /** Longer than the bars between two rebuilds, with flat stretches and, if asked for, wrong ticks. */
  function columns(wrong: boolean): Float64Array[] {
    const length = 10_000;
    const close = Float64Array.from({ length }, (_, i) =>
      i % 900 < 60 ? 100 : 100 + 5 * Math.sin(i) * (1 + (i % 13)),
    );
    const range = (i: number): number => (i % 900 < 60 ? 0 : 1 + (i % 7));
    const high = close.map((x, i) => (wrong && i % 1_777 === 5 ? 1e12 : x + range(i)));
    const low = close.map((x, i) => x - range(i + 3) * Number(i % 900 >= 60));
    return [high, low, close];
  }

  it.each([
    [7, 14, 28],
    [28, 7, 14],
    [1, 1, 1],
    [2, 3, 200],
  ])('are the same bar by bar, over rebuilds, with %i, %i and %i', (one, two, three) => {
    const parameters = { timeperiod1: one, timeperiod2: two, timeperiod3: three };
    const inputs = columns(true);
    const batch = runIndicator(ULTOSC, inputs, parameters)[0] ?? new Float64Array(0);
    const stream = new IndicatorStream(ULTOSC, parameters);
    const output = new Float64Array(1);
    for (let i = 0; i < batch.length; i += 1) {
      stream.update(
        Float64Array.from(inputs, (column) => column[i] ?? 0),
        output,
      );
      expect(output[0], `bar ${i}`).toBe(batch[i]);
    }
  });

  it('forget a wrong tick, and are 0 where nothing has a range', () => {
    const hurt = runIndicator(ULTOSC, columns(true))[0] ?? new Float64Array(0);
    const sound = runIndicator(ULTOSC, columns(false))[0] ?? new Float64Array(0);
    for (let i = 40; i < hurt.length; i += 1) {
      const value = hurt[i] ?? Number.NaN;
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(100);
      if (i % 1_777 < 40) continue;
      expect(Math.abs(value - (sound[i] ?? 0)), `bar ${i}`).toBeLessThan(1e-9);
    }
    // Bar 950 stands 50 bars inside a flat stretch.
    expect(sound[950]).toBe(0);
  });
});
