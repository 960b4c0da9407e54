import { writeFileSync, readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer/src/types.js';
import { describe, expect, it } from 'vitest';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { exportName, exportToBytes, exportToFile } from '../../../electron/storage/export-bars.ts';
import { previewFile } from '../../../electron/storage/import/source.ts';
import { calendars, file, quiet, refusal, temporaryFolder, TestStore } from './support.ts';

const DATES = ['2020-01-02', '2020-01-03', '2020-01-06'];
const ROWS = [
  '2020-01-02 10 12 9 11 100',
  '2020-01-03 11 13 10 12 200',
  '2020-01-06 12 12.5 11 11.5 300',
];
const prices: ColumnSource[] = [
  { name: 'Open', data: [10, 11, 12], type: 'DOUBLE' },
  { name: 'High', data: [12, 13, 12.5], type: 'DOUBLE' },
  { name: 'Low', data: [9, 10, 11], type: 'DOUBLE' },
  { name: 'Close', data: [11, 12, 11.5], type: 'DOUBLE' },
  { name: 'Volume', data: [100n, 200n, 300n], type: 'INT64' },
];

const write = (columns: readonly ColumnSource[], options = {}): string =>
  file(
    'bars.parquet',
    new Uint8Array(parquetWriteBuffer({ columnData: [...columns], ...options })),
  );
const millis = DATES.map((date) => Date.parse(date));

describe('importing Parquet', () => {
  it.each<[string, ColumnSource]>([
    ['timestamps', { name: 'time', data: millis.map((t) => new Date(t)), type: 'TIMESTAMP' }],
    ['text', { name: 'Date', data: DATES, type: 'STRING' }],
    ['milliseconds', { name: 'timestamp', data: millis.map(BigInt), type: 'INT64' }],
    [
      'microseconds',
      { name: 'timestamp', data: millis.map((t) => BigInt(t) * 1_000n), type: 'INT64' },
    ],
    [
      'nanoseconds',
      { name: 'timestamp', data: millis.map((t) => BigInt(t) * 1_000_000n), type: 'INT64' },
    ],
    ['seconds as doubles', { name: 't', data: millis.map((t) => t / 1_000), type: 'DOUBLE' }],
    ['numbers YYYYMMDD', { name: 'date', data: [20200102, 20200103, 20200106], type: 'INT32' }],
  ])('takes times as %s', async (_what, time) => {
    const store = new TestStore();
    const result = await store.import(write([time, ...prices]));
    expect(result.datasetId).toBe('TEST.LOCAL@1d');
    expect(store.rows()).toEqual(ROWS);
  });

  const element = (type: object) => ({
    schema: [
      { name: 'root', num_children: 6 },
      { name: 'date', repetition_type: 'REQUIRED', ...type },
      ...prices.map(({ name, type: t }) => ({ name, type: t, repetition_type: 'REQUIRED' })),
    ],
  });

  it.each<[string, unknown[], object, string]>([
    [
      'days',
      millis.map((t) => t / 86_400_000),
      { type: 'INT32', converted_type: 'DATE' },
      '2020-01-02',
    ],
    [
      'clock times in microseconds',
      [1, 2, 3].map((m) => BigInt(Date.parse(`2020-01-02T09:3${m}:00Z`)) * 1_000n),
      {
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
      },
      '2020-01-02T14:31:00Z',
    ],
    [
      'instants in nanoseconds',
      [1, 2, 3].map((m) => BigInt(Date.parse(`2020-01-02T09:3${m}:00Z`)) * 1_000_000n),
      { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } },
      '2020-01-02T09:31:00Z',
    ],
  ])('takes %s', async (_what, data, type, first) => {
    const store = new TestStore();
    const result = await store.import(
      write(
        [{ name: 'date', data }, ...prices.map((c) => ({ name: c.name, data: c.data }))],
        element(type),
      ),
    );
    expect(store.rows({ datasetId: result.datasetId })[0]).toBe(`${first} 10 12 9 11 100`);
  });

  it.each([
    ['GZIP', (bytes: Uint8Array) => gzipSync(bytes)],
    ['ZSTD', (bytes: Uint8Array) => zstdCompressSync(bytes)],
  ])('reads files compressed with %s', async (codec, compress) => {
    const store = new TestStore();
    const time: ColumnSource = { name: 'date', data: DATES, type: 'STRING' };
    await store.import(write([time, ...prices], { codec, compressors: { [codec]: compress } }));
    expect(store.rows()).toEqual(ROWS);
  });

  it('reads prices kept as text, several row groups, and no volume', async () => {
    const store = new TestStore();
    const columns = prices.slice(0, 4).map(({ name, data }) => ({
      name,
      data: Array.from(data as number[], String),
      type: 'STRING' as const,
    }));
    const result = await store.import(
      write([{ name: 'date', data: DATES, type: 'STRING' }, ...columns], { rowGroupSize: 2 }),
    );
    expect(store.rows()).toEqual(ROWS.map((row) => row.replace(/ \d+$/, ' 0')));
    expect(result.notes).toEqual(['The file has no volume column; volume is 0.']);
  });

  const date: ColumnSource = { name: 'date', data: DATES, type: 'STRING' };
  const replaced = (
    name: string,
    data: unknown[],
    type: ColumnSource['type'] = 'DOUBLE',
  ): ColumnSource[] =>
    [date, ...prices].map((column) =>
      column.name === name ? { name, data, type: type ?? 'DOUBLE' } : column,
    );
  it.each<[string, ColumnSource[], RegExp]>([
    [
      'a missing price',
      replaced('High', [12, null, 12.5]),
      /^bars\.parquet row 2, column 3 "High": the value is missing/,
    ],
    ['NaN', replaced('Low', [9, 10, Number.NaN]), /row 3, column 4 "Low": "NaN" is not a number/],
    [
      'text',
      replaced('Low', ['9', 'ten', '11'], 'STRING'),
      /row 2, column 4 "Low": "ten" is not a number/,
    ],
    [
      'a price below zero',
      replaced('Open', [10, -11, 12]),
      /row 2, column 2 "Open": price -11 is not above 0/,
    ],
    [
      'a date that is missing',
      replaced('date', ['2020-01-02', null, '2020-01-06'], 'STRING'),
      /row 2, column 1 "date": "" is not a time of the form YYYY-MM-DD/,
    ],
    [
      'dates that are none',
      replaced('date', ['a', 'b', 'c'], 'STRING'),
      /row 1, column 1 "date": "a" is not a date that is known/,
    ],
    [
      'ambiguous dates',
      replaced('date', ['01/02/2020', '02/02/2020', '03/02/2020'], 'STRING'),
      /can be day\/month or month\/day; give the date format DD\/MM\/YYYY or MM\/DD\/YYYY/,
    ],
    [
      'times out of order',
      replaced('date', ['2020-01-02', '2020-01-06', '2020-01-03'], 'STRING'),
      /row 3, column 1 "date": 2020-01-03 comes before 2020-01-06 of row 2,/,
    ],
    [
      'no close',
      [date, ...prices.slice(0, 3)],
      /the header has no column for close; found "date", "Open"/,
    ],
    [
      'no rows',
      [{ ...date, data: [] }, ...prices.map((column) => ({ ...column, data: [] }))],
      /the file has no rows/,
    ],
  ])('refuses %s', async (_what, columns, message) => {
    const store = new TestStore();
    expect(await refusal(store.import(write(columns)), 'BAD_FILE')).toMatch(message);
    expect(store.connection.prepare('SELECT count(*) AS n FROM datasets').get()).toEqual({ n: 0 });
  });

  it('refuses times far outside, files that are not there and volumes that do not fit', async () => {
    const store = new TestStore();
    const far = write([
      { name: 'time', data: [1, 2, 3].map((n) => new Date((n * 8e15) / 3)), type: 'TIMESTAMP' },
      ...prices,
    ]);
    expect(await refusal(store.import(far, { timeframe: '1d' }), 'BAD_FILE')).toMatch(
      /row 1, column 1 "time": the time is outside the years 1800 to 2200/,
    );
    const big = write(replaced('Volume', [1n, 2n ** 60n, 3n], 'INT64'));
    expect(await refusal(store.import(big), 'BAD_FILE')).toMatch(
      /row 2, column 6 "Volume": "1152921504606846976" is not a number that fits/,
    );
    const missing = write(replaced('Volume', [1n, null, 3n], 'INT64'));
    await store.import(missing);
    expect([...store.read().bars.volume]).toEqual([1, 0, 3]);
    const given = write([
      { name: 'date', data: ['02/01/2020', '03/01/2020', '06/01/2020'], type: 'STRING' },
      ...prices,
    ]);
    await store.import(given, { dateFormat: 'DD/MM/YYYY' });
    expect(store.rows()).toEqual(ROWS);
  });

  it('refuses files that only begin like Parquet, or were cut off', async () => {
    const store = new TestStore();
    expect(
      await refusal(store.import(file('x.parquet', 'PAR1 and nothing else')), 'BAD_FILE'),
    ).toMatch(/^x\.parquet: the file is no sound Parquet file/);
    const whole = readFileSync(write([date, ...prices]));
    whole.fill(0xff, 4, 60);
    expect(await refusal(store.import(file('x.parquet', whole)), 'BAD_FILE')).toMatch(
      /no sound Parquet file/,
    );
  });
});

describe('preview', () => {
  const preview = (path: string, name: string, options = {}) =>
    previewFile(path, name, options, calendars);

  it('tells how a CSV file would be read', async () => {
    const path = file(
      'p.csv',
      'Date;Open;High;Low;Close;Volume\n31.12.2019;1,5;2;1;2;3\n02.01.2020;2;3;2;2,5;3\n',
    );
    expect(await preview(path, 'btc-usd_1d.csv')).toEqual({
      format: 'csv',
      header: ['Date', 'Open', 'High', 'Low', 'Close', 'Volume'],
      rows: [
        ['31.12.2019', '1,5', '2', '1', '2', '3'],
        ['02.01.2020', '2', '3', '2', '2,5', '3'],
      ],
      delimiter: ';',
      dateFormat: 'DD/MM/YYYY',
      timeZone: 'UTC',
      timeframe: '1d',
      columns: {
        time: 'Date',
        open: 'Open',
        high: 'High',
        low: 'Low',
        close: 'Close',
        volume: 'Volume',
      },
      suggestedSymbol: 'BTC-USD',
      suggestedCalendar: 'crypto',
      problem: null,
    });
  });

  it('tells how a Parquet file would be read', async () => {
    const path = write([
      { name: 'time', data: millis.map((t) => new Date(t)), type: 'TIMESTAMP' },
      ...prices,
    ]);
    expect(await preview(path, 'AAPL.parquet')).toMatchObject({
      format: 'parquet',
      header: ['time', 'Open', 'High', 'Low', 'Close', 'Volume'],
      rows: [
        ['2020-01-02T00:00:00.000Z', '10', '12', '9', '11', '100'],
        expect.anything(),
        expect.anything(),
      ],
      delimiter: null,
      dateFormat: null,
      timeZone: 'America/New_York',
      timeframe: '1d',
      suggestedSymbol: 'AAPL',
      problem: null,
    });
  });

  it('tells what stops an import, and as much as it found before', async () => {
    const path = file('p.csv', 'date,open,high,low,close\n01/02/2020,1,1,1,1\n');
    expect(await preview(path, 'ES.csv')).toMatchObject({
      header: ['date', 'open', 'high', 'low', 'close'],
      columns: { time: 'date' },
      dateFormat: null,
      suggestedCalendar: 'us-equity',
      problem: expect.stringMatching(/give the date format DD\/MM\/YYYY or MM\/DD\/YYYY/) as string,
    });
    expect(await preview(path, 'ES.csv', { dateFormat: 'MM/DD/YYYY' })).toMatchObject({
      problem: null,
      timeframe: '1d',
    });
    expect(await preview(file('e.csv', ''), 'e.csv')).toMatchObject({
      problem: expect.stringMatching(/is empty/) as string,
    });
    await refusal(preview('/nowhere/x.csv', 'x.csv'), 'BAD_FILE');
  });

  it.each([
    ['AAPL.csv', 'AAPL', 'us-equity'],
    ['EURUSD.csv', 'EURUSD', 'forex'],
    ['eth_usdt-1m.csv', 'ETH_USDT', 'crypto'],
    ['0700.HK.csv', '0700.HK', 'none'],
    ['sp500-2000.csv', 'SP500-2000', 'us-equity'],
    ['My data (2).csv', 'MY-DATA-2', 'us-equity'],
    ['~~~.csv', 'DATA', 'us-equity'],
  ])('suggests for %s the symbol %s and the calendar %s', async (name, symbol, calendar) => {
    const path = file('p.csv', 'date,open,high,low,close\n2020-01-02,1,1,1,1\n');
    expect(await preview(path, name)).toMatchObject({
      suggestedSymbol: symbol,
      suggestedCalendar: calendar,
    });
  });

  it('takes bars of Saturdays for crypto', async () => {
    const path = file(
      'p.csv',
      'date,open,high,low,close\n2020-01-03,1,1,1,1\n2020-01-04,1,1,1,1\n',
    );
    expect(await preview(path, 'X.csv')).toMatchObject({ suggestedCalendar: 'crypto' });
  });
});

describe('export', () => {
  const day = timeframe('1d');
  it('writes the same CSV to a file and to memory', async () => {
    const store = new TestStore();
    await store.importText(
      'date,open,high,low,close,volume\n2020-01-02,0.1,0.30000000000000004,1e-7,0.2,1\n',
    );
    const { bars } = store.read();
    const path = `${temporaryFolder()}/out.csv`;
    const text = 'date,open,high,low,close,volume\n2020-01-02,0.1,0.30000000000000004,1e-7,0.2,1\n';
    expect(await exportToFile(path, 'csv', bars, day, quiet)).toBe(text.length);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(Buffer.from(exportToBytes('csv', bars, day)).toString()).toBe(text);
    expect(await exportToFile(`${path}.parquet`, 'parquet', bars, day, quiet)).toBeGreaterThan(100);
    expect(readFileSync(`${path}.parquet`).equals(exportToBytes('parquet', bars, day))).toBe(true);
  });

  it('leaves nothing behind when cancelled, and names a folder that is not there', async () => {
    const store = new TestStore();
    await store.importText('date,open,high,low,close\n2020-01-02,1,1,1,1\n');
    const { bars } = store.read();
    const folder = temporaryFolder();
    writeFileSync(`${folder}/out.csv`, 'before');
    await refusal(
      exportToFile(`${folder}/out.csv`, 'csv', bars, day, { ...quiet, isCancelled: () => true }),
      'CANCELLED',
    );
    expect(readFileSync(`${folder}/out.csv`, 'utf8')).toBe('before');
    expect(
      await refusal(exportToFile(`${folder}/no/out.csv`, 'csv', bars, day, quiet), 'BAD_INPUT'),
    ).toMatch(/cannot be written/);
  });

  it('makes names that every file system takes', () => {
    expect(exportName('BTC/USDT', '1m', 'parquet')).toBe('BTC-USDT-1m.parquet');
  });
});
