import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { lowerBound } from '../../../../engine/series/columns.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';

/** What an update has done to the bars that are drawn. */
export type Change =
  | { readonly kind: 'none' }
  /** These replace the last bar or follow it, in order. */
  | { readonly kind: 'end'; readonly bars: readonly Bar[] }
  /** Bars before the last one have come or changed. */
  | { readonly kind: 'all' };

export interface BarNews {
  readonly bars: BarColumns;
  readonly forming: Bar | null;
}

const NOTHING: Change = { kind: 'none' };

/**
 * The bars of now: those that the workstation has told as closed, and after them those that were only seen
 * forming. A time has one bar however often it is told, and a closed bar takes the place of what was seen of it.
 */
export class LiveSeries {
  #closed: Bar[] = [];
  /** Later than every closed one; more than one while the close of the first is not told yet. */
  #forming: Bar[] = [];
  /** Rises with every change of the closed bars. */
  version = 0;

  get closed(): readonly Bar[] {
    return this.#closed;
  }

  get last(): Bar | undefined {
    return this.#forming.at(-1) ?? this.#closed.at(-1);
  }

  /** Takes what has closed since, and the bar that forms. */
  take({ bars, forming }: BarNews): Change {
    const drawn = this.last?.time ?? Number.NEGATIVE_INFINITY;
    const news: Bar[] = [];
    let inside = false;
    for (let i = 0; i < bars.time.length; i += 1) {
      const bar = barOfRow(bars, i);
      if (!this.#close(bar)) continue;
      const seen = this.#forming.find(({ time }) => time === bar.time);
      if (seen !== undefined && same(seen, bar)) continue;
      if (bar.time >= drawn) news.push(bar);
      else inside = true;
    }
    const confirmed = this.#closed.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    // A bar that was passed over without being told as closed has never been one.
    const kept = this.#forming.filter(({ time }) => time > confirmed);
    inside ||= this.#forming.some(({ time }) => time <= confirmed && !this.#has(time));
    this.#forming = kept;
    if (forming !== null && forming.time > confirmed && this.#form(forming)) news.push(forming);
    if (inside) return { kind: 'all' };
    return news.length === 0 ? NOTHING : { kind: 'end', bars: news };
  }

  /**
   * Takes an answer that holds all closed bars from its first on; what was heard meanwhile stays.
   * @param anew the market began again in the past: what was known is of another one
   */
  begin(news: BarNews, anew = false): Change {
    if (anew) {
      this.#closed = [];
      this.#forming = [];
    }
    this.take(news);
    this.version += 1;
    return { kind: 'all' };
  }

  /** Stored bars before the first of now, and those of now; closed ones alone. */
  over(stored: BarColumns | null): BarColumns {
    const first = this.#closed[0]?.time ?? this.#forming[0]?.time;
    const kept = stored === null ? 0 : lowerBound(stored.time, first ?? Number.POSITIVE_INFINITY);
    const column = (name: keyof Bar & keyof BarColumns): Float64Array => {
      const all = new Float64Array(kept + this.#closed.length);
      if (stored !== null) all.set(stored[name].subarray(0, kept));
      this.#closed.forEach((bar, i) => {
        all[kept + i] = bar[name];
      });
      return all;
    };
    return {
      time: column('time'),
      open: column('open'),
      high: column('high'),
      low: column('low'),
      close: column('close'),
      volume: column('volume'),
    };
  }

  /** Bars that were seen forming and are not told as closed. */
  get forming(): readonly Bar[] {
    return this.#forming;
  }

  /** @returns whether it is new or other than what was known */
  #close(bar: Bar): boolean {
    const last = this.#closed.at(-1);
    if (last === undefined || bar.time > last.time) this.#closed.push(bar);
    else {
      const at = this.#closed.findIndex(({ time }) => time >= bar.time);
      const known = this.#closed[at] as Bar;
      if (known.time !== bar.time) this.#closed.splice(at, 0, bar);
      else if (same(known, bar)) return false;
      else this.#closed[at] = bar;
    }
    this.version += 1;
    return true;
  }

  #form(bar: Bar): boolean {
    const last = this.#forming.at(-1);
    if (last === undefined || bar.time > last.time) this.#forming.push(bar);
    else if (bar.time < last.time || same(last, bar)) return false;
    else this.#forming[this.#forming.length - 1] = bar;
    return true;
  }

  #has(time: number): boolean {
    return this.#closed.some((bar) => bar.time === time);
  }
}

function same(a: Bar, b: Bar): boolean {
  return (
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume
  );
}
