import type { Decimal } from '../../engine/domain/decimal.ts';
import type { AccountId } from '../../engine/domain/identifiers.ts';
import type { OrderMaker } from './orders.ts';
import type { OrderRig, RigStub } from './rig.ts';
import type { OrderSockets } from './sockets.ts';

export interface OrderStub extends RigStub {
  readonly streams: OrderSockets;
  /** A part of the order that has this name of ours. */
  fill(name: string, quantity: Decimal, price: Decimal): object;
}

export interface OrderVenueRig extends OrderRig {
  readonly stub: OrderStub;
}

/** What checks that hold for every venue of orders have to know of one. */
export interface OrderVenue extends OrderMaker {
  /** Adapters on a stub, which end with the test: not connected, and connected for orders. */
  readonly start: (options?: { readonly login?: number }) => Promise<OrderVenueRig>;
  readonly withOrders: (options?: { readonly silence?: number }) => Promise<OrderVenueRig>;
  readonly account: AccountId;
  /** The call that places an order, and the one that asks for it by our name. */
  readonly placing: string;
  readonly asking: string;
  /** Three different parts that a plain order has, smallest first, and a price that fills it. */
  readonly parts: readonly [Decimal, Decimal, Decimal];
  readonly price: Decimal;
}
