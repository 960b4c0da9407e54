import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import { isoDate, MS_PER_DAY, unixMillis } from '../../../../engine/domain/time.ts';
import type { Clock } from '../../../../engine/ports/clock.ts';
import type { DataGap } from '../../../../engine/ports/market-data-client.ts';
import type { TickRecorder } from '../types.ts';
import { FILE_HEADER, FrameBuilder } from './frame.ts';
import { EXTENSION, soundLength } from './reader.ts';

/** Milliseconds after which what has come is written. */
const FLUSH = 1_000;
/** Bytes that may wait to be written; with more, what comes is lost and said to be. */
const WAITING = 64 * 1024 * 1024;
/** Days that are kept open: midnight may come while the last of yesterday is written. */
const OPEN_FILES = 2;

export interface RecorderOptions {
  /** Holds one folder for each source, and in it one file for each day. */
  readonly folder: string;
  readonly clock: Clock;
  readonly onDefect: (error: unknown, what: string) => void;
  readonly maxWaiting?: number;
}

export interface RecorderStatistics {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that could not be written: the disk was full or too slow. */
  readonly lost: number;
  readonly waiting: number;
}

interface Lane {
  readonly source: string;
  readonly builder: FrameBuilder;
  day: number;
  /** Receipt of the first and last row that were lost and are not yet said to be. */
  lostFrom: number;
  lostTo: number;
}

/**
 * Writes everything that sources send into day files. `record` returns at once: rows are gathered, made
 * into frames and appended, each synced to the disk. Memory is bounded: when the disk cannot follow, whole
 * frames are lost, counted, reported, and marked as a gap in the file.
 */
export class Recorder implements TickRecorder {
  readonly #options: RecorderOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #files = new Map<string, DayFile>();
  #work: Promise<void> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;
  #waiting = 0;
  #rows = 0;
  #bytes = 0;
  #lost = 0;
  #failing = false;
  #closed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  record(source: string, batch: readonly MarketDatum[]): void {
    if (this.#closed) return;
    const lane = this.#lane(source);
    const { builder } = lane;
    for (const datum of batch) {
      const { receivedTime } = datum;
      if (!(receivedTime >= lane.day && receivedTime < lane.day + MS_PER_DAY)) {
        this.#turn(lane, receivedTime);
      }
      builder.add(datum);
      if (builder.full) this.#frame(lane);
    }
    this.#later();
  }

  gap(source: string, gap: DataGap): void {
    if (this.#closed) return;
    const lane = this.#lane(source);
    if (Number.isNaN(lane.day)) this.#turn(lane, this.#options.clock.now());
    lane.builder.addGap(gap);
    if (lane.builder.full) this.#frame(lane);
    this.#later();
  }

  /** Settles when all that came is on the disk. */
  async flush(): Promise<void> {
    for (const lane of this.#lanes.values()) this.#frame(lane);
    await this.#work;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelFlush?.();
    await this.flush();
    for (const file of this.#files.values()) await file.close();
    this.#files.clear();
  }

  statistics(): RecorderStatistics {
    return { rows: this.#rows, bytes: this.#bytes, lost: this.#lost, waiting: this.#waiting };
  }

  #later(): void {
    this.#cancelFlush ??= this.#options.clock.after(FLUSH, () => {
      this.#cancelFlush = undefined;
      for (const lane of this.#lanes.values()) this.#frame(lane);
    });
  }

  /** What is received on another day goes to another file; a time that is none stays where it is. */
  #turn(lane: Lane, receivedTime: number): void {
    const known = Number.isFinite(receivedTime);
    if (!known && !Number.isNaN(lane.day)) return;
    this.#frame(lane);
    const time = known ? receivedTime : this.#options.clock.now();
    lane.day = Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
  }

  #frame(lane: Lane): void {
    const { builder, source, day } = lane;
    if (builder.rows === 0) return;
    const { rows } = builder;
    const frame = builder.take();
    const { maxWaiting = WAITING } = this.#options;
    if (this.#waiting + frame.byteLength > maxWaiting) {
      this.#lose(lane, rows, new Error(`${this.#waiting} bytes wait to be written`));
      return;
    }
    this.#markLoss(lane);
    this.#waiting += frame.byteLength;
    this.#work = this.#work.then(async () => {
      try {
        await (await this.#file(source, day)).append(frame);
        this.#rows += rows;
        this.#bytes += frame.byteLength;
        this.#failing = false;
      } catch (error) {
        this.#lose(lane, rows, error);
      } finally {
        this.#waiting -= frame.byteLength;
      }
    });
  }

  #lose(lane: Lane, rows: number, error: unknown): void {
    this.#lost += rows;
    const now = this.#options.clock.now();
    if (Number.isNaN(lane.lostFrom)) lane.lostFrom = now;
    lane.lostTo = now;
    if (this.#failing) return;
    this.#failing = true;
    this.#options.onDefect(error, `Prices of ${lane.source} are not recorded`);
  }

  /** The next frame that is written says what is missing before it. */
  #markLoss(lane: Lane): void {
    if (Number.isNaN(lane.lostFrom)) return;
    lane.builder.addGap({
      instrument: null,
      from: unixMillis(lane.lostFrom),
      to: unixMillis(lane.lostTo),
      reason: 'The disk could not follow; what came was not recorded.',
    });
    lane.lostFrom = Number.NaN;
    lane.lostTo = Number.NaN;
    this.#later();
  }

  #lane(source: string): Lane {
    let lane = this.#lanes.get(source);
    if (lane === undefined) {
      lane = {
        source,
        builder: new FrameBuilder(),
        day: Number.NaN,
        lostFrom: Number.NaN,
        lostTo: Number.NaN,
      };
      this.#lanes.set(source, lane);
    }
    return lane;
  }

  async #file(source: string, day: number): Promise<DayFile> {
    const folder = source.replace(/[^A-Za-z0-9_-]/g, '_');
    const path = join(this.#options.folder, folder, `${isoDate(day)}${EXTENSION}`);
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const mine = [...this.#files.keys()].filter((each) => dirname(each) === dirname(path));
    for (const old of mine.toSorted().slice(0, Math.max(0, mine.length + 1 - OPEN_FILES))) {
      await this.#files.get(old)?.close();
      this.#files.delete(old);
    }
    const file = await DayFile.open(path, this.#options.clock.now());
    this.#files.set(path, file);
    return file;
  }
}

/** A file that frames are appended to. */
class DayFile {
  readonly #file: FileHandle;
  #length: number;
  #torn = false;

  private constructor(file: FileHandle, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** Cuts off a last frame that was not written whole; a file that is broken is put aside. */
  static async open(path: string, now: number): Promise<DayFile> {
    await mkdir(dirname(path), { recursive: true });
    let file = await open(path, 'a+');
    await file.close();
    file = await open(path, 'r+');
    try {
      const { size } = await file.stat();
      if (size < FILE_HEADER.byteLength) {
        await file.truncate(0);
        await file.write(FILE_HEADER, 0, FILE_HEADER.byteLength, 0);
        return new DayFile(file, FILE_HEADER.byteLength);
      }
      const { length } = await soundLength(file, path);
      if (length < size) await file.truncate(length);
      return new DayFile(file, length);
    } catch (error) {
      await file.close();
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code !== 'STORE_DAMAGED') throw error;
      await rename(path, `${path}.broken-${now}`);
      return DayFile.open(path, now);
    }
  }

  async append(frame: Buffer): Promise<void> {
    if (this.#torn) {
      await this.#file.truncate(this.#length);
      this.#torn = false;
    }
    try {
      let written = 0;
      while (written < frame.byteLength) {
        const { bytesWritten } = await this.#file.write(
          frame,
          written,
          frame.byteLength - written,
          this.#length + written,
        );
        written += bytesWritten;
      }
      await this.#file.datasync();
    } catch (error) {
      this.#torn = true;
      throw error;
    }
    this.#length += frame.byteLength;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
