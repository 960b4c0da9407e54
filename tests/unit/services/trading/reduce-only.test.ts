import { describe, expect, it } from 'vitest';
import type { OrderTerms } from '../../../../engine/domain/live-order.ts';
import { AAPL, ACCOUNT, type TrueOrder } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';

const PERSON = { kind: 'person', name: '' } as const;

/** A desk that holds 100, with a reduce-only order to sell them. */
async function holding(knowsReduceOnly: boolean): Promise<TestDesk> {
  const desk = await openDesk();
  desk.exchange.capabilities = { ...desk.exchange.capabilities, reduceOnly: knowsReduceOnly };
  await desk.trading.place('Q1', ticketOf({ terms: { quantity: '100' } }), PERSON);
  desk.exchange.fill(0, '100', '99.5');
  await settle();
  const terms = { side: 'sell', quantity: '100', limitPrice: '101', reduceOnly: true } as const;
  await desk.trading.place('Q2', ticketOf({ terms }), PERSON);
  await settle();
  return desk;
}

const sent = ({ exchange }: TestDesk): OrderTerms => (exchange.orders[1] as TrueOrder).intent.terms;
const known = (desk: TestDesk): OrderTerms => {
  const { clientOrderId } = (desk.exchange.orders[1] as TrueOrder).intent;
  return desk.trading.log.ledger.require(clientOrderId).terms;
};

describe('a reduce-only order', () => {
  it('is sent as such only where the venue has a word for it', async () => {
    expect(sent(await holding(true)).reduceOnly).toBe(true);
    expect(Object.keys(sent(await holding(false)))).not.toContain('reduceOnly');
  });

  it('stays one here, whatever the venue tells of it', async () => {
    const desk = await holding(false);
    expect(known(desk).reduceOnly).toBe(true);
    const before = desk.journal.entries.length;
    await desk.trading.reconcile(ACCOUNT);
    await settle();
    expect(known(desk).reduceOnly).toBe(true);
    // What is as it was is not told as a change.
    const { clientOrderId } = (desk.exchange.orders[1] as TrueOrder).intent;
    const told = desk.journal.entries
      .slice(before)
      .filter(({ subject }) => subject === clientOrderId)
      .map(({ body }) => (JSON.parse(body) as { fact: { type: string } }).fact.type);
    expect(told).not.toContain('amended');
    expect(desk.trading.cases.list(true)).toEqual([]);

    // A change that was made at the venue is taken over, and it stays reduce-only.
    const order = desk.exchange.orders[1] as TrueOrder;
    order.terms = { ...order.terms, limitPrice: '102' as never };
    await desk.trading.reconcile(ACCOUNT);
    expect(known(desk)).toMatchObject({ limitPrice: '102', reduceOnly: true });
    const { order: amended } = await desk.trading.amend(clientOrderId, { quantity: '50' as never });
    await settle();
    expect(amended.terms).toMatchObject({ quantity: '50', reduceOnly: true });
    expect(Object.keys(order.terms)).not.toContain('reduceOnly');
  });

  it('is what closes a position, at a venue that has no word for it as well', async () => {
    const desk = await holding(false);
    const flattening = desk.trading.kill(true, 'test', 'kill-switch');
    await desk.clock.pass(10_000);
    expect(await flattening).toMatchObject({ flattened: 1, failures: [] });
    expect(desk.exchange.orders.at(-1)).toMatchObject({
      status: 'accepted',
      intent: { instrument: AAPL, terms: { side: 'sell', type: 'market', quantity: '100' } },
    });
    expect(Object.keys(desk.exchange.orders.at(-1)?.terms ?? {})).not.toContain('reduceOnly');
  });
});
