import { checkHolidayRules, ruleDays } from './calendar-rules.ts';
import type { CloseRule, HolidayRule } from './calendar-rules.ts';
import { RenataError } from './errors.ts';
import { isoDate, MS_PER_DAY, MS_PER_MINUTE } from './time.ts';
import { timeZone } from './time-zone.ts';
import type { TimeZone } from './time-zone.ts';

/** Local clock times `HH:MM` from (inclusive) and to (exclusive); `24:00` is the end of the day. */
type ClockSpan = readonly [from: string, to: string];

/** A market's sessions as data, one file each in `resources/calendars`. */
export interface CalendarData {
  readonly name: string;
  readonly title: string;
  /** IANA zone of every clock time in it. */
  readonly timeZone: string;
  /** First and last day for which holidays are known, `YYYY-MM-DD`; `null` is without end. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  /** Sessions by weekday, 0 Sunday to 6 Saturday; a weekday that is absent is closed. */
  readonly week: Readonly<
    Record<
      string,
      { readonly regular: readonly ClockSpan[]; readonly extended?: readonly ClockSpan[] }
    >
  >;
  /** Weekdays that trade but for which sources may or may not give a daily bar (Sunday in forex). */
  readonly optionalDailyBars: readonly number[];
  readonly holidays: readonly HolidayRule[];
  /** Closed for one day: `[date, reason]`. */
  readonly closures: readonly (readonly [date: string, reason: string])[];
  readonly earlyCloses: readonly CloseRule[];
  /** One day with another close: `[date, HH:MM, reason]`. */
  readonly specialCloses: readonly (readonly [date: string, close: string, reason: string])[];
  /** One day with another open: `[date, HH:MM, reason]`. */
  readonly specialOpens: readonly (readonly [date: string, open: string, reason: string])[];
  /** Length of extended trading after an early close, in minutes. */
  readonly minutesAfterEarlyClose: number;
}

/** Instants in UnixMillis: from inclusive, to exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One day on which the market trades. */
export interface Session {
  /** UnixMillis of midnight UTC of the session's local date: the time of its daily bar. */
  readonly day: number;
  readonly regular: readonly Span[];
  /** Regular hours and the hours before and after them, joined where they touch. */
  readonly extended: readonly Span[];
  readonly earlyClose: boolean;
}

export type SessionHours = 'regular' | 'extended';

interface DaySpans {
  readonly regular: readonly (readonly [from: number, to: number])[];
  readonly extended: readonly (readonly [from: number, to: number])[];
}

/**
 * Answers when a market trades. Days are UnixMillis of midnight UTC of a local date, as the times of
 * daily bars are. A calendar without any weekday (`none`) expects nothing and calls every time open.
 */
export class MarketCalendar {
  readonly name: string;
  readonly title: string;
  readonly zone: TimeZone;
  readonly validFrom: number;
  readonly validTo: number;
  /** False for the calendar that knows no sessions. */
  readonly hasSessions: boolean;
  readonly #week = new Map<number, DaySpans>();
  readonly #optionalDaily: ReadonlySet<number>;
  readonly #data: CalendarData;
  readonly #years = new Map<number, { closed: Map<number, string>; closes: Map<number, number> }>();
  readonly #opens = new Map<number, number>();

  /** @throws RenataError BAD_INPUT naming the calendar and the field that is wrong. */
  constructor(data: CalendarData) {
    this.name = data.name;
    this.title = data.title;
    this.zone = timeZone(data.timeZone);
    this.#data = data;
    this.validFrom = data.validFrom === null ? Number.NEGATIVE_INFINITY : this.#day(data.validFrom);
    this.validTo = data.validTo === null ? Number.POSITIVE_INFINITY : this.#day(data.validTo);
    this.#optionalDaily = new Set(data.optionalDailyBars);
    for (const [weekday, spans] of Object.entries(data.week)) {
      const regular = spans.regular.map((span) => this.#span(span));
      const extended = joined([
        ...regular,
        ...(spans.extended ?? []).map((span) => this.#span(span)),
      ]);
      this.#week.set(Number(weekday), { regular, extended });
    }
    this.hasSessions = this.#week.size > 0;
    checkHolidayRules(data.name, data.holidays, data.earlyCloses);
    for (const [date, open] of data.specialOpens)
      this.#opens.set(this.#day(date), this.#clock(open));
  }

  /** What it was made of. */
  get data(): CalendarData {
    return this.#data;
  }

  /** The session of a day, or `null` when the market is closed. */
  session(day: number): Session | null {
    const spans = this.#week.get(new Date(day).getUTCDay());
    if (spans === undefined) return null;
    const year = this.#year(new Date(day).getUTCFullYear());
    if (year.closed.has(day)) return null;
    const close = year.closes.get(day);
    const open = this.#opens.get(day);
    let { regular, extended } = spans;
    if (close !== undefined) {
      const end = close + this.#data.minutesAfterEarlyClose * MS_PER_MINUTE;
      regular = cut(regular, 0, close);
      extended = cut(extended, 0, end);
    }
    if (open !== undefined) regular = cut(regular, open, Number.POSITIVE_INFINITY);
    const instants = (list: readonly (readonly [number, number])[]): Span[] =>
      list.map(([from, to]) => ({
        from: this.zone.toInstant(day + from),
        to: this.zone.toInstant(day + to),
      }));
    return {
      day,
      regular: instants(regular),
      extended: instants(extended),
      earlyClose: close !== undefined,
    };
  }

  /** True when the market has a session on this day. */
  isSession(day: number): boolean {
    return this.session(day) !== null;
  }

  /** Why the market is closed on a weekday that it usually trades on; `null` when it is not. */
  holiday(day: number): string | null {
    return this.#year(new Date(day).getUTCFullYear()).closed.get(day) ?? null;
  }

  /** Sessions from the day `first` to the day `last`, both inclusive, in order. */
  *sessions(first: number, last: number): Generator<Session> {
    for (let day = startOfDay(first); day <= last; day += MS_PER_DAY) {
      const session = this.session(day);
      if (session !== null) yield session;
    }
  }

  /** Whether the market trades at an instant. */
  isOpen(instant: number, hours: SessionHours): boolean {
    if (!this.hasSessions) return true;
    const session = this.session(this.zone.wallDay(instant));
    if (session === null) return false;
    return session[hours].some((span) => instant >= span.from && instant < span.to);
  }

  /** Whether a daily bar of this day must exist (and not merely may). */
  expectsDailyBar(day: number): boolean {
    return !this.#optionalDaily.has(new Date(day).getUTCDay()) && this.isSession(day);
  }

  /**
   * Times at which bars of `length` milliseconds (less than a day) start in the regular or extended
   * hours of a session. Bars lie on a grid of `length` from local midnight, moved by `phase`; the first
   * may start before the open, as the 09:00 bar of an hourly series does for a 09:30 open.
   */
  barTimes(session: Session, length: number, hours: SessionHours, phase = 0): number[] {
    const times: number[] = [];
    for (const span of session[hours]) {
      const fromWall = this.zone.toWall(span.from) - session.day - phase;
      const wall = session.day + phase + Math.floor(fromWall / length) * length;
      const start = span.from - (this.zone.toWall(span.from) - wall);
      for (let time = start; time < span.to; time += length) {
        if (time !== times.at(-1)) times.push(time);
      }
    }
    return times;
  }

  #year(year: number): { closed: Map<number, string>; closes: Map<number, number> } {
    const known = this.#years.get(year);
    if (known !== undefined) return known;
    const closed = new Map<number, string>();
    const closes = new Map<number, number>();
    const inYear = (day: number): boolean => new Date(day).getUTCFullYear() === year;
    // A holiday of the next year can be observed on the last day of this one.
    for (const source of [year, year + 1]) {
      for (const rule of this.#data.holidays) {
        for (const day of ruleDays(rule, source)) if (inYear(day)) closed.set(day, rule.name);
      }
    }
    for (const [date, reason] of this.#data.closures) {
      const day = this.#day(date);
      if (inYear(day)) closed.set(day, reason);
    }
    for (const rule of this.#data.earlyCloses) {
      for (const day of ruleDays(rule, year)) {
        if (!closed.has(day)) closes.set(day, this.#clock(rule.close));
      }
    }
    for (const [date, close] of this.#data.specialCloses) {
      const day = this.#day(date);
      if (inYear(day)) closes.set(day, this.#clock(close));
    }
    const facts = { closed, closes };
    this.#years.set(year, facts);
    return facts;
  }

  #day(text: string): number {
    const day = Date.parse(`${text}T00:00:00Z`);
    if (Number.isNaN(day) || isoDate(day) !== text) this.#wrong(`"${text}" is no date`);
    return day;
  }

  #clock(text: string): number {
    const match = /^(\d{2}):(\d{2})$/.exec(text);
    const minutes = match === null ? Number.NaN : Number(match[1]) * 60 + Number(match[2]);
    if (!(minutes >= 0 && minutes <= 24 * 60)) this.#wrong(`"${text}" is no clock time HH:MM`);
    return minutes * MS_PER_MINUTE;
  }

  #span([from, to]: ClockSpan): readonly [number, number] {
    const span = [this.#clock(from), this.#clock(to)] as const;
    if (span[0] >= span[1]) this.#wrong(`session ${from}-${to} does not end after it begins`);
    return span;
  }

  #wrong(what: string): never {
    throw new RenataError('BAD_INPUT', `Calendar ${this.#data.name}: ${what}.`, {
      details: { parameter: 'calendar' },
    });
  }
}

function startOfDay(time: number): number {
  return Math.ceil(time / MS_PER_DAY) * MS_PER_DAY;
}

function cut(
  spans: readonly (readonly [number, number])[],
  from: number,
  to: number,
): (readonly [number, number])[] {
  return spans
    .map(([a, b]) => [Math.max(a, from), Math.min(b, to)] as const)
    .filter(([a, b]) => a < b);
}

function joined(spans: (readonly [number, number])[]): (readonly [number, number])[] {
  const result: [number, number][] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
