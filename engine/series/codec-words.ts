/**
 * A growing sequence of 32-bit words, the unit in which chunks are written. Doubles take two words in
 * the byte order of the machine; every platform that Renata runs on is little-endian.
 */
export class WordWriter {
  words: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.words = new Uint32Array(capacity);
  }

  /** Makes room for `count` more words. */
  reserve(count: number): void {
    if (this.length + count <= this.words.length) return;
    const grown = new Uint32Array(Math.max(this.words.length * 2, this.length + count));
    grown.set(this.words.subarray(0, this.length));
    this.words = grown;
  }

  push(word: number): void {
    this.reserve(1);
    this.words[this.length] = word;
    this.length += 1;
  }

  pushFloat(value: number): void {
    doubles[0] = value;
    this.reserve(2);
    this.words.set(doubleWords, this.length);
    this.length += 2;
  }

  pushFloats(values: Float64Array, from: number, to: number): void {
    const words = (to - from) * 2;
    this.reserve(words);
    // Copied bit by bit: a NaN keeps its payload.
    const source = values.slice(from, to);
    this.words.set(new Uint32Array(source.buffer, source.byteOffset, words), this.length);
    this.length += words;
  }

  /** The written words as bytes. */
  bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer, 0, this.length * 4).slice();
  }
}

const doubles = new Float64Array(1);
const doubleWords = new Uint32Array(doubles.buffer);

/** Reads the double at word `position`. */
export function readFloat(words: Uint32Array, position: number): number {
  doubleWords[0] = words[position] ?? 0;
  doubleWords[1] = words[position + 1] ?? 0;
  return doubles[0] ?? Number.NaN;
}

/** Values that share one base and one width. */
export const BLOCK = 128;

/** Whole numbers up to this size can be subtracted from one another without loss. */
export const MAX_WHOLE = 2 ** 50;

/** Width of the lower part when a block needs more than 32 bits a value. */
const LOW_BITS = 26;
const LOW_SIZE = 2 ** LOW_BITS;

/**
 * Writes whole numbers as frame-of-reference blocks: the smallest value of each block, then the
 * differences from it in as many bits as the largest needs. A constant block takes two words.
 * @param values whole numbers, none larger than 2^52 in size
 */
export function writeWholes(writer: WordWriter, values: Float64Array, count: number): void {
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(from + BLOCK, count);
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i += 1) {
      const value = values[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const width = bitWidth(max - min);
    const narrow = min === (min | 0);
    writer.push(width | (narrow ? 0 : 0x100));
    if (narrow) writer.push(min | 0);
    else writer.pushFloat(min);
    if (width <= 32) {
      pack(writer, values, from, to, width, min, 0);
    } else {
      pack(writer, values, from, to, LOW_BITS, min, 1);
      pack(writer, values, from, to, width - LOW_BITS, min, 2);
    }
  }
}

/** Bits needed for whole numbers from 0 to `range`. */
function bitWidth(range: number): number {
  if (range < 2 ** 32) return 32 - Math.clz32(range);
  return 64 - Math.clz32(Math.floor(range / 2 ** 32));
}

/** @param part 0 the whole difference, 1 its lowest 26 bits, 2 the bits above those */
function pack(
  writer: WordWriter,
  values: Float64Array,
  from: number,
  to: number,
  width: number,
  base: number,
  part: 0 | 1 | 2,
): void {
  if (width === 0) return;
  const needed = wordsFor(to - from, width);
  writer.reserve(needed);
  const words = writer.words;
  let position = writer.length;
  let bit = 0;
  words[position] = 0;
  for (let i = from; i < to; i += 1) {
    const difference = (values[i] as number) - base;
    const value =
      part === 0
        ? difference
        : part === 1
          ? difference % LOW_SIZE
          : Math.floor(difference / LOW_SIZE);
    words[position] = (words[position] as number) | (value << bit);
    const end = bit + width;
    if (end >= 32) {
      position += 1;
      // A shift by 32 would leave the value as it is, so a value that ends on the border is cut here.
      if (position < words.length) words[position] = bit === 0 ? 0 : value >>> (32 - bit);
      bit = end - 32;
      if (bit === 0 && position < words.length) words[position] = 0;
    } else {
      bit = end;
    }
  }
  writer.length += needed;
}

function wordsFor(count: number, width: number): number {
  return Math.ceil((count * width) / 32);
}

/**
 * Reads what `writeWholes` wrote into `out[0..count)`.
 * @returns the position after it, or -1 where the words end too early or make no sense
 */
export function readWholes(
  words: Uint32Array,
  start: number,
  out: Float64Array,
  count: number,
): number {
  let position = start;
  for (let from = 0; from < count; from += BLOCK) {
    const size = Math.min(BLOCK, count - from);
    const head = words[position] ?? 0xffff;
    const width = head & 0xff;
    const wide = (head & 0x100) !== 0;
    if (width > 53 || head > 0x1ff) return -1;
    const base = wide ? readFloat(words, position + 1) : (words[position + 1] ?? 0) | 0;
    position += wide ? 3 : 2;
    const payload =
      width <= 32
        ? wordsFor(size, width)
        : wordsFor(size, LOW_BITS) + wordsFor(size, width - LOW_BITS);
    if (position + payload > words.length) return -1;
    if (width === 0) {
      out.fill(base, from, from + size);
    } else if (width <= 32) {
      unpack(words, position, size, width, base, out, from);
    } else {
      const high = position + wordsFor(size, LOW_BITS);
      unpack(words, position, size, LOW_BITS, base, out, from);
      unpack(words, high, size, width - LOW_BITS, 0, highPart, 0);
      for (let i = 0; i < size; i += 1) {
        out[from + i] = (out[from + i] as number) + (highPart[i] as number) * LOW_SIZE;
      }
    }
    position += payload;
  }
  return position;
}

const highPart = new Float64Array(BLOCK);

function unpack(
  words: Uint32Array,
  start: number,
  count: number,
  width: number,
  base: number,
  out: Float64Array,
  at: number,
): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let position = start;
  let bit = 0;
  for (let i = 0; i < count; i += 1) {
    let value = (words[position] as number) >>> bit;
    const end = bit + width;
    if (end > 32) value |= (words[position + 1] as number) << (32 - bit);
    out[at + i] = base + ((value & mask) >>> 0);
    bit = end & 31;
    position += end >>> 5;
  }
}
