import type { BacktestSettings } from '../domain/backtest.ts';
import type { Bar } from '../domain/bar.ts';
import type { CalendarData, SessionHours } from '../domain/calendar.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import type { PortfolioCall } from './portfolio-script.ts';
import type { PortfolioEvent } from './portfolio-types.ts';
import type { Call } from './script.ts';
import type { BarMode, Wanted } from './types.ts';

/** A strategy in code that is to run live, in a thread of its own. */
export interface CodeStart {
  readonly id: string;
  /** Its name in messages. */
  readonly file: string;
  /** JavaScript: types have been taken out. */
  readonly code: string;
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly market: CodeMarketData;
}

export interface CodeMarketData {
  readonly timeframe: Timeframe;
  readonly calendar: CalendarData;
  readonly hours: SessionHours;
}

/** The bars that begin at one time, by the row of their instrument. */
export interface MomentBars {
  readonly time: number;
  readonly bars: readonly (Bar | null)[];
}

/** What happens in a run. The same inputs in the same order give the same orders. */
export type LiveInput =
  | { readonly kind: 'moments'; readonly moments: readonly MomentBars[]; readonly mode: BarMode }
  | { readonly kind: 'event'; readonly event: PortfolioEvent };

/** What a strategy in code is told: everything that its run is told, and which places are free again. */
export type CodeInput =
  | LiveInput
  | { readonly kind: 'release'; readonly instrument: number; readonly slot: number };

/** A run of one instrument or of several, as who drives it sees it. */
export interface LiveCore {
  /** Start of its newest bars. */
  readonly lastTime: number;
  /** Bars that are missing before the first decision. */
  readonly barsToGo: number;
  /** Orders that wait for the money of others. */
  readonly waiting: readonly unknown[];
  take(input: CodeInput): void;
  /** What should work at the venue now, of one instrument. */
  wantedOf(instrument: number): Wanted[];
}

/** What a strategy did with one input. */
export interface Answer<Done> {
  readonly calls: readonly Done[];
  /** Why it has ended for good with this input; null while it goes on. */
  readonly ended: ErrorPayload | null;
}

/** A call of a strategy of one instrument, or of several. */
export type AnyCall = Call | PortfolioCall;
export type CodeAnswer = Answer<AnyCall>;
