import { RenataError } from './errors.ts';
import { MS_PER_DAY } from './time.ts';
import { utcDay } from './time-zone.ts';

/** How a holiday that falls on a weekend moves. */
export type Observed =
  | 'never' // it stays on the weekend, where it closes nothing
  | 'monday' // a Sunday moves to Monday, a Saturday stays
  | 'nearest'; // a Saturday moves to Friday, a Sunday to Monday

/** A day that comes every year, given in one of three ways. */
interface DayRule {
  readonly name: string;
  /** First and last year in which it holds; absent is without end. */
  readonly from?: number;
  readonly to?: number;
  /** A fixed date: month 1 to 12 and day. */
  readonly month?: number;
  readonly day?: number;
  /** The `nth` weekday (0 Sunday) of `month`; -1 is the last. */
  readonly weekday?: number;
  readonly nth?: number;
  /** Days from Easter Sunday (Western); Good Friday is -2. */
  readonly easter?: number;
  /** Days added to what the fields above give. */
  readonly offset?: number;
}

export interface HolidayRule extends DayRule {
  readonly observed?: Observed;
}

export interface CloseRule extends DayRule {
  /** Local clock time `HH:MM`. */
  readonly close: string;
  /** Holds only when the day is one of these weekdays. */
  readonly onWeekdays?: readonly number[];
  /** Years in which it did not hold. */
  readonly except?: readonly number[];
}

/** The days on which a rule falls in a year: none or one. Midnight UTC of the date, UnixMillis. */
export function ruleDays(rule: HolidayRule | CloseRule, year: number): number[] {
  if (year < (rule.from ?? year) || year > (rule.to ?? year)) return [];
  const day = ruleDay(rule, year) + (rule.offset ?? 0) * MS_PER_DAY;
  const weekday = new Date(day).getUTCDay();
  if ('close' in rule) {
    const holds =
      rule.onWeekdays?.includes(weekday) !== false && rule.except?.includes(year) !== true;
    return holds ? [day] : [];
  }
  const observed = rule.observed ?? 'never';
  if (weekday === 0 && observed !== 'never') return [day + MS_PER_DAY];
  if (weekday === 6 && observed === 'nearest') return [day - MS_PER_DAY];
  return [day];
}

function ruleDay(rule: DayRule, year: number): number {
  if (rule.easter !== undefined) return easterSunday(year) + rule.easter * MS_PER_DAY;
  const month = rule.month ?? 1;
  if (rule.weekday === undefined) return utcDay(year, month, rule.day ?? 1);
  const nth = rule.nth ?? 1;
  if (nth > 0) {
    const first = utcDay(year, month, 1);
    const ahead = (rule.weekday - new Date(first).getUTCDay() + 7) % 7;
    return first + (ahead + (nth - 1) * 7) * MS_PER_DAY;
  }
  const last = utcDay(year, month + 1, 0);
  const back = (new Date(last).getUTCDay() - rule.weekday + 7) % 7;
  return last - (back + (-nth - 1) * 7) * MS_PER_DAY;
}

/**
 * Easter Sunday of the Gregorian calendar, by the anonymous algorithm printed in Jean Meeus,
 * "Astronomical Algorithms", chapter 8.
 */
function easterSunday(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const inCentury = year % 100;
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const moon = (19 * golden + century - Math.floor(century / 4) - correction + 15) % 30;
  const sunday =
    (32 + 2 * (century % 4) + 2 * Math.floor(inCentury / 4) - moon - (inCentury % 4)) % 7;
  const late = Math.floor((golden + 11 * moon + 22 * sunday) / 451);
  const sum = moon + sunday - 7 * late + 114;
  return utcDay(year, Math.floor(sum / 31), (sum % 31) + 1);
}

/** @throws RenataError BAD_INPUT naming the rule that gives no day. */
export function checkHolidayRules(
  calendar: string,
  holidays: readonly HolidayRule[],
  closes: readonly CloseRule[],
): void {
  for (const rule of [...holidays, ...closes]) {
    const fixed = rule.month !== undefined && rule.day !== undefined;
    const nth = rule.month !== undefined && rule.weekday !== undefined && rule.nth !== undefined;
    if (!fixed && !nth && rule.easter === undefined) {
      throw new RenataError(
        'BAD_INPUT',
        `Calendar ${calendar}: "${rule.name}" needs month and day, month with weekday and nth, or easter.`,
        { details: { parameter: 'calendar' } },
      );
    }
  }
}
