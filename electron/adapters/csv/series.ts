import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import { columnsOfBars } from '../../net/bar-rows.ts';

/** Bars of one instrument and length, ascending, each time once. */
export class BarSeries {
  readonly #bars: Bar[] = [];

  get size(): number {
    return this.#bars.length;
  }

  get last(): Bar | undefined {
    return this.#bars.at(-1);
  }

  clear(): void {
    this.#bars.length = 0;
  }

  /** @returns whether it lies after all bars so far; another bar of the same time is replaced */
  put(bar: Bar): boolean {
    const { last } = this;
    if (last === undefined || bar.time > last.time) {
      this.#bars.push(bar);
      return true;
    }
    const at = this.#lowerBound(bar.time);
    const same = this.#bars[at]?.time === bar.time;
    this.#bars.splice(at, same ? 1 : 0, bar);
    return false;
  }

  between(start: number, end: number): BarColumns {
    return columnsOfBars(this.#bars.slice(this.#lowerBound(start), this.#lowerBound(end)));
  }

  #lowerBound(time: number): number {
    let low = 0;
    let high = this.#bars.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bars[middle] as Bar).time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
