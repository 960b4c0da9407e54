import { timeZone } from '../../../engine/domain/time-zone.ts';
import {
  MS_PER_DAY,
  MS_PER_MINUTE,
  unixMillis,
  type UnixMillis,
} from '../../../engine/domain/time.ts';

/** Where the account is kept decides when its servers are reset. */
export const REGIONS = ['america', 'europe', 'asia'] as const;
export type Region = (typeof REGIONS)[number];

export interface ScheduledBreak {
  readonly until: UnixMillis;
  readonly reason: string;
}

interface Window {
  /** Days of the week on which it begins; 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes after local midnight at which it begins, and how long it lasts. */
  readonly from: number;
  readonly minutes: number;
  readonly zone: string;
  readonly reason: string;
}

const EVERY = [0, 1, 2, 3, 4, 6];
const clock = (hours: number, minutes: number): number => hours * 60 + minutes;
const NIGHTLY = 'Interactive Brokers resets its servers each night';

/** As published by Interactive Brokers in "System Status": Friday night's window is longer everywhere. */
const WINDOWS: Readonly<Record<Region, readonly Window[]>> = {
  america: [
    { days: EVERY, from: clock(23, 45), minutes: 60, zone: 'America/New_York', reason: NIGHTLY },
  ],
  europe: [
    { days: EVERY, from: clock(23, 45), minutes: 60, zone: 'America/New_York', reason: NIGHTLY },
    {
      days: [1, 2, 3, 4, 5, 6, 0],
      from: clock(5, 45),
      minutes: 60,
      zone: 'Europe/Zurich',
      reason: NIGHTLY,
    },
  ],
  asia: [
    {
      days: [1, 2, 3, 4, 5, 6, 0],
      from: clock(4, 45),
      minutes: 45,
      zone: 'Asia/Hong_Kong',
      reason: NIGHTLY,
    },
    {
      days: [1, 2, 3, 4, 5, 6, 0],
      from: clock(20, 15),
      minutes: 45,
      zone: 'Asia/Hong_Kong',
      reason: NIGHTLY,
    },
  ],
};
const FRIDAY: Window = {
  days: [5],
  from: clock(23, 0),
  minutes: 240,
  zone: 'America/New_York',
  reason: 'Interactive Brokers does its weekly maintenance',
};
const NEW_YORK = 'America/New_York';
/** From Sunday 01:00 in New York on, sessions need a full log-in with the second factor. */
const WEEKLY_LOGIN = clock(1, 0);

/** The break that an instant falls into, or null. */
export function scheduledBreak(now: number, region: Region): ScheduledBreak | null {
  let found: ScheduledBreak | null = null;
  for (const window of [FRIDAY, ...WINDOWS[region]]) {
    const zone = timeZone(window.zone);
    const wall = zone.toWall(now);
    const midnight = Math.floor(wall / MS_PER_DAY) * MS_PER_DAY;
    // Today's window, and yesterday's, which may reach over midnight.
    for (const day of [midnight, midnight - MS_PER_DAY]) {
      if (!window.days.includes(new Date(day).getUTCDay())) continue;
      const from = day + window.from * MS_PER_MINUTE;
      const to = from + window.minutes * MS_PER_MINUTE;
      if (wall < from || wall >= to) continue;
      const until = unixMillis(zone.toInstant(to));
      if (found === null || until > found.until) found = { until, reason: window.reason };
    }
  }
  return found;
}

/** The latest instant at which sessions ended for the week. */
export function lastWeeklyLogin(now: number): UnixMillis {
  const zone = timeZone(NEW_YORK);
  const wall = zone.toWall(now);
  const midnight = Math.floor(wall / MS_PER_DAY) * MS_PER_DAY;
  const sunday = midnight - new Date(midnight).getUTCDay() * MS_PER_DAY;
  const login = sunday + WEEKLY_LOGIN * MS_PER_MINUTE;
  return unixMillis(zone.toInstant(wall >= login ? login : login - 7 * MS_PER_DAY));
}
