import type { Command } from 'commander';
import type { ImportOptions } from '../../engine/protocol/schemas.ts';
import {
  parseChoice,
  parseColumn,
  parseDelimiter,
  parseTimeframe,
  type ColumnNames,
} from './values.ts';

/** Options that say how a file is to be read, for import-data and `backtest --input`. */
export interface FileOptions {
  readonly timeframe?: string;
  readonly calendar?: string;
  readonly timeZone?: string;
  readonly dateFormat?: string;
  readonly delimiter?: Exclude<ImportOptions['delimiter'], undefined>;
  readonly column?: ColumnNames;
  readonly duplicates?: Exclude<ImportOptions['duplicates'], undefined>;
}

const DUPLICATES = ['keep-first', 'keep-last', 'refuse'] as const;

export function addFileOptions(command: Command, heading: string): Command {
  return command
    .optionsGroup(heading)
    .option('--calendar <name>', "the market's sessions: us-equity, crypto, forex or none")
    .option('--time-zone <zone>', "IANA zone of the file's clock times, such as America/New_York")
    .option('--date-format <format>', 'such as YYYY-MM-DD, DD/MM/YYYY, YYYYMMDD or unix-ms')
    .option('--delimiter <character>', 'comma, semicolon, tab, pipe or space', parseDelimiter)
    .option(
      '--column <role=name>',
      'the file\'s name for a column, such as open=Eröffnung (repeatable; roles: time, date, clock, open, high, low, close, volume)',
      parseColumn,
    )
    .option('--duplicates <rule>', `repeated times: ${DUPLICATES.join(', ')} (default: refuse)`, (text) =>
      parseChoice(text, 'duplicates', DUPLICATES),
    );
}

export function addTimeframe(command: Command, description: string): Command {
  return command.option('--timeframe <length>', description, parseTimeframe);
}

/** The options as the contract has them, absent ones left out. */
export function importOptionsOf(options: FileOptions): Partial<ImportOptions> {
  const { timeframe, calendar, timeZone, dateFormat, delimiter, column, duplicates } = options;
  return {
    ...(timeframe === undefined ? {} : { timeframe }),
    ...(calendar === undefined ? {} : { calendar }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(dateFormat === undefined ? {} : { dateFormat }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(column === undefined ? {} : { columns: column }),
    ...(duplicates === undefined ? {} : { duplicates }),
  };
}
