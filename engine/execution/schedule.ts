import { subtract, type Quantity } from '../domain/decimal.ts';
import { before, checkAlgorithm, planOf } from './plan.ts';
import type { AlgorithmOrder } from './types.ts';

/** Units that an algorithm means to send in a part of its time. */
export interface ScheduledSlice {
  readonly from: number;
  readonly to: number;
  readonly quantity: Quantity;
}

/**
 * The slices of an order before anything is known of the market; empty for methods that only answer to it.
 * @throws RenataError BAD_INPUT naming what is wrong with the order
 */
export function scheduleOf(order: AlgorithmOrder): readonly ScheduledSlice[] {
  checkAlgorithm(order);
  const plan = planOf(order);
  const at = (slice: number): number =>
    order.start + ((order.end - order.start) * slice) / plan.length;
  return plan.map((reached, slice) => ({
    from: at(slice),
    to: at(slice + 1),
    quantity: subtract(reached, before(plan, slice)) as Quantity,
  }));
}
