import type { BacktestSettings, Statistic } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { STILL } from '../stats/moments.ts';
import { periodsPerYear } from '../stats/periods.ts';

/** A figure of each combination: the statistic of docs/statistics.md with that title, in its unit. */
export interface Metric {
  readonly name: string;
  readonly title: string;
  readonly unit: Statistic['unit'];
}

/** In the order of a row. */
export const METRICS: readonly Metric[] = [
  { name: 'return', title: 'Return [%]', unit: 'percent' },
  { name: 'cagr', title: 'CAGR [%]', unit: 'percent' },
  { name: 'sharpe', title: 'Sharpe Ratio', unit: 'ratio' },
  { name: 'sortino', title: 'Sortino Ratio', unit: 'ratio' },
  { name: 'max_drawdown', title: 'Max. Drawdown [%]', unit: 'percent' },
  { name: 'trades', title: '# Trades', unit: 'count' },
  { name: 'win_rate', title: 'Win Rate [%]', unit: 'percent' },
  { name: 'profit_factor', title: 'Profit Factor', unit: 'ratio' },
  { name: 'exposure', title: 'Exposure Time [%]', unit: 'percent' },
  { name: 'final_equity', title: 'Equity Final [$]', unit: 'currency' },
];

export const METRIC_NAMES: readonly string[] = METRICS.map(({ name }) => name);

/** Days in a year of the calendar, for CAGR. */
const DAYS_PER_YEAR = 365.25;

/** What all combinations of a sweep share. */
export interface Frame {
  readonly bars: BarColumns;
  readonly settings: BacktestSettings;
  readonly length: number;
  readonly days: number;
  readonly periods: number;
  /** Risk-free return of one bar. */
  readonly perPeriod: number;
  /** Square root of the bars in a year. */
  readonly year: number;
}

export function frameOf(bars: BarColumns, settings: BacktestSettings): Frame {
  const { time } = bars;
  const length = time.length;
  const periods = settings.periodsPerYear ?? periodsPerYear(time);
  return {
    bars,
    settings,
    length,
    days: ((time[length - 1] ?? Number.NaN) - (time[0] ?? Number.NaN)) / MS_PER_DAY,
    periods,
    perPeriod: settings.riskFreeRate / periods,
    year: Math.sqrt(periods),
  };
}

/** What an evaluation has found, before it becomes figures. Reused from one combination to the next. */
export class Findings {
  final = 0;
  /** Mean and deviation of the returns of the bars. */
  mean = 0;
  spread = 0;
  /** Root of the mean square of the returns below the risk-free one. */
  downside = 0;
  /** Deepest fall as a fraction of its peak. */
  deepest = 0;
  trades = 0;
  wins = 0;
  losses = 0;
  gained = 0;
  /** Sum of the losing trades, not above 0. */
  lost = 0;
  /** Bars with a position. */
  held = 0;
}

/** Writes the metrics of a combination from `out[at]` on, by the formulas of the event-driven engine. */
export function writeMetrics(
  frame: Frame,
  findings: Findings,
  out: Float64Array,
  at: number,
): void {
  const { final, mean, spread, downside, trades } = findings;
  const growth = final / frame.settings.cash;
  const excess = mean - frame.perPeriod;
  out[at] = defined((growth - 1) * 100);
  out[at + 1] = defined((growth > 0 ? growth ** (DAYS_PER_YEAR / frame.days) - 1 : -1) * 100);
  out[at + 2] = spread > STILL ? defined((excess / spread) * frame.year) : Number.NaN;
  out[at + 3] = downside > STILL ? defined((excess / downside) * frame.year) : Number.NaN;
  out[at + 4] = defined(-findings.deepest * 100);
  out[at + 5] = trades;
  out[at + 6] = defined((findings.wins / trades) * 100);
  out[at + 7] = findings.losses === 0 ? Number.NaN : defined(findings.gained / -findings.lost);
  out[at + 8] = defined((findings.held / frame.length) * 100);
  out[at + 9] = defined(final);
}

/** Writes the metrics of an event-driven run. */
export function writeStatistics(
  statistics: readonly Statistic[],
  out: Float64Array,
  at: number,
): void {
  for (const [k, { title }] of METRICS.entries()) {
    out[at + k] = statistics.find(({ name }) => name === title)?.value ?? Number.NaN;
  }
}

function defined(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
