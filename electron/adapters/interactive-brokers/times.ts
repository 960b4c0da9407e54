import { timeZone } from '../../../engine/domain/time-zone.ts';
import { unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';

const STAMP = /^(\d{4})(\d{2})(\d{2})(?:[ -]+(\d{2}):(\d{2})(?::(\d{2}))?)?(?: +(\S+))?$/;

/** Zones that TWS writes by names which are not IANA's. */
const ZONES: Readonly<Record<string, string>> = {
  EST: 'America/New_York',
  EDT: 'America/New_York',
  EST5EDT: 'America/New_York',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  JST: 'Asia/Tokyo',
  HKT: 'Asia/Hong_Kong',
  MET: 'Europe/Berlin',
  CET: 'Europe/Berlin',
  GMT: 'UTC',
  Z: 'UTC',
};

/**
 * An instant as TWS writes it: "20240102 10:00:00 US/Eastern" or, in UTC, "20240102-15:00:00". Without a
 * zone it is `otherwise`'s. null when it is no such text.
 */
export function readStamp(text: string, otherwise = 'UTC'): UnixMillis | null {
  const match = STAMP.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0', zone] = match;
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hours),
    Number(minutes),
    Number(seconds),
  );
  const name = zone ?? (text.includes('-') ? 'UTC' : otherwise);
  try {
    return unixMillis(
      timeZone((Object.hasOwn(ZONES, name) ? ZONES[name] : undefined) ?? name).toInstant(wall),
    );
  } catch {
    return null;
  }
}

/** "20240102-15:00:00": UTC, which every version that is spoken understands. */
export function stampOf(time: number): string {
  const text = new Date(time).toISOString();
  return `${text.slice(0, 10).replaceAll('-', '')}-${text.slice(11, 19)}`;
}

/** Midnight UTC of a date that TWS writes as "20240102"; null when it is none. */
export function readDate(text: string): UnixMillis | null {
  return /^\d{8}$/.test(text) ? readStamp(text) : null;
}
