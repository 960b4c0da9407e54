import { describe, expect, it } from 'vitest';
import { TickBarBuilder, tickBars, type TickMeasure } from '../../../../engine/series/tick-bars.ts';
import { fc } from '../../../support/properties.ts';

const TICKS = {
  time: Float64Array.of(1, 2, 3, 4, 5, 6, 7),
  price: Float64Array.of(10, 12, 9, 11, 11, 20, 21),
  size: Float64Array.of(5, 5, 1, 9, 10, 1, 2),
};

describe('tick bars', () => {
  it('end after a number of trades', () => {
    expect(tickBars(TICKS, 'tick', 3)).toEqual([
      { time: 1, open: 10, high: 12, low: 9, close: 9, volume: 11 },
      { time: 4, open: 11, high: 20, low: 11, close: 20, volume: 20 },
    ]);
  });

  it('end when a volume is reached', () => {
    expect(tickBars(TICKS, 'volume', 10).map(({ time, volume }) => [time, volume])).toEqual([
      [1, 10],
      [3, 10],
      [5, 10],
    ]);
  });

  it('end when a turnover is reached', () => {
    // 50 + 60 = 110; 9 + 99 = 108; 110; 20 + 42 stays open.
    expect(tickBars(TICKS, 'dollar', 100).map(({ time, close }) => [time, close])).toEqual([
      [1, 12],
      [3, 11],
      [5, 11],
    ]);
  });

  it('pass over trades without a price', () => {
    const builder = new TickBarBuilder('tick', 2);
    expect(builder.update(1, Number.NaN, 1)).toBeUndefined();
    expect(builder.update(2, 5, -1)).toBeUndefined();
    expect(builder.forming()).toBeUndefined();
    builder.update(3, 5, 1);
    expect(builder.forming()).toMatchObject({ time: 3, close: 5 });
  });

  it.each([0, -1, Number.NaN, Infinity])('refuse a threshold of %s', (threshold) => {
    expect(() => tickBars(TICKS, 'tick', threshold)).toThrow('must be a number above 0');
  });

  it('refuse an infinite size, and prices below 0 where money is counted', () => {
    const one = (price: number, size: number): typeof TICKS => ({
      time: Float64Array.of(Date.UTC(2020, 3, 20)),
      price: Float64Array.of(price),
      size: Float64Array.of(size),
    });
    for (const measure of ['tick', 'volume', 'dollar'] as const) {
      expect(() => tickBars(one(5, Infinity), measure, 100)).toThrow(
        `${measure} bars: the trade of 2020-04-20T00:00:00.000Z has an infinite size`,
      );
    }
    // Crude oil settled at −37.63 that day.
    expect(() => tickBars(one(-37.63, 10), 'dollar', 100)).toThrow('has the price -37.63, below 0');
    expect(tickBars(one(-37.63, 10), 'volume', 10)).toMatchObject([{ close: -37.63, volume: 10 }]);
    expect(tickBars(one(0, 10), 'dollar', 100)).toEqual([]);
  });

  it('never change when trades are added', () => {
    const trade = fc.record({
      price: fc.integer({ min: 1, max: 50 }),
      size: fc.integer({ min: 0, max: 20 }),
    });
    const measure = fc.constantFrom<TickMeasure>('tick', 'volume', 'dollar');
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 60 }), fc.nat(60), measure, (trades, cut, by) => {
        const columns = (list: typeof trades): typeof TICKS => ({
          time: Float64Array.from(list, (_, i) => i),
          price: Float64Array.from(list, ({ price }) => price),
          size: Float64Array.from(list, ({ size }) => size),
        });
        const whole = tickBars(columns(trades), by, 40);
        const part = tickBars(columns(trades.slice(0, cut)), by, 40);
        expect(whole.slice(0, part.length)).toEqual(part);
      }),
    );
  });
});
