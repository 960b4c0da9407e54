import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { AdjustmentEvent } from '../../../engine/domain/adjustments.ts';
import { ADJUSTMENTS } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import type { ImportOptions } from '../../../engine/protocol/schemas.ts';
import { writeWhole } from '../run-files.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import { counted, formatBytes, formatInstant, formatNumber } from '../text.ts';
import {
  bad,
  parseChoice,
  parseColumn,
  parseDelimiter,
  parseEnd,
  parseStart,
  parseTimeframe,
  type ColumnNames,
} from '../values.ts';
import { common, findDataset, noteAdjustment, run, type CommonOptions } from './context.ts';
import { describeEvents, existingFile, storeFactors } from './factors.ts';

export interface ImportFlags extends CommonOptions {
  readonly symbol?: string;
  readonly name?: string;
  readonly timeframe?: string;
  readonly calendar?: string;
  readonly currency?: string;
  readonly timeZone?: string;
  readonly dateFormat?: string;
  readonly delimiter?: string;
  readonly column?: ColumnNames;
  readonly append?: boolean;
  readonly duplicates: string;
  readonly factors?: string;
}

interface ExportFlags extends CommonOptions {
  readonly timeframe?: string;
  readonly format: string;
  readonly output?: string;
  readonly start?: string;
  readonly end?: string;
  readonly adjust: string;
}

const DUPLICATES = ['refuse', 'keep-first', 'keep-last'] as const;

export function addData(program: Command): void {
  common(
    program
      .command('import-data <files...>')
      .description('import CSV or Parquet files into the store'),
  )
    .option('--symbol <symbol>', 'symbol (default: the file’s name)')
    .option('--name <text>', 'name of the instrument')
    .option('--timeframe <length>', 'bar length (default: found in the file)')
    .option('--calendar <name>', 'market calendar: us-equity, crypto, forex or none')
    .option('--currency <code>', 'currency of the prices')
    .option('--time-zone <zone>', 'IANA zone of the file’s clock times')
    .option('--date-format <format>', 'date format (default: found in the file)')
    .option('--delimiter <name>', 'comma, semicolon, tab, pipe or space')
    .option(
      '--column <role=name>',
      'name a column, for example open=Eröffnung; repeatable',
      (text: string, before: ColumnNames | undefined) => parseColumn(text, before),
    )
    .option('--append', 'keep the stored bars before the file’s first')
    .option('--duplicates <rule>', DUPLICATES.join(', '), 'refuse')
    .option('--factors <file>', 'splits and dividends of the symbol, as factors')
    .action(importFiles);
  common(program.command('list-data').description('list stored bars')).action(listData);
  common(program.command('export-data <symbol>').description('write stored bars to a file'))
    .option('--timeframe <length>', 'bar length, where a symbol has several')
    .option('--format <format>', 'csv or parquet', 'csv')
    .option('--output <file>', 'file to write; - is standard output')
    .option('--start <date>', 'first date')
    .option('--end <date>', 'last date')
    .option('--adjust <kind>', ADJUSTMENTS.join(', '), 'raw')
    .action(exportData);
  common(program.command('delete-data <symbol>').description('remove stored bars'))
    .option('--timeframe <length>', 'bar length, where a symbol has several')
    .action(deleteData);
}

async function importFiles(files: readonly string[], flags: ImportFlags): Promise<void> {
  for (const option of ['symbol', 'factors'] as const) {
    if (flags[option] !== undefined && files.length > 1) {
      throw new RenataError(
        'BAD_INPUT',
        `${option}: several files cannot have one ${option === 'symbol' ? 'symbol' : 'file of factors'}; import them one by one.`,
        { details: { parameter: option } },
      );
    }
  }
  const factors = flags.factors === undefined ? null : existingFile(flags.factors, 'factors');
  await run(flags, async (session) => {
    const results = await importAll(session, files, flags, factors);
    return {
      json: results.map(({ datasetId, quality, events }) => ({
        datasetId,
        quality,
        ...(events === null ? {} : { events }),
      })),
      text: results.flatMap(linesOf).join('\n'),
    };
  });
}

/**
 * Stores files one by one. What was stored stays when a later one is refused or the command is cancelled,
 * and is named then.
 * @param factors file of splits and dividends of the only instrument
 */
export async function importAll(
  session: Session,
  files: readonly string[],
  flags: ImportFlags,
  factors: string | null,
): Promise<readonly Imported[]> {
  const results: Imported[] = [];
  const stored: string[] = [];
  const tell = (without: string): void => {
    const stay = stored.length === 1 ? 'stays' : 'stay';
    session.stays(`${storedText(stored)} and ${stay} in the store${without}`);
  };
  try {
    for (const file of files) {
      const datasetId = await storeFile(session, file, flags);
      stored.push(datasetId);
      tell(factors === null ? '' : ', without the splits and dividends');
      const { summary, quality } = await session.call('data.get', { datasetId });
      const events =
        factors === null ? null : await storeFactors(session, factors, summary.instrumentId);
      tell('');
      results.push({ datasetId, summary, quality, events });
    }
  } catch (error) {
    // A cancelled command says it in its own sentence.
    if (stored.length > 0 && !session.signal.aborted)
      session.note(`renata: ${storedText(stored)} before the error below`);
    throw error;
  }
  return results;
}

export interface Imported {
  readonly datasetId: string;
  readonly summary: CallOutput<'data.get'>['summary'];
  readonly quality: CallOutput<'data.get'>['quality'];
  /** Splits and dividends of `--factors`. */
  readonly events: readonly AdjustmentEvent[] | null;
}

/** @returns the id of the dataset */
function storeFile(session: Session, file: string, flags: ImportFlags): Promise<string> {
  const path = existingFile(file, 'files');
  return session.job('data.import', {
    source: { kind: 'path', path },
    options: importOptions(flags, path),
  });
}

/** `GOOD.LOCAL 1d was stored` */
function storedText(ids: readonly string[]): string {
  const names = ids.map((id) => id.replace('@', ' ')).join(', ');
  return `${names} ${ids.length === 1 ? 'was' : 'were'} stored`;
}

function linesOf({ summary, quality, events }: Imported): string[] {
  const { current } = summary;
  return [
    `${summary.symbol} ${summary.timeframe}: ${counted(current.barCount, 'bar')}, ${formatInstant(current.firstTime)} to ${formatInstant(current.lastTime)}, version ${current.version}`,
    ...(events === null ? [] : [`  ${describeEvents(events)}`]),
    ...quality.issues.map(({ severity, message }) => `  ${severity}: ${message}`),
  ];
}

/** Longest symbol that the store takes. */
const MAX_SYMBOL = 32;

function symbolOf(flags: ImportFlags, path: string): string {
  const symbol = flags.symbol ?? basename(path).replace(/\.[^.]*$/, '');
  if (symbol.length <= MAX_SYMBOL) return symbol;
  throw new RenataError(
    'BAD_INPUT',
    `symbol: "${symbol}"${flags.symbol === undefined ? ', the name of the file,' : ''} has ${symbol.length} characters and a symbol ${MAX_SYMBOL} at most; ${flags.symbol === undefined ? 'give one with --symbol' : 'shorten it'}.`,
    { details: { parameter: 'symbol' } },
  );
}

/** Codes of ISO 4217, and the coins that prices of exchanges are in. */
function currencyOf(text: string): string {
  const code = text.trim().toUpperCase();
  if (/^(?:[A-Z]{3}|USDT|USDC|BUSD)$/.test(code)) return code;
  throw bad('currency', text, 'is not a currency; write its code of three letters, such as USD.');
}

function importOptions(flags: ImportFlags, path: string): ImportOptions {
  const pick = <Key extends string, Value>(key: Key, value: Value | undefined) =>
    (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
  return {
    symbol: symbolOf(flags, path),
    ...pick('name', flags.name),
    ...pick(
      'timeframe',
      flags.timeframe === undefined ? undefined : parseTimeframe(flags.timeframe),
    ),
    ...pick('calendar', flags.calendar),
    ...pick('currency', flags.currency === undefined ? undefined : currencyOf(flags.currency)),
    ...pick('timeZone', flags.timeZone),
    ...pick('dateFormat', flags.dateFormat),
    ...pick(
      'delimiter',
      flags.delimiter === undefined ? undefined : parseDelimiter(flags.delimiter),
    ),
    ...pick('columns', flags.column),
    mode: flags.append === true ? 'append' : 'replace',
    duplicates: parseChoice(flags.duplicates, 'duplicates', DUPLICATES),
  };
}

async function listData(flags: CommonOptions): Promise<void> {
  await run(flags, async ({ call }) => {
    const datasets = await call('data.list', {});
    const right = { align: 'right' } as const;
    const table = formatTable(
      [
        { title: 'Symbol' },
        { title: 'Venue' },
        { title: 'Timeframe' },
        { title: 'Bars', ...right },
        { title: 'From' },
        { title: 'To' },
        { title: 'Splits', ...right },
        { title: 'Dividends', ...right },
        { title: 'Quality' },
        { title: 'Size', ...right },
        { title: 'Source' },
      ],
      datasets.map(({ symbol, instrumentId, timeframe, current, splits, dividends, quality }) => [
        symbol,
        instrumentId.slice(instrumentId.lastIndexOf('.') + 1),
        timeframe,
        formatNumber(current.barCount),
        formatInstant(current.firstTime),
        formatInstant(current.lastTime),
        formatNumber(splits),
        formatNumber(dividends),
        qualityText(quality),
        formatBytes(current.bytesOnDisk),
        current.provenance.source,
      ]),
    );
    return { json: datasets, text: datasets.length === 0 ? 'The store holds no bars yet.' : table };
  });
}

function qualityText({ errors, warnings }: { errors: number; warnings: number }): string {
  const parts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  return parts.length === 0 ? 'clean' : parts.join(', ');
}

async function exportData(symbol: string, flags: ExportFlags): Promise<void> {
  const format = parseChoice(flags.format, 'format', ['csv', 'parquet']);
  const adjustment = parseChoice(flags.adjust, 'adjust', ADJUSTMENTS);
  if (flags.output === '-' && flags.json === true) {
    throw new RenataError(
      'BAD_INPUT',
      'output: --output - writes the bars to standard output and --json a document; give one of them.',
      { details: { parameter: 'output' } },
    );
  }
  await run(flags, async (session, terminal) => {
    const dataset = await findDataset(session, symbol, flags.timeframe);
    noteAdjustment(session, dataset, adjustment);
    const file = await session.call('data.export', {
      datasetId: dataset.id,
      format,
      adjustment,
      start: flags.start === undefined ? null : parseStart(flags.start),
      end: flags.end === undefined ? null : parseEnd(flags.end),
    });
    if (flags.output === '-') {
      terminal.write(file.bytes);
      await terminal.flush();
      terminal.note(
        `${formatBytes(file.bytes.byteLength)} of ${dataset.symbol} ${dataset.timeframe}`,
      );
      return { json: undefined, text: '' };
    }
    const path = resolve(flags.output ?? file.fileName);
    writeWhole(path, file.bytes, 'output');
    const bytes = file.bytes.byteLength;
    return { json: { path, bytes }, text: `wrote ${path}, ${formatBytes(bytes)}` };
  });
}

async function deleteData(
  symbol: string,
  flags: CommonOptions & { readonly timeframe?: string },
): Promise<void> {
  await run(flags, async (session) => {
    const dataset = await findDataset(session, symbol, flags.timeframe);
    await session.call('data.delete', { datasetId: dataset.id });
    return { json: { deleted: dataset.id }, text: `deleted ${dataset.id}` };
  });
}
