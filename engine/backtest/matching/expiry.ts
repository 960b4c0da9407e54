import type { FillHost } from './order-book.ts';
import type { WorkingOrder } from './working-order.ts';

/** Ends what was good for a session that is over, or until a time that has come, before a bar. */
export function expireBefore(
  orders: readonly WorkingOrder[],
  host: FillHost,
  bar: number,
  time: number,
  day: number,
): void {
  const count = orders.length;
  for (let i = 0; i < count; i += 1) {
    const order = orders[i] as WorkingOrder;
    if (!order.working || order.from > bar || !order.timed) continue;
    // Its time comes for an order that waits for its parent as well.
    if (time >= order.goodTill) {
      host.end(order, 'Expired');
      continue;
    }
    if (order.waiting) continue;
    if (Number.isNaN(order.session)) order.session = day;
    const forOpen = order.type === 'market_on_open' || order.type === 'limit_on_open';
    const forSession = order.timeInForce === 'day' || order.type.endsWith('_on_close');
    if (forSession && !forOpen && order.session !== day) host.end(order, 'Expired');
  }
}

/** Ends day orders at the last close of their session. */
export function expireAfter(orders: readonly WorkingOrder[], host: FillHost, day: number): void {
  const count = orders.length;
  for (let i = 0; i < count; i += 1) {
    const order = orders[i] as WorkingOrder;
    const over = order.working && !order.waiting && order.session === day;
    if (over && order.timeInForce === 'day') host.end(order, 'Expired');
  }
}
