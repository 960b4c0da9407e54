import { describe, expect, it } from 'vitest';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { allocateColumns } from '../../engine/series/columns.ts';
import { contentHash } from '../../electron/storage/content-hash.ts';
import { exportToBytes } from '../../electron/storage/export-bars.ts';
import { parseDecimal } from '../../electron/storage/import/numbers.ts';
import { file, TestStore } from '../unit/storage/support.ts';
import { fc } from '../support/properties.ts';

const price = fc.oneof(
  fc.double({ min: 5e-324, max: 1e15, noNaN: true }),
  fc.integer({ min: 1, max: 1e9 }).map((ticks) => ticks / 100),
  fc.constantFrom(5e-324, 0.1, 0.30000000000000004, 1e21, 1e-7),
);
const volume = fc.oneof(
  fc.maxSafeInteger().map(Math.abs),
  fc.double({ min: 0, max: 1e18, noNaN: true }),
);

const series = fc
  .record({
    daily: fc.boolean(),
    start: fc.integer({ min: -20_000, max: 20_000 }),
    rows: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), price, price, price, price, volume), {
      minLength: 30,
      maxLength: 200,
    }),
  })
  .map(({ daily, start, rows }) => {
    const length = daily ? 86_400_000 : 60_000;
    const bars = allocateColumns(rows.length);
    let time = start * 86_400_000;
    for (const [i, [step, open, high, low, close, traded]] of rows.entries()) {
      time += (i % 2 === 0 ? step : 1) * length;
      bars.time[i] = time;
      bars.open[i] = open;
      bars.high[i] = high;
      bars.low[i] = low;
      bars.close[i] = close;
      bars.volume[i] = traded + 0;
    }
    return { daily, bars };
  });

const bits = (bars: BarColumns): string[] =>
  BAR_COLUMN_NAMES.map((name) =>
    Buffer.from(Uint8Array.from(new Uint8Array(bars[name].slice().buffer))).toString('hex'),
  );

describe('files', () => {
  it.each(['csv', 'parquet'] as const)(
    'bars come back from %s with the same bits',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(series, async ({ daily, bars }) => {
          const length = timeframe(daily ? '1d' : '1m');
          const path = file(`x.${format}`, exportToBytes(format, bars, length));
          const store = new TestStore();
          const result = await store.import(path, { timeframe: length });
          const read = store.read({ datasetId: result.datasetId });
          expect(bits(read.bars)).toEqual(bits(bars));
          expect(result.contentHash).toBe(contentHash(bars));
        }),
        { numRuns: 25 },
      );
    },
  );

  it('an import in two parts equals an import at once', async () => {
    await fc.assert(
      fc.asyncProperty(series, fc.nat(), fc.nat(), async ({ bars }, first, second) => {
        const count = bars.time.length;
        const cut = 1 + (first % (count - 1));
        const from = second % (cut + 1);
        const part = (a: number, b: number): string => {
          const view = Object.fromEntries(
            BAR_COLUMN_NAMES.map((name) => [name, bars[name].subarray(a, b)]),
          );
          return file(
            'x.csv',
            exportToBytes('csv', view as unknown as BarColumns, timeframe('1m')),
          );
        };
        const store = new TestStore();
        const options = { timeframe: '1m', calendar: 'none' };
        await store.import(part(0, cut), options);
        const result = await store.import(part(from, count), { ...options, mode: 'append' });
        expect(result.contentHash).toBe(contentHash(bars));
      }),
      { numRuns: 25 },
    );
  });
});

describe('parseDecimal', () => {
  it('gives the double that Number gives, for every decimal', () => {
    const decimal = fc
      .tuple(
        fc.boolean(),
        fc.nat(),
        fc.option(fc.stringMatching(/^\d{1,20}$/)),
        fc.option(fc.integer({ min: -30, max: 30 })),
      )
      .map(([minus, whole, places, exponent]) =>
        [
          minus ? '-' : '',
          whole,
          places === null ? '' : `.${places}`,
          exponent === null ? '' : `e${exponent}`,
        ].join(''),
      );
    fc.assert(
      fc.property(
        fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
        (text) => {
          expect(parseDecimal(text, false)).toBe(Number(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('gives NaN or what Number gives, for every text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.,eE+\- $]{0,12}$/), (text) => {
        const value = parseDecimal(text, false);
        if (!Number.isNaN(value)) expect(value).toBe(Number(text.replaceAll(/[$,]/g, '')));
      }),
      { numRuns: 2_000 },
    );
  });
});
