import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import type { WalkForwardStepRow } from '../../../engine/protocol/research-schemas.ts';

const DAYS_PER_YEAR = 365.25;
/** Percent of the width up to which a year is written. */
const MOST_LEFT = 94;

/** A part of the time that a picture shows, in percent of its width. */
export interface Stretch {
  readonly left: number;
  readonly width: number;
}

/** The whole time of all windows. */
export function timeSpan(
  steps: readonly WalkForwardStepRow[],
): { readonly first: number; readonly last: number } | null {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { train, test } of steps) {
    first = Math.min(first, train.firstTime, test.firstTime);
    last = Math.max(last, train.lastTime, test.lastTime);
  }
  return first < last ? { first, last } : null;
}

export function stretchOf(
  range: { readonly firstTime: number; readonly lastTime: number },
  span: { readonly first: number; readonly last: number },
): Stretch {
  const whole = span.last - span.first;
  const left = ((range.firstTime - span.first) / whole) * 100;
  return { left, width: Math.max(0.3, ((range.lastTime - range.firstTime) / whole) * 100) };
}

/** Years that are written above the windows, not more than fit. */
export function yearMarks(
  span: { readonly first: number; readonly last: number },
  most: number,
): readonly { readonly year: number; readonly left: number }[] {
  const from = new Date(span.first).getUTCFullYear() + 1;
  const to = new Date(span.last).getUTCFullYear();
  const every = [1, 2, 5, 10, 20, 50].find((step) => (to - from + 1) / step <= most) ?? 100;
  const marks: { year: number; left: number }[] = [];
  for (let year = Math.ceil(from / every) * every; year <= to; year += every) {
    const left = ((Date.UTC(year, 0) - span.first) / (span.last - span.first)) * 100;
    // One at the very end would stand over what comes beside.
    if (left < MOST_LEFT) marks.push({ year, left });
  }
  return marks;
}

/** A return as if it had been earned for a year. */
export function yearly(part: number, range: { firstTime: number; lastTime: number }): number {
  const days = (range.lastTime - range.firstTime) / MS_PER_DAY;
  if (!(days > 0) || !(part > -1)) return Number.NaN;
  return (1 + part) ** (DAYS_PER_YEAR / days) - 1;
}

/**
 * What the tests would have made at the pace of the training before each: the curve that the choice
 * promised. One value for each bar of the stitched curve.
 */
export function promisedCurve(
  steps: readonly WalkForwardStepRow[],
  capital: number,
  length: number,
): Float64Array {
  const curve = new Float64Array(length).fill(Number.NaN);
  const start = steps[0]?.test.from ?? 0;
  let money = capital;
  for (const { train, test, inSampleReturn } of steps) {
    const bars = train.to - train.from;
    const pace = bars > 0 && inSampleReturn > -1 ? Math.log1p(inSampleReturn) / bars : 0;
    for (let bar = test.from; bar < test.to && bar - start < length; bar += 1) {
      money *= Math.exp(pace);
      curve[bar - start] = money;
    }
  }
  return curve;
}

/** Whether a window took other parameters than the one before. */
export function changedFrom(steps: readonly WalkForwardStepRow[], k: number): boolean {
  return k > 0 && steps[k]?.combination !== steps[k - 1]?.combination;
}
