import type { Command } from 'commander';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ParameterValue } from '../../engine/domain/parameters.ts';
import type { SweepRequest } from '../../engine/protocol/research-schemas.ts';
import type { RunFile } from '../services/reports.ts';
import { findDataset, noteAdjustment } from './commands/context.ts';
import { readMarketOptions, withMarketOptions, type MarketOptions } from './market-options.ts';
import {
  fileOf,
  readRun,
  readSymbols,
  SYMBOLS,
  withRunOptions,
  type RunOptions,
} from './run-options.ts';
import type { Session } from './session.ts';
import { findSeveral } from './several.ts';
import { findNamed, readSet, type StrategyEntry } from './strategy-source.ts';
import { parsePair, parseWhole } from './values.ts';

/** Where a strategy may trade several instruments. */
export interface SearchedOptions extends RunOptions {
  readonly symbols?: string;
}

/** What commands take that run many combinations of a strategy. */
export interface SearchOptions extends SearchedOptions, MarketOptions {
  readonly param?: Readonly<Record<string, string>>;
  readonly set?: Readonly<Record<string, string>>;
  readonly where?: readonly string[];
  readonly objective: string;
  readonly search: string;
  readonly memory: string;
  readonly yes?: boolean;
}

export function withSearchOptions(command: Command): Command {
  return withMarketOptions(withRunOptions(command))
    .option(...SYMBOLS)
    .option(
      '--param <name=values>',
      'values of a parameter: fast=2..100, "fast=2..100 step 2", fast=5,10,20; repeatable',
      (text: string, before: Record<string, string> | undefined) => parsePair(text, before),
    )
    .option(
      '--set <name=value>',
      'value of a parameter that is not varied; repeatable',
      (text: string, before: Record<string, string> | undefined) => parsePair(text, before),
    )
    .option(
      '--where <condition>',
      'only combinations for which it holds, such as "fast < slow"; repeatable',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option(
      '--objective <formula>',
      'what is looked for, the larger the better: sharpe, -max_drawdown, "if(trades >= 30, sharpe, -1)"',
      'sharpe',
    )
    .option('--search <kind>', 'grid, random:N or adaptive:N', 'grid')
    .option('--memory <size>', 'memory that results on their way may take', '200MB')
    .option('--yes', 'start it even when it takes very long or much room');
}

/** What is run on what: the part of a request that sweeps and walk-forward tests share. */
export interface Searched {
  readonly request: Omit<SweepRequest, 'search'>;
  readonly search: SweepRequest['search'];
  readonly file: RunFile | undefined;
}

/** Reads what needs no store, so that a slip of the pen is told at once. */
export function checkSearchOptions(options: SearchOptions): void {
  readRun(options);
  readMarketOptions(options);
  parseMemory(options.memory);
  parseSearch(options.search, 0);
  sourceOf(options);
}

/** @throws RenataError BAD_INPUT or NOT_FOUND naming the option */
export async function readSearch(
  session: Session,
  name: string,
  options: SearchOptions,
): Promise<Searched> {
  const { entry, source } = await findNamed(session, name);
  const { param: ranges = {}, set = {} } = options;
  const file = options.input === undefined ? undefined : fileOf(options.input, options);
  return {
    request: {
      ...readRun(options),
      ...readMarketOptions(options),
      strategy: entry.id,
      ...(source === undefined ? {} : { source }),
      ...(await dataOf(session, entry, options, file)),
      ranges: { ...ranges },
      fixed: readSet(entry, set),
      constraints: [...(options.where ?? [])],
      objective: options.objective,
      memoryBytes: parseMemory(options.memory),
    },
    search: parseSearch(options.search, parseWhole(options.seed, 'seed', 0xffff_ffff)),
    file,
  };
}

/**
 * The dataset of `--symbol`, a name that no store has for a file, and what `--symbols` names for a strategy
 * that trades several.
 * @throws RenataError BAD_INPUT or NOT_FOUND naming the option
 */
export async function dataOf(
  session: Session,
  entry: StrategyEntry,
  options: SearchedOptions,
  file: RunFile | undefined,
): Promise<{ datasetId: string; instruments?: string[] }> {
  sourceOf(options);
  if (file !== undefined) return { datasetId: `${file.options.symbol ?? 'FILE'}.FILE` };
  const { symbol, symbols, timeframe } = options;
  const { adjustment } = readRun(options);
  if (entry.portfolio === true) {
    const one = symbol === undefined ? [] : [symbol];
    const given = readSymbols({ symbol: one, ...(symbols === undefined ? {} : { symbols }) });
    const named = given.length > 0 ? given : entry.instruments;
    const first = await findSeveral(session, entry.id, named, { timeframe, adjustment });
    return { datasetId: first.id, instruments: [...named] };
  }
  if (symbols !== undefined) {
    throw new RenataError(
      'BAD_INPUT',
      `symbols: ${entry.id} trades one instrument; name it with --symbol.`,
      { details: { parameter: 'symbols' } },
    );
  }
  if (symbol === undefined) throw nothingToTestOn();
  const dataset = await findDataset(session, symbol, timeframe);
  noteAdjustment(session, dataset, adjustment);
  return { datasetId: dataset.id };
}

function sourceOf({ symbol, symbols, input }: SearchedOptions): void {
  if (input !== undefined && (symbol ?? symbols) !== undefined) throw nothingToTestOn();
}

function nothingToTestOn(): RenataError {
  return new RenataError(
    'BAD_INPUT',
    'Say what to test on: --symbol SPX or --input FILE, one of them.',
    { details: { parameter: 'symbol' } },
  );
}

/** `grid`, `random:500`, `adaptive:200` */
export function parseSearch(text: string, seed: number): SweepRequest['search'] {
  const match = /^(grid|random|adaptive)(?::(\d[\d_]*))?$/.exec(text.trim());
  const kind = match?.[1];
  const count = Number((match?.[2] ?? '').replaceAll('_', ''));
  if (kind === 'grid' && match?.[2] === undefined) return { kind };
  if ((kind === 'random' || kind === 'adaptive') && Number.isSafeInteger(count) && count > 0) {
    return { kind, count, seed };
  }
  throw new RenataError(
    'BAD_INPUT',
    `search: "${text}" is not a search; write grid, random:500 or adaptive:200.`,
    { details: { parameter: 'search' } },
  );
}

const UNITS: Readonly<Record<string, number>> = { kb: 1e3, mb: 1e6, gb: 1e9 };

/** `200MB`, `1.5GB`. @throws RenataError BAD_INPUT */
export function parseMemory(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(kb|mb|gb)$/i.exec(text.trim());
  const bytes = Math.round(
    Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toLowerCase()] ?? Number.NaN),
  );
  if (bytes >= 4e6 && bytes <= 1e12) return bytes;
  throw new RenataError(
    'BAD_INPUT',
    `memory: "${text}" is not a size from 4MB to 1000GB; write it as 200MB.`,
    { details: { parameter: 'memory' } },
  );
}

/** `fast 10, slow 30` */
export function valuesText(values: Readonly<Record<string, ParameterValue>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
