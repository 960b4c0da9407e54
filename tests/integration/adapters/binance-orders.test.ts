import { describe, expect, it } from 'vitest';
import { meaningOf } from '../../../electron/adapters/binance/errors.ts';
import { signatureOf, signedQuery } from '../../../electron/adapters/binance/signing.ts';
import { add, decimal, type Decimal } from '../../../engine/domain/decimal.ts';
import type { VenueOrderId } from '../../../engine/domain/identifiers.ts';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { ACCOUNT, BINANCE, BTC, ETH, intent, terms, withOrders } from '../../stubs/binance/rig.ts';
import { placingChecks } from '../../stubs/order-checks.ts';
import { fillsOf, ordersOf, place, px, qty, refOf, untilStatus } from '../../stubs/orders.ts';
import { failureOf } from '../../stubs/rig.ts';

const HOUR_AGO = (): ReturnType<typeof unixMillis> => unixMillis(Date.now() - 3_600_000);
const number = (id: VenueOrderId | null): number => Number(id?.split(':')[1]);

describe('signing', () => {
  // The example of the venue's own documentation for POST /api/v3/order, with its made-up keys.
  const secret = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';
  const order = 'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1';
  const signature = 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71';

  it('gives the signature of the published example', () => {
    expect(signatureOf(secret, `${order}&recvWindow=5000&timestamp=1499827319559`)).toBe(signature);
    expect(signedQuery(order, secret, 1_499_827_319_559, 5000)).toBe(
      `${order}&recvWindow=5000&timestamp=1499827319559&signature=${signature}`,
    );
  });
});

placingChecks(BINANCE);

describe('orders', () => {
  it('sends every type in the words of the API and reads it back as it was', async () => {
    const rig = await withOrders();
    rig.stub.exchange.filling = false;
    const given: readonly OrderTerms[] = [
      terms({ type: 'market' }),
      terms({ limitPrice: px('48999.5') }),
      terms({ limitPrice: px('50001'), timeInForce: 'ioc' }),
      terms({ limitPrice: px('50001'), timeInForce: 'fok' }),
      terms({ postOnly: true }),
      terms({ quantity: qty('1'), displayQuantity: qty('0.1') }),
      terms({ side: 'sell', type: 'stop', stopPrice: px('45000') }),
      terms({
        side: 'sell',
        type: 'stop_limit',
        stopPrice: px('45000'),
        limitPrice: px('44900.01'),
      }),
      terms({ side: 'sell', type: 'market_if_touched', stopPrice: px('60000') }),
      terms({
        side: 'sell',
        type: 'limit_if_touched',
        stopPrice: px('60000'),
        limitPrice: px('59900'),
        timeInForce: 'ioc',
      }),
    ];
    const sent = [
      { type: 'MARKET', quantity: '0.01' },
      { type: 'LIMIT', price: '48999.5', timeInForce: 'GTC' },
      { type: 'LIMIT', timeInForce: 'IOC' },
      { type: 'LIMIT', timeInForce: 'FOK' },
      { type: 'LIMIT_MAKER', price: '49000' },
      { type: 'LIMIT', quantity: '1', icebergQty: '0.1' },
      { type: 'STOP_LOSS', stopPrice: '45000' },
      { type: 'STOP_LOSS_LIMIT', stopPrice: '45000', price: '44900.01', timeInForce: 'GTC' },
      { type: 'TAKE_PROFIT', stopPrice: '60000' },
      { type: 'TAKE_PROFIT_LIMIT', stopPrice: '60000', price: '59900', timeInForce: 'IOC' },
    ];
    for (const [i, own] of given.entries()) {
      const order = intent(own);
      rig.stub.queries.length = 0;
      const id = await place(rig, order);
      const query = rig.stub.queries.find((each) => 'newClientOrderId' in each);
      expect(query).toMatchObject({
        ...sent[i],
        symbol: 'BTCUSDT',
        side: own.side === 'buy' ? 'BUY' : 'SELL',
        newClientOrderId: order.clientOrderId,
        newOrderRespType: 'RESULT',
      });
      const report = await rig.execution.order(refOf(order));
      expect(report).toMatchObject({
        venueOrderId: id,
        clientOrderId: order.clientOrderId,
        instrument: BTC,
        status: 'accepted',
        terms: own,
        filledQuantity: '0',
      });
      expect(await untilStatus(rig, order, 'accepted')).toMatchObject({ terms: own });
    }
    expect((await rig.execution.openOrders(ACCOUNT)).map((each) => each.terms)).toEqual(given);
  });

  it('sends nothing that the venue does not have', async () => {
    const rig = await withOrders();
    const calls = rig.stub.calls.length;
    const refused: readonly (readonly [Partial<OrderTerms>, RegExp])[] = [
      [{ type: 'trailing_stop', trailPercent: decimal('1') }, /no trailing_stop orders/],
      [{ timeInForce: 'day' }, /no time in force day/],
      [{ type: 'market', timeInForce: 'fok' }, /choose gtc or ioc/],
      [
        { type: 'stop', side: 'sell', stopPrice: px('45000'), timeInForce: 'ioc' },
        /until it is cancelled/,
      ],
      [{ postOnly: true, timeInForce: 'ioc' }, /until it is cancelled/],
      [{ extendedHours: true }, /no extended hours/],
      [{ displayQuantity: qty('0.01') }, /must be less/],
      [{ quantity: qty('1'), displayQuantity: qty('0.01') }, /100 parts; 10 are the most/],
      [{ displayQuantity: qty('0.001'), timeInForce: 'fok' }, /time in force gtc/],
      [{ quantity: qty('0.000001') }, /less than 0.00001, the least/],
      [{ quantity: qty('9001') }, /more than 9000, the most/],
      [{ type: 'market', quantity: qty('101') }, /more than 100, the most .* as a market order/],
      [{ quantity: qty('0.000015') }, /not a multiple of 0.00001/],
      [{ limitPrice: px('49000.001') }, /not on a tick of 0.01/],
      [{ limitPrice: px('2000000') }, /more than 1000000/],
      [{ quantity: qty('0.00001'), limitPrice: px('49000') }, /worth 0.49, less than 5/],
      [{ quantity: qty('9000') }, /worth 441000000, more than 9000000/],
    ];
    for (const [change, message] of refused) {
      const error = await failureOf(place(rig, intent(terms(change))));
      expect([error.failure, error.message]).toEqual(['not-sent', expect.stringMatching(message)]);
    }
    const elsewhere = intent(terms(), { instrument: instrumentId('ETHBTC', 'BINANCE') });
    expect((await failureOf(place(rig, elsewhere))).message).toMatch(/pairs with USDT alone/);
    const other = intent(terms(), { instrument: instrumentId('BNBUSDT', 'BINANCE') });
    expect((await failureOf(place(rig, other))).message).toMatch(/BNB is not among the assets/);
    const unknown = intent(terms(), { instrument: instrumentId('NOPE', 'BINANCE') });
    expect((await failureOf(place(rig, unknown))).failure).toBe('not-found');
    const long = intent(terms(), { id: 'X'.repeat(37) });
    expect((await failureOf(place(rig, long))).failure).toBe('not-sent');
    expect(rig.stub.calls).toHaveLength(calls);
    expect((await failureOf(rig.execution.amend(refOf(long), terms(), {}))).failure).toBe(
      'not-sent',
    );
  });

  it('knows how many orders with a stop a pair takes', async () => {
    const rig = await withOrders();
    const stop = (): OrderIntent =>
      intent(terms({ side: 'sell', type: 'stop', stopPrice: px('45000') }));
    const first = stop();
    await place(rig, first);
    for (let i = 0; i < 4; i += 1) await place(rig, stop());
    await expect.poll(() => rig.stub.exchange.orders.length).toBe(5);
    const error = await failureOf(place(rig, stop()));
    expect([error.failure, error.message]).toEqual([
      'not-sent',
      expect.stringMatching(/5 stop orders are open in BTCUSDT; 5 are the most/),
    ]);
    await rig.execution.cancel(refOf(first));
    await untilStatus(rig, first, 'canceled');
    await place(rig, stop());
  });

  it('tells what the venue refuses, and why', async () => {
    const rig = await withOrders({ settings: { assets: '*' } });
    const much = await failureOf(
      place(rig, intent(terms({ quantity: qty('100'), limitPrice: px('49000') }))),
    );
    expect([much.failure, much.code]).toEqual(['rejected', '-2010']);
    expect(much.message).toMatch(/insufficient balance/);
    const takes = await failureOf(
      place(rig, intent(terms({ postOnly: true, limitPrice: px('50001') }))),
    );
    expect([takes.failure, takes.code]).toEqual(['rejected', '-2010']);
    const old = intent(terms({ limitPrice: px('1'), quantity: qty('10') }), {
      instrument: instrumentId('OLDUSDT', 'BINANCE'),
    });
    const closed = await failureOf(place(rig, old));
    expect([closed.failure, closed.code]).toEqual(['rejected', '-1013']);
    rig.stub.fault({
      call: 'POST /api/v3/order',
      what: {
        kind: 'status',
        status: 400,
        body: '{"code":-1013,"msg":"Filter failure: PERCENT_PRICE_BY_SIDE"}',
      },
    });
    const far = await failureOf(place(rig, intent(terms())));
    expect(far.message).toMatch(/too far from the market for this side \(PERCENT_PRICE_BY_SIDE\)/);
  });

  it('means by each code what the venue means', () => {
    const failures: Readonly<Record<number, string>> = {
      [-1000]: 'unknown',
      [-1001]: 'unknown',
      [-1003]: 'rate-limited',
      [-1006]: 'unknown',
      [-1007]: 'unknown',
      [-1008]: 'unknown',
      [-1013]: 'rejected',
      [-1015]: 'rate-limited',
      [-1016]: 'unknown',
      [-1021]: 'rejected',
      [-1022]: 'unauthorized',
      [-1102]: 'rejected',
      [-1111]: 'rejected',
      [-1121]: 'not-found',
      [-2010]: 'rejected',
      [-2011]: 'rejected',
      [-2013]: 'not-found',
      [-2014]: 'unauthorized',
      [-2015]: 'unauthorized',
      [-2026]: 'not-found',
      // Codes that nobody has told us leave open what was done.
      [-2021]: 'unknown',
      [-9000]: 'unknown',
      [7]: 'unknown',
    };
    for (const [code, failure] of Object.entries(failures))
      expect([code, meaningOf(Number(code), 'x', 400).failure]).toEqual([code, failure]);
    expect(meaningOf(-2010, 'Duplicate order sent.', 400).failure).toBe('unknown');
  });

  it('tells an order that ended at once', async () => {
    const rig = await withOrders();
    const order = intent(terms({ timeInForce: 'fok' }));
    rig.stub.streams.holding = true;
    expect(await place(rig, order)).not.toBeNull();
    expect(ordersOf(rig, order).map(({ status }) => status)).toEqual(['expired']);
    rig.stub.streams.release();
    await expect.poll(() => ordersOf(rig, order).length).toBe(3);
  });

  it('tells partial fills one by one, and both sources name a fill alike', async () => {
    const rig = await withOrders();
    rig.stub.exchange.commission = { rate: decimal('0.001'), asset: 'received' };
    const order = intent(terms({ quantity: qty('1') }));
    const id = number(await place(rig, order));
    const { exchange } = rig.stub;
    exchange.fill('BTCUSDT', id, decimal('0.3'), decimal('48990'));
    exchange.fill('BTCUSDT', id, decimal('0.3'), decimal('48995'));
    exchange.fill('BTCUSDT', id, decimal('0.4'), decimal('49000'), false);
    const last = await untilStatus(rig, order, 'filled');
    // 0.3 x 48990 + 0.3 x 48995 + 0.4 x 49000 = 14697 + 14698.5 + 19600 = 48995.5.
    expect(last).toMatchObject({ filledQuantity: '1', averagePrice: '48995.5' });
    const streamed = fillsOf(rig);
    expect(
      streamed.map((fill) => [
        fill.quantity,
        fill.price,
        fill.commission,
        fill.commissionCurrency,
        fill.unitsCharged,
        fill.liquidity,
      ]),
    ).toEqual([
      ['0.3', '48990', '0.0003', 'BTC', '0.0003', 'maker'],
      ['0.3', '48995', '0.0003', 'BTC', '0.0003', 'maker'],
      ['0.4', '49000', '0.0004', 'BTC', '0.0004', 'taker'],
    ]);
    const asked = await rig.execution.fills(ACCOUNT, HOUR_AGO());
    const plain = (fills: typeof asked): unknown =>
      fills.map((fill) => ({ ...fill, receivedTime: 0 }));
    expect(plain(asked)).toEqual(plain(streamed));
    // 5 and 1, less the commission.
    expect(await rig.execution.positions(ACCOUNT)).toContainEqual(
      expect.objectContaining({ instrument: BTC, quantity: '5.999' }),
    );
    expect((await rig.execution.balances(ACCOUNT)).buyingPower).toBe('951004.5');
  });

  it('keeps orders and trades of two pairs apart that have the same numbers', async () => {
    const rig = await withOrders();
    const one = intent(terms({ type: 'market' }));
    const other = intent(terms({ type: 'market', quantity: qty('0.5') }), { instrument: ETH });
    const ids = [await place(rig, one), await place(rig, other)];
    expect(ids).toEqual(['BTCUSDT:1001', 'ETHUSDT:1001']);
    await untilStatus(rig, one, 'filled');
    await untilStatus(rig, other, 'filled');
    expect(new Set(fillsOf(rig).map(({ tradeId }) => tradeId))).toEqual(
      new Set(['BTCUSDT:501', 'ETHUSDT:501']),
    );
    expect(await rig.execution.order(refOf(other, ids[1] ?? null))).toMatchObject({
      instrument: ETH,
      clientOrderId: other.clientOrderId,
    });
  });

  it('reads more than one page of trades', async () => {
    const rig = await withOrders();
    const order = intent(terms({ quantity: qty('0.25'), limitPrice: px('49000') }));
    const id = number(await place(rig, order));
    for (let i = 0; i < 2_345; i += 1)
      rig.stub.exchange.fill('BTCUSDT', id, decimal('0.0001'), decimal('49000'));
    const fills = await rig.execution.fills(ACCOUNT, HOUR_AGO());
    expect(fills).toHaveLength(2_345);
    expect(new Set(fills.map(({ tradeId }) => tradeId)).size).toBe(2_345);
    const sum = fills.reduce((all: Decimal, { quantity }) => add(all, quantity), decimal('0'));
    expect(sum).toBe('0.2345');
    expect(fills.every(({ clientOrderId }) => clientOrderId === order.clientOrderId)).toBe(true);
  });

  it('finds trades of earlier days, and of pairs that an earlier session traded', async () => {
    const rig = await withOrders();
    const order = intent(terms({ type: 'market' }), { instrument: ETH });
    rig.stub.skew = -3 * 86_400_000;
    await failureOf(place(rig, order)); // the clock is measured anew
    const again = intent(terms({ type: 'market' }), { instrument: ETH });
    await place(rig, again);
    rig.stub.skew = 0;
    await failureOf(place(rig, intent(terms({ type: 'market' }))));
    const { stub, folder } = rig;
    await rig.execution.disconnect();
    const later = await withOrders({ stub, folder });
    const since = unixMillis(Date.now() - 5 * 86_400_000);
    expect(await later.execution.fills(ACCOUNT, since)).toMatchObject([
      { instrument: ETH, clientOrderId: again.clientOrderId, quantity: '0.01' },
    ]);
  });

  it('tells the end of an order by the answer to its cancellation alone', async () => {
    const rig = await withOrders();
    const order = intent(terms({ quantity: qty('1') }));
    const id = number(await place(rig, order));
    rig.stub.exchange.fill('BTCUSDT', id, decimal('0.25'), decimal('49000'));
    await untilStatus(rig, order, 'partially-filled');
    rig.stub.streams.holding = true;
    await rig.execution.cancel(refOf(order));
    expect(ordersOf(rig, order).at(-1)).toMatchObject({
      status: 'canceled',
      filledQuantity: '0.25',
      venueOrderId: `BTCUSDT:${id}`,
    });
    // A success that says something else is none the less one.
    const other = intent(terms());
    await place(rig, other);
    rig.stub.fault({ call: 'DELETE', what: { kind: 'malformed', body: '{"orderListId":3}' } });
    await rig.execution.cancel(refOf(other));
    rig.stub.streams.release();
    await untilStatus(rig, other, 'canceled');
  });

  it('cancels everything in all pairs, also what was placed elsewhere', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    await place(rig, order);
    for (const symbol of ['ETHUSDT', 'ETHBTC'])
      rig.stub.exchange.place({
        symbol,
        side: 'SELL',
        type: 'LIMIT',
        timeInForce: 'GTC',
        quantity: '1',
        price: '9000',
      });
    await rig.execution.cancelAll(ACCOUNT);
    await untilStatus(rig, order, 'canceled');
    expect(rig.stub.exchange.orders.some((each) => rig.stub.exchange.isOpen(each))).toBe(false);
    expect(await rig.execution.openOrders(ACCOUNT)).toEqual([]);
    await rig.execution.cancelAll(ACCOUNT);
  });

  it('follows orders that are placed elsewhere', async () => {
    const rig = await withOrders();
    const theirs = rig.stub.exchange.place({
      symbol: 'ETHUSDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantity: '1',
      price: '2000',
      newClientOrderId: 'web_abc/1',
    });
    await expect
      .poll(() => rig.reports.find((each) => each.kind === 'order'))
      .toMatchObject({
        venueOrderId: `ETHUSDT:${theirs.id}`,
        instrument: ETH,
        status: 'accepted',
        // A name that cannot be ours.
        clientOrderId: null,
      });
  });

  it('says when a stop was reached', async () => {
    const rig = await withOrders();
    const order = intent(
      terms({ side: 'sell', type: 'stop_limit', stopPrice: px('45000'), limitPrice: px('44900') }),
    );
    const id = number(await place(rig, order));
    await untilStatus(rig, order, 'accepted');
    rig.stub.exchange.trigger('BTCUSDT', id);
    await untilStatus(rig, order, 'triggered');
    expect((await rig.execution.order(refOf(order)))?.status).toBe('triggered');
  });
});
