import { describe, expect, test } from 'vitest';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import type { BarTick } from '../../../../engine/domain/market-data.ts';
import { VenueError } from '../../../../engine/ports/venue-error.ts';
import { chartBars, type ChartBars } from '../../../../engine/protocol/live-schemas.ts';
import { barOfRow, columnsOf } from '../../../../engine/series/live-bars.ts';
import { watchPrices } from '../../../../electron/services/market-data/watch-prices.ts';
import { settle } from '../../../support/fake-clock.ts';
import { AAPL, at, FakeSource, MSFT, open, OPEN, tf, trade } from './fake-source.ts';

const MINUTE = 60_000;
const rows = (bars: BarColumns): Bar[] => Array.from(bars.time, (_, i) => barOfRow(bars, i));
const minute = (i: number, o: number, h: number, l: number, c: number, volume: number): Bar => ({
  time: OPEN + i * MINUTE,
  open: o,
  high: h,
  low: l,
  close: c,
  volume,
});
const within =
  (bars: readonly Bar[]) =>
  async ({ start, end }: { readonly start: number; readonly end: number }) =>
    columnsOf(bars.filter(({ time }) => time >= start && time < end));

function opened(options: ConstructorParameters<typeof FakeSource>[1] = {}) {
  const { clock, market } = open();
  const source = new FakeSource(clock, { timeframes: [tf('1m')], ...options });
  market.addSource(source);
  const told: ChartBars[] = [];
  market.onView(({ charts }) => told.push(...charts.map((each) => chartBars.parse(each))));
  return { clock, market, source, told };
}

describe('bars of a chart', () => {
  test('begin with history, move with every trade, and are given once when they close', async () => {
    const { clock, market, source, told } = opened();
    source.answer = within([
      minute(-2, 9, 9, 9, 9, 1),
      minute(-1, 9, 10, 9, 10, 2),
      minute(0, 10, 12, 10, 11, 3),
    ]);
    await clock.pass(5_000);
    const watch = await market.watchBars(AAPL, tf('1m'), OPEN - 2 * MINUTE);
    expect(rows(watch.bars).map(({ time }) => (time - OPEN) / MINUTE)).toEqual([-2, -1]);
    expect(watch).toMatchObject({
      source: 'fake',
      calendar: 'us-equity',
      replayed: false,
      note: '',
    });
    source.send(trade(clock, 10));
    await clock.pass(20);
    source.send(trade(clock, 12), trade(clock, 11));
    await clock.pass(20);
    expect(told.map(({ forming }) => forming)).toEqual([
      minute(0, 10, 10, 10, 10, 10),
      minute(0, 10, 12, 10, 11, 30),
    ]);
    await clock.pass(MINUTE);
    const closed = told.flatMap((each) => rows(each.closed));
    // The trades before the first look are in the bar that history tells.
    expect(closed).toEqual([minute(0, 10, 12, 10, 11, 3)]);
    expect(told.at(-1)?.forming).toBeNull();
  });

  test('are told at most 60 times a second, the newest state alone', async () => {
    const { clock, market, source, told } = opened();
    await market.watchBars(AAPL, tf('1m'), null);
    told.length = 0;
    for (let i = 0; i < 1_000; i += 1) {
      source.send(trade(clock, 10 + i / 1_000));
      await (i % 5 === 4 ? clock.pass(5) : Promise.resolve());
    }
    expect(told.length).toBeGreaterThan(40);
    expect(told.length).toBeLessThanOrEqual(60);
    expect(told.at(-1)?.forming?.close).toBeGreaterThan(10.97);
  });

  test('after a break the missing bars come from history, none missing and none doubled', async () => {
    const { clock, market, source, told } = opened();
    const whole = [
      minute(0, 10.0, 10.0, 10.0, 10.0, 1),
      minute(1, 10.1, 10.1, 10.1, 10.1, 1),
      minute(2, 10.2, 10.2, 10.2, 10.2, 1),
      minute(3, 10.3, 10.3, 10.3, 10.3, 1),
      minute(4, 10.4, 10.4, 10.4, 10.4, 10),
    ];
    source.answer = async (request) => {
      const answer = await within(whole)(request);
      return columnsOf(rows(answer).filter(({ time }) => time + MINUTE <= clock.now()));
    };
    await market.watchBars(AAPL, tf('1m'), null);
    source.send(trade(clock, 10));
    await clock.pass(30_000);
    source.down();
    await clock.pass(2.6 * MINUTE);
    source.up();
    source.send(trade(clock, 10.3));
    await clock.pass(20_000);
    // 03:26 after the beginning: three bars are over, and the fourth forms.
    const closed = () =>
      told.flatMap((each) => rows(each.closed)).map(({ time }) => (time - OPEN) / MINUTE);
    expect(closed()).toEqual([0, 1, 2]);
    expect(told.at(-1)?.forming).toMatchObject({ time: OPEN + 3 * MINUTE, close: 10.3 });
    await clock.pass(35_000);
    source.send(trade(clock, 10.4));
    await clock.pass(70_000);
    source.send(trade(clock, 10.4));
    expect(closed()).toEqual([0, 1, 2, 3, 4]);
  });

  test('the beginning of a long bar that nobody heard comes from history', async () => {
    const { clock, market, source, told } = opened();
    const minutes = [minute(0, 10, 10.5, 10, 10.4, 100), minute(1, 10.4, 10.4, 9.8, 9.9, 50)];
    source.answer = within(minutes);
    await clock.pass(2 * MINUTE + 30_000);
    const watch = await market.watchBars(AAPL, tf('1h'), null);
    await settle();
    source.send(trade(clock, 10.2));
    await clock.pass(20);
    // The market opened at 9:30 and hours begin with it: 10:00 lies in the first.
    const hour = OPEN - 30 * MINUTE;
    expect(told.at(-1)?.forming).toEqual({
      time: hour,
      open: 10,
      high: 10.5,
      low: 9.8,
      close: 10.2,
      volume: 160,
    });
    // 30 s are lost: what was heard before is not counted twice.
    minutes.push(minute(2, 9.9, 10.8, 9.9, 10.7, 70));
    source.down();
    await clock.pass(MINUTE);
    source.up();
    await settle();
    source.send(trade(clock, 10.6));
    await clock.pass(20);
    expect(told.at(-1)?.forming).toEqual({
      time: hour,
      open: 10,
      high: 10.8,
      low: 9.8,
      close: 10.6,
      volume: 230,
    });
    watch.end();
  });

  test('bars of the source move before they close, where it tells no trades', async () => {
    const { clock, market, source, told } = opened({ streams: ['bar'] });
    await market.watchBars(AAPL, tf('5m'), null);
    const send = (bar: Bar, closed: boolean): void => {
      const { time, ...prices } = bar;
      const now = clock.now();
      const message: BarTick = {
        kind: 'bar',
        instrument: AAPL,
        venueTime: now,
        receivedTime: now,
        timeframe: tf('1m'),
        start: at(time),
        ...prices,
        closed,
      };
      source.send(message);
    };
    await clock.pass(30_000);
    send(minute(0, 10, 11, 10, 11, 5), false);
    await clock.pass(30_000);
    send(minute(0, 10, 12, 10, 12, 9), true);
    await clock.pass(30_000);
    send(minute(1, 12, 12, 7, 8, 4), false);
    await clock.pass(20);
    const formed = told.flatMap(({ forming }) => (forming === null ? [] : [forming]));
    expect(formed).toEqual([
      minute(0, 10, 11, 10, 11, 5),
      minute(0, 10, 12, 10, 12, 9),
      minute(0, 10, 12, 7, 8, 13),
    ]);
  });

  test.each([false, true])(
    'a replay plays in its own time, after a market of now: %s',
    async (after) => {
      const { clock, market, source, told } = opened({ streams: ['bar'], timeframes: [tf('1d')] });
      if (after) {
        const now = new FakeSource(clock);
        market.addSource(now);
        await market.watch(MSFT, ['trade']);
        now.send(trade(clock, 10, { instrument: MSFT }));
        market.removeSource(now.venue);
      }
      source.capabilities = { ...source.capabilities, replays: true };
      const day = (i: number): Bar => ({
        time: Date.UTC(1999, 0, 4 + i),
        open: i,
        high: i + 1,
        low: i,
        close: i + 1,
        volume: 1,
      });
      let played = 2;
      source.answer = async ({ start, end }) =>
        columnsOf(
          Array.from({ length: played }, (_, i) => day(i + 1)).filter(
            ({ time }) => time >= start && time < end,
          ),
        );
      if (after) market.addSource(source);
      const watch = await market.watchBars(AAPL, tf('1d'), null);
      expect(watch.replayed).toBe(true);
      for (let i = 3; i <= 5; i += 1) {
        await clock.pass(500);
        played = i;
        const { time, ...prices } = day(i);
        const due = at(time + 86_400_000);
        const bar: BarTick = {
          kind: 'bar',
          instrument: AAPL,
          venueTime: due,
          receivedTime: clock.now(),
          timeframe: tf('1d'),
          start: at(time),
          ...prices,
          closed: false,
        };
        source.send(bar, { ...bar, closed: true });
      }
      await clock.pass(100);
      expect(told.flatMap((each) => rows(each.closed)).map(({ time }) => time)).toEqual(
        [3, 4, 5].map((i) => day(i).time),
      );
    },
  );

  test('end with the last who looks, and begin without history where it cannot be had', async () => {
    const { clock, market, source, told } = opened();
    source.answer = async () => {
      throw new VenueError('unknown', 'No answer.');
    };
    const first = await market.watchBars(AAPL, tf('1m'), null);
    expect(first.note).toBe('Bars before now could not be had: No answer.');
    const second = await market.watchBars(AAPL, tf('1m'), OPEN - 86_400_000 * 365);
    first.end();
    first.end();
    source.send(trade(clock, 10));
    await clock.pass(20);
    expect(told.at(-1)?.forming?.close).toBe(10);
    told.length = 0;
    second.end();
    await settle();
    expect(source.calls.at(-1)).toBe('unsubscribe trade AAPL.TEST');
    source.send(trade(clock, 11));
    await clock.pass(20);
    expect(told).toEqual([]);
    await expect(market.watchBars(AAPL, tf('25h'), null)).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    expect(market.statistics()[0]?.subscriptions).toBe(0);
  });

  test('of an instrument that the source did not have are there when it comes anew with it', async () => {
    const { clock, market, source } = opened({ ids: [] });
    await expect(market.watchBars(AAPL, tf('1m'), null)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    market.removeSource(source.venue);
    market.addSource(new FakeSource(clock, { timeframes: [tf('1m')] }));
    expect((await market.watchBars(AAPL, tf('1m'), null)).source).toBe('fake');
  });

  test('say what lies too far back to be shown', async () => {
    const { market, source } = opened();
    source.answer = within([minute(-1, 9, 9, 9, 9, 1)]);
    const { bars, note } = await market.watchBars(AAPL, tf('1m'), OPEN - 86_400_000 * 365);
    expect(bars.time).toHaveLength(1);
    expect(note).toBe(
      'Bars between 2023-01-02T15:00:00.000Z and 2024-01-02T14:59:00.000Z are not shown.',
    );
  });
});

describe('prices that somebody looks at', () => {
  test('are those of bars where the source tells no trades, and refused as they were where it tells none', async () => {
    const { market } = opened({ streams: ['bar'] });
    expect([...(await watchPrices(market, AAPL, ['quote', 'trade'])).sources]).toEqual([
      ['bar', 'fake'],
    ]);
    await expect(watchPrices(market, AAPL, ['quote'])).rejects.toThrow(/streams quote/);
    const { market: silent } = opened({ streams: ['status'] });
    await expect(watchPrices(silent, AAPL, ['quote', 'trade'])).rejects.toThrow(
      /streams quote or trade/,
    );
    const { market: whole } = opened();
    expect([...(await watchPrices(whole, AAPL, ['quote', 'trade'])).sources.keys()]).toEqual([
      'quote',
      'trade',
    ]);
  });
});
