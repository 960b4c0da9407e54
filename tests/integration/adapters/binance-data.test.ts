import { afterEach, describe, expect, it } from 'vitest';
import { DepthBook } from '../../../electron/adapters/binance/depth-book.ts';
import { instrumentId, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { BookSnapshot, DataKind } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import {
  BTC,
  closeRig,
  ETH,
  failureOf,
  openRig,
  type Rig,
  type RigOptions,
} from '../../stubs/binance/rig.ts';
import { StubBinance } from '../../stubs/binance/server.ts';

let rig: Rig;

async function open(options: RigOptions = {}): Promise<Rig> {
  rig = await openRig(options);
  await rig.data.connect();
  return rig;
}

afterEach(() => closeRig(rig));

const on = (instrument: InstrumentId, kind: DataKind): Promise<void> =>
  rig.data.subscribe({ instrument, kind });
const T = Date.UTC(2026, 6, 24, 14, 30, 1, 639);
const QUOTE = {
  u: 400_900_217,
  s: 'BTCUSDT',
  b: '49999.99000000',
  B: '4.00000000',
  a: '50000.01000000',
  A: '5.50000000',
};
const TRADE = {
  e: 'trade',
  E: T + 1,
  s: 'BTCUSDT',
  t: 12_345,
  p: '50000.01000000',
  q: '0.50000000',
  T,
  m: false,
  M: true,
};
const KLINE = {
  e: 'kline',
  E: T,
  s: 'BTCUSDT',
  k: {
    t: Date.UTC(2026, 6, 24, 14, 30),
    T: Date.UTC(2026, 6, 24, 14, 30, 59, 999),
    s: 'BTCUSDT',
    i: '1m',
    o: '50000.00',
    c: '50010.00',
    h: '50020.00',
    l: '49990.00',
    v: '12.5',
    x: true,
  },
};
const books = (): readonly BookSnapshot[] => rig.ticks.filter((tick) => tick.kind === 'book');
const trade = (t: number, more: object = {}): void =>
  rig.stub.streams.tick('btcusdt@trade', { ...TRADE, t, ...more });

describe('streams', () => {
  it('reads every kind of message', async () => {
    await open();
    expect(rig.data.connection.phase).toBe('ready');
    for (const kind of ['quote', 'trade', 'bar'] as const) await on(BTC, kind);
    await expect.poll(() => rig.ticks.length).toBe(1); // the quote as it stands
    rig.ticks.length = 0;
    const { streams } = rig.stub;
    streams.tick('btcusdt@bookTicker', QUOTE);
    streams.tick('btcusdt@bookTicker', { ...QUOTE, b: '0.00000000', B: '0.00000000' });
    trade(1);
    trade(2, { m: true });
    streams.tick('btcusdt@kline_1m', KLINE);
    const day = { ...KLINE.k, t: Date.UTC(2026, 6, 24), i: '1d', x: false };
    streams.tick('btcusdt@kline_1d', { ...KLINE, k: day });
    await expect.poll(() => rig.ticks.length).toBe(6);
    expect(rig.ticks).toMatchObject([
      { kind: 'quote', instrument: BTC, bid: 49_999.99, ask: 50_000.01, bidSize: 4, askSize: 5.5 },
      { kind: 'quote', bid: Number.NaN, ask: 50_000.01 },
      {
        kind: 'trade',
        price: 50_000.01,
        size: 0.5,
        tradeId: '1',
        aggressor: 'buy',
        regular: true,
        venueTime: T,
      },
      { kind: 'trade', tradeId: '2', aggressor: 'sell' },
      {
        kind: 'bar',
        timeframe: '1m',
        start: KLINE.k.t,
        open: 50_000,
        high: 50_020,
        low: 49_990,
        close: 50_010,
        volume: 12.5,
        closed: true,
      },
      { kind: 'bar', timeframe: '1d', start: Date.UTC(2026, 6, 24), closed: false },
    ]);
    // The stream of quotes tells no time.
    expect(rig.ticks[0]?.venueTime).toBeNaN();
    expect(rig.data.malformed).toBe(0);
    expect(rig.gaps).toEqual([]);
  });

  it('tells the quote that stands when it is asked for', async () => {
    await open();
    rig.stub.market.change('BTCUSDT', { '49000.00': '1' }, { '49001.00': '2' });
    await on(BTC, 'quote');
    await expect
      .poll(() => rig.ticks)
      .toMatchObject([{ kind: 'quote', bid: 49_000, ask: 49_001, bidSize: 1, askSize: 2 }]);
  });

  it('ends a subscription and keeps the others', async () => {
    await open();
    await on(BTC, 'trade');
    await on(ETH, 'trade');
    await rig.data.unsubscribe({ instrument: BTC, kind: 'trade' });
    trade(1);
    rig.stub.streams.tick('ethusdt@trade', { ...TRADE, s: 'ETHUSDT' });
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect(rig.ticks[0]?.instrument).toBe(ETH);
  });

  it('asks for many things in few messages, as the venue allows five a second', async () => {
    await open({ patience: { waits: { first: 20, longest: 60 }, gather: 250 } });
    await rig.data.instrument(BTC);
    const kinds = ['trade', 'bar', 'book'] as const;
    await Promise.all(kinds.flatMap((kind) => [on(BTC, kind), on(ETH, kind)]));
    await Promise.all(kinds.map((kind) => rig.data.unsubscribe({ instrument: ETH, kind })));
    expect(rig.stub.streams.heard).toEqual(['SUBSCRIBE', 'UNSUBSCRIBE']);
    expect(rig.stub.streams.tooFast).toBe(0);
  });

  it('comes back with all subscriptions and tells what may be missing', async () => {
    await open();
    await on(BTC, 'trade');
    await on(ETH, 'bar');
    trade(1);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const heard = rig.ticks[0]?.receivedTime as number;
    rig.stub.streams.dropData();
    await expect
      .poll(() => rig.gaps)
      .toMatchObject([{ instrument: null, reason: 'The connection was interrupted.' }]);
    expect(rig.data.connection.phase).toBe('ready');
    expect(rig.gaps[0]?.from).toBeGreaterThanOrEqual(heard);
    expect(rig.gaps[0]?.to).toBeGreaterThanOrEqual(rig.gaps[0]?.from as number);
    // Numbers of trades begin anew: the break was told.
    trade(90);
    rig.stub.streams.tick('ethusdt@kline_1m', { ...KLINE, s: 'ETHUSDT' });
    await expect.poll(() => rig.ticks.length).toBe(3);
    expect(rig.gaps).toHaveLength(1);
  });

  it('counts a half-open connection as missing from its last word on', async () => {
    await open();
    await on(BTC, 'trade');
    trade(1);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const heard = rig.ticks[0]?.receivedTime as number;
    rig.stub.streams.freeze();
    await expect.poll(() => rig.gaps.length).toBe(1);
    expect(rig.gaps[0]?.from).toBe(heard);
  });

  it('tells trades that were missed, and none that come twice or late', async () => {
    await open();
    await on(BTC, 'trade');
    trade(10);
    trade(11);
    trade(11);
    trade(10);
    trade(14, { T: T + 500 });
    trade(15);
    await expect.poll(() => rig.ticks.length).toBe(6);
    expect(rig.gaps).toEqual([
      { instrument: BTC, from: T, to: T + 500, reason: 'Trades were missed.' },
    ]);
  });

  it('survives a restart of the venue and a shutdown that is announced', async () => {
    await open();
    await on(BTC, 'trade');
    await rig.stub.restart();
    await expect.poll(() => rig.gaps.length).toBe(1);
    await expect.poll(() => rig.data.connection.phase).toBe('ready');
    rig.stub.streams.sendData(JSON.stringify({ e: 'serverShutdown', E: T }));
    await expect.poll(() => rig.gaps.length).toBe(2);
    trade(1);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });

  it('drops 20,000 messages that cannot be read, and tells the gaps', async () => {
    await open();
    for (const kind of ['quote', 'trade', 'bar', 'book'] as const) await on(BTC, kind);
    const { market, streams } = rig.stub;
    market.send(market.change('BTCUSDT', { '49000.00': '1' }, { '49001.00': '2' }));
    await expect.poll(() => books().length).toBeGreaterThan(0);
    rig.ticks.length = 0;
    const wrap = (stream: string, data: unknown): string =>
      JSON.stringify({ stream: `btcusdt@${stream}`, data });
    const wrong = ['x', '', null, -1, 5, '-5', '1e5', 'NaN', {}];
    const broken = [
      ...wrong.flatMap((value) => [
        wrap('bookTicker', { ...QUOTE, b: value }),
        wrap('bookTicker', { ...QUOTE, A: value }),
        wrap('trade', { ...TRADE, p: value }),
        wrap('trade', { ...TRADE, q: value }),
        wrap('trade', { ...TRADE, m: value }),
        wrap('kline_1m', { ...KLINE, k: { ...KLINE.k, o: value } }),
        wrap('kline_1m', { ...KLINE, k: { ...KLINE.k, x: value } }),
      ]),
      wrap('trade', { ...TRADE, t: 1.5 }),
      wrap('trade', { ...TRADE, T: 'now' }),
      wrap('trade', { ...TRADE, s: 'ETHUSDT' }),
      wrap('kline_1m', { ...KLINE, k: null }),
      wrap('kline_1m', { ...KLINE, k: { ...KLINE.k, h: '1' } }),
      wrap('bookTicker', []),
      wrap('trade', TRADE).slice(0, 60),
      '',
      'null',
      '7',
      '[]',
      '{}',
      '{"stream":5,"data":{}}',
      '{"stream":"btcusdt@trade","data":null}',
    ];
    for (let sent = 0; sent < 20_000; sent += 1)
      streams.sendData(broken[sent % broken.length] as string);
    await expect.poll(() => rig.data.malformed).toBe(20_000);
    expect(rig.ticks).toEqual([]);
    expect(rig.gaps).toHaveLength(20_000);
    expect(rig.logs.length).toBeLessThan(100);
    expect(rig.data.connection.phase).toBe('ready');
    trade(1);
    await expect.poll(() => rig.ticks.length).toBe(1);
  }, 20_000);
});

describe('the book', () => {
  /** The best levels as text, bids first. */
  const shown = (book: BookSnapshot | undefined): unknown => [
    book?.bids.map(({ price, size }) => [price, size]),
    book?.asks.map(({ price, size }) => [price, size]),
  ];
  /** The same of the truth. */
  const truth = (): unknown => {
    const { bids, asks } = rig.stub.market.book('BTCUSDT');
    const side = (levels: Map<string, string>, sign: number): unknown =>
      [...levels]
        .map(([price, size]) => [Number(price), Number(size)])
        .toSorted(([a], [b]) => sign * ((a as number) - (b as number)));
    return [side(bids, -1), side(asks, 1)];
  };
  const same = (): Promise<void> => expect.poll(() => shown(books().at(-1))).toEqual(truth());

  it('is a snapshot and the changes after it', async () => {
    await open();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1', '99.00': '2' }, { '101.00': '3', '102.00': '4' });
    await on(BTC, 'book');
    market.send(market.change('BTCUSDT', { '100.00': '5', '98.00': '1' }));
    market.send(market.change('BTCUSDT', { '99.00': '0' }, { '100.50': '7', '102.00': '0' }));
    market.send(market.change('BTCUSDT', { '97.00': '0' })); // was never there
    await same();
    expect(books().at(-1)?.sequence).toBe(market.book('BTCUSDT').id);
    expect(rig.gaps).toEqual([]);
    const sequences = books().map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it('asks again for a snapshot that is older than the changes', async () => {
    await open();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    market.stale = true;
    await on(BTC, 'book');
    market.change('BTCUSDT', { '100.00': '2' }); // nobody was told
    market.send(market.change('BTCUSDT', { '99.00': '2' }));
    const asked = (): number =>
      rig.stub.calls.filter((call) => call === 'GET /api/v3/depth').length;
    await expect.poll(asked).toBeGreaterThan(1);
    expect(books()).toEqual([]);
    market.stale = false;
    await same();
  });

  it('begins anew where changes were missed, and tells the gap', async () => {
    await open();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    await on(BTC, 'book');
    market.send(market.change('BTCUSDT', { '99.00': '2' }));
    await same();
    market.change('BTCUSDT', { '99.00': '0', '98.00': '5' }); // lost
    market.send(market.change('BTCUSDT', {}, { '101.00': '1' }));
    await same();
    expect(rig.gaps).toMatchObject([
      { instrument: BTC, reason: 'Changes of the book were missed.' },
    ]);
    // A change that cannot be read is one that was missed.
    rig.stub.streams.tick('btcusdt@depth@100ms', {
      ...market.change('BTCUSDT', { '97.00': '1' }),
      b: [['97.00', 'many']],
    });
    await expect.poll(() => rig.data.malformed).toBe(1);
    market.send(market.change('BTCUSDT', { '96.00': '1' }));
    await same();
  });

  it('is not disturbed by changes that come twice or late', async () => {
    await open();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    await on(BTC, 'book');
    const changes = [1, 2, 3].map((size) =>
      market.change('BTCUSDT', { '100.00': String(size) }, { '101.00': String(size) }),
    );
    for (const change of [...changes, ...changes.toReversed()]) market.send(change);
    await same();
    expect(rig.gaps).toEqual([]);
  });

  it('is made anew after an interruption, and goes on when it cannot be had at first', async () => {
    await open();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    await on(BTC, 'book');
    market.send(market.change('BTCUSDT', { '99.00': '2' }));
    await same();
    market.change('BTCUSDT', { '99.00': '0' });
    rig.stub.fault({
      call: 'GET /api/v3/depth',
      what: { kind: 'status', status: 400, body: '{"code":-1130,"msg":"no"}' },
    });
    rig.stub.streams.dropData();
    await expect.poll(() => rig.gaps.length).toBe(1);
    await expect.poll(() => rig.data.connection.phase).toBe('ready');
    market.send(market.change('BTCUSDT', { '98.00': '2' }));
    await same();
  });

  it('agrees with a plain one over 5,000 random changes', async () => {
    await open();
    let state = 11;
    const random = (most: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % most;
    };
    const plain = { bids: new Map<number, number>(), asks: new Map<number, number>() };
    const book = new DepthBook(0, [], []);
    for (let id = 1; id <= 5000; id += 1) {
      const side = random(2) === 0 ? 'bids' : 'asks';
      const price = 1 + random(60) / 4;
      const size = random(3);
      if (size === 0) plain[side].delete(price);
      else plain[side].set(price, size);
      const change = { first: id, last: id, time: unixMillis(0), bids: [], asks: [] };
      expect(book.apply({ ...change, [side]: [[price, size]] })).toBe('applied');
    }
    const levels = (side: Map<number, number>, sign: number): unknown =>
      [...side].toSorted(([a], [b]) => sign * (a - b)).map(([price, size]) => ({ price, size }));
    expect(book.bids(100)).toEqual(levels(plain.bids, -1));
    expect(book.asks(100)).toEqual(levels(plain.asks, 1));
  });
});

describe('refusals', () => {
  it('refuses what is not streamed and what is not known', async () => {
    await open();
    expect((await failureOf(on(BTC, 'status'))).failure).toBe('rejected');
    expect((await failureOf(on(instrumentId('NOPE', 'BINANCE'), 'trade'))).failure).toBe(
      'not-found',
    );
    expect((await failureOf(on(instrumentId('BTCUSDT', 'XNAS'), 'trade'))).failure).toBe(
      'not-found',
    );
  });

  it('shows that history waits while the venue refuses requests, and streams go on', async () => {
    await open();
    await on(BTC, 'trade');
    rig.stub.fault({
      call: 'GET /api/v3/klines',
      what: { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    });
    const part = (name: string) => rig.data.connection.parts.find((each) => each.name === name);
    const asking = rig.data.history({
      instrument: BTC,
      timeframe: timeframe('1m'),
      start: unixMillis(T),
      end: unixMillis(T + 60_000),
    });
    const told = () =>
      rig.states
        .flatMap(({ parts }) => parts)
        .find(({ name, working }) => name === 'history' && !working)?.note;
    await expect.poll(told).toMatch(/refuses more requests/);
    trade(1);
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect((await asking).time).toHaveLength(0);
    await expect.poll(() => part('history')?.working).toBe(true);
  });

  it('waits when the venue cannot be reached at first', async () => {
    const stub = await StubBinance.start();
    stub.streams.refuse = 503;
    await open({ stub });
    expect(rig.data.connection.phase).toBe('reconnecting');
    stub.streams.refuse = null;
    await expect.poll(() => rig.data.connection.phase).toBe('ready');
  });
});

describe('history', () => {
  const start = Date.UTC(2026, 6, 24, 13, 30);
  const minutes = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      start: start + i * 60_000,
      close: start + i * 60_000 + 59_999,
      values: [`${100 + i}`, `${101 + i}.5`, `${99 + i}`, `${100 + i}.25`, `${10 + i}`] as const,
    }));

  it('reads page after page, each bar once', async () => {
    await open();
    rig.stub.market.bars.set('BTCUSDT', minutes(2_345));
    const seen: number[] = [];
    const bars = await rig.data.history({
      instrument: BTC,
      timeframe: timeframe('1m'),
      start: unixMillis(start + 60_000),
      end: unixMillis(start + 2_344 * 60_000),
      onProgress: (count) => seen.push(count),
    });
    // From minute 1 on, and before minute 2344.
    const wanted = minutes(2_345).slice(1, 2_344);
    expect([...bars.time]).toEqual(wanted.map((bar) => bar.start));
    for (const [at, column] of (['open', 'high', 'low', 'close', 'volume'] as const).entries())
      expect([...bars[column]]).toEqual(wanted.map(({ values }) => Number(values[at])));
    expect(seen).toEqual([1000, 2000, 2343]);
  });

  it('leaves out the bar that has not closed', async () => {
    await open();
    const now = Math.floor(Date.now() / 60_000) * 60_000;
    rig.stub.market.bars.set(
      'BTCUSDT',
      [-2, -1, 0].map((i) => ({
        start: now + i * 60_000,
        close: now + i * 60_000 + 59_999,
        values: ['1', '1', '1', '1', '1'] as const,
      })),
    );
    const bars = await rig.data.history({
      instrument: BTC,
      timeframe: timeframe('1m'),
      start: unixMillis(now - 600_000),
      end: unixMillis(now + 600_000),
    });
    // A minute may have passed since.
    expect([...bars.time].slice(0, 2)).toEqual([now - 120_000, now - 60_000]);
    expect(bars.time.at(-1) as number).toBeLessThanOrEqual(Date.now() - 60_000);
  });

  it('fails rather than leave out what it cannot read', async () => {
    await open();
    const [bar] = minutes(1) as [ReturnType<typeof minutes>[number]];
    rig.stub.market.bars.set('BTCUSDT', [{ ...bar, values: ['1', '2', 'low', '1', '1'] as const }]);
    const request = {
      instrument: BTC,
      timeframe: timeframe('1m'),
      start: unixMillis(start),
      end: unixMillis(start + 60_000),
    };
    expect((await failureOf(rig.data.history(request))).failure).toBe('unknown');
  });

  it('refuses what Binance does not have, and can be cancelled', async () => {
    await open();
    const request = {
      instrument: BTC,
      start: unixMillis(start),
      end: unixMillis(start + 600_000),
    };
    const error = await failureOf(rig.data.history({ ...request, timeframe: timeframe('2m') }));
    expect(error.failure).toBe('rejected');
    const abort = new AbortController();
    abort.abort();
    await expect(
      rig.data.history({ ...request, timeframe: timeframe('1m'), signal: abort.signal }),
    ).rejects.toThrow();
    expect(rig.stub.calls).not.toContain('GET /api/v3/klines');
  });
});

describe('instruments', () => {
  it('finds pairs, with the rules of their orders', async () => {
    await open();
    const found = async (query: string): Promise<readonly string[]> =>
      (await rig.data.findInstruments(query, 5)).map(({ symbol }) => symbol);
    expect(await found('BNB')).toEqual(['BNBUSDT']);
    expect(await found('btc')).toEqual(['BTCUSDT', 'ETHBTC']);
    expect(await found('eth')).toEqual(['ETHUSDT', 'ETHBTC']);
    expect(await found('ETH/BTC')).toEqual(['ETHBTC']);
    expect(await found('')).toEqual([]);
    expect(await rig.data.instrument(BTC)).toEqual({
      id: BTC,
      symbol: 'BTCUSDT',
      name: 'BTC / USDT',
      assetClass: 'crypto',
      currency: 'USDT',
      baseCurrency: 'BTC',
      calendar: 'crypto',
      ticks: [{ from: '0', tickSize: '0.01' }],
      lotSize: '0.00001',
      minQuantity: '0.00001',
      maxQuantity: '9000',
      minNotional: '5',
      maxNotional: '9000000',
      multiplier: '1',
      tradable: true,
      shortable: false,
      fractional: true,
      marginable: false,
      expiry: null,
    });
    // Prices of other currencies, and of pairs that rest, can be seen and not traded.
    for (const symbol of ['ETHBTC', 'OLDUSDT'])
      expect(await rig.data.instrument(instrumentId(symbol, 'BINANCE'))).toMatchObject({
        tradable: false,
      });
  });
});
