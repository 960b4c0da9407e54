import { MS_PER_DAY } from '../domain/time.ts';
import { isDailyOrLonger, timeframeMillis, type Timeframe } from '../domain/timeframe.ts';
import { closeOfDates, dateSpan, type Bucket, type BucketOptions } from './buckets.ts';

/**
 * When stored bars are complete. They need not lie on the grid that bars are cut by here: hours of a
 * market that opens at 09:30 may begin at 09:00, 10:00 and so on. Such a bar is known after its whole
 * length, or at the end of the trading that it begins in, and never before. A daily or longer bar is
 * known at the end of its last session, and where it has none at midnight after its last date.
 */
export class ClosingTimes {
  private readonly timeframe: Timeframe;
  private readonly options: BucketOptions;
  private readonly length: number;
  private readonly dates: boolean;
  /** Months have no length of their own to step by. */
  private readonly months: boolean;
  /**
   * A stretch of time stamps, and the latest moment at which their bars may end; for dates the very
   * moment.
   */
  private from = 1;
  private to = 0;
  private limit = 0;

  constructor(timeframe: Timeframe, options: BucketOptions) {
    this.timeframe = timeframe;
    this.options = options;
    this.length = timeframeMillis(timeframe);
    this.dates = isDailyOrLonger(timeframe);
    this.months = timeframe.endsWith('M');
  }

  /** When the bar that begins at a time stamp is complete. */
  of(time: number): number {
    if (time < this.from || time >= this.to) {
      if (this.dates) this.findDates(time);
      else this.findTrading(time);
    }
    return this.dates ? this.limit : Math.min(time + this.length, this.limit);
  }

  /**
   * When a joined bar is complete: at the end of its span, and no sooner than the last bar in it, which
   * may not have come yet and may reach beyond the span.
   * @param time of its last bar so far; others may follow in steps of the bars' length
   */
  ofJoined(time: number, { to, end }: Bucket): number {
    const last = time + Math.max(0, Math.floor((to - 1 - time) / this.length)) * this.length;
    if (!this.dates) return Math.max(end, this.of(last));
    const own = Math.max(end, this.of(time));
    // No bar is made of dates without a session.
    return this.months || !this.hasSession(last) ? own : Math.max(own, this.of(last));
  }

  private hasSession(date: number): boolean {
    const { calendar } = this.options;
    if (!calendar.hasSessions) return true;
    const [first, next] = dateSpan(this.timeframe, date);
    for (let day = first; day < next; day += MS_PER_DAY) if (calendar.isSession(day)) return true;
    return false;
  }

  private findDates(time: number): void {
    const [first, next] = dateSpan(this.timeframe, Math.floor(time / MS_PER_DAY) * MS_PER_DAY);
    this.from = first;
    this.to = next;
    this.limit = closeOfDates(this.options, first, next);
  }

  private findTrading(time: number): void {
    const { calendar, hours } = this.options;
    const day = calendar.zone.wallDay(time);
    const spans = calendar.session(day)?.[hours] ?? [];
    const span = spans.find(({ to }) => time < to);
    if (span === undefined || time < span.from) {
      this.from = time;
      this.to = span?.from ?? calendar.zone.toInstant(day + MS_PER_DAY);
      this.limit = Number.POSITIVE_INFINITY;
      return;
    }
    // Trading that goes on over midnight ends no bar there.
    const next = calendar.session(day + MS_PER_DAY)?.[hours][0];
    this.from = span.from;
    this.to = span.to;
    this.limit = next?.from === span.to ? Number.POSITIVE_INFINITY : span.to;
  }
}
