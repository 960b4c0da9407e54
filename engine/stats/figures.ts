import type { Statistic } from '../domain/backtest.ts';
import { leverageOf } from './activity.ts';
import { longestRuns, summariseSpans } from './calendar-returns.ts';
import { summariseExcursions } from './excursions.ts';
import type { RunFacts } from './facts.ts';
import { deviation, geometricMean, mean, STILL } from './moments.ts';
import { probabilisticSharpe, sharpeError } from './probabilistic-sharpe.ts';
import * as relative from './relative.ts';
import * as ratios from './risk-ratios.ts';
import { autocorrelation, sampleKurtosis, sampleSkew } from './shape.ts';
import * as depths from './underwater.ts';

/** Where a report shows a figure. */
export type FigureGroup =
  | 'return'
  | 'risk'
  | 'ratio'
  | 'drawdown'
  | 'benchmark'
  | 'days'
  | 'trades'
  | 'activity';

/** One figure of the catalogue. */
export interface Figure {
  /** Name of QuantStats' function where it has one. */
  readonly id: string;
  /** Label as users of the field know it. */
  readonly name: string;
  readonly unit: Statistic['unit'];
  readonly group: FigureGroup;
  /** A fraction where the unit is percent; NaN where it is not defined. */
  value(facts: RunFacts): number;
}

type Definition = readonly [
  id: string,
  name: string,
  unit: Statistic['unit'],
  value: (facts: RunFacts) => number,
];

function group(name: FigureGroup, definitions: readonly Definition[]): Figure[] {
  return definitions.map(([id, label, unit, value]) => ({
    id,
    name: label,
    unit,
    group: name,
    value,
  }));
}

/** Figures of a series of daily returns. */
const DAILY: readonly Definition[] = [
  ['best_day', 'Best Day [%]', 'percent', (f) => summariseSpans(f.daily).best],
  ['worst_day', 'Worst Day [%]', 'percent', (f) => summariseSpans(f.daily).worst],
  ['best_month', 'Best Month [%]', 'percent', (f) => summariseSpans(f.spans('month')).best],
  ['worst_month', 'Worst Month [%]', 'percent', (f) => summariseSpans(f.spans('month')).worst],
  ['best_year', 'Best Year [%]', 'percent', (f) => summariseSpans(f.spans('year')).best],
  ['worst_year', 'Worst Year [%]', 'percent', (f) => summariseSpans(f.spans('year')).worst],
  ['win_days', 'Win Days [%]', 'percent', (f) => summariseSpans(f.daily).winRate],
  ['win_months', 'Win Months [%]', 'percent', (f) => summariseSpans(f.spans('month')).winRate],
  [
    'win_quarters',
    'Win Quarters [%]',
    'percent',
    (f) => summariseSpans(f.spans('quarter')).winRate,
  ],
  ['win_years', 'Win Years [%]', 'percent', (f) => summariseSpans(f.spans('year')).winRate],
  [
    'avg_up_month',
    'Avg. Up Month [%]',
    'percent',
    (f) => summariseSpans(f.spans('month')).averageUp,
  ],
  [
    'avg_down_month',
    'Avg. Down Month [%]',
    'percent',
    (f) => summariseSpans(f.spans('month')).averageDown,
  ],
  ['consecutive_win_days', 'Max. Consecutive Win Days', 'count', (f) => longestRuns(f.daily).wins],
  [
    'consecutive_loss_days',
    'Max. Consecutive Loss Days',
    'count',
    (f) => longestRuns(f.daily).losses,
  ],
];

const RETURNS: readonly Definition[] = [
  ['expected_return_daily', 'Expected Daily Return [%]', 'percent', (f) => geometricMean(f.daily)],
  [
    'expected_return_monthly',
    'Expected Monthly Return [%]',
    'percent',
    (f) => geometricMean(f.spans('month')),
  ],
  [
    'expected_return_yearly',
    'Expected Yearly Return [%]',
    'percent',
    (f) => geometricMean(f.spans('year')),
  ],
  ['rar', 'Return over Exposure [%]', 'percent', (f) => f.cagr / f.exposure],
];

const RISK: readonly Definition[] = [
  ['skew', 'Skew', 'ratio', (f) => sampleSkew(f.shape)],
  ['kurtosis', 'Kurtosis', 'ratio', (f) => sampleKurtosis(f.shape)],
  ['autocorrelation', 'Autocorrelation', 'ratio', (f) => autocorrelation(f.returns)],
  [
    'downside_deviation',
    'Downside Deviation (Ann.) [%]',
    'percent',
    (f) => f.sums.downside * Math.sqrt(f.periods),
  ],
  ['value_at_risk', 'Daily Value at Risk 95 % [%]', 'percent', (f) => ratios.valueAtRisk(f.daily)],
  [
    'conditional_value_at_risk',
    'Daily Expected Shortfall 95 % [%]',
    'percent',
    (f) => ratios.conditionalValueAtRisk(f.daily),
  ],
  [
    'value_at_risk_normal',
    'Daily Value at Risk 95 %, normal [%]',
    'percent',
    (f) => ratios.valueAtRisk(f.daily, 0.95, 'normal'),
  ],
  [
    'conditional_value_at_risk_normal',
    'Daily Expected Shortfall 95 %, normal [%]',
    'percent',
    (f) => ratios.conditionalValueAtRisk(f.daily, 0.95, 'normal'),
  ],
  ['risk_of_ruin', 'Risk of Ruin [%]', 'percent', (f) => ratios.riskOfRuin(f.daily)],
];

const RATIOS: readonly Definition[] = [
  [
    'probabilistic_sharpe_ratio',
    'Probabilistic Sharpe Ratio [%]',
    'percent',
    (f) => probabilisticSharpe(f.sharpe),
  ],
  [
    'sharpe_error',
    'Sharpe Ratio Std. Error',
    'ratio',
    (f) => sharpeError(f.sharpe) * Math.sqrt(f.periods),
  ],
  [
    'smart_sharpe',
    'Smart Sharpe Ratio',
    'ratio',
    (f) => ratios.smartSharpe(f.returns, f.periods, f.rate),
  ],
  [
    'smart_sortino',
    'Smart Sortino Ratio',
    'ratio',
    (f) => ratios.smartSortino(f.returns, f.periods, f.rate),
  ],
  [
    'adjusted_sortino',
    'Adjusted Sortino Ratio',
    'ratio',
    (f) => ratios.adjustedSortino(f.returns, f.periods, f.rate),
  ],
  ['omega', 'Omega Ratio', 'ratio', ({ sums }) => over(sums.above, sums.below, sums.downside)],
  ['gain_to_pain_ratio', 'Gain-to-Pain Ratio', 'ratio', (f) => ratios.gainToPain(f.daily)],
  [
    'gain_to_pain_ratio_monthly',
    'Gain-to-Pain Ratio (Months)',
    'ratio',
    (f) => ratios.gainToPain(f.spans('month')),
  ],
  ['tail_ratio', 'Tail Ratio', 'ratio', (f) => ratios.tailRatio(f.daily)],
  ['common_sense_ratio', 'Common Sense Ratio', 'ratio', (f) => ratios.commonSenseRatio(f.daily)],
  ['cpc_index', 'CPC Index', 'ratio', (f) => ratios.cpcIndex(f.daily)],
  ['payoff_ratio', 'Payoff Ratio (Days)', 'ratio', (f) => ratios.payoffRatio(f.daily)],
  ['profit_factor', 'Profit Factor (Days)', 'ratio', (f) => ratios.profitFactorOf(f.daily)],
  ['outlier_win_ratio', 'Outlier Win Ratio', 'ratio', (f) => ratios.outlierWinRatio(f.daily)],
  ['outlier_loss_ratio', 'Outlier Loss Ratio', 'ratio', (f) => ratios.outlierLossRatio(f.daily)],
  ['kelly_criterion', 'Kelly Criterion (Days)', 'ratio', (f) => ratios.kellyCriterion(f.daily)],
];

const DRAWDOWN: readonly Definition[] = [
  ['ulcer_index', 'Ulcer Index [%]', 'percent', (f) => f.falls.ulcer],
  [
    'ulcer_performance_index',
    'Ulcer Performance Index',
    'ratio',
    (f) => over(f.annual - f.input.settings.riskFreeRate, f.falls.ulcer),
  ],
  ['pain_index', 'Pain Index [%]', 'percent', (f) => depths.painIndex(f.curve)],
  [
    'pain_ratio',
    'Pain Ratio',
    'ratio',
    (f) => depths.painRatio(f.curve, f.annual, f.input.settings.riskFreeRate),
  ],
  [
    'serenity_index',
    'Serenity Index',
    'ratio',
    (f) => depths.serenityIndex(f.curve, f.input.settings.riskFreeRate),
  ],
  ['recovery_factor', 'Recovery Factor', 'ratio', (f) => over(f.growth - 1, f.falls.deepest)],
  ['time_under_water', 'Time under Water [%]', 'percent', (f) => depths.timeUnderwater(f.curve)],
  [
    'drawdown_recovery',
    'Max. Drawdown Recovery',
    'days',
    (f) => depths.recoveryDays(f.curve, f.curveTime).longest,
  ],
];

const BENCHMARK: readonly Definition[] = [
  ['r_squared', 'R²', 'ratio', (f) => f.sums.correlation ** 2],
  [
    'tracking_error',
    'Tracking Error (Ann.) [%]',
    'percent',
    (f) => f.sums.activeDeviation * Math.sqrt(f.periods),
  ],
  [
    'information_ratio',
    'Information Ratio',
    'ratio',
    ({ sums, periods }) => ratios.riskRatio(sums.activeMean, sums.activeDeviation, periods),
  ],
  [
    'treynor_ratio',
    'Treynor Ratio',
    'ratio',
    (f) => relative.treynorRatio(f.annual, f.input.settings.riskFreeRate, f.beta),
  ],
  [
    'appraisal_ratio',
    'Appraisal Ratio',
    'ratio',
    (f) => relative.appraisalRatio(f.returns, f.market, f.periods, f.rate),
  ],
  ['up_capture', 'Up Capture', 'ratio', (f) => relative.captureRatio(f.returns, f.market, 'up')],
  [
    'down_capture',
    'Down Capture',
    'ratio',
    (f) => relative.captureRatio(f.returns, f.market, 'down'),
  ],
];

const TRADES: readonly Definition[] = [
  ['open_trades', '# Open Trades', 'count', (f) => f.openTrades.count],
  ['open_trade_pnl', 'Open Trade PnL [$]', 'currency', (f) => f.openTrades.pnl],
  ['avg_win', 'Avg. Winning Trade [%]', 'percent', (f) => f.averageTrade((value) => value > 0)],
  ['avg_loss', 'Avg. Losing Trade [%]', 'percent', (f) => f.averageTrade((value) => value < 0)],
  ['trade_payoff_ratio', 'Payoff Ratio', 'ratio', (f) => ratios.payoffRatio(f.closed.pnl)],
  [
    'avg_win_duration',
    'Avg. Winning Trade Duration',
    'days',
    (f) => mean(f.closed.days.filter((_days, i) => (f.closed.pnl[i] as number) > 0)),
  ],
  [
    'avg_loss_duration',
    'Avg. Losing Trade Duration',
    'days',
    (f) => mean(f.closed.days.filter((_days, i) => (f.closed.pnl[i] as number) < 0)),
  ],
  ['consecutive_wins', 'Max. Consecutive Wins', 'count', (f) => longestRuns(f.closed.pnl).wins],
  [
    'consecutive_losses',
    'Max. Consecutive Losses',
    'count',
    (f) => longestRuns(f.closed.pnl).losses,
  ],
  ['trade_cpc_index', 'CPC Index (Trades)', 'ratio', (f) => ratios.cpcIndex(f.closed.pnl)],
  ['trade_deviation', 'Trade Std. Deviation [%]', 'percent', (f) => deviation(f.closed.returns)],
  ['avg_mae', 'Avg. MAE [%]', 'percent', (f) => mean(f.closed.mae)],
  ['avg_mfe', 'Avg. MFE [%]', 'percent', (f) => mean(f.closed.mfe)],
  ['worst_mae', 'Worst MAE [%]', 'percent', (f) => summariseExcursions(f.input.trades).worstMae],
  ['edge_ratio', 'Edge Ratio', 'ratio', (f) => summariseExcursions(f.input.trades).edgeRatio],
  [
    'mfe_captured',
    'MFE Captured [%]',
    'percent',
    (f) => summariseExcursions(f.input.trades).captured,
  ],
  [
    'end_trade_drawdown',
    'Avg. End-Trade Drawdown [%]',
    'percent',
    (f) => summariseExcursions(f.input.trades).givenBack,
  ],
];

const ACTIVITY: readonly Definition[] = [
  ['portfolio_turnover', 'Portfolio Turnover [%]', 'percent', (f) => f.activity.turnover],
  [
    'estimated_strategy_capacity',
    'Estimated Strategy Capacity [$]',
    'currency',
    (f) => f.activity.capacity,
  ],
  [
    'max_gross_exposure',
    'Max. Gross Exposure [%]',
    'percent',
    (f) => leverageOf(f.input.bars.close, f.input.position, f.input.equity).largest,
  ],
  [
    'avg_gross_exposure',
    'Avg. Gross Exposure [%]',
    'percent',
    (f) => leverageOf(f.input.bars.close, f.input.position, f.input.equity).average,
  ],
];

/** Every figure beyond the statistics that a run lists itself. */
export const FIGURES: readonly Figure[] = [
  ...group('return', RETURNS),
  ...group('risk', RISK),
  ...group('ratio', RATIOS),
  ...group('drawdown', DRAWDOWN),
  ...group('benchmark', BENCHMARK),
  ...group('days', DAILY),
  ...group('trades', TRADES),
  ...group('activity', ACTIVITY),
];

/** Figures that a run lists after its statistics: those that cost a pass or two over the bars. */
const LISTED = new Set([
  'probabilistic_sharpe_ratio',
  'omega',
  'skew',
  'kurtosis',
  'ulcer_index',
  'ulcer_performance_index',
  'recovery_factor',
  'r_squared',
  'tracking_error',
  'information_ratio',
  'treynor_ratio',
  'avg_win',
  'avg_loss',
  'trade_payoff_ratio',
  'consecutive_wins',
  'consecutive_losses',
  'avg_mae',
  'avg_mfe',
  'portfolio_turnover',
  'estimated_strategy_capacity',
]);

const LISTED_FIGURES = FIGURES.filter(({ id }) => LISTED.has(id));

/** The figures that a run lists itself, in the order of the catalogue. */
export function listedFigures(facts: RunFacts): Statistic[] {
  return LISTED_FIGURES.map((figure) => statisticOf(figure, facts));
}

/** Every figure of the catalogue, in its order. */
export function everyFigure(facts: RunFacts): Statistic[] {
  return FIGURES.map((figure) => statisticOf(figure, facts));
}

function statisticOf({ name, unit, value }: Figure, facts: RunFacts): Statistic {
  const raw = value(facts) * (unit === 'percent' ? 100 : 1);
  return { name, unit, value: Number.isFinite(raw) ? raw : Number.NaN };
}

/** A ratio to a risk; NaN where the risk is rounding only. */
function over(above: number, below: number, risk = below): number {
  return risk > STILL ? above / below : Number.NaN;
}
