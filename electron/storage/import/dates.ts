import { RenataError } from '../../../engine/domain/errors.ts';
import {
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
} from '../../../engine/domain/time.ts';
import { utcDay } from '../../../engine/domain/time-zone.ts';

/** How dates are written in a file. A clock time may follow every one but the unix ones. */
export const DATE_FORMATS = [
  'YYYY-MM-DD', // also with / or . between
  'YYYYMMDD', // also YYYYMMDDHHMM and YYYYMMDDHHMMSS
  'DD/MM/YYYY', // also with - or . between, and two-digit years
  'MM/DD/YYYY',
  'D MMM YYYY', // 3-Jan-00, 03 January 2000
  'MMM D YYYY', // Jan 3, 2000
  'unix-s',
  'unix-ms',
  'unix-us',
  'unix-ns',
] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

/** Bars outside these years are taken for a mistake in the file. */
export const FIRST_YEAR = 1800;
export const LAST_YEAR = 2200;
const MIN_TIME = utcDay(FIRST_YEAR, 1, 1);
const MAX_TIME = utcDay(LAST_YEAR + 1, 1, 1);

/** Why a text gave no time. */
export type TimeProblem = 'form' | 'range' | 'year';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const CLOCK =
  /^[T ,]*(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/;

const PATTERNS: Readonly<Record<string, RegExp>> = {
  'YYYY-MM-DD': /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?=$|[T ,])/,
  YYYYMMDD: /^(\d{4})(\d{2})(\d{2})(?=$|[T ,]|\d{4}(?:\d{2})?$)/,
  'DD/MM/YYYY': /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?=$|[T ,])/,
  'MM/DD/YYYY': /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?=$|[T ,])/,
  'D MMM YYYY': /^(\d{1,2})[- /]([A-Za-z]{3,9})\.?[- /,]+(\d{4}|\d{2})(?=$|[T ,])/,
  'MMM D YYYY': /^([A-Za-z]{3,9})\.?[- /](\d{1,2})[- /,]+(\d{4}|\d{2})(?=$|[T ,])/,
};

/** Milliseconds in one unit of a unix format. */
const UNIX: Readonly<Record<string, number>> = {
  'unix-s': 1_000,
  'unix-ms': 1,
  'unix-us': 1e-3,
  'unix-ns': 1e-6,
};

/**
 * Parses the times of one column. One object per column: it remembers the latest date, because the rows
 * of one day follow one another.
 */
export class TimeParser {
  readonly format: DateFormat;
  /** Result of the latest `parse`: UnixMillis where `absolute`, else wall milliseconds. */
  value = 0;
  /** True where the text itself names the instant (a zone, an offset, unix time). */
  absolute = false;
  /** True where the text had a clock time. */
  hasClock = false;
  problem: TimeProblem = 'form';
  readonly #unit: number | undefined;
  readonly #pattern: RegExp | undefined;
  #lastText = '';
  #lastDay = 0;

  constructor(format: DateFormat) {
    this.format = format;
    this.#unit = UNIX[format];
    this.#pattern = PATTERNS[format];
  }

  /**
   * @param clock the text of a separate clock column, '' without one
   * @returns false when the text is no time of this format; `problem` then says why
   */
  parse(text: string, clock = ''): boolean {
    if (this.#unit !== undefined) return this.#parseUnix(text, this.#unit);
    if (this.format === 'YYYY-MM-DD' && this.#parseIso(text, clock)) return true;
    return this.#parsePattern(text.trim(), clock.trim());
  }

  #parseUnix(text: string, unit: number): boolean {
    this.problem = 'form';
    if (!/^\s*-?\d+(?:\.\d+)?\s*$/.test(text)) return false;
    // Whole numbers of nanoseconds pass 2^53, so the last digits are cut before they are rounded.
    const whole = text.trim();
    const exact = unit === 1e-6 && /^-?\d{7,}$/.test(whole);
    const time = exact ? Number(whole.slice(0, -6)) : Math.round(Number(whole) * unit);
    this.value = time;
    this.absolute = true;
    this.hasClock = true;
    this.problem = 'year';
    return time >= MIN_TIME && time < MAX_TIME;
  }

  /** `YYYY-MM-DD` alone or with `HH:MM`, `HH:MM:SS` or `HH:MM:SSZ`, the form of nearly every large file. */
  #parseIso(text: string, clock: string): boolean {
    const length = text.length;
    const zulu = length === 20 && text.charCodeAt(19) === 90;
    if (clock !== '' || (length !== 10 && length !== 16 && length !== 19 && !zulu)) return false;
    let day = this.#lastDay;
    if (!(this.#lastText.length === 10 && text.startsWith(this.#lastText))) {
      if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return false;
      const found = this.#date(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
      if (found === null) return false;
      day = found;
      this.#lastText = text.slice(0, 10);
      this.#lastDay = day;
    }
    let wall = day;
    if (length > 10) {
      const mark = text.charCodeAt(10);
      const hour = digits(text, 11, 2);
      const minute = digits(text, 14, 2);
      const second = length >= 19 ? digits(text, 17, 2) : 0;
      const marks =
        (mark === 32 || mark === 84) &&
        text.charCodeAt(13) === 58 &&
        (length === 16 || text.charCodeAt(16) === 58);
      if (!marks || !(hour < 24 && minute < 60 && second < 60)) return false;
      wall += hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND;
    }
    this.value = wall;
    this.absolute = zulu;
    this.hasClock = length > 10;
    return true;
  }

  #parsePattern(text: string, clock: string): boolean {
    this.problem = 'form';
    const match = this.#pattern?.exec(text);
    if (match === null || match === undefined) return false;
    const [year, month, day] = this.#fields(match);
    this.problem = 'range';
    const date = this.#date(year, month, day);
    if (date === null) return false;
    const rest = `${text.slice(match[0].length)}${clock === '' ? '' : ` ${clock}`}`;
    return this.#clock(rest, date);
  }

  #fields(match: RegExpExecArray): [year: number, month: number, day: number] {
    const [, a = '', b = '', c = '', d = ''] = match;
    switch (this.format) {
      case 'YYYY-MM-DD':
        return [Number(a), Number(c), Number(d)];
      case 'YYYYMMDD':
        return [Number(a), Number(b), Number(c)];
      case 'DD/MM/YYYY':
        return [fullYear(d), Number(c), Number(a)];
      case 'MM/DD/YYYY':
        return [fullYear(d), Number(a), Number(c)];
      case 'D MMM YYYY':
        return [fullYear(c), monthNumber(b), Number(a)];
      default:
        return [fullYear(c), monthNumber(a), Number(b)];
    }
  }

  #date(year: number, month: number, day: number): number | null {
    this.problem = 'range';
    if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return null;
    const date = utcDay(year, month, day);
    if (new Date(date).getUTCDate() !== day) return null;
    this.problem = 'year';
    return year >= FIRST_YEAR && year <= LAST_YEAR ? date : null;
  }

  #clock(text: string, date: number): boolean {
    this.absolute = false;
    this.hasClock = text.trim() !== '';
    this.value = date;
    if (!this.hasClock) return true;
    this.problem = 'form';
    const match = CLOCK.exec(text);
    if (match === null) return false;
    const [, h = '', m = '', s = '0', fraction = '', half, zone] = match;
    const hour = half === undefined ? Number(h) : (Number(h) % 12) + (/p/i.test(half) ? 12 : 0);
    const minute = Number(m);
    const second = Number(s);
    this.problem = 'range';
    const possible =
      hour < 24 && minute < 60 && second < 60 && (half === undefined || Number(h) <= 12);
    if (!possible) return false;
    this.value +=
      hour * MS_PER_HOUR +
      minute * MS_PER_MINUTE +
      second * MS_PER_SECOND +
      Number(fraction.slice(0, 3).padEnd(3, '0'));
    if (zone !== undefined) {
      this.absolute = true;
      this.value -= zoneOffset(zone);
    }
    return true;
  }
}

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Two digits mean 1970 to 2069, as POSIX has it with a year's difference (69 is 2069 here). */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

function monthNumber(name: string): number {
  return MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

function zoneOffset(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const number = zone.slice(1).replace(':', '');
  const size = Number(number.slice(0, 2)) * MS_PER_HOUR + Number(number.slice(2)) * MS_PER_MINUTE;
  return zone.startsWith('-') ? -size : size;
}

/** Whether a text looks like a clock time alone: `09:30`, `9:30:00`, `093000`, `9:30 AM`. */
export function isClock(text: string): boolean {
  const plain = text.trim();
  return (
    /^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(\s*[AaPp][Mm])?$/.test(plain) ||
    /^([01]\d|2[0-3])[0-5]\d([0-5]\d)?$/.test(plain)
  );
}

/**
 * The formats that every one of the texts fits, in the order of DATE_FORMATS. Day-first and month-first
 * are both returned where the values do not tell them apart.
 */
export function fittingFormats(texts: readonly string[], clocks?: readonly string[]): DateFormat[] {
  if (texts.length === 0) return [];
  const unix = unixFormat(texts);
  if (unix !== null) return [unix];
  return DATE_FORMATS.filter((format) => {
    if (UNIX[format] !== undefined) return false;
    const parser = new TimeParser(format);
    return texts.every((text, index) => parser.parse(text, clocks?.[index] ?? ''));
  });
}

/** Unix times are told apart by size: 1973 to 2286 has 9 to 10 digits in seconds, three more in ms, … */
function unixFormat(texts: readonly string[]): DateFormat | null {
  let format: DateFormat | null = null;
  for (const text of texts) {
    const match = /^\s*-?(\d+)(?:\.\d+)?\s*$/.exec(text);
    const length = match?.[1]?.length ?? 0;
    // 12 and 14 digits can be a date with a clock; they are, where they make one.
    if (length === 12 || length === 14) {
      if (new TimeParser('YYYYMMDD').parse(text)) return null;
    }
    const found =
      length === 9 || length === 10
        ? 'unix-s'
        : length === 12 || length === 13
          ? 'unix-ms'
          : length === 15 || length === 16
            ? 'unix-us'
            : length === 18 || length === 19
              ? 'unix-ns'
              : null;
    if (found === null || (format !== null && format !== found)) return null;
    format = found;
  }
  return format;
}

/**
 * The format that an option names, in any letter case and with any separator.
 * @throws RenataError BAD_INPUT listing the formats.
 */
export function dateFormat(text: string): DateFormat {
  const plain = text.trim().toLowerCase();
  const date = plain.split(/[t ,]+h/)[0] ?? plain;
  const known = DATE_FORMATS.find((format) => shape(format) === shape(date));
  if (known !== undefined) return known;
  throw new RenataError(
    'BAD_INPUT',
    `dateFormat: "${text}" is not known; use one of ${DATE_FORMATS.join(', ')}, or leave it out to have it detected.`,
    { details: { parameter: 'dateFormat' } },
  );
}

function shape(format: string): string {
  const lower = format.toLowerCase();
  if (lower.startsWith('unix')) return lower;
  const letters = lower.replace(/[-/. ,]+/g, '/').replace(/\/$/, '');
  if (letters === 'yyyymmdd') return letters;
  return letters
    .replaceAll(/y+/g, 'y')
    .replaceAll('mmm', 'n')
    .replaceAll(/d+/g, 'd')
    .replaceAll(/m+/g, 'm')
    .replaceAll('n', 'mmm');
}

/** Midnight of a wall time's day. */
export function wallMidnight(wall: number): number {
  return Math.floor(wall / MS_PER_DAY) * MS_PER_DAY;
}
