import type { MarketCalendar, SessionHours } from '../domain/calendar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { isDailyOrLonger, timeframeMillis, type Timeframe } from '../domain/timeframe.ts';
import { Bucketing, type Bucket } from '../series/buckets.ts';

/**
 * When stored bars are complete. They need not lie on the grid that bars are cut by here: hours of a
 * market that opens at 09:30 may begin at 09:00, 10:00 and so on. Such a bar is known after its whole
 * length, or at the end of the trading that it begins in, and never before.
 */
export class ClosingTimes {
  private readonly bucketing: Bucketing | undefined;
  private readonly calendar: MarketCalendar;
  private readonly hours: SessionHours;
  private readonly length: number;
  /** Days may be skipped, so where the next one is cannot be told. */
  private readonly dates: boolean;
  /** A stretch of time stamps and the latest moment at which their bars may end. */
  private from = 1;
  private to = 0;
  private limit = 0;

  constructor(timeframe: Timeframe, calendar: MarketCalendar, hours: SessionHours) {
    this.calendar = calendar;
    this.hours = hours;
    this.length = timeframeMillis(timeframe);
    this.dates = isDailyOrLonger(timeframe) && !timeframe.endsWith('w');
    this.bucketing = isDailyOrLonger(timeframe)
      ? new Bucketing(timeframe, { calendar, hours }, timeframe)
      : undefined;
  }

  /** When the bar that begins at a time stamp is complete. */
  of(time: number): number {
    if (this.bucketing !== undefined) return this.bucketing.of(time).closedAt;
    if (time < this.from || time >= this.to) this.find(time);
    return Math.min(time + this.length, this.limit);
  }

  /**
   * When the last bar of a longer one is complete, also when it has not come yet: the one at `time` or
   * one that follows it in steps of the bars' length.
   */
  lastOf(time: number, { to }: Bucket): number {
    if (this.dates) return this.of(time);
    return this.of(time + Math.floor((to - 1 - time) / this.length) * this.length);
  }

  private find(time: number): void {
    const day = this.calendar.zone.wallDay(time);
    const spans = this.calendar.session(day)?.[this.hours] ?? [];
    const span = spans.find(({ from, to }) => time >= from && time < to);
    const next = this.calendar.session(day + MS_PER_DAY)?.[this.hours][0];
    this.from = span?.from ?? time;
    this.to = span?.to ?? time + 1;
    // Trading that goes on over midnight ends no bar there.
    const ends = span !== undefined && next?.from !== span.to;
    this.limit = ends ? span.to : Number.POSITIVE_INFINITY;
  }
}
