import { METRICS } from './metrics.ts';
import type { Space } from './space.ts';
import type { SweepTable } from './table.ts';

/** Places that a batch looks at, at most: most of them may be refused by the constraints. */
const MOST_REFUSED = 1 << 20;

/** Combinations that are evaluated together: their rows as the table wants them. */
export class Batch {
  readonly rows: Float64Array;
  /** Place of each combination in what was asked for. */
  readonly place: Float64Array;
  count = 0;
  /** Set when the evaluation of the whole batch was given up. */
  stopped = false;
  private readonly dimensions: number;
  private readonly width: number;
  private readonly codes: Float64Array;

  constructor(size: number, dimensions: number) {
    this.dimensions = dimensions;
    this.codes = new Float64Array(dimensions);
    this.width = 1 + dimensions + METRICS.length;
    this.rows = new Float64Array(size * this.width);
    this.place = new Float64Array(size);
  }

  /** Takes the next combinations that pass the constraints. @returns the place after the last one */
  fill(
    space: Space,
    most: number,
    from: number,
    total: number,
    indexAt: (k: number) => number,
  ): number {
    this.count = 0;
    this.stopped = false;
    let k = from;
    // A long run of refused combinations ends the batch too, so that it can be stopped there.
    const end = Math.min(total, from + MOST_REFUSED);
    for (; k < end && this.count < most; k += 1) {
      const index = indexAt(k);
      if (!space.read(index, this.codes)) continue;
      const at = this.count * this.width;
      this.rows[at] = index;
      this.rows.set(this.codes, at + 1);
      this.place[this.count] = k;
      this.count += 1;
    }
    return k;
  }

  code(row: number, dimension: number): number {
    return this.rows[row * this.width + 1 + dimension] as number;
  }

  codesOf(row: number): Float64Array {
    const at = row * this.width + 1;
    return this.rows.subarray(at, at + this.dimensions);
  }

  metricsAt(row: number): number {
    return row * this.width + 1 + this.dimensions;
  }

  appendTo(table: SweepTable, count: number): void {
    for (let row = 0; row < count; row += 1) table.append(this.rows, row * this.width);
  }
}
