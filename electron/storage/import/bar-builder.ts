import type { BarColumns } from '../../../engine/domain/bar.ts';
import { isoDate, isoTime, MS_PER_DAY } from '../../../engine/domain/time.ts';
import type { TimeZone } from '../../../engine/domain/time-zone.ts';
import { CHUNK_BARS } from '../../../engine/series/codec.ts';
import { badFile } from './bad-file.ts';
import type { Place } from './bad-file.ts';
import { FIRST_YEAR, LAST_YEAR, wallMidnight } from './dates.ts';
import { utcDay } from '../../../engine/domain/time-zone.ts';

/** Nothing trades above these, in any currency: a larger number is a slip of the file. */
const MAX_PRICE = 1e24;
const MAX_VOLUME = 1e24;

function isPrice(value: number): boolean {
  return value > 0 && value <= MAX_PRICE;
}

/** What is done with a time that comes twice. */
export type DuplicateRule = 'refuse' | 'keep-first' | 'keep-last';

/** Receives blocks of up to CHUNK_BARS checked bars in ascending order; the columns are reused. */
export type BlockSink = (bars: BarColumns, count: number) => void;

const MIN_TIME = utcDay(FIRST_YEAR, 1, 1);
const MAX_TIME = utcDay(LAST_YEAR + 1, 1, 1);

/** Turns what a file says of a time into the time of a bar. */
export interface TimeRule {
  readonly zone: TimeZone;
  /** Bars of a day or longer are stamped midnight UTC of their session's date. */
  readonly daily: boolean;
  /** Daily instants that are all midnight UTC already name their date in UTC, not in the zone. */
  readonly utcDates: boolean;
  readonly descending: boolean;
}

/**
 * The time of a bar.
 * @param value UnixMillis where `absolute`, else wall milliseconds
 * @param previous time of the row before, NaN at the first
 */
export function barTime(
  rule: TimeRule,
  value: number,
  absolute: boolean,
  previous: number,
): number {
  if (rule.daily) {
    if (!absolute || rule.utcDates) return wallMidnight(value);
    return rule.zone.wallDay(value);
  }
  if (absolute) return value;
  // An hour that comes twice is told apart by the order of the rows.
  if (rule.descending) {
    const second = rule.zone.toInstant(value, 'second');
    return second >= previous ? rule.zone.toInstant(value, 'first') : second;
  }
  const first = rule.zone.toInstant(value, 'first');
  return first <= previous ? rule.zone.toInstant(value, 'second') : first;
}

/** Columns of one block. */
export function blockColumns(length: number): BarColumns {
  const column = (): Float64Array => new Float64Array(length);
  return {
    time: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
}

/**
 * Checks bars one by one and passes them on in blocks: times in order and without repeats, prices above
 * zero, volume not negative. A newest-first file is collected and passed on reversed.
 */
export class BarBuilder {
  count = 0;
  duplicates = 0;
  /** Time of the latest accepted bar, NaN before the first. */
  previous = Number.NaN;
  readonly #rule: DuplicateRule;
  readonly #descending: boolean;
  readonly #daily: boolean;
  readonly #sink: BlockSink;
  readonly #full: BarColumns[] = [];
  #block = blockColumns(CHUNK_BARS);
  #used = 0;
  #previousPlace = 0;

  constructor(options: {
    readonly duplicates: DuplicateRule;
    readonly descending: boolean;
    readonly daily: boolean;
    readonly sink: BlockSink;
  }) {
    this.#rule = options.duplicates;
    this.#descending = options.descending;
    this.#daily = options.daily;
    this.#sink = options.sink;
  }

  /**
   * @param position line or row number, for messages
   * @param place makes the place of a message: which file, line and column
   * @throws RenataError BAD_FILE naming the place and how to mend it.
   */
  push(
    time: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    position: number,
    place: (column: keyof BarColumns) => Place,
  ): void {
    if (!(isPrice(open) && isPrice(high) && isPrice(low) && isPrice(close))) {
      this.#badPrice({ open, high, low, close }, place);
    }
    if (!(volume >= 0 && volume <= MAX_VOLUME)) {
      const bound = volume < 0 ? 'below 0' : `above ${MAX_VOLUME}`;
      throw badFile(place('volume'), `volume ${volume} is ${bound}; correct it.`);
    }
    // Beyond these years a time is a slip of the unit, milliseconds taken for seconds and the like.
    if (!(time >= MIN_TIME && time < MAX_TIME)) {
      throw badFile(
        place('time'),
        `the time is outside the years ${FIRST_YEAR} to ${LAST_YEAR}; correct it or the date format.`,
      );
    }
    if (time === this.previous) {
      this.#duplicate(time, place);
      if (this.#rule === 'keep-first') return;
      this.#used -= 1;
      this.count -= 1;
    } else if (this.#descending ? time > this.previous : time < this.previous) {
      this.#disorder(time, place);
    } else if (this.#used === CHUNK_BARS) {
      this.#flush();
    }
    const at = this.#used;
    const block = this.#block;
    block.time[at] = time;
    block.open[at] = open;
    block.high[at] = high;
    block.low[at] = low;
    block.close[at] = close;
    // A volume of -0 becomes 0.
    block.volume[at] = volume + 0;
    this.#used = at + 1;
    this.count += 1;
    this.previous = time;
    this.#previousPlace = position;
  }

  /** Passes on what is left. */
  finish(): void {
    if (this.#descending) {
      this.#passReversed();
    } else if (this.#used > 0) {
      this.#sink(this.#block, this.#used);
    }
    this.#used = 0;
  }

  #flush(): void {
    if (this.#descending) {
      this.#full.push(this.#block);
      this.#block = blockColumns(CHUNK_BARS);
    } else {
      this.#sink(this.#block, this.#used);
    }
    this.#used = 0;
  }

  #passReversed(): void {
    const out = blockColumns(CHUNK_BARS);
    let filled = 0;
    const blocks = [...this.#full, this.#block].toReversed();
    for (const [index, block] of blocks.entries()) {
      const used = index === 0 ? this.#used : CHUNK_BARS;
      for (let i = used - 1; i >= 0; i -= 1) {
        for (const name of COLUMN_NAMES) out[name][filled] = block[name][i] as number;
        filled += 1;
        if (filled === CHUNK_BARS) {
          this.#sink(out, filled);
          filled = 0;
        }
      }
    }
    if (filled > 0) this.#sink(out, filled);
    this.#full.length = 0;
  }

  #badPrice(
    prices: Readonly<Record<'open' | 'high' | 'low' | 'close', number>>,
    place: (column: keyof BarColumns) => Place,
  ): never {
    const bad = (['open', 'high', 'low'] as const).find((name) => !isPrice(prices[name]));
    const name = bad ?? 'close';
    throw badFile(
      place(name),
      `price ${prices[name]} is ${prices[name] > 0 ? `above ${MAX_PRICE}` : 'not above 0'}; correct the cell or remove the row.`,
    );
  }

  #duplicate(time: number, place: (column: keyof BarColumns) => Place): void {
    this.duplicates += 1;
    if (this.#rule !== 'refuse') return;
    throw badFile(
      place('time'),
      `${this.#shown(time)} comes twice, here and at ${kindOf(place('time'))} ${this.#previousPlace}; remove one, or import with duplicates keep-first or keep-last.`,
    );
  }

  #disorder(time: number, place: (column: keyof BarColumns) => Place): never {
    const relation = this.#descending ? 'after' : 'before';
    const order = this.#descending
      ? 'the file is newest-first up to here'
      : 'times must be in ascending order';
    throw badFile(
      place('time'),
      `${this.#shown(time)} comes ${relation} ${this.#shown(this.previous)} of ${kindOf(place('time'))} ${this.#previousPlace}, but ${order}; sort the rows by time.`,
    );
  }

  #shown(time: number): string {
    return this.#daily && time % MS_PER_DAY === 0 ? isoDate(time) : isoTime(time);
  }
}

const COLUMN_NAMES = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/** What positions of this file count. */
function kindOf(place: Place): 'line' | 'row' {
  return place.row === undefined ? 'line' : 'row';
}
