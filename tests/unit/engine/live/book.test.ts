import { describe, expect, it } from 'vitest';
import type { StrategyContext } from '../../../../engine/backtest/strategy.ts';
import type { BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { bookOf, end } from './scripted-book.ts';

describe('the account of a live strategy', () => {
  it('counts money, units and the entry first in, first out', () => {
    const { book, close, fill, heard } = bookOf();
    close(100, (context) => context.order({ side: 'buy', quantity: 30 }));
    fill(0, '10', '100', false);
    fill(0, '20', '103');
    // 10 x 100 + 20 x 103 and a fee of 1 for each.
    expect([book.position, book.cash, book.entryPrice]).toEqual([30, 10_000 - 3_060 - 2, 102]);
    expect(heard).toEqual(['0 PartiallyFilled 10', '0 Filled 20']);
    close(110, (context) => context.order({ side: 'sell', quantity: 15 }));
    expect(book.equity).toBe(10_000 - 3_062 + 30 * 110);
    fill(1, '15', '110');
    // The ten at 100 and five of those at 103 are gone.
    expect([book.position, book.entryPrice]).toEqual([15, 103]);
    close(110, (context) => context.exit('out'));
    fill(2, '15', '112');
    expect([book.position, book.entryPrice]).toEqual([0, Number.NaN]);
    expect(book.cash).toBe(10_000 - 3_062 + 15 * 110 - 1 + 15 * 112 - 1);
    expect(book.wanted()).toEqual([]);
  });

  it('turns a position by one order where short positions are allowed', () => {
    const { book, close, fill } = bookOf({ short: true, size: { kind: 'quantity', quantity: 10 } });
    close(100, (context) => context.buy('up'));
    fill(0, '10', '100');
    close(100, (context) => context.sell('down'));
    expect(book.wanted()).toMatchObject([
      { terms: { side: 'sell', type: 'market', quantity: 20 } },
    ]);
    fill(1, '20', '101');
    expect([book.position, book.entryPrice]).toEqual([-10, 101]);
  });

  it.each<[string, Partial<BacktestSettings>, (context: StrategyContext) => number, string]>([
    [
      'more than the money',
      {},
      (context) => context.order({ side: 'buy', quantity: 101 }),
      'It needs more money than there is.',
    ],
    [
      'less than a lot',
      { size: { kind: 'notional', notional: 50 } },
      (context) => context.buy(),
      'The money does not buy a lot.',
    ],
    [
      'a short position',
      {},
      (context) => context.order({ side: 'sell', quantity: 1 }),
      'The run allows no short positions.',
    ],
  ])('denies %s, as a backtest does', (_, settings, what, reason) => {
    const { book, close, heard } = bookOf(settings);
    let id = -1;
    close(100, (context) => {
      id = what(context);
      // It is told after the strategy has got its number.
      expect(heard).toEqual([]);
    });
    expect([id, heard]).toEqual([0, ['0 Denied 0']]);
    expect(book.wanted()).toEqual([]);
    expect(book.orders()).toMatchObject([{ reason, fills: [] }]);
  });

  it('lends what the initial margin allows', () => {
    const { book, close } = bookOf({ margin: { initial: 0.5, maintenance: 0.25 } });
    close(100, (context) => context.order({ side: 'buy', quantity: 200 }));
    expect(book.wanted()).toMatchObject([{ terms: { quantity: 200 } }]);
  });

  it('does not sell without a position, and leaves by sell() where there is one', () => {
    const { book, close, fill } = bookOf({ size: { kind: 'quantity', quantity: 5 } });
    close(100, (context) => expect([context.sell(), context.exit()]).toEqual([-1, -1]));
    close(100, (context) => context.buy());
    fill(0, '5', '100');
    close(100, (context) => context.sell('out'));
    expect(book.wanted()).toMatchObject([{ exit: true, terms: { side: 'sell', quantity: 5 } }]);
  });

  it('is closed when the equity is gone, and takes nothing more', () => {
    const { book, close, fill } = bookOf({ short: true });
    close(100, (context) => context.order({ side: 'sell', quantity: 90 }));
    fill(0, '90', '100');
    close(300, (context) => expect(context.order({ side: 'buy', quantity: 1 })).toBe(-1));
    expect(book.wanted()).toMatchObject([
      { tag: 'ruin', exit: true, terms: { side: 'buy', quantity: 90 } },
    ]);
    close(50, (context) => expect(context.buy()).toBe(-1));
    expect(book.wanted()).toHaveLength(1);
  });
});

describe('orders of a live strategy', () => {
  it('that take the place of others change them at the venue', () => {
    const { book, close, heard } = bookOf();
    const limit = (price: number) => (context: StrategyContext) => {
      context.cancelAll();
      context.order({ side: 'buy', type: 'limit', limitPrice: price, quantity: 10 });
    };
    close(100, limit(99));
    close(101, limit(98));
    expect(book.wanted()).toMatchObject([{ slot: 0, attempt: 0, terms: { limitPrice: 98 } }]);
    expect(heard).toEqual(['0 Canceled 0']);
    // Another kind is another order; the first goes.
    close(101, (context) => {
      context.cancelAll();
      context.order({ side: 'buy', type: 'stop', stopPrice: 102, quantity: 10 });
    });
    expect(book.wanted()).toMatchObject([
      { slot: 0, terms: null, dropped: true },
      { slot: 2, terms: { type: 'stop', stopPrice: 102 } },
    ]);
    book.tell(end(0, 'Canceled'));
    expect(book.wanted()).toHaveLength(1);
  });

  it('are amended', () => {
    const { book, close, fill } = bookOf();
    close(100, (context) => {
      const id = context.order({ side: 'buy', type: 'limit', limitPrice: 99, quantity: 10 });
      expect(context.amend(id, { limitPrice: 98, quantity: 8 })).toBe(true);
      expect(context.amend(7, { quantity: 1 })).toBe(false);
    });
    expect(book.wanted()).toMatchObject([{ terms: { limitPrice: 98, quantity: 8 } }]);
    fill(0, '3', '98', false);
    close(100, (context) => context.amend(0, { quantity: 3 }));
    expect(book.wanted()).toMatchObject([{ terms: null, dropped: true }]);
  });

  it('of protection follow the position, wait for an exit at the market, and come back when it is refused', () => {
    const { book, close, fill, heard } = bookOf();
    const stop = { side: 'sell', type: 'stop', stopPrice: 90, reduceOnly: true } as const;
    close(100, (context) => context.order({ side: 'buy', quantity: 10 }));
    close(100, (context) => context.order(stop));
    // There is nothing to protect yet.
    expect(book.wanted()).toMatchObject([{ slot: 0 }, { slot: 1, terms: null, dropped: false }]);
    fill(0, '10', '100');
    expect(book.wanted()).toMatchObject([{ slot: 1, terms: { stopPrice: 90, quantity: 10 } }]);
    close(100, (context) => context.exit('out'));
    expect(book.wanted()).toMatchObject([
      { slot: 1, terms: null },
      { slot: 2, terms: { type: 'market', quantity: 10 } },
    ]);
    book.tell({ kind: 'replace', slot: 1, attempt: 0 });
    book.tell(end(1, 'Canceled'));
    book.tell(end(2, 'Denied'));
    // Until the exit is tried again the stop stands.
    expect(book.wanted()).toMatchObject([
      { slot: 1, attempt: 1, terms: { stopPrice: 90, quantity: 10 } },
      { slot: 2, attempt: 1, terms: null },
    ]);
    close(100);
    close(100);
    expect(book.wanted()).toMatchObject([
      { slot: 1, terms: null },
      { slot: 2, attempt: 1, terms: { quantity: 10 } },
    ]);
    // The stop was filled at the same time: what was sold twice is bought back.
    fill(2, '10', '99', true, 1);
    fill(1, '10', '90', true, 1);
    expect(book.position).toBe(-10);
    expect(book.wanted()).toMatchObject([
      { tag: 'correction', terms: { side: 'buy', quantity: 10 } },
    ]);
    expect(heard).toEqual(['0 Filled 10', '2 Filled 10', '1 Filled 10']);
  });

  it('that somebody else ends are told of', () => {
    const { book, close, fill, heard } = bookOf();
    close(100, (context) =>
      context.order({ side: 'buy', type: 'limit', limitPrice: 99, quantity: 10 }),
    );
    fill(0, '4', '99', false);
    book.tell(end(0, 'Canceled'));
    expect(heard).toEqual(['0 PartiallyFilled 4', '0 Canceled 0']);
    expect(book.wanted()).toEqual([]);
    // A trade that is told late counts all the same, and is closed, for the order had ended.
    fill(0, '6', '99');
    expect(book.position).toBe(10);
    expect(book.wanted()).toMatchObject([
      { tag: 'correction', terms: { side: 'sell', quantity: 6 } },
    ]);
    // Of another attempt, and of a place that there is not, nothing is taken.
    book.tell(end(0, 'Rejected', 3));
    book.tell(end(99, 'Rejected'));
    expect(book.position).toBe(10);
  });

  it('that cannot work are refused, also those that hang on what is not there', () => {
    const { close } = bookOf();
    const wrong = [
      (context: StrategyContext) => context.order({ side: 'buy', parent: 0 }),
      (context: StrategyContext) => context.order({ side: 'buy', oco: 0 }),
      (context: StrategyContext) =>
        context.bracket({ entry: { side: 'buy' }, takeProfit: { limitPrice: Number.NaN } }),
      (context: StrategyContext) => context.order({ side: 'buy', quantity: -1 }),
    ];
    for (const what of wrong) expect(() => close(100, what)).toThrow('The strategy gave');
  });

  it('are not taken during a warm-up, and only protection is on bars that were missed', () => {
    const { book, close, fill } = bookOf();
    close(
      100,
      (context) => expect([context.warmingUp, context.buy()]).toEqual([true, -1]),
      'warm-up',
    );
    expect(book.missed).toEqual([]);
    close(100, (context) => context.order({ side: 'buy', quantity: 10 }));
    fill(0, '10', '100');
    close(
      100,
      (context) => {
        expect(context.exit('out')).toBe(-1);
        expect(context.order({ side: 'sell', type: 'stop', stopPrice: 95, reduceOnly: true })).toBe(
          1,
        );
      },
      'missed',
    );
    expect(book.missed).toMatchObject([{ bar: 2, side: 'sell', type: 'market', tag: 'out' }]);
    expect(book.wanted()).toMatchObject([{ terms: { type: 'stop', stopPrice: 95, quantity: 10 } }]);
  });
});

describe('what a live strategy reads', () => {
  it('is the past up to the present bar', () => {
    const { close } = bookOf();
    close(100);
    close(101, (context) => {
      expect([context.index, context.close.at(), context.close.at(1), context.open.at(2)]).toEqual([
        1,
        101,
        100,
        Number.NaN,
      ]);
      expect(() => context.close.at(-1)).toThrow('takes n = 0, 1, 2');
      expect(() => context.close.at(0.5)).toThrow('takes n = 0, 1, 2');
      expect([context.time.at(), context.volume.at(), context.high.at(), context.low.at()]).toEqual(
        [60_000, 1, 101, 101],
      );
      expect(context.random()).toBeLessThan(1);
      expect(Object.isFrozen(context)).toBe(true);
    });
  });
});
