import type { Desk } from './desk.ts';
import type { WorkingOrder } from './matching/working-order.ts';
import type { OrderEvent } from './strategy.ts';

/** Whose money a desk trades with. Amounts are in the money of the desk's instrument. */
export interface Account {
  /** Everything the account is worth when a unit of the desk is worth `price`. */
  equityAt(desk: Desk, price: number): number;
  /** Whether margin and permissions allow a fill. `change` is signed. */
  permits(desk: Desk, change: number, price: number, commission: number): boolean;
  /** Units that an order which may be made smaller can fill without being denied. */
  most(desk: Desk, order: WorkingOrder, price: number): number;
  /** Moves the money of a fill, before the position changes. */
  settle(desk: Desk, change: number, price: number, commission: number): void;
  /** Tells the strategy. */
  tell(desk: Desk, event: OrderEvent): void;
  /** The market of a desk has been at these prices, or could have been: the account looks at its margin. */
  reached(desk: Desk, high: number, low: number): void;
}
