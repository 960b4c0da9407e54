import { afterEach, describe, expect, it } from 'vitest';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import {
  AAPL,
  closeRig,
  failureOf,
  MSFT,
  openRig,
  pause,
  type Rig,
  type RigOptions,
} from '../../stubs/alpaca/rig.ts';
import { StubAlpaca } from '../../stubs/alpaca/server.ts';

let rig: Rig;

async function open(options: RigOptions = {}): Promise<Rig> {
  rig = await openRig(options);
  await rig.data.connect();
  return rig;
}

afterEach(() => closeRig(rig));

const on = (instrument: typeof AAPL, kind: DataKind): Promise<void> =>
  rig.data.subscribe({ instrument, kind });
const T = '2024-07-24T14:30:01.639713735Z';
const QUOTE = {
  T: 'q',
  S: 'AAPL',
  bx: 'V',
  bp: 99.99,
  bs: 4,
  ax: 'V',
  ap: 100.01,
  as: 5,
  c: ['R'],
  z: 'C',
  t: T,
};
const TRADE = { T: 't', S: 'AAPL', i: 96921, x: 'V', p: 100, s: 50, c: ['@'], z: 'C', t: T };

describe('streams', () => {
  it('reads every kind of message', async () => {
    await open();
    expect(rig.data.connection.phase).toBe('ready');
    for (const kind of ['quote', 'trade', 'bar', 'status'] as const) await on(AAPL, kind);
    const bar = { S: 'AAPL', o: 100, h: 101, l: 99, c: 100.5, v: 1200, n: 16, vw: 100.2 };
    rig.stub.streams.tick(
      QUOTE,
      { ...QUOTE, bp: 0, bs: 0 },
      TRADE,
      { ...TRADE, i: 96922, c: ['@', 'I'] },
      { T: 'b', ...bar, t: '2024-07-24T14:30:00Z' },
      { T: 'u', ...bar, v: 1250, t: '2024-07-24T14:30:00Z' },
      { T: 'd', ...bar, t: '2024-07-24T04:00:00Z' },
      {
        T: 's',
        S: 'AAPL',
        sc: 'H',
        sm: 'Trading Halt',
        rc: 'T12',
        rm: 'Information requested',
        t: T,
        z: 'C',
      },
      { T: 's', S: 'AAPL', sc: 'T', sm: 'Trading Resumption', rc: '', rm: '', t: T, z: 'C' },
      { T: 'l', S: 'AAPL', u: 105, d: 95, i: 'B', t: T, z: 'C' },
    );
    await expect.poll(() => rig.ticks.length).toBe(9);
    const time = Date.UTC(2024, 6, 24, 14, 30, 1, 639);
    expect(rig.ticks[0]).toMatchObject({
      kind: 'quote',
      instrument: AAPL,
      bid: 99.99,
      ask: 100.01,
      bidSize: 4,
      askSize: 5,
      venueTime: time,
    });
    expect(rig.ticks[1]).toMatchObject({ bid: Number.NaN, ask: 100.01 });
    expect(rig.ticks[2]).toMatchObject({
      kind: 'trade',
      price: 100,
      size: 50,
      tradeId: 'V:96921',
      regular: true,
    });
    expect(rig.ticks[3]).toMatchObject({ tradeId: 'V:96922', regular: false });
    expect(rig.ticks[4]).toMatchObject({
      kind: 'bar',
      timeframe: '1m',
      start: Date.UTC(2024, 6, 24, 14, 30),
      close: 100.5,
      volume: 1200,
      closed: true,
    });
    expect(rig.ticks[5]).toMatchObject({
      start: Date.UTC(2024, 6, 24, 14, 30),
      volume: 1250,
      closed: true,
    });
    // Midnight of New York is 04:00 UTC in July; the bar of the day is named by its date.
    expect(rig.ticks[6]).toMatchObject({
      timeframe: '1d',
      start: Date.UTC(2024, 6, 24),
      closed: false,
    });
    expect(rig.ticks[7]).toMatchObject({
      kind: 'status',
      status: 'halted',
      reason: 'Trading Halt: Information requested',
    });
    expect(rig.ticks[8]).toMatchObject({
      kind: 'status',
      status: 'trading',
      reason: 'Trading Resumption',
    });
    expect(rig.data.malformed).toBe(0);
  });

  it('tells the quote that stands when it is asked for, unless a newer one has come', async () => {
    await open();
    rig.stub.quotes.set('AAPL', { bp: 99, bs: 1, ap: 101, as: 2, t: Date.UTC(2024, 6, 24, 14, 0) });
    await on(AAPL, 'quote');
    await expect.poll(() => rig.ticks).toMatchObject([{ kind: 'quote', bid: 99, ask: 101 }]);
    rig.stub.streams.tick(QUOTE);
    await expect.poll(() => rig.ticks.length).toBe(2);
    await rig.data.unsubscribe({ instrument: AAPL, kind: 'quote' });
    await on(AAPL, 'quote');
    await pause(100);
    expect(rig.ticks).toHaveLength(2);
  });

  it('ends a subscription and keeps the others', async () => {
    await open();
    await on(AAPL, 'trade');
    await on(MSFT, 'trade');
    await rig.data.unsubscribe({ instrument: AAPL, kind: 'trade' });
    rig.stub.streams.tick(TRADE, { ...TRADE, S: 'MSFT' });
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect(rig.ticks[0]?.instrument).toBe(MSFT);
  });

  it('comes back with all subscriptions and tells what may be missing', async () => {
    await open();
    await on(AAPL, 'trade');
    await on(MSFT, 'bar');
    rig.stub.streams.tick(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const heard = rig.ticks[0]?.receivedTime as number;
    rig.stub.streams.dropData();
    await expect
      .poll(() => rig.gaps)
      .toMatchObject([{ instrument: null, reason: 'The connection was interrupted.' }]);
    expect(rig.data.connection.phase).toBe('ready');
    expect(rig.gaps[0]?.from).toBeLessThanOrEqual(Date.now());
    expect(rig.gaps[0]?.from).toBeGreaterThanOrEqual(heard);
    expect(rig.gaps[0]?.to).toBeGreaterThanOrEqual(rig.gaps[0]?.from as number);
    rig.stub.streams.tick({ ...TRADE, i: 2 });
    rig.stub.streams.tick({ T: 'b', S: 'MSFT', o: 1, h: 1, l: 1, c: 1, v: 1, t: T });
    await expect.poll(() => rig.ticks.length).toBe(3);
  });

  it('counts a half-open connection as missing from its last word on', async () => {
    await open();
    await on(AAPL, 'trade');
    rig.stub.streams.tick(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const heard = rig.ticks[0]?.receivedTime as number;
    rig.stub.streams.freeze();
    rig.stub.streams.connectionLimit = 2;
    await expect.poll(() => rig.gaps.length).toBe(1);
    expect(rig.gaps[0]?.from).toBe(heard);
  });

  it('drops what it cannot read and tells the gap', async () => {
    await open();
    await on(AAPL, 'trade');
    rig.stub.streams.tick(
      { ...TRADE, p: 'many' },
      { ...TRADE, p: -1 },
      { ...TRADE, t: 'today' },
      { ...TRADE, s: null },
    );
    await expect.poll(() => rig.data.malformed).toBe(4);
    for (const text of ['[{"T":"t","S', '{}', '[7]', 'null']) rig.stub.streams.sendData(text);
    await expect.poll(() => rig.data.malformed).toBe(8);
    rig.stub.streams.tick(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect(rig.gaps).toHaveLength(8);
    expect(rig.gaps.slice(0, 4).every(({ instrument }) => instrument === AAPL)).toBe(true);
  });

  it('tells the minute of a trade that was corrected or taken back', async () => {
    await open();
    await on(AAPL, 'trade');
    rig.stub.streams.tick(
      {
        T: 'c',
        S: 'AAPL',
        x: 'V',
        oi: 1,
        op: 99,
        os: 5,
        oc: ['@'],
        ci: 2,
        cp: 98,
        cs: 5,
        cc: ['@'],
        t: T,
        z: 'C',
      },
      { T: 'x', S: 'AAPL', i: 3, x: 'V', p: 100, s: 5, a: 'C', t: T, z: 'C' },
    );
    const minute = Date.UTC(2024, 6, 24, 14, 30);
    await expect
      .poll(() => rig.gaps)
      .toMatchObject([
        { instrument: AAPL, from: minute, to: minute + 60_000 },
        { instrument: AAPL, from: minute, to: minute + 60_000 },
      ]);
  });
});

describe('refusals', () => {
  it('tells a symbol too many, and goes on with the others', async () => {
    await open();
    rig.stub.streams.symbolLimit = 1;
    await on(AAPL, 'trade');
    const error = await failureOf(on(MSFT, 'trade'));
    expect([error.failure, error.code]).toEqual(['rejected', '405']);
    expect(rig.data.connection.phase).toBe('ready');
    rig.stub.streams.tick(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });

  it('refuses what is not streamed and what is not known', async () => {
    await open();
    expect((await failureOf(on(AAPL, 'book'))).failure).toBe('rejected');
    expect((await failureOf(on(instrumentId('NOPE', 'XNAS'), 'trade'))).failure).toBe('not-found');
  });

  it('asks the user to close the other program that has the stream, and takes it when it is free', async () => {
    await open();
    const second = await openRig({ stub: rig.stub });
    await second.data.connect();
    expect(second.data.connection.phase).toBe('needs-user');
    expect(second.data.connection.message).toMatch(/Another program uses the one stream/);
    expect(rig.data.connection.phase).toBe('ready');
    await rig.data.disconnect();
    await expect.poll(() => second.data.connection.phase).toBe('ready');
    await second.data.disconnect();
  });

  it('leaves wrong keys and a feed that is not paid for to the user', async () => {
    rig = await openRig({ settings: { feed: 'sip' } });
    const feed = await failureOf(rig.data.connect());
    expect(feed.message).toMatch(/does not include this price feed/);
    expect(rig.data.connection.phase).toBe('needs-user');
    const wrong = await openRig({ stub: rig.stub, keys: { keyId: 'PKX', secretKey: 'y' } });
    expect((await failureOf(wrong.data.connect())).message).toMatch(/refuses the keys/);
    const sockets = rig.stub.streams.heard.length;
    await pause(200);
    expect(rig.stub.streams.heard).toHaveLength(sockets);
  });

  it('starts again after errors of the connection', async () => {
    await open();
    await on(AAPL, 'trade');
    for (const [code, message] of [
      [407, 'slow client'],
      [500, 'internal error'],
      [404, 'auth timeout'],
    ] as const) {
      rig.gaps.length = 0;
      rig.stub.streams.error(code, message);
      await expect.poll(() => rig.gaps.length).toBe(1);
      await expect.poll(() => rig.data.connection.phase).toBe('ready');
    }
    rig.stub.streams.error(403, 'already authenticated');
    rig.stub.streams.tick(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });
});

describe('history', () => {
  const start = Date.UTC(2024, 6, 24, 13, 30);
  const minutes = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      t: start + i * 60_000,
      o: 100 + i,
      h: 101 + i,
      l: 99 + i,
      c: 100.5 + i,
      v: 10 + i,
    }));

  it('reads page after page, each bar once', async () => {
    await open();
    rig.stub.bars.set('AAPL', minutes(25));
    rig.stub.barsPage = 7;
    const seen: number[] = [];
    const bars = await rig.data.history({
      instrument: AAPL,
      timeframe: timeframe('1m'),
      start: unixMillis(start + 60_000),
      end: unixMillis(start + 24 * 60_000),
      onProgress: (count) => seen.push(count),
    });
    // From minute 1 on, and before minute 24.
    expect([...bars.time]).toEqual(
      minutes(25)
        .slice(1, 24)
        .map(({ t }) => t),
    );
    expect([...bars.close]).toEqual(
      minutes(25)
        .slice(1, 24)
        .map(({ c }) => c),
    );
    expect([...bars.volume]).toEqual(
      minutes(25)
        .slice(1, 24)
        .map(({ v }) => v),
    );
    expect(seen).toEqual([7, 14, 21, 23]);
  });

  it('leaves out the bar that has not closed', async () => {
    await open();
    const now = Math.floor(Date.now() / 60_000) * 60_000;
    rig.stub.bars.set(
      'AAPL',
      [-2, -1, 0].map((i) => ({ t: now + i * 60_000, o: 1, h: 1, l: 1, c: 1, v: 1 })),
    );
    const bars = await rig.data.history({
      instrument: AAPL,
      timeframe: timeframe('1m'),
      start: unixMillis(now - 600_000),
      end: unixMillis(now + 600_000),
    });
    expect(bars.time.at(-1)).toBeLessThan(Date.now() - 60_000 + 1);
    expect([...bars.time].slice(0, 2)).toEqual([now - 120_000, now - 60_000]);
  });

  it('names days by their date, in summer and in winter', async () => {
    await open();
    rig.stub.bars.set('AAPL', [
      { t: Date.UTC(2024, 2, 8, 5), o: 1, h: 1, l: 1, c: 1, v: 1 },
      { t: Date.UTC(2024, 2, 11, 4), o: 2, h: 2, l: 2, c: 2, v: 2 },
      { t: Date.UTC(2024, 2, 12, 4), o: 3, h: 3, l: 3, c: 3, v: 3 },
    ]);
    const bars = await rig.data.history({
      instrument: AAPL,
      timeframe: timeframe('1d'),
      start: unixMillis(Date.UTC(2024, 2, 8)),
      end: unixMillis(Date.UTC(2024, 2, 12)),
    });
    expect([...bars.time]).toEqual([Date.UTC(2024, 2, 8), Date.UTC(2024, 2, 11)]);
  });

  it('refuses what Alpaca does not have, and can be cancelled', async () => {
    await open();
    const request = {
      instrument: AAPL,
      start: unixMillis(start),
      end: unixMillis(start + 600_000),
    };
    const error = await failureOf(rig.data.history({ ...request, timeframe: timeframe('5s') }));
    expect(error.failure).toBe('rejected');
    const abort = new AbortController();
    abort.abort();
    await expect(
      rig.data.history({ ...request, timeframe: timeframe('1m'), signal: abort.signal }),
    ).rejects.toThrow();
    expect(rig.stub.calls).not.toContain('GET /v2/stocks/bars');
  });

  it('says why a feed is refused', async () => {
    await open();
    rig.stub.fault({
      call: 'GET /v2/stocks/bars',
      what: {
        kind: 'status',
        status: 403,
        body: '{"message":"subscription does not permit querying recent SIP data"}',
      },
    });
    const error = await failureOf(
      rig.data.history({
        instrument: AAPL,
        timeframe: timeframe('1m'),
        start: unixMillis(start),
        end: unixMillis(start + 60_000),
      }),
    );
    expect(error.message).toMatch(/does not permit querying recent SIP data/);
  });
});

describe('instruments', () => {
  it('finds stocks by symbol and name, with the rules of their orders', async () => {
    const stub = await StubAlpaca.start();
    await open({ stub });
    expect((await rig.data.findInstruments('aa', 5)).map(({ id }) => id)).toEqual([AAPL]);
    expect((await rig.data.findInstruments('class b', 5)).map(({ id }) => id)).toEqual([
      'BRK.B.XNYS',
    ]);
    expect(await rig.data.instrument(AAPL)).toMatchObject({
      symbol: 'AAPL',
      currency: 'USD',
      calendar: 'us-equity',
      ticks: [
        { from: '0', tickSize: '0.0001' },
        { from: '1', tickSize: '0.01' },
      ],
      lotSize: '0.000000001',
      fractional: true,
      tradable: true,
      shortable: true,
    });
    expect(await rig.data.instrument(instrumentId('BRK.B', 'XNYS'))).toMatchObject({
      lotSize: '1',
      fractional: false,
    });
    expect(await rig.data.instrument(instrumentId('OTCX', 'PINK'))).toMatchObject({
      tradable: false,
      shortable: false,
    });
    expect((await failureOf(rig.data.instrument(instrumentId('AAPL', 'XNYS')))).failure).toBe(
      'not-found',
    );
  });
});
