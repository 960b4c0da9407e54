import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/backtest/random.ts';
import type { Decimal, Price } from '../../engine/domain/decimal.ts';
import type { OrderRecord } from '../../engine/orders/record.ts';
import { VenueDesk, type DeskVenue } from './desk.ts';
import type { OrderVenueRig } from './order-venue.ts';
import type { Fault } from './rest-stub.ts';

const FAULTS: readonly Fault['what'][] = [
  { kind: 'drop-after' },
  { kind: 'drop-before' },
  { kind: 'truncate' },
  { kind: 'malformed', body: '{}' },
  { kind: 'status', status: 502 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
];

interface Storm {
  /** The call that places an order. */
  readonly placing: string;
  /** Beginnings of the calls that go wrong. */
  readonly calls: readonly string[];
  /** A part of an order, and a price that fills it. */
  readonly part: Decimal;
  readonly price: Decimal;
  /** Another limit for an order in place, where the venue changes orders. */
  readonly amended?: (round: number) => Price;
}

export function deskChecks<Rig extends OrderVenueRig>(venue: DeskVenue<Rig>, storm: Storm): void {
  const { part, price } = storm;

  describe(`a desk at ${venue.title}`, () => {
    it('books every fill once and loses no order, whatever goes wrong on the way', async () => {
      const desk = await VenueDesk.open(venue);
      const { rig, trading } = desk;
      const { stub } = rig;
      const { streams } = stub;
      await trading.risk.setLimits(
        { kind: 'global', name: '' },
        { maxOrders: null, maxOpenOrders: null, duplicateWindowMs: null },
      );
      const generator = new Random(7);
      const random = (): number => generator.uniform();
      const pick = <Each>(list: readonly Each[]): Each =>
        list[Math.floor(random() * list.length)] as Each;
      for (let round = 0; round < 200; round += 1) {
        if (random() < 0.2) stub.fault({ call: pick(storm.calls), what: pick(FAULTS) });
        if (random() < 0.15) streams.holding = true;
        // Orders are denied while the stream is down and until all is compared; most of the time it is.
        if (random() < 0.8) await desk.untilHeard();
        const working = venue.truth.orders(rig).filter(({ open }) => open);
        const roll = random();
        if (roll < 0.45 || working.length === 0) {
          await desk.place(random() < 0.2 ? { type: 'market', limitPrice: undefined } : {});
        } else if (roll < 0.67) {
          pick(working).fill(part, price);
        } else {
          const ours = trading.log.ledger
            .open()
            .filter(({ state }) => state === 'Accepted' || state === 'PartiallyFilled');
          const order = ours.length === 0 ? undefined : pick(ours);
          if (order === undefined) continue;
          const { clientOrderId: name } = order;
          const limitPrice = roll < 0.86 ? undefined : storm.amended?.(round);
          // Whoever asks for what cannot be done is told so.
          const asked: Promise<unknown> =
            limitPrice === undefined
              ? trading.desk.cancel(name)
              : trading.amend(name, { limitPrice });
          await asked.catch(() => undefined);
        }
        if (streams.holding && random() < 0.7) {
          streams.release((events) =>
            events
              .flatMap((event) => (random() < 0.3 ? [event, event] : [event]))
              .toSorted(() => random() - 0.5),
          );
        }
        if (random() < 0.05) {
          streams.holding = false;
          streams.held.length = 0;
          streams.dropOrders();
        }
      }
      stub.clearFaults();
      streams.release();
      await desk.untilHeard();
      await desk.expectSame();
      expect([...trading.log.ledger.all()].length).toBeGreaterThan(40);
      expect(venue.truth.fills(rig)).toBeGreaterThan(10);
    });

    it('finds all as it was after a restart in the middle of an order', async () => {
      const desk = await VenueDesk.open(venue);
      const { stub } = desk.rig;
      const [first] = (await desk.place()) as [OrderRecord];
      stub.fault({ call: storm.placing, what: { kind: 'drop-after' } });
      const [second] = (await desk.place()) as [OrderRecord];
      expect(second.state).toBe('Unknown');
      const left = await desk.leave();
      for (const order of venue.truth.orders(desk.rig)) order.fill(part, price);
      const next = await VenueDesk.open(venue, left);
      await next.expectSame();
      for (const { clientOrderId } of [first, second])
        expect(next.trading.log.ledger.require(clientOrderId).filledQuantity).toBe(part);
    });
  });
}
