import { afterEach, describe, expect, it } from 'vitest';
import { decimal, price, quantity } from '../../../../engine/domain/decimal.ts';
import { accountId, instrumentId, tradeId } from '../../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import type { ExecutionReport, FillReport } from '../../../../engine/ports/execution-client.ts';
import { OrderLog } from '../../../../electron/services/trading/order-log.ts';
import { AAPL, ACCOUNT, Exchange, isLive } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, now, PERSON, place } from './placing.ts';

const MSFT = instrumentId('MSFT', 'TEST');

function tell({ exchange }: TestDesk, ...reports: ExecutionReport[]): void {
  exchange.held = reports;
  exchange.release((held) => held);
}

const held = ({ trading }: TestDesk, id = AAPL): string =>
  trading.log.positions.get(ACCOUNT, id)?.quantity ?? 'none';

describe('an order that nobody has heard of', () => {
  it('is found out about, when the venue took it and never named it', async () => {
    const desk = await openDesk();
    // Taken, the name to follow; and then the venue forgets it.
    desk.exchange.submit = async (intents) => intents.map(() => ({ venueOrderId: null }));
    const [order] = await place(desk);
    expect(order?.state).toBe('Submitted');
    await desk.clock.pass(180_000);
    expect(now(desk, order)).toMatchObject({ state: 'Rejected', reasonCode: 'NEVER_ARRIVED' });
  });

  it('is not given up while it still waits here to be sent', async () => {
    const desk = await openDesk();
    const submit = desk.exchange.submit.bind(desk.exchange);
    desk.exchange.submit = async (intents) => {
      // The venue's rate is used up: the request stands in the queue for two minutes.
      const { promise, resolve } = Promise.withResolvers<void>();
      desk.clock.after(120_000, resolve);
      await promise;
      return submit(intents);
    };
    const placing = desk.trading.place('W1', ticketOf(), PERSON);
    await desk.clock.pass(10_000);
    const [order] = desk.trading.log.ledger.open();
    const canceling = desk.trading.desk.cancel(now(desk, order).clientOrderId);
    await desk.clock.pass(100_000);
    expect(now(desk, order).state).not.toBe('Rejected');
    await desk.clock.pass(60_000);
    await Promise.all([placing, canceling]);
    // It was cancelled before it came there, so it is cancelled as soon as it is.
    expect(desk.exchange.orders.filter(isLive)).toEqual([]);
    expect(now(desk, order).state).toBe('Canceled');
    expect(desk.trading.cases.list(true)).toEqual([]);
  });

  it('becomes a case when it is filled and its fills cannot be had', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    desk.exchange.held = [];
    desk.exchange.fill(0, '100', '99.5');
    desk.exchange.held = null;
    // The venue keeps no trades of before.
    desk.exchange.trades.length = 0;
    desk.exchange.moved.set(AAPL, decimal('100'));
    await desk.clock.pass(70_000);
    const found = desk.trading.cases
      .list(true)
      .find(({ subject }) => subject === order?.clientOrderId);
    expect(found).toMatchObject({ venueSays: 'filled, 100 of 100 filled' });
    expect(now(desk, order).state).toBe('Accepted');
    await desk.trading.reconciliation.resolve(found?.id ?? '', 'cancelled', '');
    expect(now(desk, order).state).toBe('Canceled');
    await desk.clock.pass(70_000);
    expect(desk.trading.cases.list(true)).toEqual([]);
    expect(held(desk)).toBe('100');
  });

  it('becomes a case when it is over here and works there', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    const id = now(desk, order).clientOrderId;
    await desk.trading.log.tell(id, [{ type: 'canceled', reason: 'by phone' }], 'local');
    await desk.clock.pass(70_000);
    const [found] = desk.trading.cases.list(true);
    expect(found).toMatchObject({
      subject: id,
      venueSays: 'accepted, 0 of 100 filled',
      weSay: 'Canceled, 0 of 100 filled',
    });
    desk.exchange.end(0, 'canceled');
    await desk.clock.pass(70_000);
    expect(desk.trading.cases.list(true)).toEqual([]);
  });
});

describe('a trade', () => {
  it('that was taken back before its order was known is not booked', async () => {
    const desk = await openDesk();
    await hold(desk, '10');
    const [model] = desk.trading.log.ledger.all();
    desk.exchange.placeOutside({
      ...(model as NonNullable<typeof model>),
      clientOrderId: 'X' as never,
    });
    desk.exchange.held = [];
    desk.exchange.fill(1, '10', '99');
    const [fill] = desk.exchange.held.splice(0) as [FillReport];
    desk.exchange.held = null;
    desk.exchange.trades.splice(1);
    desk.exchange.brokenQueries.add('order').add('orders');
    tell(desk, fill);
    tell(desk, { ...fill, busted: true });
    await settle();
    desk.exchange.brokenQueries.clear();
    await desk.trading.reconcile(ACCOUNT);
    await settle();
    expect(held(desk)).toBe('10');
  });

  it('of another instrument may have the same number', async () => {
    const desk = await openDesk();
    desk.marks.set(MSFT, { bid: 99.99, ask: 100.01, last: 100, time: desk.clock.now() });
    await place(desk);
    await place(desk, ticketOf({ instrument: MSFT }));
    const first = desk.exchange.fill(0, '100', '99.5');
    desk.exchange.held = [];
    const second = desk.exchange.fill(1, '100', '99.5');
    desk.exchange.held = null;
    // Some venues count the trades of each instrument by themselves.
    tell(desk, { ...second, tradeId: first.tradeId });
    await settle();
    expect([held(desk), held(desk, MSFT)]).toEqual(['100', '100']);
    // And one of them taken back leaves the other.
    tell(desk, { ...second, tradeId: first.tradeId, busted: true });
    await settle();
    expect([held(desk), held(desk, MSFT)]).toEqual(['100', '0']);
    const { positions } = await OrderLog.open(desk.journal, desk.clock);
    expect(positions.list(ACCOUNT, true)).toMatchObject([{ quantity: '100' }, { quantity: '0' }]);
  });

  it('that is filled again under its name, once it was taken back, is booked', async () => {
    const desk = await openDesk();
    const [order] = await place(desk, ticketOf({ terms: { quantity: '60' } }));
    desk.exchange.held = [];
    const first = desk.exchange.fill(0, '40', '99.5');
    desk.exchange.held = null;
    const at = (seconds: number) => unixMillis(first.venueTime + seconds * 1000);
    const bust = (seconds: number): FillReport => ({
      ...first,
      busted: true,
      bustedTime: at(seconds),
    });
    const again = { ...first, price: price('99.4'), venueTime: at(20) };
    const more = { ...again, tradeId: tradeId('T-other'), quantity: quantity('10') };
    tell(desk, first);
    tell(desk, bust(10));
    await settle();
    expect(held(desk)).toBe('0');
    // Everything may be told twice and late: the first trade, its undoing, and the second one.
    for (const report of [again, first, bust(10), again, more, more, first]) tell(desk, report);
    await settle();
    expect(held(desk)).toBe('50');
    // 40 that were traded twice are 40 of the order: 10 are left, and it works.
    expect(now(desk, order)).toMatchObject({
      state: 'PartiallyFilled',
      filledQuantity: '50',
      averagePrice: '99.4',
    });
    const third = { ...again, venueTime: at(40), quantity: quantity('40') };
    for (const report of [bust(30), bust(10), again, bust(30)]) tell(desk, report);
    await settle();
    expect(held(desk)).toBe('10');
    for (const report of [third, again, first, bust(30), third]) tell(desk, report);
    await settle();
    expect(held(desk)).toBe('50');
    expect(new Set(now(desk, order).fills.map(({ tradeId: id }) => id)).size).toBe(2);
    expect(desk.trading.cases.list(true)).toEqual([]);
    // The journal says the same after a restart, and so does the venue, told anew.
    const left = await openDesk(desk);
    for (const report of [first, again, more, third]) tell(left, report);
    await settle();
    expect(held(left)).toBe('50');
  });

  it('that was taken back at a time which nobody told is never filled again', async () => {
    const desk = await openDesk();
    await place(desk);
    const first = desk.exchange.fill(0, '40', '99.5');
    tell(desk, { ...first, busted: true });
    tell(desk, { ...first, venueTime: unixMillis(first.venueTime + 60_000) });
    await settle();
    expect(held(desk)).toBe('0');
  });

  it('whose undoing is told in a way that nobody knows is dropped, not booked', async () => {
    const desk = await openDesk();
    await place(desk);
    desk.exchange.held = [];
    const fill = desk.exchange.fill(0, '40', '99.5');
    desk.exchange.held = null;
    tell(desk, { ...fill, busted: 'yes' } as never);
    await settle();
    expect(held(desk)).toBe('none');
    expect(desk.defects.join()).toContain('A report of the venue was dropped: busted');
  });
});

describe('what an account brings along', () => {
  it('is taken over with an outside order that is filled in part', async () => {
    const desk = await openDesk({ exchange: await withOutsideOrder() });
    await desk.clock.pass(70_000);
    // 1000 from long ago and the 40 that the outside order has bought.
    expect(held(desk)).toBe('1040');
    expect(desk.trading.cases.list(true)).toEqual([]);
    desk.exchange.fill(0, '60', '99.5');
    await desk.clock.pass(70_000);
    expect(held(desk)).toBe('1100');
    expect(desk.trading.cases.list(true)).toEqual([]);
    const after = await openDesk(desk);
    expect(held(after)).toBe('1100');
  });

  it('is a case all the same when an order of ours has traded there', async () => {
    const before = await openDesk();
    await place(before);
    await before.trading.close();
    before.exchange.fill(0, '100', '99.5');
    before.exchange.moved.set(AAPL, decimal('30'));
    await before.clock.pass(10_000);
    const after = await openDesk(before);
    await after.clock.pass(70_000);
    expect(after.trading.cases.list(true)).toMatchObject([{ venueSays: '130', weSay: '100' }]);
  });
});

async function withOutsideOrder(): Promise<Exchange> {
  const other = await openDesk();
  const [model] = await place(other);
  const exchange = new Exchange(other.clock);
  exchange.placeOutside({ ...(model as NonNullable<typeof model>), clientOrderId: 'X' as never });
  exchange.fill(0, '40', '99.5');
  exchange.moved.set(AAPL, decimal('1000'));
  return exchange;
}

describe('two venues', () => {
  it('with an account of the same name: the second one is kept out, and what it tells', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    const other = new Exchange(desk.clock);
    Object.defineProperty(other, 'venue', { value: 'other' });
    await other.connect();
    desk.trading.addVenue(other);
    await settle();
    expect(desk.defects.join()).toContain('The account PAPER1 is at test and at other');
    // Its orders have the same numbers as those of the first.
    other.placeOutside({ ...now(desk, order), clientOrderId: 'X' as never });
    other.fill(0, '100', '50');
    await settle();
    expect(now(desk, order).filledQuantity).toBe('0');
    expect(held(desk)).toBe('none');
    expect([...desk.trading.log.ledger.all()]).toHaveLength(1);
  });

  it('have orders of the same number without harm', async () => {
    const desk = await openDesk();
    const second = accountId('PAPER2');
    const other = new Exchange(desk.clock);
    Object.defineProperty(other, 'venue', { value: 'other' });
    other.accounts = async () => [{ id: second, live: false, currency: 'USD', name: 'Other' }];
    await other.connect();
    desk.trading.addVenue(other);
    await settle();
    const [first] = await place(desk);
    const [twin] = await place(desk, ticketOf({ account: second }));
    expect([first?.venueOrderId, twin?.venueOrderId]).toEqual(['V1', 'V1']);
    const fill = desk.exchange.fill(0, '30', '99.5');
    tell(desk, { ...fill, account: second, tradeId: tradeId('T9') });
    await settle();
    // A venue cannot fill what is at another one.
    expect([now(desk, first).filledQuantity, now(desk, twin).filledQuantity]).toEqual(['30', '0']);
  });
});

describe('after the connection was lost', () => {
  it('no order passes before the account has been compared again', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxPositionQuantity: decimal('100') },
    );
    await place(desk);
    desk.exchange.setPhase('reconnecting');
    desk.exchange.deaf = true;
    desk.exchange.fill(0, '100', '99.5');
    desk.exchange.deaf = false;
    desk.exchange.slowQueries.add('fills');
    desk.exchange.setPhase('ready');
    await settle();
    const [early] = await place(desk, ticketOf({ terms: { limitPrice: '99' } }));
    expect(early).toMatchObject({ state: 'Denied', reasonCode: 'ORDERS_NOT_HEARD' });
    await desk.clock.pass(4000);
    const [late] = await place(desk, ticketOf({ terms: { limitPrice: '98' } }));
    expect(late).toMatchObject({ state: 'Denied', reasonCode: 'MAX_POSITION_QUANTITY' });
  });

  it('accounts that could not be asked for at first are asked for again', async () => {
    const desk = await openDesk();
    const other = new Exchange(desk.clock);
    Object.defineProperty(other, 'venue', { value: 'other' });
    let asked = 0;
    other.accounts = async () => {
      asked += 1;
      if (asked === 1) throw new Error('no answer');
      return [{ id: accountId('PAPER2'), live: false, currency: 'USD', name: 'Other' }];
    };
    await other.connect();
    desk.trading.addVenue(other);
    await settle();
    expect(desk.trading.accounts().map(({ id }) => id)).toEqual(['PAPER1']);
    await desk.clock.pass(70_000);
    expect(desk.trading.accounts().map(({ id }) => id)).toEqual(['PAPER1', 'PAPER2']);
  });
});

describe('when the journal fails', () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  afterEach(() => {
    process.off('unhandledRejection', note);
    unhandled.length = 0;
  });

  it('after an order was sent, it is not said that nothing was', async () => {
    const desk = await openDesk();
    const submit = desk.exchange.submit.bind(desk.exchange);
    desk.exchange.submit = (intents) => {
      // Nothing but the answer tells that it has arrived.
      desk.exchange.held = [];
      desk.journal.failing = true;
      return submit(intents);
    };
    const { orders } = await desk.trading.place('J1', ticketOf(), PERSON);
    expect(orders).toMatchObject([{ state: 'Accepted', venueOrderId: 'V1' }]);
    expect(desk.notices.map(({ title }) => title)).toContain('The order journal cannot be written');
    await expect(desk.trading.place('J2', ticketOf(), PERSON)).rejects.toThrow('journal');
    expect(desk.exchange.orders).toHaveLength(1);
    // What is on the disk is enough to find it again.
    desk.journal.failing = false;
    desk.exchange.held = null;
    const after = await openDesk(desk);
    await after.clock.pass(5000);
    expect(after.trading.log.ledger.open()).toMatchObject([{ state: 'Accepted' }]);
  });

  it('orders can still be cancelled, one by one', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    desk.journal.failing = true;
    const after = await desk.trading.desk.cancel(now(desk, order).clientOrderId);
    await settle();
    expect(desk.exchange.orders.filter(isLive)).toEqual([]);
    expect(after.clientOrderId).toBe(order?.clientOrderId);
    expect(now(desk, order).state).toBe('Canceled');
  });

  it('what is found to be odd ends nothing', async () => {
    process.on('unhandledRejection', note);
    const desk = await openDesk();
    await place(desk);
    const fill = desk.exchange.fill(0, '40', '99.5');
    await settle();
    desk.journal.failing = true;
    tell(desk, { ...fill, price: '1' as never });
    await desk.clock.pass(1000);
    expect(unhandled).toEqual([]);
    expect(desk.defects.join()).toContain('journal');
  });
});
