import { describe, expect, it } from 'vitest';
import { quantity } from '../../../../engine/domain/decimal.ts';
import type { JournalDraft } from '../../../../engine/ports/journal.ts';
import { AAPL, ACCOUNT, isLive } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { MemoryJournal } from '../../../support/memory-journal.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { atVenue, hold, now, PERSON, place } from './placing.ts';

/** A disk that takes its time: what is written lasts until `go` is called. */
class SlowJournal extends MemoryJournal {
  #waiting: (() => void)[] = [];
  slow = false;

  override async append(drafts: readonly JournalDraft[]) {
    const added = await super.append(drafts);
    if (this.slow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return added;
  }

  async go(): Promise<void> {
    this.slow = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await settle();
  }
}

async function slowDesk(): Promise<{ desk: TestDesk; journal: SlowJournal }> {
  const journal = new SlowJournal();
  return { desk: await openDesk({ journal }), journal };
}

describe('the kill switch', () => {
  it.each(['slow', 'late'] as const)(
    'takes away an order that was on its way when it was pressed (%s)',
    async (fault) => {
      const desk = await openDesk();
      desk.exchange.faults.push(fault);
      const placing = desk.trading.place('K1', ticketOf(), PERSON);
      await settle();
      const killing = desk.trading.kill(false, 'test', 'kill-switch');
      await desk.clock.pass(60_000);
      await Promise.all([placing, killing]);
      // It arrived at the exchange after everything there had been cancelled.
      expect(atVenue(desk)).toEqual(['buy 100 canceled']);
      expect(desk.trading.log.ledger.open()).toEqual([]);
    },
  );

  it('says which orders may still be working', async () => {
    const desk = await openDesk();
    await place(desk);
    desk.exchange.faults.push('rejected', 'rejected', 'rejected', 'rejected', 'rejected');
    const killing = desk.trading.kill(false, 'test', 'kill-switch');
    await desk.clock.pass(10_000);
    const { failures } = await killing;
    expect(failures.join()).toContain('PAPER1: orders may still be working');
    expect(failures.join()).toContain('buy 100 AAPL.TEST still works');
  });

  it('stops a change that was not sent yet', async () => {
    const { desk, journal } = await slowDesk();
    const [order] = await place(desk);
    const id = now(desk, order).clientOrderId;
    journal.slow = true;
    const amending = desk.trading.amend(id, { quantity: quantity('200') });
    await settle();
    const killing = desk.trading.kill(false, 'test', 'kill-switch');
    await journal.go();
    await desk.clock.pass(5000);
    await Promise.all([amending, killing]);
    expect(desk.exchange.received.filter((what) => what.startsWith('amend'))).toEqual([]);
    expect(atVenue(desk)).toEqual(['buy 100 canceled']);
    expect(now(desk, order)).toMatchObject({ state: 'Canceled', pending: null });
  });

  it('closes at a venue that has no day orders', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    desk.exchange.capabilities = { ...desk.exchange.capabilities, timesInForce: ['gtc', 'ioc'] };
    const killing = desk.trading.kill(true, 'test', 'kill-switch');
    await desk.clock.pass(5000);
    expect(await killing).toMatchObject({ flattened: 1, failures: [] });
    expect(desk.exchange.orders.at(-1)?.terms).toMatchObject({ side: 'sell', timeInForce: 'gtc' });
  });
});

describe('a cancellation', () => {
  it('of an order that is still being written down keeps it from being sent', async () => {
    const { desk, journal } = await slowDesk();
    journal.slow = true;
    const placing = desk.trading.place('C1', ticketOf(), PERSON);
    await settle();
    const [order] = desk.trading.log.ledger.open();
    const canceling = desk.trading.desk.cancel(now(desk, order).clientOrderId);
    await journal.go();
    await Promise.all([placing, canceling]);
    await desk.clock.pass(60_000);
    expect(desk.exchange.orders.filter(isLive)).toEqual([]);
    expect(desk.exchange.received).toEqual([]);
    expect(now(desk, order).state).toBe('Canceled');
  });

  it('of an order that arrived after it is asked for again, and a refusal is not answered at once', async () => {
    const desk = await openDesk();
    desk.exchange.faults.push('late');
    const [order] = await place(desk);
    // The venue knows no such order yet.
    await desk.trading.desk.cancel(now(desk, order).clientOrderId);
    expect(now(desk, order).state).toBe('Unknown');
    const asked = () => desk.exchange.received.filter((what) => what.startsWith('cancel')).length;
    expect(asked()).toBe(1);
    desk.exchange.faults.push(...Array.from({ length: 20 }, () => 'rejected' as const));
    await desk.clock.pass(20_000);
    expect(atVenue(desk)).toEqual(['buy 100 accepted']);
    expect(asked()).toBe(2);
    // Whatever changes about it is another reason to ask, once.
    desk.exchange.fill(0, '10', '99.5');
    await settle();
    expect(asked()).toBe(3);
    desk.exchange.faults.length = 0;
    desk.exchange.fill(0, '10', '99.5');
    await settle();
    expect(now(desk, order)).toMatchObject({ state: 'Canceled', filledQuantity: '20' });
  });

  it('of an exit is not overtaken by its being sent', async () => {
    const desk = await openDesk();
    const [, stop, target] = await place(
      desk,
      ticketOf({ takeProfit: { limitPrice: '105' }, stopLoss: { stopPrice: '95' } }),
    );
    // The stop is sent first and its answer takes seconds; meanwhile the target is not wanted any more.
    desk.exchange.faults.push('slow');
    desk.exchange.fill(0, '100', '99.5');
    await settle();
    const canceling = desk.trading.desk.cancel(now(desk, target).clientOrderId);
    await desk.clock.pass(60_000);
    await canceling;
    expect([now(desk, stop).state, now(desk, target).state]).toEqual(['Accepted', 'Canceled']);
    const live = desk.exchange.orders.filter(isLive).map(({ terms }) => terms.type);
    expect(live).toEqual(['stop']);
  });
});

describe('closing a position', () => {
  it('leaves its stop alone when the closing order would be refused', async () => {
    const desk = await openDesk();
    const [, stop] = await place(desk, ticketOf({ stopLoss: { stopPrice: '95' } }));
    desk.exchange.fill(0, '100', '99.5');
    await desk.clock.pass(4000);
    await desk.trading.risk.setState('halted', 'test', 'user');
    const flattening = desk.trading.flatten('F1', ACCOUNT, AAPL);
    const answer = expect(flattening).rejects.toThrow('Trading is halted');
    await desk.clock.pass(5000);
    await answer;
    expect(now(desk, stop).state).toBe('Accepted');
    await desk.trading.risk.setState('active', '', 'user');
    const closing = desk.trading.flatten('F2', ACCOUNT, AAPL);
    await desk.clock.pass(5000);
    await closing;
    expect(now(desk, stop).state).toBe('Canceled');
    expect(atVenue(desk).at(-1)).toBe('sell 100 accepted');
  });

  it('asked for twice under one request closes it once, and says so the second time', async () => {
    const desk = await openDesk();
    await hold(desk, '100');
    const first = await closed(desk);
    desk.exchange.fill(1, '100', '99');
    await desk.clock.pass(4000);
    const again = await closed(desk);
    expect(again.orders.map(({ clientOrderId }) => clientOrderId)).toEqual(
      first.orders.map(({ clientOrderId }) => clientOrderId),
    );
    expect(atVenue(desk)).toEqual(['buy 100 filled', 'sell 100 filled']);
  });
});

async function closed(desk: TestDesk) {
  const closing = desk.trading.flatten('F1', ACCOUNT, AAPL);
  await desk.clock.pass(5000);
  return closing;
}

describe('the same request again', () => {
  it('gives the same orders, though the ticket would be refused by now', async () => {
    const desk = await openDesk();
    const ticket = ticketOf({
      terms: { type: 'market', limitPrice: undefined },
      stopLoss: { stopPrice: '95' },
    });
    const first = await desk.trading.place('R1', ticket, PERSON);
    // The market has fallen below the stop: a new ticket would be on the wrong side.
    desk.marks.set(AAPL, { bid: 93.99, ask: 94.01, last: 94, time: desk.clock.now() });
    const again = await desk.trading.place('R1', ticket, PERSON);
    expect(again.orders.map(({ clientOrderId }) => clientOrderId)).toEqual(
      first.orders.map(({ clientOrderId }) => clientOrderId),
    );
    // Also after a restart, before the venue is there again.
    const after = await openDesk(desk);
    after.trading.removeVenue('test');
    const later = await after.trading.place('R1', ticket, PERSON);
    expect(later.orders.map(({ state }) => state)).toEqual(['Accepted', 'Initialized']);
    expect(desk.exchange.orders).toHaveLength(1);
  });
});
