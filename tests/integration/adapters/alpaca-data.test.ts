import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { StubAlpaca } from '../../stubs/alpaca/server.ts';
import { AAPL, MSFT, openRig, start, withData, type Rig } from '../../stubs/alpaca/rig.ts';
import {
  halfOpenCheck,
  historyChecks,
  streamedChecks,
  type StreamSource,
} from '../../stubs/data-checks.ts';
import { failureOf, subscribe, untilReady } from '../../stubs/rig.ts';

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

const SOURCE: StreamSource<Rig> = {
  withData,
  first: AAPL,
  second: MSFT,
  trade: ({ stub }, instrument, i) =>
    stub.streams.tick({ ...TRADE, S: instrument === AAPL ? 'AAPL' : 'MSFT', i }),
};

describe('streams', () => {
  streamedChecks(SOURCE, {
    bar: ({ stub }) => stub.streams.tick({ T: 'b', S: 'MSFT', o: 1, h: 1, l: 1, c: 1, v: 1, t: T }),
    notStreamed: 'book',
    strangers: [instrumentId('NOPE', 'XNAS')],
  });
  // What is frozen counts as one of the streams that the key allows.
  halfOpenCheck(SOURCE, /^The connection was interrupted\.$/, ({ stub }) => {
    stub.streams.connectionLimit = 2;
  });

  it('reads every kind of message', async () => {
    const rig = await withData();
    expect(rig.data.connection.phase).toBe('ready');
    for (const kind of ['quote', 'trade', 'bar', 'status'] as const)
      await subscribe(rig, AAPL, kind);
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
    const rig = await withData();
    rig.stub.quotes.set('AAPL', { bp: 99, bs: 1, ap: 101, as: 2, t: Date.UTC(2024, 6, 24, 14, 0) });
    await subscribe(rig, AAPL, 'quote');
    await expect.poll(() => rig.ticks).toMatchObject([{ kind: 'quote', bid: 99, ask: 101 }]);
    rig.stub.streams.tick(QUOTE);
    await expect.poll(() => rig.ticks.length).toBe(2);
    await rig.data.unsubscribe({ instrument: AAPL, kind: 'quote' });
    await subscribe(rig, AAPL, 'quote');
    await pause(100);
    expect(rig.ticks).toHaveLength(2);
  });

  it('drops what it cannot read and tells the gap', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
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
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
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
    const rig = await withData();
    rig.stub.streams.symbolLimit = 1;
    await subscribe(rig, AAPL, 'trade');
    const error = await failureOf(subscribe(rig, MSFT, 'trade'));
    expect([error.failure, error.code]).toEqual(['rejected', '405']);
    expect(rig.data.connection.phase).toBe('ready');
    rig.stub.streams.tick(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });

  it('asks the user to close the other program that has the stream, and takes it when it is free', async () => {
    const rig = await withData();
    const second = await openRig({ stub: rig.stub });
    await second.data.connect();
    const asks = second.states.find(({ phase }) => phase === 'needs-user');
    expect(asks?.message).toMatch(/Another program uses the one stream/);
    expect(rig.data.connection.phase).toBe('ready');
    await rig.data.disconnect();
    await untilReady(second.data);
    await second.data.disconnect();
  });

  it('leaves wrong keys and a feed that is not paid for to the user', async () => {
    const rig = await start({ settings: { feed: 'sip' } });
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
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
    for (const [code, message] of [
      [407, 'slow client'],
      [500, 'internal error'],
      [404, 'auth timeout'],
    ] as const) {
      rig.gaps.length = 0;
      rig.stub.streams.error(code, message);
      await expect.poll(() => rig.gaps.length).toBe(1);
      await untilReady(rig.data);
    }
    rig.stub.streams.error(403, 'already authenticated');
    rig.stub.streams.tick(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });
});

historyChecks<Rig>({
  withData,
  instrument: AAPL,
  call: 'GET /v2/stocks/bars',
  notThere: '5s',
  put: ({ stub }, bars) => {
    stub.bars.set('AAPL', [...bars]);
    stub.barsPage = 7;
  },
  pages: { bars: 25, told: [7, 14, 21, 23] },
});

describe('history', () => {
  it('names days by their date, in summer and in winter', async () => {
    const rig = await withData();
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

  it('says why a feed is refused', async () => {
    const rig = await withData();
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
        start: unixMillis(Date.UTC(2024, 6, 24, 13, 30)),
        end: unixMillis(Date.UTC(2024, 6, 24, 13, 31)),
      }),
    );
    expect(error.message).toMatch(/does not permit querying recent SIP data/);
  });
});

describe('instruments', () => {
  it('finds stocks by symbol and name, with the rules of their orders', async () => {
    const stub = await StubAlpaca.start();
    const rig = await withData({ stub });
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
