import { RenataError } from '../domain/errors.ts';
import { allocate } from './allocate.ts';
import type { Constraints } from './constraints.ts';
import type { CovarianceEstimator } from './covariance.ts';
import { fail } from './estimate.ts';
import type { AllocationMethod, AllocationRequest } from './request.ts';
import { rebalanceSchedule, type RebalanceRule } from './schedule.ts';

/** Weights to hold from the close of a bar on, in the order of the assets. */
export interface AllocationTarget {
  readonly bar: number;
  readonly weights: Float64Array;
}

/** As for one allocation, but the current weights of a turnover limit are those that the targets drifted to. */
export interface WalkForwardConstraints extends Omit<Constraints, 'turnover'> {
  readonly turnover?: number;
}

export interface WalkForwardInput {
  readonly assets: readonly string[];
  /** Bar starts, UnixMillis. */
  readonly time: Float64Array;
  /** A column an asset; NaN where it has no price. */
  readonly closes: readonly Float64Array[];
  readonly schedule: RebalanceRule;
  /** Returns that each allocation looks back on. */
  readonly lookback: number;
  readonly method: AllocationMethod;
  readonly estimator?: CovarianceEstimator;
  readonly constraints?: WalkForwardConstraints;
}

export interface WalkForward {
  readonly targets: readonly AllocationTarget[];
  /** Rebalances at which no weights could be found; what is held drifts on. */
  readonly skipped: readonly { readonly bar: number; readonly reason: string }[];
  /** Warnings of allocations, each with the first bar that it came at and how often it came. */
  readonly warnings: readonly {
    readonly message: string;
    readonly bar: number;
    readonly times: number;
  }[];
}

/**
 * Target weights by bar, each from the closes up to and including its bar, so that a target at bar t is what
 * could be known at the close of t. An asset takes part when it has a price at each bar of the lookback.
 * @throws RenataError BAD_INPUT when the input is wrong, or when no rebalance found weights
 */
export function allocationTargets(input: WalkForwardInput): WalkForward {
  const { assets, time, closes, lookback, schedule } = input;
  if (closes.length !== assets.length) {
    fail('closes', `there are ${closes.length} columns for ${assets.length} assets`);
  }
  closes.forEach((column, i) => {
    if (column.length !== time.length)
      fail('closes', `${assets[i]} has ${column.length} bars of ${time.length}`);
  });
  if (!(Number.isInteger(lookback) && lookback >= 2))
    fail('lookback', `${lookback} is not 2 or more`);
  const returns = closes.map(changes);
  const priced = closes.map(lengthsOfPrices);
  const targets: AllocationTarget[] = [];
  const skipped: { bar: number; reason: string }[] = [];
  const warnings = new Map<string, { message: string; bar: number; times: number }>();
  let first: RenataError | null = null;
  for (const bar of rebalanceSchedule(time, schedule)) {
    const present = assets.flatMap((_, i) => ((priced[i]?.[bar] ?? 0) > lookback ? [i] : []));
    if (present.length === 0) continue;
    const last = targets.at(-1);
    const held = last === undefined ? null : driftedWeights(closes, last, bar);
    if (schedule.kind === 'threshold' && held !== null && last !== undefined) {
      const off = held.some(
        (value, i) => Math.abs(value - (last.weights[i] as number)) > schedule.drift,
      );
      if (!off) continue;
    }
    const window = present.map((i) =>
      (returns[i] as Float64Array).subarray(bar + 1 - lookback, bar + 1),
    );
    try {
      const request = requestFor(input, present, window, held);
      const guess = last === undefined ? undefined : pick(last.weights, present);
      const found = allocate(request, guess);
      const weights = new Float64Array(assets.length);
      present.forEach((i, k) => {
        weights[i] = found.weights[k] as number;
      });
      targets.push({ bar, weights });
      for (const message of found.warnings) {
        const known = warnings.get(message) ?? { message, bar, times: 0 };
        warnings.set(message, { ...known, times: known.times + 1 });
      }
    } catch (error) {
      if (!(error instanceof RenataError) || error.code !== 'BAD_INPUT') throw error;
      first ??= error;
      skipped.push({ bar, reason: error.message });
    }
  }
  if (targets.length === 0 && first !== null) throw first;
  return { targets, skipped, warnings: Array.from(warnings.values()) };
}

/** Weights that a target has become by a later bar's close, if nothing was traded since. */
export function driftedWeights(
  closes: readonly Float64Array[],
  target: AllocationTarget,
  bar: number,
): Float64Array {
  let whole = 1;
  const grown = target.weights.map((weight, i) => {
    if (weight === 0) return 0;
    const column = closes[i] as Float64Array;
    const value = (weight * lastPrice(column, bar)) / lastPrice(column, target.bar);
    whole += value - weight;
    return value;
  });
  return grown.map((value) => value / whole);
}

/** The close of a bar, or the last one before it that there was. */
export function lastPrice(column: Float64Array, bar: number): number {
  for (let i = bar; i >= 0; i -= 1) {
    const price = column[i] as number;
    if (price > 0) return price;
  }
  return Number.NaN;
}

function requestFor(
  input: WalkForwardInput,
  present: readonly number[],
  returns: readonly Float64Array[],
  held: Float64Array | null,
): AllocationRequest {
  const { assets, estimator } = input;
  const names = present.map((i) => assets[i] as string);
  return {
    assets: names,
    method: methodFor(input.method, present, names, assets.length),
    returns,
    constraints: constraintsFor(input.constraints ?? {}, present, names, held, assets.length),
    ...(estimator === undefined ? {} : { estimator }),
  };
}

/** What is given by asset is cut to those that take part; views on others are left out. */
function methodFor(
  method: AllocationMethod,
  present: readonly number[],
  names: readonly string[],
  size: number,
): AllocationMethod {
  if (method.kind === 'risk-parity' && method.budgets !== undefined) {
    return { ...method, budgets: cut('budgets', method.budgets, present, size) };
  }
  if (method.kind !== 'black-litterman') return method;
  const known = new Set(names);
  return {
    ...method,
    market: cut('market', method.market, present, size),
    views: method.views.filter(({ weights }) =>
      Object.keys(weights).every((name) => known.has(name)),
    ),
  };
}

function constraintsFor(
  constraints: WalkForwardConstraints,
  present: readonly number[],
  names: readonly string[],
  held: Float64Array | null,
  size: number,
): Constraints {
  const { turnover, minimum, maximum, groups, sum } = constraints;
  const known = new Set(names);
  const here = new Set(present);
  let limit = turnover ?? Number.POSITIVE_INFINITY;
  // What is held of an asset that takes no part is sold, and that is turnover too.
  held?.forEach((weight, i) => {
    if (!here.has(i)) limit -= Math.abs(weight);
  });
  return {
    sum,
    minimum: typeof minimum === 'object' ? cut('minimum', minimum, present, size) : minimum,
    maximum: typeof maximum === 'object' ? cut('maximum', maximum, present, size) : maximum,
    groups: groups?.map((group) => ({
      ...group,
      assets: group.assets.filter((asset) => known.has(asset)),
    })),
    turnover:
      turnover === undefined || held === null
        ? undefined
        : { current: Array.from(pick(held, present)), limit: Math.max(0, limit) },
  };
}

function cut(
  name: string,
  values: readonly number[],
  present: readonly number[],
  size: number,
): number[] {
  if (values.length !== size) fail(name, `there are ${values.length} values for ${size} assets`);
  return present.map((i) => values[i] as number);
}

function pick(values: Float64Array, present: readonly number[]): Float64Array {
  return Float64Array.from(present, (i) => values[i] as number);
}

/** Return of each bar on the one before; NaN at bar 0 and at gaps. */
function changes(closes: Float64Array): Float64Array {
  const returns = new Float64Array(closes.length).fill(Number.NaN);
  for (let i = 1; i < closes.length; i += 1) {
    returns[i] = (closes[i] as number) / (closes[i - 1] as number) - 1;
  }
  return returns;
}

/** How many bars with a price end at each bar. */
function lengthsOfPrices(closes: Float64Array): Int32Array {
  const lengths = new Int32Array(closes.length);
  let run = 0;
  for (let i = 0; i < closes.length; i += 1) {
    const price = closes[i] as number;
    run = price > 0 && Number.isFinite(price) ? run + 1 : 0;
    lengths[i] = run;
  }
  return lengths;
}
