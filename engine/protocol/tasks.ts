import type { BacktestTask } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { CalendarData } from '../domain/calendar.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { StudyDescription } from '../domain/study.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import type { PackedResult } from './text-columns.ts';

/** What the pool's compute threads do, by name. Columns cross on shared memory, never copied. */
export interface ComputeTasks {
  readonly backtest: {
    readonly input: BacktestTask;
    readonly output: {
      readonly result: PackedResult;
      /** Equity of buying at the first bar and holding under the same costs, one value a bar. */
      readonly benchmark: Float64Array;
    };
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
