import { RenataError } from '../domain/errors.ts';

/**
 * ZIP archives of one exact form, so that the same parts give the same bytes: parts in the order given,
 * names in ASCII, no dates, no extra fields, no gaps. Readers of any system open them. Reading takes that
 * form alone, so that no byte can be changed without being noticed.
 */

export interface ZipPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Raw deflate, which the engine does not have itself. */
export interface Deflate {
  pack(bytes: Uint8Array): Uint8Array;
  /** @throws when the result is not exactly `length` bytes */
  unpack(bytes: Uint8Array, length: number): Uint8Array;
}

export interface ZipLimits {
  readonly parts: number;
  /** Bytes of all parts together, unpacked. */
  readonly bytes: number;
}

const LOCAL = 0x0403_4b50;
const CENTRAL = 0x0201_4b50;
const END = 0x0605_4b50;
const VERSION = 20;
const STORED = 0;
const DEFLATED = 8;
/** 1980-01-01, the earliest day that a ZIP knows: a bundle's bytes do not tell when it was made. */
const DAY = 0x21;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: Uint8Array;
  readonly length: number;
}

/** @param comment ASCII, at most 65,535 letters, the last bytes of the file */
export function writeZip(parts: readonly ZipPart[], deflate: Deflate, comment: string): Uint8Array {
  return layOut(
    parts.map(({ name, bytes }) => {
      if (!NAME.test(name)) throw new TypeError(`"${name}" cannot be the name of a part`);
      const smaller = deflate.pack(bytes);
      const method = smaller.length < bytes.length ? DEFLATED : STORED;
      const packed = method === DEFLATED ? smaller : bytes;
      return { name, method, crc: crc32(bytes), packed, length: bytes.length };
    }),
    comment,
  );
}

function layOut(entries: readonly Entry[], comment: string): Uint8Array {
  const names = entries.reduce((sum, { name }) => sum + name.length, 0);
  const packed = entries.reduce((sum, entry) => sum + entry.packed.length, 0);
  const headers = entries.length * (LOCAL_BYTES + CENTRAL_BYTES) + names * 2;
  const file = new Uint8Array(headers + packed + END_BYTES + comment.length);
  const out = new Writer(file);
  const offsets = entries.map((entry) => {
    const at = out.at;
    out.four(LOCAL);
    out.common(entry);
    out.ascii(entry.name);
    out.bytes(entry.packed);
    return at;
  });
  const start = out.at;
  for (const [i, entry] of entries.entries()) {
    out.four(CENTRAL);
    out.two(VERSION);
    out.common(entry);
    out.two(0); // no comment
    out.two(0); // first disk
    out.two(0); // no internal attributes
    out.four(0); // no external attributes
    out.four(offsets[i] as number);
    out.ascii(entry.name);
  }
  const size = out.at - start;
  out.four(END);
  out.two(0);
  out.two(0);
  out.two(entries.length);
  out.two(entries.length);
  out.four(size);
  out.four(start);
  out.two(comment.length);
  out.ascii(comment);
  return file;
}

class Writer {
  at = 0;
  private readonly file: Uint8Array;
  private readonly view: DataView;

  constructor(file: Uint8Array) {
    this.file = file;
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  two(value: number): void {
    this.view.setUint16(this.at, value, true);
    this.at += 2;
  }

  four(value: number): void {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.file.set(bytes, this.at);
    this.at += bytes.length;
  }

  ascii(text: string): void {
    for (let i = 0; i < text.length; i += 1) this.file[this.at + i] = text.charCodeAt(i);
    this.at += text.length;
  }

  /** The fields that a part's local header and its central one have in common. */
  common({ name, method, crc, packed, length }: Entry): void {
    this.two(VERSION);
    this.two(0); // no flags
    this.two(method);
    this.two(0); // midnight
    this.two(DAY);
    this.four(crc);
    this.four(packed.length);
    this.four(length);
    this.two(name.length);
    this.two(0); // no extra field
  }
}

/**
 * The parts of an archive in the form that `writeZip` gives.
 * @throws RenataError BAD_FILE for any other form or a damaged part, TOO_LARGE beyond the limits
 */
export function readZip(
  file: Uint8Array,
  deflate: Deflate,
  limits: ZipLimits,
): { readonly parts: readonly ZipPart[]; readonly comment: string } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const entries: Entry[] = [];
  let at = 0;
  let total = 0;
  while (at + LOCAL_BYTES <= file.length && view.getUint32(at, true) === LOCAL) {
    const method = view.getUint16(at + 8, true);
    const crc = view.getUint32(at + 14, true);
    const size = view.getUint32(at + 18, true);
    const length = view.getUint32(at + 22, true);
    const nameLength = view.getUint16(at + 26, true);
    const from = at + LOCAL_BYTES + nameLength;
    if (from + size > file.length) throw broken('it ends inside a part');
    const name = ascii(file.subarray(at + LOCAL_BYTES, from));
    if (!NAME.test(name) || entries.some((entry) => entry.name === name)) {
      throw broken('a part has a name that none may have');
    }
    total += length;
    if (entries.length >= limits.parts || total > limits.bytes) {
      throw new RenataError(
        'TOO_LARGE',
        `The bundle holds more than ${limits.parts} parts or ${limits.bytes} bytes; it cannot be opened.`,
      );
    }
    entries.push({ name, method, crc, packed: file.subarray(from, from + size), length });
    at = from + size;
  }
  const comment = commentOf(file, view, at, entries);
  // Laid out anew from what was read, the archive has to be the same byte by byte.
  const again = layOut(entries, comment);
  if (!equal(again, file)) throw broken('it is not laid out as a bundle is');
  const parts = entries.map(({ name, method, crc, packed, length }) => {
    const bytes = method === STORED ? packed : unpacked(method, packed, length, deflate);
    if (bytes.length !== length || crc32(bytes) !== crc) throw broken(`${name} is damaged`);
    return { name, bytes };
  });
  return { parts, comment };
}

function unpacked(
  method: number,
  packed: Uint8Array,
  length: number,
  deflate: Deflate,
): Uint8Array {
  if (method !== DEFLATED) throw broken('a part is packed in an unknown way');
  try {
    return deflate.unpack(packed, length);
  } catch {
    throw broken('a part cannot be unpacked');
  }
}

function commentOf(
  file: Uint8Array,
  view: DataView,
  start: number,
  entries: readonly Entry[],
): string {
  const central = entries.reduce((sum, { name }) => sum + CENTRAL_BYTES + name.length, 0);
  const end = start + central;
  if (end + END_BYTES > file.length || view.getUint32(end, true) !== END) {
    throw broken('it is no ZIP archive or its end is missing');
  }
  return ascii(file.subarray(end + END_BYTES));
}

function broken(what: string): RenataError {
  return new RenataError(
    'BAD_FILE',
    `This is not an intact run bundle: ${what}; ask for the file again.`,
  );
}

function ascii(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

let table: Uint32Array | undefined;

/** CRC-32 as ZIP has it (IEEE 802.3, reflected). */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let value = n;
    for (let k = 0; k < 8; k += 1) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
    return value;
  });
  let crc = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i += 1) {
    crc = (table[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
