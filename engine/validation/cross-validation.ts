import { sharpeRatio } from '../stats/risk-ratios.ts';
import {
  combinatorialSplits,
  purgedKFold,
  type Fold,
  type PurgeRule,
  type Range,
} from './splits.ts';
import { demand, demandFinite, watch, type WatchHooks } from './watch.ts';

/** How returns are scored, the higher the better; NaN counts as the worst. */
export type ReturnScore = (returns: Float64Array) => number;

/** One way through all bars, every stretch of it traded by what was chosen without it. */
export interface TestedPath {
  /** Number of the chosen trial for each group of bars. */
  readonly chosen: readonly number[];
  /** Out-of-sample returns of all bars, one a bar. */
  readonly returns: Float64Array;
  readonly score: number;
}

export interface CrossValidation {
  readonly groups: readonly Range[];
  readonly paths: readonly TestedPath[];
  /** Scores of the chosen trials on what they were chosen on, and on the test, one a split. */
  readonly inSample: Float64Array;
  readonly outOfSample: Float64Array;
}

export interface CrossValidationOptions extends PurgeRule {
  /** Sharpe ratio of one period when absent. */
  readonly score?: ReturnScore;
}

/**
 * Combinatorial purged cross-validation of the choice among trials: on every split the best on the purged
 * training bars is taken, and the tests are joined to whole paths. The spread of the paths' scores is what
 * choosing among these trials is worth, where a single walk forward gives one number.
 * @param trials returns of the same bars, one column for each; a trial is run over all bars once, so that
 *   the horizon has to cover how long it holds and how far its indicators reach
 */
export function combinatorialValidation(
  trials: readonly Float64Array[],
  groups: number,
  testGroups: number,
  options: CrossValidationOptions,
  hooks: WatchHooks = {},
): CrossValidation {
  const length = checkTrials(trials);
  const plan = combinatorialSplits(length, groups, testGroups, options);
  const { choices, inSample, outOfSample } = choose(trials, plan.splits, options, hooks);
  const score = options.score ?? sharpeOfPeriod;
  const paths = plan.paths.map((splits) => {
    const chosen = splits.map((split) => choices[split] as number);
    const returns = new Float64Array(length);
    plan.groups.forEach(({ from, to }, group) => {
      const trial = trials[chosen[group] as number] as Float64Array;
      returns.set(trial.subarray(from, to), from);
    });
    return { chosen, returns, score: score(returns) };
  });
  return { groups: plan.groups, paths, inSample, outOfSample };
}

/** Purged k-fold of the choice among trials: one path, each fold traded by the best of all others. */
export function foldedValidation(
  trials: readonly Float64Array[],
  folds: number,
  options: CrossValidationOptions,
  hooks: WatchHooks = {},
): CrossValidation {
  const length = checkTrials(trials);
  const plan = purgedKFold(length, folds, options);
  const { choices, inSample, outOfSample } = choose(trials, plan, options, hooks);
  const groups = plan.map(({ test }) => test[0] as Range);
  const returns = new Float64Array(length);
  groups.forEach(({ from, to }, fold) => {
    const trial = trials[choices[fold] as number] as Float64Array;
    returns.set(trial.subarray(from, to), from);
  });
  const score = (options.score ?? sharpeOfPeriod)(returns);
  return { groups, paths: [{ chosen: choices, returns, score }], inSample, outOfSample };
}

function choose(
  trials: readonly Float64Array[],
  folds: readonly Fold[],
  { score = sharpeOfPeriod }: CrossValidationOptions,
  hooks: WatchHooks,
): { choices: number[]; inSample: Float64Array; outOfSample: Float64Array } {
  const inSample = new Float64Array(folds.length);
  const outOfSample = new Float64Array(folds.length);
  const choices = folds.map(({ test, train }, split) => {
    watch(hooks, split, folds.length, 'The cross-validation');
    demand(train.length > 0, 'horizon', 'purging leaves no bar to choose on; use fewer groups.');
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    trials.forEach((trial, k) => {
      const value = score(joined(trial, train));
      if (value > most) {
        most = value;
        best = k;
      }
    });
    inSample[split] = most === Number.NEGATIVE_INFINITY ? Number.NaN : most;
    outOfSample[split] = score(joined(trials[best] as Float64Array, test));
    return best;
  });
  watch(hooks, folds.length, folds.length, 'The cross-validation');
  return { choices, inSample, outOfSample };
}

function joined(values: Float64Array, ranges: readonly Range[]): Float64Array {
  const count = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const parts = new Float64Array(count);
  let at = 0;
  for (const { from, to } of ranges) {
    parts.set(values.subarray(from, to), at);
    at += to - from;
  }
  return parts;
}

function sharpeOfPeriod(returns: Float64Array): number {
  return sharpeRatio(returns, 1);
}

function checkTrials(trials: readonly Float64Array[]): number {
  const length = trials[0]?.length ?? 0;
  demand(trials.length > 0, 'trials', 'give at least one.');
  demand(
    trials.every((column) => column.length === length),
    'trials',
    'all need returns of the same bars.',
  );
  demandFinite(trials, 'trials');
  return length;
}
