import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { defaultDataDirectory } from '../../layout.ts';
import {
  exportTicksToFile,
  RECORDED_KINDS,
} from '../../services/market-data/recording/export-ticks.ts';
import {
  exportFileName,
  findRecording,
  recordingsFolder,
} from '../../services/market-data/recording/recordings.ts';
import { runLive } from '../live-session.ts';
import { formatTable } from '../table.ts';
import { openTerminal } from '../terminal.ts';
import { parseChoice } from '../values.ts';
import { formatBytes } from '../text.ts';
import { common, print, type CommonOptions } from './context.ts';

interface ListFlags extends CommonOptions {
  readonly record?: string;
  readonly days?: string;
  readonly megabytes?: string;
}

interface ExportFlags extends CommonOptions {
  readonly kind: string;
  readonly instrument?: string;
  readonly format: string;
  readonly output?: string;
}

/** `recordings`: days of prices as they came. */
export function addRecordings(program: Command): void {
  const recordings = program
    .command('recordings')
    .description('days of live prices as they came, one file for each source and day (UTC)');
  common(recordings.command('list').description('recorded days; options change what is kept'))
    .option('--record <on|off>', 'record everything that is watched')
    .option('--days <number>', 'days that are kept')
    .option('--megabytes <number>', 'size after which the oldest days go')
    .action((flags: ListFlags) =>
      runLive(flags, async ({ client }) => {
        const { record, days, megabytes } = flags;
        if (record !== undefined || days !== undefined || megabytes !== undefined) {
          await client.call('recordings.configure', {
            ...(record === undefined
              ? {}
              : { record: parseChoice(record, 'record', ['on', 'off'] as const) === 'on' }),
            ...(days === undefined ? {} : { days: whole('days', days, 3650) }),
            ...(megabytes === undefined
              ? {}
              : { megabytes: whole('megabytes', megabytes, 10_000_000) }),
          });
        }
        const found = await client.call('recordings.list', {});
        const { settings, lost } = found;
        const table = formatTable(
          [{ title: 'Source' }, { title: 'Day' }, { title: 'Size', align: 'right' }],
          found.days.map(({ source, day, bytes }) => [source, day, formatBytes(bytes)]),
        );
        return {
          json: found,
          text: [
            found.days.length === 0 ? 'Nothing has been recorded yet.' : table,
            `Recording is ${settings.record ? 'on' : 'off'}; ${settings.days} days and ${settings.megabytes} MB are kept.`,
            ...(lost > 0 ? [`${lost} rows were lost since the disk could not follow.`] : []),
          ].join('\n'),
        };
      }),
    );
  common(
    recordings
      .command('export <source> <day>')
      .description('write one kind of a recorded day to a file'),
  )
    .option('--kind <kind>', RECORDED_KINDS.join(', '), 'trade')
    .option('--instrument <id>', 'one instrument alone, such as AAPL.XNAS')
    .option('--format <format>', 'csv or parquet', 'csv')
    .option('--output <file>', 'file to write (default: named after what is in it)')
    .action(exportRecording);
  common(recordings.command('delete <source> <day>').description('remove a recorded day')).action(
    (source: string, day: string, flags: CommonOptions) =>
      runLive(flags, async ({ client }) => {
        await client.call('recordings.delete', { source, day });
        return { json: { source, day }, text: `The recording of ${source} on ${day} is gone.` };
      }),
  );
}

/** Reads the file itself: a day may be larger than what goes through a call. */
async function exportRecording(source: string, day: string, flags: ExportFlags): Promise<void> {
  const terminal = openTerminal({ json: flags.json === true });
  const kind = parseChoice(flags.kind, 'kind', RECORDED_KINDS);
  const format = parseChoice(flags.format, 'format', ['csv', 'parquet'] as const);
  const instrument = flags.instrument ?? null;
  const folder = recordingsFolder(resolve(flags.dataDir ?? defaultDataDirectory()));
  const { path } = await findRecording(folder, source, day);
  const output = resolve(
    flags.output ?? join('.', exportFileName({ source, day, kind, instrument, format })),
  );
  const rows = await exportTicksToFile({ path, kind, instrument, format }, output);
  print(terminal, { json: { output, rows }, text: `${rows} rows: ${output}` });
  await terminal.flush();
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RenataError('BAD_INPUT', `${name}: "${text}" is no whole number from 1 to ${most}.`, {
    details: { parameter: name },
  });
}
