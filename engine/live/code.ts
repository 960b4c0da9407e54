import type { BacktestSettings } from '../domain/backtest.ts';
import type { Bar, BarColumns } from '../domain/bar.ts';
import type { CalendarData, SessionHours } from '../domain/calendar.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import type { Call } from './script.ts';
import type { BarMode, LiveEvent } from './types.ts';

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

/** What such a strategy is told: everything that its run is told, in the same order. */
export type CodeInput =
  | { readonly kind: 'warm'; readonly bars: BarColumns }
  | { readonly kind: 'bar'; readonly bar: Bar; readonly mode: BarMode }
  | { readonly kind: 'event'; readonly event: LiveEvent }
  | { readonly kind: 'release'; readonly slot: number };

/** What a strategy did with one input. */
export interface Answer<Done> {
  readonly calls: readonly Done[];
  /** Why it has ended for good with this input; null while it goes on. */
  readonly ended: ErrorPayload | null;
}

export type CodeAnswer = Answer<Call>;
