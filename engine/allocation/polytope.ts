/** A linear condition on the weights: coefficients · w ≥ bound, or = bound. */
export interface LinearRow {
  readonly coefficients: Float64Array;
  readonly bound: number;
  readonly equality: boolean;
  /** How a message names it. */
  readonly label: string;
}

/** Σ |w − current| ≤ limit. */
export interface TurnoverLimit {
  readonly current: Float64Array;
  readonly limit: number;
  /** When given, the unknowns are weights times κ = Σ x / perSum, and so are `current` and `limit`. */
  readonly perSum?: number;
}

/** The set of weights that constraints allow. Bounds may be infinite. */
export interface Polytope {
  readonly size: number;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly rows: readonly LinearRow[];
  readonly turnover: TurnoverLimit | null;
  /** How messages name the assets of the bounds. */
  readonly names: readonly string[];
}

/** What cannot be met together, as parts of a sentence, bounds of single assets last. */
export interface Conflict {
  readonly kind: 'infeasible';
  readonly labels: readonly string[];
}

/** A number as messages show weights: up to 6 significant digits. */
export function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}
