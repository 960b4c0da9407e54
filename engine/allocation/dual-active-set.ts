import { RenataError } from '../domain/errors.ts';
import { ActiveFactors } from './factors.ts';
import { cholesky, dot, dotAt, invertLower, sumOf } from './matrix.ts';
import { shown, type Conflict, type LinearRow } from './polytope.ts';
import type { QuadraticProblem, QuadraticSolution } from './program.ts';

/** How far x may be outside of a constraint (of unit gradient) before it counts as broken. */
const FEASIBLE = 1e-12;
/** How far it may be outside where nothing can be moved any more. */
const NEARLY = 1e-9;
/** A gradient whose part outside of the active ones is smaller than this depends on them. */
const DEPENDENT = 1e-10;

/** One constraint in the form gradient · x ≥ bound with a gradient of length 1. */
interface Plane {
  readonly kind: 'lower' | 'upper' | 'row' | 'cut';
  readonly index: number;
  /** null for a bound, whose gradient is ± the unit vector of its index. */
  readonly gradient: Float64Array | null;
  readonly sign: number;
  readonly bound: number;
  /** Length of the gradient as it was given; 0 for one that has none. */
  readonly length: number;
  readonly equality: boolean;
  readonly source: LinearRow | null;
}

/** One run of the method of Goldfarb and Idnani; see `solveQuadratic`. */
export class DualActiveSet {
  private readonly problem: QuadraticProblem;
  private readonly n: number;
  private readonly scale: number;
  private readonly x: Float64Array;
  private readonly factors: ActiveFactors;
  private readonly planes: Plane[] = [];
  private readonly active: Plane[] = [];
  private readonly held = new Set<Plane>();
  /** Multipliers of the active planes, in the same order. */
  private readonly dual: number[] = [];
  private readonly d: Float64Array;
  private readonly z: Float64Array;
  private readonly step: Float64Array;
  private iterations = 0;
  /** Set when the turnover limit is met as nearly as rounding lets it be. */
  private cutsDone = false;

  constructor(problem: QuadraticProblem) {
    const { quadratic, linear, polytope } = problem;
    const n = polytope.size;
    this.problem = problem;
    this.n = n;
    let trace = 0;
    for (let i = 0; i < n; i += 1) trace += quadratic[i * n + i] as number;
    // Returns of a day have covariances of 1e-4: worked with as if they were about 1.
    this.scale = trace > 0 ? n / trace : 1;
    const lower = cholesky(
      quadratic.map((value) => value * this.scale),
      n,
    );
    if (lower === null) {
      throw new RenataError('INTERNAL', 'The quadratic program is not strictly convex.');
    }
    this.factors = new ActiveFactors(invertLower(lower, n), n);
    this.d = new Float64Array(n);
    this.z = new Float64Array(n);
    this.step = new Float64Array(n);
    // The free minimum: −G⁻¹ c = −J J' c.
    this.x = new Float64Array(n);
    this.factors.imageOf(linear, this.d);
    this.factors.combine(this.d, 0, this.x);
    for (let i = 0; i < n; i += 1) this.x[i] = -this.scale * (this.x[i] as number);
    this.makePlanes();
  }

  solve(): QuadraticSolution | Conflict {
    for (const plane of this.planes) {
      if (!plane.equality) continue;
      const gap = this.slack(plane);
      const conflict = this.enter(gap > 0 ? flipped(plane) : plane);
      if (conflict !== null) return conflict;
    }
    const most = 100 * (this.n + this.planes.length) + 1_000;
    for (;;) {
      let plane = this.worst() ?? this.cut();
      if (plane === null) {
        // Steps add up rounding: what is broken is looked for again where the active planes hold exactly.
        this.refine();
        plane = this.worst() ?? this.cut();
      }
      if (plane === null) break;
      const conflict = this.enter(plane);
      if (conflict !== null) return conflict;
      if (this.iterations > most) {
        throw new RenataError('INTERNAL', 'The quadratic program did not come to an end.');
      }
    }
    this.refine();
    return this.solution();
  }

  private makePlanes(): void {
    const { lower, upper, rows } = this.problem.polytope;
    rows.forEach((source, index) => {
      this.planes.push(planeOf(source, 'row', index));
    });
    for (let index = 0; index < this.n; index += 1) {
      for (const kind of ['lower', 'upper'] as const) {
        const sign = kind === 'lower' ? 1 : -1;
        const bound = sign * ((kind === 'lower' ? lower : upper)[index] as number);
        if (!Number.isFinite(bound)) continue;
        const plane = { kind, index, sign, bound, gradient: null, length: 1 } as const;
        this.planes.push({ ...plane, equality: false, source: null });
      }
    }
  }

  private slack({ gradient, index, sign, bound }: Plane): number {
    return (gradient === null ? sign * (this.x[index] as number) : dot(gradient, this.x)) - bound;
  }

  private worst(): Plane | null {
    let worst: Plane | null = null;
    let depth = 0;
    for (const plane of this.planes) {
      // Equalities are active from the start, from whichever side.
      if (plane.equality) continue;
      const over = -this.slack(plane) - FEASIBLE * (1 + Math.abs(plane.bound));
      if (over > depth && !this.held.has(plane)) {
        worst = plane;
        depth = over;
      }
    }
    return worst;
  }

  /** The face of the turnover limit that x is outside of, when it is. */
  private cut(): Plane | null {
    const { turnover, size } = this.problem.polytope;
    if (turnover === null || this.cutsDone) return null;
    const { current, limit, perSum } = turnover;
    const unit = perSum === undefined ? 1 : sumOf(this.x) / perSum;
    const coefficients = new Float64Array(size);
    let moved = 0;
    let base = limit;
    for (let i = 0; i < size; i += 1) {
      const trade = (this.x[i] as number) - unit * (current[i] as number);
      const sign = trade >= 0 ? 1 : -1;
      coefficients[i] = -sign;
      moved += Math.abs(trade);
      base += sign * (current[i] as number);
    }
    if (moved - unit * limit <= FEASIBLE * size * (1 + moved)) return null;
    let bound = -base;
    if (perSum !== undefined) {
      for (let i = 0; i < size; i += 1) {
        coefficients[i] = (coefficients[i] as number) + base / perSum;
      }
      bound = 0;
    }
    const row = { coefficients, bound, equality: false, label: turnoverLabel(limit) };
    const plane = planeOf(row, 'cut', this.planes.length);
    this.planes.push(plane);
    return plane;
  }

  /** Makes a broken plane hold, letting go of others on the way. */
  private enter(plane: Plane): Conflict | null {
    const { factors, d, z, step } = this;
    let multiplier = 0;
    for (;;) {
      this.iterations += 1;
      if (plane.length === 0) {
        return Math.abs(plane.bound) <= FEASIBLE || (!plane.equality && plane.bound <= 0)
          ? null
          : { kind: 'infeasible', labels: [this.labelOf(plane)] };
      }
      if (plane.gradient === null) factors.imageOfUnit(plane.index, plane.sign, d);
      else factors.imageOf(plane.gradient, d);
      const q = factors.count;
      const whole = dot(d, d);
      const outside = dotAt(d, q, d, q, this.n - q);
      const independent = outside > DEPENDENT * DEPENDENT * whole;
      factors.dualStep(d, step);
      const gap = this.slack(plane);
      if (!independent && plane.equality && Math.abs(gap) <= NEARLY * (1 + Math.abs(plane.bound))) {
        return null;
      }
      let shortest = Number.POSITIVE_INFINITY;
      let leaving = -1;
      for (let k = 0; k < q; k += 1) {
        const rate = step[k] as number;
        if (rate <= 0 || (this.active[k] as Plane).equality) continue;
        // Rounding alone must not count as a way out of a conflict.
        if (!independent && rate * rate <= 1e-22 * whole) continue;
        const length = (this.dual[k] as number) / rate;
        if (length < shortest) {
          shortest = length;
          leaving = k;
        }
      }
      const full = independent ? -gap / outside : Number.POSITIVE_INFINITY;
      if (!independent && leaving < 0) {
        if (gap < -NEARLY * (1 + Math.abs(plane.bound))) return this.conflict(plane, q);
        // Limits that leave a single point, such as ten assets of at most a tenth, are met but for rounding.
        this.held.add(plane);
        if (plane.kind === 'cut') this.cutsDone = true;
        return null;
      }
      const length = Math.min(shortest, full);
      if (independent) {
        factors.primalStep(d, z);
        for (let i = 0; i < this.n; i += 1) {
          this.x[i] = (this.x[i] as number) + length * (z[i] as number);
        }
      }
      for (let k = 0; k < q; k += 1) {
        this.dual[k] = (this.dual[k] as number) - length * (step[k] as number);
      }
      multiplier += length;
      if (full <= shortest) {
        factors.add(d, z);
        this.active.push(plane);
        this.held.add(plane);
        this.dual.push(multiplier);
        return null;
      }
      this.held.delete(this.active[leaving] as Plane);
      this.active.splice(leaving, 1);
      this.dual.splice(leaving, 1);
      factors.drop(leaving);
    }
  }

  /** One step of iterative refinement on the equations of the active set. */
  private refine(): void {
    const { factors, n, x } = this;
    const q = factors.count;
    const residual = this.slope();
    for (let k = 0; k < q; k += 1) {
      const plane = this.active[k] as Plane;
      const value = this.dual[k] as number;
      if (plane.gradient === null) {
        residual[plane.index] = (residual[plane.index] as number) - plane.sign * value;
      } else {
        for (let i = 0; i < n; i += 1) {
          residual[i] = (residual[i] as number) - value * (plane.gradient[i] as number);
        }
      }
    }
    const image = new Float64Array(n);
    factors.imageOf(residual, image);
    const move = new Float64Array(n);
    for (let k = 0; k < q; k += 1) move[k] = -this.slack(this.active[k] as Plane);
    factors.solveTransposed(move);
    const change = new Float64Array(n);
    for (let k = 0; k < q; k += 1) change[k] = (move[k] as number) + (image[k] as number);
    for (let k = q; k < n; k += 1) move[k] = -(image[k] as number);
    factors.combine(move, 0, this.z);
    for (let i = 0; i < n; i += 1) x[i] = (x[i] as number) + (this.z[i] as number);
    factors.dualStep(change, this.step);
    for (let k = 0; k < q; k += 1)
      this.dual[k] = (this.dual[k] as number) + (this.step[k] as number);
  }

  /** G x + c, scaled. */
  private slope(): Float64Array {
    const { quadratic, linear } = this.problem;
    const n = this.n;
    const slope = new Float64Array(n);
    for (let i = 0; i < n; i += 1) {
      slope[i] = this.scale * (dotAt(quadratic, i * n, this.x, 0, n) + (linear[i] as number));
    }
    return slope;
  }

  private solution(): QuadraticSolution {
    const { polytope } = this.problem;
    const rows = new Float64Array(polytope.rows.length);
    const lower = new Float64Array(this.n);
    const upper = new Float64Array(this.n);
    const cuts: { row: LinearRow; multiplier: number }[] = [];
    this.active.forEach((plane, k) => {
      // Rounding may leave a multiplier that is 0 a little below it.
      const found = (this.dual[k] as number) / plane.length / this.scale;
      const multiplier = plane.equality ? found : Math.max(0, found);
      if (plane.kind === 'row') rows[plane.index] = plane.sign * multiplier;
      else if (plane.kind === 'cut') cuts.push({ row: plane.source as LinearRow, multiplier });
      else {
        (plane.kind === 'lower' ? lower : upper)[plane.index] = multiplier;
        this.x[plane.index] = plane.sign * plane.bound;
      }
    });
    return { kind: 'optimal', x: this.x, rows, lower, upper, cuts, iterations: this.iterations };
  }

  /** By Farkas: the plane's gradient is a mix of active ones that all push x away from it. */
  private conflict(plane: Plane, q: number): Conflict {
    const planes = [plane];
    for (let k = 0; k < q; k += 1) {
      if (Math.abs(this.step[k] as number) > 1e-9) planes.push(this.active[k] as Plane);
    }
    const isBound = ({ source }: Plane): number => Number(source === null);
    const ordered = planes.toSorted((a, b) => isBound(a) - isBound(b));
    const labels = new Set(ordered.map((each) => this.labelOf(each)));
    return { kind: 'infeasible', labels: Array.from(labels) };
  }

  private labelOf({ kind, index, sign, bound, source }: Plane): string {
    if (source !== null) return source.label;
    const name = this.problem.polytope.names[index] as string;
    return `${name} ${kind === 'lower' ? 'at least' : 'at most'} ${shown(sign * bound)}`;
  }
}

function turnoverLabel(limit: number): string {
  return `turnover at most ${shown(limit)}`;
}

function planeOf(source: LinearRow, kind: 'row' | 'cut', index: number): Plane {
  const length = Math.sqrt(dot(source.coefficients, source.coefficients));
  const { equality } = source;
  if (length === 0) {
    const { bound, coefficients } = source;
    return { kind, index, gradient: coefficients, sign: 1, bound, length, equality, source };
  }
  const gradient = source.coefficients.map((value) => value / length);
  return { kind, index, gradient, sign: 1, bound: source.bound / length, length, equality, source };
}

/** An equality approached from the other side. */
function flipped(plane: Plane): Plane {
  const gradient = (plane.gradient as Float64Array).map((value) => -value);
  return { ...plane, gradient, bound: -plane.bound, sign: -1 };
}
