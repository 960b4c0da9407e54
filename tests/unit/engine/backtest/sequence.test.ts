import { describe, expect, it } from 'vitest';
import type { StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];
/** Down from 100 to 90 and up again to 104, in whatever order. */
const WIDE: Row = [100, 104, 90, 100];

describe('inside a bar what lies nearer to the open on the same side', () => {
  it('is passed first: of two stops below the nearer one sells, whichever was given first', () => {
    const sold = (prices: readonly number[]) =>
      play([QUIET, QUIET, WIDE], {
        0: (c) => c.order({ side: 'buy', quantity: 10 }),
        1: (c) => {
          for (const stopPrice of prices) {
            c.order({ side: 'sell', type: 'stop', stopPrice, reduceOnly: true });
          }
        },
      });
    for (const prices of [
      [92, 96],
      [96, 92],
    ]) {
      const { run, orders } = sold(prices);
      expect(orders.state[1 + prices.indexOf(96)]).toBe('Filled');
      expect(orders.state[1 + prices.indexOf(92)]).toBe('Canceled');
      expect(run.cash).toBe(10_000 - 40);
    }
  });

  it('is bought before the stop below it sells, which would else find nothing to sell', () => {
    const { orders, run } = play([QUIET, WIDE], {
      0: (c) => {
        c.order({ side: 'sell', type: 'stop', stopPrice: 92, reduceOnly: true });
        c.order({ side: 'buy', type: 'limit', limitPrice: 97, quantity: 10 });
      },
    });
    expect(orders.state).toEqual(['Filled', 'Filled']);
    expect([...orders.fillPrice]).toEqual([92, 97]);
    expect(run.cash).toBe(10_000 - 50);
  });

  it('gets the money where it is short', () => {
    const { orders } = play([QUIET, WIDE], {
      0: (c) => {
        c.order({ side: 'buy', type: 'limit', limitPrice: 91, quantity: 100 });
        c.order({ side: 'buy', type: 'limit', limitPrice: 98, quantity: 100 });
      },
    });
    expect(orders.state).toEqual(['Denied', 'Filled']);
  });

  it('changes nothing between the sides: the stop goes before the limit', () => {
    const { orders } = play([QUIET, QUIET, WIDE], {
      0: (c) => c.order({ side: 'buy', quantity: 10 }),
      1: (c) => {
        c.order({ side: 'sell', type: 'limit', limitPrice: 101, reduceOnly: true });
        c.order({ side: 'sell', type: 'stop', stopPrice: 91, reduceOnly: true });
      },
    });
    expect(orders.state.slice(1)).toEqual(['Canceled', 'Filled']);
  });

  it('leaves no doubt about the other one', () => {
    const exits = (one: number, other: number) => (c: StrategyContext) => {
      const first = c.order({ side: 'sell', type: 'stop', stopPrice: one, reduceOnly: true });
      c.order({ side: 'sell', type: 'stop', stopPrice: other, reduceOnly: true, oco: first });
    };
    const { run } = play([QUIET, QUIET, WIDE], {
      0: (c) => c.order({ side: 'buy', quantity: 10 }),
      1: exits(96, 92),
    });
    expect(run.desk.doubts.count).toBe(0);
  });
});
