import { RenataError } from '../domain/errors.ts';
import { dotAt, invertSquare } from './matrix.ts';

/** Minimise cost · x with columns x = right side and lower ≤ x ≤ upper. */
export interface LinearProgram {
  readonly rows: number;
  /** One after the other, `rows` numbers each. */
  readonly columns: Float64Array;
  readonly cost: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly right: Float64Array;
  /** The columns of a feasible basis, one a row, and whether each other column starts at its upper bound. */
  readonly basis: Int32Array;
  readonly atUpper: Uint8Array;
}

export interface LinearSolution {
  readonly x: Float64Array;
  /** One a row: what the cost grows by for each unit of the right side. */
  readonly multipliers: Float64Array;
  readonly cost: number;
  readonly iterations: number;
}

const OPTIMAL = 1e-11;
const PIVOT = 1e-9;
const REFACTOR = 100;

/**
 * Solves a linear program by the revised simplex method with bounded variables (Dantzig 1955), from a
 * feasible basis. Pricing is Dantzig's, and Bland's while steps have no length, so that it cannot cycle.
 * @throws RenataError INTERNAL when the cost has no minimum
 */
export function solveLinear(program: LinearProgram): LinearSolution {
  return new Simplex(program).solve();
}

class Simplex {
  private readonly program: LinearProgram;
  private readonly m: number;
  private readonly count: number;
  private readonly basis: Int32Array;
  private readonly atUpper: Uint8Array;
  private readonly basic: Uint8Array;
  private inverse: Float64Array;
  private readonly values: Float64Array;
  private readonly y: Float64Array;
  private sinceFactor = 0;
  private stalled = 0;

  constructor(program: LinearProgram) {
    this.program = program;
    this.m = program.rows;
    this.count = program.cost.length;
    this.basis = Int32Array.from(program.basis);
    this.atUpper = Uint8Array.from(program.atUpper);
    this.basic = new Uint8Array(this.count);
    for (const column of this.basis) this.basic[column] = 1;
    this.inverse = new Float64Array(this.m * this.m);
    this.values = new Float64Array(this.m);
    this.y = new Float64Array(this.m);
    this.factor();
  }

  solve(): LinearSolution {
    const most = 200 * (this.m + this.count) + 10_000;
    for (let iterations = 0; iterations < most; iterations += 1) {
      const entering = this.price();
      if (entering < 0) {
        // Only the answer of a fresh factor counts.
        if (this.sinceFactor === 0) return this.solution(iterations);
        this.factor();
        continue;
      }
      this.pivot(entering);
      if (this.sinceFactor >= REFACTOR) this.factor();
    }
    throw new RenataError('INTERNAL', 'The linear program did not come to an end.');
  }

  private at(column: number): number {
    const { lower, upper } = this.program;
    if (this.atUpper[column] === 1) return upper[column] as number;
    const low = lower[column] as number;
    return Number.isFinite(low) ? low : 0;
  }

  private factor(): void {
    const { columns, right, cost } = this.program;
    const m = this.m;
    const matrix = new Float64Array(m * m);
    for (let k = 0; k < m; k += 1) {
      const from = (this.basis[k] as number) * m;
      for (let i = 0; i < m; i += 1) matrix[i * m + k] = columns[from + i] as number;
    }
    const inverse = invertSquare(matrix, m);
    if (inverse === null)
      throw new RenataError('INTERNAL', 'The basis of the linear program is singular.');
    this.inverse = inverse;
    const rest = Float64Array.from(right);
    for (let j = 0; j < this.count; j += 1) {
      if (this.basic[j] === 1) continue;
      const value = this.at(j);
      if (value === 0) continue;
      for (let i = 0; i < m; i += 1) {
        rest[i] = (rest[i] as number) - value * (columns[j * m + i] as number);
      }
    }
    this.y.fill(0);
    for (let k = 0; k < m; k += 1) {
      this.values[k] = dotAt(inverse, k * m, rest, 0, m);
      const price = cost[this.basis[k] as number] as number;
      for (let i = 0; i < m; i += 1) {
        this.y[i] = (this.y[i] as number) + price * (inverse[k * m + i] as number);
      }
    }
    this.sinceFactor = 0;
  }

  private reduced(column: number): number {
    const { cost, columns } = this.program;
    return (cost[column] as number) - dotAt(columns, column * this.m, this.y, 0, this.m);
  }

  /** The column to bring in, or −1 when none makes the cost less. */
  private price(): number {
    const { lower, upper } = this.program;
    const bland = this.stalled > 2 * this.m + 20;
    let best = -1;
    let most = OPTIMAL;
    for (let j = 0; j < this.count; j += 1) {
      if (this.basic[j] === 1 || lower[j] === upper[j]) continue;
      const slope = this.reduced(j);
      const free = !Number.isFinite(lower[j]) && this.atUpper[j] === 0;
      const gain = free ? Math.abs(slope) : this.atUpper[j] === 1 ? slope : -slope;
      if (gain > most) {
        best = j;
        if (bland) return best;
        most = gain;
      }
    }
    return best;
  }

  private pivot(entering: number): void {
    const { columns, lower, upper } = this.program;
    const m = this.m;
    const slope = this.reduced(entering);
    const direction = slope < 0 ? 1 : -1;
    const change = new Float64Array(m);
    for (let k = 0; k < m; k += 1) {
      change[k] = direction * dotAt(this.inverse, k * m, columns, entering * m, m);
    }
    const bland = this.stalled > 2 * this.m + 20;
    let length = (upper[entering] as number) - (lower[entering] as number);
    let row = -1;
    for (let k = 0; k < m; k += 1) {
      const rate = change[k] as number;
      if (Math.abs(rate) <= PIVOT) continue;
      const column = this.basis[k] as number;
      const bound = (rate > 0 ? lower[column] : upper[column]) as number;
      if (!Number.isFinite(bound)) continue;
      const ratio = Math.max(0, ((this.values[k] as number) - bound) / rate);
      const tie = row >= 0 && Math.abs(ratio - length) <= 1e-12 * (1 + length);
      const better = bland
        ? column < (this.basis[row] as number)
        : Math.abs(rate) > Math.abs(change[row] as number);
      if (tie ? better : ratio < length) {
        length = tie ? Math.min(length, ratio) : ratio;
        row = k;
      }
    }
    if (!Number.isFinite(length)) {
      throw new RenataError('INTERNAL', 'The linear program has no least cost.');
    }
    this.stalled = length > 1e-13 ? 0 : this.stalled + 1;
    for (let k = 0; k < m; k += 1) {
      this.values[k] = (this.values[k] as number) - length * (change[k] as number);
    }
    this.sinceFactor += 1;
    if (row < 0) {
      this.atUpper[entering] = this.atUpper[entering] === 1 ? 0 : 1;
      return;
    }
    const start = this.at(entering);
    const leaving = this.basis[row] as number;
    this.atUpper[leaving] = (change[row] as number) > 0 ? 0 : 1;
    this.basic[leaving] = 0;
    this.basic[entering] = 1;
    this.basis[row] = entering;
    this.values[row] = start + direction * length;
    this.turn(row, change, direction, slope);
  }

  /** Brings the inverse and the multipliers up to date after a change of basis. */
  private turn(row: number, change: Float64Array, direction: number, slope: number): void {
    const m = this.m;
    const scale = direction / (change[row] as number);
    for (let i = 0; i < m; i += 1) {
      this.inverse[row * m + i] = (this.inverse[row * m + i] as number) * scale;
    }
    for (let k = 0; k < m; k += 1) {
      const factor = direction * (change[k] as number);
      if (k === row || factor === 0) continue;
      for (let i = 0; i < m; i += 1) {
        this.inverse[k * m + i] =
          (this.inverse[k * m + i] as number) - factor * (this.inverse[row * m + i] as number);
      }
    }
    for (let i = 0; i < m; i += 1) {
      this.y[i] = (this.y[i] as number) + slope * (this.inverse[row * m + i] as number);
    }
  }

  private solution(iterations: number): LinearSolution {
    const x = new Float64Array(this.count);
    for (let j = 0; j < this.count; j += 1) x[j] = this.at(j);
    this.basis.forEach((column, k) => {
      x[column] = this.values[k] as number;
    });
    const cost = dotAt(x, 0, this.program.cost, 0, this.count);
    return { x, multipliers: Float64Array.from(this.y), cost, iterations };
  }
}
