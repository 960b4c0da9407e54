import { MS_PER_DAY } from '../domain/time.ts';
import { drawdownsOf } from './drawdowns.ts';
import { deviation, mean, returnsOf } from './moments.ts';
import { conditionalValueAtRisk } from './risk-ratios.ts';

/** Each value against the highest so far, as a fraction: 0 at a peak, negative below it. */
export function underwater(equity: Float64Array): Float64Array {
  const depth = new Float64Array(equity.length);
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i] as number;
    if (value > top) top = value;
    depth[i] = value / top - 1;
  }
  return depth;
}

/** Depth of the deepest fall, as a fraction >= 0. */
export function maxDrawdown(equity: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  let deepest = 0;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i] as number;
    if (value > top) top = value;
    else if (1 - value / top > deepest) deepest = 1 - value / top;
  }
  return deepest;
}

/**
 * Root of the mean square of the drawdown (Martin and McCann 1989), over the marks after the first, which
 * is the capital at the start and cannot be below itself.
 */
export function ulcerIndex(equity: Float64Array): number {
  const depth = underwater(equity).subarray(1);
  let squares = 0;
  for (let i = 0; i < depth.length; i += 1) squares += (depth[i] as number) ** 2;
  return Math.sqrt(squares / depth.length);
}

/** Mean drawdown, >= 0 (Becker 2006). */
export function painIndex(equity: Float64Array): number {
  return -mean(underwater(equity).subarray(1));
}

/** Martin ratio, also Ulcer Performance Index: annual return above the rate over the ulcer index. */
export function ulcerPerformance(equity: Float64Array, annualReturn: number, rate = 0): number {
  return over(annualReturn - rate, ulcerIndex(equity));
}

/** Annual return above the rate over the pain index. */
export function painRatio(equity: Float64Array, annualReturn: number, rate = 0): number {
  return over(annualReturn - rate, painIndex(equity));
}

/**
 * `(sum of returns - rate) / (ulcer index * pitfall)`, where the pitfall is the expected depth of the worst
 * 5 % of drawdowns over the deviation of the returns (KeyQuant 2012). The worst are the observed ones.
 */
export function serenityIndex(equity: Float64Array, rate = 0): number {
  const returns = returnsOf(equity);
  const pitfall = -conditionalValueAtRisk(underwater(equity).subarray(1)) / deviation(returns);
  return over(mean(returns) * returns.length - rate, ulcerIndex(equity) * pitfall);
}

/** Total return over the deepest drawdown. */
export function recoveryFactor(equity: Float64Array): number {
  const total = (equity.at(-1) ?? Number.NaN) / (equity[0] ?? Number.NaN) - 1;
  return over(total, maxDrawdown(equity));
}

/** Part of the marks that lie below an earlier one. */
export function timeUnderwater(equity: Float64Array): number {
  const depth = underwater(equity).subarray(1);
  let below = 0;
  for (let i = 0; i < depth.length; i += 1) if ((depth[i] as number) < 0) below += 1;
  return below / depth.length;
}

/** One row of the table of drawdowns. Times are UnixMillis. */
export interface DrawdownRow {
  /** The peak that the fall began at. */
  readonly start: number;
  readonly valley: number;
  /** When the peak was reached again; NaN while it has not been. */
  readonly recovery: number;
  /** As a fraction of the peak, > 0. */
  readonly depth: number;
  /** From the peak to the recovery, or to the end. */
  readonly days: number;
  readonly daysToValley: number;
  /** From the valley to the recovery; NaN while there is none. */
  readonly daysToRecover: number;
}

/**
 * The deepest drawdowns, deepest first.
 * @param time of each mark, UnixMillis
 */
export function deepestDrawdowns(
  equity: Float64Array,
  time: Float64Array,
  count = 10,
): DrawdownRow[] {
  return drawdownsOf(equity)
    .toSorted((a, b) => b.depth - a.depth)
    .slice(0, count)
    .map(({ peak, valley, end, recovered, depth }) => {
      const at = (index: number): number => time[index] as number;
      const days = (from: number, to: number): number => (at(to) - at(from)) / MS_PER_DAY;
      return {
        start: at(peak),
        valley: at(valley),
        recovery: recovered ? at(end) : Number.NaN,
        depth,
        days: days(peak, end),
        daysToValley: days(peak, valley),
        daysToRecover: recovered ? days(valley, end) : Number.NaN,
      };
    });
}

/** Days from a valley back to the peak, of the drawdowns that recovered; NaN when none did. */
export function recoveryDays(
  equity: Float64Array,
  time: Float64Array,
): { readonly longest: number; readonly average: number } {
  const days = drawdownsOf(equity)
    .filter(({ recovered }) => recovered)
    .map(({ valley, end }) => ((time[end] as number) - (time[valley] as number)) / MS_PER_DAY);
  return {
    longest: days.reduce((most, value) => Math.max(most, value), days[0] ?? Number.NaN),
    average: mean(days),
  };
}

function over(above: number, below: number): number {
  return below > 0 ? above / below : Number.NaN;
}
