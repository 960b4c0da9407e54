import { RenataError } from '../domain/errors.ts';
import { shown, type Conflict, type LinearRow, type Polytope } from './polytope.ts';
import { solveQuadratic } from './quadratic.ts';

/** A condition on the summed weight of some assets. */
export interface GroupLimit {
  readonly name: string;
  readonly assets: readonly string[];
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

/** What weights are allowed. Without any, weights are at least 0 and sum to 1. */
export interface Constraints {
  /** Sum of the weights, 1 unless given. */
  readonly sum?: number | undefined;
  /** Smallest weight of every asset, or one an asset in their order; 0 unless given, negative allows shorts. */
  readonly minimum?: number | readonly number[] | undefined;
  /** Largest weight of every asset, or one an asset; no limit unless given. */
  readonly maximum?: number | readonly number[] | undefined;
  readonly groups?: readonly GroupLimit[] | undefined;
  /** Weights now, in the order of the assets, and how much may change: Σ |new − now| ≤ limit. */
  readonly turnover?: { readonly current: readonly number[]; readonly limit: number } | undefined;
}

/**
 * The conditions as a set of weights.
 * @throws RenataError BAD_INPUT naming what is wrong with a condition by itself
 */
export function polytopeOf(assets: readonly string[], constraints: Constraints): Polytope {
  const size = assets.length;
  const lower = perAsset('minimum', constraints.minimum ?? 0, size);
  const upper = perAsset('maximum', constraints.maximum ?? Number.POSITIVE_INFINITY, size);
  for (let i = 0; i < size; i += 1) {
    if ((lower[i] as number) > (upper[i] as number)) {
      fail(
        'minimum',
        `${assets[i]} at least ${shown(lower[i] as number)} is above its maximum ${shown(upper[i] as number)}`,
      );
    }
  }
  const sum = constraints.sum ?? 1;
  if (!Number.isFinite(sum)) fail('sum', `${sum} is not a number`);
  const rows: LinearRow[] = [
    {
      coefficients: new Float64Array(size).fill(1),
      bound: sum,
      equality: true,
      label: `weights sum to ${shown(sum)}`,
    },
    ...(constraints.groups ?? []).flatMap((group) => groupRows(assets, group)),
  ];
  return { size, lower, upper, rows, turnover: turnoverOf(constraints, size), names: assets };
}

function groupRows(assets: readonly string[], group: GroupLimit): LinearRow[] {
  const { name, minimum, maximum } = group;
  const coefficients = new Float64Array(assets.length);
  for (const asset of group.assets) {
    const at = assets.indexOf(asset);
    if (at < 0) fail('groups', `group ${name} names ${asset}, which is not among the assets`);
    coefficients[at] = 1;
  }
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    fail(
      'groups',
      `group ${name} at least ${shown(minimum)} is above its maximum ${shown(maximum)}`,
    );
  }
  if (Number.isNaN(minimum ?? 0) || Number.isNaN(maximum ?? 0)) {
    fail('groups', `group ${name} has a limit that is not a number`);
  }
  const rows: LinearRow[] = [];
  if (minimum !== undefined && Number.isFinite(minimum)) {
    const label = `group ${name} at least ${shown(minimum)}`;
    rows.push({ coefficients, bound: minimum, equality: false, label });
  }
  if (maximum !== undefined && Number.isFinite(maximum)) {
    const label = `group ${name} at most ${shown(maximum)}`;
    const opposite = coefficients.map((value) => 0 - value);
    rows.push({ coefficients: opposite, bound: -maximum, equality: false, label });
  }
  return rows;
}

function turnoverOf({ turnover }: Constraints, size: number): Polytope['turnover'] {
  if (turnover === undefined) return null;
  const { current, limit } = turnover;
  if (current.length !== size) {
    fail('turnover', `there are ${current.length} current weights for ${size} assets`);
  }
  if (!current.every((weight) => Number.isFinite(weight))) {
    fail('turnover', 'a current weight is not a number');
  }
  if (!(limit >= 0)) fail('turnover', `${limit} is not a limit of 0 or more`);
  return limit === Number.POSITIVE_INFINITY ? null : { current: Float64Array.from(current), limit };
}

function perAsset(name: string, given: number | readonly number[], size: number): Float64Array {
  const values = typeof given === 'number' ? new Float64Array(size).fill(given) : given;
  if (values.length !== size) fail(name, `there are ${values.length} values for ${size} assets`);
  const unusable = name === 'minimum' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value) || value === unusable) fail(name, `${value} is not a weight`);
  }
  return Float64Array.from(values);
}

/** The weights nearest to the given ones (least sum of squared changes) that the conditions allow. */
export function nearestAllowed(polytope: Polytope, weights: Float64Array): Float64Array {
  const n = polytope.size;
  const quadratic = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) quadratic[i * n + i] = 1;
  const solved = solveQuadratic({ quadratic, linear: weights.map((value) => 0 - value), polytope });
  if (solved.kind === 'infeasible') throw conflictError(solved);
  return solved.x;
}

/** Most conditions that a message lists. */
const LISTED = 8;

/** The error of conditions that cannot be met together. */
export function conflictError({ labels }: Conflict): RenataError {
  const rest = labels.length - LISTED;
  const listed = labels.slice(0, LISTED).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
  return new RenataError(
    'BAD_INPUT',
    `constraints: no weights meet these together: ${listed}. Loosen one of them.`,
    { details: { parameter: 'constraints', conflict: listed } },
  );
}

function fail(what: string, message: string): never {
  throw new RenataError('BAD_INPUT', `constraints: ${what}: ${message}.`, {
    details: { parameter: `constraints.${what}` },
  });
}
