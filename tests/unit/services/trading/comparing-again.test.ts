import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import {
  instrumentId,
  venueOrderId,
  type VenueOrderId,
} from '../../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../../engine/domain/live-order.ts';
import { OrderLog } from '../../../../electron/services/trading/order-log.ts';
import { AAPL, ACCOUNT, type TrueOrder } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, now, place } from './placing.ts';

const MSFT = instrumentId('MSFT', 'TEST');

/** The venue starts anew: it has lost its orders, and gives its first name again to one of somebody else. */
function restartVenue(
  desk: TestDesk,
  { instrument, side, units }: { instrument: typeof AAPL; side: 'buy' | 'sell'; units: string },
): void {
  const [model] = desk.trading.log.ledger.all();
  const { terms } = ticketOf({ terms: { side, quantity: units } });
  const name = desk.exchange.orders[0]?.id ?? venueOrderId('V1');
  desk.exchange.orders.splice(0);
  const intent = { ...model, clientOrderId: 'X', instrument, terms } as unknown as OrderIntent;
  desk.exchange.placeOutside(intent);
  (desk.exchange.orders[0] as { id: VenueOrderId } & TrueOrder).id = name;
}

const lines = (desk: TestDesk): readonly string[] =>
  [...desk.trading.log.ledger.all()].map(
    ({ instrument, terms, state, filledQuantity, source }) =>
      `${source.kind}: ${terms.side} ${filledQuantity} of ${terms.quantity} ${instrument} ${state}`,
  );

const held = (desk: TestDesk): readonly string[] =>
  desk.trading.log.positions
    .list(ACCOUNT)
    .map(({ instrument, quantity }) => `${quantity} ${instrument}`);

describe('a name that a venue gives again', () => {
  it('to an order of another instrument leaves the first as it is, and follows both', async () => {
    const desk = await openDesk();
    desk.marks.set(MSFT, { bid: 99.99, ask: 100.01, last: 100, time: desk.clock.now() });
    await hold(desk, '100');
    restartVenue(desk, { instrument: MSFT, side: 'buy', units: '200' });
    await desk.trading.reconcile(ACCOUNT);
    expect(lines(desk)).toEqual([
      'person: buy 100 of 100 AAPL.TEST Filled',
      'external: buy 0 of 200 MSFT.TEST Accepted',
    ]);
    desk.exchange.fill(0, '200', '99.5');
    await desk.clock.pass(130_000);
    expect(lines(desk)).toEqual([
      'person: buy 100 of 100 AAPL.TEST Filled',
      'external: buy 200 of 200 MSFT.TEST Filled',
    ]);
    expect(held(desk)).toEqual(['100 AAPL.TEST', '200 MSFT.TEST']);
    expect(desk.trading.cases.list(true)).toEqual([]);
    // And a start reads the journal as it was meant.
    const { ledger } = await OrderLog.open(desk.journal, desk.clock);
    expect(ledger.byVenueId(ACCOUNT, venueOrderId('V1'))?.instrument).toBe(MSFT);
  });

  it('to an order of the other side, twice, makes an order of each', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    restartVenue(desk, { instrument: AAPL, side: 'sell', units: '40' });
    await desk.trading.reconcile(ACCOUNT);
    desk.exchange.end(0, 'canceled');
    await desk.clock.pass(4000);
    restartVenue(desk, { instrument: MSFT, side: 'sell', units: '30' });
    await desk.trading.reconcile(ACCOUNT);
    expect(lines(desk)).toEqual([
      'person: buy 100 of 100 AAPL.TEST Filled',
      'external: sell 0 of 40 AAPL.TEST Canceled',
      'external: sell 0 of 30 MSFT.TEST Accepted',
    ]);
    expect(held(desk)).toEqual(['100 AAPL.TEST']);
  });

  it('while the first works here: that one has vanished, which the user is told, and nobody asks for ever', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    await desk.clock.pass(4000);
    restartVenue(desk, { instrument: AAPL, side: 'sell', units: '40' });
    let asked = 0;
    const answer = desk.exchange.order.bind(desk.exchange);
    desk.exchange.order = (ref) => {
      asked += 1;
      return answer(ref);
    };
    await desk.trading.reconcile(ACCOUNT);
    expect(now(desk, order)).toMatchObject({ state: 'Accepted', terms: { side: 'buy' } });
    expect(desk.trading.cases.list(true)).toMatchObject([
      { kind: 'order-missing-at-venue', subject: order?.clientOrderId },
    ]);
    expect(asked).toBeLessThan(5);
  });

  it('does not make an order that never arrived into the one that has its name', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    const [first] = desk.exchange.orders;
    desk.exchange.faults.push('lost-before');
    const [order] = await place(desk);
    expect(now(desk, order).state).toBe('Unknown');
    // Whatever the venue is asked for, it answers with the other.
    const report = (await desk.exchange.order({
      ...order,
      venueOrderId: first?.id,
    } as never)) as object;
    desk.exchange.order = async () =>
      ({ ...report, terms: { ...first?.terms, side: 'sell' }, clientOrderId: null }) as never;
    await desk.clock.pass(30_000);
    expect(now(desk, order)).toMatchObject({ state: 'Rejected', terms: { side: 'buy' } });
  });

  it('gives a fill that came before its order to that order alone', async () => {
    const desk = await openDesk();
    desk.marks.set(MSFT, { bid: 99.99, ask: 100.01, last: 100, time: desk.clock.now() });
    await hold(desk, '100');
    await hold(desk, '5');
    desk.exchange.brokenQueries.add('orders').add('order');
    restartVenue(desk, { instrument: MSFT, side: 'sell', units: '40' });
    desk.exchange.fill(0, '40', '99.5');
    await settle();
    desk.exchange.brokenQueries.clear();
    await desk.clock.pass(70_000);
    expect(lines(desk)).toEqual([
      'person: buy 100 of 100 AAPL.TEST Filled',
      'person: buy 5 of 5 AAPL.TEST Filled',
      'external: sell 40 of 40 MSFT.TEST Filled',
    ]);
    expect(held(desk)).toEqual(['105 AAPL.TEST', '-40 MSFT.TEST']);
  });
});

describe('what changed just before a comparison', () => {
  it('is looked at again within seconds: an order that the venue has forgotten', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    desk.exchange.orders.splice(0);
    await desk.trading.reconcile(ACCOUNT);
    expect(desk.trading.cases.list(true)).toEqual([]);
    await desk.clock.pass(5000);
    expect(desk.trading.cases.list(true)).toMatchObject([
      { kind: 'order-missing-at-venue', subject: order?.clientOrderId },
    ]);
  });

  it('is looked at again within seconds: a position that the venue has otherwise', async () => {
    const desk = await openDesk();
    await place(desk);
    desk.exchange.fill(0, '100', '99.5');
    await settle();
    desk.exchange.moved.set(AAPL, decimal('-30'));
    await desk.trading.reconcile(ACCOUNT);
    expect(desk.trading.cases.list(true)).toEqual([]);
    await desk.clock.pass(5000);
    expect(desk.trading.cases.list(true)).toMatchObject([
      { kind: 'position-differs', subject: AAPL, venueSays: '70', weSay: '100' },
    ]);
  });

  it('is not asked for without end while it keeps changing, nor after the desk has closed', async () => {
    const desk = await openDesk();
    let asked = 0;
    const answer = desk.exchange.positions.bind(desk.exchange);
    desk.exchange.positions = (account) => {
      asked += 1;
      return answer(account);
    };
    await place(desk, ticketOf({ terms: { quantity: '1000' } }));
    desk.exchange.moved.set(AAPL, decimal('5'));
    await desk.trading.reconcile(ACCOUNT);
    for (let second = 0; second < 55; second += 1) {
      desk.exchange.fill(0, '1', '99.5');
      await desk.clock.pass(1000);
    }
    // One now, and after 3, 6, 12 and 24 seconds more.
    expect(asked).toBeLessThanOrEqual(6);
    desk.exchange.fill(0, '1', '99.5');
    await desk.trading.reconcile(ACCOUNT);
    const then = asked;
    await desk.trading.close();
    await desk.clock.pass(60_000);
    expect(asked).toBe(then);
  });

  it('waits for the venue while it is away, and is compared as soon as it is back', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    desk.exchange.orders.splice(0);
    await desk.trading.reconcile(ACCOUNT);
    desk.exchange.setPhase('reconnecting');
    await desk.clock.pass(10_000);
    expect(desk.trading.cases.list(true)).toEqual([]);
    desk.exchange.setPhase('ready');
    await desk.clock.pass(1000);
    expect(desk.trading.cases.list(true)).toMatchObject([{ subject: order?.clientOrderId }]);
  });
});
