import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import { BAR, QUOTE, T, TRADE } from '../../stubs/polygon/messages.ts';
import {
  AAPL,
  BTC,
  CALL,
  HASTY,
  MSFT,
  openRig,
  withData,
  type Rig,
} from '../../stubs/polygon/rig.ts';
import { failureOf, subscribe } from '../../stubs/rig.ts';

const phaseOf = ({ data }: Rig) => data.connection.phase;

describe('events', () => {
  it('reads those of stocks, several in one frame', async () => {
    const rig = await withData({ settings: { secondBars: true } });
    expect(phaseOf(rig)).toBe('ready');
    for (const kind of ['quote', 'trade', 'bar'] as const) await subscribe(rig, AAPL, kind);
    expect(phaseOf(rig)).toBe('ready');
    // It is asked for once all conditions are known.
    await expect.poll(() => rig.stub.asked('/v2/last/trade/AAPL')).toBe(1);
    expect(rig.stub.asked('/v3/reference/conditions')).toBe(2);
    await expect.poll(() => rig.stub.asked('/v2/snapshot')).toBe(1);
    rig.stub.streams.tell(
      QUOTE,
      { ...QUOTE, q: QUOTE.q + 1, bp: 0, bs: 0 },
      { ...TRADE, c: [14] },
      { ...TRADE, i: '12346', c: [14, 37] },
      { ...TRADE, i: '12347', c: [93], trfi: 202, trft: T },
      { ...TRADE, i: '12348', c: undefined, s: 0, ds: '0.25' },
      BAR,
      { ...BAR, ev: 'A', s: T, e: T + 1000 },
    );
    await expect.poll(() => rig.ticks.length).toBe(8);
    expect(rig.ticks[0]).toMatchObject({
      kind: 'quote',
      instrument: AAPL,
      bid: 114.125,
      ask: 114.128,
      // Shares, not round lots.
      bidSize: 200,
      askSize: 160,
      venueTime: T,
    });
    expect(rig.ticks[1]).toMatchObject({ bid: Number.NaN, bidSize: 0, ask: 114.128 });
    expect(rig.ticks[2]).toMatchObject({
      kind: 'trade',
      price: 114.125,
      size: 100,
      tradeId: '4:0:12345',
      aggressor: 'unknown',
      regular: true,
    });
    expect(rig.ticks[3]).toMatchObject({ tradeId: '4:0:12346', regular: false });
    // A condition that only the source's own list knows.
    expect(rig.ticks[4]).toMatchObject({ tradeId: '4:202:12347', regular: false });
    expect(rig.ticks[5]).toMatchObject({ size: 0.25, regular: true });
    expect(rig.ticks[6]).toMatchObject({
      kind: 'bar',
      timeframe: '1m',
      start: T - 1250,
      open: 114,
      high: 115,
      low: 113.5,
      close: 114.5,
      volume: 4110,
      closed: true,
    });
    expect(rig.ticks[7]).toMatchObject({ timeframe: '1s', start: T });
    expect(rig.data.malformed).toBe(0);
  });

  it('reads those of options and pairs, each by its own stream', async () => {
    const rig = await withData();
    await subscribe(rig, CALL, 'trade');
    await subscribe(rig, CALL, 'quote');
    for (const kind of ['quote', 'trade', 'bar'] as const) await subscribe(rig, BTC, kind);
    expect([...rig.stub.streams.connections.keys()].toSorted()).toEqual(['crypto', 'options']);
    rig.stub.streams.tell(
      { ...TRADE, sym: 'O:SPY251219C00650000', p: 3.1, s: 2 },
      { ...QUOTE, sym: 'O:SPY251219C00650000', bp: 3, ap: 3.2, bs: 7, as: 9 },
      {
        ev: 'XT',
        pair: 'BTC-USD',
        p: 33_021.9,
        t: T,
        s: 0.01616617,
        c: [2],
        i: '14272084',
        x: 3,
        r: T + 40,
      },
      {
        ev: 'XT',
        pair: 'BTC-USD',
        p: 33_021.8,
        t: T,
        s: 0.5,
        c: [1],
        i: '14272085',
        x: 3,
        r: T + 40,
      },
      {
        ev: 'XQ',
        pair: 'BTC-USD',
        bp: 33_052.79,
        bs: 0.48,
        ap: 33_073.19,
        as: 0.601,
        t: T,
        x: 6,
        r: T,
      },
      {
        ev: 'XA',
        pair: 'BTC-USD',
        v: 951.6112,
        vw: 0.7756,
        z: 73,
        o: 33_000.5,
        c: 33_001,
        h: 33_002,
        l: 33_000,
        s: T,
        e: T,
      },
    );
    await expect.poll(() => rig.ticks.length).toBe(6);
    const of = (kind: string, id: InstrumentId) =>
      rig.ticks.filter((each) => each.kind === kind && each.instrument === id);
    expect(of('trade', CALL)).toMatchObject([{ price: 3.1, size: 2 }]);
    expect(of('quote', CALL)).toMatchObject([{ bid: 3, ask: 3.2, bidSize: 7, askSize: 9 }]);
    expect(of('trade', BTC)).toMatchObject([
      { price: 33_021.9, size: 0.01616617, aggressor: 'buy', tradeId: '3:0:14272084' },
      { aggressor: 'sell' },
    ]);
    expect(of('quote', BTC)).toMatchObject([{ bid: 33_052.79, askSize: 0.601 }]);
    expect(of('bar', BTC)).toMatchObject([{ timeframe: '1m', close: 33_001, volume: 951.6112 }]);
  });

  it('tells what stands when it is asked for, unless the stream told something newer', async () => {
    const rig = await withData();
    const nanos = (ms: number): number => ms * 1e6;
    rig.stub.quotes.set('AAPL', { p: 99, s: 3, P: 101, S: 4, q: 1, t: nanos(T - 5000) });
    rig.stub.trades.set('AAPL', {
      p: 100,
      s: 7,
      i: '77',
      x: 4,
      r: 202,
      c: [37],
      q: 1,
      t: nanos(T - 5000),
    });
    rig.stub.trades.set('BTC-USD', {
      price: 30_000,
      size: 0.5,
      exchange: 1,
      timestamp: T - 5000,
      conditions: [2],
    });
    rig.stub.minutes.set('AAPL', { t: T - 61_250, o: 1, h: 4, l: 1, c: 3, v: 9 });
    for (const kind of ['quote', 'trade', 'bar'] as const) await subscribe(rig, AAPL, kind);
    await subscribe(rig, BTC, 'trade');
    await expect.poll(() => rig.ticks.length).toBe(4);
    const told = (kind: string) => rig.ticks.find((each) => each.kind === kind);
    expect(told('quote')).toMatchObject({
      bid: 99,
      ask: 101,
      bidSize: 3,
      askSize: 4,
      venueTime: T - 5000,
    });
    expect(told('trade')).toMatchObject({ price: 100, tradeId: '4:202:77', regular: false });
    expect(told('bar')).toMatchObject({
      timeframe: '1m',
      start: T - 61_250,
      close: 3,
      closed: true,
    });
    expect(rig.ticks.find((each) => each.instrument === BTC)).toMatchObject({
      aggressor: 'buy',
      price: 30_000,
    });
    // The stream is ahead of a slow answer.
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    rig.stub.fault({ call: 'GET /v2/last/nbbo/MSFT', what: { kind: 'slow', until } });
    rig.stub.quotes.set('MSFT', { p: 9, s: 3, P: 11, S: 4, q: 1, t: nanos(T - 5000) });
    await subscribe(rig, MSFT, 'quote');
    rig.stub.streams.tell({ ...QUOTE, sym: 'MSFT' });
    await expect.poll(() => rig.ticks.length).toBe(5);
    await expect.poll(() => rig.stub.asked('/v2/last/nbbo/MSFT')).toBe(1);
    answer();
    await pause(150);
    expect(rig.ticks.at(-1)).toMatchObject({ instrument: MSFT, bid: 114.125 });
    expect(rig.ticks).toHaveLength(5);
  });

  it('lets no older quote take the place of a newer one, and no trade be lost', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'quote');
    await subscribe(rig, AAPL, 'trade');
    rig.stub.streams.tell(QUOTE, { ...QUOTE, q: QUOTE.q + 5, bp: 115 });
    rig.stub.streams.tell(QUOTE, { ...QUOTE, q: QUOTE.q + 5, bp: 115 });
    rig.stub.streams.tell({ ...QUOTE, q: QUOTE.q + 3, bp: 113 });
    // The next day numbers begin anew.
    rig.stub.streams.tell({ ...QUOTE, q: 1, t: T + 86_400_000, bp: 116 });
    rig.stub.streams.tell(TRADE, { ...TRADE, i: '2', q: 1, t: T - 100 }, TRADE);
    await expect.poll(() => rig.ticks.length).toBe(6);
    const bids = rig.ticks.flatMap((each) => (each.kind === 'quote' ? [each.bid] : []));
    expect(bids).toEqual([114.125, 115, 116]);
    // Doubles of trades are told by their number, which is the same.
    const ids = rig.ticks.flatMap((each) => (each.kind === 'trade' ? [each.tradeId] : []));
    expect(ids).toEqual(['4:0:12345', '4:0:2', '4:0:12345']);
  });
});

describe('subscriptions', () => {
  it('asks for each once, and ends it alone', async () => {
    const rig = await withData();
    await Promise.all([
      subscribe(rig, AAPL, 'trade'),
      subscribe(rig, MSFT, 'trade'),
      subscribe(rig, AAPL, 'quote'),
    ]);
    await subscribe(rig, AAPL, 'trade');
    const asked = rig.stub.streams.heard.filter((each) => each.startsWith('subscribe'));
    expect(asked.flatMap((each) => each.slice(10).split(',')).toSorted()).toEqual([
      'Q.AAPL',
      'T.AAPL',
      'T.MSFT',
    ]);
    await rig.data.unsubscribe({ instrument: AAPL, kind: 'trade' });
    await rig.data.unsubscribe({ instrument: AAPL, kind: 'trade' });
    expect(rig.stub.streams.heard.at(-1)).toBe('unsubscribe T.AAPL');
    expect(rig.stub.streams.subscribed('Q.AAPL')).toBe(true);
    rig.stub.streams.tell(TRADE, { ...TRADE, sym: 'MSFT' });
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect(rig.ticks[0]?.instrument).toBe(MSFT);
  });

  it('takes confirmations one by one, together, or not at all', async () => {
    const rig = await withData({ patience: HASTY });
    await subscribe(rig, AAPL, 'trade');
    rig.stub.streams.together = true;
    await Promise.all([
      subscribe(rig, AAPL, 'quote'),
      subscribe(rig, MSFT, 'quote'),
      subscribe(rig, MSFT, 'trade'),
    ]);
    rig.stub.streams.silentAnswers = true;
    await subscribe(rig, MSFT, 'bar');
    rig.stub.streams.tell({ ...BAR, sym: 'MSFT' });
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect(rig.logs.some((line) => line.includes('not confirmed'))).toBe(true);
  });

  it('serves what is asked for while the first connection is still being answered', async () => {
    const rig = await withData({ patience: HASTY });
    rig.stub.streams.silentAnswers = true;
    const first = subscribe(rig, AAPL, 'trade');
    await expect.poll(() => rig.stub.streams.subscribed('T.AAPL')).toBe(true);
    await Promise.all([first, subscribe(rig, MSFT, 'trade')]);
    expect(rig.stub.streams.subscribed('T.MSFT')).toBe(true);
    rig.stub.streams.tell({ ...TRADE, sym: 'MSFT' });
    await expect.poll(() => rig.ticks.length).toBe(1);
  });

  it('goes on when somebody who listens throws', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
    const end = rig.data.onData(() => {
      throw new Error('a defect of the listener');
    });
    rig.stub.streams.tell(TRADE);
    await expect.poll(() => rig.logs.some((line) => line.includes('a defect of'))).toBe(true);
    end();
    rig.stub.streams.tell({ ...TRADE, i: '2' });
    await expect.poll(() => rig.ticks.length).toBe(2);
    expect(phaseOf(rig)).toBe('ready');
  });

  it('tells a refusal to who asked for it, and to nobody else', async () => {
    const rig = await withData();
    rig.stub.streams.forbidden.add('Q.MSFT');
    await subscribe(rig, AAPL, 'trade');
    const [refused, ...taken] = await Promise.allSettled([
      subscribe(rig, MSFT, 'quote'),
      subscribe(rig, AAPL, 'quote'),
      subscribe(rig, MSFT, 'trade'),
    ]);
    expect(refused).toMatchObject({
      status: 'rejected',
      reason: {
        failure: 'rejected',
        message: 'Massive (Polygon) does not stream this (it says: not authorized for this data).',
      },
    });
    expect(taken.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(phaseOf(rig)).toBe('ready');
    rig.stub.streams.tell(QUOTE, { ...TRADE, sym: 'MSFT' });
    await expect.poll(() => rig.ticks.length).toBe(2);
  });

  it('refuses what the plan, the source or the settings do not have', async () => {
    const rig = await withData();
    rig.stub.streams.plan.delete('options');
    const plan = await failureOf(subscribe(rig, CALL, 'trade'));
    expect(plan.message).toMatch(
      /does not stream options to this key.*the plan may not include it/,
    );
    expect(phaseOf(rig)).toBe('degraded');
    expect(rig.data.connection.parts).toMatchObject([
      { name: 'history', working: true },
      { name: 'quotes', working: false },
    ]);
    expect((await failureOf(subscribe(rig, AAPL, 'book'))).failure).toBe('rejected');
    expect((await failureOf(subscribe(rig, instrumentId('NOPE', 'XNAS'), 'trade'))).failure).toBe(
      'not-found',
    );
    // It is not asked for again and again.
    const sockets = rig.stub.streams.connections.get('options');
    await subscribe(rig, AAPL, 'trade');
    await pause(200);
    expect(rig.stub.streams.connections.get('options')).toBe(sockets);
    const off = await openRig({ stub: rig.stub, settings: { streams: 'none' } });
    await off.data.connect();
    expect(off.data.capabilities.streams).toEqual([]);
    expect(off.data.connection.phase).toBe('ready');
    const error = await failureOf(off.data.subscribe({ instrument: AAPL, kind: 'quote' }));
    expect(error.message).toMatch(/turned off; choose delayed or real-time/);
    await off.data.disconnect();
  });

  it('gives a stream back that nobody wants anything of', async () => {
    const rig = await withData();
    await subscribe(rig, BTC, 'trade');
    await rig.data.unsubscribe({ instrument: BTC, kind: 'trade' });
    await expect.poll(() => rig.stub.streams.clients.size).toBe(0);
    await subscribe(rig, BTC, 'trade');
    expect(rig.stub.streams.connections.get('crypto')).toBe(2);
  });
});
