import { describe, expect, it } from 'vitest';
import { DepthBook } from '../../../electron/adapters/binance/depth-book.ts';
import { instrumentId, symbolOf } from '../../../engine/domain/identifiers.ts';
import type { BookSnapshot } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { StubKline } from '../../stubs/binance/market.ts';
import { StubBinance } from '../../stubs/binance/server.ts';
import { BTC, ETH, withData, type Rig } from '../../stubs/binance/rig.ts';
import {
  halfOpenCheck,
  historyChecks,
  streamedChecks,
  type StreamSource,
} from '../../stubs/data-checks.ts';
import type { StubBar } from '../../stubs/rest-stub.ts';
import { failureOf, subscribe, untilReady } from '../../stubs/rig.ts';

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
const books = ({ ticks }: Rig): readonly BookSnapshot[] =>
  ticks.filter((tick) => tick.kind === 'book');
const trade = (rig: Rig, t: number, more: object = {}): void =>
  rig.stub.streams.tick('btcusdt@trade', { ...TRADE, t, ...more });

const SOURCE: StreamSource<Rig> = {
  withData,
  first: BTC,
  second: ETH,
  trade: ({ stub }, instrument, t) => {
    const s = symbolOf(instrument);
    stub.streams.tick(`${s.toLowerCase()}@trade`, { ...TRADE, s, t });
  },
};

describe('streams', () => {
  streamedChecks(SOURCE, {
    bar: ({ stub }) => stub.streams.tick('ethusdt@kline_1m', { ...KLINE, s: 'ETHUSDT' }),
    notStreamed: 'status',
    strangers: [instrumentId('NOPE', 'BINANCE'), instrumentId('BTCUSDT', 'XNAS')],
  });
  halfOpenCheck(SOURCE, /^The connection was interrupted\.$/);

  it('reads every kind of message', async () => {
    const rig = await withData();
    expect(rig.data.connection.phase).toBe('ready');
    for (const kind of ['quote', 'trade', 'bar'] as const) await subscribe(rig, BTC, kind);
    await expect.poll(() => rig.ticks.length).toBe(1); // the quote as it stands
    rig.ticks.length = 0;
    const { streams } = rig.stub;
    streams.tick('btcusdt@bookTicker', QUOTE);
    streams.tick('btcusdt@bookTicker', { ...QUOTE, b: '0.00000000', B: '0.00000000' });
    trade(rig, 1);
    trade(rig, 2, { m: true });
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
    const rig = await withData();
    rig.stub.market.change('BTCUSDT', { '49000.00': '1' }, { '49001.00': '2' });
    await subscribe(rig, BTC, 'quote');
    await expect
      .poll(() => rig.ticks)
      .toMatchObject([{ kind: 'quote', bid: 49_000, ask: 49_001, bidSize: 1, askSize: 2 }]);
  });

  it('asks for many things in few messages, as the venue allows five a second', async () => {
    const rig = await withData({ patience: { waits: { first: 20, longest: 60 }, gather: 250 } });
    await rig.data.instrument(BTC);
    const kinds = ['trade', 'bar', 'book'] as const;
    await Promise.all(
      kinds.flatMap((kind) => [subscribe(rig, BTC, kind), subscribe(rig, ETH, kind)]),
    );
    await Promise.all(kinds.map((kind) => rig.data.unsubscribe({ instrument: ETH, kind })));
    expect(rig.stub.streams.heard).toEqual(['SUBSCRIBE', 'UNSUBSCRIBE']);
    expect(rig.stub.streams.tooFast).toBe(0);
  });

  it('tells trades that were missed, and none that come twice or late', async () => {
    const rig = await withData();
    await subscribe(rig, BTC, 'trade');
    trade(rig, 10);
    trade(rig, 11);
    trade(rig, 11);
    trade(rig, 10);
    trade(rig, 14, { T: T + 500 });
    trade(rig, 15);
    await expect.poll(() => rig.ticks.length).toBe(6);
    expect(rig.gaps).toEqual([
      { instrument: BTC, from: T, to: T + 500, reason: 'Trades were missed.' },
    ]);
  });

  it('survives a restart of the venue and a shutdown that is announced', async () => {
    const rig = await withData();
    await subscribe(rig, BTC, 'trade');
    await rig.stub.restart();
    await expect.poll(() => rig.gaps.length).toBe(1);
    await untilReady(rig.data);
    rig.stub.streams.sendData(JSON.stringify({ e: 'serverShutdown', E: T }));
    await expect.poll(() => rig.gaps.length).toBe(2);
    trade(rig, 1);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });

  it('drops 20,000 messages that cannot be read, and tells the gaps', async () => {
    const rig = await withData();
    for (const kind of ['quote', 'trade', 'bar', 'book'] as const) await subscribe(rig, BTC, kind);
    const { market, streams } = rig.stub;
    market.send(market.change('BTCUSDT', { '49000.00': '1' }, { '49001.00': '2' }));
    await expect.poll(() => books(rig).length).toBeGreaterThan(0);
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
    await expect.poll(() => rig.data.malformed, { timeout: 120_000 }).toBe(20_000);
    expect(rig.ticks).toEqual([]);
    expect(rig.gaps).toHaveLength(20_000);
    expect(rig.logs.length).toBeLessThan(100);
    expect(rig.data.connection.phase).toBe('ready');
    trade(rig, 1);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });
});

describe('the book', () => {
  /** The best levels as text, bids first. */
  const shown = (book: BookSnapshot | undefined): unknown => [
    book?.bids.map(({ price, size }) => [price, size]),
    book?.asks.map(({ price, size }) => [price, size]),
  ];
  /** The same of the truth. */
  const truth = (rig: Rig): unknown => {
    const { bids, asks } = rig.stub.market.book('BTCUSDT');
    const side = (levels: Map<string, string>, sign: number): unknown =>
      [...levels]
        .map(([price, size]) => [Number(price), Number(size)])
        .toSorted(([a], [b]) => sign * ((a as number) - (b as number)));
    return [side(bids, -1), side(asks, 1)];
  };
  const same = (rig: Rig): Promise<void> =>
    expect.poll(() => shown(books(rig).at(-1))).toEqual(truth(rig));

  it('is a snapshot and the changes after it', async () => {
    const rig = await withData();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1', '99.00': '2' }, { '101.00': '3', '102.00': '4' });
    await subscribe(rig, BTC, 'book');
    market.send(market.change('BTCUSDT', { '100.00': '5', '98.00': '1' }));
    market.send(market.change('BTCUSDT', { '99.00': '0' }, { '100.50': '7', '102.00': '0' }));
    market.send(market.change('BTCUSDT', { '97.00': '0' })); // was never there
    await same(rig);
    expect(books(rig).at(-1)?.sequence).toBe(market.book('BTCUSDT').id);
    expect(rig.gaps).toEqual([]);
    const sequences = books(rig).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it('asks again for a snapshot that is older than the changes', async () => {
    const rig = await withData();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    market.stale = true;
    await subscribe(rig, BTC, 'book');
    market.change('BTCUSDT', { '100.00': '2' }); // nobody was told
    market.send(market.change('BTCUSDT', { '99.00': '2' }));
    const asked = (): number =>
      rig.stub.calls.filter((call) => call === 'GET /api/v3/depth').length;
    await expect.poll(asked).toBeGreaterThan(1);
    expect(books(rig)).toEqual([]);
    market.stale = false;
    await same(rig);
  });

  it('begins anew where changes were missed, and tells the gap', async () => {
    const rig = await withData();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    await subscribe(rig, BTC, 'book');
    market.send(market.change('BTCUSDT', { '99.00': '2' }));
    await same(rig);
    market.change('BTCUSDT', { '99.00': '0', '98.00': '5' }); // lost
    market.send(market.change('BTCUSDT', {}, { '101.00': '1' }));
    await same(rig);
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
    await same(rig);
  });

  it('is not disturbed by changes that come twice or late', async () => {
    const rig = await withData();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    await subscribe(rig, BTC, 'book');
    const changes = [1, 2, 3].map((size) =>
      market.change('BTCUSDT', { '100.00': String(size) }, { '101.00': String(size) }),
    );
    for (const change of [...changes, ...changes.toReversed()]) market.send(change);
    await same(rig);
    expect(rig.gaps).toEqual([]);
  });

  it('is made anew after an interruption, and goes on when it cannot be had at first', async () => {
    const rig = await withData();
    const { market } = rig.stub;
    market.change('BTCUSDT', { '100.00': '1' }, { '101.00': '3' });
    await subscribe(rig, BTC, 'book');
    market.send(market.change('BTCUSDT', { '99.00': '2' }));
    await same(rig);
    market.change('BTCUSDT', { '99.00': '0' });
    rig.stub.fault({
      call: 'GET /api/v3/depth',
      what: { kind: 'status', status: 400, body: '{"code":-1130,"msg":"no"}' },
    });
    rig.stub.streams.dropData();
    await expect.poll(() => rig.gaps.length).toBe(1);
    await untilReady(rig.data);
    market.send(market.change('BTCUSDT', { '98.00': '2' }));
    await same(rig);
  });

  it('agrees with a plain one over 5,000 random changes', () => {
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
  it('shows that history waits while the venue refuses requests, and streams go on', async () => {
    const rig = await withData();
    await subscribe(rig, BTC, 'trade');
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
    trade(rig, 1);
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect((await asking).time).toHaveLength(0);
    await expect.poll(() => part('history')?.working).toBe(true);
  });

  it('waits when the venue cannot be reached at first', async () => {
    const stub = await StubBinance.start();
    stub.streams.refuse = 503;
    const rig = await withData({ stub });
    expect(rig.dataPhases).toContain('reconnecting');
    stub.streams.refuse = null;
    await untilReady(rig.data);
  });
});

/** A bar as the venue's own answers have it. */
const kline = ({ t, o, h, l, c, v }: StubBar): StubKline => ({
  start: t,
  close: t + 59_999,
  values: [`${o}`, `${h}`, `${l}`, `${c}`, `${v}`],
});

historyChecks<Rig>({
  withData,
  instrument: BTC,
  call: 'GET /api/v3/klines',
  notThere: '2m',
  put: ({ stub }, bars) => {
    stub.market.bars.set('BTCUSDT', bars.map(kline));
  },
  pages: { bars: 2_345, told: [1000, 2000, 2343] },
});

describe('history', () => {
  it('fails rather than leave out what it cannot read', async () => {
    const rig = await withData();
    const bar = kline({ t: T, o: 1, h: 2, l: 1, c: 1, v: 1 });
    rig.stub.market.bars.set('BTCUSDT', [{ ...bar, values: ['1', '2', 'low', '1', '1'] }]);
    const request = {
      instrument: BTC,
      timeframe: timeframe('1m'),
      start: unixMillis(T),
      end: unixMillis(T + 60_000),
    };
    expect((await failureOf(rig.data.history(request))).failure).toBe('unknown');
  });
});

describe('instruments', () => {
  it('finds pairs, with the rules of their orders', async () => {
    const rig = await withData();
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
