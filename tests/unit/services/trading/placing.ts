import type { Ticket } from '../../../../engine/protocol/live-schemas.ts';
import type { OrderSource } from '../../../../engine/domain/live-order.ts';
import type { OrderRecord } from '../../../../engine/orders/record.ts';
import { settle } from '../../../support/fake-clock.ts';
import { ticketOf, type TestDesk } from '../../../support/trading-desk.ts';

export const PERSON: OrderSource = { kind: 'person', name: '' };
let request = 0;

/** Places a ticket under a request of its own; the orders as they are once everything has settled. */
export async function place(
  desk: TestDesk,
  ticket: Ticket = ticketOf(),
  source: OrderSource = PERSON,
  strategy: string | null = null,
): Promise<readonly OrderRecord[]> {
  request += 1;
  const { orders } = await desk.trading.place(`P${request}`, ticket, source, strategy);
  await settle();
  return orders.map((order) => now(desk, order));
}

export const now = (desk: TestDesk, order: OrderRecord | undefined): OrderRecord =>
  desk.trading.log.ledger.require((order as OrderRecord).clientOrderId);

/** Buys so many at 99.5, filled at once. */
export async function hold(desk: TestDesk, units: string): Promise<void> {
  await place(desk, ticketOf({ terms: { quantity: units } }));
  desk.exchange.fill(desk.exchange.orders.length - 1, units, '99.5');
  await desk.clock.pass(4000);
}

/** What is and was at the exchange, one line an order. */
export const atVenue = ({ exchange }: TestDesk): readonly string[] =>
  exchange.orders.map(({ terms, status }) => `${terms.side} ${terms.quantity} ${status}`);
