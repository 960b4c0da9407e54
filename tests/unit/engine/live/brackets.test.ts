import { describe, expect, it } from 'vitest';
import type { StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { bookOf, end } from './scripted-book.ts';

/** Ten at a limit of 99, with a stop at 95 and a target at 105: the slots 0, 1 and 2. */
const bracket = (context: StrategyContext): void => {
  context.bracket({
    entry: { side: 'buy', type: 'limit', limitPrice: 99, quantity: 10 },
    stopLoss: { stopPrice: 95 },
    takeProfit: { limitPrice: 105 },
  });
};

/** Slot, attempt, units, entry and whether it waits, of everything that is wanted. */
function standing({ book }: ReturnType<typeof bookOf>): string[] {
  return book.wanted().map(({ slot, attempt, terms, entry, waits, dropped }) => {
    const units = terms === null ? '-' : String(terms.quantity);
    const with_ = entry === null ? '' : ` with ${entry}`;
    return `${slot}.${attempt} ${units}${with_}${waits ? ' waits' : ''}${dropped ? ' dropped' : ''}`;
  });
}

describe('a bracket', () => {
  it('is sent as one, and works with what its entry has filled so far', () => {
    const floor = bookOf();
    floor.close(100, bracket);
    expect(standing(floor)).toEqual(['0.0 10', '1.0 10 with 0 waits', '2.0 10 with 0 waits']);
    expect(floor.book.wanted().map(({ partner }) => partner)).toEqual([null, 2, 1]);
    floor.fill(0, '4', '99', false);
    expect(standing(floor)).toEqual(['0.0 10', '1.0 4 with 0', '2.0 4 with 0']);
    floor.fill(0, '6', '98.9');
    expect(standing(floor)).toEqual(['1.0 10', '2.0 10']);
    // The target takes its units from the stop, and the stop away when it is done.
    floor.fill(2, '7', '105', false);
    expect(standing(floor)).toEqual(['1.0 3', '2.0 10']);
    floor.fill(2, '3', '105');
    expect(standing(floor)).toEqual(['1.0 - dropped']);
    expect(floor.heard).toEqual([
      '0 PartiallyFilled 4',
      '0 Filled 6',
      '2 PartiallyFilled 7',
      '2 Filled 3',
      '1 Canceled 0',
    ]);
    floor.book.tell(end(1, 'Canceled'));
    expect(floor.book.wanted()).toEqual([]);
  });

  it('whose stop has closed a part goes on with what its entry fills besides', () => {
    const floor = bookOf();
    floor.close(100, bracket);
    floor.fill(0, '4', '99', false);
    floor.fill(1, '4', '95');
    // The target has nothing to close now; both may grow again.
    expect(standing(floor)).toEqual(['0.0 10', '1.1 - with 0', '2.0 - with 0']);
    floor.fill(0, '6', '95');
    expect(standing(floor)).toEqual(['1.1 6', '2.0 6']);
    expect(floor.heard).toEqual(['0 PartiallyFilled 4', '1 PartiallyFilled 4', '0 Filled 6']);
  });

  it('ends with an entry that never filled, and keeps what protects a part of one', () => {
    const floor = bookOf();
    floor.close(100, bracket);
    floor.close(100, (context) => context.cancel(0));
    expect(floor.heard).toEqual(['0 Canceled 0', '1 Canceled 0', '2 Canceled 0']);
    expect(standing(floor)).toEqual([
      '0.0 - dropped',
      '1.0 - waits dropped',
      '2.0 - waits dropped',
    ]);
    for (const slot of [0, 1, 2]) floor.book.tell(end(slot, 'Canceled'));
    floor.close(100, bracket);
    floor.fill(3, '4', '99', false);
    floor.close(100, (context) => context.cancel(3));
    expect(standing(floor)).toEqual(['3.0 - dropped', '4.0 4', '5.0 4']);
    // Some venues take the exits away with the rest of the entry: they are given again.
    floor.book.tell(end(3, 'Canceled'));
    floor.book.tell(end(4, 'Canceled'));
    floor.book.tell(end(5, 'Canceled'));
    expect(standing(floor)).toEqual(['4.1 4', '5.1 4']);
  });

  it('whose entry fills while it is being cancelled is closed at the market', () => {
    const floor = bookOf();
    floor.close(100, bracket);
    floor.close(100, (context) => context.cancelAll());
    floor.fill(0, '10', '99');
    expect(floor.book.wanted()).toMatchObject([
      { slot: 1, terms: null, dropped: true },
      { slot: 2, terms: null, dropped: true },
      { slot: 3, tag: 'correction', terms: { type: 'market', side: 'sell', quantity: 10 } },
    ]);
    // Its stop was there first.
    floor.fill(1, '10', '95');
    expect(floor.book.position).toBe(0);
    expect(floor.book.wanted().map(({ terms }) => terms)).toEqual([null, null]);
  });

  it('is refused with its entry, whether the run, the gate or the venue does so', () => {
    const floor = bookOf();
    floor.close(100, (context) => {
      const given = context.bracket({
        entry: { side: 'buy', quantity: 1_000 },
        stopLoss: { stopPrice: 95 },
      });
      expect(given).toEqual({ entry: 0, stopLoss: 1, takeProfit: -1 });
    });
    expect(floor.heard).toEqual(['0 Denied 0', '1 Canceled 0']);
    floor.close(100, bracket);
    for (const slot of [2, 3, 4]) floor.book.tell(end(slot, 'Denied'));
    expect(floor.heard.slice(2)).toEqual(['2 Denied 0', '3 Canceled 0', '4 Canceled 0']);
    expect(standing(floor)).toEqual(['1.0 - waits dropped']);
    floor.book.release(1);
    expect(floor.book.wanted()).toEqual([]);
  });

  it('that is wrong in one part is not given in any', () => {
    const floor = bookOf();
    const wrong = (context: StrategyContext): void => {
      context.bracket({ entry: { side: 'buy' }, stopLoss: { stopPrice: Number.NaN } });
    };
    expect(() => floor.close(100, wrong)).toThrow('a stop order needs a stop price');
    expect(floor.book.orders()).toEqual([]);
  });

  it('is not taken on a bar that was missed, nor is what hangs on it', () => {
    const floor = bookOf();
    floor.close(100, bracket, 'missed');
    floor.close(
      100,
      (context) => {
        const stop = { side: 'sell', type: 'stop', stopPrice: 95, reduceOnly: true } as const;
        expect(context.order({ ...stop, parent: -1 })).toBe(-1);
      },
      'missed',
    );
    expect(floor.book.orders()).toEqual([]);
    expect(floor.book.missed.map(({ type }) => type)).toEqual(['limit', 'stop']);
  });

  it('takes the place of the one that was given before it, exits and all', () => {
    const floor = bookOf();
    floor.close(100, bracket);
    floor.close(101, (context) => {
      context.cancelAll();
      context.bracket({
        entry: { side: 'buy', type: 'limit', limitPrice: 100, quantity: 10 },
        stopLoss: { stopPrice: 96 },
        takeProfit: { limitPrice: 106 },
      });
    });
    expect(floor.book.wanted()).toMatchObject([
      { slot: 0, attempt: 0, terms: { limitPrice: 100 } },
      { slot: 1, attempt: 0, terms: { stopPrice: 96 }, entry: 0, partner: 2 },
      { slot: 2, attempt: 0, terms: { limitPrice: 106 }, entry: 0, partner: 1 },
    ]);
    // Without a target it hangs together otherwise: the exits go, and a stop is given anew.
    floor.close(101, (context) => {
      context.cancelAll();
      context.bracket({
        entry: { side: 'buy', type: 'limit', limitPrice: 99, quantity: 10 },
        stopLoss: { stopPrice: 94 },
      });
    });
    expect(floor.book.wanted()).toMatchObject([
      { slot: 0, attempt: 0, terms: { limitPrice: 99 } },
      { slot: 1, terms: null, dropped: true },
      { slot: 2, terms: null, dropped: true },
      { slot: 7, terms: { stopPrice: 94 }, entry: 0, waits: true },
    ]);
  });

  it('that turns a position protects what is left of it, once it has filled', () => {
    const floor = bookOf({ short: true });
    floor.close(100, (context) => context.order({ side: 'sell', quantity: 4 }));
    floor.fill(0, '4', '100');
    floor.close(100, (context) =>
      context.bracket({
        entry: { side: 'buy', quantity: 10 },
        stopLoss: { stopPrice: 95 },
        takeProfit: { limitPrice: 105 },
      }),
    );
    // Sent with it, the stop would sell ten.
    expect(standing(floor)).toEqual(['1.0 10', '2.0 - with 1 waits', '3.0 - with 1 waits']);
    floor.fill(1, '10', '100');
    expect(standing(floor)).toEqual(['2.0 6', '3.0 6']);
    // It has closed all there was, and is done.
    floor.fill(2, '6', '95');
    expect(floor.heard.slice(1)).toEqual(['1 Filled 10', '2 Filled 6', '3 Canceled 0']);
    expect(standing(floor)).toEqual(['3.0 - dropped']);
  });
});

describe('orders of which one takes the other away', () => {
  const stop = { type: 'stop', quantity: 10 } as const;

  it('are paired at the venue; what is given up takes nothing along', () => {
    const floor = bookOf();
    floor.close(100, (context) => context.order({ side: 'buy', quantity: 10 }));
    floor.fill(0, '10', '100');
    floor.close(100, (context) => {
      const out = { side: 'sell', reduceOnly: true } as const;
      const first = context.order({ ...out, ...stop, stopPrice: 95 });
      context.order({ ...out, type: 'limit', limitPrice: 105, oco: first });
    });
    expect(floor.book.wanted().map(({ partner }) => partner)).toEqual([2, 1]);
    floor.close(100, (context) => context.cancel(2));
    floor.book.tell({ kind: 'replace', slot: 2, attempt: 0 });
    // The venue ends the stop with it, which nobody has asked for.
    floor.book.tell(end(1, 'Canceled'));
    floor.book.tell(end(2, 'Canceled'));
    expect(standing(floor)).toEqual(['1.1 10']);
    expect(floor.heard.slice(1)).toEqual(['2 Canceled 0']);
  });

  it('are given one by one when the venue has refused them as a pair', () => {
    const floor = bookOf();
    floor.close(100, (context) => context.order({ side: 'buy', quantity: 10 }));
    floor.fill(0, '10', '100');
    floor.close(100, (context) => {
      const out = { side: 'sell', reduceOnly: true } as const;
      const first = context.order({ ...out, type: 'trailing_stop', trailAmount: 5 });
      context.order({ ...out, type: 'limit', limitPrice: 105, oco: first });
    });
    floor.book.tell(end(1, 'Denied'));
    floor.book.tell(end(2, 'Denied'));
    expect(standing(floor)).toEqual(['1.1 -', '2.1 -']);
    floor.close(100);
    floor.close(100);
    expect(standing(floor)).toEqual(['1.1 10', '2.1 10']);
    expect(floor.book.wanted().map(({ partner }) => partner)).toEqual([null, null]);
  });

  it('of three, a fill takes both others', () => {
    const floor = bookOf({ short: true });
    floor.close(100, (context) => {
      const first = context.order({ ...stop, side: 'buy', stopPrice: 105 });
      context.order({ ...stop, side: 'sell', stopPrice: 95, oco: first });
      context.order({ side: 'buy', type: 'limit', limitPrice: 90, quantity: 10, oco: first });
    });
    expect(floor.book.wanted().map(({ partner }) => partner)).toEqual([null, null, null]);
    floor.fill(1, '10', '95');
    expect(floor.heard).toEqual(['1 Filled 10', '0 Canceled 0', '2 Canceled 0']);
    expect(standing(floor)).toEqual(['0.0 - dropped', '2.0 - dropped']);
  });
});

describe('exits that are left behind', () => {
  const out = { side: 'sell', type: 'stop', reduceOnly: true } as const;

  it('end when they are reached with nothing to close', () => {
    const floor = bookOf();
    floor.close(100, (context) => context.order({ side: 'buy', quantity: 10 }));
    floor.fill(0, '10', '100');
    floor.close(100, (context) => {
      context.order({ ...out, stopPrice: 95 });
      context.order({ ...out, stopPrice: 90 });
      context.exit();
    });
    floor.fill(3, '10', '100');
    floor.close(94);
    expect(floor.heard.slice(2)).toEqual(['1 Canceled 0']);
    expect(standing(floor)).toEqual(['1.0 - dropped', '2.0 -']);
  });

  it('together never close more than there is: the nearest stands', () => {
    const floor = bookOf();
    floor.close(100, (context) => context.order({ side: 'buy', quantity: 10 }));
    floor.fill(0, '10', '100');
    floor.close(100, (context) => {
      context.order({ ...out, stopPrice: 90, quantity: 10 });
      context.order({ ...out, stopPrice: 95, quantity: 7 });
      context.order({ ...out, type: 'limit', limitPrice: 110 });
      context.order({ ...out, type: 'limit', limitPrice: 105, quantity: 4 });
    });
    expect(standing(floor)).toEqual(['1.0 3', '2.0 7', '3.0 6', '4.0 4']);
    floor.fill(2, '7', '95');
    expect(standing(floor)).toEqual(['1.0 3', '3.0 -', '4.0 3']);
  });

  it('and entries end when their time is over, also while they wait', () => {
    const floor = bookOf();
    floor.close(100, (context) => {
      const entry = context.order({ side: 'buy', type: 'limit', limitPrice: 90, quantity: 10 });
      const timed = { timeInForce: 'gtd', goodTill: 120_000 } as const;
      context.order({ side: 'buy', type: 'limit', limitPrice: 80, parent: entry, ...timed });
    });
    floor.close(100);
    expect(floor.heard).toEqual([]);
    floor.close(100);
    expect(floor.heard).toEqual(['1 Expired 0']);
  });
});

describe('an order that opens once another has filled', () => {
  it('is judged by the money when it begins to work', () => {
    const floor = bookOf();
    const more = { side: 'buy', type: 'limit', limitPrice: 90 } as const;
    floor.close(100, (context) => {
      const first = context.order({ side: 'buy', quantity: 60 });
      context.order({ ...more, quantity: 30, parent: first });
      context.order({ ...more, quantity: 90, parent: first });
    });
    expect(standing(floor)).toEqual(['0.0 60', '1.0 - waits', '2.0 - waits']);
    floor.fill(0, '60', '100');
    // 60 x 100 are paid, 30 x 90 can be; 150 x 90 are more than there is.
    expect(standing(floor)).toEqual(['1.0 30']);
    expect(floor.heard).toEqual(['0 Filled 60', '2 Denied 0']);
  });
});
