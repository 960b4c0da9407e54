import { MS_PER_DAY } from '../domain/time.ts';

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
 * @returns NaN for fewer than two bars
 */
export function periodsPerYear(time: Float64Array): number {
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
  const days = tradesAtWeekends(time) ? CALENDAR_DAYS : TRADING_DAYS;
  if (usual >= 360) return 1;
  if (usual >= 85) return 4;
  if (usual >= 26) return 12;
  if (usual >= 6) return CALENDAR_DAYS / 7;
  if (usual >= 1) return days / Math.round(usual);
  return (time.length / countDays(time)) * days;
}

/** Whether more than a few bars lie on Saturday or Sunday: the market never rests. */
export function tradesAtWeekends(time: Float64Array): boolean {
  let weekend = 0;
  for (let i = 0; i < time.length; i += 1) {
    // 1970-01-01 was a Thursday: day numbers 2 and 3 modulo 7 are Saturday and Sunday.
    const day = Math.floor((time[i] as number) / MS_PER_DAY) % 7;
    if (day === 2 || day === 3) weekend += 1;
  }
  return weekend / time.length > WEEKEND_SHARE;
}

function countDays(time: Float64Array): number {
  let days = 0;
  let last = Number.NaN;
  for (let i = 0; i < time.length; i += 1) {
    const day = Math.floor((time[i] as number) / MS_PER_DAY);
    if (day !== last) days += 1;
    last = day;
  }
  return days;
}
