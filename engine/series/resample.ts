import type { Bar, BarColumns } from '../domain/bar.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import { Bucketing, type Bucket, type BucketOptions } from './buckets.ts';

/** Resampled bars and when each is complete. */
export interface ResampledBars {
  readonly bars: BarColumns;
  /** UnixMillis, increasing: the moment from which the bar may be known. */
  readonly closedAt: Float64Array;
}

/**
 * Joins finer bars to bars of `to`. A missing value does not spoil its bar: open is the first, close the
 * last that is known, high and low the extremes, volume the sum. A last bar whose span reaches beyond
 * the data is given too; its `closedAt` says that it is still forming.
 * @param from timeframe of `bars`; times increase strictly
 * @throws RenataError BAD_INPUT when `to` is finer than `from` can give.
 */
export function resample(
  bars: BarColumns,
  from: Timeframe,
  to: Timeframe,
  options: BucketOptions,
): ResampledBars {
  const bucketing = new Bucketing(to, options, from);
  const length = bars.time.length;
  const buckets: Bucket[] = [];
  const firstRow = new Int32Array(length);
  for (let i = 0; i < length; i += 1) {
    const bucket = bucketing.of(bars.time[i] as number);
    if (bucket !== buckets.at(-1)) {
      firstRow[buckets.length] = i;
      buckets.push(bucket);
    }
  }
  const joined = new BarJoiner();
  const result = emptyColumns(buckets.length);
  buckets.forEach((bucket, index) => {
    const end = index + 1 < buckets.length ? (firstRow[index + 1] as number) : length;
    joined.clear();
    for (let i = firstRow[index] as number; i < end; i += 1) joined.addRow(bars, i);
    joined.write(bucket.time, result, index);
  });
  return { bars: result, closedAt: Float64Array.from(buckets, ({ closedAt }) => closedAt) };
}

/** When each bar of a series is complete. */
export function closingTimes(
  time: Float64Array,
  timeframe: Timeframe,
  options: BucketOptions,
): Float64Array {
  const bucketing = new Bucketing(timeframe, options, timeframe);
  return time.map((stamp) => bucketing.of(stamp).closedAt);
}

/** Joins bars as they close, one by one, with the values that `resample` gives. */
export class BarBuilder {
  private readonly bucketing: Bucketing;
  private readonly joined = new BarJoiner();
  private bucket: Bucket | undefined;

  constructor(from: Timeframe, to: Timeframe, options: BucketOptions) {
    this.bucketing = new Bucketing(to, options, from);
  }

  /**
   * Takes a closed finer bar.
   * @returns the bar that this one completes by belonging to a later one, else `undefined`
   */
  update(bar: Bar): Bar | undefined {
    const bucket = this.bucketing.of(bar.time);
    const before = bucket === this.bucket ? undefined : this.forming();
    if (bucket !== this.bucket) {
      this.joined.clear();
      this.bucket = bucket;
    }
    this.joined.add(bar.open, bar.high, bar.low, bar.close, bar.volume);
    return before;
  }

  /** Closes the forming bar when its span is over at `now`. */
  advance(now: number): Bar | undefined {
    if (this.bucket === undefined || now < this.bucket.closedAt) return undefined;
    const bar = this.forming();
    this.bucket = undefined;
    return bar;
  }

  /** The bar that is still forming. */
  forming(): Bar | undefined {
    return this.bucket === undefined ? undefined : this.joined.bar(this.bucket.time);
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
