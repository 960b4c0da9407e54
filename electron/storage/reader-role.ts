import { basename } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import type { DatasetSummary } from '../../engine/domain/dataset.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import type { RunStrategy } from '../../engine/protocol/bundle-tasks.ts';
import type {
  ImportOptions,
  ImportPreview,
  Run,
  RunSummary,
} from '../../engine/protocol/schemas.ts';
import { allocateColumns } from '../../engine/series/columns.ts';
import { Calendars } from './calendars.ts';
import { contentHash } from './content-hash.ts';
import { openForReading } from './database.ts';
import { getDataset, listAdjustments, listDatasets, requireDataset } from './datasets.ts';
import { exportName, exportToBytes, exportToFile } from './export-bars.ts';
import { readRows } from './import-job.ts';
import { blockColumns } from './import/bar-builder.ts';
import { openSource, previewFile } from './import/source.ts';
import { breathe } from './lock.ts';
import { QualityScanner } from './quality.ts';
import { copyBars, readBars } from './read-bars.ts';
import { getRun, getRunStrategy, listRuns, loadDocument } from './records.ts';
import {
  countTrials,
  getResearch,
  listResearch,
  listTrials,
  readResearchPart,
  readResearchRows,
} from './research-records.ts';
import type {
  ResearchRecord,
  ResearchRows,
  ResearchSummary,
  TrialCount,
  TrialRow,
} from './research-types.ts';
import type {
  DatasetDetails,
  ExportRequest,
  FileBars,
  FileRequest,
  ReadRequest,
  ReadResult,
} from './store-types.ts';
import type { CallControl, ThreadStart } from './thread-protocol.ts';

/** Everything that only reads the store, or files beside it. */
export function readerHandlers(start: ThreadStart) {
  const calendars = new Calendars(start.calendarsDirectory);
  let opened: Connection | null = null;
  const connection = (): Connection => (opened ??= openForReading(start.directory));

  return {
    listDatasets: (): DatasetSummary[] => listDatasets(connection()),
    getDataset: (datasetId: string): DatasetDetails => getDataset(connection(), datasetId),
    readBars: (request: ReadRequest): ReadResult => readBars(connection(), calendars, request),
    listAdjustments: (instrumentId: string): AdjustmentEvent[] =>
      listAdjustments(connection(), instrumentId),
    listRuns: (): RunSummary[] => listRuns(connection()),
    getRun: (runId: string): Run => getRun(connection(), runId),
    getRunStrategy: (runId: string): RunStrategy | null => getRunStrategy(connection(), runId),
    loadDocument: (name: string): string | null => loadDocument(connection(), name),
    listResearch: (): ResearchSummary[] => listResearch(connection()),
    getResearch: (id: string): ResearchRecord => getResearch(connection(), id),
    readResearchRows: (id: string): ResearchRows['chunk'][] => readResearchRows(connection(), id),
    readResearchPart: (part: {
      readonly id: string;
      readonly from: number;
      readonly mostRows: number;
    }): ResearchRows[] => readResearchPart(connection(), part.id, part.from, part.mostRows),
    listTrials: (dataset: string): TrialRow[] => listTrials(connection(), dataset),
    countTrials: (): TrialCount[] => countTrials(connection()),
    calendars: (): string[] => calendars.names(),

    preview: (request: {
      readonly file: FileRequest;
      readonly options: Partial<ImportOptions>;
    }): Promise<ImportPreview> =>
      previewFile(request.file.path, nameOf(request.file), request.options, calendars),

    readFile: (
      request: { readonly file: FileRequest; readonly options: Partial<ImportOptions> },
      control: CallControl,
    ): Promise<FileBars> => readFileBars(request.file, request.options, calendars, control),

    exportFile: async (
      request: ExportRequest & { readonly path: string },
      control: CallControl,
    ): Promise<{ bytes: number; bars: number }> => {
      const { bars, timeframe } = readBars(connection(), calendars, request);
      const job = { ...control, breathe };
      const bytes = await exportToFile(request.path, request.format, bars, timeframe, job);
      return { bytes, bars: bars.time.length };
    },

    exportBytes: (request: ExportRequest): { fileName: string; bytes: Uint8Array } => {
      const { symbol } = requireDataset(connection(), request.datasetId);
      const { bars, timeframe } = readBars(connection(), calendars, request);
      return {
        fileName: exportName(symbol, timeframe, request.format),
        bytes: exportToBytes(request.format, bars, timeframe),
      };
    },

    /** Lets the file go until the next call. */
    close: (): void => {
      opened?.close();
      opened = null;
    },
  };
}

function nameOf(file: FileRequest): string {
  return file.fileName ?? basename(file.path);
}

async function readFileBars(
  file: FileRequest,
  options: Partial<ImportOptions>,
  calendars: Calendars,
  control: CallControl,
): Promise<FileBars> {
  const source = await openSource(file.path, nameOf(file), options, calendars);
  try {
    const { plan } = source;
    const timeframe = plan.timeframe as Timeframe;
    const quality = new QualityScanner(calendars.get(plan.calendar), timeframe);
    const blocks: { readonly bars: ReturnType<typeof blockColumns>; readonly count: number }[] = [];
    let total = 0;
    const duplicates = await readRows(
      source,
      options.duplicates,
      (block, count) => {
        quality.push(block, count);
        const bars = blockColumns(count);
        copyBars(block, 0, count, bars, 0);
        blocks.push({ bars, count });
        total += count;
      },
      { ...control, calendars, now: () => 0, breathe },
    );
    const bars = allocateColumns(total);
    let at = 0;
    for (const block of blocks) {
      copyBars(block.bars, 0, block.count, bars, at);
      at += block.count;
    }
    return {
      symbol: (options.symbol ?? plan.suggestedSymbol).toUpperCase(),
      calendar: plan.calendar,
      timeframe,
      bars,
      contentHash: contentHash(bars),
      notes: plan.notes,
      quality: quality.finish(duplicates),
    };
  } finally {
    source.close();
  }
}
