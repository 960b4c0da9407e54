import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type TradeColumns } from '../../../../engine/domain/backtest.ts';
import { sharpeRatio } from '../../../../engine/stats/risk-ratios.ts';
import { randomEntryBaseline } from '../../../../engine/validation/random-entry.ts';
import { flatBars, randomWalk } from '../backtest/bars.ts';

const { trades: SHAPE } = runBacktest({
  strategy: 'sma-cross',
  parameters: { fast: 2, slow: 3 },
  settings: DEFAULT_SETTINGS,
  bars: randomWalk(60, 2),
});

/** Closed trades of one unit. */
function tradesOf(places: readonly (readonly [entry: number, exit: number, side: number])[]) {
  return {
    ...SHAPE,
    count: places.length,
    size: Float64Array.from(places, ([, , side]) => side),
    entryBar: Int32Array.from(places, ([entry]) => entry),
    exitBar: Int32Array.from(places, ([, exit]) => exit),
    open: new Uint8Array(places.length),
  } satisfies TradeColumns;
}

/** Return of every bar from price to price, written out bar by bar. */
function returnsOf(
  prices: readonly number[],
  places: readonly (readonly [number, number, number])[],
  cost: number,
): Float64Array {
  const returns = new Float64Array(prices.length - 1);
  for (const [entry, exit, side] of places) {
    for (let bar = entry; bar < exit; bar += 1) {
      const change = (prices[bar + 1] as number) / (prices[bar] as number) - 1;
      returns[bar] = side * change - (bar === entry ? cost : 0) - (bar === exit - 1 ? cost : 0);
    }
  }
  return returns;
}

describe('random entries', () => {
  const bars = randomWalk(40, 9);
  const places = [
    [2, 6, 1],
    [6, 7, -1],
    [20, 31, 1],
  ] as const;

  it('tell the Sharpe ratio of the trades bar by bar, with and without costs', () => {
    for (const costPerSide of [0, 0.002]) {
      const { sharpe, exposure, trades } = randomEntryBaseline(bars, tradesOf(places), {
        seed: 1,
        samples: 100,
        costPerSide,
      });
      const naive = returnsOf([...bars.open], places, costPerSide);
      expect(sharpe.actual).toBeCloseTo(sharpeRatio(naive, 1), 10);
      expect(trades).toBe(3);
      expect(exposure).toBeCloseTo(16 / 39, 12);
    }
  });

  it('are priced at closes where the run was', () => {
    const { sharpe, actual } = randomEntryBaseline(bars, tradesOf([[5, 9, 1]]), {
      seed: 1,
      samples: 100,
      at: 'close',
    });
    expect(actual).toBeCloseTo((bars.close[9] ?? 0) / (bars.close[5] ?? 1), 12);
    expect(sharpe.actual).toBeCloseTo(
      sharpeRatio(returnsOf([...bars.close], [[5, 9, 1]], 0), 1),
      10,
    );
  });

  it('make every arrangement without overlap as likely, by counting all of them', () => {
    // Two trades of one bar each among five places to go in: 10 arrangements, each an equal part.
    const prices = [100, 110, 99, 130, 80, 91];
    const gains = prices.slice(1).map((price, i) => price / (prices[i] as number));
    const expected = new Map<number, number>();
    for (let a = 0; a < 5; a += 1) {
      for (let b = a + 1; b < 5; b += 1) {
        const growth = Math.round((gains[a] as number) * (gains[b] as number) * 1e9);
        expected.set(growth, (expected.get(growth) ?? 0) + 0.1);
      }
    }
    const { results, samples } = randomEntryBaseline(
      flatBars(prices),
      tradesOf([
        [0, 1, 1],
        [3, 4, 1],
      ]),
      { seed: 4, samples: 20_000 },
    );
    const counted = new Map<number, number>();
    for (const growth of results) {
      const key = Math.round(growth * 1e9);
      counted.set(key, (counted.get(key) ?? 0) + 1 / samples);
    }
    const ascending = (keys: Iterable<number>) => [...keys].toSorted((a, b) => a - b);
    expect(ascending(counted.keys())).toEqual(ascending(expected.keys()));
    // Four standard errors of a part of a tenth of 20,000 draws.
    for (const [key, part] of expected) {
      expect(Math.abs((counted.get(key) ?? 0) - part)).toBeLessThan(0.0085);
    }
  });

  it('repeat with their seed, and refuse trades that share a bar', () => {
    const ask = (seed: number) =>
      randomEntryBaseline(bars, tradesOf(places), { seed, samples: 50 });
    expect(ask(3).results).toEqual(ask(3).results);
    expect(ask(3).results).not.toEqual(ask(4).results);
    const crossing = tradesOf([
      [2, 8, 1],
      [5, 10, 1],
    ]);
    expect(() => randomEntryBaseline(bars, crossing, { seed: 1 })).toThrow(/overlap/);
  });

  it('leave a trade that is still open out and say so', () => {
    const trades = tradesOf(places);
    trades.open[2] = 1;
    const found = randomEntryBaseline(bars, trades, { seed: 1, samples: 50 });
    expect(found.trades).toBe(2);
    expect(found.open).toBe(1);
  });
});
