import type { Adjustment, BarColumns } from './bar.ts';
import { RenataError } from './errors.ts';
import { isoDate, MS_PER_DAY } from './time.ts';
import type { TimeZone } from './time-zone.ts';

/**
 * A split or a cash dividend. `day` is the ex-date, the first day that trades without it, as UnixMillis
 * of midnight UTC of the date.
 */
export type AdjustmentEvent =
  | {
      readonly kind: 'split';
      readonly day: number;
      /** New shares for one old share: 7 for a 7:1 split, 0.125 for a 1:8 reverse split. */
      readonly ratio: number;
    }
  | {
      readonly kind: 'dividend';
      readonly day: number;
      /** Cash for one share held before the ex-date, in the money and shares of that time. */
      readonly amount: number;
      /** Raw close before the ex-date; `null` takes it from the bars. */
      readonly referencePrice: number | null;
    };

/** Most splits and dividends of one instrument, some centuries of them. */
export const MAX_EVENTS = 10_000;

/** What has to be multiplied into every bar before an ex-date, bars between events sharing a step. */
interface Step {
  /** First instant of the ex-date in the market's zone (or its date, for daily bars). */
  readonly from: number;
  /** Product of all split ratios from here on, inverted: 1/28 before a 7:1 and a 4:1 split. */
  readonly split: number;
  /** Product of `1 - amount / reference price` of all dividends from here on. */
  readonly dividend: number;
}

/** @throws RenataError BAD_INPUT naming the event whose numbers make no sense. */
export function checkAdjustmentEvents(events: readonly AdjustmentEvent[]): void {
  const seen = new Set<string>();
  for (const event of events) {
    const key = `${event.kind} ${event.day}`;
    if (seen.has(key)) {
      throw new RenataError(
        'BAD_INPUT',
        `There are two ${event.kind}s on ${isoDate(event.day)}; give them as one.`,
        { details: { parameter: 'events' } },
      );
    }
    seen.add(key);
    const value = event.kind === 'split' ? event.ratio : event.amount;
    const reference = event.kind === 'dividend' ? event.referencePrice : null;
    const sound =
      Number.isFinite(value) &&
      value > 0 &&
      Number.isInteger(event.day / MS_PER_DAY) &&
      (reference === null || (Number.isFinite(reference) && reference > value));
    if (!sound) {
      throw new RenataError(
        'BAD_INPUT',
        `The ${event.kind} of ${Number.isFinite(event.day) ? isoDate(event.day) : 'no date'} with value ${value} is not possible; a split needs a ratio above 0, a dividend an amount above 0 and below the price before it.`,
        { details: { parameter: 'events' } },
      );
    }
  }
}

/**
 * Bars as they are asked for. `split`: prices before a split are divided by its ratio and volumes
 * multiplied by it, so that a holding's value is continuous. `total-return`: prices before a dividend
 * are multiplied by `1 - amount / close before the ex-date` as well, so that the change of price is the
 * return of a holder who reinvests; volume takes no part in it. Prices are not rounded. The newest
 * prices stay as traded. `raw` returns the bars that were given.
 *
 * @param bars raw bars; they are not changed
 * @param days true for bars of a day or longer, whose time is a date and not an instant
 * @param zone the market's zone, in which an ex-date begins at midnight
 */
export function adjustBars(
  bars: BarColumns,
  events: readonly AdjustmentEvent[],
  adjustment: Adjustment,
  days: boolean,
  zone: TimeZone,
  allocate: (length: number) => BarColumns,
): BarColumns {
  if (adjustment === 'raw' || events.length === 0) return bars;
  const steps = adjustmentSteps(bars, events, adjustment, days, zone);
  if (steps.length === 0) return bars;
  const count = bars.time.length;
  const out = allocate(count);
  out.time.set(bars.time);
  let next = 0;
  let from = 0;
  while (from < count) {
    const step = steps[next];
    const to = step === undefined ? count : indexFrom(bars.time, step.from, from);
    const split = step?.split ?? 1;
    const price = split * (step?.dividend ?? 1);
    for (const name of ['open', 'high', 'low', 'close'] as const) {
      scaleInto(bars[name], out[name], price, from, to);
    }
    scaleInto(bars.volume, out.volume, 1 / split, from, to);
    from = to;
    next += 1;
  }
  return out;
}

/** Steps in order of time; the factors of a step hold for bars before its `from`. */
function adjustmentSteps(
  bars: BarColumns,
  events: readonly AdjustmentEvent[],
  adjustment: Adjustment,
  days: boolean,
  zone: TimeZone,
): Step[] {
  const newestFirst = events
    .filter((event) => event.kind === 'split' || adjustment === 'total-return')
    .toSorted((a, b) => b.day - a.day);
  const steps: Step[] = [];
  let split = 1;
  let dividend = 1;
  for (const event of newestFirst) {
    const from = days ? event.day : zone.toInstant(event.day);
    if (event.kind === 'split') {
      split /= event.ratio;
    } else {
      const reference = event.referencePrice ?? closeBefore(bars, from);
      // A dividend older than the first bar changes none of the bars.
      if (reference === null) continue;
      if (event.amount >= reference) {
        throw new RenataError(
          'BAD_INPUT',
          `The dividend of ${event.amount} on ${isoDate(event.day)} is not below the close of ${reference} before it; correct the dividend.`,
          { details: { parameter: 'events' } },
        );
      }
      dividend *= 1 - event.amount / reference;
    }
    steps.push({ from, split, dividend });
  }
  return steps.toReversed();
}

function closeBefore(bars: BarColumns, instant: number): number | null {
  const index = indexFrom(bars.time, instant, 0);
  return index === 0 ? null : (bars.close[index - 1] ?? null);
}

/** The first index from `from` on whose time is `instant` or later; the length where there is none. */
function indexFrom(time: Float64Array, instant: number, from: number): number {
  let low = from;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((time[middle] ?? 0) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

function scaleInto(
  source: Float64Array,
  target: Float64Array,
  factor: number,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i += 1) target[i] = (source[i] ?? Number.NaN) * factor;
}

/** One row of a factor file: it holds for bars up to and including its date. */
export interface FactorRow {
  /** UnixMillis of midnight UTC of the date. */
  readonly day: number;
  readonly priceFactor: number;
  readonly splitFactor: number;
  /** Raw close on that date; 0 or 1 where the file gives none. */
  readonly referencePrice: number;
}

/**
 * Events from cumulative factors, as `adjusted = raw * priceFactor * splitFactor`. Where a factor
 * changes from one row to the next, the first trading day after the first row's date is the ex-date.
 * Factors are rounded in such files, so a split's ratio is taken as the simple fraction (3:2, 7:1, 1:8)
 * that lies within 5e-5 of it, where there is one.
 * @param rows in any order
 * @param nextSession the trading day after a day; the next date by default
 */
export function eventsFromFactors(
  rows: readonly FactorRow[],
  nextSession: (day: number) => number = (day) => day + MS_PER_DAY,
): AdjustmentEvent[] {
  const sorted = rows.toSorted((a, b) => a.day - b.day);
  const events: AdjustmentEvent[] = [];
  for (const [index, row] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next === undefined) break;
    const day = nextSession(row.day);
    const ratio = nearFraction(next.splitFactor / row.splitFactor);
    if (ratio !== 1) events.push({ kind: 'split', day, ratio });
    const keep = row.priceFactor / next.priceFactor;
    if (keep < 1) {
      events.push({
        kind: 'dividend',
        day,
        amount: row.referencePrice * (1 - keep),
        referencePrice: row.referencePrice,
      });
    }
  }
  return events;
}

function nearFraction(ratio: number): number {
  if (ratio < 1) return 1 / nearFraction(1 / ratio);
  for (let below = 1; below <= 10; below += 1) {
    const fraction = Math.round(ratio * below) / below;
    if (Math.abs(ratio / fraction - 1) < 5e-5) return fraction;
  }
  return ratio;
}
