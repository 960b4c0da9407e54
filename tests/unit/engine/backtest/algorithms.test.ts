import { describe, expect, it } from 'vitest';
import { BarAlgorithm } from '../../../../engine/backtest/algorithms.ts';
import type { BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { price, quantity } from '../../../../engine/domain/decimal.ts';
import type { AlgorithmOrder } from '../../../../engine/execution/types.ts';
import { orderOf } from '../execution/orders.ts';
import { flatBars, simulate } from './bars.ts';

/** Works an order from the first bar of bars that do not move inside. */
function work(
  prices: readonly number[],
  volumes: readonly number[],
  order: Partial<AlgorithmOrder>,
  settings: Partial<BacktestSettings> = {},
) {
  const algorithm = new BarAlgorithm(orderOf(order));
  const bars = { ...flatBars(prices), volume: Float64Array.from(volumes) };
  const run = simulate(
    bars,
    { cash: 1e6, short: true, ...settings },
    (context) => algorithm.onBar(context),
    (event) => algorithm.onOrder(event),
  );
  const fills = run.orders.allFills();
  return {
    algorithm,
    fills: Array.from({ length: fills.count }, (_, i) => [
      fills.bar[i] as number,
      fills.quantity[i] as number,
      fills.price[i] as number,
    ]),
  };
}

const FIVE = { method: { kind: 'twap', slices: 5 }, end: 5 } as const;
const PRICES = [100, 101, 102, 103, 104, 105, 106];
const VOLUMES = PRICES.map(() => 500);

describe('an execution algorithm in a backtest', () => {
  it('fills one slice at the open of each next bar', () => {
    const { algorithm, fills } = work(PRICES, VOLUMES, FIVE);
    expect(fills).toEqual([
      [1, 200, 101],
      [2, 200, 102],
      [3, 200, 103],
      [4, 200, 104],
      [5, 200, 105],
    ]);
    expect(algorithm.report()).toMatchObject({ status: 'done', filled: '1000', children: 5 });
  });

  it('keeps to its part of the volume and says what is left', () => {
    const { algorithm, fills } = work(PRICES, VOLUMES, { ...FIVE, participation: 0.2 });
    // A tenth of the order by each bar's volume after the first: 100 on bars 2 to 5.
    expect(fills.map(([bar, units]) => [bar, units])).toEqual([
      [2, 100],
      [3, 100],
      [4, 100],
      [5, 100],
    ]);
    expect(algorithm.report()).toMatchObject({ status: 'done', remainder: '600' });
  });

  it('makes up at the same close what the volume of a bar did not let through', () => {
    const { algorithm, fills } = work(PRICES, VOLUMES, FIVE, { volumeLimit: 0.3 });
    // 150 a bar; the order of the last slice is taken away at the end.
    expect(fills.map(([bar, units]) => [bar, units])).toEqual([
      [1, 150],
      [2, 150],
      [3, 150],
      [4, 150],
      [5, 150],
    ]);
    expect(algorithm.report()).toMatchObject({ status: 'done', filled: '750', remainder: '250' });
  });

  it('never trades beyond its limit', () => {
    const { algorithm, fills } = work(PRICES, VOLUMES, { ...FIVE, limitPrice: price('102') });
    // At the close of bar 2 the market is at the limit; what is placed there is not reached any more.
    expect(fills.map(([bar, units]) => [bar, units])).toEqual([
      [1, 200],
      [2, 200],
    ]);
    expect(algorithm.report()).toMatchObject({ status: 'done', remainder: '600' });
  });

  it('a peg is amended with the close', () => {
    const method = { kind: 'peg', to: 'mid', offset: price('-0.5') } as const;
    const { algorithm, fills } = work([100, 100, 100.4, 100, 99.7], [9, 9, 9, 9, 9], {
      method,
      end: 20,
      quantity: quantity('10'),
    });
    // Pegged at 99.50, 99.50, 99.90 and 99.50 again: the last bar at 99.70 does not reach it.
    expect(fills).toEqual([]);
    expect(algorithm.report()).toMatchObject({ status: 'working', working: '10' });
    const again = work([100, 100, 100.4, 99.8], [9, 9, 9, 9], {
      method,
      end: 20,
      quantity: quantity('10'),
    });
    // Amended to 99.90 at the close of bar 2, and bar 3 opens below it.
    expect(again.fills).toEqual([[3, 10, 99.8]]);
  });

  it('ends with what it has when it is cancelled', () => {
    const algorithm = new BarAlgorithm(orderOf(FIVE));
    simulate(
      { ...flatBars(PRICES), volume: Float64Array.from(VOLUMES) },
      { cash: 1e6 },
      (context) => {
        if (context.index === 2) algorithm.cancel();
        algorithm.onBar(context);
      },
      (event) => algorithm.onOrder(event),
    );
    expect(algorithm.report()).toMatchObject({ status: 'done', filled: '400', remainder: '600' });
  });
});
