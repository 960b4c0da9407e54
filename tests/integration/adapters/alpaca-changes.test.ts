import { describe, expect, it } from 'vitest';
import { decimal } from '../../../engine/domain/decimal.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { ACCOUNT, intent, openRig, QUICK, terms, withOrders } from '../../stubs/alpaca/rig.ts';
import { fillsOf, ordersOf, place, px, qty, refOf, untilStatus } from '../../stubs/orders.ts';
import { failureOf, SOON } from '../../stubs/rig.ts';

describe('changes', () => {
  it('goes on under the new name of the venue', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    const id = await place(rig, order);
    await rig.execution.amend(
      refOf(order, id),
      terms({ limitPrice: px('98'), quantity: qty('12') }),
      { limitPrice: px('98'), quantity: qty('12') },
    );
    const report = ordersOf(rig, order).at(-1);
    expect(report?.venueOrderId).not.toBe(id);
    expect(report?.terms).toEqual(terms({ limitPrice: px('98'), quantity: qty('12') }));
    // By the old name, by the new one and by ours it is the same order.
    for (const ref of [refOf(order, id), refOf(order, report?.venueOrderId), refOf(order)])
      expect((await rig.execution.order(ref))?.venueOrderId).toBe(report?.venueOrderId);
    await rig.execution.cancel(refOf(order, id));
    expect((await untilStatus(rig, order, 'canceled')).venueOrderId).toBe(report?.venueOrderId);
  });

  it('asks only for what is left of an order that is partly filled', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    const id = await place(rig, order);
    rig.stub.exchange.fill(id as string, decimal('4'), decimal('99'));
    await untilStatus(rig, order, 'partially-filled');
    await rig.execution.amend(refOf(order, id), terms({ limitPrice: px('98') }), {
      limitPrice: px('98'),
    });
    expect(rig.stub.bodies.at(-1)).toMatchObject({ qty: '6', limit_price: '98' });
    const report = ordersOf(rig, order).at(-1);
    expect([report?.terms.quantity, report?.filledQuantity]).toEqual(['10', '4']);
    rig.stub.exchange.fill(report?.venueOrderId as string, decimal('6'), decimal('98'));
    const done = await untilStatus(rig, order, 'filled');
    expect([done.terms.quantity, done.filledQuantity]).toEqual(['10', '10']);
    expect(fillsOf(rig).every(({ clientOrderId }) => clientOrderId === order.clientOrderId)).toBe(
      true,
    );
  });

  it('never fills more than was ordered when a fill comes in between', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    const id = await place(rig, order);
    rig.stub.exchange.replacing = 'wait';
    const amending = failureOf(
      rig.execution.amend(refOf(order, id), terms({ limitPrice: px('98') }), {
        limitPrice: px('98'),
      }),
    );
    await expect.poll(() => rig.stub.exchange.orders.length).toBe(2);
    rig.stub.exchange.fill(id as string, decimal('4'), decimal('99'));
    rig.stub.exchange.confirm(rig.stub.exchange.orders[1] as never);
    expect((await amending).failure).toBe('unknown');
    const done = await untilStatus(rig, order, 'canceled');
    expect(done.filledQuantity).toBe('4');
    expect(rig.stub.exchange.orders.every(({ status }) => status !== 'new')).toBe(true);
  });

  it('leaves the order as it was when the exchange refuses the change', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    const id = await place(rig, order);
    rig.stub.exchange.replacing = 'reject';
    const error = await failureOf(
      rig.execution.amend(refOf(order, id), terms({ limitPrice: px('98') }), {
        limitPrice: px('98'),
      }),
    );
    expect([error.failure, error.code]).toEqual(['rejected', 'REPLACE_REJECTED']);
    expect(ordersOf(rig, order).some(({ status }) => status === 'rejected')).toBe(false);
    expect((await rig.execution.order(refOf(order, id)))?.terms).toEqual(terms());
  });

  it('does not know the outcome of a change that nobody confirms, and finds it later', async () => {
    const rig = await withOrders({ patience: { ...QUICK, replacement: SOON } });
    const order = intent(terms());
    const id = await place(rig, order);
    rig.stub.exchange.replacing = 'wait';
    const error = await failureOf(
      rig.execution.amend(refOf(order, id), terms({ limitPrice: px('98') }), {
        limitPrice: px('98'),
      }),
    );
    expect(error.failure).toBe('unknown');
    expect((await rig.execution.order(refOf(order, id)))?.status).toBe('pending-update');
    rig.stub.exchange.confirm(rig.stub.exchange.orders[1] as never);
    expect((await rig.execution.order(refOf(order, id)))?.terms.limitPrice).toBe('98');
  });

  it('changes the trail of a trailing stop', async () => {
    const rig = await withOrders();
    const own = terms({
      side: 'sell',
      type: 'trailing_stop',
      trailAmount: px('1'),
      timeInForce: 'gtc',
    });
    const order = intent(own);
    const id = await place(rig, order);
    await rig.execution.amend(
      refOf(order, id),
      { ...own, trailAmount: px('2') },
      { trailAmount: px('2') },
    );
    expect(rig.stub.bodies.at(-1)).toMatchObject({ trail: '2' });
    expect(ordersOf(rig, order).at(-1)?.terms.trailAmount).toBe('2');
  });
});

describe('groups', () => {
  const group = (kind: 'bracket' | 'oco', role: 'entry' | 'stop-loss' | 'take-profit' | 'leg') =>
    ({ id: 'G1', kind, role }) as const;

  function bracket(entry = terms({ type: 'market' })): readonly OrderIntent[] {
    const first = intent(entry, { group: group('bracket', 'entry') });
    return [
      first,
      intent(terms({ side: 'sell', type: 'stop', stopPrice: px('95'), timeInForce: 'gtc' }), {
        group: group('bracket', 'stop-loss'),
        parent: first,
      }),
      intent(terms({ side: 'sell', limitPrice: px('110'), timeInForce: 'gtc' }), {
        group: group('bracket', 'take-profit'),
        parent: first,
      }),
    ];
  }

  it('places a bracket in one request and follows each of its orders under our names', async () => {
    const rig = await withOrders();
    const orders = bracket();
    const answers = await rig.execution.submit(orders);
    expect(new Set(answers.map(({ venueOrderId }) => venueOrderId)).size).toBe(3);
    expect(rig.stub.calls.filter((call) => call === 'POST /v2/orders')).toHaveLength(1);
    expect(rig.stub.bodies[0]).toMatchObject({
      order_class: 'bracket',
      time_in_force: 'gtc',
      take_profit: { limit_price: '110' },
      stop_loss: { stop_price: '95' },
    });
    const [entry, stop, target] = orders as [OrderIntent, OrderIntent, OrderIntent];
    await untilStatus(rig, entry, 'filled');
    await untilStatus(rig, target, 'accepted');
    // Events of the legs came before the answer did; none of them was taken for somebody else's.
    const names = rig.reports.flatMap((each) =>
      each.kind === 'order' ? [each.clientOrderId] : [],
    );
    expect(new Set(names)).toEqual(new Set([entry.clientOrderId, target.clientOrderId]));
    rig.stub.exchange.fill(answers[2]?.venueOrderId as string, decimal('10'), decimal('110'));
    await untilStatus(rig, target, 'filled');
    await untilStatus(rig, stop, 'canceled');
    expect(fillsOf(rig).map(({ clientOrderId }) => clientOrderId)).toEqual([
      entry.clientOrderId,
      target.clientOrderId,
    ]);
  });

  it('finds the legs of a bracket whose answer was lost, also after a restart', async () => {
    const rig = await withOrders();
    const orders = bracket(terms({ timeInForce: 'gtc' }));
    rig.stub.fault({ call: 'POST /v2/orders', what: { kind: 'drop-after' } });
    expect((await failureOf(rig.execution.submit(orders))).failure).toBe('unknown');
    await rig.execution.disconnect();
    const again = await openRig({ stub: rig.stub });
    await again.execution.connect();
    for (const order of orders) {
      const report = await again.execution.order(refOf(order));
      expect(report?.terms).toEqual(order.terms);
      expect(report?.clientOrderId).toBe(order.clientOrderId);
    }
    await again.execution.disconnect();
    const third = await openRig({ stub: rig.stub });
    await third.execution.connect();
    const open_ = await third.execution.openOrders(ACCOUNT);
    expect(new Set(open_.map(({ clientOrderId }) => clientOrderId))).toEqual(
      new Set(orders.map(({ clientOrderId }) => clientOrderId)),
    );
    await third.execution.disconnect();
  });

  it('places an OCO pair and one exit alone', async () => {
    const rig = await withOrders();
    const limit = intent(terms({ side: 'sell', limitPrice: px('110') }), {
      group: group('oco', 'leg'),
    });
    const stop = intent(
      terms({ side: 'sell', type: 'stop_limit', stopPrice: px('95'), limitPrice: px('94') }),
      { group: group('oco', 'leg') },
    );
    const answers = await rig.execution.submit([stop, limit]);
    expect(rig.stub.bodies.at(-1)).toMatchObject({
      order_class: 'oco',
      type: 'limit',
      take_profit: { limit_price: '110' },
      stop_loss: { stop_price: '95', limit_price: '94' },
    });
    expect(rig.stub.exchange.require(answers[0]?.venueOrderId as string).type).toBe('stop_limit');
    expect(rig.stub.exchange.require(answers[1]?.venueOrderId as string).type).toBe('limit');
    const [entry, only] = bracket();
    await rig.execution.submit([entry as OrderIntent, only as OrderIntent]);
    expect(rig.stub.bodies.at(-1)).toMatchObject({
      order_class: 'oto',
      stop_loss: { stop_price: '95' },
    });
  });

  it('changes a leg and keeps its name', async () => {
    const rig = await withOrders();
    const orders = bracket();
    const answers = await rig.execution.submit(orders);
    const [, , target] = orders as [OrderIntent, OrderIntent, OrderIntent];
    await untilStatus(rig, target, 'accepted');
    const ref = refOf(target, answers[2]?.venueOrderId);
    await rig.execution.amend(
      ref,
      { ...target.terms, limitPrice: px('112') },
      { limitPrice: px('112') },
    );
    const report = ordersOf(rig, target).at(-1);
    expect([report?.terms.limitPrice, report?.status]).toEqual(['112', 'accepted']);
    const error = await failureOf(
      rig.execution.amend(ref, { ...target.terms, quantity: qty('5') }, { quantity: qty('5') }),
    );
    expect(error.failure).toBe('not-sent');
  });

  it('refuses groups that Alpaca does not hold, before anything is sent', async () => {
    const rig = await withOrders();
    const [entry, stop, target] = bracket(terms()) as [OrderIntent, OrderIntent, OrderIntent];
    const day = await failureOf(rig.execution.submit([entry, stop, target]));
    expect(day.message).toMatch(/choose gtc for the entry/);
    const trailing = {
      ...stop,
      terms: terms({
        side: 'sell',
        type: 'trailing_stop',
        trailAmount: px('1'),
        timeInForce: 'gtc',
      }),
    };
    const market = { ...entry, terms: terms({ type: 'market' }) };
    expect((await failureOf(rig.execution.submit([market, trailing]))).message).toMatch(
      /trailing_stop/,
    );
    expect(rig.stub.exchange.orders).toEqual([]);
  });
});
