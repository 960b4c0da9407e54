import type { MarketCalendar } from '../../../engine/domain/calendar.ts';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';

export type SessionState = 'regular' | 'extended' | 'closed';

/** Answers for every tick whether a market trades; asks the calendar only when the answer may change. */
export class SessionClock {
  readonly calendar: MarketCalendar;
  #from = 1;
  #to = 0;
  #state: SessionState = 'closed';
  #day = 0;

  constructor(calendar: MarketCalendar) {
    this.calendar = calendar;
  }

  state(time: number): SessionState {
    if (time < this.#from || time >= this.#to) this.#find(time);
    return this.#state;
  }

  /** Date (midnight UTC) of the session whose regular hours hold a time; NaN outside of them. */
  dayOf(time: number): number {
    return this.state(time) === 'regular' ? this.#day : Number.NaN;
  }

  #find(time: number): void {
    const { calendar } = this;
    const day = calendar.zone.wallDay(time);
    const session = calendar.session(day);
    const regular = session?.regular ?? [];
    const extended = session?.extended ?? [];
    const holds = ({ from, to }: { readonly from: number; readonly to: number }): boolean =>
      time >= from && time < to;
    const edges = [
      calendar.zone.toInstant(day),
      calendar.zone.toInstant(day + MS_PER_DAY),
      ...regular.flatMap(({ from, to }) => [from, to]),
      ...extended.flatMap(({ from, to }) => [from, to]),
    ];
    this.#day = day;
    this.#from = Math.max(...edges.filter((edge) => edge <= time));
    this.#to = Math.min(...edges.filter((edge) => edge > time));
    if (!calendar.hasSessions || regular.some(holds)) this.#state = 'regular';
    else this.#state = extended.some(holds) ? 'extended' : 'closed';
  }
}
