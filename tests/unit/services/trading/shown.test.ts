import { describe, expect, it } from 'vitest';
import { decimal, price } from '../../../../engine/domain/decimal.ts';
import { accountId } from '../../../../engine/domain/identifiers.ts';
import { historyOf } from '../../../../electron/services/trading/views.ts';
import { TradingFeed } from '../../../../electron/services/trading/feed.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, now, PERSON, place } from './placing.ts';

const GLOBAL = { kind: 'global', name: '' } as const;

async function history(desk: TestDesk, id: string) {
  return historyOf(await desk.journal.about(id, 100));
}

describe('what is shown', () => {
  it('of an order is its life, fact by fact', async () => {
    const desk = await openDesk();
    const [order] = await place(desk, ticketOf(), { kind: 'agent', name: 'scout' });
    const id = now(desk, order).clientOrderId;
    await desk.trading.amend(id, { limitPrice: price('99.6') });
    await settle();
    const fill = desk.exchange.fill(0, '40', '99.6');
    await settle();
    desk.exchange.held = [{ ...fill, busted: true }];
    desk.exchange.release((reports) => reports);
    desk.exchange.faults.push('rejected');
    await desk.trading.desk.cancel(id);
    desk.exchange.faults.push('lost-before');
    await desk.trading.desk.cancel(id);
    await desk.clock.pass(3000);
    await desk.trading.desk.cancel(id);
    await settle();
    const life = await history(desk, id);
    expect(life.map(({ type }) => type)).toEqual([
      'initialized',
      'submitted',
      'accepted',
      'amend-requested',
      'amended',
      'filled',
      'busted',
      'cancel-requested',
      'cancel-refused',
      'cancel-requested',
      'outcome-unknown',
      'confirmed',
      'cancel-requested',
      'canceled',
    ]);
    expect(life.map(({ text }) => text)).toEqual([
      'Given by agent scout.',
      'Journaled, and handed to the connection.',
      'The venue calls it V1.',
      'Change asked for: limitPrice 99.6.',
      'Changed.',
      '40 at 99.6 (trade T1).',
      'The venue took trade T1 back.',
      'Cancellation asked for.',
      'insufficient funds',
      'Cancellation asked for.',
      'the connection broke',
      'The venue was asked and has it as it stands here.',
      'Cancellation asked for.',
      '',
    ]);
    expect(life.at(-1)?.state).toBe('Canceled');
  });

  it('of orders that were refused is why', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(GLOBAL, { maxOrderQuantity: decimal('5') });
    const [denied] = await place(desk);
    expect((await history(desk, now(desk, denied).clientOrderId)).at(-1)).toMatchObject({
      type: 'denied',
      state: 'Denied',
      text: expect.stringContaining('the most') as string,
    });
    await desk.trading.risk.setLimits(GLOBAL, { maxOrderQuantity: null });
    desk.exchange.faults.push('rejected');
    const [rejected] = await place(desk, ticketOf({ terms: { limitPrice: '98' } }));
    const last = (await history(desk, now(desk, rejected).clientOrderId)).at(-1);
    expect(last).toMatchObject({ type: 'rejected', text: 'insufficient funds' });
    const [gone] = await place(desk, ticketOf({ terms: { limitPrice: '97' } }));
    desk.exchange.end(desk.exchange.orders.length - 1, 'expired');
    await settle();
    expect(now(desk, gone).state).toBe('Expired');
    expect((await history(desk, now(desk, gone).clientOrderId)).at(-1)?.type).toBe('expired');
  });

  it('of positions and accounts is valued at the market, by the day', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    desk.marks.set(AAPL, { bid: 100.99, ask: 101.01, last: 101, time: desk.clock.now() });
    expect(desk.trading.positions()).toMatchObject([
      { value: 10_100, unrealized: 150, realizedToday: '0', protection: 'none', mark: 101 },
    ]);
    await place(desk, ticketOf({ terms: { side: 'sell', limitPrice: '101', quantity: '40' } }));
    desk.exchange.fill(1, '40', '101');
    await desk.clock.pass(4000);
    // 40 · (101 − 99.5)
    expect(desk.trading.positions()).toMatchObject([{ quantity: '60', realizedToday: '60' }]);
    await place(
      desk,
      ticketOf({
        terms: {
          side: 'sell',
          type: 'stop',
          limitPrice: undefined,
          stopPrice: '95',
          quantity: '60',
          reduceOnly: true,
        },
      }),
    );
    expect(desk.trading.positions()).toMatchObject([{ protection: 'venue' }]);
    expect(desk.trading.accounts()).toMatchObject([
      { id: ACCOUNT, equity: '100000', buyingPower: '200000', dayProfit: '0', armed: false },
    ]);
    await desk.clock.pass(24 * 3_600_000);
    expect(desk.trading.positions()).toMatchObject([{ quantity: '60', realizedToday: '0' }]);
    desk.marks.clear();
    expect(desk.trading.positions()).toMatchObject([{ value: null, unrealized: null, mark: null }]);
  });

  it('of a ticket is what it costs, holds and risks', async () => {
    const desk = await openDesk();
    const check = await desk.trading.check(
      ticketOf({ takeProfit: { limitPrice: '105' }, stopLoss: { stopPrice: '95' } }),
      PERSON,
    );
    expect(check).toMatchObject({
      allowed: true,
      sentence: 'Buy 100 AAPL @ 99.5 LMT DAY + SL 95 + TP 105 - PAPER',
      // 100 · 99.5; 200,000 − 9,950; 100 · (99.5 − 95); 450 of 100,000.
      estimate: {
        notional: '9950',
        buyingPowerAfter: '190050',
        positionAfter: '100',
        riskAtStop: '450',
        riskPart: 0.0045,
      },
    });
    const trailing = async (stopLoss: object) =>
      (await desk.trading.check(ticketOf({ stopLoss }), PERSON)).sentence;
    expect(await trailing({ trailAmount: '2' })).toContain('+ SL trail 2 -');
    expect(await trailing({ trailPercent: '2.5' })).toContain('+ SL trail 2.5 % -');
    const legs = await desk.trading.check(
      ticketOf({
        oco: { side: 'sell', type: 'stop', quantity: '5', stopPrice: '95', timeInForce: 'gtc' },
      }),
      PERSON,
    );
    expect(legs.sentence).toBe('Buy 100 AAPL @ 99.5 LMT DAY or stop 95 STP GTC - PAPER');
    const money = await desk.trading.check(
      ticketOf({ notional: '1000', terms: { quantity: undefined } }),
      PERSON,
    );
    // 1000 / 99.5 = 10.05
    expect(money.quantity).toBe('10');
    const stop = await desk.trading.check(
      ticketOf({
        notional: '1000',
        terms: { type: 'stop', quantity: undefined, limitPrice: undefined, stopPrice: '200' },
      }),
      PERSON,
    );
    // It is filled at the stop: 1000 / 200, not 1000 / 100.01.
    expect(stop.quantity).toBe('5');
  });

  it.each<[string, Parameters<typeof ticketOf>[0]]>([
    ['notional: and quantity were given', { notional: '5' }],
    ['quantity: is missing; give units', { terms: { quantity: undefined } }],
    ['notional: is -5; it must be more than 0', { notional: '-5', terms: { quantity: undefined } }],
    ['stopLoss: needs a stopPrice', { stopLoss: {} }],
    [
      'takeProfit.limitPrice: 90 must be above the entry at 99.5',
      { takeProfit: { limitPrice: '90' } },
    ],
    [
      'stopLoss.stopPrice: 95 must be above the entry at 99.5 of a short position',
      { terms: { side: 'sell' }, stopLoss: { stopPrice: '95' } },
    ],
    [
      'oco: and exits cannot be given together',
      {
        stopLoss: { stopPrice: '95' },
        oco: { side: 'sell', type: 'stop', quantity: '5', stopPrice: '95', timeInForce: 'gtc' },
      },
    ],
  ])('of a ticket that cannot be is why: %s', async (message, change) => {
    const desk = await openDesk();
    await expect(place(desk, ticketOf(change))).rejects.toThrow(message);
    expect(desk.exchange.received).toEqual([]);
  });

  it('is told in few pieces, however much happens', async () => {
    const clock = new FakeClock();
    const told: [string, unknown][] = [];
    const desk = await openDesk({ clock });
    const feed = new TradingFeed({
      emit: (name, payload) => void told.push([name, payload]),
      clock,
      riskView: () => ({}) as never,
    });
    const [order] = await place(desk);
    for (let n = 0; n < 50; n += 1) feed.onOrder(now(desk, order));
    feed.onFill(desk.exchange.fill(0, '10', '99.5') as never);
    feed.onRisk();
    feed.onPositions();
    feed.onAccounts();
    feed.onCases(3);
    expect(told).toEqual([['cases.changed', { open: 3 }]]);
    await clock.pass(20);
    expect(told.slice(1).map(([name]) => name)).toEqual([
      'orders.changed',
      'fills.added',
      'risk.changed',
    ]);
    expect(told[1]?.[1]).toMatchObject({
      orders: [{ clientOrderId: now(desk, order).clientOrderId }],
    });
    feed.attach(desk.trading);
    feed.onPositions();
    await clock.pass(300);
    expect(told.slice(4).map(([name]) => name)).toEqual(['positions.changed', 'accounts.changed']);
    feed.close();
    feed.onRisk();
    feed.onPositions();
    await clock.pass(300);
    expect(told).toHaveLength(6);
  });
});

describe('the risk desk', () => {
  it('arms a live account for this session, by its name', async () => {
    const desk = await openDesk();
    // A paper account may be a live one of the same name after its connection was set otherwise.
    await expect(desk.trading.risk.arm(ACCOUNT, ACCOUNT)).rejects.toThrow('is a paper account');
    desk.exchange.accounts = async () => [
      { id: ACCOUNT, live: true, currency: 'USD', name: 'Live' },
    ];
    const live = await openDesk(desk);
    const [refused] = await place(live);
    expect(refused).toMatchObject({ state: 'Denied', reasonCode: 'ACCOUNT_NOT_ARMED' });
    await expect(live.trading.risk.arm(ACCOUNT, 'yes')).rejects.toThrow('type the account');
    await live.trading.risk.arm(ACCOUNT, ACCOUNT);
    expect((await place(live, ticketOf({ terms: { limitPrice: '98' } })))[0]?.state).toBe(
      'Accepted',
    );
    await expect(live.trading.risk.disarm(accountId('DU-TYPO'))).rejects.toThrow(
      `There is no account DU-TYPO; there are ${ACCOUNT}.`,
    );
    expect(live.trading.risk.isArmed(ACCOUNT)).toBe(true);
    await live.trading.risk.disarm(ACCOUNT);
    expect(live.trading.risk.isArmed(ACCOUNT)).toBe(false);
    // Once more is no error.
    await live.trading.risk.disarm(ACCOUNT);
    await live.trading.risk.arm(ACCOUNT, ACCOUNT);
    // Not beyond the session.
    const next = await openDesk(live);
    expect(next.trading.risk.isArmed(ACCOUNT)).toBe(false);
  });

  it('halts at the loss of the day, again after a resume, and over a restart', async () => {
    const desk = await openDesk();
    const { exchange, trading } = desk;
    await trading.risk.setLimits(GLOBAL, { maxDailyLoss: decimal('1000'), onDailyLoss: 'halt' });
    exchange.cash.amount = decimal('99000.01');
    await trading.reconcile(ACCOUNT);
    expect(trading.risk.state.state).toBe('active');
    exchange.cash.amount = decimal('99000');
    await trading.reconcile(ACCOUNT);
    expect(trading.risk.state).toMatchObject({
      state: 'halted',
      by: 'limit',
      reason: 'loss of the day of global',
    });
    await trading.risk.setState('active', '', 'user');
    await trading.reconcile(ACCOUNT);
    expect(trading.risk.state.state).toBe('halted');
    const after = await openDesk(desk);
    expect(after.trading.risk.dayStart(ACCOUNT)).toBe('100000');
    // The next day begins with what is left.
    await after.clock.pass(24 * 3_600_000);
    expect(after.trading.risk.dayStart(ACCOUNT)).toBe('99000');
  });

  it('remembers the highest equity over a restart', async () => {
    const desk = await openDesk();
    const { exchange, trading } = desk;
    await trading.risk.setLimits(GLOBAL, {
      maxDrawdown: decimal('0.1'),
      onDrawdown: 'reduce-only',
    });
    exchange.cash.amount = decimal('120000');
    await trading.reconcile(ACCOUNT);
    const after = await openDesk(desk);
    exchange.cash.amount = decimal('108000');
    await after.trading.reconcile(ACCOUNT);
    // (120,000 − 108,000) / 120,000 = 0.1
    expect(after.trading.risk.state).toMatchObject({
      state: 'reduce-only',
      reason: 'drawdown of global',
    });
    const [denied] = await place(after);
    expect(denied?.state).toBe('Denied');
  });
});
