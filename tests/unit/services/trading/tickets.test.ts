import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { Ticket } from '../../../../engine/protocol/live-schemas.ts';
import { sentenceOf } from '../../../../electron/services/trading/tickets.ts';
import { AAPL, instrumentOf } from '../../../support/exchange.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, PERSON } from './placing.ts';

type Check = Awaited<ReturnType<TestDesk['trading']['check']>>;

const checked = async (ticket: Ticket, desk?: TestDesk): Promise<Check> =>
  (desk ?? (await openDesk())).trading.check(ticket, PERSON);

const bracket = (
  side: 'buy' | 'sell',
  stopLoss: Ticket['stopLoss'],
  target: string | null = null,
): Ticket =>
  ticketOf({
    terms: { side, limitPrice: '100' },
    ...(stopLoss === undefined ? {} : { stopLoss }),
    ...(target === null ? {} : { takeProfit: { limitPrice: target } }),
  });

describe('the sentence on the button', () => {
  it.each([
    [{}, 'Buy 100 AAPL @ 99.5 LMT DAY - PAPER'],
    [{ side: 'sell', type: 'market', limitPrice: undefined }, 'Sell 100 AAPL MKT DAY - PAPER'],
    [
      { type: 'stop', limitPrice: undefined, stopPrice: '101' },
      'Buy 100 AAPL stop 101 STP DAY - PAPER',
    ],
    [
      { type: 'stop_limit', stopPrice: '101', timeInForce: 'gtc' },
      'Buy 100 AAPL @ 99.5 stop 101 STP LMT GTC - PAPER',
    ],
    [
      { type: 'trailing_stop', limitPrice: undefined, trailAmount: '2' },
      'Buy 100 AAPL trail 2 TRAIL DAY - PAPER',
    ],
    [
      { type: 'trailing_stop', limitPrice: undefined, trailPercent: '1.5' },
      'Buy 100 AAPL trail 1.5 % TRAIL DAY - PAPER',
    ],
    [
      { timeInForce: 'gtd', goodTill: Date.UTC(2024, 0, 5, 21, 0) },
      'Buy 100 AAPL @ 99.5 LMT GTD 2024-01-05 21:00 - PAPER',
    ],
    [{ extendedHours: true }, 'Buy 100 AAPL @ 99.5 LMT DAY EXT - PAPER'],
    [{ postOnly: true }, 'Buy 100 AAPL @ 99.5 LMT DAY post only - PAPER'],
  ] as const)('of %j says what is sent', async (terms, sentence) => {
    const change = Object.fromEntries(
      Object.entries({ ...ticketOf().terms, ...terms }).filter(([, value]) => value !== undefined),
    );
    const ticket = { ...ticketOf(), terms: change } as unknown as Ticket;
    expect((await checked(ticket)).sentence).toBe(sentence);
  });

  it('says that an order only makes a position smaller', async () => {
    const desk = await openDesk();
    await hold(desk, '10');
    const ticket = ticketOf({
      terms: { side: 'sell', quantity: '10', limitPrice: '100', reduceOnly: true },
    });
    expect((await checked(ticket, desk)).sentence).toBe(
      'Sell 10 AAPL @ 100 LMT DAY reduce only - PAPER',
    );
  });

  it.each([
    [{ stopPrice: '95' }, '110', ' + SL 95 + TP 110'],
    [{ trailAmount: '3' }, null, ' + SL trail 3'],
    [{ trailPercent: '2' }, null, ' + SL trail 2 %'],
    [{ stopPrice: '95', limitPrice: '94' }, null, ' + SL 95'],
    [undefined, '110', ' + TP 110'],
  ] as const)('names the exits %j and %s', async (stopLoss, target, exits) => {
    const { sentence } = await checked(bracket('buy', stopLoss, target));
    expect(sentence).toBe(`Buy 100 AAPL @ 100 LMT DAY${exits} - PAPER`);
  });

  it('is none for no order, and says of a live account that it is live', async () => {
    expect(sentenceOf([], instrumentOf(AAPL), true)).toBe('');
    const desk = await openDesk();
    const { orders } = await desk.trading.place('one', ticketOf(), PERSON);
    expect(sentenceOf(orders, instrumentOf(AAPL), true)).toMatch(/ - LIVE$/);
  });
});

describe('the money that is lost at the stop', () => {
  // 100 bought at 100: a stop at 95 loses 500, one 3 below 300, one 2 % below 200.
  it.each([
    [{ stopPrice: '95' }, '500'],
    [{ trailAmount: '3' }, '300'],
    [{ trailPercent: '2' }, '200'],
    [undefined, null],
  ] as const)('of %j is %s', async (stopLoss, risk) => {
    const { estimate } = await checked(bracket('buy', stopLoss, '110'));
    expect(estimate.riskAtStop).toBe(risk);
    // Of an equity of 100,000.
    expect(estimate.riskPart).toBe(risk === null ? null : Number(risk) / 100_000);
  });

  it('is no part of an equity that is not known', async () => {
    const desk = await openDesk();
    desk.exchange.cash.amount = decimal('0');
    await desk.trading.reconcile('PAPER1' as never);
    const { estimate } = await checked(bracket('buy', { stopPrice: '95' }), desk);
    expect([estimate.riskAtStop, estimate.riskPart]).toEqual(['500', null]);
  });
});

describe('a ticket that cannot be meant', () => {
  const both = { ...ticketOf(), notional: '1000' };
  const { quantity: _none, ...without } = ticketOf().terms;
  it.each([
    [both, /^notional: and quantity were given/],
    [{ ...ticketOf(), terms: without }, /^quantity: is missing/],
    [{ ...ticketOf(), terms: without, notional: '0' }, /^notional: is 0/],
    [bracket('buy', {}), /^stopLoss: needs a stopPrice/],
    [bracket('buy', { stopPrice: '101' }), /must be below the entry at 100 of a long position/],
    [bracket('buy', undefined, '99'), /must be above the entry at 100 of a long position/],
    [bracket('sell', { stopPrice: '99' }), /must be above the entry at 100 of a short position/],
    [bracket('sell', undefined, '101'), /must be below the entry at 100 of a short position/],
  ])('%# is refused by name, and nothing is sent', async (ticket, message) => {
    const desk = await openDesk();
    await expect(desk.trading.place('one', ticket, PERSON)).rejects.toThrow(message);
    expect(desk.exchange.received).toEqual([]);
  });

  it('for money needs a price: that of the order, else that of the market', async () => {
    const desk = await openDesk();
    const spend = (terms: object) =>
      checked({ ...ticketOf(), notional: '1000', terms } as Ticket, desk);
    const plain = { side: 'buy', timeInForce: 'day' };
    expect((await spend({ ...plain, type: 'limit', limitPrice: '50' })).quantity).toBe('20');
    expect((await spend({ ...plain, type: 'stop', stopPrice: '125' })).quantity).toBe('8');
    // At the market it would be bought at 100.01: 9 units.
    expect((await spend({ ...plain, type: 'market' })).quantity).toBe('9');
    desk.marks.clear();
    await expect(spend({ ...plain, type: 'market' })).rejects.toThrow(/price/);
  });
});
