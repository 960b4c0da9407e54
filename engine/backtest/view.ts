import { RenataError } from '../domain/errors.ts';
import type { SeriesView } from './strategy.ts';

/** The current bar, shared by all views of a run. */
export interface Clock {
  index: number;
}

/** A column seen from the current bar; the only way in which a strategy reads data. */
export class ColumnView implements SeriesView {
  readonly #values: Float64Array;
  readonly #clock: Clock;

  constructor(values: Float64Array, clock: Clock) {
    this.#values = values;
    this.#clock = clock;
  }

  at(ago = 0): number {
    if (ago < 0) throw fromTheFuture(ago);
    const index = this.#clock.index - ago;
    if (index < 0) return Number.NaN;
    const value = this.#values[index];
    if (value === undefined) throw notWhole(ago);
    return value;
  }

  /** The whole column, for results; strategies are given the interface without it. */
  static columnOf(view: SeriesView): Float64Array | undefined {
    return view instanceof ColumnView ? view.#values : undefined;
  }
}

function notWhole(ago: number): RenataError {
  return new RenataError(
    'STRATEGY_FAILED',
    `The strategy asked for the value ${ago} bars back; at(n) takes n = 0, 1, 2, … bars back.`,
  );
}

function fromTheFuture(ago: number): RenataError {
  return new RenataError(
    'STRATEGY_FAILED',
    `The strategy asked for the value ${-ago} bars in the future; at(n) takes n = 0, 1, 2, … bars back.`,
  );
}
