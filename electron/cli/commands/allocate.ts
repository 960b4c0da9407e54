import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DatasetSummary } from '../../../engine/domain/dataset.ts';
import type { Adjustment } from '../../../engine/domain/bar.ts';
import { ADJUSTMENTS } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { holdTargets } from '../../../engine/allocation/holdings.ts';
import type { AllocationMethod } from '../../../engine/allocation/request.ts';
import type { RebalanceRule } from '../../../engine/allocation/schedule.ts';
import {
  allocationTargets,
  type WalkForwardConstraints,
} from '../../../engine/allocation/walk-forward.ts';
import type { CovarianceEstimator } from '../../../engine/allocation/covariance.ts';
import { csvOf, type TableData } from '../../../engine/report/tables.ts';
import { deviation, returnsOf } from '../../../engine/stats/moments.ts';
import { periodsPerYear } from '../../../engine/stats/periods.ts';
import { sharpeRatio } from '../../../engine/stats/risk-ratios.ts';
import { maxDrawdown } from '../../../engine/stats/underwater.ts';
import { isoDate, MS_PER_DAY } from '../../../engine/domain/time.ts';
import { describePosterior, posteriorText, type PosteriorTable } from '../posterior.ts';
import { writeWhole } from '../run-files.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import { formatNumber } from '../text.ts';
import {
  parseAmount,
  parseChoice,
  parseEnd,
  parseNumber,
  parseSlippage,
  parseStart,
  parseWhole,
} from '../values.ts';
import { readOpinions, viewsOfBar, type Opinions } from '../views.ts';
import {
  common,
  findDataset,
  noteAdjustment,
  noteSplits,
  run,
  type CommonOptions,
} from './context.ts';

interface AllocateOptions extends CommonOptions {
  readonly symbols: string;
  readonly timeframe?: string;
  readonly method: string;
  readonly estimator: string;
  readonly lookback: string;
  readonly rebalance: string;
  readonly start?: string;
  readonly end?: string;
  readonly adjust: string;
  readonly max?: string;
  readonly min?: string;
  readonly turnover?: string;
  readonly group?: readonly string[];
  readonly target?: string;
  readonly riskAversion: string;
  readonly market?: string;
  readonly views?: string;
  readonly tau: string;
  readonly confidence: string;
  readonly cost: string;
  readonly cash: string;
  readonly export?: string;
}

const METHODS = [
  'equal-weight',
  'inverse-volatility',
  'minimum-variance',
  'maximum-sharpe',
  'target-return',
  'mean-variance',
  'maximum-diversification',
  'maximum-decorrelation',
  'risk-parity',
  'hierarchical-risk-parity',
  'black-litterman',
  'minimum-cvar',
] as const;
const ESTIMATORS = [
  'sample',
  'exponential',
  'ledoit-wolf-constant-correlation',
  'ledoit-wolf-identity',
  'oas',
] as const;
const PERIODS = ['weekly', 'monthly', 'quarterly', 'yearly'] as const;
const DAYS_PER_YEAR = 365.25;
/** Bars that are read of one instrument, at most. */
const MOST_BARS = 100_000;

/** `allocate`: weights over stored bars, chosen again and again, and what they would have earned. */
export function addAllocate(program: Command): void {
  common(program.command('allocate'))
    .description('choose weights of a portfolio over stored bars and test them as time went on')
    .requiredOption('--symbols <list>', 'stored instruments: SPY,TLT,GLD')
    .option('--timeframe <length>', 'bar length, where a symbol has several')
    .option('--method <method>', METHODS.join(', '), 'risk-parity')
    .option('--estimator <kind>', `covariance: ${ESTIMATORS.join(', ')}`, 'sample')
    .option('--lookback <bars>', 'returns that each choice looks back on', '252')
    .option('--rebalance <when>', `${PERIODS.join(', ')}, bars:N or drift:5%`, 'monthly')
    .option('--start <date>', 'first date')
    .option('--end <date>', 'last date')
    .option('--adjust <kind>', ADJUSTMENTS.join(', '), 'raw')
    .option('--max <part>', 'most of one instrument: 40%')
    .option('--min <part>', 'least of one instrument: 5%')
    .option('--turnover <part>', 'most that a rebalance may change: 20%')
    .option(
      '--group <limits>',
      'limits of some together: "bonds=TLT,IEF:10%..50%"; repeatable',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option('--target <return>', 'return a bar, with target-return: 0.0004')
    .option('--risk-aversion <number>', 'with mean-variance and black-litterman', '2.5')
    .option('--market <weights>', 'with black-litterman: SPY=60,TLT=30,GLD=10, or a file of such')
    .option(
      '--views <views>',
      'with black-litterman: "TLT returns 4%; SPY beats TLT,GLD by 3% confidence 60%" a year, or a file',
    )
    .option('--tau <number>', 'with black-litterman: how unsure the equilibrium is', '0.05')
    .option('--confidence <part>', 'part that is not the tail, with minimum-cvar', '95%')
    .option('--cost <size>', 'of each trade: 5bps or 0.05%', '0')
    .option('--cash <amount>', 'starting cash', '100000')
    .option('--export <file>', 'write equity and weights of each bar as .csv')
    .action(allocate);
}

async function allocate(options: AllocateOptions): Promise<void> {
  const opinions = readOpinions(options, symbolsOf(options));
  const asked = readRequest(options);
  readMethod(options, opinions, 1);
  await run(options, async (session, terminal) => {
    const { assets, time, closes, timeframe } = await readCloses(session, options);
    const periods = periodsPerYear(time);
    const request = { ...asked, method: readMethod(options, opinions, periods) };
    const found = allocationTargets({ ...request, assets, time, closes });
    if (found.targets.length === 0) {
      throw new RenataError(
        'BAD_INPUT',
        `lookback: no rebalance has ${request.lookback} returns of an instrument behind it; take a shorter one or more data.`,
        { details: { parameter: 'lookback' } },
      );
    }
    const cash = parseAmount(options.cash, 'cash');
    const costBps = parseSlippage(options.cost, 'cost');
    const held = holdTargets(closes, found.targets, { costBps, cash });
    const from = found.targets[0]?.bar ?? 0;
    const figures = figuresOf(time.subarray(from), held.equity.subarray(from));
    const last = found.targets.at(-1);
    const weights = Object.fromEntries(assets.map((name, i) => [name, last?.weights[i] ?? 0]));
    const turnover = held.rebalances.reduce((sum, each) => sum + each.turnover, 0);
    if (options.export !== undefined) {
      const path = resolve(options.export);
      writeWhole(path, csvOf(tableOf(time, held.equity, assets, found.targets), isoDate), 'export');
      terminal.note(`wrote ${path}`);
    }
    for (const { message, times, bar } of found.warnings) {
      terminal.note(`note: ${isoDate(time[bar] as number)} (${times} times): ${message}`);
    }
    for (const { bar, reason } of found.skipped.slice(0, 3)) {
      terminal.note(`note: ${isoDate(time[bar] as number)} was left out: ${reason}`);
    }
    const posterior =
      opinions === null || last === undefined
        ? undefined
        : describePosterior({ ...request, assets, closes, bar: last.bar, periods });
    if (opinions !== null && opinions.views.length > 0) {
      terminal.note(
        'note: the views are held at every rebalance, so the past is tested with what is thought today',
      );
    }
    const result = {
      method: request.method.kind,
      assets,
      timeframe,
      from: isoDate(time[from] as number),
      to: isoDate(time.at(-1) as number),
      rebalances: held.rebalances.length,
      skipped: found.skipped.length,
      turnover,
      costPaid: held.costPaid,
      weights,
      ...(posterior === undefined ? {} : { blackLitterman: posterior }),
      figures,
    };
    return { json: result, text: toText(result) };
  });
}

type Closes = Readonly<{
  assets: readonly string[];
  time: Float64Array;
  closes: readonly Float64Array[];
  timeframe: string;
}>;

function symbolsOf({ symbols }: AllocateOptions): string[] {
  const names = symbols.split(',').flatMap((name) => name.trim().toUpperCase() || []);
  if (names.length === 0) throw bad('symbols', 'name instruments: SPY,TLT,GLD.');
  return names;
}

/** Closes of all instruments over the bars that any of them has; NaN where one has none. */
async function readCloses(session: Session, options: AllocateOptions): Promise<Closes> {
  const names = symbolsOf(options);
  const datasets: DatasetSummary[] = [];
  for (const name of names) datasets.push(await findDataset(session, name, options.timeframe));
  const frames = new Set(datasets.map(({ timeframe }) => timeframe));
  if (frames.size > 1) {
    throw bad('timeframe', `the instruments have bars of ${[...frames].join(', ')}; choose one.`);
  }
  const adjustment: Adjustment = parseChoice(options.adjust, 'adjust', ADJUSTMENTS);
  for (const dataset of datasets) {
    noteAdjustment(session, dataset, adjustment);
    noteSplits(session, dataset, adjustment);
  }
  const columns = await Promise.all(
    datasets.map(async ({ id, symbol }) => {
      const read = await session.call('data.bars', {
        datasetId: id,
        adjustment,
        start: options.start === undefined ? null : parseStart(options.start),
        end: options.end === undefined ? null : parseEnd(options.end),
        maxPoints: MOST_BARS,
      });
      if (read.totalBars > MOST_BARS) {
        throw bad('symbols', `${symbol} has more than ${MOST_BARS} bars; take a shorter range.`);
      }
      return read.bars;
    }),
  );
  const time = Float64Array.from(new Set(columns.flatMap((bars) => [...bars.time]))).toSorted();
  const places = new Map(Array.from(time, (at, i) => [at, i]));
  const closes = columns.map((bars) => {
    const column = new Float64Array(time.length).fill(Number.NaN);
    for (const [i, at] of bars.time.entries()) {
      column[places.get(at) as number] = bars.close[i] as number;
    }
    return column;
  });
  return { assets: names, time, closes, timeframe: [...frames][0] as string };
}

function readRequest(options: AllocateOptions): {
  estimator: CovarianceEstimator;
  schedule: RebalanceRule;
  lookback: number;
  constraints: WalkForwardConstraints;
} {
  const kind = parseChoice(options.estimator, 'estimator', ESTIMATORS);
  const lookback = parseWhole(options.lookback, 'lookback', MOST_BARS);
  return {
    // The weight of a return halves over a quarter of what is looked back on.
    estimator: kind === 'exponential' ? { kind, halfLife: lookback / 4 } : { kind },
    schedule: readSchedule(options.rebalance),
    lookback,
    constraints: {
      ...(options.max === undefined ? {} : { maximum: part(options.max, 'max') }),
      ...(options.min === undefined ? {} : { minimum: part(options.min, 'min') }),
      ...(options.turnover === undefined ? {} : { turnover: part(options.turnover, 'turnover') }),
      ...(options.group === undefined ? {} : { groups: options.group.map(readGroup) }),
    },
  };
}

function readMethod(
  options: AllocateOptions,
  opinions: Opinions | null,
  periods: number,
): AllocationMethod {
  const kind = parseChoice(options.method, 'method', METHODS);
  switch (kind) {
    case 'target-return':
      if (options.target === undefined) throw bad('target', 'target-return needs --target 0.0004.');
      return { kind, target: parseNumber(options.target, 'target') };
    case 'mean-variance':
      return { kind, riskAversion: parseAmount(options.riskAversion, 'risk-aversion') };
    case 'black-litterman':
      return {
        kind,
        market: opinions?.market ?? [],
        views: viewsOfBar(opinions?.views ?? [], periods),
        riskAversion: parseAmount(options.riskAversion, 'risk-aversion'),
        tau: parseAmount(options.tau, 'tau'),
      };
    case 'minimum-cvar':
      return { kind, confidence: part(options.confidence, 'confidence') };
    default:
      return { kind };
  }
}

function readSchedule(text: string): RebalanceRule {
  const kind = PERIODS.find((known) => known === text);
  if (kind !== undefined) return { kind };
  const [name, value = ''] = text.split(':');
  if (name === 'bars') return { kind: 'bars', every: parseWhole(value, 'rebalance', MOST_BARS) };
  if (name === 'drift') return { kind: 'threshold', drift: part(value, 'rebalance') };
  throw bad('rebalance', `"${text}" is not one of ${PERIODS.join(', ')}, bars:20 or drift:5%.`);
}

/** `40%` as 0.4. */
function part(text: string, option: string): number {
  const match = /^\s*(-?[\d.]+)\s*%\s*$/.exec(text);
  const value = Number(match?.[1]) / 100;
  if (match !== null && Number.isFinite(value)) return value;
  throw bad(option, `"${text}" is not a part; write it as 40%.`);
}

/** `bonds=TLT,IEF:10%..50%` */
function readGroup(text: string) {
  const match = /^([^=]+)=([^:]+):([^.]*?(?:\.\d+%?)?)\.\.(.*)$/.exec(text);
  const [, name, names, low, high] = match ?? [];
  if (name === undefined || names === undefined) {
    throw bad('group', `"${text}" is not a limit; write it as bonds=TLT,IEF:10%..50%.`);
  }
  return {
    name: name.trim(),
    assets: names.split(',').map((each) => each.trim().toUpperCase()),
    ...(low === undefined || low.trim() === '' ? {} : { minimum: part(low, 'group') }),
    ...(high === undefined || high.trim() === '' ? {} : { maximum: part(high, 'group') }),
  };
}

function figuresOf(time: Float64Array, equity: Float64Array): Record<string, number> {
  const returns = returnsOf(equity);
  const periods = periodsPerYear(time);
  const growth = (equity.at(-1) ?? Number.NaN) / (equity[0] ?? Number.NaN);
  const years = ((time.at(-1) ?? 0) - (time[0] ?? 0)) / MS_PER_DAY / DAYS_PER_YEAR;
  return {
    'Return [%]': (growth - 1) * 100,
    'CAGR [%]': (growth ** (1 / years) - 1) * 100,
    'Volatility (Ann.) [%]': deviation(returns) * Math.sqrt(periods) * 100,
    'Sharpe Ratio': sharpeRatio(returns, periods),
    'Max. Drawdown [%]': -maxDrawdown(equity) * 100,
  };
}

function tableOf(
  time: Float64Array,
  equity: Float64Array,
  assets: readonly string[],
  targets: readonly { readonly bar: number; readonly weights: Float64Array }[],
): TableData[] {
  const weights = assets.map(() => new Float64Array(time.length).fill(Number.NaN));
  for (const target of targets) {
    for (const [i, column] of weights.entries()) column[target.bar] = target.weights[i] as number;
  }
  return [
    { name: 'Time', kind: 'time', values: time },
    { name: 'Equity', kind: 'number', values: equity },
    ...assets.map((name, i): TableData => ({
      name,
      kind: 'number',
      values: weights[i] as Float64Array,
    })),
  ];
}

interface Result {
  readonly method: string;
  readonly assets: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly rebalances: number;
  readonly turnover: number;
  readonly costPaid: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly blackLitterman?: PosteriorTable;
  readonly figures: Readonly<Record<string, number>>;
}

function toText(result: Result): string {
  const { method, assets, from, to, rebalances, turnover, costPaid } = result;
  const right = { align: 'right' } as const;
  return [
    `${method} of ${assets.join(', ')}, ${from} to ${to}`,
    '',
    result.blackLitterman === undefined
      ? formatTable(
          [{ title: 'Last weights' }, { title: '[%]', ...right }],
          Object.entries(result.weights).map(([name, weight]) => [
            name,
            formatNumber(weight * 100, 2),
          ]),
        )
      : posteriorText(result.blackLitterman, result.weights),
    '',
    formatTable(
      [{ title: 'Held as time went on' }, { title: 'Value', ...right }],
      [
        ...Object.entries(result.figures).map(([name, value]) => [name, formatNumber(value, 2)]),
        ['Rebalances', formatNumber(rebalances)],
        ['Traded, times the equity', formatNumber(turnover, 2)],
        ['Costs [$]', formatNumber(costPaid, 2)],
      ],
    ),
  ].join('\n');
}

function bad(parameter: string, rule: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${rule}`, { details: { parameter } });
}
