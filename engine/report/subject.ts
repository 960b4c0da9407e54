import type {
  AmbiguousTrades,
  BacktestSettings,
  FillColumns,
  OrderColumns,
  Resolution,
  Statistic,
  TradeColumns,
} from '../domain/backtest.ts';
import type { Adjustment, BarColumns } from '../domain/bar.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import { isDailyOrLonger, timeframe, timeframeMillis } from '../domain/timeframe.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { monthlyTable, type YearRow } from '../stats/calendar-returns.ts';
import { returnsOf } from '../stats/moments.ts';
import { periodsPerYear } from '../stats/periods.ts';
import { deepestDrawdowns, underwater, type DrawdownRow } from '../stats/underwater.ts';

const MOST_DRAWDOWNS = 10;

/** A finished run, as the contract has it. */
export interface ReportRun {
  readonly summary: {
    readonly id: string;
    readonly createdAt: number;
    readonly request: {
      readonly strategy: string;
      readonly parameters: ParameterValues;
      readonly datasetId: string;
      /** What a run of several instruments traded. */
      readonly instruments?: string[] | undefined;
      readonly adjustment: Adjustment;
      readonly start: number | null;
      readonly end: number | null;
      readonly settings: BacktestSettings;
      /** Whether splits and dividends were applied. */
      readonly events?: boolean | undefined;
      /** How it was decided what came first inside a bar. */
      readonly resolve?: Resolution | undefined;
    };
    readonly symbol: string;
    readonly timeframe: string;
    readonly dataHash: string;
    /** Of the text of a strategy that is no part of the program. */
    readonly strategyHash?: string | undefined;
    readonly barCount: number;
    readonly firstTime: number;
    readonly lastTime: number;
    readonly orderHash: string;
    readonly statistics: readonly Statistic[];
    /** What has to be known to judge the result, one sentence each. */
    readonly notes?: readonly string[] | undefined;
  };
  readonly time: Float64Array;
  readonly equity: Float64Array;
  /** One mark a bar; another length or no number at all means that there is none. */
  readonly benchmark: Float64Array;
  readonly position: Float64Array;
  readonly orders: OrderColumns;
  readonly trades: TradeColumns;
  /** There when an order was filled in more than one piece. */
  readonly fills?: FillColumns | undefined;
  /** Absent when no trade depends on the order of prices inside a bar. */
  readonly ambiguous?: AmbiguousTrades | undefined;
  /** Of a run of several; `instrument` in orders and trades counts them. */
  readonly instruments?: readonly ReportInstrument[] | undefined;
}

export interface ReportInstrument {
  readonly symbol: string;
  readonly barCount: number;
  /** Value of its position as a part of the equity, at each bar of the run. */
  readonly weight: Float64Array;
}

export interface TearSheetInput {
  readonly run: ReportRun;
  /** The bars that the run read; null when they are not to be had any more. */
  readonly bars: BarColumns | null;
  /** The strategy's name for people; its id by default. */
  readonly strategyTitle?: string;
  /** Symbol of the currency's code, such as USD; left out when it is not known. */
  readonly currency?: string;
  /** IANA zone of weekdays and hours; those of daily and longer bars are dates and need none. */
  readonly zone?: string;
  /** Version of the program. */
  readonly version: string;
}

/** A run with what several sections need, computed once. */
export interface Subject extends TearSheetInput {
  readonly title: string;
  readonly zone: string;
  readonly daily: boolean;
  /** Whether a bar is no longer than a day. */
  readonly withinDay: boolean;
  /** Starting cash before the marks. */
  readonly equity: Float64Array;
  readonly market: Float64Array;
  /** Whether there is a benchmark; where not, its columns hold NaN. */
  readonly compared: boolean;
  /** One return a bar, the first against the starting cash. */
  readonly returns: Float64Array;
  readonly marketReturns: Float64Array;
  /** Times of `equity`: the first bar's comes twice. */
  readonly markTime: Float64Array;
  /** How far each mark lies below the highest so far, 0 or negative, as fractions. */
  readonly depth: Float64Array;
  readonly marketDepth: Float64Array;
  /** The deepest drawdowns, deepest first. */
  readonly worst: readonly DrawdownRow[];
  /** Tables of months with the years' totals. */
  readonly years: readonly YearRow[];
  readonly marketYears: readonly YearRow[];
  /** Bars in a year, and the risk-free return of one. */
  readonly periods: number;
  readonly rate: number;
}

export function subjectOf(input: TearSheetInput): Subject {
  const { run } = input;
  const { request, symbol, timeframe: frame } = run.summary;
  const { cash, periodsPerYear: given, riskFreeRate } = request.settings;
  const daily = isDailyOrLonger(timeframe(frame));
  const zone = daily ? 'UTC' : (input.zone ?? 'UTC');
  const equity = withFirst(cash, run.equity);
  const compared =
    run.benchmark.length === run.time.length && run.benchmark.some((mark) => Number.isFinite(mark));
  const benchmark = compared ? run.benchmark : new Float64Array(run.time.length).fill(Number.NaN);
  const market = withFirst(cash, benchmark);
  const periods = given ?? periodsPerYear(run.time);
  const markTime = withFirst(run.time[0] ?? 0, run.time);
  // Bars of one instrument say nothing of the trades of several.
  const alone = run.instruments === undefined && input.bars?.time.length === run.time.length;
  const bars = alone ? input.bars : null;
  return {
    ...input,
    run: { ...run, benchmark },
    bars,
    title: titleOf(input.strategyTitle ?? request.strategy, request.parameters, symbol, frame),
    zone,
    daily,
    withinDay: timeframeMillis(timeframe(frame)) <= MS_PER_DAY,
    equity,
    market,
    compared,
    returns: returnsOf(equity),
    marketReturns: returnsOf(market),
    markTime,
    depth: underwater(equity),
    marketDepth: underwater(market),
    years: monthlyTable(run.time, run.equity, cash, zone),
    marketYears: monthlyTable(run.time, benchmark, cash, zone),
    worst: deepestDrawdowns(equity, markTime, MOST_DRAWDOWNS),
    periods,
    rate: riskFreeRate / periods,
  };
}

/** `SMA cross 10/30 on SPX 1d` */
export function titleOf(
  strategy: string,
  parameters: ParameterValues,
  symbol: string,
  frame: string,
): string {
  const values = Object.values(parameters).filter((value) => typeof value === 'number');
  return `${[strategy, values.join('/')].filter(Boolean).join(' ')} on ${symbol} ${frame}`;
}

function withFirst(first: number, rest: Float64Array): Float64Array {
  const whole = new Float64Array(rest.length + 1);
  whole[0] = first;
  whole.set(rest, 1);
  return whole;
}
