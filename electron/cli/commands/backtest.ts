import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { STRATEGIES } from '../../../engine/backtest/strategies.ts';
import {
  DEFAULT_SETTINGS,
  FILL_TIMINGS,
  type BacktestSettings,
} from '../../../engine/domain/backtest.ts';
import { ADJUSTMENTS } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { ParameterValue } from '../../../engine/domain/parameters.ts';
import type { BacktestRequest, Run } from '../../../engine/protocol/schemas.ts';
import type { RunFile } from '../../services/reports.ts';
import { exportRun, finite } from '../run-files.ts';
import type { Session } from '../session.ts';
import { findNamed, readSet } from '../strategy-source.ts';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { barTimeFormat, formatNumber, formatPrice, formatStatistic } from '../text.ts';
import {
  parseAmount,
  parseChoice,
  parseCommission,
  parseEnd,
  parseNotNegative,
  parseNumber,
  parsePair,
  parseRate,
  parseSize,
  parseSlippage,
  parseStart,
  parseWhole,
} from '../values.ts';
import { common, findDataset, run, type CommonOptions } from './context.ts';

interface BacktestOptions extends CommonOptions {
  readonly symbol?: string;
  readonly input?: string;
  readonly timeframe?: string;
  readonly start?: string;
  readonly end?: string;
  readonly cash: string;
  readonly commission: string;
  readonly slippage: string;
  readonly fill: string;
  readonly size: string;
  readonly short?: boolean;
  readonly adjust: string;
  readonly riskFree: string;
  readonly lot: string;
  readonly seed: string;
  readonly export?: string;
}

const FIRST_TRADES = 5;

/** `backtest STRATEGY`: one sub-command a strategy, so that its parameters are flags with help. */
export function addBacktest(program: Command): void {
  const backtest = program
    .command('backtest')
    .description('run a strategy over stored bars or a file')
    .usage('<strategy> --symbol SPX [options]');
  for (const strategy of STRATEGIES) {
    const command = withRunOptions(backtest.command(strategy.id).description(strategy.description));
    for (const parameter of strategy.parameters) {
      command.option(
        `--${parameter.name} <value>`,
        parameter.description,
        String(parameter.default),
      );
    }
    command.action((options: BacktestOptions) => execute(strategy.id, options));
  }
  // A strategy of the library or a file has the same options, and its parameters by --set.
  withRunOptions(backtest.enablePositionalOptions())
    .argument('[strategy]', 'a name of renata list-strategies, or a .yaml, .json, .ts or .js file')
    .option(
      '--set <name=value>',
      'value of a parameter of the strategy; repeatable',
      (text: string, before: Record<string, string> | undefined) => parsePair(text, before),
    )
    .action((name: string | undefined, options: NamedOptions) => executeNamed(name, options));
}

interface NamedOptions extends BacktestOptions {
  readonly set?: Readonly<Record<string, string>>;
}

function withRunOptions(command: Command): Command {
  return common(command)
    .option('--symbol <symbol>', 'stored instrument')
    .option('--input <file>', 'bars of a CSV or Parquet file, without importing it')
    .option('--timeframe <length>', 'bar length, where a symbol has several')
    .option('--start <date>', 'first date')
    .option('--end <date>', 'last date')
    .option('--cash <amount>', 'starting cash', String(DEFAULT_SETTINGS.cash))
    .option('--commission <rate>', '0.1%, 0.005/share, or with a minimum: 0.1%,min=1', '0')
    .option('--slippage <size>', '5bps or 0.05%', '0')
    .option('--fill <when>', FILL_TIMINGS.join(' or '), DEFAULT_SETTINGS.fill)
    .option('--size <size>', 'all, 50%, 100 (units) or $10000', 'all')
    .option('--short', 'allow short positions')
    .option('--adjust <kind>', ADJUSTMENTS.join(', '), 'raw')
    .option('--risk-free <rate>', 'yearly risk-free rate', '0%')
    .option('--lot <units>', 'round quantities down to whole lots; 0 allows fractions', '0')
    .option('--seed <number>', 'seed of random draws', '1')
    .option('--export <dir>', 'write statistics, trades, orders, equity and the run there');
}

/** A strategy that is named and not known before the store is open. */
async function executeNamed(name: string | undefined, options: NamedOptions): Promise<void> {
  if (name === undefined) {
    const known = STRATEGIES.map((each) => each.id).join(', ');
    throw new RenataError(
      'NOT_FOUND',
      `backtest: name a strategy or a file; there are ${known}, and those of renata list-strategies.`,
      { details: { parameter: 'strategy' } },
    );
  }
  const request = readRequest(name, options);
  await run(options, async (session, terminal) => {
    const { entry, source } = await findNamed(session, name);
    const parameters = readSet(entry, options.set ?? {});
    const asked = {
      ...request,
      strategy: entry.id,
      parameters,
      ...(source === undefined ? {} : { source }),
    };
    return finish(session, terminal, asked, options);
  });
}

async function execute(id: string, options: BacktestOptions): Promise<void> {
  const request = readRequest(id, options);
  await run(options, (session, terminal) => finish(session, terminal, request, options));
}

async function finish(
  session: Session,
  terminal: Terminal,
  request: Asked,
  options: BacktestOptions,
): Promise<{ json: unknown; text: string }> {
  const result = await obtain(session, request, options);
  if (options.export !== undefined) {
    const file = options.input === undefined ? undefined : fileOf(options.input, options);
    const sheet = await session.workstation.reports.sheet(result, file);
    for (const path of exportRun(result, sheet, options.export)) terminal.note(`wrote ${path}`);
  }
  return { json: toJson(result), text: toText(result) };
}

type Asked = Omit<BacktestRequest, 'datasetId'>;

function readRequest(id: string, options: BacktestOptions): Asked {
  const strategy = STRATEGIES.find((each) => each.id === id);
  const given = options as unknown as Readonly<Record<string, string>>;
  const parameters: Record<string, ParameterValue> = {};
  for (const { name, kind } of strategy?.parameters ?? []) {
    const text = given[name] ?? '';
    if (kind === 'integer' || kind === 'real') parameters[name] = parseNumber(text, name);
    else parameters[name] = kind === 'boolean' ? text === 'true' : text;
  }
  const settings: BacktestSettings = {
    ...DEFAULT_SETTINGS,
    cash: parseAmount(options.cash, 'cash'),
    commission: parseCommission(options.commission),
    slippageBps: parseSlippage(options.slippage),
    fill: parseChoice(options.fill, 'fill', FILL_TIMINGS),
    size: parseSize(options.size),
    short: options.short === true,
    riskFreeRate: parseRate(options.riskFree, 'risk-free'),
    lotSize: parseNotNegative(options.lot, 'lot'),
    seed: parseWhole(options.seed, 'seed', 0xffff_ffff),
  };
  return {
    strategy: id,
    parameters,
    settings,
    adjustment: parseChoice(options.adjust, 'adjust', ADJUSTMENTS),
    start: options.start === undefined ? null : parseStart(options.start),
    end: options.end === undefined ? null : parseEnd(options.end),
  };
}

async function obtain(session: Session, request: Asked, options: BacktestOptions): Promise<Run> {
  if (options.input !== undefined) {
    if (options.symbol !== undefined) {
      throw new RenataError('BAD_INPUT', 'Give either --symbol or --input, not both.');
    }
    const file = fileOf(options.input, options);
    const { adjustment: _adjustment, ...asked } = request;
    const control = { signal: session.signal, progress: () => undefined };
    return session.workstation.backtestFile({ ...asked, ...file }, control);
  }
  if (options.symbol === undefined) {
    throw new RenataError('BAD_INPUT', 'Say what to test on: --symbol SPX, or --input FILE.', {
      details: { parameter: 'symbol' },
    });
  }
  const dataset = await findDataset(session, options.symbol, options.timeframe);
  const runId = await session.job('backtest.run', { ...request, datasetId: dataset.id });
  return session.call('runs.get', { runId });
}

/** @throws RenataError NOT_FOUND */
function fileOf(input: string, { timeframe }: BacktestOptions): RunFile {
  const path = resolve(input);
  if (!existsSync(path)) {
    throw new RenataError('NOT_FOUND', `input: there is no file ${path}; check its name.`, {
      details: { parameter: 'input' },
    });
  }
  const symbol = basename(path)
    .replace(/\.[^.]*$/, '')
    .replaceAll(/[^A-Za-z0-9._-]/g, '')
    .slice(0, 32);
  const options = {
    symbol: symbol === '' ? 'FILE' : symbol,
    ...(timeframe === undefined ? {} : { timeframe }),
  };
  return { path, options };
}

function toJson({ summary, trades }: Run): unknown {
  const { statistics, ...rest } = summary;
  return {
    ...rest,
    statistics: Object.fromEntries(statistics.map(({ name, value }) => [name, finite(value)])),
    trades: Array.from(trades.size, (size, i) => ({
      size,
      entryBar: trades.entryBar[i],
      exitBar: trades.exitBar[i],
      entryTime: trades.entryTime[i],
      exitTime: trades.exitTime[i],
      entryPrice: trades.entryPrice[i],
      exitPrice: trades.exitPrice[i],
      pnl: trades.pnl[i],
      returnPct: trades.returnFraction[i],
      commission: trades.commission[i],
      mae: trades.mae[i],
      mfe: trades.mfe[i],
      open: trades.open[i] === 1,
      entryTag: trades.entryTag[i],
      exitTag: trades.exitTag[i],
    })),
  };
}

function toText({ summary, trades }: Run): string {
  const time = barTimeFormat(summary.timeframe);
  const { request } = summary;
  const values = Object.entries(request.parameters).map(
    ([name, value]) => `${name} ${String(value)}`,
  );
  const rows = Array.from({ length: Math.min(FIRST_TRADES, trades.count) }, (_, i) => [
    formatNumber(trades.size[i] as number, 4),
    time(trades.entryTime[i] as number),
    time(trades.exitTime[i] as number),
    formatPrice(trades.entryPrice[i] as number),
    formatPrice(trades.exitPrice[i] as number),
    formatNumber(trades.pnl[i] as number, 2),
    `${formatNumber((trades.returnFraction[i] as number) * 100, 2)}%`,
  ]);
  const right = { align: 'right' } as const;
  return [
    `${request.strategy} (${values.join(', ')}) on ${summary.symbol} ${summary.timeframe}, ${formatNumber(summary.barCount)} bars`,
    '',
    formatTable(
      [{ title: 'Statistic' }, { title: 'Value', ...right }],
      summary.statistics.map((statistic) => [statistic.name, formatStatistic(statistic)]),
    ),
    '',
    formatTable(
      [
        { title: 'Size', ...right },
        { title: 'EntryTime' },
        { title: 'ExitTime' },
        { title: 'EntryPrice', ...right },
        { title: 'ExitPrice', ...right },
        { title: 'PnL', ...right },
        { title: 'ReturnPct', ...right },
      ],
      rows,
    ),
    trades.count > rows.length ? `… ${formatNumber(trades.count - rows.length)} more trades` : '',
    '',
    `data   ${summary.dataHash}`,
    `orders ${summary.orderHash}`,
  ].join('\n');
}
