import {
  MAX_WHOLE,
  readFloat,
  readWholes,
  writeWholes,
  type WordWriter,
} from '../../../../engine/series/codec-words.ts';

/** How a column of doubles is written. Every mode gives the same bits back. */
const RAW = 0;
/** One value for all rows. */
const SAME = 1;
/** Values times a power of ten, as whole numbers. */
const SCALED = 2;
/** The same, each less the one of the row before. */
const STEPS = 3;
/** The same, each less the one before of the same instrument. */
const GROUPED = 4;

export type ColumnShape = 'plain' | 'steps' | 'grouped';
const MODES: Readonly<Record<ColumnShape, number>> = {
  plain: SCALED,
  steps: STEPS,
  grouped: GROUPED,
};

const MAX_DIGITS = 10;
const POWERS = Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => 10 ** digits);

/** Memory that columns of up to so many rows and groups are worked in. */
export class ColumnWork {
  scaled: Float64Array;
  readonly before: Float64Array;

  constructor(rows: number) {
    this.scaled = new Float64Array(rows);
    this.before = new Float64Array(rows);
  }

  /** Makes room for a longer column. */
  reserve(rows: number): void {
    if (rows > this.scaled.length) this.scaled = new Float64Array(rows);
  }
}

/**
 * @param groups index of the instrument of each row
 * @param groupCount all indices are below it
 */
export function writeColumn(
  writer: WordWriter,
  values: Float64Array,
  count: number,
  shape: ColumnShape,
  groups: Float64Array,
  groupCount: number,
  work: ColumnWork,
): void {
  if (same(values, count)) {
    writer.push(SAME);
    writer.pushFloat(values[0] as number);
    return;
  }
  const digits = scale(values, count, work.scaled);
  if (digits < 0) {
    writer.push(RAW);
    writer.pushFloats(values, 0, count);
    return;
  }
  const { scaled, before } = work;
  if (shape === 'steps') {
    for (let i = count - 1; i > 0; i -= 1) {
      scaled[i] = (scaled[i] as number) - (scaled[i - 1] as number);
    }
  } else if (shape === 'grouped') {
    before.fill(0, 0, groupCount);
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      const value = scaled[i] as number;
      scaled[i] = value - (before[group] as number);
      before[group] = value;
    }
  }
  writer.push(MODES[shape] | (digits << 8));
  writeWholes(writer, scaled, count);
}

/** @returns the word after the column, or -1 where the words make no sense */
export function readColumn(
  words: Uint32Array,
  start: number,
  out: Float64Array,
  count: number,
  groups: Float64Array,
  groupCount: number,
): number {
  const head = words[start] ?? 0xff;
  const mode = head & 0xff;
  if (mode === SAME) {
    if (start + 3 > words.length) return -1;
    out.fill(readFloat(words, start + 1), 0, count);
    return start + 3;
  }
  if (mode === RAW) {
    const end = start + 1 + count * 2;
    if (end > words.length) return -1;
    for (let i = 0; i < count; i += 1) out[i] = readFloat(words, start + 1 + 2 * i);
    return end;
  }
  const power = POWERS[head >>> 8];
  if (power === undefined || mode > GROUPED) return -1;
  const end = readWholes(words, start + 1, out, count);
  if (end < 0) return -1;
  if (mode === STEPS) {
    for (let i = 1; i < count; i += 1) out[i] = (out[i] as number) + (out[i - 1] as number);
  } else if (mode === GROUPED) {
    const before = new Float64Array(groupCount);
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      const value = (out[i] as number) + (before[group] ?? Number.NaN);
      out[i] = value;
      before[group] = value;
    }
  }
  for (let i = 0; i < count; i += 1) out[i] = (out[i] as number) / power;
  return end;
}

function same(values: Float64Array, count: number): boolean {
  const first = values[0];
  for (let i = 1; i < count; i += 1) if (!Object.is(values[i], first)) return false;
  return true;
}

/**
 * Writes the values as whole numbers of the fewest decimal places that hold them exactly.
 * @returns the places; -1 where a value has none, is no number, or is too large
 */
function scale(values: Float64Array, count: number, out: Float64Array): number {
  let digits = 0;
  let power = 1;
  for (let i = 0; i < count; i += 1) {
    const value = values[i] as number;
    let whole = Math.round(value * power);
    while (whole / power !== value) {
      digits += 1;
      if (digits > MAX_DIGITS) return -1;
      power = POWERS[digits] as number;
      whole = Math.round(value * power);
    }
    if (whole > MAX_WHOLE || whole < -MAX_WHOLE || Object.is(value, -0)) return -1;
    out[i] = whole;
  }
  // Those before the last change of places were scaled by less.
  if (digits > 0) {
    for (let i = 0; i < count; i += 1) {
      const value = values[i] as number;
      const whole = Math.round(value * power);
      if (whole / power !== value || whole > MAX_WHOLE || whole < -MAX_WHOLE) return -1;
      out[i] = whole;
    }
  }
  return digits;
}
