import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeFileSync, renameSync } from 'node:fs';
import { ADJUSTMENTS } from '../../../engine/domain/bar.ts';
import type { QualityReport } from '../../../engine/domain/dataset.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { ImportOptions } from '../../../engine/protocol/schemas.ts';
import { formatTable } from '../table.ts';
import { formatBytes, formatInstant, formatNumber } from '../text.ts';
import {
  parseChoice,
  parseColumn,
  parseDelimiter,
  parseEnd,
  parseStart,
  parseTimeframe,
  type ColumnNames,
} from '../values.ts';
import { common, findDataset, run, type CommonOptions } from './context.ts';

interface ImportFlags extends CommonOptions {
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
  if (flags.symbol !== undefined && files.length > 1) {
    throw new RenataError(
      'BAD_INPUT',
      'symbol: several files cannot have one symbol; import them one by one.',
      {
        details: { parameter: 'symbol' },
      },
    );
  }
  await run(flags, async (session) => {
    const results: { readonly datasetId: string; readonly quality: QualityReport }[] = [];
    const lines: string[] = [];
    for (const file of files) {
      const path = resolve(file);
      if (!existsSync(path))
        throw new RenataError('NOT_FOUND', `There is no file ${path}; check its name.`);
      const options = importOptions(flags, path);
      const datasetId = await session.job('data.import', {
        source: { kind: 'path', path },
        options,
      });
      const { summary, quality } = await session.call('data.get', { datasetId });
      results.push({ datasetId, quality: quality });
      const { current } = summary;
      lines.push(
        `${summary.symbol} ${summary.timeframe}: ${formatNumber(current.barCount)} ${current.barCount === 1 ? 'bar' : 'bars'}, ${formatInstant(current.firstTime)} to ${formatInstant(current.lastTime)}, version ${current.version}`,
        ...quality.issues.map(({ severity, message }) => `  ${severity}: ${message}`),
      );
    }
    return { json: results, text: lines.join('\n') };
  });
}

function importOptions(flags: ImportFlags, path: string): ImportOptions {
  const named = basename(path).replace(/\.[^.]*$/, '');
  const pick = <Key extends string, Value>(key: Key, value: Value | undefined) =>
    (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
  return {
    symbol: flags.symbol ?? named,
    ...pick('name', flags.name),
    ...pick(
      'timeframe',
      flags.timeframe === undefined ? undefined : parseTimeframe(flags.timeframe),
    ),
    ...pick('calendar', flags.calendar),
    ...pick('currency', flags.currency),
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
        { title: 'Quality' },
        { title: 'Size', ...right },
        { title: 'Source' },
      ],
      datasets.map(({ symbol, instrumentId, timeframe, current, quality }) => [
        symbol,
        instrumentId.slice(instrumentId.lastIndexOf('.') + 1),
        timeframe,
        formatNumber(current.barCount),
        formatInstant(current.firstTime),
        formatInstant(current.lastTime),
        quality.errors + quality.warnings === 0
          ? 'clean'
          : `${quality.errors} errors, ${quality.warnings} warnings`,
        formatBytes(current.bytesOnDisk),
        current.provenance.source,
      ]),
    );
    return { json: datasets, text: datasets.length === 0 ? 'The store holds no bars yet.' : table };
  });
}

async function exportData(symbol: string, flags: ExportFlags): Promise<void> {
  const format = parseChoice(flags.format, 'format', ['csv', 'parquet']);
  await run(flags, async (session, terminal) => {
    const dataset = await findDataset(session, symbol, flags.timeframe);
    const file = await session.call('data.export', {
      datasetId: dataset.id,
      format,
      adjustment: parseChoice(flags.adjust, 'adjust', ADJUSTMENTS),
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
    try {
      writeFileSync(`${path}.partial`, file.bytes);
      renameSync(`${path}.partial`, path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RenataError(
        'BAD_INPUT',
        `output: ${path} cannot be written (${reason}); name another file.`,
        {
          details: { parameter: 'output' },
        },
      );
    }
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
