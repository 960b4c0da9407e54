import { describe, expect, it } from 'vitest';
import { decimal, price } from '../../../../engine/domain/decimal.ts';
import { settle } from '../../../support/fake-clock.ts';
import { isLive } from '../../../support/exchange.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';

/** A bracket of 100 of which 50 have filled, its stop and target working for them. */
async function halfIn(): Promise<TestDesk> {
  const desk = await openDesk();
  await desk.trading.place(
    'bracket',
    ticketOf({ stopLoss: { stopPrice: '98' }, takeProfit: { limitPrice: '101' } }),
    { kind: 'person', name: '' },
  );
  await settle();
  desk.exchange.fill(0, '50', '99.5');
  await settle();
  expect(
    desk.exchange.orders.map(({ terms, status }) => [terms.type, terms.quantity, status]),
  ).toEqual([
    ['limit', '100', 'partially-filled'],
    ['stop', '50', 'accepted'],
    ['limit', '50', 'accepted'],
  ]);
  return desk;
}

describe('an exit that fills while its entry still works', () => {
  it.each([
    ['stop', 1, '98'],
    ['target', 2, '101'],
  ] as const)('as the %s does, ends the entry and the other exit', async (_name, index, at) => {
    const desk = await halfIn();
    desk.exchange.fill(index, '50', at);
    await settle();
    expect(desk.exchange.orders.filter(isLive)).toEqual([]);
    expect(desk.exchange.orders[0]).toMatchObject({ status: 'canceled', filled: '50' });
    expect(desk.notices.filter(({ title }) => title.includes('protection'))).toEqual([]);
    expect(desk.defects).toEqual([]);
  });

  it('says so when the entry filled on before it could be ended', async () => {
    const desk = await halfIn();
    // The cancellation is on its way while the entry fills.
    desk.exchange.faults.push('lost-before');
    desk.exchange.fill(1, '50', '98');
    await settle();
    desk.exchange.fill(0, '50', '99.5');
    await settle();
    await desk.clock.pass(60_000);
    expect(desk.exchange.orders.filter(isLive)).toEqual([]);
    expect(desk.notices.filter(({ title }) => title.includes('protection'))).toMatchObject([
      { level: 'error', text: expect.stringContaining('50') },
    ]);
  });
});

describe('an entry that fills on while nothing else is let through', () => {
  it('has its exits with it all the same', async () => {
    const desk = await halfIn();
    await desk.trading.risk.setState('halted', 'loss of the day', 'limit');
    desk.exchange.fill(0, '50', '99.5');
    await settle();
    expect(
      desk.exchange.orders.map(({ terms, status }) => [terms.type, terms.quantity, status]),
    ).toEqual([
      ['limit', '100', 'filled'],
      ['stop', '100', 'accepted'],
      ['limit', '100', 'accepted'],
    ]);
    expect(desk.notices.filter(({ title }) => title.includes('protection'))).toEqual([]);
    // Whoever changes one by hand is told that trading is halted.
    const stop = desk.exchange.orders[1]?.intent.clientOrderId ?? '';
    const { check } = await desk.trading.amend(stop, { stopPrice: price('97') });
    expect(check?.checks.find(({ passed }) => !passed)?.code).toBe('TRADING_HALTED');
  });
});

describe('a bracket of which only the exit is denied', () => {
  it('is denied when it is looked at as when it is sent', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxOrderNotional: decimal('10000') },
    );
    const ticket = ticketOf({ stopLoss: { stopPrice: '98' }, takeProfit: { limitPrice: '101' } });
    const person = { kind: 'person', name: '' } as const;
    const looked = await desk.trading.check(ticket, person);
    const { orders, check } = await desk.trading.place('exit-denied', ticket, person);
    expect(orders.map(({ state }) => state)).toEqual(
      orders.map(() => (looked.allowed ? expect.stringMatching(/Accepted|Initialized/) : 'Denied')),
    );
    expect(check.allowed).toBe(looked.allowed);
    expect(looked.allowed).toBe(false);
  });
});
