import { decode, Encoder, ExtData, type ExtensionCodecType } from '@msgpack/msgpack';
import { RenataError } from '../domain/errors.ts';

/**
 * Frames as bytes: MessagePack, with extension types for columns. Bytes travel as MessagePack's own
 * binary type. Everything else that MessagePack can say (timestamps, foreign extensions) is refused.
 * Columns are little-endian, as on every platform that Renata runs on.
 */
const EXT_FLOAT64 = 1;
const EXT_INT32 = 2;

/** Deeper than any payload of the contract. */
const MAX_DEPTH = 32;

const columns: ExtensionCodecType<undefined> = {
  tryToEncode(value) {
    if (value instanceof Float64Array) return new ExtData(EXT_FLOAT64, octetsOf(value));
    if (value instanceof Int32Array) return new ExtData(EXT_INT32, octetsOf(value));
    return null;
  },
  decode(data, type) {
    // A copy, because the elements of a message start at any byte and these types need alignment.
    if (type === EXT_FLOAT64 && data.byteLength % 8 === 0) {
      return new Float64Array(data.slice().buffer);
    }
    if (type === EXT_INT32 && data.byteLength % 4 === 0) return new Int32Array(data.slice().buffer);
    throw malformed(`extension ${type} of ${data.byteLength} bytes is not a column`);
  },
};

function octetsOf(view: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Bytes of a frame. Keys whose value is undefined are left out. */
export function encodeFrame(frame: unknown): Uint8Array<ArrayBuffer> {
  return new Encoder({ extensionCodec: columns, ignoreUndefined: true }).encode(frame);
}

/**
 * The value that the bytes say; it still has to be validated.
 * @throws RenataError BAD_INPUT for anything but one whole MessagePack value of the types above.
 */
export function decodeFrame(bytes: Uint8Array): unknown {
  checkStructure(bytes);
  try {
    return decode(bytes, { extensionCodec: columns });
  } catch (error) {
    if (error instanceof RenataError) throw error;
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

function malformed(reason: string): RenataError {
  return new RenataError('BAD_INPUT', `The message is not a valid frame: ${reason}.`);
}

/**
 * Walks the bytes without making values. A few bytes can announce arrays of a billion elements inside
 * each other; here every announced element must still have a byte of its own in the message, so what
 * the decoder allocates stays in proportion to what was sent.
 */
function checkStructure(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const remaining: number[] = [1];
  let owed = 1;
  let at = 0;
  while (remaining.length > 0) {
    const left = remaining.at(-1) ?? 0;
    if (left === 0) {
      remaining.pop();
      continue;
    }
    remaining[remaining.length - 1] = left - 1;
    owed -= 1;
    const token = readToken(view, at);
    at += token.size;
    owed += token.children;
    if (at + owed > bytes.byteLength) throw malformed('it announces more than it holds');
    if (token.children > 0) {
      remaining.push(token.children);
      if (remaining.length > MAX_DEPTH) throw malformed(`it is nested deeper than ${MAX_DEPTH}`);
    }
  }
  if (at !== bytes.byteLength) throw malformed('bytes follow its end');
}

interface Token {
  /** Bytes of the token with its own data. */
  readonly size: number;
  /** Values that follow as its elements; a map has two for each entry. */
  readonly children: number;
}

/** Sizes of the tokens 0xc0 to 0xdf; `length` is the width of a length field, `extra` what follows it. */
const FIXED = new Map<number, number>([
  [0xc0, 1], // nil
  [0xc2, 1], // false
  [0xc3, 1], // true
  [0xca, 5], // float 32
  [0xcb, 9], // float 64
  [0xcc, 2], // unsigned 8 to 64
  [0xcd, 3],
  [0xce, 5],
  [0xcf, 9],
  [0xd0, 2], // signed 8 to 64
  [0xd1, 3],
  [0xd2, 5],
  [0xd3, 9],
  [0xd4, 3], // extensions of 1, 2, 4, 8 and 16 bytes
  [0xd5, 4],
  [0xd6, 6],
  [0xd7, 10],
  [0xd8, 18],
]);

/** First byte to the width of the length that follows it and to bytes between length and data. */
const SIZED = new Map<number, readonly [width: 1 | 2 | 4, extra: 0 | 1]>([
  [0xc4, [1, 0]], // binary
  [0xc5, [2, 0]],
  [0xc6, [4, 0]],
  [0xc7, [1, 1]], // extensions, whose type is one more byte
  [0xc8, [2, 1]],
  [0xc9, [4, 1]],
  [0xd9, [1, 0]], // text
  [0xda, [2, 0]],
  [0xdb, [4, 0]],
]);

function readToken(view: DataView, at: number): Token {
  if (at >= view.byteLength) throw malformed('it ends too early');
  const head = view.getUint8(at);
  if (head <= 0x7f || head >= 0xe0) return { size: 1, children: 0 };
  if (head <= 0x8f) return { size: 1, children: 2 * (head & 0x0f) };
  if (head <= 0x9f) return { size: 1, children: head & 0x0f };
  if (head <= 0xbf) return { size: 1 + (head & 0x1f), children: 0 };
  const fixed = FIXED.get(head);
  if (fixed !== undefined) return { size: fixed, children: 0 };
  const sized = SIZED.get(head);
  if (sized !== undefined) {
    const [width, extra] = sized;
    return { size: 1 + width + extra + readLength(view, at + 1, width), children: 0 };
  }
  switch (head) {
    case 0xdc:
      return { size: 3, children: readLength(view, at + 1, 2) };
    case 0xdd:
      return { size: 5, children: readLength(view, at + 1, 4) };
    case 0xde:
      return { size: 3, children: 2 * readLength(view, at + 1, 2) };
    case 0xdf:
      return { size: 5, children: 2 * readLength(view, at + 1, 4) };
    default:
      throw malformed(`byte ${head} starts no value`);
  }
}

function readLength(view: DataView, at: number, width: 1 | 2 | 4): number {
  if (at + width > view.byteLength) throw malformed('it ends too early');
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at) : view.getUint32(at);
}
