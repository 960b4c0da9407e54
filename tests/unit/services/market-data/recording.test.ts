import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import {
  decodeFrame,
  FRAME_HEADER,
  FrameBuilder,
  intact,
  readFrameHead,
  type Recorded,
} from '../../../../electron/services/market-data/recording/frame.ts';
import {
  listRecordings,
  readRecording,
} from '../../../../electron/services/market-data/recording/reader.ts';
import { Recorder } from '../../../../electron/services/market-data/recording/recorder.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { AAPL, at, book, FakeSource, MSFT, open, OPEN, quote, tf, trade } from './fake-source.ts';
import { fc } from '../../../support/properties.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'renata-recording-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function all(path: string): Promise<Recorded[]> {
  const rows: Recorded[] = [];
  for await (const frame of readRecording(path)) rows.push(...frame);
  return rows;
}

function recorder(clock: FakeClock, more: { maxWaiting?: number; folder?: string } = {}) {
  const defects: string[] = [];
  const made = new Recorder({
    folder,
    clock,
    onDefect: (error, what) => defects.push(`${what}: ${String(error)}`),
    ...more,
  });
  return { made, defects };
}

const number = fc.oneof(
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((cents) => cents / 100),
  fc.integer({ min: 0, max: 5_000 }),
  fc.double(),
  fc.constantFrom(Number.NaN, -0, 0, 1e300, 2 ** 53, Number.POSITIVE_INFINITY),
);
const time = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: OPEN - 1e6, max: OPEN + 1e6 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
const head = {
  instrument: fc.constantFrom(AAPL, MSFT, AAPL, AAPL),
  venueTime: time,
  receivedTime: time,
};
const text = fc.oneof(
  fc.nat().map(String),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '007', '1e5', '9007199254740993'),
);
const levels = fc.array(fc.record({ price: number, size: number }), { maxLength: 6 });
const datum = fc.oneof(
  fc.record({
    kind: fc.constant('quote'),
    ...head,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
  }),
  fc.record({
    kind: fc.constant('trade'),
    ...head,
    price: number,
    size: number,
    tradeId: text,
    aggressor: fc.constantFrom('buy', 'sell', 'unknown'),
    regular: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('book'),
    ...head,
    bids: levels,
    asks: levels,
    sequence: number,
  }),
  fc.record({
    kind: fc.constant('bar'),
    ...head,
    timeframe: fc.constantFrom('1m', '5m', '1d').map(tf),
    start: time,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    closed: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('status'),
    ...head,
    status: fc.constantFrom('trading', 'halted', 'closed', 'auction'),
    reason: text,
  }),
) as unknown as fc.Arbitrary<MarketDatum>;

describe('frames', () => {
  const roundTrip = (builder: FrameBuilder, rows: readonly MarketDatum[]): Recorded[] => {
    for (const each of rows) builder.add(each);
    const frame = builder.take();
    const headOf = readFrameHead(frame);
    if (headOf === undefined) throw new Error('no frame');
    const payload = frame.subarray(FRAME_HEADER);
    expect(intact(payload, headOf)).toBe(true);
    return decodeFrame(payload, headOf.rows);
  };

  test('give every value back bit by bit, in order', () => {
    const builder = new FrameBuilder();
    fc.assert(
      fc.property(fc.array(datum, { minLength: 1, maxLength: 120 }), (rows) => {
        // toEqual tells -0 from 0 and takes NaN for NaN.
        expect(roundTrip(builder, rows)).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  test('hold a book that is longer than any frame, and an empty one', () => {
    const clock = new FakeClock(OPEN);
    const bids = Array.from({ length: 200_000 }, (_, i) => ({ price: 1e6 - i, size: i % 7 }));
    const rows = [book(clock, { bids }), book(clock, { bids: [], asks: [] })];
    const builder = new FrameBuilder();
    expect(roundTrip(builder, rows)).toEqual(rows);
    for (const each of rows) builder.add(each);
    expect(builder.full).toBe(true);
  });

  test('that were changed are refused, never misread', () => {
    const builder = new FrameBuilder();
    const clock = new FakeClock(OPEN);
    for (let i = 0; i < 50; i += 1)
      builder.add(i % 2 === 0 ? quote(clock, i, 99) : trade(clock, i));
    builder.add(book(clock));
    const frame = builder.take();
    const headOf = readFrameHead(frame);
    if (headOf === undefined) throw new Error('no frame');
    for (let byte = FRAME_HEADER; byte < frame.byteLength; byte += 1) {
      const payload = Buffer.from(frame.subarray(FRAME_HEADER));
      payload[byte - FRAME_HEADER] = (payload[byte - FRAME_HEADER] ?? 0) ^ 0x40;
      expect(intact(payload, headOf)).toBe(false);
      // Even with a checksum that fits it ends in rows or in a clear refusal.
      try {
        expect(decodeFrame(payload, headOf.rows)).toHaveLength(headOf.rows);
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_DAMAGED' });
      }
    }
  });
});

describe('the recorder', () => {
  test('writes what came, raw, by source and day, with its gaps', async () => {
    const day = Date.UTC(2024, 0, 2, 23, 59, 59);
    const clock = new FakeClock(day);
    const { made, defects } = recorder(clock);
    const first = [quote(clock, 11, 10), trade(clock, Number.NaN)];
    made.record('fake', first);
    made.record('other/../x', [quote(clock, 1, 2)]);
    const gap = { instrument: null, from: at(day), to: at(day + 500), reason: 'gone' };
    made.gap('fake', gap);
    await clock.pass(2_000);
    const second = [quote(clock, 1, 2, { instrument: MSFT })];
    made.record('fake', second);
    await made.close();
    const files = await listRecordings(folder);
    expect(files.map(({ source, day: date }) => `${source} ${date}`)).toEqual([
      'fake 2024-01-02',
      'fake 2024-01-03',
      'other____x 2024-01-02',
    ]);
    expect(await all(files[0]?.path ?? '')).toEqual([...first, { kind: 'gap', ...gap }]);
    expect(await all(files[1]?.path ?? '')).toEqual(second);
    expect(defects).toEqual([]);
    expect(made.statistics()).toMatchObject({ rows: 5, lost: 0, waiting: 0 });
  });

  test('a crash in the middle of a write loses that frame only; the file goes on', async () => {
    const clock = new FakeClock(OPEN);
    const write = async (count: number, from: number): Promise<void> => {
      const { made } = recorder(clock);
      for (let i = 0; i < count; i += 1) {
        made.record('fake', [quote(clock, from + i, from + i + 1)]);
        await made.flush();
      }
      await made.close();
    };
    await write(3, 1);
    const path = join(folder, 'fake', '2024-01-02.ticks');
    const whole = await readFile(path);
    const two = await (async () => {
      await rm(path);
      await write(2, 1);
      return (await readFile(path)).byteLength;
    })();
    for (let cut = two; cut < whole.byteLength; cut += 1) {
      await writeFile(path, whole.subarray(0, cut));
      expect(await all(path)).toHaveLength(2);
    }
    await write(1, 50);
    expect((await all(path)).map((row) => (row.kind === 'quote' ? row.bid : 0))).toEqual([
      1, 2, 50,
    ]);
    // A file header that was not written whole.
    await truncate(path, 5);
    await write(1, 60);
    expect(await all(path)).toHaveLength(1);
  });

  test('a file that is broken in the middle is read up to there, said, and put aside', async () => {
    const clock = new FakeClock(OPEN);
    const { made } = recorder(clock);
    for (let i = 0; i < 3; i += 1) {
      made.record('fake', [quote(clock, 1 + i, 5)]);
      await made.flush();
    }
    await made.close();
    const path = join(folder, 'fake', '2024-01-02.ticks');
    const bytes = await readFile(path);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(all(path)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    const again = recorder(clock);
    again.made.record('fake', [quote(clock, 9, 10)]);
    await again.made.close();
    expect(await all(path)).toHaveLength(1);
    expect(await readdir(join(folder, 'fake'))).toHaveLength(2);
    await appendFile(join(folder, 'fake', 'notes.txt'), 'x');
    expect(await listRecordings(folder)).toHaveLength(1);
    await expect(all(join(folder, 'fake', 'notes.txt'))).rejects.toThrow(/no recording/);
  });

  test('a disk that does not follow loses whole frames, counts and marks them', async () => {
    const clock = new FakeClock(OPEN);
    const { made, defects } = recorder(clock, { maxWaiting: 1_000 });
    const batch = Array.from({ length: 100 }, (_, i) => quote(clock, 1 + Math.sqrt(i), 50));
    // Nothing is written while this runs: the second frame finds no room.
    made.record('fake', batch.slice(0, 10));
    void made.flush();
    made.record('fake', batch.slice(10));
    await made.flush();
    expect(made.statistics()).toMatchObject({ rows: 10, lost: 90, waiting: 0 });
    expect(defects).toHaveLength(1);
    made.record('fake', batch.slice(0, 5));
    await made.flush();
    await made.close();
    const rows = await all(join(folder, 'fake', '2024-01-02.ticks'));
    expect(rows.map(({ kind }) => kind).filter((kind) => kind === 'gap')).toHaveLength(1);
    expect(rows).toHaveLength(16);
  });

  test('a folder that cannot be written is said once, and what came is counted as lost', async () => {
    const clock = new FakeClock(OPEN);
    const file = join(folder, 'file');
    await writeFile(file, '');
    const { made, defects } = recorder(clock, { folder: file });
    for (let i = 0; i < 3; i += 1) {
      made.record('fake', [quote(clock, 1, 2)]);
      await clock.pass(2_000);
      await made.flush();
    }
    expect(made.statistics().lost).toBeGreaterThanOrEqual(3);
    expect(made.statistics().rows).toBe(0);
    expect(defects).toHaveLength(1);
    await made.close();
  });

  test('hears from the service what came, before it is cleaned', async () => {
    const clock = new FakeClock(OPEN);
    const { made } = recorder(clock);
    const { market } = open({ recorder: made, clock });
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['quote']);
    const crossed = quote(clock, 11, 10);
    source.send(crossed, quote(clock, 9, 10));
    source.gap({ instrument: AAPL, from: at(OPEN), to: at(OPEN + 1), reason: 'x' });
    await market.close();
    await made.close();
    const rows = await all(join(folder, 'fake', '2024-01-02.ticks'));
    expect(rows.map(({ kind }) => kind)).toEqual(['quote', 'quote', 'gap']);
    expect(rows[0]).toEqual(crossed);
  });
});
