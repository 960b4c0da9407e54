import { describe, expect, it } from 'vitest';
import { BAR_COLUMN_NAMES } from '../../../engine/domain/bar.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import {
  CHUNK_BARS,
  chunkBarCount,
  decodeChunk,
  encodeChunk,
} from '../../../engine/series/codec.ts';

type Row = readonly [
  time: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
];

function columns(rows: readonly Row[]): BarColumns {
  const column = (index: number): Float64Array =>
    Float64Array.from(rows, (row) => row[index] ?? Number.NaN);
  return {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
}

function empty(length: number): BarColumns {
  return columns(Array.from({ length }, (): Row => [0, 0, 0, 0, 0, 0]));
}

/** Every double as its 64 bits, so that -0, 0 and the kinds of NaN differ. */
function bits(bars: BarColumns, from = 0, to = bars.time.length): string[] {
  return BAR_COLUMN_NAMES.map((name) => {
    const part = bars[name].slice(from, to);
    return Buffer.from(part.buffer).toString('hex');
  });
}

function roundTrip(bars: BarColumns): { bytes: Uint8Array; out: BarColumns } {
  const count = bars.time.length;
  const bytes = encodeChunk(bars, 0, count);
  const out = empty(count);
  expect(decodeChunk(bytes, out, 0)).toBe(count);
  expect(bits(out)).toEqual(bits(bars));
  return { bytes, out };
}

const day = 86_400_000;
const plain: Row[] = Array.from({ length: 500 }, (_, i) => [
  i * 60_000,
  100 + ((i * 7) % 13) / 100,
  101 + ((i * 3) % 7) / 100,
  99 + ((i * 5) % 11) / 100,
  100 + ((i * 11) % 17) / 100,
  (i * 7_919) % 1_000_003,
]);

describe('chunk codec', () => {
  it('gives decimal prices back bit by bit in a fraction of their size', () => {
    const { bytes } = roundTrip(columns(plain));
    expect(bytes.byteLength).toBeLessThan(500 * 8);
    expect(chunkBarCount(bytes)).toBe(500);
  });

  it('keeps a single bar', () => {
    roundTrip(columns([[946_857_600_000, 1469.25, 1478, 1438.359985, 1455.219971, 931_800_000]]));
  });

  it.each<[string, Row[]]>([
    [
      'a negative zero',
      [
        [0, 1, 1, 1, 1, -0],
        [1, 1, -0, 1, 1, 0],
      ],
    ],
    ['NaN and infinities', [[0, Number.NaN, Infinity, -Infinity, 1, Number.NaN]]],
    ['no decimal', [[0, 0.1 + 0.2, Math.PI, 1 / 3, 2 / 3, 1e-300]]],
    ['numbers beyond whole doubles', [[0, 1e17, 1e300, 5e-324, 2 ** 53 + 2, 2 ** 60]]],
    [
      'times that are no whole milliseconds',
      [
        [0.5, 1, 1, 1, 1, 1],
        [1.25, 1, 1, 1, 1, 1],
      ],
    ],
    [
      'a time of -0',
      [
        [-0, 1, 1, 1, 1, 1],
        [5, 1, 1, 1, 1, 1],
      ],
    ],
    [
      'times that fall and repeat',
      [
        [9, 1, 1, 1, 1, 1],
        [3, 1, 1, 1, 1, 1],
        [3, 1, 1, 1, 1, 1],
      ],
    ],
    ['prices below zero', [[0, -37.63, -10.5, -40.32, -37.63, 1]]],
    [
      'a high below the close',
      [
        [0, 10, 9, 11, 12, 5],
        [1, 12, 8, 15, 9, 0],
      ],
    ],
    [
      'ten decimal places',
      [[0, 0.0000000001, 0.0000000003, 0.0000000001, 0.0000000002, 7.14319709]],
    ],
    ['eleven decimal places', [[0, 0.00000000001, 1, 0.00000000001, 1, 0.00000000001]]],
    [
      'a volume that needs more than 32 bits',
      [
        [0, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 2 ** 49 + 3],
      ],
    ],
    [
      'one column without decimals',
      [
        [0, 1.25, 2, 1, 1 / 3, 4],
        [1, 1.5, 2, 1, 1.75, 4],
      ],
    ],
  ])('keeps %s', (_what, rows) => {
    roundTrip(columns(rows));
  });

  it('keeps the payload of a NaN', () => {
    const bars = columns(plain.slice(0, 2));
    new BigUint64Array(bars.volume.buffer)[1] = 0x7ff8_0000_dead_beefn;
    roundTrip(bars);
  });

  it('is exact at every width of a block', () => {
    for (let width = 0; width <= 50; width += 1) {
      const top = 2 ** width - 1;
      roundTrip(
        columns(
          Array.from({ length: 131 }, (_, i): Row => [
            i,
            1,
            1,
            1,
            1,
            i % 3 === 0 ? top : Math.floor(top / (i + 1)),
          ]),
        ),
      );
    }
  });

  it('stores a regular grid of days with gaps of weekends in under a byte a time', () => {
    const rows = Array.from({ length: 5_000 }, (_, i): Row => [
      (i + 2 * Math.floor(i / 5)) * day,
      1,
      1,
      1,
      1,
      0,
    ]);
    expect(roundTrip(columns(rows)).bytes.byteLength).toBeLessThan(5_000 * 4);
  });

  it('encodes a part of the columns and decodes into the middle of others', () => {
    const bars = columns(plain);
    const bytes = encodeChunk(bars, 100, 333);
    const out = empty(400);
    expect(decodeChunk(bytes, out, 50)).toBe(233);
    expect(bits(out, 50, 283)).toEqual(bits(bars, 100, 333));
    expect(out.time[49]).toBe(0);
    expect(out.time[283]).toBe(0);
  });

  it('decodes bytes that begin at an odd address', () => {
    const bars = columns(plain);
    const bytes = encodeChunk(bars, 0, 500);
    const moved = new Uint8Array(bytes.byteLength + 1);
    moved.set(bytes, 1);
    const out = empty(500);
    decodeChunk(moved.subarray(1), out, 0);
    expect(bits(out)).toEqual(bits(bars));
  });

  it.each([
    [0, 0],
    [-1, 5],
    [0, 501],
    [5, 4],
  ])('refuses to encode bars %d to %d of 500', (from, to) => {
    expect(() => encodeChunk(columns(plain), from, to)).toThrow(/A chunk holds 1 to 8192 bars/);
  });

  it('refuses more bars than a chunk holds', () => {
    const bars = empty(CHUNK_BARS + 1);
    expect(() => encodeChunk(bars, 0, CHUNK_BARS + 1)).toThrow(/A chunk holds/);
  });

  it('refuses columns that are too short', () => {
    const bytes = encodeChunk(columns(plain), 0, 500);
    expect(() => decodeChunk(bytes, empty(499), 0)).toThrow(/does not fit into 499 bars/);
    expect(() => decodeChunk(bytes, empty(600), -1)).toThrow(/does not fit/);
  });

  it.each([
    ['nothing', () => new Uint8Array(0)],
    ['an odd length', () => new Uint8Array(7)],
    ['other bytes', () => new Uint8Array(64).fill(7)],
    ['a chunk cut short', () => encodeChunk(columns(plain), 0, 500).subarray(0, 400)],
    [
      'a chunk with more behind it',
      () => Buffer.concat([encodeChunk(columns(plain), 0, 500), new Uint8Array(4)]),
    ],
    [
      'raw values cut short',
      () => encodeChunk(columns([[0, Number.NaN, 1, 1, 1, 1]]), 0, 1).subarray(0, 60),
    ],
    ['an unknown way of storing times', () => patched(8, 9)],
    ['an unknown way of storing prices', () => patched(columnsOffset(), 0x77)],
    ['impossible decimal places', () => patched(columnsOffset() + 1, 99)],
  ])('calls %s damaged', (_what, bytes) => {
    expect(() => decodeChunk(bytes(), empty(500), 0)).toThrow(
      expect.objectContaining({ code: 'STORE_DAMAGED' }),
    );
  });
});

/** Two bars: header 2 words, times 1 + 2 + 2 words and a block of 2 words without payload. */
function columnsOffset(): number {
  return (2 + 1 + 2 + 2 + 2) * 4;
}

function patched(at: number, value: number): Uint8Array {
  const bytes = encodeChunk(
    columns([
      [0, 1, 1, 1, 1, 1],
      [1, 1, 1, 1, 1, 1],
    ]),
    0,
    2,
  );
  bytes[at] = value;
  return bytes;
}
