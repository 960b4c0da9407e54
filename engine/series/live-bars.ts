import type { Bar, BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY, MS_PER_SECOND } from '../domain/time.ts';
import { isDailyOrLonger, timeframe, type Timeframe } from '../domain/timeframe.ts';
import { Bucketing, dateSpan, type Bucket, type BucketOptions } from './buckets.ts';
import { ClosingTimes } from './closing-times.ts';
import { allocateColumns, lowerBound } from './columns.ts';

/**
 * Trades are placed as if they were bars of one second: sessions and bars begin on whole seconds, so each
 * second lies in one bar and no trade before an open reaches into it.
 */
const SECOND = timeframe('1s');

interface Forming {
  readonly bucket: Bucket;
  readonly completeAt: number;
  open: number;
  openTime: number;
  high: number;
  low: number;
  close: number;
  closeTime: number;
  volume: number;
}

/**
 * Builds bars from trades as they come, equal to those that `resample` makes of the same trades. A span
 * without a trade has no bar. Trades that come in another order than they were made do not change a bar:
 * its open is the first by time, its close the last.
 */
export class LiveBarBuilder {
  private readonly bucketing: Bucketing;
  private readonly closings: ClosingTimes;
  private readonly lateness: number;
  /** Bars that are not given yet, ascending; more than one while late trades may still come. */
  private readonly bars: Forming[] = [];
  private given = Number.NEGATIVE_INFINITY;
  /** Trades that came after their bar was given, and are in none. */
  late = 0;

  /** @param lateness milliseconds that a bar is held open after its end for trades that come late */
  constructor(to: Timeframe, options: BucketOptions, lateness = 0) {
    this.bucketing = new Bucketing(to, options, SECOND);
    this.closings = new ClosingTimes(SECOND, options);
    this.lateness = lateness;
  }

  /**
   * Takes a trade. One outside of the market's hours belongs to no bar where the hours are regular.
   * @param regular false for trades that count for the volume only
   */
  trade(time: number, price: number, size: number, regular = true): void {
    const bucket = this.bucketing.of(second(time));
    if (bucket === undefined || !Number.isFinite(price)) return;
    if (bucket.time <= this.given) {
      this.late += 1;
      return;
    }
    const bar = this.barOf(bucket, time);
    if (size > 0) bar.volume += size;
    if (!regular) return;
    if (time < bar.openTime) {
      bar.open = price;
      bar.openTime = time;
    }
    if (time >= bar.closeTime) {
      bar.close = price;
      bar.closeTime = time;
    }
    if (!(price <= bar.high)) bar.high = price;
    if (!(price >= bar.low)) bar.low = price;
  }

  /** Gives the bars that are complete at `now`, oldest first. */
  advance(now: number): Bar[] {
    const complete: Bar[] = [];
    for (;;) {
      const bar = this.bars[0];
      if (bar === undefined || now < bar.completeAt + this.lateness) return complete;
      this.bars.shift();
      this.given = bar.bucket.time;
      if (!Number.isNaN(bar.open)) complete.push(barOf(bar));
    }
  }

  /** When `advance` will give the next bar; `undefined` where none is forming. */
  get nextAt(): number | undefined {
    const bar = this.bars[0];
    return bar === undefined ? undefined : bar.completeAt + this.lateness;
  }

  /** The newest bar, which is still forming. */
  forming(): Bar | undefined {
    const bar = this.bars.at(-1);
    return bar === undefined || Number.isNaN(bar.open) ? undefined : barOf(bar);
  }

  private barOf(bucket: Bucket, time: number): Forming {
    let at = this.bars.length;
    while (at > 0 && (this.bars[at - 1] as Forming).bucket.time > bucket.time) at -= 1;
    const found = this.bars[at - 1];
    if (found?.bucket.time === bucket.time) return found;
    const bar: Forming = {
      bucket,
      completeAt: this.closings.ofJoined(second(time), bucket),
      open: Number.NaN,
      openTime: Number.POSITIVE_INFINITY,
      high: Number.NaN,
      low: Number.NaN,
      close: Number.NaN,
      closeTime: Number.NEGATIVE_INFINITY,
      volume: 0,
    };
    this.bars.splice(at, 0, bar);
    return bar;
  }
}

/** Bars of history that are wanted: those that start from `start` on and before `end`. */
export interface BarRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Puts bars that were built live and bars of history into one sequence without a missing or doubled bar.
 * Where trades were missed, the bars of that time come from history, and those after them wait for it.
 * A bar is given once, in order, and never changed.
 */
export class BarSequence {
  private readonly bucketing: Bucketing;
  private readonly closings: ClosingTimes;
  private readonly options: BucketOptions;
  private readonly timeframe: Timeframe;
  private readonly daily: boolean;
  /** Bars that wait, ascending. */
  private queue: Bar[] = [];
  /** Starts of bars that may lack trades, both inclusive, ascending, apart. */
  private doubts: { from: number; to: number }[] = [];
  private given: number;

  /** @param start time from which bars are wanted; the one that forms then is the first */
  constructor(to: Timeframe, options: BucketOptions, start: number) {
    this.bucketing = new Bucketing(to, options, SECOND);
    this.closings = new ClosingTimes(to, options);
    this.options = options;
    this.timeframe = to;
    this.daily = isDailyOrLonger(to);
    this.given = this.barAt(start) - 1;
    // Its trades before the start were not heard.
    this.gap(start, start);
  }

  /** Trades between these times, both inclusive, may be missing. */
  gap(from: number, to: number): void {
    this.addDoubt({ from: Math.max(this.barAt(from), this.given + 1), to: this.barAt(to) });
  }

  private addDoubt(doubt: { from: number; to: number }): void {
    if (doubt.to < doubt.from) return;
    const apart = this.doubts.filter((each) => each.to < doubt.from || each.from > doubt.to);
    for (const each of this.doubts) {
      if (apart.includes(each)) continue;
      doubt.from = Math.min(doubt.from, each.from);
      doubt.to = Math.max(doubt.to, each.to);
    }
    this.doubts = [...apart, doubt].toSorted((a, b) => a.from - b.from);
  }

  /** The bar that starts then may lack trades. */
  doubt(start: number): void {
    this.addDoubt({ from: Math.max(start, this.given + 1), to: start });
  }

  /** Takes a complete bar that was built live, or told by the source. */
  live(bar: Bar): void {
    if (bar.time <= this.given) return;
    const at = this.queue.findIndex(({ time }) => time >= bar.time);
    if (at < 0) this.queue.push(bar);
    else if (this.queue[at]?.time !== bar.time) this.queue.splice(at, 0, bar);
  }

  /** What history has to tell, of bars that are complete at `now`; `undefined` when nothing is in doubt. */
  wanted(now: number): BarRange | undefined {
    const doubt = this.doubts[0];
    if (doubt === undefined) return undefined;
    const end = Math.min(doubt.to + 1, this.completeBefore(now));
    return end > doubt.from ? { start: doubt.from, end } : undefined;
  }

  /** History's answer: all complete bars of the range. They replace what was built live. */
  history(range: BarRange, bars: BarColumns): void {
    this.queue = this.queue.filter(({ time }) => time < range.start || time >= range.end);
    const last = lowerBound(bars.time, range.end);
    for (let i = lowerBound(bars.time, range.start); i < last; i += 1) this.live(barOfRow(bars, i));
    this.settle(range);
  }

  /** History has no answer and will have none: the range stays as it was heard. */
  settle({ start, end }: BarRange): void {
    this.doubts = this.doubts.flatMap((doubt) => [
      ...(doubt.from < start ? [{ from: doubt.from, to: Math.min(doubt.to, start - 1) }] : []),
      ...(doubt.to >= end ? [{ from: Math.max(doubt.from, end), to: doubt.to }] : []),
    ]);
  }

  /** The bars that can be given now, ascending; each is given once. */
  take(): Bar[] {
    const limit = this.doubts[0]?.from ?? Number.POSITIVE_INFINITY;
    const ready = this.queue.filter(({ time }) => time < limit);
    if (ready.length === 0) return ready;
    this.queue = this.queue.filter(({ time }) => time >= limit);
    this.given = (ready.at(-1) as Bar).time;
    return ready;
  }

  /** Start of the last bar that was given, or the time before the first that may be. */
  get last(): number {
    return this.given;
  }

  /** Whether history is needed, now or when the bars in doubt are complete. */
  get doubtful(): boolean {
    return this.doubts.length > 0;
  }

  /** Start of the bar that holds a time; outside of trading the time itself, or its date. */
  barAt(time: number): number {
    const bucket = this.bucketing.of(second(time));
    if (bucket !== undefined) return bucket.time;
    return this.daily ? dateSpan(this.timeframe, this.dateOf(time))[0] : time;
  }

  /** All bars that start before this are complete. */
  private completeBefore(now: number): number {
    const bucket = this.bucketing.of(second(now));
    if (bucket !== undefined) return bucket.time;
    if (!this.daily) return now;
    const [first, next] = dateSpan(this.timeframe, this.dateOf(now));
    return this.closings.of(first) <= now ? next : first;
  }

  private dateOf(time: number): number {
    const day = this.options.calendar.zone.wallDay(time);
    return Math.floor(day / MS_PER_DAY) * MS_PER_DAY;
  }
}

export function columnsOf(bars: readonly Bar[]): BarColumns {
  const columns = allocateColumns(bars.length);
  bars.forEach((bar, i) => {
    columns.time[i] = bar.time;
    columns.open[i] = bar.open;
    columns.high[i] = bar.high;
    columns.low[i] = bar.low;
    columns.close[i] = bar.close;
    columns.volume[i] = bar.volume;
  });
  return columns;
}

export function barOfRow(bars: BarColumns, row: number): Bar {
  return {
    time: bars.time[row] as number,
    open: bars.open[row] as number,
    high: bars.high[row] as number,
    low: bars.low[row] as number,
    close: bars.close[row] as number,
    volume: bars.volume[row] as number,
  };
}

function barOf({ bucket, open, high, low, close, volume }: Forming): Bar {
  return { time: bucket.time, open, high, low, close, volume };
}

function second(time: number): number {
  return Math.floor(time / MS_PER_SECOND) * MS_PER_SECOND;
}
