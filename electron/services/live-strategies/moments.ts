import type { Bar } from '../../../engine/domain/bar.ts';

/** Bars that begin together, by the row of their instrument; null where it has none. */
export interface HeardMoment {
  readonly time: number;
  readonly bars: readonly (Bar | null)[];
  /** Its bars closed while nobody listened. */
  readonly missed: boolean;
}

interface Gathering {
  readonly bars: (Bar | null)[];
  readonly missed: boolean;
  /** Of the clock that counts up, when its first bar was heard. */
  readonly since: number;
}

/**
 * Joins the closed bars of several instruments to moments, as the backtest does: those that begin together
 * are one. A moment is whole when every instrument has told its bar or a later one; one that somebody keeps
 * waiting is taken without that bar after a while, and what comes for it later is not taken any more.
 */
export class MomentGatherer {
  readonly #count: number;
  readonly #patience: number;
  readonly #heard = new Map<number, Gathering>();
  /** Start of the newest bar of each instrument. */
  readonly #newest: number[];
  #taken = Number.NEGATIVE_INFINITY;

  /** @param patience milliseconds for which a moment waits for its last bar */
  constructor(count: number, patience: number) {
    this.#count = count;
    this.#patience = patience;
    this.#newest = Array.from({ length: count }, () => Number.NEGATIVE_INFINITY);
  }

  /** @param now of a clock that counts up */
  hear(row: number, bar: Bar, now: number, missed = false): void {
    this.#newest[row] = Math.max(this.#newest[row] ?? Number.NEGATIVE_INFINITY, bar.time);
    if (!(bar.time > this.#taken)) return;
    const known = this.#heard.get(bar.time);
    const gathering = known ?? { bars: this.#none(), missed, since: now };
    gathering.bars[row] ??= bar;
    if (known === undefined) this.#heard.set(bar.time, gathering);
  }

  /** Moments that are heard of and were not taken. */
  get count(): number {
    return this.#heard.size;
  }

  /**
   * The earliest moment; it stays until it is taken.
   * @returns `waits`: milliseconds until it is taken without what is missing; 0 when it can be taken now
   */
  first(now: number): { readonly moment: HeardMoment; readonly waits: number } | null {
    let time = Number.POSITIVE_INFINITY;
    for (const each of this.#heard.keys()) time = Math.min(time, each);
    const gathering = this.#heard.get(time);
    if (gathering === undefined) return null;
    const { bars, missed, since } = gathering;
    const whole = missed || this.#newest.every((newest) => newest >= time);
    const waits = whole ? 0 : Math.max(0, since + this.#patience - now);
    return { moment: { time, bars, missed }, waits };
  }

  take({ time }: HeardMoment): void {
    this.#heard.delete(time);
    this.#taken = Math.max(this.#taken, time);
  }

  clear(): void {
    this.#heard.clear();
  }

  #none(): (Bar | null)[] {
    return Array.from({ length: this.#count }, () => null);
  }
}
