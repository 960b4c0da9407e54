import { describe, expect, it } from 'vitest';
import { decimal, price, quantity } from '../../../../engine/domain/decimal.ts';
import { accountId, instrumentId, strategyId } from '../../../../engine/domain/identifiers.ts';
import { Venues } from '../../../../electron/services/trading/venues.ts';
import { AAPL, ACCOUNT, Exchange, instrumentOf } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { marketOf, openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, now, PERSON, place } from './placing.ts';

const MSFT = instrumentId('MSFT', 'TEST');
const MOMENTUM = { kind: 'strategy', name: 'momentum' } as const;
const SCOUT = { kind: 'agent', name: 'scout' } as const;

const open = (desk: TestDesk) => desk.trading.cases.list(true);

/** Buys 10 at 99.5, filled, in the name of a strategy or an agent. */
async function bought(desk: TestDesk, source = PERSON, strategy: string | null = null) {
  const [order] = await place(desk, ticketOf({ terms: { quantity: '10' } }), source, strategy);
  desk.exchange.fill(desk.exchange.orders.length - 1, '10', '99.5');
  await desk.clock.pass(4000);
  return order;
}

describe('a case', () => {
  async function differs(): Promise<{ desk: TestDesk; id: string }> {
    const desk = await openDesk();
    await hold(desk, '10');
    desk.exchange.moved.set(AAPL, decimal('5'));
    await desk.trading.reconcile(ACCOUNT);
    return { desk, id: open(desk)[0]?.id as string };
  }

  it('is settled by what it proposes, and by nothing else', async () => {
    const { desk, id } = await differs();
    const { reconciliation } = desk.trading;
    await expect(reconciliation.resolve(id, 'flatten', '')).rejects.toThrow(
      'proposal: the case has no proposal "flatten"; it has take-over, again.',
    );
    await expect(reconciliation.resolve('none', 'again', '')).rejects.toThrow(
      'There is no case none.',
    );
    await reconciliation.resolve(id, 'take-over', 'by phone');
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('15');
    const [closed] = desk.trading.cases.list(false);
    expect(closed?.resolution).toBe('Take the venue’s position. by phone');
    await expect(reconciliation.resolve(id, 'take-over', '')).rejects.toThrow(/is closed already/);
    // Closing it once more changes nothing.
    await desk.trading.cases.close(id, 'again');
    expect(desk.trading.cases.list(false)[0]?.resolution).toBe(
      'Take the venue’s position. by phone',
    );
  });

  it('stays open while the venue still says so, and closes when it does not', async () => {
    const { desk, id } = await differs();
    await desk.trading.reconciliation.resolve(id, 'again', '');
    expect(open(desk)).toMatchObject([{ id }]);
    desk.exchange.moved.clear();
    await desk.trading.reconciliation.resolve(id, 'again', '');
    expect(open(desk)).toEqual([]);
  });

  it('about a report that cannot be is closed once somebody has looked, with the note', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    const fill = desk.exchange.trades[0] as NonNullable<(typeof desk.exchange.trades)[0]>;
    desk.exchange.held = [{ ...fill, price: price('90') }];
    desk.exchange.release((reports) => reports);
    await settle();
    const [found] = open(desk);
    expect(found).toMatchObject({ kind: 'order-anomaly', weSay: 'Filled, 100 of 100 filled' });
    await desk.trading.reconciliation.resolve(found?.id as string, 'seen', 'their slip');
    expect(open(desk)).toEqual([]);
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.averagePrice).toBe('99.5');
  });

  it('is opened when a query fails, whatever it fails with, and tells what was not asked', async () => {
    const desk = await openDesk();
    desk.exchange.fills = () => Promise.reject('gone');
    const { failures } = await desk.trading.reconcile(ACCOUNT);
    expect(failures).toEqual(['fills: gone']);
    expect(open(desk)).toMatchObject([
      { kind: 'query-failed', subject: 'fills', venueSays: 'no answer (gone)' },
    ]);
    expect(desk.defects).toEqual(['fills: gone']);
    Reflect.deleteProperty(desk.exchange, 'fills');
    await desk.trading.reconcile(ACCOUNT);
    expect(open(desk)).toEqual([]);
  });

  it('marks an order of no name as cancelled by the user, with the note', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    await desk.clock.pass(4000);
    desk.exchange.orders.splice(0);
    await desk.trading.reconcile(ACCOUNT);
    await desk.trading.reconciliation.resolve(open(desk)[0]?.id as string, 'cancelled', 'asked');
    expect(now(desk, order)).toMatchObject({
      state: 'Canceled',
      reason: 'The venue does not know it any more; marked as cancelled by the user. asked',
    });
  });
});

describe('a limit on losses', () => {
  it('of a strategy counts what it has made since its day began, and nobody else', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(MOMENTUM, { maxDailyLoss: decimal('100') });
    await bought(desk, PERSON, 'momentum');
    // Looked at before the loss: 10 at 100 are where the day begins.
    await bought(desk, PERSON, 'momentum');
    desk.marks.set(AAPL, { bid: 93.99, ask: 94.01, last: 94, time: desk.clock.now() });
    const limitPrice = '94';
    const ticket = ticketOf({ terms: { quantity: '1', limitPrice } });
    const [denied] = await place(desk, ticket, PERSON, 'momentum');
    expect(denied).toMatchObject({ state: 'Denied', reasonCode: 'MAX_DAILY_LOSS' });
    const [other] = await place(desk, ticketOf({ terms: { quantity: '2', limitPrice } }));
    expect(other?.state).toBe('Accepted');
    // A restart does not begin the day anew.
    await desk.trading.close();
    const again = await openDesk(desk);
    again.marks.set(AAPL, { bid: 93.99, ask: 94.01, last: 94, time: desk.clock.now() });
    await desk.clock.pass(12_000);
    const [still] = await place(again, ticket, PERSON, 'momentum');
    expect(still).toMatchObject({ state: 'Denied', reasonCode: 'MAX_DAILY_LOSS' });
  });

  it('of an agent values a position that has no price now at the last one that was known', async () => {
    const desk = await openDesk();
    await desk.trading.risk.setLimits(SCOUT, { maxDailyLoss: decimal('100') });
    await bought(desk, SCOUT);
    const bare = { bid: Number.NaN, ask: Number.NaN, last: Number.NaN, time: desk.clock.now() };
    desk.marks.set(AAPL, bare);
    desk.marks.set(MSFT, { bid: 99.99, ask: 100.01, last: 100, time: desk.clock.now() });
    const ticket = ticketOf({ instrument: MSFT, terms: { quantity: '1' } });
    // What it holds is worth what it was worth last: known, and no loss.
    expect((await place(desk, ticket, SCOUT))[0]?.state).toBe('Accepted');
  });

  it('of the account halts trading when the equity falls from its peak, and only makes it stricter', async () => {
    const desk = await openDesk();
    const account = { kind: 'account', name: ACCOUNT } as const;
    await desk.trading.risk.setLimits(account, { maxDrawdown: decimal('0.1') });
    desk.exchange.cash.amount = decimal('120000');
    await desk.trading.reconcile(ACCOUNT);
    desk.exchange.cash.amount = decimal('110000');
    await desk.trading.reconcile(ACCOUNT);
    expect(desk.trading.risk.state.state).toBe('active');
    desk.exchange.cash.amount = decimal('107000');
    await desk.trading.reconcile(ACCOUNT);
    const { state, by } = desk.trading.risk.state;
    expect([state, by]).toEqual([expect.stringMatching(/halted|reduce-only/), 'limit']);
    const since = desk.trading.risk.state;
    await desk.trading.reconcile(ACCOUNT);
    expect(desk.trading.risk.state).toBe(since);
    // The peak is remembered over a restart.
    await desk.trading.close();
    const again = await openDesk(desk);
    await again.trading.risk.setState('active', '', 'user');
    await again.trading.reconcile(ACCOUNT);
    expect(again.trading.risk.state.by).toBe('limit');
  });

  it('of another account does not count here', async () => {
    const desk = await openDesk();
    const other = { kind: 'account', name: 'OTHER' } as const;
    await desk.trading.risk.setLimits(other, { maxOrderQuantity: decimal('1') });
    expect((await place(desk))[0]?.state).toBe('Accepted');
  });
});

describe('an account', () => {
  it('that tells no equity shows none, and its limits say that they cannot know', async () => {
    const clock = new FakeClock();
    const exchange = new Exchange(clock);
    const balances = exchange.balances.bind(exchange);
    exchange.balances = async (account) => ({
      ...(await balances(account)),
      equity: null,
      buyingPower: null,
    });
    const desk = await openDesk({ clock, exchange });
    expect(desk.trading.accounts()).toMatchObject([
      { equity: null, buyingPower: null, dayProfit: null },
    ]);
    const check = await desk.trading.check(ticketOf(), PERSON);
    expect(check.estimate.buyingPowerAfter).toBeNull();
    expect(check.checks.filter(({ passed }) => !passed).map(({ code }) => code)).toContain(
      'VALUE_UNKNOWN',
    );
  });

  it('is at one venue: the same name at another is refused, and an unknown one is answered with those there are', () => {
    const clock = new FakeClock();
    const venues = new Venues();
    expect(() => venues.account(ACCOUNT)).toThrow(
      'There is no account PAPER1; connect a venue first.',
    );
    const here = new Exchange(clock);
    const there = Object.assign(new Exchange(clock), { venue: 'elsewhere' });
    const account = { id: ACCOUNT, live: false, currency: 'USD', name: '' };
    venues.add(here);
    venues.setAccounts(here, [account, { ...account, id: accountId('SECOND') }]);
    expect(() => venues.setAccounts(there, [account])).toThrow(
      'The account PAPER1 is at test and at elsewhere; disconnect one of them.',
    );
    expect(() => venues.account(accountId('NONE'))).toThrow(
      'There is no account NONE; there are PAPER1, SECOND.',
    );
    venues.remove('elsewhere');
    expect(venues.accounts()).toHaveLength(2);
    expect(venues.client('test')).toBe(here);
    venues.remove('test');
    expect(venues.accounts()).toEqual([]);
  });

  it('in another money needs a rate: dollars of the stable kind count as dollars, others do not', async () => {
    for (const [currency, state] of [
      ['USDT', 'Accepted'],
      ['EUR', 'Denied'],
    ] as const) {
      const clock = new FakeClock();
      const exchange = new Exchange(clock);
      exchange.accounts = async () => [{ id: ACCOUNT, live: false, currency, name: 'Paper' }];
      const desk = await openDesk({ clock, exchange });
      const [order] = await place(desk);
      expect(order?.state).toBe(state);
      if (state === 'Denied') expect(order?.reasonCode).toBe('VALUE_UNKNOWN');
    }
  });
});

describe('closing a position', () => {
  it('that there is not says so, and sends nothing', async () => {
    const desk = await openDesk();
    await expect(desk.trading.flatten('F', ACCOUNT, AAPL)).rejects.toThrow(
      'There is no position in AAPL.TEST in PAPER1 to close.',
    );
    expect(desk.exchange.received).toEqual([]);
  });

  it('that is closed by its own exit meanwhile sends nothing more', async () => {
    const desk = await openDesk();
    await hold(desk, '10');
    await place(desk, ticketOf({ terms: { side: 'sell', quantity: '10', limitPrice: '101' } }));
    desk.exchange.cancel = async () => {
      desk.exchange.fill(1, '10', '101');
    };
    const closing = desk.trading.flatten('F', ACCOUNT, AAPL);
    const outcome = expect(closing).rejects.toThrow(
      'The position in AAPL.TEST was closed meanwhile.',
    );
    await desk.clock.pass(10_000);
    await outcome;
    expect(desk.exchange.orders).toHaveLength(2);
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('0');
  });

  it('turns a short one into as much the other way', async () => {
    const desk = await openDesk();
    await place(desk, ticketOf({ terms: { side: 'sell', quantity: '10', limitPrice: '100' } }));
    desk.exchange.fill(0, '10', '100');
    await desk.clock.pass(4000);
    const { orders } = await desk.trading.reverse('R', ACCOUNT, AAPL);
    expect(orders).toMatchObject([{ terms: { side: 'buy', quantity: '20', type: 'market' } }]);
    desk.exchange.fill(1, '20', '100.01');
    await settle();
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('10');
    // The same request again closes nothing again.
    expect((await desk.trading.reverse('R', ACCOUNT, AAPL)).orders).toHaveLength(1);
    expect(desk.exchange.orders).toHaveLength(2);
  });

  it('at a venue that refuses it says why', async () => {
    const desk = await openDesk();
    await hold(desk, '10');
    desk.exchange.faults.push('rejected');
    await expect(desk.trading.flatten('F', ACCOUNT, AAPL)).rejects.toThrow('insufficient funds');
  });
});

describe('execution that is measured', () => {
  const quality = (desk: TestDesk) => desk.trading.quality.executed('orders');

  it('has no middle where the quotes are crossed or none, and then no cost either', async () => {
    const desk = await openDesk();
    desk.marks.set(AAPL, { bid: 100.2, ask: 100, last: 100.1, time: desk.clock.now() });
    await place(desk, ticketOf({ terms: { quantity: '10', limitPrice: '99.9' } }));
    desk.exchange.fill(0, '10', '99.9');
    await settle();
    const [executed] = quality(desk);
    expect(executed).toMatchObject({ arrivalPrice: Number.NaN, endPrice: 100.1 });
    expect(executed?.fills).toMatchObject([{ mid: Number.NaN }]);
  });

  it('does not take a fee in another money for one of its own, nor the market of now for that of a late fill', async () => {
    const desk = await openDesk();
    await place(desk, ticketOf({ terms: { quantity: '10' } }));
    desk.exchange.held = [];
    desk.exchange.fill(0, '10', '99.5');
    const reports = desk.exchange.held;
    desk.exchange.held = null;
    await desk.clock.pass(60_000 * 2);
    // The comparison of each minute has booked it long after it was traded.
    expect(quality(desk)[0]?.fills).toMatchObject([{ mid: Number.NaN, commission: 1 }]);
    expect(reports.length).toBeGreaterThan(0);
    const other = await openDesk();
    await place(other, ticketOf({ terms: { quantity: '10' } }));
    other.exchange.held = [];
    const fill = other.exchange.fill(0, '10', '99.5');
    other.exchange.held = [{ ...fill, commissionCurrency: 'BNB' }];
    other.exchange.release((all) => all);
    await settle();
    expect(quality(other)[0]?.fills).toMatchObject([{ commission: Number.NaN }]);
  });

  it('leaves out of the fit what it cannot measure, and says how many', async () => {
    const desk = await openDesk();
    desk.marks.set(AAPL, { bid: Number.NaN, ask: Number.NaN, last: 100, time: desk.clock.now() });
    await place(desk, ticketOf({ terms: { quantity: '10' } }));
    desk.exchange.fill(0, '10', '99.5');
    await settle();
    expect(desk.trading.quality.fit().leftOut).toBe(0);
    const market = { side: 'buy', type: 'market', quantity: '5', timeInForce: 'day' } as const;
    await place(desk, { ...ticketOf(), terms: market });
    desk.exchange.fill(1, '5', '100');
    await settle();
    expect(desk.trading.quality.fit().leftOut).toBe(1);
  });

  it('belongs to an account, and to none that nobody knows', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    expect(desk.trading.quality.accountOf(order?.clientOrderId as string)).toBe(ACCOUNT);
    expect(desk.trading.quality.accountOf('none')).toBeUndefined();
  });
});

describe('an algorithm in trouble', () => {
  const request = (desk: TestDesk, strategy: string | null = null) => ({
    requestId: 'A1',
    hash: 'h',
    source: PERSON,
    strategy,
    account: ACCOUNT,
    instrument: AAPL,
    order: {
      side: 'buy' as const,
      quantity: quantity('100'),
      method: { kind: 'twap' as const, slices: 4 },
      start: desk.clock.now(),
      end: desk.clock.now() + 40_000,
      smallest: quantity('1'),
      limitPrice: price('100.05'),
      participation: null,
      catchUp: 'at-once' as const,
      style: 'take' as const,
      every: 1000,
      finish: 'leave' as const,
      jitter: 0,
      seed: 1,
    },
  });

  it('names its strategy in each child, and is refused under the same request with another order', async () => {
    const desk = await openDesk();
    const { algorithms } = desk.trading;
    const both = await Promise.all([
      algorithms.begin(request(desk, 'momentum')),
      algorithms.begin(request(desk, 'momentum')),
    ]);
    expect(new Set(both.map(({ standing }) => standing.id)).size).toBe(1);
    await desk.clock.pass(1000);
    expect(desk.exchange.orders[0]?.intent.strategy).toBe(strategyId('momentum'));
    await expect(algorithms.begin({ ...request(desk), hash: 'other' })).rejects.toThrow(
      /The request A1 was given before with another order/,
    );
    await expect(algorithms.pause('none')).rejects.toThrow(/there is none with the id none/);
  });

  it('stands still while its venue is away, and goes on when it is back', async () => {
    const desk = await openDesk();
    const { standing } = await desk.trading.algorithms.begin(request(desk));
    await desk.clock.pass(1000);
    const before = desk.exchange.orders.length;
    desk.exchange.setPhase('reconnecting');
    await desk.clock.pass(15_000);
    expect(desk.exchange.orders).toHaveLength(before);
    desk.exchange.setPhase('ready');
    await desk.clock.pass(15_000);
    expect(desk.exchange.orders.length).toBeGreaterThan(before);
    expect(desk.trading.algorithms.list()).toMatchObject([{ id: standing.id }]);
  });

  it('tells what a source that breaks threw, and works on without its trades', async () => {
    const clock = new FakeClock();
    const marks = new Map([
      [AAPL as string, { bid: 99.99, ask: 100.01, last: 100, time: clock.now() }],
    ]);
    const market = marketOf(clock, marks);
    const desk = await openDesk({
      clock,
      market: {
        ...market,
        watch: async () => {
          throw new TypeError('a defect');
        },
        instrument: async (id) => instrumentOf(id),
      },
    });
    await desk.trading.algorithms.begin(request(desk));
    await desk.clock.pass(1000);
    expect(desk.defects).toContainEqual('algorithm: TypeError: a defect');
    expect(desk.exchange.orders.length).toBeGreaterThan(0);
  });

  it('whose child throws on its way tells of it, and is not sent twice', async () => {
    const desk = await openDesk();
    desk.exchange.faults.push('thrown');
    await desk.trading.algorithms.begin(request(desk));
    await desk.clock.pass(3000);
    expect(desk.defects).toContainEqual(expect.stringMatching(/a defect/));
    const sent = desk.exchange.received.filter((what) => what.startsWith('submit'));
    expect(new Set(sent).size).toBe(sent.length);
  });

  it('ends with its desk, and its children are left where they are', async () => {
    const desk = await openDesk();
    await desk.trading.algorithms.begin(request(desk));
    await desk.clock.pass(1000);
    const sent = desk.exchange.received.length;
    await desk.trading.close();
    await desk.clock.pass(60_000);
    expect(desk.exchange.received).toHaveLength(sent);
  });
});
