import type { Adjustment, BarColumns } from '../../engine/domain/bar.ts';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import type { DatasetSummary, DatasetVersion, QualityReport } from '../../engine/domain/dataset.ts';
import type { RunStrategy } from '../../engine/protocol/bundle-tasks.ts';
import type { PackedRun } from '../../engine/protocol/text-columns.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import type {
  ImportOptions,
  ImportPreview,
  Run,
  RunSummary,
} from '../../engine/protocol/schemas.ts';

import type {
  ResearchRecord,
  ResearchRows,
  ResearchState,
  ResearchSummary,
  TrialCount,
  TrialRow,
} from './research-types.ts';

/** A finished file of the store that can be restored. */
export interface Backup {
  readonly name: string;
  /** When it was made, UnixMillis. */
  readonly time: number;
  readonly bytes: number;
}

export interface StoreStatus {
  /** The store's file. */
  readonly path: string;
  readonly schemaVersion: number;
  /** Set where the file found at opening was damaged: its new name and what was wrong with it. */
  readonly recovered: { readonly keptAs: string; readonly reason: string } | null;
  /** Newest first. */
  readonly backups: readonly Backup[];
  /** Why the latest automatic backup failed, `null` when it did not. */
  readonly backupProblem: string | null;
}

export interface DatasetDetails {
  readonly summary: DatasetSummary;
  /** Newest first. */
  readonly versions: readonly DatasetVersion[];
  /** Report of the current version. */
  readonly quality: QualityReport;
}

export interface ReadRequest {
  readonly datasetId: string;
  /** Inclusive UnixMillis; absent or null is the first or the last bar. */
  readonly start?: number | null;
  readonly end?: number | null;
  /** `raw` by default. */
  readonly adjustment?: Adjustment;
  /** Only the newest so many bars of the range. */
  readonly last?: number;
  /** The current one by default. */
  readonly version?: number;
  /**
   * Columns on SharedArrayBuffers to read into, at least as long as the result, which is then a view of
   * them. Reading into memory that is in use already spares the system from finding new pages for it.
   */
  readonly into?: BarColumns;
}

export interface ReadResult {
  /** On SharedArrayBuffers. */
  readonly bars: BarColumns;
  /** Bars in the range, of which `bars` may be the newest. */
  readonly totalBars: number;
  readonly timeframe: Timeframe;
  /** Of the version that was read, whatever the range and adjustment. */
  readonly contentHash: string;
  readonly version: number;
}

export interface FileRequest {
  readonly path: string;
  /** Name shown to the user and in messages; the last part of `path` by default. */
  readonly fileName?: string;
}

export interface ImportRequest extends FileRequest {
  readonly options: ImportOptions;
  /** Provenance shown to the user; the file's name by default. */
  readonly source?: string;
  /** UnixMillis; now by default. */
  readonly fetchedAt?: number;
}

export interface ImportResult {
  readonly datasetId: string;
  readonly version: number;
  readonly contentHash: string;
  readonly timeframe: Timeframe;
  readonly barCount: number;
  /** Bars that were not in the version before. */
  readonly addedBars: number;
  /** True when the store held exactly these bars already and no version was made. */
  readonly unchanged: boolean;
  /** What was left out, turned round or assumed, one sentence each. */
  readonly notes: readonly string[];
  readonly quality: QualityReport;
}

/** Bars of a file that was read without being stored. */
export interface FileBars {
  readonly symbol: string;
  readonly calendar: string;
  readonly timeframe: Timeframe;
  readonly bars: BarColumns;
  readonly contentHash: string;
  readonly notes: readonly string[];
  readonly quality: QualityReport;
}

export interface Progress {
  /** `read` counts bytes (CSV) or rows (Parquet); `write` counts chunks; `export` bars; `verify` entries. */
  readonly stage: 'read' | 'write' | 'export' | 'verify';
  readonly done: number;
  readonly total: number;
  /** Bars so far. */
  readonly bars: number;
}

export interface ExportRequest {
  readonly datasetId: string;
  readonly format: 'csv' | 'parquet';
  readonly adjustment?: Adjustment;
  readonly start?: number | null;
  readonly end?: number | null;
}

export interface JobOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * The history store. Every call runs on a thread of its own: imports and other writes on one, reads on
 * another, exports and files that are only looked at on a third. All reject with RenataError.
 */
export interface Store {
  status(): Promise<StoreStatus>;
  listDatasets(): Promise<DatasetSummary[]>;
  /** @throws RenataError NOT_FOUND */
  getDataset(datasetId: string): Promise<DatasetDetails>;
  /** @throws RenataError NOT_FOUND, BAD_INPUT for a range without bars, STORE_DAMAGED */
  readBars(request: ReadRequest): Promise<ReadResult>;
  deleteDataset(datasetId: string): Promise<void>;
  preview(file: FileRequest, options: Partial<ImportOptions>): Promise<ImportPreview>;
  /** Stores a file as a new version, wholly or not at all. */
  importFile(request: ImportRequest, job?: JobOptions): Promise<ImportResult>;
  /** Reads a file's bars without storing them. */
  readFile(file: FileRequest, options: Partial<ImportOptions>, job?: JobOptions): Promise<FileBars>;
  /** Writes the file whole or not at all. */
  exportFile(
    request: ExportRequest & { readonly path: string },
    job?: JobOptions,
  ): Promise<{ readonly bytes: number; readonly bars: number }>;
  exportBytes(
    request: ExportRequest,
    job?: JobOptions,
  ): Promise<{ readonly fileName: string; readonly bytes: Uint8Array }>;
  /** Splits and dividends from a file of cumulative factors, in place of those there were. */
  importFactors(instrumentId: string, file: FileRequest): Promise<AdjustmentEvent[]>;
  setAdjustments(
    instrumentId: string,
    events: readonly AdjustmentEvent[],
    source: string,
  ): Promise<void>;
  listAdjustments(instrumentId: string): Promise<AdjustmentEvent[]>;
  /** @param strategy the text that the run ran; null for strategies of the program itself */
  saveRun(run: Run | PackedRun, strategy: RunStrategy | null): Promise<void>;
  /** Newest first. */
  listRuns(): Promise<RunSummary[]>;
  /** @throws RenataError NOT_FOUND, STORE_DAMAGED */
  getRun(runId: string): Promise<Run>;
  /**
   * The text that a run ran, whatever its file has become; null where none was kept with it.
   * @throws RenataError STORE_DAMAGED
   */
  getRunStrategy(runId: string): Promise<RunStrategy | null>;
  deleteRun(runId: string): Promise<void>;
  loadDocument(name: string): Promise<string | null>;
  saveDocument(name: string, json: string): Promise<void>;
  /** Begins long work whose results come row by row. */
  createResearch(record: ResearchRecord): Promise<void>;
  /** @throws RenataError NOT_FOUND, CONFLICT unless `rows.from` is where the work goes on */
  appendResearchRows(id: string, rows: ResearchRows): Promise<void>;
  setResearchState(change: {
    readonly id: string;
    readonly state: ResearchState;
    readonly message: string | null;
    /** Kept as it was when absent. */
    readonly summary?: unknown;
  }): Promise<void>;
  /** Newest first. */
  listResearch(): Promise<ResearchSummary[]>;
  getResearch(id: string): Promise<ResearchRecord>;
  /** All results so far, in the order of their places. @throws RenataError NOT_FOUND, STORE_DAMAGED */
  readResearchRows(id: string): Promise<ResearchRows['chunk'][]>;
  /** Results from a place on, chunk by chunk, until there are so many rows; none when there are no more. */
  readResearchPart(id: string, from: number, mostRows: number): Promise<ResearchRows[]>;
  deleteResearch(id: string): Promise<void>;
  /** Trials that were counted before are not counted again. */
  addTrials(rows: readonly TrialRow[]): Promise<void>;
  /** Oldest first. */
  listTrials(dataset: string): Promise<TrialRow[]>;
  countTrials(): Promise<TrialCount[]>;
  calendars(): Promise<string[]>;
  /** Copies the whole store into `backups/` while it is in use. */
  backup(): Promise<Backup>;
  /** Puts a backup in the place of the store; the present file is kept as `history.replaced-…`. */
  restoreBackup(name: string): Promise<void>;
  /** Ends the threads once running calls have ended. */
  close(): Promise<void>;
}
