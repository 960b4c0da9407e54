import { randomUUID } from 'node:crypto';
import { FILL_RULES } from '../../engine/backtest/fill-rules.ts';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import type { DatasetSummary } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { runId } from '../../engine/domain/identifiers.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import {
  MOST_INSTRUMENTS,
  type BacktestRequest,
  type RunInstrument,
} from '../../engine/protocol/schemas.ts';
import type { PackedPortfolio, TaskInstrument } from '../../engine/protocol/tasks.ts';
import type { PackedRun } from '../../engine/protocol/text-columns.ts';
import type { Store } from '../storage/store-client.ts';
import type { ComputePool } from './compute.ts';
import type { JobControl } from './jobs.ts';
import { chooseDataset } from './other-instruments.ts';
import {
  INDICATORS_JUMP,
  noteOfJumps,
  notesOfResult,
  notesOfVolume,
  readMarket,
  requireWarmUp,
} from './run-market.ts';
import type { PreparedStrategy } from './strategies/prepare.ts';

export interface PortfolioRunsOptions {
  readonly store: Store;
  readonly compute: ComputePool;
  readonly calendarsDirectory: string;
  /** Of the program; kept with every run. */
  readonly version: string;
  readonly now: () => number;
}

/** What a request wants of several instruments. */
export type PortfolioRequest = Pick<
  BacktestRequest,
  'strategy' | 'datasetId' | 'instruments' | 'adjustment' | 'start' | 'end' | 'events' | 'resolve'
>;

/** The instruments of a run of several. */
export interface ChosenLegs {
  readonly names: readonly string[];
  /** `SPY+QQQ`, or with what cannot be shown counted. */
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly currency: string;
  readonly legs: readonly Leg[];
}

/** A run of several instruments with everything checked that can be before bars are read. */
export interface PortfolioSubject extends Omit<ChosenLegs, 'names'> {
  readonly request: BacktestRequest;
  readonly prepared: PreparedStrategy;
}

interface Leg {
  /** As the strategy and the user name it. */
  readonly name: string;
  readonly dataset: DatasetSummary;
}

/** Longest symbol of a run; what does not fit is counted. */
const LONGEST_SYMBOL = 40;

/** @throws RenataError BAD_INPUT, NOT_FOUND for an instrument without bars */
export async function choosePortfolio(
  request: BacktestRequest,
  prepared: PreparedStrategy,
  options: Pick<PortfolioRunsOptions, 'store'>,
): Promise<PortfolioSubject> {
  const { names, ...chosen } = await chooseLegs(request, prepared.portfolio ?? [], options);
  return { request: { ...request, instruments: [...names] }, prepared, ...chosen };
}

/**
 * Finds the datasets of what a strategy of several instruments is to trade.
 * @param named what it names itself
 * @throws RenataError BAD_INPUT, NOT_FOUND for an instrument without bars
 */
export async function chooseLegs(
  request: PortfolioRequest,
  named: readonly string[],
  { store }: Pick<PortfolioRunsOptions, 'store'>,
): Promise<ChosenLegs> {
  if (request.resolve === 'finer') {
    throw bad(
      'resolve',
      'runs of several instruments are not replayed on finer bars; run it on finer bars itself.',
    );
  }
  const given = request.instruments ?? named;
  const names = given.map((name) => name.toUpperCase());
  if (names.length === 0) {
    throw bad('instruments', `name what ${request.strategy} is to trade: it names none itself.`);
  }
  if (names.length > MOST_INSTRUMENTS) {
    throw bad('instruments', `a run has ${MOST_INSTRUMENTS} at most, not ${names.length}.`);
  }
  const datasets = await store.listDatasets();
  const base = datasets.find(({ id }) => id === request.datasetId);
  if (base === undefined) {
    throw new RenataError('NOT_FOUND', `There is no dataset "${request.datasetId}".`, {
      details: { parameter: 'datasetId' },
    });
  }
  const { timeframe } = base;
  const legs = names.map((name) => ({ name, dataset: datasetAt(name, timeframe, datasets) }));
  checkLegs(legs, base);
  return { names, symbol: symbolOf(names), timeframe, currency: base.currency, legs };
}

/** The dataset of a name whose bars have this length. */
function datasetAt(
  name: string,
  timeframe: Timeframe,
  datasets: readonly DatasetSummary[],
): DatasetSummary {
  const found = chooseDataset(name, [timeframe], datasets);
  if (found.timeframe === timeframe) return found;
  const lengths = datasets
    .filter(({ instrumentId }) => instrumentId === found.instrumentId)
    .map((each) => each.timeframe);
  throw bad(
    'instruments',
    `${name} has bars of ${lengths.join(', ')} and none of ${timeframe}, which all of a run need; import them or choose another timeframe.`,
  );
}

function checkLegs(legs: readonly Leg[], base: DatasetSummary): void {
  for (const [row, { name, dataset }] of legs.entries()) {
    const twin = legs.slice(0, row).find((each) => each.dataset.id === dataset.id);
    if (twin !== undefined) {
      const same = twin.name === name ? 'is there twice' : `is ${twin.name} once more`;
      throw bad('instruments', `${name} ${same}; name each once.`);
    }
    if (dataset.currency !== base.currency) {
      throw bad(
        'instruments',
        `${legs[0]?.name} is in ${base.currency} and ${name} in ${dataset.currency}; choose instruments of one currency.`,
      );
    }
  }
  const [first] = legs;
  if (first !== undefined && first.dataset.id !== base.id) {
    throw bad(
      'instruments',
      `the first is ${first.name}, whose bars are ${first.dataset.id}, and the run was given those of ${base.id}; give the first one's.`,
    );
  }
}

function symbolOf(names: readonly string[]): string {
  let text = names[0] ?? '';
  for (const [row, name] of names.entries()) {
    if (row === 0) continue;
    const longer = `${text}+${name}`;
    if (longer.length > LONGEST_SYMBOL) return `${text}+${names.length - row} more`;
    text = longer;
  }
  return text;
}

/** What a leg reads besides its name. */
export interface ReadLeg extends Leg {
  readonly bars: BarColumns;
  readonly contentHash: string;
  readonly calendar: CalendarData;
  readonly events: readonly AdjustmentEvent[] | undefined;
  /** Splits that its raw prices jump at and that nobody books. */
  readonly jumps: number;
}

/** @throws RenataError BAD_INPUT for a range without bars */
export async function readLegs(
  { legs, timeframe }: Pick<ChosenLegs, 'legs' | 'timeframe'>,
  request: PortfolioRequest,
  options: Pick<PortfolioRunsOptions, 'store' | 'calendarsDirectory'>,
): Promise<readonly ReadLeg[]> {
  const read: ReadLeg[] = [];
  for (const leg of legs) read.push(await readLeg(leg, request, timeframe, options));
  return read;
}

/** Instruments as tasks take them. */
export function taskInstruments(legs: readonly ReadLeg[], timeframe: Timeframe): TaskInstrument[] {
  return legs.map(({ name, bars, calendar, events }) => ({
    symbol: name,
    bars,
    timeframe,
    calendar,
    ...(events === undefined ? {} : { events }),
  }));
}

async function readLeg(
  leg: Leg,
  request: PortfolioRequest,
  timeframe: Timeframe,
  options: Pick<PortfolioRunsOptions, 'store' | 'calendarsDirectory'>,
): Promise<ReadLeg> {
  const { start, end, adjustment, events: booked } = request;
  const { id: datasetId, instrumentId, calendar: name } = leg.dataset;
  const read = await options.store.readBars({ datasetId, start, end, adjustment });
  const { bars, contentHash } = read;
  if (bars.time.length === 0) {
    throw bad(
      'start',
      `there is no bar of ${leg.name} between start and end; widen the range or leave it out.`,
    );
  }
  const market = await readMarket(
    {
      request: { datasetId, adjustment, ...(booked === undefined ? {} : { events: booked }) },
      instrumentId,
      calendar: name,
      timeframe,
      bars,
    },
    options,
  );
  const { calendar, jumps, task } = market;
  return { ...leg, bars, contentHash, calendar, events: task.events, jumps };
}

/** Runs it in the pool. @throws RenataError of the bars, the strategy or the pool */
export async function runPortfolio(
  subject: PortfolioSubject,
  control: JobControl,
  options: PortfolioRunsOptions,
): Promise<PackedRun> {
  const { request, prepared, timeframe, currency } = subject;
  const { strategy, parameters, settings } = request;
  const { program } = prepared;
  if (program === undefined) throw new Error('A strategy of several instruments is code.');
  const started = performance.now();
  const legs = await readLegs(subject, request, options);
  const moments = new Set(legs.flatMap(({ bars }) => [...bars.time])).size;
  requireWarmUp(settings.warmUp ?? 0, moments);
  const result = await options.compute.run(
    'portfolio',
    {
      strategy,
      parameters,
      settings,
      currency,
      program: { program },
      instruments: taskInstruments(legs, timeframe),
    },
    {
      signal: control.signal,
      onProgress: ({ done, total }) => control.progress(done, total),
    },
  );
  const { time } = result;
  const notes = [
    ...notesOfEvents(legs),
    ...notesOfResult(result, time),
    ...legs.flatMap(({ name, bars }) =>
      notesOfVolume(settings, bars).map((note) => `${name}: ${note}`),
    ),
  ].slice(0, MOST_NOTES);
  return {
    summary: {
      id: runId(randomUUID()),
      createdAt: options.now(),
      request,
      symbol: subject.symbol,
      timeframe,
      dataHash: legs[0]?.contentHash ?? '',
      strategyTitle: prepared.title,
      ...(prepared.hash === '' ? {} : { strategyHash: prepared.hash }),
      barCount: time.length,
      firstTime: time[0] ?? 0,
      lastTime: time.at(-1) ?? 0,
      durationMs: performance.now() - started,
      orderHash: result.orderHash,
      statistics: [...result.statistics],
      ...(notes.length === 0 ? {} : { notes }),
    },
    time,
    equity: result.equity,
    benchmark: result.benchmark,
    position: result.gross,
    orders: result.orders,
    trades: result.trades,
    plots: [],
    fills: result.fills,
    ...(result.ambiguous === undefined ? {} : { ambiguous: result.ambiguous }),
    reads: { calendar: legs[0]?.calendar.name ?? 'none' },
    maker: { version: options.version, fillRules: FILL_RULES },
    instruments: legs.map((leg, row) => instrumentOf(leg, row, result)),
  };
}

function instrumentOf(
  { name, dataset, bars, contentHash, calendar, events }: ReadLeg,
  row: number,
  { weights }: PackedPortfolio,
): RunInstrument {
  return {
    symbol: name,
    datasetId: dataset.id,
    dataHash: contentHash,
    calendar: calendar.name,
    barCount: bars.time.length,
    firstTime: bars.time[0] ?? 0,
    lastTime: bars.time.at(-1) ?? 0,
    ...(events === undefined ? {} : { events: [...events] }),
    weight: weights[row] ?? new Float64Array(0),
  };
}

/** Most sentences that are kept with a run. */
const MOST_NOTES = 16;

/** Most instruments whose splits and dividends are counted one by one in a note. */
const COUNTED = 12;

export function notesOfEvents(legs: readonly ReadLeg[]): string[] {
  if (legs.every(({ events }) => events === undefined)) {
    const jumps = legs.filter((leg) => leg.jumps > 0);
    return jumps.length === 0 ? [] : [noteOfJumps(jumps)];
  }
  const counts = legs.map(({ name, events = [] }) => {
    const splits = events.filter(({ kind }) => kind === 'split').length;
    return { name, splits, dividends: events.length - splits };
  });
  const sum = (of: 'splits' | 'dividends'): number =>
    counts.reduce((total, each) => total + each[of], 0);
  const jump = sum('splits') > 0 ? ` ${INDICATORS_JUMP}` : '';
  if (counts.length > COUNTED) {
    return [
      `Splits and dividends in this range: ${sum('splits')} and ${sum('dividends')} in all.${jump}`,
    ];
  }
  const parts = counts.map(
    ({ name, splits, dividends }) => `${splits} and ${dividends} of ${name}`,
  );
  return [`Splits and dividends in this range: ${parts.join(', ')}.${jump}`];
}

function bad(parameter: string, text: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${text}`, { details: { parameter } });
}
