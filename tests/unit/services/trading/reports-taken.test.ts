import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { venueOrderId } from '../../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import type { AlgorithmTicket } from '../../../../engine/protocol/execution-schemas.ts';
import type { QuoteView } from '../../../../engine/protocol/live-schemas.ts';
import type { ExecutionReport, RefusalReport } from '../../../../engine/ports/execution-client.ts';
import { adviceOf } from '../../../../electron/services/trading/advice.ts';
import { noteOf, readAlgorithm } from '../../../../electron/services/trading/algorithm-requests.ts';
import { TradingFeed } from '../../../../electron/services/trading/feed.ts';
import { AAPL, ACCOUNT, Exchange, instrumentOf } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, now, PERSON, place } from './placing.ts';

async function tell(desk: TestDesk, ...reports: readonly ExecutionReport[]): Promise<void> {
  desk.exchange.held = [...reports];
  desk.exchange.release((all) => all);
  await settle();
}

const refusal = (desk: TestDesk, change: Partial<RefusalReport>): RefusalReport => ({
  kind: 'refusal',
  account: ACCOUNT,
  venueOrderId: venueOrderId('V1'),
  clientOrderId: null,
  what: 'cancel',
  reason: 'too late to cancel',
  code: '42',
  receivedTime: desk.clock.now(),
  ...change,
});

describe('a refusal that comes by itself', () => {
  it('ends the wait for a cancellation, and the order works on', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    desk.exchange.cancel = async () => undefined;
    await desk.trading.desk.cancel(now(desk, order).clientOrderId);
    expect(now(desk, order).state).toBe('PendingCancel');
    await tell(desk, refusal(desk, {}));
    expect(now(desk, order)).toMatchObject({ state: 'Accepted', reason: 'too late to cancel' });
  });

  it('of an order ends it, with the reason of the venue', async () => {
    const desk = await openDesk();
    desk.exchange.faults.push('lost-before');
    const [order] = await place(desk);
    const clientOrderId = now(desk, order).clientOrderId;
    await tell(desk, refusal(desk, { clientOrderId, venueOrderId: null, what: 'submit' }));
    expect(now(desk, order)).toMatchObject({ state: 'Rejected', reason: 'too late to cancel' });
    expect(desk.notices.filter(({ title }) => title === 'Order rejected')).toHaveLength(1);
  });

  it('of a change that was taken all the same makes it unknown until the venue was asked', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    desk.exchange.amend = async () => {
      await tell(desk, refusal(desk, { what: 'amend', reason: 'too many changes' }));
    };
    await desk.trading.amend(order?.clientOrderId as string, { limitPrice: '99' as never });
    expect(now(desk, order)).toMatchObject({ state: 'Unknown', pending: null });
    await desk.clock.pass(3000);
    expect(now(desk, order)).toMatchObject({ state: 'Accepted', terms: { limitPrice: '99.5' } });
  });

  it('of an order that nobody knows changes nothing', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    const entries = desk.journal.entries.length;
    await tell(desk, refusal(desk, { venueOrderId: venueOrderId('V99') }));
    await tell(desk, refusal(desk, { venueOrderId: null, clientOrderId: null }));
    expect(desk.journal.entries).toHaveLength(entries);
    expect(now(desk, order).state).toBe('Accepted');
    expect(desk.defects).toEqual([]);
  });
});

describe('what a venue tells of an account', () => {
  it('its money is shown at once; its positions only when they are compared', async () => {
    const desk = await openDesk();
    await hold(desk, '10');
    const balance = await desk.exchange.balances(ACCOUNT);
    const [position] = await desk.exchange.positions(ACCOUNT);
    await tell(desk, { ...balance, equity: decimal('90000') });
    expect(desk.trading.accounts()).toMatchObject([{ equity: '90000', dayProfit: '-10000' }]);
    await tell(desk, { ...(position as NonNullable<typeof position>), quantity: decimal('77') });
    expect(desk.trading.positions()).toMatchObject([{ quantity: '10' }]);
    expect(desk.trading.cases.list(true)).toEqual([]);
  });

  it('its money that cannot be noted is a defect that is told, and the figures still count', async () => {
    const desk = await openDesk();
    const balance = await desk.exchange.balances(ACCOUNT);
    desk.journal.failing = true;
    await tell(desk, { ...balance, equity: decimal('200000') });
    expect(desk.defects.join()).toMatch(/balance: .*(disk full|journal)/i);
    expect(desk.trading.accounts()).toMatchObject([{ equity: '200000' }]);
    expect(desk.notices).toContainEqual(
      expect.objectContaining({ title: 'The order journal cannot be written' }),
    );
    const [order] = await place(desk).catch(() => [undefined]);
    expect(order?.state ?? 'none').not.toBe('Accepted');
    expect(desk.exchange.orders).toEqual([]);
  });
});

describe('the feed', () => {
  it('gathers what happens, and says nothing once it is closed', async () => {
    const clock = new FakeClock();
    const told: string[] = [];
    const feed = new TradingFeed({
      emit: (name) => told.push(name),
      clock,
      riskView: () => ({}) as never,
    });
    // Values before there is a desk have nothing to tell.
    feed.values();
    await clock.pass(5000);
    expect(told).toEqual([]);
    const desk = await openDesk({ clock });
    feed.attach(desk.trading);
    const [order] = await place(desk);
    feed.onOrder(now(desk, order));
    feed.onOrder(now(desk, order));
    feed.values();
    feed.values();
    await clock.pass(5000);
    expect(told.toSorted()).toEqual(['accounts.changed', 'orders.changed', 'positions.changed']);
    feed.onRisk();
    feed.onFill(desk.exchange.fill(0, '100', '99.5') as never);
    await clock.pass(5000);
    expect(told.slice(3).toSorted()).toEqual(['fills.added', 'risk.changed']);
    feed.onRisk();
    feed.values();
    feed.close();
    feed.onRisk();
    feed.values();
    await clock.pass(5000);
    expect(told).toHaveLength(5);
  });
});

describe('a venue that is not there', () => {
  it('whose accounts cannot be asked for is asked again with the next comparison', async () => {
    const clock = new FakeClock();
    const exchange = new Exchange(clock);
    const accounts = exchange.accounts.bind(exchange);
    exchange.accounts = () => Promise.reject(new Error('no answer'));
    const desk = await openDesk({ clock, exchange });
    expect(desk.trading.accounts()).toEqual([]);
    expect(desk.defects).toEqual(['connection: Error: no answer']);
    exchange.accounts = accounts;
    await clock.pass(61_000);
    expect(desk.trading.accounts()).toMatchObject([{ id: ACCOUNT }]);
    expect((await place(desk))[0]?.state).toBe('Accepted');
  });

  it('refuses tickets by the name of the account, and none is noted', async () => {
    const desk = await openDesk();
    desk.trading.removeVenue('test');
    desk.trading.removeVenue('test');
    await expect(place(desk)).rejects.toThrow('There is no account PAPER1; connect a venue first.');
    expect([...desk.trading.log.ledger.all()]).toEqual([]);
  });

  it('answers a request that was given before with what became of it', async () => {
    const desk = await openDesk();
    const { orders } = await desk.trading.place('one', ticketOf(), PERSON);
    desk.trading.removeVenue('test');
    const again = await desk.trading.place('one', ticketOf(), PERSON);
    expect(again.orders.map(({ clientOrderId }) => clientOrderId)).toEqual(
      orders.map(({ clientOrderId }) => clientOrderId),
    );
    expect(again.check).toMatchObject({ allowed: true, sentence: '' });
    expect(desk.exchange.orders).toHaveLength(1);
  });

  it('keeps its wishes for itself: a what-if that fails leaves the check without it', async () => {
    const desk = await openDesk();
    desk.exchange.connection = { ...desk.exchange.connection };
    const margins = Object.assign(desk.exchange, {
      whatIf: async () => ({
        initialMarginChange: decimal('4975'),
        maintenanceMarginChange: null,
        commission: decimal('1.25'),
        warning: 'Margin is high today.',
      }),
    });
    const check = await desk.trading.check(ticketOf(), PERSON);
    expect(check.estimate).toMatchObject({ fee: '1.25', initialMargin: '4975' });
    expect(check.warnings).toEqual(['Margin is high today.']);
    margins.whatIf = () => Promise.reject(new Error('no answer'));
    const without = await desk.trading.check(ticketOf(), PERSON);
    expect(without.estimate).toMatchObject({ fee: null, initialMargin: null });
    expect(without.allowed).toBe(true);
  });
});

describe('an algorithm as it is asked for', () => {
  const read = (change: Partial<AlgorithmTicket>) =>
    readAlgorithm(
      {
        account: ACCOUNT,
        instrument: AAPL,
        side: 'buy',
        quantity: '100',
        method: { kind: 'twap', slices: 4 },
        duration: 3_600_000,
        ...change,
      },
      {
        instrument: instrumentOf(AAPL),
        now: unixMillis(0),
        source: PERSON,
        strategy: null,
        requestId: 'R',
        volumes: () => Promise.reject(new Error('none')),
      },
    );

  it('shows a part, or follows the market, in exact figures', async () => {
    const iceberg = await read({ method: { kind: 'iceberg', display: '10.0' }, smallest: '5.0' });
    expect(iceberg.order).toMatchObject({ method: { display: '10' }, smallest: '5' });
    expect(noteOf(iceberg.order.method)).toBe(
      'It shows 10 at a time and sends the next part when that is filled.',
    );
    const notes = await Promise.all(
      ['0.02', '-0.02', '0'].map(async (offset) =>
        noteOf((await read({ method: { kind: 'peg', to: 'bid', offset } as never })).order.method),
      ),
    );
    expect(notes).toEqual([
      'It rests at the bid +0.02 and follows it.',
      'It rests at the bid -0.02 and follows it.',
      'It rests at the bid and follows it.',
    ]);
  });

  it('by volume needs a curve or its dataset, one of the two', async () => {
    const message = /method: needs a curve of volume, or the dataset/;
    await expect(read({ method: { kind: 'vwap' } as never })).rejects.toThrow(message);
    await expect(
      read({ method: { kind: 'vwap', curve: [1, 2], dataset: 'D' } as never }),
    ).rejects.toThrow(message);
    await expect(read({ method: { kind: 'vwap', dataset: 'D' } as never })).rejects.toThrow('none');
  });

  it('is not advised about on a market that is halted, stale or unknown', async () => {
    const desk = await openDesk();
    const [order] = await place(desk);
    const quote = {
      bid: 99.99,
      ask: 100.01,
      bidSize: null,
      askSize: null,
      stale: false,
      halted: false,
    } as unknown as QuoteView;
    const advise = (market: { quote: QuoteView | null; known?: boolean }) =>
      adviceOf(order as never, 'normal', {
        quote: market.quote,
        instrument: market.known === false ? null : instrumentOf(AAPL),
        dayVolume: Number.NaN,
      });
    expect(advise({ quote })?.text).toMatch(/order|algorithm/);
    expect(advise({ quote: null })).toBeNull();
    expect(advise({ quote, known: false })).toBeNull();
    expect(advise({ quote: { ...quote, stale: true } })).toBeNull();
    expect(advise({ quote: { ...quote, halted: true } })).toBeNull();
    expect(advise({ quote: { ...quote, bid: null, ask: null } })).toBeNull();
  });
});
