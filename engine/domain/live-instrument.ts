import type { CalendarData, SessionHours } from './calendar.ts';
import type { Timeframe } from './timeframe.ts';

/** One instrument of a live run of several, as it crosses threads. */
export interface LiveInstrumentData {
  /** As the strategy calls it. */
  readonly symbol: string;
  /** Least units that the venue trades. */
  readonly lotSize: number;
  /** Money for a price of 1 of one unit; 1 when absent. */
  readonly multiplier?: number | undefined;
  readonly timeframe: Timeframe;
  readonly calendar: CalendarData;
  readonly hours: SessionHours;
}
