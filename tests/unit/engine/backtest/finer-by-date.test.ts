import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { FinerBars, finerByDate } from '../../../../engine/backtest/finer-bars.ts';
import { laterSessions } from '../../../../engine/backtest/sessions.ts';
import { MarketCalendar, type CalendarData } from '../../../../engine/domain/calendar.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';

function calendar(name: string): MarketCalendar {
  const text = readFileSync(fromRoot(`resources/calendars/${name}.json`), 'utf8');
  return new MarketCalendar(JSON.parse(text) as CalendarData);
}

/** Bars whose low is their number. */
function barsAt(...times: string[]): BarColumns {
  const numbers = (): Float64Array => Float64Array.from(times, (_, i) => i);
  return {
    time: Float64Array.from(times, (text) => Date.parse(text)),
    open: numbers(),
    high: numbers(),
    low: numbers(),
    close: numbers(),
    volume: numbers(),
  };
}

describe('finer bars of a day', () => {
  // New York is five hours behind in January: the session is 14:30 to 21:00 UTC.
  const finer = barsAt(
    '2024-01-04T13:00Z', // before the open
    '2024-01-04T14:30Z',
    '2024-01-04T20:30Z',
    '2024-01-04T21:00Z', // after the close
    '2024-01-05T00:30Z', // still the evening of the 4th in New York
    '2024-01-05T14:30Z',
    '2024-01-06T15:00Z', // Saturday
  );
  const days = Float64Array.of(Date.UTC(2024, 0, 4), Date.UTC(2024, 0, 5));

  it('are those of the regular hours, from midnight of their date on', () => {
    const dated = finerByDate(finer, days, calendar('us-equity'));
    expect([...dated.low]).toEqual([1, 2, 5]);
    expect([...dated.close]).toEqual([1, 2, 5]);
    expect(Array.from(dated.time, (time) => new Date(time).toISOString())).toEqual([
      '2024-01-04T00:00:00.000Z',
      '2024-01-04T06:00:00.000Z',
      '2024-01-05T00:00:00.000Z',
    ]);
    const found = new FinerBars(days, dated);
    expect([found.of(0), found.of(1)]).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });

  it('stay where they are without sessions, and round the clock', () => {
    expect(finerByDate(finer, days, calendar('none'))).toBe(finer);
    const whole = finerByDate(finer, days, calendar('crypto'));
    expect([...whole.low]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...whole.time]).toEqual([...finer.time.subarray(0, 6)]);
  });
});

describe('sessions that are computed later', () => {
  it('are computed once, when they are looked at', () => {
    let made = 0;
    const sessions = laterSessions(() => {
      made += 1;
      return { day: Float64Array.of(7), first: Uint8Array.of(1), last: Uint8Array.of(0) };
    });
    expect(made).toBe(0);
    expect([sessions.day[0], sessions.first[0], sessions.last[0]]).toEqual([7, 1, 0]);
    expect(made).toBe(1);
  });
});
