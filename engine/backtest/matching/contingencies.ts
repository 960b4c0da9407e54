import { startTrailing } from './prices.ts';
import type { Moment, WorkingOrder } from './working-order.ts';

/** Whether more is left to fill than rounding leaves; units that the fill decides are. */
function unfilled(order: WorkingOrder): boolean {
  const left = order.left();
  return Number.isNaN(left) || left > 1e-12 * (order.filled + Math.abs(order.quantity));
}

/** How a fill changes the orders that hang on it. */
export interface Consequences {
  /** Children that were set to work or grew. */
  readonly changed: WorkingOrder[];
  /** Orders of the group that nothing is left of. */
  readonly cancelled: WorkingOrder[];
}

/**
 * Children of a filled order begin to work, with as many units as it has filled so far; orders of its
 * group lose the units that it has filled, and are taken away when it is done.
 */
export function afterFill(
  orders: readonly WorkingOrder[],
  order: WorkingOrder,
  quantity: number,
  price: number,
  complete: boolean,
  moment: Moment,
  bar: number,
  finer: number,
): Consequences {
  const changed: WorkingOrder[] = [];
  const cancelled: WorkingOrder[] = [];
  const done = complete && !grows(orders, order);
  for (const other of orders) {
    if (!other.working || other === order) continue;
    if (other.parent === order.id) {
      if (other.waiting) {
        other.waiting = false;
        other.from = bar + 1;
        other.inside = moment === 'open' ? bar : bar + 1;
        // It was in the market with its parent, so the close that ends the bar is one of its own.
        other.closing = moment === 'close' ? bar + 1 : bar;
        other.finer = finer + 1;
        if (other.follows) other.quantity = 0;
        startTrailing(other, price);
      }
      if (other.follows) other.quantity += quantity;
      changed.push(other);
    } else if (order.group !== 0 && other.group === order.group) {
      if (!Number.isNaN(other.quantity)) other.quantity -= quantity;
      const nothing = !unfilled(other) && !grows(orders, other);
      if (done || nothing) cancelled.push(other);
      else changed.push(other);
    }
  }
  return { changed, cancelled };
}

/** Whether the parent of an order may still be filled, and the order grow with it. */
export function grows(orders: readonly WorkingOrder[], order: WorkingOrder): boolean {
  if (order.parent < 0 || !order.follows) return false;
  return orders.some((other) => other.id === order.parent && other.working);
}

/** Children that end with their parent: those that never worked and those that have no units left. */
export function endedWith(
  orders: readonly WorkingOrder[],
  parent: WorkingOrder,
): readonly WorkingOrder[] {
  return orders.filter(
    (order) =>
      order.working &&
      order.parent === parent.id &&
      (order.waiting || (order.follows && !unfilled(order))),
  );
}
