import { barLength } from '../../engine/backtest/sessions.ts';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import type { BacktestSettings } from '../../engine/domain/backtest.ts';
import type { Adjustment, BarColumns } from '../../engine/domain/bar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { isoDate, MS_PER_DAY } from '../../engine/domain/time.ts';
import { isDailyOrLonger, timeframeMillis, type Timeframe } from '../../engine/domain/timeframe.ts';
import { noteOfDoubt } from '../../engine/protocol/run-notes.ts';
import type { BacktestRequest, RunReads } from '../../engine/protocol/schemas.ts';
import type { ComputeTasks } from '../../engine/protocol/tasks.ts';
import type { Store } from '../storage/store-client.ts';
import { hashOfCalendar, readCalendar } from './other-instruments.ts';

type TaskPart = Pick<ComputeTasks['backtest']['input'], 'market' | 'events' | 'finer'>;

/** What a run reads of its market besides its bars. */
export interface RunMarket {
  readonly calendar: CalendarData;
  /** For the task. */
  readonly task: TaskPart;
  /** Kept with the run. */
  readonly reads: RunReads;
  /** Splits that raw prices jump at and that nobody books. */
  readonly jumps: number;
  readonly notes: readonly string[];
}

export interface MarketSubject {
  readonly request: Pick<BacktestRequest, 'datasetId' | 'adjustment' | 'events' | 'resolve'>;
  /** The instrument in the store; null for the bars of a file. */
  readonly instrumentId: string | null;
  readonly calendar: string;
  readonly timeframe: Timeframe;
  readonly bars: BarColumns;
}

interface Places {
  readonly store: Store;
  readonly calendarsDirectory: string;
}

/**
 * Sessions, splits and dividends, and finer bars, as far as the request asks for them.
 * @throws RenataError BAD_INPUT for what cannot be had of these bars
 */
export async function readMarket(subject: MarketSubject, places: Places): Promise<RunMarket> {
  const { request, calendar: name, timeframe } = subject;
  const calendar = await readCalendar(places.calendarsDirectory, name);
  const notes: string[] = [];
  const events = request.events === true ? await readEvents(subject, places.store) : undefined;
  if (events !== undefined) notes.push(noteOfEvents(events, subject));
  const jumps = events === undefined ? await countJumps(subject, places.store) : 0;
  if (jumps > 0 && subject.instrumentId !== null) {
    notes.push(noteOfJumps([{ name: subject.instrumentId, jumps }]));
  }
  const found = request.resolve === 'finer' ? await readFiner(subject, places.store) : undefined;
  if (found !== undefined) notes.push(found.note);
  const finer = found?.finer;
  return {
    calendar,
    task: {
      market: { timeframe, calendar },
      ...(events === undefined ? {} : { events }),
      ...(finer === undefined ? {} : { finer: finer.bars }),
    },
    reads: {
      calendar: name,
      calendarHash: await hashOfCalendar(places.calendarsDirectory, name),
      ...(events === undefined ? {} : { events: [...events] }),
      ...(finer === undefined ? {} : { finer: finer.source }),
    },
    jumps,
    notes,
  };
}

/** Splits inside the range of raw prices, where the run does not book them. */
async function countJumps(
  { request, instrumentId, timeframe, bars }: MarketSubject,
  store: Store,
): Promise<number> {
  if (instrumentId === null || request.adjustment !== 'raw') return 0;
  const first = bars.time[0] ?? 0;
  const end = (bars.time.at(-1) ?? 0) + timeframeMillis(timeframe);
  const all = await store.listAdjustments(instrumentId);
  return all.filter(({ kind, day }) => kind === 'split' && day > first && day < end).length;
}

/** What is to be known of a run whose prices jump at splits. */
export function noteOfJumps(
  jumps: readonly { readonly name: string; readonly jumps: number }[],
): string {
  const parts = jumps.map((each) => `${each.jumps} of ${each.name}`).join(', ');
  const [only] = jumps;
  const one = jumps.length === 1 && only?.jumps === 1;
  return `${one ? 'A split' : 'Splits'} in this range (${parts}) ${one ? 'counts as a gain or loss' : 'count as gains or losses'}: take split-adjusted prices (--adjust split), or book splits and dividends (--events).`;
}

/** Booked splits keep the position whole, and nothing else. */
export const INDICATORS_JUMP = 'Indicators read the raw prices, which jump at a split.';

/** Splits and dividends between the first bar and the last. */
async function readEvents(
  { request, instrumentId, bars }: MarketSubject,
  store: Store,
): Promise<readonly AdjustmentEvent[]> {
  if (instrumentId === null) {
    throw bad('events', 'a file has no splits and dividends; import it and run on the symbol.');
  }
  if (request.adjustment !== 'raw') {
    throw bad(
      'events',
      `splits and dividends are in ${request.adjustment} prices already; run on raw prices.`,
    );
  }
  const first = bars.time[0] ?? 0;
  const last = bars.time.at(-1) ?? 0;
  const all = await store.listAdjustments(instrumentId);
  // A day more on both sides: ex-dates are dates of the market's own zone.
  return all.filter(({ day }) => day >= first - MS_PER_DAY && day <= last + MS_PER_DAY);
}

function noteOfEvents(events: readonly AdjustmentEvent[], { instrumentId }: MarketSubject): string {
  const splits = events.filter(({ kind }) => kind === 'split').length;
  if (events.length === 0) {
    return `The store has no splits or dividends of ${instrumentId} in this range.`;
  }
  const note = `Splits and dividends of ${instrumentId} in this range: ${splits} and ${events.length - splits}.`;
  return splits === 0 ? note : `${note} ${INDICATORS_JUMP}`;
}

interface Finer {
  readonly bars: BarColumns;
  readonly source: NonNullable<RunReads['finer']>;
}

/** The finest stored bars of the instrument that cover the range. */
async function readFiner(
  { request, instrumentId, timeframe, bars }: MarketSubject,
  store: Store,
): Promise<{ readonly note: string; readonly finer?: Finer }> {
  if (instrumentId === null) {
    throw bad('resolve', 'finer bars come from the store; import the file and run on the symbol.');
  }
  const length = timeframeMillis(timeframe);
  const worse = 'the worse order of prices inside a bar was taken.';
  if (length > MS_PER_DAY) {
    return { note: `Bars of ${timeframe} are too long to be replayed on finer ones; ${worse}` };
  }
  if (bars.time.length > 1 && barLength(bars.time) !== length) {
    return { note: `Bars begin less than ${timeframe} apart and cannot be replayed; ${worse}` };
  }
  const first = bars.time[0] ?? 0;
  const last = bars.time.at(-1) ?? 0;
  const datasets = await store.listDatasets();
  const base = datasets.find(({ id }) => id === request.datasetId);
  const stored = base?.current.provenance.adjustment;
  const [best] = datasets
    .filter(({ instrumentId: id, timeframe: other, current }) => {
      const fine = timeframeMillis(other);
      return (
        id === instrumentId &&
        fine < length &&
        current.provenance.adjustment === stored &&
        current.firstTime < first + length &&
        current.lastTime + fine > last
      );
    })
    .toSorted((a, b) => timeframeMillis(a.timeframe) - timeframeMillis(b.timeframe));
  if (best === undefined) {
    return {
      note: `The store has no finer bars of ${instrumentId} over this whole range; ${worse}`,
    };
  }
  const read = await readFinerBars(store, best.id, request.adjustment, timeframe, bars);
  const source = {
    datasetId: best.id,
    timeframe: best.timeframe,
    contentHash: read.contentHash,
  };
  return {
    note: `Bars in which more than one thing could happen were replayed on ${best.id}.`,
    finer: { bars: read.bars, source },
  };
}

export function readFinerBars(
  store: Store,
  datasetId: string,
  adjustment: Adjustment,
  timeframe: Timeframe,
  bars: BarColumns,
  version?: number,
): ReturnType<Store['readBars']> {
  // The session of a date may begin on the day before and end on the day after.
  const slack = isDailyOrLonger(timeframe) ? MS_PER_DAY : 0;
  return store.readBars({
    datasetId,
    adjustment,
    start: (bars.time[0] ?? 0) - slack,
    end: (bars.time.at(-1) ?? 0) + timeframeMillis(timeframe) - 1 + slack,
    ...(version === undefined ? {} : { version }),
  });
}

/** What a run read of its market, once more. @throws RenataError NOT_FOUND for an unknown calendar */
export async function readMarketAgain(
  { calendar: name, events }: RunReads,
  timeframe: Timeframe,
  finer: BarColumns | undefined,
  calendarsDirectory: string,
): Promise<TaskPart> {
  return {
    market: { timeframe, calendar: await readCalendar(calendarsDirectory, name) },
    ...(events === undefined ? {} : { events }),
    ...(finer === undefined ? {} : { finer }),
  };
}

/** What has to be known of a result to judge it. */
export function notesOfResult(
  result: {
    readonly trades: { readonly count: number };
    readonly ambiguous?: { readonly count: number } | undefined;
    readonly ruinedAt?: number | undefined;
  },
  time: Float64Array,
): readonly string[] {
  const notes: string[] = [];
  const count = result.ambiguous?.count ?? 0;
  if (count > 0) notes.push(noteOfDoubt(count, result.trades.count));
  if (result.ruinedAt !== undefined) {
    notes.push(
      `The account was ruined on ${isoDate(time[result.ruinedAt] ?? 0)}; no order was taken after it.`,
    );
  }
  return notes;
}

/** Bars without volume, where the costs or fills of a run go by it. */
export function notesOfVolume(
  { slippage, volumeLimit }: Pick<BacktestSettings, 'slippage' | 'volumeLimit'>,
  { volume }: Pick<BarColumns, 'volume'>,
): readonly string[] {
  const without = volume.reduce((count, units) => (units > 0 ? count : count + 1), 0);
  if (without === 0) return [];
  // The mean of the bars before is 0 only where none has any.
  const free =
    slippage?.kind === 'volume-share' ||
    (slippage?.kind === 'square-root' && without === volume.length);
  const effects = [
    ...(volumeLimit === undefined ? [] : ['nothing fills on them']),
    ...(free ? ['fills on them pay no slippage'] : []),
  ];
  if (effects.length === 0) return [];
  return [`${without} of ${volume.length} bars have no volume, so that ${effects.join(' and ')}.`];
}

/** @throws RenataError BAD_INPUT for a warm-up that leaves no bar to judge */
export function requireWarmUp(warmUp: number, bars: number): void {
  if (warmUp === 0 || warmUp < bars) return;
  throw bad(
    'warm-up',
    `${warmUp} bars are all there are, or more (${bars}); choose fewer, or a longer range.`,
  );
}

function bad(option: string, text: string): RenataError {
  return new RenataError('BAD_INPUT', `${option}: ${text}`, { details: { parameter: option } });
}
