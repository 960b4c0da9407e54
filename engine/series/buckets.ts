import type { MarketCalendar, SessionHours, Span } from '../domain/calendar.ts';
import { RenataError } from '../domain/errors.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { isDailyOrLonger, timeframeMillis, type Timeframe } from '../domain/timeframe.ts';

/** The span of one bar of a timeframe. */
export interface Bucket {
  /** Time of the bar: the instant of its start; for daily and longer bars midnight UTC of its first date. */
  readonly time: number;
  /** Bars of the source that belong to it have time stamps below this. */
  readonly to: number;
  /**
   * End of its span, or of the last session in it. The last bar of the source in it may be complete
   * later; `ClosingTimes.ofJoined` knows.
   */
  readonly end: number;
}

/** How the bars of a market are cut. */
export interface BucketOptions {
  readonly calendar: MarketCalendar;
  /** Whose open intraday bars are counted from, and whose end closes a day. */
  readonly hours: SessionHours;
}

/** Days from 1970-01-01, a Thursday, to the first Monday. */
const FIRST_MONDAY = 4 * MS_PER_DAY;

/** Days in which the next session must come. */
const MOST_DAYS_CLOSED = 400;

/**
 * Finds the bar of `timeframe` that a bar of the source belongs to. Intraday bars count from the
 * session's open and never reach over its end. Daily bars are sessions, weeks begin on Monday, months on
 * the first.
 *
 * A source bar that begins before the open and reaches into the session belongs to it. One that lies
 * wholly outside of the hours that are asked for (a print after the close, the pre-market where the hours
 * are regular, a day without a session) never makes a bar of its own day:
 * - regular hours leave it out;
 * - extended hours give it to the next session's day, week or month, which is still forming. Intraday it
 *   stands in a bar counted from the last close of its local day, or from midnight.
 *
 * Daily bars of dates without a session belong to the next date with one. A calendar without sessions
 * leaves nothing out: its days are local days.
 */
export class Bucketing {
  private readonly timeframe: Timeframe;
  private readonly options: BucketOptions;
  /** Whether the time stamps that are asked for are dates (daily bars) and not instants. */
  private readonly dates: boolean;
  private readonly daily: boolean;
  private readonly length: number;
  private readonly sourceLength: number;
  /** Time stamps from (inclusive) and to (exclusive) that have the same answer, and that answer. */
  private from = 1;
  private to = 0;
  private found: Bucket | undefined;
  /** The latest bar, which stamps after a gap may belong to as well. */
  private last: Bucket | undefined;

  constructor(timeframe: Timeframe, options: BucketOptions, source: Timeframe) {
    this.timeframe = timeframe;
    this.options = options;
    this.dates = isDailyOrLonger(source);
    this.daily = isDailyOrLonger(timeframe);
    this.length = timeframeMillis(timeframe);
    this.sourceLength = timeframeMillis(source);
    if (this.daily && this.length % MS_PER_DAY !== 0) {
      throw new RenataError(
        'BAD_INPUT',
        `timeframe: ${timeframe} bars are longer than a day but not whole days; use 1d or 2d.`,
        { details: { parameter: 'timeframe' } },
      );
    }
    if (this.dates && !this.daily) {
      throw new RenataError(
        'BAD_INPUT',
        `timeframe: ${source} bars cannot be cut into ${timeframe}; import finer bars first.`,
        { details: { parameter: 'timeframe' } },
      );
    }
  }

  /**
   * The bar that holds the source bar of a time stamp, the same object for stamps of one bar, or
   * `undefined` when the source bar is left out.
   */
  of(time: number): Bucket | undefined {
    if (time < this.from || time >= this.to) this.find(time);
    return this.found;
  }

  private find(time: number): void {
    if (this.dates) this.findDate(time);
    else if (!this.options.calendar.hasSessions) this.findWithoutSessions(time);
    else if (this.daily) this.findSession(time);
    else this.findClock(time);
  }

  private keep(from: number, to: number, bucket: Bucket | undefined): void {
    this.from = from;
    this.to = to;
    if (bucket !== undefined && bucket.time !== this.last?.time) this.last = bucket;
    this.found = bucket === undefined ? undefined : this.last;
  }

  private findDate(time: number): void {
    const { calendar, hours } = this.options;
    const date = Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
    let day = date;
    if (calendar.hasSessions) {
      const most = date + MOST_DAYS_CLOSED * MS_PER_DAY;
      while (day < most && sessionEnd(calendar, hours, day) === undefined) day += MS_PER_DAY;
      if (day === most) day = date;
    }
    this.keep(date, date + MS_PER_DAY, this.dateBucket(day, dateSpan(this.timeframe, day)[1]));
  }

  private findWithoutSessions(time: number): void {
    const { zone } = this.options.calendar;
    const day = zone.wallDay(time);
    if (this.daily) {
      const [first, next] = dateSpan(this.timeframe, day);
      const to = zone.toInstant(next);
      this.keep(zone.toInstant(first), to, this.dateBucket(day, to));
      return;
    }
    const midnight = zone.toInstant(day);
    this.keepClock(time, midnight, zone.toInstant(day + MS_PER_DAY), midnight);
  }

  /** A day, week or month of the session that an intraday bar belongs to. */
  private findSession(time: number): void {
    const { calendar, hours } = this.options;
    const today = calendar.zone.wallDay(time);
    const most = today + MOST_DAYS_CLOSED * MS_PER_DAY;
    let day = today;
    let spans: readonly Span[] = [];
    // The first session that is not over: a bar that is known to be complete never changes.
    while (day < most && !(time < (spans.at(-1)?.to ?? time))) {
      spans = calendar.session(day)?.[hours] ?? [];
      day += MS_PER_DAY;
    }
    const ahead = spans.find(({ to }) => time < to);
    if (ahead === undefined) {
      this.keep(time, time + 1, undefined);
      return;
    }
    // Stamps from here on reach into the session.
    const reach = ahead.from - this.sourceLength + 1;
    if (hours === 'regular' && time < reach) {
      this.keep(time, reach, undefined);
      return;
    }
    const date = day - MS_PER_DAY;
    const [first, next] = dateSpan(this.timeframe, date);
    this.keep(time, ahead.to, this.dateBucket(date, closeOfDates(this.options, first, next)));
  }

  private findClock(time: number): void {
    const { calendar, hours } = this.options;
    const today = calendar.zone.wallDay(time);
    const midnight = calendar.zone.toInstant(today + MS_PER_DAY);
    const spansOf = (day: number): readonly Span[] => calendar.session(day)?.[hours] ?? [];
    const ahead =
      spansOf(today).find(({ to }) => time < to) ??
      (time + this.sourceLength > midnight ? spansOf(today + MS_PER_DAY)[0] : undefined);
    if (ahead !== undefined && time >= ahead.from) {
      this.keepClock(time, ahead.from, ahead.to, ahead.from);
      return;
    }
    const reach = ahead === undefined ? midnight : ahead.from - this.sourceLength + 1;
    if (ahead !== undefined && time >= reach) {
      // It begins before the open: the session's first bar is its own.
      const to = Math.min(ahead.from + this.length, ahead.to);
      this.keep(time, to, { time: ahead.from, to, end: to });
    } else if (hours === 'regular') {
      // Up to midnight only: a bar that reaches over it may still belong to the next day.
      const over = midnight - this.sourceLength + 1;
      this.keep(time, Math.max(time + 1, Math.min(reach, over)), undefined);
    } else {
      const before = spansOf(today).findLast(({ to }) => to <= time)?.to;
      const anchor = before ?? calendar.zone.toInstant(today);
      this.keepClock(time, anchor, Math.min(reach, midnight), time);
    }
  }

  /** A bar on the grid that counts from `anchor`, cut at `limit`; `first` is the least stamp of its kind. */
  private keepClock(time: number, anchor: number, limit: number, first: number): void {
    const start = anchor + Math.floor((time - anchor) / this.length) * this.length;
    const to = Math.min(start + this.length, limit);
    this.keep(Math.max(start, first), to, { time: start, to, end: to });
  }

  private dateBucket(date: number, to: number): Bucket {
    const [first, next] = dateSpan(this.timeframe, date);
    return { time: first, to, end: closeOfDates(this.options, first, next) };
  }
}

/** First date of the bar of a daily or longer timeframe that holds a date, and of the bar after it. */
export function dateSpan(
  timeframe: Timeframe,
  date: number,
): readonly [first: number, next: number] {
  const count = Number(timeframe.slice(0, -1));
  const unit = timeframe.slice(-1);
  if (unit === 'M') {
    const at = new Date(date);
    const month = at.getUTCFullYear() * 12 + at.getUTCMonth();
    const first = Math.floor(month / count) * count;
    return [monthStart(first), monthStart(first + count)];
  }
  const length = timeframeMillis(timeframe);
  const origin = unit === 'w' ? FIRST_MONDAY : 0;
  const first = origin + Math.floor((date - origin) / length) * length;
  return [first, first + length];
}

/** End of the last session of the dates; without sessions, local midnight after them. */
export function closeOfDates(
  { calendar, hours }: BucketOptions,
  first: number,
  next: number,
): number {
  for (let day = next - MS_PER_DAY; day >= first; day -= MS_PER_DAY) {
    const end = sessionEnd(calendar, hours, day);
    if (end !== undefined) return end;
  }
  return calendar.zone.toInstant(next);
}

function sessionEnd(
  calendar: MarketCalendar,
  hours: SessionHours,
  day: number,
): number | undefined {
  return calendar.session(day)?.[hours].at(-1)?.to;
}

/** Midnight UTC of the first of a month, counted from the year 0. */
function monthStart(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12);
}
