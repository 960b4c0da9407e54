import { isoDate, isoTime, MS_PER_DAY } from '../domain/time.ts';
import type { Statistic } from '../domain/backtest.ts';

/** How figures are written in reports. What is not defined is a dash; minus is a true minus sign. */

export const NOT_DEFINED = '–';

const formats = new Map<number, Intl.NumberFormat>();

/** `1,234.50`, `−3.00`. */
export function figure(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return NOT_DEFINED;
  let format = formats.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: 'negative',
    });
    formats.set(digits, format);
  }
  return format.format(value).replace('-', '−');
}

/** A fraction as `12.34%`. */
export function percent(fraction: number, digits = 2): string {
  return Number.isFinite(fraction) ? `${figure(fraction * 100, digits)}%` : NOT_DEFINED;
}

/** The same with a plus, where a change is meant. */
export function change(fraction: number, digits = 2): string {
  const text = percent(fraction, digits);
  return fraction > 0 && text !== percent(0, digits) ? `+${text}` : text;
}

/** Money in full units above 1000, with cents below. */
export function money(value: number): string {
  return figure(value, Math.abs(value) >= 1_000 ? 0 : 2);
}

/** `1 trade`, `2,000 trades`. */
export function counted(count: number, name: string): string {
  return `${figure(count, 0)} ${count === 1 ? name : `${name}s`}`;
}

/**
 * A price with the digits that it has, two at least; at most two above 1000, four above 1, six above a
 * hundredth, and five that count of a smaller one.
 */
export function price(value: number): string {
  if (!Number.isFinite(value)) return NOT_DEFINED;
  const size = Math.abs(value);
  const small = size > 0 && size < 0.01 ? Math.min(20, 4 - Math.floor(Math.log10(size))) : 6;
  const most = size >= 1_000 ? 2 : size >= 1 ? 4 : small;
  const decimals = /\.(\d+)$/.exec(value.toFixed(most).replace(/0+$/, ''))?.[1]?.length ?? 0;
  return figure(value, Math.max(2, decimals));
}

/** `12 days`, `3 h 20 min`. */
export function days(value: number): string {
  if (!Number.isFinite(value)) return NOT_DEFINED;
  if (value === 0 || Math.abs(value) >= 1) {
    const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1;
    const text = figure(value, digits);
    return text === '1' ? '1 day' : `${text} days`;
  }
  const minutes = Math.round(value * 24 * 60);
  if (minutes === 24 * 60) return '1 day';
  const hours = Math.trunc(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}

/** A date at midnight UTC, date and minute otherwise. */
export function instant(time: number): string {
  if (!Number.isFinite(time)) return NOT_DEFINED;
  return time % MS_PER_DAY === 0 ? isoDate(time) : minute(time);
}

export function minute(time: number): string {
  return isoTime(time).slice(0, 16).replace('T', ' ');
}

export function statisticText({ value, unit }: Pick<Statistic, 'value' | 'unit'>): string {
  switch (unit) {
    case 'count':
      return figure(value, 0);
    case 'days':
      return days(value);
    case 'time':
      return instant(value);
    case 'currency':
    case 'percent':
    case 'ratio':
      return figure(value);
  }
}

/** Class of text whose sign has a meaning; the sign itself is always written as well. */
export function tone(value: number): 'up' | 'down' | '' {
  if (value > 0) return 'up';
  return value < 0 ? 'down' : '';
}
