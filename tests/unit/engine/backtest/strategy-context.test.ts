import { describe, expect, it } from 'vitest';
import type { StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];

describe('amending', () => {
  const give = (change: Parameters<StrategyContext['amend']>[1], rows: readonly Row[]) =>
    play([QUIET, QUIET, ...rows], {
      0: (c) => c.order({ side: 'buy', type: 'limit', limitPrice: 50, quantity: 10 }),
      1: (c) => expect(c.amend(0, change)).toBe(true),
    });

  it('moves prices and units from the next bar on', () => {
    const { orders } = give({ limitPrice: 98, quantity: 4 }, [[100, 101, 97, 99]]);
    expect(orders).toMatchObject({ state: ['Filled'] });
    expect([orders.fillPrice[0], orders.quantity[0], orders.doneBar[0]]).toEqual([98, 4, 2]);
  });

  it('on a fill inside a bar waits for the next one', () => {
    let amended = false;
    const rows: Row[] = [QUIET, [100, 106, 90, 100], [100, 101, 99.5, 100]];
    const script = (c: StrategyContext): void => {
      c.order({ side: 'buy', type: 'stop', stopPrice: 105, quantity: 1 });
      c.order({ side: 'sell', type: 'limit', limitPrice: 200, quantity: 1 });
    };
    const run = play(rows, { 0: script, 1: (c) => (amended = c.amend(1, { limitPrice: 100.5 })) });
    expect(amended).toBe(true);
    expect(run.orders.doneBar[1]).toBe(2);
  });

  it('to no more than was filled ends the order', () => {
    const { orders } = play(
      [QUIET, QUIET, QUIET],
      {
        0: (c) => c.order({ side: 'buy', quantity: 80 }),
        1: (c) => c.amend(0, { quantity: 50 }),
      },
      { volumeLimit: 0.5 },
    );
    expect([orders.state[0], orders.filled?.[0], orders.doneBar[0]]).toEqual(['Filled', 50, 1]);
  });

  it('tells when there is no such order, and refuses what is no price', () => {
    play([QUIET, QUIET], {
      0: (c) => {
        expect(c.amend(5, { limitPrice: 1 })).toBe(false);
        c.order({ side: 'buy', type: 'limit', limitPrice: 50 });
        expect(() => c.amend(0, { limitPrice: Number.NaN })).toThrow('limitPrice');
        expect(() => c.amend(0, { quantity: 0 })).toThrow('quantity');
      },
    });
  });
});

describe('what a strategy is handed', () => {
  it('holds no way to the run or to a whole column', () => {
    play([QUIET, QUIET], {
      0: (c) => {
        expect(c.constructor.name).toBe('StrategyFacade');
        expect(Object.keys(c).toSorted()).toEqual(
          ['close', 'high', 'low', 'open', 'shortAllowed', 'time', 'volume'].toSorted(),
        );
        expect(Object.keys(c.close)).toEqual([]);
        expect(Object.getOwnPropertyNames(c.close.constructor).toSorted()).toEqual(
          ['length', 'name', 'prototype'].toSorted(),
        );
        expect(() => Object.assign(c, { cash: 1 })).toThrow(TypeError);
        expect(() => Object.assign(Object.getPrototypeOf(c.close), { at: () => 1 })).toThrow(
          TypeError,
        );
      },
    });
  });

  it('gives no later bar to a number that changes when it is asked twice', () => {
    const answers = [0, -1, -1, -1];
    const sly = { valueOf: () => answers.shift() ?? -1 } as unknown as number;
    const next: Row = [1, 2, 0.5, 1.5];
    const seen: number[] = [];
    const look = (c: StrategyContext): void => {
      try {
        seen.push(c.close.at(sly));
      } catch {
        seen.push(-1);
      }
    };
    play([QUIET, next], { 0: look });
    expect(seen).not.toContain(1.5);
  });

  it('is asked during a warm-up, and its orders are not taken', () => {
    const numbers: number[] = [];
    const seen: boolean[] = [];
    const ask = (c: StrategyContext): void => {
      seen.push(c.warmingUp);
      numbers.push(c.buy(), c.bracket({ entry: { side: 'buy' } }).entry);
    };
    const { orders, run } = play([QUIET, QUIET, QUIET], { 0: ask, 1: ask }, { warmUp: 2 });
    expect(numbers).toEqual([-1, -1, -1, -1]);
    expect(seen).toEqual([true, true]);
    expect(orders.count).toBe(0);
    expect(run.warmingUp).toBe(false);
  });
});
