import { flat } from '../comparison.ts';
import { change, days, figure, instant, money, percent, statisticText, tone } from '../figures.ts';
import { markup, type Markup, type Part } from '../markup.ts';
import type { Subject } from '../subject.ts';
import { facts, section, table } from '../table.ts';
import { MS_PER_DAY } from '../../domain/time.ts';
import { summariseSpans, type SpanSummary, type YearRow } from '../../stats/calendar-returns.ts';
import { omegaRatio, riskRatio, sortinoRatio } from '../../stats/risk-ratios.ts';
import { meanUpTo, quantilesOf } from '../../stats/selection.ts';
import { sampleKurtosis, sampleSkew, shapeOf } from '../../stats/shape.ts';
import { drawdownsOf } from '../../stats/drawdowns.ts';

/** A statistic of the run by its name; NaN when the run has none of that name. */
export function statistic({ run }: Pick<Subject, 'run'>, name: string): number {
  return run.summary.statistics.find((each) => each.name === name)?.value ?? Number.NaN;
}

/** The figures that are looked for first. */
export function keyFigures(subject: Subject): Markup {
  const of = (name: string): number => statistic(subject, name);
  const tile = (name: string, text: string, value: number, below: string): Markup =>
    markup`<div class="tile"><dt>${name}</dt><dd class="${tone(value)}">${text}</dd><dd class="below">${below}</dd></div>`;
  const part = (name: string): number => of(name) / 100;
  const trades = of('# Trades');
  return markup`<dl class="tiles">${[
    tile(
      'Return',
      change(part('Return [%]')),
      of('Return [%]'),
      Number.isNaN(of('Buy & Hold Return [%]'))
        ? 'nothing to compare with'
        : `buy and hold ${change(part('Buy & Hold Return [%]'))}`,
    ),
    tile(
      'CAGR',
      change(part('CAGR [%]')),
      of('CAGR [%]'),
      `volatility ${percent(part('Volatility (Ann.) [%]'), 1)}`,
    ),
    tile(
      'Sharpe ratio',
      figure(of('Sharpe Ratio')),
      0,
      `Sortino ${figure(of('Sortino Ratio'))}, Calmar ${figure(of('Calmar Ratio'))}`,
    ),
    tile(
      'Deepest drawdown',
      percent(part('Max. Drawdown [%]')),
      of('Max. Drawdown [%]'),
      `longest ${days(of('Max. Drawdown Duration'))}`,
    ),
    tile(
      'Trades',
      figure(trades, 0),
      0,
      `${Number.isNaN(of('Win Rate [%]')) ? '' : `${percent(part('Win Rate [%]'), 0)} won, `}${percent(part('Exposure Time [%]'), 0)} of the time invested`,
    ),
    tile(
      'Profit factor',
      figure(of('Profit Factor')),
      0,
      Number.isNaN(of('Expectancy [%]'))
        ? 'no trade was closed'
        : `expectancy ${change(part('Expectancy [%]'))} a trade`,
    ),
  ]}</dl>`;
}

/** The strategy's curve and the benchmark's under the same formulas. */
export function againstBenchmark(subject: Subject): Markup {
  const { run, equity, market, returns, marketReturns } = subject;
  const bar = run.summary.timeframe === '1d' ? 'day' : 'bar';
  const mine = curveFigures(subject, equity, returns, subject.depth, subject.years);
  const theirs = curveFigures(
    subject,
    market,
    marketReturns,
    subject.marketDepth,
    subject.marketYears,
  );
  const rows = CURVE_ROWS.map(([name, of]): Part[] => [
    name.replace('%bar', bar),
    of(mine),
    of(theirs),
  ]);
  return section(
    {
      id: 'both',
      title: 'Strategy and buy and hold',
      note: 'The same formulas for both',
      half: true,
    },
    table({
      caption: 'Statistics of the strategy beside those of buying and holding',
      columns: [
        { title: 'Statistic' },
        { title: 'Strategy', kind: 'figure' },
        { title: 'Buy and hold', kind: 'figure' },
      ],
      rows,
    }),
  );
}

const DAYS_PER_YEAR = 365.25;

/** Figures of one curve; fractions unless they are ratios. */
export interface CurveFigures {
  readonly growth: number;
  readonly annual: number;
  readonly cagr: number;
  readonly volatility: number;
  readonly sharpe: number;
  readonly sortino: number;
  readonly calmar: number;
  readonly omega: number;
  readonly deepest: number;
  /** Days. */
  readonly longest: number;
  readonly below: number;
  readonly ulcer: number;
  readonly atRisk: number;
  readonly shortfall: number;
  readonly skew: number;
  readonly kurtosis: number;
  readonly tail: number;
  readonly months: SpanSummary;
}

/**
 * @param equity the starting cash and the marks
 * @param returns of the marks, one fewer
 * @param depth of each mark below the highest so far
 */
export function curveFigures(
  subject: Subject,
  equity: Float64Array,
  returns: Float64Array,
  depth: Float64Array,
  years: readonly YearRow[],
): CurveFigures {
  const { run, markTime, periods, rate } = subject;
  const { firstTime, lastTime } = run.summary;
  const cash = equity[0] ?? Number.NaN;
  const grown = (equity.at(-1) ?? Number.NaN) / cash;
  const length = (lastTime - firstTime) / MS_PER_DAY;
  const yearly = (years: number): number => {
    if (Number.isNaN(grown)) return grown;
    return grown > 0 ? grown ** (1 / years) - 1 : -1;
  };
  const annual = yearly(returns.length / periods);
  const fall = fallOf(depth);
  const [low = Number.NaN, high = Number.NaN] = quantilesOf(returns, [0.05, 0.95]);
  const shape = shapeOf(returns);
  // The deviation of a sample; the shape holds that of the population.
  const spread = shape.deviation * Math.sqrt(shape.count / (shape.count - 1));
  const year = Math.sqrt(periods);
  const months = years.flatMap(({ months: row }) => [...row].filter(Number.isFinite));
  const longest = drawdownsOf(equity).reduce((most, { peak, end }) => {
    const days = ((markTime[end] as number) - (markTime[peak] as number)) / MS_PER_DAY;
    return days <= most ? most : days;
  }, Number.NaN);
  return {
    growth: grown - 1,
    annual,
    cagr: finite(yearly(length / DAYS_PER_YEAR)),
    volatility: spread * year,
    sharpe: riskRatio(shape.mean - rate, spread, periods),
    sortino: sortinoRatio(returns, periods, rate),
    calmar: finite(annual / fall.deepest),
    omega: omegaRatio(returns, rate),
    ...fall,
    longest,
    atRisk: low,
    shortfall: meanUpTo(returns, low),
    skew: sampleSkew(shape),
    kurtosis: sampleKurtosis(shape),
    tail: finite(Math.abs(high) / Math.abs(low)),
    months: summariseSpans(months),
  };
}

/** Deepest fall, part of the marks below an earlier one, and the root of the mean square (ulcer index). */
function fallOf(depth: Float64Array): Pick<CurveFigures, 'deepest' | 'below' | 'ulcer'> {
  let deepest = 0;
  let below = 0;
  let squares = 0;
  // The starting cash cannot be below itself and does not count.
  for (let i = 1; i < depth.length; i += 1) {
    const value = depth[i] as number;
    if (-value > deepest) deepest = -value;
    if (value < 0) below += 1;
    squares += value * value;
  }
  const count = depth.length - 1;
  // A benchmark that is missing has no fall, which is not one of 0.
  if (Number.isNaN(squares)) return { deepest: squares, below: squares, ulcer: squares };
  return { deepest, below: below / count, ulcer: Math.sqrt(squares / count) };
}

const CURVE_ROWS: readonly (readonly [name: string, of: (curve: CurveFigures) => string])[] = [
  ['Return', ({ growth }) => change(growth)],
  ['Return, a year', ({ annual }) => change(annual)],
  ['CAGR', ({ cagr }) => change(cagr)],
  ['Volatility, a year', ({ volatility }) => percent(volatility)],
  ['Sharpe ratio', ({ sharpe }) => figure(sharpe)],
  ['Sortino ratio', ({ sortino }) => figure(sortino)],
  ['Calmar ratio', ({ calmar }) => figure(calmar)],
  ['Omega ratio', ({ omega }) => figure(omega)],
  ['Deepest drawdown', ({ deepest }) => percent(-deepest)],
  ['Longest drawdown', ({ longest }) => days(longest)],
  ['Below its peak', ({ below }) => percent(below, 0)],
  ['Ulcer index', ({ ulcer }) => percent(ulcer)],
  ['VaR 95%, a %bar', ({ atRisk }) => change(atRisk)],
  ['CVaR 95%, a %bar', ({ shortfall }) => change(shortfall)],
  ['Skew', ({ skew }) => figure(skew)],
  ['Excess kurtosis', ({ kurtosis }) => figure(kurtosis)],
  ['Tail ratio', ({ tail }) => figure(tail)],
  ['Best month', ({ months }) => change(months.best)],
  ['Worst month', ({ months }) => change(months.worst)],
  ['Months won', ({ months }) => percent(months.winRate, 0)],
];

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

/** Everything that was computed with the run, under the names of docs/statistics.md. */
export function allStatistics({ run }: Subject): Markup {
  return section(
    {
      id: 'statistics',
      title: 'Statistics of the run',
      note: 'As computed with the run; formulas in docs/statistics.md',
    },
    markup`<dl class="listing">${run.summary.statistics.map(
      (each) => markup`<div><dt>${each.name}</dt><dd>${statisticText(each)}</dd></div>`,
    )}</dl>`,
  );
}

/** Settings with a line of their own; all others are listed under their names. */
const TOLD: ReadonlySet<string> = new Set([
  'cash',
  'fill',
  'short',
  'slippageBps',
  'lotSize',
  'riskFreeRate',
  'periodsPerYear',
  'seed',
]);

/** What the run was asked, and what it can be checked by. */
export function originSection(subject: Subject): Markup {
  const { run, version } = subject;
  const { summary } = run;
  const { parameters, settings, strategy, datasetId, adjustment, events, resolve } =
    summary.request;
  const { commission, size, ...rest } = settings;
  const others = Object.fromEntries(Object.entries(rest).filter(([name]) => !TOLD.has(name)));
  const sizes: Record<typeof size.kind, () => string> = {
    all: () => 'all equity',
    percent: () => `${'percent' in size ? figure(size.percent, 2) : ''}% of equity`,
    quantity: () => `${'quantity' in size ? figure(size.quantity, 2) : ''} units`,
    notional: () => `${'notional' in size ? money(size.notional) : ''} of value`,
  };
  const costs = [
    `${figure(commission.percent, 4).replace(/\.?0+$/, '')}%`,
    ...(commission.perShare > 0 ? [`${commission.perShare} a unit`] : []),
    ...(commission.minimum > 0 ? [`at least ${money(commission.minimum)}`] : []),
  ];
  const asked: (readonly [string, Part])[] = [
    ['Strategy', strategy],
    ...Object.entries(parameters).map(([name, value]) => [name, String(value)] as const),
    ['Starting cash', money(settings.cash)],
    ['Size', sizes[size.kind]()],
    ['Fills', settings.fill === 'next-open' ? 'at the next open' : 'at the same close'],
    ['Commission', settings.fees === undefined ? costs.join(', ') : 'of the fee table'],
    ['Slippage', settings.slippage === undefined ? `${settings.slippageBps} bps` : 'of a model'],
    ['Short positions', settings.short ? 'allowed' : 'not allowed'],
    ['Lot', settings.lotSize === 0 ? 'any fraction' : String(settings.lotSize)],
    ['Risk-free rate', percent(settings.riskFreeRate)],
    ['Bars in a year', figure(subject.periods, Number.isInteger(subject.periods) ? 0 : 1)],
    ['Seed', String(settings.seed)],
    ...(events === true ? [['Splits and dividends', 'applied'] as const] : []),
    ['Inside a bar', resolve ?? 'pessimistic'],
    ...flat(others),
  ];
  const known: (readonly [string, Part])[] = [
    ['Run', summary.id],
    ['Made', instant(summary.createdAt)],
    ['Data', `${datasetId}, ${adjustment} prices`],
    ['Bars', `${figure(summary.barCount, 0)} of ${summary.timeframe}`],
    ['First bar', instant(summary.firstTime)],
    ['Last bar', instant(summary.lastTime)],
    ['Data hash', markup`<code>${summary.dataHash}</code>`],
    ...(summary.strategyHash === undefined
      ? []
      : [['Strategy hash', markup`<code>${summary.strategyHash}</code>`] as const]),
    ['Order hash', markup`<code>${summary.orderHash}</code>`],
    ['Program', `Renata ${version}`],
    ...(summary.notes ?? []).map((note) => ['Note', note] as const),
  ];
  return section(
    {
      id: 'origin',
      title: 'Settings and origin',
      note: 'Equal strategy, data, settings and seed give the same order hash',
    },
    markup`<div class="columns">${facts(asked)}${facts(known)}</div>`,
  );
}
