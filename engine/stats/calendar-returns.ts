import { MS_PER_DAY } from '../domain/time.ts';
import { timeZone } from '../domain/time-zone.ts';

/** Lengths of time that returns are gathered by. Weeks begin on Monday. */
export const CALENDAR_SPANS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type CalendarSpan = (typeof CALENDAR_SPANS)[number];

/** Compound returns of spans of the calendar, in order of time. */
export interface CalendarReturns {
  /** First day of each span, as milliseconds of its midnight on the zone's clock. */
  readonly start: Float64Array;
  readonly returns: Float64Array;
}

/**
 * Returns of each span that has a mark: its last mark against that of the span before, the first against
 * the capital at the start.
 * @param time of each mark, UnixMillis, increasing
 * @param equity one mark for each time
 * @param capital before the first mark
 * @param zone of the calendar, an IANA name
 */
export function calendarReturns(
  time: Float64Array,
  equity: Float64Array,
  capital: number,
  span: CalendarSpan,
  zone = 'UTC',
): CalendarReturns {
  const clock = timeZone(zone);
  const start: number[] = [];
  const last: number[] = [];
  let current = Number.NaN;
  let day = Number.NaN;
  for (let i = 0; i < time.length; i += 1) {
    const today = Math.floor(clock.toWall(time[i] as number) / MS_PER_DAY);
    if (today !== day) {
      day = today;
      const begin = spanStart(today, span);
      if (begin !== current) {
        current = begin;
        start.push(begin);
        last.push(Number.NaN);
      }
    }
    last[last.length - 1] = equity[i] as number;
  }
  let before = capital;
  const returns = Float64Array.from(last, (value) => {
    // Of an account that is empty and stays so as well.
    const change = value === before ? 0 : value / before - 1;
    before = value;
    return change;
  });
  return { start: Float64Array.from(start), returns };
}

/** First day of the span that holds a day, as milliseconds; days count from 1970-01-01, a Thursday. */
function spanStart(day: number, span: CalendarSpan): number {
  if (span === 'day') return day * MS_PER_DAY;
  if (span === 'week') return (day - ((((day + 3) % 7) + 7) % 7)) * MS_PER_DAY;
  const date = new Date(day * MS_PER_DAY);
  const month = date.getUTCMonth();
  const first = span === 'month' ? month : span === 'quarter' ? month - (month % 3) : 0;
  return Date.UTC(date.getUTCFullYear(), first, 1);
}

/** One row of the table of months. */
export interface YearRow {
  readonly year: number;
  /** Twelve returns from January on; NaN for a month without a mark. */
  readonly months: Float64Array;
  /** Return of the whole year, compounded. */
  readonly total: number;
}

/** The table of monthly returns with the years' totals. */
export function monthlyTable(
  time: Float64Array,
  equity: Float64Array,
  capital: number,
  zone = 'UTC',
): YearRow[] {
  const { start, returns } = calendarReturns(time, equity, capital, 'month', zone);
  const rows: { year: number; months: Float64Array; total: number }[] = [];
  start.forEach((begin, i) => {
    const date = new Date(begin);
    const year = date.getUTCFullYear();
    let row = rows.at(-1);
    if (row?.year !== year) {
      row = { year, months: new Float64Array(12).fill(Number.NaN), total: 0 };
      rows.push(row);
    }
    const change = returns[i] as number;
    row.months[date.getUTCMonth()] = change;
    row.total = (1 + row.total) * (1 + change) - 1;
  });
  return rows;
}

/** Best, worst and winning spans of a series of returns. */
export interface SpanSummary {
  readonly best: number;
  readonly worst: number;
  readonly average: number;
  /** Spans that gained over all that moved. */
  readonly winRate: number;
  /** Mean of the spans that gained, and of those that lost. */
  readonly averageUp: number;
  readonly averageDown: number;
}

export function summariseSpans(returns: ArrayLike<number>): SpanSummary {
  let best = returns[0] ?? Number.NaN;
  let worst = best;
  let up = 0;
  let down = 0;
  let gains = 0;
  let losses = 0;
  for (let i = 0; i < returns.length; i += 1) {
    const value = returns[i] as number;
    best = Math.max(best, value);
    worst = Math.min(worst, value);
    if (value > 0) {
      up += 1;
      gains += value;
    } else if (value < 0) {
      down += 1;
      losses += value;
    }
  }
  return {
    best,
    worst,
    average: (gains + losses) / returns.length,
    winRate: up / (up + down),
    averageUp: gains / up,
    averageDown: losses / down,
  };
}

/** Longest run of gains and of losses; what does not move ends both. */
export function longestRuns(values: ArrayLike<number>): {
  readonly wins: number;
  readonly losses: number;
} {
  let wins = 0;
  let losses = 0;
  let up = 0;
  let down = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    up = value > 0 ? up + 1 : 0;
    down = value < 0 ? down + 1 : 0;
    wins = Math.max(wins, up);
    losses = Math.max(losses, down);
  }
  return { wins, losses };
}
