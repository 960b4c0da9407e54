import type { Brand } from './brand.ts';
import { RenataError } from './errors.ts';

/** Milliseconds since 1970-01-01T00:00:00Z, UTC, a safe integer. A bar's time is its start. */
export type UnixMillis = Brand<number, 'UnixMillis'>;

export const MS_PER_SECOND = 1_000;
export const MS_PER_MINUTE = 60_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;

/** The largest instant that JavaScript dates and this store can hold, in milliseconds. */
const MAX_TIME = 8.64e15;

/** @throws RenataError BAD_INPUT unless `value` is an integer within the range of dates. */
export function unixMillis(value: number): UnixMillis {
  if (!Number.isInteger(value) || Math.abs(value) > MAX_TIME) {
    throw new RenataError(
      'BAD_INPUT',
      `Time ${value} is not a whole number of milliseconds since 1970 (UTC).`,
    );
  }
  return value as UnixMillis;
}

const ISO_DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Parses `YYYY-MM-DD` or an ISO 8601 date-time; without an offset it is UTC.
 * @throws RenataError BAD_INPUT naming `what` when the text is no valid date.
 */
export function parseIsoTime(text: string, what = 'date'): UnixMillis {
  const match = ISO_DATE.exec(text.trim());
  if (match !== null) {
    const [, y, mo, d, h = '00', mi = '00', s = '00', frac = '0', zone] = match;
    const day = Date.UTC(Number(y), Number(mo) - 1, Number(d));
    const valid =
      isoDate(day) === `${y}-${mo}-${d}` && Number(h) < 24 && Number(mi) < 60 && Number(s) < 60;
    if (valid) {
      const clock =
        Number(h) * MS_PER_HOUR +
        Number(mi) * MS_PER_MINUTE +
        Number(s) * MS_PER_SECOND +
        Number(frac.padEnd(3, '0'));
      return unixMillis(day + clock - offsetMillis(zone));
    }
  }
  throw new RenataError(
    'BAD_INPUT',
    `${what}: "${text}" is not a date; write it as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ.`,
    { details: { parameter: what } },
  );
}

function offsetMillis(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return (
    sign * (Number(digits.slice(0, 2)) * MS_PER_HOUR + Number(digits.slice(2)) * MS_PER_MINUTE)
  );
}

/** `YYYY-MM-DD` of an instant, UTC. */
export function isoDate(time: number): string {
  return isoTime(time).slice(0, 10);
}

/** `YYYY-MM-DDTHH:MM:SS.sssZ` of an instant. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
