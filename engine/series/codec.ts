import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import { MAX_WHOLE, readFloat, readWholes, WordWriter, writeWholes } from './codec-words.ts';

/**
 * Bars of one chunk as compact bytes, without loss: every double comes back with the same 64 bits.
 *
 * Times become whole multiples of their greatest common step. Prices that are exact decimals (100.25)
 * become whole numbers of that decimal place and are stored as small differences: the open from the
 * close before it, the close from its open, the high and low from the body of the bar. Volume becomes
 * whole numbers too. A column for which this would not give the same bits back is stored as it is.
 * The layout is described in docs/data-formats.md.
 */

/** Bars in a full chunk. Chunks are cut at multiples of it, counted from the first bar of a version. */
export const CHUNK_BARS = 8_192;

const MAGIC = 0x3142_4e52; // "RNB1"
const MAX_DIGITS = 10;
const POWERS = Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => 10 ** digits);

const RAW = 0;
const STEPPED = 1;
const SCALED = 1;
const PREDICTED = 1;

/** Working columns of one chunk; encoding and decoding are synchronous, so one set is enough. */
const work = {
  a: new Float64Array(CHUNK_BARS),
  b: new Float64Array(CHUNK_BARS),
  c: new Float64Array(CHUNK_BARS),
  d: new Float64Array(CHUNK_BARS),
};

/**
 * Encodes bars `from` (inclusive) to `to` (exclusive), 1 to CHUNK_BARS of them.
 * @throws RenataError BAD_INPUT when the range is empty, too long or outside the columns.
 */
export function encodeChunk(bars: BarColumns, from: number, to: number): Uint8Array {
  const count = to - from;
  if (!(count >= 1 && count <= CHUNK_BARS && from >= 0 && to <= bars.time.length)) {
    throw new RenataError(
      'BAD_INPUT',
      `A chunk holds 1 to ${CHUNK_BARS} bars of its columns, not bars ${from} to ${to}.`,
    );
  }
  const writer = new WordWriter(count * 4 + 64);
  writer.push(MAGIC);
  writer.push(count);
  writeTimes(writer, bars.time, from, to);
  writePrices(writer, bars, from, to);
  writeColumn(writer, bars.volume, from, to);
  return writer.bytes();
}

/** The number of bars in an encoded chunk. @throws RenataError STORE_DAMAGED when it is none. */
export function chunkBarCount(bytes: Uint8Array): number {
  return readHeader(asWords(bytes));
}

/**
 * Decodes a chunk into `out`, starting at bar `at` of it.
 * @returns the number of bars written
 * @throws RenataError STORE_DAMAGED when the bytes are no chunk, BAD_INPUT when `out` is too short.
 */
export function decodeChunk(bytes: Uint8Array, out: BarColumns, at = 0): number {
  const words = asWords(bytes);
  const count = readHeader(words);
  if (at < 0 || at + count > out.time.length) {
    throw new RenataError(
      'BAD_INPUT',
      `A chunk of ${count} bars does not fit into ${out.time.length} bars from bar ${at}.`,
    );
  }
  let position = readTimes(words, 2, out.time, at, count);
  position = readPrices(words, position, out, at, count);
  position = readColumn(words, position, out.volume, at, count);
  if (position !== words.length) throw damaged();
  return count;
}

function damaged(): RenataError {
  return new RenataError('STORE_DAMAGED', 'These bytes are no chunk of bars.');
}

function asWords(bytes: Uint8Array): Uint32Array {
  if (bytes.byteLength % 4 !== 0) throw damaged();
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function readHeader(words: Uint32Array): number {
  const count = words[1] ?? 0;
  if (words[0] !== MAGIC || count < 1 || count > CHUNK_BARS) throw damaged();
  return count;
}

function writeTimes(writer: WordWriter, time: Float64Array, from: number, to: number): void {
  const count = to - from;
  const deltas = work.a;
  let step = 0;
  let fits = isWhole(time[from] as number);
  deltas[0] = 0;
  for (let i = 1; i < count && fits; i += 1) {
    const now = time[from + i] as number;
    fits = isWhole(now);
    if (!fits) break;
    const delta = now - (time[from + i - 1] as number);
    deltas[i] = delta;
    step = greatestCommonDivisor(step, Math.abs(delta));
  }
  if (!fits) {
    writer.push(RAW);
    writer.pushFloats(time, from, to);
    return;
  }
  const unit = step === 0 ? 1 : step;
  for (let i = 1; i < count; i += 1) deltas[i] = (deltas[i] as number) / unit;
  // The first value has no difference; repeating the second keeps its block narrow.
  if (count > 1) deltas[0] = deltas[1] as number;
  writer.push(STEPPED);
  writer.pushFloat(time[from] as number);
  writer.pushFloat(unit);
  writeWholes(writer, deltas, count);
}

function readTimes(
  words: Uint32Array,
  start: number,
  out: Float64Array,
  at: number,
  count: number,
): number {
  if (words[start] === RAW) return readRaw(words, start + 1, out, at, count);
  if (words[start] !== STEPPED) throw damaged();
  let time = readFloat(words, start + 1);
  const unit = readFloat(words, start + 3);
  const deltas = work.a;
  const position = checked(readWholes(words, start + 5, deltas, count));
  out[at] = time;
  for (let i = 1; i < count; i += 1) {
    time += (deltas[i] as number) * unit;
    out[at + i] = time;
  }
  return position;
}

function writePrices(writer: WordWriter, bars: BarColumns, from: number, to: number): void {
  const { open, high, low, close } = bars;
  let digits = 0;
  for (const column of [open, high, low, close]) {
    if (digits >= 0) digits = decimalPlaces(column, from, to, digits);
  }
  const count = to - from;
  const scaled =
    digits >= 0 &&
    scale(open, from, to, digits, work.a) &&
    scale(high, from, to, digits, work.b) &&
    scale(low, from, to, digits, work.c) &&
    scale(close, from, to, digits, work.d);
  if (!scaled) {
    writer.push(RAW);
    for (const column of [open, high, low, close]) writeColumn(writer, column, from, to);
    return;
  }
  const first = work.a[0] as number;
  let before = first;
  for (let i = 0; i < count; i += 1) {
    const o = work.a[i] as number;
    const c = work.d[i] as number;
    work.a[i] = o - before;
    work.b[i] = (work.b[i] as number) - (o > c ? o : c);
    work.c[i] = (o < c ? o : c) - (work.c[i] as number);
    work.d[i] = c - o;
    before = c;
  }
  writer.push(PREDICTED | (digits << 8));
  writer.pushFloat(first);
  for (const column of [work.a, work.d, work.b, work.c]) writeWholes(writer, column, count);
}

function readPrices(
  words: Uint32Array,
  start: number,
  out: BarColumns,
  at: number,
  count: number,
): number {
  const { open, high, low, close } = out;
  const head = words[start] ?? 0xff;
  if (head === RAW) {
    let position = start + 1;
    for (const column of [open, high, low, close]) {
      position = readColumn(words, position, column, at, count);
    }
    return position;
  }
  const divisor = POWERS[head >>> 8];
  if ((head & 0xff) !== PREDICTED || divisor === undefined) throw damaged();
  let before = readFloat(words, start + 1);
  let position = start + 3;
  for (const column of [work.a, work.d, work.b, work.c]) {
    position = checked(readWholes(words, position, column, count));
  }
  const { a, b, c, d } = work;
  for (let i = 0; i < count; i += 1) {
    const first = before + (a[i] as number);
    const last = first + (d[i] as number);
    open[at + i] = first / divisor;
    close[at + i] = last / divisor;
    high[at + i] = ((first > last ? first : last) + (b[i] as number)) / divisor;
    low[at + i] = ((first < last ? first : last) - (c[i] as number)) / divisor;
    before = last;
  }
  return position;
}

function writeColumn(writer: WordWriter, column: Float64Array, from: number, to: number): void {
  const digits = decimalPlaces(column, from, to, 0);
  if (digits >= 0 && scale(column, from, to, digits, work.a)) {
    writer.push(SCALED | (digits << 8));
    writeWholes(writer, work.a, to - from);
  } else {
    writer.push(RAW);
    writer.pushFloats(column, from, to);
  }
}

function readColumn(
  words: Uint32Array,
  start: number,
  out: Float64Array,
  at: number,
  count: number,
): number {
  const head = words[start] ?? 0xff;
  if (head === RAW) return readRaw(words, start + 1, out, at, count);
  const divisor = POWERS[head >>> 8];
  if ((head & 0xff) !== SCALED || divisor === undefined) throw damaged();
  const position = checked(readWholes(words, start + 1, work.a, count));
  for (let i = 0; i < count; i += 1) out[at + i] = (work.a[i] as number) / divisor;
  return position;
}

function readRaw(
  words: Uint32Array,
  start: number,
  out: Float64Array,
  at: number,
  count: number,
): number {
  const end = start + count * 2;
  if (end > words.length) throw damaged();
  const target = new Uint32Array(out.buffer, out.byteOffset + at * 8, count * 2);
  target.set(words.subarray(start, end));
  return end;
}

function checked(position: number): number {
  if (position < 0) throw damaged();
  return position;
}

/** True for whole numbers that this codec can subtract exactly; -0 is not one, it would lose its sign. */
function isWhole(value: number): boolean {
  return (
    Number.isInteger(value) && value <= MAX_WHOLE && value >= -MAX_WHOLE && !Object.is(value, -0)
  );
}

function greatestCommonDivisor(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) {
    const rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}

/**
 * The fewest decimal places, `least` or more, at which every value is exactly a decimal; -1 where 10
 * places are not enough. Dividing a whole number below 2^53 by a power of ten that is itself exact
 * rounds correctly, so it gives the same double that parsing the decimal text gives.
 */
function decimalPlaces(column: Float64Array, from: number, to: number, least: number): number {
  let digits = least;
  let power = POWERS[digits] as number;
  for (let i = from; i < to; i += 1) {
    const value = column[i] as number;
    while (Math.round(value * power) / power !== value) {
      digits += 1;
      if (digits > MAX_DIGITS) return -1;
      power = POWERS[digits] as number;
    }
  }
  return digits;
}

/** Writes `column * 10^digits` as whole numbers; false where one would not come back bit by bit. */
function scale(
  column: Float64Array,
  from: number,
  to: number,
  digits: number,
  out: Float64Array,
): boolean {
  const power = POWERS[digits] as number;
  for (let i = from; i < to; i += 1) {
    const value = column[i] as number;
    const whole = Math.round(value * power);
    if (
      whole / power !== value ||
      whole > MAX_WHOLE ||
      whole < -MAX_WHOLE ||
      Object.is(value, -0)
    ) {
      return false;
    }
    // Math.round gives -0 for small negatives only, which the comparison above has refused already.
    out[i - from] = whole;
  }
  return true;
}
