import { describe, expect, it } from 'vitest';
import type { PortfolioResult } from '../../engine/backtest/portfolio-types.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { randomWalk, spx } from '../unit/engine/backtest/bars.ts';
import { readRows, sharedData } from '../unit/engine/series/market.ts';
import { runPortfolioExample, statistic } from './examples.ts';

const CASH = 100_000;

/** Bars of two instruments with every day in common. */
function pair(): { readonly ONE: BarColumns; readonly TWO: BarColumns } {
  const ONE = spx();
  return { ONE, TWO: { ...randomWalk(ONE.time.length, 77), time: ONE.time } };
}

/**
 * Equity of weights that are decided on a close and reached at the next open: sells, then buys of what the
 * money allows. Written apart from the engine, on plain numbers.
 * @param decide weights wanted after the close of a day, or undefined to leave everything as it is
 */
function weights(
  columns: readonly BarColumns[],
  decide: (i: number, units: readonly number[]) => readonly number[] | undefined,
): number[] {
  const units = columns.map(() => 0);
  let cash = CASH;
  let change: number[] | undefined;
  const equity: number[] = [];
  const count = columns[0]?.time.length ?? 0;
  for (let i = 0; i < count; i += 1) {
    const trade = (k: number, amount: number): void => {
      cash -= amount * (columns[k]?.open[i] ?? 0);
      units[k] = (units[k] ?? 0) + amount;
    };
    change?.forEach((amount, k) => {
      if (amount < 0) trade(k, amount);
    });
    change?.forEach((amount, k) => {
      const most = cash / (columns[k]?.open[i] ?? 1);
      // Closing a short position needs no room; the money for it was taken in.
      if (amount > 0) trade(k, (units[k] ?? 0) < 0 ? amount : Math.min(amount, most));
    });
    change = undefined;
    const worth = units.map((held, k) => held * (columns[k]?.close[i] ?? 0));
    const total = worth.reduce((sum, value) => sum + value, cash);
    equity.push(total);
    const wanted = decide(i, units);
    if (wanted === undefined) continue;
    change = wanted.map(
      (weight, k) => (weight * total) / (columns[k]?.close[i] ?? 1) - (units[k] ?? 0),
    );
  }
  return equity;
}

function expectEquity({ equity }: PortfolioResult, theirs: readonly number[]): void {
  expect(equity.length).toBe(theirs.length);
  let worst = 0;
  theirs.forEach((value, i) => {
    worst = Math.max(worst, Math.abs((equity[i] ?? Number.NaN) / value - 1));
  });
  expect(worst).toBeLessThan(1e-9);
}

describe('examples of several instruments agree with plain loops', () => {
  it('dual momentum', async () => {
    const bars = pair();
    const columns = [bars.ONE, bars.TWO];
    const { time } = bars.ONE;
    const month = (i: number): number => new Date(time[i] ?? 0).getUTCMonth();
    const year = (k: number, i: number): number =>
      (columns[k]?.close[i] ?? 0) / (columns[k]?.close[i - 252] ?? 0) - 1;
    let decisions = 0;
    const theirs = weights(columns, (i, units) => {
      if (i < 252 || month(i) === month(i - 1)) return undefined;
      const best = year(1, i) > year(0, i) ? 1 : 0;
      const chosen = year(best, i) > 0 ? best : -1;
      if (chosen >= 0 && (units[chosen] ?? 0) > 0) return undefined;
      decisions += 1;
      return [0, 1].map((k) => (k === chosen ? 1 : 0));
    });
    expect(decisions).toBeGreaterThan(20);
    const result = await runPortfolioExample('dual-momentum.ts', bars);
    expect(result.trades.count).toBeGreaterThan(10);
    expectEquity(result, theirs);
  });

  it('a pair, both legs', async () => {
    const bars = pair();
    const columns = [bars.ONE, bars.TWO];
    const ratio = bars.ONE.close.map((price, i) => Math.log(price / (bars.TWO.close[i] ?? 1)));
    // TA-Lib's deviation is that of the population; zscore's as well.
    const gap = (i: number): number => {
      const window = ratio.subarray(i - 59, i + 1);
      const mean = window.reduce((sum, value) => sum + value, 0) / 60;
      const squares = window.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return ((ratio[i] ?? 0) - mean) / Math.sqrt(squares / 60);
    };
    let held = 0;
    let entries = 0;
    const theirs = weights(columns, (i, units) => {
      if (i < 59) return undefined;
      const z = gap(i);
      const side = Math.sign(units[0] ?? 0);
      if (side === 0) {
        held = 0;
        if (Math.abs(z) <= 2) return undefined;
        entries += 1;
        return z < 0 ? [0.45, -0.45] : [-0.45, 0.45];
      }
      held += 1;
      return side * z >= 0 || held >= 40 ? [0, 0] : undefined;
    });
    expect(entries).toBeGreaterThan(30);
    const result = await runPortfolioExample('pairs-zscore.ts', bars, {
      settings: { short: true },
    });
    expect(result.trades.count).toBe(2 * entries);
    const longs = result.trades.size.filter((size) => size > 0).length;
    expect(longs).toBe(entries);
    expectEquity(result, theirs);
  });
});

interface Declared {
  readonly file: string;
  readonly symbols: readonly string[];
  readonly short?: boolean;
  readonly trades: number;
  readonly returned: number;
}

/** Frozen after the loops above agreed; a change here is a change of results that users must be told. */
const DECLARED: readonly Declared[] = [
  { file: 'dual-momentum.ts', symbols: ['SPY', 'EEM'], trades: 28, returned: 45.69931399 },
  {
    file: 'pairs-zscore.ts',
    symbols: ['SPY', 'QQQ'],
    short: true,
    trades: 138,
    returned: -34.68142656,
  },
  {
    file: 'sector-rotation.ts',
    symbols: ['QQQ', 'SPY', 'IWM', 'EEM'],
    trades: 106,
    returned: 129.74517997,
  },
];

/** The files of real prices are beside the checkout only where it is worked on. */
const REAL = ['SPY', 'QQQ', 'IWM', 'EEM'].every(
  (name) => sharedData(`daily/${name}.csv`) !== undefined,
);

describe('examples on several real instruments', () => {
  it.skipIf(!REAL).each(DECLARED)(
    '$file',
    async ({ file, symbols, short = false, trades, returned }) => {
      const bars: Record<string, BarColumns> = {};
      for (const name of symbols) {
        const path = sharedData(`daily/${name}.csv`) ?? '';
        bars[name] = readRows(path, (text) => Date.parse(`${text}T00:00:00Z`));
      }
      const settings = { short };
      const result = await runPortfolioExample(file, bars, { settings });
      expect(result.trades.count).toBe(trades);
      expect(statistic(result, 'Return [%]')).toBeCloseTo(returned, 6);
      const traded = new Set(result.trades.instrument);
      expect(traded.size).toBe(symbols.length);
      // Outside of the sandbox it gives the same orders.
      const trusted = await runPortfolioExample(file, bars, { settings, trusted: true });
      expect(trusted.orderHash).toBe(result.orderHash);
      expect(trusted.equity).toEqual(result.equity);
    },
  );
});
