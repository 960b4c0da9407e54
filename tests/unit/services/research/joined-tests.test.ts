import { describe, expect, it } from 'vitest';
import {
  joinTrades,
  type JoinedTest,
} from '../../../../electron/services/research/joined-tests.ts';
import type { TradeColumns } from '../../../../engine/domain/backtest.ts';

function trades(
  rows: readonly { bars: [number, number]; pnl: number; open: boolean }[],
): TradeColumns {
  const column = (pick: (row: (typeof rows)[number]) => number): Float64Array =>
    Float64Array.from(rows, pick);
  return {
    count: rows.length,
    size: column(() => 10),
    entryBar: Int32Array.from(rows, ({ bars }) => bars[0]),
    exitBar: Int32Array.from(rows, ({ bars }) => bars[1]),
    entryTime: column(({ bars }) => bars[0] * 1_000),
    exitTime: column(({ bars }) => bars[1] * 1_000),
    entryPrice: column(() => 100),
    exitPrice: column(({ pnl }) => 100 + pnl / 10),
    pnl: column(({ pnl }) => pnl),
    returnFraction: column(({ pnl }) => pnl / 1_000),
    commission: column(() => 2),
    mae: column(() => 0.01),
    mfe: column(() => 0.02),
    open: Uint8Array.from(rows, ({ open }) => (open ? 1 : 0)),
    entryTag: rows.map(() => 'in'),
    exitTag: rows.map(() => 'out'),
  };
}

describe('tests that are joined', () => {
  it('have the money of what came before, and their bars after each other', () => {
    // Each test began with 1,000. The first made 200, so that the second is worth 1.2 times as much.
    const first: JoinedTest = {
      range: { from: 50, to: 53 },
      equity: Float64Array.of(1_000, 1_100, 1_200),
      position: Float64Array.of(0, 10, 10),
      trades: trades([{ bars: [1, 2], pnl: 200, open: true }]),
      commission: 2,
    };
    const second: JoinedTest = {
      range: { from: 53, to: 55 },
      equity: Float64Array.of(1_000, 900),
      position: Float64Array.of(10, 10),
      trades: trades([{ bars: [0, 1], pnl: -100, open: true }]),
      commission: 2,
    };
    const curve = Float64Array.of(1_000, 1_100, 1_200, 1_200, 1_080);
    const joined = joinTrades([first, second], { from: 50, to: 55 }, curve, 1_000);
    expect(Array.from(joined.position)).toEqual([0, 10, 10, 12, 12]);
    expect(joined.commission).toBeCloseTo(2 + 2.4, 12);
    expect(Array.from(joined.trades.entryBar)).toEqual([1, 3]);
    expect(Array.from(joined.trades.exitBar)).toEqual([2, 4]);
    expect(Array.from(joined.trades.pnl)).toEqual([200, -120]);
    expect(Array.from(joined.trades.size)).toEqual([10, 12]);
    expect(Array.from(joined.trades.returnFraction)).toEqual([0.2, -0.1]);
    // What the first held was marked at its end; what the last holds is open.
    expect(Array.from(joined.trades.open)).toEqual([0, 1]);
    // All that was made and lost is in the curve.
    const made = joined.trades.pnl.reduce((sum, pnl) => sum + pnl, 1_000);
    expect(made).toBeCloseTo(curve.at(-1) as number, 12);
  });

  it('keep dividends and fees, in the money of the joined curve', () => {
    const paid = trades([{ bars: [0, 1], pnl: 100, open: false }]);
    const test = (from: number, carry?: number): JoinedTest => ({
      range: { from, to: from + 2 },
      equity: Float64Array.of(1_000, 1_100),
      position: new Float64Array(2),
      trades: carry === undefined ? paid : { ...paid, carry: Float64Array.of(carry) },
      commission: 0,
    });
    const curve = Float64Array.of(1_000, 1_100, 1_100, 1_210);
    const whole = { from: 0, to: 4 };
    const joined = joinTrades([test(0), test(2, 50)], whole, curve, 1_000);
    expect(Array.from(joined.trades.carry ?? [])).toEqual([0, 55.00000000000001]);
    const without = joinTrades([test(0), test(2)], whole, curve, 1_000);
    expect(without.trades.carry).toBeUndefined();
  });

  it('stay flat where nothing was traded', () => {
    const curve = Float64Array.of(1_000, 1_000);
    const joined = joinTrades([], { from: 0, to: 2 }, curve, 1_000);
    expect(joined.trades.count).toBe(0);
    expect(Array.from(joined.position)).toEqual([0, 0]);
  });
});
