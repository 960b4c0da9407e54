import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import {
  CMF,
  INTRADAY_INTENSITY,
  TWIGGS_MONEY_FLOW,
  WILLIAMS_AD,
} from '../../../../engine/indicators/volume/money-flow.ts';
import {
  EASE_OF_MOVEMENT,
  FORCE_INDEX,
  KLINGER,
  VOLUME_ZONE_OSCILLATOR,
} from '../../../../engine/indicators/volume/volume-force.ts';
import { NVI, PVI, PVT } from '../../../../engine/indicators/volume/volume-indices.ts';
import {
  MARKET_FACILITATION_INDEX,
  PVO,
  RELATIVE_VOLUME,
  UP_DOWN_VOLUME,
  VOLUME_OSCILLATOR,
  VWMACD,
} from '../../../../engine/indicators/volume/volume-ratios.ts';
import { SPY_2017, type Bars } from './beyond-bars.ts';
import {
  at,
  changes,
  ema,
  firstDifference,
  randomBars,
  run,
  sma,
  sum,
  wilder,
  window,
  zip,
} from './beyond-naive.ts';

describe('against published figures', () => {
  it('CMF, PVO and the force index are those of Stock Indicators', () => {
    const cmf = run(CMF, SPY_2017)['cmf'] ?? [];
    expect(cmf[18]).toBeNaN();
    expect(at(cmf, 49)).toBeCloseTo(0.350596, 6);

    const { pvo = [], signal = [], hist = [] } = run(PVO, SPY_2017);
    expect(pvo[24]).toBeNaN();
    expect(signal[32]).toBeNaN();
    expect([at(pvo, 33), at(signal, 33), at(hist, 33)].map((x) => x.toFixed(4))).toEqual([
      '1.5795',
      '-3.5530',
      '5.1325',
    ]);
    expect([at(pvo, 149), at(signal, 149), at(hist, 149)].map((x) => x.toFixed(4))).toEqual([
      '-7.1910',
      '-5.1159',
      '-2.0751',
    ]);

    const force = run(FORCE_INDEX, SPY_2017)['force'] ?? [];
    expect(force[12]).toBeNaN();
    expect([13, 24, 149].map((i) => at(force, i).toFixed(3))).toEqual([
      '10668240.778',
      '15883211.364',
      '7598218.196',
    ]);
  });

  it('the common version of Klinger is that of Stock Indicators', () => {
    // That project starts its averages one bar later; from the second bar on, the force is the same.
    const later = Object.fromEntries(
      Object.entries(SPY_2017).map(([name, column]) => [name, column.slice(1)]),
    ) as unknown as Bars;
    const { kvo = [], signal = [] } = run(KLINGER, { ...later }, { version: 'common' });
    expect(kvo[54]).toBeNaN();
    expect([55, 56, 67, 148].map((i) => Math.round(at(kvo, i)))).toEqual([
      -2138454001, -2265495450, -1241548491, -62800843,
    ]);
    expect(signal[66]).toBeNaN();
    expect([67, 148].map((i) => Math.round(at(signal, i)))).toEqual([-1489659254, -18678832]);
  });

  it('ease of movement is that of the ChartSchool’s table', () => {
    // StockCharts ChartSchool, Ease of Movement: QQQ from 18 June 2012; rounded volumes are exact.
    const high = [
      63.74, 64.51, 64.57, 64.31, 63.43, 62.85, 62.7, 63.18, 62.47, 64.16, 64.38, 64.89, 65.25,
      64.69, 64.26, 64.51, 63.46,
    ];
    const low = [
      62.63, 63.85, 63.81, 62.62, 62.73, 61.95, 62.06, 62.69, 61.54, 63.21, 63.87, 64.29, 64.48,
      63.65, 63.68, 63.12, 62.5,
    ];
    const volume = [
      32178836, 36461672, 51372680, 42476356, 29504176, 33098600, 30577960, 35693928, 49768136,
      44759968, 33425504, 15895085, 37015388, 40672116, 35627200, 47337336, 43373576,
    ];
    const single = run(EASE_OF_MOVEMENT, { high, low, volume }, { timeperiod: 1 })['eom'] ?? [];
    expect([1, 2, 3, 16].map((i) => at(single, i).toFixed(9))).toEqual([
      '1.801069353',
      '0.014793855',
      '-2.884545934',
      '-1.848129838',
    ]);
    const eom = run(EASE_OF_MOVEMENT, { high, low, volume })['eom'] ?? [];
    expect(eom[13]).toBeNaN();
    expect([14, 15, 16].map((i) => at(eom, i).toFixed(9))).toEqual([
      '-0.027667318',
      '-0.188824955',
      '-0.321890933',
    ]);
  });

  it('the price volume trend is that of the ChartSchool’s table', () => {
    const close = [24.7486, 24.7088, 25.0373, 25.545, 25.0672, 25.107];
    const volume = [18730.144, 12271.74, 24691.414, 18357.606, 22964.08, 15918.948];
    const pvt = run(PVT, { close, volume })['pvt'] ?? [];
    expect(pvt[0]).toBeNaN();
    [-19.735065902716972, 308.53378968719045, 680.784654045571, 251.2588202620505].forEach(
      (wanted, i) => {
        expect(at(pvt, i + 1)).toBeCloseTo(wanted, 9);
      },
    );
  });

  it('intraday intensity is the money flow of the ChartSchool’s accumulation line', () => {
    // ChartSchool, Accumulation Distribution Line: 10 to 15 December 2010; the table has four digits.
    const high = [62.34, 62.05, 62.27, 60.79];
    const low = [61.37, 60.69, 60.1, 58.61];
    const close = [62.15, 60.81, 60.45, 59.18];
    const volume = [7849.025, 11692.075, 10575.307, 13059.128];
    const ii = run(INTRADAY_INTENSITY, { high, low, close, volume })['ii'] ?? [];
    expect(ii.map((x) => x.toFixed(4))).toEqual([
      '4774.1492',
      '-9628.7676',
      '-7163.9176',
      '-6230.0427',
    ]);
  });
});

describe('by hand', () => {
  it('the original force of Klinger counts the run of the trend', () => {
    // high + low + close: 27, 30 (up), 33 (up), 30 (down). Ranges: 2, 4, 4, 2.
    // Bar 1: CM = 2 + 4 = 6, |2 × 4/6 − 1| = 1/3 of 300 = +100.
    // Bar 2: the trend stays, CM = 6 + 4 = 10, |2 × 4/10 − 1| = 1/5 of 500 = +100.
    // Bar 3: it turns, CM = 4 + 2 = 6, |2 × 2/6 − 1| = 1/3 of 600 = −200.
    const bars = { high: [10, 12, 13, 11], low: [8, 8, 9, 9], close: [9, 10, 11, 10] };
    const volume = [50, 300, 500, 600];
    // A fast average of 1 is the force itself; a slow one of 3 is its mean on the last bar: 0.
    const periods = { fastperiod: 1, slowperiod: 3, signalperiod: 1 };
    const { kvo = [] } = run(KLINGER, { ...bars, volume }, periods);
    expect(kvo.slice(0, 3)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(kvo[3]).toBeCloseTo(-200 - (100 + 100 - 200) / 3, 9);
  });

  it('Williams’ line adds the way from the true low or high', () => {
    // Bar 1 rose: 11 − min(9, 10) = 2. Bar 2 fell: 9 − max(10, 11) = −2. Bar 3 did not move. Bar 4
    // rose from 9 with a gap: 13 − min(12, 9) = 4.
    const bars = { high: [11, 12, 10, 10, 14], low: [9, 9, 8, 8, 12], close: [10, 11, 9, 9, 13] };
    expect(run(WILLIAMS_AD, bars)['wad']).toEqual([Number.NaN, 2, 0, 0, 4]);
  });

  it('the volume indices move on falling and on rising volume', () => {
    // Volume falls on bar 1 (price +10 %), rises on bar 2 (−10 %), is equal on bar 3.
    const bars = { close: [100, 110, 99, 120], volume: [500, 400, 600, 600] };
    const nvi = run(NVI, bars, { signalperiod: 2 });
    expect(nvi['nvi']).toEqual([1000, 1100, 1100, 1100]);
    // EMA of 2: mean of 1000 and 1100, then two thirds of the way to 1100.
    expect(at(nvi['signal'] ?? [], 1)).toBe(1050);
    expect(at(nvi['signal'] ?? [], 2)).toBeCloseTo(1050 + 50 * (2 / 3), 9);
    expect(run(PVI, bars)['pvi']).toEqual([1000, 1000, 900, 900]);
  });

  it('relative volume leaves the bar itself out, facilitation is range by volume', () => {
    const volume = [100, 300, 400, 0, 0, 7];
    expect(run(RELATIVE_VOLUME, { volume }, { timeperiod: 2 })['rvol']).toEqual([
      Number.NaN,
      Number.NaN,
      2,
      0,
      0,
      Number.NaN,
    ]);
    const bars = { high: [5, 6], low: [3, 6], volume: [4, 0] };
    expect(run(MARKET_FACILITATION_INDEX, bars)['mfi']).toEqual([0.5, Number.NaN]);
  });

  it('the volume ratio counts rising and falling bars only', () => {
    const bars = { close: [1, 2, 1, 1, 3, 4], volume: [9, 6, 3, 8, 4, 1] };
    expect(run(UP_DOWN_VOLUME, bars, { timeperiod: 3 })['ratio']).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      2,
      4 / 3,
      Number.NaN,
    ]);
  });

  it('what has no volume or no range is 0 where a share is asked', () => {
    const flat = { high: [5, 5, 5, 5], low: [5, 5, 5, 5], close: [5, 5, 5, 5] };
    const idle = { high: [6, 7, 8, 9], low: [4, 5, 6, 7], close: [5, 6, 7, 8] };
    const none = [0, 0, 0, 0];
    const two = { timeperiod: 2 };
    expect(run(CMF, { ...flat, volume: [3, 2, 1, 4] }, two)['cmf']?.slice(1)).toEqual([0, 0, 0]);
    expect(run(CMF, { ...idle, volume: none }, two)['cmf']?.slice(1)).toEqual([0, 0, 0]);
    expect(run(TWIGGS_MONEY_FLOW, { ...idle, volume: none }, two)['tmf']?.slice(2)).toEqual([0, 0]);
    expect(run(EASE_OF_MOVEMENT, { ...idle, volume: none }, two)['eom']?.slice(2)).toEqual([0, 0]);
    expect(run(VOLUME_ZONE_OSCILLATOR, { ...idle, volume: none }, two)['vzo']?.[3]).toBe(0);
    expect(run(PVO, { volume: none }, { fastperiod: 1, slowperiod: 2 })['pvo']?.[3]).toBe(0);
  });

  it('a large volume leaves no trace when it has left the window', () => {
    const volume = [1e16, 0.1, 0.2, 0.3, 0, 0, 0];
    const close = [5, 6, 6, 6, 6, 6, 5];
    const high = close.map((x) => x + 1);
    const low = close.map((x) => x - 2);
    const cmf = run(CMF, { high, low, close, volume }, { timeperiod: 3 })['cmf'] ?? [];
    // (close − low − high + close) / range = 1/3 on each bar.
    expect(cmf[3]).toBeCloseTo(1 / 3, 14);
    expect(cmf[6]).toBe(0);
  });
});

type Naive = (bars: Bars) => readonly number[];

const naive: readonly (readonly [IndicatorDefinition, string, ParameterValues, Naive])[] = [
  [
    CMF,
    'cmf',
    { timeperiod: 7 },
    ({ high, low, close, volume }) => {
      const flow = close.map((c, i) => {
        const range = at(high, i) - at(low, i);
        return range === 0 ? 0 : at(volume, i) * ((2 * (c - at(low, i))) / range - 1);
      });
      return flow.map((_, i) => sum(window(flow, i, 7)) / sum(window(volume, i, 7)));
    },
  ],
  [
    TWIGGS_MONEY_FLOW,
    'tmf',
    { timeperiod: 9 },
    ({ high, low, close, volume }) => {
      const flow = close.map((c, i) => {
        if (i === 0) return Number.NaN;
        const top = Math.max(at(high, i), at(close, i - 1));
        const bottom = Math.min(at(low, i), at(close, i - 1));
        return top === bottom ? 0 : at(volume, i) * (2 * ((c - bottom) / (top - bottom)) - 1);
      });
      return zip(wilder(flow, 9), wilder([Number.NaN, ...volume.slice(1)], 9), (f, v) => f / v);
    },
  ],
  [
    FORCE_INDEX,
    'force',
    { timeperiod: 5 },
    ({ close, volume }) =>
      ema(
        zip(changes(close), volume, (c, v) => c * v),
        5,
      ),
  ],
  [
    EASE_OF_MOVEMENT,
    'eom',
    { timeperiod: 4, scale: 10_000 },
    ({ high, low, volume }) => {
      const middle = zip(high, low, (h, l) => (h + l) / 2);
      const ease = changes(middle).map((move, i) =>
        at(volume, i) === 0 && i > 0
          ? 0
          : move / (at(volume, i) / 10_000 / (at(high, i) - at(low, i))),
      );
      return sma(
        ease.map((x, i) => (i > 0 && at(high, i) === at(low, i) ? 0 : x)),
        4,
      );
    },
  ],
  [
    KLINGER,
    'kvo',
    { fastperiod: 5, slowperiod: 9, signalperiod: 4 },
    ({ high, low, close, volume }) => {
      const total = close.map((c, i) => at(high, i) + at(low, i) + c);
      const trend = total.map((t, i) => (i === 0 ? 0 : t > at(total, i - 1) ? 1 : -1));
      const range = zip(high, low, (h, l) => h - l);
      const force = total.map((_, i) => {
        if (i === 0) return Number.NaN;
        // The run of this trend, and the one range before it.
        let from = i;
        while (from > 1 && at(trend, from - 1) === at(trend, i)) from -= 1;
        const cumulative = sum(range.slice(from - 1, i + 1));
        const share = cumulative === 0 ? 0 : Math.abs((2 * at(range, i)) / cumulative - 1);
        return at(volume, i) * at(trend, i) * share;
      });
      return zip(ema(force, 5), ema(force, 9), (fast, slow) => fast - slow);
    },
  ],
  [
    KLINGER,
    'signal',
    { fastperiod: 5, slowperiod: 9, signalperiod: 4, version: 'simple' },
    ({ high, low, close, volume }) => {
      const typical = close.map((c, i) => at(high, i) + at(low, i) + c);
      const signed = changes(typical).map((c, i) =>
        i === 0 ? Number.NaN : c >= 0 ? at(volume, i) : -at(volume, i),
      );
      return ema(
        zip(ema(signed, 5), ema(signed, 9), (fast, slow) => fast - slow),
        4,
      );
    },
  ],
  [
    VOLUME_ZONE_OSCILLATOR,
    'vzo',
    { timeperiod: 6 },
    ({ close, volume }) => {
      const signed = changes(close).map((c, i) =>
        Number.isNaN(c) ? c : c > 0 ? at(volume, i) : -at(volume, i),
      );
      return zip(ema(signed, 6), ema([Number.NaN, ...volume.slice(1)], 6), (s, v) => (100 * s) / v);
    },
  ],
  [
    VOLUME_OSCILLATOR,
    'osc',
    {},
    ({ volume }) => zip(ema(volume, 5), ema(volume, 10), (fast, slow) => 100 * (fast / slow - 1)),
  ],
  [
    VWMACD,
    'hist',
    { fastperiod: 4, slowperiod: 7, signalperiod: 3 },
    ({ close, volume }) => {
      const paid = zip(close, volume, (c, v) => c * v);
      const average = (n: number): number[] => zip(ema(paid, n), ema(volume, n), (p, v) => p / v);
      const macd = zip(average(4), average(7), (fast, slow) => fast - slow);
      return zip(macd, ema(macd, 3), (m, s) => m - s);
    },
  ],
  [
    PVT,
    'pvt',
    {},
    ({ close, volume }) =>
      close.map((_, i) =>
        i === 0
          ? Number.NaN
          : sum(volume.slice(1, i + 1).map((v, k) => v * (at(close, k + 1) / at(close, k) - 1))),
      ),
  ],
  [
    NVI,
    'nvi',
    {},
    ({ close, volume }) =>
      close.map(
        (_, i) =>
          1000 *
          close
            .slice(1, i + 1)
            .map((c, k) => (at(volume, k + 1) < at(volume, k) ? c / at(close, k) : 1))
            .reduce((product, x) => product * x, 1),
      ),
  ],
];

describe('against a second, plain form', () => {
  it.each(
    naive.map(
      ([definition, output, ...rest]) => [definition.id, output, definition, ...rest] as const,
    ),
  )('%s %s', (_id, output, definition, parameters, plain) => {
    const bars = randomBars(160, 11);
    expect(firstDifference(run(definition, { ...bars }, parameters)[output], plain(bars))).toBe(
      undefined,
    );
  });
});
