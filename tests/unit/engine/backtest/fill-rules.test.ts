import { describe, expect, it } from 'vitest';
import type { OrderRequest, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import type { BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { barsOf, flatBars, simulate } from './bars.ts';

type Row = readonly [open: number, high: number, low: number, close: number];
const UNIT: Partial<BacktestSettings> = {
  cash: 10_000,
  size: { kind: 'quantity', quantity: 10 },
  short: true,
};

/** Gives one order on the first bar and returns what became of it. */
function place(
  request: OrderRequest,
  rows: readonly Row[],
  settings: Partial<BacktestSettings> = {},
) {
  const run = simulate(barsOf(rows), { ...UNIT, ...settings }, (context) => {
    if (context.index === 0) context.order(request);
  });
  const orders = run.orders.toColumns();
  return {
    state: orders.state[0],
    bar: orders.doneBar[0],
    price: orders.fillPrice[0],
    run,
    orders,
  };
}

const QUIET: Row = [100, 101, 99, 100];

describe('market orders', () => {
  it('fill at the next open', () => {
    expect(place({ side: 'buy' }, [QUIET, [103, 105, 102, 104]])).toMatchObject({
      state: 'Filled',
      bar: 1,
      price: 103,
    });
  });

  it('fill at the same close when asked', () => {
    expect(
      place({ side: 'buy' }, [QUIET, [103, 105, 102, 104]], { fill: 'same-close' }),
    ).toMatchObject({ bar: 0, price: 100 });
  });

  it('of the last bar stay unfilled with the next open', () => {
    expect(place({ side: 'buy' }, [QUIET])).toMatchObject({ state: 'Accepted', bar: -1 });
  });

  it('pay slippage, each side its own way', () => {
    const next: Row = [100, 105, 95, 100];
    expect(place({ side: 'buy' }, [QUIET, next], { slippageBps: 10 }).price).toBeCloseTo(100.1, 12);
    expect(place({ side: 'sell' }, [QUIET, next], { slippageBps: 10 }).price).toBeCloseTo(99.9, 12);
  });

  it('do not fill on a bar without prices', () => {
    const missing: Row = [Number.NaN, 105, 95, 100];
    expect(place({ side: 'buy' }, [QUIET, missing, [107, 108, 106, 107]])).toMatchObject({
      bar: 2,
      price: 107,
    });
  });
});

describe('limit orders', () => {
  const buy: OrderRequest = { side: 'buy', type: 'limit', limitPrice: 98 };
  const sell: OrderRequest = { side: 'sell', type: 'limit', limitPrice: 102 };

  it('fill at their price when it is reached inside the bar', () => {
    expect(place(buy, [QUIET, [100, 101, 97, 99]])).toMatchObject({ bar: 1, price: 98 });
    expect(place(sell, [QUIET, [100, 103, 97, 99]])).toMatchObject({ bar: 1, price: 102 });
  });

  it('fill at a better open', () => {
    expect(place(buy, [QUIET, [96, 97, 95, 96]]).price).toBe(96);
    expect(place(sell, [QUIET, [104, 106, 103, 105]]).price).toBe(104);
  });

  it('fill when their price is touched, and wait when it is not', () => {
    expect(place(buy, [QUIET, [100, 101, 98, 99]]).price).toBe(98);
    expect(place(buy, [QUIET, [100, 101, 98.01, 99]])).toMatchObject({
      state: 'Accepted',
      bar: -1,
    });
  });

  it('pay no slippage', () => {
    expect(place(buy, [QUIET, [100, 101, 97, 99]], { slippageBps: 50 }).price).toBe(98);
  });

  it('never fill on the bar that gave them, not even with fills at the close', () => {
    expect(
      place({ side: 'buy', type: 'limit', limitPrice: 100 }, [QUIET, [105, 106, 104, 105]], {
        fill: 'same-close',
      }).state,
    ).toBe('Accepted');
  });
});

describe('stop orders', () => {
  const buy: OrderRequest = { side: 'buy', type: 'stop', stopPrice: 102 };
  const sell: OrderRequest = { side: 'sell', type: 'stop', stopPrice: 98 };

  it('fill at their price when it is reached inside the bar', () => {
    expect(place(buy, [QUIET, [100, 103, 99, 101]]).price).toBe(102);
    expect(place(sell, [QUIET, [100, 101, 97, 99]]).price).toBe(98);
  });

  it('fill at the open when the market gaps through them', () => {
    expect(place(buy, [QUIET, [105, 106, 104, 105]]).price).toBe(105);
    expect(place(sell, [QUIET, [95, 96, 94, 95]]).price).toBe(95);
  });

  it('pay slippage', () => {
    expect(place(sell, [QUIET, [100, 101, 97, 99]], { slippageBps: 100 }).price).toBeCloseTo(
      98 * 0.99,
      12,
    );
  });
});

describe('stop-limit orders', () => {
  const order: OrderRequest = { side: 'buy', type: 'stop_limit', stopPrice: 102, limitPrice: 101 };

  it('work as limits from the bar after their trigger', () => {
    const result = place(order, [QUIET, [100, 103, 99, 102.5], [102.5, 103, 100.5, 101]]);
    expect(result).toMatchObject({ state: 'Filled', bar: 2, price: 101 });
  });

  it('fill at the open that triggers them when it is good enough', () => {
    const eager: OrderRequest = {
      side: 'buy',
      type: 'stop_limit',
      stopPrice: 102,
      limitPrice: 106,
    };
    expect(place(eager, [QUIET, [105, 106, 104, 105]])).toMatchObject({ bar: 1, price: 105 });
  });

  it('are missed when the market runs away', () => {
    expect(place(order, [QUIET, [105, 106, 104, 105], [107, 108, 106, 107]]).state).toBe(
      'Accepted',
    );
  });
});

describe('a bar that reaches stop and target', () => {
  it('is taken to have reached the stop first', () => {
    const rows: Row[] = [QUIET, QUIET, [100, 110, 90, 105]];
    const run = simulate(barsOf(rows), UNIT, (context) => {
      if (context.index === 0) context.buy();
      if (context.index === 1) {
        context.order({
          side: 'sell',
          type: 'limit',
          limitPrice: 108,
          reduceOnly: true,
          tag: 'target',
        });
        context.order({ side: 'sell', type: 'stop', stopPrice: 95, reduceOnly: true, tag: 'stop' });
      }
    });
    const orders = run.orders.toColumns();
    expect(orders.state).toEqual(['Filled', 'Canceled', 'Filled']);
    expect(run.trades.toColumns()).toMatchObject({ count: 1, exitTag: ['stop'] });
    expect(run.position).toBe(0);
  });
});

describe('size', () => {
  const held = (settings: Partial<BacktestSettings>, price = 100): number =>
    simulate(flatBars([price, price]), { cash: 10_000, ...settings }, (context) => {
      if (context.index === 0) context.buy();
    }).position;

  it('follows the rule', () => {
    expect(held({ size: { kind: 'all' } })).toBe(100);
    expect(held({ size: { kind: 'percent', percent: 25 } })).toBe(25);
    expect(held({ size: { kind: 'quantity', quantity: 7 } })).toBe(7);
    expect(held({ size: { kind: 'notional', notional: 5_000 } })).toBe(50);
  });

  it('leaves the commission its money', () => {
    const run = simulate(
      flatBars([100, 100]),
      { cash: 10_000, commission: { percent: 1, perShare: 0.5, minimum: 0 } },
      (context) => {
        if (context.index === 0) context.buy();
      },
    );
    // 10,000 / (100 × 1.01 + 0.5)
    expect(run.position).toBeCloseTo(10_000 / 101.5, 9);
    expect(run.cash).toBeCloseTo(0, 8);
    const least = simulate(
      flatBars([100, 100]),
      { cash: 10_000, commission: { percent: 0, perShare: 0, minimum: 50 } },
      (context) => {
        if (context.index === 0) context.buy();
      },
    );
    expect(least.position).toBeCloseTo(99.5, 9);
  });

  it('is rounded down to lots', () => {
    expect(held({ lotSize: 1 }, 30)).toBe(333);
    expect(held({ lotSize: 100 }, 30)).toBe(300);
    expect(held({ lotSize: 0.1, size: { kind: 'quantity', quantity: 0.3 } })).toBeCloseTo(0.3, 12);
  });

  it('beyond the money is denied, as is less than a lot', () => {
    expect(place({ side: 'buy', quantity: 101 }, [QUIET, QUIET])).toMatchObject({
      state: 'Denied',
      bar: 1,
    });
    expect(place({ side: 'sell', quantity: 101 }, [QUIET, QUIET]).state).toBe('Denied');
    expect(held({ lotSize: 1_000 })).toBe(0);
  });
});

describe('short positions', () => {
  it('are denied unless allowed', () => {
    expect(place({ side: 'sell' }, [QUIET, QUIET], { short: false }).state).toBe('Denied');
    expect(place({ side: 'sell' }, [QUIET, QUIET]).run.position).toBe(-10);
  });

  it('are never opened by sell() without permission, which then only leaves', () => {
    const seen: number[] = [];
    const run = simulate(flatBars([100, 100, 100, 100]), { ...UNIT, short: false }, (context) => {
      seen.push(context.sell());
      if (context.index === 0) context.buy();
    });
    expect(seen[0]).toBe(-1);
    expect(run.position).toBe(0);
  });

  it('turn from long in one order and gain when the price falls', () => {
    const run = simulate(
      flatBars([100, 100, 120, 120, 90]),
      { cash: 12_000, short: true },
      (context) => {
        if (context.index === 0) context.buy();
        if (context.index === 2) context.sell();
      },
    );
    // 120 units bought at 100 are worth 14,400 at 120; as many dollars are sold short: 120 units.
    expect(run.position).toBe(-120);
    expect(run.equity).toBe(14_400 + 120 * 30);
    expect(run.orders.toColumns().quantity[1]).toBe(240);
    expect(run.trades.toColumns()).toMatchObject({ count: 2, open: Uint8Array.of(0, 1) });
  });
});

describe('reduce-only orders', () => {
  it('close no more than there is', () => {
    const run = simulate(flatBars([100, 100, 100, 100]), UNIT, (context) => {
      if (context.index === 0) context.buy();
      if (context.index === 1) context.order({ side: 'sell', quantity: 50, reduceOnly: true });
    });
    expect(run.position).toBe(0);
    expect(run.orders.toColumns().quantity[1]).toBe(10);
  });

  it('are cancelled when there is nothing to close', () => {
    expect(place({ side: 'sell', reduceOnly: true }, [QUIET, QUIET]).state).toBe('Canceled');
    expect(place({ side: 'buy', reduceOnly: true, quantity: 1 }, [QUIET, QUIET]).state).toBe(
      'Canceled',
    );
  });
});

describe('trades', () => {
  it('are closed first in, first out, in parts', () => {
    const run = simulate(
      flatBars([10, 10, 20, 20, 30, 30]),
      { ...UNIT, commission: { percent: 1, perShare: 0, minimum: 0 } },
      (context) => {
        if (context.index === 0) context.order({ side: 'buy', quantity: 4, tag: 'first' });
        if (context.index === 2) context.order({ side: 'buy', quantity: 6, tag: 'second' });
        if (context.index === 3) expect(context.entryPrice).toBeCloseTo(16, 12);
        if (context.index === 4) context.order({ side: 'sell', quantity: 7, tag: 'out' });
      },
    );
    const trades = run.trades.toColumns();
    expect([...trades.size]).toEqual([4, 3, 3]);
    expect(trades.entryTag).toEqual(['first', 'second', 'second']);
    expect([...trades.open]).toEqual([0, 0, 1]);
    // 4 × (30 − 10) less 1 % of 40 and of 120; 3 × (30 − 20) less 1 % of 60 and of 90.
    expect(trades.pnl[0]).toBeCloseTo(80 - 0.4 - 1.2, 12);
    expect(trades.pnl[1]).toBeCloseTo(30 - 0.6 - 0.9, 12);
    expect(trades.returnFraction[0]).toBeCloseTo(78.4 / 40, 12);
    expect(run.commissionPaid).toBeCloseTo(0.4 + 1.2 + 2.1, 12);
  });

  it('know how far the price went against them and for them', () => {
    const rows: Row[] = [QUIET, [100, 112, 97, 105], [105, 108, 90, 95], [96, 150, 50, 100]];
    const run = simulate(barsOf(rows), UNIT, (context) => {
      if (context.index === 0) context.buy();
      if (context.index === 2) context.exit();
    });
    const trades = run.trades.toColumns();
    // In at the open of bar 1 (100), out at the open of bar 3 (96): bar 3's own range does not count.
    expect(trades.mfe[0]).toBeCloseTo(0.12, 12);
    expect(trades.mae[0]).toBeCloseTo(0.1, 12);
  });

  it('entered at a close do not count the bar before it', () => {
    const rows: Row[] = [
      [100, 200, 1, 100],
      [100, 104, 98, 102],
    ];
    const run = simulate(barsOf(rows), { ...UNIT, fill: 'same-close' }, (context) => {
      if (context.index === 0) context.sell();
    });
    const trades = run.trades.toColumns();
    expect(trades.mae[0]).toBeCloseTo(0.04, 12);
    expect(trades.mfe[0]).toBeCloseTo(0.02, 12);
  });
});

describe('a strategy', () => {
  it('hears what becomes of its orders and can cancel them', () => {
    const heard: string[] = [];
    simulate(
      flatBars([100, 100, 100]),
      UNIT,
      (context) => {
        if (context.index !== 0) return;
        context.order({ side: 'buy', type: 'limit', limitPrice: 50, tag: 'far' });
        const order = context.order({ side: 'buy', type: 'limit', limitPrice: 60, tag: 'gone' });
        context.cancel(order);
        context.cancel(order);
        context.buy('in');
      },
      (event, context) => {
        heard.push(`${event.tag} ${event.state} ${event.quantity}`);
        if (event.state === 'Filled') context.cancelAll();
      },
    );
    expect(heard).toEqual(['gone Canceled 0', 'in Filled 10', 'far Canceled 0']);
  });

  it.each<[string, OrderRequest]>([
    ['quantity', { side: 'buy', quantity: 0 }],
    ['quantity', { side: 'buy', quantity: Number.NaN }],
    ['limit price', { side: 'buy', type: 'limit' }],
    ['stop price', { side: 'sell', type: 'stop', stopPrice: Number.NaN }],
    ['limit price', { side: 'sell', type: 'stop_limit', stopPrice: 1 }],
  ])('is told about an order without a proper %s', (what, request) => {
    expect(() => place(request, [QUIET])).toThrow(what);
  });

  it('cannot look into the future', () => {
    const look = (ago: number) => (context: StrategyContext) => {
      context.close.at(ago);
    };
    expect(() => simulate(flatBars([1, 2]), UNIT, look(-1))).toThrow('1 bars in the future');
    expect(() => simulate(flatBars([1, 2]), UNIT, look(5))).not.toThrow();
  });

  it('draws the same numbers from the same seed', () => {
    const draw = (seed: number): number[] => {
      const numbers: number[] = [];
      simulate(flatBars([1, 1, 1]), { ...UNIT, seed }, (context) => numbers.push(context.random()));
      return numbers;
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    expect(draw(5).every((x) => x >= 0 && x < 1)).toBe(true);
  });
});
