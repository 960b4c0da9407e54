import { RenataError, toErrorPayload } from '../../../engine/domain/errors.ts';
import type { SweepFindings, SweepRequest } from '../../../engine/protocol/research-schemas.ts';
import type {
  RowChunk,
  SliceOutput,
  SweepPlan,
  SweepSubject,
} from '../../../engine/protocol/research-tasks.ts';
import { Objective } from '../../../engine/sweep/table.ts';
import { METRIC_NAMES } from '../../../engine/sweep/metrics.ts';
import type { ResearchContext } from './context.ts';
import { identityOf, RunningMoments, type TrialGroup } from './ledger.ts';
import { eachPart } from './rows.ts';
import { planSlices, runSlices, type SliceEnd, type SlicePlan } from './slices.ts';
import { hashOf } from './hash.ts';
import type { Subject } from './subject.ts';
import { reviewSweep } from './sweep-review.ts';

/** Rows that an adaptive search finds before they are stored. */
const SEARCH_ROWS = 64;
/** Slices that a thread has at least, so that those that end early can take from the others. */
const SLICES_A_THREAD = 4;
const SHARPE = METRIC_NAMES.indexOf('sharpe');

/** What a piece of work is given to tell how far it is and to see that it is to end. */
export interface WorkControl {
  readonly signal: AbortSignal;
  /** @param place that is reached; may be a part of one */
  reached(place: number): void;
}

export interface SweepWork {
  readonly context: ResearchContext;
  readonly id: string;
  readonly request: SweepRequest;
  readonly subject: Subject;
  /** Where it has been made already. */
  readonly plan?: SweepPlan | undefined;
  /** Place to go on from. */
  readonly from: number;
  readonly control: WorkControl;
}

type SweepGroup = Pick<TrialGroup, 'key' | 'dataset' | 'strategy' | 'source'>;

export type SweepEnd =
  | { readonly kind: 'done'; readonly findings: Omit<SweepFindings, 'seconds'> }
  | { readonly kind: 'failed'; readonly error: RenataError }
  | { readonly kind: 'paused' };

export function sweepSubject(
  { run }: Subject,
  { ranges, fixed, constraints }: Pick<SweepRequest, 'ranges' | 'fixed' | 'constraints'>,
  key: string,
  cacheBytes: number,
): SweepSubject {
  return { ...run, key, space: { ranges, fixed, constraints }, cacheBytes };
}

export interface PlanOptions {
  /** Whether the combinations are listed; an estimate has no use for that. */
  readonly list: boolean;
  readonly signal?: AbortSignal;
  /** Measures what combinations take, once for each key (`workKey`). */
  readonly measure?: string;
}

/** Checks a request whole and says how it is gone about. @throws RenataError BAD_INPUT */
export async function planSweep(
  { compute, calibration }: Pick<ResearchContext, 'compute' | 'calibration'>,
  subject: SweepSubject,
  { search, objective }: Pick<SweepRequest, 'search' | 'objective'>,
  { list, signal, measure }: PlanOptions,
): Promise<SweepPlan> {
  const hooks = signal === undefined ? {} : { signal };
  const task = { subject, search, threads: compute.threads, list };
  const known = measure === undefined ? undefined : calibration.known(measure);
  const plan = await compute.run('sweepPlan', { ...task, nanoseconds: known?.nanoseconds }, hooks);
  checkObjective(objective, plan.names);
  if (measure === undefined || known !== undefined) return plan;
  const nanoseconds = await calibration.measure(measure, subject, plan, signal);
  if (nanoseconds === undefined) return plan;
  return compute.run('sweepPlan', { ...task, nanoseconds }, hooks);
}

/** Equal work has the same key, whatever it looks for and how much memory it may take. */
export function workKey(
  request: Pick<SweepRequest, 'objective' | 'memoryBytes' | 'source'>,
  { dataHash, strategyHash, marketHash }: Subject,
): string {
  const { objective: _objective, memoryBytes: _memory, source: _source, ...asked } = request;
  return hashOf({ ...asked, dataHash, strategyHash, marketHash });
}

/** @throws RenataError BAD_INPUT for a formula that cannot be read */
export function checkObjective(source: string, names: readonly string[]): Objective {
  return new Objective(source, names);
}

/** What a plan of slices needs to know of a request. */
export function memoryFor(
  { memoryBytes, ranges }: Pick<SweepRequest, 'memoryBytes' | 'ranges'>,
  threads: number,
): { readonly memoryBytes: number; readonly threads: number; readonly columns: number } {
  return { memoryBytes, threads, columns: 1 + Object.keys(ranges).length + METRIC_NAMES.length };
}

/** Runs a sweep to its end, or as far as it comes. */
export async function workSweep(work: SweepWork): Promise<SweepEnd> {
  const { context, id, request, subject, from, control } = work;
  const { compute, store, ledger } = context;
  const memory = memoryFor(request, compute.threads);
  const task = sweepSubject(subject, request, id, planSlices({ ...memory, places: 1 }).cacheBytes);
  const plan =
    work.plan ?? (await planSweep(context, task, request, { list: true, signal: control.signal }));
  const slices = planSlices({ ...memory, places: placesFor(plan, compute.threads) });
  const group = sweepGroup(request, subject);
  const moments = new RunningMoments();
  const count = ({ columns, names }: RowChunk): void => {
    const column = columns[names.length - METRIC_NAMES.length + SHARPE] ?? new Float64Array(0);
    for (const sharpe of column) moments.add(sharpe / Math.sqrt(plan.periods));
  };
  if (from > 0) await eachPart(store, id, ({ chunk }) => count(chunk));

  /** Stores rows and counts them as trials. @returns false when another Renata has paused it */
  const keep = async (begin: number, { next, chunk }: SliceOutput): Promise<boolean> => {
    if (next > begin) {
      await store.appendResearchRows(id, { from: begin, to: next, chunk });
      count(chunk);
      await ledger.addGroup({
        ...group,
        part: '',
        trials: moments.count,
        sharpeMean: moments.mean,
        sharpeDeviation: moments.deviation,
      });
    }
    context.onChanged({ researchId: id });
    return (await store.getResearch(id)).state === 'running';
  };

  const end =
    request.search.kind === 'adaptive'
      ? await search(work, task, slices, plan, keep)
      : await runSlices({
          from,
          to: plan.places,
          plan: slices,
          signal: control.signal,
          run: sliceRunner(context, task, plan, slices, control, from),
          store: keep,
        });
  if (end.failure !== null) {
    return { kind: 'failed', error: RenataError.fromPayload(end.failure) };
  }
  if (end.next < plan.places) return { kind: 'paused' };
  return { kind: 'done', findings: await review(work, task, plan, group) };
}

/** Places of a slice: so few that all threads have some, and so many that a slice is worth its journey. */
export function placesFor({ slice, least, places }: SweepPlan, threads: number): number {
  return Math.max(least, Math.min(slice, Math.ceil(places / (SLICES_A_THREAD * threads))));
}

/** Runs one slice on a free thread; what a strategy finished before it hung is run again. */
export function sliceRunner(
  { compute }: ResearchContext,
  subject: SweepSubject,
  { list }: Pick<SweepPlan, 'list'>,
  { tableBytes }: Pick<SlicePlan, 'tableBytes'>,
  control: WorkControl,
  start: number,
): (from: number, to: number, signal: AbortSignal) => Promise<SliceOutput> {
  /** Places done in all, in whatever slices. */
  let reached = start;
  return async (from, to, signal) => {
    let done = 0;
    const tell = (more: number): void => {
      reached += more - done;
      done = more;
      control.reached(reached);
    };
    const input = { subject, list, from, to, tableBytes };
    try {
      const output = await compute.run('sweepSlice', input, {
        signal,
        onProgress: (progress) =>
          tell(progress.total === 0 ? 0 : (progress.done / progress.total) * (to - from)),
      });
      tell(to - from);
      return output;
    } catch (thrown) {
      const error = toErrorPayload(thrown);
      if (error.code !== 'STRATEGY_FAILED' || subject.program?.program.kind !== 'code')
        throw thrown;
      const hung = from + Math.round(done);
      const place = list === null ? hung : (list[hung] as number);
      const failure = { ...error, message: `${error.message} (combination ${place})` };
      const empty = { names: [], rows: 0, columns: [] };
      if (hung === from) return { next: from, chunk: empty, failure };
      const before = await compute.run('sweepSlice', { ...input, to: hung }, { signal });
      return { ...before, failure: before.failure ?? failure };
    }
  };
}

/** An adaptive search, a piece at a time: each learns from all that came before. */
async function search(
  { context, id, request, from, control }: SweepWork,
  subject: SweepSubject,
  { tableBytes, places }: SlicePlan,
  plan: SweepPlan,
  keep: (begin: number, output: SliceOutput) => Promise<boolean>,
): Promise<SliceEnd> {
  if (request.search.kind !== 'adaptive') throw new TypeError('no adaptive search');
  const { seed } = request.search;
  const objective = checkObjective(request.objective, plan.names);
  const known: number[] = [];
  const scores: number[] = [];
  const learn = ({ rows, columns }: RowChunk): void => {
    const row = new Float64Array(columns.length);
    for (let k = 0; k < rows; k += 1) {
      for (let c = 0; c < row.length; c += 1) row[c] = columns[c]?.[k] as number;
      known.push(row[0] as number);
      scores.push(objective.ofRow(row));
    }
  };
  await eachPart(context.store, id, ({ chunk }) => learn(chunk));
  let place = from;
  while (place < plan.places) {
    const begin = place;
    const { chunk, failure, exhausted } = await context.compute.run(
      'sweepSearch',
      {
        subject,
        seed,
        objective: request.objective,
        known: Float64Array.from(known),
        scores: Float64Array.from(scores),
        rows: Math.min(SEARCH_ROWS, places, plan.places - place),
        tableBytes,
      },
      { signal: control.signal, onProgress: ({ done }) => control.reached(begin + done) },
    );
    learn(chunk);
    place += chunk.rows;
    control.reached(place);
    // A space that is used up ends the search before its number.
    const next = exhausted ? plan.places : place;
    const goOn = await keep(begin, { next, chunk, failure });
    if (exhausted || failure !== null || !goOn) return { next, failure };
  }
  return { next: place, failure: null };
}

/** What the rows are worth: read back, so that resumed work is judged whole. */
async function review(
  { context, id, request, subject, control }: SweepWork,
  task: SweepSubject,
  plan: SweepPlan,
  group: SweepGroup,
): Promise<Omit<SweepFindings, 'seconds'>> {
  const { ledger } = context;
  const sweep = { id, subject: task, objective: request.objective };
  const found = await reviewSweep(context, sweep, plan, control.signal);
  const { sample, correlation, overfitting, ...told } = found;
  const notes = [...subject.notes, ...told.notes];
  const chooses = request.search.kind === 'adaptive';
  if (chooses && overfitting !== null) {
    notes.push('The search chose its combinations, so the probability of overfitting is not told.');
  }
  await ledger.setCorrelation(group, correlation);
  return {
    ...told,
    overfitting: chooses ? null : overfitting,
    deflated:
      sample === null
        ? null
        : await ledger.deflate(identityOf(subject.datasetId, subject.adjustment), sample),
    notes,
  };
}

/** The trials of a sweep in the ledger: equal searches of equal bars are the same. */
export function sweepGroup(
  request: Omit<SweepRequest, 'memoryBytes'> & { readonly memoryBytes?: number },
  { run, dataHash, strategyHash, datasetId, adjustment, title }: Subject,
): SweepGroup {
  const { memoryBytes: _memory, objective, source: _source, ...asked } = request;
  const learns = request.search.kind === 'adaptive' ? objective : '';
  return {
    key: `sweep:${hashOf({ ...asked, dataHash, strategyHash, learns })}`,
    dataset: identityOf(datasetId, adjustment),
    strategy: typeof run.strategy === 'string' ? run.strategy : title,
    source: 'sweep',
  };
}
