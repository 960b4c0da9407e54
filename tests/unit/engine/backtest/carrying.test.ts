import { describe, expect, it } from 'vitest';
import type { AdjustmentEvent } from '../../../../engine/domain/adjustments.ts';
import type { OrderRequest, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { DAY, play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];
const flat = (price: number): Row => [price, price, price, price];
const order = (request: OrderRequest) => (c: StrategyContext) => c.order(request);

describe('margin', () => {
  const margin = { initial: 0.5, maintenance: 0.25 };

  it('lends what the initial part allows', () => {
    const state = (quantity: number) =>
      play([QUIET, QUIET], { 0: order({ side: 'buy', quantity }) }, { margin }).orders.state[0];
    // 10,000 of own money carry 20,000.
    expect(state(200)).toBe('Filled');
    expect(state(201)).toBe('Denied');
  });

  it('liquidates a long position inside the bar that reaches its price', () => {
    const rows: Row[] = [QUIET, QUIET, [90, 91, 60, 80], flat(80)];
    const { run, orders } = play(rows, { 0: order({ side: 'buy', quantity: 200 }) }, { margin });
    // 10,000 owed: 200 × price × 0.75 = 10,000.
    expect(orders.fillPrice[1]).toBeCloseTo(66.666_667, 6);
    expect(orders).toMatchObject({ state: ['Filled', 'Filled'], tag: ['', 'liquidation'] });
    expect(run.position).toBe(0);
    expect(run.equity).toBeCloseTo(200 * 66.666_667 - 10_000, 3);
  });

  it('liquidates at an open beyond it, with slippage', () => {
    const rows: Row[] = [QUIET, QUIET, flat(50)];
    const settings = { margin, slippageBps: 100 };
    const { orders } = play(rows, { 0: order({ side: 'buy', quantity: 190 }) }, settings);
    expect(orders.fillPrice[1]).toBeCloseTo(49.5, 12);
  });

  it('liquidates a short position that loses, and takes its orders away', () => {
    const rows: Row[] = [QUIET, QUIET, [120, 170, 119, 160], flat(160)];
    const { orders } = play(
      rows,
      {
        0: order({ side: 'sell', quantity: 100 }),
        1: order({ side: 'buy', type: 'limit', limitPrice: 50, reduceOnly: true }),
      },
      { margin: { initial: 1, maintenance: 0.3 } },
    );
    // 20,000 of cash: 20,000 − 100 × price = 0.3 × 100 × price.
    expect(orders.fillPrice[2]).toBeCloseTo(20_000 / 130, 9);
    expect(orders.state).toEqual(['Filled', 'Canceled', 'Filled']);
  });

  it('liquidates what a limit has bought inside the bar', () => {
    const rows: Row[] = [QUIET, [100, 101, 60, 99], flat(99)];
    const buy = order({ side: 'buy', type: 'limit', limitPrice: 95, quantity: 200 });
    const { orders } = play(rows, { 0: buy }, { margin });
    // 200 × 95 − 10,000 = 9,000 owed: 200 × price × 0.75 = 9,000. The low is beyond it after the limit.
    expect(orders.fillPrice[0]).toBe(95);
    expect([orders.tag[1], orders.doneBar[1], orders.fillPrice[1]]).toEqual(['liquidation', 1, 60]);
  });

  it('liquidates at its price what a stop has bought above the open', () => {
    // 10 % of own money and 9 % to keep: 10,000 carry 950 units at 105, on 89,750 owed.
    const tight = { initial: 0.1, maintenance: 0.09 };
    const rows: Row[] = [QUIET, [100, 106, 99, 104]];
    const buy = order({ side: 'buy', type: 'stop', stopPrice: 105, quantity: 950 });
    const { orders } = play(rows, { 0: buy }, { margin: tight });
    // 950 × price × 0.91 = 89,750: the price comes down to it from 105, it does not jump to the open.
    expect(orders.fillPrice[1]).toBeCloseTo(89_750 / (950 * 0.91), 9);
    expect(orders.fillPrice[1]).toBeGreaterThan(100);
  });

  it('lets an own stop go first, and leaves what is paid for alone', () => {
    const rows: Row[] = [QUIET, QUIET, [90, 91, 60, 80]];
    const stopped = play(
      rows,
      {
        0: order({ side: 'buy', quantity: 200 }),
        1: order({ side: 'sell', type: 'stop', stopPrice: 85, reduceOnly: true }),
      },
      { margin },
    );
    expect(stopped.orders.count).toBe(2);
    expect(stopped.orders.fillPrice[1]).toBe(85);
    const paid = play([...rows, flat(1)], { 0: order({ side: 'buy', quantity: 100 }) }, { margin });
    expect(paid.orders.count).toBe(1);
  });
});

describe('what holding costs', () => {
  it('a short position pays for the days it is borrowed', () => {
    // 1,000 at 36 % a year of 360 days: 1 a day, on the close before.
    const { run } = play(
      [QUIET, QUIET, QUIET, QUIET],
      { 0: order({ side: 'sell', quantity: 10 }) },
      { borrowRate: 0.36 },
    );
    expect(run.equity).toBeCloseTo(10_000 - 2, 9);
    const trades = run.trades.toColumns();
    expect(trades.carry?.[0]).toBeCloseTo(-2, 9);
    expect(trades.pnl[0]).toBeCloseTo(-2, 9);
  });

  it('money that is owed pays interest', () => {
    const { run } = play(
      [QUIET, QUIET, QUIET],
      { 0: order({ side: 'buy', quantity: 200 }) },
      { margin: { initial: 0.5, maintenance: 0.1 }, debitRate: 0.036 },
    );
    // 10,000 for a day.
    expect(run.equity).toBeCloseTo(10_000 - 1, 9);
  });
});

describe('dividends', () => {
  const events: AdjustmentEvent[] = [
    { kind: 'dividend', day: 2 * DAY, amount: 1.5, referencePrice: null },
  ];

  it('are paid to long positions and by short ones, on the ex-date', () => {
    const held = (side: 'buy' | 'sell') =>
      play([QUIET, QUIET, flat(98.5)], { 0: order({ side, quantity: 10 }) }, {}, { events }).run;
    expect(held('buy').equity).toBeCloseTo(10_000, 9);
    expect(held('sell').equity).toBeCloseTo(10_000, 9);
    expect(held('buy').cash).toBeCloseTo(10_000 - 1_000 + 15, 9);
    const trades = held('buy').trades.toColumns();
    expect(trades.carry?.[0]).toBeCloseTo(15, 9);
    expect(trades.pnl[0]).toBeCloseTo(0, 9);
  });

  it('are not paid to who buys on the ex-date', () => {
    const { run } = play([QUIET, QUIET, QUIET], { 1: order({ side: 'buy' }) }, {}, { events });
    expect(run.cash).toBe(9_000);
  });

  it('lower resting orders to buy below and to stop a loss, and no other', () => {
    const { orders } = play(
      [QUIET, QUIET, QUIET],
      {
        0: (c) => {
          c.order({ side: 'buy', type: 'limit', limitPrice: 90 });
          c.order({ side: 'sell', type: 'stop', stopPrice: 92 });
          c.order({ side: 'sell', type: 'limit', limitPrice: 110 });
          c.order({ side: 'buy', type: 'stop', stopPrice: 112 });
        },
      },
      {},
      { events },
    );
    expect([...orders.limitPrice]).toEqual([88.5, Number.NaN, 110, Number.NaN]);
    expect([...orders.stopPrice]).toEqual([Number.NaN, 90.5, Number.NaN, 112]);
  });

  it('of less than a cent lower none', () => {
    const tiny: AdjustmentEvent[] = [
      { kind: 'dividend', day: DAY, amount: 0.009, referencePrice: null },
    ];
    const script = { 0: order({ side: 'buy', type: 'limit', limitPrice: 90 }) };
    expect(play([QUIET, QUIET], script, {}, { events: tiny }).orders.limitPrice[0]).toBe(90);
  });
});

describe('splits', () => {
  const split = (ratio: number): AdjustmentEvent[] => [{ kind: 'split', day: 2 * DAY, ratio }];

  it('multiply the position and the size of orders, and divide their prices', () => {
    const rows: Row[] = [QUIET, [100, 110, 99, 108], [54, 60, 53, 55], flat(56)];
    const { run, orders } = play(
      rows,
      {
        0: order({ side: 'buy', quantity: 10 }),
        1: (c) => {
          c.order({ side: 'sell', type: 'stop', stopPrice: 90, quantity: 10 });
          c.order({ side: 'sell', type: 'trailing_stop', trailAmount: 30, quantity: 4 });
        },
        2: (c) => expect([c.position, c.entryPrice, c.equity]).toEqual([20, 50, 10_100]),
      },
      {},
      { events: split(2) },
    );
    expect([...orders.quantity]).toEqual([10, 20, 8]);
    expect(orders.stopPrice[1]).toBe(45);
    expect(run.equity).toBe(9_000 + 20 * 56);
    const trades = run.trades.toColumns();
    expect([trades.size[0], trades.entryPrice[0]]).toEqual([20, 50]);
    // From 100 to 110 before, to 60 after, which was 120.
    expect(trades.mfe[0]).toBeCloseTo(0.2, 12);
    expect(trades.mae[0]).toBeCloseTo(0.01, 12);
  });

  it('the other way round take orders away and pay fractions out', () => {
    const rows: Row[] = [QUIET, QUIET, flat(400)];
    const { run, orders } = play(
      rows,
      {
        0: order({ side: 'buy', quantity: 10 }),
        1: order({ side: 'sell', type: 'stop', stopPrice: 90, quantity: 10 }),
      },
      { lotSize: 1 },
      { events: split(0.25) },
    );
    expect(orders.state[1]).toBe('Canceled');
    // 2.5 units: half a unit is paid at 4 × 100.
    expect(run.position).toBe(2);
    expect(run.cash).toBe(9_000 + 200);
    expect(run.equity).toBe(10_000);
    expect(run.trades.toColumns()).toMatchObject({ count: 2, exitTag: ['fraction', ''] });
  });

  it('are booked after the dividends of their day, which are for the shares of before', () => {
    const events: AdjustmentEvent[] = [
      { kind: 'split', day: 2 * DAY, ratio: 2 },
      { kind: 'dividend', day: 2 * DAY, amount: 1, referencePrice: null },
    ];
    const script = { 0: order({ side: 'buy', quantity: 10 }) };
    const { run } = play([QUIET, QUIET, flat(49.5)], script, {}, { events });
    expect(run.cash).toBe(9_000 + 10);
    expect(run.equity).toBe(10_000);
  });

  it('show orders in the units of after, those that they take away as well', () => {
    const rows: Row[] = [QUIET, QUIET, flat(400)];
    const { orders } = play(
      rows,
      {
        0: (c) => {
          c.order({ side: 'buy', type: 'limit', limitPrice: 80, quantity: 8 });
          c.order({ side: 'sell', type: 'stop', stopPrice: 70, quantity: 4 });
        },
      },
      {},
      { events: split(0.25) },
    );
    expect(orders.state).toEqual(['Canceled', 'Canceled']);
    expect([...orders.quantity]).toEqual([2, 1]);
    expect([orders.limitPrice[0], orders.stopPrice[1]]).toEqual([320, 280]);
  });

  it('show what was filled of an order in the units of after', () => {
    const rows: Row[] = [QUIET, [99, 101, 98, 100], [51, 52, 50.5, 51], flat(51)];
    const { orders, fills } = play(
      rows,
      { 0: order({ side: 'buy', type: 'limit', limitPrice: 99, quantity: 10 }) },
      { volumeLimit: 0.04 },
      { events: split(2), volume: [100, 100, 100, 100] },
    );
    // 4 of 10 at 99 are 8 of 20 at 49.5; the fill itself stays what it was.
    expect([orders.state[0], orders.quantity[0], orders.filled?.[0]]).toEqual([
      'PartiallyFilled',
      20,
      8,
    ]);
    expect([orders.fillPrice[0], orders.limitPrice[0]]).toEqual([49.5, 49.5]);
    expect([fills.quantity[0], fills.price[0]]).toEqual([4, 99]);
  });

  it('the other way round leave market orders, so that a position goes that was to go', () => {
    const rows: Row[] = [QUIET, QUIET, flat(400)];
    const script = {
      0: order({ side: 'buy', quantity: 8 }),
      1: (c: StrategyContext) => c.exit(),
    };
    const { run, orders } = play(rows, script, {}, { events: split(0.25) });
    expect(orders.state[1]).toBe('Filled');
    expect([run.position, run.cash]).toEqual([0, 9_200 + 2 * 400]);
    const some = play(
      rows,
      { 0: script[0], 1: order({ side: 'sell', quantity: 3 }) },
      { lotSize: 1 },
      { events: split(0.25) },
    ).orders;
    // Three quarters of a unit are no lot.
    expect([some.state[1], some.quantity[1]]).toEqual(['Canceled', 0]);
  });

  it('tell of orders that end while the equity is right', () => {
    const seen: number[] = [];
    const bars = [QUIET, QUIET, flat(400)];
    const { run } = play(
      bars,
      {
        0: (c) => {
          c.order({ side: 'buy', quantity: 10 });
          c.order({ side: 'sell', type: 'stop', stopPrice: 50, quantity: 10 });
        },
      },
      {},
      {
        events: split(0.25),
        onOrder: (event, c) => event.state === 'Canceled' && seen.push(c.equity),
      },
    );
    expect(seen).toEqual([10_000]);
    expect(run.equity).toBe(10_000);
  });

  it('of a short position are kept in balance as well', () => {
    const rows: Row[] = [QUIET, QUIET, flat(50), flat(40)];
    const { run } = play(
      rows,
      { 0: order({ side: 'sell', quantity: 10 }) },
      {},
      { events: split(2) },
    );
    expect(run.position).toBe(-20);
    expect(run.equity).toBe(10_000 + 20 * 10);
  });
});
