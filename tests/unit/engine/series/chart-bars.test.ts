import { describe, expect, it } from 'vitest';
import { BAR_COLUMN_NAMES, type BarColumns } from '../../../../engine/domain/bar.ts';
import { RANGE_BARS, RENKO } from '../../../../engine/indicators/chart-types/bricks.ts';
import { HEIKIN_ASHI } from '../../../../engine/indicators/chart-types/heikin-ashi.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import {
  heikinAshiBars,
  rangeBars,
  renkoBars,
  type RenkoBox,
} from '../../../../engine/series/chart-bars.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { DAY, flatBars, randomWalk, spx } from '../backtest/bars.ts';
import { fc } from '../../../support/properties.ts';

function rowsOf(bars: BarColumns): number[][] {
  return Array.from(bars.time, (_, i) => BAR_COLUMN_NAMES.map((name) => bars[name][i] as number));
}

const market = spx();
const none = Number.NaN;

/** Each way to make bars, as a function of bars alone. */
const MAKERS: readonly (readonly [string, (bars: BarColumns) => BarColumns])[] = [
  ['Renko, fixed', (bars) => renkoBars(bars, { method: 'fixed', size: 0.7 })],
  ['Renko, average true range', (bars) => renkoBars(bars, { method: 'atr', period: 3 })],
  ['range bars', (bars) => rangeBars(bars, 0.9)],
  ['Heikin-Ashi', heikinAshiBars],
];

describe('Renko bars', () => {
  it('are the hand-worked bricks, with times, wickless, volume shared', () => {
    // Box 10 from 100; 100 a bar. 121 makes two of (100 + 100 + 100) / 2; 100 turns one with 200.
    const made = renkoBars(flatBars([100, 109, 121, 111, 100]), { method: 'fixed', size: 10 });
    expect(rowsOf(made)).toEqual([
      [2 * DAY, 100, 110, 100, 110, 150],
      [2 * DAY + 1, 110, 120, 110, 120, 150],
      [4 * DAY, 110, 110, 100, 100, 200],
    ]);
  });

  it.each([[{ method: 'fixed', size: 7.3 }], [{ method: 'atr', period: 14 }]] as const)(
    'end where the indicator says, %o',
    (box) => {
      const made = renkoBars(market, box);
      const given = box.method === 'fixed' ? { ...box } : { method: 'atr', timeperiod: box.period };
      const [close, direction, bricks] = runIndicator(
        RENKO,
        [market.high, market.low, market.close],
        given,
      ) as [Float64Array, Float64Array, Float64Array];
      let at = 0;
      for (let i = 0; i < market.time.length; i += 1) {
        const count = bricks[i] as number;
        if (!(count > 0)) continue;
        expect(made.time[at]).toBe(market.time[i]);
        at += count;
        expect(made.close[at - 1]).toBe(close[i]);
        const rise = (made.close[at - 1] as number) - (made.open[at - 1] as number);
        expect(Math.sign(rise)).toBe(direction[i]);
      }
      expect(made.time.length).toBe(at);
      expect(at).toBeGreaterThan(300);
    },
  );

  it('continue where the last one ended, or turn at its other end', () => {
    const made = renkoBars(market, { method: 'fixed', size: 5 });
    for (let i = 1; i < made.time.length; i += 1) {
      const rises = (made.close[i] as number) > (made.open[i] as number);
      const rose = (made.close[i - 1] as number) > (made.open[i - 1] as number);
      const start = rises === rose ? made.close[i - 1] : made.open[i - 1];
      expect(made.open[i]).toBeCloseTo(start as number, 8);
      expect((made.high[i] as number) - (made.low[i] as number)).toBeCloseTo(5, 8);
    }
  });

  it('pass over bars without a price and refuse a box that is none', () => {
    const bars = flatBars([100, none, 111]);
    expect(renkoBars(bars, { method: 'fixed', size: 10 }).close).toEqual(Float64Array.of(110));
    for (const size of [0, -1, none, Infinity]) {
      expect(() => renkoBars(bars, { method: 'fixed', size })).toThrow(/size/u);
    }
    expect(() => renkoBars(bars, { method: 'atr', period: 0.5 })).toThrow(/period/u);
    expect(() => renkoBars(bars, { method: 'fixed', size: 1e-6 })).toThrow(/larger size/u);
    expect(renkoBars(flatBars([]), { method: 'fixed', size: 1 }).time.length).toBe(0);
  });
});

describe('range bars', () => {
  it('are the hand-worked ones', () => {
    // As in the test of the indicator: 10, 9, 12, 11 | 11, 8.5, 17, 16 | 16, 16, 7, 8; range 4.
    const bars = flatBars([0, 0, 0]);
    bars.open.set([10, 11, 16]);
    bars.high.set([12, 17, 16]);
    bars.low.set([9, 8.5, 7]);
    bars.close.set([11, 16, 8]);
    expect(rowsOf(rangeBars(bars, 4))).toEqual([
      [DAY, 10, 12.5, 8.5, 12.5, 100],
      [DAY + 1, 12.5, 16.5, 12.5, 16.5, 100],
      [2 * DAY, 16.5, 17, 13, 13, 50],
      [2 * DAY + 1, 13, 13, 9, 9, 50],
    ]);
  });

  it('all have the range, follow each other, and are as many as the indicator counts', () => {
    const made = rangeBars(market, 12.5);
    for (let i = 0; i < made.time.length; i += 1) {
      expect((made.high[i] as number) - (made.low[i] as number)).toBeCloseTo(12.5, 8);
      if (i > 0) expect(made.open[i]).toBeCloseTo(made.close[i - 1] as number, 8);
      const edge = (made.close[i] as number) > (made.open[i] as number) ? made.high : made.low;
      expect(made.close[i]).toBeCloseTo(edge[i] as number, 8);
    }
    const counted = runIndicator(RANGE_BARS, [market.open, market.high, market.low, market.close], {
      size: 12.5,
    })[2] as Float64Array;
    expect(made.time.length).toBe(counted.reduce((a, b) => a + b, 0));
    expect(made.time.length).toBeGreaterThan(1_000);
  });

  it('refuse a size that is none', () => {
    expect(() => rangeBars(market, 0)).toThrow(/size/u);
    expect(() => rangeBars(market, 1e-6)).toThrow(/larger size/u);
  });
});

describe('Heikin-Ashi bars', () => {
  it('are the indicator’s, with the times and volumes of the bars, also around a broken bar', () => {
    const bars = randomWalk(60, 2);
    bars.close[20] = none;
    const made = heikinAshiBars(bars);
    const wanted = runIndicator(HEIKIN_ASHI, [bars.open, bars.high, bars.low, bars.close]);
    expect([made.open, made.high, made.low, made.close]).toEqual(wanted);
    expect(made.time).toEqual(bars.time);
    expect(made.volume).toEqual(bars.volume);
  });
});

describe('bars made from bars', () => {
  it.each(MAKERS)('%s: bars to come change none that is made', (_name, make) => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(120), fc.boolean(), (seed, cut, broken) => {
        const bars = randomWalk(120, seed);
        if (broken) bars.close[40] = none;
        const whole = rowsOf(make(bars));
        const part = rowsOf(make(sliceColumns(bars, 0, cut)));
        expect(part).toEqual(whole.slice(0, part.length));
        // What the part lacks was made by later bars.
        const next = whole[part.length];
        if (next !== undefined) expect(next[0]).toBeGreaterThanOrEqual(cut * DAY);
      }),
      { numRuns: 40 },
    );
  });

  it.each(MAKERS)(
    '%s: times increase, prices are in order, no volume is made up',
    (_name, make) => {
      fc.assert(
        fc.property(fc.nat(1_000), (seed) => {
          const bars = randomWalk(100, seed, 0.03);
          const made = make(bars);
          let volume = 0;
          for (let i = 0; i < made.time.length; i += 1) {
            if (i > 0) expect(made.time[i]).toBeGreaterThan(made.time[i - 1] as number);
            expect(made.low[i]).toBeLessThanOrEqual(
              Math.min(made.open[i] ?? 0, made.close[i] ?? 0),
            );
            expect(made.high[i]).toBeGreaterThanOrEqual(
              Math.max(made.open[i] ?? 0, made.close[i] ?? 0),
            );
            volume += made.volume[i] as number;
          }
          expect(volume).toBeLessThanOrEqual(100 * 100 * (1 + 1e-12));
        }),
        { numRuns: 30 },
      );
    },
  );

  it('a fixed box does not drift over hundreds of thousands of bricks', () => {
    // Up and down by 0.3 with boxes of 0.1: three bricks at first, then two (the turn takes one).
    const prices = Array.from({ length: 400_001 }, (_, i) => 100 + (i % 2) * 0.3);
    const box: RenkoBox = { method: 'fixed', size: 0.1 };
    const made = renkoBars(flatBars(prices), box);
    expect(made.time.length).toBe(3 + 399_999 * 2);
    expect(made.close.at(-1)).toBeCloseTo(100, 12);
  });
});
