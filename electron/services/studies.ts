import type { Adjustment, BarColumns } from '../../engine/domain/bar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import type { DatasetSummary } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { StudyDescription } from '../../engine/domain/study.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import {
  atInstrument,
  compileStudy,
  instrumentsOf,
  type CompiledStudy,
} from '../../engine/expressions/study.ts';
import { CATALOGUE } from '../../engine/indicators/registry.ts';
import type { CallInput, CallOutput } from '../../engine/protocol/contract.ts';
import type { ImportOptions } from '../../engine/protocol/schemas.ts';
import type { TaskBars } from '../../engine/protocol/tasks.ts';
import { allocateColumns, lowerBound, withLive } from '../../engine/series/columns.ts';
import type { Store } from '../storage/store-client.ts';
import type { ComputePool } from './compute.ts';
import { checkOrder, details } from './history.ts';
import { adjustmentFor, chooseDataset, readCalendar } from './other-instruments.ts';

export interface StudiesOptions {
  readonly store: Store;
  readonly compute: ComputePool;
  readonly calendarsDirectory: string;
}

export interface LiveBars {
  readonly bars: BarColumns;
  readonly timeframe: Timeframe;
  /** Name of the calendar that they are cut by. */
  readonly calendar: string;
}

/** Bars that are stored, continued by live ones or not, live ones alone, or those of a file that is read without being stored. */
export type StudySource =
  | { readonly datasetId: string; readonly adjustment: Adjustment; readonly live?: LiveBars }
  | { readonly live: LiveBars; readonly adjustment: Adjustment }
  | { readonly path: string; readonly options: Partial<ImportOptions> };

export interface ColumnsRequest {
  readonly expression: string;
  /** Values for the `param(…)`s of the expression. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly source: StudySource;
}

/** An expression over the whole of its bars. */
export interface StudyColumns {
  readonly description: StudyDescription;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly time: Float64Array;
  /** One for each output, as long as `time`. */
  readonly columns: readonly Float64Array[];
}

/** Expressions over bars. */
export interface Studies {
  compute(input: CallInput<'studies.compute'>): Promise<CallOutput<'studies.compute'>>;
  /** Every bar, for the command line. @throws RenataError of the expression, its bars or the file */
  columns(request: ColumnsRequest, signal: AbortSignal): Promise<StudyColumns>;
}

export function createStudies({ store, compute, calendarsDirectory }: StudiesOptions): Studies {
  const slots = new Map<string, AbortController>();
  const calendars = new Map<string, Promise<CalendarData>>();
  /** Reads under way: studies that are asked for together share one. */
  const reads = new Map<string, Promise<TaskBars>>();

  function calendarData(name: string): Promise<CalendarData> {
    const known = calendars.get(name) ?? readCalendar(calendarsDirectory, name);
    calendars.set(name, known);
    known.catch(() => calendars.delete(name));
    return known;
  }

  function barsOf(dataset: DatasetSummary, adjustment: Adjustment): Promise<TaskBars> {
    const key = `${dataset.id} ${dataset.current.contentHash} ${adjustment}`;
    const underWay = reads.get(key);
    if (underWay !== undefined) return underWay;
    const read = Promise.all([
      store.readBars({ datasetId: dataset.id, adjustment }),
      calendarData(dataset.calendar),
    ])
      .then(([{ bars, timeframe }, calendar]) => ({ bars, timeframe, calendar }))
      .finally(() => reads.delete(key));
    reads.set(key, read);
    return read;
  }

  async function readBase(
    source: StudySource,
    signal: AbortSignal,
  ): Promise<{ readonly symbol: string; readonly base: TaskBars }> {
    if ('path' in source) {
      const file = await store.readFile({ path: source.path }, source.options, { signal });
      const { symbol, bars, timeframe, calendar } = file;
      return { symbol, base: { bars, timeframe, calendar: await calendarData(calendar) } };
    }
    const { live } = source;
    if (!('datasetId' in source)) {
      const { bars, timeframe, calendar } = source.live;
      // On memory that threads share.
      const shared = withLive(allocateColumns(0), bars);
      const base = { bars: shared, timeframe, calendar: await calendarData(calendar) };
      return { symbol: '', base };
    }
    const { summary } = await details(store, source.datasetId);
    const stored = await barsOf(summary, source.adjustment);
    if (live === undefined) return { symbol: summary.symbol, base: stored };
    if (live.timeframe !== stored.timeframe)
      throw new RenataError(
        'BAD_INPUT',
        `live: bars of ${live.timeframe} cannot follow stored ones of ${stored.timeframe}.`,
        { details: { parameter: 'live' } },
      );
    return { symbol: summary.symbol, base: { ...stored, bars: withLive(stored.bars, live.bars) } };
  }

  async function columns(
    { expression, parameters, source }: ColumnsRequest,
    signal: AbortSignal,
  ): Promise<StudyColumns> {
    // Compiled here as well, so that a wrong expression is refused before anything is read.
    const study = compileStudy(expression, CATALOGUE, parameters);
    const { symbol, base } = await readBase(source, signal);
    const adjustment = 'path' in source ? 'raw' : source.adjustment;
    const named = instrumentsOf(study);
    const datasets = named.size === 0 ? [] : await store.listDatasets();
    const others: Record<string, TaskBars> = {};
    for (const [name, timeframes] of named) {
      const asked = timeframes.map((each) => (each ?? base.timeframe) as Timeframe);
      const dataset = datasetFor(study, name, asked, datasets);
      others[name] = await barsOf(dataset, adjustmentFor(dataset, adjustment));
    }
    const task = { expression, parameters: { ...parameters }, base, others };
    const result = await compute.run('study', task, { signal });
    return { ...result, symbol, timeframe: base.timeframe, time: base.bars.time };
  }

  async function run(
    input: CallInput<'studies.compute'>,
    signal: AbortSignal,
  ): Promise<CallOutput<'studies.compute'>> {
    const { expression, parameters, start, end, maxPoints } = input;
    checkOrder(start, end);
    const source = sourceOf(input);
    const computed = await columns({ expression, parameters, source }, signal);
    const { description, time } = computed;
    const to = end === null ? time.length : lowerBound(time, end + 1);
    const first = start === null ? 0 : lowerBound(time, start);
    const from = Math.max(first, to - maxPoints, 0);
    const cut = (column: Float64Array): Float64Array<ArrayBuffer> =>
      new Float64Array(column.subarray(from, Math.max(from, to)));
    return {
      time: cut(time),
      indicator: description.indicator,
      pane: description.pane,
      levels: [...description.levels],
      lookback: description.lookback,
      parameters: description.parameters.map((parameter) => ({ ...parameter })),
      outputs: description.outputs.map(({ name, label, values: kind, style }, index) => ({
        name,
        label,
        kind,
        style,
        values: cut(computed.columns[index] as Float64Array),
      })),
    };
  }

  return {
    columns,
    async compute(input) {
      const own = new AbortController();
      const { slot } = input;
      if (slot !== undefined) {
        slots.get(slot)?.abort();
        slots.set(slot, own);
      }
      try {
        return await run(input, own.signal);
      } finally {
        if (slot !== undefined && slots.get(slot) === own) slots.delete(slot);
      }
    },
  };
}

/** @throws RenataError BAD_INPUT where there is nothing to compute over, or live bars are in no order */
function sourceOf({ datasetId, adjustment, live }: CallInput<'studies.compute'>): StudySource {
  if (live === undefined) {
    if (datasetId !== null) return { datasetId, adjustment };
    throw new RenataError('BAD_INPUT', 'datasetId: name a dataset, or give live bars.', {
      details: { parameter: 'datasetId' },
    });
  }
  const { time, open, high, low, close, volume } = live.bars;
  const even = [open, high, low, close, volume].every(({ length }) => length === time.length);
  if (
    !even ||
    !time.every((each, i) => Number.isFinite(each) && (i === 0 || each > (time[i - 1] as number)))
  )
    throw new RenataError(
      'BAD_INPUT',
      'live: its columns must be of one length, and its times increase.',
      { details: { parameter: 'live' } },
    );
  const bars = { ...live, timeframe: live.timeframe as Timeframe };
  return datasetId === null ? { adjustment, live: bars } : { datasetId, adjustment, live: bars };
}

/** @throws RenataError of the choice, at the place of the name */
function datasetFor(
  study: CompiledStudy,
  name: string,
  asked: readonly Timeframe[],
  datasets: readonly DatasetSummary[],
): DatasetSummary {
  try {
    return chooseDataset(name, asked, datasets);
  } catch (error) {
    throw error instanceof RenataError ? atInstrument(study, name, error) : error;
  }
}
