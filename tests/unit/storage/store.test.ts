import { existsSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CHUNK_BARS } from '../../../engine/series/codec.ts';
import { allocateColumns } from '../../../engine/series/columns.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import { contentHash } from '../../../electron/storage/content-hash.ts';
import {
  deleteDataset,
  findDataset,
  getDataset,
  listAdjustments,
  listDatasets,
  setAdjustments,
} from '../../../electron/storage/datasets.ts';
import { readFactorFile } from '../../../electron/storage/factor-file.ts';
import { VersionWriter } from '../../../electron/storage/version-writer.ts';
import { calendars, file, refusal, TestStore } from './support.ts';

const ID = 'TEST.LOCAL@1m';
const MINUTE = 60_000;
const START = Date.parse('2020-01-01T00:00:00Z');

/** Minute bars `from` to `to` as CSV, each with prices of its own. */
function minutes(from: number, to: number): string {
  const lines = ['time,open,high,low,close,volume'];
  for (let i = from; i < to; i += 1) {
    const price = 100 + (i % 977) / 100;
    lines.push(
      `${new Date(START + i * MINUTE).toISOString()},${price},${price + 1},${price - 1},${price + 0.5},${Math.abs(i)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const count = (store: TestStore, table: string): number =>
  store.connection.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? -1;

const bars = 2 * CHUNK_BARS + 1_000;

describe('versions', () => {
  it('reads ranges, decoding only what is needed, with the newest bars first to be kept', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, bars), { calendar: 'crypto' });
    const read = (
      start: number | null,
      end: number | null,
      last?: number,
    ): [number, number, number] => {
      const result = store.read({
        datasetId: ID,
        start: start === null ? null : START + start * MINUTE,
        end: end === null ? null : START + end * MINUTE,
        ...(last === undefined ? {} : { last }),
      });
      const { volume } = result.bars;
      for (let i = 1; i < volume.length; i += 1) expect(volume[i]).toBe((volume[i - 1] ?? 0) + 1);
      return [volume[0] ?? -1, volume.at(-1) ?? -1, result.totalBars];
    };
    expect(read(null, null)).toEqual([0, bars - 1, bars]);
    expect(read(10, 20)).toEqual([10, 20, 11]);
    expect(read(10.5, 20.5)).toEqual([11, 20, 10]);
    expect(read(CHUNK_BARS - 1, CHUNK_BARS)).toEqual([CHUNK_BARS - 1, CHUNK_BARS, 2]);
    expect(read(CHUNK_BARS, 2 * CHUNK_BARS - 1)).toEqual([
      CHUNK_BARS,
      2 * CHUNK_BARS - 1,
      CHUNK_BARS,
    ]);
    expect(read(5, bars - 5)).toEqual([5, bars - 5, bars - 9]);
    expect(read(null, null, 100)).toEqual([bars - 100, bars - 1, bars]);
    expect(read(null, null, CHUNK_BARS + 1_000)).toEqual([CHUNK_BARS, bars - 1, bars]);
    expect(read(100, 9_000, 50)).toEqual([8_951, 9_000, 8_901]);
    expect(store.read({ datasetId: ID }).bars.time.buffer).toBeInstanceOf(SharedArrayBuffer);

    const into = allocateColumns(bars + 5);
    const given = store.read({ datasetId: ID, into });
    expect(given.bars.close.buffer).toBe(into.close.buffer);
    expect(given.bars.volume.at(-1)).toBe(bars - 1);
    expect(() => store.read({ datasetId: ID, into: allocateColumns(9) })).toThrow(
      /room for 9 bars, the range has 17384/,
    );
  });

  it('refuses ranges without bars, versions that are gone and datasets that are not there', async () => {
    const store = new TestStore();
    expect(() => store.read()).toThrow(/There is no dataset "TEST.LOCAL@1d"; the store is empty/);
    await store.importText(minutes(0, 10));
    expect(() => store.read()).toThrow(/the store holds TEST.LOCAL@1m/);
    expect(() => store.read({ datasetId: ID, start: START + 99 * MINUTE })).toThrow(
      /has no bars in this range; it holds 2020-01-01 to 2020-01-01/,
    );
    expect(() => store.read({ datasetId: ID, start: START + 5, end: START + 4 })).toThrow(
      /is after end/,
    );
    expect(() => store.read({ datasetId: ID, version: 7 })).toThrow(/has no version 7; it keeps 1/);
  });

  it('hashes the bits of all columns, chunk by chunk', async () => {
    const store = new TestStore();
    const result = await store.importText(minutes(0, CHUNK_BARS + 5));
    const read = store.read({ datasetId: ID });
    const part = (from: number, to: number): Buffer => {
      const hash = createHash('sha256');
      for (const name of ['time', 'open', 'high', 'low', 'close', 'volume'] as const) {
        const bytes = Buffer.alloc((to - from) * 8);
        for (let i = from; i < to; i += 1)
          bytes.writeDoubleLE(read.bars[name][i] ?? 0, (i - from) * 8);
        hash.update(bytes);
      }
      return hash.digest();
    };
    const expected = createHash('sha256')
      .update(part(0, CHUNK_BARS))
      .update(part(CHUNK_BARS, CHUNK_BARS + 5))
      .digest('hex');
    expect(result.contentHash).toBe(expected);
    expect(read.contentHash).toBe(expected);
    expect(contentHash(read.bars)).toBe(expected);
  });

  it('makes no version of bars that it has already', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, 10));
    const again = await store.importText(minutes(0, 10));
    expect(again).toMatchObject({ version: 1, unchanged: true, addedBars: 0 });
    expect(getDataset(store.connection, ID).versions).toHaveLength(1);
    const relabelled = await store.importText(minutes(0, 10), { adjustment: 'split' });
    expect(relabelled).toMatchObject({ version: 2, unchanged: false });
  });

  it('keeps the newest three versions and the chunks they need', async () => {
    const store = new TestStore();
    for (let i = 1; i <= 5; i += 1) {
      const result = await store.importText(minutes(0, 10 + i));
      expect(result.version).toBe(i);
    }
    expect(getDataset(store.connection, ID).versions.map((v) => v.version)).toEqual([5, 4, 3]);
    expect(count(store, 'chunks')).toBe(3);
    expect(count(store, 'quality_reports')).toBe(3);
    expect(store.read({ datasetId: ID, version: 3 }).totalBars).toBe(13);
  });

  it('deletes a dataset with everything that only it had', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, 10));
    await store.importText(minutes(0, 10), { symbol: 'OTHER' });
    expect(count(store, 'chunks')).toBe(1);
    deleteDataset(store.connection, ID);
    expect(listDatasets(store.connection).map((d) => d.id)).toEqual(['OTHER.LOCAL@1m']);
    expect(store.read({ datasetId: 'OTHER.LOCAL@1m' }).totalBars).toBe(10);
    deleteDataset(store.connection, 'OTHER.LOCAL@1m');
    for (const table of [
      'instruments',
      'datasets',
      'dataset_versions',
      'version_chunks',
      'chunks',
      'quality_reports',
    ]) {
      expect([table, count(store, table)]).toEqual([table, 0]);
    }
    expect(() => {
      deleteDataset(store.connection, ID);
    }).toThrow(/no dataset/);
  });

  it('writes early what does not fit into memory, and takes it back on failure', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, 10));
    const { bars: columns } = store.read({ datasetId: ID });
    const writer = new VersionWriter(store.connection, 0);
    writer.push(columns, 0, 5);
    expect(writer.wantsToSpill).toBe(false);
    writer.finish();
    expect(writer.wantsToSpill).toBe(true);
    writer.spill();
    expect(store.connection.inTransaction).toBe(true);
    expect(count(store, 'chunks')).toBe(2);
    writer.rollback();
    expect(store.connection.inTransaction).toBe(false);
    expect(count(store, 'chunks')).toBe(1);
  });

  it('does not overwrite a version that was made meanwhile', async () => {
    const store = new TestStore();
    const slow = store.import(
      file('slow.csv', minutes(0, 20)),
      {},
      {
        calendars,
        now: () => 0,
        onProgress: () => undefined,
        isCancelled: () => false,
        breathe: async () => {
          await store.importText(minutes(0, 30));
        },
      },
    );
    expect(await refusal(slow, 'CONFLICT')).toMatch(/changed by another import/);
    expect(findDataset(store.connection, ID)?.current).toMatchObject({ version: 1, barCount: 30 });
  });
});

describe('append', () => {
  it.each([
    ['later bars', 1_000, 1_500],
    ['bars that overlap', 500, 1_500],
    ['all bars again with more', 0, 1_500],
  ])('adds %s', async (_what, from, to) => {
    const store = new TestStore();
    await store.importText(minutes(0, 1_000));
    const result = await store.importText(minutes(from, to), { mode: 'append' });
    expect(result).toMatchObject({ version: 2, barCount: 1_500, addedBars: 500, unchanged: false });
    const whole = new TestStore();
    await whole.importText(minutes(0, 1_500));
    expect(store.read({ datasetId: ID }).contentHash).toBe(
      whole.read({ datasetId: ID }).contentHash,
    );
    expect(store.rows({ datasetId: ID })).toEqual(whole.rows({ datasetId: ID }));
    expect(getDataset(store.connection, ID).quality).toEqual(
      getDataset(whole.connection, ID).quality,
    );
  });

  it('shares the chunks that are full', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, bars));
    expect(count(store, 'chunks')).toBe(3);
    await store.importText(minutes(bars, bars + 1), { mode: 'append' });
    expect(count(store, 'chunks')).toBe(4);
    await store.importText(minutes(bars - 20_000 + 15_000, 4 * CHUNK_BARS), { mode: 'append' });
    expect(store.read({ datasetId: ID }).totalBars).toBe(4 * CHUNK_BARS);
    await store.importText(minutes(4 * CHUNK_BARS, 4 * CHUNK_BARS + 7), { mode: 'append' });
    const { bars: all } = store.read({ datasetId: ID });
    expect(all.volume.at(-1)).toBe(4 * CHUNK_BARS + 6);
    expect(all.volume[CHUNK_BARS]).toBe(CHUNK_BARS);
  });

  it('is an import when there is nothing yet, and adds nothing that is there', async () => {
    const store = new TestStore();
    const first = await store.importText(minutes(0, 100), { mode: 'append' });
    expect(first).toMatchObject({ version: 1, addedBars: 100 });
    const inside = await store.importText(minutes(20, 50), { mode: 'append' });
    expect(inside).toMatchObject({ version: 1, unchanged: true, barCount: 100 });
  });

  it.each<[string, string, RegExp]>([
    [
      'another price',
      minutes(50, 150).replace(/^(.*T01:10.*?,.*?),/m, '$19,'),
      /the bar of 2020-01-01T01:10:00\.000Z has open 100\.79 in the file and 100\.7 in the store/,
    ],
    [
      'a bar that is not stored',
      minutes(50, 150).replace('T01:10:00.000Z', 'T01:10:30.000Z'),
      /the bar of 2020-01-01T01:10:00\.000Z is stored but missing/,
    ],
    [
      'a stored bar that is missing',
      minutes(50, 150).replace(/^.*T01:10.*\n/m, ''),
      /01:10:00\.000Z is stored but missing in the file/,
    ],
    [
      'the last stored bars missing',
      minutes(50, 150).replaceAll(/^.*T01:3[5-9].*\n/gm, ''),
      /01:35:00\.000Z is stored but missing/,
    ],
    [
      'bars before the stored ones',
      minutes(-10, 150),
      /2019-12-31T23:50:00\.000Z is before the first stored bar/,
    ],
  ])('refuses %s', async (_what, text, message) => {
    const store = new TestStore();
    await store.importText(minutes(0, 100));
    const before = store.read({ datasetId: ID }).contentHash;
    expect(await refusal(store.importText(text, { mode: 'append' }), 'CONFLICT')).toMatch(message);
    expect(store.read({ datasetId: ID })).toMatchObject({ version: 1, contentHash: before });
  });

  it('names the bar when one stands between two stored ones', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, 100).replaceAll(/^.*T01:10.*\n/gm, ''));
    const text = await refusal(store.importText(minutes(50, 150), { mode: 'append' }), 'CONFLICT');
    expect(text).toMatch(/01:10:00\.000Z is in the file but not stored/);
  });

  it('refuses prices that are adjusted in another way', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, 100));
    const refused = store.importText(minutes(50, 150), { mode: 'append', adjustment: 'split' });
    expect(await refusal(refused, 'CONFLICT')).toMatch(
      /holds raw prices, so split prices cannot be appended/,
    );
  });
});

describe('damage', () => {
  it('names the dataset and the range of a chunk whose bytes have changed', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, bars));
    store.connection
      .prepare(`UPDATE chunks SET bytes = zeroblob(length(bytes)) WHERE first_time = ?`)
      .run(START + CHUNK_BARS * MINUTE);
    expect(() => store.read({ datasetId: ID })).toThrow(
      expect.objectContaining({
        code: 'STORE_DAMAGED',
        message: expect.stringMatching(
          /^TEST\.LOCAL@1m: its bars from 2020-01-06T16:32:00\.000Z to 2020-01-12T09:03:00\.000Z are damaged/,
        ) as string,
      }),
    );
    expect(store.read({ datasetId: ID, end: START + 5 * MINUTE }).totalBars).toBe(6);
  });

  it('finds a chunk that is sealed but is none', async () => {
    const store = new TestStore();
    await store.importText(minutes(0, 10));
    // CRC-32 of four zero bytes.
    store.connection.prepare(`UPDATE chunks SET bytes = zeroblob(4), checksum = 558161692`).run();
    expect(() => store.read({ datasetId: ID })).toThrow(
      expect.objectContaining({ code: 'STORE_DAMAGED' }),
    );
  });
});

describe('adjustment at read time', () => {
  const text =
    'date,open,high,low,close,volume\n2020-01-06,100,100,100,100,10\n2020-01-07,100,100,100,100,10\n2020-01-08,50,50,50,50,20\n2020-01-09,50,50,50,50,20\n2020-01-10,49,49,49,49,20\n';
  const day = (date: string): number => Date.parse(`${date}T00:00:00Z`);

  it('adjusts what is read, whatever the range', async () => {
    const store = new TestStore();
    await store.importText(text);
    expect(listDatasets(store.connection)[0]?.hasAdjustments).toBe(false);
    setAdjustments(
      store.connection,
      'TEST.LOCAL',
      [
        { kind: 'split', day: day('2020-01-08'), ratio: 2 },
        { kind: 'dividend', day: day('2020-01-10'), amount: 1, referencePrice: null },
      ],
      'by hand',
    );
    expect(listDatasets(store.connection)[0]?.hasAdjustments).toBe(true);
    expect(listAdjustments(store.connection, 'TEST.LOCAL')).toHaveLength(2);
    const closes = (adjustment: 'raw' | 'split' | 'total-return', range = {}): number[] => [
      ...store.read({ adjustment, ...range }).bars.close,
    ];
    expect(closes('raw')).toEqual([100, 100, 50, 50, 49]);
    expect(closes('split')).toEqual([50, 50, 50, 50, 49]);
    expect(closes('total-return')).toEqual([49, 49, 49, 49, 49]);
    // The dividend's price before it lies outside of this range.
    expect(closes('total-return', { end: day('2020-01-07') })).toEqual([49, 49]);
    expect(closes('total-return', { end: day('2020-01-09'), last: 2 })).toEqual([49, 49]);
    const into = allocateColumns(3);
    expect(closes('total-return', { end: day('2020-01-07'), into })).toEqual([49, 49]);
    expect(into.close[0]).toBe(49);
    expect([...store.read({ adjustment: 'split' }).bars.volume]).toEqual([20, 20, 20, 20, 20]);
    expect(store.read({ adjustment: 'split' }).contentHash).toBe(store.read().contentHash);
  });

  it('does not pretend to know raw prices of adjusted data', async () => {
    const store = new TestStore();
    await store.importText(text, { adjustment: 'split' });
    setAdjustments(
      store.connection,
      'TEST.LOCAL',
      [
        { kind: 'split', day: day('2020-01-08'), ratio: 2 },
        { kind: 'dividend', day: day('2020-01-10'), amount: 1, referencePrice: 50 },
      ],
      'by hand',
    );
    expect(() => store.read({ adjustment: 'raw' })).toThrow(
      /imported with split prices, so raw prices are not known; ask for split/,
    );
    expect([...store.read({ adjustment: 'split' }).bars.close]).toEqual([100, 100, 50, 50, 49]);
    expect([...store.read({ adjustment: 'total-return' }).bars.close]).toEqual([
      98, 98, 49, 49, 49,
    ]);
  });

  it('takes events from a factor file, dated by the market’s sessions', () => {
    const path = file(
      'AAPL.csv',
      'date,price_factor,split_factor,reference_price\n20140606,1,0.142857,645.57\n20501231,1,1,0\n',
    );
    expect(readFactorFile(path, 'AAPL.csv', calendars.get('us-equity'))).toEqual([
      { kind: 'split', day: day('2014-06-09'), ratio: 7 },
    ]);
    expect(readFactorFile(path, 'AAPL.csv', calendars.get('none'))[0]?.day).toBe(day('2014-06-07'));
  });

  it.each([
    ['date,factor\n', /line 1: the header has "date", "factor", expected date, price_factor/],
    [
      'date,price_factor,split_factor,reference_price\n2020-01-0x,1,1,1\n',
      /line 2, column 1: "2020-01-0x" is not a date/,
    ],
    [
      'date,price_factor,split_factor,reference_price\n20200102,0,1,1\n',
      /line 2, column 2: "0" is not a number of more than 0/,
    ],
    [
      'date,price_factor,split_factor,reference_price\n20200102,1,1,x\n',
      /line 2, column 4: "x" is not a number of 0 or more/,
    ],
  ])('refuses the factor file %j', (content, message) => {
    expect(() => readFactorFile(file('f.csv', content), 'f.csv', calendars.get('none'))).toThrow(
      message,
    );
  });

  it('needs an instrument to give events to', () => {
    const store = new TestStore();
    expect(() => {
      setAdjustments(store.connection, 'NONE.LOCAL', [], 'x');
    }).toThrow(/There is no instrument "NONE.LOCAL"/);
  });

  const factors = '../shared/data/factors/AAPL.csv';
  it.skipIf(!existsSync(factors))(
    'knows the ex-dates of the splits of AAPL, and joins its prices over them',
    async () => {
      const events = readFactorFile(factors, 'AAPL.csv', calendars.get('us-equity'));
      const splits = events
        .filter((event) => event.kind === 'split')
        .map((event) => [new Date(event.day).toISOString().slice(0, 10), event.ratio]);
      expect(splits).toEqual([
        ['2000-06-21', 2],
        ['2005-02-28', 2],
        ['2014-06-09', 7],
        ['2020-08-31', 4],
      ]);
      const store = new TestStore();
      await store.import('../shared/data/minute/AAPL.csv', { symbol: 'AAPL' });
      setAdjustments(store.connection, 'AAPL.LOCAL', events, 'AAPL.csv');
      const read = (adjustment: 'raw' | 'split'): BarColumns =>
        store.read({ datasetId: 'AAPL.LOCAL@1m', adjustment }).bars;
      const monday = Date.parse('2014-06-09T04:00:00Z');
      const { time } = read('raw');
      const first = time.findIndex((t) => t >= monday);
      const raw = read('raw').close;
      const split = read('split').close;
      expect((raw[first - 1] ?? 0) / (raw[first] ?? 1)).toBeGreaterThan(6.5);
      expect((split[first - 1] ?? 0) / (split[first] ?? 1)).toBeCloseTo(1, 1);
      // A 4:1 split followed in 2020, so all of 2014 is a quarter.
      expect(split.at(-1)).toBeCloseTo((raw.at(-1) ?? 0) / 4, 9);
    },
  );
});

describe('real files', () => {
  const folders = ['daily', 'hour', 'minute'].filter((folder) =>
    existsSync(`../shared/data/${folder}`),
  );
  it.skipIf(folders.length === 0).each([
    ['hour/AAPL', 'AAPL.LOCAL@1h', 40_831, ['gap 2', 'outside-session 49']],
    ['hour/SPY', 'SPY.LOCAL@1h', 40_832, ['outside-session 48', 'precision-change 1']],
    ['minute/SPY', 'SPY.LOCAL@1m', 4_839, ['outside-session 2499']],
    ['minute/BTCUSD', 'BTCUSD.LOCAL@1m', 3_887, ['gap 433']],
    ['daily/QQQ', 'QQQ.LOCAL@1d', 3_964, ['gap 1588', 'precision-change 1']],
    ['daily/USO', 'USO.LOCAL@1d', 3_910, ['gap 1939', 'precision-change 1']],
    ['daily/GOOG', 'GOOG.LOCAL@1d', 4_183, []],
  ])('imports %s as it is, with a report', async (name, id, bars, issues) => {
    const store = new TestStore();
    const path = `../shared/data/${name}.csv`;
    const result = await store.import(path, { symbol: name.split('/')[1] ?? '' });
    expect(result).toMatchObject({ datasetId: id, barCount: bars });
    expect(result.quality.issues.map((issue) => `${issue.kind} ${issue.count}`)).toEqual(issues);
    const { bars: columns } = store.read({ datasetId: id });
    const lines = readFileSync(path, 'utf8').trim().split('\n').slice(1);
    for (const [i, line] of lines.entries()) {
      const cells = line.split(',').slice(1).map(Number);
      expect([
        columns.open[i],
        columns.high[i],
        columns.low[i],
        columns.close[i],
        columns.volume[i],
      ]).toEqual(cells);
    }
  });
});
