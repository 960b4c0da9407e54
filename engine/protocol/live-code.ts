import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { SessionHours } from '../domain/calendar.ts';
import type { LiveInstrumentData } from '../domain/live-instrument.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import type { CodeFailure, PortfolioTwin, Twin } from '../domain/twin.ts';
import type { ProgramTask } from './tasks.ts';

/** The paper twin of a strategy in code, for a compute thread. */
export interface LiveTwinTask {
  readonly strategy: string;
  readonly program: ProgramTask;
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly hours: SessionHours;
  readonly bars: BarColumns;
  readonly warmUp: number;
  /** Where the code of the run has failed: it is not called again there, and decides nothing more. */
  readonly failed: CodeFailure | null;
}

/** The same of a strategy of several instruments. */
export interface LivePortfolioTwinTask {
  readonly strategy: string;
  readonly file: string;
  /** JavaScript: types have been taken out. */
  readonly code: string;
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly currency: string;
  readonly instruments: readonly LiveInstrumentData[];
  /** Bars of each instrument. */
  readonly bars: readonly BarColumns[];
  /** Moments before the run itself. */
  readonly warmUp: number;
  readonly failed: CodeFailure | null;
}

export interface LiveCodeTasks {
  readonly liveTwin: { readonly input: LiveTwinTask; readonly output: Twin };
  readonly livePortfolioTwin: {
    readonly input: LivePortfolioTwinTask;
    readonly output: PortfolioTwin;
  };
}
