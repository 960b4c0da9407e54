import type { MarketCalendar, SessionHours } from '../domain/calendar.ts';
import { RenataError } from '../domain/errors.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { isDailyOrLonger, timeframeMillis, type Timeframe } from '../domain/timeframe.ts';

/** The span of one bar of a timeframe. */
export interface Bucket {
  /** Time of the bar: the instant of its start; for daily and longer bars midnight UTC of its first date. */
  readonly time: number;
  /** Time stamps of the source from (inclusive) and to (exclusive) that belong to it. */
  readonly from: number;
  readonly to: number;
  /** When the bar is complete: the end of its span or of the last session in it. */
  readonly closedAt: number;
}

/** How the bars of a market are cut. */
export interface BucketOptions {
  readonly calendar: MarketCalendar;
  /** Whose open intraday bars are counted from, and whose end closes a day. */
  readonly hours: SessionHours;
}

/** Days from 1970-01-01, a Thursday, to the first Monday. */
const FIRST_MONDAY = 4 * MS_PER_DAY;

/**
 * Finds the bar of `timeframe` that a time stamp belongs to. Intraday bars count from the session's open
 * and never reach over its end; where there is no session they count from local midnight. Daily bars
 * are sessions, weeks begin on Monday, months on the first.
 */
export class Bucketing {
  private readonly timeframe: Timeframe;
  private readonly options: BucketOptions;
  /** Whether the time stamps that are asked for are dates (daily bars) and not instants. */
  private readonly dates: boolean;
  private readonly length: number;
  private last: Bucket = { time: 0, from: 1, to: 0, closedAt: 0 };

  constructor(timeframe: Timeframe, options: BucketOptions, source: Timeframe) {
    this.timeframe = timeframe;
    this.options = options;
    this.dates = isDailyOrLonger(source);
    this.length = timeframeMillis(timeframe);
    if (this.dates && !isDailyOrLonger(timeframe)) {
      throw new RenataError(
        'BAD_INPUT',
        `timeframe: ${source} bars cannot be cut into ${timeframe}; import finer bars first.`,
        { details: { parameter: 'timeframe' } },
      );
    }
  }

  /** The bar that holds a time stamp; the same object for stamps of one bar. */
  of(time: number): Bucket {
    if (time < this.last.from || time >= this.last.to) {
      this.last = isDailyOrLonger(this.timeframe) ? this.dateBucket(time) : this.clockBucket(time);
    }
    return this.last;
  }

  private clockBucket(time: number): Bucket {
    const { calendar, hours } = this.options;
    const day = calendar.zone.wallDay(time);
    const spans = calendar.session(day)?.[hours] ?? [];
    const span = spans.find(({ from, to }) => time >= from && time < to);
    const midnight = calendar.zone.toInstant(day);
    const anchor = span?.from ?? midnight;
    const from = anchor + Math.floor((time - anchor) / this.length) * this.length;
    const opens = spans.find((later) => later.from > time)?.from;
    const limit = span?.to ?? opens ?? calendar.zone.toInstant(day + MS_PER_DAY);
    const to = Math.min(from + this.length, limit);
    return { time: from, from, to, closedAt: to };
  }

  private dateBucket(time: number): Bucket {
    const { zone } = this.options.calendar;
    const date = this.dates ? Math.floor(time / MS_PER_DAY) * MS_PER_DAY : zone.wallDay(time);
    const [first, next] = this.dateSpan(date);
    const closedAt = this.closeOfDates(first, next);
    if (this.dates) return { time: first, from: first, to: next, closedAt };
    // A stamp after the last close (a late print, a night session) must not change a bar that is
    // known to be complete: it belongs to the next one.
    if (time >= closedAt) return this.between(closedAt, this.dateSpan(next));
    return this.between(this.closeOfDates(...this.dateSpan(first - MS_PER_DAY)), [first, next]);
  }

  private between(from: number, [first, next]: readonly [number, number]): Bucket {
    const closedAt = this.closeOfDates(first, next);
    return { time: first, from, to: closedAt, closedAt };
  }

  private dateSpan(date: number): readonly [first: number, next: number] {
    const count = Number(this.timeframe.slice(0, -1));
    const unit = this.timeframe.slice(-1);
    if (unit === 'M') {
      const at = new Date(date);
      const month = at.getUTCFullYear() * 12 + at.getUTCMonth();
      const first = Math.floor(month / count) * count;
      return [monthStart(first), monthStart(first + count)];
    }
    const origin = unit === 'w' ? FIRST_MONDAY : 0;
    const first = origin + Math.floor((date - origin) / this.length) * this.length;
    return [first, first + this.length];
  }

  /** End of the last session of the dates; without sessions, local midnight after them. */
  private closeOfDates(start: number, next: number): number {
    const { calendar, hours } = this.options;
    for (let day = next - MS_PER_DAY; day >= start; day -= MS_PER_DAY) {
      const end = calendar.session(day)?.[hours].at(-1)?.to;
      if (end !== undefined) return end;
    }
    return calendar.zone.toInstant(next);
  }
}

/** Midnight UTC of the first of a month, counted from the year 0. */
function monthStart(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12);
}
