import type { BarColumns } from '../domain/bar.ts';
import type { BacktestTask } from '../domain/backtest.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
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
  readonly indicator: {
    readonly input: IndicatorTask;
    readonly output: readonly { readonly name: string; readonly values: Float64Array }[];
  };
}
export type ComputeTaskName = keyof ComputeTasks;

export interface IndicatorTask {
  readonly indicator: string;
  readonly parameters: ParameterValues;
  readonly bars: BarColumns;
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
