import type { Database as Connection } from 'better-sqlite3';
import { adjustBars } from '../../engine/domain/adjustments.ts';
import type { Adjustment, BarColumns } from '../../engine/domain/bar.ts';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import type { DatasetSummary } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { isoDate } from '../../engine/domain/time.ts';
import { isDailyOrLonger } from '../../engine/domain/timeframe.ts';
import { CHUNK_BARS } from '../../engine/series/codec.ts';
import { allocateColumns, lowerBound, sliceColumns } from '../../engine/series/columns.ts';
import type { Calendars } from './calendars.ts';
import { ChunkReader, chunkPlaces } from './chunk-rows.ts';
import type { ChunkPlace } from './chunk-rows.ts';
import { listAdjustments, requireDataset, versionsOf } from './datasets.ts';
import type { ReadRequest, ReadResult } from './store-types.ts';

/** How far a source's prices are adjusted already; what is asked for must not be less. */
const LEVELS: Readonly<Record<Adjustment, number>> = { raw: 0, split: 1, 'total-return': 2 };

/** Reads a range of a dataset, decoding only the chunks that overlap it. */
export function readBars(
  connection: Connection,
  calendars: Calendars,
  request: ReadRequest,
): ReadResult {
  // One transaction, so that an import that commits meanwhile cannot change what is read.
  return connection.transaction(() => readInTransaction(connection, calendars, request))();
}

function readInTransaction(
  connection: Connection,
  calendars: Calendars,
  request: ReadRequest,
): ReadResult {
  const summary = requireDataset(connection, request.datasetId);
  const version = findVersion(connection, summary, request.version);
  const start = request.start ?? Number.NEGATIVE_INFINITY;
  const end = request.end ?? Number.POSITIVE_INFINITY;
  if (start > end) {
    throw new RenataError(
      'BAD_INPUT',
      `start: ${isoDate(start)} is after end ${isoDate(end)}; exchange them.`,
      { details: { parameter: 'start' } },
    );
  }
  const adjustment = request.adjustment ?? 'raw';
  const stored = version.provenance.adjustment;
  if (LEVELS[adjustment] < LEVELS[stored]) {
    throw new RenataError(
      'BAD_INPUT',
      `adjustment: ${summary.id} was imported with ${stored} prices, so ${adjustment} prices are not known; ask for ${stored}.`,
      { details: { parameter: 'adjustment', stored } },
    );
  }
  const events = listAdjustments(connection, summary.instrumentId).filter(
    (event) => adjustment !== 'raw' && !(stored !== 'raw' && event.kind === 'split'),
  );
  const needed = stored === 'total-return' ? [] : events;
  // A dividend that names no price before it takes it from the bars, which the range may lack.
  const whole = needed.some((event) => event.kind === 'dividend' && event.referencePrice === null);
  const limit = request.last ?? Number.POSITIVE_INFINITY;
  const places = (from: number, to: number): ChunkPlace[] =>
    chunkPlaces(connection, summary.id, version.version, from, to);
  const reader = new ChunkReader(connection, summary.id);
  const adjust = (bars: BarColumns): BarColumns =>
    adjustBars(
      bars,
      needed,
      adjustment,
      isDailyOrLonger(summary.timeframe),
      calendars.get(summary.calendar).zone,
      // These bars were decoded for this call alone, so they are adjusted where they are.
      () => bars,
    );
  const allocate = (length: number): BarColumns => targetColumns(request.into, length);

  let bars: BarColumns;
  let totalBars: number;
  if (whole) {
    const all = adjust(
      decodeRange(
        reader,
        places(-Infinity, Infinity),
        -Infinity,
        Infinity,
        Infinity,
        allocateColumns,
      ).bars,
    );
    const from = lowerBound(all.time, start);
    const to = end === Number.POSITIVE_INFINITY ? all.time.length : lowerBound(all.time, end + 1);
    totalBars = to - from;
    const first = Math.max(from, to - limit);
    bars = sliceColumns(all, first, to);
    if (request.into !== undefined) {
      bars = allocate(to - first);
      copyBars(all, first, to, bars, 0);
    }
  } else {
    const range = decodeRange(reader, places(start, end), start, end, limit, allocate);
    totalBars = range.totalBars;
    bars = adjust(range.bars);
  }
  if (totalBars === 0) {
    throw new RenataError(
      'BAD_INPUT',
      `start, end: ${summary.id} has no bars in this range; it holds ${isoDate(version.firstTime)} to ${isoDate(version.lastTime)}.`,
      { details: { parameter: 'start' } },
    );
  }
  return {
    bars,
    totalBars,
    timeframe: summary.timeframe,
    contentHash: version.contentHash,
    version: version.version,
  };
}

/** The caller's columns where it gave some, else new ones. */
function targetColumns(given: BarColumns | undefined, length: number): BarColumns {
  if (given === undefined) return allocateColumns(length);
  const room = Math.min(...BAR_COLUMN_NAMES.map((name) => given[name].length));
  if (room >= length) return sliceColumns(given, 0, length);
  throw new RenataError(
    'BAD_INPUT',
    `into: the columns have room for ${room} bars, the range has ${length}; give longer ones.`,
    { details: { parameter: 'into', needed: length } },
  );
}

function findVersion(
  connection: Connection,
  summary: DatasetSummary,
  wanted: number | undefined,
): DatasetSummary['current'] {
  if (wanted === undefined || wanted === summary.current.version) return summary.current;
  const versions = versionsOf(connection, summary.id);
  const found = versions.find((version) => version.version === wanted);
  if (found !== undefined) return found;
  throw new RenataError(
    'NOT_FOUND',
    `${summary.id} has no version ${wanted}; it keeps ${versions.map((version) => version.version).join(', ')}.`,
    { details: { parameter: 'version' } },
  );
}

/**
 * Decodes the bars of some chunks that lie in a range. Whole chunks are decoded into their place in the
 * result; only those at its ends are decoded beside it and copied.
 */
function decodeRange(
  reader: ChunkReader,
  places: readonly ChunkPlace[],
  start: number,
  end: number,
  limit: number,
  allocate: (length: number) => BarColumns,
): { bars: BarColumns; totalBars: number } {
  const edges = new Map<number, { bars: BarColumns; from: number; to: number }>();
  const spans = places.map((place, index) => {
    if (place.firstTime >= start && place.lastTime <= end) return place.barCount;
    const bars = decodeAlone(reader, place);
    const from = lowerBound(bars.time, start);
    const to = end === Number.POSITIVE_INFINITY ? bars.time.length : lowerBound(bars.time, end + 1);
    edges.set(index, { bars, from, to });
    return to - from;
  });
  const totalBars = spans.reduce((sum, count) => sum + count, 0);
  const wanted = Math.min(totalBars, limit);
  let skip = totalBars - wanted;
  const out = allocate(wanted);
  let at = 0;
  for (const [index, place] of places.entries()) {
    const count = spans[index] ?? 0;
    if (skip >= count) {
      skip -= count;
      continue;
    }
    const edge = edges.get(index);
    if (edge === undefined && skip === 0) {
      reader.read(place, out, at);
    } else {
      const bars = edge?.bars ?? decodeAlone(reader, place);
      const from = (edge?.from ?? 0) + skip;
      copyBars(bars, from, from + count - skip, out, at);
    }
    at += count - skip;
    skip = 0;
  }
  return { bars: out, totalBars };
}

function decodeAlone(reader: ChunkReader, place: ChunkPlace): BarColumns {
  const bars = allocateColumns(place.barCount);
  reader.read(place, bars, 0);
  return bars;
}

/** Copies bars `from` to `to` of `source` to bar `at` of `target`. */
export function copyBars(
  source: BarColumns,
  from: number,
  to: number,
  target: BarColumns,
  at: number,
): void {
  for (const name of BAR_COLUMN_NAMES) target[name].set(source[name].subarray(from, to), at);
}

/** Walks through the stored bars of a version chunk by chunk, from the first at or after a time. */
export class StoredCursor {
  index = 0;
  bars: BarColumns = allocateColumns(CHUNK_BARS);
  #count = 0;
  #next = 0;
  readonly #reader: ChunkReader;
  readonly #places: readonly ChunkPlace[];

  constructor(reader: ChunkReader, places: readonly ChunkPlace[]) {
    this.#reader = reader;
    this.#places = places;
  }

  /** Moves to the first bar at or after `time`. */
  seek(time: number): void {
    this.#next = Math.max(
      0,
      this.#places.findIndex((place) => place.lastTime >= time),
    );
    this.#load();
    while (!this.ended && (this.bars.time[this.index] as number) < time) this.advance();
  }

  get ended(): boolean {
    return this.index >= this.#count;
  }

  advance(): void {
    this.index += 1;
    if (this.index >= this.#count) this.#load();
  }

  #load(): void {
    const place = this.#places[this.#next];
    this.index = 0;
    this.#count = 0;
    if (place === undefined) return;
    this.#reader.read(place, this.bars, 0);
    this.#count = place.barCount;
    this.#next += 1;
  }
}
