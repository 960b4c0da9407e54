import { describe, expect, it } from 'vitest';
import { ANCHORED_VWAP, ROLLING_VWAP, VWAP } from '../../../../engine/indicators/volume/vwap.ts';
import { at, firstDifference, randomBars, run, sum, window, zip } from './beyond-naive.ts';
import { fc } from '../../../support/properties.ts';

/** Bars whose typical price is the price itself. */
function pointBars(
  price: readonly number[],
  volume: readonly number[],
): { high: number[]; low: number[]; close: number[]; volume: number[] } {
  return { high: [...price], low: [...price], close: [...price], volume: [...volume] };
}

describe('session VWAP', () => {
  it('is worked by hand', () => {
    // Session 1: 10 × 1 and 20 × 3 give 70 / 4 = 17.5; variance (1 × 7.5² + 3 × 2.5²) / 4 = 18.75.
    // Session 2 begins anew, at first without volume: 30 × 0, then 40 × 2.
    const bars = { ...pointBars([10, 20, 30, 40], [1, 3, 0, 2]), session: [1, 1, 2, 2] };
    const { vwap = [], upper = [], lower = [] } = run(VWAP, bars, { width: 2 });
    expect(vwap).toEqual([10, 17.5, Number.NaN, 40]);
    expect(at(upper, 1)).toBeCloseTo(17.5 + 2 * Math.sqrt(18.75), 12);
    expect(at(lower, 1)).toBeCloseTo(17.5 - 2 * Math.sqrt(18.75), 12);
    expect([upper[0], lower[0], upper[2], lower[2], upper[3]]).toEqual([
      10,
      10,
      Number.NaN,
      Number.NaN,
      40,
    ]);
  });

  it('uses the mean of high, low and close', () => {
    const bars = { high: [12], low: [9], close: [11], volume: [5], session: [0] };
    expect(run(VWAP, bars)['vwap']?.[0]).toBeCloseTo(32 / 3, 14);
  });

  it('is the whole of each session in a plain form', () => {
    const bars = randomBars(200, 3);
    const session = bars.close.map((_, i) => Math.floor(i / 9));
    const price = bars.close.map((c, i) => (at(bars.high, i) + at(bars.low, i) + c) / 3);
    const paid = zip(price, bars.volume, (p, v) => p * v);
    const first = session.map((day) => session.indexOf(day));
    const wanted = price.map(
      (_, i) => sum(paid.slice(at(first, i), i + 1)) / sum(bars.volume.slice(at(first, i), i + 1)),
    );
    const upper = wanted.map((mean, i) => {
      const from = at(first, i);
      const squares = price
        .slice(from, i + 1)
        .map((p, k) => at(bars.volume, from + k) * (p - mean) ** 2);
      return mean + 3 * Math.sqrt(sum(squares) / sum(bars.volume.slice(from, i + 1)));
    });
    const result = run(VWAP, { ...bars, session }, { width: 3 });
    expect(firstDifference(result['vwap'], wanted)).toBe(undefined);
    expect(firstDifference(result['upper'], upper)).toBe(undefined);
  });

  it('keeps the digits of a small deviation of a large price', () => {
    // Two prices a cent from a billion, equal weights: the deviation is a cent.
    const bars = pointBars([1e9 - 0.01, 1e9 + 0.01], [7, 7]);
    const { vwap = [], upper = [] } = run(VWAP, { ...bars, session: [1, 1] });
    expect(vwap[1]).toBe(1e9);
    expect(at(upper, 1) - 1e9).toBeCloseTo(0.01, 6);
  });
});

describe('anchored VWAP', () => {
  const time = [1000, 2000, 3000, 4000];
  const bars = { ...pointBars([10, 20, 30, 40], [1, 1, 1, 1]), time };

  it('begins with the first bar at or after the anchor', () => {
    const none = Number.NaN;
    expect(run(ANCHORED_VWAP, bars, { anchor: 2000 })['vwap']).toEqual([none, 20, 25, 30]);
    expect(run(ANCHORED_VWAP, bars, { anchor: 2001 })['vwap']).toEqual([none, none, 30, 35]);
    expect(run(ANCHORED_VWAP, bars, { anchor: 9000 })['vwap']).toEqual([none, none, none, none]);
  });

  it('is the session VWAP of one session when anchored before it', () => {
    const walk = randomBars(120, 5);
    const times = walk.close.map((_, i) => i);
    const one = run(ANCHORED_VWAP, { ...walk, time: times });
    const other = run(VWAP, { ...walk, session: times.map(() => 1) });
    expect(one).toEqual(other);
  });
});

describe('rolling VWAP', () => {
  // StockCharts ChartSchool's example of an intraday VWAP, its typical prices and volumes, in a moving
  // window of 14 bars with bands at two deviations, as the Python package ta tabulates it.
  const typical = [
    [24.8283, 24.3205, 24.7486, 18730.144],
    [24.7586, 24.5993, 24.7088, 12271.74],
    [25.1568, 24.7785, 25.0373, 24691.414],
    [25.5848, 24.9477, 25.545, 18357.606],
    [25.6844, 24.8083, 25.0672, 22964.08],
    [25.336, 25.0572, 25.107, 15918.948],
    [25.2862, 24.8482, 24.888, 16067.044],
    [25.1269, 24.7496, 24.9975, 16568.487],
    [25.2762, 24.9278, 25.0473, 16018.729],
    [25.3857, 25.0274, 25.336, 9773.569],
    [25.5351, 25.0473, 25.0572, 22572.712],
    [25.6048, 25.0622, 25.4455, 12986.669],
    [25.7441, 25.5351, 25.5649, 10906.659],
    [25.7242, 25.4554, 25.555, 5799.259],
    [25.6744, 25.2862, 25.4057, 7395.274],
    [25.4455, 25.1667, 25.3658, 5818.162],
  ] as const;
  const bars = {
    high: typical.map((row) => row[0]),
    low: typical.map((row) => row[1]),
    close: typical.map((row) => row[2]),
    volume: typical.map((row) => row[3]),
  };

  it('is that of the table', () => {
    const { vwap = [] } = run(ROLLING_VWAP, bars, { timeperiod: 14, width: 2 });
    expect(vwap[12]).toBeNaN();
    expect(at(vwap, 13)).toBeCloseTo(25.11402265022072, 12);
    expect(at(vwap, 14)).toBeCloseTo(25.168402599215426, 12);
    expect(at(vwap, 15)).toBeCloseTo(25.20144430295291, 12);
  });

  it('is the table’s running VWAP when anchored at its first bar', () => {
    const time = bars.close.map((_, i) => i);
    const { vwap = [], upper = [] } = run(ANCHORED_VWAP, { ...bars, time }, { width: 2 });
    [24.632466666666666, 24.654805154030853, 24.80379676048873, 24.9414758619062].forEach(
      (wanted, i) => {
        expect(at(vwap, i)).toBeCloseTo(wanted, 12);
      },
    );
    expect(at(upper, 1)).toBeCloseTo(24.71000034533528, 10);
  });

  it('is a plain form, bands included, for any period', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.integer(), (timeperiod, seed) => {
        const walk = randomBars(90, seed);
        const price = walk.close.map((c, i) => (at(walk.high, i) + at(walk.low, i) + c) / 3);
        const result = run(ROLLING_VWAP, { ...walk }, { timeperiod });
        price.forEach((_, i) => {
          const prices = window(price, i, timeperiod);
          const volumes = window(walk.volume, i, timeperiod);
          const total = sum(volumes);
          const mean = sum(zip(prices, volumes, (p, v) => p * v)) / total;
          const away = Math.sqrt(sum(zip(prices, volumes, (p, v) => v * (p - mean) ** 2)) / total);
          const mine = at(result['vwap'] ?? [], i);
          const width = at(result['upper'] ?? [], i) - mine;
          if (Number.isNaN(mean)) {
            expect([mine, width]).toEqual([Number.NaN, Number.NaN]);
          } else {
            expect(Math.abs(mine - mean)).toBeLessThan(1e-10);
            expect(Math.abs(width - away)).toBeLessThan(1e-7);
          }
        });
      }),
      { numRuns: 25 },
    );
  });
});
