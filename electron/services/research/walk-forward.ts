import type { TradeColumns } from '../../../engine/domain/backtest.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type {
  WalkForwardFindings,
  WalkForwardRequest,
} from '../../../engine/protocol/research-schemas.ts';
import type { RowChunk, SweepPlan } from '../../../engine/protocol/research-tasks.ts';
import { packTexts, unpackTexts } from '../../../engine/protocol/text-columns.ts';
import { durationText } from '../../../engine/sweep/estimate.ts';
import type { Range, WalkForwardWindow } from '../../../engine/validation/splits.ts';
import { walkForward, type WalkForwardResult } from '../../../engine/validation/walk-forward.ts';
import type { ResearchContext } from './context.ts';
import { identityOf } from './ledger.ts';
import { eachPart, parametersOf } from './rows.ts';
import { planSlices, runSlices } from './slices.ts';
import { hashOf } from './hash.ts';
import { cutSubject, heldBars, type Subject } from './subject.ts';
import {
  checkObjective,
  memoryFor,
  placesFor,
  planSweep,
  sliceRunner,
  sweepSubject,
  type PlanOptions,
  type WorkControl,
} from './sweeps.ts';
import { joinTrades, type JoinedTest } from './joined-tests.ts';
import { windowsOf } from './windows.ts';

/** Bars before a test that are read to warm up: enough for averages that never quite forget. */
const LEAST_LEAD = 1_000;
const LEAD_WARM_UPS = 10;
/** Parts of the whole work that choosing takes; the tests are the rest. */
const CHOOSING = 0.95;

export interface WalkForwardWork {
  readonly context: ResearchContext;
  readonly id: string;
  readonly request: WalkForwardRequest;
  readonly subject: Subject;
  readonly control: WorkControl;
}

export interface WalkForwardEnd {
  readonly findings: Omit<WalkForwardFindings, 'seconds'>;
  /** The joined tests as rows. */
  readonly curve: RowChunk;
}

/** Windows of a request and how its combinations are gone about. @throws RenataError BAD_INPUT */
export async function planWalkForward(
  context: ResearchContext,
  id: string,
  request: WalkForwardRequest,
  subject: Subject,
  options: PlanOptions,
): Promise<{ readonly plan: SweepPlan; readonly windows: readonly WalkForwardWindow[] }> {
  const { bars } = subject.run.base;
  const windows = windowsOf(bars.time, request);
  const shortest = windows.reduce((least, each) =>
    each.train.to - each.train.from < least.train.to - least.train.from ? each : least,
  );
  const { from, to } = shortest.train;
  const within = cutSubject(subject, from, to);
  const task = sweepSubject(within, request, `${id}/plan`, 0);
  const plan = await planSweep(context, task, request, options);
  if (options.list && plan.list === null) {
    throw new RenataError(
      'TOO_LARGE',
      `ranges: ${plan.size.toLocaleString('en-US')} combinations are too many to choose among in every window; take wider steps or a random search.`,
      { details: { parameter: 'ranges' } },
    );
  }
  return { plan, windows };
}

/** What all windows take. The plan is that of the shortest training range. */
export function wholeOf(
  plan: SweepPlan,
  windows: readonly WalkForwardWindow[],
  threads: number,
): SweepPlan {
  const lead = leadOf(plan);
  let bars = 0;
  let runs = 0;
  for (const { train, test } of windows) {
    bars += train.to - train.from;
    // The chosen one is run over both ranges, and once more over the test for its score.
    runs += train.to - train.from + 2 * (lead + test.to - test.from);
  }
  const choosing = ((plan.seconds - plan.reviewSeconds) / plan.bars) * bars;
  const seconds = choosing + (plan.runSeconds / plan.bars) * runs;
  const each = `${plan.exact ? '' : 'about '}${plan.combinations.toLocaleString('en-US')} combinations`;
  const text = `${windows.length} ${windows.length === 1 ? 'window' : 'windows'} of ${each}, ${bars.toLocaleString('en-US')} bars to choose on: about ${durationText(seconds)} on ${threads} ${threads === 1 ? 'thread' : 'threads'}.${plan.reason === null ? '' : ` ${plan.reason}`}`;
  return { ...plan, bars, seconds, bytes: 0, text };
}

function leadOf({ warmUp }: SweepPlan): number {
  return Math.max(LEAST_LEAD, LEAD_WARM_UPS * warmUp);
}

/** The choice of one window, as it is stored. */
interface Choice {
  /** Place in the list; -1 when none has a score. */
  readonly place: number;
  readonly score: number;
  /** The first columns of its row: combination and parameters. */
  readonly codes: Float64Array;
}

/** Chooses on each window and trades the test after it; windows that are stored are not run again. */
export async function workWalkForward(work: WalkForwardWork): Promise<WalkForwardEnd> {
  const { context, id, request, subject, control } = work;
  const { signal } = control;
  const { plan, windows } = await planWalkForward(context, id, request, subject, {
    list: true,
    signal,
  });
  const list = plan.list as Float64Array;
  const choices = await storedChoices(work, plan);
  const chooser = new Chooser(work, plan, list);
  const tests: JoinedTest[] = [];
  const trained = new Set<Range>(windows.map(({ train }) => train));
  const runner = new RangeRunner(work, plan);
  let asked = 0;
  const result = await walkForward<number>(
    {
      candidates: Array.from(list.keys()),
      windows,
      carry: request.carry,
      capital: request.settings.cash,
      async evaluate(candidates, range) {
        if (candidates.length === 1 && !trained.has(range)) {
          const [place = 0] = candidates;
          return [(await runner.run(codesAt(choices, place), range, true)).score];
        }
        const k = asked;
        asked += 1;
        const choice = choices[k] ?? (await chooser.choose(k, range));
        choices[k] = choice;
        const scores = new Float64Array(list.length).fill(Number.NaN);
        if (choice.place >= 0) scores[choice.place] = choice.score;
        return scores;
      },
      async equityOf(place, range) {
        const codes = codesAt(choices, place);
        const run = await runner.run(codes, range, !trained.has(range));
        if (!trained.has(range)) tests.push({ range, ...run });
        return { capital: request.settings.cash, equity: run.equity };
      },
    },
    {
      isCancelled: () => signal.aborted,
      onProgress: (done, total) => {
        const testing = Math.max(0, done - total / 2) / (total / 2);
        if (testing > 0) control.reached(windows.length * (CHOOSING + (1 - CHOOSING) * testing));
      },
    },
  );
  return finish(work, plan, list.length, result, choices, tests);
}

/** Runs the combinations of one window after the other. */
class Chooser {
  private readonly work: WalkForwardWork;
  private readonly plan: SweepPlan;
  private readonly list: Float64Array;

  constructor(work: WalkForwardWork, plan: SweepPlan, list: Float64Array) {
    this.work = work;
    this.plan = plan;
    this.list = list;
  }

  async choose(k: number, range: Range): Promise<Choice> {
    const { context, id, request, subject, control } = this.work;
    const { compute, store, ledger } = context;
    const { names } = this.plan;
    const slices = planSlices({
      ...memoryFor(request, compute.threads),
      places: placesFor(this.plan, compute.threads),
    });
    const within = cutSubject(subject, range.from, range.to);
    const task = sweepSubject(within, request, `${id}/${k}`, slices.cacheBytes);
    const objective = checkObjective(request.objective, names);
    const width = names.length;
    const row = new Float64Array(width);
    let best: Choice = { place: -1, score: Number.NaN, codes: new Float64Array(0) };
    const { list } = this;
    const watched: WorkControl = {
      signal: control.signal,
      reached: (place) => control.reached(CHOOSING * (k + place / list.length)),
    };
    const end = await runSlices({
      from: 0,
      to: list.length,
      plan: slices,
      signal: control.signal,
      run: sliceRunner(context, task, { list }, slices, watched, 0),
      store: async (from, { chunk }) => {
        for (let r = 0; r < chunk.rows; r += 1) {
          for (let c = 0; c < width; c += 1) row[c] = chunk.columns[c]?.[r] as number;
          const score = objective.ofRow(row);
          // All combinations of the list pass, so each has its row.
          if (score > (Number.isNaN(best.score) ? -Infinity : best.score)) {
            const codes = row.slice(0, 1 + this.plan.dimensions.length);
            best = { place: from + r, score, codes };
          }
        }
        return true;
      },
    });
    if (end.failure !== null) throw RenataError.fromPayload(end.failure);
    await store.appendResearchRows(id, { from: k, to: k + 1, chunk: chunkOf(best, this.plan) });
    await ledger.addGroup({
      ...groupOf(request, subject),
      part: String(k),
      // Ratios of short windows scatter more than those of the whole bars, so they are counted only.
      sharpeMean: Number.NaN,
      sharpeDeviation: Number.NaN,
      trials: list.length,
    });
    context.onChanged({ researchId: id });
    return best;
  }
}

/** Runs the chosen parameters over ranges. */
class RangeRunner {
  private readonly work: WalkForwardWork;
  private readonly plan: SweepPlan;
  private readonly lead: number;

  constructor(work: WalkForwardWork, plan: SweepPlan) {
    this.work = work;
    this.plan = plan;
    this.lead = leadOf(plan);
  }

  /** @param warm reads bars before the range; training sees its own bars only, as its scores do */
  async run(codes: Float64Array, range: Range, warm: boolean) {
    const { context, request, subject, control } = this.work;
    const { objective, fixed } = request;
    const { names, dimensions } = this.plan;
    const lead = warm ? Math.min(range.from, this.lead) : 0;
    const output = await context.compute.run(
      'rangeRun',
      {
        ...cutSubject(subject, range.from - lead, range.to).run,
        parameters: { ...fixed, ...parametersOf(dimensions, codes) },
        lead,
        score: { objective, names, codes },
      },
      { signal: control.signal },
    );
    return { ...output, trades: unpackTexts<TradeColumns>(output.trades) };
  }
}

function codesAt(choices: readonly Choice[], place: number): Float64Array {
  return choices.find((choice) => choice.place === place)?.codes ?? new Float64Array(0);
}

function chunkOf({ place, score, codes }: Choice, { names, dimensions }: SweepPlan): RowChunk {
  const width = 1 + dimensions.length;
  const values = Array.from({ length: width }, (_, c) => codes[c] ?? Number.NaN);
  return {
    names: ['place', 'score', ...names.slice(0, width)],
    rows: 1,
    columns: [place, score, ...values].map((value) => Float64Array.of(value)),
  };
}

async function storedChoices(
  { context, id }: WalkForwardWork,
  { dimensions }: SweepPlan,
): Promise<Choice[]> {
  const choices: Choice[] = [];
  await eachPart(context.store, id, ({ from, chunk: { columns } }) => {
    const [place, score, ...codes] = columns.map((column) => column[0] as number);
    choices[from] = {
      place: place as number,
      score: score as number,
      codes: Float64Array.from(codes.slice(0, 1 + dimensions.length)),
    };
  });
  return choices;
}

function groupOf(request: WalkForwardRequest, subject: Subject) {
  const { memoryBytes: _memory, source: _source, ...asked } = request;
  const { run, dataHash, strategyHash, datasetId, adjustment, title } = subject;
  return {
    key: `walk-forward:${hashOf({ ...asked, dataHash, strategyHash })}`,
    dataset: identityOf(datasetId, adjustment),
    strategy: typeof run.strategy === 'string' ? run.strategy : title,
    source: 'walk-forward' as const,
  };
}

async function finish(
  { context, request, subject, control }: WalkForwardWork,
  plan: SweepPlan,
  candidates: number,
  result: WalkForwardResult,
  choices: readonly Choice[],
  tests: readonly JoinedTest[],
): Promise<WalkForwardEnd> {
  const { compute, ledger } = context;
  const { range, equity, steps, efficiency, profitable, stability } = result;
  const { settings } = request;
  const tested = cutSubject(subject, range.from, range.to);
  const within = tested.run.base.bars;
  const joined = joinTrades(tests, range, equity, settings.cash);
  const { statistics, benchmark } = await compute.run(
    'curve',
    { ...heldBars(tested), settings, equity, ...joined, trades: packTexts(joined.trades) },
    { signal: control.signal },
  );
  const { key, dataset, strategy } = groupOf(request, subject);
  const sample = await ledger.addCurve({
    key: `${key}#curve`,
    dataset,
    strategy,
    parameters: {},
    source: 'walk-forward',
    time: within.time,
    capital: settings.cash,
    equity,
    riskFreeRate: settings.riskFreeRate,
    periodsPerYear: settings.periodsPerYear,
    span: subject.span,
  });
  const { time } = subject.run.base.bars;
  const described = ({ from, to }: Range) => ({
    from,
    to,
    firstTime: time[from] as number,
    lastTime: time[to - 1] as number,
  });
  const whole = (growth: number, { from, to }: Range): number => Math.exp(growth * (to - from)) - 1;
  return {
    findings: {
      candidates,
      steps: steps.map((step, k) => {
        const { window, chosen } = step;
        const codes = choices[k]?.codes ?? new Float64Array(0);
        return {
          train: described(window.train),
          test: described(window.test),
          combination: chosen < 0 ? null : (codes[0] as number),
          parameters: chosen < 0 ? {} : parametersOf(plan.dimensions, codes),
          inSampleScore: step.inSampleScore,
          outOfSampleScore: step.outOfSampleScore,
          inSampleReturn: whole(step.inSampleGrowth, window.train),
          outOfSampleReturn: whole(step.outOfSampleGrowth, window.test),
        };
      }),
      statistics: statistics.map((statistic) => ({ ...statistic })),
      efficiency,
      profitable,
      stability,
      deflated: Number.isFinite(sample.sharpe)
        ? await ledger.deflate(dataset, sample, 'tests')
        : null,
      notes: [...subject.notes],
    },
    curve: {
      names: ['time', 'equity', 'benchmark'],
      rows: equity.length,
      columns: [within.time, equity, benchmark],
    },
  };
}
