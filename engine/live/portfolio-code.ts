import { MarketCalendar } from '../domain/calendar.ts';
import type { LiveInstrumentData } from '../domain/live-instrument.ts';
import type { LiveInstrument, LivePortfolioSetup } from './portfolio-types.ts';

/** A strategy of several instruments in code that is to run live, as it crosses threads. */
export interface PortfolioCodeStart extends Omit<LivePortfolioSetup, 'strategy' | 'instruments'> {
  /** Its name in messages. */
  readonly file: string;
  /** JavaScript: types have been taken out. */
  readonly code: string;
  readonly instruments: readonly LiveInstrumentData[];
}

export function dataOfInstrument({ market, ...rest }: LiveInstrument): LiveInstrumentData {
  const { timeframe, calendar, hours } = market;
  return { ...rest, timeframe, calendar: calendar.data, hours };
}

export function instrumentOfData(data: LiveInstrumentData): LiveInstrument {
  const { timeframe, calendar, hours, ...rest } = data;
  return { ...rest, market: { timeframe, calendar: new MarketCalendar(calendar), hours } };
}
