import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib';

/**
 * Plain values with typed columns in them as one blob: a JSON text in which each column is replaced by
 * its place, then the bytes of the columns one after another, compressed with Zstandard. Numbers that
 * JSON lacks (NaN, infinities, -0) are kept.
 */

const COLUMN_TYPES = {
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  u16: Uint16Array,
  u8: Uint8Array,
} as const;
type ColumnType = keyof typeof COLUMN_TYPES;
type Column = InstanceType<(typeof COLUMN_TYPES)[ColumnType]>;

/** Key of an object that stands for something JSON has no form for. */
const MARK = '$';

function typeOf(value: unknown): ColumnType | null {
  for (const [type, Type] of Object.entries(COLUMN_TYPES)) {
    if (value instanceof Type) return type as ColumnType;
  }
  return null;
}

/** JSON text that keeps NaN, infinities and -0. Columns are given to `column`, which returns a stand-in. */
function write(value: unknown, column: (type: ColumnType, values: Column) => unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'object' && item !== null) {
      const type = typeOf(item);
      if (type !== null) return column(type, item as Column);
      // An object that has a key of this name itself is written as a list of its entries.
      return Object.hasOwn(item, MARK) ? { [MARK]: ['entries', Object.entries(item)] } : item;
    }
    if (typeof item === 'number' && (!Number.isFinite(item) || Object.is(item, -0))) {
      return { [MARK]: Object.is(item, -0) ? '-0' : String(item) };
    }
    return item;
  });
}

function read(
  text: string,
  column: (type: ColumnType, offset: number, length: number) => Column,
): unknown {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || !(MARK in item)) return item;
    const mark = item[MARK];
    if (typeof mark === 'string') return Number(mark);
    const [type, place, length] = mark as
      | [ColumnType, number, number]
      | ['entries', [string, unknown][], undefined];
    return type === 'entries' ? Object.fromEntries(place) : column(type, place, length);
  });
}

/** Values without columns as JSON text. */
export function packText(value: unknown): string {
  return write(value, () => {
    throw new TypeError('columns need a blob');
  });
}

export function unpackText(text: string): unknown {
  return read(text, () => {
    throw new TypeError('columns need a blob');
  });
}

export function packBlob(value: unknown): Buffer {
  const columns: Buffer[] = [];
  let offset = 0;
  const text = write(value, (type, values) => {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const place = [type, offset, values.length];
    columns.push(bytes);
    offset += bytes.byteLength;
    return { [MARK]: place };
  });
  const head = Buffer.alloc(4);
  const json = Buffer.from(text);
  head.writeUInt32LE(json.byteLength, 0);
  return zstdCompressSync(Buffer.concat([head, json, ...columns]), {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
}

export function unpackBlob(blob: Uint8Array): unknown {
  const bytes = zstdDecompressSync(blob);
  const start = 4 + bytes.readUInt32LE(0);
  const text = bytes.toString('utf8', 4, start);
  return read(text, (type, offset, length) => {
    const Type = COLUMN_TYPES[type];
    const from = start + offset;
    const size = length * Type.BYTES_PER_ELEMENT;
    // Copied, because a column need not begin at a multiple of its width.
    return new Type(new Uint8Array(bytes.subarray(from, from + size)).buffer);
  });
}
