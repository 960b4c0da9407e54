import { RenataError } from '../../../engine/domain/errors.ts';
import {
  MOST_SPLITS,
  type CrossValidationFindings,
  type CrossValidationRequest,
} from '../../../engine/protocol/research-schemas.ts';
import type { RowChunk, SweepPlan } from '../../../engine/protocol/research-tasks.ts';
import { combinatorialSplits } from '../../../engine/validation/splits.ts';
import type { ResearchContext } from './context.ts';
import { RunningMoments } from './ledger.ts';
import { parametersOf } from './rows.ts';
import { heldBars, type Subject } from './subject.ts';
import { planSweep, sweepGroup, sweepSubject, type WorkControl } from './sweeps.ts';
import { gatherReturns } from './trial-returns.ts';

/** Part of the work that running the combinations is. */
const RUNNING = 0.9;
/** Points of one curve, and of all together. */
const MOST_POINTS = 4_000;
const ALL_POINTS = 400_000;

export interface CrossValidationPlan {
  readonly plan: SweepPlan;
  /** Bars that are purged on each side of a test. */
  readonly purge: number;
  readonly splits: number;
  readonly paths: number;
}

export interface CrossValidationWork {
  readonly context: ResearchContext;
  readonly id: string;
  readonly request: CrossValidationRequest;
  readonly subject: Subject;
  readonly control: WorkControl;
}

/** Checks a request whole and says how it is gone about. @throws RenataError BAD_INPUT, TOO_LARGE */
export async function planCrossValidation(
  context: ResearchContext,
  id: string,
  request: CrossValidationRequest,
  subject: Subject,
  options: { readonly list: boolean; readonly signal?: AbortSignal },
): Promise<CrossValidationPlan> {
  const bars = subject.run.base.bars.time.length;
  const task = sweepSubject(subject, request, `${id}/plan`, 0);
  const { search } = request;
  const plan = await planSweep(context, task, { search, objective: 'sharpe' }, options);
  const { combinations } = plan;
  const purge = request.purge ?? Math.ceil(plan.warmUp);
  const { splits, paths } = checkSplits(request, bars, purge);
  const bytes = combinations * bars * Float64Array.BYTES_PER_ELEMENT;
  if (bytes > request.memoryBytes || (options.list && plan.list === null)) {
    throw new RenataError(
      'TOO_LARGE',
      `memory: the returns of ${shown(combinations)} combinations over ${shown(bars)} bars take ${shown(Math.ceil(bytes / 1e6))} MB, and ${shown(request.memoryBytes / 1e6)} MB are allowed; allow more, or take wider steps, a random search or a shorter range.`,
      { details: { parameter: 'memory' } },
    );
  }
  // Every combination is a run of its own, as only runs have the returns of each bar.
  const seconds = (combinations * plan.runSeconds) / context.compute.threads;
  const text = `${shown(combinations)} combinations over ${shown(bars)} bars, chosen on ${shown(splits)} splits that make ${paths === 1 ? 'one path' : `${shown(paths)} paths`}, ${shown(purge)} bars purged and ${shown(request.embargo)} under embargo: about ${duration(seconds)}.`;
  const whole = { ...plan, path: 'events', reason: null, seconds, bytes: 0, text } as const;
  return { plan: whole, purge, splits, paths };
}

/** @throws RenataError BAD_INPUT naming what the bars cannot be cut by */
function checkSplits(
  { folds, testFolds, embargo }: CrossValidationRequest,
  bars: number,
  purge: number,
): { readonly splits: number; readonly paths: number } {
  if (testFolds >= folds) {
    throw bad('testFolds', `${testFolds} of ${folds} folds leave none to choose on; test fewer.`);
  }
  if (bars < folds) throw bad('folds', `${bars} bars are too few for ${folds} folds.`);
  const splits = choices(folds, testFolds);
  if (splits > MOST_SPLITS) {
    throw bad(
      'testFolds',
      `${testFolds} of ${folds} folds make ${shown(splits)} splits, and ${shown(MOST_SPLITS)} can be run; take fewer folds or test fewer at a time.`,
    );
  }
  const cut = combinatorialSplits(bars, folds, testFolds, { horizon: purge, embargo });
  if (cut.splits.some(({ train }) => train.length === 0)) {
    throw bad(
      'purge',
      `purging ${shown(purge)} bars on each side of a test and ${shown(embargo)} more after it leaves some split without a bar to choose on; take fewer folds, test fewer at a time or purge less.`,
    );
  }
  return { splits, paths: (splits * testFolds) / folds };
}

/** Ways to choose so many of so many. */
function choices(count: number, size: number): number {
  let ways = 1;
  for (let i = 1; i <= size; i += 1) ways = (ways * (count - size + i)) / i;
  return Math.round(ways);
}

/** Runs all combinations, chooses on every split and joins the tests to paths. */
export async function workCrossValidation(work: CrossValidationWork): Promise<{
  readonly findings: Omit<CrossValidationFindings, 'seconds'>;
  readonly curves: RowChunk;
}> {
  const { context, id, request, subject, control } = work;
  const { signal } = control;
  const { compute, ledger } = context;
  const {
    score,
    folds,
    testFolds,
    embargo,
    purge: _purge,
    memoryBytes: _bytes,
    ...asked
  } = request;
  const { settings } = request;
  const { plan, purge, paths } = await planCrossValidation(context, id, request, subject, {
    list: true,
    signal,
  });
  const list = plan.list as Float64Array;
  const { bars } = subject.run.base;
  // The same combinations on the same bars are the trials of the sweep over them, and count once.
  const group = sweepGroup({ ...asked, objective: '' }, subject);
  const moments = new RunningMoments();
  const { returns, codes, longestTrade } = await gatherReturns({
    context,
    subject: sweepSubject(subject, request, id, 0),
    list,
    length: bars.time.length,
    signal,
    onProgress: (done) => control.reached(RUNNING * done),
    onDone: async (sharpes) => {
      for (const sharpe of sharpes) moments.add(sharpe);
      await ledger.addGroup({
        ...group,
        part: '',
        trials: moments.count,
        sharpeMean: moments.mean,
        sharpeDeviation: moments.deviation,
      });
      context.onChanged({ researchId: id });
    },
  });
  const points = Math.max(2, Math.min(MOST_POINTS, Math.floor(ALL_POINTS / (paths + 2))));
  const found = await compute.run(
    'crossValidate',
    { ...heldBars(subject), returns, settings, score, folds, testFolds, purge, embargo, points },
    {
      signal,
      onProgress: ({ done, total }) =>
        control.reached(list.length * (RUNNING + (1 - RUNNING) * (done / Math.max(1, total)))),
    },
  );
  const { correlation, curves, groups, splits, ...figures } = found;
  await ledger.setCorrelation(group, correlation);
  const described = ({ from, to }: { readonly from: number; readonly to: number }) => ({
    from,
    to,
    firstTime: bars.time[from] as number,
    lastTime: bars.time[to - 1] as number,
  });
  const width = plan.dimensions.length;
  const notes = [...subject.notes, ...figures.notes];
  if (longestTrade > purge) {
    notes.push(
      `The longest trade of any combination holds ${shown(longestTrade)} bars and ${shown(purge)} are purged: a trade may reach from a test into what is chosen on.`,
    );
  }
  if (request.purge === null && subject.run.program !== undefined) {
    notes.push(
      'How far back a strategy of your own looks is not known, so nothing was purged for it; say how many bars to purge.',
    );
  }
  return {
    curves,
    findings: {
      ...figures,
      candidates: list.length,
      bars: bars.time.length,
      purge,
      longestTrade,
      groups: groups.map(described),
      splits: splits.map(({ choice, test, train, groups: tested, ...split }) => {
        const row = Float64Array.of(
          list[choice] ?? Number.NaN,
          ...codes.subarray(choice * width, (choice + 1) * width),
        );
        return {
          ...split,
          groups: [...tested],
          test: test.map(described),
          train: train.map(described),
          combination: choice < 0 ? null : (row[0] as number),
          parameters: choice < 0 ? {} : parametersOf(plan.dimensions, row),
        };
      }),
      paths: figures.paths.map((path) => ({ ...path, splits: [...path.splits] })),
      notes,
    },
  };
}

function shown(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

function duration(seconds: number): string {
  if (seconds < 1) return 'a second';
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return `${Math.ceil(seconds / 60)} min`;
}

function bad(parameter: string, message: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${message}`, { details: { parameter } });
}
