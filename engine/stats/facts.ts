import type { BacktestSettings, TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { tradingActivity, type TradingActivity } from './activity.ts';
import { calendarReturns, type CalendarSpan } from './calendar-returns.ts';
import { mean, returnsOf } from './moments.ts';
import { periodsPerYear } from './periods.ts';
import { sampleOfShape, type SharpeSample } from './probabilistic-sharpe.ts';
import { activeReturns, betaOf } from './relative.ts';
import { shapeOf, type Shape } from './shape.ts';
import { tradeStatistics, type TradeStatistics } from './trade-statistics.ts';
import { maxDrawdown, ulcerIndex } from './underwater.ts';

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

/** Closed trades of a run, in the order of their exits. */
export interface ClosedTrades {
  readonly pnl: Float64Array;
  readonly returns: Float64Array;
  readonly days: Float64Array;
  readonly mae: Float64Array;
  readonly mfe: Float64Array;
}

/** Everything that more than one figure is made from, computed when first asked for. */
export class RunFacts {
  readonly input: StatisticsInput;
  /** Capital at the start, then each mark, so that the first bar's return counts. */
  readonly curve: Float64Array;
  /** Times of `curve`; the capital is there at the time of the first bar. */
  readonly curveTime: Float64Array;
  readonly periods: number;
  /** Risk-free return of one period. */
  readonly rate: number;
  readonly count: number;
  /** Days from the first to the last bar. */
  readonly days: number;
  readonly final: number;
  /** Final equity over the capital. */
  readonly growth: number;
  #returns: Float64Array | undefined;
  #market: Float64Array | undefined;
  #daily: Float64Array | undefined;
  #shape: Shape | undefined;
  #beta: number | undefined;
  #depth: number | undefined;
  #ulcer: number | undefined;
  #trades: TradeStatistics | undefined;
  #closed: ClosedTrades | undefined;
  #active: Float64Array | undefined;
  #activity: TradingActivity | undefined;

  constructor(input: StatisticsInput) {
    const { bars, settings, equity } = input;
    const { time } = bars;
    this.input = input;
    this.count = time.length;
    this.periods = settings.periodsPerYear ?? periodsPerYear(time);
    this.rate = settings.riskFreeRate / this.periods;
    this.curve = withStart(settings.cash, equity);
    this.curveTime = withStart(time[0] ?? Number.NaN, time);
    this.days = ((time.at(-1) ?? Number.NaN) - (time[0] ?? Number.NaN)) / MS_PER_DAY;
    this.final = equity.at(-1) ?? settings.cash;
    this.growth = this.final / settings.cash;
  }

  get returns(): Float64Array {
    this.#returns ??= returnsOf(this.curve);
    return this.#returns;
  }

  get market(): Float64Array {
    this.#market ??= returnsOf(withStart(this.input.settings.cash, this.input.benchmark));
    return this.#market;
  }

  /** Returns above the benchmark's. */
  get active(): Float64Array {
    this.#active ??= activeReturns(this.returns, this.market);
    return this.#active;
  }

  get activity(): TradingActivity {
    const { bars, equity, settings, trades } = this.input;
    this.#activity ??= tradingActivity(bars, equity, settings.cash, trades);
    return this.#activity;
  }

  /** Returns of each day (UTC) with a bar; the same as `returns` for bars of a day or longer. */
  get daily(): Float64Array {
    this.#daily ??= this.spans('day');
    return this.#daily;
  }

  get shape(): Shape {
    this.#shape ??= shapeOf(this.returns);
    return this.#shape;
  }

  get sharpe(): SharpeSample {
    return sampleOfShape(this.shape, this.rate);
  }

  get beta(): number {
    this.#beta ??= betaOf(this.returns, this.market);
    return this.#beta;
  }

  /** Depth of the deepest drawdown. */
  get depth(): number {
    this.#depth ??= maxDrawdown(this.curve);
    return this.#depth;
  }

  get ulcer(): number {
    this.#ulcer ??= ulcerIndex(this.curve);
    return this.#ulcer;
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
    const { position } = this.input;
    let held = 0;
    for (let i = 0; i < position.length; i += 1) if (position[i] !== 0) held += 1;
    return held / this.count;
  }

  get tradeStatistics(): TradeStatistics {
    this.#trades ??= tradeStatistics(this.input.trades);
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
    return calendarReturns(bars.time, equity, settings.cash, span).returns;
  }

  /** Mean of what passes a test among the trades' returns. */
  averageTrade(test: (value: number) => boolean): number {
    return mean(this.closed.returns.filter(test));
  }
}

function closedTrades(trades: TradeColumns): ClosedTrades {
  const pick = (column: Float64Array): Float64Array =>
    column.subarray(0, trades.count).filter((_value, i) => trades.open[i] === 0);
  const entries = pick(trades.entryTime);
  return {
    pnl: pick(trades.pnl),
    returns: pick(trades.returnFraction),
    days: pick(trades.exitTime).map((time, i) => (time - (entries[i] as number)) / MS_PER_DAY),
    mae: pick(trades.mae),
    mfe: pick(trades.mfe),
  };
}

function withStart(first: number, values: Float64Array): Float64Array {
  const whole = new Float64Array(values.length + 1);
  whole[0] = first;
  whole.set(values, 1);
  return whole;
}
