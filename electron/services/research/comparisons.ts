import { RenataError } from '../../../engine/domain/errors.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import type {
  PlateauAnswer,
  PlateauRequest,
  RandomEntryFindings,
  RandomEntryRequest,
  RealityCheckFindings,
  RealityCheckRequest,
} from '../../../engine/protocol/research-schemas.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { packTexts } from '../../../engine/protocol/text-columns.ts';
import type { FoundRow } from '../../../engine/protocol/validation-tasks.ts';
import { METRIC_NAMES } from '../../../engine/sweep/metrics.ts';
import type { ResearchRecord } from '../../storage/research-types.ts';
import type { ResearchContext } from './context.ts';
import { eachPart, gather, parametersOf } from './rows.ts';
import type { StoredRequest } from './stored.ts';
import { heldBars, type Subject } from './subject.ts';
import { checkObjective, sweepSubject, type WorkControl } from './sweeps.ts';
import { gatherReturns } from './trial-returns.ts';
import { axisOf } from './views.ts';

type StoredSweep = Extract<StoredRequest, { kind: 'sweep' }>;

/** Returns that are compared, at most: longer series are gathered into stretches. */
const MOST_VALUES = 40_000_000;
const MOST_PERIODS = 20_000;
const LEAST_PERIODS = 500;
/** Part of the work that running the combinations again is. */
const RUNNING = 0.5;
/** Rows that a plateau is looked for among, at most. */
const MOST_ROWS = 1_000_000;

/** The sweep of a stored id. @throws RenataError BAD_INPUT for other research */
export function sweepOf(record: ResearchRecord, parameter: string): StoredSweep {
  const stored = record.request as StoredRequest;
  if (stored.kind === 'sweep') return stored;
  throw new RenataError('BAD_INPUT', `${parameter}: "${record.title}" is no sweep.`, {
    details: { parameter },
  });
}

/** Periods that the returns of so many combinations are compared over. @throws RenataError TOO_LARGE */
export function periodsFor(combinations: number, bars: number): number {
  const most = Math.min(MOST_PERIODS, Math.floor(MOST_VALUES / Math.max(1, combinations)));
  if (most >= Math.min(bars, LEAST_PERIODS)) return Math.min(bars, most);
  throw new RenataError(
    'TOO_LARGE',
    `sweepId: a reality check needs the returns of every combination, and ${combinations.toLocaleString('en-US')} are more than the ${(MOST_VALUES / LEAST_PERIODS).toLocaleString('en-US')} that can be compared; sweep with wider steps.`,
    { details: { parameter: 'sweepId' } },
  );
}

/** Runs every combination of a sweep again and compares all of them with the benchmark. */
export async function workRealityCheck(
  context: ResearchContext,
  id: string,
  request: RealityCheckRequest,
  sweep: {
    readonly record: ResearchRecord;
    readonly stored: StoredSweep;
    readonly subject: Subject;
  },
  control: WorkControl,
): Promise<Omit<RealityCheckFindings, 'seconds'>> {
  const { record, stored, subject } = sweep;
  const { signal } = control;
  const { bars } = subject.run.base;
  const numbers: number[] = [];
  await eachPart(context.store, record.id, ({ chunk }) => {
    for (const combination of chunk.columns[0] ?? []) numbers.push(combination);
  });
  const list = Float64Array.from(numbers);
  const length = periodsFor(list.length, bars.time.length);
  const { returns, codes } = await gatherReturns({
    context,
    subject: sweepSubject(subject, stored.request, id, 0),
    list,
    length,
    signal,
    onProgress: (done) => control.reached(RUNNING * done),
  });
  const { against, samples, blockLength, seed } = request;
  const { best, ...found } = await context.compute.run(
    'realityCheck',
    {
      ...heldBars(subject),
      returns,
      settings: stored.request.settings,
      against,
      samples,
      blockLength,
      seed,
    },
    {
      signal,
      onProgress: ({ done, total }) =>
        control.reached(list.length * (RUNNING + (1 - RUNNING) * (done / Math.max(1, total)))),
    },
  );
  const { place, ...mean } = best;
  const width = stored.dimensions.length;
  const row = Float64Array.of(
    list[place] as number,
    ...codes.subarray(place * width, (place + 1) * width),
  );
  const notes = [...found.notes];
  if (record.state !== 'done') {
    notes.push('The sweep did not come to its end; what it has not tried is not counted.');
  }
  return {
    ...found,
    best: {
      ...mean,
      combination: row[0] as number,
      parameters: parametersOf(stored.dimensions, row),
    },
    notes,
  };
}

/** A stored run against random entries. */
export async function workRandomEntry(
  { compute }: ResearchContext,
  { samples, seed }: RandomEntryRequest,
  run: Run,
  bars: BarColumns,
  control: WorkControl,
): Promise<Omit<RandomEntryFindings, 'seconds'>> {
  const { statistics, request } = run.summary;
  const paid = statistics.find(({ name }) => name === 'Commissions [$]')?.value ?? 0;
  return compute.run(
    'randomEntries',
    {
      bars,
      trades: packTexts(run.trades),
      settings: request.settings,
      commission: Number.isFinite(paid) ? paid : 0,
      samples,
      seed,
    },
    { signal: control.signal, onProgress: ({ done }) => control.reached(done) },
  );
}

/** The bars that a run read. @throws RenataError CONFLICT when they are not stored any more */
export async function barsOfRun({ store }: ResearchContext, run: Run): Promise<BarColumns> {
  const { dataHash, request, firstTime, barCount } = run.summary;
  const { datasetId, adjustment, start, end } = request;
  if (request.instruments !== undefined) {
    throw new RenataError(
      'BAD_INPUT',
      'runId: random entries are made for runs of one instrument; this one traded several.',
      { details: { parameter: 'runId' } },
    );
  }
  const datasets = await store.listDatasets();
  const known = datasets.some(({ id }) => id === datasetId);
  const versions = known ? (await store.getDataset(datasetId)).versions : [];
  const version = versions.find(({ contentHash }) => contentHash === dataHash)?.version;
  if (version !== undefined) {
    const { bars } = await store.readBars({ datasetId, adjustment, start, end, version });
    if (bars.time.length === barCount && bars.time[0] === firstTime) return bars;
  }
  throw new RenataError(
    'CONFLICT',
    'runId: the bars that the run read are not stored any more; run the backtest again.',
    { details: { parameter: 'runId' } },
  );
}

/** The best and the most stable neighbourhood of a sweep's rows. */
export async function plateauOf(
  { store, compute }: ResearchContext,
  record: ResearchRecord,
  { metric: asked, radius }: PlateauRequest,
): Promise<PlateauAnswer> {
  const { names, dimensions, request } = sweepOf(record, 'researchId');
  const metric = asked ?? request.objective;
  checkObjective(metric, names);
  const { rows: table } = await gather(store, record.id, names, MOST_ROWS);
  if (table === null) {
    throw new RenataError(
      'TOO_LARGE',
      `researchId: no plateau is looked for among more than ${MOST_ROWS.toLocaleString('en-US')} combinations.`,
      { details: { parameter: 'researchId' } },
    );
  }
  const { best, plateau, slices, histogram } = await compute.run('sweepPlateau', {
    table,
    dimensions: dimensions.map(({ name }) => name),
    metric,
    radius,
  });
  const described = ({ row, score, ...rest }: FoundRow) => {
    const values = Float64Array.from(table.columns, (column) => column[row] as number);
    const first = 1 + dimensions.length;
    return {
      ...rest,
      row: {
        combination: values[0] as number,
        parameters: { ...request.fixed, ...parametersOf(dimensions, values) },
        score,
        metrics: Object.fromEntries(
          METRIC_NAMES.map((name, m) => [name, values[first + m] as number]),
        ),
      },
    };
  };
  return {
    metric,
    radius,
    rows: table.rows,
    best: described(best),
    plateau: described(plateau),
    histogram,
    slices: slices.map((slice, axis) => ({
      name: dimensions[axis]?.name ?? '',
      values: [...slice.values],
      labels: axisOf({ dimensions }, axis, Float64Array.from(slice.values)).labels,
      best: [...slice.best],
      plateau: [...slice.plateau],
      mean: [...slice.mean],
    })),
  };
}
