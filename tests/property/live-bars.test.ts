import { describe, expect, test } from 'vitest';
import type { Bar, BarColumns } from '../../engine/domain/bar.ts';
import type { MarketCalendar } from '../../engine/domain/calendar.ts';
import { MS_PER_DAY } from '../../engine/domain/time.ts';
import { timeframe, type Timeframe } from '../../engine/domain/timeframe.ts';
import {
  BarSequence,
  columnsOf,
  LiveBarBuilder,
  type BarRange,
} from '../../engine/series/live-bars.ts';
import { closingTimes, resample } from '../../engine/series/resample.ts';
import { Calendars, defaultCalendarsDirectory } from '../../electron/storage/calendars.ts';
import { fc } from '../support/properties.ts';

interface Trade {
  readonly time: number;
  readonly price: number;
  readonly size: number;
}

const calendars = new Calendars(defaultCalendarsDirectory());
const ONE = timeframe('1m');
/** Friday to Monday over a change of clocks in New York (8 March 2020), and an early close (24 December). */
const STARTS = [
  Date.UTC(2020, 2, 6, 12),
  Date.UTC(2019, 11, 24, 10),
  Date.UTC(2024, 0, 2, 13),
] as const;

/** Trades in clusters: quiet hours, busy seconds, several in a millisecond. */
const trades = (start: number, count: number): fc.Arbitrary<Trade[]> =>
  fc
    .array(
      fc.record({
        step: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 0, max: 900 }) },
          { weight: 5, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 * 3_600_000 }) },
        ),
        price: fc.integer({ min: 1, max: 400 }),
        size: fc.integer({ min: 0, max: 1000 }),
      }),
      { minLength: 1, maxLength: count },
    )
    .map((steps) => {
      let time = start;
      return steps.map(({ step, price, size }) => {
        time += step;
        return { time, price: price / 4, size };
      });
    });

const market = fc.constantFrom('us-equity', 'crypto', 'forex').map((name) => calendars.get(name));

function build(all: readonly Trade[], to: Timeframe, calendar: MarketCalendar): Bar[] {
  const builder = new LiveBarBuilder(to, { calendar, hours: 'regular' });
  const bars: Bar[] = [];
  for (const { time, price, size } of all) {
    bars.push(...builder.advance(time));
    builder.trade(time, price, size);
  }
  expect(builder.late).toBe(0);
  return [...bars, ...builder.advance(Number.POSITIVE_INFINITY)];
}

/** One pass over the trades of each minute in which the market is open. */
function grouped(all: readonly Trade[], calendar: MarketCalendar): Bar[] {
  const minutes = new Map<number, Trade[]>();
  for (const trade of all) {
    if (!calendar.isOpen(trade.time, 'regular')) continue;
    const minute = trade.time - (trade.time % 60_000);
    minutes.set(minute, [...(minutes.get(minute) ?? []), trade]);
  }
  return [...minutes].map(([time, list]) => ({
    time,
    open: list[0]?.price ?? Number.NaN,
    high: Math.max(...list.map(({ price }) => price)),
    low: Math.min(...list.map(({ price }) => price)),
    close: list.at(-1)?.price ?? Number.NaN,
    volume: list.reduce((sum, { size }) => sum + size, 0),
  }));
}

function rows(bars: BarColumns): Bar[] {
  return Array.from(bars.time, (time, i) => ({
    time,
    open: bars.open[i] as number,
    high: bars.high[i] as number,
    low: bars.low[i] as number,
    close: bars.close[i] as number,
    volume: bars.volume[i] as number,
  }));
}

const start = fc.constantFrom(...STARTS);

describe('LiveBarBuilder', () => {
  test('minute bars are those that grouping the trades by minute gives', () => {
    fc.assert(
      fc.property(
        start.chain((at) => trades(at, 300)),
        market,
        (all, calendar) => {
          expect(build(all, ONE, calendar)).toEqual(grouped(all, calendar));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('longer bars are those that resampling the minute bars gives', () => {
    fc.assert(
      fc.property(
        start.chain((at) => trades(at, 300)),
        market,
        fc.constantFrom('5m', '15m', '1h', '4h', '1d', '1w', '1M').map(timeframe),
        (all, calendar, to) => {
          const minutes = columnsOf(grouped(all, calendar));
          const { bars } = resample(minutes, ONE, to, { calendar, hours: 'regular' });
          expect(build(all, to, calendar)).toEqual(rows(bars));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('trades in another order, each late by less than the lateness, make the same bars', () => {
    const late = fc.array(fc.integer({ min: 0, max: 4_999 }), { minLength: 200, maxLength: 200 });
    fc.assert(
      fc.property(
        start.chain((at) => trades(at, 200)),
        late,
        market,
        (some, delays, calendar) => {
          // Of two trades in one millisecond nobody knows the first.
          const all = some.filter(({ time }, i) => i === 0 || time > (some[i - 1]?.time ?? 0));
          const arriving = all
            .map((trade, i) => ({ trade, at: trade.time + (delays[i] ?? 0) }))
            .toSorted((a, b) => a.at - b.at);
          const options = { calendar, hours: 'regular' } as const;
          const builder = new LiveBarBuilder(ONE, options, 5_000);
          const bars: Bar[] = [];
          for (const { trade, at } of arriving) {
            bars.push(...builder.advance(at));
            builder.trade(trade.time, trade.price, trade.size);
          }
          bars.push(...builder.advance(Number.POSITIVE_INFINITY));
          expect(builder.late).toBe(0);
          expect(bars).toEqual(grouped(all, calendar));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a trade after its bar was given is counted and changes nothing', () => {
    const builder = new LiveBarBuilder(ONE, {
      calendar: calendars.get('crypto'),
      hours: 'regular',
    });
    const at = Date.UTC(2024, 0, 2);
    builder.trade(at + 1_000, 10, 1);
    expect(builder.advance(at + 60_000)).toHaveLength(1);
    builder.trade(at + 59_999, 99, 1);
    expect(builder.late).toBe(1);
    expect(builder.advance(Number.POSITIVE_INFINITY)).toEqual([]);
  });

  test('trades that count for the volume only make no price, and no bar alone', () => {
    const builder = new LiveBarBuilder(ONE, {
      calendar: calendars.get('crypto'),
      hours: 'regular',
    });
    const at = Date.UTC(2024, 0, 2);
    builder.trade(at, 50, 3, false);
    builder.trade(at + 1, 10, 1);
    builder.trade(at + 2, 90, 2, false);
    builder.trade(at + 60_000, 70, 5, false);
    expect(builder.advance(Number.POSITIVE_INFINITY)).toEqual([
      { time: at, open: 10, high: 10, low: 10, close: 10, volume: 6 },
    ]);
  });
});

describe('BarSequence', () => {
  /** Breaks of the connection: seconds after the start, and how long. */
  const breaks = fc.array(
    fc.record({
      after: fc.integer({ min: 1_000, max: 5 * 3_600_000 }),
      length: fc.oneof(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 2 * 3_600_000 }),
      ),
    }),
    { maxLength: 6 },
  );
  /** What becomes of each question to history: answered after so many steps, or failed. */
  const answers = fc.array(fc.record({ steps: fc.nat({ max: 5 }), fails: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  });

  test('with history after each break the bars are those of a connection that never broke', () => {
    let asked = 0;
    fc.assert(
      fc.property(
        start.chain((at) =>
          fc.record({ at: fc.constant(at), all: trades(at, 250), first: fc.nat(3_600_000) }),
        ),
        breaks,
        answers,
        market,
        fc.constantFrom('1m', '5m', '1h', '1d').map(timeframe),
        ({ at, all, first }, broken, replies, calendar, to) => {
          const options = { calendar, hours: 'regular' } as const;
          const whole = build(all, to, calendar);
          const closes = closingTimes(columnsOf(whole).time, to, options);
          const begin = at + first;
          const away = broken.map(({ after, length }) => ({
            from: begin + after,
            to: begin + after + length,
          }));
          const isAway = (time: number): boolean =>
            away.some((each) => time >= each.from && time <= each.to);
          const end = (all.at(-1)?.time ?? at) + 40 * MS_PER_DAY;

          const builder = new LiveBarBuilder(to, options);
          const sequence = new BarSequence(to, options, begin);
          const given: Bar[] = [];
          let open: { range: BarRange; due: number } | undefined;
          let question = 0;
          let step = 0;
          const pump = (now: number): void => {
            step += 1;
            for (const bar of builder.advance(now)) sequence.live(bar);
            if (open !== undefined && step >= open.due) {
              const { range } = open;
              const reply = replies[question % replies.length];
              question += 1;
              open = undefined;
              // One in a row may fail; the last of the list never does.
              if (reply?.fails !== true || question % replies.length === 0) {
                const inside = whole.filter(({ time }) => time >= range.start && time < range.end);
                sequence.history(range, columnsOf(inside));
              }
            }
            given.push(...sequence.take());
            const range = open === undefined ? sequence.wanted(now) : undefined;
            if (range !== undefined) {
              asked += 1;
              // Only what is complete is asked for: history would give it otherwise.
              whole.forEach(({ time }, i) => {
                if (time >= range.start && time < range.end) {
                  expect(closes[i]).toBeLessThanOrEqual(now);
                }
              });
              open = { range, due: step + (replies[question % replies.length]?.steps ?? 0) };
            }
          };
          const events = [
            ...all.map((trade) => ({ time: trade.time, trade })),
            ...away.map((gap) => ({ time: gap.to + 1, gap })),
          ].toSorted((a, b) => a.time - b.time);
          for (const event of events) {
            if (event.time < begin) continue;
            if ('gap' in event) sequence.gap(event.gap.from, event.gap.to);
            if (isAway(event.time)) continue;
            pump(event.time);
            if ('trade' in event) {
              builder.trade(event.time, event.trade.price, event.trade.size);
            }
          }
          for (let i = 0; i < 200; i += 1) pump(end + i);
          const startOf = sequence.barAt(begin);
          expect(given).toEqual(whole.filter(({ time }) => time >= startOf));
        },
      ),
      { numRuns: 500 },
    );
    expect(asked).toBeGreaterThan(500);
  });

  test('no bar is given while one before it is in doubt, and none twice', () => {
    const calendar = calendars.get('crypto');
    const at = Date.UTC(2024, 0, 2);
    const bar = (minute: number, close: number): Bar => ({
      time: at + minute * 60_000,
      open: close,
      high: close,
      low: close,
      close,
      volume: 1,
    });
    const sequence = new BarSequence(ONE, { calendar, hours: 'regular' }, at);
    sequence.history({ start: at, end: at + 60_000 }, columnsOf([bar(0, 1)]));
    expect(sequence.take()).toEqual([bar(0, 1)]);
    sequence.gap(at + 70_000, at + 130_000);
    sequence.live(bar(2, 9));
    sequence.live(bar(3, 4));
    expect(sequence.take()).toEqual([]);
    // At 00:02:30 only the minute of 00:01 is complete.
    expect(sequence.wanted(at + 150_000)).toEqual({ start: at + 60_000, end: at + 120_000 });
    expect(sequence.wanted(at + 300_000)).toEqual({ start: at + 60_000, end: at + 120_001 });
    sequence.history({ start: at + 60_000, end: at + 120_001 }, columnsOf([bar(1, 2), bar(2, 3)]));
    expect(sequence.take()).toEqual([bar(1, 2), bar(2, 3), bar(3, 4)]);
    sequence.live(bar(3, 5));
    sequence.gap(at, at + 200_000);
    expect(sequence.take()).toEqual([]);
    expect(sequence.doubtful).toBe(false);
  });
});
