import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { FILL_RULES } from '../../engine/backtest/fill-rules.ts';
import type { BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { runId } from '../../engine/domain/identifiers.ts';
import type { ParameterValue } from '../../engine/domain/parameters.ts';
import { isoDate, isoTime, MS_PER_DAY } from '../../engine/domain/time.ts';
import { isDailyOrLonger, timeframe as parseTimeframe } from '../../engine/domain/timeframe.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import { lowerBound, sliceColumns } from '../../engine/series/columns.ts';
import { unpackRun, type PackedRun } from '../../engine/protocol/text-columns.ts';
import type { BacktestRequest, ImportOptions, Run } from '../../engine/protocol/schemas.ts';
import type { Store } from '../storage/store-client.ts';
import type { ComputePool } from './compute.ts';
import { readOthers, sourcesOf } from './other-instruments.ts';
import type { StrategyLibrary } from './strategies/library.ts';
import { prepareStrategy, type PreparedStrategy } from './strategies/prepare.ts';
import { choosePortfolio, runPortfolio, type PortfolioSubject } from './portfolio-runs.ts';
import { notesOfResult, notesOfVolume, readMarket, requireWarmUp } from './run-market.ts';
import { checkOrder, details } from './history.ts';
import type { JobControl, Jobs } from './jobs.ts';
import type { Ledger } from './research/ledger.ts';

/**
 * How far outside its data a range may reach, so that it may begin or end on a weekend or a holiday
 * beside them. Farther out the user means data that are not there.
 */
const SLACK_MS = 7 * MS_PER_DAY;

export interface BacktestsOptions {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly compute: ComputePool;
  readonly strategies: StrategyLibrary;
  /** Counts every run as a trial on its dataset. */
  readonly ledger: Pick<Ledger, 'addRun'>;
  readonly calendarsDirectory: string;
  /** Of the program; kept with every run. */
  readonly version: string;
  readonly onRunsChanged: () => void;
  readonly now: () => number;
}

/** A run on bars of a file; its dataset id is the file's, which no store has. */
export type FileBacktestRequest = Omit<BacktestRequest, 'datasetId' | 'adjustment'> & {
  readonly path: string;
  readonly options: Partial<ImportOptions>;
};

export interface Backtests {
  /** Checks the request, queues the run and returns the job's id. */
  start(request: BacktestRequest): Promise<string>;
  /** Runs on the bars of a file at once, storing neither bars nor run. */
  runFile(request: FileBacktestRequest, control: JobControl): Promise<Run>;
}

export function createBacktests(options: BacktestsOptions): Backtests {
  const { store, jobs, compute, now } = options;

  async function execute(subject: Subject, control: JobControl): Promise<PackedRun> {
    const { bars, request, prepared, timeframe } = subject;
    const { strategy, parameters, settings, adjustment } = request;
    const started = performance.now();
    requireWarmUp(settings.warmUp ?? 0, bars.time.length);
    const market = await readMarket(subject, options);
    const { program: what, reads } = prepared;
    const { calendar } = market;
    const others = await readOthers(reads, timeframe, adjustment, options);
    const program = what === undefined ? undefined : { program: what, timeframe, calendar, others };
    const { result, benchmark } = await compute.run(
      'backtest',
      {
        strategy,
        parameters,
        settings,
        bars,
        ...market.task,
        ...(program === undefined ? {} : { program }),
      },
      {
        signal: control.signal,
        onProgress: ({ done, total }) => control.progress(done, total),
      },
    );
    const notes = [
      ...(subject.notes ?? []),
      ...market.notes,
      ...notesOfVolume(settings, bars),
      ...notesOfResult(result, bars.time),
    ];
    return {
      summary: {
        id: runId(randomUUID()),
        createdAt: now(),
        request,
        symbol: subject.symbol,
        timeframe: subject.timeframe,
        dataHash: subject.contentHash,
        strategyTitle: prepared.title,
        ...(prepared.hash === '' ? {} : { strategyHash: prepared.hash }),
        barCount: result.barCount,
        firstTime: bars.time[0] ?? 0,
        lastTime: bars.time.at(-1) ?? 0,
        durationMs: performance.now() - started,
        orderHash: result.orderHash,
        statistics: [...result.statistics],
        ...(notes.length === 0 ? {} : { notes }),
      },
      time: bars.time,
      equity: result.equity,
      benchmark: benchmark,
      position: result.position,
      orders: result.orders,
      trades: result.trades,
      plots: result.plots as Run['plots'],
      ...(result.fills === undefined ? {} : { fills: result.fills }),
      ...(result.ambiguous === undefined ? {} : { ambiguous: result.ambiguous }),
      reads: {
        ...market.reads,
        ...(reads.size === 0 ? {} : { others: sourcesOf(others) }),
      },
      maker: { version: options.version, fillRules: FILL_RULES },
    };
  }

  async function keep(run: PackedRun, prepared: PreparedStrategy): Promise<string> {
    await store.saveRun(run, prepared.text);
    await options.ledger.addRun(run, prepared.hash);
    options.onRunsChanged();
    return run.summary.id;
  }

  async function startPortfolio(subject: PortfolioSubject): Promise<string> {
    const { request, prepared, symbol, timeframe, legs } = subject;
    const times = legs.map(({ dataset }) => dataset.current);
    checkRange(request, symbol, timeframe, {
      firstTime: Math.min(...times.map(({ firstTime }) => firstTime)),
      lastTime: Math.max(...times.map(({ lastTime }) => lastTime)),
    });
    return jobs.start({
      kind: 'backtest',
      title: titleOf(prepared, symbol, timeframe),
      unit: 'bars',
      total: null,
      lane: 'compute',
      work: async (control) => keep(await runPortfolio(subject, control, options), prepared),
    });
  }

  return {
    async start(given) {
      const prepared = await prepareStrategy(options.strategies, given);
      const { source: _source, ...asked } = given;
      const request = { ...asked, ...kept(prepared) };
      if (prepared.portfolio !== null) {
        return startPortfolio(await choosePortfolio(request, prepared, options));
      }
      refuseSeveral(request);
      const { summary } = await details(store, request.datasetId);
      checkRange(request, summary.id, summary.timeframe, summary.current);
      return jobs.start({
        kind: 'backtest',
        title: titleOf(prepared, summary.symbol, summary.timeframe),
        unit: 'bars',
        total: null,
        lane: 'compute',
        work: async (control) => {
          const { datasetId, start, end, adjustment } = request;
          const read = await store.readBars({ datasetId, start, end, adjustment });
          const run = await execute(
            {
              request,
              prepared,
              instrumentId: summary.instrumentId,
              calendar: summary.calendar,
              symbol: summary.symbol,
              timeframe: read.timeframe,
              contentHash: read.contentHash,
              bars: read.bars,
            },
            control,
          );
          return keep(run, prepared);
        },
      });
    },
    async runFile({ path, options: fileOptions, ...given }, control) {
      const prepared = await prepareStrategy(options.strategies, given);
      if (prepared.portfolio !== null) throw fileOfOne(prepared.title);
      refuseSeveral(given);
      checkOrder(given.start, given.end);
      const file = await store.readFile({ path }, fileOptions, { signal: control.signal });
      const { symbol, timeframe, contentHash, calendar } = file;
      const { source: _source, ...asked } = given;
      const request = {
        ...asked,
        ...kept(prepared),
        datasetId: `${symbol}.FILE@${timeframe}`,
        adjustment: 'raw',
      } as const;
      checkRange(request, basename(path), timeframe, {
        firstTime: file.bars.time[0] ?? 0,
        lastTime: file.bars.time.at(-1) ?? 0,
      });
      const bars = cutBars(file.bars, request);
      const common = { request, prepared, calendar, symbol, timeframe, contentHash, bars };
      const wrong = file.quality.issues.filter(({ severity }) => severity === 'error');
      const notes = [...file.notes, ...wrong.map(({ message }) => message)];
      const subject = { ...common, instrumentId: null, notes };
      return unpackRun(await execute(subject, control));
    },
  };
}

/** What a run reads and what it was asked. */
interface Subject {
  readonly request: BacktestRequest;
  readonly prepared: PreparedStrategy;
  /** The instrument in the store; null for the bars of a file. */
  readonly instrumentId: string | null;
  /** Name of the calendar of its instrument. */
  readonly calendar: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly contentHash: string;
  readonly bars: BarColumns;
  /** What was found when the bars were read. */
  readonly notes?: readonly string[];
}

/** What is kept of a request: whole parameters, the settings that hold, and no text of a strategy. */
function kept({ parameters, settings }: PreparedStrategy): {
  parameters: Record<string, ParameterValue>;
  settings: BacktestSettings;
} {
  return { parameters: { ...parameters }, settings };
}

/** @throws RenataError BAD_INPUT for further instruments of a strategy that trades one */
export function refuseSeveral({
  strategy,
  instruments,
}: Pick<BacktestRequest, 'strategy' | 'instruments'>): void {
  if (instruments === undefined) return;
  throw new RenataError(
    'BAD_INPUT',
    `instruments: ${strategy} trades one instrument; name that one, or choose a strategy of several.`,
    { details: { parameter: 'instruments' } },
  );
}

export function fileOfOne(title: string): RenataError {
  return new RenataError(
    'BAD_INPUT',
    `input: ${title} trades several instruments and a file has one; import the files and name the symbols.`,
    { details: { parameter: 'input' } },
  );
}

interface Range {
  readonly start: number | null;
  readonly end: number | null;
}

/** @throws RenataError BAD_INPUT naming the range that there is */
export function checkRange(
  range: Range,
  source: string,
  timeframe: string,
  data: { readonly firstTime: number; readonly lastTime: number },
): void {
  checkOrder(range.start, range.end);
  for (const side of ['start', 'end'] as const) {
    const time = range[side];
    if (time === null) continue;
    if (time >= data.firstTime - SLACK_MS && time <= data.lastTime + SLACK_MS) continue;
    const daily = isDailyOrLonger(parseTimeframe(timeframe));
    const show = daily ? isoDate : (at: number) => isoTime(at).slice(0, 16).replace('T', ' ');
    throw new RenataError(
      'BAD_INPUT',
      `${side}: ${show(time)} lies outside the data of ${source}, which reach from ${show(data.firstTime)} to ${show(data.lastTime)}; choose a date between them.`,
      { details: { parameter: side, firstTime: data.firstTime, lastTime: data.lastTime } },
    );
  }
}

export function cutBars(bars: BarColumns, { start, end }: Range): BarColumns {
  const from = start === null ? 0 : lowerBound(bars.time, start);
  const to = end === null ? bars.time.length : lowerBound(bars.time, end + 1);
  if (from >= to) {
    throw new RenataError('BAD_INPUT', 'There is no bar between start and end; widen the range.', {
      details: { parameter: 'start' },
    });
  }
  return sliceColumns(bars, from, to);
}

/** `SMA cross 10/30 on SPX 1d` */
function titleOf(strategy: PreparedStrategy, symbol: string, timeframe: string): string {
  const values = Object.values(strategy.parameters).filter((value) => typeof value === 'number');
  const name = [strategy.title, values.join('/')].filter(Boolean).join(' ');
  return `${name} on ${symbol} ${timeframe}`;
}
