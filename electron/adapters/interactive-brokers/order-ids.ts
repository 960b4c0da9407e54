import {
  mkdirSync,
  readFileSync,
  renameSync,
  openSync,
  writeSync,
  fsyncSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../engine/domain/errors.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';

/** Numbers of requests start here; TWS numbers orders and requests in one space. */
export const FIRST_REQUEST_ID = 1_500_000_000;
const BLOCK = 500;

/**
 * Numbers for orders, each used once. TWS takes an order with a number that it knows for a change of that
 * order, and what it calls the next number may be behind an order that a process sent just before it died.
 * So a number is only given out below a mark that is on the disk, and after a start all below it are skipped.
 */
export class OrderIds {
  readonly #file: string;
  readonly #folder: string;
  #next: number;
  #reserved: number;

  constructor(folder: string, clientId: number) {
    this.#folder = folder;
    this.#file = join(folder, `order-ids-${clientId}`);
    this.#reserved = this.#read();
    this.#next = this.#reserved;
  }

  /** What TWS says is the next number, and numbers that are seen on orders. */
  atLeast(id: number): void {
    if (Number.isSafeInteger(id) && id < FIRST_REQUEST_ID) this.#next = Math.max(this.#next, id);
  }

  /**
   * @throws VenueError `not-sent` when the numbers are used up or cannot be written down
   */
  take(): number {
    if (this.#next < 1) this.#next = 1;
    const id = this.#next;
    if (id >= FIRST_REQUEST_ID - 1) {
      throw new VenueError(
        'not-sent',
        'The order numbers of TWS are used up; reset them in TWS under API, Settings, "Reset API order ID sequence".',
      );
    }
    if (id >= this.#reserved) this.#reserve(id + BLOCK);
    this.#next += 1;
    return id;
  }

  #read(): number {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return 0;
    }
    const value = Number(text.trim());
    return Number.isSafeInteger(value) && value > 0 && value < FIRST_REQUEST_ID ? value : 0;
  }

  #reserve(below: number): void {
    try {
      mkdirSync(this.#folder, { recursive: true });
      const draft = `${this.#file}.new`;
      const file = openSync(draft, 'w', 0o600);
      try {
        writeSync(file, `${below}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(draft, this.#file);
    } catch (cause) {
      const why = messageOf(cause);
      throw new VenueError('not-sent', `The order numbers could not be written down: ${why}`, {
        cause,
      });
    }
    this.#reserved = below;
  }
}
