import { messageOf } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { BookSnapshot } from '../../../engine/domain/market-data.ts';
import { unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { Fields } from '../../net/frames.ts';
import { DepthBook } from './depth-book.ts';
import { readDepth, readLevels, type DepthChange } from './ticks.ts';

/** Levels of a side that are told. */
const TOLD = 50;
/** Changes that wait for a snapshot; more of them begin anew. */
const MOST_WAITING = 2000;
/** Before the next snapshot is asked for, when one could not be used. */
const AGAIN = 1000;

export interface Snapshot {
  readonly lastUpdateId: number;
  readonly bids: unknown;
  readonly asks: unknown;
}

export interface DepthKeeperOptions {
  readonly symbol: string;
  readonly instrument: InstrumentId;
  readonly clock: Clock;
  /** Asks for the book. @throws VenueError */
  readonly ask: () => Promise<Snapshot>;
  readonly onBook: (book: BookSnapshot) => void;
  /** Changes between were missed. */
  readonly onGap: (from: UnixMillis, to: UnixMillis, reason: string) => void;
  readonly onTrouble: (problem: string) => void;
  /** Milliseconds before another snapshot is asked for. */
  readonly again?: number;
}

/** Keeps the book of one pair right: a snapshot, the changes after it, and both anew when some were missed. */
export class DepthKeeper {
  readonly #options: DepthKeeperOptions;
  #book: DepthBook | undefined;
  #waiting: DepthChange[] = [];
  #asking = false;
  #ended = false;
  #lastTime: UnixMillis | undefined;
  #cancelAgain: (() => void) | undefined;
  /** Rises when everything is begun anew; answers to earlier questions are not taken. */
  #round = 0;

  constructor(options: DepthKeeperOptions) {
    this.#options = options;
  }

  /** The connection was interrupted: changes may be missing. */
  reset(): void {
    this.#round += 1;
    this.#book = undefined;
    this.#waiting = [];
    this.#asking = false;
    this.#cancelAgain?.();
    this.#cancelAgain = undefined;
  }

  end(): void {
    this.#ended = true;
    this.reset();
  }

  /** A change as it came; false when it cannot be read. */
  take(message: Fields, receivedTime: number): boolean {
    const change = readDepth(message);
    if (change === null) {
      this.#missed('A change of the book could not be read.', unixMillis(receivedTime));
      return false;
    }
    if (this.#book === undefined) {
      this.#waiting.push(change);
      if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, MOST_WAITING / 2);
      void this.#ask();
      return true;
    }
    this.#apply(change, receivedTime);
    return true;
  }

  #apply(change: DepthChange, receivedTime: number): void {
    const book = this.#book as DepthBook;
    const outcome = book.apply(change);
    if (outcome === 'old') return;
    if (outcome === 'gap') {
      this.#missed('Changes of the book were missed.', change.time);
      this.#waiting = [change];
      void this.#ask();
      return;
    }
    this.#lastTime = change.time;
    this.#tell(change.time, receivedTime);
  }

  #missed(reason: string, now: UnixMillis): void {
    if (this.#book !== undefined)
      this.#options.onGap(unixMillis(Math.min(this.#lastTime ?? now, now)), now, reason);
    this.reset();
  }

  #tell(time: UnixMillis, receivedTime: number): void {
    const book = this.#book as DepthBook;
    this.#options.onBook({
      kind: 'book',
      instrument: this.#options.instrument,
      venueTime: time,
      receivedTime: unixMillis(receivedTime),
      bids: book.bids(TOLD),
      asks: book.asks(TOLD),
      sequence: book.last,
    });
  }

  async #ask(): Promise<void> {
    if (this.#asking || this.#ended || this.#cancelAgain !== undefined) return;
    this.#asking = true;
    const round = this.#round;
    let problem: string;
    try {
      const { lastUpdateId, bids, asks } = await this.#options.ask();
      if (round !== this.#round) return;
      this.#asking = false;
      const read = [readLevels(bids), readLevels(asks)] as const;
      if (read[0] === null || read[1] === null) problem = 'its levels cannot be read';
      else {
        const book = new DepthBook(lastUpdateId, read[0], read[1]);
        if (this.#begin(book)) return;
        problem = 'it is older than the changes';
      }
    } catch (error) {
      if (round !== this.#round) return;
      this.#asking = false;
      problem = messageOf(error);
    }
    this.#options.onTrouble(problem);
    const { clock, again = AGAIN } = this.#options;
    this.#cancelAgain = clock.after(again, () => {
      this.#cancelAgain = undefined;
      void this.#ask();
    });
  }

  /** Takes a snapshot with the changes that have waited for it; false when some between are missing. */
  #begin(book: DepthBook): boolean {
    for (const change of this.#waiting) if (book.apply(change) === 'gap') return false;
    const last = this.#waiting.at(-1);
    this.#waiting = [];
    this.#book = book;
    const now = this.#options.clock.now();
    this.#lastTime = last?.time ?? now;
    this.#tell(this.#lastTime, now);
    return true;
  }
}
