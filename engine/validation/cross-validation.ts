import { RangeScores, type NamedScore } from './range-scores.ts';
import {
  combinatorialSplits,
  purgedKFold,
  type Fold,
  type PurgeRule,
  type Range,
} from './splits.ts';
import { demand, demandFinite, watch, type WatchHooks } from './watch.ts';

/** How returns are scored, the higher the better; NaN is no score. The named ones are quick. */
export type ReturnScore = NamedScore | ((returns: Float64Array) => number);

/** One way through all bars, every stretch of it traded by what was chosen without it. */
export interface TestedPath {
  /** Number of the chosen trial for each group of bars; -1 where none had a score, and nothing is traded. */
  readonly chosen: readonly number[];
  /** Out-of-sample returns of all bars, one a bar. */
  readonly returns: Float64Array;
  readonly score: number;
}

export interface CrossValidation {
  readonly groups: readonly Range[];
  readonly splits: readonly Fold[];
  readonly paths: readonly TestedPath[];
  /** The trial that each split chose; -1 where none had a score. */
  readonly choices: readonly number[];
  /** Scores of the chosen trials on what they were chosen on, and on the test, one a split. */
  readonly inSample: Float64Array;
  readonly outOfSample: Float64Array;
  /**
   * Rank of the chosen one's test score among those of all trials over their number plus one, 1 a half being
   * the median; equal ones share the mean of their ranks, no score is the lowest. NaN without a choice.
   */
  readonly ranks: Float64Array;
}

export interface CrossValidationOptions extends PurgeRule {
  /** Sharpe ratio of one period when absent. */
  readonly score?: ReturnScore;
  /** Risk-free return of one period, which the named ratios are above. 0 when absent. */
  readonly rate?: number;
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
  const chosen = choose(trials, plan.splits, options, hooks);
  const score = wholeScore(length, options);
  const paths = plan.paths.map((splits) => {
    const choices = splits.map((split) => chosen.choices[split] as number);
    const returns = alongPath(trials, plan.groups, choices);
    return { chosen: choices, returns, score: score(returns) };
  });
  return { groups: plan.groups, splits: plan.splits, paths, ...chosen };
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
  const chosen = choose(trials, plan, options, hooks);
  const groups = plan.map(({ test }) => test[0] as Range);
  const returns = alongPath(trials, groups, chosen.choices);
  const score = wholeScore(length, options)(returns);
  return { groups, splits: plan, paths: [{ chosen: chosen.choices, returns, score }], ...chosen };
}

/** Returns of what was chosen for each group of bars. */
function alongPath(
  trials: readonly Float64Array[],
  groups: readonly Range[],
  choices: readonly number[],
): Float64Array {
  const returns = new Float64Array(trials[0]?.length ?? 0);
  groups.forEach(({ from, to }, group) => {
    const trial = trials[choices[group] as number];
    if (trial !== undefined) returns.set(trial.subarray(from, to), from);
  });
  return returns;
}

type Chosen = Pick<CrossValidation, 'choices' | 'inSample' | 'outOfSample' | 'ranks'>;

/** Trials between two looks at the hooks. */
const HOOK_TRIALS = 64;

function choose(
  trials: readonly Float64Array[],
  folds: readonly Fold[],
  options: CrossValidationOptions,
  hooks: WatchHooks,
): Chosen {
  for (const { train } of folds) {
    demand(train.length > 0, 'horizon', 'purging leaves no bar to choose on; use fewer groups.');
  }
  const scorer = scorerOf(trials[0]?.length ?? 0, folds, options);
  const inSample = new Float64Array(folds.length).fill(Number.NaN);
  const choices = folds.map(() => -1);
  // All trials' scores of each test, which the chosen one is ranked among.
  const tests = folds.map(() => new Float64Array(trials.length));
  trials.forEach((trial, k) => {
    if (k % HOOK_TRIALS === 0) watch(hooks, k, trials.length, 'The cross-validation');
    const score = scorer(trial);
    folds.forEach(({ test, train }, split) => {
      (tests[split] as Float64Array)[k] = score(test);
      const value = score(train);
      // The first of equal ones stays.
      const most = inSample[split] as number;
      if (Number.isNaN(value) || value <= most) return;
      inSample[split] = value;
      choices[split] = k;
    });
  });
  watch(hooks, trials.length, trials.length, 'The cross-validation');
  const ofChosen = (split: number): number =>
    tests[split]?.[choices[split] as number] ?? Number.NaN;
  return {
    choices,
    inSample,
    outOfSample: Float64Array.from(folds, (_fold, split) => ofChosen(split)),
    ranks: Float64Array.from(tests, (scores, split) =>
      choices[split] === -1 ? Number.NaN : relativeRank(scores, ofChosen(split)),
    ),
  };
}

/** What scores a trial over ranges. */
function scorerOf(
  length: number,
  folds: readonly Fold[],
  { score = 'sharpe', rate }: CrossValidationOptions,
): (trial: Float64Array) => (ranges: readonly Range[]) => number {
  if (typeof score === 'function') return (trial) => (ranges) => score(joined(trial, ranges));
  const scores = new RangeScores(length, folds, score, rate);
  return (trial) => scores.of(trial);
}

/** What scores all bars of a path. */
function wholeScore(
  length: number,
  options: CrossValidationOptions,
): (returns: Float64Array) => number {
  const all = [{ from: 0, to: length }];
  const scorer = scorerOf(length, [{ test: all, train: [] }], options);
  return (returns) => scorer(returns)(all);
}

function relativeRank(scores: Float64Array, mine: number): number {
  const worth = (value: number): number => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);
  let below = 0;
  let equal = 0;
  for (const score of scores) {
    if (worth(score) < worth(mine)) below += 1;
    else if (worth(score) === worth(mine)) equal += 1;
  }
  return (below + (equal + 1) / 2) / (scores.length + 1);
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
