import type { SessionColumns } from '../domain/backtest.ts';
import type { MarketCalendar } from '../domain/calendar.ts';
import { MS_PER_DAY } from '../domain/time.ts';

/** Length of the bars: the least distance between two; a day for fewer than two. */
export function barLength(time: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < time.length; i += 1) {
    least = Math.min(least, (time[i] as number) - (time[i - 1] as number));
  }
  return Number.isFinite(least) ? least : MS_PER_DAY;
}

/**
 * The sessions of bars. Without a calendar every UTC day is one. A bar closes its session when its end
 * reaches the session's: that is known beforehand, and does not depend on a later bar. A last bar that
 * is missing leaves a session without a close, and orders for it expire.
 */
export function sessionsOf(
  time: Float64Array,
  calendar: MarketCalendar | null = null,
  length = barLength(time),
): SessionColumns {
  const count = time.length;
  const day = new Float64Array(count);
  const first = new Uint8Array(count);
  const last = new Uint8Array(count);
  const known = calendar?.hasSessions === true && length < MS_PER_DAY ? calendar : null;
  let opensAt = 0;
  let closesAt = 0;
  let opened = false;
  let closed = false;
  for (let i = 0; i < count; i += 1) {
    const at = time[i] as number;
    const today =
      known === null ? Math.floor(at / MS_PER_DAY) * MS_PER_DAY : known.zone.wallDay(at);
    day[i] = today;
    if (i === 0 || today !== day[i - 1]) {
      opened = false;
      closed = false;
      const session = known?.session(today) ?? null;
      opensAt = session?.regular[0]?.from ?? today;
      closesAt = session?.regular.at(-1)?.to ?? today + MS_PER_DAY;
    }
    if (!opened && at + length > opensAt) {
      first[i] = 1;
      opened = true;
    }
    if (!closed && at + length >= closesAt) {
      last[i] = 1;
      closed = true;
    }
  }
  return { day, first, last };
}

/** Sessions that are computed when they are first looked at: most runs never do. */
export function laterSessions(make: () => SessionColumns): SessionColumns {
  let made: SessionColumns | undefined;
  const all = (): SessionColumns => (made ??= make());
  return {
    get day() {
      return all().day;
    },
    get first() {
      return all().first;
    },
    get last() {
      return all().last;
    },
  };
}
