import { describe, expect, it } from 'vitest';
import { decimal, price, quantity } from '../../../../engine/domain/decimal.ts';
import type { ExecutionReport } from '../../../../engine/ports/execution-client.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf } from '../../../support/trading-desk.ts';
import { atVenue, hold, now, PERSON, place } from './placing.ts';

const GLOBAL = { kind: 'global', name: '' } as const;
const STRATEGY = { kind: 'strategy', name: 'trend' } as const;

const sell = (limitPrice: string, reduceOnly: boolean) =>
  ticketOf({ terms: { side: 'sell', limitPrice, reduceOnly } });

describe('nobody comes around the gate', () => {
  it('by several reduce-only orders that would turn the position together', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    expect((await place(desk, sell('101', true)))[0]?.state).toBe('Accepted');
    const [second] = await place(desk, sell('102', true));
    expect(second).toMatchObject({ state: 'Denied', reasonCode: 'REDUCE_ONLY_EXCEEDED' });
    // As two legs of which one takes the other away they are one exit.
    await desk.trading.desk.cancelAll(ACCOUNT, null);
    await desk.clock.pass(2000);
    const legs = await place(desk, {
      ...sell('103', true),
      oco: {
        side: 'sell',
        type: 'stop',
        quantity: '100',
        stopPrice: '95',
        timeInForce: 'day',
        reduceOnly: true,
      },
    });
    expect(legs.map(({ state }) => state)).toEqual(['Accepted', 'Accepted']);
  });

  it('by a sale beside the exits of the same position', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(GLOBAL, { allowShort: false });
    const [entry] = await place(
      desk,
      ticketOf({ takeProfit: { limitPrice: '105' }, stopLoss: { stopPrice: '95' } }),
    );
    desk.exchange.fill(0, '100', '99.5');
    await desk.clock.pass(4000);
    expect(now(desk, entry).state).toBe('Filled');
    // Its stop and its target sell 100 between them; 100 more would be short.
    const [beside] = await place(desk, sell('101', false));
    expect(beside).toMatchObject({ state: 'Denied', reasonCode: 'SHORT_NOT_ALLOWED' });
  });

  describe('by two legs of one side', () => {
    // Buy at 99 when it falls there, or at 101 when it rises: 100 each.
    const pair = ticketOf({
      terms: { limitPrice: '99' },
      oco: { side: 'buy', type: 'stop', quantity: '100', stopPrice: '101', timeInForce: 'day' },
    });
    const most = (units: string) => ({ maxPositionQuantity: decimal(units) });

    it('which both count where the venue does not hold them together', async () => {
      const desk = await openDesk();
      await desk.trading.risk.setLimits(GLOBAL, most('199'));
      const check = await desk.trading.check(pair, PERSON);
      expect(check.checks.filter(({ passed }) => !passed)).toMatchObject([
        { code: 'MAX_POSITION_QUANTITY', value: '200', largest: '99' },
      ]);
      const denied = await place(desk, pair);
      expect(denied.map(({ state }) => state)).toEqual(['Denied', 'Denied']);
      expect(desk.exchange.orders).toEqual([]);
      // What was denied is no order that was given: the same may follow at once.
      await desk.trading.risk.setLimits(GLOBAL, most('200'));
      const placed = await place(desk, pair);
      expect(placed.map(({ state }) => state)).toEqual(['Accepted', 'Accepted']);
      await desk.clock.pass(2000);
      // Both of them work now, and both may fill.
      const [third] = await place(desk, ticketOf({ terms: { quantity: '1' } }));
      expect(third).toMatchObject({ state: 'Denied', reasonCode: 'MAX_POSITION_QUANTITY' });
    });

    it('of which the larger counts where it does', async () => {
      const desk = await openDesk();
      desk.exchange.capabilities = { ...desk.exchange.capabilities, groups: ['oco'] };
      await desk.trading.risk.setLimits(GLOBAL, most('150'));
      const placed = await place(desk, pair);
      expect(placed.map(({ state }) => state)).toEqual(['Accepted', 'Accepted']);
      await desk.clock.pass(2000);
      const [beside] = await place(desk, ticketOf({ terms: { quantity: '50' } }));
      expect(beside?.state).toBe('Accepted');
      await desk.clock.pass(2000);
      const [over] = await place(desk, ticketOf({ terms: { quantity: '1' } }));
      expect(over).toMatchObject({ state: 'Denied', reasonCode: 'MAX_POSITION_QUANTITY' });
      // A leg is changed without the other in the way.
      const leg = now(desk, placed[0]).clientOrderId;
      const { check } = await desk.trading.amend(leg, { limitPrice: price('98.5') });
      expect(check?.checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(now(desk, placed[0]).terms.limitPrice).toBe('98.5');
    });

    it('that are no exits and would sell more than is held', async () => {
      const desk = await openDesk();
      await desk.trading.risk.setLimits(GLOBAL, { allowShort: false });
      await hold(desk, '100');
      const out = {
        ...sell('103', false),
        oco: { side: 'sell', type: 'stop', quantity: '100', stopPrice: '95', timeInForce: 'day' },
      } as const;
      const [, second] = await place(desk, out);
      expect(second).toMatchObject({ state: 'Denied' });
      expect((await desk.trading.check(out, PERSON)).checks).toContainEqual(
        expect.objectContaining({ code: 'SHORT_NOT_ALLOWED', passed: false, largest: '0' }),
      );
      desk.exchange.capabilities = { ...desk.exchange.capabilities, groups: ['oco'] };
      const held = await place(desk, out);
      expect(held.map(({ state }) => state)).toEqual(['Accepted', 'Accepted']);
    });
  });

  it('by an exit that is made larger than its entry', async () => {
    const desk = await openDesk();
    const [entry, stop] = await place(desk, ticketOf({ stopLoss: { stopPrice: '95' } }));
    desk.exchange.fill(0, '100', '99.5');
    await desk.clock.pass(4000);
    expect(now(desk, entry).state).toBe('Filled');
    const id = now(desk, stop).clientOrderId;
    await expect(desk.trading.amend(id, { quantity: quantity('2000') })).rejects.toThrow(
      'quantity: 2000 is more than the 100 of the entry that this order closes.',
    );
    expect(now(desk, stop).terms.quantity).toBe('100');
    await desk.trading.amend(id, { stopPrice: price('96') });
    await settle();
    expect(now(desk, stop).terms).toMatchObject({ quantity: '100', stopPrice: '96' });
  });

  it('by an order that grows after each partial fill', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(GLOBAL, { maxOrderQuantity: decimal('100') });
    const [order] = await place(desk);
    desk.exchange.fill(0, '90', '99.5');
    await settle();
    // 100 would be left, but the order would be for 190.
    const { check } = await desk.trading.amend(now(desk, order).clientOrderId, {
      quantity: quantity('190'),
    });
    expect(check?.checks.filter(({ passed }) => !passed)).toMatchObject([
      { code: 'MAX_ORDER_QUANTITY', value: '190', largest: '100' },
    ]);
    expect(now(desk, order).terms.quantity).toBe('100');
  });

  it('by closing one position twice at the same time', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    const kills = [
      desk.trading.kill(true, 'one', 'kill-switch'),
      desk.trading.kill(true, 'two', 'watchdog'),
    ];
    await desk.clock.pass(8000);
    await Promise.all(kills);
    const closing = atVenue(desk).filter((line) => line.startsWith('sell'));
    expect(closing).toEqual(['sell 100 accepted']);
  });

  it('by a loss that a restart forgets', async () => {
    const desk = await openDesk();
    const { risk } = desk.trading;
    await risk.setLimits(STRATEGY, { maxDailyLoss: decimal('500') });
    await place(desk, ticketOf(), PERSON, 'trend');
    desk.exchange.fill(0, '100', '99.5');
    await desk.clock.pass(4000);
    // 100 bought at 99.5 are worth 600 less at 93.5.
    desk.marks.set(AAPL, { bid: 93.49, ask: 93.51, last: 93.5, time: desk.clock.now() });
    const more = ticketOf({ terms: { limitPrice: '93' } });
    const [denied] = await place(desk, more, PERSON, 'trend');
    expect(denied).toMatchObject({ state: 'Denied', reasonCode: 'MAX_DAILY_LOSS' });
    const after = await openDesk(desk);
    after.marks.set(AAPL, { bid: 93.49, ask: 93.51, last: 93.5, time: desk.clock.now() });
    const [again] = await place(after, more, PERSON, 'trend');
    expect(again).toMatchObject({ state: 'Denied', reasonCode: 'MAX_DAILY_LOSS' });
  });

  it('by a restart that forgets how many orders were given just before', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(GLOBAL, { maxOrders: 2, perMs: 60_000 });
    await place(desk);
    await place(desk, ticketOf({ terms: { limitPrice: '99' } }));
    const after = await openDesk(desk);
    const [third] = await place(after, ticketOf({ terms: { limitPrice: '98.5' } }));
    expect(third).toMatchObject({ state: 'Denied', reasonCode: 'ORDER_RATE' });
  });
});

describe('what a strategy holds', () => {
  it('is without the trades that the venue took back', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(STRATEGY, { maxPositionQuantity: decimal('150') });
    await place(desk, ticketOf(), PERSON, 'trend');
    const fill = desk.exchange.fill(0, '100', '99.5');
    await desk.clock.pass(4000);
    const more = ticketOf({ terms: { limitPrice: '99' } });
    const [denied] = await place(desk, more, PERSON, 'trend');
    expect(denied).toMatchObject({ state: 'Denied', reasonCode: 'MAX_POSITION_QUANTITY' });
    const bust: ExecutionReport = { ...fill, busted: true };
    desk.exchange.held = [bust];
    desk.exchange.release((reports) => reports);
    await desk.clock.pass(4000);
    expect(desk.trading.risk.books.positions(STRATEGY, ACCOUNT)).toMatchObject([{ quantity: '0' }]);
    const [fits] = await place(desk, ticketOf({ terms: { limitPrice: '98' } }), PERSON, 'trend');
    expect(fits?.state).toBe('Accepted');
  });

  it('is worth the same after a restart, whatever order it was traded in', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(GLOBAL, { maxOrderNotional: null });
    // Two orders whose fills alternate: by average cost the order of trades decides what was earned.
    await place(desk, ticketOf(), PERSON, 'trend');
    await place(desk, ticketOf({ terms: { side: 'sell', limitPrice: '101' } }), PERSON, 'trend');
    for (const [order, units, at] of [
      [0, '50', '99'],
      [1, '50', '101'],
      [0, '50', '98'],
      [1, '25', '103'],
    ] as const) {
      desk.exchange.fill(order, units, at);
      await desk.clock.pass(1000);
    }
    const [before] = desk.trading.risk.books.positions(STRATEGY, ACCOUNT);
    // 50 · (101 − 99) + 25 · (103 − 98); with both purchases first it would be 237.5.
    expect(before?.realized).toBe('225');
    const after = await openDesk(desk);
    const [same] = after.trading.risk.books.positions(STRATEGY, ACCOUNT);
    expect(same?.realized).toBe('225');
  });
});
