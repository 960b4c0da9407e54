import { RenataError } from '../domain/errors.ts';
import type { SeriesView } from './strategy.ts';

/** The current bar, shared by all views of a run. */
export interface Clock {
  index: number;
}

let valuesOf: (view: ColumnView) => Float64Array;

/** A column seen from the current bar; the only way in which a strategy reads data. */
export class ColumnView implements SeriesView {
  readonly #values: Float64Array;
  readonly #clock: Clock;

  static {
    // A static method would hand the whole column to whoever holds a view, by its constructor.
    valuesOf = (view) => view.#values;
  }

  constructor(values: Float64Array, clock: Clock) {
    this.#values = values;
    this.#clock = clock;
  }

  at(ago = 0): number {
    const now = this.#clock.index;
    const index = now - ago;
    // The sum is what is checked: an object may give another number each time it is asked for one.
    if (index > now) throw fromTheFuture(ago);
    if (index < 0) return Number.NaN;
    const value = this.#values[index];
    if (value === undefined) throw notWhole(ago);
    return value;
  }
}

Object.freeze(ColumnView.prototype);

/** The whole column behind a view, for results; undefined for a view of another make. */
export function columnOf(view: SeriesView): Float64Array | undefined {
  return view instanceof ColumnView ? valuesOf(view) : undefined;
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
