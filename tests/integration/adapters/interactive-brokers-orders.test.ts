import { afterEach, describe, expect, test } from 'vitest';
import { decimal, price, quantity, type Price } from '../../../engine/domain/decimal.ts';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { FillReport } from '../../../engine/ports/execution-client.ts';
import type { VenueError } from '../../../engine/ports/venue-error.ts';
import {
  ACCOUNT,
  bench,
  closeAll,
  START,
  type Bench,
} from '../../stubs/interactive-brokers/bench.ts';

afterEach(closeAll);

const failure = async (work: Promise<unknown>): Promise<VenueError> =>
  work.then(
    () => {
      throw new Error('It was taken.');
    },
    (error: unknown) => error as VenueError,
  );
const fillsOf = (desk: Bench): FillReport[] =>
  desk.reports.filter((report): report is FillReport => report.kind === 'fill');

describe('orders at Interactive Brokers', () => {
  test('an order goes out once, with our name on it, and is known by its permanent number', async () => {
    const desk = await bench();
    const intent = desk.intent();
    const [answer] = await desk.execution.submit([intent]);
    const order = desk.stub.order(intent.clientOrderId);
    expect(answer?.venueOrderId).toBe(String(order.permId));
    expect(order.placed).toMatchObject({
      symbol: 'AAPL',
      conId: '265598',
      exchange: 'SMART',
      action: 'BUY',
      totalQuantity: '100',
      orderType: 'LMT',
      lmtPrice: '187.25',
      auxPrice: '',
      tif: 'DAY',
      account: 'DU1234567',
      transmit: '1',
      whatIf: '0',
      outsideRth: '0',
    });
    expect(desk.stub.received.filter(([kind]) => kind === '3')).toHaveLength(1);
    expect(desk.last(intent)).toMatchObject({
      status: 'accepted',
      terms: intent.terms,
      filledQuantity: '0',
    });
  });

  const cases: readonly (readonly [Partial<OrderTerms>, Record<string, string>])[] = [
    [
      { type: 'market', limitPrice: undefined },
      { orderType: 'MKT', tif: 'DAY', lmtPrice: '' },
    ],
    [
      { type: 'limit', timeInForce: 'gtc' },
      { orderType: 'LMT', tif: 'GTC' },
    ],
    [{ type: 'limit', timeInForce: 'ioc' }, { tif: 'IOC' }],
    [{ type: 'limit', timeInForce: 'fok' }, { tif: 'FOK' }],
    [
      { type: 'limit', timeInForce: 'gtd', goodTill: unixMillis(Date.UTC(2024, 0, 5, 20, 30)) },
      { tif: 'GTD', goodTillDate: '20240105-20:30:00' },
    ],
    [{ type: 'limit', extendedHours: true }, { outsideRth: '1' }],
    [{ type: 'limit', displayQuantity: quantity('10') }, { displaySize: '10' }],
    [
      { type: 'stop', limitPrice: undefined, stopPrice: price('180') },
      { orderType: 'STP', auxPrice: '180' },
    ],
    [
      { type: 'stop_limit', stopPrice: price('180') },
      { orderType: 'STP LMT', auxPrice: '180', lmtPrice: '187.25' },
    ],
    [
      { type: 'trailing_stop', limitPrice: undefined, trailAmount: price('1.5') },
      { orderType: 'TRAIL', auxPrice: '1.5', trailingPercent: '' },
    ],
    [
      {
        type: 'trailing_stop',
        limitPrice: undefined,
        trailPercent: decimal('2.5'),
        stopPrice: price('181'),
      },
      { orderType: 'TRAIL', auxPrice: '', trailingPercent: '2.5', trailStopPrice: '181' },
    ],
    [
      {
        type: 'trailing_stop_limit',
        limitPrice: undefined,
        trailAmount: price('1.5'),
        stopPrice: price('181'),
        limitOffset: price('0.1'),
      },
      { orderType: 'TRAIL LIMIT', auxPrice: '1.5', trailStopPrice: '181', lmtPriceOffset: '0.1' },
    ],
    [
      { type: 'market_if_touched', limitPrice: undefined, stopPrice: price('180') },
      { orderType: 'MIT', auxPrice: '180' },
    ],
    [
      { type: 'limit_if_touched', stopPrice: price('180') },
      { orderType: 'LIT', auxPrice: '180', lmtPrice: '187.25' },
    ],
    [
      { type: 'market_on_open', limitPrice: undefined },
      { orderType: 'MKT', tif: 'OPG' },
    ],
    [{ type: 'limit_on_open' }, { orderType: 'LMT', tif: 'OPG' }],
    [
      { type: 'market_on_close', limitPrice: undefined },
      { orderType: 'MOC', tif: 'DAY' },
    ],
    [{ type: 'limit_on_close' }, { orderType: 'LOC', tif: 'DAY' }],
  ];

  test('every type and time in force has its words there and comes back as what it was', async () => {
    const desk = await bench();
    for (const [terms, words] of cases) {
      const intent = desk.intent(terms);
      await desk.execution.submit([intent]);
      expect(desk.stub.order(intent.clientOrderId).placed, JSON.stringify(terms)).toMatchObject(
        words,
      );
      const wanted = Object.fromEntries(
        Object.entries(intent.terms).filter(([, value]) => value !== undefined),
      );
      expect(desk.last(intent)?.terms).toEqual(wanted);
    }
    // The same after a new start, when all is known from TWS alone.
    const before = new Map(
      (await desk.execution.openOrders(ACCOUNT)).map((report) => [
        report.venueOrderId,
        report.terms,
      ]),
    );
    await desk.restart();
    const after = await desk.execution.openOrders(ACCOUNT);
    expect(after).toHaveLength(cases.length);
    for (const report of after) expect(report.terms).toEqual(before.get(report.venueOrderId));
  });

  test('a bracket: children hang on the entry, work together, and the last one sets all off', async () => {
    const desk = await bench();
    const group = { id: 'G1', kind: 'bracket' } as const;
    const entry = desk.intent({}, { group: { ...group, role: 'entry' } });
    const child = { parent: entry.clientOrderId };
    const stop = desk.intent(
      { side: 'sell', type: 'stop', limitPrice: undefined, stopPrice: price('180') },
      { ...child, group: { ...group, role: 'stop-loss' } },
    );
    const target = desk.intent(
      { side: 'sell', limitPrice: price('195') },
      { ...child, group: { ...group, role: 'take-profit' } },
    );
    const answers = await desk.execution.submit([entry, stop, target]);
    expect(answers.every(({ venueOrderId }) => venueOrderId !== null)).toBe(true);
    const [first, second, third] = [entry, stop, target].map((intent) =>
      desk.stub.order(intent.clientOrderId),
    );
    expect(first?.placed).toMatchObject({ transmit: '0', parentId: '0', ocaGroup: '' });
    expect(second?.placed).toMatchObject({
      transmit: '0',
      parentId: String(first?.orderId),
      ocaGroup: 'G1',
      ocaType: '2',
    });
    expect(third?.placed).toMatchObject({
      transmit: '1',
      parentId: String(first?.orderId),
      ocaGroup: 'G1',
      ocaType: '2',
    });
    expect(desk.last(stop)?.status).toBe('held');
    if (third === undefined || first === undefined) throw new Error('missing');
    desk.stub.fill(first, 100, 187.25);
    desk.stub.fill(third, 100, 195);
    await desk.until(() => desk.last(stop)?.status === 'canceled', 'the stop is cancelled');
    expect(desk.last(target)?.status).toBe('filled');
  });

  test('orders that cancel one another, without an entry, each work at once', async () => {
    const desk = await bench();
    const group = { id: 'G2', kind: 'oco', role: 'leg' } as const;
    const legs = [
      desk.intent({ side: 'sell' }, { group }),
      desk.intent({ side: 'sell', limitPrice: price('200') }, { group }),
    ];
    await desk.execution.submit(legs);
    for (const leg of legs) {
      expect(desk.stub.order(leg.clientOrderId).placed).toMatchObject({
        transmit: '1',
        parentId: '0',
        ocaGroup: 'G2',
      });
    }
  });

  test('a refusal of Interactive Brokers is definite; terms without words there never leave', async () => {
    const desk = await bench();
    desk.stub.fates = ['reject'];
    const error = await failure(desk.execution.submit([desk.intent()]));
    expect(error).toMatchObject({ failure: 'rejected', code: '201' });
    const sent = desk.stub.received.filter(([kind]) => kind === '3').length;
    for (const terms of [
      { postOnly: true },
      { reduceOnly: true },
      { quantity: quantity('0') },
      { limitPrice: price('187.1234567890123456') },
      { timeInForce: 'gtd' as const },
      { type: 'market_on_close' as const, timeInForce: 'gtc' as const },
    ]) {
      expect(await failure(desk.execution.submit([desk.intent(terms)]))).toMatchObject({
        failure: 'not-sent',
      });
    }
    const unknown = desk.intent({}, { instrument: instrumentId('NOSUCH', 'XNAS') });
    expect(await failure(desk.execution.submit([unknown]))).toMatchObject({
      failure: 'not-sent',
      code: '200',
    });
    const index = desk.intent({}, { instrument: instrumentId('SPX', 'INDEX') });
    expect(await failure(desk.execution.submit([index]))).toMatchObject({ failure: 'not-sent' });
    expect(desk.stub.received.filter(([kind]) => kind === '3')).toHaveLength(sent);
  });

  test('a remark with an unknown code is no refusal', async () => {
    const desk = await bench();
    desk.stub.fates = ['remark'];
    const intent = desk.intent();
    const [answer] = await desk.execution.submit([intent]);
    expect(answer?.venueOrderId).toBe(String(desk.stub.order(intent.clientOrderId).permId));
    expect(desk.last(intent)?.status).toBe('accepted');
  });

  test('partial fills, and commissions that come later as the same trade again', async () => {
    const desk = await bench();
    const intent = desk.intent();
    await desk.execution.submit([intent]);
    const order = desk.stub.order(intent.clientOrderId);
    const trade = desk.stub.fill(order, 30, 187.2, null);
    await desk.until(() => fillsOf(desk).length === 1, 'a fill');
    expect(fillsOf(desk)[0]).toMatchObject({
      tradeId: trade.execId,
      clientOrderId: intent.clientOrderId,
      venueOrderId: String(order.permId),
      side: 'buy',
      quantity: '30',
      price: '187.2',
      commission: null,
      liquidity: 'taker',
      venueTime: START,
    });
    desk.stub.commission(trade, '0.35');
    await desk.until(() => fillsOf(desk).length === 2, 'the commission');
    expect(fillsOf(desk)[1]).toMatchObject({
      tradeId: trade.execId,
      quantity: '30',
      commission: '0.35',
      commissionCurrency: 'USD',
    });
    await desk.until(() => desk.last(intent)?.status === 'partially-filled', 'partially filled');
    desk.stub.fill(order, 70, 187.3);
    await desk.until(() => desk.last(intent)?.status === 'filled', 'filled');
    expect(desk.last(intent)).toMatchObject({ filledQuantity: '100', averagePrice: '187.27' });
    const fills = await desk.execution.fills(ACCOUNT, unixMillis(START - 1000));
    expect(fills.map(({ quantity }) => quantity).toSorted()).toEqual(['30', '70']);
    expect(await desk.execution.fills(ACCOUNT, unixMillis(START + 1000))).toEqual([]);
  });

  test('a corrected execution takes the place of the first telling', async () => {
    const desk = await bench();
    const intent = desk.intent();
    await desk.execution.submit([intent]);
    const order = desk.stub.order(intent.clientOrderId);
    const trade = desk.stub.fill(order, 30, 187.2);
    const corrected = desk.stub.correct(trade, 25, 187.1);
    await desk.until(
      () => fillsOf(desk).some(({ tradeId }) => tradeId === corrected.execId),
      'the correction',
    );
    const bust = fillsOf(desk).find(({ busted }) => busted === true);
    expect(bust?.tradeId).toBe(trade.execId);
    expect(fillsOf(desk).at(-1)).toMatchObject({
      tradeId: corrected.execId,
      quantity: '25',
      price: '187.1',
    });
    // An old telling that comes late is no fill.
    const first = (): number =>
      fillsOf(desk).filter(({ tradeId, busted }) => tradeId === trade.execId && busted !== true)
        .length;
    const count = first();
    desk.stub.trades.push({ ...trade });
    const fills = await desk.execution.fills(ACCOUNT, unixMillis(0));
    expect(fills.filter(({ busted }) => busted !== true).map(({ tradeId }) => tradeId)).toEqual([
      corrected.execId,
    ]);
    expect(first()).toBe(count);
    // Taken back in whole.
    desk.stub.trades.pop();
    desk.stub.correct(corrected, 0, 0);
    await desk.until(
      () =>
        fillsOf(desk).some(
          ({ tradeId, busted }) => busted === true && tradeId === corrected.execId,
        ),
      'the bust',
    );
  });

  test('an order is changed in place; a refused change leaves it as it was', async () => {
    const desk = await bench();
    const intent = desk.intent();
    await desk.execution.submit([intent]);
    const order = desk.stub.order(intent.clientOrderId);
    const change = { limitPrice: price('188'), quantity: quantity('120') };
    await desk.execution.amend(desk.ref(intent), { ...intent.terms, ...change }, change);
    expect(order.placed).toMatchObject({
      lmtPrice: '188',
      totalQuantity: '120',
      orderRef: intent.clientOrderId,
    });
    expect(desk.stub.orders).toHaveLength(1);
    expect(desk.last(intent)?.terms).toMatchObject(change);
    desk.stub.fates = ['reject'];
    const again: { limitPrice: Price } = { limitPrice: price('188.001') };
    const error = await failure(
      desk.execution.amend(desk.ref(intent), { ...intent.terms, ...change, ...again }, again),
    );
    expect(error).toMatchObject({ failure: 'rejected', code: '110' });
    expect(desk.last(intent)).toMatchObject({ status: 'accepted', terms: change });
  });

  test('cancelling: done, too late, and unknown', async () => {
    const desk = await bench();
    const [one, two] = [desk.intent(), desk.intent()];
    await desk.execution.submit([one]);
    await desk.execution.submit([two]);
    await desk.execution.cancel(desk.ref(one));
    expect(desk.last(one)?.status).toBe('canceled');
    desk.stub.fill(desk.stub.order(two.clientOrderId), 100, 187);
    await desk.until(() => desk.last(two)?.status === 'filled', 'filled');
    expect(await failure(desk.execution.cancel(desk.ref(two)))).toMatchObject({
      failure: 'rejected',
      code: '10148',
    });
    expect(await failure(desk.execution.cancel(desk.ref(desk.intent())))).toMatchObject({
      failure: 'not-found',
    });
  });

  test('what an order would need is asked without placing it', async () => {
    const desk = await bench();
    const need = await desk.execution.whatIf(desk.intent());
    expect(need).toEqual({
      initialMarginChange: '4675.5',
      maintenanceMarginChange: '4250.25',
      commission: '1',
      warning: '',
    });
    expect(desk.stub.orders).toEqual([]);
    expect(desk.reports.filter(({ kind }) => kind === 'order')).toEqual([]);
  });

  test('orders of other programs and of TWS are seen, and are left to them', async () => {
    const desk = await bench();
    const words = { action: 'SELL', totalQuantity: '5', orderType: 'LMT', lmtPrice: '300' };
    const other = desk.stub.placeElsewhere('MSFT', { ...words, orderRef: 'their bot' }, 12, 4);
    const manual = desk.stub.placeElsewhere('MSFT', { ...words, orderType: 'REL' }, 0, 0);
    const open = await desk.execution.openOrders(ACCOUNT);
    expect(open.map(({ venueOrderId }) => venueOrderId)).toEqual([
      String(other.permId),
      String(manual.permId),
    ]);
    expect(open.map(({ clientOrderId }) => clientOrderId)).toEqual([null, null]);
    expect(open[0]?.terms).toMatchObject({ side: 'sell', quantity: '5', limitPrice: '300' });
    expect(open[1]?.reason).toContain('REL');
    const ref = { ...desk.ref(desk.intent()), venueOrderId: open[0]?.venueOrderId ?? null };
    expect(await failure(desk.execution.cancel(ref))).toMatchObject({ failure: 'rejected' });
    await desk.execution.cancelAll(ACCOUNT);
    await desk.until(
      () => desk.stub.orders.every(({ status }) => status === 'Cancelled'),
      'all cancelled',
    );
  });

  test('positions and money are told exactly, and as they change', async () => {
    const desk = await bench();
    const option = desk.intent(
      { side: 'buy', quantity: quantity('2'), limitPrice: price('3.2') },
      { instrument: instrumentId('AAPL260116C00200000', 'OPRA') },
    );
    await desk.execution.submit([option]);
    desk.stub.fill(desk.stub.order(option.clientOrderId), 2, 3.2);
    await desk.until(() => desk.reports.some(({ kind }) => kind === 'position'), 'a position');
    expect(await desk.execution.positions(ACCOUNT)).toMatchObject([
      { instrument: 'AAPL260116C00200000.OPRA', quantity: '2', averagePrice: '3.2' },
    ]);
    expect(await desk.execution.balances(ACCOUNT)).toMatchObject({
      currency: 'USD',
      equity: '105000.5',
      buyingPower: '400000',
      initialMargin: '2500.25',
      maintenanceMargin: '2000',
      cash: [
        { currency: 'USD', amount: '99993.6' },
        { currency: 'EUR', amount: '250.1' },
      ],
    });
    await desk.until(() => desk.reports.some(({ kind }) => kind === 'balance'), 'a balance');
  });
});
