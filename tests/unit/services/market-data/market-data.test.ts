import { describe, expect, test } from 'vitest';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import { instrumentId } from '../../../../engine/domain/identifiers.ts';
import { VenueError } from '../../../../engine/ports/venue-error.ts';
import { columnsOf } from '../../../../engine/series/live-bars.ts';
import type { QuoteView } from '../../../../engine/protocol/live-schemas.ts';
import { quote as quoteSchema } from '../../../../engine/protocol/live-schemas.ts';
import { settle } from '../../../support/fake-clock.ts';
import { AAPL, at, book, FakeSource, MSFT, open, OPEN, quote, tf, trade } from './fake-source.ts';

const streamCalls = (source: FakeSource): string[] =>
  source.calls.filter((call) => call.includes('subscribe'));

describe('subscriptions', () => {
  test('are shared by all users and end with the last', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    const [first, second] = await Promise.all([
      market.watch(AAPL, ['quote']),
      market.watch(AAPL, ['quote', 'trade']),
    ]);
    expect(streamCalls(source)).toEqual(['subscribe quote AAPL.TEST', 'subscribe trade AAPL.TEST']);
    first.end();
    first.end();
    await settle();
    expect(streamCalls(source)).toHaveLength(2);
    second.end();
    await settle();
    expect(streamCalls(source).slice(2)).toEqual([
      'unsubscribe quote AAPL.TEST',
      'unsubscribe trade AAPL.TEST',
    ]);
    expect(market.statistics()[0]?.subscriptions).toBe(0);
  });

  test('an end never overtakes the beginning that follows it', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    for (let i = 0; i < 5; i += 1) (await market.watch(AAPL, ['quote'])).end();
    await market.watch(AAPL, ['quote']);
    await settle();
    expect(streamCalls(source).at(-1)).toBe('subscribe quote AAPL.TEST');
    source.send(quote(clock, 1, 2));
    expect(market.mark(AAPL)?.bid).toBe(1);
  });

  test('each kind is served by the first source that has the instrument and streams it', async () => {
    const { clock, market } = open();
    const quotes = new FakeSource(clock, { venue: 'quotes', streams: ['quote'] });
    const other = new FakeSource(clock, { venue: 'other', ids: [MSFT] });
    const all = new FakeSource(clock, { venue: 'all' });
    for (const source of [quotes, other, all]) market.addSource(source);
    const watch = await market.watch(AAPL, ['quote', 'trade', 'book']);
    expect([...watch.sources]).toEqual([
      ['quote', 'quotes'],
      ['trade', 'all'],
      ['book', 'all'],
    ]);
    expect(streamCalls(other)).toEqual([]);
    const named = await market.watch(AAPL, ['quote'], 'all');
    expect([...named.sources]).toEqual([['quote', 'all']]);
  });

  test('refusals, unknown instruments and missing kinds say why, and leave nothing behind', async () => {
    const { clock, market } = open();
    await expect(market.watch(AAPL, ['quote'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const source = new FakeSource(clock, { streams: ['quote'], maxSubscriptions: 1 });
    market.addSource(source);
    const unknown = instrumentId('NONE', 'TEST');
    await expect(market.watch(unknown, ['quote'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(market.watch(AAPL, ['book'])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'AAPL.TEST: no source that has it streams book (fake: quote).',
    });
    await expect(market.watch(AAPL, ['quote'], 'nobody')).rejects.toThrow(/connected are fake/);
    await expect(market.watch(AAPL, [])).rejects.toMatchObject({ code: 'BAD_INPUT' });
    source.refusals = [new VenueError('rejected', 'No entitlement.')];
    await expect(market.watch(AAPL, ['quote'])).rejects.toThrow('No entitlement.');
    expect(market.statistics()[0]?.subscriptions).toBe(0);
    await market.watch(AAPL, ['quote']);
    await expect(market.watch(MSFT, ['quote'])).rejects.toThrow(/1 subscriptions at most/);
    source.send(quote(clock, 1, 2, { instrument: MSFT }));
    expect(market.mark(MSFT)).toBeNull();
    expect(market.statistics()[0]?.dropped.get('not-watched')).toBe(1);
  });

  test('a failure that passes is tried again', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    source.refusals = [
      new VenueError('unknown', 'No answer.'),
      new VenueError('rate-limited', 'Later.', { retryAfter: 20_000 }),
    ];
    market.addSource(source);
    await market.watch(AAPL, ['quote']);
    expect(streamCalls(source)).toHaveLength(1);
    await clock.pass(1_000);
    expect(streamCalls(source)).toHaveLength(2);
    await clock.pass(19_000);
    expect(streamCalls(source)).toHaveLength(2);
    await clock.pass(1_000);
    expect(streamCalls(source)).toHaveLength(3);
    await clock.pass(600_000);
    expect(streamCalls(source)).toHaveLength(3);
  });

  test('a source that goes away makes its watchers stale; when it is back they go on', async () => {
    const { clock, market } = open();
    const first = new FakeSource(clock);
    market.addSource(first);
    const watch = await market.watch(AAPL, ['quote']);
    first.send(quote(clock, 10, 11));
    expect(market.quote(AAPL)).toMatchObject({ bid: 10, stale: false, source: 'fake' });
    market.removeSource('fake');
    expect(first.heard).toBe(0);
    expect(market.quote(AAPL)).toMatchObject({ bid: 10, stale: true });
    const second = new FakeSource(clock);
    market.addSource(second);
    await settle();
    expect(streamCalls(second)).toEqual(['subscribe quote AAPL.TEST']);
    second.send(quote(clock, 12, 13));
    expect(market.quote(AAPL)).toMatchObject({ bid: 12, stale: false });
    watch.end();
    await settle();
    expect(streamCalls(second).at(-1)).toBe('unsubscribe quote AAPL.TEST');
  });

  test('a reconnection of the source is its own matter: nothing is subscribed twice', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['quote']);
    source.send(quote(clock, 10, 11));
    source.down();
    expect(market.quote(AAPL)?.stale).toBe(true);
    await clock.pass(5_000);
    source.up();
    expect(market.quote(AAPL)?.stale).toBe(false);
    expect(streamCalls(source)).toHaveLength(1);
  });
});

describe('quotes and marks', () => {
  test('a mark holds what was heard, and is as old as its bid and ask', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    const watch = await market.watch(AAPL, ['quote', 'trade']);
    expect(market.mark(AAPL)).toBeNull();
    expect(market.quote(AAPL)).toBeNull();
    source.send(trade(clock, 10.5));
    expect(market.mark(AAPL)).toEqual({ bid: NaN, ask: NaN, last: 10.5, time: OPEN });
    await clock.pass(1_000);
    source.send(quote(clock, 10, 11));
    await clock.pass(2_000);
    source.send(trade(clock, 10.6));
    expect(market.mark(AAPL)).toEqual({ bid: 10, ask: 11, last: 10.6, time: OPEN + 1_000 });
    // Prices of a delayed source are as old as the venue says.
    source.send(quote(clock, 12, 13, { venueTime: at(OPEN + 1_500) }));
    expect(market.mark(AAPL)).toMatchObject({ bid: 12, time: OPEN + 1_500 });
    watch.end();
    await settle();
    // Nobody hears the quotes any more: what they were is not carried on.
    expect(market.mark(AAPL)).toEqual({ bid: NaN, ask: NaN, last: 10.6, time: OPEN + 3_000 });
    expect(market.quote(AAPL)?.stale).toBe(true);
  });

  test('what another source in its place has not is stale at once, and fresh when one has it again', async () => {
    const { clock, market, defects } = open();
    const live = new FakeSource(clock);
    market.addSource(live);
    for (const id of [AAPL, MSFT]) await market.watch(id, ['quote', 'trade']);
    live.send(quote(clock, 10, 11), quote(clock, 20, 21, { instrument: MSFT }));
    const views: string[] = [];
    market.onView(({ quotes }) =>
      views.push(...quotes.map(({ instrument, stale }) => `${instrument} ${stale}`)),
    );
    await clock.pass(1000);
    views.length = 0;
    // A replay takes its place, under the same name: it has Microsoft alone.
    const replay = new FakeSource(clock, { ids: [MSFT] });
    const { subscribe } = replay;
    replay.subscribe = async (subscription) => {
      await replay.instrument(subscription.instrument);
      await subscribe.call(replay, subscription);
    };
    market.removeSource(live.venue);
    market.addSource(replay);
    await clock.pass(20);
    expect(market.quote(AAPL)).toMatchObject({ bid: 10, stale: true });
    expect(market.quote(MSFT)?.stale).toBe(false);
    expect(views.findLast((view) => view.startsWith(AAPL))).toBe(`${AAPL} true`);
    // And of a kind that it does not tell: trades go on, so something is heard of it.
    replay.instruments.set(AAPL, live.instruments.get(AAPL) as never);
    replay.refusals.push(new VenueError('rejected', 'It streams no quotes.'));
    replay.down();
    replay.up();
    await clock.pass(20);
    expect(market.quote(AAPL)?.stale).toBe(false);
    market.removeSource(replay.venue);
    market.addSource(live);
    await clock.pass(20);
    live.send(quote(clock, 12, 13));
    expect(market.quote(AAPL)).toMatchObject({ bid: 12, stale: false });
    expect(defects).toEqual([]);
  });

  test('silence makes a quote stale by the session, and never when the market is closed', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['quote']);
    source.send(quote(clock, 10, 11));
    const views: boolean[] = [];
    market.onView(({ quotes }) => views.push(...quotes.map(({ stale }) => stale)));
    await clock.pass(59_000);
    expect(market.quote(AAPL)?.stale).toBe(false);
    await clock.pass(3_000);
    expect(market.quote(AAPL)?.stale).toBe(true);
    expect(views.at(-1)).toBe(true);
    source.send(quote(clock, 10, 11));
    await clock.pass(100);
    expect(views.at(-1)).toBe(false);
    // 16:30 in New York: ten minutes are allowed; 20:30: the market is closed.
    await clock.pass(6.5 * 3_600_000);
    source.send(quote(clock, 10, 11));
    await clock.pass(300_000);
    expect(market.quote(AAPL)?.stale).toBe(false);
    await clock.pass(400_000);
    expect(market.quote(AAPL)?.stale).toBe(true);
    await clock.pass(4 * 3_600_000);
    expect(market.quote(AAPL)?.stale).toBe(false);
  });

  test('figures of the day come from history and go on with the trades', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock, { timeframes: [tf('1m'), tf('1d')] });
    const today = Date.UTC(2024, 0, 2);
    const dayBar = (day: number, close: number) => ({
      time: day,
      open: 1,
      high: 2,
      low: 1,
      close,
      volume: 5,
    });
    const minute = (i: number, high: number, volume: number) => ({
      time: Date.UTC(2024, 0, 2, 14, 30 + i),
      open: 50 + i,
      high,
      low: 40 - i,
      close: 51,
      volume,
    });
    source.answer = async ({ timeframe, start, end }) => {
      const bars =
        timeframe === '1d'
          ? [dayBar(Date.UTC(2023, 11, 28), 44), dayBar(Date.UTC(2023, 11, 29), 47)]
          : [minute(0, 60, 100), minute(1, 66, 50), minute(30, 80, 1_000)];
      return columnsOf(bars.filter(({ time }) => time >= start && time < end));
    };
    market.addSource(source);
    await market.watch(AAPL, ['quote', 'trade']);
    source.send(trade(clock, 52, { size: 7 }));
    await settle();
    // 10:00 has just begun: minutes 0 and 1 are over, minute 30 has not been.
    expect(market.quote(AAPL)).toMatchObject({
      previousClose: 47,
      open: 50,
      high: 66,
      low: 39,
      volume: 157,
    });
    await clock.pass(10_000);
    source.send(trade(clock, 55, { size: 3 }), trade(clock, 55, { size: 1, regular: false }));
    expect(market.quote(AAPL)?.volume).toBe(161);
    await clock.pass(100_000);
    // History has told minute 30 meanwhile, in which the trades above were.
    expect(market.quote(AAPL)).toMatchObject({ high: 80, low: 10, volume: 1_150, open: 50 });
    source.send(trade(clock, 58, { size: 2 }));
    expect(market.quote(AAPL)).toMatchObject({ high: 80, volume: 1_152, last: 58 });
    expect(source.asked.every(({ start }) => start <= today + 86_400_000)).toBe(true);
    await clock.pass(24 * 3_600_000);
    source.send(trade(clock, 85, { size: 4 }));
    expect(market.quote(AAPL)).toMatchObject({
      previousClose: 58,
      open: 85,
      high: 85,
      low: 85,
      volume: 4,
    });
  });

  test('a day bar of the source is believed before anything else', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['quote']);
    const day = Date.UTC(2024, 0, 2);
    source.send({
      kind: 'bar',
      instrument: AAPL,
      venueTime: clock.now(),
      receivedTime: clock.now(),
      timeframe: tf('1d'),
      start: at(day),
      open: 5,
      high: 9,
      low: 4,
      close: 8,
      volume: 1234,
      closed: false,
    });
    expect(market.quote(AAPL)).toMatchObject({ open: 5, high: 9, low: 4, last: 8, volume: 1234 });
  });

  test('halts and books are shown, and views fit the contract', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['quote', 'book']);
    const { venueTime, receivedTime } = quote(clock, 1, 2);
    source.send(
      quote(clock, 10, Number.NaN, { bidSize: Number.NaN }),
      {
        kind: 'status',
        instrument: AAPL,
        venueTime,
        receivedTime,
        status: 'halted',
        reason: 'LUDP',
      },
      book(clock),
    );
    expect(quoteSchema.parse(market.quote(AAPL))).toMatchObject({
      bid: 10,
      ask: null,
      bidSize: null,
      halted: true,
    });
    expect(market.book(AAPL)).toMatchObject({ bids: [{ price: 99, size: 1 }, { price: 98 }] });
  });
});

describe('listeners', () => {
  test('hear every tick in order; the window hears the newest, 60 times a second at most', async () => {
    const { clock, market, defects } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['quote']);
    await market.watch(MSFT, ['quote']);
    const heard: number[] = [];
    const views: { time: number; quotes: QuoteView[] }[] = [];
    market.listen(() => {
      throw new Error('broken');
    });
    market.listen((batch) =>
      heard.push(...batch.map((each) => (each.kind === 'quote' ? each.bid : -1))),
    );
    market.onView(({ quotes }) => views.push({ time: clock.elapsed(), quotes }));
    for (let i = 1; i <= 2_000; i += 1) {
      source.send(quote(clock, i, i + 1), quote(clock, i + 0.5, i + 1, { instrument: MSFT }));
      await (i % 2 === 0 ? clock.pass(1) : Promise.resolve());
    }
    await clock.pass(100);
    expect(heard).toHaveLength(4_000);
    expect(heard.slice(0, 4)).toEqual([1, 1.5, 2, 2.5]);
    // 1,000 ms of quotes.
    expect(views.length).toBeGreaterThan(50);
    expect(views.length).toBeLessThanOrEqual(61);
    for (const [i, { quotes, time }] of views.entries()) {
      expect(quotes.filter(({ instrument }) => instrument === AAPL).length).toBeLessThanOrEqual(1);
      if (i > 0) expect(time - (views[i - 1]?.time ?? 0)).toBeGreaterThanOrEqual(1000 / 60);
    }
    expect(views.at(-1)?.quotes.map(({ bid }) => bid)).toEqual([2_000, 2_000.5]);
    expect(defects.length).toBe(2_000);
    expect(defects[0]).toContain('broken');
  });

  test('an instrument at two sources is told once; a named source is told apart', async () => {
    const { clock, market } = open();
    const a = new FakeSource(clock, { venue: 'a' });
    const b = new FakeSource(clock, { venue: 'b' });
    market.addSource(a);
    market.addSource(b);
    const first = await market.watch(AAPL, ['trade']);
    await market.watch(AAPL, ['trade'], 'b');
    const all: number[] = [];
    const named: number[] = [];
    const prices = (batch: readonly MarketDatum[]): number[] =>
      batch.map((each) => (each.kind === 'trade' ? each.price : -1));
    market.listen((batch) => all.push(...prices(batch)));
    const stop = market.listen((batch) => named.push(...prices(batch)), 'b');
    a.send(trade(clock, 10));
    b.send(trade(clock, 10.1));
    expect([all, named]).toEqual([[10], [10.1]]);
    expect(market.mark(AAPL)?.last).toBe(10);
    first.end();
    await settle();
    b.send(trade(clock, 10.2));
    expect([all, named]).toEqual([
      [10, 10.2],
      [10.1, 10.2],
    ]);
    stop();
    b.send(trade(clock, 10.3));
    expect(named).toHaveLength(2);
    expect(market.quote(AAPL)?.source).toBe('b');
  });

  test('what is dropped is counted by reason and reported', async () => {
    const reports: string[] = [];
    const { clock, market } = open({
      onDropped: (source, counts) =>
        reports.push(`${source} ${[...counts].map(([reason, n]) => `${reason} ${n}`).join(', ')}`),
    });
    const source = new FakeSource(clock);
    market.addSource(source);
    await market.watch(AAPL, ['quote', 'trade']);
    const one = trade(clock, 10);
    source.send(one, one, quote(clock, 11, 10), quote(clock, 10, 10), trade(clock, Number.NaN));
    source.send(quote(clock, 9, 12));
    await clock.pass(11_000);
    expect(reports).toEqual(['fake duplicate 1, crossed 1, locked 1, not-a-number 1']);
    await clock.pass(60_000);
    expect(reports).toHaveLength(1);
    expect(market.mark(AAPL)).toMatchObject({ bid: 9, ask: 12, last: 10 });
    expect(market.statistics()[0]).toMatchObject({ received: 6, told: 2 });
  });
});

describe('instruments', () => {
  test('rules are asked for once, kept, and found', async () => {
    const { clock, market } = open();
    const source = new FakeSource(clock);
    market.addSource(source);
    expect(market.knownInstrument(AAPL)).toBeNull();
    await Promise.all([market.instrument(AAPL), market.instrument(AAPL)]);
    await market.instrument(AAPL);
    expect(source.calls).toEqual(['instrument AAPL.TEST']);
    expect(market.knownInstrument(AAPL)?.id).toBe(AAPL);
    const found = await market.find('MS', null);
    expect(found.map(({ connection, instrument }) => [connection, instrument.id])).toEqual([
      ['fake', MSFT],
    ]);
    expect(market.knownInstrument(MSFT)?.id).toBe(MSFT);
    // Tomorrow they are asked again; when that fails the old ones hold.
    await clock.pass(25 * 3_600_000);
    source.lookupFailure = new VenueError('unknown', 'No answer.');
    expect((await market.instrument(AAPL)).id).toBe(AAPL);
    expect(source.calls).toHaveLength(2);
    await expect(market.instrument(instrumentId('NEW', 'TEST'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    await expect(market.find('MS', null)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
