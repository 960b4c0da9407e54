import type { Bar, BarColumns } from '../domain/bar.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import { RenataError } from '../domain/errors.ts';
import { isoTime } from '../domain/time.ts';
import { Bucketing, type Bucket, type BucketOptions } from './buckets.ts';
import { ClosingTimes } from './closing-times.ts';

/** Resampled bars and when each is complete. */
export interface ResampledBars {
  readonly bars: BarColumns;
  /** UnixMillis, increasing: the moment from which the bar may be known. */
  readonly closedAt: Float64Array;
}

/**
 * Joins finer bars to bars of `to`. A missing value does not spoil its bar: open is the first, close the
 * last that is known, high and low the extremes, volume the sum. A last bar whose span reaches beyond
 * the data is given too; its `closedAt` says that it is still forming. Bars outside of the market's
 * hours are left out or belong to the next session, as `Bucketing` says.
 * @param from timeframe of `bars`; times increase strictly, and no bar begins before the one before ends
 * @throws RenataError BAD_INPUT when `to` is finer than `from` can give.
 */
export function resample(
  bars: BarColumns,
  from: Timeframe,
  to: Timeframe,
  options: BucketOptions,
): ResampledBars {
  const bucketing = new Bucketing(to, options, from);
  const closings = new ClosingTimes(from, options);
  const { length } = bars.time;
  const buckets: Bucket[] = [];
  const firstRow = new Int32Array(length);
  /** Row after the last one; rows between bars may be left out. */
  const endRow = new Int32Array(length);
  for (let i = 0; i < length; i += 1) {
    const bucket = bucketing.of(bars.time[i] as number);
    if (bucket === undefined) continue;
    if (bucket !== buckets.at(-1)) {
      firstRow[buckets.length] = i;
      buckets.push(bucket);
    }
    endRow[buckets.length - 1] = i + 1;
  }
  const joined = new BarJoiner();
  const result = emptyColumns(buckets.length);
  const closedAt = new Float64Array(buckets.length);
  buckets.forEach((bucket, index) => {
    const end = endRow[index] as number;
    joined.clear();
    for (let i = firstRow[index] as number; i < end; i += 1) {
      if (bucketing.of(bars.time[i] as number) !== undefined) joined.addRow(bars, i);
    }
    joined.write(bucket.time, result, index);
    closedAt[index] = closings.ofJoined(bars.time[end - 1] as number, bucket);
  });
  return { bars: result, closedAt };
}

/** When each bar of a series is complete. */
export function closingTimes(
  time: Float64Array,
  timeframe: Timeframe,
  options: BucketOptions,
): Float64Array {
  const closings = new ClosingTimes(timeframe, options);
  return time.map((stamp) => closings.of(stamp));
}

/** Joins bars as they close, one by one, with the values that `resample` gives. */
export class BarBuilder {
  private readonly bucketing: Bucketing;
  private readonly closings: ClosingTimes;
  private readonly joined = new BarJoiner();
  private bucket: Bucket | undefined;
  private closedAt = 0;
  /** Time of the last finer bar that the forming one, or the one before it, was joined from. */
  lastTime = Number.NaN;
  /** Time of the last bar that was given. */
  private given = Number.NEGATIVE_INFINITY;

  constructor(from: Timeframe, to: Timeframe, options: BucketOptions) {
    this.bucketing = new Bucketing(to, options, from);
    this.closings = new ClosingTimes(from, options);
  }

  /**
   * Takes a closed finer bar. One that `resample` leaves out changes nothing.
   * @returns the bar that this one completes by belonging to a later one, else `undefined`
   * @throws RenataError BAD_INPUT for a bar that belongs to one that has been given already
   */
  update(bar: Bar): Bar | undefined {
    const bucket = this.bucketing.of(bar.time);
    if (bucket === undefined) return undefined;
    if (bucket.time <= this.given) {
      throw new RenataError(
        'BAD_INPUT',
        `bars: the one of ${isoTime(bar.time)} comes too late; the bar it belongs to was complete. Give bars in order, each before the time goes on.`,
        { details: { parameter: 'bars' } },
      );
    }
    const before = bucket === this.bucket ? undefined : this.give();
    if (bucket !== this.bucket) {
      this.joined.clear();
      this.bucket = bucket;
    }
    this.closedAt = this.closings.ofJoined(bar.time, bucket);
    this.lastTime = bar.time;
    this.joined.add(bar.open, bar.high, bar.low, bar.close, bar.volume);
    return before;
  }

  /** Closes the forming bar when it is complete at `now`. */
  advance(now: number): Bar | undefined {
    return now < this.closedAt ? undefined : this.give();
  }

  /** When the forming bar is complete; `undefined` where none is forming. */
  get completeAt(): number | undefined {
    return this.bucket === undefined ? undefined : this.closedAt;
  }

  /** The bar that is still forming. */
  forming(): Bar | undefined {
    return this.bucket === undefined ? undefined : this.joined.bar(this.bucket.time);
  }

  private give(): Bar | undefined {
    const bar = this.forming();
    if (bar !== undefined) this.given = bar.time;
    this.bucket = undefined;
    return bar;
  }
}

/** Running open, high, low, close and volume of the bar that is being joined. */
class BarJoiner {
  private open = Number.NaN;
  private high = Number.NaN;
  private low = Number.NaN;
  private close = Number.NaN;
  private volume = 0;

  clear(): void {
    this.open = Number.NaN;
    this.high = Number.NaN;
    this.low = Number.NaN;
    this.close = Number.NaN;
    this.volume = 0;
  }

  addRow(bars: BarColumns, row: number): void {
    this.add(
      bars.open[row] as number,
      bars.high[row] as number,
      bars.low[row] as number,
      bars.close[row] as number,
      bars.volume[row] as number,
    );
  }

  add(open: number, high: number, low: number, close: number, volume: number): void {
    if (Number.isNaN(this.open)) this.open = open;
    // Written so that a missing value never wins, on either side.
    if (!(high <= this.high) && !Number.isNaN(high)) this.high = high;
    if (!(low >= this.low) && !Number.isNaN(low)) this.low = low;
    if (!Number.isNaN(close)) this.close = close;
    if (!Number.isNaN(volume)) this.volume += volume;
  }

  bar(time: number): Bar {
    const { open, high, low, close, volume } = this;
    return { time, open, high, low, close, volume };
  }

  write(time: number, columns: BarColumns, row: number): void {
    columns.time[row] = time;
    columns.open[row] = this.open;
    columns.high[row] = this.high;
    columns.low[row] = this.low;
    columns.close[row] = this.close;
    columns.volume[row] = this.volume;
  }
}

function emptyColumns(length: number): BarColumns {
  const column = (): Float64Array => new Float64Array(length);
  return {
    time: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
}
