import { GrowableFloats } from '../backtest/growable.ts';
import type { SeriesView } from '../backtest/strategy.ts';
import type { Bar, BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';

/** Bars that were seen one by one, as columns that grow: what reads columns reads them as they are now. */
export class BarStore implements BarColumns {
  readonly #columns = {
    time: new GrowableFloats(),
    open: new GrowableFloats(),
    high: new GrowableFloats(),
    low: new GrowableFloats(),
    close: new GrowableFloats(),
    volume: new GrowableFloats(),
  };

  get time(): Float64Array {
    return this.#columns.time.rows();
  }

  get open(): Float64Array {
    return this.#columns.open.rows();
  }

  get high(): Float64Array {
    return this.#columns.high.rows();
  }

  get low(): Float64Array {
    return this.#columns.low.rows();
  }

  get close(): Float64Array {
    return this.#columns.close.rows();
  }

  get volume(): Float64Array {
    return this.#columns.volume.rows();
  }

  get length(): number {
    return this.#columns.time.length;
  }

  push(bar: Bar): void {
    for (const name of NAMES) this.#columns[name].push(bar[name]);
  }

  /** A column as a strategy may read it: up to the newest bar. */
  view(name: keyof BarColumns): SeriesView {
    const column = this.#columns[name];
    return Object.freeze({
      at: (ago = 0): number => {
        const index = column.length - 1 - ago;
        if (!Number.isInteger(index) || index >= column.length) {
          throw new RenataError(
            'STRATEGY_FAILED',
            `The strategy asked for the value ${ago} bars back; at(n) takes n = 0, 1, 2, … bars back.`,
          );
        }
        return index < 0 ? Number.NaN : column.get(index);
      },
    });
  }

  /** A copy of all bars. */
  toColumns(): BarColumns {
    const { time, open, high, low, close, volume } = this.#columns;
    return {
      time: time.toArray(),
      open: open.toArray(),
      high: high.toArray(),
      low: low.toArray(),
      close: close.toArray(),
      volume: volume.toArray(),
    };
  }
}

const NAMES = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;
