import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { nextPage } from '../../../electron/adapters/polygon/rest.ts';
import { readSettings } from '../../../electron/adapters/polygon/settings.ts';
import { manifest } from '../../../electron/adapters/polygon/manifest.ts';
import { instrumentId, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { HistoryRequest } from '../../../engine/ports/market-data-client.ts';
import { KEY } from '../../stubs/polygon/server.ts';
import { AAPL, BTC, CALL, openRig, start, withData, type Rig } from '../../stubs/polygon/rig.ts';
import type { StubBar } from '../../stubs/rest-stub.ts';
import { wrongAddresses } from '../../stubs/addresses.ts';
import { failureOf, soonerTimers, untilReady } from '../../stubs/rig.ts';

/** 9:30 in New York, on a Wednesday. */
const START = Date.UTC(2024, 6, 24, 13, 30);
const MINUTE = 60_000;
const minutes = (count: number, step = MINUTE): StubBar[] =>
  Array.from({ length: count }, (_, i) => ({
    t: START + i * step,
    o: 100 + i / 8,
    h: 101 + i / 8,
    l: 99 + i / 8,
    c: 100.5 + i / 8,
    v: 10 + i,
  }));

const ask = (
  rig: Rig,
  id: InstrumentId,
  length: string,
  start: number,
  end: number,
  more: Partial<HistoryRequest> = {},
) =>
  rig.data.history({
    instrument: id,
    timeframe: timeframe(length),
    start: unixMillis(start),
    end: unixMillis(end),
    ...more,
  });

describe('pages', () => {
  for (const overlap of [false, true]) {
    it(`hold each bar once${overlap ? ', also where two of them meet' : ''}`, async () => {
      const rig = await withData();
      const bars = minutes(1003);
      rig.stub.bars.set('AAPL 1 minute', bars);
      rig.stub.page = 100;
      rig.stub.overlap = overlap;
      const seen: number[] = [];
      const read = await ask(rig, AAPL, '1m', START, START + 1003 * MINUTE, {
        onProgress: (count) => seen.push(count),
      });
      expect([...read.time]).toEqual(bars.map(({ t }) => t));
      expect([...read.open]).toEqual(bars.map(({ o }) => o));
      expect([...read.high]).toEqual(bars.map(({ h }) => h));
      expect([...read.low]).toEqual(bars.map(({ l }) => l));
      expect([...read.close]).toEqual(bars.map(({ c }) => c));
      expect([...read.volume]).toEqual(bars.map(({ v }) => v));
      expect(rig.stub.asked('/v2/aggs/')).toBe(11);
      expect(seen).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1003]);
    });
  }

  it('keep to the borders, and to bars that have closed', async () => {
    const rig = await withData();
    rig.stub.bars.set('AAPL 1 minute', minutes(30));
    const read = await ask(rig, AAPL, '1m', START + 2 * MINUTE, START + 5 * MINUTE);
    expect([...read.time]).toEqual([2, 3, 4].map((i) => START + i * MINUTE));
    const now = Math.floor(Date.now() / MINUTE) * MINUTE;
    const flat = { o: 1, h: 1, l: 1, c: 1, v: 1 };
    rig.stub.bars.set(
      'AAPL 1 minute',
      [-2, -1, 0].map((i) => ({ t: now + i * MINUTE, ...flat })),
    );
    const last = await ask(rig, AAPL, '1m', now - 10 * MINUTE, now + 10 * MINUTE);
    expect([...last.time].slice(0, 2)).toEqual([now - 2 * MINUTE, now - MINUTE]);
    expect(last.time.at(-1)).toBeLessThanOrEqual(Date.now() - MINUTE);
    expect((await ask(rig, AAPL, '1m', START, START)).time).toHaveLength(0);
    expect((await ask(rig, AAPL, '1m', START - 10 * MINUTE, START)).time).toHaveLength(0);
  });

  it('asks anew for a bar of which two pages hold a part each', async () => {
    const rig = await withData();
    const five = minutes(4, 5 * MINUTE);
    rig.stub.bars.set('AAPL 5 minute', five);
    const part = { ...(five[1] as StubBar), c: 99.75, h: 500, v: 3 };
    rig.stub.fault({
      call: 'GET /v2/aggs/',
      what: {
        kind: 'malformed',
        body: JSON.stringify({
          status: 'OK',
          adjusted: false,
          results: [five[0], part],
          next_url: `${rig.stub.origin}/v2/aggs/ticker/AAPL/range/5/minute/${(five[1] as StubBar).t}/${START + 20 * MINUTE}?adjusted=false`,
        }),
      },
    });
    const read = await ask(rig, AAPL, '5m', START, START + 20 * MINUTE);
    expect([...read.close]).toEqual(five.map(({ c }) => c));
    expect([...read.volume]).toEqual(five.map(({ v }) => v));
  });

  it('never takes the key to another host', async () => {
    const rig = await withData();
    rig.stub.bars.set('AAPL 1 minute', minutes(30));
    rig.stub.page = 10;
    for (const origin of ['http://localhost:1', 'https://api.massive.com', 'ftp://x', 'nonsense']) {
      rig.stub.pageOrigin = origin;
      const error = await failureOf(ask(rig, AAPL, '1m', START, START + 30 * MINUTE));
      expect([error.failure, error.code]).toEqual(['rejected', 'FOREIGN_PAGE']);
    }
    const next = (url: string, origin: string) => nextPage(url, origin);
    expect(
      next('https://api.polygon.io/v2/x?cursor=a%2Bb&apiKey=secret', 'https://api.massive.com'),
    ).toEqual({ path: '/v2/x', query: { cursor: 'a+b' } });
    for (const url of [
      'https://api.polygon.io.evil.com/v2/x',
      'https://evil.com/?https://api.massive.com/',
      'http://api.massive.com/v2/x',
      'https://api.massive.com:444/v2/x',
      '//evil.com/v2',
    ])
      expect(() => next(url, 'https://api.massive.com')).toThrow(/the key would go there/);
  });
});

describe('lengths', () => {
  it('names days by their date, in summer and in winter', async () => {
    const rig = await withData();
    const day = (t: number, c: number): StubBar => ({ t, o: c, h: c, l: c, c, v: 1 });
    rig.stub.bars.set('AAPL 1 day', [
      day(Date.UTC(2024, 2, 8, 5), 1),
      day(Date.UTC(2024, 2, 11, 4), 2),
      day(Date.UTC(2024, 2, 12, 4), 3),
    ]);
    const read = await ask(rig, AAPL, '1d', Date.UTC(2024, 2, 8), Date.UTC(2024, 2, 12));
    expect([...read.time]).toEqual([Date.UTC(2024, 2, 8), Date.UTC(2024, 2, 11)]);
    // Days of pairs begin at midnight UTC.
    rig.stub.bars.set('X:BTCUSD 1 day', [
      day(Date.UTC(2024, 2, 8), 4),
      day(Date.UTC(2024, 2, 9), 5),
    ]);
    const pair = await ask(rig, BTC, '1d', Date.UTC(2024, 2, 8), Date.UTC(2024, 2, 9));
    expect([...pair.time]).toEqual([Date.UTC(2024, 2, 8)]);
  });

  it('lets weeks begin on Monday, as everywhere here', async () => {
    const rig = await withData();
    const week = (t: number, c: number): StubBar => ({ t, o: c, h: c, l: c, c, v: 1 });
    // Sundays, midnight in New York.
    rig.stub.bars.set('AAPL 1 week', [
      week(Date.UTC(2024, 6, 7, 4), 1),
      week(Date.UTC(2024, 6, 14, 4), 2),
      week(Date.UTC(2024, 6, 21, 4), 3),
    ]);
    const read = await ask(rig, AAPL, '1w', Date.UTC(2024, 6, 8), Date.UTC(2024, 6, 22));
    expect([...read.time]).toEqual([Date.UTC(2024, 6, 8), Date.UTC(2024, 6, 15)]);
    expect((await failureOf(ask(rig, BTC, '1w', START, START + 30 * 86_400_000))).failure).toBe(
      'rejected',
    );
    rig.stub.bars.set('AAPL 1 month', [week(Date.UTC(2024, 5, 1, 4), 1)]);
    const month = await ask(rig, AAPL, '1M', Date.UTC(2024, 5, 1), Date.UTC(2024, 6, 1));
    expect([...month.time]).toEqual([Date.UTC(2024, 5, 1)]);
  });

  it('asks in the words of the source', async () => {
    const rig = await withData();
    await ask(rig, CALL, '1h', START, START + 86_400_000);
    await ask(rig, BTC, '15s', START, START + MINUTE);
    expect(rig.stub.calls.filter((call) => call.startsWith('/v2/'))).toEqual([
      `/v2/aggs/ticker/O:SPY251219C00650000/range/1/hour/${START}/${START + 86_400_000 - 1}?adjusted=false&sort=asc&limit=50000`,
      `/v2/aggs/ticker/X:BTCUSD/range/15/second/${START}/${START + MINUTE - 1}?adjusted=false&sort=asc&limit=50000`,
    ]);
    const error = await failureOf(ask(rig, AAPL, '7m', START, START + MINUTE));
    expect([error.failure, error.message]).toEqual([
      'rejected',
      expect.stringContaining('not of 7m'),
    ]);
  });

  it('gives prices as they were traded, or corrected for splits where that is set', async () => {
    const rig = await withData();
    rig.stub.bars.set('AAPL 1 minute', minutes(3));
    expect(rig.data.capabilities.adjustment).toBe('raw');
    expect([...(await ask(rig, AAPL, '1m', START, START + 3 * MINUTE)).open]).toEqual([
      100, 100.125, 100.25,
    ]);
    const other = await openRig({ stub: rig.stub, settings: { adjusted: true } });
    await other.data.connect();
    expect(other.data.capabilities.adjustment).toBe('split');
    const read = await other.data.history({
      instrument: AAPL,
      timeframe: timeframe('1m'),
      start: unixMillis(START),
      end: unixMillis(START + MINUTE),
    });
    expect([read.open[0], read.volume[0]]).toEqual([25, 40]);
    await other.data.disconnect();
    // What was not asked for is not taken.
    rig.stub.fault({
      call: 'GET /v2/aggs/',
      times: 4,
      what: { kind: 'malformed', body: JSON.stringify({ status: 'OK', adjusted: true }) },
    });
    expect((await failureOf(ask(rig, AAPL, '1m', START, START + MINUTE))).message).toMatch(
      /adjusted for splits, which was not asked for/,
    );
  });
});

describe('refusals and faults', () => {
  it('says what the plan does not include', async () => {
    const rig = await withData();
    rig.stub.fault({
      call: 'GET /v2/aggs/',
      what: {
        kind: 'status',
        status: 403,
        body: '{"status":"NOT_AUTHORIZED","request_id":"x","message":"Your plan doesn\'t include this data timeframe. Please upgrade your plan"}',
      },
    });
    const error = await failureOf(ask(rig, AAPL, '1m', START, START + MINUTE));
    expect([error.failure, error.code]).toEqual(['rejected', 'NOT_AUTHORIZED']);
    expect(error.message).toBe(
      "The plan at Massive (Polygon) does not include what was asked for (403 NOT_AUTHORIZED: Your plan doesn't include this data timeframe. Please upgrade your plan); ask for something else, or take a larger plan.",
    );
    expect(rig.data.connection.phase).toBe('ready');
  });

  it('holds to five requests a minute where that is set', async () => {
    const rig = await start({ settings: { requestsPerMinute: 5 }, clock: soonerTimers(100) });
    await rig.data.connect();
    rig.stub.bars.set('AAPL 1 minute', minutes(10));
    const before = rig.stub.calls.length;
    // The timers of this clock run a hundred times sooner, its minutes do not: the sixth has to wait.
    let answered = 0;
    const asked = Array.from({ length: 6 }, async () => {
      await ask(rig, AAPL, '1m', START, START + MINUTE);
      answered += 1;
    });
    const waiting = Promise.allSettled(asked);
    await expect.poll(() => [rig.stub.calls.length, answered]).toEqual([5, 3]);
    await pause(100);
    expect(rig.stub.calls.length).toBe(5);
    expect(before).toBe(1);
    await rig.data.disconnect();
    const ends = await waiting;
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(3);
  });

  for (const what of [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503, body: '<html>' },
    { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
    { kind: 'drop-before' },
    { kind: 'truncate' },
    { kind: 'malformed', body: '{"status":"OK","adjusted":false,"results":[{"t":"now"}]}' },
    { kind: 'malformed', body: 'not JSON at all' },
  ] as const) {
    it(`goes on after three of ${JSON.stringify(what)}, and says so after more`, async () => {
      const rig = await withData();
      rig.stub.bars.set('AAPL 1 minute', minutes(25));
      rig.stub.page = 10;
      await rig.data.instrument(AAPL);
      rig.stub.fault({ call: 'GET /v2/aggs/', times: 3, what });
      const read = await ask(rig, AAPL, '1m', START, START + 25 * MINUTE);
      expect([...read.time]).toEqual(minutes(25).map(({ t }) => t));
      rig.stub.fault({ call: 'GET /v2/aggs/', times: 4, what });
      const error = await failureOf(ask(rig, AAPL, '1m', START, START + 25 * MINUTE));
      expect(['unknown', 'rate-limited']).toContain(error.failure);
    });
  }

  it('lets no bar in whose prices contradict each other', async () => {
    const rig = await withData();
    rig.stub.bars.set('AAPL 1 minute', [{ t: START, o: 10, h: 9, l: 8, c: 8.5, v: 1 }]);
    const error = await failureOf(ask(rig, AAPL, '1m', START, START + MINUTE));
    expect(error.message).toMatch(/contradict each other/);
  });

  it('ends when it is cancelled in the middle', async () => {
    const rig = await withData();
    rig.stub.bars.set('AAPL 1 minute', minutes(100));
    rig.stub.page = 10;
    const ending = new AbortController();
    const work = ask(rig, AAPL, '1m', START, START + 100 * MINUTE, {
      signal: ending.signal,
      onProgress: (count) => {
        if (count >= 30) ending.abort();
      },
    });
    await expect(work).rejects.toThrow();
    expect(rig.stub.asked('/v2/aggs/')).toBeLessThan(5);
  });

  it('tells a wrong key, and tries again when the source is away', async () => {
    const rig = await start({ keys: { apiKey: 'wrong_key' } });
    const error = await failureOf(rig.data.connect());
    expect(error.failure).toBe('unauthorized');
    expect(rig.data.connection).toMatchObject({ phase: 'needs-user', message: error.message });
    const away = await openRig({ stub: rig.stub });
    rig.stub.fault({
      call: 'GET /v1/marketstatus',
      times: 4,
      what: { kind: 'status', status: 502 },
    });
    await away.data.connect();
    expect(away.dataPhases).toContain('reconnecting');
    await untilReady(away.data);
    await away.data.disconnect();
  });
});

describe('instruments', () => {
  it('finds them by symbol and name, with the rules that are known', async () => {
    const rig = await withData();
    expect((await rig.data.findInstruments('aapl', 5)).map(({ id }) => id)).toEqual(['AAPL.XNAS']);
    expect((await rig.data.findInstruments('class b', 5)).map(({ id }) => id)).toEqual([
      'BRK.B.XNYS',
    ]);
    expect((await rig.data.findInstruments('united states', 1)).map(({ id }) => id)).toEqual([
      'BTC/USD.CRYPTO',
    ]);
    expect((await rig.data.findInstruments('SPY251219C00650000', 5)).map(({ id }) => id)).toEqual([
      CALL,
    ]);
    expect(await rig.data.findInstruments('SPY251219C00660000', 5)).toEqual([]);
    // Names in small letters and indices are not shown; a search is asked once.
    expect(await rig.data.findInstruments('BACPL', 5)).toEqual([]);
    const before = rig.stub.calls.length;
    await rig.data.findInstruments('AAPL', 5);
    expect(rig.stub.calls.length).toBe(before);
    expect(await rig.data.instrument(AAPL)).toMatchObject({
      symbol: 'AAPL',
      name: 'Apple Inc.',
      assetClass: 'equity',
      currency: 'USD',
      calendar: 'us-equity',
      tradable: false,
    });
    expect(await rig.data.instrument(instrumentId('SPY', 'ARCX'))).toMatchObject({
      assetClass: 'etf',
    });
    expect(await rig.data.instrument(CALL)).toMatchObject({
      assetClass: 'option',
      multiplier: '100',
      // 16:00 in New York, in winter.
      expiry: Date.UTC(2025, 11, 19, 21),
    });
    expect(await rig.data.instrument(BTC)).toMatchObject({
      assetClass: 'crypto',
      currency: 'USD',
      baseCurrency: 'BTC',
      calendar: 'crypto',
    });
  });

  it('says what it does not know', async () => {
    const rig = await withData();
    for (const id of [
      instrumentId('NOPE', 'XNAS'),
      instrumentId('AAPL', 'XNYS'),
      instrumentId('ESH6', 'CME'),
      instrumentId('BACPL', 'XNYS'),
      // What separates parts of an address and names of a subscription leads nowhere.
      instrumentId('A/B', 'XNAS'),
      'A,Q.*.XNAS' as InstrumentId,
      '../../v1/x.XNAS' as InstrumentId,
    ]) {
      expect((await failureOf(rig.data.instrument(id))).failure).toBe('not-found');
    }
  });
});

describe('settings', () => {
  it('sends the key nowhere but to the firm and this computer', async () => {
    const rig = await withData();
    for (const restUrl of [...wrongAddresses('api.massive.com'), 'https://api.massive.com/v2'])
      expect(() => readSettings({ restUrl })).toThrow(/restUrl: /);
    expect(readSettings({})).toMatchObject({
      restUrl: 'https://api.massive.com',
      streamUrl: null,
      requestsPerMinute: 5,
      adjusted: false,
    });
    expect(readSettings({ streams: 'delayed', restUrl: 'https://api.polygon.io' })).toMatchObject({
      restUrl: 'https://api.polygon.io',
      streamUrl: 'wss://delayed.massive.com',
    });
    for (const requestsPerMinute of [0, -1, 1.5, Number.NaN, '5'])
      expect(() => readSettings({ requestsPerMinute })).toThrow(/requestsPerMinute: /);
    expect(() => manifest.open({}, {}, undefined as never)).toThrow(/apiKey: is missing/);
    expect(() => manifest.open({}, { apiKey: 'a\r\nb' }, undefined as never)).toThrow(
      /apiKey: has/,
    );
    expect(manifest.isLive({})).toBe(false);
    // The key was in a header, never in an address.
    expect(rig.stub.calls.join(' ')).not.toContain(KEY);
  });
});
