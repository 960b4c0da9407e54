import type { BacktestSettings, TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { tradingActivity, type TradingActivity } from './activity.ts';
import { calendarReturns, type CalendarSpan } from './calendar-returns.ts';
import { barDays, type BarDays } from './days.ts';
import { fallsOf, type Falls } from './falls.ts';
import { mean } from './moments.ts';
import { periodsPerYear } from './periods.ts';
import { sampleOfShape, type SharpeSample } from './probabilistic-sharpe.ts';
import { sumReturns, type ReturnSums } from './return-sums.ts';
import type { Shape } from './shape.ts';
import {
  closedTrades,
  tradeStatistics,
  type ClosedTrades,
  type TradeStatistics,
} from './trade-statistics.ts';

/** Days in a year of the calendar, for CAGR. */
const DAYS_PER_YEAR = 365.25;

/** What a run leaves behind for its statistics. */
export interface StatisticsInput {
  readonly bars: BarColumns;
  readonly settings: BacktestSettings;
  /** Marks at each close, one a bar. */
  readonly equity: Float64Array;
  readonly position: Float64Array;
  /** Equity of buying and holding, one a bar. */
  readonly benchmark: Float64Array;
  readonly trades: TradeColumns;
  readonly commissionPaid: number;
}

/** Everything that more than one figure is made from, computed when first asked for. */
export class RunFacts {
  readonly input: StatisticsInput;
  readonly periods: number;
  /** Risk-free return of one period. */
  readonly rate: number;
  readonly count: number;
  /** Days from the first to the last bar. */
  readonly days: number;
  readonly final: number;
  /** Final equity over the capital. */
  readonly growth: number;
  #curve: Float64Array | undefined;
  #curveTime: Float64Array | undefined;
  #days: BarDays | undefined;
  #sums: ReturnSums | undefined;
  #falls: Falls | undefined;
  #spans = new Map<CalendarSpan, Float64Array>();
  #trades: TradeStatistics | undefined;
  #closed: ClosedTrades | undefined;
  #activity: TradingActivity | undefined;

  constructor(input: StatisticsInput) {
    const { bars, settings, equity } = input;
    const { time } = bars;
    this.input = input;
    this.count = time.length;
    this.periods = settings.periodsPerYear ?? periodsPerYear(time, this.barDays);
    this.rate = settings.riskFreeRate / this.periods;
    this.days = ((time.at(-1) ?? Number.NaN) - (time[0] ?? Number.NaN)) / MS_PER_DAY;
    this.final = equity.at(-1) ?? settings.cash;
    this.growth = this.final / settings.cash;
  }

  /** Capital at the start, then each mark, so that the first bar's return counts. */
  get curve(): Float64Array {
    this.#curve ??= withStart(this.input.settings.cash, this.input.equity);
    return this.#curve;
  }

  /** Times of `curve`; the capital is there at the time of the first bar. */
  get curveTime(): Float64Array {
    const { time } = this.input.bars;
    this.#curveTime ??= withStart(time[0] ?? Number.NaN, time);
    return this.#curveTime;
  }

  get barDays(): BarDays {
    this.#days ??= barDays(this.input.bars.time);
    return this.#days;
  }

  /** Sums of the returns and of the benchmark's, which most figures are made from. */
  get sums(): ReturnSums {
    const { settings, equity, benchmark } = this.input;
    this.#sums ??= sumReturns(settings.cash, equity, benchmark, this.rate);
    return this.#sums;
  }

  get returns(): Float64Array {
    return this.sums.returns;
  }

  get market(): Float64Array {
    return this.sums.market;
  }

  get falls(): Falls {
    const { settings, equity, bars } = this.input;
    this.#falls ??= fallsOf(settings.cash, equity, bars.time);
    return this.#falls;
  }

  get activity(): TradingActivity {
    const { bars, equity, settings, trades } = this.input;
    this.#activity ??= tradingActivity(bars, equity, settings.cash, trades, this.barDays);
    return this.#activity;
  }

  /** Returns of each day (UTC) with a bar; the same as `returns` for bars of a day or longer. */
  get daily(): Float64Array {
    return this.spans('day');
  }

  get shape(): Shape {
    return this.sums.shape;
  }

  get sharpe(): SharpeSample {
    return sampleOfShape(this.shape, this.rate);
  }

  get beta(): number {
    return this.sums.beta;
  }

  /** Geometric return a year, by bars. */
  get annual(): number {
    return this.growth > 0 ? this.growth ** (this.periods / this.count) - 1 : -1;
  }

  /** Geometric return a year, by the calendar. */
  get cagr(): number {
    return this.growth > 0 ? this.growth ** (DAYS_PER_YEAR / this.days) - 1 : -1;
  }

  /** Part of the bars that end with a position. */
  get exposure(): number {
    return barsHeld(this.input.position) / this.count;
  }

  get tradeStatistics(): TradeStatistics {
    this.#trades ??= tradeStatistics(this.input.trades, this.closed);
    return this.#trades;
  }

  get closed(): ClosedTrades {
    this.#closed ??= closedTrades(this.input.trades);
    return this.#closed;
  }

  /** Trades that were still open at the end, and what they had earned by then. */
  get openTrades(): { readonly count: number; readonly pnl: number } {
    const { trades } = this.input;
    let count = 0;
    let pnl = 0;
    for (let i = 0; i < trades.count; i += 1) {
      if (trades.open[i] === 0) continue;
      count += 1;
      pnl += trades.pnl[i] as number;
    }
    return { count, pnl };
  }

  spans(span: CalendarSpan): Float64Array {
    const { bars, equity, settings } = this.input;
    const found =
      this.#spans.get(span) ?? calendarReturns(bars.time, equity, settings.cash, span).returns;
    this.#spans.set(span, found);
    return found;
  }

  /** Mean of what passes a test among the trades' returns. */
  averageTrade(test: (value: number) => boolean): number {
    return mean(this.closed.returns.filter(test));
  }
}

/** Bars in one call. */
const BLOCK = 8_192;

function barsHeld(position: Float64Array): number {
  let held = 0;
  for (let from = 0; from < position.length; from += BLOCK) {
    held += countHeld(position, from, Math.min(from + BLOCK, position.length));
  }
  return held;
}

function countHeld(position: Float64Array, from: number, to: number): number {
  let held = 0;
  for (let i = from; i < to; i += 1) if ((position[i] as number) !== 0) held += 1;
  return held;
}

function withStart(first: number, values: Float64Array): Float64Array {
  const whole = new Float64Array(values.length + 1);
  whole[0] = first;
  whole.set(values, 1);
  return whole;
}
