import type { ColumnName, Scope } from './graph.ts';

/** Bars of one scope as the evaluator reads them; all columns have one length. */
export interface ScopeSeries {
  readonly length: number;
  /** A price or clock column; computed when asked for. */
  column(name: ColumnName): Float64Array;
  /**
   * When each bar is complete, UnixMillis, increasing: the moment from which another scope may know it.
   */
  readonly closedAt: Float64Array;
}

/** Gives the evaluator the bars of the scopes that an expression names. */
export interface Environment {
  /** @throws RenataError NOT_FOUND or BAD_INPUT when the store has no such bars. */
  series(scope: Scope): ScopeSeries;
}
