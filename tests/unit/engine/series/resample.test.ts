import { describe, expect, it } from 'vitest';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { isoTime, parseIsoTime } from '../../../../engine/domain/time.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import type { BucketOptions } from '../../../../engine/series/buckets.ts';
import { BarBuilder, closingTimes, resample } from '../../../../engine/series/resample.ts';
import { calendar, readRows, sharedData } from './market.ts';

const US: BucketOptions = { calendar: calendar('us-equity'), hours: 'regular' };
const US_EXTENDED: BucketOptions = { calendar: calendar('us-equity'), hours: 'extended' };
const CRYPTO: BucketOptions = { calendar: calendar('crypto'), hours: 'regular' };

/** Bars with open = close = 1, 2, 3, … and high and low one above and below. */
function barsAt(times: readonly string[]): BarColumns {
  const price = Float64Array.from(times, (_, i) => i + 1);
  return {
    time: Float64Array.from(times, (text) => parseIsoTime(text)),
    open: price,
    high: price.map((x) => x + 1),
    low: price.map((x) => x - 1),
    close: price,
    volume: price.map(() => 10),
  };
}

function rows(columns: BarColumns): Bar[] {
  return Array.from(columns.time, (time, i) => ({
    time,
    open: columns.open[i] ?? 0,
    high: columns.high[i] ?? 0,
    low: columns.low[i] ?? 0,
    close: columns.close[i] ?? 0,
    volume: columns.volume[i] ?? 0,
  }));
}

function prefix(bars: BarColumns, length: number): BarColumns {
  const cut = (column: Float64Array): Float64Array => column.slice(0, length);
  return {
    time: cut(bars.time),
    open: cut(bars.open),
    high: cut(bars.high),
    low: cut(bars.low),
    close: cut(bars.close),
    volume: cut(bars.volume),
  };
}

describe('resample', () => {
  it('counts intraday bars from the open and cuts them at the close', () => {
    // 2020-01-02 New York winter time: 09:30 is 14:30 UTC, 16:00 is 21:00 UTC.
    const bars = barsAt([
      '2020-01-02T14:30:00Z',
      '2020-01-02T15:29:00Z',
      '2020-01-02T15:30:00Z',
      '2020-01-02T20:59:00Z',
    ]);
    const result = resample(bars, timeframe('1m'), timeframe('1h'), US);
    expect(Array.from(result.bars.time, isoTime)).toEqual([
      '2020-01-02T14:30:00.000Z',
      '2020-01-02T15:30:00.000Z',
      '2020-01-02T20:30:00.000Z',
    ]);
    expect(Array.from(result.closedAt, isoTime)).toEqual([
      '2020-01-02T15:30:00.000Z',
      '2020-01-02T16:30:00.000Z',
      '2020-01-02T21:00:00.000Z',
    ]);
    expect(rows(result.bars)[0]).toMatchObject({ open: 1, high: 3, low: 0, close: 2, volume: 20 });
  });

  it('follows daylight saving and early closes', () => {
    // The Monday after the clocks went forward: 09:30 is 13:30 UTC. 2019-07-03 closes at 13:00.
    const spring = resample(barsAt(['2020-03-09T13:30:00Z']), timeframe('1m'), timeframe('1h'), US);
    expect(isoTime(spring.bars.time[0] ?? 0)).toBe('2020-03-09T13:30:00.000Z');
    const early = resample(barsAt(['2019-07-03T16:45:00Z']), timeframe('1m'), timeframe('1d'), US);
    expect(isoTime(early.bars.time[0] ?? 0)).toBe('2019-07-03T00:00:00.000Z');
    expect(isoTime(early.closedAt[0] ?? 0)).toBe('2019-07-03T17:00:00.000Z');
  });

  it('keeps the day of New York, not of Greenwich', () => {
    const evening = resample(
      barsAt(['2020-01-03T00:30:00Z']),
      timeframe('1m'),
      timeframe('1d'),
      US_EXTENDED,
    );
    expect(isoTime(evening.bars.time[0] ?? 0)).toBe('2020-01-02T00:00:00.000Z');
    expect(isoTime(evening.closedAt[0] ?? 0)).toBe('2020-01-03T01:00:00.000Z');
  });

  it('closes weeks on their last session and begins them on Monday', () => {
    // Good Friday 2020-04-10: the week ends on Thursday.
    const bars = barsAt(['2020-04-06', '2020-04-09', '2020-04-13']);
    const result = resample(bars, timeframe('1d'), timeframe('1w'), US);
    expect(Array.from(result.bars.time, isoTime)).toEqual([
      '2020-04-06T00:00:00.000Z',
      '2020-04-13T00:00:00.000Z',
    ]);
    expect(isoTime(result.closedAt[0] ?? 0)).toBe('2020-04-09T20:00:00.000Z');
  });

  it('makes months and quarters', () => {
    const bars = barsAt(['2019-12-31', '2020-01-02', '2020-03-31', '2020-04-01']);
    const monthly = resample(bars, timeframe('1d'), timeframe('1M'), US);
    expect(Array.from(monthly.bars.time, isoTime).map((t) => t.slice(0, 10))).toEqual([
      '2019-12-01',
      '2020-01-01',
      '2020-03-01',
      '2020-04-01',
    ]);
    const quarterly = resample(bars, timeframe('1d'), timeframe('3M'), US);
    expect(Array.from(quarterly.bars.time, isoTime).map((t) => t.slice(0, 10))).toEqual([
      '2019-10-01',
      '2020-01-01',
      '2020-04-01',
    ]);
  });

  it('knows markets that never close', () => {
    const bars = barsAt([
      '2020-01-01T23:59:00Z',
      '2020-01-02T00:00:00Z',
      '2020-01-02T03:59:00Z',
      '2020-01-02T04:00:00Z',
    ]);
    const result = resample(bars, timeframe('1m'), timeframe('4h'), CRYPTO);
    expect(Array.from(result.bars.time, isoTime)).toEqual([
      '2020-01-01T20:00:00.000Z',
      '2020-01-02T00:00:00.000Z',
      '2020-01-02T04:00:00.000Z',
    ]);
  });

  it('is not spoilt by a missing value', () => {
    const bars = barsAt(['2020-01-01T00:00:00Z', '2020-01-01T00:01:00Z', '2020-01-01T00:02:00Z']);
    bars.high[1] = Number.NaN;
    bars.volume[2] = Number.NaN;
    const result = resample(bars, timeframe('1m'), timeframe('5m'), CRYPTO);
    expect(rows(result.bars)[0]).toMatchObject({ open: 1, high: 4, low: 0, close: 3, volume: 20 });
  });

  it('refuses to cut days into hours, and gives nothing for nothing', () => {
    expect(() => resample(barsAt(['2020-01-02']), timeframe('1d'), timeframe('1h'), US)).toThrow(
      '1d bars cannot be cut into 1h',
    );
    expect(resample(barsAt([]), timeframe('1m'), timeframe('1h'), US).closedAt.length).toBe(0);
  });

  it('never uses a value from the future', () => {
    const times = Array.from({ length: 500 }, (_, i) =>
      isoTime(Date.UTC(2020, 2, 5, 12) + i * 37 * 60_000),
    );
    const bars = barsAt(times);
    const closes = closingTimes(bars.time, timeframe('1m'), US_EXTENDED);
    for (const to of ['5m', '1h', '4h', '1d', '1w']) {
      const whole = resample(bars, timeframe('1m'), timeframe(to), US_EXTENDED);
      for (let length = 0; length <= 500; length += 23) {
        const part = resample(prefix(bars, length), timeframe('1m'), timeframe(to), US_EXTENDED);
        const now = length === 0 ? 0 : (closes[length - 1] ?? 0);
        rows(part.bars).forEach((bar, i) => {
          expect(part.closedAt[i]).toBe(whole.closedAt[i]);
          if ((part.closedAt[i] ?? 0) <= now) expect(bar).toEqual(rows(whole.bars)[i]);
        });
      }
    }
  });

  it('gives bar by bar what it gives at once', () => {
    const times = Array.from({ length: 300 }, (_, i) =>
      isoTime(Date.UTC(2020, 10, 1, 3) + i * 29 * 60_000),
    );
    const bars = barsAt(times);
    for (const to of ['1h', '1d']) {
      const builder = new BarBuilder(timeframe('1m'), timeframe(to), US_EXTENDED);
      const built: Bar[] = [];
      for (const bar of rows(bars)) {
        const done = builder.update(bar);
        if (done !== undefined) built.push(done);
      }
      expect(builder.advance(0)).toBeUndefined();
      const last = builder.advance(Date.UTC(2021, 0));
      if (last !== undefined) built.push(last);
      expect(builder.forming()).toBeUndefined();
      expect(built).toEqual(rows(resample(bars, timeframe('1m'), timeframe(to), US_EXTENDED).bars));
    }
  });
});

describe('resample on real bars', () => {
  const hourFile = sharedData('hour/SPY.csv');
  const dailyFile = sharedData('daily/SPY.csv');

  it.skipIf(hourFile === undefined || dailyFile === undefined)(
    'of an hour agrees with the daily file',
    () => {
      const zone = calendar('us-equity').zone;
      const hours = readRows(hourFile ?? '', (text) => zone.toInstant(Date.parse(`${text}Z`)));
      const days = readRows(dailyFile ?? '', (text) => Date.parse(`${text}T00:00:00Z`));
      const result = resample(hours, timeframe('1h'), timeframe('1d'), US);
      const index = new Map(Array.from(days.time, (time, i) => [time, i]));
      let compared = 0;
      let equal = 0;
      result.bars.time.forEach((time, i) => {
        const j = index.get(time);
        if (j === undefined) return;
        compared += 1;
        const same = (['open', 'high', 'low', 'close'] as const).every(
          (name) => Math.abs((result.bars[name][i] ?? 0) - (days[name][j] ?? 0)) < 1e-9,
        );
        if (same) equal += 1;
      });
      expect(result.bars.time.length).toBeGreaterThanOrEqual(5_840);
      expect(compared).toBeGreaterThan(5_800);
      expect(equal / compared).toBeGreaterThan(0.99);
    },
  );
});
