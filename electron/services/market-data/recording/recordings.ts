import { rm, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RenataError } from '../../../../engine/domain/errors.ts';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import { isoDate, MS_PER_DAY } from '../../../../engine/domain/time.ts';
import type { Clock } from '../../../../engine/ports/clock.ts';
import type { DataGap } from '../../../../engine/ports/market-data-client.ts';
import type { Store } from '../../../storage/store-client.ts';
import type { TickRecorder } from '../types.ts';
import { exportTicksToBytes, type RecordedKind } from './export-ticks.ts';
import { listRecordings, type RecordingFile } from './reader.ts';
import { Recorder, type RecorderStatistics } from './recorder.ts';

/** What is recorded, and how long it stays. */
export interface RecordingSettings {
  readonly record: boolean;
  /** Days that are kept, today among them. */
  readonly days: number;
  /** Size of all recordings together, after which the oldest go. */
  readonly megabytes: number;
}

export const DEFAULT_RECORDING: RecordingSettings = { record: true, days: 30, megabytes: 10_000 };
const DOCUMENT = 'recording';
const FOLDER = 'recordings';
const PRUNE_EVERY = 3_600_000;
const MAX_EXPORT_BYTES = 64 * 1024 * 1024;

export interface RecordingsOptions {
  readonly dataDirectory: string;
  readonly store: Pick<Store, 'loadDocument' | 'saveDocument'>;
  readonly clock: Clock;
  readonly onDefect: (error: unknown, what: string) => void;
  /** What was taken away, for the log. */
  readonly onRemoved?: (files: readonly RecordingFile[]) => void;
}

/** The folder of recordings of a data directory. */
export function recordingsFolder(dataDirectory: string): string {
  return join(dataDirectory, FOLDER);
}

/** Everything that sources send goes to the disk here, and what is too old or too much goes away. */
export class Recordings implements TickRecorder {
  readonly folder: string;
  readonly #options: RecordingsOptions;
  readonly #recorder: Recorder;
  #settings: RecordingSettings;
  #cancelPrune: (() => void) | undefined;
  #closed = false;

  private constructor(options: RecordingsOptions, settings: RecordingSettings) {
    this.#options = options;
    this.#settings = settings;
    this.folder = recordingsFolder(options.dataDirectory);
    const { clock, onDefect } = options;
    this.#recorder = new Recorder({ folder: this.folder, clock, onDefect });
  }

  static async open(options: RecordingsOptions): Promise<Recordings> {
    const recordings = new Recordings(options, await readSettings(options.store));
    recordings.#pruneSoon(0);
    return recordings;
  }

  get settings(): RecordingSettings {
    return this.#settings;
  }

  record(source: string, batch: readonly MarketDatum[]): void {
    if (this.#settings.record) this.#recorder.record(source, batch);
  }

  gap(source: string, gap: DataGap): void {
    if (this.#settings.record) this.#recorder.gap(source, gap);
  }

  statistics(): RecorderStatistics {
    return this.#recorder.statistics();
  }

  /** Settles when all that came is on the disk. */
  flush(): Promise<void> {
    return this.#recorder.flush();
  }

  list(): Promise<readonly RecordingFile[]> {
    return listRecordings(this.folder);
  }

  async configure(change: {
    readonly [Name in keyof RecordingSettings]?: RecordingSettings[Name] | undefined;
  }): Promise<void> {
    const { record, days, megabytes } = this.#settings;
    this.#settings = {
      record: change.record ?? record,
      days: change.days ?? days,
      megabytes: change.megabytes ?? megabytes,
    };
    await this.#options.store.saveDocument(DOCUMENT, JSON.stringify(this.#settings));
    await this.prune();
  }

  /** @throws RenataError NOT_FOUND, CONFLICT for the day that is being written */
  async remove(source: string, day: string): Promise<void> {
    const file = await findRecording(this.folder, source, day);
    if (day >= isoDate(this.#options.clock.now())) {
      throw new RenataError(
        'CONFLICT',
        `day: ${day} is still being recorded; turn recording off or wait for tomorrow (UTC).`,
        { details: { parameter: 'day' } },
      );
    }
    await rm(file.path, { force: true });
  }

  /** @throws RenataError NOT_FOUND, TOO_LARGE */
  async export(request: {
    readonly source: string;
    readonly day: string;
    readonly kind: RecordedKind;
    readonly instrument: string | null;
    readonly format: 'csv' | 'parquet';
  }): Promise<{ readonly fileName: string; readonly bytes: Uint8Array }> {
    const { source, day, kind, instrument, format } = request;
    await this.flush();
    const { path } = await findRecording(this.folder, source, day);
    const bytes = await exportTicksToBytes({ path, kind, instrument, format }, MAX_EXPORT_BYTES);
    return { fileName: exportFileName(request), bytes };
  }

  /** Takes away what is older than it should be, then the oldest until the rest is small enough. */
  async prune(): Promise<void> {
    const { clock, onRemoved } = this.#options;
    const { days, megabytes } = this.#settings;
    const today = isoDate(clock.now());
    const first = isoDate(clock.now() - (days - 1) * MS_PER_DAY);
    const files = [...(await listRecordings(this.folder)), ...(await setAside(this.folder))];
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const gone: RecordingFile[] = [];
    for (const file of files.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))) {
      // The day that is being written stays, however much it is.
      if (file.day >= today) break;
      if (file.day >= first && bytes <= megabytes * 1e6) break;
      await rm(file.path, { force: true });
      bytes -= file.bytes;
      gone.push(file);
    }
    if (gone.length > 0) onRemoved?.(gone);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPrune?.();
    await this.#recorder.close();
  }

  #pruneSoon(wait: number): void {
    if (this.#closed) return;
    this.#cancelPrune = this.#options.clock.after(wait, () => {
      this.prune()
        .catch((error: unknown) =>
          this.#options.onDefect(error, 'Old recordings could not be taken away'),
        )
        .finally(() => this.#pruneSoon(PRUNE_EVERY));
    });
  }
}

/** @throws RenataError NOT_FOUND naming what there is */
export async function findRecording(
  folder: string,
  source: string,
  day: string,
): Promise<RecordingFile> {
  const files = await listRecordings(folder);
  const found = files.find((file) => file.source === source && file.day === day);
  if (found !== undefined) return found;
  const own = files.filter((file) => file.source === source).map((file) => file.day);
  const sources = [...new Set(files.map((file) => file.source))];
  throw new RenataError(
    'NOT_FOUND',
    files.length === 0
      ? 'Nothing has been recorded yet.'
      : own.length === 0
        ? `source: there is no recording of "${source}"; there are ${sources.join(', ')}.`
        : `day: there is no recording of ${source} on "${day}"; there are ${own.slice(-10).join(', ')}.`,
  );
}

/** `trade-AAPL.XNAS-alpaca-2024-01-02.csv` */
export function exportFileName(request: {
  readonly source: string;
  readonly day: string;
  readonly kind: RecordedKind;
  readonly instrument: string | null;
  readonly format: 'csv' | 'parquet';
}): string {
  const { source, day, kind, instrument, format } = request;
  const name = [kind, ...(instrument === null ? [] : [instrument]), source, day].join('-');
  return `${name.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}.${format}`;
}

/** Recordings that were broken and put aside. */
async function setAside(folder: string): Promise<readonly RecordingFile[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found: RecordingFile[] = [];
  for (const name of names) {
    const match = /^([^/\\]+)[/\\](\d{4}-\d{2}-\d{2})\.ticks\.broken-\d+$/.exec(name);
    if (match === null) continue;
    const path = join(folder, name);
    const [, source, day] = match;
    found.push({
      source: source as string,
      day: day as string,
      path,
      bytes: (await stat(path)).size,
    });
  }
  return found;
}

async function readSettings(store: Pick<Store, 'loadDocument'>): Promise<RecordingSettings> {
  const json = await store.loadDocument(DOCUMENT);
  if (json === null) return DEFAULT_RECORDING;
  try {
    return { ...DEFAULT_RECORDING, ...(JSON.parse(json) as Partial<RecordingSettings>) };
  } catch {
    return DEFAULT_RECORDING;
  }
}
