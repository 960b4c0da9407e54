import { describe, expect, it } from 'vitest';
import type { BracketRequest, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];
const market: BracketRequest = {
  entry: { side: 'buy', quantity: 10, tag: 'in' },
  stopLoss: { stopPrice: 95 },
  takeProfit: { limitPrice: 110 },
};
const give = (request: BracketRequest) => (c: StrategyContext) => {
  expect(c.bracket(request)).toEqual({ entry: 0, stopLoss: 1, takeProfit: 2 });
};

describe('a bracket', () => {
  it('sets stop and target to work when its entry is filled, one taking the other away', () => {
    const { orders, heard, run } = play([QUIET, QUIET, [100, 111, 99, 110]], { 0: give(market) });
    expect(orders.state).toEqual(['Filled', 'Canceled', 'Filled']);
    expect([...orders.doneBar]).toEqual([1, 2, 2]);
    expect([...orders.quantity]).toEqual([10, 10, 10]);
    expect([...(orders.parent ?? [])]).toEqual([-1, 0, 0]);
    expect(orders.group?.[1]).toBe(orders.group?.[2]);
    expect(heard).toEqual(['0 Filled 10', '2 Filled 10', '1 Canceled 0']);
    expect(run.cash).toBe(10_000 + 10 * 10);
    expect(run.trades.toColumns()).toMatchObject({ entryTag: ['in'], exitTag: ['in target'] });
  });

  it('waits with its children, and ends them with an entry that is never filled', () => {
    const limit: BracketRequest = {
      ...market,
      entry: { side: 'buy', type: 'limit', limitPrice: 90, quantity: 10 },
    };
    expect(play([QUIET, QUIET], { 0: give(limit) }).orders.state).toEqual([
      'Accepted',
      'Initialized',
      'Initialized',
    ]);
    const { orders } = play([QUIET, QUIET], { 0: give(limit), 1: (c) => c.cancel(0) });
    expect(orders.state).toEqual(['Canceled', 'Canceled', 'Canceled']);
  });

  it('protects from the open on that filled its entry', () => {
    const { orders } = play([QUIET, [100, 101, 94, 96]], { 0: give(market) });
    expect(orders.state).toEqual(['Filled', 'Filled', 'Canceled']);
    expect(orders.fillPrice[1]).toBe(95);
  });

  it('leaves at once when its entry is filled beyond the stop', () => {
    // In at an open of 93 with a stop of 95: the stop sells at that open, not at 95.
    const { orders } = play([QUIET, [93, 94, 92, 93]], { 0: give(market) });
    expect([orders.fillPrice[0], orders.fillPrice[1]]).toEqual([93, 93]);
  });

  it('trails from the price of its entry', () => {
    const request: BracketRequest = {
      entry: { side: 'buy', quantity: 10 },
      stopLoss: { type: 'trailing_stop', trailAmount: 4 },
      takeProfit: { limitPrice: 200 },
    };
    const rows: Row[] = [QUIET, [103, 104, 102, 103], [103, 103, 99.5, 100]];
    // In at 103; the high of 104 puts the stop at 100.
    const { orders } = play(rows, { 0: give(request) });
    expect([orders.doneBar[1], orders.fillPrice[1]]).toEqual([2, 100]);
  });

  it('sizes its children by what the entry has filled so far', () => {
    // Half of 10 units a bar: the entry of 12 is filled 5, 5, 2.
    const rows: Row[] = [QUIET, QUIET, QUIET, QUIET, [100, 101, 94, 95]];
    const sizes: number[] = [];
    const { orders, run, heard } = play(
      rows,
      { 0: give({ ...market, entry: { side: 'buy', quantity: 12 } }) },
      { volumeLimit: 0.5 },
      { volume: [10, 10, 10, 10, 100] },
    );
    for (const line of heard) if (line.startsWith('0 ')) sizes.push(Number(line.split(' ')[2]));
    expect(sizes).toEqual([5, 5, 2]);
    expect([...orders.quantity]).toEqual([12, 12, 12]);
    expect(orders.state).toEqual(['Filled', 'Filled', 'Canceled']);
    expect(run.position).toBe(0);
  });

  it('sells no more than is held while the entry still fills', () => {
    // Bar 1 buys 5 at the open; its low hits the stop, but the bar has no volume left. The stop sells
    // the 5 at the next open, when 5 more are bought: those are sold one bar later.
    const rows: Row[] = [QUIET, [100, 101, 94, 96], [96, 97, 95.5, 96], QUIET, QUIET, QUIET];
    const { run, fills } = play(
      rows,
      { 0: give({ ...market, entry: { side: 'buy', quantity: 10 } }), 2: (c) => c.cancel(0) },
      { volumeLimit: 0.5 },
      { volume: [10, 10, 10, 10, 10, 10] },
    );
    expect(run.position).toBe(0);
    const net = [...fills.order].map(
      (order, i) => (order === 0 ? 1 : -1) * (fills.quantity[i] ?? 0),
    );
    let held = 0;
    for (const units of net) {
      held += units;
      expect(held).toBeGreaterThanOrEqual(0);
    }
    expect(held).toBe(0);
  });

  it('is given whole or not at all', () => {
    const { orders } = play([QUIET, QUIET], {
      0: (c) => {
        const wrong = { ...market, stopLoss: { stopPrice: Number.NaN } };
        expect(() => c.bracket(wrong)).toThrow('stop price');
      },
    });
    expect(orders.count).toBe(0);
  });

  it('may have a stop or a target alone', () => {
    const { entry } = market;
    const give = (request: BracketRequest) => (c: StrategyContext) => c.bracket(request);
    const stop = play([QUIET, QUIET], { 0: give({ entry, stopLoss: { stopPrice: 95 } }) }).orders;
    expect([stop.type, [...(stop.group ?? [])]]).toEqual([
      ['market', 'stop'],
      [0, 0],
    ]);
    const target = play([QUIET, QUIET], {
      0: give({ entry, takeProfit: { limitPrice: 105, tag: 'out' } }),
    }).orders;
    expect([target.type, target.tag]).toEqual([
      ['market', 'limit'],
      ['in', 'out'],
    ]);
  });

  it('takes what the target has filled in part from the stop', () => {
    // The target sells 4 (half of 8) on bar 2; bar 3 stops the other 6 out.
    const rows: Row[] = [QUIET, QUIET, [109, 110, 108, 109], [96, 97, 94, 95]];
    const { orders, run } = play(
      rows,
      { 0: give(market) },
      { volumeLimit: 0.5 },
      { volume: [100, 100, 8, 100] },
    );
    expect([...(orders.filled ?? [])]).toEqual([10, 6, 4]);
    expect(orders.state).toEqual(['Filled', 'Filled', 'Canceled']);
    expect(run.position).toBe(0);
  });
});

describe('one cancels the other', () => {
  const both = (c: StrategyContext): void => {
    const up = c.order({ side: 'buy', type: 'stop', stopPrice: 105, quantity: 10 });
    c.order({ side: 'sell', type: 'stop', stopPrice: 95, quantity: 10, oco: up });
  };

  it('when it is filled, in the same bar too', () => {
    const { orders, run } = play([QUIET, [100, 106, 94, 100]], { 0: both });
    expect(orders.state).toEqual(['Filled', 'Canceled']);
    expect(run.position).toBe(10);
  });

  it('and takes its units when it is filled in part', () => {
    // 4 of 10 bought on bar 1, the other 6 wait for the open; the sell is then for 6, and goes with them.
    const { orders } = play(
      [QUIET, [100, 106, 99, 105], [105, 106, 104, 105]],
      { 0: both },
      { volumeLimit: 0.5 },
      { volume: [100, 8, 100] },
    );
    expect([...(orders.filled ?? [])]).toEqual([10, 0]);
    expect(orders.quantity[1]).toBe(6);
    expect(orders.state).toEqual(['Filled', 'Canceled']);
  });

  it('but not when it is cancelled or expires', () => {
    const { orders } = play([QUIET, QUIET], {
      0: (c) => {
        both(c);
        c.cancel(0);
      },
    });
    expect(orders.state).toEqual(['Canceled', 'Accepted']);
  });
});

describe('one triggers the other', () => {
  it('with units of its own', () => {
    const { orders } = play([QUIET, QUIET, [100, 112, 99, 100]], {
      0: (c) => {
        const parent = c.order({ side: 'buy', quantity: 10 });
        c.order({ side: 'sell', type: 'limit', limitPrice: 111, quantity: 3, parent });
      },
    });
    expect([...orders.quantity]).toEqual([10, 3]);
    expect(orders.state).toEqual(['Filled', 'Filled']);
  });

  it('from the next open on when it is a market order', () => {
    const { orders } = play([QUIET, QUIET, [103, 104, 102, 103]], {
      0: (c) => {
        const parent = c.order({ side: 'buy', quantity: 10 });
        c.order({ side: 'sell', parent });
      },
    });
    expect([orders.doneBar[1], orders.fillPrice[1]]).toEqual([2, 103]);
  });

  it('not when it was denied', () => {
    const { orders } = play([QUIET, QUIET], {
      0: (c) => {
        const parent = c.order({ side: 'buy', quantity: 1_000 });
        c.order({ side: 'sell', parent });
      },
    });
    expect(orders.state).toEqual(['Denied', 'Canceled']);
  });
});
