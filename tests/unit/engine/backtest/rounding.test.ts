import { describe, expect, it } from 'vitest';
import type { PortfolioContext } from '../../../../engine/backtest/portfolio-types.ts';
import { flat, instrument, run } from './markets.ts';
import { play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];

describe('what rounding leaves', () => {
  it('of a position that was sold is no position', () => {
    // 0.1 + 0.2 is 0.30000000000000004, of which selling 0.3 leaves 5.6e-17 units.
    const commission = { percent: 0, perShare: 0, minimum: 1 };
    const seen: unknown[] = [];
    const { run: made, orders } = play(
      [QUIET, QUIET, QUIET, QUIET, QUIET],
      {
        0: (c) => {
          c.order({ side: 'buy', quantity: 0.1 });
          c.order({ side: 'buy', quantity: 0.2 });
        },
        1: (c) => c.order({ side: 'sell', quantity: 0.3 }),
        2: (c) => seen.push(c.position, c.exit(), c.entryPrice),
      },
      { commission },
    );
    expect(seen).toEqual([0, -1, Number.NaN]);
    expect(orders.count).toBe(3);
    expect(made.commissionPaid).toBe(3);
    expect([...made.trades.toColumns().size]).toEqual([0.1, 0.2]);
  });

  it('of the money buys nothing for a target', () => {
    // The first takes all the money at an open that has run away, but for rounding, and the second the rest.
    const a = instrument('A', [flat(100), flat(151.7), flat(151.7)]);
    const b = instrument('B', [flat(70), flat(70), flat(70)]);
    for (let cash = 10_000; cash < 10_100; cash += 1.37) {
      const targets = { 0: (c: PortfolioContext) => c.setTargets({ A: 0.7, B: 0.3 }) };
      const { fills, orders } = run([a, b], targets, { cash });
      expect(orders.state).toEqual(['Filled', 'Denied']);
      expect(fills.quantity[0]).toBeCloseTo(cash / 151.7, 9);
    }
  });

  it('of a target that is held already orders nothing', () => {
    const at = (price: number) => Array.from({ length: 4 }, () => flat(price));
    const both = [instrument('A', at(97.3)), instrument('B', at(31.7))];
    for (let weight = 0.1; weight < 0.6; weight += 0.013) {
      const again = (c: PortfolioContext): void => c.setTargets({ A: weight, B: weight * 0.61 });
      const { orders } = run(both, { 0: again, 1: again, 2: again }, { cash: 10_007.13 });
      expect(orders.count).toBe(2);
    }
  });
});

describe('money', () => {
  it('a sale that brings less than its fee is not denied, and leaves a debt', () => {
    const { run: made, orders } = play(
      [QUIET, QUIET, QUIET],
      {
        0: (c) => c.buy(),
        1: (c) => c.order({ side: 'sell', quantity: 0.005 }),
      },
      { size: { kind: 'all' }, commission: { percent: 0, perShare: 0, minimum: 1 } },
    );
    expect(orders.state).toEqual(['Filled', 'Filled']);
    // Half a dollar for a dollar.
    expect(made.cash).toBeCloseTo(-0.5, 9);
  });
});

describe('one cancels the other', () => {
  it('not yet when it is filled in part and the fill decides the units of the other', () => {
    const { orders, run: made } = play(
      [QUIET, QUIET, [110, 111, 109, 110], [80, 81, 79, 80]],
      {
        0: (c) => c.order({ side: 'buy', quantity: 10 }),
        1: (c) => {
          const stop = c.order({ side: 'sell', type: 'stop', stopPrice: 90, reduceOnly: true });
          c.order({ side: 'sell', type: 'limit', limitPrice: 108, quantity: 10, oco: stop });
        },
      },
      { volumeLimit: 0.1 },
      { volume: [100, 100, 40, 100] },
    );
    // 4 of 10 at the open of 110; the stop still guards the other 6 and sells them at the open of 80.
    expect([...orders.fillPrice]).toEqual([100, 80, 110]);
    expect(orders.state.slice(1)).toEqual(['Filled', 'Canceled']);
    expect(made.position).toBe(0);
  });
});
