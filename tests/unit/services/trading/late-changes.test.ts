import { describe, expect, it } from 'vitest';
import { quantity } from '../../../../engine/domain/decimal.ts';
import type { OrderRecord } from '../../../../engine/orders/record.ts';
import { ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf } from '../../../support/trading-desk.ts';
import { now, place } from './placing.ts';

describe('a change that arrives after the venue was asked for the order', () => {
  it('is found out when more is filled than was known, also over a restart', async () => {
    for (const restart of [false, true]) {
      let desk = await openDesk();
      const placed = await desk.trading.place(
        'late',
        ticketOf({ terms: { quantity: '24', limitPrice: '99' } }),
        { kind: 'person', name: '' },
      );
      const id = (placed.orders[0] as OrderRecord).clientOrderId;
      await settle();
      desk.exchange.faults.push('late');
      await desk.trading.amend(id, { quantity: quantity('68') });
      // The venue is asked, says 24, and the change comes to it afterwards while nobody hears.
      const known = () => desk.trading.log.ledger.require(id);
      desk.exchange.deaf = true;
      await desk.clock.pass(1000);
      expect(known()).toMatchObject({
        state: 'Accepted',
        pending: null,
        terms: { quantity: '24' },
      });
      await desk.clock.pass(5000);
      expect(desk.exchange.orders[0]?.terms.quantity).toBe('68');
      desk.exchange.fill(0, '68', '99');
      desk.exchange.deaf = false;
      if (restart) {
        await desk.trading.close();
        desk = await openDesk(desk);
      } else {
        await desk.trading.reconcile(ACCOUNT);
      }
      await settle();
      expect(known()).toMatchObject({
        state: 'Filled',
        filledQuantity: '68',
        terms: { quantity: '68' },
      });
      expect(desk.defects).toEqual([]);
    }
  });

  async function changedLate() {
    const desk = await openDesk();
    const [order] = await place(desk, ticketOf({ terms: { quantity: '5', limitPrice: '99' } }));
    desk.exchange.faults.push('late');
    await desk.trading.amend(now(desk, order).clientOrderId, { quantity: quantity('10') });
    // The venue is asked and says 5; the change comes to it afterwards while nobody hears.
    desk.exchange.deaf = true;
    await desk.clock.pass(4000);
    desk.exchange.deaf = false;
    expect(now(desk, order)).toMatchObject({ state: 'Accepted', terms: { quantity: '5' } });
    expect(desk.exchange.orders[0]?.terms.quantity).toBe('10');
    desk.exchange.brokenQueries.add('order');
    return { desk, order };
  }

  it('is asked for until the venue answers', async () => {
    const { desk, order } = await changedLate();
    desk.exchange.fill(0, '10', '99');
    await desk.clock.pass(10_000);
    expect(now(desk, order)).toMatchObject({ filledQuantity: '10', terms: { quantity: '5' } });
    desk.exchange.brokenQueries.clear();
    await desk.clock.pass(30_000);
    expect(now(desk, order)).toMatchObject({ state: 'Filled', terms: { quantity: '10' } });
    // The next comparison closes the case of more that was filled than was known.
    await desk.clock.pass(60_000);
    expect(desk.trading.cases.list(true)).toEqual([]);
  });

  it('leaves no case behind once it is known', async () => {
    const { desk, order } = await changedLate();
    // All that we know of is filled; the venue goes on with the rest.
    desk.exchange.fill(0, '5', '99');
    await settle();
    expect(now(desk, order).state).toBe('Filled');
    await desk.clock.pass(70_000);
    desk.exchange.brokenQueries.clear();
    await desk.clock.pass(130_000);
    expect(now(desk, order)).toMatchObject({ state: 'PartiallyFilled', terms: { quantity: '10' } });
    expect(desk.trading.cases.list(true)).toEqual([]);
    const settled = desk.trading.cases.list(false).map(({ resolution }) => resolution);
    expect(settled).toContain('It works here again as well.');
  });
});
