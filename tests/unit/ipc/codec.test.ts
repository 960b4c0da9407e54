import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { RenataError } from '../../../engine/domain/errors.ts';
import { decodeFrame, encodeFrame } from '../../../engine/protocol/codec.ts';
import { fc } from '../../support/properties.ts';

function refusal(bytes: Uint8Array): RenataError {
  try {
    decodeFrame(bytes);
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('the bytes were decoded');
}

/** Reference walk over every value, which the decoder's result has to equal. */
const payload = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.maxSafeInteger(),
    fc.double(),
    fc.string({ maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.float64Array({ maxLength: 40 }),
    fc.int32Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ maxLength: 10 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 20, noNullPrototype: true },
    ),
  ),
})).value;

describe('frames as bytes', () => {
  it('come back as they went, columns, NaN and negative zero included', () => {
    fc.assert(
      fc.property(payload, (value) => {
        const back = decodeFrame(encodeFrame(value));
        // MessagePack has no negative zero among its integers.
        expect(back).toEqual(normalised(value));
      }),
      { numRuns: 500 },
    );
  });

  it('carry columns that lie on shared memory or are part of a larger one', () => {
    const shared = new Float64Array(new SharedArrayBuffer(80));
    shared.set([1, 2, Number.NaN, 4, 5, 6, 7, 8, 9, 10]);
    const frame = { kind: 'result', id: 1, output: { all: shared, part: shared.subarray(2, 4) } };
    expect(decodeFrame(encodeFrame(frame))).toEqual({
      kind: 'result',
      id: 1,
      output: {
        all: new Float64Array([1, 2, Number.NaN, 4, 5, 6, 7, 8, 9, 10]),
        part: new Float64Array([Number.NaN, 4]),
      },
    });
  });

  it('leave out keys without a value', () => {
    expect(decodeFrame(encodeFrame({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  });

  it('of any junk are decoded or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeFrame(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RenataError);
          expect((error as RenataError).code).toBe('BAD_INPUT');
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('that are cut short or have bytes behind them are refused', () => {
    const bytes = encodeFrame({ kind: 'call', id: 7, name: 'app.info', input: { a: [1, 2, 3] } });
    for (let length = 0; length < bytes.byteLength; length += 1) {
      expect(refusal(bytes.subarray(0, length)).code).toBe('BAD_INPUT');
    }
    expect(refusal(new Uint8Array([...bytes, 0xc0])).message).toContain('bytes follow its end');
  });

  it.each([
    ['an array of four billion', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map of four billion', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['text of four billion', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['bytes of four billion', [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ['a column of four billion', [0xc9, 0xff, 0xff, 0xff, 0xff, 1]],
    ['the byte that is never used', [0xc1]],
  ])('that announce %s are refused before memory is taken', (_name, bytes) => {
    expect(refusal(new Uint8Array(bytes)).code).toBe('BAD_INPUT');
  });

  it('that announce large arrays inside each other are refused', () => {
    // Each header alone would fit the rest of the message; together they would take terabytes.
    const headers = Array.from({ length: 100_000 }, () => [0xdd, 0, 1, 0, 0]).flat();
    expect(refusal(new Uint8Array(headers)).message).toContain('announces more');
    const deep = new Uint8Array(1_000).fill(0x91);
    expect(refusal(deep).message).toContain('nested deeper');
  });

  it.each([
    ['a column of half a number', [0xc7, 4, 1, 0, 0, 0, 0]],
    ['a foreign extension', [0xd4, 99, 0]],
    ['a timestamp', [0xd6, 0xff, 0, 0, 0, 0]],
    ['__proto__ as a key', [...encode('__proto__')]],
  ])('with %s are refused', (name, bytes) => {
    const frame = name.includes('key') ? [0x81, ...bytes, 0x80] : bytes;
    expect(refusal(new Uint8Array(frame)).code).toBe('BAD_INPUT');
  });
});

function normalised(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(normalised);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, normalised(each)]));
}
