import { basename } from 'node:path';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { CallInput, CallOutput } from '../../engine/protocol/contract.ts';
import type { ImportOptions, ImportSource } from '../../engine/protocol/schemas.ts';
import type { FileRequest, Progress, Store } from '../storage/store-client.ts';
import type { JobControl, Jobs } from './jobs.ts';
import { suggestion } from './nearest-name.ts';
import type { Uploads } from './uploads.ts';

/** Largest export that is handed over in one answer, bytes. */
const MAX_EXPORT_BYTES = 256 * 1024 * 1024;
/** Share of an import that is reading and checking; the rest is writing. */
const READ_SHARE = 0.85;

export interface HistoryOptions {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly uploads: Uploads;
  readonly onDataChanged: () => void;
}

interface ReadonlyEvents {
  readonly events: readonly AdjustmentEvent[];
}

/** Datasets: what there is, reading, importing and exporting them. */
export interface History {
  details(datasetId: string): ReturnType<Store['getDataset']>;
  bars(input: CallInput<'data.bars'>): Promise<CallOutput<'data.bars'>>;
  remove(datasetId: string): Promise<void>;
  preview(
    source: ImportSource,
    options: CallInput<'data.preview'>['options'],
    mayNamePaths: boolean,
  ): Promise<CallOutput<'data.preview'>>;
  /** Starts the job and returns its id. */
  startImport(source: ImportSource, options: ImportOptions, mayNamePaths: boolean): string;
  /** Puts the splits and dividends of a factor file in the place of those the instrument had. */
  importFactors(
    source: ImportSource,
    instrumentId: string,
    mayNamePaths: boolean,
  ): Promise<ReadonlyEvents>;
  exportFile(input: CallInput<'data.export'>): Promise<CallOutput<'data.export'>>;
}

export function createHistory({ store, jobs, uploads, onDataChanged }: HistoryOptions): History {
  function fileOf(source: ImportSource, mayNamePaths: boolean): Required<FileRequest> {
    if (source.kind === 'upload') return uploads.file(source.uploadId);
    if (mayNamePaths) return { path: source.path, fileName: basename(source.path) };
    throw new RenataError(
      'UNAUTHORIZED',
      'Only the command line may name a file by its path; send the file as an upload.',
      { details: { parameter: 'source' } },
    );
  }

  return {
    details: (datasetId) => details(store, datasetId),
    async bars({ datasetId, start, end, adjustment, maxPoints }) {
      checkOrder(start, end);
      await details(store, datasetId);
      const read = await store.readBars({ datasetId, start, end, adjustment, last: maxPoints });
      return { bars: read.bars, totalBars: read.totalBars, timeframe: read.timeframe };
    },
    async remove(datasetId) {
      await details(store, datasetId);
      await store.deleteDataset(datasetId);
      onDataChanged();
    },
    async preview(source, options, mayNamePaths) {
      return store.preview(fileOf(source, mayNamePaths), definedOnly(options));
    },
    startImport(source, options, mayNamePaths) {
      const file = fileOf(source, mayNamePaths);
      return jobs.start({
        kind: 'import',
        title: `Import ${file.fileName}`,
        unit: 'rows',
        total: null,
        lane: 'store',
        work: async (control) => {
          const result = await store.importFile(
            { ...file, options },
            { signal: control.signal, onProgress: (progress) => tellImport(control, progress) },
          );
          for (const note of result.notes) control.note(note);
          // Kept after a failure, so that the user can mend the options and import again.
          if (source.kind === 'upload') await uploads.remove(source.uploadId);
          onDataChanged();
          return result.datasetId;
        },
      });
    },
    async importFactors(source, instrumentId, mayNamePaths) {
      const file = fileOf(source, mayNamePaths);
      try {
        return { events: await store.importFactors(instrumentId, file) };
      } finally {
        // There are no options to mend: after a failure another file is sent.
        if (source.kind === 'upload') await uploads.remove(source.uploadId);
        onDataChanged();
      }
    },
    async exportFile({ datasetId, format, adjustment, start, end }) {
      checkOrder(start, end);
      const { summary } = await details(store, datasetId);
      let file: CallOutput<'data.export'> | undefined;
      const jobId = jobs.start({
        kind: 'export',
        title: `Export ${summary.symbol} ${summary.timeframe} as ${format}`,
        unit: 'bars',
        total: null,
        lane: 'store',
        work: async (control) => {
          const made = await store.exportBytes(
            { datasetId, format, adjustment, start, end },
            {
              signal: control.signal,
              onProgress: ({ done, total }) => control.progress(done, total),
            },
          );
          if (made.bytes.byteLength > MAX_EXPORT_BYTES) {
            throw new RenataError(
              'TOO_LARGE',
              `The export of ${summary.id} has ${made.bytes.byteLength} bytes; choose a shorter range or use the command line.`,
            );
          }
          file = made;
          return made.fileName;
        },
      });
      const job = await jobs.finished(jobId);
      if (file !== undefined && job.state === 'done') return file;
      if (job.error !== null) throw RenataError.fromPayload(definedOnly(job.error));
      throw new RenataError('CANCELLED', 'The export was cancelled.');
    },
  };
}

/** Tells a job's progress from an import's two stages. */
export function tellImport(control: JobControl, { stage, done, total, bars }: Progress): void {
  const part = total === 0 ? 0 : done / total;
  const share = stage === 'read' ? READ_SHARE * part : READ_SHARE + (1 - READ_SHARE) * part;
  control.progress(bars, null, share);
}

/** @throws RenataError NOT_FOUND naming the dataset that was most likely meant. */
export async function details(store: Store, datasetId: string): ReturnType<Store['getDataset']> {
  const datasets = await store.listDatasets();
  if (datasets.some((dataset) => dataset.id === datasetId)) return store.getDataset(datasetId);
  const ids = datasets.map((dataset) => dataset.id);
  throw new RenataError(
    'NOT_FOUND',
    `There is no dataset "${datasetId}".${suggestion(datasetId, ids)}`,
    { details: { parameter: 'datasetId' } },
  );
}

/** @throws RenataError BAD_INPUT when the range ends before it starts. */
export function checkOrder(start: number | null, end: number | null): void {
  if (start === null || end === null || start <= end) return;
  throw new RenataError(
    'BAD_INPUT',
    'The start of the range lies after its end; swap the two dates.',
    { details: { parameter: 'start' } },
  );
}

/** Keys that are present and undefined count as absent. */
function definedOnly<Value extends object>(value: Value): Defined<Value> {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries) as Defined<Value>;
}
type Defined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };
