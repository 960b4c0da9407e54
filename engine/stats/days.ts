import { MS_PER_DAY } from '../domain/time.ts';

/** The calendar days (UTC) on which a run of bars lies. */
export interface BarDays {
  /** Number of the first bar of each day that has one, in order. */
  readonly first: Float64Array;
  readonly count: number;
  /** Bars on Saturday or Sunday. */
  readonly weekend: number;
}

/** Bars looked at in one call: the engine of JavaScript compiles a call better than a loop that goes on. */
const BLOCK = 8_192;

/**
 * Finds the days of bars. Within a day a bar costs two comparisons, and no date is made of it.
 * @param time bar starts, UnixMillis, increasing
 */
export function barDays(time: Float64Array): BarDays {
  const found = new DayScan();
  for (let from = 0; from < time.length; from += BLOCK) {
    found.scan(time, from, Math.min(from + BLOCK, time.length));
  }
  return found.end(time.length);
}

class DayScan {
  private first = new Float64Array(256);
  private count = 0;
  private weekend = 0;
  /** Milliseconds at which the current day begins and ends. */
  private begin = Number.NaN;
  private next = Number.NaN;
  /** Whether the current day is a Saturday or Sunday. */
  private resting = false;

  scan(time: Float64Array, from: number, to: number): void {
    let { begin, next } = this;
    for (let i = from; i < to; i += 1) {
      const now = time[i] as number;
      if (now >= begin && now < next) continue;
      begin = Math.floor(now / MS_PER_DAY) * MS_PER_DAY;
      next = begin + MS_PER_DAY;
      this.start(i, begin);
    }
    this.begin = begin;
    this.next = next;
  }

  end(length: number): BarDays {
    this.close(length);
    return { first: this.first.slice(0, this.count), count: this.count, weekend: this.weekend };
  }

  private start(bar: number, begin: number): void {
    this.close(bar);
    if (this.count === this.first.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.first);
      this.first = larger;
    }
    this.first[this.count] = bar;
    this.count += 1;
    this.resting = isWeekend(begin);
  }

  private close(end: number): void {
    if (this.resting) this.weekend += end - (this.first[this.count - 1] as number);
  }
}

/** 1970-01-01 was a Thursday: the second and third day after it are Saturday and Sunday. */
function isWeekend(midnight: number): boolean {
  const day = (((midnight / MS_PER_DAY) % 7) + 7) % 7;
  return day === 2 || day === 3;
}

/** Row of the day that a bar lies on. @param near a row to look at first, such as the last answer */
export function dayOfBar({ first, count }: BarDays, bar: number, near = 0): number {
  if (holds(first, count, near, bar)) return near;
  if (holds(first, count, near + 1, bar)) return near + 1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((first[middle] as number) <= bar) low = middle;
    else high = middle - 1;
  }
  return low;
}

function holds(first: Float64Array, count: number, row: number, bar: number): boolean {
  if (row >= count || bar < (first[row] as number)) return false;
  return row + 1 === count || bar < (first[row + 1] as number);
}
