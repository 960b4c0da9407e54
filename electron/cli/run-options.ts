import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  DEFAULT_SETTINGS,
  FILL_TIMINGS,
  type BacktestSettings,
} from '../../engine/domain/backtest.ts';
import { ADJUSTMENTS, type Adjustment } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { RunFile } from '../services/reports.ts';
import { common, type CommonOptions } from './commands/context.ts';
import {
  parseFees,
  parseMargin,
  parsePaidRate,
  parseSlippageModel,
  parseVolumeLimit,
} from './cost-values.ts';
import {
  parseAmount,
  parseChoice,
  parseCommission,
  parseEnd,
  parseNotNegative,
  parseRate,
  parseSize,
  parseStart,
  parseWhole,
} from './values.ts';

/** What every command that runs a strategy over bars takes. */
export interface RunOptions extends RunSettingOptions {
  readonly symbol?: string;
}

/** Where several instruments may be named. */
export interface SymbolOptions {
  readonly symbol?: readonly string[];
  readonly symbols?: string;
}

export interface RunSettingOptions extends CommonOptions {
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
  readonly fees?: string;
  readonly volumeLimit?: string;
  readonly margin?: string;
  readonly borrow?: string;
  readonly debit?: string;
  readonly warmUp?: string;
  readonly codeWork?: string;
}

/** The option that names several instruments. */
export const SYMBOLS = [
  '--symbols <list>',
  'instruments of a strategy that trades several, such as SPY,QQQ',
] as const;

/** @param several whether more than one instrument may be named */
export function withRunOptions(command: Command, several = false): Command {
  const named = several ? withSymbols(common(command)) : withSymbol(common(command));
  return named
    .option('--input <file>', 'bars of a CSV or Parquet file, without importing it')
    .option('--timeframe <length>', 'bar length, where a symbol has several')
    .option('--start <date>', 'first date')
    .option('--end <date>', 'last date')
    .option('--cash <amount>', 'starting cash', String(DEFAULT_SETTINGS.cash))
    .option('--commission <rate>', '0.1%, 0.005/share, or with a minimum: 0.1%,min=1', '0')
    .option(
      '--slippage <size>',
      '5bps, 0.05%, 0.01/share, spread:2bps, volume-share:0.1 or sqrt-impact:0.5; backtest also takes fitted',
      '0',
    )
    .option('--fill <when>', FILL_TIMINGS.join(' or '), DEFAULT_SETTINGS.fill)
    .option('--size <size>', 'all, 50%, 100 (units) or $10000', 'all')
    .option('--short', 'allow short positions')
    .option('--adjust <kind>', ADJUSTMENTS.join(', '), 'raw')
    .option('--risk-free <rate>', 'yearly risk-free rate', '0%')
    .option('--lot <units>', 'round quantities down to whole lots; 0 allows fractions', '0')
    .option('--seed <number>', 'seed of random draws', '1')
    .option('--fees <table>', 'ibkr-fixed, ibkr-tiered, alpaca, binance or binance:3 (VIP level)')
    .option('--volume-limit <part>', 'most of a bar’s volume that its fills may take, such as 10%')
    .option('--margin <parts>', 'initial and maintenance margin, such as 50%,25%')
    .option('--borrow <rate>', 'yearly fee on the value of short positions, such as 3%')
    .option('--debit <rate>', 'yearly interest on money that is owed, such as 6%')
    .option('--warm-up <bars>', 'bars at the start on which orders are not taken')
    .option('--code-work <steps>', 'most steps of a TypeScript strategy in a run, in millions');
}

function withSymbol(command: Command): Command {
  return command.option('--symbol <symbol>', 'stored instrument');
}

function withSymbols(command: Command): Command {
  return command
    .option(
      '--symbol <symbol>',
      'stored instrument; repeatable where a strategy trades several',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option(...SYMBOLS);
}

/** The instruments of `--symbol` and `--symbols`. @throws RenataError BAD_INPUT for an empty name */
export function readSymbols({ symbol = [], symbols }: SymbolOptions): readonly string[] {
  const names = [...symbol, ...(symbols?.split(',') ?? [])].map((name) => name.trim());
  if (!names.includes('')) return names;
  throw new RenataError('BAD_INPUT', 'symbols: a symbol is empty; write them as SPY,QQQ,GLD.', {
    details: { parameter: 'symbols' },
  });
}

/** What the options say of a run, besides strategy and data. */
export function readRun(options: RunSettingOptions): {
  readonly settings: BacktestSettings;
  readonly adjustment: Adjustment;
  readonly start: number | null;
  readonly end: number | null;
} {
  const commission = parseCommission(options.commission);
  if (options.fees !== undefined && Object.values(commission).some((value) => value !== 0)) {
    throw new RenataError(
      'BAD_INPUT',
      'fees: --fees takes the place of --commission; give one of them.',
      { details: { parameter: 'fees' } },
    );
  }
  return {
    settings: {
      ...DEFAULT_SETTINGS,
      cash: parseAmount(options.cash, 'cash'),
      commission,
      ...parseSlippageModel(options.slippage),
      fill: parseChoice(options.fill, 'fill', FILL_TIMINGS),
      size: parseSize(options.size),
      short: options.short === true,
      riskFreeRate: parseRate(options.riskFree, 'risk-free'),
      lotSize: parseNotNegative(options.lot, 'lot'),
      seed: parseWhole(options.seed, 'seed', 0xffff_ffff),
      ...readEngine(options),
    },
    adjustment: parseChoice(options.adjust, 'adjust', ADJUSTMENTS),
    start: options.start === undefined ? null : parseStart(options.start),
    end: options.end === undefined ? null : parseEnd(options.end),
  };
}

/** Settings that are absent unless they are asked for. */
function readEngine(options: RunSettingOptions): Partial<BacktestSettings> {
  const { fees, volumeLimit, margin, borrow, debit, warmUp, codeWork } = options;
  return {
    ...(fees === undefined ? {} : { fees: parseFees(fees) }),
    ...(volumeLimit === undefined ? {} : { volumeLimit: parseVolumeLimit(volumeLimit) }),
    ...(margin === undefined ? {} : { margin: parseMargin(margin) }),
    ...(borrow === undefined ? {} : { borrowRate: parsePaidRate(borrow, 'borrow') }),
    ...(debit === undefined ? {} : { debitRate: parsePaidRate(debit, 'debit') }),
    ...(warmUp === undefined ? {} : { warmUp: parseWhole(warmUp, 'warm-up', 0xffff_ffff) }),
    ...(codeWork === undefined ? {} : { codeWork: parseWhole(codeWork, 'code-work', 1e9) }),
  };
}

/** The file of `--input`. @throws RenataError NOT_FOUND */
export function fileOf(
  input: string,
  { timeframe }: Pick<RunSettingOptions, 'timeframe'>,
): RunFile {
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
