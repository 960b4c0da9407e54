import { describe, expect, it } from 'vitest';
import { DoubtLog } from '../../../../engine/backtest/matching/doubts.ts';
import { OrderBook } from '../../../../engine/backtest/matching/order-book.ts';
import { startTrailing } from '../../../../engine/backtest/matching/prices.ts';
import { orderFrom } from '../../../../engine/backtest/matching/requests.ts';
import type { OrderRequest } from '../../../../engine/backtest/strategy.ts';

/** A book whose host fills everything that it is told to, and writes it down. */
function book(...requests: readonly OrderRequest[]) {
  const done: string[] = [];
  const orders = new OrderBook(
    {
      execute(order, price, _moment, maker) {
        done.push(`${order.id} at ${price}${maker ? ' made' : ''}`);
        orders.remove(order);
      },
      end(order, state) {
        done.push(`${order.id} ${state}`);
        orders.remove(order);
      },
      reached: () => undefined,
    },
    new DoubtLog(),
  );
  for (const [id, request] of requests.entries()) {
    const order = orderFrom(id, { quantity: 1, ...request });
    startTrailing(order, 100);
    orders.add(order);
  }
  return { orders, done };
}

describe('a book that is matched on single prices, as quotes and trades are', () => {
  it('fills each order on the first price that reaches it', () => {
    const { orders, done } = book(
      { side: 'buy', type: 'limit', limitPrice: 98 },
      { side: 'sell', type: 'stop', stopPrice: 97 },
      { side: 'sell', type: 'trailing_stop', trailAmount: 2 },
      { side: 'buy', type: 'market_if_touched', stopPrice: 96 },
      { side: 'sell', type: 'limit', limitPrice: 104 },
    );
    for (const [quote, price] of [100, 103, 101, 97.5, 95].entries()) {
      orders.matchPrice(quote, price, false);
    }
    // The trailing stop follows 103 to 101.
    expect(done).toEqual(['2 at 101', '0 at 97.5 made', '1 at 95', '3 at 95']);
    expect(orders.orders.map(({ id }) => id)).toEqual([4]);
  });

  it('ends immediate orders with the first price', () => {
    const { orders, done } = book(
      { side: 'buy', timeInForce: 'ioc' },
      { side: 'buy', type: 'limit', limitPrice: 90, timeInForce: 'ioc' },
    );
    orders.matchPrice(0, 100, false);
    expect(done).toEqual(['0 at 100', '1 Canceled']);
  });

  it('waits for the first price of a session with orders for the open', () => {
    const { orders, done } = book({ side: 'buy', type: 'market_on_open' });
    orders.matchPrice(0, 100, false);
    orders.matchPrice(1, 101, true);
    expect(done).toEqual(['0 at 101']);
  });

  it('keeps no order that is done', () => {
    const { orders } = book({ side: 'buy' }, { side: 'sell' });
    orders.matchPrice(0, 100, false);
    expect([orders.count, orders.find(0)]).toEqual([0, undefined]);
  });
});
