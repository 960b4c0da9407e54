import { resolve } from 'node:path';
import { defaultCalendarsDirectory } from './calendars.ts';
import { StoreThread } from './store-thread.ts';
import type { Store } from './store-types.ts';

export type * from './store-types.ts';

export interface StoreOptions {
  /** Folder of the store; made when it is absent. */
  readonly directory: string;
  /** The thread's entry: `electron/storage/thread.ts`, or the bundle of it. */
  readonly threadUrl: URL;
  /** Folder with the calendars' JSON files; `resources/calendars` of the program by default. */
  readonly calendarsDirectory?: string;
  /** Whether an import is followed by a backup once a day; true by default. */
  readonly automaticBackups?: boolean;
}

/**
 * Opens the history store on threads of its own.
 * @throws RenataError CONFLICT for a store of a newer Renata, UNAVAILABLE where it cannot be opened. A
 * damaged store is no error: it is kept aside and `status` tells of it.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const common = {
    directory: resolve(options.directory),
    calendarsDirectory: options.calendarsDirectory ?? defaultCalendarsDirectory(),
    automaticBackups: options.automaticBackups ?? true,
  };
  const writer = await StoreThread.start(options.threadUrl, { ...common, role: 'writer' });
  const startReader = (): Promise<StoreThread<'reader'>> =>
    StoreThread.start(options.threadUrl, { ...common, role: 'reader' });
  const reader = await startReader();
  /** Started when it is first needed. */
  let files: Promise<StoreThread<'reader'>> | null = null;
  const fileReader = (): Promise<StoreThread<'reader'>> => (files ??= startReader());
  /** Settled unless the store is being exchanged. */
  let gate: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | null = null;

  const write: typeof writer.call = async (name, input, job) => {
    await gate;
    return writer.call(name, input, job);
  };
  const read: typeof reader.call = async (name, input, job) => {
    await gate;
    return reader.call(name, input, job);
  };
  const readFiles: typeof reader.call = async (name, input, job) => {
    await gate;
    return (await fileReader()).call(name, input, job);
  };
  const releaseReaders = async (): Promise<void> => {
    await reader.call('close', undefined);
    if (files !== null) await (await files).call('close', undefined);
  };

  return {
    status: () => write('status', undefined),
    listDatasets: () => read('listDatasets', undefined),
    getDataset: (datasetId) => read('getDataset', datasetId),
    readBars: (request) => read('readBars', request),
    deleteDataset: (datasetId) => write('deleteDataset', datasetId),
    preview: (file, importOptions) => readFiles('preview', { file, options: importOptions }),
    importFile: (request, job) => write('importFile', request, job),
    readFile: (file, importOptions, job) =>
      readFiles('readFile', { file, options: importOptions }, job),
    exportFile: (request, job) => readFiles('exportFile', request, job),
    exportBytes: (request, job) => readFiles('exportBytes', request, job),
    importFactors: (instrumentId, file) => write('importFactors', { instrumentId, file }),
    setAdjustments: (instrumentId, events, source) =>
      write('setAdjustments', { instrumentId, events, source }),
    listAdjustments: (instrumentId) => read('listAdjustments', instrumentId),
    saveRun: (run, strategy) => write('saveRun', { run, strategy }),
    listRuns: () => read('listRuns', undefined),
    getRun: (runId) => read('getRun', runId),
    getRunStrategy: (runId) => read('getRunStrategy', runId),
    deleteRun: (runId) => write('deleteRun', runId),
    loadDocument: (name) => read('loadDocument', name),
    saveDocument: (name, json) => write('saveDocument', { name, json }),
    createResearch: (record) => write('createResearch', record),
    appendResearchRows: (id, rows) => write('appendResearchRows', { id, rows }),
    setResearchState: (change) => write('setResearchState', change),
    listResearch: () => read('listResearch', undefined),
    getResearch: (id) => read('getResearch', id),
    readResearchRows: (id) => read('readResearchRows', id),
    readResearchPart: (id, from, mostRows) => read('readResearchPart', { id, from, mostRows }),
    deleteResearch: (id) => write('deleteResearch', id),
    addTrials: (rows) => write('addTrials', rows),
    listTrials: (dataset) => read('listTrials', dataset),
    countTrials: () => read('countTrials', undefined),
    calendars: () => read('calendars', undefined),
    backup: () => write('backup', undefined),
    restoreBackup: (name) => {
      const before = gate;
      const exchange = (async () => {
        await before;
        await releaseReaders();
        await writer.call('restoreBackup', name);
      })();
      gate = exchange.catch(() => undefined);
      return exchange;
    },
    close: () => {
      closed ??= (async () => {
        await gate;
        // The writer closes last, so that it can fold the journal into the store's file.
        await releaseReaders();
        await writer.call('close', undefined);
        await Promise.all([writer.stop(), reader.stop(), files?.then((thread) => thread.stop())]);
      })();
      return closed;
    },
  };
}
