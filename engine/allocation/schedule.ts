import { RenataError } from '../domain/errors.ts';

/** When weights are chosen anew. */
export type RebalanceRule =
  /** At the first bar of a week (from Monday), month, quarter or year, UTC. */
  | { readonly kind: 'weekly' | 'monthly' | 'quarterly' | 'yearly' }
  | { readonly kind: 'bars'; readonly every: number }
  /** When a weight has drifted from its target by more than this part of the portfolio. */
  | { readonly kind: 'threshold'; readonly drift: number };

const MS_PER_DAY = 86_400_000;
/** 1970-01-01 was a Thursday: three days after a Monday. */
const THURSDAY = 3;

/**
 * The bars at which a rule of the calendar, or of counting, rebalances. A period's first bar is known when it
 * comes; its last one is not, so it is not used. Bar 0 counts only for a rule of bars. For a threshold, which
 * depends on the holdings, these are all bars: those at which it is looked at.
 * @param time bar starts, UnixMillis, increasing
 */
export function rebalanceSchedule(time: Float64Array, rule: RebalanceRule): number[] {
  const bars: number[] = [];
  if (rule.kind === 'bars' && !(Number.isInteger(rule.every) && rule.every > 0)) {
    fail('every', `${rule.every} is not a whole number of bars above 0`);
  }
  if (rule.kind === 'threshold' && !(rule.drift > 0)) {
    fail('drift', `${rule.drift} is not above 0`);
  }
  for (let i = 0; i < time.length; i += 1) {
    if (rule.kind === 'threshold') {
      bars.push(i);
    } else if (rule.kind === 'bars') {
      if (i % rule.every === 0) bars.push(i);
    } else if (
      i > 0 &&
      period(time[i] as number, rule.kind) !== period(time[i - 1] as number, rule.kind)
    ) {
      bars.push(i);
    }
  }
  return bars;
}

function period(time: number, kind: 'weekly' | 'monthly' | 'quarterly' | 'yearly'): number {
  if (kind === 'weekly') return Math.floor((Math.floor(time / MS_PER_DAY) + THURSDAY) / 7);
  const at = new Date(time);
  const year = at.getUTCFullYear();
  if (kind === 'yearly') return year;
  const month = at.getUTCMonth();
  return kind === 'monthly' ? year * 12 + month : year * 4 + Math.floor(month / 3);
}

function fail(parameter: string, message: string): never {
  throw new RenataError('BAD_INPUT', `${parameter}: ${message}.`, { details: { parameter } });
}
