import { describe, expect, it } from 'vitest';
import { quantity } from '../../../../engine/domain/decimal.ts';
import type { OrderRecord } from '../../../../engine/orders/record.ts';
import { ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf } from '../../../support/trading-desk.ts';

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
});
