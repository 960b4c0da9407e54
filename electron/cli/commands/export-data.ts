import { isAbsolute, resolve } from 'node:path';
import type { Command } from 'commander';
import { ADJUSTMENTS, type Adjustment } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { addCommonOptions, type CommonOptions, type Shell } from '../command.ts';
import { findDataset } from '../datasets.ts';
import { addTimeframe } from '../file-options.ts';
import { formatBytes } from '../text.ts';
import { parseChoice, parseEnd, parseStart } from '../values.ts';

const FORMATS = ['csv', 'parquet'] as const;
type Format = (typeof FORMATS)[number];

interface Options extends CommonOptions {
  readonly format?: Format;
  readonly timeframe?: string;
  readonly output?: string;
  readonly start?: number;
  readonly end?: number;
  readonly adjust: Adjustment;
}

export function addExportData(program: Command, { terminal, finish }: Shell): void {
  const command = program
    .command('export-data')
    .description('write the bars of a dataset to a CSV or Parquet file')
    .argument('<symbol>', 'SPX, SPX.INDEX or SPX.INDEX@1d')
    .option('--format <format>', 'csv or parquet (default: by the ending of --output, else csv)', (text) =>
      parseChoice(text, 'format', FORMATS),
    )
    .option('-o, --output <file>', 'file to write, replaced if it is there; - is standard output');
  addTimeframe(command, 'bar length, such as 1d, where a symbol has several')
    .option('--start <date>', 'first date, YYYY-MM-DD, or instant, UTC', parseStart)
    .option('--end <date>', 'last date (all of it) or instant, UTC', parseEnd)
    .option(
      '--adjust <kind>',
      `prices: ${ADJUSTMENTS.join(', ')}`,
      (text) => parseChoice(text, 'adjust', ADJUSTMENTS),
      'raw',
    );
  addCommonOptions(command);
  command.action(async (symbol: string, options: Options) => {
    const toOutput = options.output === '-';
    const format = options.format ?? (options.output?.endsWith('.parquet') === true ? 'parquet' : 'csv');
    checkOutput(toOutput, format, terminal.json, terminal.showsResult);
    const { withWorkstation } = await import('../session.ts');
    const { checkFile, replaceFile } = await import('../files.ts');
    if (options.output !== undefined && !toOutput) checkFile(options.output, 'output');
    const place = { kind: 'store', directory: options.dataDir } as const;
    await withWorkstation(terminal, place, async ({ call }) => {
      const dataset = findDataset(await call('data.list', {}), symbol, options.timeframe ?? null);
      const { fileName, bytes } = await call('data.export', {
        datasetId: dataset.id,
        format,
        adjustment: options.adjust,
        start: options.start ?? null,
        end: options.end ?? null,
      });
      if (toOutput) {
        terminal.write(bytes);
        return;
      }
      const given = options.output ?? fileName;
      const path = isAbsolute(given) ? given : resolve(given);
      await replaceFile(path, bytes, 'output');
      finish('export-data', {
        data: { datasetId: dataset.id, format, path, bytes: bytes.byteLength },
        text: `Wrote ${given} (${formatBytes(bytes.byteLength)}).`,
      });
    });
  });
}

function checkOutput(toOutput: boolean, format: Format, json: boolean, onScreen: boolean): void {
  if (!toOutput) return;
  const problem = json
    ? 'standard output cannot hold the bars and JSON; leave one of "--output -" and --json out.'
    : format === 'parquet' && onScreen
      ? 'Parquet is no text for a terminal; give a file, or pipe it on.'
      : undefined;
  if (problem === undefined) return;
  throw new RenataError('BAD_INPUT', `output: ${problem}`, { details: { parameter: 'output' } });
}
