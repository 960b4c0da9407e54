import { describe, expect, it } from 'vitest';
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
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { spx } from '../backtest/bars.ts';

type Columns = Readonly<Record<string, readonly number[] | Float64Array>>;

/** Runs an indicator over columns named as its inputs. */
function run(
  definition: IndicatorDefinition,
  columns: Columns,
  parameters: ParameterValues = {},
): number[][] {
  const inputs = definition.inputs.map((input) => Float64Array.from(columns[input] ?? []));
  return runIndicator(definition, inputs, parameters).map((column) => [...column]);
}

/** The only, or first, output. */
function line(definition: IndicatorDefinition, columns: Columns, parameters?: ParameterValues) {
  return run(definition, columns, parameters)[0] ?? [];
}

function expectClose(mine: readonly number[], wanted: readonly number[], digits = 9): void {
  expect(mine.length).toBe(wanted.length);
  mine.forEach((value, i) => {
    const other = wanted[i] ?? Number.NaN;
    if (Number.isNaN(other)) expect(value, `bar ${i}`).toBeNaN();
    else expect(value, `bar ${i}`).toBeCloseTo(other, digits);
  });
}

const bars = spx();
const BARS = 600;
const REAL: Columns = {
  open: bars.open.slice(0, BARS),
  high: bars.high.slice(0, BARS),
  low: bars.low.slice(0, BARS),
  close: bars.close.slice(0, BARS),
  volume: bars.volume.slice(0, BARS),
  real: bars.close.slice(0, BARS),
};
const close = [...(REAL['close'] ?? [])];

describe('published tables', () => {
  it('RSI(14) of the table in the ChartSchool of StockCharts', () => {
    const real = [
      44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826,
      45.8931, 46.0328, 45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
      46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672,
      43.4205, 42.6628, 43.1314,
    ];
    const published = [
      70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99,
      41.46, 41.87, 45.46, 37.3, 33.08, 37.77,
    ];
    const rsi = line(RSI, { real });
    expect(rsi.slice(0, 14).every(Number.isNaN)).toBe(true);
    expectClose(rsi.slice(14), published, 2);
  });

  it('ROC(12) of the table in the ChartSchool of StockCharts', () => {
    const real = [
      11_045.27, 11_167.32, 11_008.61, 11_151.83, 10_926.77, 10_868.12, 10_520.32, 10_380.43,
      10_785.14, 10_748.26, 10_896.91, 10_782.95, 10_620.16, 10_625.83, 10_510.95, 10_444.37,
      10_068.01, 10_193.39, 10_066.57, 10_043.75,
    ];
    const published = [-3.85, -4.85, -4.52, -6.34, -7.86, -6.21, -4.31, -3.24];
    expectClose(line(ROC, { real }, { timeperiod: 12 }).slice(12), published, 2);
  });
});

describe('examples worked by hand', () => {
  // high 3 4 6 5 5, low 1 2 3 2 4, close 2 3 5 3 5
  const small: Columns = {
    open: [1, 2, 4, 5, 4],
    high: [3, 4, 6, 5, 5],
    low: [1, 2, 3, 2, 4],
    close: [2, 3, 5, 3, 5],
    volume: [10, 20, 30, 40, 0],
  };

  it('STOCHF, STOCH and WILLR', () => {
    // window of 3: range 1–6, 2–6, 2–6; close 5, 3, 5 stands at 4/5, 1/4, 3/4
    const [fastk, fastd] = run(STOCHF, small, { fastk_period: 3, fastd_period: 2 });
    expect(fastk).toEqual([NaN, NaN, NaN, 25, 75]);
    expect(fastd).toEqual([NaN, NaN, NaN, 52.5, 50]);
    const [slowk, slowd] = run(STOCH, small, {
      fastk_period: 3,
      slowk_period: 2,
      slowd_period: 2,
    });
    expect(slowk).toEqual([NaN, NaN, NaN, NaN, 50]);
    expect(slowd).toEqual([NaN, NaN, NaN, NaN, 51.25]);
    expectClose(line(WILLR, small, { timeperiod: 3 }), [NaN, NaN, -20, -75, -25]);
  });

  it('AROON: the latest of equal extremes counts', () => {
    // period 2, so three bars: highs at bars 2, 2, 2; lows at bars 0, 3 (2 twice, at 1 and 3), 3
    const [down, up] = run(AROON, small, { timeperiod: 2 });
    expect(down).toEqual([NaN, NaN, 0, 100, 50]);
    expect(up).toEqual([NaN, NaN, 100, 50, 0]);
    expect(line(AROONOSC, small, { timeperiod: 2 })).toEqual([NaN, NaN, 100, -50, -50]);
  });

  it('BOP', () => {
    // bodies 1 1 1 −2 1, ranges 2 2 3 3 1
    expectClose(line(BOP, small), [1 / 2, 1 / 2, 1 / 3, -2 / 3, 1]);
  });

  it('IMI', () => {
    // of three bars: rises 3, 2, 2; falls 0, 2, 2
    expectClose(line(IMI, small, { timeperiod: 3 }), [NaN, NaN, 100, 50, 50]);
  });

  it('MFI', () => {
    // typical prices 2, 3, 14/3, 10/3, 14/3; flows +60, +140, −400/3, 0
    expectClose(line(MFI, small, { timeperiod: 2 }), [
      NaN,
      NaN,
      100,
      (100 * 140) / (140 + 400 / 3),
      0,
    ]);
  });

  it('CCI', () => {
    // typical prices 2, 3, 14/3: mean 29/9, distances 11/9, 2/9, 13/9, their mean 26/27
    const wanted = 13 / 9 / (0.015 * (26 / 27));
    expect(line(CCI, small, { timeperiod: 3 })[2]).toBeCloseTo(wanted, 10);
  });

  it('directional movement', () => {
    // highs +1 +2 −1 0, lows' falls −1 −1 +1 −2: +DM 1 2 0 0, −DM 0 0 1 0; TR 2 3 3 2
    expect(line(PLUS_DM, small, { timeperiod: 1 })).toEqual([NaN, 1, 2, 0, 0]);
    expect(line(MINUS_DM, small, { timeperiod: 1 })).toEqual([NaN, 0, 0, 1, 0]);
    // n = 2: the first is the first move; then half of it goes with each bar
    expect(line(PLUS_DM, small, { timeperiod: 2 })).toEqual([NaN, 1, 2.5, 1.25, 0.625]);
    // TR sums: 2, 1 + 3, 2 + 3, 2.5 + 2
    const plus = [NaN, NaN, 62.5, 25, 62.5 / 4.5];
    expectClose(line(PLUS_DI, small, { timeperiod: 2 }), plus);
    const minus = [NaN, NaN, 0, 20, 50 / 4.5];
    expectClose(line(MINUS_DI, small, { timeperiod: 2 }), minus);
    // |2.5 − 0| / 2.5, |1.25 − 1| / 2.25, |0.625 − 0.5| / 1.125
    expectClose(line(DX, small, { timeperiod: 2 }), [NaN, NaN, 100, 100 / 9, 100 / 9]);
    const mean = (100 + 100 / 9) / 2;
    const adx = [NaN, NaN, NaN, mean, (mean + 100 / 9) / 2];
    expectClose(line(ADX, small, { timeperiod: 2 }), adx);
    const rating = ((adx[3] ?? 0) + (adx[4] ?? 0)) / 2;
    expectClose(line(ADXR, small, { timeperiod: 2 }), [NaN, NaN, NaN, NaN, rating]);
    // With a period of 1 the indicator is the plain share, as in TA-Lib.
    expectClose(line(PLUS_DI, small, { timeperiod: 1 }), [NaN, 1 / 2, 2 / 3, 0, 0]);
  });

  it('ULTOSC', () => {
    // BP 1 2 1 2, TR 2 3 3 2 from the second bar on; windows of 1, 2 and 4 bars
    const wanted = (100 * (4 * 1 + 2 * (3 / 5) + 6 / 10)) / 7;
    const given = { timeperiod1: 4, timeperiod2: 1, timeperiod3: 2 };
    expectClose(line(ULTOSC, small, given), [NaN, NaN, NaN, NaN, wanted]);
  });

  it('MACDFIX begins with the means of 12 and 26 bars and goes on by 0.15 and 0.075', () => {
    const real = Array.from({ length: 27 }, (_, i) => i);
    const [macd] = run(MACDFIX, { real }, { signalperiod: 1 });
    // means of 14 … 25 and of 0 … 25 are 19.5 and 12.5
    expect(macd?.[25]).toBeCloseTo(7, 12);
    expect(macd?.[26]).toBeCloseTo(19.5 + 0.15 * 6.5 - (12.5 + 0.075 * 13.5), 12);
  });

  it('TRIX with a period of 1 is the change of the bar', () => {
    expectClose(line(TRIX, { real: [4, 5, 4] }, { timeperiod: 1 }), [NaN, 25, -20]);
  });
});

describe('identities on real bars', () => {
  it('ROC, ROCP, ROCR, ROCR100 and MOM are one thing', () => {
    const ratio = line(ROCR, REAL);
    expectClose(
      line(ROC, REAL),
      ratio.map((x) => 100 * (x - 1)),
    );
    expectClose(
      line(ROCP, REAL),
      ratio.map((x) => x - 1),
    );
    expectClose(
      line(ROCR100, REAL),
      ratio.map((x) => 100 * x),
    );
    expectClose(
      line(MOM, REAL),
      ratio.map((x, i) => (x - 1) * (close[i - 10] ?? NaN)),
    );
  });

  it('WILLR is %K less 100', () => {
    for (const timeperiod of [2, 5, 14, 50]) {
      const fastk = line(STOCHF, REAL, { fastk_period: timeperiod, fastd_period: 1 });
      expectClose(
        line(WILLR, REAL, { timeperiod }),
        fastk.map((x) => x - 100),
      );
    }
  });

  it('STOCH without smoothing of %K is STOCHF', () => {
    const slow = run(STOCH, REAL, { fastk_period: 9, slowk_period: 1, slowd_period: 4 });
    expect(slow).toEqual(run(STOCHF, REAL, { fastk_period: 9, fastd_period: 4 }));
  });

  it('STOCHRSI is STOCHF of the RSI', () => {
    const rsi = line(RSI, REAL).slice(14);
    const fast = run(STOCHF, { high: rsi, low: rsi, close: rsi });
    run(STOCHRSI, REAL).forEach((column, k) => {
      expectClose(column.slice(14), fast[k] ?? []);
    });
  });

  it('CMO is 2 RSI − 100', () => {
    expectClose(
      line(CMO, REAL),
      line(RSI, REAL).map((x) => 2 * x - 100),
    );
  });

  it('AROONOSC is up less down', () => {
    const [down = [], up = []] = run(AROON, REAL);
    expectClose(
      line(AROONOSC, REAL),
      up.map((x, i) => x - (down[i] ?? NaN)),
    );
  });

  it('DX comes from the two indicators, which come from the movements', () => {
    const plus = line(PLUS_DI, REAL);
    const minus = line(MINUS_DI, REAL);
    expectClose(
      line(DX, REAL),
      plus.map((x, i) => (100 * Math.abs(x - (minus[i] ?? 0))) / (x + (minus[i] ?? 0))),
    );
    const movements = line(PLUS_DM, REAL).map((x, i) => x / (line(MINUS_DM, REAL)[i] ?? NaN));
    expectClose(
      movements.slice(14),
      plus.slice(14).map((x, i) => x / (minus[i + 14] ?? NaN)),
    );
  });

  it('MACDEXT with exponential averages is MACD; APO and PPO go together', () => {
    const kinds = { fastmatype: 1, slowmatype: 1, signalmatype: 1 };
    const extended = run(MACDEXT, REAL, kinds);
    run(MACD, REAL).forEach((column, k) => {
      expectClose(extended[k] ?? [], column);
    });
    const means = close.map((_, i) =>
      i < 25 ? NaN : close.slice(i - 25, i + 1).reduce((sum, x) => sum + x, 0) / 26,
    );
    const percent = line(APO, REAL).map((x, i) => (100 * x) / (means[i] ?? NaN));
    expectClose(line(PPO, REAL), percent);
  });

  it('periods given the wrong way round are swapped, with their kinds', () => {
    const right = { fastperiod: 5, fastmatype: 2, slowperiod: 20, slowmatype: 1 };
    const wrong = { fastperiod: 20, fastmatype: 1, slowperiod: 5, slowmatype: 2 };
    expect(run(MACDEXT, REAL, wrong)).toEqual(run(MACDEXT, REAL, right));
    for (const each of [MACD, APO, PPO]) {
      expect(run(each, REAL, { fastperiod: 20, slowperiod: 5 })).toEqual(
        run(each, REAL, { fastperiod: 5, slowperiod: 20 }),
      );
    }
  });
});
