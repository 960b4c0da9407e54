import type { Statistic } from '../domain/backtest.ts';
import type { Comparison } from '../protocol/schemas.ts';
import { lineIndices } from './downsample.ts';
import { instant } from './figures.ts';
import { titleOf, type ReportRun } from './subject.ts';

export type ComparedRun = Comparison['runs'][number];

/** Whether more of a statistic is better (1) or worse (-1); what is not listed is neither. */
const BETTER: Readonly<Record<string, 1 | -1>> = {
  'Equity Final [$]': 1,
  'Equity Peak [$]': 1,
  'Return [%]': 1,
  'Return (Ann.) [%]': 1,
  'Volatility (Ann.) [%]': -1,
  'CAGR [%]': 1,
  'Sharpe Ratio': 1,
  'Sortino Ratio': 1,
  'Calmar Ratio': 1,
  'Alpha [%]': 1,
  // Drawdowns are negative numbers, and the larger one is nearer to 0.
  'Max. Drawdown [%]': 1,
  'Avg. Drawdown [%]': 1,
  'Max. Drawdown Duration': -1,
  'Avg. Drawdown Duration': -1,
  'Win Rate [%]': 1,
  'Best Trade [%]': 1,
  'Worst Trade [%]': 1,
  'Avg. Trade [%]': 1,
  'Profit Factor': 1,
  'Expectancy [%]': 1,
  SQN: 1,
  'Commissions [$]': -1,
  'Probabilistic Sharpe Ratio [%]': 1,
  'Omega Ratio': 1,
  'Ulcer Index [%]': -1,
  'Ulcer Performance Index': 1,
  'Recovery Factor': 1,
  'Information Ratio': 1,
  'Treynor Ratio': 1,
  'Payoff Ratio': 1,
};

const CURVE_COLUMNS = 500;

/** @param titles name for people of each run's strategy, in the order of the runs */
export function compareRuns(runs: readonly ReportRun[], titles: readonly string[]): Comparison {
  return {
    runs: runs.map((run, i) => comparedRun(run, titles[i])),
    differences: differencesOf(runs),
    statistics: statisticsOf(runs),
  };
}

function comparedRun({ summary, time, equity }: ReportRun, title: string | undefined): ComparedRun {
  const { request, symbol, timeframe } = summary;
  const indices = lineIndices(equity, CURVE_COLUMNS).filter((index) => index >= 0);
  return {
    id: summary.id,
    title: titleOf(title ?? request.strategy, request.parameters, symbol, timeframe),
    strategy: request.strategy,
    symbol,
    timeframe,
    createdAt: summary.createdAt,
    barCount: summary.barCount,
    firstTime: summary.firstTime,
    lastTime: summary.lastTime,
    dataHash: summary.dataHash,
    orderHash: summary.orderHash,
    time: Float64Array.from(indices, (index) => time[index] as number),
    growth: Float64Array.from(
      indices,
      (index) => (equity[index] as number) / request.settings.cash,
    ),
  };
}

function differencesOf(runs: readonly ReportRun[]): Comparison['differences'] {
  const others = runs.map(
    ({ summary: { request, symbol, timeframe, dataHash, firstTime, lastTime, strategyHash } }) =>
      new Map<string, string>([
        ['strategy', request.strategy],
        ...(strategyHash === undefined ? [] : ([['strategy hash', strategyHash]] as const)),
        ['symbol', request.instruments?.join('+') ?? symbol],
        ['timeframe', timeframe],
        ['adjustment', request.adjustment],
        ['first bar', instant(firstTime)],
        ['last bar', instant(lastTime)],
        ['data hash', dataHash],
        ['splits and dividends', request.events === true ? 'applied' : 'not applied'],
        ['inside a bar', request.resolve ?? 'pessimistic'],
        ...flat(request.settings),
      ]),
  );
  const taken = new Set(others.flatMap((each) => [...each.keys()]));
  const asked = runs.map(({ summary }, i) => {
    const [strategy, ...rest] = others[i] ?? [];
    const parameters = Object.entries(summary.request.parameters).map(
      // A strategy may call a parameter `short` or `seed`, as settings are called.
      ([name, value]) => [taken.has(name) ? `parameter ${name}` : name, String(value)] as const,
    );
    return new Map<string, string>([
      ...(strategy === undefined ? [] : [strategy]),
      ...parameters,
      ...rest,
    ]);
  });
  const names = new Set(asked.flatMap((each) => [...each.keys()]));
  return [...names]
    .map((name) => ({ name, values: asked.map((each) => each.get(name) ?? '') }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}

/** `commission.percent` and the like; what is not set is left out. */
export function flat(value: object, prefix = ''): [string, string][] {
  return Object.entries(value)
    .filter(([, item]: [string, unknown]) => item !== undefined)
    .flatMap(([name, item]: [string, unknown]) =>
      typeof item === 'object' && item !== null
        ? flat(item, `${prefix}${name}.`)
        : [[`${prefix}${name}`, String(item)] as [string, string]],
    );
}

function statisticsOf(runs: readonly ReportRun[]): Comparison['statistics'] {
  const units = new Map<string, Statistic['unit']>();
  for (const { summary } of runs) {
    for (const { name, unit } of summary.statistics) units.set(name, unit);
  }
  return [...units].map(([name, unit]) => {
    const values = runs.map(
      ({ summary }) => summary.statistics.find((each) => each.name === name)?.value ?? Number.NaN,
    );
    const better = BETTER[name];
    const worse = better === undefined ? undefined : better === 1 ? -1 : 1;
    return { name, unit, values, best: bestOf(values, better), worst: bestOf(values, worse) };
  });
}

function bestOf(values: readonly number[], direction: 1 | -1 | undefined): number | null {
  if (direction === undefined) return null;
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length < 2) return null;
  const top = known.reduce((best, value) => (value * direction > best * direction ? value : best));
  const holders = [...values.keys()].filter((i) => values[i] === top);
  return holders.length === 1 ? (holders[0] as number) : null;
}
