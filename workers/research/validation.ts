import type { BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { ErrorPayload } from '../../engine/domain/errors.ts';
import { toErrorPayload } from '../../engine/domain/errors.ts';
import type { HeldBars, RowChunk } from '../../engine/protocol/research-tasks.ts';
import type { TaskAnswer } from '../../engine/protocol/tasks.ts';
import type { ValidationScore } from '../../engine/protocol/validation-schemas.ts';
import type { TrialReturns, ValidationTasks } from '../../engine/protocol/validation-tasks.ts';
import { deviation, mean } from '../../engine/stats/moments.ts';
import { periodsPerYear } from '../../engine/stats/periods.ts';
import { sharpeRatio } from '../../engine/stats/risk-ratios.ts';
import { quantileOf, sorted } from '../../engine/stats/shape.ts';
import { maxDrawdown } from '../../engine/stats/underwater.ts';
import { averageCorrelation, correlationsOf } from '../../engine/validation/clusters.ts';
import {
  combinatorialValidation,
  foldedValidation,
  type TestedPath,
} from '../../engine/validation/cross-validation.ts';
import { overfitProbability } from '../../engine/validation/overfitting.ts';
import { onSharedMemory } from '../shared-memory.ts';
import { answer, answerLater, hooksOf, stopIfCancelled, type TaskCall } from '../task.ts';
import { gathered, heldEquity, returnsWith } from './returns.ts';
import { runnerOf } from './runner.ts';

type Call<Name extends keyof ValidationTasks> = TaskCall<ValidationTasks[Name]['input']>;
type Answer<Name extends keyof ValidationTasks> = TaskAnswer<ValidationTasks[Name]['output']>;

/** Combinations whose returns are correlated with each other, at most. */
const MOST_CORRELATED = 64;
/** Fewest combinations that an overfitting is told of. */
const LEAST_COMPARED = 8;
/** Scores of halves that the probability of overfitting may take. */
const MOST_HALVES = 2e7;
/** Numbers of blocks, with the splits that they make. */
const BLOCKS = [
  { blocks: 16, splits: 12_870 },
  { blocks: 12, splits: 924 },
  { blocks: 8, splits: 70 },
] as const;
/** Periods that a block has at least. */
const LEAST_BLOCK = 10;

/** Runs combinations one by one and writes their returns where they are wanted. */
export async function trialReturns(call: Call<'trialReturns'>): Promise<Answer<'trialReturns'>> {
  return answerLater(async () => {
    const { subject, list, from, to, into } = call.input;
    const runner = await runnerOf(subject, call.control);
    const hooks = hooksOf(call);
    const { space } = runner;
    const { settings, base } = subject;
    const rate = rateOf(settings, base.bars);
    const width = space.dimensions.length;
    const codes = new Float64Array((to - from) * width);
    const row = new Float64Array(width);
    const sharpes = new Float64Array(to - from);
    let longestTrade = 0;
    let failure: ErrorPayload | null = null;
    for (let place = from; place < to; place += 1) {
      stopIfCancelled(call.control);
      hooks.onProgress(place - from, to - from);
      space.read(list[place] as number, row);
      const parameters = space.parameters(row);
      try {
        const { equity, trades } = await runner.result(parameters, call.control);
        const returns = returnsWith(settings.cash, equity);
        // Money that is gone earns nothing more.
        for (let i = 0; i < returns.length; i += 1) {
          if (!Number.isFinite(returns[i])) returns[i] = 0;
        }
        sharpes[place - from] = sharpeRatio(returns, 1, rate);
        into.values.set(gathered(returns, into.length), place * into.length);
        codes.set(row, (place - from) * width);
        for (let i = 0; i < trades.count; i += 1) {
          const held = (trades.exitBar[i] as number) - (trades.entryBar[i] as number);
          if (held > longestTrade) longestTrade = held;
        }
      } catch (thrown) {
        const payload = toErrorPayload(thrown);
        if (payload.code === 'CANCELLED') throw thrown;
        const values = Object.entries(parameters).map(
          ([name, value]) => `${name} ${String(value)}`,
        );
        failure = { ...payload, message: `${payload.message} (with ${values.join(', ')})` };
        break;
      }
    }
    return onSharedMemory({ sharpes, longestTrade, codes, failure });
  });
}

export function crossValidate(call: Call<'crossValidate'>): Answer<'crossValidate'> {
  return answer(() => {
    const { returns, settings, score, folds, testFolds, purge, embargo, points } = call.input;
    const { bars } = call.input.base;
    const hooks = hooksOf(call);
    const trials = columnsOf(returns);
    const periods = settings.periodsPerYear ?? periodsPerYear(bars.time);
    const rate = rateOf(settings, bars);
    const options = { horizon: purge, embargo, score, rate };
    const found =
      testFolds === 1
        ? foldedValidation(trials, folds, options, hooks)
        : combinatorialValidation(trials, folds, testFolds, options, hooks);
    const yearly = yearlyOf(score, periods);
    const benchmark = heldEquity(call.input, settings);
    const figures = (equity: Float64Array) => ({
      growth: (equity.at(-1) as number) / settings.cash,
      maxDrawdown: maxDrawdown(equity),
      sharpe: sharpeRatio(returnsWith(settings.cash, equity), periods, rate),
    });
    const curves = found.paths.map((path) => equityOf(path, settings.cash));
    const sharpes = found.paths.map((path) => sharpeRatio(path.returns, periods, rate));
    const notes: string[] = [];
    const groupsOfSplit = (test: readonly { readonly from: number }[]): number[] =>
      test.map(({ from }) => found.groups.findIndex((group) => group.from === from));
    const splits = found.splits.map(({ test, train }, k) => ({
      groups: groupsOfSplit(test),
      test: test.map((range) => ({ ...range })),
      train: train.map((range) => ({ ...range })),
      choice: found.choices[k] as number,
      inSample: yearly(found.inSample[k] as number),
      outOfSample: yearly(found.outOfSample[k] as number),
      outOfSampleReturn: growthOver(trials[found.choices[k] as number], test) - 1,
      rank: found.ranks[k] as number,
    }));
    if (splits.some(({ choice }) => choice < 0)) {
      notes.push('On some splits no combination had a score; nothing is traded in their tests.');
    }
    return {
      groups: found.groups.map((range) => ({ ...range })),
      splits,
      paths: found.paths.map((path, p) => ({
        splits: splitsOfPath(splits, found.groups.length, p),
        score: yearly(path.score),
        ...figures(curves[p] as Float64Array),
        sharpe: sharpes[p] as number,
      })),
      sharpe: spreadOf(sharpes),
      belowMedian: partOf(found.ranks, (rank) => rank <= 0.5),
      benchmark: figures(benchmark),
      overfitting: overfitting(trials, notes),
      correlation: correlation(trials),
      notes,
      curves: thinned(bars.time, [benchmark, ...curves], points),
    };
  });
}

export function columnsOf({ values, length }: TrialReturns): Float64Array[] {
  const count = values.length / length;
  return Array.from({ length: count }, (_, k) => values.subarray(k * length, (k + 1) * length));
}

/** Risk-free return of one bar. */
function rateOf(settings: BacktestSettings, bars: BarColumns): number {
  return settings.riskFreeRate / (settings.periodsPerYear ?? periodsPerYear(bars.time));
}

/** What a score of one period is for a year. */
function yearlyOf(score: ValidationScore, periods: number): (value: number) => number {
  if (score === 'growth') return (value) => Math.expm1(value * periods);
  return (value) => value * Math.sqrt(periods);
}

function equityOf({ returns }: TestedPath, cash: number): Float64Array {
  let equity = cash;
  return returns.map((value) => {
    equity *= 1 + value;
    return equity;
  });
}

function growthOver(
  column: Float64Array | undefined,
  ranges: readonly { readonly from: number; readonly to: number }[],
): number {
  let growth = 1;
  for (const { from, to } of ranges) {
    for (let i = from; i < to && column !== undefined; i += 1) growth *= 1 + (column[i] as number);
  }
  return growth;
}

/** The p-th path takes from each group the p-th split that tests it. */
function splitsOfPath(
  splits: readonly { readonly groups: readonly number[] }[],
  groups: number,
  p: number,
): number[] {
  return Array.from({ length: groups }, (_, group) => {
    const testing = Array.from(splits.keys()).filter((k) => splits[k]?.groups.includes(group));
    return testing[p] as number;
  });
}

function spreadOf(values: readonly number[]) {
  const ascending = sorted(values);
  return {
    mean: mean(ascending),
    deviation: deviation(ascending),
    least: ascending[0] ?? Number.NaN,
    median: quantileOf(ascending, 0.5),
    most: ascending.at(-1) ?? Number.NaN,
    negative: partOf(ascending, (value) => value < 0),
  };
}

/** Part of the values that are known for which it holds. */
function partOf(values: Float64Array, holds: (value: number) => boolean): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : known.filter(holds).length / known.length;
}

function overfitting(
  trials: readonly Float64Array[],
  notes: string[],
): ValidationTasks['crossValidate']['output']['overfitting'] {
  const length = trials[0]?.length ?? 0;
  const fitting = BLOCKS.find(
    ({ blocks, splits }) => length >= blocks * LEAST_BLOCK && trials.length * splits <= MOST_HALVES,
  );
  if (trials.length < LEAST_COMPARED || fitting === undefined) {
    notes.push(
      `The probability of overfitting needs at least ${LEAST_COMPARED} combinations and ${8 * LEAST_BLOCK} bars.`,
    );
    return null;
  }
  const { blocks } = fitting;
  const { probability, probabilityOfLoss, slope, splits } = overfitProbability(trials, { blocks });
  return { probability, probabilityOfLoss, slope, blocks, splits };
}

function correlation(trials: readonly Float64Array[]): number {
  const count = Math.min(MOST_CORRELATED, trials.length);
  const chosen = Array.from(
    { length: count },
    (_, k) => trials[Math.floor((k * trials.length) / count)] as Float64Array,
  );
  return averageCorrelation(correlationsOf(chosen), chosen.length);
}

/** Columns at so many places at most, the last one among them. */
function thinned(time: Float64Array, curves: readonly Float64Array[], points: number): RowChunk {
  const stride = Math.max(1, Math.ceil(time.length / points));
  const places: number[] = [];
  for (let i = 0; i < time.length; i += stride) places.push(i);
  if (places.at(-1) !== time.length - 1) places.push(time.length - 1);
  const columns = [time, ...curves].map((column) =>
    Float64Array.from(places, (at) => column[at] as number),
  );
  const names = ['time', 'benchmark', ...curves.slice(1).map((_, p) => `path ${p + 1}`)];
  return { names, rows: places.length, columns };
}

/** Returns of buying and holding over as many periods. */
export function benchmarkReturns(
  held: HeldBars,
  settings: BacktestSettings,
  length: number,
): Float64Array {
  return gathered(returnsWith(settings.cash, heldEquity(held, settings)), length);
}
