import { describe, expect, it } from 'vitest';
import type { QualityReport } from '../../../engine/domain/dataset.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { blockColumns } from '../../../electron/storage/import/bar-builder.ts';
import { QualityScanner } from '../../../electron/storage/quality.ts';
import { calendars } from './support.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const at = (text: string): number => Date.parse(`${text}Z`);

/** A report of bars of close `close(i)` at the given times. */
function report(
  times: readonly number[],
  options: {
    calendar?: string;
    length?: string;
    close?: (i: number) => number;
    volume?: (i: number) => number;
    high?: (i: number, close: number) => number;
    block?: number;
    duplicates?: number;
  } = {},
): QualityReport {
  const {
    calendar = 'none',
    length = '1d',
    close = (i) => 100 + Math.sin(i),
    volume = (i) => 100 + i,
    block = 7,
  } = options;
  const scanner = new QualityScanner(calendars.get(calendar), timeframe(length));
  for (let from = 0; from < times.length; from += block) {
    const count = Math.min(block, times.length - from);
    const bars = blockColumns(count);
    for (let k = 0; k < count; k += 1) {
      const i = from + k;
      const price = close(i);
      bars.time[k] = times[i] ?? 0;
      bars.open[k] = price;
      bars.high[k] = options.high?.(i, price) ?? price;
      bars.low[k] = price;
      bars.close[k] = price;
      bars.volume[k] = volume(i);
    }
    scanner.push(bars, count);
  }
  return scanner.finish(options.duplicates);
}

const kinds = (found: QualityReport): string[] =>
  found.issues
    .filter((i) => i.kind !== 'precision-change')
    .map((i) => `${i.severity} ${i.kind} ${i.count}`);
const days = (from: string, to: string): number[] => {
  const list: number[] = [];
  for (let day = at(`${from}T00:00`); day <= at(`${to}T00:00`); day += DAY) list.push(day);
  return list;
};
const nyse = (from: string, to: string): number[] =>
  [...calendars.get('us-equity').sessions(at(`${from}T00:00`), at(`${to}T00:00`))].map(
    (s) => s.day,
  );

describe('gaps and sessions', () => {
  it('finds nothing in a complete daily series', () => {
    const found = report(nyse('2019-12-02', '2020-01-31'), { calendar: 'us-equity' });
    expect(found).toMatchObject({
      barCount: 42,
      expectedBars: 42,
      calendar: 'us-equity',
      issues: [],
    });
  });

  it('names sessions without a bar, runs of them as one place', () => {
    const times = nyse('2019-12-02', '2020-01-31').filter(
      (day) =>
        ![at('2019-12-24T00:00'), at('2020-01-06T00:00'), at('2020-01-07T00:00')].includes(day),
    );
    const found = report(times, { calendar: 'us-equity' });
    expect(found.expectedBars).toBe(42);
    expect(found.issues[0]).toEqual({
      kind: 'gap',
      severity: 'warning',
      count: 3,
      message: '3 sessions of US equities (NYSE, Nasdaq) without a bar, the first on 2019-12-24.',
      times: [at('2019-12-24T00:00'), at('2020-01-06T00:00')],
    });
  });

  it('names bars of days on which the market is closed', () => {
    const found = report(days('2019-12-23', '2019-12-29'), { calendar: 'us-equity' });
    expect(kinds(found)).toEqual(['warning outside-session 3']);
    expect(found.issues[0]?.message).toMatch(/the first at 2019-12-25/);
  });

  it('expects nothing before the calendar begins', () => {
    const found = report(days('1997-12-24', '1998-01-05'), { calendar: 'us-equity' });
    expect(found.expectedBars).toBe(2);
    expect(kinds(found)).toEqual(['warning outside-session 3']);
  });

  it('allows daily bars of forex on Sundays and does not ask for them', () => {
    expect(report(days('2021-03-08', '2021-03-12'), { calendar: 'forex' }).issues).toEqual([]);
    const withSunday = days('2021-03-08', '2021-03-14').filter(
      (day) => new Date(day).getUTCDay() !== 6,
    );
    expect(kinds(report(withSunday, { calendar: 'forex' }))).toEqual([]);
  });

  it('finds nothing in complete minutes, over changes of the clock and early closes', () => {
    const calendar = calendars.get('us-equity');
    for (const [from, to] of [
      ['2020-03-05', '2020-03-11'],
      ['2020-11-25', '2020-11-30'],
    ] as const) {
      const times = [...calendar.sessions(at(`${from}T00:00`), at(`${to}T00:00`))].flatMap(
        (session) => calendar.barTimes(session, MINUTE, 'regular'),
      );
      const found = report(times, { calendar: 'us-equity', length: '1m' });
      expect(found).toMatchObject({ expectedBars: times.length, issues: [] });
    }
  });

  it('tells missing minutes from extended hours and closed ones', () => {
    const calendar = calendars.get('us-equity');
    const sessions = [...calendar.sessions(at('2020-01-02T00:00'), at('2020-01-07T00:00'))];
    const times = [
      at('2020-01-02T13:00'), // before the open
      ...sessions.flatMap((session) => calendar.barTimes(session, MINUTE, 'regular')),
      at('2020-01-04T15:00'), // a Saturday
      at('2020-01-03T23:30'), // after the close
    ]
      .filter(
        (t) =>
          t !== at('2020-01-03T15:00') &&
          t !== at('2020-01-03T15:01') &&
          (t < at('2020-01-06T20:50') || t >= at('2020-01-07T14:35')),
      )
      .toSorted((a, b) => a - b);
    const found = report(times, { calendar: 'us-equity', length: '1m' });
    expect(kinds(found)).toEqual([
      'warning gap 17',
      'warning outside-session 1',
      'info outside-session 2',
    ]);
    expect(found.issues[0]?.message).toBe(
      '17 bars missing in regular hours, in 2 gaps, the first at 2020-01-03 15:00 UTC.',
    );
    expect(found.issues[0]?.times).toEqual([at('2020-01-03T15:00'), at('2020-01-06T20:50')]);
    expect(found.issues[2]?.message).toMatch(/the first at 2020-01-02 13:00 UTC/);
    expect(found.expectedBars).toBe(4 * 390);
  });

  it('counts whole sessions that are missing', () => {
    const calendar = calendars.get('us-equity');
    const times = ['2020-01-02', '2020-01-07'].flatMap((date) => {
      const session = calendar.session(at(`${date}T00:00`));
      return session === null ? [] : calendar.barTimes(session, 3_600_000, 'regular', 1_800_000);
    });
    const found = report(times, { calendar: 'us-equity', length: '1h' });
    expect(kinds(found)).toEqual(['warning gap 14']);
    expect(found.expectedBars).toBe(28);
  });

  it('has no opinion on weeks', () => {
    const found = report([0, 7 * DAY, 28 * DAY], { calendar: 'us-equity', length: '1w' });
    expect(found).toMatchObject({ expectedBars: null, issues: [] });
  });
});

describe('prices', () => {
  const times = days('2020-01-01', '2020-06-30');

  it('marks a close that returns at once, and not a move that stays', () => {
    const spike = report(times, { close: (i) => (i === 60 ? 200 : 100 + (i % 3)) });
    expect(spike.issues.find((issue) => issue.kind === 'spike')).toMatchObject({
      severity: 'warning',
      count: 1,
      times: [times[60]],
      message:
        '1 close far from both neighbours, the first at 2020-03-01 (close 200 between 102 and 101).',
    });
    const move = report(times, { close: (i) => (i >= 60 ? 200 : 100) + (i % 3) });
    expect(kinds(move)).toEqual([]);
  });

  it('finds highs below the close', () => {
    const found = report(times, { high: (i, close) => (i % 50 === 3 ? close - 1 : close) });
    expect(kinds(found)).toEqual(['error ohlc-violation 4']);
  });

  it('finds runs of identical bars once each', () => {
    const found = report(times, {
      close: (i) => (i >= 20 && i < 30 ? 5 : 5 + (i % 2) / 100),
      volume: (i) => (i >= 20 && i < 30 ? 7 : i),
    });
    expect(found.issues.find((issue) => issue.kind === 'stale')).toMatchObject({
      count: 1,
      times: [times[20]],
    });
  });

  it('tells no volume at all from some bars without', () => {
    expect(kinds(report(times, { volume: () => 0 }))).toEqual(['info zero-volume 182']);
    const some = report(times, { volume: (i) => (i === 9 ? 0 : i + 1) });
    expect(kinds(some)).toEqual(['warning zero-volume 1']);
    expect(some.issues[0]?.message).toBe('1 bar without volume, the first at 2020-01-10.');
  });

  it('finds a lasting change of precision and no passing one', () => {
    const long = Array.from({ length: 600 }, (_, i) => i * DAY);
    const lasting = report(long, {
      close: (i) =>
        i < 300
          ? Number((100.01 + (i % 8) / 100).toFixed(2))
          : Number((100.001 + (i % 8) / 1_000).toFixed(3)),
    });
    expect(lasting.issues.filter((issue) => issue.kind === 'precision-change')).toEqual([
      expect.objectContaining({ severity: 'info', count: 1, times: [300 * DAY] }),
    ]);
    const passing = report(long, {
      close: (i) => (i >= 120 && i < 180 ? 100.0001 : 100.01) + (i % 7),
    });
    expect(passing.issues.some((issue) => issue.kind === 'precision-change')).toBe(false);
    const endless = report(long, { close: (i) => Math.PI + i });
    expect(endless.issues.some((issue) => issue.kind === 'precision-change')).toBe(false);
  });

  it('lists at most 100 places, and repeated times that were left out', () => {
    const found = report(times, { volume: () => 0, duplicates: 3 });
    expect(found.issues.find((issue) => issue.kind === 'zero-volume')?.times).toHaveLength(100);
    expect(found.issues[0]).toMatchObject({ kind: 'duplicate', count: 3, times: [] });
  });

  it('does not depend on how bars are cut into blocks', () => {
    const odd = (block: number): QualityReport =>
      report(times, {
        calendar: 'us-equity',
        block,
        close: (i) => (i === 60 ? 200 : 100 + (i % 3)),
        volume: (i) => i % 5,
      });
    expect(odd(1)).toEqual(odd(182));
  });
});
