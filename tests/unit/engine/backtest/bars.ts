import { readFileSync } from 'node:fs';
import { fromRoot } from '../../../../build/lib/paths.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import type { Strategy, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { Simulation, type SimulationExtras } from '../../../../engine/backtest/simulation.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';

export const DAY = 86_400_000;

/** Daily bars from rows of open, high, low, close. */
export function barsOf(rows: readonly (readonly [number, number, number, number])[]): BarColumns {
  const column = (k: 0 | 1 | 2 | 3): Float64Array => Float64Array.from(rows, (row) => row[k]);
  return {
    time: Float64Array.from(rows, (_, i) => i * DAY),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: new Float64Array(rows.length).fill(100),
  };
}

export type Row = readonly [open: number, high: number, low: number, close: number];

/** Does something on each bar by its number, and returns the orders, the fills and the run. */
export function play(
  rows: readonly Row[],
  script: Readonly<Record<number, (context: StrategyContext) => void>>,
  settings: Partial<BacktestSettings> = {},
  extras: SimulationExtras & {
    readonly volume?: readonly number[];
    readonly step?: number;
    readonly onOrder?: NonNullable<Strategy['onOrder']>;
  } = {},
) {
  const bars = barsOf(rows);
  const volume = extras.volume === undefined ? bars.volume : Float64Array.from(extras.volume);
  const time = bars.time.map((at) => (at / DAY) * (extras.step ?? DAY));
  const heard: string[] = [];
  const run = simulate(
    { ...bars, volume, time },
    { cash: 10_000, size: { kind: 'quantity', quantity: 10 }, short: true, ...settings },
    (context) => script[context.index]?.(context),
    (event, context) => {
      heard.push(`${event.order} ${event.state} ${event.quantity}`);
      extras.onOrder?.(event, context);
    },
    extras,
  );
  return { run, orders: run.orders.toColumns(), fills: run.orders.allFills(), heard };
}

/** Bars that do not move inside: open = high = low = close. */
export function flatBars(prices: readonly number[]): BarColumns {
  return barsOf(prices.map((price) => [price, price, price, price] as const));
}

/** A random walk with a fixed seed. */
export function randomWalk(length: number, seed = 1, step = 0.01): BarColumns {
  const random = new Random(seed);
  let price = 100;
  return barsOf(
    Array.from({ length }, () => {
      const open = price * Math.exp(random.normal() * step * 0.2);
      const close = open * Math.exp(random.normal() * step);
      price = close;
      const high = Math.max(open, close) * (1 + random.uniform() * step);
      const low = Math.min(open, close) * (1 - random.uniform() * step);
      return [open, high, low, close] as const;
    }),
  );
}

/** The S&P 500's daily bars 2000 to 2020, read by a reader of the tests' own. */
export function spx(): BarColumns {
  const rows = readFileSync(fromRoot('node_modules/vega-datasets/data/sp500-2000.csv'), 'utf8')
    .trim()
    .split('\n');
  const header = (rows[0] ?? '').trim().split(',');
  const cells = rows.slice(1).map((row) => row.trim().split(','));
  const column = (name: string): Float64Array => {
    const index = header.indexOf(name);
    return Float64Array.from(cells, (row) => Number(row[index]));
  };
  return {
    time: Float64Array.from(cells, (row) => Date.parse(`${row[header.indexOf('date')]}T00:00:00Z`)),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  };
}

export function between(bars: BarColumns, start: string, end: string): BarColumns {
  const from = bars.time.findIndex((time) => time >= Date.parse(`${start}T00:00:00Z`));
  const after = bars.time.findIndex((time) => time > Date.parse(`${end}T00:00:00Z`));
  const cut = (column: Float64Array): Float64Array =>
    column.slice(from, after < 0 ? undefined : after);
  return {
    time: cut(bars.time),
    open: cut(bars.open),
    high: cut(bars.high),
    low: cut(bars.low),
    close: cut(bars.close),
    volume: cut(bars.volume),
  };
}

/** Runs a strategy written inside a test, with what each bar should do by its number. */
export function simulate(
  bars: BarColumns,
  settings: Partial<BacktestSettings>,
  onBar: (context: StrategyContext) => void,
  onOrder?: NonNullable<Strategy['onOrder']>,
  extras: SimulationExtras = {},
): Simulation {
  const simulation = new Simulation(bars, { ...DEFAULT_SETTINGS, ...settings }, extras);
  const strategy: Strategy = onOrder === undefined ? { onBar } : { onBar, onOrder };
  for (let i = 0; i < bars.time.length; i += 1) simulation.step(i, strategy);
  simulation.trades.finish();
  return simulation;
}
