import { describe, expect, it } from 'vitest';
import { TimeZone, timeZone, utcDay } from '../../../engine/domain/time-zone.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);

describe('TimeZone', () => {
  it('knows summer and winter time of New York', () => {
    const zone = timeZone('America/New_York');
    expect(zone.toWall(utc('2020-01-02T14:30:00'))).toBe(utc('2020-01-02T09:30:00'));
    expect(zone.toWall(utc('2020-07-01T13:30:00'))).toBe(utc('2020-07-01T09:30:00'));
    expect(zone.toInstant(utc('2020-07-01T09:30:00'))).toBe(utc('2020-07-01T13:30:00'));
    expect(zone.offsetAt(utc('2020-07-01T13:30:00'))).toBe(-4 * 3_600_000);
  });

  it('knows that the rules of the United States changed in 2007', () => {
    const zone = timeZone('America/New_York');
    // Clocks went forward on the first Sunday of April until 2006, on the second of March since.
    expect(zone.offsetAt(utc('2006-03-20T12:00:00'))).toBe(-5 * 3_600_000);
    expect(zone.offsetAt(utc('2007-03-20T12:00:00'))).toBe(-4 * 3_600_000);
    expect(zone.offsetAt(utc('2006-04-02T06:59:59'))).toBe(-5 * 3_600_000);
    expect(zone.offsetAt(utc('2006-04-02T07:00:00'))).toBe(-4 * 3_600_000);
  });

  it('takes a skipped reading as if clocks had not been set forward', () => {
    const zone = timeZone('America/New_York');
    // 2020-03-08 02:30 does not exist; it becomes 03:30 EDT.
    expect(zone.toInstant(utc('2020-03-08T02:30:00'))).toBe(utc('2020-03-08T07:30:00'));
    expect(zone.toInstant(utc('2020-03-08T01:59:59'))).toBe(utc('2020-03-08T06:59:59'));
    expect(zone.toInstant(utc('2020-03-08T03:00:00'))).toBe(utc('2020-03-08T07:00:00'));
  });

  it('takes a repeated reading as the first one unless told', () => {
    const zone = timeZone('America/New_York');
    const wall = utc('2020-11-01T01:30:00');
    expect(zone.toInstant(wall)).toBe(utc('2020-11-01T05:30:00'));
    expect(zone.toInstant(wall, 'second')).toBe(utc('2020-11-01T06:30:00'));
    expect(zone.toInstant(utc('2020-11-01T02:00:00'), 'second')).toBe(utc('2020-11-01T07:00:00'));
  });

  it.each([
    ['Asia/Kolkata', 5.5],
    ['Asia/Hong_Kong', 8],
    ['Australia/Lord_Howe', 10.5],
    ['UTC', 0],
  ])('knows %s, %d hours from UTC in July 2021', (name, hours) => {
    expect(timeZone(name).offsetAt(utc('2021-07-15T00:00:00'))).toBe(hours * 3_600_000);
  });

  it('knows offsets with seconds from before standard time', () => {
    // Local mean time of New York, used until 1883.
    expect(new TimeZone('America/New_York').offsetAt(utc('1850-01-01T00:00:00'))).toBe(
      -(4 * 3_600 + 56 * 60 + 2) * 1_000,
    );
  });

  it('finds the local day of an instant', () => {
    const zone = timeZone('Asia/Tokyo');
    expect(zone.wallDay(utc('2020-01-01T20:00:00'))).toBe(utc('2020-01-02T00:00:00'));
  });

  it('agrees with the formatter of the runtime at thousands of instants', () => {
    for (const name of [
      'America/New_York',
      'Europe/London',
      'Australia/Sydney',
      'Africa/Casablanca',
    ]) {
      const zone = new TimeZone(name);
      const format = new Intl.DateTimeFormat('sv-SE', {
        timeZone: name,
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      for (
        let t = utc('1999-12-25T00:00:00');
        t < utc('2024-01-01T00:00:00');
        t += 37.3 * 3_600_000
      ) {
        const instant = Math.floor(t / 1_000) * 1_000;
        expect(new Date(zone.toWall(instant)).toISOString().slice(0, 19)).toBe(
          format.format(instant).replace(' ', 'T'),
        );
      }
    }
  });

  it('is its own inverse away from changes of the clock, in any order of calls', () => {
    const zone = new TimeZone('America/New_York');
    for (let i = 0; i < 5_000; i += 1) {
      const instant =
        utc('1990-01-01T00:00:00') + ((i * 7_919) % 12_000) * 86_400_000 + 15 * 3_600_000;
      expect(zone.toInstant(zone.toWall(instant))).toBe(instant);
    }
  });

  it('refuses names that are no zone', () => {
    expect(() => timeZone('New York')).toThrow(/"New York" is not a time zone/);
  });

  it('takes years below 100 as they are written', () => {
    expect(new Date(utcDay(20, 1, 2)).toISOString()).toBe('0020-01-02T00:00:00.000Z');
  });
});
