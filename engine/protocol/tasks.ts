import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { BacktestSettings, BacktestTask } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { CalendarData } from '../domain/calendar.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { Parameter, ParameterValues } from '../domain/parameters.ts';
import type { PortfolioResult } from '../domain/portfolio-result.ts';
import type { StudyDescription } from '../domain/study.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import type { BundleTasks } from './bundle-tasks.ts';
import type { LiveCodeTasks } from './live-code.ts';
import type { ResearchTasks } from './research-tasks.ts';
import type { StrategyDocument } from './strategy-document.ts';
import type { Run } from './schemas.ts';
import type { Packed, PackedResult } from './text-columns.ts';
import type { ValidationTasks } from './validation-tasks.ts';

/** What the pool's compute threads do, by name. Columns cross on shared memory, never copied. */
export interface ComputeTasks extends ResearchTasks, ValidationTasks, BundleTasks, LiveCodeTasks {
  readonly backtest: {
    readonly input: BacktestTask & {
      readonly program?: ProgramTask;
      /** Where the bars come from: gives their sessions, and the dates that finer bars belong to. */
      readonly market?: { readonly timeframe: Timeframe; readonly calendar: CalendarData };
    };
    readonly output: {
      readonly result: PackedResult;
      /** Equity of buying at the first bar and holding under the same costs, one value a bar. */
      readonly benchmark: Float64Array;
    };
  };
  /** What a file of strategy code says of itself; it runs in the sandbox, whoever wrote it. */
  readonly describe: {
    readonly input: { readonly file: string; readonly code: string };
    readonly output: {
      readonly title: string;
      readonly description: string;
      readonly source: string | null;
      readonly instruments: readonly string[];
      readonly timeframe: string | null;
      readonly portfolio: boolean;
      readonly parameters: readonly Parameter[];
    };
  };
  /** A strategy in code that trades several instruments on shared cash. */
  readonly portfolio: {
    readonly input: PortfolioRunTask;
    readonly output: PackedPortfolio;
  };
  /** The tear sheet of a run as one HTML document. */
  readonly tearSheet: {
    readonly input: TearSheetTask;
    readonly output: string;
  };
  readonly study: {
    readonly input: StudyTask;
    readonly output: {
      readonly description: StudyDescription;
      /** One column for each output of the description, as long as the bars. */
      readonly columns: readonly Float64Array[];
    };
  };
}
export type ComputeTaskName = keyof ComputeTasks;

/** A strategy that is no part of Renata: rules, or JavaScript whose types have been taken out. */
export type StrategyProgram =
  | { readonly kind: 'rules'; readonly document: StrategyDocument }
  | {
      readonly kind: 'code';
      /** Its name in messages. */
      readonly file: string;
      readonly code: string;
      /** Runs as it is and not in the sandbox: the user's own choice for this very text. */
      readonly trusted: boolean;
    };

/** A program with everything that it may read besides the bars of its run. */
export interface ProgramTask {
  readonly program: StrategyProgram;
  readonly timeframe: Timeframe;
  readonly calendar: CalendarData;
  /** Bars of the instruments that it names, under the names that it uses. */
  readonly others: Readonly<Record<string, TaskBars>>;
}

/** What a compute thread needs to run a strategy of several instruments. */
export interface PortfolioRunTask {
  readonly strategy: string;
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  /** Of the cash and of every instrument. */
  readonly currency: string;
  readonly program: { readonly program: StrategyProgram };
  /** In the order in which the strategy sees them; all bars are equally long. */
  readonly instruments: readonly TaskInstrument[];
}

export interface TaskInstrument extends TaskBars {
  /** Its name in the strategy, the orders and the trades. */
  readonly symbol: string;
  /** Splits and dividends; the bars are then raw. */
  readonly events?: readonly AdjustmentEvent[] | undefined;
}

export type PackedPortfolio = Omit<PortfolioResult, 'orders' | 'trades' | 'values'> & {
  readonly orders: Packed<PortfolioResult['orders']>;
  readonly trades: Packed<PortfolioResult['trades']>;
  /** For each instrument the value of its position as a part of the equity, at every moment. */
  readonly weights: readonly Float64Array[];
};

/** A run and what its report needs besides. */
export interface TearSheetTask {
  readonly run: Run;
  /** The bars that the run read; null when they are not to be had any more. */
  readonly bars: BarColumns | null;
  readonly strategyTitle: string;
  readonly currency?: string;
  /** IANA zone of the market's clock. */
  readonly zone?: string;
  /** Of the program. */
  readonly version: string;
}

/** An expression and all the bars that it reads. */
export interface StudyTask {
  readonly expression: string;
  /** Values for the `param(…)`s of the expression. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly base: TaskBars;
  /** Bars of the instruments that the expression names, under the names that it uses. */
  readonly others: Readonly<Record<string, TaskBars>>;
}

/** Stored bars with the calendar that they follow. */
export interface TaskBars {
  readonly bars: BarColumns;
  readonly timeframe: Timeframe;
  readonly calendar: CalendarData;
}

/** Element of the shared control array that holds 1 once the task is to stop. */
export const CONTROL_CANCEL = 0;
/** Element that changes with every bar of a strategy that may not return; 0 while none is watched. */
export const CONTROL_BEAT = 1;
export const CONTROL_LENGTH = 2;

/** What a progress port carries: bars done and bars in all. */
export interface ProgressMessage {
  readonly done: number;
  readonly total: number;
}

/** Answer of a compute thread. Errors cross as payloads: a cloned Error would lose its code. */
export type TaskAnswer<Output> =
  | { readonly ok: true; readonly output: Output }
  | {
      readonly ok: false;
      readonly error: ErrorPayload;
      /** Stack of a defect, for the log only. */
      readonly stack: string | null;
    };
