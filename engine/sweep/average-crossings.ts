import { smaColumn } from '../indicators/kernels/averages.ts';
import type { StretchEvaluator } from './stretches.ts';

/** Least bars whose averages are kept at once; a multiple of the longest period where that is more. */
const CHUNK = 1_024;
const CHUNK_PERIODS = 8;
/** Crossings that are kept before they are evaluated. */
const EVENTS = 1 << 17;

/** Pairs of periods, all `fast[k] < slow[k]` and no pair twice. */
export interface PeriodPairs {
  readonly count: number;
  readonly fast: Int32Array;
  readonly slow: Int32Array;
}

/**
 * Finds the crossings of many pairs of simple averages at the cost of the crossings, not of the pairs:
 * the averages are kept in order of their values, and from one bar to the next an insertion sort swaps
 * exactly those two that have crossed. Equal values are not swapped, so the order tells for each pair
 * which side was the last one that it was strictly on, which is all that the rule asks after its first
 * signal. What comes before that first signal is looked at for each pair alone.
 */
export class AverageCrossings {
  private readonly close: Float64Array;
  private readonly evaluator: StretchEvaluator;
  private readonly wait: number;
  private readonly eventRow = new Int32Array(EVENTS);
  private readonly eventBar = new Int32Array(EVENTS);
  private sorted = new Int32Array(0);
  private events = 0;

  /** @param wait bars between a signal and its fill: 0 or 1 */
  constructor(close: Float64Array, evaluator: StretchEvaluator, wait: number) {
    this.close = close;
    this.evaluator = evaluator;
    this.wait = wait;
  }

  /**
   * Advances the evaluator's combinations `0` to `pairs.count - 1` over all bars.
   * @param alone set to 1 for pairs whose averages are equal before their first signal: the order says
   *   too little about them, nothing of them is evaluated, and they are to be looked at one by one
   * @param keepGoing asked between chunks with the bars that are done
   * @returns false when `keepGoing` ended it
   */
  run(pairs: PeriodPairs, alone: Uint8Array, keepGoing: (bars: number) => boolean): boolean {
    const { close } = this;
    const periods = periodsOf(pairs);
    const rows = new Rows(pairs, periods);
    const order = new Int32Array(periods.length);
    const longest = periods.at(-1) ?? 1;
    const width = Math.min(close.length, Math.max(CHUNK, CHUNK_PERIODS * longest));
    const columns = new Float64Array(periods.length * width);
    const scratch = new Float64Array(width + 2 * longest);
    const pending = Int32Array.from({ length: pairs.count }, (_, row) => row);
    alone.fill(0, 0, pairs.count);
    let waiting = pending.length;
    let present = 0;
    this.events = 0;
    for (let from = 0; from < close.length; from += width) {
      if (!keepGoing(from)) return false;
      const to = Math.min(from + width, close.length);
      for (const [k, period] of periods.entries()) {
        averagesOf(close, period, from, to, scratch, columns, k, periods.length);
      }
      const chunk = { columns, size: periods.length, from, to };
      waiting = this.arm(pairs, rows, pending, waiting, chunk, alone);
      present = this.sort(periods, order, present, rows, chunk);
    }
    this.flush(rows);
    return keepGoing(close.length);
  }

  /**
   * Looks at the pairs that have not given a first signal yet: a pair that starts above has to come
   * down before it can cross up.
   */
  private arm(
    pairs: PeriodPairs,
    rows: Rows,
    pending: Int32Array,
    waiting: number,
    { columns, size, from, to }: Chunk,
    alone: Uint8Array,
  ): number {
    let left = 0;
    for (let k = 0; k < waiting; k += 1) {
      const row = pending[k] as number;
      const first = Math.max(from, (pairs.slow[row] as number) - 1);
      const fast = (rows.fast[row] as number) - from * size;
      const slow = (rows.slow[row] as number) - from * size;
      let i = first;
      while (
        i < to &&
        (columns[fast + i * size] as number) > (columns[slow + i * size] as number)
      ) {
        i += 1;
      }
      if (i < to) {
        if (columns[fast + i * size] === columns[slow + i * size]) {
          alone[row] = 1;
          rows.forget(row);
        } else if (i > (pairs.slow[row] as number) - 1) {
          // It came down from above: the order tells of that as a crossing, and it is no entry.
          rows.skip[row] = 1;
        }
        continue;
      }
      pending[left] = row;
      left += 1;
    }
    return left;
  }

  private sort(
    periods: Int32Array,
    order: Int32Array,
    before: number,
    rows: Rows,
    { columns, size, from, to }: Chunk,
  ): number {
    const values = new Float64Array(periods.length);
    const { of, counts } = rows;
    const { eventRow, eventBar, wait } = this;
    const end = Math.min(to, this.close.length - wait);
    const most = EVENTS - (size * size) / 2;
    let present = before;
    let events = this.events;
    for (let i = from; i < end; i += 1) {
      const base = (i - from) * size;
      for (let k = 0; k < present; k += 1) {
        const mover = order[k] as number;
        const value = columns[base + mover] as number;
        let j = k - 1;
        while (j >= 0 && value > (values[j] as number)) {
          const other = order[j] as number;
          const row = of[mover * size + other] as number;
          if (row >= 0) {
            eventRow[events] = row;
            eventBar[events] = i + wait;
            events += 1;
            counts[row] = (counts[row] as number) + 1;
          }
          values[j + 1] = values[j] as number;
          order[j + 1] = other;
          j -= 1;
        }
        values[j + 1] = value;
        order[j + 1] = mover;
      }
      // Averages whose window is full for the first time take their place; that is no crossing.
      while (present < size && (periods[present] as number) - 1 <= i) {
        const value = columns[base + present] as number;
        let j = present - 1;
        while (j >= 0 && value > (values[j] as number)) {
          values[j + 1] = values[j] as number;
          order[j + 1] = order[j] as number;
          j -= 1;
        }
        values[j + 1] = value;
        order[j + 1] = present;
        present += 1;
      }
      if (events >= most) {
        this.events = events;
        this.flush(rows);
        events = 0;
      }
    }
    this.events = events;
    return present;
  }

  /** Puts the crossings of each pair together, in order of time, and evaluates them. */
  private flush(rows: Rows): void {
    const { eventRow, eventBar, events } = this;
    const { counts, starts, skip } = rows;
    if (this.sorted.length < events) this.sorted = new Int32Array(events);
    const { sorted } = this;
    let total = 0;
    for (let row = 0; row < counts.length; row += 1) {
      starts[row] = total;
      total += counts[row] as number;
    }
    for (let k = 0; k < events; k += 1) {
      const row = eventRow[k] as number;
      const place = starts[row] as number;
      sorted[place] = eventBar[k] as number;
      starts[row] = place + 1;
    }
    for (let row = 0; row < counts.length; row += 1) {
      const count = counts[row] as number;
      if (count === 0) continue;
      const to = starts[row] as number;
      const passed = skip[row] as number;
      skip[row] = 0;
      this.evaluator.advance(row, sorted, to - count + passed, to);
    }
    counts.fill(0);
    this.events = 0;
  }
}

/** Averages of bars `from` to `to`, one row a bar and one column a period. */
interface Chunk {
  readonly columns: Float64Array;
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Where pairs stand among the periods, and their crossings. */
class Rows {
  /** Place of the pair's periods among all periods. */
  readonly fast: Int32Array;
  readonly slow: Int32Array;
  /** Row of the pair of two places, either way round; -1 for pairs that are not wanted. */
  readonly of: Int32Array;
  readonly counts: Int32Array;
  readonly starts: Int32Array;
  /** 1 while the first crossing of a pair is one down, out of a position that was never opened. */
  readonly skip: Uint8Array;
  private readonly size: number;

  constructor(pairs: PeriodPairs, periods: Int32Array) {
    this.size = periods.length;
    const place = new Map(Array.from(periods, (period, k) => [period, k]));
    const placeOf = (period: number): number => place.get(period) ?? -1;
    this.fast = pairs.fast.subarray(0, pairs.count).map(placeOf);
    this.slow = pairs.slow.subarray(0, pairs.count).map(placeOf);
    this.of = new Int32Array(this.size * this.size).fill(-1);
    this.counts = new Int32Array(pairs.count);
    this.starts = new Int32Array(pairs.count);
    this.skip = new Uint8Array(pairs.count);
    for (let row = 0; row < pairs.count; row += 1) this.put(row, row);
  }

  forget(row: number): void {
    this.put(row, -1);
  }

  private put(row: number, value: number): void {
    const a = this.fast[row] as number;
    const b = this.slow[row] as number;
    this.of[a * this.size + b] = value;
    this.of[b * this.size + a] = value;
  }
}

function periodsOf({ count, fast, slow }: PeriodPairs): Int32Array {
  const all = new Set<number>();
  for (let row = 0; row < count; row += 1) {
    all.add(fast[row] as number);
    all.add(slow[row] as number);
  }
  return Int32Array.from(all).toSorted();
}

/**
 * Averages of bars `from` to `to`, with the bits that they have in a whole column: the kernel sums in
 * blocks of the period, so the part begins where a block begins.
 */
function averagesOf(
  close: Float64Array,
  period: number,
  from: number,
  to: number,
  scratch: Float64Array,
  output: Float64Array,
  column: number,
  size: number,
): void {
  const begin = Math.max(0, from - (from % period) - period);
  smaColumn(close.subarray(begin, to), period, scratch.subarray(0, to - begin));
  for (let i = from; i < to; i += 1) {
    output[(i - from) * size + column] = scratch[i - begin] as number;
  }
}
