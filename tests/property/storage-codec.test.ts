import { describe, expect, it } from 'vitest';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { decodeChunk, encodeChunk } from '../../engine/series/codec.ts';
import { fc } from '../support/properties.ts';

/** Doubles of every kind: any bits, decimals, whole numbers and the odd ones. */
const double = fc.oneof(
  fc.double(),
  fc.float(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 12 })).map(([n, k]) => n / 10 ** k),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE),
);

/** Columns as markets make them: a walk in ticks of some size. */
const walk = fc
  .record({
    digits: fc.integer({ min: 0, max: 9 }),
    start: fc.integer({ min: 1, max: 1_000_000 }),
    steps: fc.array(
      fc.tuple(fc.integer({ min: -500, max: 500 }), fc.nat(60), fc.nat(60), fc.nat(1_000_000)),
      {
        minLength: 1,
        maxLength: 700,
      },
    ),
    spacing: fc.constantFrom(1, 1_000, 60_000, 86_400_000),
  })
  .map(({ digits, start, steps, spacing }) => {
    const power = 10 ** digits;
    let last = start;
    const rows = steps.map(([move, up, down, volume], i) => {
      const open = last;
      last = Math.max(1, last + move);
      const high = Math.max(open, last) + up;
      const low = Math.max(1, Math.min(open, last) - down);
      return [i * spacing, open / power, high / power, low / power, last / power, volume] as const;
    });
    return columnsOf(rows);
  });

function columnsOf(rows: readonly (readonly number[])[]): BarColumns {
  const column = (index: number): Float64Array => Float64Array.from(rows, (row) => row[index] ?? 0);
  return {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
}

function bitsOf(bars: BarColumns): string[] {
  return BAR_COLUMN_NAMES.map((name) => Buffer.from(bars[name].slice().buffer).toString('hex'));
}

function decoded(bytes: Uint8Array, count: number): BarColumns {
  const out = columnsOf(Array.from({ length: count }, () => [0, 0, 0, 0, 0, 0]));
  decodeChunk(bytes, out, 0);
  return out;
}

describe('chunk codec', () => {
  it('gives every double back with the same bits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(double, double, double, double, double, double), {
          minLength: 1,
          maxLength: 300,
        }),
        (rows) => {
          const bars = columnsOf(rows);
          const back = decoded(encodeChunk(bars, 0, rows.length), rows.length);
          expect(bitsOf(back)).toEqual(bitsOf(bars));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives every column back when only that one is odd', () => {
    fc.assert(
      fc.property(walk, fc.nat(5), fc.nat(), double, (bars, column, at, value) => {
        const name = BAR_COLUMN_NAMES[column] ?? 'time';
        const count = bars.time.length;
        bars[name][at % count] = value;
        expect(bitsOf(decoded(encodeChunk(bars, 0, count), count))).toEqual(bitsOf(bars));
      }),
    );
  });

  it('gives walks in ticks back, and smaller', () => {
    fc.assert(
      fc.property(walk, (bars) => {
        const count = bars.time.length;
        const bytes = encodeChunk(bars, 0, count);
        expect(bitsOf(decoded(bytes, count))).toEqual(bitsOf(bars));
        if (count > 200) expect(bytes.byteLength).toBeLessThan(count * 16);
      }),
    );
  });

  it('never fails in another way than STORE_DAMAGED on bytes that were changed', () => {
    fc.assert(
      fc.property(
        walk,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }),
        (bars, changes) => {
          const count = bars.time.length;
          const bytes = encodeChunk(bars, 0, count);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            decoded(bytes, 8_192);
          } catch (error) {
            expect(error).toBeInstanceOf(RenataError);
            expect((error as RenataError).code).toBe('STORE_DAMAGED');
          }
        },
      ),
    );
  });
});
