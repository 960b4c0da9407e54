import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { instrumentId, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { isoDate, unixMillis } from '../../../engine/domain/time.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { DataGap } from '../../../engine/ports/market-data-client.ts';
import { YahooClient } from '../../../electron/adapters/yahoo/client.ts';
import { manifest } from '../../../electron/adapters/yahoo/manifest.ts';
import { symbolFor } from '../../../electron/adapters/yahoo/naming.ts';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { YahooStub, type ChartRow } from '../../stubs/yahoo/server.ts';

const AAPL = instrumentId('AAPL', 'XNAS');
/** A Tuesday, 10:00 in New York. */
const NOW = Date.UTC(2024, 0, 2, 15, 0);
const DAY = 86_400_000;

let stub: YahooStub;
let clock: FakeClock;
let folder: string;
let logged: string[];
let client: YahooClient;

beforeEach(async () => {
  stub = new YahooStub();
  await stub.start();
  clock = new FakeClock(NOW);
  folder = await mkdtemp(join(tmpdir(), 'renata-yahoo-'));
  logged = [];
  stub.quotes.set('^GSPC', quote('^GSPC', { quoteType: 'INDEX', exchange: 'SNP' }));
  stub.quotes.set('AAPL', quote('AAPL'));
  client = make();
});
afterEach(async () => {
  await client.disconnect();
  await stub.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function quote(symbol: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    language: 'en-US',
    symbol,
    quoteType: 'EQUITY',
    exchange: 'NMS',
    exchangeTimezoneName: 'America/New_York',
    exchangeDataDelayedBy: 0,
    gmtOffSetMilliseconds: -18_000_000,
    currency: 'USD',
    longName: `${symbol} Incorporated`,
    priceHint: 2,
    marketState: 'REGULAR',
    regularMarketTime: NOW / 1000 - 900,
    regularMarketPrice: 187.2,
    regularMarketOpen: 186,
    regularMarketDayHigh: 188,
    regularMarketDayLow: 185.5,
    regularMarketVolume: 1_000_000,
    bid: 187.1,
    ask: 187.3,
    bidSize: 8,
    askSize: 9,
    ...more,
  };
}

function context(): AdapterContext {
  return {
    clock,
    random: () => 0.5,
    log: (level, message) => logged.push(`${level} ${message}`),
    feed: {
      listen: () => () => undefined,
      watch: () => Promise.reject(new Error('none')),
      instrument: () => Promise.reject(new Error('none')),
    },
    series: { read: () => Promise.reject(new Error('none')) },
    folder,
  };
}

function make(more: { requestsPerMinute?: number; fetch?: typeof fetch } = {}): YahooClient {
  return new YahooClient(
    { every: 15_000, requestsPerMinute: 6_000, fetch: stub.fetch, ...more },
    context(),
  );
}

const rowOf = (t: number, c: number): ChartRow => ({
  t: t / 1000,
  o: c,
  h: c + 1,
  l: c - 1,
  c,
  v: 5,
});
/** Opens of New York on each day, 14:30 in Greenwich in winter. */
const daily = (days: readonly string[]): ChartRow[] =>
  days.map((day, i) => rowOf(Date.parse(`${day}T14:30:00Z`), 10 + i));
const ask = (id: InstrumentId, length: string, start: number, end: number) =>
  client.history({
    instrument: id,
    timeframe: timeframe(length),
    start: unixMillis(start),
    end: unixMillis(end),
  });

describe('instruments', () => {
  test('have the names that other sources give them', async () => {
    stub.quotes.set('BRK-B', quote('BRK-B', { exchange: 'NYQ' }));
    stub.quotes.set('0700.HK', quote('0700.HK', { exchange: 'HKG', currency: 'HKD' }));
    stub.quotes.set('AZN.L', quote('AZN.L', { exchange: 'LSE', currency: 'GBp' }));
    stub.quotes.set(
      'BTC-USD',
      quote('BTC-USD', {
        quoteType: 'CRYPTOCURRENCY',
        exchange: 'CCC',
        exchangeTimezoneName: 'UTC',
      }),
    );
    stub.quotes.set('EURUSD=X', quote('EURUSD=X', { quoteType: 'CURRENCY', priceHint: 4 }));
    const all = await Promise.all(
      ['BRK', '0700', 'AZN', 'BTC', 'EURUSD', 'GSPC'].map((text) =>
        client.findInstruments(text, 5),
      ),
    );
    expect(
      all.flat().map((each) => [each.id, each.assetClass, each.calendar, each.currency]),
    ).toEqual([
      ['BRK.B.XNYS', 'equity', 'us-equity', 'USD'],
      ['0700.HK.YAHOO', 'equity', 'none', 'HKD'],
      ['AZN.L.YAHOO', 'equity', 'none', 'GBX'],
      ['BTC-USD.YAHOO', 'crypto', 'crypto', 'USD'],
      ['EURUSD=X.YAHOO', 'forex', 'forex', 'USD'],
      ['GSPC.INDEX', 'index', 'us-equity', 'USD'],
    ]);
    for (const { id } of all.flat()) {
      const found = await client.instrument(id);
      expect(found.id).toBe(id);
      expect(found.tradable).toBe(false);
    }
    expect(all[4]?.[0]?.ticks).toEqual([{ from: '0', tickSize: '0.0001' }]);
    expect(await client.findInstruments('  ', 5)).toEqual([]);
  });

  test('that Yahoo does not have, or has elsewhere, are not found', async () => {
    await expect(client.instrument(instrumentId('NONE', 'XNAS'))).rejects.toMatchObject({
      failure: 'not-found',
    });
    await expect(client.instrument(instrumentId('AAPL', 'XNYS'))).rejects.toThrow(
      'Yahoo has no AAPL.XNYS; it has AAPL.XNAS.',
    );
    await expect(client.instrument(instrumentId('AAPL', 'LOCAL'))).rejects.toThrow(/no AAPL.LOCAL/);
    expect(symbolFor(instrumentId('A/../B', 'YAHOO'))).toBeNull();
  });
});

describe('quotes', () => {
  test('are asked for again and again, together, and tell no more than Yahoo does', async () => {
    stub.quotes.set('MSFT', quote('MSFT', { bid: 0, ask: 0 }));
    const told: MarketDatum[] = [];
    client.onData((batch) => told.push(...batch));
    await client.connect();
    expect(client.connection.phase).toBe('ready');
    await client.subscribe({ instrument: AAPL, kind: 'quote' });
    await client.subscribe({ instrument: instrumentId('MSFT', 'XNAS'), kind: 'quote' });
    await expect(client.subscribe({ instrument: AAPL, kind: 'trade' })).rejects.toThrow(
      /quotes only/,
    );
    const first = told.splice(0);
    expect(first).toEqual([
      {
        kind: 'quote',
        instrument: AAPL,
        venueTime: NOW - 900_000,
        receivedTime: NOW,
        bid: 187.1,
        ask: 187.3,
        bidSize: Number.NaN,
        askSize: Number.NaN,
      },
      {
        kind: 'bar',
        instrument: AAPL,
        venueTime: NOW - 900_000,
        receivedTime: NOW,
        timeframe: '1d',
        start: Date.UTC(2024, 0, 2),
        open: 186,
        high: 188,
        low: 185.5,
        close: 187.2,
        volume: 1_000_000,
        closed: false,
      },
      // Nobody quotes MSFT: it has a price of the day, and no quote is made of that.
      expect.objectContaining({ kind: 'bar', instrument: 'MSFT.XNAS' }),
    ]);
    const before = stub.asked('/v7/finance/quote');
    stub.quotes.set('AAPL', quote('AAPL', { bid: 187.15 }));
    await clock.pass(15_000);
    await expect.poll(() => told.length).toBe(3);
    expect(told[0]).toMatchObject({ bid: 187.15, receivedTime: NOW + 15_000 });
    expect(stub.asked('/v7/finance/quote')).toBe(before + 1);
    await client.unsubscribe({ instrument: AAPL, kind: 'quote' });
    await expect
      .poll(async () => {
        await clock.pass(1_000);
        return told.length;
      })
      .toBe(4);
  });

  test('a quote of another form is left out and said; the others are told', async () => {
    stub.quotes.set('MSFT', quote('MSFT'));
    await client.connect();
    await client.subscribe({ instrument: AAPL, kind: 'quote' });
    await client.subscribe({ instrument: instrumentId('MSFT', 'XNAS'), kind: 'quote' });
    const told: MarketDatum[] = [];
    client.onData((batch) => told.push(...batch));
    stub.quotes.set('MSFT', quote('MSFT', { regularMarketPrice: 'much' }));
    await clock.pass(15_000);
    await expect.poll(() => told.length).toBe(2);
    expect(told.every(({ instrument }) => instrument === AAPL)).toBe(true);
    expect(logged.join('\n')).toMatch(/A quote was left out: regularMarketPrice/);
  });

  test('a token that is not taken any more is replaced once, without a word', async () => {
    await client.connect();
    stub.expireTokens();
    expect((await client.instrument(AAPL)).id).toBe(AAPL);
    expect(stub.asked('/v1/test/getcrumb')).toBe(2);
    expect(client.connection.phase).toBe('ready');
  });
});

describe('when Yahoo does not answer', () => {
  test.each([
    [{ kind: 'status', status: 429, retryAfter: 120 }, /refuses this address for now \(429\)/],
    [{ kind: 'status', status: 503 }, /Yahoo is down \(503\)/],
    [{ kind: 'status', status: 401 }, /does not accept the token/],
    [{ kind: 'text', text: '<html>sorry</html>' }, /no answer that can be understood/],
    [{ kind: 'text', text: '{"quoteResponse":{"result":{}}}' }, /Yahoo/],
    [{ kind: 'drop' }, /Yahoo/],
  ] as const)('%j is said, and it is asked again', async (fault, message) => {
    const console = vi.spyOn(globalThis.console, 'error').mockImplementation(() => undefined);
    stub.fault('/v7/', fault, 2);
    const gaps: DataGap[] = [];
    client.onGap((gap) => gaps.push(gap));
    await client.connect();
    expect(client.connection).toMatchObject({ phase: 'reconnecting' });
    expect(client.connection.message).toMatch(message);
    expect(client.connection.parts.every(({ working }) => !working)).toBe(true);
    const until = client.connection.until ?? 0;
    expect(until).toBeGreaterThan(NOW);
    if ('retryAfter' in fault) expect(until).toBe(NOW + 120_000);
    stub.mend();
    const asked = stub.requests.length;
    await clock.pass(until - NOW - 1);
    expect(stub.requests).toHaveLength(asked);
    await clock.pass(1);
    await expect.poll(() => client.connection.phase).toBe('ready');
    expect(gaps).toMatchObject([{ from: NOW, to: until }]);
    // The package would write addresses with tokens there.
    expect(console).not.toHaveBeenCalled();
    console.mockRestore();
  });

  test('no cookie or token is said to be so', async () => {
    stub.fault('/quote/AAPL', { kind: 'text', text: 'no cookie' }, 2);
    await client.connect();
    expect(client.connection.message).toMatch(/did not give the cookie and token/);
    await client.disconnect();
    stub.mend();
    stub.fault('/v1/test/getcrumb', { kind: 'status', status: 429 });
    client = make();
    await client.connect();
    expect(client.connection.message).toMatch(/429/);
  });

  test('waits grow while it is down, and a server that is gone is said to be', async () => {
    await stub.stop();
    await client.connect();
    expect(client.connection.message).toMatch(/cannot be reached \(ECONNREFUSED\)/);
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const until = client.connection.until ?? 0;
      waits.push(until - clock.now());
      await clock.pass(until - clock.now());
      await expect.poll(() => client.connection.until).not.toBe(until);
    }
    expect(waits).toEqual([15_000, 22_500, 45_000, 90_000, 180_000, 360_000, 675_000, 675_000]);
    await stub.start();
  });

  test('a disconnection in the middle leaves nothing running', async () => {
    stub.fault('/v7/', { kind: 'status', status: 503 });
    await client.connect();
    await client.disconnect();
    const asked = stub.requests.length;
    await clock.pass(3_600_000);
    expect(stub.requests).toHaveLength(asked);
    expect(client.connection.phase).toBe('disconnected');
    await client.connect();
    expect(client.connection.phase).toBe('ready');
  });

  test('requests keep to the rate', async () => {
    const times: number[] = [];
    const paced: typeof fetch = (input, init) => {
      times.push(clock.elapsed());
      return stub.fetch(input, init);
    };
    client = make({ requestsPerMinute: 15, fetch: paced });
    const answers = Promise.all(Array.from({ length: 20 }, () => client.instrument(AAPL)));
    let done = false;
    void answers.then(() => (done = true));
    await expect
      .poll(async () => {
        await clock.pass(250);
        return done;
      })
      .toBe(true);
    // Two for the token and twenty for the quotes: one in a second, fifteen in a minute.
    expect(times).toHaveLength(22);
    for (const [i, time] of times.entries()) {
      if (i >= 1) expect(time - (times[i - 1] as number)).toBeGreaterThanOrEqual(1_000);
      if (i >= 15) expect(time - (times[i - 15] as number)).toBeGreaterThanOrEqual(60_000);
    }
  });
});

describe('history', () => {
  const from = Date.UTC(2023, 11, 20);

  test('of days has their dates, closed ones only, and no rows without prices', async () => {
    const rows = daily(['2023-12-27', '2023-12-28', '2023-12-29', '2024-01-02']);
    rows.splice(2, 0, { ...rowOf(Date.UTC(2023, 11, 28, 20), 1), c: null });
    stub.rows.set('AAPL 1d', rows);
    const bars = await ask(AAPL, '1d', from, NOW);
    expect([...bars.time].map(isoDate)).toEqual(['2023-12-27', '2023-12-28', '2023-12-29']);
    expect([...bars.close]).toEqual([10, 11, 12]);
    expect([...bars.high]).toEqual([11, 12, 13]);
    const some = await ask(AAPL, '1d', Date.UTC(2023, 11, 28), Date.UTC(2023, 11, 29));
    expect([...some.time].map(isoDate)).toEqual(['2023-12-28']);
  });

  test('of a market whose clocks change has the right dates all year', async () => {
    const id = instrumentId('EURUSD=X', 'YAHOO');
    stub.quotes.set('EURUSD=X', quote('EURUSD=X', { quoteType: 'CURRENCY' }));
    stub.meta.set('EURUSD=X', { exchangeTimezoneName: 'Europe/London', gmtoffset: 0 });
    // Midnight in London: 23:00 of the day before in Greenwich in summer.
    stub.rows.set('EURUSD=X 1d', [
      rowOf(Date.UTC(2023, 6, 2, 23), 1),
      rowOf(Date.UTC(2023, 6, 3, 23), 2),
      rowOf(Date.UTC(2023, 11, 20), 3),
    ]);
    const bars = await ask(id, '1d', Date.UTC(2023, 5, 1), NOW);
    expect([...bars.time].map(isoDate)).toEqual(['2023-07-03', '2023-07-04', '2023-12-20']);
  });

  test('of weeks and months is named by their first dates', async () => {
    stub.rows.set('AAPL 1wk', daily(['2023-12-11', '2023-12-18', '2023-12-26', '2024-01-02']));
    stub.rows.set('AAPL 1mo', daily(['2023-11-01', '2023-12-01', '2024-01-02']));
    const weeks = await ask(AAPL, '1w', Date.UTC(2023, 11, 1), NOW);
    expect([...weeks.time].map(isoDate)).toEqual(['2023-12-11', '2023-12-18', '2023-12-25']);
    const months = await ask(AAPL, '1M', Date.UTC(2023, 9, 1), NOW);
    expect([...months.time].map(isoDate)).toEqual(['2023-11-01', '2023-12-01']);
  });

  test('of minutes leaves out the present price and what is late', async () => {
    const open = Date.UTC(2024, 0, 2, 14, 30);
    const rows = Array.from({ length: 31 }, (_, i) => rowOf(open + i * 60_000, i + 1));
    stub.rows.set('AAPL 1m', [...rows, rowOf(NOW - 7_000, 99)]);
    const bars = await ask(AAPL, '1m', open, NOW + DAY);
    // 14:30 to 14:59; the minute of 15:00 has just begun.
    expect(bars.time).toHaveLength(30);
    stub.quotes.set('LATE', quote('LATE', { exchangeDataDelayedBy: 20 }));
    stub.rows.set('LATE 1m', rows);
    expect((await ask(instrumentId('LATE', 'XNAS'), '1m', open, NOW)).time).toHaveLength(10);
  });

  test('is asked for once: the past is kept on the disk, the present for a minute', async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) =>
      rowOf(Date.UTC(2012, 0, 1, 14, 30) + i * DAY, i + 5),
    );
    stub.rows.set('AAPL 1d', rows);
    const whole = Date.UTC(2012, 0, 1);
    const progress: number[] = [];
    const first = await client.history({
      instrument: AAPL,
      timeframe: timeframe('1d'),
      start: unixMillis(whole),
      end: unixMillis(NOW),
      onProgress: (bars) => progress.push(bars),
    });
    expect([...first.time]).toEqual(rows.map(({ t }) => Math.floor((t * 1000) / DAY) * DAY));
    expect(progress.at(-1)).toBe(3_000);
    const parts = stub.asked('/v8/');
    expect(parts).toBeGreaterThan(2);
    const files = await readdir(join(folder, 'history'));
    expect(files).toHaveLength(parts - 1);
    expect(await ask(AAPL, '1d', whole, NOW)).toEqual(first);
    expect(stub.asked('/v8/')).toBe(parts);
    await clock.pass(61_000);
    await ask(AAPL, '1d', whole, NOW);
    expect(stub.asked('/v8/')).toBe(parts + 1);
    // Another start of Renata finds it on the disk; what is broken there is fetched anew.
    const path = join(folder, 'history', files[0] as string);
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 50));
    await client.disconnect();
    client = make();
    expect(await ask(AAPL, '1d', whole, NOW)).toEqual(first);
    expect(stub.asked('/v8/')).toBe(parts + 3);
    expect(logged.join('\n')).toContain('A broken file of the cache');
    // A split changes the past: after a week it is asked again.
    await clock.pass(8 * DAY);
    await ask(AAPL, '1d', whole, NOW);
    expect(stub.asked('/v8/')).toBe(2 * parts + 3);
  });

  test('the same bars asked for by many are fetched once', async () => {
    stub.rows.set('AAPL 1d', daily(['2023-12-27']));
    await client.instrument(AAPL);
    await Promise.all(Array.from({ length: 10 }, () => ask(AAPL, '1d', from, NOW)));
    expect(stub.asked('/v8/')).toBe(1);
  });

  test('that cannot be had is refused with the reason, and never empty instead', async () => {
    await expect(ask(AAPL, '1m', NOW - 40 * DAY, NOW)).rejects.toThrow(
      /keeps 1m bars from 2023-12-05/,
    );
    await expect(ask(AAPL, '4h', from, NOW)).rejects.toThrow(/no 4h bars; it has 1m, 5m/);
    await expect(ask(AAPL, '1d', from, NOW)).rejects.toMatchObject({
      failure: 'not-found',
      message: 'Yahoo: No data found, symbol may be delisted',
    });
    stub.rows.set('AAPL 1d', daily(['2023-12-27']));
    for (const text of ['{"chart":{"result":[{"meta":{}}]}}', '[]', '{', 'null']) {
      stub.fault('/v8/', { kind: 'text', text });
      await expect(ask(AAPL, '1d', from, NOW)).rejects.toMatchObject({ failure: 'unknown' });
    }
    expect((await ask(AAPL, '1d', from, NOW)).time).toHaveLength(1);
    stub.rows.set('AAPL 1w', []);
    stub.rows.set('AAPL 1wk', []);
    expect((await ask(AAPL, '1w', from, NOW)).time).toHaveLength(0);
  });
});

test('settings that are wrong are refused by name', () => {
  expect(() => manifest.open({ every: 1 }, {}, context())).toThrow(/every: give a number from 5/);
  expect(() => manifest.open({ requestsPerMinute: 1e9 }, {}, context())).toThrow(
    /requestsPerMinute/,
  );
  expect(manifest.open({}, {}, context())).toHaveProperty('data');
  expect(manifest.isLive({})).toBe(false);
});
