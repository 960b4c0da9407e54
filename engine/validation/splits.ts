import { demand } from './watch.ts';

/** Bars from `from` up to, not including, `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Rolling windows keep their length; anchored ones begin at the first bar and grow. */
export const WALK_FORWARD_MODES = ['rolling', 'anchored'] as const;
export type WalkForwardMode = (typeof WALK_FORWARD_MODES)[number];

export interface WalkForwardPlan {
  readonly mode: WalkForwardMode;
  /** Bars to choose parameters on; with `anchored` those of the first window. */
  readonly trainBars: number;
  /** Bars that the chosen parameters then trade; windows of them follow each other without a gap. */
  readonly testBars: number;
  /** Bars left out between the two, for outcomes that reach over the border. 0 when absent. */
  readonly gapBars?: number;
}

export interface WalkForwardWindow {
  readonly train: Range;
  readonly test: Range;
}

/** Windows in order of time. The last test is shorter where the bars end. */
export function walkForwardWindows(barCount: number, plan: WalkForwardPlan): WalkForwardWindow[] {
  const { mode, trainBars, testBars, gapBars = 0 } = plan;
  wholeBars('trainBars', trainBars, 1);
  wholeBars('testBars', testBars, 1);
  wholeBars('gapBars', gapBars, 0);
  const windows: WalkForwardWindow[] = [];
  for (let from = trainBars + gapBars; from < barCount; from += testBars) {
    const end = from - gapBars;
    windows.push({
      train: { from: mode === 'rolling' ? end - trainBars : 0, to: end },
      test: { from, to: Math.min(from + testBars, barCount) },
    });
  }
  return windows;
}

/**
 * The plan that cuts all bars into `windows` tests of the same length, each chosen on `ratio` times as many
 * bars: a ratio of 4 trains on 80 %.
 */
export function planOf(
  barCount: number,
  windows: number,
  ratio: number,
  mode: WalkForwardMode,
): WalkForwardPlan {
  wholeBars('windows', windows, 1);
  demand(ratio > 0, 'ratio', `${ratio} must be above 0.`);
  // trainBars + windows * testBars = barCount, of which the first is ratio * testBars.
  const testBars = Math.floor(barCount / (windows + ratio));
  demand(testBars >= 1, 'windows', `${barCount} bars are too few for ${windows} windows.`);
  return { mode, testBars, trainBars: barCount - windows * testBars };
}

/** What keeps knowledge of the test out of the training bars. */
export interface PurgeRule {
  /** Bars after a bar that its outcome depends on, such as the longest holding time. */
  readonly horizon: number;
  /** Further bars left out after each test, for slow memory of markets. */
  readonly embargo: number;
}

export interface Fold {
  readonly test: readonly Range[];
  readonly train: readonly Range[];
}

/** Consecutive folds of nearly equal length, each tested once and trained on the purged rest. */
export function purgedKFold(barCount: number, folds: number, rule: PurgeRule): Fold[] {
  return groupsOf(barCount, folds).map((test) => ({
    test: [test],
    train: purgedTraining(barCount, [test], rule),
  }));
}

/**
 * Bars that may be trained on: those whose outcome ends before a test begins, and those that begin after
 * its last outcome has ended and the embargo has passed (López de Prado 2018, chapter 7).
 */
export function purgedTraining(
  barCount: number,
  tests: readonly Range[],
  { horizon, embargo }: PurgeRule,
): Range[] {
  wholeBars('horizon', horizon, 0);
  wholeBars('embargo', embargo, 0);
  const train: Range[] = [];
  let from = 0;
  for (const test of tests.toSorted((a, b) => a.from - b.from)) {
    if (test.from - horizon > from) train.push({ from, to: test.from - horizon });
    from = Math.max(from, test.to + horizon + embargo);
  }
  if (from < barCount) train.push({ from, to: barCount });
  return train;
}

export interface CombinatorialSplit extends Fold {
  /** Numbers of the groups that are tested. */
  readonly groups: readonly number[];
}

export interface CombinatorialSplits {
  readonly groups: readonly Range[];
  readonly splits: readonly CombinatorialSplit[];
  /** `paths[p][g]` is the split whose test of group g belongs to path p; each path covers all groups once. */
  readonly paths: readonly (readonly number[])[];
}

/**
 * Combinatorial purged cross-validation (López de Prado 2018, chapter 12): every choice of `testGroups` out
 * of `groups` is tested once, which makes C(N, k) splits and C(N, k) * k / N whole paths.
 */
export function combinatorialSplits(
  barCount: number,
  groups: number,
  testGroups: number,
  rule: PurgeRule,
): CombinatorialSplits {
  wholeBars('testGroups', testGroups, 1);
  demand(testGroups < groups, 'testGroups', `${testGroups} must be less than ${groups} groups.`);
  const ranges = groupsOf(barCount, groups);
  const splits = combinations(groups, testGroups).map((chosen) => {
    const test = chosen.map((group) => ranges[group] as Range);
    return { groups: chosen, test, train: purgedTraining(barCount, test, rule) };
  });
  const tested = ranges.map((_range, group) =>
    Array.from(splits.keys()).filter((split) => splits[split]?.groups.includes(group) === true),
  );
  const paths = (tested[0] ?? []).map((_split, path) =>
    tested.map((splitsOfGroup) => splitsOfGroup[path] as number),
  );
  return { groups: ranges, splits, paths };
}

/** All choices of `size` out of 0 … count - 1, in the order of the dictionary. */
export function combinations(count: number, size: number): number[][] {
  const all: number[][] = [];
  const chosen = Array.from({ length: size }, (_, i) => i);
  if (size > count) return all;
  for (;;) {
    all.push(chosen.slice());
    let at = size - 1;
    while (at >= 0 && chosen[at] === count - size + at) at -= 1;
    if (at < 0) return all;
    chosen[at] = (chosen[at] as number) + 1;
    for (let i = at + 1; i < size; i += 1) chosen[i] = (chosen[i - 1] as number) + 1;
  }
}

/** Consecutive groups whose lengths differ by one bar at most. */
export function groupsOf(barCount: number, groups: number): Range[] {
  wholeBars('groups', groups, 2);
  demand(barCount >= groups, 'groups', `${barCount} bars are too few for ${groups} groups.`);
  return Array.from({ length: groups }, (_, i) => ({
    from: Math.floor((i * barCount) / groups),
    to: Math.floor(((i + 1) * barCount) / groups),
  }));
}

function wholeBars(parameter: string, value: number, least: number): void {
  const fine = Number.isSafeInteger(value) && value >= least;
  demand(fine, parameter, `${value} must be a whole number of at least ${least}.`);
}
