import type { BarColumns } from '../domain/bar.ts';
import type { MarketCalendar } from '../domain/calendar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { allocateColumns, lowerBound, sliceColumns } from '../series/columns.ts';
import { barLength } from './sessions.ts';

/** Finds the finer bars that lie inside each bar. Bars are asked for in order. */
export class FinerBars {
  readonly bars: BarColumns;
  private readonly time: Float64Array;
  private readonly length: number;
  private next = 0;

  constructor(time: Float64Array, finer: BarColumns) {
    this.time = time;
    this.bars = finer;
    this.length = barLength(time);
  }

  /** First of the finer bars of a bar, and the first after them; equal when there are none. */
  of(bar: number): readonly [from: number, to: number] {
    const start = this.time[bar] as number;
    const { time } = this.bars;
    while (this.next < time.length && (time[this.next] as number) < start) this.next += 1;
    let to = this.next;
    while (to < time.length && (time[to] as number) < start + this.length) to += 1;
    return [this.next, to];
  }
}

/**
 * Finer bars for bars of a day, whose time is a date: those of each session's regular hours, moved to
 * begin at the date's midnight, so that hours before and after the session, and sessions that begin on
 * the evening before, are not mistaken for the day. A calendar without sessions leaves UTC days.
 * @param days times of the daily bars
 */
export function finerByDate(
  finer: BarColumns,
  days: Float64Array,
  calendar: MarketCalendar,
): BarColumns {
  if (!calendar.hasSessions) return finer;
  const parts: { readonly from: number; readonly to: number; readonly move: number }[] = [];
  let count = 0;
  for (const day of days) {
    const spans = calendar.session(day)?.regular ?? [];
    const opens = spans[0]?.from ?? 0;
    for (const span of spans) {
      const from = lowerBound(finer.time, span.from);
      const to = lowerBound(finer.time, Math.min(span.to, opens + MS_PER_DAY));
      if (to <= from) continue;
      parts.push({ from, to, move: day - opens });
      count += to - from;
    }
  }
  const out = allocateColumns(count);
  let at = 0;
  for (const { from, to, move } of parts) {
    const part = sliceColumns(finer, from, to);
    for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
      out[name].set(part[name], at);
    }
    for (let i = 0; i < part.time.length; i += 1) {
      out.time[at + i] = (part.time[i] as number) + move;
    }
    at += to - from;
  }
  return out;
}
