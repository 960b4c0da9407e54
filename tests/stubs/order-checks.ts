import { describe, expect, it } from 'vitest';
import type { OrderRef } from '../../engine/ports/execution-client.ts';
import type { OrderVenue, OrderVenueRig } from './order-venue.ts';
import { place, refOf, untilStatus } from './orders.ts';
import type { Fault } from './rest-stub.ts';
import { failureOf } from './rig.ts';

/** What became of it is open: it was done, or never arrived. */
interface Unanswered {
  readonly done: readonly Fault['what'][];
  readonly notDone: readonly Fault['what'][];
}

const DONE: readonly Fault['what'][] = [
  { kind: 'drop-after' },
  { kind: 'truncate' },
  { kind: 'malformed', body: '<html>' },
];
const NOT_DONE: readonly Fault['what'][] = [
  { kind: 'drop-before' },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502, body: '<html>' },
  { kind: 'status', status: 504 },
  { kind: 'status', status: 408 },
];

/** @param more how this venue's own words may leave the outcome open, besides what any server may do */
export function unansweredChecks(venue: OrderVenue, more: Unanswered): void {
  const { intent, terms, withOrders, placing: call, asking } = venue;

  /** Sends an order that goes wrong; what became of it is unknown, and it is sent once. */
  async function fail({ stub, execution }: OrderVenueRig, what: Fault['what']): Promise<OrderRef> {
    const order = intent(terms());
    stub.fault({ call, what });
    const before = stub.asked(call);
    const error = await failureOf(execution.submit([order]));
    expect([error.failure, what]).toEqual(['unknown', what]);
    expect(stub.asked(call)).toBe(before + 1);
    return refOf(order);
  }

  describe('orders whose answer does not come', () => {
    it('are unknown, sent once, and found by our name when they are there', async () => {
      const rig = await withOrders();
      for (const what of [...DONE, ...more.done]) {
        const ref = await fail(rig, what);
        expect((await rig.execution.order(ref))?.clientOrderId).toBe(ref.clientOrderId);
      }
    });

    it('are unknown, sent once, and not found when they never arrived', async () => {
      const rig = await withOrders();
      for (const what of [...NOT_DONE, ...more.notDone]) {
        const ref = await fail(rig, what);
        expect(await rig.execution.order(ref)).toBeNull();
      }
    });

    it('are not known to be missing while the question itself fails', async () => {
      const { stub, execution } = await withOrders();
      stub.fault({ call: asking, times: 4, what: { kind: 'status', status: 503 } });
      const error = await failureOf(execution.order(refOf(intent(terms()))));
      expect(error.failure).toBe('unknown');
    });
  });
}

/** @param own how the venue names the account of the stub */
export function accountChecks(
  venue: OrderVenue,
  own: { readonly currency: string; readonly name: string; readonly dayZone?: string },
): void {
  const { intent, terms, withOrders } = venue;

  describe('the account', () => {
    it('says what it can do and whose account it is', async () => {
      const { execution } = await withOrders();
      expect(execution.connection.phase).toBe('ready');
      expect(await execution.accounts()).toEqual([{ id: venue.account, live: false, ...own }]);
      const orders = { name: 'orders', working: true, note: '' };
      expect(execution.connection.parts).toContainEqual(orders);
    });

    it('does nothing for the account of somebody else', async () => {
      const { stub, execution } = await withOrders();
      const order = { ...intent(terms()), account: 'OTHER' as never };
      expect((await failureOf(execution.submit([order]))).failure).toBe('not-sent');
      expect((await failureOf(execution.cancelAll('OTHER' as never))).failure).toBe('not-sent');
      expect(stub.asked(venue.placing)).toBe(0);
    });
  });
}

export function placingChecks(venue: OrderVenue): void {
  const { intent, terms, withOrders } = venue;

  describe('an order and its name', () => {
    it('does not take a name that is in use for a refusal: the order may be there', async () => {
      const rig = await withOrders();
      const order = intent(terms());
      const id = await place(rig, order);
      expect((await failureOf(rig.execution.submit([order]))).failure).toBe('unknown');
      expect((await rig.execution.order(refOf(order)))?.venueOrderId).toBe(id);
    });

    it('cancels, and says so when there is nothing to cancel', async () => {
      const rig = await withOrders();
      const { execution } = rig;
      const order = intent(terms());
      const id = await place(rig, order);
      await execution.cancel(refOf(order));
      expect((await untilStatus(rig, order, 'canceled')).venueOrderId).toBe(id);
      expect((await failureOf(execution.cancel(refOf(order, id)))).failure).toBe('rejected');
      const never = refOf(intent(terms()));
      expect((await failureOf(execution.cancel(never))).failure).toBe('not-found');
      expect(await execution.order(never)).toBeNull();
    });
  });
}
