import { describe, expect, it } from 'vitest';
import { FeeMeter, type ChargedFill } from '../../../../engine/backtest/costs/fees.ts';
import type { OrderRequest } from '../../../../engine/backtest/strategy.ts';
import type { BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];
const at = (date: string): number => Date.parse(`${date}T14:30:00Z`);
function fill(quantity: number, price: number, { time }: { readonly time: number }): ChargedFill {
  return { order: 0, time, sells: false, maker: false, quantity, price };
}

describe('fees of Binance', () => {
  const one = fill(1, 10_000, { time: at('2024-01-02') });
  it.each([
    [0, false, 10, 10],
    [1, false, 9, 10],
    [3, false, 4.2, 6],
    [9, false, 1.2, 2.4],
    [0, true, 7.5, 7.5],
  ])('of VIP %d, BNB %s', (tier, payWithBnb, maker, taker) => {
    const meter = new FeeMeter({ table: 'binance-spot', tier, payWithBnb });
    expect(meter.charge({ ...one, maker: true })).toBeCloseTo(maker, 10);
    expect(meter.charge(one)).toBeCloseTo(taker, 10);
  });

  it.each([
    // The announcements for December 21, 2021, June 1, 2022 and June 7, 2023, each with the day before it.
    ['2021-12-20', 3, 7, 10],
    ['2022-05-31', 4, 7, 9],
    ['2022-06-01', 4, 2, 4],
    ['2022-06-01', 3, 7, 10],
    ['2023-06-06', 9, 2, 4],
    ['2023-06-07', 9, 1.2, 2.4],
    ['2023-06-07', 4, 4.2, 5.4],
    ['2023-06-07', 2, 8, 10],
  ])('on %s at level %d', (date, tier, maker, taker) => {
    const meter = new FeeMeter({ table: 'binance-spot', tier });
    const then = fill(1, 10_000, { time: at(date) });
    expect(meter.charge({ ...then, maker: true })).toBeCloseTo(maker, 10);
    expect(meter.charge(then)).toBeCloseTo(taker, 10);
  });

  it('were halved in BNB until July 20, 2018', () => {
    const paid = (date: string): number =>
      new FeeMeter({ table: 'binance-spot', payWithBnb: true }).charge(
        fill(1, 10_000, { time: at(date) }),
      );
    expect(paid('2018-07-19')).toBeCloseTo(5, 10);
    expect(paid('2018-07-20')).toBeCloseTo(7.5, 10);
  });

  it('have the levels that there are', () => {
    expect(() => new FeeMeter({ table: 'binance-spot', tier: 10 })).toThrow('no tier 10');
    expect(() => new FeeMeter({ table: 'alpaca', tier: 1 })).toThrow('no tier 1');
  });

  it('know which orders had waited in the market', () => {
    const fees: BacktestSettings['fees'] = { table: 'binance-spot', tier: 1 };
    const paid = (request: OrderRequest, rows: readonly Row[]): number | undefined =>
      play([QUIET, ...rows], { 0: (c) => c.order({ quantity: 10, ...request }) }, { fees }).orders
        .commission[0];
    const limit: OrderRequest = { side: 'buy', type: 'limit', limitPrice: 99.5 };
    expect(paid({ side: 'buy' }, [QUIET])).toBeCloseTo(1_000 * 0.001, 12);
    expect(paid(limit, [QUIET])).toBeCloseTo(995 * 0.0009, 12);
    // Good enough at its first open, it takes; at a later one it had waited.
    expect(paid(limit, [[99, 100, 98, 99]])).toBeCloseTo(990 * 0.001, 12);
    expect(
      paid(limit, [
        [101, 102, 100, 101],
        [99, 100, 98, 99],
      ]),
    ).toBeCloseTo(990 * 0.0009, 12);
  });
});
