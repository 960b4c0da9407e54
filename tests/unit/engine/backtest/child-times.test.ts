import { describe, expect, it } from 'vitest';
import { DAY, play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];
const rows = [QUIET, QUIET, QUIET, QUIET];

describe('a child that its parent has set to work at an open', () => {
  it('for the close is filled at the close of that session', () => {
    const { orders } = play(rows, {
      0: (c) => {
        const parent = c.order({ side: 'buy', quantity: 10 });
        c.order({ side: 'sell', type: 'market_on_close', parent });
      },
    });
    expect([...orders.doneBar]).toEqual([1, 1]);
    expect([...orders.fillPrice]).toEqual([100, 100]);
  });

  it('inside the bar is filled at that close as well, for it was in the market then', () => {
    const { orders } = play(rows, {
      0: (c) => {
        const parent = c.order({ side: 'buy', type: 'limit', limitPrice: 99, quantity: 10 });
        c.order({ side: 'sell', type: 'limit_on_close', limitPrice: 99.5, parent });
      },
    });
    expect([...orders.doneBar]).toEqual([1, 1]);
  });

  it('for a day ends with that day', () => {
    const ended = (type: 'market' | 'limit') =>
      play(rows, {
        0: (c) =>
          c.bracket({
            entry: { side: 'buy', type, limitPrice: 99, quantity: 10 },
            stopLoss: { stopPrice: 90, timeInForce: 'day' },
          }),
      }).orders;
    for (const type of ['market', 'limit'] as const) {
      const { state, doneBar } = ended(type);
      expect(state).toEqual(['Filled', 'Expired']);
      expect([...doneBar]).toEqual([1, 1]);
    }
  });

  it('at a close works in the session after it', () => {
    const { orders } = play(
      rows,
      {
        0: (c) => {
          const parent = c.order({ side: 'buy', quantity: 10 });
          c.order({ side: 'sell', type: 'stop', stopPrice: 90, timeInForce: 'day', parent });
        },
      },
      { fill: 'same-close' },
    );
    expect([...orders.doneBar]).toEqual([0, 1]);
  });
});

describe('a child whose time comes while it waits', () => {
  it('expires, and is not set to work by a parent that is filled later', () => {
    const { orders } = play([QUIET, QUIET, [97, 98, 90, 97]], {
      0: (c) => {
        const parent = c.order({ side: 'buy', type: 'limit', limitPrice: 98, quantity: 10 });
        const terms = { timeInForce: 'gtd', goodTill: 2 * DAY, parent } as const;
        c.order({ side: 'sell', type: 'stop', stopPrice: 95, ...terms });
      },
    });
    expect(orders.state).toEqual(['Filled', 'Expired']);
    expect([...orders.doneBar]).toEqual([2, 2]);
  });
});

describe('an order for a day that is given on a fill at the open', () => {
  it('is one of that day', () => {
    const { orders } = play(
      rows,
      { 0: (c) => c.order({ side: 'buy', quantity: 10 }) },
      {},
      {
        onOrder: (event, c) => {
          if (event.state === 'Filled' && event.side === 'buy') {
            c.order({ side: 'sell', type: 'stop', stopPrice: 90, timeInForce: 'day' });
          }
        },
      },
    );
    expect([orders.state[1], orders.doneBar[1]]).toEqual(['Expired', 1]);
  });
});
