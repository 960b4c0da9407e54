import type { Command } from 'commander';
import { addCommonOptions, type CommonOptions, type Outcome, type Shell } from '../command.ts';
import { datasetRecord, versionRecord } from '../dataset-records.ts';
import { findDataset, type Dataset } from '../datasets.ts';
import { addTimeframe } from '../file-options.ts';
import { qualityRecord, qualityText } from '../quality-text.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { barTimeFormat, formatBytes, formatMinute, formatNumber } from '../text.ts';

interface Options extends CommonOptions {
  readonly timeframe?: string;
}

export function addListData(program: Command, { terminal, finish }: Shell): void {
  const command = program
    .command('list-data')
    .description('list the datasets of the store, or one of them with its versions and quality')
    .argument('[symbol]', 'SPX, SPX.INDEX or SPX.INDEX@1d');
  addCommonOptions(addTimeframe(command, 'bar length, such as 1d, where a symbol has several'));
  command.action(async (symbol: string | undefined, options: Options) => {
    const { withWorkstation } = await import('../session.ts');
    const place = { kind: 'store', directory: options.dataDir } as const;
    const outcome = await withWorkstation(terminal, place, (session) =>
      symbol === undefined ? all(session, terminal) : one(session, terminal, symbol, options),
    );
    finish('list-data', outcome);
  });
}

async function all({ call }: Session, terminal: Terminal): Promise<Outcome> {
  const datasets = await call('data.list', {});
  const empty = 'The store is empty; "renata import-data FILE" adds to it.';
  return {
    data: { datasets: datasets.map(datasetRecord) },
    text: datasets.length === 0 ? empty : datasetTable(datasets, terminal),
  };
}

function datasetTable(datasets: readonly Dataset[], terminal: Terminal): string {
  const columns = [
    { title: 'DATASET' },
    { title: 'NAME' },
    { title: 'BARS', align: 'right' },
    { title: 'FIRST' },
    { title: 'LAST' },
    { title: 'SIZE', align: 'right' },
    { title: 'VERSIONS', align: 'right' },
    { title: 'ERRORS', align: 'right' },
    { title: 'WARNINGS', align: 'right' },
    { title: 'SOURCE' },
  ] as const;
  const rows = datasets.map(({ id, name, timeframe, current, versionCount, quality }) => {
    const time = barTimeFormat(timeframe);
    return [
      id,
      name,
      formatNumber(current.barCount),
      time(current.firstTime),
      time(current.lastTime),
      formatBytes(current.bytesOnDisk),
      formatNumber(versionCount),
      formatNumber(quality.errors),
      formatNumber(quality.warnings),
      current.provenance.source,
    ];
  });
  return formatTable(columns, rows, (text) => terminal.style('bold', text));
}

async function one(
  { call }: Session,
  terminal: Terminal,
  symbol: string,
  { timeframe }: Options,
): Promise<Outcome> {
  const dataset = findDataset(await call('data.list', {}), symbol, timeframe ?? null);
  const { summary, versions, quality } = await call('data.get', { datasetId: dataset.id });
  const time = barTimeFormat(summary.timeframe);
  const facts = [
    ['Dataset', summary.id],
    ['Name', summary.name],
    ['Currency', summary.currency],
    ['Calendar', summary.calendar],
    ['Splits, dividends', summary.hasAdjustments ? 'known' : 'none known'],
  ];
  const columns = [
    { title: 'VERSION', align: 'right' },
    { title: 'BARS', align: 'right' },
    { title: 'FIRST' },
    { title: 'LAST' },
    { title: 'STORED (UTC)' },
    { title: 'PRICES' },
    { title: 'HASH' },
    { title: 'SOURCE' },
  ] as const;
  const rows = versions.map(({ version, barCount, firstTime, lastTime, provenance, contentHash }) => [
    formatNumber(version),
    formatNumber(barCount),
    time(firstTime),
    time(lastTime),
    formatMinute(provenance.fetchedAt),
    provenance.adjustment,
    contentHash.slice(0, 16),
    provenance.source,
  ]);
  return {
    data: {
      dataset: datasetRecord(summary),
      versions: versions.map(versionRecord),
      quality: qualityRecord(quality),
    },
    text: [
      formatTable([{ title: '' }, { title: '' }], facts),
      formatTable(columns, rows, (text) => terminal.style('bold', text)),
      qualityText(quality),
    ].join('\n\n'),
  };
}
