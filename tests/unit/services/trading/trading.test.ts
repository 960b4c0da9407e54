import { describe, expect, it } from 'vitest';
import { decimal, price, quantity } from '../../../../engine/domain/decimal.ts';
import { clientOrderId } from '../../../../engine/domain/identifiers.ts';
import type { Ticket } from '../../../../engine/protocol/live-schemas.ts';
import type { OrderRecord } from '../../../../engine/orders/record.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';

const PERSON = { kind: 'person', name: '' } as const;
let request = 0;

async function place(desk: TestDesk, ticket: Ticket = ticketOf()): Promise<OrderRecord[]> {
  request += 1;
  const { orders } = await desk.trading.place(`Q${request}`, ticket, PERSON);
  await settle();
  return orders.map(({ clientOrderId: id }) => desk.trading.log.ledger.require(id));
}

const stateOf = (desk: TestDesk, order: OrderRecord | undefined): string =>
  desk.trading.log.ledger.require((order as OrderRecord).clientOrderId).state;

describe('an order', () => {
  it('is in the journal as submitted before the venue hears of it', async () => {
    const desk = await openDesk();
    let journaled: string[] = [];
    const submit = desk.exchange.submit.bind(desk.exchange);
    desk.exchange.submit = (intents) => {
      journaled = desk.journal.entries
        .filter(({ subject }) => subject === intents[0]?.clientOrderId)
        .map(
          ({ kind, body }) =>
            `${kind} ${(JSON.parse(body) as { fact?: { type: string } }).fact?.type ?? ''}`,
        );
      return submit(intents);
    };
    const [order] = await place(desk);
    expect(journaled).toEqual(['risk ', 'order initialized', 'order submitted']);
    expect(stateOf(desk, order)).toBe('Accepted');
  });

  it('is filled in parts, and every trade is booked once', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    const first = desk.exchange.fill(0, '40', '99.4');
    await settle();
    expect(stateOf(desk, order)).toBe('PartiallyFilled');
    // The venue tells the first trade again.
    desk.exchange.held = [first, first];
    desk.exchange.release((reports) => reports);
    desk.exchange.fill(0, '60', '99.5');
    await settle();
    const filled = desk.trading.log.ledger.require((order as OrderRecord).clientOrderId);
    expect(filled.state).toBe('Filled');
    expect(filled.filledQuantity).toBe('100');
    // (40 · 99.4 + 60 · 99.5) / 100
    expect(filled.averagePrice).toBe('99.46');
    expect(desk.fills).toHaveLength(2);
    expect(desk.trading.positions()).toMatchObject([{ quantity: '100', averagePrice: '99.46' }]);
    expect(desk.defects).toEqual([]);
  });

  it.each([
    ['as it comes', (n: number) => Array.from({ length: n }, (_, i) => i)],
    ['the other way round', (n: number) => Array.from({ length: n }, (_, i) => n - 1 - i)],
    ['twice', (n: number) => Array.from({ length: 2 * n }, (_, i) => i % n)],
  ])('ends the same when what is told comes %s', async (_name, order) => {
    const desk = await openDesk();
    desk.exchange.held = [];
    const [placed] = await place(desk);
    desk.exchange.fill(0, '30', '99.4');
    desk.exchange.fill(0, '70', '99.3');
    desk.exchange.release((reports) =>
      order(reports.length).map((i) => reports[i] as (typeof reports)[number]),
    );
    await settle();
    const ended = desk.trading.log.ledger.require((placed as OrderRecord).clientOrderId);
    expect([ended.state, ended.filledQuantity, ended.averagePrice]).toEqual([
      'Filled',
      '100',
      '99.33',
    ]);
    expect(desk.trading.positions()).toMatchObject([{ quantity: '100' }]);
  });

  it('that the venue refuses is Rejected; one that could not be sent is Denied', async () => {
    const desk = await openDesk();
    desk.exchange.faults.push('rejected');
    const [rejected] = await place(desk);
    expect(rejected).toMatchObject({
      state: 'Rejected',
      reasonCode: '201',
      reason: 'insufficient funds',
    });
    desk.exchange.faults.push('not-sent');
    const [unsent] = await place(desk, ticketOf({ terms: { quantity: '101' } }));
    expect(unsent).toMatchObject({ state: 'Denied', reasonCode: 'NOT_SENT' });
    expect(desk.exchange.orders).toEqual([]);
  });

  it('whose answer was lost is Unknown until the venue has been asked, and is never sent again', async () => {
    const desk = await openDesk();
    desk.exchange.held = [];
    desk.exchange.faults.push('lost-after');
    const [order] = await place(desk);
    expect(stateOf(desk, order)).toBe('Unknown');
    desk.exchange.held = null;
    desk.exchange.brokenQueries.add('order');
    await desk.clock.pass(5000);
    expect(stateOf(desk, order)).toBe('Unknown');
    desk.exchange.brokenQueries.clear();
    await desk.clock.pass(10_000);
    expect(stateOf(desk, order)).toBe('Accepted');
    expect(desk.exchange.received.filter((what) => what.startsWith('submit'))).toHaveLength(1);
    expect(desk.notices.some(({ title }) => title === 'Outcome unknown')).toBe(true);
  });

  it('that was lost on its way is Rejected only after the venue said twice that it has none', async () => {
    const desk = await openDesk();
    desk.exchange.faults.push('lost-before');
    const [order] = await place(desk);
    await desk.clock.pass(3000);
    expect(stateOf(desk, order)).toBe('Unknown');
    await desk.clock.pass(30_000);
    expect(desk.trading.log.ledger.require((order as OrderRecord).clientOrderId)).toMatchObject({
      state: 'Rejected',
      reasonCode: 'NEVER_ARRIVED',
    });
    expect(desk.exchange.orders).toHaveLength(0);
  });

  it('is treated as unknown when the adapter throws something that nobody expected', async () => {
    const desk = await openDesk();
    desk.exchange.faults.push('thrown');
    const [order] = await place(desk);
    expect(stateOf(desk, order)).toBe('Unknown');
    expect(desk.defects.join()).toContain('a defect');
  });

  it('given twice under one request is one order; another one under it is refused', async () => {
    const desk = await openDesk();
    const ticket = ticketOf();
    const [one, other] = await Promise.all([
      desk.trading.place('same', ticket, PERSON),
      desk.trading.place('same', ticket, PERSON),
    ]);
    const again = await desk.trading.place('same', ticket, PERSON);
    const ids = [one, other, again].map(({ orders }) => orders[0]?.clientOrderId);
    expect(new Set(ids).size).toBe(1);
    expect(desk.exchange.orders).toHaveLength(1);
    await expect(
      desk.trading.place('same', ticketOf({ terms: { quantity: '7' } }), PERSON),
    ).rejects.toThrow('requestId of its own');
  });

  it('is cancelled; a cancellation that comes too late finds it filled', async () => {
    const desk = await openDesk();
    const [first] = await place(desk);
    await desk.trading.desk.cancel((first as OrderRecord).clientOrderId);
    await settle();
    expect(stateOf(desk, first)).toBe('Canceled');
    const [second] = await place(desk, ticketOf({ terms: { quantity: '50' } }));
    desk.exchange.held = [];
    desk.exchange.fill(1, '50', '99.5');
    await desk.trading.desk.cancel((second as OrderRecord).clientOrderId);
    await settle();
    expect(stateOf(desk, second)).not.toBe('Canceled');
    desk.exchange.release((reports) => reports);
    await settle();
    expect(stateOf(desk, second)).toBe('Filled');
  });

  it('is amended; a refusal leaves it as it was, a lost answer is asked for', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    const id = (order as OrderRecord).clientOrderId;
    await desk.trading.amend(id, { limitPrice: price('99.60') });
    await settle();
    expect(desk.trading.log.ledger.require(id)).toMatchObject({
      state: 'Accepted',
      terms: { limitPrice: '99.6' },
    });
    desk.exchange.faults.push('rejected');
    await desk.trading.amend(id, { limitPrice: price('99.7') });
    expect(desk.trading.log.ledger.require(id)).toMatchObject({
      state: 'Accepted',
      terms: { limitPrice: '99.6' },
      reason: 'insufficient funds',
    });
    desk.exchange.held = [];
    desk.exchange.faults.push('lost-after');
    await desk.trading.amend(id, { quantity: quantity('80') });
    expect(stateOf(desk, order)).toBe('Unknown');
    desk.exchange.held = null;
    await desk.clock.pass(2000);
    expect(desk.trading.log.ledger.require(id)).toMatchObject({
      state: 'Accepted',
      terms: { quantity: '80' },
    });
  });

  it('is not sent when the journal fails, and nothing after it', async () => {
    const desk = await openDesk();
    desk.journal.failing = true;
    await expect(desk.trading.place('J1', ticketOf(), PERSON)).rejects.toThrow(
      'journal cannot be written',
    );
    await expect(
      desk.trading.place('J2', ticketOf({ terms: { quantity: '3' } }), PERSON),
    ).rejects.toThrow('journal');
    expect(desk.exchange.received).toEqual([]);
  });
});

describe('the gate', () => {
  it('denies with a code, the limit, the value and the largest size', async () => {
    const desk = await openDesk();
    const check = await desk.trading.check(ticketOf({ terms: { quantity: '5000' } }), PERSON);
    expect(check.allowed).toBe(false);
    // 250,000 USD in one order at 99.5: 2,512; one times the equity of 100,000: 1,005.
    expect(check.checks.find(({ code }) => code === 'MAX_ORDER_NOTIONAL')).toMatchObject({
      passed: false,
      limit: '250000 USD',
      value: '497500 USD',
      largest: '2512',
    });
    expect(check.largest).toBe('1005');
    const [order] = await place(desk, ticketOf({ terms: { quantity: '5000' } }));
    expect(order).toMatchObject({ state: 'Denied', reasonCode: 'MAX_ORDER_NOTIONAL' });
    expect(desk.exchange.received).toEqual([]);
    const [fits] = await place(desk, ticketOf({ terms: { quantity: '1005' } }));
    expect(fits?.state).toBe('Accepted');
  });

  it('counts orders that are on their way, also those given at the same time', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxPositionQuantity: decimal('250') },
    );
    const placed = await Promise.all(
      [1, 2, 3].map((n) =>
        desk.trading.place(`P${n}`, ticketOf({ terms: { limitPrice: `99.${n}` } }), PERSON),
      ),
    );
    expect(placed.map(({ orders }) => orders[0]?.state)).toEqual([
      'Accepted',
      'Accepted',
      'Denied',
    ]);
  });

  it('stops everything by the kill switch, cancels and closes', async () => {
    const desk = await openDesk();
    await place(desk);
    desk.exchange.fill(0, '100', '99.5');
    await settle();
    await place(desk, ticketOf({ terms: { quantity: '10', limitPrice: '98' } }));
    const killing = desk.trading.kill(true, 'test', 'kill-switch');
    await desk.clock.pass(5000);
    expect(await killing).toMatchObject({ flattened: 1, failures: [] });
    expect(
      desk.exchange.orders.map(({ status, terms }) => `${terms.side} ${terms.quantity} ${status}`),
    ).toEqual(['buy 100 filled', 'buy 10 canceled', 'sell 100 accepted']);
    const [denied] = await place(desk, ticketOf({ terms: { quantity: '1' } }));
    expect(denied).toMatchObject({ state: 'Denied', reasonCode: 'TRADING_HALTED' });
  });

  it('keeps its limits and its state over a restart', async () => {
    const before = await openDesk();
    await before.trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxOrderQuantity: decimal('5') },
    );
    await before.trading.risk.setState('reduce-only', 'lunch', 'user');
    const after = await openDesk(before);
    expect(after.trading.risk.state).toMatchObject({ state: 'reduce-only', reason: 'lunch' });
    const check = await after.trading.check(ticketOf({ terms: { quantity: '6' } }), PERSON);
    expect(check.checks.filter(({ passed }) => !passed).map(({ code }) => code)).toEqual([
      'TRADING_REDUCE_ONLY',
      'MAX_ORDER_QUANTITY',
    ]);
  });
});

describe('exits of a venue that holds no groups', () => {
  const bracket = ticketOf({
    takeProfit: { limitPrice: '105' },
    stopLoss: { stopPrice: '95' },
  });

  it('wait for the entry, follow what it fills, and take each other away', async () => {
    const desk = await openDesk();
    const [entry, stop, target] = await place(desk, bracket);
    expect([entry, stop, target].map((order) => order?.state)).toEqual([
      'Accepted',
      'Initialized',
      'Initialized',
    ]);
    expect(desk.exchange.orders).toHaveLength(1);
    desk.exchange.fill(0, '40', '99.5');
    await settle();
    expect(
      desk.exchange.orders
        .slice(1)
        .map(({ terms }) => `${terms.side} ${terms.quantity} ${terms.type}`),
    ).toEqual(['sell 40 stop', 'sell 40 limit']);
    desk.exchange.fill(0, '60', '99.5');
    await settle();
    expect(desk.exchange.orders.slice(1).map(({ terms }) => terms.quantity)).toEqual([
      '100',
      '100',
    ]);
    desk.exchange.fill(2, '100', '105');
    await settle();
    expect([stateOf(desk, stop), stateOf(desk, target)]).toEqual(['Canceled', 'Filled']);
    expect(desk.trading.positions().filter(({ quantity: held }) => held !== '0')).toEqual([]);
  });

  it('end with an entry that ended without a fill', async () => {
    const desk = await openDesk();
    const [entry, stop, target] = await place(desk, bracket);
    await desk.trading.desk.cancel((entry as OrderRecord).clientOrderId);
    await settle();
    expect([entry, stop, target].map((order) => stateOf(desk, order))).toEqual([
      'Canceled',
      'Canceled',
      'Canceled',
    ]);
  });

  it('are sent after a restart when the entry was filled while Renata was away', async () => {
    const before = await openDesk();
    await place(before, bracket);
    await before.trading.close();
    before.exchange.fill(0, '100', '99.5');
    const after = await openDesk(before);
    await settle();
    expect(
      after.exchange.orders.slice(1).map(({ terms }) => `${terms.type} ${terms.quantity}`),
    ).toEqual(['stop 100', 'limit 100']);
  });

  it('cannot stand on the wrong side', async () => {
    const desk = await openDesk();
    await expect(place(desk, ticketOf({ stopLoss: { stopPrice: '101' } }))).rejects.toThrow(
      'stopLoss.stopPrice: 101 must be below the entry at 99.5 of a long position.',
    );
  });
});

describe('reconciliation', () => {
  it('finds fills of the time when Renata was away, once', async () => {
    const before = await openDesk();
    const [order] = await place(before);
    await before.trading.close();
    before.exchange.fill(0, '100', '99.5');
    const after = await openDesk(before);
    expect(stateOf(after, order)).toBe('Filled');
    const again = await openDesk(after);
    expect(again.trading.positions()).toMatchObject([{ quantity: '100' }]);
    expect(again.trading.cases.open).toBe(0);
  });

  it('asks about orders that were sent and not answered when Renata was killed', async () => {
    const before = await openDesk();
    before.exchange.held = [];
    before.exchange.faults.push('lost-after');
    const [order] = await place(before);
    before.exchange.held = null;
    // Killed: nothing is closed. What the journal holds is all that is left.
    const entries = before.journal.entries.filter(({ body }) => !body.includes('outcome-unknown'));
    before.journal.entries.splice(0, before.journal.entries.length, ...entries);
    const after = await openDesk(before);
    expect(stateOf(after, order)).toBe('Accepted');
    expect(after.exchange.received.filter((what) => what.startsWith('submit'))).toHaveLength(1);
  });

  it('adopts orders and positions of others', async () => {
    const desk = await openDesk();
    const model = (await place(desk))[0] as OrderRecord;
    desk.exchange.placeOutside({ ...model, clientOrderId: clientOrderId('elsewhere') });
    desk.exchange.moved.set('MSFT.TEST' as never, decimal('25'));
    await desk.trading.reconcile(ACCOUNT);
    const adopted = [...desk.trading.log.ledger.all()].find(
      ({ source }) => source.kind === 'external',
    );
    expect(adopted).toMatchObject({ state: 'Accepted', venueOrderId: 'V2' });
    expect(desk.trading.log.positions.get(ACCOUNT, 'MSFT.TEST' as never)?.quantity).toBe('25');
    desk.exchange.fill(1, '100', '99.5');
    await settle();
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('100');
    expect(desk.trading.cases.open).toBe(0);
  });

  it('makes a case of a position that fills do not explain, and changes nothing by itself', async () => {
    const desk = await openDesk();
    await place(desk);
    desk.exchange.fill(0, '100', '99.5');
    await desk.clock.pass(5000);
    desk.exchange.moved.set(AAPL, decimal('-30'));
    await desk.trading.reconcile(ACCOUNT);
    const [found] = desk.trading.cases.list(true);
    expect(found).toMatchObject({
      kind: 'position-differs',
      subject: AAPL,
      venueSays: '70',
      weSay: '100',
    });
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('100');
    expect(desk.exchange.received).toHaveLength(1);
    await desk.trading.reconciliation.resolve(found?.id ?? '', 'take-over', 'sold by phone');
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('70');
    const after = await openDesk(desk);
    expect(after.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('70');
    expect(after.trading.cases.open).toBe(0);
  });

  it('never takes a failed query for an empty one', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    desk.exchange.fill(0, '50', '99.5');
    await desk.clock.pass(5000);
    for (const query of ['orders', 'fills', 'positions', 'cash'])
      desk.exchange.brokenQueries.add(query);
    const { failures } = await desk.trading.reconcile(ACCOUNT);
    expect(failures).toHaveLength(3);
    expect(stateOf(desk, order)).toBe('PartiallyFilled');
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('50');
    expect(desk.trading.cases.list(true).every(({ kind }) => kind === 'query-failed')).toBe(true);
    desk.exchange.brokenQueries.clear();
    await desk.trading.reconcile(ACCOUNT);
    expect(desk.trading.cases.open).toBe(0);
  });

  it('takes no order before the account has been compared once', async () => {
    const desk = await openDesk();
    const other = await openDesk();
    other.exchange.brokenQueries.add('positions');
    const blocked = await openDesk({ exchange: other.exchange, clock: other.clock });
    const [denied] = await place(blocked);
    expect(denied).toMatchObject({ state: 'Denied', reasonCode: 'ORDERS_NOT_HEARD' });
    expect((await place(desk))[0]?.state).toBe('Accepted');
  });
});
