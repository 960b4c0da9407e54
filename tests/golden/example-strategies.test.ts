import { describe, expect, it } from 'vitest';
import type { BacktestResult } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { randomWalk, spx } from '../unit/engine/backtest/bars.ts';
import { exampleFiles, runExample, statistic } from './examples.ts';

/** One trade of a plain loop: bars and prices of entry and exit; an open one ends at the last close. */
type Row = readonly [entryBar: number, entry: number, exitBar: number, exit: number];

const CASH = 100_000;

/** Compares trades with those of a loop, and the equity that follows from holding everything. */
function expectTrades(result: BacktestResult, rows: readonly Row[], allIn = true): void {
  const { trades } = result;
  expect(trades.count).toBe(rows.length);
  let cash = CASH;
  rows.forEach(([entryBar, entry, exitBar, exit], k) => {
    expect([trades.entryBar[k], trades.exitBar[k]]).toEqual([entryBar, exitBar]);
    expect(trades.entryPrice[k]).toBeCloseTo(entry, 9);
    expect(trades.exitPrice[k]).toBeCloseTo(exit, 9);
    cash *= exit / entry;
  });
  if (allIn) expect((result.equity.at(-1) ?? 0) / cash).toBeCloseTo(1, 10);
}

function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let k = from; k <= to; k += 1) sum += values[k] ?? Number.NaN;
  return sum / (to - from + 1);
}

/** Long-only trades at the next open of what two conditions say on each close. */
function plainTrades(
  { open, close }: BarColumns,
  enter: (i: number) => boolean,
  leave: (i: number) => boolean,
): Row[] {
  const rows: Row[] = [];
  let since = -1;
  let paid = 0;
  for (let i = 0; i + 1 < close.length; i += 1) {
    const next = open[i + 1] ?? 0;
    if (since < 0 && enter(i) && !leave(i)) {
      since = i + 1;
      paid = next;
    } else if (since >= 0 && leave(i)) {
      rows.push([since, paid, i + 1, next]);
      since = -1;
    }
  }
  if (since >= 0) rows.push([since, paid, close.length - 1, close.at(-1) ?? 0]);
  return rows;
}

describe('examples agree with plain loops', () => {
  const bars = spx();
  const { open, high, low, close, time } = bars;
  const date = (i: number): Date => new Date(time[i] ?? Number.NaN);

  it('RSI(2) reversion', async () => {
    const average = (i: number, n: number): number =>
      i + 1 < n ? Number.NaN : mean(close, i - n + 1, i);
    const rsi: number[] = [];
    let up = 0;
    let down = 0;
    close.forEach((now, i) => {
      const change = i === 0 ? 0 : now - (close[i - 1] ?? 0);
      // Wilder: the mean of the first two changes, then half of the old and half of the new.
      up = (i <= 2 ? up : up / 2) + Math.max(change, 0) / 2;
      down = (i <= 2 ? down : down / 2) + Math.max(-change, 0) / 2;
      rsi.push(i < 2 ? Number.NaN : (100 * up) / (up + down));
    });
    const rows = plainTrades(
      bars,
      (i) => (close[i] ?? 0) > average(i, 200) && (rsi[i] ?? 99) < 10,
      (i) => (close[i] ?? 0) > average(i, 5),
    );
    expect(rows.length).toBeGreaterThan(100);
    expectTrades(await runExample('rsi2-reversion.yaml', bars), rows);
  });

  it('turn of the month', async () => {
    const begins = (i: number): boolean =>
      i > 0 && date(i).getUTCMonth() !== date(i - 1).getUTCMonth();
    const rows = plainTrades(
      bars,
      (i) => date(i).getUTCDate() >= 27,
      (i) => i >= 2 && begins(i - 2),
    );
    expect(rows.length).toBe(242);
    expectTrades(await runExample('turn-of-month.yaml', bars), rows);
  });

  it('Donchian breakout with its stop and its size', async () => {
    const ranges = close.map((_, i) =>
      i === 0
        ? Number.NaN
        : Math.max(high[i] ?? 0, close[i - 1] ?? 0) - Math.min(low[i] ?? 0, close[i - 1] ?? 0),
    );
    const atr: number[] = [];
    close.forEach((_, i) => {
      const before = atr[i - 1] ?? Number.NaN;
      if (i < 20) atr.push(Number.NaN);
      else atr.push(i === 20 ? mean(ranges, 1, 20) : (before * 19 + (ranges[i] ?? 0)) / 20);
    });
    const rows: Row[] = [];
    let cash = CASH;
    let units = 0;
    let paid = 0;
    let since = -1;
    let stop = 0;
    let order: { size: number; distance: number } | undefined;
    let leaving = false;
    const sell = (i: number, price: number): void => {
      rows.push([since, paid, i, price]);
      cash += units * price;
      units = 0;
      leaving = false;
    };
    for (let i = 0; i < close.length; i += 1) {
      const first = open[i] ?? 0;
      if (order !== undefined) {
        units = order.size;
        paid = first;
        since = i;
        cash -= units * first;
        stop = first - order.distance;
        order = undefined;
      } else if (units > 0 && (leaving || first <= stop)) sell(i, first);
      if (units > 0 && (low[i] ?? 0) <= stop) sell(i, stop);
      if (i < 20) continue;
      const now = close[i] ?? 0;
      const equity = cash + units * now;
      const distance = 2 * (atr[i] ?? Number.NaN);
      if (units > 0) leaving = now < Math.min(...low.subarray(i - 10, i));
      else if (now > Math.max(...high.subarray(i - 20, i)) && distance > 0) {
        order = { size: Math.min((equity * 0.95) / now, (equity * 0.01) / distance), distance };
      }
    }
    if (units > 0) sell(close.length - 1, close.at(-1) ?? 0);
    const result = await runExample('donchian-breakout.yaml', bars);
    expectTrades(result, rows, false);
    expect((result.equity.at(-1) ?? 0) / cash).toBeCloseTo(1, 10);
  });

  it('the night, held from close to open', async () => {
    const rows: Row[] = [];
    let bought = -1;
    const above = (i: number): boolean => i >= 199 && (close[i] ?? 0) > mean(close, i - 199, i);
    for (let i = 1; i < close.length; i += 1) {
      if (bought >= 0) rows.push([bought, close[bought] ?? 0, i, open[i] ?? 0]);
      bought = above(i - 1) ? i : -1;
    }
    const last = close.length - 1;
    if (bought >= 0) rows.push([last, close[last] ?? 0, last, close[last] ?? 0]);
    expect(rows.length).toBeGreaterThan(3_000);
    expectTrades(await runExample('overnight.ts', bars), rows);
    // Outside of the sandbox it gives the same orders.
    const sandboxed = await runExample('overnight.ts', bars);
    const trusted = await runExample('overnight.ts', bars, { trusted: true });
    expect(trusted.orderHash).toBe(sandboxed.orderHash);
  });

  it('opening range breakout inside of days', async () => {
    // Forty sessions of five-minute bars from 9:30 in New York, 14:30 UTC in winter.
    const walk = randomWalk(40 * 78, 13, 0.002);
    const days: number[] = [];
    for (let day = Date.UTC(2019, 0, 7); days.length < 40; day += 86_400_000) {
      const weekday = new Date(day).getUTCDay();
      const holiday = [Date.UTC(2019, 0, 21), Date.UTC(2019, 1, 18)].includes(day);
      if (weekday > 0 && weekday < 6 && !holiday) days.push(day);
    }
    const from = 14.5 * 3_600_000;
    const at = Float64Array.from(
      walk.time,
      (_, i) => (days[Math.floor(i / 78)] ?? 0) + from + (i % 78) * 300_000,
    );
    const session = { ...walk, time: at };
    const rows: Row[] = [];
    let held: { since: number; paid: number } | undefined;
    let entering = false;
    let leaving = false;
    let wasAbove = Number.NaN;
    for (let i = 0; i < at.length; i += 1) {
      const bar = i % 78;
      const day = i - bar;
      const [o, l, c] = [session.open[i] ?? 0, session.low[i] ?? 0, session.close[i] ?? 0];
      const bottom = Math.min(...session.low.subarray(day, day + 6));
      const top = Math.max(...session.high.subarray(day, day + 6));
      if (entering) held = { since: i, paid: o };
      else if (held !== undefined && (leaving || o <= bottom)) {
        rows.push([held.since, held.paid, i, o]);
        held = undefined;
      }
      entering = false;
      leaving = false;
      if (held !== undefined && l <= bottom) {
        rows.push([held.since, held.paid, i, bottom]);
        held = undefined;
      }
      // The range is known from its sixth bar on; 15:45 is the 75th bar.
      const late = bar >= 75;
      const crosses = bar >= 6 && c > top && wasAbove === 0;
      wasAbove = bar < 5 ? Number.NaN : c > top ? 1 : 0;
      if (held !== undefined) leaving = late;
      else entering = crosses && !late;
    }
    expect(rows.length).toBeGreaterThan(15);
    const result = await runExample('opening-range-breakout.yaml', session, { frame: '5m' });
    expectTrades(result, rows);
  });
});

interface Declared {
  readonly file: string;
  readonly trades: number;
  readonly returned: number;
}

/** Frozen after the loops above agreed; a change here is a change of results that users must be told. */
const DECLARED: readonly Declared[] = [
  { file: 'adaptive-trend.ts', trades: 130, returned: 3.25044959 },
  { file: 'bollinger-reversion.yaml', trades: 111, returned: -36.65331561 },
  { file: 'donchian-breakout.yaml', trades: 94, returned: 19.06046262 },
  { file: 'grid.ts', trades: 296, returned: 73.33499729 },
  { file: 'keltner-squeeze.yaml', trades: 20, returned: -6.2959271 },
  { file: 'macd-adx-trend.yaml', trades: 143, returned: 37.25746293 },
  { file: 'overnight.ts', trades: 3385, returned: 31.14563851 },
  { file: 'rsi2-reversion.yaml', trades: 130, returned: 42.9825939 },
  { file: 'supertrend-atr.yaml', trades: 83, returned: 79.64872051 },
  { file: 'turn-of-month.yaml', trades: 242, returned: 110.80002333 },
  { file: 'volatility-target.yaml', trades: 508, returned: 80.21771529 },
  { file: 'weekly-trend-daily-dip.yaml', trades: 100, returned: 7.96377969 },
];

/** Examples that trade several instruments; example-portfolios.test.ts runs them. */
const SEVERAL = ['dual-momentum.ts', 'pairs-zscore.ts', 'sector-rotation.ts'];

describe('examples on the S&P 500', () => {
  it.each(DECLARED)('$file', async ({ file, trades, returned }) => {
    const bars = spx();
    const result = await runExample(file, bars);
    expect(result.barCount).toBe(5_105);
    expect(result.trades.count).toBe(trades);
    expect(trades).toBeGreaterThan(0);
    expect(statistic(result, 'Return [%]')).toBeCloseTo(returned, 6);
  });

  it('are at least sixteen, and all are run', () => {
    const run = [...DECLARED.map(({ file }) => file), ...SEVERAL, 'opening-range-breakout.yaml'];
    expect(exampleFiles().toSorted()).toEqual(run.toSorted());
    expect(run.length).toBeGreaterThanOrEqual(16);
  });
});
