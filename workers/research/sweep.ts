import type { ResearchTasks, SweepPlan } from '../../engine/protocol/research-tasks.ts';
import type { ResearchDimension } from '../../engine/protocol/research-schemas.ts';
import type { TaskAnswer } from '../../engine/protocol/tasks.ts';
import { periodsPerYear } from '../../engine/stats/periods.ts';
import { AdaptiveSearch } from '../../engine/sweep/adaptive.ts';
import { estimateSweep, NANOSECONDS } from '../../engine/sweep/estimate.ts';
import { sampleCombinations } from '../../engine/sweep/sampling.ts';
import type { Space } from '../../engine/sweep/space.ts';
import { Objective, SweepTable } from '../../engine/sweep/table.ts';
import { onSharedMemory } from '../shared-memory.ts';
import { answerLater, hooksOf, type TaskCall } from '../task.ts';
import { runnerOf, type CombinationRunner } from './runner.ts';

/** Grids up to this size are listed, so that a place is a combination that passes; those are counted, too. */
const MOST_LISTED = 200_000;
/** What a slice should take, so that little is lost with a kill and threads end together. */
const SLICE_NANOSECONDS = 0.3e9;
/** What a slice should take at least, beside what it costs to send and to store it. */
const LEAST_NANOSECONDS = 0.02e9;
const MOST_SLICE = 65_536;
/** Combinations of code of others in a slice: what is lost when one of them hangs is run again. */
const MOST_CODE_SLICE = 64;

type Call<Name extends keyof ResearchTasks> = TaskCall<ResearchTasks[Name]['input']>;
type Answer<Name extends keyof ResearchTasks> = Promise<TaskAnswer<ResearchTasks[Name]['output']>>;

export async function sweepPlan(call: Call<'sweepPlan'>): Answer<'sweepPlan'> {
  return answerLater(async () => {
    const { subject, search, threads, list: wanted, nanoseconds } = call.input;
    const runner = await runnerOf(subject, call.control);
    const { space, names, path, reason, warmUp, barCount } = runner;
    const isCode = subject.program?.program.kind === 'code';
    const each = nanoseconds ?? NANOSECONDS[isCode ? 'code' : path];
    const estimate = estimateSweep(
      { space, reason, barCount, path },
      {
        threads: search.kind === 'adaptive' ? 1 : threads,
        nanoseconds,
        code: isCode,
        ...(search.kind === 'grid' ? {} : { most: search.count }),
      },
    );
    const list = wanted ? listOf(space, search) : null;
    const { time } = subject.base.bars;
    return onSharedMemory({
      dimensions: dimensionsOf(space, names),
      names,
      size: space.size,
      ...estimate,
      bars: barCount,
      path,
      reason: reason ?? null,
      periods: subject.settings.periodsPerYear ?? periodsPerYear(time),
      warmUp,
      list,
      places: placesOf(space, search, estimate.combinations, list),
      ...slicesOf(space, path, barCount * each, isCode),
    } satisfies SweepPlan);
  });
}

function placesOf(
  space: Space,
  { kind }: ResearchTasks['sweepPlan']['input']['search'],
  combinations: number,
  list: Float64Array | null,
): number {
  if (list !== null) return list.length;
  return kind === 'grid' && space.size > MOST_LISTED ? space.size : combinations;
}

/** @param nanoseconds that a combination takes */
function slicesOf(
  space: Space,
  path: CombinationRunner['path'],
  nanoseconds: number,
  isCode: boolean,
): Pick<SweepPlan, 'slice' | 'least'> {
  const slice = sliceOf(nanoseconds, isCode ? MOST_CODE_SLICE : MOST_SLICE);
  // Pairs that are followed together are quicker the more they are.
  if (path === 'together') {
    const dense = denseSlice(space);
    return { slice: Math.max(slice, dense), least: dense };
  }
  const journey = Math.ceil(LEAST_NANOSECONDS / nanoseconds);
  return { slice, least: Math.min(slice, journey) };
}

/** Combinations of this cost that a slice should have. */
function sliceOf(nanoseconds: number, most = MOST_SLICE): number {
  return Math.min(most, Math.max(1, Math.floor(SLICE_NANOSECONDS / nanoseconds)));
}

/** Pairs that are worth following together: some more than half the square of their periods, over 8. */
function denseSlice(space: Space): number {
  const periods = space.dimensions.reduce((sum, { count }) => sum + count, 0);
  return Math.min(MOST_SLICE, Math.ceil((periods * periods) / 8) + periods);
}

function listOf(
  space: Space,
  search: ResearchTasks['sweepPlan']['input']['search'],
): Float64Array | null {
  if (search.kind === 'adaptive') return null;
  if (search.kind === 'random') return sampleCombinations(space, search.count, search.seed);
  if (space.size > MOST_LISTED) return null;
  const codes = new Float64Array(space.dimensions.length);
  const list = new Float64Array(space.size);
  let count = 0;
  for (let index = 0; index < space.size; index += 1) {
    if (!space.read(index, codes)) continue;
    list[count] = index;
    count += 1;
  }
  return list.slice(0, count);
}

function dimensionsOf(space: Space, names: readonly string[]): ResearchDimension[] {
  return space.dimensions.map(({ name, kind, count, choices }, d) => ({
    name,
    column: names[1 + d] as string,
    kind,
    count,
    choices: [...choices],
  }));
}

export async function sweepSlice(call: Call<'sweepSlice'>): Answer<'sweepSlice'> {
  return answerLater(async () => {
    const { subject, list, from, to, tableBytes } = call.input;
    const hooks = hooksOf(call);
    const runner = await runnerOf(subject, call.control);
    const table = new SweepTable(runner.names, tableBytes);
    const end = await runner.run(list, { from, to }, table, call.control, hooks);
    return { ...end, chunk: onSharedMemory(table.toChunk()) };
  });
}

interface Search {
  readonly search: AdaptiveSearch;
  /** What is missing of the batch that was asked for last. */
  batch: Float64Array;
  /** Combinations that it was told of. */
  told: number;
}

/** The search that this thread worked on last, which spares learning everything again. */
let last: { readonly key: string; readonly search: Search } | undefined;

export async function sweepSearch(call: Call<'sweepSearch'>): Answer<'sweepSearch'> {
  return answerLater(async () => {
    const { subject, seed, objective: source, known, scores, rows, tableBytes } = call.input;
    const hooks = hooksOf(call);
    const runner = await runnerOf(subject, call.control);
    const objective = new Objective(source, runner.names);
    const key = `${subject.key} ${seed} ${source}`;
    const search =
      last?.key === key && last.search.told === known.length
        ? last.search
        : begin(runner, seed, known, scores);
    last = { key, search };
    const table = new SweepTable(runner.names, tableBytes);
    let failure = null;
    while (search.batch.length > 0 && table.length < rows && failure === null) {
      const before = table.length;
      const to = Math.min(search.batch.length, rows - before);
      const end = await runner.run(search.batch, { from: 0, to }, table, call.control, {
        isCancelled: hooks.isCancelled,
        onProgress: (done) => hooks.onProgress(before + done, rows),
      });
      for (let row = before; row < table.length; row += 1) {
        search.search.tell(table.get(row, 0), objective.of(table, row));
      }
      search.told += table.length - before;
      search.batch = search.batch.subarray(end.next);
      failure = end.failure;
      if (end.next < to) break;
      if (search.batch.length === 0) search.batch = search.search.next();
    }
    const exhausted = search.batch.length === 0;
    return { chunk: onSharedMemory(table.toChunk()), failure, exhausted };
  });
}

function begin(
  { space }: CombinationRunner,
  seed: number,
  known: Float64Array,
  scores: Float64Array,
): Search {
  const search = new AdaptiveSearch(space, { seed });
  const found = new Map<number, number>();
  for (const [k, index] of known.entries()) found.set(index, scores[k] as number);
  return { search, batch: search.resume(found), told: known.length };
}
