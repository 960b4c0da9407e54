import { describe, expect, it } from 'vitest';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { isoTime, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../../../../engine/domain/time.ts';
import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
} from '../../../../engine/domain/timeframe.ts';
import type { BucketOptions } from '../../../../engine/series/buckets.ts';
import { BarBuilder, closingTimes, resample } from '../../../../engine/series/resample.ts';
import { calendar, readRows, sharedData } from './market.ts';

const US: BucketOptions = { calendar: calendar('us-equity'), hours: 'regular' };
const US_EXTENDED: BucketOptions = { calendar: calendar('us-equity'), hours: 'extended' };
const FOREX: BucketOptions = { calendar: calendar('forex'), hours: 'regular' };
const CRYPTO: BucketOptions = { calendar: calendar('crypto'), hours: 'regular' };
const NONE: BucketOptions = { calendar: calendar('none'), hours: 'regular' };

const COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

function barsAt(times: readonly number[]): BarColumns {
  // Prices that go up and down, so that every bar has its own extremes.
  const close = Float64Array.from(times, (_, i) => 100 + ((i * 37) % 23) + i / 1000);
  return {
    time: Float64Array.from(times),
    open: close.map((x) => x - 0.25),
    high: close.map((x) => x + 1),
    low: close.map((x) => x - 1),
    close,
    volume: close.map((_, i) => i + 1),
  };
}

/** Times on full steps of `length` from `from`, where `kept` says so. */
function steps(
  from: number,
  length: number,
  count: number,
  kept: (t: number) => boolean = () => true,
): number[] {
  return Array.from({ length: count }, (_, i) => from + i * length).filter((time) => kept(time));
}

function row(columns: BarColumns, i: number): Bar {
  const [time, open, high, low, close, volume] = COLUMNS.map((name) => columns[name][i] as number);
  return { time, open, high, low, close, volume } as Bar;
}

function slice(columns: BarColumns, from: number, to: number): BarColumns {
  const cut = (column: Float64Array): Float64Array => column.slice(from, to);
  return {
    time: cut(columns.time),
    open: cut(columns.open),
    high: cut(columns.high),
    low: cut(columns.low),
    close: cut(columns.close),
    volume: cut(columns.volume),
  };
}

/**
 * The end of an intraday bar of the source, reckoned apart from the engine: its whole length, or the
 * close of the session that it begins in where trading stops there.
 */
function endOf(time: number, length: number, { calendar: market, hours }: BucketOptions): number {
  const end = time + length;
  if (!market.hasSessions || !market.isOpen(time, hours)) return end;
  for (let at = time; at < end; at += MS_PER_MINUTE) if (!market.isOpen(at, hours)) return at;
  return end;
}

/** Re-runs on prefixes and through the builder; gives the number of bars that were compared. */
function check(bars: BarColumns, from: string, to: string, options: BucketOptions): number {
  const [source, target] = [timeframe(from), timeframe(to)];
  const whole = resample(bars, source, target, options);
  const ends = closingTimes(bars.time, source, options);
  const { length } = bars.time;
  if (!isDailyOrLonger(source)) {
    const size = timeframeMillis(source);
    expect([...ends]).toEqual(Array.from(bars.time, (time) => endOf(time, size, options)));
  }

  for (let i = 1; i < whole.closedAt.length; i += 1) {
    expect(whole.bars.time[i]).toBeGreaterThan(whole.bars.time[i - 1] as number);
    expect(whole.closedAt[i]).toBeGreaterThan(whole.closedAt[i - 1] as number);
  }

  // Nothing that was complete at a moment changes when later bars come.
  let compared = 0;
  const stride = Math.max(1, Math.floor(length / 60));
  for (let count = 1; count <= length; count += stride) {
    const part = resample(slice(bars, 0, count), source, target, options);
    const now = ends[count - 1] as number;
    for (let i = Math.max(0, part.closedAt.length - 3); i < part.closedAt.length; i += 1) {
      if ((part.closedAt[i] as number) > now) continue;
      expect(row(part.bars, i), `${isoTime(now)} ${from} ${to}`).toEqual(row(whole.bars, i));
      compared += 1;
    }
  }

  // Bar by bar: whatever the builder gives is a bar of the whole, at the moment of its `closedAt`.
  const builder = new BarBuilder(source, target, options);
  const built: Bar[] = [];
  const take = (bar: Bar | undefined, now: number): void => {
    if (bar === undefined) return;
    expect(whole.closedAt[built.length]).toBeLessThanOrEqual(now);
    built.push(bar);
  };
  for (let i = 0; i < length; i += 1) {
    const now = ends[i] as number;
    take(builder.update(row(bars, i)), now);
    take(builder.advance(now), now);
  }
  take(builder.advance(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  expect(built).toEqual(Array.from(whole.closedAt, (_, i) => row(whole.bars, i)));
  return compared;
}

const utc = (text: string): number => Date.parse(`${text}:00Z`);

describe('bars off the grid of the session', () => {
  // 09:00 to 15:00 in New York on 2020-01-02: half an hour of trading in the first.
  const nine = utc('2020-01-02T14:00');
  const hours = barsAt(steps(nine, MS_PER_HOUR, 7));

  it('are complete after their whole length or at the close', () => {
    expect(Array.from(closingTimes(hours.time, timeframe('1h'), US), isoTime)).toEqual([
      '2020-01-02T15:00:00.000Z',
      '2020-01-02T16:00:00.000Z',
      '2020-01-02T17:00:00.000Z',
      '2020-01-02T18:00:00.000Z',
      '2020-01-02T19:00:00.000Z',
      '2020-01-02T20:00:00.000Z',
      '2020-01-02T21:00:00.000Z',
    ]);
  });

  it('close a joined bar no sooner than the last of them', () => {
    // Two hours from 09:30 hold 09:00, 10:00 and 11:00, which is known at 12:00 and not at 11:30.
    const joined = resample(hours, timeframe('1h'), timeframe('2h'), US);
    expect(Array.from(joined.bars.time, (time) => (time - nine) / MS_PER_HOUR)).toEqual([
      0.5, 2.5, 4.5,
    ]);
    expect(Array.from(joined.closedAt, (time) => (time - nine) / MS_PER_HOUR)).toEqual([3, 5, 7]);
    expect(joined.bars.open[0]).toBe(hours.open[0]);
    expect(joined.bars.close[0]).toBe(hours.close[2]);

    const builder = new BarBuilder(timeframe('1h'), timeframe('2h'), US);
    for (const i of [0, 1]) builder.update(row(hours, i));
    expect(builder.advance(nine + 2.5 * MS_PER_HOUR)).toBeUndefined();
    expect(builder.update(row(hours, 2))).toBeUndefined();
    expect(builder.advance(nine + 3 * MS_PER_HOUR)).toEqual(row(joined.bars, 0));
  });

  it('that reach over midnight hold their day open until they end', () => {
    // Monday 2020-01-06 in New York, 22:00: the four hours end at 02:00 of Tuesday.
    const bars = barsAt(steps(utc('2020-01-06T15:00'), 4 * MS_PER_HOUR, 9));
    const days = resample(bars, timeframe('4h'), timeframe('1d'), FOREX);
    expect(isoTime(days.bars.time[0] as number)).toBe('2020-01-06T00:00:00.000Z');
    expect(isoTime(days.closedAt[0] as number)).toBe('2020-01-07T07:00:00.000Z');
  });

  it('are refused by a builder that has given their bar', () => {
    const builder = new BarBuilder(timeframe('1h'), timeframe('2h'), US);
    builder.update(row(hours, 0));
    expect(builder.advance(nine + 6 * MS_PER_HOUR)?.time).toBe(nine + MS_PER_HOUR / 2);
    expect(() => builder.update(row(hours, 1))).toThrow(
      'the one of 2020-01-02T15:00:00.000Z comes too late',
    );
  });
});

describe('bars outside of the session', () => {
  // Friday 2020-01-03: 15:59, 16:00 (a late print), 17:30; Saturday noon; Monday 08:00 and 09:30.
  const bars = barsAt([
    utc('2020-01-03T20:59'),
    utc('2020-01-03T21:00'),
    utc('2020-01-03T22:30'),
    utc('2020-01-04T17:00'),
    utc('2020-01-06T13:00'),
    utc('2020-01-06T14:30'),
  ]);
  const days = (options: BucketOptions, to = '1d'): ReturnType<typeof resample> =>
    resample(bars, timeframe('1m'), timeframe(to), options);
  const dates = (options: BucketOptions, to?: string): string[] =>
    Array.from(days(options, to).bars.time, (time) => isoTime(time).slice(0, 10));

  it('are left out of regular hours', () => {
    expect(dates(US)).toEqual(['2020-01-03', '2020-01-06']);
    expect([...days(US).bars.close]).toEqual([bars.close[0], bars.close[5]]);
    expect([...days(US).bars.volume]).toEqual([1, 6]);
    // Intraday as well.
    expect([...days(US, '1h').bars.volume]).toEqual([1, 6]);
  });

  it('belong to the extended session, or to the next where there is none', () => {
    expect(dates(US_EXTENDED)).toEqual(['2020-01-03', '2020-01-06']);
    // 1 + 2 + 3 on Friday; Saturday's print is known when Monday's session is over.
    expect([...days(US_EXTENDED).bars.volume]).toEqual([6, 15]);
    expect([...days(US_EXTENDED, '1w').bars.volume]).toEqual([6, 15]);
  });

  it('never make a day after an early close', () => {
    // 2019-11-29 ended at 13:00 (18:00 UTC), extended trading at 17:00 (22:00 UTC).
    const black = barsAt([
      utc('2019-11-29T17:59'),
      utc('2019-11-29T18:30'),
      utc('2019-11-29T23:00'),
    ]);
    const of = (options: BucketOptions): string[] =>
      Array.from(resample(black, timeframe('1m'), timeframe('1d'), options).bars.time, (time) =>
        isoTime(time).slice(0, 10),
      );
    expect(of(US)).toEqual(['2019-11-29']);
    expect(of(US_EXTENDED)).toEqual(['2019-11-29', '2019-12-02']);
  });

  it('are all kept by a calendar without sessions', () => {
    expect([...days(NONE).bars.volume]).toEqual([6, 4, 11]);
  });

  it('lead a date without a session to the next with one', () => {
    // Saturday 2020-01-04 comes when the week of Friday is known: it is the next week's.
    const daily = barsAt(['2020-01-02', '2020-01-03', '2020-01-04'].map((day) => Date.parse(day)));
    const weeks = resample(daily, timeframe('1d'), timeframe('1w'), US);
    expect([...weeks.bars.volume]).toEqual([3, 3]);
    expect(Array.from(weeks.bars.time, (time) => isoTime(time).slice(0, 10))).toEqual([
      '2019-12-30',
      '2020-01-06',
    ]);
  });

  it('have no bars of a day and a half', () => {
    expect(() => resample(bars, timeframe('1m'), timeframe('36h'), US)).toThrow(
      'timeframe: 36h bars are longer than a day but not whole days',
    );
  });
});

describe('nothing that is complete changes', () => {
  const isOpen =
    ({ calendar: market, hours }: BucketOptions) =>
    (time: number): boolean =>
      market.isOpen(time, hours) || market.isOpen(time + 59 * MS_PER_MINUTE, hours);

  it.each([
    // The clocks of New York went forward on 2020-03-08 and back on 2020-11-01.
    ['1h', '2h', US, steps(utc('2020-03-05T14:00'), MS_PER_HOUR, 200, isOpen(US))],
    ['1h', '1d', US, steps(utc('2020-10-29T13:00'), MS_PER_HOUR, 200, isOpen(US))],
    ['30m', '90m', US, steps(utc('2019-11-27T14:30'), MS_PER_HOUR / 2, 300, isOpen(US))],
    ['1h', '4h', US_EXTENDED, steps(utc('2019-07-01T08:00'), MS_PER_HOUR, 150)],
    ['1h', '3h', US_EXTENDED, steps(utc('2020-03-05T08:00'), MS_PER_HOUR, 150)],
    ['1h', '1d', US_EXTENDED, steps(utc('2019-11-27T00:00'), MS_PER_HOUR, 200)],
    ['4h', '8h', FOREX, steps(utc('2020-03-04T03:00'), 4 * MS_PER_HOUR, 80)],
    ['4h', '1d', FOREX, steps(utc('2020-10-28T02:00'), 4 * MS_PER_HOUR, 80)],
    ['4h', '1w', FOREX, steps(utc('2020-10-20T02:00'), 4 * MS_PER_HOUR, 120)],
    ['4h', '1d', CRYPTO, steps(utc('2020-03-06T02:00'), 4 * MS_PER_HOUR, 80)],
    ['4h', '12h', CRYPTO, steps(utc('2020-03-06T03:00'), 4 * MS_PER_HOUR, 80)],
    ['1h', '1w', CRYPTO, steps(utc('2020-03-06T00:30'), MS_PER_HOUR, 400)],
    ['4h', '1d', NONE, steps(utc('2020-03-06T02:00'), 4 * MS_PER_HOUR, 80)],
    ['1h', '1M', US, steps(utc('2020-10-20T13:00'), MS_PER_HOUR, 900, isOpen(US))],
  ])('%s to %s of case %#', (from, to, options, times) => {
    expect(check(barsAt(times), from, to, options)).toBeGreaterThan(10);
  });

  it.each(['1w', '1M', '2d'])('days to %s, with bars on days without a session', (to) => {
    const times = steps(Date.UTC(2019, 11, 20), MS_PER_DAY, 90);
    expect(check(barsAt(times), '1d', to, US)).toBeGreaterThan(10);
  });
});

describe('real bars', () => {
  const zone = US.calendar.zone;
  const newYork = (text: string): number => zone.toInstant(Date.parse(`${text}Z`));
  const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);

  it.skipIf(sharedData('hour/SPY.csv') === undefined)('of an hour never look ahead', () => {
    const all = readRows(sharedData('hour/SPY.csv') ?? '', newYork);
    // Two stretches: 1998 with the holidays of its end, and the changes of the clocks in 2020.
    for (const [from, to] of [
      [1_400, 1_900],
      [38_700, 39_200],
    ] as const) {
      const bars = slice(all, from, to);
      for (const target of ['2h', '4h', '1d', '1w']) {
        expect(check(bars, '1h', target, US)).toBeGreaterThan(10);
      }
    }
  });

  it.skipIf(sharedData('minute/SPY.csv') === undefined)('of a minute never look ahead', () => {
    const spy = slice(readRows(sharedData('minute/SPY.csv') ?? '', newYork), 0, 2_500);
    const bitcoin = slice(
      readRows(sharedData('minute/BTCUSD.csv') ?? '', (text) => Date.parse(`${text}Z`)),
      0,
      2_500,
    );
    for (const target of ['7m', '1h', '1d']) {
      expect(check(spy, '1m', target, US)).toBeGreaterThan(10);
      expect(check(spy, '1m', target, US_EXTENDED)).toBeGreaterThan(10);
      expect(check(bitcoin, '1m', target, CRYPTO)).toBeGreaterThan(10);
    }
  });

  describe.skipIf(sharedData('hour/SPY.csv') === undefined)('joined to days', () => {
    it.each(['SPY', 'AAPL'])('of %s hours are the days of the daily file', (symbol) => {
      const hours = readRows(sharedData(`hour/${symbol}.csv`) ?? '', newYork);
      const days = readRows(sharedData(`daily/${symbol}.csv`) ?? '', day);
      const joined = resample(hours, timeframe('1h'), timeframe('1d'), US).bars;
      // The same days, not one more.
      expect([...joined.time]).toEqual([...days.time]);

      // The file's days are all hour bars of a date, also those of prints after an early close or before
      // a late open. Regular hours leave those out, and nothing else differs.
      const byDate = new Map<number, number[]>();
      hours.time.forEach((time, i) => {
        const date = zone.wallDay(time);
        byDate.set(date, [...(byDate.get(date) ?? []), i]);
      });
      let different = 0;
      days.time.forEach((date, i) => {
        const rows = byDate.get(date) ?? [];
        const session = US.calendar.session(date)?.regular[0];
        const within = rows.filter((k) => {
          const time = hours.time[k] as number;
          return session !== undefined && time < session.to && time + MS_PER_HOUR > session.from;
        });
        const naive = (kept: readonly number[]): number[] => [
          hours.open[kept[0] ?? -1] ?? Number.NaN,
          Math.max(...kept.map((k) => hours.high[k] as number)),
          Math.min(...kept.map((k) => hours.low[k] as number)),
          hours.close[kept.at(-1) ?? -1] ?? Number.NaN,
        ];
        const prices = ({ open, high, low, close }: BarColumns): number[] =>
          [open, high, low, close].map((column) => column[i] as number);
        expect(prices(joined)).toEqual(naive(within));
        expect(prices(days), isoTime(date)).toEqual(naive(rows));
        if (within.length === rows.length) return;
        different += 1;
        const { earlyClose } = US.calendar.session(date) ?? {};
        // 2002-09-11 opened at noon.
        expect(earlyClose === true || isoTime(date).startsWith('2002-09-11')).toBe(true);
      });
      expect(different).toBe(24);
    });

    it.each([
      ['SPY', 6],
      ['AAPL', 3],
    ] as const)('of %s minutes are those of the daily file to a tick', (symbol, count) => {
      const minutes = readRows(sharedData(`minute/${symbol}.csv`) ?? '', newYork);
      const days = readRows(sharedData(`daily/${symbol}.csv`) ?? '', day);
      const joined = resample(minutes, timeframe('1m'), timeframe('1d'), US).bars;
      expect(joined.time.length).toBe(count);
      joined.time.forEach((time, i) => {
        const k = days.time.indexOf(time);
        expect(joined.open[i]).toBe(days.open[k]);
        expect(joined.close[i]).toBe(days.close[k]);
        expect(joined.volume[i]).toBe(days.volume[k]);
        // The two files round extremes differently, by a cent or two.
        expect(Math.abs((joined.high[i] as number) - (days.high[k] as number))).toBeLessThan(0.025);
        expect(Math.abs((joined.low[i] as number) - (days.low[k] as number))).toBeLessThan(0.025);
      });
    });
  });
});
