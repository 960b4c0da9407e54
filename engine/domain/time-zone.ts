import { RenataError } from './errors.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from './time.ts';

/**
 * Local clock times are written here as "wall" milliseconds: the milliseconds that the same clock
 * reading would have in UTC. 09:30 in New York on 2020-01-02 is `Date.UTC(2020, 0, 2, 9, 30)`.
 */

/** Which instant a clock reading means when clocks are set back and it comes twice. */
export type RepeatedHour = 'first' | 'second';

/** Zones are looked up in steps of this length; no zone has kept a rule for less. */
const CELL = 14 * MS_PER_DAY;

/**
 * One IANA zone with its offsets cached, because asking `Intl` for each of a million bars is slow.
 * Rules come from the time-zone data of the runtime.
 */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #samples = new Map<number, number>();
  readonly #changes = new Map<number, number>();
  // The latest span of constant offset; most look-ups fall into it again.
  #from = 1;
  #to = 0;
  #offset = 0;

  /** @throws RenataError BAD_INPUT when the runtime does not know the zone. */
  constructor(name: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      throw new RenataError(
        'BAD_INPUT',
        `timeZone: "${name}" is not a time zone; use an IANA name such as America/New_York or UTC.`,
        { details: { parameter: 'timeZone' } },
      );
    }
    this.name = name;
  }

  /** Local clock minus UTC at an instant, in milliseconds; negative west of Greenwich. */
  offsetAt(instant: number): number {
    if (instant >= this.#from && instant < this.#to) return this.#offset;
    const cell = Math.floor(instant / CELL);
    const start = cell * CELL;
    const before = this.#sample(cell);
    const after = this.#sample(cell + 1);
    if (before === after) {
      this.#remember(start, start + CELL, before);
    } else {
      const change = this.#changeIn(cell, before);
      if (instant < change) this.#remember(start, change, before);
      else this.#remember(change, start + CELL, after);
    }
    return this.#offset;
  }

  /** The local clock at an instant, as wall milliseconds. */
  toWall(instant: number): number {
    return instant + this.offsetAt(instant);
  }

  /**
   * The instant of a local clock reading. A reading that comes twice, when clocks are set back, means
   * the first time unless `repeated` says otherwise. A reading that is skipped, when clocks are set
   * forward, is taken as if they had not been: 02:30 becomes the instant shown as 03:30.
   */
  toInstant(wall: number, repeated: RepeatedHour = 'first'): number {
    const guess = wall - this.#offset;
    if (guess - MS_PER_DAY >= this.#from && guess + MS_PER_DAY < this.#to) return guess;
    // Offsets on both sides of any change near this reading.
    const earlier = this.offsetAt(wall - MS_PER_DAY);
    const later = this.offsetAt(wall + MS_PER_DAY);
    if (earlier === later) return wall - earlier;
    const first = wall - Math.max(earlier, later);
    const second = wall - Math.min(earlier, later);
    const firstFits = this.toWall(first) === wall;
    const secondFits = this.toWall(second) === wall;
    if (firstFits && secondFits) return repeated === 'first' ? first : second;
    if (firstFits) return first;
    return secondFits ? second : wall - earlier;
  }

  /** Wall milliseconds of local midnight of the day that holds the instant. */
  wallDay(instant: number): number {
    return Math.floor(this.toWall(instant) / MS_PER_DAY) * MS_PER_DAY;
  }

  #remember(from: number, to: number, offset: number): void {
    this.#from = from;
    this.#to = to;
    this.#offset = offset;
  }

  #sample(cell: number): number {
    const known = this.#samples.get(cell);
    if (known !== undefined) return known;
    const offset = this.#ask(cell * CELL);
    this.#samples.set(cell, offset);
    return offset;
  }

  /** First instant of `cell` at which the offset is no longer `before`, to the second. */
  #changeIn(cell: number, before: number): number {
    const known = this.#changes.get(cell);
    if (known !== undefined) return known;
    let low = (cell * CELL) / MS_PER_SECOND;
    let high = low + CELL / MS_PER_SECOND;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle * MS_PER_SECOND) === before) low = middle;
      else high = middle;
    }
    this.#changes.set(cell, high * MS_PER_SECOND);
    return high * MS_PER_SECOND;
  }

  #ask(instant: number): number {
    const fields: Record<string, string> = {};
    for (const part of this.#format.formatToParts(instant)) fields[part.type] = part.value;
    const year = Number(fields['year']);
    const day = utcDay(
      fields['era'] === 'BC' ? 1 - year : year,
      Number(fields['month']),
      Number(fields['day']),
    );
    const wall =
      day +
      Number(fields['hour']) * MS_PER_HOUR +
      Number(fields['minute']) * MS_PER_MINUTE +
      Number(fields['second']) * MS_PER_SECOND;
    return wall - Math.floor(instant / MS_PER_SECOND) * MS_PER_SECOND;
  }
}

/** Milliseconds of midnight UTC of a date; unlike `Date.UTC`, years below 100 are taken as written. */
export function utcDay(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

const zones = new Map<string, TimeZone>();

/** The zone of this name, made once. @throws RenataError BAD_INPUT when there is none. */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = new TimeZone(name);
    zones.set(name, zone);
  }
  return zone;
}
