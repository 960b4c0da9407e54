import { RenataError } from '../domain/errors.ts';
import type { Range, WalkForwardWindow } from './splits.ts';
import { demand, watch, type WatchHooks } from './watch.ts';

/**
 * What happens to a position at the border of two tests. Every test starts flat with the money of the one
 * before, and what it still holds at its end is marked at the last close, without an exit. With
 * `while-unchanged`, tests in a row that chose the same parameters are run as one, so that the position
 * lives on; a change of parameters still starts flat.
 */
export const CARRY_RULES = ['flat', 'while-unchanged'] as const;
export type CarryRule = (typeof CARRY_RULES)[number];

/** One run that trades nothing outside its range; it may read the bars before it to warm up. */
export interface RangeRun {
  /** Capital before the first bar of the range. */
  readonly capital: number;
  /** Marks at the closes of the range, one a bar. */
  readonly equity: Float64Array;
}

export interface WalkForwardTask<Parameters> {
  readonly candidates: readonly Parameters[];
  readonly windows: readonly WalkForwardWindow[];
  readonly carry: CarryRule;
  /** Capital that the stitched curve starts from. */
  readonly capital: number;
  /** One score for each of the parameters, the higher the better; NaN where there is none. */
  evaluate(
    parameters: readonly Parameters[],
    range: Range,
  ): ArrayLike<number> | Promise<ArrayLike<number>>;
  equityOf(parameters: Parameters, range: Range): RangeRun | Promise<RangeRun>;
}

export interface WalkForwardStep {
  readonly window: WalkForwardWindow;
  /** Number of the chosen candidate; -1 when none had a score, and nothing was traded. */
  readonly chosen: number;
  readonly inSampleScore: number;
  readonly outOfSampleScore: number;
  /** Logarithm of the growth of a bar, in and out of sample, with the chosen parameters. */
  readonly inSampleGrowth: number;
  readonly outOfSampleGrowth: number;
}

export interface WalkForwardResult {
  readonly steps: readonly WalkForwardStep[];
  /** Bars of the stitched curve: from the first test to the last. */
  readonly range: Range;
  /** Marks of the tests alone, one a bar, each test starting with the money of the one before. */
  readonly equity: Float64Array;
  /** Growth a bar out of sample over that in sample (Pardo's walk-forward efficiency); NaN unless the latter is > 0. */
  readonly efficiency: number;
  /** Part of the tests that made money. */
  readonly profitable: number;
  /** Part of the windows after the first that chose the parameters of the window before. */
  readonly stability: number;
}

/**
 * Chooses on each training range, trades the test after it, and stitches the tests to one curve.
 * @throws RenataError BAD_INPUT without candidates or windows, CANCELLED when the hooks ask for it.
 */
export async function walkForward<Parameters>(
  task: WalkForwardTask<Parameters>,
  hooks: WatchHooks = {},
): Promise<WalkForwardResult> {
  const { candidates, windows } = task;
  demand(candidates.length > 0, 'candidates', 'there must be at least one.');
  demand(windows.length > 0, 'windows', 'the bars are too few for one window.');
  const chosen: { index: number; score: number }[] = [];
  for (const [done, { train }] of windows.entries()) {
    watch(hooks, done, 2 * windows.length, 'The walk-forward test');
    chosen.push(bestOf(await task.evaluate(candidates, train), candidates.length));
  }
  const range = { from: windows[0]?.test.from ?? 0, to: windows.at(-1)?.test.to ?? 0 };
  const stitched = await stitch(task, chosen, range, hooks);
  const steps: WalkForwardStep[] = [];
  for (const [i, window] of windows.entries()) {
    const { index, score } = chosen[i] as { index: number; score: number };
    const parameters = candidates[index];
    const traded = parameters !== undefined;
    steps.push({
      window,
      chosen: index,
      inSampleScore: score,
      outOfSampleScore: traded
        ? ((await task.evaluate([parameters], window.test))[0] ?? Number.NaN)
        : Number.NaN,
      inSampleGrowth: traded ? growthOf(await task.equityOf(parameters, window.train)) : 0,
      outOfSampleGrowth: growthBetween(stitched, task.capital, range, window.test),
    });
  }
  watch(hooks, 2 * windows.length, 2 * windows.length, 'The walk-forward test');
  const inSample = perBar(steps, ({ window: { train }, inSampleGrowth }) => [
    train,
    inSampleGrowth,
  ]);
  const outside = perBar(steps, ({ window: { test }, outOfSampleGrowth }) => [
    test,
    outOfSampleGrowth,
  ]);
  let same = 0;
  for (let i = 1; i < steps.length; i += 1) {
    if (steps[i]?.chosen === steps[i - 1]?.chosen) same += 1;
  }
  return {
    steps,
    range,
    equity: stitched,
    efficiency: inSample > 0 ? outside / inSample : Number.NaN,
    profitable:
      steps.filter(({ outOfSampleGrowth }) => outOfSampleGrowth > 0).length / steps.length,
    stability: steps.length > 1 ? same / (steps.length - 1) : Number.NaN,
  };
}

async function stitch<Parameters>(
  task: WalkForwardTask<Parameters>,
  chosen: readonly { index: number }[],
  range: Range,
  hooks: WatchHooks,
): Promise<Float64Array> {
  const { windows, candidates } = task;
  const equity = new Float64Array(range.to - range.from);
  let money = task.capital;
  let first = 0;
  while (first < windows.length) {
    watch(hooks, windows.length + first, 2 * windows.length, 'The walk-forward test');
    const { index } = chosen[first] as { index: number };
    let last = first;
    if (task.carry === 'while-unchanged') {
      while (chosen[last + 1]?.index === index) last += 1;
    }
    const from = windows[first]?.test.from as number;
    const to = windows[last]?.test.to as number;
    const parameters = candidates[index];
    if (parameters === undefined) {
      equity.fill(money, from - range.from, to - range.from);
    } else {
      const run = await task.equityOf(parameters, { from, to });
      if (run.equity.length !== to - from) {
        throw new RenataError(
          'INTERNAL',
          `A run of bars ${from} to ${to} gave ${run.equity.length} marks.`,
        );
      }
      for (let i = 0; i < run.equity.length; i += 1) {
        equity[from - range.from + i] = ((run.equity[i] as number) / run.capital) * money;
      }
    }
    money = equity[to - range.from - 1] as number;
    first = last + 1;
  }
  return equity;
}

/** The highest score; the first of equal ones. */
function bestOf(scores: ArrayLike<number>, count: number): { index: number; score: number } {
  demand(scores.length === count, 'scores', `${scores.length} scores for ${count} candidates.`);
  let index = -1;
  let score = Number.NaN;
  for (let i = 0; i < count; i += 1) {
    const value = scores[i] as number;
    if (value > score || (index < 0 && !Number.isNaN(value))) {
      index = i;
      score = value;
    }
  }
  return { index, score };
}

function growthOf({ capital, equity }: RangeRun): number {
  return logGrowth((equity.at(-1) ?? capital) / capital, equity.length);
}

function growthBetween(equity: Float64Array, capital: number, range: Range, test: Range): number {
  const before =
    test.from === range.from ? capital : (equity[test.from - range.from - 1] as number);
  return logGrowth((equity[test.to - range.from - 1] as number) / before, test.to - test.from);
}

/** Of one bar. Money that is lost whole has no logarithm; it counts as losing all but a billionth. */
function logGrowth(growth: number, bars: number): number {
  return Math.log(Math.max(growth, 1e-9)) / bars;
}

/** Mean over all bars of the ranges. */
function perBar(
  steps: readonly WalkForwardStep[],
  pick: (step: WalkForwardStep) => readonly [Range, number],
): number {
  let sum = 0;
  let bars = 0;
  for (const step of steps) {
    const [{ from, to }, growth] = pick(step);
    sum += growth * (to - from);
    bars += to - from;
  }
  return sum / bars;
}
