import { basename } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { DatasetSummary } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { instrumentId, LOCAL_VENUE } from '../../engine/domain/identifiers.ts';
import type { AssetClass, Instrument } from '../../engine/domain/instrument.ts';
import { isoDate, isoTime } from '../../engine/domain/time.ts';
import { isDailyOrLonger } from '../../engine/domain/timeframe.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import { CHUNK_BARS } from '../../engine/series/codec.ts';
import type { Calendars } from './calendars.ts';
import { ChunkReader, chunkPlaces } from './chunk-rows.ts';
import type { ChunkPlace } from './chunk-rows.ts';
import { findDataset, findInstrument, getDataset, listDatasets } from './datasets.ts';
import { badFile } from './import/bad-file.ts';
import { BarBuilder, blockColumns } from './import/bar-builder.ts';
import type { BlockSink, DuplicateRule } from './import/bar-builder.ts';
import type { PartialOptions } from './import/plan.ts';
import { openSource } from './import/source.ts';
import type { FileSource } from './import/source.ts';
import { suggestCurrency } from './import/suggest.ts';
import { QualityScanner } from './quality.ts';
import { StoredCursor } from './read-bars.ts';
import type { ImportRequest, ImportResult, Progress } from './store-types.ts';
import { VersionWriter } from './version-writer.ts';

/** What a job needs from the thread it runs on. */
export interface JobContext {
  readonly calendars: Calendars;
  readonly now: () => number;
  readonly onProgress: (progress: Progress) => void;
  readonly isCancelled: () => boolean;
  /** Lets other calls of the thread run. */
  readonly breathe: () => Promise<void>;
}

/** Keeps other writes off the connection while a transaction is open across pauses. */
export interface WriteLock {
  acquire(): Promise<() => void>;
}

/**
 * Imports a file as a new version of its dataset: read, checked, looked over, compressed, hashed and
 * committed in one transaction.
 * @throws RenataError BAD_FILE, BAD_INPUT, CONFLICT, CANCELLED; the store is then as it was.
 */
export async function importFile(
  connection: Connection,
  lock: WriteLock,
  request: ImportRequest,
  context: JobContext,
): Promise<ImportResult> {
  const file = request.fileName ?? basename(request.path);
  const { options } = request;
  const id = instrumentId(options.symbol, options.venue ?? LOCAL_VENUE);
  const known = findInstrument(connection, id);
  const [usual, another] = listDatasets(connection).filter((one) => one.instrumentId === id);
  const source = await openSource(
    request.path,
    file,
    {
      ...options,
      calendar: options.calendar ?? known?.calendar,
      usualTimeframe:
        options.mode === 'append' && another === undefined ? usual?.timeframe : undefined,
    },
    context.calendars,
  );
  const writer = new VersionWriter(connection);
  let release: (() => void) | null = null;
  try {
    const { plan } = source;
    const timeframe = plan.timeframe as Timeframe;
    const datasetId = `${id}@${timeframe}`;
    const current = findDataset(connection, datasetId);
    const quality = new QualityScanner(context.calendars.get(plan.calendar), timeframe);
    const appending = options.mode === 'append' && current !== null;
    const target = appending
      ? new Appender(connection, current, writer, quality, file)
      : new Replacer(writer, quality);
    const duplicates = await readRows(
      source,
      options.duplicates,
      target.take,
      context,
      async () => {
        if (!writer.wantsToSpill) return;
        release ??= await lock.acquire();
        writer.spill();
      },
    );
    target.finish();
    const contentHash = writer.finish();
    const report = quality.finish(duplicates);
    const adjustment =
      options.adjustment ?? (appending ? current.current.provenance.adjustment : 'raw');
    if (appending && adjustment !== current.current.provenance.adjustment) {
      throw new RenataError(
        'CONFLICT',
        `adjustment: ${datasetId} holds ${current.current.provenance.adjustment} prices, so ${adjustment} prices cannot be appended to it.`,
        { details: { parameter: 'adjustment' } },
      );
    }
    const common = {
      datasetId,
      contentHash,
      timeframe,
      barCount: writer.barCount,
      notes: plan.notes,
    };
    const same =
      current !== null &&
      current.current.contentHash === contentHash &&
      current.current.provenance.adjustment === adjustment &&
      current.calendar === plan.calendar;
    if (same) {
      writer.rollback();
      const { quality: kept } = getDataset(connection, datasetId);
      return {
        ...common,
        version: current.current.version,
        addedBars: 0,
        unchanged: true,
        quality: kept,
      };
    }
    if (context.isCancelled()) throw cancelled(file);
    context.onProgress({ stage: 'write', done: 0, total: 1, bars: writer.barCount });
    release ??= await lock.acquire();
    const version = writer.commit(contentHash, {
      instrument: describeInstrument(id, options, known, plan.calendar),
      datasetId,
      timeframe,
      provenance: {
        source: request.source ?? file,
        fetchedAt: request.fetchedAt ?? context.now(),
        adjustment,
      },
      quality: report,
      basedOn: current?.current.version ?? 0,
      now: context.now(),
    });
    context.onProgress({ stage: 'write', done: 1, total: 1, bars: writer.barCount });
    return {
      ...common,
      version,
      addedBars: writer.barCount - (appending ? current.current.barCount : 0),
      unchanged: false,
      quality: report,
    };
  } finally {
    // Harmless after a commit.
    writer.rollback();
    source.close();
    release?.();
  }
}

/**
 * Reads all rows of a source in order, block by block.
 * @param afterStep awaited after each piece of the file
 * @returns repeated times that were left out
 */
export async function readRows(
  source: FileSource,
  duplicates: DuplicateRule | undefined,
  sink: BlockSink,
  context: JobContext,
  afterStep: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const { plan } = source;
  const builder = new BarBuilder({
    duplicates: duplicates ?? 'refuse',
    descending: plan.time?.descending ?? false,
    daily: plan.time?.daily ?? false,
    sink,
  });
  for await (const { done, total } of source.rows(builder)) {
    if (context.isCancelled()) throw cancelled(plan.file);
    context.onProgress({ stage: 'read', done, total, bars: builder.count });
    await afterStep();
    await context.breathe();
  }
  builder.finish();
  if (builder.count === 0) {
    throw badFile({ file: plan.file }, 'the file has no bars; choose a file with rows of prices.');
  }
  return builder.duplicates;
}

function cancelled(file: string): RenataError {
  return new RenataError('CANCELLED', `The import of ${file} was cancelled; nothing was stored.`);
}

/** Takes every bar of the file. */
class Replacer {
  readonly #writer: VersionWriter;
  readonly #quality: QualityScanner;

  constructor(writer: VersionWriter, quality: QualityScanner) {
    this.#writer = writer;
    this.#quality = quality;
  }

  readonly take: BlockSink = (bars, count) => {
    this.#quality.push(bars, count);
    this.#writer.push(bars, 0, count);
  };

  finish(): void {
    // Nothing is left to compare.
  }
}

/** Keeps the stored bars, compares those that the file has too, and takes the later ones. */
class Appender {
  readonly #writer: VersionWriter;
  readonly #quality: QualityScanner;
  readonly #cursor: StoredCursor;
  readonly #stored: DatasetSummary;
  readonly #file: string;
  #started = false;

  constructor(
    connection: Connection,
    stored: DatasetSummary,
    writer: VersionWriter,
    quality: QualityScanner,
    file: string,
  ) {
    this.#writer = writer;
    this.#quality = quality;
    this.#stored = stored;
    this.#file = file;
    const places = chunkPlaces(
      connection,
      stored.id,
      stored.current.version,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    );
    const reader = new ChunkReader(connection, stored.id);
    this.#cursor = new StoredCursor(reader, places);
    this.#begin(reader, places);
  }

  readonly take: BlockSink = (bars, count) => {
    let from = 0;
    if (!this.#started) {
      this.#started = true;
      const first = bars.time[0] as number;
      if (first < this.#stored.current.firstTime) {
        throw this.#refusal(
          first,
          `is before the first stored bar, ${this.#shown(this.#stored.current.firstTime)}`,
        );
      }
      this.#cursor.seek(first);
    }
    while (from < count && (bars.time[from] as number) <= this.#stored.current.lastTime) {
      this.#compare(bars, from);
      from += 1;
    }
    if (from === count) return;
    if (!this.#cursor.ended) {
      throw this.#refusal(
        this.#cursor.bars.time[this.#cursor.index] as number,
        'is stored but missing in the file',
      );
    }
    const later = shifted(bars, from, count);
    this.#quality.push(later, count - from);
    this.#writer.push(later, 0, count - from);
  };

  finish(): void {
    // A file that ends within the stored bars adds nothing and takes nothing away.
  }

  #begin(reader: ChunkReader, places: readonly ChunkPlace[]): void {
    const last = places.at(-1);
    const partial = last !== undefined && last.barCount < CHUNK_BARS ? last : null;
    this.#writer.share(partial === null ? places : places.slice(0, -1));
    const bars = blockColumns(CHUNK_BARS);
    for (const place of places) {
      reader.read(place, bars, 0);
      this.#quality.push(bars, place.barCount);
      if (place === partial) this.#writer.push(bars, 0, place.barCount);
    }
  }

  #compare(bars: BarColumns, at: number): void {
    const { bars: stored, index } = this.#cursor;
    const time = bars.time[at] as number;
    const storedTime = this.#cursor.ended ? Number.NaN : (stored.time[index] as number);
    if (storedTime < time) throw this.#refusal(storedTime, 'is stored but missing in the file');
    if (storedTime !== time) throw this.#refusal(time, 'is in the file but not stored');
    for (const name of BAR_COLUMN_NAMES) {
      const given = bars[name][at];
      const kept = stored[name][index];
      if (given !== kept) {
        throw this.#refusal(time, `has ${name} ${given} in the file and ${kept} in the store`);
      }
    }
    this.#cursor.advance();
  }

  #shown(time: number): string {
    return isDailyOrLonger(this.#stored.timeframe) ? isoDate(time) : isoTime(time);
  }

  #refusal(time: number, what: string): RenataError {
    return new RenataError(
      'CONFLICT',
      `${this.#file} cannot be appended to ${this.#stored.id}: the bar of ${this.#shown(time)} ${what}; nothing was stored. Correct the file, or import it as a new version in place of the stored bars.`,
      { details: { file: this.#file, dataset: this.#stored.id, time } },
    );
  }
}

function shifted(bars: BarColumns, from: number, to: number): BarColumns {
  if (from === 0) return bars;
  return {
    time: bars.time.subarray(from, to),
    open: bars.open.subarray(from, to),
    high: bars.high.subarray(from, to),
    low: bars.low.subarray(from, to),
    close: bars.close.subarray(from, to),
    volume: bars.volume.subarray(from, to),
  };
}

/** An instrument from what the options say, what is known of it already, and what its symbol tells. */
function describeInstrument(
  id: Instrument['id'],
  options: PartialOptions,
  known: Instrument | null,
  calendar: string,
): Instrument {
  const symbol = (options.symbol ?? '').trim().toUpperCase();
  const venue = (options.venue ?? LOCAL_VENUE).trim().toUpperCase();
  const assetClass: AssetClass =
    calendar === 'crypto'
      ? 'crypto'
      : calendar === 'forex'
        ? 'forex'
        : venue === 'INDEX'
          ? 'index'
          : 'equity';
  return {
    id,
    symbol,
    venue,
    name: options.name ?? known?.name ?? symbol,
    assetClass: known?.assetClass ?? assetClass,
    currency: options.currency ?? known?.currency ?? suggestCurrency(symbol),
    calendar,
    tickSize: known?.tickSize ?? 0.01,
    lotSize: known?.lotSize ?? (assetClass === 'equity' ? 1 : 0),
  };
}
