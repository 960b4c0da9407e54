import { RenataError } from '../../../engine/domain/errors.ts';
import type { WalkForwardRequest } from '../../../engine/protocol/research-schemas.ts';
import { lowerBound } from '../../../engine/series/columns.ts';
import {
  planOf,
  walkForwardWindows,
  type WalkForwardWindow,
} from '../../../engine/validation/splits.ts';

type Plan = Pick<WalkForwardRequest, 'windows' | 'mode'>;

/** Windows of the bars. @throws RenataError BAD_INPUT when the bars are too few for one */
export function windowsOf(time: Float64Array, { windows: plan, mode }: Plan): WalkForwardWindow[] {
  const bars = time.length;
  switch (plan.by) {
    case 'bars': {
      const { train, test, gap } = plan;
      const made = walkForwardWindows(bars, {
        mode,
        trainBars: train,
        testBars: test,
        gapBars: gap,
      });
      return required(made, `${bars} bars are too few for ${train} to choose on and one to test`);
    }
    case 'count':
      return walkForwardWindows(bars, planOf(bars, plan.windows, plan.ratio, mode));
    case 'dates':
      return required(
        byDates(time, plan, mode),
        `the bars do not reach over ${plan.train} to choose on and a test`,
      );
  }
}

function required(windows: WalkForwardWindow[], problem: string): WalkForwardWindow[] {
  if (windows.length > 0) return windows;
  throw new RenataError('BAD_INPUT', `windows: ${problem}; take shorter windows or more data.`, {
    details: { parameter: 'windows' },
  });
}

/**
 * Windows cut at dates that are whole spans after the first bar: the test of window k begins `train + gap +
 * k × test` after it. A window whose test or training has no bar is left out.
 */
function byDates(
  time: Float64Array,
  spans: Extract<WalkForwardRequest['windows'], { by: 'dates' }>,
  mode: WalkForwardRequest['mode'],
): WalkForwardWindow[] {
  const first = time[0] as number;
  const last = time.at(-1) as number;
  const [train, test, gap] = [parseSpan(spans.train), parseSpan(spans.test), parseSpan(spans.gap)];
  if (test.length === 0 || train.length === 0) return [];
  const windows: WalkForwardWindow[] = [];
  for (let k = 0; ; k += 1) {
    const before = after(first, [times(test, k)]);
    const trained = after(first, [train, times(test, k)]);
    const begins = after(first, [train, gap, times(test, k)]);
    if (begins > last) return windows;
    const range = {
      train: {
        from: mode === 'anchored' ? 0 : lowerBound(time, before),
        to: lowerBound(time, trained),
      },
      test: {
        from: lowerBound(time, begins),
        to: lowerBound(time, after(first, [train, gap, times(test, k + 1)])),
      },
    };
    const empty = range.train.from >= range.train.to || range.test.from >= range.test.to;
    if (!empty) windows.push(range);
  }
}

interface Span {
  readonly unit: 'months' | 'days';
  readonly length: number;
}

function parseSpan(text: string): Span {
  const length = Number(text.slice(0, -1));
  switch (text.at(-1)) {
    case 'y':
      return { unit: 'months', length: 12 * length };
    case 'm':
      return { unit: 'months', length };
    case 'w':
      return { unit: 'days', length: 7 * length };
    default:
      return { unit: 'days', length };
  }
}

function times({ unit, length }: Span, k: number): Span {
  return { unit, length: length * k };
}

/** A time so many months and days later; the 31st of a short month is its last day. */
function after(time: number, spans: readonly Span[]): number {
  const sum = (wanted: Span['unit']): number =>
    spans.reduce((total, { unit, length }) => total + (unit === wanted ? length : 0), 0);
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + sum('months'));
  const daysOfMonth = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0),
  ).getUTCDate();
  date.setUTCDate(Math.min(day, daysOfMonth));
  return date.getTime() + sum('days') * 86_400_000;
}
