import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { DataGap } from '../../../engine/ports/market-data-client.ts';
import { CsvClient, type CsvOptions } from '../../../electron/adapters/csv/client.ts';
import { manifest } from '../../../electron/adapters/csv/manifest.ts';
import { readFileName, readLayout, readRow } from '../../../electron/adapters/csv/rows.ts';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import { systemClock } from '../../../electron/net/system-clock.ts';
import { fc } from '../../support/properties.ts';

const AAPL = instrumentId('AAPL', 'LOCAL');
const FROM = unixMillis(0);
const TO = unixMillis(8e15);
const HEAD = 'time,open,high,low,close,volume\n';
const minute = (i: number, close = 10): string =>
  `2024-01-02T10:${String(i).padStart(2, '0')}:00Z,10,12,9,${close},100`;

let folder: string;
let clients: CsvClient[];
let logged: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'renata-csv-'));
  clients = [];
  logged = [];
});
afterEach(async () => {
  for (const client of clients) await client.disconnect();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** How many looks were planned: each is once the one before has ended. */
let planned = 0;
const context = (): AdapterContext => ({
  clock: {
    ...systemClock,
    after: (milliseconds, run) => {
      planned += 1;
      return systemClock.after(milliseconds, run);
    },
  },
  random: () => 0.5,
  log: (level, message) => logged.push(`${level} ${message}`),
  feed: {
    listen: () => () => undefined,
    watch: () => Promise.reject(new Error('none')),
    instrument: () => Promise.reject(new Error('none')),
  },
  series: { read: () => Promise.reject(new Error('none')) },
  folder,
});

function clientOf(more: Partial<CsvOptions> = {}): { client: CsvClient; told: MarketDatum[] } {
  const client = new CsvClient(
    {
      folder,
      every: 5,
      zone: timeZone('UTC'),
      venue: 'LOCAL',
      calendar: 'none',
      assetClass: 'equity',
      currency: 'USD',
      ...more,
    },
    context(),
  );
  clients.push(client);
  const told: MarketDatum[] = [];
  client.onData((batch) => told.push(...batch));
  return { client, told };
}

const path = (name: string): string => join(folder, name);
const closes = async (client: CsvClient, length = '1m'): Promise<number[]> => [
  ...(
    await client.history({ instrument: AAPL, timeframe: timeframe(length), start: FROM, end: TO })
  ).close,
];
/** Several whole looks. */
const looks = (): Promise<void> => {
  const enough = planned + 5;
  return expect.poll(() => planned).toBeGreaterThan(enough);
};

describe('files that are there', () => {
  test('are history, found by their names', async () => {
    await writeFile(
      path('AAPL_1m.csv'),
      `${HEAD}${minute(1)}\n${minute(0, 11)}\n${minute(2, 9.5)}\n`,
    );
    await writeFile(
      path('MSFT.csv'),
      'Date;Open;High;Low;Close\n2024-01-02;1;2;1;2\n2024-01-03;2;3;2;3\n',
    );
    await writeFile(path('notes.txt'), 'nothing');
    const { client, told } = clientOf();
    await client.connect();
    expect(client.connection.phase).toBe('ready');
    // Newest first, oldest first or mixed: history is ascending.
    expect(await closes(client)).toEqual([11, 10, 9.5]);
    expect(client.capabilities.timeframes).toEqual(['1m', '1d']);
    const bars = await client.history({
      instrument: AAPL,
      timeframe: timeframe('1m'),
      start: unixMillis(Date.UTC(2024, 0, 2, 10, 1)),
      end: unixMillis(Date.UTC(2024, 0, 2, 10, 2)),
    });
    expect([...bars.time]).toEqual([Date.UTC(2024, 0, 2, 10, 1)]);
    expect((await client.findInstruments('ms', 5)).map(({ id }) => id)).toEqual(['MSFT.LOCAL']);
    expect((await client.instrument(AAPL)).tradable).toBe(false);
    await expect(client.instrument(instrumentId('X', 'LOCAL'))).rejects.toMatchObject({
      failure: 'not-found',
    });
    await expect(
      client.history({ instrument: AAPL, timeframe: timeframe('5m'), start: FROM, end: TO }),
    ).rejects.toThrow(/hold 1m, not 5m/);
    expect(told).toEqual([]);
    await client.subscribe({ instrument: AAPL, kind: 'bar' });
    expect(told).toMatchObject([{ kind: 'bar', close: 9.5, closed: true, timeframe: '1m' }]);
    await looks();
    expect(told).toHaveLength(1);
  });

  test('with mistakes are used but for their broken lines, which are told', async () => {
    const lines = [
      minute(0),
      '2024-01-02T10:01:00Z,10,x,9,10,1',
      '2024-13-01,1,1,1,1,1',
      minute(2),
    ];
    await writeFile(path('AAPL_1m.csv'), `${HEAD}${lines.join('\r\n')}\r\n,,\n`);
    await writeFile(path('B.csv'), 'a,b\n1,2\n');
    await writeFile(path('?.csv'), '');
    const { client } = clientOf();
    await client.connect();
    expect(await closes(client)).toHaveLength(2);
    expect(client.connection.phase).toBe('degraded');
    const part = client.connection.parts.find(({ name }) => name === 'history');
    expect(part?.note).toMatch(/^3 of 3 files have mistakes/);
    expect(logged.join('\n')).toContain('AAPL_1m.csv: line 3: high: "x" is not a number');
    expect(logged.join('\n')).toContain('AAPL_1m.csv: line 4: "2024-13-01" is no time');
    expect(logged.join('\n')).toContain('B.csv: line 1: the first line must name the columns');
  });
});

describe('files that change', () => {
  test('tell what is added, once, and only whole lines', async () => {
    await writeFile(path('AAPL_1m.csv'), `${HEAD}${minute(0)}\n`);
    const { client, told } = clientOf();
    await client.connect();
    await client.subscribe({ instrument: AAPL, kind: 'bar' });
    const bars = () => told.flatMap((each) => (each.kind === 'bar' ? each.close : []));
    const line = `${minute(1, 11)}\n`;
    await appendFile(path('AAPL_1m.csv'), line.slice(0, 20));
    await expect.poll(bars).toEqual([10]);
    await appendFile(path('AAPL_1m.csv'), `${line.slice(20)}${minute(2, 12)}\n`);
    await expect.poll(bars).toEqual([10, 11, 12]);
    // The last line has no end, as many programs write it: it counts when the file rests.
    await appendFile(path('AAPL_1m.csv'), minute(3, 9));
    await expect.poll(bars).toEqual([10, 11, 12, 9]);
    await appendFile(path('AAPL_1m.csv'), `\n${minute(4, 10)}\n`);
    await expect.poll(bars).toEqual([10, 11, 12, 9, 10]);
    await looks();
    expect(await closes(client)).toEqual([10, 11, 12, 9, 10]);
    expect(bars()).toHaveLength(5);
  });

  test('may be written anew and renamed into place, or rewritten; no row is told twice', async () => {
    const quotes = 'time,bid,ask\n';
    const row = (second: number, bid: number): string => `2024-01-02T10:00:0${second}Z,${bid},20\n`;
    await writeFile(path('AAPL_quotes.csv'), quotes + row(1, 10));
    const { client, told } = clientOf();
    await client.connect();
    await client.subscribe({ instrument: AAPL, kind: 'quote' });
    const bids = () => told.flatMap((each) => (each.kind === 'quote' ? each.bid : []));
    expect(bids()).toEqual([10]);
    const swap = async (text: string): Promise<void> => {
      await writeFile(path('new.tmp'), text);
      await rename(path('new.tmp'), path('AAPL_quotes.csv'));
    };
    await swap(quotes + row(1, 10) + row(2, 11));
    await expect.poll(bids).toEqual([10, 11]);
    // The same rows with another header: it is read again, and only what is newer is told.
    await swap(
      `bid,time,ask\n10,2024-01-02T10:00:01Z,20\n11,2024-01-02T10:00:02Z,20\n12,2024-01-02T10:00:03Z,20\n`,
    );
    await expect.poll(bids).toEqual([10, 11, 12]);
    await writeFile(path('AAPL_quotes.csv'), quotes + row(4, 13));
    await expect.poll(bids).toEqual([10, 11, 12, 13]);
    await rename(path('AAPL_quotes.csv'), path('AAPL.csv'));
    await looks();
    await appendFile(path('AAPL.csv'), row(5, 14));
    await expect.poll(bids).toEqual([10, 11, 12, 13, 14]);
    await looks();
    expect(bids()).toHaveLength(5);
  });

  test('a corrected bar changes history and is not told; a new file of another length is no news', async () => {
    await writeFile(path('AAPL_1m.csv'), `${HEAD}${minute(0)}\n${minute(1)}\n`);
    const { client, told } = clientOf();
    await client.connect();
    await client.subscribe({ instrument: AAPL, kind: 'bar' });
    await writeFile(path('new.tmp'), `${HEAD}${minute(0, 11)}\n${minute(1)}\n`);
    await rename(path('new.tmp'), path('AAPL_1m.csv'));
    await expect.poll(() => closes(client)).toEqual([11, 10]);
    await writeFile(path('AAPL_5m.csv'), `${HEAD}${minute(0)}\n${minute(5)}\n`);
    await expect.poll(() => client.capabilities.timeframes).toEqual(['1m', '5m']);
    await looks();
    expect(told).toHaveLength(1);
  });

  test('trades come with their numbers; a name that is gone leaves its history', async () => {
    await writeFile(path('AAPL_trades.csv'), 'timestamp,price,size,id\n1704189600000,10,5,a\n');
    await writeFile(path('AAPL_1m.csv'), `${HEAD}${minute(0)}\n`);
    const { client, told } = clientOf();
    await client.connect();
    await client.subscribe({ instrument: AAPL, kind: 'trade' });
    await appendFile(path('AAPL_trades.csv'), '1704189600000,10.5,7,b\n1704189600.5,11,1,c\n');
    await expect.poll(() => told.length).toBe(3);
    expect(told.slice(1)).toMatchObject([
      { price: 10.5, size: 7, tradeId: 'b', venueTime: 1704189600000 },
      { price: 11, size: 1, tradeId: 'c', venueTime: 1704189600500 },
    ]);
    await client.unsubscribe({ instrument: AAPL, kind: 'trade' });
    await appendFile(path('AAPL_trades.csv'), '1704189602000,12,1,d\n');
    await rm(path('AAPL_1m.csv'));
    await looks();
    expect(told).toHaveLength(3);
    expect(await closes(client)).toEqual([10]);
  });

  test('however a file grows, in any pieces, the rows are those of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 900, max: 1200 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (prices, pieces, swaps) => {
          const name = path('AAPL_1m.csv');
          await writeFile(name, '');
          const whole = `${HEAD}${prices.map((each, i) => `${minute(i, each / 100)}\n`).join('')}`;
          const { client } = clientOf({ every: 2 });
          let at = 0;
          for (let i = 0; at < whole.length; i += 1) {
            const next = at + (pieces[i % pieces.length] as number);
            if (swaps && i % 3 === 2) {
              await writeFile(path('x.tmp'), whole.slice(0, next));
              await rename(path('x.tmp'), name);
            } else {
              await appendFile(name, whole.slice(at, next));
            }
            at = next;
            if (i === 0) await client.connect();
            if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
          }
          const inside = prices.map((each) => each / 100);
          await expect.poll(() => closes(client).catch(() => [])).toEqual(inside);
          await client.disconnect();
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('the folder', () => {
  test('that is missing is said at once; one that goes away is waited for', async () => {
    const sub = join(folder, 'sub');
    const { client } = clientOf({ folder: sub });
    await expect(client.connect()).rejects.toThrow(/does not exist; make it/);
    expect(client.connection.phase).toBe('needs-user');
    await mkdir(sub);
    await writeFile(join(sub, 'AAPL_1m.csv'), `${HEAD}${minute(0)}\n`);
    const gaps: DataGap[] = [];
    client.onGap((gap) => gaps.push(gap));
    await client.connect();
    expect(client.connection.phase).toBe('ready');
    await rename(sub, join(folder, 'away'));
    await expect.poll(() => client.connection.phase).toBe('reconnecting');
    await rename(join(folder, 'away'), sub);
    await expect.poll(() => client.connection.phase).toBe('ready');
    expect(gaps).toHaveLength(1);
  });

  test('settings that are wrong are refused by name', () => {
    const open = (settings: Record<string, string | number>): unknown =>
      manifest.open(settings, {}, context());
    expect(() => open({ folder: 'relative' })).toThrow(/folder: .* full path/);
    expect(() => open({})).toThrow(/folder/);
    expect(() => open({ folder, every: 1 })).toThrow(/every/);
    expect(() => open({ folder, timeZone: 'Mars/Base' })).toThrow(/Mars/);
    expect(() => open({ folder, venue: '7 x' })).toThrow(/venue/);
    expect(open({ folder })).toHaveProperty('data');
    expect(manifest.isLive({})).toBe(false);
  });
});

describe('rows', () => {
  test.each([
    ['AAPL.csv', 'AAPL.LOCAL', null],
    ['BRK.B_5m.csv', 'BRK.B.LOCAL', '5m'],
    ['eurusd_60m.csv', 'EURUSD.LOCAL', '1h'],
    ['BTC-USD_trades.csv', 'BTC-USD.LOCAL', null],
    ['A_B_1d.csv', 'A_B.LOCAL', '1d'],
  ])('%s is %s', (name, id, length) => {
    expect(readFileName(name, 'LOCAL')).toEqual({ instrument: id, timeframe: length });
  });

  test('names that are none', () => {
    for (const name of ['.csv', '.AAPL.csv', 'a b.csv', 'AAPL.txt']) {
      expect(readFileName(name, 'LOCAL')).toBeNull();
    }
  });

  test.each([
    ['2024-07-01 09:30', 'America/New_York', '2024-07-01T13:30:00.000Z'],
    ['2024-01-02T09:30:15.25', 'UTC', '2024-01-02T09:30:15.250Z'],
    ['2024-01-02T09:30:00+09:00', 'UTC', '2024-01-02T00:30:00.000Z'],
    ['2024.01.02 09:30:00', 'UTC', '2024-01-02T09:30:00.000Z'],
    ['1704187800', 'America/New_York', '2024-01-02T09:30:00.000Z'],
    ['2024-02-29', 'Asia/Tokyo', '2024-02-29T00:00:00.000Z'],
  ])('%s in %s', (text, zone, expected) => {
    const layout = readLayout('time,price');
    if (typeof layout === 'string') throw new Error(layout);
    const row = readRow(`${text},1`, layout, timeZone(zone));
    expect(typeof row === 'string' ? row : new Date(row.time).toISOString()).toBe(expected);
  });

  test('dates and times in two columns, quotation marks, tabs', () => {
    const layout = readLayout('Date\tTime\tBid\tAsk\tNote');
    if (typeof layout === 'string') throw new Error(layout);
    const row = readRow('2024-01-02\t10:00:00\t"1.5"\t\t"a\tb"', layout, timeZone('UTC'));
    expect(row).toMatchObject({ time: Date.UTC(2024, 0, 2, 10) });
    expect(typeof row === 'string' ? 0 : [...row.values]).toEqual([
      ['bid', 1.5],
      ['ask', Number.NaN],
    ]);
  });

  test.each(['2024-02-30,1', '2024-01-02 25:00,1', 'soon,1', '2024-01-02', '2024-01-02,', ''])(
    '"%s" is refused with a reason',
    (line) => {
      const layout = readLayout('time,price');
      if (typeof layout === 'string') throw new Error(layout);
      expect(typeof readRow(line, layout, timeZone('UTC'))).toBe('string');
    },
  );
});
