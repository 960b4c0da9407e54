import { MS_PER_DAY } from '../domain/time.ts';
import { barDays, type BarDays } from './days.ts';

/** Trading days in a year of a market that rests at weekends, and of one that does not. */
const TRADING_DAYS = 252;
const CALENDAR_DAYS = 365;
/** Gaps between bars that the usual one is taken from. */
const MOST_GAPS = 10_000;
/** A market with more than this part of its bars on Saturday or Sunday trades every day. */
const WEEKEND_SHARE = 0.05;

/**
 * Bars in a year, from the bars themselves: the usual (median) distance tells daily, weekly and monthly
 * bars; intraday ones are counted by the day.
 * @param time bar starts, UnixMillis, increasing
 * @param days of those bars
 * @returns NaN for fewer than two bars
 */
export function periodsPerYear(time: Float64Array, days: BarDays = barDays(time)): number {
  if (time.length < 2) return Number.NaN;
  // Evenly spread gaps are enough for the median: a million would only be sorted for nothing.
  const stride = Math.ceil((time.length - 1) / MOST_GAPS);
  const gaps = new Float64Array(Math.floor((time.length - 2) / stride) + 1);
  for (let k = 0; k < gaps.length; k += 1) {
    const i = k * stride;
    gaps[k] = (time[i + 1] as number) - (time[i] as number);
  }
  gaps.sort();
  const usual = (gaps[gaps.length >> 1] as number) / MS_PER_DAY;
  const year = restsNever(time.length, days) ? CALENDAR_DAYS : TRADING_DAYS;
  if (usual >= 360) return 1;
  if (usual >= 85) return 4;
  if (usual >= 26) return 12;
  if (usual >= 6) return CALENDAR_DAYS / 7;
  if (usual >= 1) return year / Math.round(usual);
  return (time.length / days.count) * year;
}

/** Whether more than a few bars lie on Saturday or Sunday: the market never rests. */
export function tradesAtWeekends(time: Float64Array): boolean {
  return restsNever(time.length, barDays(time));
}

function restsNever(bars: number, { weekend }: BarDays): boolean {
  return weekend / bars > WEEKEND_SHARE;
}
