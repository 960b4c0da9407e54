import { describe, expect, test } from 'vitest';
import type { AssetClass } from '../../../../engine/domain/instrument.ts';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import { TickCleaner } from '../../../../electron/services/market-data/cleaning.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { AAPL, at, book, OPEN, quote, tf, trade } from './fake-source.ts';

const clock = new FakeClock(OPEN);

function cleaner(assetClass: AssetClass = 'equity'): {
  run: (...data: MarketDatum[]) => MarketDatum[];
  counts: Record<string, number>;
  reset: () => void;
} {
  const counts: Record<string, number> = {};
  const own = new TickCleaner(assetClass, (reason) => {
    counts[reason] = (counts[reason] ?? 0) + 1;
  });
  return {
    counts,
    reset: () => own.reset(),
    run: (...data) => {
      const out: MarketDatum[] = [];
      for (const datum of data) own.clean(datum, out);
      return out;
    },
  };
}

const prices = (data: readonly MarketDatum[]): number[] =>
  data.flatMap((each) => (each.kind === 'trade' ? each.price : []));

describe('quotes', () => {
  test.each([
    ['crossed', 11, 10],
    ['locked', 10, 10],
    ['not-positive', -1, 10],
    ['not-positive', 0, 10],
    ['not-a-number', Number.POSITIVE_INFINITY, 10],
    ['not-a-number', Number.NaN, Number.NaN],
  ])('%s ones are dropped (%d/%d)', (reason, bid, ask) => {
    const { run, counts } = cleaner();
    expect(run(quote(clock, bid, ask))).toEqual([]);
    expect(counts).toEqual({ [reason]: 1 });
  });

  test('an empty side told as 0 is no price, a one-sided quote is a quote', () => {
    const { run, counts } = cleaner();
    const one = quote(clock, 0, 10, { bidSize: 0 });
    expect(run(one)).toEqual([{ ...one, bid: Number.NaN }]);
    const other = quote(clock, 9, Number.NaN);
    expect(run(other)).toEqual([other]);
    expect(run(quote(clock, 9, 10, { askSize: -1 }))).toEqual([]);
    expect(counts).toEqual({ 'bad-size': 1 });
  });

  test('the asset class says which prices can be', () => {
    expect(cleaner('future').run(quote(clock, -37.63, -37))).toHaveLength(1);
    expect(cleaner('option').run(quote(clock, 0, 0.05, { bidSize: 0 }))).toEqual([
      expect.objectContaining({ bid: 0 }),
    ]);
    expect(cleaner('option').run(quote(clock, -0.01, 0.05))).toEqual([]);
  });

  test('older ones and wrong times are dropped', () => {
    const { run, counts } = cleaner();
    run(quote(clock, 9, 10));
    expect(run(quote(clock, 1, 2, { venueTime: at(OPEN - 1) }))).toEqual([]);
    expect(run(quote(clock, 9, 10, { venueTime: at(OPEN + 600_000) }))).toEqual([]);
    expect(run({ ...quote(clock, 9, 10), receivedTime: Number.NaN as never })).toEqual([]);
    expect(run({ ...quote(clock, 9, 10), venueTime: Number.NaN as never })).toHaveLength(1);
    expect(counts).toEqual({ 'out-of-order': 1, 'bad-time': 2 });
  });
});

describe('trades', () => {
  test('a trade told twice is told once, among the last 4096 numbers', () => {
    const { run, counts } = cleaner();
    const first = trade(clock, 10, { tradeId: 'first' });
    expect(run(first, first)).toHaveLength(1);
    for (let i = 0; i < 4_095; i += 1) run(trade(clock, 10, { tradeId: `n${i}` }));
    expect(run(first)).toHaveLength(0);
    run(trade(clock, 10, { tradeId: 'one more' }));
    // Memory is bounded: it is forgotten now.
    expect(run(first)).toHaveLength(1);
    expect(counts).toEqual({ duplicate: 2 });
    const unnamed = trade(clock, 10, { tradeId: '' });
    expect(run(unnamed, unnamed)).toHaveLength(2);
  });

  test('a late one is told, but as one that moves no price', () => {
    const { run, counts } = cleaner();
    run(trade(clock, 10));
    const [late] = run(trade(clock, 9, { venueTime: at(OPEN - 15_001) }));
    expect(late).toMatchObject({ price: 9, regular: false });
    expect(run(trade(clock, 9.9, { venueTime: at(OPEN - 14_000) }))).toMatchObject([
      { regular: true },
    ]);
    expect(counts).toEqual({ late: 1 });
  });

  test('a spike is held back until the next trade; back at the old price it is dropped', () => {
    const { run, counts } = cleaner();
    run(trade(clock, 100));
    expect(run(trade(clock, 150))).toEqual([]);
    expect(prices(run(trade(clock, 100.5)))).toEqual([100.5]);
    expect(counts).toEqual({ spike: 1 });
  });

  test('a move that goes on is told whole and in order', () => {
    const { run, counts } = cleaner();
    run(trade(clock, 100));
    expect(run(trade(clock, 150))).toEqual([]);
    expect(prices(run(trade(clock, 151)))).toEqual([150, 151]);
    expect(prices(run(trade(clock, 149)))).toEqual([149]);
    expect(counts).toEqual({});
  });

  test('a quote around it confirms it, before or after', () => {
    const { run } = cleaner();
    run(trade(clock, 100));
    expect(run(trade(clock, 150))).toEqual([]);
    expect(run(quote(clock, 149, 151)).map(({ kind }) => kind)).toEqual(['quote', 'trade']);
    run(quote(clock, 249, 251));
    expect(prices(run(trade(clock, 250)))).toEqual([250]);
  });

  test('two spikes are two; an old price is no reference; a break ends the wait', () => {
    const { run, counts, reset } = cleaner();
    run(trade(clock, 100));
    expect(run(trade(clock, 150), trade(clock, 50))).toEqual([]);
    expect(counts).toEqual({ spike: 1 });
    reset();
    expect(counts).toEqual({ spike: 2 });
    const later = at(OPEN + 31 * 60_000);
    expect(prices(run(trade(clock, 150, { venueTime: later, receivedTime: later })))).toEqual([
      150,
    ]);
  });

  test('impossible numbers are dropped', () => {
    const { run, counts } = cleaner();
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, 0, -1].map((price) => trade(clock, price));
    expect(run(...bad, trade(clock, 10, { size: -1 }))).toEqual([]);
    expect(run(trade(clock, 10, { size: Number.NaN }))).toHaveLength(1);
    expect(counts).toEqual({ 'not-a-number': 2, 'not-positive': 2, 'bad-size': 1 });
  });
});

describe('books and bars', () => {
  test('books are ordered, not crossed, and never go back', () => {
    const { run, counts, reset } = cleaner();
    expect(run(book(clock, { sequence: 5 }))).toHaveLength(1);
    expect(run(book(clock, { sequence: 5 }))).toHaveLength(0);
    const level = (price: number, size = 1) => ({ price, size });
    run(book(clock, { sequence: 6, bids: [level(98), level(99)] }));
    run(book(clock, { sequence: 7, asks: [level(101), level(101)] }));
    run(book(clock, { sequence: 8, bids: [level(102)] }));
    run(book(clock, { sequence: 9, bids: [level(99, -1)] }));
    run(book(clock, { sequence: 10, bids: [level(Number.NaN)] }));
    expect(counts).toEqual({
      'out-of-order': 1,
      'bad-book': 2,
      crossed: 1,
      'bad-size': 1,
      'not-a-number': 1,
    });
    reset();
    expect(run(book(clock, { sequence: 1 }))).toHaveLength(1);
  });

  test('bars hold their open and close between low and high', () => {
    const { run, counts } = cleaner();
    const bar = (open: number, high: number, low: number, close: number, volume = 1) =>
      ({
        kind: 'bar',
        instrument: AAPL,
        venueTime: at(OPEN),
        receivedTime: at(OPEN),
        timeframe: tf('1m'),
        start: at(OPEN),
        open,
        high,
        low,
        close,
        volume,
        closed: true,
      }) as const;
    expect(run(bar(1, 2, 1, 2), bar(1, 1, 1, 1, Number.NaN))).toHaveLength(2);
    run(bar(3, 2, 1, 2), bar(2, 2, 1, 0.5), bar(1, 2, 0, 1), bar(1, Number.NaN, 1, 1));
    run(bar(1, 2, 1, 2, -1));
    expect(counts).toEqual({ 'bad-bar': 2, 'not-positive': 1, 'not-a-number': 1, 'bad-size': 1 });
  });
});

test('a million random ticks: what passes is possible, what does not is counted', () => {
  const random = new Random(3);
  const junk = [Number.NaN, 0, -5, Number.POSITIVE_INFINITY, -0, 1e300, 1e-300];
  const any = (): number =>
    random.uniform() < 0.1
      ? (junk[Math.floor(random.uniform() * junk.length)] as number)
      : 100 + random.normal();
  let dropped = 0;
  const own = new TickCleaner('equity', (reason) => {
    if (reason !== 'late') dropped += 1;
  });
  const out: MarketDatum[] = [];
  let told = 0;
  for (let i = 0; i < 1_000_000; i += 1) {
    const time = at(OPEN + Math.floor(random.uniform() * 40_000));
    const times = { venueTime: time, receivedTime: at(OPEN + 40_000) };
    own.clean(
      i % 2 === 0
        ? quote(clock, any(), any(), { ...times, bidSize: any() })
        : trade(clock, any(), { ...times, size: any(), tradeId: String(i % 9_000) }),
      out,
    );
    for (const each of out) {
      if (each.kind === 'trade' && !(each.price > 0 && each.price < Infinity)) throw new Error('x');
      if (each.kind === 'quote' && (each.bid <= 0 || each.ask <= 0 || each.bid >= each.ask)) {
        throw new Error(`${each.bid} ${each.ask}`);
      }
    }
    told += out.length;
    out.length = 0;
  }
  own.reset();
  expect(told + dropped).toBe(1_000_000);
  expect(told).toBeGreaterThan(100_000);
});
