import { basename } from 'node:path';
import type { BacktestSettings } from '../../../engine/domain/backtest.ts';
import type { Adjustment } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { instrumentsOf, compileStudy } from '../../../engine/expressions/study.ts';
import { instrumentsRead } from '../../../engine/expressions/program.ts';
import { CATALOGUE } from '../../../engine/indicators/registry.ts';
import type { HeldBars, RunSubject } from '../../../engine/protocol/research-tasks.ts';
import type { SweepRequest } from '../../../engine/protocol/research-schemas.ts';
import type { ImportOptions } from '../../../engine/protocol/schemas.ts';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import { isDailyOrLonger, timeframeMillis } from '../../../engine/domain/timeframe.ts';
import { lowerBound, sliceColumns } from '../../../engine/series/columns.ts';
import type { TaskBars } from '../../../engine/protocol/tasks.ts';
import { resolveParameters } from '../../../engine/domain/parameters.ts';
import { checkRange, cutBars, fileOfOne, refuseSeveral } from '../backtests.ts';
import { details } from '../history.ts';
import { readCalendar, readOthers } from '../other-instruments.ts';
import { notesOfVolume, readMarket } from '../run-market.ts';
import type { LoadedStrategy } from '../strategies/library.ts';
import type { ResearchContext } from './context.ts';
import { hashOf } from './hash.ts';
import { readPortfolioSubject } from './portfolio-subject.ts';

/** What is run on what, as requests have it. */
export interface SubjectRequest {
  readonly strategy: SweepRequest['strategy'];
  readonly source?: SweepRequest['source'];
  readonly datasetId: string;
  readonly adjustment: Adjustment;
  readonly start: number | null;
  readonly end: number | null;
  readonly settings: BacktestSettings;
  readonly events?: SweepRequest['events'];
  readonly resolve?: SweepRequest['resolve'];
  readonly instruments?: SweepRequest['instruments'];
}

/** A file whose bars are read instead of stored ones; only the command line names one. */
export interface BarFile {
  readonly path: string;
  readonly options: Partial<ImportOptions>;
}

/** A request with its strategy found and its bars read. */
export interface Subject {
  readonly run: RunSubject;
  readonly symbol: string;
  readonly timeframe: string;
  readonly datasetId: string;
  readonly adjustment: Adjustment;
  /** Content hash of the bars as they are stored. */
  readonly dataHash: string;
  /** SHA-256 of the strategy's text; empty for those of the program itself. */
  readonly strategyHash: string;
  /** Hash of what else decides the runs: sessions, splits and dividends, finer bars; empty without any. */
  readonly marketHash: string;
  /** What has to be known of these. */
  readonly notes: readonly string[];
  readonly title: string;
  /** Times of the whole dataset, which the ledger gathers returns over. */
  readonly span: { readonly from: number; readonly to: number };
}

/** @throws RenataError NOT_FOUND, BAD_INPUT or the error of the strategy's file */
export async function readSubject(
  context: ResearchContext,
  request: SubjectRequest,
  file?: BarFile,
): Promise<Subject> {
  const loaded = await loadStrategy(context, request);
  if (loaded?.entry.portfolio === true) {
    if (file !== undefined) throw fileOfOne(loaded.entry.title);
    return readPortfolioSubject(context, request, loaded);
  }
  const name = typeof request.strategy === 'string' ? request.strategy : 'a pair of conditions';
  const { instruments } = request;
  refuseSeveral({ strategy: name, ...(instruments === undefined ? {} : { instruments }) });
  const { instrumentId, calendar, ...bars } = await readBase(context, request, file);
  const { base, adjustment } = bars;
  const { datasetId, events, resolve } = request;
  const { timeframe } = base;
  const market = await readMarket(
    {
      request: { datasetId, adjustment, events, resolve },
      instrumentId,
      calendar,
      timeframe,
      bars: base.bars,
    },
    context,
  );
  const { market: _sessions, ...reads } = market.task;
  const program = loaded?.program;
  const others =
    loaded === undefined || program === undefined
      ? {}
      : await readOthers(readsOf(loaded), base.timeframe, adjustment, context);
  const { strategy, settings } = request;
  if (typeof strategy !== 'string') refuseOthers(strategy);
  return {
    ...bars,
    run: {
      strategy: typeof strategy === 'string' ? (loaded?.entry.id ?? strategy) : strategy,
      settings,
      base,
      ...reads,
      ...(program === undefined
        ? {}
        : {
            program: { program, timeframe: base.timeframe, calendar: base.calendar, others },
          }),
    },
    timeframe,
    strategyHash: loaded?.hash ?? '',
    // Every date is a session of daily bars, whatever the calendar says.
    marketHash:
      isDailyOrLonger(timeframe) && Object.keys(reads).length === 0 ? '' : hashOf(market.reads),
    notes: [...market.notes, ...notesOfVolume(settings, base.bars)],
    title: loaded?.entry.title ?? 'Rules',
  };
}

async function loadStrategy(
  { strategies }: ResearchContext,
  { strategy, source }: SubjectRequest,
): Promise<LoadedStrategy | undefined> {
  if (source !== undefined) return strategies.read(source.text, source.language, source.name);
  return typeof strategy === 'string' ? strategies.load(strategy) : undefined;
}

/** Instruments that a strategy reads besides its own. */
function readsOf({
  entry,
  rules,
}: LoadedStrategy): ReadonlyMap<string, readonly (string | null)[]> {
  if (rules === undefined) {
    return new Map(entry.instruments.map((name) => [name.toUpperCase(), [null]] as const));
  }
  return instrumentsRead(rules.compile(resolveParameters(entry.id, rules.parameters, {})));
}

function refuseOthers(source: Exclude<SweepRequest['strategy'], string>): void {
  for (const [name, text] of Object.entries(source)) {
    const [other] =
      text === undefined ? [] : instrumentsOf(compileStudy(text, CATALOGUE, {})).keys();
    if (other === undefined) continue;
    throw new RenataError(
      'BAD_INPUT',
      `${name}: ${other} is another instrument, which conditions of a sweep cannot read; write a strategy document for it.`,
      { details: { parameter: name } },
    );
  }
}

async function readBase(
  { store, calendarsDirectory }: ResearchContext,
  request: SubjectRequest,
  file: BarFile | undefined,
): Promise<
  Pick<Subject, 'symbol' | 'datasetId' | 'dataHash' | 'span' | 'adjustment'> & {
    readonly base: TaskBars;
    /** In the store; null for the bars of a file. */
    readonly instrumentId: string | null;
    /** Name of its calendar. */
    readonly calendar: string;
  }
> {
  const { start, end } = request;
  if (file !== undefined) {
    const read = await store.readFile({ path: file.path }, file.options);
    const { symbol, timeframe, contentHash, calendar } = read;
    const span = { from: read.bars.time[0] ?? 0, to: read.bars.time.at(-1) ?? 0 };
    const times = { firstTime: span.from, lastTime: span.to };
    checkRange({ start, end }, basename(file.path), timeframe, times);
    const bars = cutBars(read.bars, { start, end });
    return {
      symbol,
      datasetId: `${symbol}.FILE@${timeframe}`,
      adjustment: 'raw',
      dataHash: contentHash,
      span,
      instrumentId: null,
      calendar,
      base: { bars, timeframe, calendar: await readCalendar(calendarsDirectory, calendar) },
    };
  }
  const { datasetId, adjustment } = request;
  const { summary } = await details(store, datasetId);
  checkRange({ start, end }, summary.id, summary.timeframe, summary.current);
  const [read, calendar] = await Promise.all([
    store.readBars({ datasetId, adjustment, start, end }),
    readCalendar(calendarsDirectory, summary.calendar),
  ]);
  return {
    symbol: summary.symbol,
    datasetId,
    adjustment,
    dataHash: read.contentHash,
    span: { from: summary.current.firstTime, to: summary.current.lastTime },
    instrumentId: summary.instrumentId,
    calendar: summary.calendar,
    base: { bars: read.bars, timeframe: read.timeframe, calendar },
  };
}

/** The subject over a part of its bars. */
export function cutSubject(subject: Subject, from: number, to: number): Subject {
  return { ...subject, run: cutRun(subject.run, from, to) };
}

/** What buying and holding its bars has to know. */
export function heldBars({ run }: Subject): HeldBars {
  const { base, events } = run;
  return { base, ...(events === undefined ? {} : { events }) };
}

export function cutRun<Run extends RunSubject>(run: Run, from: number, to: number): Run {
  const { finer, base } = run;
  const bars = sliceColumns(base.bars, from, to);
  const part = { ...run, base: { ...base, bars } };
  if (finer === undefined) return part;
  // The session of a date may begin on the day before and end on the day after.
  const begin = (bars.time[0] as number) - MS_PER_DAY;
  const end = (bars.time.at(-1) as number) + timeframeMillis(base.timeframe) + MS_PER_DAY;
  return {
    ...part,
    finer: sliceColumns(finer, lowerBound(finer.time, begin), lowerBound(finer.time, end)),
  };
}
