import { describe, expect, it } from 'vitest';
import { figuresByInstrument } from '../../../../engine/report/sections/instruments.ts';
import { exposureOf } from '../../../../engine/report/sections/exposure.ts';
import type { ReportRun } from '../../../../engine/report/subject.ts';
import {
  csvOf,
  equityTable,
  orderTable,
  symbolsOf,
  tradeTable,
} from '../../../../engine/report/tables.ts';
import { tearSheet } from '../../../../engine/report/tear-sheet.ts';
import { randomWalk } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';

/** The run of one instrument as one of two: its first trades belong to the first, the rest to the second. */
function several(): ReportRun {
  const run = smaRun(randomWalk(300, 3), { commission: { percent: 0.1, perShare: 0, minimum: 0 } });
  const { count } = run.trades;
  const half = Float64Array.from(run.time, (_, i) => (i % 2 === 0 ? 0.5 : 0));
  const none = new Float64Array(run.time.length);
  none[0] = Number.NaN;
  none[1] = -0.25;
  return {
    ...run,
    position: run.equity.map((equity, i) => Math.abs((half[i] ?? 0) * equity)),
    trades: {
      ...run.trades,
      instrument: Int32Array.from({ length: count }, (_, i) => (i < 2 ? 0 : 1)),
    },
    orders: { ...run.orders, instrument: new Int32Array(run.orders.count).fill(1) },
    instruments: [
      { symbol: 'A<B', barCount: run.time.length, weight: half },
      { symbol: 'TWO', barCount: 7, weight: none },
    ],
  };
}

describe('a run of two instruments', () => {
  const run = several();
  const { trades, time } = run;
  const sum = (values: ArrayLike<number>, from: number, to: number): number =>
    Array.from(values)
      .slice(from, to)
      .reduce((total, value) => total + value, 0);

  it('counts trades, results and sizes by instrument', () => {
    expect(trades.count).toBeGreaterThan(3);
    const [one, two] = figuresByInstrument({ run });
    expect(one).toMatchObject({ symbol: 'A<B', barCount: time.length, trades: 2 });
    expect(one?.pnl).toBeCloseTo(sum(trades.pnl, 0, 2), 9);
    expect(two?.pnl).toBeCloseTo(sum(trades.pnl, 2, trades.count), 9);
    expect(two?.commission).toBeCloseTo(sum(trades.commission, 2, trades.count), 9);
    const open = sum(trades.open, 0, trades.count);
    expect((one?.trades ?? 0) + (two?.trades ?? 0)).toBe(trades.count - open);
    const won = Array.from(trades.pnl)
      .slice(0, 2)
      .filter((pnl) => pnl > 0).length;
    expect(one?.won).toBe(won / 2);
    // Half of the equity on every other bar; a quarter short on one bar of all, one without equity.
    expect(one).toMatchObject({ largest: 0.5, held: Math.ceil(time.length / 2) / time.length });
    expect(one?.average).toBeCloseTo((0.5 * Math.ceil(time.length / 2)) / time.length, 12);
    expect(two).toMatchObject({ largest: 0.25, held: 1 / time.length });
    expect(two?.average).toBeCloseTo(0.25 / (time.length - 1), 12);
  });

  it('has its exposure in money, and names symbols in every table', () => {
    const { ofEquity, average } = exposureOf({ run, bars: null });
    expect(ofEquity).toBe(true);
    expect(average).toBeCloseTo((0.5 * Math.ceil(time.length / 2)) / time.length, 12);
    const symbols = symbolsOf(run);
    const first = (text: string): string[] =>
      text.split('\n').map((line) => line.split(',')[0] ?? '');
    expect(first(csvOf(tradeTable(trades, symbols), String)).slice(0, 4)).toEqual([
      'Symbol',
      'A<B',
      'A<B',
      'TWO',
    ]);
    expect(first(csvOf(orderTable(run.orders, symbols), String))[1]).toBe('TWO');
    expect(
      equityTable(run)
        .map(({ name }) => name)
        .slice(-3),
    ).toEqual(['Invested', 'Weight A<B', 'Weight TWO']);
  });

  it('is on the tear sheet, without a price that there is not', () => {
    const sheet = tearSheet({ run, bars: null, version: '0' });
    expect(sheet).toContain('id="instruments"');
    expect(sheet).toContain('A&lt;B');
    expect(sheet).not.toContain('A<B');
    expect(sheet).not.toContain('id="trades"');
    expect(sheet).toContain('Exposure, part of equity');
  });
});
