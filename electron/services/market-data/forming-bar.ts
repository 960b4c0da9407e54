import type { Bar } from '../../../engine/domain/bar.ts';

/**
 * A bar while it forms, of which not everything was heard: what history tells of its beginning, and what was
 * heard since.
 */
export class FormingBar {
  #start = Number.NaN;
  #beginning: Bar | undefined;
  /** Volume of the bar that had been heard when the beginning ended. */
  #before = 0;

  /** From now on the bar that starts at `start` is heard again. @param heard what is known of it by ear */
  doubt(start: number, heard: Bar | undefined): void {
    this.#start = start;
    this.#beginning = undefined;
    this.#before = heard?.time === start ? heard.volume : 0;
  }

  /** History's answer: the bar up to the doubt. */
  begin(bar: Bar): void {
    if (bar.time === this.#start) this.#beginning = bar;
  }

  /** The whole of the newest bar. @param live what was heard of it */
  with(live: Bar | undefined): Bar | undefined {
    const beginning = this.#beginning;
    if (beginning === undefined) return live;
    if (live === undefined || live.time < beginning.time) return beginning;
    if (live.time > beginning.time) return live;
    const since = { ...live, volume: live.volume - this.#before };
    const silent = this.#before > 0 && since.volume <= 0;
    return joined(beginning, silent ? { ...since, close: beginning.close } : since);
  }
}

/** Two parts of one bar, the earlier one first. */
export function joined(first: Bar | undefined, second: Bar): Bar {
  if (first === undefined || first.time !== second.time) return second;
  return {
    time: first.time,
    open: first.open,
    high: Math.max(first.high, second.high),
    low: Math.min(first.low, second.low),
    close: second.close,
    volume: first.volume + second.volume,
  };
}
