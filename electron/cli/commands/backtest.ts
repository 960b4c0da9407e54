import type { Command } from 'commander';
import { STRATEGIES } from '../../../engine/backtest/strategies.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { ParameterValue } from '../../../engine/domain/parameters.ts';
import type { BacktestRequest, Run } from '../../../engine/protocol/schemas.ts';
import { figuresByInstrument } from '../../../engine/report/sections/instruments.ts';
import { findSeveral } from '../several.ts';
import { symbolsOf } from '../../../engine/report/tables.ts';
import { readMarketOptions, withMarketOptions, type MarketOptions } from '../market-options.ts';
import { fittedSettings, withoutFitted } from '../fitted-slippage.ts';
import { exportRun, finite } from '../run-files.ts';
import {
  fileOf,
  readRun,
  readSymbols,
  withRunOptions,
  type RunSettingOptions,
  type SymbolOptions,
} from '../run-options.ts';
import type { Session } from '../session.ts';
import { findNamed, readSet, type StrategyEntry } from '../strategy-source.ts';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { barTimeFormat, formatNumber, formatPrice, formatStatistic } from '../text.ts';
import { parseNumber, parsePair } from '../values.ts';
import { findDataset, noteAdjustment, run } from './context.ts';

interface BacktestOptions extends RunSettingOptions, SymbolOptions, MarketOptions {
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
    const command = withExport(
      withRunOptions(backtest.command(strategy.id).description(strategy.description), true),
    );
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
  withExport(withRunOptions(backtest.enablePositionalOptions(), true))
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

function withExport(command: Command): Command {
  return withMarketOptions(command).option(
    '--export <dir>',
    'write statistics, trades, orders, equity and the run there',
  );
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
    return finish(session, terminal, asked, options, entry);
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
  entry?: StrategyEntry,
): Promise<{ json: unknown; text: string }> {
  const fitted = await fittedSettings(session, options);
  const asked =
    fitted === undefined ? request : { ...request, settings: { ...request.settings, ...fitted } };
  const result = await obtain(session, asked, options, entry);
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
  return {
    strategy: id,
    parameters,
    ...readRun(withoutFitted(options)),
    ...readMarketOptions(options),
  };
}

async function obtain(
  session: Session,
  request: Asked,
  options: BacktestOptions,
  entry: StrategyEntry | undefined,
): Promise<Run> {
  const named = readSymbols(options);
  if (options.input !== undefined) {
    if (named.length > 0) {
      throw new RenataError('BAD_INPUT', 'Give either --symbol or --input, not both.');
    }
    const file = fileOf(options.input, options);
    const { adjustment: _adjustment, ...asked } = request;
    const control = { signal: session.signal, progress: () => undefined };
    return session.workstation.backtestFile({ ...asked, ...file }, control);
  }
  if (entry?.portfolio === true) {
    const instruments = named.length > 0 ? named : entry.instruments;
    return obtainSeveral(session, request, instruments, options.timeframe);
  }
  const [symbol, further] = named;
  if (symbol === undefined) {
    throw new RenataError('BAD_INPUT', 'Say what to test on: --symbol SPX, or --input FILE.', {
      details: { parameter: 'symbol' },
    });
  }
  if (further !== undefined) {
    throw new RenataError(
      'BAD_INPUT',
      `symbol: ${request.strategy} trades one instrument and ${named.length} are named; name one, or choose a strategy that trades several.`,
      { details: { parameter: 'symbol' } },
    );
  }
  const dataset = await findDataset(session, symbol, options.timeframe);
  noteAdjustment(session, dataset, request.adjustment);
  const runId = await session.job('backtest.run', { ...request, datasetId: dataset.id });
  return session.call('runs.get', { runId });
}

/** A run of a strategy that trades several instruments; the bars of the first are those of the request. */
async function obtainSeveral(
  session: Session,
  request: Asked,
  instruments: readonly string[],
  timeframe: string | undefined,
): Promise<Run> {
  const { strategy, adjustment } = request;
  const first = await findSeveral(session, strategy, instruments, { timeframe, adjustment });
  const runId = await session.job('backtest.run', {
    ...request,
    datasetId: first.id,
    instruments: [...instruments],
  });
  return session.call('runs.get', { runId });
}

function toJson(run: Run): unknown {
  const { summary, trades, ambiguous } = run;
  const { statistics, ...rest } = summary;
  const symbols = symbolsOf(run);
  return {
    ...rest,
    statistics: Object.fromEntries(statistics.map(({ name, value }) => [name, finite(value)])),
    ...(run.instruments === undefined ? {} : { instruments: instrumentsOf(run) }),
    trades: Array.from(trades.size, (size, i) => ({
      ...(symbols === undefined ? {} : { symbol: symbols[trades.instrument?.[i] ?? 0] }),
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
      ...(trades.carry === undefined ? {} : { carry: trades.carry[i] }),
    })),
    ...(ambiguous === undefined
      ? {}
      : {
          ambiguous: Array.from(ambiguous.trade, (trade, i) => ({
            trade,
            bar: ambiguous.bar[i],
            pnl: trades.pnl[trade],
            best: ambiguous.best[i],
            worst: ambiguous.worst[i],
          })),
        }),
  };
}

/** Each instrument of a run of several with what it was, and what came of it. */
function instrumentsOf(run: Run): unknown {
  const figures = figuresByInstrument({ run });
  return run.instruments?.map(({ weight: _weight, events: _events, ...rest }, row) => ({
    ...rest,
    ...figures[row],
  }));
}

function toText(run: Run): string {
  const { summary, trades } = run;
  const symbols = symbolsOf(run);
  const time = barTimeFormat(summary.timeframe);
  const { request } = summary;
  const values = Object.entries(request.parameters).map(
    ([name, value]) => `${name} ${String(value)}`,
  );
  const rows = Array.from({ length: Math.min(FIRST_TRADES, trades.count) }, (_, i) => [
    ...(symbols === undefined ? [] : [symbols[trades.instrument?.[i] ?? 0] ?? '']),
    formatNumber(trades.size[i] as number, 4),
    time(trades.entryTime[i] as number),
    time(trades.exitTime[i] as number),
    formatPrice(trades.entryPrice[i] as number),
    formatPrice(trades.exitPrice[i] as number),
    formatNumber(trades.pnl[i] as number, 2),
    `${formatNumber((trades.returnFraction[i] as number) * 100, 2)}%`,
  ]);
  const right = { align: 'right' } as const;
  const table = formatTable(
    [
      ...(symbols === undefined ? [] : [{ title: 'Symbol' }]),
      { title: 'Size', ...right },
      { title: 'EntryTime' },
      { title: 'ExitTime' },
      { title: 'EntryPrice', ...right },
      { title: 'ExitPrice', ...right },
      { title: 'PnL', ...right },
      { title: 'ReturnPct', ...right },
    ],
    rows,
  );
  return [
    `${request.strategy} (${values.join(', ')}) on ${summary.symbol} ${summary.timeframe}, ${formatNumber(summary.barCount)} bars`,
    '',
    formatTable(
      [{ title: 'Statistic' }, { title: 'Value', ...right }],
      summary.statistics.map((statistic) => [statistic.name, formatStatistic(statistic)]),
    ),
    '',
    ...(symbols === undefined ? [] : [instrumentTable(run), '']),
    trades.count === 0 ? 'No trade was made.' : table,
    trades.count > rows.length ? `… ${formatNumber(trades.count - rows.length)} more trades` : '',
    '',
    ...(summary.notes ?? []).map((note) => `note   ${note}`),
    `data   ${summary.dataHash}`,
    `orders ${summary.orderHash}`,
  ].join('\n');
}

function instrumentTable(run: Run): string {
  const right = { align: 'right' } as const;
  const percent = (part: number): string => `${formatNumber(part * 100, 1)}%`;
  return formatTable(
    [
      { title: 'Instrument' },
      { title: 'Bars', ...right },
      { title: 'Closed trades', ...right },
      { title: 'PnL', ...right },
      { title: 'Held', ...right },
      { title: 'Mean size', ...right },
    ],
    figuresByInstrument({ run }).map(({ symbol, barCount, trades, pnl, held, average }) => [
      symbol,
      formatNumber(barCount),
      formatNumber(trades),
      formatNumber(pnl, 2),
      percent(held),
      percent(average),
    ]),
  );
}
