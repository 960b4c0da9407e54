import type { Statistic } from '../../engine/domain/backtest.ts';
import { isoDate, isoTime, MS_PER_DAY } from '../../engine/domain/time.ts';
import { isDailyOrLonger, timeframe } from '../../engine/domain/timeframe.ts';

/** How numbers, times and foreign text are written for people. */

export const NOT_AVAILABLE = 'n/a';

const formats = new Map<number, Intl.NumberFormat>();

/** `1,234.50`; `n/a` where the value is not a number. */
export function formatNumber(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return NOT_AVAILABLE;
  let format = formats.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: 'negative',
    });
    formats.set(digits, format);
  }
  return format.format(value);
}

/** A price with the digits that it has, two at least and six at most. */
export function formatPrice(value: number): string {
  if (!Number.isFinite(value)) return NOT_AVAILABLE;
  return new Intl.NumberFormat('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  }).format(value);
}

export function formatStatistic({ value, unit }: Statistic): string {
  if (!Number.isFinite(value)) return NOT_AVAILABLE;
  switch (unit) {
    case 'percent':
    case 'currency':
    case 'ratio':
      return formatNumber(value, 2);
    case 'count':
      return formatNumber(value);
    case 'days':
      return formatDays(value);
    case 'time':
      return formatInstant(value);
  }
}

/** `12 days`, `1.5 days`; below a day `3 h 20 min`. */
export function formatDays(days: number): string {
  if (!Number.isFinite(days)) return NOT_AVAILABLE;
  if (days === 0 || Math.abs(days) >= 1) {
    return `${formatNumber(days, Number.isInteger(days) ? 0 : 1)} days`;
  }
  const minutes = Math.round(days * 24 * 60);
  const hours = Math.trunc(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}

/** A date where the instant is midnight UTC, date and minute otherwise. */
export function formatInstant(time: number): string {
  return time % MS_PER_DAY === 0 ? isoDate(time) : formatMinute(time);
}

export function formatMinute(time: number): string {
  return isoTime(time).slice(0, 16).replace('T', ' ');
}

/** Writer of bar times: dates for daily and longer bars, ISO 8601 in UTC otherwise. */
export function barTimeWriter(frame: string): (time: number) => string {
  return isDailyOrLonger(timeframe(frame))
    ? isoDate
    : (time) => isoTime(time).replace('.000Z', 'Z');
}

/** The same, for people: without the seconds when they are all alike. */
export function barTimeFormat(frame: string): (time: number) => string {
  return isDailyOrLonger(timeframe(frame)) ? isoDate : formatMinute;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${formatNumber(value, unit === 0 || value >= 100 ? 0 : 1)} ${units[unit] ?? ''}`;
}

/** `1 bar`, `5,105 bars` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** Text from files and names without the control characters that would move a terminal's cursor. */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
