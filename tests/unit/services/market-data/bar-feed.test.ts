import { describe, expect, test } from 'vitest';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import type { BarTick, TradeTick } from '../../../../engine/domain/market-data.ts';
import { VenueError } from '../../../../engine/ports/venue-error.ts';
import { barOfRow, columnsOf, LiveBarBuilder } from '../../../../engine/series/live-bars.ts';
import { closingTimes, resample } from '../../../../engine/series/resample.ts';
import type { FakeClock } from '../../../support/fake-clock.ts';
import { calendar } from '../../engine/series/market.ts';
import { AAPL, at, FakeSource, open, OPEN, tf, trade } from './fake-source.ts';
import { fc } from '../../../support/properties.ts';

const MINUTE = 60_000;
const market = { calendar: calendar('us-equity'), hours: 'regular' } as const;

const rows = (bars: BarColumns): Bar[] => Array.from(bars.time, (_, i) => barOfRow(bars, i));

function tick(clock: FakeClock, time: number, price: number, tradeId: string): TradeTick {
  return trade(clock, price, { venueTime: at(time), size: 1, tradeId });
}

/** Bars of the trades, as a history that is right after their end tells them. */
function historyOf(trades: readonly TradeTick[], now: () => number) {
  return async (request: { timeframe: string; start: number; end: number }) => {
    const builder = new LiveBarBuilder(tf(request.timeframe), market);
    for (const { venueTime, price, size } of trades) builder.trade(venueTime, price, size);
    const bars = builder.advance(Number.POSITIVE_INFINITY);
    const closes = closingTimes(columnsOf(bars).time, tf(request.timeframe), market);
    return columnsOf(
      bars.filter(
        ({ time }, i) =>
          time >= request.start && time < request.end && (closes[i] as number) <= now(),
      ),
    );
  };
}

describe('bars as they close', () => {
  test('are given when their time is over, the first one from history', async () => {
    const { clock, market: service } = open();
    const source = new FakeSource(clock, { timeframes: [tf('1m')] });
    service.addSource(source);
    await clock.pass(20_000);
    const trades = [tick(clock, OPEN + 1_000, 10, 'unheard')];
    source.answer = historyOf(trades, () => clock.now());
    const given: [number, Bar][] = [];
    const watch = await service.onBar(AAPL, tf('1m'), (bars) => {
      for (const bar of rows(bars)) given.push([clock.now() - OPEN, bar]);
    });
    const send = (seconds: number, price: number): void => {
      const next = tick(clock, OPEN + seconds * 1_000, price, `${seconds}`);
      trades.push(next);
      source.send(next);
    };
    await clock.pass(10_000);
    send(30, 11);
    await clock.pass(40_000);
    send(70, 12);
    await clock.pass(40_000);
    send(110, 10.5);
    await clock.pass(12_000);
    send(122, 10);
    await clock.pass(58_000);
    const bar = (i: number, o: number, h: number, l: number, c: number, volume: number): Bar => ({
      time: OPEN + i * MINUTE,
      open: o,
      high: h,
      low: l,
      close: c,
      volume,
    });
    // The trade of the first second was made before anybody listened.
    expect(given.map(([, each]) => each)).toEqual([
      bar(0, 10, 11, 10, 11, 2),
      bar(1, 12, 12, 10.5, 10.5, 2),
    ]);
    expect(given[0]?.[0]).toBeLessThanOrEqual(64_000);
    expect(given[1]?.[0]).toBeGreaterThanOrEqual(121_000);
    expect(given[1]?.[0]).toBeLessThanOrEqual(122_000);
    watch.end();
    await clock.pass(120_000);
    expect(given).toHaveLength(2);
    expect(source.calls.at(-1)).toBe('unsubscribe trade AAPL.TEST');
  });

  test('a silent source is not believed: the bar comes from history', async () => {
    const { clock, market: service } = open();
    const source = new FakeSource(clock, { timeframes: [tf('1m')] });
    service.addSource(source);
    const trades: TradeTick[] = [];
    source.answer = historyOf(trades, () => clock.now());
    const given: Bar[] = [];
    await service.onBar(AAPL, tf('1m'), (bars) => given.push(...rows(bars)));
    await clock.pass(70_000);
    const heard = tick(clock, OPEN + 70_000, 10, 'heard');
    trades.push(heard, tick(clock, OPEN + 100_000, 11, 'lost without a word'));
    source.send(heard);
    await clock.pass(60_000);
    expect(given).toMatchObject([{ time: OPEN + MINUTE, close: 11, volume: 2 }]);
  });

  test('delayed prices make bars when their own time is over', async () => {
    const { clock, market: service } = open();
    const source = new FakeSource(clock, { timeframes: [] });
    service.addSource(source);
    const given: Bar[] = [];
    const delay = 15 * MINUTE;
    const watch = await service.watch(AAPL, ['trade']);
    source.send(tick(clock, OPEN - delay, 9, 'before'));
    await service.onBar(AAPL, tf('1m'), (bars) => given.push(...rows(bars)));
    for (let i = 1; i <= 40; i += 1) {
      await clock.pass(5_000);
      source.send(tick(clock, clock.now() - delay, 10 + i / 100, `${i}`));
    }
    // 09:45 is not wanted half: nobody can tell what came before. 200 s have passed.
    expect(given.map(({ time }) => (time - OPEN + delay) / MINUTE)).toEqual([1, 2]);
    expect(given.map(({ volume }) => volume)).toEqual([12, 12]);
    watch.end();
  });

  test('bars of the source are joined where it tells no trades', async () => {
    const { clock, market: service } = open();
    const source = new FakeSource(clock, { streams: ['bar'], timeframes: [tf('1m')] });
    service.addSource(source);
    const minutes = Array.from({ length: 40 }, (_, i): Bar => ({
      time: OPEN + i * MINUTE,
      open: 10 + i,
      high: 12 + i,
      low: 9 + i,
      close: 11 + i,
      volume: i,
    }));
    source.answer = async ({ start, end }) =>
      columnsOf(
        minutes.filter(({ time }) => time >= start && time < end && time + MINUTE <= clock.now()),
      );
    const given: Bar[] = [];
    await service.onBar(AAPL, tf('5m'), (bars) => given.push(...rows(bars)));
    for (const [i, bar] of minutes.entries()) {
      await clock.pass(MINUTE);
      // Minute 22 is lost without a word.
      if (i === 22) continue;
      const message: BarTick = {
        kind: 'bar',
        instrument: AAPL,
        venueTime: clock.now(),
        receivedTime: clock.now(),
        timeframe: tf('1m'),
        start: at(bar.time),
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        closed: true,
      };
      source.send({ ...message, closed: false, high: 99 }, message, message);
    }
    await clock.pass(30_000);
    const { bars } = resample(columnsOf(minutes), tf('1m'), tf('5m'), market);
    expect(given).toEqual(rows(bars));
  });

  test('a history that fails is tried again; in the end what was heard is given, and said', async () => {
    const { clock, market: service, defects } = open();
    const source = new FakeSource(clock, { timeframes: [tf('1m')] });
    service.addSource(source);
    source.answer = async () => {
      throw new VenueError('unknown', 'No answer.');
    };
    const given: Bar[] = [];
    await service.onBar(AAPL, tf('1m'), (bars) => given.push(...rows(bars)));
    await clock.pass(1_000);
    source.send(tick(clock, OPEN + 1_000, 10, 'a'));
    await clock.pass(70_000);
    source.send(tick(clock, OPEN + 71_000, 11, 'b'));
    expect(given).toEqual([]);
    await clock.pass(49_500);
    source.send(tick(clock, OPEN + 120_500, 11, 'c'));
    await clock.pass(10_000);
    expect(source.asked).toHaveLength(5);
    expect(given).toMatchObject([{ close: 10 }, { close: 11 }]);
    expect(defects).toHaveLength(1);
    expect(defects[0]).toContain('may be missing');
  });

  test('an instrument or length that cannot be had is refused at once', async () => {
    const { clock, market: service } = open();
    const source = new FakeSource(clock, { streams: ['quote'] });
    service.addSource(source);
    await expect(service.onBar(AAPL, tf('1m'), () => undefined)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    source.capabilities = { ...source.capabilities, streams: ['trade'] };
    await expect(service.onBar(AAPL, tf('25h'), () => undefined)).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    expect(service.statistics()[0]?.subscriptions).toBe(0);
  });
});

describe('breaks', () => {
  test('whatever is lost in them, the bars are those of a connection that never broke', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            step: fc.integer({ min: 1, max: 40_000 }),
            move: fc.integer({ min: -4, max: 4 }),
          }),
          {
            minLength: 5,
            maxLength: 80,
          },
        ),
        fc.array(
          fc.record({
            after: fc.integer({ min: 1, max: 900_000 }),
            length: fc.integer({ min: 1, max: 200_000 }),
            told: fc.boolean(),
          }),
          { maxLength: 3 },
        ),
        fc.constantFrom('1m', '5m'),
        fc.integer({ min: 0, max: 59_000 }),
        async (steps, cuts, to, begin) => {
          const { clock, market: service, defects } = open();
          const source = new FakeSource(clock, { timeframes: [tf('1m')] });
          service.addSource(source);
          const trades: TradeTick[] = [];
          let time = OPEN;
          let price = 400;
          for (const [i, { step, move }] of steps.entries()) {
            time += step;
            price += move;
            trades.push({ ...tick(clock, time, price / 4, `t${i}`), receivedTime: at(time) });
          }
          source.answer = historyOf(trades, () => clock.now());
          const breaks: { from: number; to: number; told: boolean }[] = [];
          for (const { after, length, told } of cuts.toSorted((a, b) => a.after - b.after)) {
            const [from, until] = [OPEN + after, OPEN + after + length];
            const last = breaks.at(-1);
            // A connection that breaks again before it was back has one gap.
            if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, until);
            else breaks.push({ from, to: until, told });
          }
          await clock.pass(begin);
          const given: Bar[] = [];
          await service.onBar(AAPL, tf(to), (bars) => given.push(...rows(bars)));
          const events = [
            ...trades.map((each) => ({ time: each.venueTime, run: () => source.send(each) })),
            // A half-open connection says nothing until it is noticed.
            ...breaks.flatMap(({ from, to: until, told }) => [
              ...(told ? [{ time: from, run: () => source.down() }] : []),
              {
                time: until + 1,
                run: () => {
                  const gap = { instrument: null, from: at(from), to: at(until), reason: '' };
                  source.gap(gap);
                  source.up();
                },
              },
            ]),
          ].toSorted((a, b) => a.time - b.time);
          for (const { time: when, run } of events) {
            if (when < clock.now()) continue;
            await clock.pass(when - clock.now());
            const lost = breaks.some((each) => when >= each.from && when <= each.to);
            const gone = breaks.some((each) => each.told && when === each.from);
            if (!lost || gone) run();
          }
          source.up();
          await clock.pass(8 * MINUTE);
          const whole = rows(
            await historyOf(trades, () => clock.now())({ timeframe: to, start: 0, end: time + 1 }),
          );
          const first = OPEN + begin - ((OPEN + begin) % (to === '1m' ? MINUTE : 5 * MINUTE));
          expect(given).toEqual(whole.filter((bar) => bar.time >= first));
          expect(defects).toEqual([]);
          await service.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});
