import { describe, expect, it } from 'vitest';
import type { OrderRequest, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { barsOf, DAY, play, simulate, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];
const HOUR = 3_600_000;

/** Holds 10 from the open of bar 1 and gives one order on bar 1. */
function exitBy(request: Omit<OrderRequest, 'side'>, rows: readonly Row[]) {
  const result = play([QUIET, QUIET, ...rows], {
    0: (context) => context.order({ side: 'buy', quantity: 10 }),
    1: (context) => context.order({ side: 'sell', reduceOnly: true, ...request }),
  });
  const { orders } = result;
  return { ...result, state: orders.state[1], bar: orders.doneBar[1], price: orders.fillPrice[1] };
}

/** Gives one order on bar 0. */
function enterBy(request: OrderRequest, rows: readonly Row[]) {
  const result = play([QUIET, ...rows], {
    0: (context) => context.order({ quantity: 10, ...request }),
  });
  const { orders } = result;
  return { ...result, state: orders.state[0], bar: orders.doneBar[0], price: orders.fillPrice[0] };
}

describe('trailing stops', () => {
  it('follow the best price by an amount, from the bar after the one that made it', () => {
    // Given at a close of 100: stop 97. Bar 2 makes 106: stop 103. Bar 3 falls through it.
    const rows: Row[] = [
      [100, 106, 99, 105],
      [105, 105.5, 102, 104],
    ];
    expect(exitBy({ type: 'trailing_stop', trailAmount: 3 }, rows)).toMatchObject({
      state: 'Filled',
      bar: 3,
      price: 103,
    });
  });

  it('follow it by a percentage of it', () => {
    // 10 % below a best price of 120 is 108.
    const rows: Row[] = [
      [100, 120, 99, 118],
      [118, 119, 107, 110],
    ];
    expect(exitBy({ type: 'trailing_stop', trailPercent: 10 }, rows)).toMatchObject({
      bar: 3,
      price: 108,
    });
  });

  it('never move back', () => {
    const rows: Row[] = [
      [100, 106, 100, 104],
      [104, 104.5, 103.5, 104],
      [104, 104, 102, 103],
    ];
    expect(exitBy({ type: 'trailing_stop', trailAmount: 3 }, rows)).toMatchObject({
      bar: 4,
      price: 103,
    });
  });

  it('move with an open, which is known to come first', () => {
    // The open of 104 moves the stop from 97 to 101 before the bar falls.
    expect(exitBy({ type: 'trailing_stop', trailAmount: 3 }, [[104, 104, 98, 99]])).toMatchObject({
      bar: 2,
      price: 101,
    });
  });

  it('fill at an open beyond them', () => {
    expect(exitBy({ type: 'trailing_stop', trailAmount: 3 }, [[90, 92, 89, 91]]).price).toBe(90);
  });

  it('fill at the level of the best price when the bar closes beyond it', () => {
    // The high of 110 leaves a stop of 107; a close of 105 has gone through it.
    expect(exitBy({ type: 'trailing_stop', trailAmount: 3 }, [[100, 110, 99, 105]])).toMatchObject({
      bar: 2,
      price: 107,
    });
  });

  it('begin at the stop they are given', () => {
    const request = { type: 'trailing_stop', trailAmount: 3, stopPrice: 95 } as const;
    expect(exitBy(request, [[97, 97, 96, 96.5]]).state).toBe('Accepted');
    expect(exitBy(request, [[97, 97, 94, 96]]).price).toBe(95);
  });

  it('buy above the lowest price', () => {
    const rows: Row[] = [
      [100, 100, 90, 91],
      [91, 95, 91, 94],
    ];
    expect(enterBy({ side: 'buy', type: 'trailing_stop', trailAmount: 4 }, rows)).toMatchObject({
      bar: 2,
      price: 94,
    });
  });

  it('of the limit kind become a limit behind their stop', () => {
    const request = { type: 'trailing_stop_limit', trailAmount: 3, limitOffset: 1 } as const;
    // Stop 97 is hit inside bar 2, so a limit of 96 works from bar 3 on, and sells at its better open.
    const rows: Row[] = [
      [100, 100, 96.5, 96.8],
      [96.5, 97, 95, 96],
    ];
    expect(exitBy(request, rows)).toMatchObject({ bar: 3, price: 96.5 });
    // A gap below the limit leaves it waiting.
    expect(exitBy(request, [[94, 95, 93, 94]]).state).toBe('Accepted');
  });
});

describe('touched orders', () => {
  it('to buy at the market fill at the trigger when it is touched', () => {
    const request: OrderRequest = { side: 'buy', type: 'market_if_touched', stopPrice: 97 };
    expect(enterBy(request, [[100, 101, 96, 98]])).toMatchObject({ bar: 1, price: 97 });
    expect(enterBy(request, [[95, 96, 94, 95]]).price).toBe(95);
    expect(enterBy(request, [[100, 101, 97.5, 98]]).state).toBe('Accepted');
  });

  it('pay slippage, for they are market orders then', () => {
    const { orders } = play(
      [QUIET, [100, 104, 99, 103]],
      { 0: (c) => c.order({ side: 'sell', type: 'market_if_touched', stopPrice: 103 }) },
      { slippageBps: 100 },
    );
    expect(orders.fillPrice[0]).toBeCloseTo(103 * 0.99, 12);
  });

  it('of the limit kind work as limits from the bar after the touch', () => {
    const request: OrderRequest = {
      side: 'buy',
      type: 'limit_if_touched',
      stopPrice: 97,
      limitPrice: 96,
    };
    const rows: Row[] = [
      [100, 101, 95, 98],
      [98, 99, 95.5, 97],
    ];
    expect(enterBy(request, rows)).toMatchObject({ bar: 2, price: 96 });
    expect(enterBy({ ...request, limitPrice: 98 }, [[96, 97, 95, 96]])).toMatchObject({
      bar: 1,
      price: 96,
    });
  });
});

describe('orders for the open and the close', () => {
  const rows: Row[] = [
    [102, 103, 101, 102.5],
    [104, 105, 103, 104.5],
  ];

  it('fill there on daily bars', () => {
    expect(enterBy({ side: 'buy', type: 'market_on_open' }, rows)).toMatchObject({
      bar: 1,
      price: 102,
    });
    expect(enterBy({ side: 'buy', type: 'market_on_close' }, rows)).toMatchObject({
      bar: 1,
      price: 102.5,
    });
  });

  it('with a limit expire when the price is not good enough', () => {
    const open = (limitPrice: number) =>
      enterBy({ side: 'buy', type: 'limit_on_open', limitPrice }, rows);
    expect(open(102)).toMatchObject({ state: 'Filled', price: 102 });
    expect(open(101.9)).toMatchObject({ state: 'Expired', bar: 1 });
    const close = (limitPrice: number) =>
      enterBy({ side: 'buy', type: 'limit_on_close', limitPrice }, rows);
    expect(close(102.5)).toMatchObject({ state: 'Filled', price: 102.5 });
    expect(close(101.5)).toMatchObject({ state: 'Expired', bar: 1 });
  });

  /** Hours of two days: bars 0 to 23 and 24 to 47. */
  const hours: Row[] = Array.from({ length: 48 }, (_, i) => [i + 1, i + 1.5, i + 0.5, i + 1.25]);
  const given = (request: OrderRequest, at: number, settings = {}) =>
    play(hours, { [at]: (c: StrategyContext) => c.order({ quantity: 1, ...request }) }, settings, {
      step: HOUR,
    }).orders;

  it('wait for the session on hourly bars', () => {
    const open = given({ side: 'buy', type: 'market_on_open' }, 3);
    expect([open.doneBar[0], open.fillPrice[0]]).toEqual([24, 25]);
    const close = given({ side: 'buy', type: 'market_on_close' }, 3);
    expect([close.doneBar[0], close.fillPrice[0]]).toEqual([23, 24.25]);
  });

  it('given on the last bar are for the next session, unless fills are at the same close', () => {
    const request: OrderRequest = { side: 'buy', type: 'market_on_close' };
    expect(given(request, 23).doneBar[0]).toBe(47);
    expect(given(request, 23, { fill: 'same-close' }).doneBar[0]).toBe(23);
  });

  it('for a close that is missing expire with the session', () => {
    const bars = hours.map((row, i): Row => (i === 23 ? [NaN, NaN, NaN, NaN] : row));
    const { orders } = play(
      bars,
      { 3: (c) => c.order({ side: 'buy', type: 'market_on_close' }) },
      {},
      { step: HOUR },
    );
    expect([orders.state[0], orders.doneBar[0]]).toEqual(['Expired', 24]);
  });
});

describe('time in force', () => {
  const far: OrderRequest = { side: 'buy', type: 'limit', limitPrice: 50 };
  const days: Row[] = [QUIET, QUIET, QUIET];

  it('gtc works on', () => {
    expect(enterBy(far, days).state).toBe('Accepted');
  });

  it('day ends with the session it works in', () => {
    expect(enterBy({ ...far, timeInForce: 'day' }, days)).toMatchObject({
      state: 'Expired',
      bar: 1,
    });
    const hours: Row[] = Array.from({ length: 48 }, () => QUIET);
    const given = (at: number) =>
      play(hours, { [at]: (c) => c.order({ ...far, timeInForce: 'day' }) }, {}, { step: HOUR })
        .orders;
    expect(given(5).doneBar[0]).toBe(23);
    expect(given(23).doneBar[0]).toBe(47);
  });

  it('gtd works on bars that start before its time', () => {
    const request: OrderRequest = { ...far, timeInForce: 'gtd', goodTill: 2 * DAY };
    expect(enterBy(request, days)).toMatchObject({ state: 'Expired', bar: 2 });
    expect(enterBy({ ...request, limitPrice: 99.5 }, days)).toMatchObject({
      state: 'Filled',
      bar: 1,
    });
    expect(enterBy({ ...request, limitPrice: 98 }, [QUIET, [100, 101, 90, 99]]).state).toBe(
      'Expired',
    );
  });

  it('ioc fills at the first open or is cancelled', () => {
    expect(enterBy({ ...far, timeInForce: 'ioc' }, days)).toMatchObject({
      state: 'Canceled',
      bar: 1,
    });
    const reach: Row[] = [[100, 101, 40, 99]];
    expect(enterBy({ ...far, timeInForce: 'ioc' }, reach).state).toBe('Canceled');
    expect(enterBy({ ...far, limitPrice: 100, timeInForce: 'ioc' }, days)).toMatchObject({
      state: 'Filled',
      price: 100,
    });
  });

  it('ioc takes what there is, fok all or nothing', () => {
    const volume = [100, 60, 100];
    const give = (timeInForce: 'ioc' | 'fok', quantity: number) =>
      play(
        [QUIET, QUIET, QUIET],
        { 0: (c) => c.order({ side: 'buy', quantity, timeInForce }) },
        { volumeLimit: 0.5 },
        { volume },
      );
    const part = give('ioc', 50);
    // Half of 60 units is 30.
    expect(part.orders.state[0]).toBe('Canceled');
    expect(part.orders.filled?.[0]).toBe(30);
    expect(part.run.position).toBe(30);
    expect(give('fok', 50).run.position).toBe(0);
    expect(give('fok', 50).orders.state[0]).toBe('Canceled');
    expect(give('fok', 30).run.position).toBe(30);
  });
});

describe('orders given on a fill at the open', () => {
  it.each<[string, OrderRequest, number]>([
    ['a stop', { side: 'sell', type: 'stop', stopPrice: 120 }, 103],
    ['a limit', { side: 'sell', type: 'limit', limitPrice: 90 }, 103],
    ['a touched order', { side: 'sell', type: 'market_if_touched', stopPrice: 90 }, 103],
  ])('that this open is good enough for are filled at it: %s', (_name, request, price) => {
    let given = false;
    const bars = barsOf([QUIET, [103, 104, 102, 103.5], QUIET]);
    const run = simulate(
      bars,
      { cash: 10_000 },
      (c) => c.index === 0 && c.order({ side: 'buy', quantity: 10 }),
      (_event, c) => {
        if (!given) c.order({ ...request, quantity: 10 });
        given = true;
      },
    );
    const orders = run.orders.toColumns();
    expect([orders.doneBar[1], orders.fillPrice[1]]).toEqual([1, price]);
  });
});

describe('orders that cannot work', () => {
  it.each<[string, OrderRequest]>([
    ['trailAmount or trailPercent', { side: 'sell', type: 'trailing_stop' }],
    ['one of the two', { side: 'sell', type: 'trailing_stop', trailAmount: 1, trailPercent: 1 }],
    ['below 100', { side: 'sell', type: 'trailing_stop', trailPercent: 100 }],
    ['limitOffset', { side: 'sell', type: 'trailing_stop_limit', trailAmount: 1, limitOffset: -1 }],
    ['stop price', { side: 'sell', type: 'market_if_touched' }],
    ['limit price', { side: 'buy', type: 'limit_on_close' }],
    ['goodTill', { side: 'buy', timeInForce: 'gtd' }],
    ['cannot be ioc', { side: 'buy', type: 'market_on_open', timeInForce: 'ioc' }],
    ['buy or sell', {} as OrderRequest],
    ['no type iceberg', { side: 'buy', type: 'iceberg' as 'limit' }],
    ['no time in force ever', { side: 'buy', timeInForce: 'ever' as 'day' }],
    ['limitPrice is no number', { side: 'buy', limitPrice: '5' as unknown as number }],
    ['tag', { side: 'buy', tag: 7 as unknown as string }],
    ['its parent 7', { side: 'buy', parent: 7 }],
    ['order 7', { side: 'buy', oco: 7 }],
  ])('are refused: %s', (what, request) => {
    expect(() => play([QUIET], { 0: (c) => c.order(request) })).toThrow(what);
  });
});
