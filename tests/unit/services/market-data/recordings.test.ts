import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import {
  exportTicksToBytes,
  exportTicksToFile,
} from '../../../../electron/services/market-data/recording/export-ticks.ts';
import {
  barsOfRecording,
  readSeriesName,
  type RecordedSeries,
} from '../../../../electron/services/market-data/recording/bars-of-recording.ts';
import { listRecordings } from '../../../../electron/services/market-data/recording/reader.ts';
import { Recordings } from '../../../../electron/services/market-data/recording/recordings.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { AAPL, at, book, FakeSource, MSFT, open, OPEN, quote, trade } from './fake-source.ts';

let directory: string;
let folder: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'renata-recordings-'));
  folder = join(directory, 'recordings');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Documents of the store. */
function storeOf(documents = new Map<string, string>()) {
  return {
    loadDocument: async (name: string) => documents.get(name) ?? null,
    saveDocument: async (name: string, json: string) => {
      documents.set(name, json);
    },
  };
}

async function openAll(clock: FakeClock, store = storeOf()) {
  const defects: string[] = [];
  const made = await Recordings.open({
    dataDirectory: directory,
    store,
    clock,
    onDefect: (error, what) => defects.push(`${what}: ${String(error)}`),
  });
  return { made, defects };
}

/** A file of a day, of so many bytes. */
async function dayOf(source: string, name: string, bytes: number): Promise<void> {
  await mkdir(join(folder, source), { recursive: true });
  await writeFile(join(folder, source, name), Buffer.alloc(bytes));
}

const left = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true }))
    .filter((name) => name.includes('2024') || name.includes('2023'))
    .toSorted();

/** Records one day and gives its file. */
async function recorded(rows: readonly MarketDatum[]): Promise<string> {
  const { made } = await openAll(new FakeClock(OPEN));
  made.record('fake', rows);
  await made.close();
  return join(folder, 'fake', '2024-01-02.ticks');
}

describe('what is kept', () => {
  test('days that are too old go, broken ones with them; today stays', async () => {
    const clock = new FakeClock(OPEN);
    await dayOf('a', '2023-12-03.ticks', 10);
    await dayOf('a', '2023-12-03.ticks.broken-17', 10);
    await dayOf('a', '2023-12-04.ticks', 10);
    await dayOf('b', '2024-01-02.ticks', 10);
    const { made, defects } = await openAll(clock);
    // 30 days with today among them: from December 4 on.
    await expect
      .poll(async () => {
        await clock.pass(1);
        return left();
      })
      .toEqual(['a/2023-12-04.ticks', 'b/2024-01-02.ticks']);
    await made.configure({ days: 1 });
    expect(await left()).toEqual(['b/2024-01-02.ticks']);
    expect(defects).toEqual([]);
    await made.close();
  });

  test('of all sources the oldest go first until the rest is small enough, never today', async () => {
    const clock = new FakeClock(OPEN);
    await dayOf('a', '2023-12-30.ticks', 400_000);
    await dayOf('b', '2023-12-31.ticks', 400_000);
    await dayOf('a', '2024-01-01.ticks', 400_000);
    await dayOf('a', '2024-01-02.ticks', 1_500_000);
    const { made } = await openAll(clock);
    await made.configure({ megabytes: 2 });
    // 2.7 MB, 2.3 MB, 1.9 MB.
    expect(await left()).toEqual(['a/2024-01-01.ticks', 'a/2024-01-02.ticks']);
    await made.configure({ megabytes: 1 });
    expect(await left()).toEqual(['a/2024-01-02.ticks']);
    await made.close();
  });

  test('settings last; turned off, nothing is written', async () => {
    const clock = new FakeClock(OPEN);
    const store = storeOf();
    const first = await openAll(clock, store);
    await first.made.configure({ record: false, days: 7 });
    first.made.record('fake', [quote(clock, 1, 2)]);
    first.made.gap('fake', { instrument: null, from: at(OPEN), to: at(OPEN), reason: 'x' });
    await first.made.close();
    expect(await listRecordings(folder)).toEqual([]);
    const second = await openAll(clock, store);
    expect(second.made.settings).toEqual({ record: false, days: 7, megabytes: 10_000 });
    await second.made.configure({ record: true });
    second.made.record('fake', [quote(clock, 1, 2)]);
    await second.made.close();
    expect(await second.made.list()).toHaveLength(1);
  });

  test('a day is removed when it is over', async () => {
    const clock = new FakeClock(OPEN);
    const { made } = await openAll(clock);
    await dayOf('a', '2024-01-01.ticks', 10);
    await dayOf('a', '2024-01-02.ticks', 10);
    await expect(made.remove('a', '2024-01-02')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(made.remove('a', '2024-01-03')).rejects.toThrow(
      'there are 2024-01-01, 2024-01-02',
    );
    await expect(made.remove('../a', '2024-01-01')).rejects.toThrow('there are a');
    await made.remove('a', '2024-01-01');
    expect(await left()).toEqual(['a/2024-01-02.ticks']);
    await made.close();
  });
});

describe('an export', () => {
  const clock = new FakeClock(OPEN);
  const rows = [
    trade(clock, 10.25, { size: 300, tradeId: 'a,"b"', aggressor: 'buy', venueTime: at(OPEN - 5) }),
    quote(clock, 10, 10.5, { bidSize: 2, askSize: Number.NaN }),
    trade(clock, 20, { instrument: MSFT, size: 1, regular: false, venueTime: Number.NaN as never }),
    book(clock, { bids: [{ price: 9, size: 1 }], asks: [{ price: 11, size: 2 }], sequence: 7 }),
  ];

  test('as CSV has one row for each, times in UTC, and nothing where a value is missing', async () => {
    const path = await recorded(rows);
    const output = join(directory, 'out.csv');
    const request = { path, kind: 'trade', instrument: null, format: 'csv' } as const;
    expect(await exportTicksToFile(request, output)).toBe(2);
    expect((await readFile(output, 'utf8')).split('\n')).toEqual([
      'received_time,venue_time,instrument,price,size,side,regular,trade_id',
      '2024-01-02T15:00:00.000Z,2024-01-02T14:59:59.995Z,AAPL.TEST,10.25,300,buy,true,"a,""b"""',
      expect.stringMatching(/^2024-01-02T15:00:00.000Z,,MSFT.TEST,20,1,unknown,false,/),
      '',
    ]);
    const quotes = await exportTicksToBytes({ ...request, kind: 'quote' }, 1000);
    expect(Buffer.from(quotes).toString()).toMatch(/AAPL.TEST,10,10.5,2,\n$/);
    const levels = await exportTicksToBytes({ ...request, kind: 'book' }, 1000);
    expect(Buffer.from(levels).toString()).toMatch(/,7,bid,1,9,1\n.*,7,ask,1,11,2\n$/);
    const none = await exportTicksToBytes({ ...request, instrument: 'X.TEST' }, 1000);
    expect(Buffer.from(none).toString().split('\n')).toHaveLength(2);
    await expect(exportTicksToBytes(request, 100)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('as Parquet gives the same values to another reader, over several row groups', async () => {
    const many = Array.from({ length: 150_000 }, (_, i) =>
      trade(clock, 10 + i / 100, { size: i, tradeId: String(i), venueTime: at(OPEN + i) }),
    );
    const path = await recorded(many);
    const output = join(directory, 'out.parquet');
    const request = { path, kind: 'trade', instrument: AAPL, format: 'parquet' } as const;
    expect(await exportTicksToFile(request, output)).toBe(150_000);
    const read = async (file: Uint8Array): Promise<Record<string, unknown>[]> => {
      const bytes = file.slice();
      return parquetReadObjects({ file: bytes.buffer });
    };
    const found = await read(await readFile(output));
    expect(found).toHaveLength(150_000);
    for (const i of [0, 1, 65_535, 65_536, 149_999]) {
      expect(found[i]).toEqual({
        received_time: new Date(OPEN),
        venue_time: new Date(OPEN + i),
        instrument: AAPL,
        price: 10 + i / 100,
        size: i,
        side: 'unknown',
        regular: true,
        trade_id: String(i),
      });
    }
    const empty = await exportTicksToBytes({ ...request, instrument: 'X.TEST' }, 1e6);
    expect(await read(empty)).toEqual([]);
  });

  test('to a place that cannot be written is refused and leaves nothing', async () => {
    const path = await recorded(rows);
    const request = { path, kind: 'trade', instrument: null, format: 'csv' } as const;
    await expect(
      exportTicksToFile(request, join(directory, 'no', 'such', 'x.csv')),
    ).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect((await stat(path)).size).toBeGreaterThan(0);
  });
});

describe('a recorded day as a series', () => {
  const clock = new FakeClock(OPEN);
  const series = (name: string): RecordedSeries => readSeriesName(name) as RecordedSeries;

  test('is named by source, day, instrument and length of its bars', () => {
    expect(readSeriesName('SPX.INDEX@1d')).toBeNull();
    expect(series('recording:alpaca/2024-01-02/BRK.B.XNYS@5m')).toEqual({
      source: 'alpaca',
      day: '2024-01-02',
      instrument: 'BRK.B.XNYS',
      timeframe: '5m',
    });
    expect(() => readSeriesName('recording:alpaca/AAPL')).toThrow('write it like');
    expect(() => readSeriesName('recording:a/2024-01-02/AAPL.TEST@1d')).toThrow('no bars of 1d');
  });

  test('has bars of the trades that count, by the time of the venue, whatever their order', async () => {
    const tick = (price: number, size: number, after: number, regular = true) =>
      trade(clock, price, { size, venueTime: at(OPEN + after), regular });
    const path = await recorded([
      tick(11, 2, 20_000),
      tick(10, 1, 5_000),
      tick(99, 9, 30_000, false),
      tick(9, 4, 40_000),
      quote(clock, 50, 60),
      tick(12, 3, 150_000),
    ]);
    const bars = await barsOfRecording(path, series('recording:fake/2024-01-02/AAPL.TEST@1m'));
    expect(Object.values(bars).map((column: Float64Array) => [...column])).toEqual([
      [OPEN, OPEN + 120_000],
      [10, 12],
      [11, 12],
      [9, 12],
      [9, 12],
      [7, 3],
    ]);
  });

  test('has the middle of the quotes where nothing was traded, and is refused where nothing came', async () => {
    const path = await recorded([quote(clock, 10, 11), quote(clock, 12, 13)]);
    const bars = await barsOfRecording(path, series('recording:fake/2024-01-02/AAPL.TEST@1m'));
    expect([bars.open[0], bars.close[0], bars.volume[0]]).toEqual([10.5, 12.5, 0]);
    await expect(
      barsOfRecording(path, series('recording:fake/2024-01-02/MSFT.TEST@1m')),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('trades for the window', () => {
  test('come in order, once, the newest of each instrument where there are too many', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['trade']);
    await market.watch(MSFT, ['trade']);
    const views: { instrument: string; price: number; side: string }[][] = [];
    market.onView(({ trades }) => views.push(trades));
    source.send(
      trade(clock, 10, { tradeId: '1', aggressor: 'sell', size: 5 }),
      trade(clock, 10.1, { tradeId: '2' }),
      trade(clock, 10.1, { tradeId: '2' }),
    );
    await clock.pass(20);
    expect(views.at(-1)).toMatchObject([
      { instrument: AAPL, price: 10, size: 5, side: 'sell', time: OPEN },
      { instrument: AAPL, price: 10.1 },
    ]);
    await clock.pass(100);
    const calm = views.length;
    for (let i = 0; i < 450; i += 1) {
      source.send(trade(clock, 10 + i / 1000, { tradeId: `x${i}` }));
    }
    source.send(trade(clock, 20, { instrument: MSFT, tradeId: 'm' }));
    await clock.pass(20);
    const last = views.at(-1) ?? [];
    expect(views).toHaveLength(calm + 1);
    expect(last.filter(({ instrument }) => instrument === MSFT)).toHaveLength(1);
    expect(last.filter(({ instrument }) => instrument === AAPL).map(({ price }) => price)).toEqual(
      Array.from({ length: 100 }, (_, i) => 10 + (350 + i) / 1000),
    );
    await clock.pass(1000);
    expect(views.flat()).toHaveLength(2 + 101);
    await settle();
  });
});
