import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MarketCalendar } from '../../../engine/domain/calendar.ts';
import type { CalendarData } from '../../../engine/domain/calendar.ts';

const DAY = 86_400_000;
const data = (name: string): CalendarData =>
  JSON.parse(readFileSync(`resources/calendars/${name}.json`, 'utf8')) as CalendarData;
const calendar = (name: string): MarketCalendar => new MarketCalendar(data(name));
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);
const utc = (text: string): number => Date.parse(`${text}Z`);
const text = (time: number): string => new Date(time).toISOString().slice(0, 10);

describe('us-equity', () => {
  const nyse = calendar('us-equity');

  it.each([
    ['1999-07-05', 'Independence Day'], // the 4th was a Sunday
    ['1999-12-24', 'Christmas Day'], // the 25th was a Saturday
    ['2000-04-21', 'Good Friday'],
    ['2001-09-11', 'Terrorist attacks'],
    ['2012-10-29', 'Hurricane Sandy'],
    ['2012-11-22', 'Thanksgiving Day'],
    ['2021-05-31', 'Memorial Day'],
    ['2022-06-20', 'Juneteenth'], // the 19th was a Sunday
    ['2025-01-09', 'Mourning for President Carter'],
  ])('is closed on %s, %s', (date, reason) => {
    expect(nyse.isSession(day(date))).toBe(false);
    expect(nyse.holiday(day(date))).toBe(reason);
  });

  it.each(['1999-12-31', '2010-12-31', '2021-06-18', '2021-12-31', '2004-12-31', '2020-01-02'])(
    'is open on %s',
    (date) => {
      expect(nyse.isSession(day(date))).toBe(true);
      expect(nyse.holiday(day(date))).toBeNull();
    },
  );

  it('is closed at weekends without a reason', () => {
    expect(nyse.isSession(day('2020-01-04'))).toBe(false);
    expect(nyse.holiday(day('2020-01-04'))).toBeNull();
  });

  it('gives sessions in UTC with daylight saving time', () => {
    expect(nyse.session(day('2020-01-02'))).toEqual({
      day: day('2020-01-02'),
      regular: [{ from: utc('2020-01-02T14:30:00'), to: utc('2020-01-02T21:00:00') }],
      extended: [{ from: utc('2020-01-02T09:00:00'), to: utc('2020-01-03T01:00:00') }],
      earlyClose: false,
    });
    expect(nyse.session(day('2020-07-01'))?.regular).toEqual([
      { from: utc('2020-07-01T13:30:00'), to: utc('2020-07-01T20:00:00') },
    ]);
  });

  it('ends an early close at 13:00 and its extended hours at 17:00', () => {
    const session = nyse.session(day('2020-11-27'));
    expect(session?.earlyClose).toBe(true);
    expect(session?.regular).toEqual([
      { from: utc('2020-11-27T14:30:00'), to: utc('2020-11-27T18:00:00') },
    ]);
    expect(session?.extended[0]?.to).toBe(utc('2020-11-27T22:00:00'));
  });

  it('opened at noon on the anniversary of the attacks', () => {
    expect(nyse.session(day('2002-09-11'))?.regular[0]?.from).toBe(utc('2002-09-11T16:00:00'));
  });

  it('tells regular from extended hours', () => {
    expect(nyse.isOpen(utc('2020-01-02T14:30:00'), 'regular')).toBe(true);
    expect(nyse.isOpen(utc('2020-01-02T14:29:59'), 'regular')).toBe(false);
    expect(nyse.isOpen(utc('2020-01-02T14:29:59'), 'extended')).toBe(true);
    expect(nyse.isOpen(utc('2020-01-02T21:00:00'), 'regular')).toBe(false);
    expect(nyse.isOpen(utc('2020-01-04T15:00:00'), 'extended')).toBe(false);
  });

  it('lists sessions of a range', () => {
    const days = [...nyse.sessions(day('2019-12-23') + 1, day('2020-01-02'))].map((s) =>
      text(s.day),
    );
    expect(days).toEqual([
      '2019-12-24',
      '2019-12-26',
      '2019-12-27',
      '2019-12-30',
      '2019-12-31',
      '2020-01-02',
    ]);
  });

  it('expects bars on a grid from local midnight, or moved by a phase', () => {
    const session = nyse.session(day('2020-01-02'));
    if (session === null) throw new Error('no session');
    const hours = nyse.barTimes(session, 3_600_000, 'regular');
    expect(hours.map((t) => new Date(t).toISOString().slice(11, 16))).toEqual([
      '14:00',
      '15:00',
      '16:00',
      '17:00',
      '18:00',
      '19:00',
      '20:00',
    ]);
    const moved = nyse.barTimes(session, 3_600_000, 'regular', 1_800_000);
    expect(new Date(moved[0] ?? 0).toISOString().slice(11, 16)).toBe('14:30');
    expect(moved).toHaveLength(7);
    expect(nyse.barTimes(session, 60_000, 'regular')).toHaveLength(390);
    expect(nyse.barTimes(session, 60_000, 'extended')).toHaveLength(960);
  });

  const database = '../shared/data/market-hours-database.json';
  it.skipIf(!existsSync(database))(
    'has the holidays and early closes of the market-hours database',
    () => {
      const entry = (
        JSON.parse(readFileSync(database, 'utf8')) as {
          entries: Record<string, { holidays: string[]; earlyCloses: Record<string, string> }>;
        }
      ).entries['Equity-usa-[*]'];
      const iso = (date: string): string => {
        const [m = '', d = '', y = ''] = date.split('/');
        return `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
      };
      const holidays = new Set(entry?.holidays.map(iso));
      const closes = new Map(
        Object.entries(entry?.earlyCloses ?? {}).map(([date, at]) => [iso(date), at]),
      );
      // The database begins its early closes with November 1999 and lacks that of the century's last day;
      // hourly bars of SPY, checked below, end at 13:00 on all three days.
      for (const date of ['1998-11-27', '1998-12-24', '1999-12-31']) closes.set(date, '13:00:00');
      let sessions = 0;
      for (let d = day('1998-01-01'); d <= day('2028-12-31'); d += DAY) {
        const weekday = new Date(d).getUTCDay();
        if (weekday === 0 || weekday === 6) continue;
        expect([text(d), nyse.isSession(d)]).toEqual([text(d), !holidays.has(text(d))]);
        const session = nyse.session(d);
        if (session === null) continue;
        sessions += 1;
        expect([text(d), session.earlyClose]).toEqual([text(d), closes.has(text(d))]);
      }
      expect(sessions).toBeGreaterThan(7_700);
    },
  );

  const daily = '../shared/data/daily/SPY.csv';
  it.skipIf(!existsSync(daily))(
    'has exactly the sessions on which SPY traded from 1998 to 2021',
    () => {
      const traded = readFileSync(daily, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.slice(0, 10));
      const sessions = [...nyse.sessions(day('1998-01-02'), day('2021-03-31'))].map((s) =>
        text(s.day),
      );
      expect(sessions).toEqual(traded);
    },
  );

  const hourly = '../shared/data/hour/SPY.csv';
  it.skipIf(!existsSync(hourly))('closes early on every day on which SPY stopped early', () => {
    const last = new Map<string, string>();
    for (const line of readFileSync(hourly, 'utf8').trim().split('\n').slice(1)) {
      last.set(line.slice(0, 10), line.slice(11, 16));
    }
    let early = 0;
    for (const [date, time] of last) {
      if (time >= '15:00') continue;
      early += 1;
      expect([date, nyse.session(day(date))?.earlyClose]).toEqual([date, true]);
    }
    expect(early).toBeGreaterThan(30);
  });
});

describe('other calendars', () => {
  it('crypto trades every minute of every day', () => {
    const crypto = calendar('crypto');
    const session = crypto.session(day('2020-12-25'));
    expect(session?.regular).toEqual([{ from: day('2020-12-25'), to: day('2020-12-26') }]);
    expect(crypto.isOpen(utc('2020-12-26T23:59:59'), 'regular')).toBe(true);
    expect(session === null ? 0 : crypto.barTimes(session, 60_000, 'regular').length).toBe(1_440);
    expect(crypto.expectsDailyBar(day('2020-12-26'))).toBe(true);
  });

  it('forex trades from Sunday to Friday, 17:00 in New York', () => {
    const forex = calendar('forex');
    expect(forex.isOpen(utc('2021-03-12T21:59:00'), 'regular')).toBe(true);
    expect(forex.isOpen(utc('2021-03-12T22:00:00'), 'regular')).toBe(false);
    expect(forex.isOpen(utc('2021-03-13T12:00:00'), 'regular')).toBe(false);
    // Clocks go forward on this Sunday, so 17:00 is an hour earlier in UTC.
    expect(forex.isOpen(utc('2021-03-14T20:59:00'), 'regular')).toBe(false);
    expect(forex.isOpen(utc('2021-03-14T21:00:00'), 'regular')).toBe(true);
    expect(forex.expectsDailyBar(day('2021-03-14'))).toBe(false);
    expect(forex.expectsDailyBar(day('2021-03-15'))).toBe(true);
    expect(forex.holiday(day('2020-12-25'))).toBe('Christmas Day');
  });

  it('none expects nothing and is never closed', () => {
    const none = calendar('none');
    expect(none.hasSessions).toBe(false);
    expect(none.session(day('2020-01-02'))).toBeNull();
    expect(none.isOpen(utc('2020-01-04T03:00:00'), 'regular')).toBe(true);
  });

  it('names the file and the field of data that are wrong', () => {
    const base = data('crypto');
    const wrong = (change: Partial<CalendarData>) => () =>
      new MarketCalendar({ ...base, ...change });
    expect(wrong({ validFrom: '2020-02-30' })).toThrow(/Calendar crypto: "2020-02-30" is no date/);
    expect(wrong({ week: { '1': { regular: [['09:00', '25:00']] } } })).toThrow(
      /"25:00" is no clock time/,
    );
    expect(wrong({ week: { '1': { regular: [['9', '10:00']] } } })).toThrow(/"9" is no clock time/);
    expect(wrong({ week: { '1': { regular: [['10:00', '09:00']] } } })).toThrow(
      /does not end after/,
    );
    expect(wrong({ timeZone: 'Nowhere' })).toThrow(/not a time zone/);
    expect(wrong({ holidays: [{ name: 'Some day', month: 3 }] })).toThrow(
      /"Some day" needs month and day/,
    );
  });

  it('follows rules that hold for some years, and holidays that cross a year', () => {
    const calendar = new MarketCalendar({
      ...data('us-equity'),
      validFrom: null,
      holidays: [
        { name: 'New Year', month: 1, day: 1, observed: 'nearest' },
        { name: 'Once', month: 3, day: 3, from: 2020, to: 2020 },
        { name: 'Second last Friday of May', month: 5, weekday: 5, nth: -2 },
      ],
      closures: [],
    });
    expect(calendar.holiday(day('2021-12-31'))).toBe('New Year'); // 2022-01-01 is a Saturday
    expect(calendar.holiday(day('2020-03-03'))).toBe('Once');
    expect(calendar.holiday(day('2021-03-03'))).toBeNull();
    expect(calendar.holiday(day('2021-05-21'))).toBe('Second last Friday of May');
  });
});
