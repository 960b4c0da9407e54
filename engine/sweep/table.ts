import { RenataError } from '../domain/errors.ts';
import type { Dimension } from './dimension.ts';
import { compileFormula, type Formula } from './formula.ts';
import { METRIC_NAMES } from './metrics.ts';

/** Rows of a block; blocks are never copied, so growing takes no more than the new one. */
const BLOCK_ROWS = 1_024;

/** Rows as whole columns: what is stored, sent and read back. */
export interface TableChunk {
  readonly names: readonly string[];
  readonly rows: number;
  /** One column for each name, each on a buffer of its own, which may be transferred. */
  readonly columns: readonly Float64Array[];
}

/** Names of the columns: the combination's number, its parameters (as codes), its metrics. */
export function columnNames(dimensions: readonly Pick<Dimension, 'name'>[]): string[] {
  // A parameter may be called like a metric; only the prefix keeps them apart then.
  const taken = new Set(['combination', ...METRIC_NAMES]);
  const names = dimensions.map(({ name }) => (taken.has(name) ? `parameter_${name}` : name));
  return ['combination', ...names, ...METRIC_NAMES];
}

/** Bytes of one row. */
export function rowBytes(dimensions: number): number {
  return (1 + dimensions + METRIC_NAMES.length) * Float64Array.BYTES_PER_ELEMENT;
}

/** Results of a sweep, column by column, within a number of bytes. */
export class SweepTable {
  readonly names: readonly string[];
  /** Most rows that the cap allows. */
  readonly capacity: number;
  length = 0;
  private readonly blocks: Float64Array[] = [];

  /** @throws RenataError BAD_INPUT when the cap is below one block of rows */
  constructor(names: readonly string[], capBytes: number) {
    this.names = names;
    const blockBytes = BLOCK_ROWS * names.length * Float64Array.BYTES_PER_ELEMENT;
    const blocks = Math.floor(capBytes / blockBytes);
    if (!(blocks >= 1)) {
      throw new RenataError(
        'BAD_INPUT',
        `memory: ${capBytes} bytes are too few; the results need at least ${blockBytes}.`,
        { details: { parameter: 'memory' } },
      );
    }
    this.capacity = blocks * BLOCK_ROWS;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.blocks.length * BLOCK_ROWS * this.names.length * Float64Array.BYTES_PER_ELEMENT;
  }

  /** Rows that still fit. */
  get room(): number {
    return this.capacity - this.length;
  }

  /**
   * Adds `row[at]` and as many numbers after it as there are columns.
   * @throws RenataError TOO_LARGE when the cap is reached
   */
  append(row: Float64Array, at = 0): void {
    if (this.length === this.capacity) {
      throw new RenataError(
        'TOO_LARGE',
        `The results fill the ${this.capacity} rows that their memory allows; store and clear them first.`,
      );
    }
    const place = this.length % BLOCK_ROWS;
    const number = (this.length - place) / BLOCK_ROWS;
    const block = this.blocks[number] ?? new Float64Array(BLOCK_ROWS * this.names.length);
    this.blocks[number] = block;
    for (let c = 0; c < this.names.length; c += 1) {
      block[c * BLOCK_ROWS + place] = row[at + c] as number;
    }
    this.length += 1;
  }

  /** Number of a column; -1 for an unknown name. */
  columnOf(name: string): number {
    return this.names.indexOf(name);
  }

  get(row: number, column: number): number {
    const place = row % BLOCK_ROWS;
    const block = this.blocks[(row - place) / BLOCK_ROWS] as Float64Array;
    return block[column * BLOCK_ROWS + place] as number;
  }

  /** Copies a row. */
  read(row: number, out: Float64Array): void {
    for (let c = 0; c < this.names.length; c += 1) out[c] = this.get(row, c);
  }

  /** Copies rows `from` (inclusive) to `to` (exclusive). */
  toChunk(from = 0, to = this.length): TableChunk {
    const rows = to - from;
    const columns = this.names.map((_, c) => {
      const column = new Float64Array(rows);
      for (let start = from; start < to;) {
        const place = start % BLOCK_ROWS;
        const count = Math.min(BLOCK_ROWS - place, to - start);
        const block = this.blocks[(start - place) / BLOCK_ROWS] as Float64Array;
        const begin = c * BLOCK_ROWS + place;
        column.set(block.subarray(begin, begin + count), start - from);
        start += count;
      }
      return column;
    });
    return { names: this.names, rows, columns };
  }

  /**
   * Adds the rows of a chunk that was stored or computed elsewhere.
   * @throws RenataError BAD_INPUT when it is of another sweep or broken, TOO_LARGE beyond the cap
   */
  addChunk(chunk: TableChunk): void {
    const fits =
      chunk.names.length === this.names.length &&
      chunk.columns.length === this.names.length &&
      chunk.names.every((name, c) => name === this.names[c]) &&
      chunk.columns.every((column) => column.length === chunk.rows);
    if (!fits) {
      throw new RenataError(
        'BAD_INPUT',
        `rows: the stored results have the columns ${chunk.names.join(', ')}; wanted are ${this.names.join(', ')}.`,
        { details: { parameter: 'rows' } },
      );
    }
    const row = new Float64Array(this.names.length);
    for (let k = 0; k < chunk.rows; k += 1) {
      for (let c = 0; c < row.length; c += 1) row[c] = chunk.columns[c]?.[k] as number;
      this.append(row);
    }
  }

  /** Forgets all rows; the memory is kept for the next ones. */
  clear(): void {
    this.length = 0;
  }
}

/**
 * What a sweep looks for, from the columns of its results: a metric, `-max_drawdown`, or any formula such
 * as `if(trades >= 30, sharpe, -1)`. Larger is better; NaN is worse than everything.
 * @throws RenataError BAD_INPUT for an unknown column
 */
export class Objective {
  private readonly formula: Formula;
  private readonly row: Float64Array;

  constructor(source: string, names: readonly string[]) {
    this.formula = compileFormula(source, names, 'number');
    this.row = new Float64Array(names.length);
  }

  of(table: SweepTable, row: number): number {
    table.read(row, this.row);
    return this.ofRow(this.row);
  }

  /** @returns -Infinity where the formula is not defined */
  ofRow(row: Float64Array): number {
    const value = this.formula(row);
    return Number.isNaN(value) ? -Infinity : value;
  }
}

/** The best rows of a sweep that is larger than memory. */
export class BestRows {
  /** Rows that were left out because better ones fill the memory. */
  dropped = 0;
  private table: SweepTable;
  private spare: SweepTable;
  private readonly objective: Objective;
  private readonly row: Float64Array;
  /** What a row needs to be taken; rises as worse rows are dropped. */
  private least = -Infinity;

  constructor(names: readonly string[], capBytes: number, objective: Objective) {
    this.table = new SweepTable(names, capBytes / 2);
    this.spare = new SweepTable(names, capBytes / 2);
    this.objective = objective;
    this.row = new Float64Array(names.length);
  }

  get bytes(): number {
    return this.table.bytes + this.spare.bytes;
  }

  add(row: Float64Array): void {
    if (this.objective.ofRow(row) < this.least) {
      this.dropped += 1;
      return;
    }
    if (this.table.room === 0) this.halve();
    this.table.append(row);
  }

  /** The rows that were kept, best first; equal ones in the order they came. */
  best(count: number): TableChunk {
    const { table } = this;
    const scores = Float64Array.from({ length: table.length }, (_, k) =>
      this.objective.of(table, k),
    );
    const order = Array.from(scores.keys())
      .toSorted((a, b) => descending(scores[a] as number, scores[b] as number) || a - b)
      .slice(0, count);
    const columns = table.names.map((_, c) => Float64Array.from(order, (k) => table.get(k, c)));
    return { names: table.names, rows: order.length, columns };
  }

  private halve(): void {
    const { table, spare } = this;
    const scores = Float64Array.from({ length: table.length }, (_, k) =>
      this.objective.of(table, k),
    );
    const kept = table.length >> 1;
    this.least = scores.toSorted()[table.length - kept] as number;
    spare.clear();
    // Of equal scores at the border the earlier ones stay.
    let equal = kept;
    for (const score of scores) if (score > this.least) equal -= 1;
    for (let k = 0; k < table.length; k += 1) {
      const score = scores[k] as number;
      if (score < this.least) continue;
      if (score === this.least) {
        if (equal === 0) continue;
        equal -= 1;
      }
      table.read(k, this.row);
      spare.append(this.row);
    }
    this.dropped += table.length - spare.length;
    this.table = spare;
    this.spare = table;
  }
}

/** Infinities are equal to themselves, which a difference would not tell. */
function descending(a: number, b: number): number {
  if (a === b) return 0;
  return a > b ? -1 : 1;
}
