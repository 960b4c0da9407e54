import type { BarColumns } from '../domain/bar.ts';
import { barLength } from './sessions.ts';

/** Finds the finer bars that lie inside each bar. Bars are asked for in order. */
export class FinerBars {
  readonly bars: BarColumns;
  private readonly time: Float64Array;
  private readonly length: number;
  private next = 0;

  constructor(time: Float64Array, finer: BarColumns) {
    this.time = time;
    this.bars = finer;
    this.length = barLength(time);
  }

  /** First of the finer bars of a bar, and the first after them; equal when there are none. */
  of(bar: number): readonly [from: number, to: number] {
    const start = this.time[bar] as number;
    const { time } = this.bars;
    while (this.next < time.length && (time[this.next] as number) < start) this.next += 1;
    let to = this.next;
    while (to < time.length && (time[to] as number) < start + this.length) to += 1;
    return [this.next, to];
  }
}
