import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { readRows, sharedData } from '../unit/engine/series/market.ts';
import { between, randomWalk, spx } from '../unit/engine/backtest/bars.ts';

/**
 * A second SMA cross, written as plainly as can be and apart from the engine: averages are summed anew on
 * every bar, and the account is three variables.
 */
function naive(bars: BarColumns, fast: number, slow: number, settings: BacktestSettings) {
  const { open, close } = bars;
  const rate = settings.commission.percent / 100;
  const slip = settings.slippageBps / 10_000;
  const average = (i: number, n: number): number => {
    if (i + 1 < n) return Number.NaN;
    let sum = 0;
    for (let k = i - n + 1; k <= i; k += 1) sum += close[k] ?? 0;
    return sum / n;
  };
  let cash = settings.cash;
  let units = 0;
  let pending = 0;
  const equity: number[] = [];
  const fills: number[] = [];
  const trade = (price: number): void => {
    if (pending === 0) return;
    const paid = price * (1 + Math.sign(pending) * slip);
    const exit = Math.abs(units) * paid * rate;
    if (units !== 0) {
      cash += units * paid - exit;
      units = 0;
    }
    if (pending > 0 || settings.short) {
      const size = cash / (paid * (1 + rate));
      units = Math.sign(pending) * size;
      cash -= units * paid + size * paid * rate;
    }
    fills.push(paid);
    pending = 0;
  };
  for (let i = 0; i < close.length; i += 1) {
    if (settings.fill === 'next-open') trade(open[i] ?? 0);
    const now = average(i, fast) - average(i, slow);
    const before = i === 0 ? Number.NaN : average(i - 1, fast) - average(i - 1, slow);
    if (now > 0 && before <= 0 && units <= 0) pending = 1;
    if (now < 0 && before >= 0 && (units > 0 || (units === 0 && settings.short))) pending = -1;
    if (settings.fill === 'same-close') trade(close[i] ?? 0);
    equity.push(cash + units * (close[i] ?? 0));
  }
  return { equity, fills };
}

const VARIANTS: readonly Partial<BacktestSettings>[] = [
  {},
  { fill: 'same-close' },
  { short: true },
  { short: true, fill: 'same-close', commission: { percent: 0.1, perShare: 0, minimum: 0 } },
  { commission: { percent: 0.25, perShare: 0, minimum: 0 }, slippageBps: 5 },
];

function compare(
  bars: BarColumns,
  fast: number,
  slow: number,
  given: Partial<BacktestSettings>,
): number {
  const settings = { ...DEFAULT_SETTINGS, ...given };
  const mine = runBacktest({ strategy: 'sma-cross', parameters: { fast, slow }, settings, bars });
  const theirs = naive(bars, fast, slow, settings);
  const prices = mine.orders.fillPrice.filter(Number.isFinite);
  expect(prices.length).toBe(theirs.fills.length);
  prices.forEach((price, i) => expect(price).toBeCloseTo(theirs.fills[i] ?? 0, 9));
  theirs.equity.forEach((value, i) => {
    expect(Math.abs((mine.equity[i] ?? 0) / value - 1)).toBeLessThan(1e-9);
  });
  return prices.length;
}

describe('a second implementation of the SMA cross agrees', () => {
  it.each(VARIANTS)('on the S&P 500 with %j', (given) => {
    expect(compare(spx(), 10, 30, given)).toBeGreaterThan(100);
  });

  it.each(VARIANTS)('on a random walk with %j', (given) => {
    expect(compare(randomWalk(2_000, 4), 3, 8, given)).toBeGreaterThan(100);
  });

  const file = sharedData('daily/AAPL.csv');
  it.skipIf(file === undefined)('on 23 years of AAPL', () => {
    const bars = readRows(file ?? '', (text) => Date.parse(`${text}T00:00:00Z`));
    expect(compare(bars, 20, 50, { short: true })).toBeGreaterThan(100);
  });
});

interface Declared {
  readonly name: string;
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly settings: Partial<BacktestSettings>;
  readonly barCount: number;
  readonly orders: number;
  readonly orderHash: string;
  readonly statistics: Readonly<Record<string, number>>;
}

/** Frozen after the comparison above; a change here is a change of results that users must be told. */
const DECLARED: readonly Declared[] = [
  {
    name: 'SMA cross',
    strategy: 'sma-cross',
    parameters: {
      fast: 10,
      slow: 30,
    },
    settings: {},
    barCount: 3775,
    orders: 127,
    orderHash: '8cad621627916e7843116deb48ae8a91b2480966aba112eb96a9d3719629c674',
    statistics: {
      'Return [%]': 90.9538676244,
      'Buy & Hold Return [%]': 166.583595592,
      'Sharpe Ratio': 0.467273453252,
      'Max. Drawdown [%]': -22.7795766103,
      '# Trades': 63,
      'Win Rate [%]': 46.0317460317,
      'Exposure Time [%]': 64.3178807947,
      'Commissions [$]': 0,
    },
  },
  {
    name: 'SMA cross with commission and fills at the close',
    strategy: 'sma-cross',
    parameters: {
      fast: 10,
      slow: 30,
    },
    settings: {
      fill: 'same-close',
      commission: {
        percent: 0.1,
        perShare: 0,
        minimum: 0,
      },
    },
    barCount: 3775,
    orders: 127,
    orderHash: '927ea7dc32104c8f64c780c7b5155862923c89d27c561fa8d6819fc7497f0175',
    statistics: {
      'Return [%]': 68.6664283405,
      'Buy & Hold Return [%]': 168.497320866,
      'Sharpe Ratio': 0.387108613083,
      'Max. Drawdown [%]': -25.4833906838,
      '# Trades': 63,
      'Win Rate [%]': 44.4444444444,
      'Exposure Time [%]': 64.3443708609,
      'Commissions [$]': 16063.8206774,
    },
  },
  {
    name: 'SMA cross long and short',
    strategy: 'sma-cross',
    parameters: {
      fast: 20,
      slow: 100,
    },
    settings: {
      short: true,
    },
    barCount: 3775,
    orders: 41,
    orderHash: 'dfbb466ad9356e2eecf2239abcb79637ac16c4e061b2249e3f98768388a5b746',
    statistics: {
      'Return [%]': 29.1776503577,
      'Buy & Hold Return [%]': 166.583595592,
      'Sharpe Ratio': 0.187716578223,
      'Max. Drawdown [%]': -30.565626635,
      '# Trades': 40,
      'Win Rate [%]': 35,
      'Exposure Time [%]': 97.1920529801,
      'Commissions [$]': 0,
    },
  },
  {
    name: 'RSI reversion',
    strategy: 'rsi-reversion',
    parameters: {
      period: 5,
    },
    settings: {
      size: {
        kind: 'percent',
        percent: 50,
      },
    },
    barCount: 3775,
    orders: 190,
    orderHash: '526f970322df27c2224391081bde5a1e922f49736fe2d93269b516dbbd476944',
    statistics: {
      'Return [%]': 53.2567495122,
      'Buy & Hold Return [%]': 166.583595592,
      'Sharpe Ratio': 0.430176771897,
      'Max. Drawdown [%]': -20.6390059818,
      '# Trades': 85,
      'Win Rate [%]': 80,
      'Exposure Time [%]': 35.3642384106,
      'Commissions [$]': 0,
    },
  },
  {
    name: 'Bollinger breakout',
    strategy: 'bollinger-breakout',
    parameters: {},
    settings: {
      slippageBps: 5,
    },
    barCount: 3775,
    orders: 2146,
    orderHash: 'db44f8dbcdfda9f37ed2cc69a5c45cae481f1ee3874fefd3de29b38f909db680',
    statistics: {
      'Return [%]': 39.5541069502,
      'Buy & Hold Return [%]': 166.450370407,
      'Sharpe Ratio': 0.340706993394,
      'Max. Drawdown [%]': -16.6481100391,
      '# Trades': 89,
      'Win Rate [%]': 47.191011236,
      'Exposure Time [%]': 45.0066225166,
      'Commissions [$]': 0,
    },
  },
  {
    name: 'MACD trend',
    strategy: 'macd-trend',
    parameters: {},
    settings: {
      lotSize: 1,
    },
    barCount: 3775,
    orders: 309,
    orderHash: '7b7a0c0e81fab970452175f4c2bca4de89aac9b73cfdadb56383133498586bec',
    statistics: {
      'Return [%]': 63.154374706,
      'Buy & Hold Return [%]': 165.54651877,
      'Sharpe Ratio': 0.356473025904,
      'Max. Drawdown [%]': -22.7148197673,
      '# Trades': 154,
      'Win Rate [%]': 43.5064935065,
      'Exposure Time [%]': 50.5695364238,
      'Commissions [$]': 0,
    },
  },
  {
    name: 'ATR stop',
    strategy: 'atr-stop',
    parameters: {},
    settings: {
      commission: {
        percent: 0,
        perShare: 0.005,
        minimum: 1,
      },
    },
    barCount: 3775,
    orders: 2297,
    orderHash: 'd8542de2d04a5ff01dac06c888d8d9fe8a9d9229ec50aa1a7b358783e11ed53f',
    statistics: {
      'Return [%]': 41.3713384614,
      'Buy & Hold Return [%]': 166.580929756,
      'Sharpe Ratio': 0.278804555413,
      'Max. Drawdown [%]': -39.3026098989,
      '# Trades': 75,
      'Win Rate [%]': 52,
      'Exposure Time [%]': 58.8609271523,
      'Commissions [$]': 150,
    },
  },
];

describe('declared backtests of the S&P 500 from 2005 to 2019', () => {
  const bars = between(spx(), '2005-01-01', '2019-12-31');

  it.each(DECLARED)('$name', ({ strategy, parameters, settings, ...declared }) => {
    const result = runBacktest({
      strategy,
      parameters,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      bars,
    });
    expect(result.barCount).toBe(declared.barCount);
    expect(result.orders.count).toBe(declared.orders);
    for (const [name, value] of Object.entries(declared.statistics)) {
      const found = result.statistics.find((statistic) => statistic.name === name);
      expect(found?.value, name).toBeCloseTo(value, 6);
    }
    expect(result.orderHash).toBe(declared.orderHash);
  });
});
