import { describe, expect, it } from 'vitest';
import { MadeUpBars } from '../../../electron/adapters/simulated/made-up-bars.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 10:20:30 of a day. */
const BEGUN = Date.UTC(2026, 10, 25, 10, 20, 30);

const bars = (seed = 1, price = 250): MadeUpBars =>
  new MadeUpBars('ALFA', seed, { price, volatility: 0.3, begun: BEGUN });
const hours = (first: number, end: number) => ({
  timeframe: '1h',
  length: HOUR,
  first,
  end,
});

describe('bars of the made-up market', () => {
  it('of the past lead up to its first price without a jump', () => {
    const end = Date.UTC(2026, 10, 25, 10);
    const rows = bars().rows(hours(end - 48 * HOUR, end));
    expect(rows.map(([time]) => time)).toEqual(
      Array.from({ length: 48 }, (_, i) => end - (48 - i) * HOUR),
    );
    expect(rows.at(-1)?.[4]).toBe(250);
    rows.forEach(([, open, high, low, close, volume], i) => {
      expect(low).toBeLessThanOrEqual(Math.min(open, close));
      expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
      expect(volume).toBeGreaterThan(0);
      if (i > 0) expect(open).toBe(rows[i - 1]?.[4]);
    });
    // An hour of 30 % a year: 0.3 × √(1 / (252 × 6.5)) = 0.74 %. Of 48 of them none is seven times that.
    for (const [, open, , , close] of rows) {
      expect(Math.abs(Math.log(close / open))).toBeLessThan(0.052);
    }
  });

  it('are the same whatever range is asked for, and others for another seed', () => {
    const end = Date.UTC(2026, 10, 25, 10);
    const long = bars().rows(hours(end - 300 * HOUR, end));
    const early = bars().rows(hours(end - 300 * HOUR, end - 200 * HOUR));
    expect(early).toEqual(long.slice(0, 100));
    expect(bars(2).rows(hours(end - 300 * HOUR, end))).not.toEqual(long);
  });

  it('of the time since it began are made of its trades', () => {
    const made = bars();
    made.trade(BEGUN + 1_000, 250.1, 100);
    made.trade(BEGUN + 2_000, 250.4, 50);
    made.trade(BEGUN + 30 * 60_000, 249.8, 10);
    made.trade(BEGUN + HOUR, 251, 5);
    const from = Date.UTC(2026, 10, 25, 10);
    expect(made.rows(hours(from, from + HOUR))).toEqual([[from, 250.1, 250.4, 249.8, 249.8, 160]]);
    const minute = Date.UTC(2026, 10, 25, 10, 20);
    expect(
      made.rows({ timeframe: '1m', length: 60_000, first: minute, end: minute + 2 * HOUR }),
    ).toEqual([
      [minute, 250.1, 250.4, 250.1, 250.4, 150],
      [minute + 30 * 60_000, 249.8, 249.8, 249.8, 249.8, 10],
      [minute + HOUR, 251, 251, 251, 251, 5],
    ]);
  });

  it('end with yesterday where a day has not ended, near the price of today', () => {
    const today = Date.UTC(2026, 10, 25);
    const rows = bars().rows({
      timeframe: '1d',
      length: DAY,
      first: today - 10 * DAY,
      end: today,
    });
    expect(rows.at(-1)?.slice(0, 1)).toEqual([today - DAY]);
    expect(rows.at(-1)?.[4]).toBe(250);
  });

  it('never fall below a cent, and do not go back for ever', () => {
    const end = Date.UTC(2026, 10, 25, 10);
    const rows = bars(1, 0.02).rows(hours(end - 60_000 * HOUR, end));
    expect(rows).toHaveLength(50_000);
    expect(Math.min(...rows.map(([, , , low]) => low))).toBeGreaterThanOrEqual(0.01);
  });
});
