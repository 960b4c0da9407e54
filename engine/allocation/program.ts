import type { LinearRow, Polytope } from './polytope.ts';

/** Minimise ½ x' G x + c' x over a polytope; G symmetric and positive definite, row by row. */
export interface QuadraticProblem {
  readonly quadratic: Float64Array;
  readonly linear: Float64Array;
  readonly polytope: Polytope;
  /**
   * A first guess of x. Only its entries above their lower bounds are worked with until the others prove
   * worth a place, which is quick when most weights are 0. The answer is the same.
   */
  readonly guess?: Float64Array | undefined;
}

/** The minimum and its multipliers: G x + c = Σ rows·row + lower − upper + Σ cuts·cut. */
export interface QuadraticSolution {
  readonly kind: 'optimal';
  readonly x: Float64Array;
  readonly rows: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Faces of the turnover limit: −sign · x ≥ −limit − sign · current. */
  readonly cuts: readonly { readonly row: LinearRow; readonly multiplier: number }[];
  readonly iterations: number;
}
