import { describe, expect, it } from 'vitest';
import { add, decimal, type Decimal } from '../../../engine/domain/decimal.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { applyFact, openRecord } from '../../../engine/orders/record.ts';
import { readFillReport } from '../../../engine/orders/reports.ts';
import type { FillReport } from '../../../engine/ports/execution-client.ts';
import { AAPL, ACCOUNT, ALPACA, intent, terms, withOrders } from '../../stubs/alpaca/rig.ts';
import { placingChecks } from '../../stubs/order-checks.ts';
import { fillsOf, place, px, qty, untilStatus } from '../../stubs/orders.ts';
import { failureOf } from '../../stubs/rig.ts';
import { SpecCheck } from '../../stubs/spec-check.ts';

placingChecks(ALPACA);

describe('orders', () => {
  it('sends every type in the words of the API and reads it back as it was', async () => {
    const rig = await withOrders();
    rig.stub.exchange.filling = false;
    const given = [
      terms({ type: 'market' }),
      terms({ type: 'limit', limitPrice: px('99.5'), timeInForce: 'gtc' }),
      terms({ type: 'limit', timeInForce: 'ioc' }),
      terms({ type: 'limit', timeInForce: 'fok' }),
      terms({ type: 'limit', extendedHours: true }),
      terms({ side: 'sell', type: 'stop', stopPrice: px('95') }),
      terms({ side: 'sell', type: 'stop_limit', stopPrice: px('95'), limitPrice: px('94.5') }),
      terms({ side: 'sell', type: 'trailing_stop', trailAmount: px('1.25'), timeInForce: 'gtc' }),
      terms({ side: 'sell', type: 'trailing_stop', trailPercent: decimal('2') }),
      terms({ type: 'market_on_open' }),
      terms({ type: 'market_on_close' }),
      terms({ type: 'limit_on_open', limitPrice: px('98') }),
      terms({ type: 'limit_on_close', limitPrice: px('98') }),
      terms({ type: 'market', quantity: qty('0.123456789') }),
    ];
    const orders = given.map((own) => intent(own));
    for (const order of orders) await place(rig, order);
    const bodies = rig.stub.bodies as Record<string, unknown>[];
    expect(
      bodies.map(({ type, time_in_force: time }) => `${String(type)} ${String(time)}`),
    ).toEqual([
      'market day',
      'limit gtc',
      'limit ioc',
      'limit fok',
      'limit day',
      'stop day',
      'stop_limit day',
      'trailing_stop gtc',
      'trailing_stop day',
      'market opg',
      'market cls',
      'limit opg',
      'limit cls',
      'market day',
    ]);
    const told = await rig.execution.openOrders(ACCOUNT);
    for (const order of orders) {
      const report = told.find((each) => each.clientOrderId === order.clientOrderId);
      expect(report?.terms).toEqual(order.terms);
      expect(report?.instrument).toBe(AAPL);
    }
  });

  it('refuses by itself, with a sentence, what Alpaca does not have', async () => {
    const rig = await withOrders();
    const wrong = [
      [terms({ quantity: qty('0.5'), timeInForce: 'gtc' }), /parts of a share/],
      [terms({ type: 'market', extendedHours: true }), /Outside of regular hours/],
      [terms({ type: 'stop', stopPrice: px('101'), timeInForce: 'ioc' }), /ioc/],
      [terms({ type: 'market_on_open', timeInForce: 'gtc' }), /one day/],
      [terms({ type: 'market_if_touched', stopPrice: px('90') }), /no market_if_touched/],
      [terms({ postOnly: true }), /post-only/],
    ] as const;
    for (const [own, sentence] of wrong) {
      const error = await failureOf(rig.execution.submit([intent(own)]));
      expect(error.failure).toBe('not-sent');
      expect(error.message).toMatch(sentence);
    }
    const elsewhere = { ...intent(terms()), instrument: 'AAPL.XNYS' as never };
    expect((await failureOf(rig.execution.submit([elsewhere]))).message).toMatch(/AAPL\.XNAS/);
    expect(rig.stub.calls.filter((call) => call === 'POST /v2/orders')).toEqual([]);
  });

  it('tells refusals of the venue as definite ones', async () => {
    const rig = await withOrders();
    const money = await failureOf(
      rig.execution.submit([intent(terms({ quantity: qty('1000000') }))]),
    );
    expect([money.failure, money.code]).toEqual(['rejected', '40310000']);
    expect(money.message).toContain('insufficient buying power');
    const tick = await failureOf(
      rig.execution.submit([intent(terms({ limitPrice: px('99.123') }))]),
    );
    expect([tick.failure, tick.code]).toEqual(['rejected', '42210000']);
  });

  it('tells partial fills one by one, and both sources name a fill alike', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    const id = await place(rig, order);
    const { exchange } = rig.stub;
    exchange.fill(id as string, decimal('3'), decimal('98.5'));
    exchange.fill(id as string, decimal('3'), decimal('98.75'));
    exchange.fill(id as string, decimal('4'), decimal('99'));
    const last = await untilStatus(rig, order, 'filled');
    expect(last.filledQuantity).toBe('10');
    const streamed = fillsOf(rig);
    expect(streamed.map(({ quantity, price }) => [quantity, price])).toEqual([
      ['3', '98.5'],
      ['3', '98.75'],
      ['4', '99'],
    ]);
    const asked = await rig.execution.fills(ACCOUNT, unixMillis(Date.now() - 60_000));
    expect(asked.map(({ tradeId }) => tradeId)).toEqual(streamed.map(({ tradeId }) => tradeId));
    expect(new Set(asked.map(({ tradeId }) => tradeId)).size).toBe(3);
    // 10 shares for 3 x 98.5 + 3 x 98.75 + 4 x 99 = 987.75.
    expect((await rig.execution.positions(ACCOUNT))[0]?.quantity).toBe('10');
    expect((await rig.execution.balances(ACCOUNT)).cash).toEqual([
      { currency: 'USD', amount: '99012.25' },
    ]);
  });

  it('reads more than one page of fills and of open orders', async () => {
    const rig = await withOrders();
    const order = intent(terms({ quantity: qty('250') }));
    const id = await place(rig, order);
    for (let i = 0; i < 250; i += 1)
      rig.stub.exchange.fill(id as string, decimal('1'), decimal('99'));
    const fills = await rig.execution.fills(ACCOUNT, unixMillis(Date.now() - 60_000));
    expect(fills).toHaveLength(250);
    const sum = fills.reduce((all: Decimal, { quantity }) => add(all, quantity), decimal('0'));
    expect(sum).toBe('250');
    const body = {
      symbol: 'AAPL',
      side: 'buy',
      type: 'limit',
      time_in_force: 'day',
      qty: '1',
      limit_price: '50',
    };
    for (let i = 0; i < 1_203; i += 1) rig.stub.exchange.place(body);
    const orders = await rig.execution.openOrders(ACCOUNT);
    expect(new Set(orders.map(({ venueOrderId }) => venueOrderId)).size).toBe(1_203);
  });

  it('cancels everything, also what was placed elsewhere', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    await place(rig, order);
    rig.stub.exchange.place({
      symbol: 'MSFT',
      side: 'buy',
      type: 'limit',
      time_in_force: 'day',
      qty: '1',
      limit_price: '50',
    });
    await rig.execution.cancelAll(ACCOUNT);
    await untilStatus(rig, order, 'canceled');
    expect(await rig.execution.openOrders(ACCOUNT)).toEqual([]);
  });

  it('follows orders that are placed elsewhere', async () => {
    const rig = await withOrders();
    const theirs = rig.stub.exchange.place({
      symbol: 'BRK.B',
      side: 'buy',
      type: 'limit',
      time_in_force: 'gtc',
      qty: '2',
      limit_price: '300',
    });
    await expect
      .poll(() => rig.reports.find((each) => each.kind === 'order'))
      .toMatchObject({ venueOrderId: theirs.id, instrument: 'BRK.B.XNYS', status: 'accepted' });
  });

  it('takes a trade back when the venue does', async () => {
    const rig = await withOrders();
    const order = intent(terms({ type: 'market' }));
    await place(rig, order);
    await untilStatus(rig, order, 'filled');
    const [fill] = rig.stub.exchange.fills;
    rig.stub.exchange.bust(fill as never);
    await expect.poll(() => fillsOf(rig).at(-1)?.busted).toBe(true);
    expect(fillsOf(rig)[1]?.tradeId).toBe(fillsOf(rig)[0]?.tradeId);
  });

  it('tells a trade that fills the same part again from the one that was taken back', async () => {
    const rig = await withOrders();
    const { exchange } = rig.stub;
    const order = intent(terms({ limitPrice: px('99'), quantity: qty('60') }));
    await place(rig, order);
    const id = exchange.named(order.clientOrderId).id;
    const later = (than: number) => expect.poll(() => exchange.now()).toBeGreaterThan(than);
    const first = exchange.fill(id, decimal('40'), decimal('99'));
    await later(first.time);
    exchange.bust(first, true);
    await later(exchange.now());
    const second = exchange.fill(id, decimal('40'), decimal('98.5'));
    await expect.poll(() => fillsOf(rig).length).toBe(3);
    // The order as it is booked: what the stream tells, and then once more what the account's activities tell.
    let record = openRecord(order, unixMillis(0));
    const book = (report: FillReport): void => {
      for (const fact of readFillReport(record, report)) {
        const { venueTime, receivedTime: time } = report;
        record = applyFact(record, { fact, source: 'venue', venueTime, time }).order;
      }
    };
    for (const report of fillsOf(rig)) book(report);
    const booked = record;
    expect(booked).toMatchObject({ filledQuantity: '40', averagePrice: '98.5' });
    for (const report of await rig.execution.fills(ACCOUNT, unixMillis(0))) book(report);
    expect(record).toEqual(booked);
    // Another one, taken back and filled again, and the stream tells all of it once more.
    await later(second.time);
    exchange.bust(second, true);
    await later(exchange.now());
    exchange.fill(id, decimal('40'), decimal('98'));
    exchange.fill(id, decimal('20'), decimal('98'));
    await expect.poll(() => fillsOf(rig).length).toBe(6);
    for (const report of fillsOf(rig)) book(report);
    expect(record).toMatchObject({ state: 'Filled', filledQuantity: '60', averagePrice: '98' });
  });

  it('shows short positions as negative', async () => {
    const rig = await withOrders();
    await place(rig, intent(terms({ side: 'sell', type: 'market', quantity: qty('7') })));
    expect((await rig.execution.positions(ACCOUNT))[0]?.quantity).toBe('-7');
  });
});

describe('the check against the published description', () => {
  it('finds what does not agree', async () => {
    const rig = await withOrders();
    const check = new SpecCheck('alpaca');
    const call = 'POST /v2/orders';
    check.request(call, {}, { symbol: 'AAPL', type: 'iceberg', time_in_force: 'day', qty: 1 });
    check.request(call, { x: '1' }, { type: 'market', time_in_force: 'day', colour: 'red' });
    check.request('GET /v2/nowhere', {}, undefined);
    check.answer(call, 200, {
      id: 'no-uuid',
      notional: null,
      type: 'market',
      time_in_force: 'day',
    });
    check.answer(call, 201, {});
    for (const part of ['/type', '/qty', 'query of', 'colour', 'GET /v2/nowhere', '/id', '201'])
      expect(check.problems.some((problem) => problem.includes(part))).toBe(true);
    expect(rig.stub.spec.checked).toBeGreaterThan(0);
  });
});
