import type { Bar } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import { isoTime } from '../domain/time.ts';

/** Trades as columns: time in UnixMillis, not decreasing; price; size in units. */
export interface TickColumns {
  readonly time: Float64Array;
  readonly price: Float64Array;
  readonly size: Float64Array;
}

/** What a bar is cut by: a number of trades, of units, or of money. */
export type TickMeasure = 'tick' | 'volume' | 'dollar';

/**
 * Cuts trades into bars that end with the trade on which `threshold` is reached. A trade is never split:
 * a bar may exceed the threshold by its last trade.
 * @returns complete bars; the time of each is that of its first trade
 * @throws RenataError BAD_INPUT unless the threshold is a positive number, and for a trade of infinite size
 *   or, where money is counted, of a price below 0.
 * @see López de Prado, Advances in Financial Machine Learning (2018), section 2.3.1
 */
export function tickBars(ticks: TickColumns, measure: TickMeasure, threshold: number): Bar[] {
  const builder = new TickBarBuilder(measure, threshold);
  const bars: Bar[] = [];
  for (let i = 0; i < ticks.time.length; i += 1) {
    const bar = builder.update(
      ticks.time[i] as number,
      ticks.price[i] as number,
      ticks.size[i] as number,
    );
    if (bar !== undefined) bars.push(bar);
  }
  return bars;
}

/** Builds tick, volume or dollar bars trade by trade. */
export class TickBarBuilder {
  private readonly measure: TickMeasure;
  private readonly threshold: number;
  private filled = 0;
  private current: Bar | undefined;

  /** @throws RenataError BAD_INPUT unless the threshold is a positive number. */
  constructor(measure: TickMeasure, threshold: number) {
    if (!(threshold > 0 && Number.isFinite(threshold))) {
      throw new RenataError(
        'BAD_INPUT',
        `${measure} bars: the threshold ${threshold} must be a number above 0.`,
        { details: { parameter: 'threshold' } },
      );
    }
    this.measure = measure;
    this.threshold = threshold;
  }

  /**
   * Takes a trade and gives the bar that it completes. Trades without a finite price or without a size are
   * passed over.
   * @throws RenataError BAD_INPUT for an infinite size; dollar bars also for a price below 0, which would
   *   take turnover away
   */
  update(time: number, price: number, size: number): Bar | undefined {
    if (size === Number.POSITIVE_INFINITY) {
      this.refuse('size', `the trade of ${isoTime(time)} has an infinite size; correct it`);
    }
    if (this.measure === 'dollar' && price < 0) {
      this.refuse(
        'price',
        `the trade of ${isoTime(time)} has the price ${price}, below 0; use tick or volume bars`,
      );
    }
    if (!Number.isFinite(price) || !(size >= 0)) return undefined;
    const before = this.current;
    const bar: Bar = {
      time: before?.time ?? time,
      open: before?.open ?? price,
      high: Math.max(before?.high ?? price, price),
      low: Math.min(before?.low ?? price, price),
      close: price,
      volume: (before?.volume ?? 0) + size,
    };
    this.filled += this.measure === 'tick' ? 1 : this.measure === 'volume' ? size : size * price;
    if (this.filled < this.threshold) {
      this.current = bar;
      return undefined;
    }
    this.filled = 0;
    this.current = undefined;
    return bar;
  }

  private refuse(parameter: string, what: string): never {
    throw new RenataError('BAD_INPUT', `${this.measure} bars: ${what}.`, {
      details: { parameter },
    });
  }

  /** The bar that is still forming. */
  forming(): Bar | undefined {
    return this.current;
  }
}
