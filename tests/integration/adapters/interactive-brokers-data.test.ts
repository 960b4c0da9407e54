import { afterEach, describe, expect, test } from 'vitest';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import type { BookSnapshot, QuoteTick, TradeTick } from '../../../engine/domain/market-data.ts';
import { MS_PER_DAY, unixMillis } from '../../../engine/domain/time.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { VenueError } from '../../../engine/ports/venue-error.ts';
import { DepthRows } from '../../../electron/adapters/interactive-brokers/depth.ts';
import { HistoryPacing } from '../../../electron/adapters/interactive-brokers/history-pacing.ts';
import { readStamp, stampOf } from '../../../electron/adapters/interactive-brokers/times.ts';
import {
  AAPL,
  ACCOUNT,
  bench,
  closeAll,
  START,
  type Bench,
} from '../../stubs/interactive-brokers/bench.ts';
import { FakeClock } from '../../support/fake-clock.ts';

afterEach(closeAll);

const failure = async (work: Promise<unknown>): Promise<VenueError> =>
  work.then(
    () => {
      throw new Error('It was taken.');
    },
    (error: unknown) => error as VenueError,
  );
const quotes = (desk: Bench): QuoteTick[] => desk.data.filter((datum) => datum.kind === 'quote');
const books = (desk: Bench): BookSnapshot[] => desk.data.filter((datum) => datum.kind === 'book');

describe('prices from Interactive Brokers', () => {
  test('quotes: the best bid and ask, none where there is none', async () => {
    const desk = await bench();
    await desk.market.subscribe({ instrument: AAPL, kind: 'quote' });
    desk.stub.tick('AAPL', 1, 187.2, 300);
    desk.stub.tick('AAPL', 2, 187.25, 200);
    await desk.until(() => quotes(desk).at(-1)?.ask === 187.25, 'a quote');
    expect(quotes(desk).at(-1)).toMatchObject({
      instrument: AAPL,
      bid: 187.2,
      bidSize: 300,
      ask: 187.25,
      askSize: 200,
    });
    desk.stub.tick('AAPL', 1, -1, 0);
    await desk.until(() => Number.isNaN(quotes(desk).at(-1)?.bid), 'no bid');
    // Once for both kinds, and taken back with the last of them.
    await desk.market.subscribe({ instrument: AAPL, kind: 'status' });
    expect(desk.stub.received.filter(([kind]) => kind === '1')).toHaveLength(1);
    const line = desk.stub.line(1, 'AAPL');
    desk.stub.tell(line, (id) => [45, 6, id, 49, 0]);
    desk.stub.tell(line, (id) => [45, 6, id, 49, 2]);
    desk.stub.tell(line, (id) => [45, 6, id, 49, 0]);
    await desk.until(
      () => desk.data.filter(({ kind }) => kind === 'status').length === 2,
      'halted and back',
    );
    expect(
      desk.data.filter((datum) => datum.kind === 'status').map(({ status }) => status),
    ).toEqual(['halted', 'trading']);
    await desk.market.unsubscribe({ instrument: AAPL, kind: 'quote' });
    expect(desk.stub.received.filter(([kind]) => kind === '2')).toHaveLength(0);
    await desk.market.unsubscribe({ instrument: AAPL, kind: 'status' });
    await desk.until(() => desk.stub.line(1, 'AAPL') === undefined, 'taken back');
  });

  test('trades one by one, with the time of the exchange', async () => {
    const desk = await bench({ speed: 4 });
    await desk.market.subscribe({ instrument: AAPL, kind: 'trade' });
    const line = desk.stub.line(97, 'AAPL');
    desk.stub.tell(line, (id) => [99, id, 1, 1_704_207_601, 187.21, 100, 0, 'NASDAQ', '']);
    desk.stub.tell(line, (id) => [99, id, 2, 1_704_207_602, 187.22, 5, 2, 'DARK', 'I']);
    desk.stub.tell(line, (id) => [99, id, 2, 'soon', 187.22, 5, 2, 'DARK', 'I']);
    await desk.until(() => desk.data.length >= 2, 'trades');
    const trades = desk.data.filter((datum): datum is TradeTick => datum.kind === 'trade');
    expect(trades).toMatchObject([
      { price: 187.21, size: 100, venueTime: 1_704_207_601_000, regular: true },
      { price: 187.22, size: 5, venueTime: 1_704_207_602_000, regular: false },
    ]);
  });

  test('the book by its changes; one that does not fit begins it anew', async () => {
    const desk = await bench({ speed: 4 });
    await desk.market.subscribe({ instrument: AAPL, kind: 'book' });
    const change = (
      position: number,
      operation: number,
      side: number,
      price: number,
      size: number,
    ): void =>
      desk.stub.tell(desk.stub.line(10, 'AAPL'), (id) => [
        13,
        1,
        id,
        position,
        'NSDQ',
        operation,
        side,
        price,
        size,
        1,
      ]);
    change(0, 0, 1, 187.2, 100);
    change(0, 0, 1, 187.21, 50);
    change(1, 0, 1, 187.21, 25);
    change(0, 0, 0, 187.25, 70);
    await desk.until(() => books(desk).at(-1)?.asks.length === 1, 'a book');
    expect(books(desk).at(-1)).toMatchObject({
      bids: [
        { price: 187.21, size: 75 },
        { price: 187.2, size: 100 },
      ],
      asks: [{ price: 187.25, size: 70 }],
    });
    const first = desk.stub.line(10, 'AAPL')?.reqId;
    change(7, 1, 1, 180, 10);
    await desk.until(
      () => (desk.stub.line(10, 'AAPL')?.reqId ?? first) !== first,
      'asked for again',
    );
    expect(books(desk).at(-1)).toMatchObject({ bids: [], asks: [] });
    expect(desk.gaps.at(-1)?.instrument).toBe(AAPL);
    change(0, 0, 1, 187.3, 10);
    await desk.until(() => books(desk).at(-1)?.bids[0]?.price === 187.3, 'a new book');
    const second = desk.stub.line(10, 'AAPL')?.reqId ?? 0;
    desk.stub.say(
      second,
      317,
      'Market depth data has been RESET. Please empty deep book contents before applying any new entries.',
    );
    await desk.until(
      () => (desk.stub.line(10, 'AAPL')?.reqId ?? second) !== second,
      'asked for a third time',
    );
    // Sequence numbers only rise.
    const numbers = books(desk).map(({ sequence }) => sequence);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  test('rows of a book against a simple list', () => {
    const rows = new DepthRows();
    const list: number[] = [];
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let i = 0; i < 2000; i += 1) {
      const operation = random(3);
      const position = random(12);
      const price = i + 1;
      const fits = operation === 2 ? position < list.length : position <= list.length;
      expect(rows.take(position, operation, 1, price, 1)).toBe(fits);
      if (fits) list.splice(position, operation === 0 ? 0 : 1, ...(operation === 2 ? [] : [price]));
    }
    expect(rows.levels().bids.map(({ price }) => price)).toEqual(list.toSorted((a, b) => b - a));
    expect(rows.take(Number.NaN, 0, 1, 1, 1)).toBe(false);
    expect(rows.take(0, 0, 1, Number.NaN, 1)).toBe(false);
  });

  test('bars of five seconds', async () => {
    const desk = await bench({ speed: 4 });
    await desk.market.subscribe({ instrument: AAPL, kind: 'bar' });
    desk.stub.tell(desk.stub.line(50, 'AAPL'), (id) => [
      50,
      3,
      id,
      1_704_207_600,
      187,
      187.5,
      186.5,
      187.25,
      1200,
      187.1,
      42,
    ]);
    await desk.until(() => desk.data.length === 1, 'a bar');
    expect(desk.data[0]).toMatchObject({
      kind: 'bar',
      timeframe: '5s',
      start: START,
      open: 187,
      high: 187.5,
      low: 186.5,
      close: 187.25,
      volume: 1200,
      closed: true,
    });
  });

  test('refusals are told to who asks; later ones degrade the quotes', async () => {
    const desk = await bench();
    desk.stub.ignored.add(1);
    const asking = failure(desk.market.subscribe({ instrument: AAPL, kind: 'quote' }));
    await desk.until(() => desk.stub.received.some(([kind]) => kind === '1'), 'asked');
    const id = Number(desk.stub.received.find(([kind]) => kind === '1')?.[2]);
    desk.stub.say(id, 354, 'Requested market data is not subscribed.');
    expect(await asking).toMatchObject({ failure: 'rejected', code: '354' });
    expect(
      await failure(
        desk.market.subscribe({ instrument: instrumentId('NOSUCH', 'XNYS'), kind: 'quote' }),
      ),
    ).toMatchObject({ failure: 'not-found' });
    desk.stub.ignored.clear();
    await desk.market.subscribe({ instrument: AAPL, kind: 'quote' });
    desk.stub.tell(desk.stub.line(1, 'AAPL'), (line) => [
      4,
      2,
      line,
      10_197,
      'No market data during competing live session',
      '',
    ]);
    await desk.until(() => desk.phase === 'degraded', 'degraded');
    expect(desk.part('quotes')).toBe(false);
    expect(desk.part('orders')).toBe(true);
    await desk.market.unsubscribe({ instrument: AAPL, kind: 'quote' });
    expect(desk.phase).toBe('ready');
  });

  test('delayed prices are told as such', async () => {
    const desk = await bench({ settings: { delayedData: true } });
    await desk.execution.positions(ACCOUNT);
    expect(desk.stub.received).toContainEqual(['59', '1', '3']);
    await desk.market.subscribe({ instrument: AAPL, kind: 'quote' });
    desk.stub.tell(desk.stub.line(1, 'AAPL'), (id) => [58, 1, id, 3]);
    desk.stub.tick('AAPL', 66, 187.1, 10);
    await desk.until(() => quotes(desk).at(-1)?.bid === 187.1, 'a delayed bid');
    expect(desk.execution.connection.message).toContain('delayed');
  });

  test('after a lost connection all streams are there again, and the gap is told', async () => {
    const desk = await bench({ speed: 4 });
    const kinds = ['quote', 'trade', 'book', 'bar'] as const;
    for (const kind of kinds) await desk.market.subscribe({ instrument: AAPL, kind });
    await desk.stub.stop();
    await desk.until(() => desk.phase !== 'ready', 'lost');
    await desk.stub.start();
    await desk.until(() => desk.phase === 'ready', 'ready');
    for (const kind of [1, 97, 10, 50])
      await desk.until(() => desk.stub.line(kind, 'AAPL') !== undefined, `line ${kind}`);
    expect(desk.gaps).toHaveLength(1);
    const [gap] = desk.gaps;
    expect(gap?.instrument).toBeNull();
    expect(gap?.to).toBeGreaterThan(gap?.from ?? 0);
    desk.stub.tick('AAPL', 1, 188, 1);
    await desk.until(() => quotes(desk).at(-1)?.bid === 188, 'a quote');
    // What was known before the gap is not shown as if it were known now.
    expect(quotes(desk).at(-1)?.ask).toBeNaN();
  });

  test('no more messages a second than TWS allows', async () => {
    const desk = await bench();
    const before = desk.stub.requests;
    const began = performance.now();
    await Promise.all(Array.from({ length: 120 }, () => desk.execution.positions(ACCOUNT)));
    const seconds = (performance.now() - began) / 1000;
    expect((desk.stub.requests - before) / Math.ceil(seconds)).toBeLessThanOrEqual(50);
  });
});

describe('history from Interactive Brokers', () => {
  const minute = 60_000;
  const rowsOf = (times: readonly number[]) =>
    times.map((time) => [time / 1000, 1, 2, 0.5, 1.5, 100, 1.2, 3]);

  test('pages from the end to the start, in order, without doubles, closed bars only', async () => {
    const desk = await bench({ speed: 4 });
    const asked: string[] = [];
    const start = START - 3 * MS_PER_DAY;
    desk.stub.bars = ({ end, duration, size, what }) => {
      asked.push(`${end} ${duration} ${size} ${what}`);
      const to = readStamp(end) ?? 0;
      // A day and a little more: pages overlap.
      const times: number[] = [];
      for (let time = to - MS_PER_DAY - 5 * minute; time < to; time += minute)
        times.push(time - (time % minute));
      return rowsOf(times);
    };
    const reached: number[] = [];
    // Nobody is so slow that the first minute passes meanwhile.
    desk.clock.speed = 1;
    desk.clock.set(START);
    const bars = await desk.market.history({
      instrument: AAPL,
      timeframe: timeframe('1m'),
      start: unixMillis(start),
      end: unixMillis(START + MS_PER_DAY),
      onProgress: (_bars, time) => reached.push(time),
    });
    expect(bars.time[0]).toBe(start);
    // The present minute is not over: 10:00 began at START.
    expect(bars.time.at(-1)).toBe(START - minute);
    expect(bars.time).toHaveLength(3 * 24 * 60);
    for (let i = 1; i < bars.time.length; i += 1)
      expect(bars.time[i]).toBe((bars.time[i - 1] ?? 0) + minute);
    expect([bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]]).toEqual([
      1, 2, 0.5, 1.5, 100,
    ]);
    expect(asked.every((each) => each.endsWith('1 D 1 min TRADES'))).toBe(true);
    expect(asked).toHaveLength(3);
    expect(reached.at(-1)).toBe(start);
  });

  test('days are dates; no data is an empty answer; other errors are errors', async () => {
    const desk = await bench({ speed: 4 });
    desk.stub.bars = () => [
      ['20231228', 1, 2, 0.5, 1.5, 1000, 1, 5],
      ['20231229', 1.5, 2, 0.5, 1.7, 1100, 1, 5],
    ];
    const request = {
      instrument: AAPL,
      timeframe: timeframe('1d'),
      start: unixMillis(Date.UTC(2023, 11, 28)),
      end: unixMillis(START),
    };
    const bars = await desk.market.history(request);
    expect([...bars.time]).toEqual([Date.UTC(2023, 11, 28), Date.UTC(2023, 11, 29)]);
    desk.stub.bars = () => ({
      code: 162,
      text: 'Historical Market Data Service error message:HMDS query returned no data: AAPL@SMART Trades',
    });
    expect(
      (await desk.market.history({ ...request, end: unixMillis(START - MS_PER_DAY) })).time,
    ).toHaveLength(0);
    desk.stub.bars = () => ({
      code: 162,
      text: 'Historical Market Data Service error message:No market data permissions for ISLAND STK',
    });
    expect(
      await failure(desk.market.history({ ...request, end: unixMillis(START - 2 * MS_PER_DAY) })),
    ).toMatchObject({ failure: 'rejected', code: '162' });
    expect(
      await failure(desk.market.history({ ...request, timeframe: timeframe('7m') })),
    ).toMatchObject({ failure: 'rejected' });
    const ending = new AbortController();
    desk.stub.ignored.add(20);
    const waiting = failure(
      desk.market.history({
        ...request,
        end: unixMillis(START - 3 * MS_PER_DAY),
        signal: ending.signal,
      }),
    );
    await desk.until(
      () => desk.stub.received.filter(([kind]) => kind === '20').length === 4,
      'asked',
    );
    ending.abort();
    expect(await waiting).toMatchObject({ code: 'CANCELLED' });
    await desk.until(() => desk.stub.received.some(([kind]) => kind === '25'), 'taken back');
  });

  test('a pacing violation makes it wait and ask again', async () => {
    const desk = await bench();
    desk.clock.speed = 20;
    let count = 0;
    desk.stub.bars = () => {
      count += 1;
      return count === 1
        ? {
            code: 162,
            text: 'Historical Market Data Service error message:API historical data query pacing violation',
          }
        : rowsOf([START - 2 * minute]);
    };
    const before = desk.clock.elapsed();
    const bars = await desk.market.history({
      instrument: AAPL,
      timeframe: timeframe('1m'),
      start: unixMillis(START - 5 * minute),
      end: unixMillis(START - minute),
    });
    expect(bars.time).toHaveLength(1);
    expect(count).toBe(2);
    // Timers may come a moment early.
    expect(desk.clock.elapsed() - before).toBeGreaterThan(14_500);
  });

  test('the rules of pacing, against a list of when each was let through', async () => {
    const clock = new FakeClock();
    const pacing = new HistoryPacing(clock);
    const times: {
      at: number;
      contract: string;
      small: boolean;
      cost: number;
      identical: string;
    }[] = [];
    for (let i = 0; i < 150; i += 1) {
      const request = {
        contract: `C${i % 3}`,
        identical: `I${i % 100}`,
        small: i % 2 === 0,
        cost: i % 10 === 0 ? 2 : 1,
      };
      void pacing.take(request).then((release) => {
        times.push({ at: clock.elapsed(), ...request });
        release();
      });
    }
    await clock.pass(40 * minute);
    expect(times).toHaveLength(150);
    const inside = (from: number, length: number) =>
      times.filter(({ at }) => at >= from && at < from + length);
    for (const { at, contract, identical } of times) {
      const small = inside(at, 600_000).filter((each) => each.small);
      expect(small.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(60);
      expect(
        inside(at, 2000)
          .filter((each) => each.contract === contract)
          .reduce((sum, { cost }) => sum + cost, 0),
      ).toBeLessThan(6);
      expect(inside(at, 15_000).filter((each) => each.identical === identical)).toHaveLength(1);
    }
    // No more than 50 at once; the others wait for one that ends.
    const releases: (() => void)[] = [];
    for (let i = 0; i < 60; i += 1) {
      void pacing
        .take({ contract: `D${i}`, identical: `E${i}`, small: false, cost: 1 })
        .then((release) => releases.push(release));
    }
    await clock.pass(minute);
    expect(releases).toHaveLength(50);
    for (const release of releases.splice(0, 10)) release();
    await clock.pass(0);
    expect(releases).toHaveLength(50);
  });

  test('times as TWS writes them', () => {
    expect(readStamp('20240102 10:00:00 US/Eastern')).toBe(START);
    expect(readStamp('20240102-15:00:00')).toBe(START);
    expect(readStamp('20240102  10:00:00 EST')).toBe(START);
    expect(readStamp('20240702 10:00:00', 'America/New_York')).toBe(Date.UTC(2024, 6, 2, 14));
    expect(stampOf(START)).toBe('20240102-15:00:00');
    for (const text of ['', 'soon', '20240102 10:00:00 Mars/Base'])
      expect(readStamp(text)).toBeNull();
  });
});

describe('scanners', () => {
  test('rows by rank, taken back once they are there; unknown scanners are refused here', async () => {
    const desk = await bench();
    const request = {
      instrument: 'STK',
      location: 'STK.US.MAJOR',
      scan: 'TOP_PERC_GAIN',
      rows: 10,
      abovePrice: 5,
    };
    const rows = await desk.market.scan(request);
    expect(rows.map(({ rank, symbol }) => [rank, symbol])).toEqual([
      [0, 'AAPL'],
      [1, 'MSFT'],
      [2, 'BRK B'],
      [3, 'SPY'],
    ]);
    const sent = desk.stub.received.find(([kind]) => kind === '22');
    expect(sent?.slice(2, 7)).toEqual(['10', 'STK', 'STK.US.MAJOR', 'TOP_PERC_GAIN', '5']);
    await desk.until(() => desk.stub.received.some(([kind]) => kind === '23'), 'taken back');
    expect(await failure(desk.market.scan({ ...request, scan: 'NO_SUCH' }))).toMatchObject({
      failure: 'rejected',
    });
    expect(await desk.market.scannerParameters()).toContain('ScanParameterResponse');
  });
});
