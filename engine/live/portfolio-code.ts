import type { Bar } from '../domain/bar.ts';
import { MarketCalendar } from '../domain/calendar.ts';
import type { LiveInstrumentData } from '../domain/live-instrument.ts';
import type { Answer } from './code.ts';
import type { PortfolioCall } from './portfolio-script.ts';
import type { LiveInstrument, LivePortfolioSetup, PortfolioEvent } from './portfolio-types.ts';
import type { BarMode } from './types.ts';

/** The bars that begin at one time, by the row of their instrument. */
export interface MomentBars {
  readonly time: number;
  readonly bars: readonly (Bar | null)[];
}

/** What a strategy in code is told: everything that its run is told, in the same order. */
export type PortfolioInput =
  | { readonly kind: 'moments'; readonly moments: readonly MomentBars[]; readonly mode: BarMode }
  | { readonly kind: 'event'; readonly event: PortfolioEvent }
  | { readonly kind: 'release'; readonly instrument: number; readonly slot: number };

export type PortfolioAnswer = Answer<PortfolioCall>;

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
