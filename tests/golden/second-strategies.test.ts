import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { between, randomWalk, spx } from '../unit/engine/backtest/bars.ts';

/**
 * The strategies that leave orders waiting, written a second time and apart from the engine: indicators
 * from their definitions, one waiting order a side, an account of two numbers. Long only, fills at the
 * next open. The declared backtests of these strategies rest on this comparison.
 */
interface Waiting {
  readonly kind: 'market' | 'stop' | 'limit';
  readonly price: number;
}

interface Account {
  cash: number;
  units: number;
}

/** What to leave waiting after bar i; an entry when flat, an exit when long. */
type Rule = (i: number, account: Account) => Waiting | undefined;

const MARKET: Waiting = { kind: 'market', price: Number.NaN };

function naive(bars: BarColumns, settings: BacktestSettings, rule: Rule) {
  const slip = settings.slippageBps / 10_000;
  const fee = (units: number, price: number): number => {
    const { percent, perShare, minimum } = settings.commission;
    return Math.max(minimum, (percent / 100) * units * price + perShare * units);
  };
  const account: Account = { cash: settings.cash, units: 0 };
  const equity: number[] = [];
  const fills: number[] = [];
  let waiting: Waiting | undefined;
  const reached = (order: Waiting, buys: boolean, i: number): number | undefined => {
    const open = bars.open[i] ?? 0;
    if (order.kind === 'market') return open;
    // A buy stop and a sell limit wait above the price; the other two below.
    const above = (order.kind === 'stop') === buys;
    if (above ? open >= order.price : open <= order.price) return open;
    const touched = above ? (bars.high[i] ?? 0) >= order.price : (bars.low[i] ?? 0) <= order.price;
    return touched ? order.price : undefined;
  };
  for (let i = 0; i < bars.close.length; i += 1) {
    const buys = account.units === 0;
    const at = waiting === undefined ? undefined : reached(waiting, buys, i);
    if (waiting !== undefined && at !== undefined) {
      const limited = waiting.kind === 'limit';
      const paid = limited ? at : at * (buys ? 1 + slip : 1 - slip);
      if (buys) {
        const part = settings.size.kind === 'percent' ? settings.size.percent / 100 : 1;
        const money = account.cash * part;
        const { percent, perShare, minimum } = settings.commission;
        let units = money / (paid * (1 + percent / 100) + perShare);
        if (fee(units, paid) === minimum) units = (money - minimum) / paid;
        if (settings.lotSize > 0) units = Math.floor(units / settings.lotSize) * settings.lotSize;
        account.units = units;
        account.cash -= units * paid + fee(units, paid);
      } else {
        account.cash += account.units * paid - fee(account.units, paid);
        account.units = 0;
      }
      fills.push(paid);
      waiting = undefined;
    }
    waiting = rule(i, account);
    equity.push(account.cash + account.units * (bars.close[i] ?? 0));
  }
  return { equity, fills };
}

const of = (column: Float64Array, i: number): number => column[i] ?? Number.NaN;

function mean(column: Float64Array, i: number, n: number): number {
  if (i + 1 < n) return Number.NaN;
  return column.subarray(i + 1 - n, i + 1).reduce((sum, x) => sum + x, 0) / n;
}

/** Wilder's averages, said as he does: the mean of the first n, then one part of n replaced. */
function wilder(values: readonly number[], n: number): number[] {
  const averages: number[] = [];
  values.forEach((x, i) => {
    if (i < n - 1) averages.push(Number.NaN);
    else if (i === n - 1) averages.push(values.slice(0, n).reduce((a, b) => a + b, 0) / n);
    else averages.push(((averages[i - 1] ?? 0) * (n - 1) + x) / n);
  });
  return averages;
}

function rsi(close: Float64Array, n: number): number[] {
  const changes = Array.from(close.subarray(1), (x, i) => x - of(close, i));
  const up = wilder(
    changes.map((x) => Math.max(x, 0)),
    n,
  );
  const down = wilder(
    changes.map((x) => Math.max(-x, 0)),
    n,
  );
  return [Number.NaN, ...up.map((u, i) => (100 * u) / (u + (down[i] ?? 0)))];
}

function atr(bars: BarColumns, n: number): number[] {
  const ranges = Array.from(bars.close.subarray(1), (_, k) => {
    const before = of(bars.close, k);
    return Math.max(of(bars.high, k + 1), before) - Math.min(of(bars.low, k + 1), before);
  });
  return [Number.NaN, ...wilder(ranges, n)];
}

/** Averages of values from `first` on, seeded with the mean of `n` of them ending at `seed`. */
function ema(values: readonly number[], n: number, seed: number): number[] {
  const averages = values.map(() => Number.NaN);
  if (seed >= values.length) return averages;
  averages[seed] = values.slice(seed + 1 - n, seed + 1).reduce((a, b) => a + b, 0) / n;
  for (let i = seed + 1; i < values.length; i += 1) {
    averages[i] = (averages[i - 1] ?? 0) * (1 - 2 / (n + 1)) + ((values[i] ?? 0) * 2) / (n + 1);
  }
  return averages;
}

/** TA-Lib lets both averages begin together, on the first bar of the slow one. */
function macdHistogram(close: Float64Array, fast: number, slow: number, signal: number): number[] {
  const values = Array.from(close);
  const quick = ema(values, fast, slow - 1);
  const lazy = ema(values, slow, slow - 1);
  const line = quick.map((x, i) => x - (lazy[i] ?? 0));
  const smooth = ema(line, signal, slow - 1 + signal - 1);
  return line.map((x, i) => x - (smooth[i] ?? 0));
}

const RULES: Readonly<Record<string, (bars: BarColumns, p: Record<string, number>) => Rule>> = {
  'rsi-reversion': ({ close }, { period = 14, lower = 30, upper = 70 }) => {
    const values = rsi(close, period);
    return (i, { units }) => {
      const value = values[i] ?? Number.NaN;
      if (units === 0) return value < lower ? { kind: 'limit', price: of(close, i) } : undefined;
      return value > upper ? MARKET : undefined;
    };
  },
  'bollinger-breakout':
    ({ close }, { period = 20, width = 2 }) =>
    (i, { units }) => {
      const middle = mean(close, i, period);
      if (Number.isNaN(middle)) return undefined;
      if (units > 0) return of(close, i) < middle ? MARKET : undefined;
      const squares = close.slice(i + 1 - period, i + 1).map((x) => (x - middle) ** 2);
      const spread = Math.sqrt(squares.reduce((a, b) => a + b, 0) / period);
      return { kind: 'stop', price: middle + width * spread };
    },
  'macd-trend': ({ close }, { fast = 12, slow = 26, signal = 9 }) => {
    const values = macdHistogram(close, fast, slow, signal);
    return (i, { units }) => {
      const now = values[i] ?? Number.NaN;
      const before = values[i - 1] ?? Number.NaN;
      if (units === 0) return now > 0 && before <= 0 ? MARKET : undefined;
      return now < 0 && before >= 0 ? MARKET : undefined;
    };
  },
  'atr-stop': (bars, { period = 50, atr: n = 14, multiple = 3 }) => {
    const { close } = bars;
    const ranges = atr(bars, n);
    let stop = Number.NaN;
    return (i, { units }) => {
      const average = mean(close, i, period);
      if (Number.isNaN(average)) return undefined;
      if (units > 0) {
        const wanted = of(close, i) - multiple * (ranges[i] ?? 0);
        stop = Number.isNaN(stop) ? wanted : Math.max(stop, wanted);
        return { kind: 'stop', price: stop };
      }
      stop = Number.NaN;
      const before = of(close, i - 1) - mean(close, i - 1, period);
      return of(close, i) > average && before <= 0 ? MARKET : undefined;
    };
  },
};

const CASES: readonly {
  readonly strategy: string;
  readonly parameters: Record<string, number>;
  readonly settings: Partial<BacktestSettings>;
}[] = [
  {
    strategy: 'rsi-reversion',
    parameters: { period: 5 },
    settings: { size: { kind: 'percent', percent: 50 } },
  },
  { strategy: 'bollinger-breakout', parameters: {}, settings: { slippageBps: 5 } },
  { strategy: 'macd-trend', parameters: {}, settings: { lotSize: 1 } },
  {
    strategy: 'atr-stop',
    parameters: {},
    settings: { commission: { percent: 0, perShare: 0.005, minimum: 1 } },
  },
];

describe.each<[string, () => BarColumns]>([
  ['the S&P 500 from 2005 to 2019', () => between(spx(), '2005-01-01', '2019-12-31')],
  ['a random walk', () => randomWalk(3_000, 11, 0.02)],
])('a second implementation agrees on %s', (_name, make) => {
  const bars = make();
  it.each(CASES)('with $strategy', ({ strategy, parameters, settings: given }) => {
    const settings = { ...DEFAULT_SETTINGS, ...given };
    const mine = runBacktest({ strategy, parameters, settings, bars });
    const rule = RULES[strategy];
    if (rule === undefined) throw new Error(`no second ${strategy}`);
    const theirs = naive(bars, settings, rule(bars, parameters));
    const { fillPrice, doneBar } = mine.orders;
    const fills = Array.from(fillPrice.keys())
      .filter((order) => Number.isFinite(fillPrice[order]))
      .toSorted((a, b) => (doneBar[a] ?? 0) - (doneBar[b] ?? 0))
      .map((order) => fillPrice[order] ?? 0);
    expect(fills.length).toBeGreaterThan(20);
    expect(fills.length).toBe(theirs.fills.length);
    fills.forEach((price, i) => {
      expect(Math.abs(price / (theirs.fills[i] ?? 0) - 1)).toBeLessThan(1e-9);
    });
    theirs.equity.forEach((value, i) => {
      expect(Math.abs((mine.equity[i] ?? 0) / value - 1)).toBeLessThan(1e-8);
    });
  });
});
