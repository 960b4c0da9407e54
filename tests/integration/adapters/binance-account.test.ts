import { describe, expect, it } from 'vitest';
import { decimal } from '../../../engine/domain/decimal.ts';
import type { VenueOrderId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { ACCOUNT, BTC, ETH, intent, openRig, terms, withOrders } from '../../stubs/binance/rig.ts';
import { place, px, qty, refOf, untilStatus } from '../../stubs/orders.ts';
import { failureOf } from '../../stubs/rig.ts';
import { SpecCheck } from '../../stubs/spec-check.ts';

const number = (id: VenueOrderId | null): number => Number(id?.split(':')[1]);

describe('OCO pairs', () => {
  const group = { id: 'G1', kind: 'oco', role: 'leg' } as const;
  const pair = (side: 'buy' | 'sell', limit: string, stop: string): OrderIntent[] => [
    intent(terms({ side, limitPrice: px(limit) }), { group }),
    intent(terms({ side, type: 'stop', stopPrice: px(stop) }), { group }),
  ];

  it('are one request, and each leg keeps its name', async () => {
    const rig = await withOrders();
    const [limit, stop] = pair('sell', '60000', '45000') as [OrderIntent, OrderIntent];
    const answers = await rig.execution.submit([limit, stop]);
    expect(rig.stub.calls.filter((call) => call.startsWith('POST'))).toEqual([
      'POST /api/v3/orderList/oco',
    ]);
    for (const [i, leg] of [limit, stop].entries())
      expect((await rig.execution.order(refOf(leg)))?.venueOrderId).toBe(answers[i]?.venueOrderId);
    // At Binance the limit order of a pair is post-only.
    expect((await rig.execution.order(refOf(limit)))?.terms).toEqual({
      ...limit.terms,
      postOnly: true,
    });
    rig.stub.exchange.fill(
      'BTCUSDT',
      number(answers[0]?.venueOrderId ?? null),
      decimal('0.01'),
      decimal('60000'),
    );
    await untilStatus(rig, limit, 'filled');
    await untilStatus(rig, stop, 'expired');
  });

  it('go both with one cancellation, and buy as well', async () => {
    const rig = await withOrders();
    const [limit, stop] = pair('buy', '45000', '60000') as [OrderIntent, OrderIntent];
    await rig.execution.submit([stop, limit]);
    await rig.execution.cancel(refOf(stop));
    await untilStatus(rig, limit, 'canceled');
    await untilStatus(rig, stop, 'canceled');
  });

  it('are refused where the venue does not hold them', async () => {
    const rig = await withOrders();
    const [limit, stop] = pair('sell', '60000', '45000') as [OrderIntent, OrderIntent];
    const wrong: readonly (readonly [readonly OrderIntent[], RegExp])[] = [
      [[limit, limit], /a limit and a stop/],
      [[limit, { ...stop, terms: { ...stop.terms, side: 'buy' } }], /one side/],
      [[limit, { ...stop, terms: { ...stop.terms, quantity: qty('0.02') } }], /one quantity/],
      [pair('sell', '44000', '45000'), /above its stop/],
      [pair('buy', '61000', '60000'), /below its stop/],
      [[{ ...limit, group: { ...group, kind: 'oto' } }, stop], /no other groups/],
    ];
    for (const [orders, message] of wrong) {
      const error = await failureOf(rig.execution.submit(orders));
      expect([error.failure, error.message]).toEqual(['not-sent', expect.stringMatching(message)]);
    }
    // The market is between neither.
    const far = await failureOf(rig.execution.submit(pair('sell', '70000', '55000')));
    expect([far.failure, far.code]).toEqual(['rejected', '-2010']);
  });
});

describe('the account', () => {
  it('holds what is traded as positions in pairs with its currency, and the rest as cash', async () => {
    const rig = await withOrders();
    expect(
      (await rig.execution.positions(ACCOUNT)).map(({ instrument, quantity, averagePrice }) => [
        instrument,
        quantity,
        averagePrice,
      ]),
    ).toEqual([
      [BTC, '5', null],
      [ETH, '20.5', null],
    ]);
    // 1000000 + 5 x 50000 + 20.5 x 2500 + 100 x 600 = 1361250.
    expect(await rig.execution.balances(ACCOUNT)).toMatchObject({
      currency: 'USDT',
      cash: [
        { currency: 'USDT', amount: '1000000' },
        { currency: 'BNB', amount: '100' },
        { currency: 'JUNK', amount: '7' },
      ],
      equity: '1361250',
      buyingPower: '1000000',
    });
    const order = intent(terms({ side: 'sell', limitPrice: px('60000'), quantity: qty('2') }));
    await place(rig, order);
    // What an order locks is still held.
    expect((await rig.execution.positions(ACCOUNT))[0]?.quantity).toBe('5');
  });

  it('tells money without its worth when prices cannot be had', async () => {
    const rig = await withOrders();
    rig.stub.fault({
      call: 'GET /api/v3/ticker/price',
      times: 12,
      what: { kind: 'malformed', body: '[{}]' },
    });
    expect(await rig.execution.balances(ACCOUNT)).toMatchObject({ equity: null });
  });

  it('counts the assets that are chosen', async () => {
    const rig = await withOrders({ settings: { assets: 'eth, BNB' } });
    const positions = await rig.execution.positions(ACCOUNT);
    expect(positions.map(({ instrument }) => instrument)).toEqual([ETH, 'BNBUSDT.BINANCE']);
    expect(await rig.execution.balances(ACCOUNT)).toMatchObject({
      cash: [{ currency: 'USDT' }, { currency: 'BTC', amount: '5' }, { currency: 'JUNK' }],
      equity: '1361250',
    });
    const { stub } = rig;
    const all = await openRig({ stub, settings: { assets: '*' } });
    await all.execution.connect();
    expect(await all.execution.positions(ACCOUNT)).toHaveLength(3);
    await all.execution.disconnect();
  });

  it('tells changes as they come', async () => {
    const rig = await withOrders();
    rig.reports.length = 0;
    const order = intent(terms({ type: 'market', side: 'sell', quantity: qty('5') }));
    await place(rig, order);
    await expect
      .poll(() => rig.reports.findLast((each) => each.kind === 'position'))
      .toMatchObject({ instrument: BTC, quantity: '0' });
    await expect
      .poll(() => rig.reports.findLast((each) => each.kind === 'balance'))
      .toMatchObject({ buyingPower: '1250000' });
  });
});

describe('the check against the published description', () => {
  it('finds what does not agree', async () => {
    const rig = await withOrders();
    const check = new SpecCheck('binance');
    const call = 'POST /api/v3/order';
    check.request(call, { symbol: 'BTCUSDT', side: 'LONG', type: 'LIMIT', colour: 'red' });
    check.request(call, { quantity: 'many' }, '{}');
    check.request('GET /api/v3/nowhere', {});
    check.answer('GET /api/v3/account', 200, { balances: [{ asset: 'BTC', free: 1 }] });
    check.answer('GET /api/v3/time', 201, {});
    check.answer('GET /api/v3/time', 200, { serverTime: 'now' });
    for (const part of [
      '/side',
      'must NOT have additional',
      "required property 'signature'",
      '/quantity',
      'has a body',
      'GET /api/v3/nowhere',
      '/balances/0/free',
      'uid',
      '/serverTime',
    ])
      expect(
        check.problems.some((problem) => problem.includes(part)),
        part,
      ).toBe(true);
    expect(rig.stub.spec.checked).toBeGreaterThan(0);
  });
});
