import { describe, expect, it } from 'vitest';
import { unixMillis } from '../../engine/domain/time.ts';
import type { ConnectionState } from '../../engine/ports/connection.ts';
import type { OrderVenue } from './order-venue.ts';
import { fillsOf, place, refOf, untilStatus } from './orders.ts';
import { SOON, SOON_DEAD, untilReady } from './rig.ts';

const isDown = ({ name, working }: ConnectionState['parts'][number]): boolean =>
  name === 'orders' && !working;
const AGAIN = ['reconnecting', 'synchronizing', 'ready'];

/** What holds for the stream of orders of every venue, whichever way it comes. */
export function streamChecks(name: string, venue: OrderVenue): void {
  const { intent, terms, withOrders, parts, price } = venue;

  describe(name, () => {
    it('blocks new orders while it is down, and comes back to be compared', async () => {
      const rig = await withOrders();
      const { stub, execution } = rig;
      const order = intent(terms());
      await place(rig, order);
      const states = rig.states.length;
      const phases = rig.phases.length;
      stub.streams.refuse = 503;
      stub.streams.dropOrders();
      const waits = ({ phase, until, parts: all }: ConnectionState): boolean =>
        phase === 'reconnecting' && until !== null && all.some(isDown);
      await expect.poll(() => rig.states.slice(states).some(waits)).toBe(true);
      // It cannot come back before it is let in.
      expect(execution.connection.parts.some(isDown)).toBe(true);
      // Nobody is told of what happens now.
      stub.fill(order.clientOrderId, parts[0], price);
      stub.streams.refuse = null;
      await untilReady(execution);
      expect(execution.connection.parts).toContainEqual({
        name: 'orders',
        working: true,
        note: '',
      });
      expect(rig.phases.slice(phases)).toEqual(AGAIN);
      expect(fillsOf(rig)).toEqual([]);
      const fills = await execution.fills(venue.account, unixMillis(Date.now() - 60_000));
      expect(fills.map(({ quantity }) => quantity)).toEqual([parts[0]]);
      expect((await execution.order(refOf(order)))?.status).toBe('partially-filled');
    });

    it('notices that a connection is half open', async () => {
      const rig = await withOrders({ silence: SOON_DEAD });
      const before = rig.phases.length;
      rig.stub.streams.freeze();
      // The list of all states, since it may be down for shorter than one look at it takes. A machine that
      // stands still for a moment makes it seem dead once more.
      await expect.poll(() => rig.phases.slice(before, before + AGAIN.length)).toEqual(AGAIN);
      await untilReady(rig.execution);
      const order = intent(terms({ type: 'market' }));
      await place(rig, order);
      await untilStatus(rig, order, 'filled');
    });

    it('survives a restart of the venue', async () => {
      const rig = await withOrders();
      const order = intent(terms());
      await place(rig, order);
      const before = rig.phases.length;
      await rig.stub.restart();
      await expect.poll(() => rig.phases.slice(before)).toContain('reconnecting');
      await untilReady(rig.execution);
      rig.stub.fill(order.clientOrderId, order.terms.quantity, price);
      await untilStatus(rig, order, 'filled');
    });

    it('tells doubled and reordered events as what they are', async () => {
      const rig = await withOrders();
      const order = intent(terms());
      await place(rig, order);
      rig.stub.streams.holding = true;
      for (const part of parts) rig.stub.fill(order.clientOrderId, part, price);
      rig.stub.streams.release((events) => [...events, ...events].toReversed());
      await expect.poll(() => fillsOf(rig).length).toBe(6);
      const booked = new Map(fillsOf(rig).map((fill) => [fill.tradeId, fill.quantity]));
      expect([...booked.values()].toSorted()).toEqual(parts);
    });

    it('ends everything with the connection', async () => {
      const { stub, execution } = await withOrders();
      expect(stub.streams.size).toBeGreaterThan(0);
      await execution.disconnect();
      expect(execution.connection.phase).toBe('disconnected');
      await expect.poll(() => stub.streams.size).toBe(0);
      await execution.connect();
      expect(execution.connection.phase).toBe('ready');
    });
  });
}

/** Where a connection of its own is let in by a message, and the account is asked for first. */
export function firstConnectionChecks(venue: OrderVenue): void {
  describe('the first connection', () => {
    it('gives up on a stream that never lets it in, and takes another', async () => {
      const rig = await venue.start({ login: SOON });
      rig.stub.streams.mute = true;
      const connecting = rig.execution.connect();
      await expect.poll(() => rig.phases).toContain('reconnecting');
      rig.stub.streams.mute = false;
      await connecting;
      await untilReady(rig.execution);
    });

    it('waits when the venue cannot be reached at first', async () => {
      const rig = await venue.start();
      rig.stub.fault({ call: 'GET', times: 4, what: { kind: 'status', status: 503 } });
      await rig.execution.connect();
      expect(rig.phases).toContain('reconnecting');
      await untilReady(rig.execution);
    });
  });
}
