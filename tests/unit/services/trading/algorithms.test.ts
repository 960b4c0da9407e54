import { describe, expect, it } from 'vitest';
import { decimal, price, quantity } from '../../../../engine/domain/decimal.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import type { AlgorithmOrder } from '../../../../engine/execution/types.ts';
import type { Algorithms } from '../../../../electron/services/trading/algorithms.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { MemoryJournal } from '../../../support/memory-journal.ts';
import { openDesk, type TestDesk } from '../../../support/trading-desk.ts';

const SECOND = 1000;

interface Live {
  readonly desk: TestDesk;
  readonly algorithms: Algorithms;
  trade(size: number): void;
  pass(milliseconds: number): Promise<void>;
}

/** A machine that sleeps: the calendar goes on, and nothing else. */
class SleepyClock extends FakeClock {
  slept = 0;

  override now() {
    return unixMillis(super.now() + this.slept);
  }
}

/** The desk of the other trading tests, with a tape that the test writes. */
async function live(left?: TestDesk): Promise<Live> {
  const desk = await openDesk(left);
  const { algorithms } = desk.trading;
  return {
    desk,
    algorithms,
    trade: (size) => {
      const time = desk.clock.now();
      const tick = {
        kind: 'trade',
        instrument: AAPL,
        venueTime: time,
        receivedTime: time,
        price: 100,
        size,
        tradeId: '',
        aggressor: 'unknown',
        regular: true,
      } as const;
      for (const listener of desk.tape) listener([tick]);
    },
    pass: (milliseconds) => desk.clock.pass(milliseconds),
  };
}

/** 100 units in four slices of ten seconds. */
function orderOf(desk: TestDesk, change: Partial<AlgorithmOrder> = {}) {
  const start = desk.clock.now();
  const order: Omit<AlgorithmOrder, 'lot' | 'tick'> = {
    side: 'buy',
    quantity: quantity('100'),
    method: { kind: 'twap', slices: 4 },
    start,
    end: start + 40 * SECOND,
    smallest: quantity('1'),
    limitPrice: price('100.05'),
    participation: null,
    catchUp: 'at-once',
    style: 'take',
    every: SECOND,
    finish: 'leave',
    jitter: 0,
    seed: 1,
    ...change,
  };
  requests += 1;
  return {
    requestId: `request-${requests}`,
    hash: JSON.stringify(order),
    source: { kind: 'person', name: '' } as const,
    strategy: null,
    account: ACCOUNT,
    instrument: AAPL,
    order,
  };
}
let requests = 0;

const childrenOf = ({ desk }: Live): string[] =>
  desk.exchange.orders.map(({ terms, status }) => `${terms.quantity} ${status}`);

describe('an execution algorithm at a venue', () => {
  it('places its children through the gate and ends filled', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    const { id } = (await algorithms.begin(orderOf(desk))).standing;
    for (let slice = 0; slice < 4; slice += 1) {
      await settle();
      expect(desk.exchange.orders).toHaveLength(slice + 1);
      desk.exchange.fill(slice, '25', '100.01');
      await market.pass(10 * SECOND);
    }
    const [view] = algorithms.list();
    expect(view?.report).toMatchObject({ status: 'done', filled: '100', children: 4 });
    const first = desk.exchange.orders[0]?.intent;
    expect(first).toMatchObject({
      clientOrderId: `${id}-1`,
      source: { kind: 'algorithm', name: 'twap' },
      tag: id,
      decisionPrice: '100',
    });
    // The gate has seen each of them.
    const seen = desk.journal.entries.filter(({ kind }) => kind === 'risk');
    expect(seen.map(({ subject }) => subject)).toEqual([
      id,
      ...[1, 2, 3, 4].map((n) => `${id}-${n}`),
    ]);
    expect(desk.defects).toEqual([]);
  });

  it('stands still after a restart, says so, and goes on when it is told to', async () => {
    const market = await live();
    const { desk } = market;
    const { id } = (await market.algorithms.begin(orderOf(desk))).standing;
    await settle();
    desk.exchange.fill(0, '10', '100.01');
    await settle();
    await desk.trading.close();
    await desk.clock.pass(12 * SECOND);

    const again = await live(desk);
    await again.pass(3 * SECOND);
    // The child is taken away, and nothing is placed while nobody has looked.
    expect(childrenOf(again)).toEqual(['25 canceled']);
    expect(again.algorithms.list()[0]?.report).toMatchObject({
      status: 'paused',
      reason: 'Renata was started again while it worked.',
      filled: '10',
      working: '0',
      remainder: '90',
    });
    expect(again.desk.notices).toMatchObject([
      {
        title: 'Algorithm paused',
        text: 'twap buy 100 AAPL.TEST: Renata was started again while it worked. 10 of 100 are filled. Look at it, then let it go on or stop it.',
        subject: id,
      },
    ]);
    await again.algorithms.resume(id);
    await again.pass(SECOND);
    // 15 of the first slice and the second slice are placed.
    const [view] = again.algorithms.list();
    expect(view?.id).toBe(id);
    expect(view?.report).toMatchObject({ status: 'working', filled: '10', working: '40' });
    const ids = again.desk.exchange.orders.map(({ intent }) => intent.clientOrderId);
    expect(new Set(ids).size).toBe(ids.length);
    const open = again.desk.exchange.orders.filter(({ status }) => status === 'accepted');
    expect(open.reduce((sum, { terms }) => sum + Number(terms.quantity), 0)).toBe(40);
  });

  it('goes on from a journal that ends right before the child was placed', async () => {
    const market = await live();
    const { desk } = market;
    await market.algorithms.begin(orderOf(desk));
    await settle();
    await desk.trading.close();
    // Everything up to the entry in which the algorithm has decided on its first child, and nothing after.
    const entries = desk.journal.entries;
    const cut = entries.findIndex(
      ({ kind, body }) =>
        kind === 'algorithm' &&
        (JSON.parse(body) as { state: { children: number } }).state.children === 1,
    );
    entries.splice(cut + 1);
    desk.exchange.orders.splice(0);
    const again = await live(desk);
    await again.pass(2 * SECOND);
    expect(childrenOf(again)).toEqual([]);
    const [view] = again.algorithms.list();
    await again.algorithms.resume(view?.id ?? '');
    await again.pass(SECOND);
    expect(childrenOf(again)).toEqual(['25 accepted']);
    expect(again.desk.exchange.orders[0]?.intent.clientOrderId).toMatch(/-2$/);
  });

  it('keeps to its part of the volume that the tape shows', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    market.trade(1e6);
    await algorithms.begin(orderOf(desk, { method: { kind: 'pov', rate: 0.1 } }));
    await market.pass(SECOND);
    expect(childrenOf(market)).toEqual([]);
    market.trade(145);
    await market.pass(SECOND);
    market.trade(60);
    await market.pass(SECOND);
    expect(childrenOf(market)).toEqual(['14 accepted', '6 accepted']);
  });

  it('pauses, goes on and is cancelled', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    const { id } = (await algorithms.begin(orderOf(desk))).standing;
    await settle();
    await algorithms.pause(id);
    await settle();
    expect(childrenOf(market)).toEqual(['25 canceled']);
    await algorithms.resume(id);
    await market.pass(SECOND);
    expect(childrenOf(market)).toEqual(['25 canceled', '25 accepted']);
    await algorithms.cancel(id);
    await market.pass(SECOND);
    expect(childrenOf(market)).toEqual(['25 canceled', '25 canceled']);
    expect(algorithms.list()[0]?.report).toMatchObject({ status: 'done', remainder: '100' });
    await expect(algorithms.pause('none')).rejects.toThrow('algorithm:');
  });

  it('pauses when the gate refuses its orders, and says why', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    const { id } = (await algorithms.begin(orderOf(desk))).standing;
    await settle();
    desk.exchange.fill(0, '25', '100.01');
    await desk.trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxOrderQuantity: decimal('20') },
    );
    await market.pass(25 * SECOND);
    expect(childrenOf(market)).toEqual(['25 filled']);
    const [view] = algorithms.list();
    expect(view?.report).toMatchObject({ status: 'paused', children: 4, filled: '25' });
    expect(view?.report.reason).toBe(
      'Its last orders were refused one after the other. The order is for 25 AAPL; the most in one order is 20.',
    );
    expect(desk.notices.at(-1)).toMatchObject({ title: 'Algorithm paused', subject: id });
  });

  it('asks the gate for the whole before it begins', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    // 100 units at no more than 100.05 are 10,005; each child would be worth a quarter of it.
    await desk.trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxOrderNotional: decimal('10000') },
    );
    const request = orderOf(desk);
    const { standing, decision } = await algorithms.begin(request);
    expect(decision).toMatchObject({ allowed: false, largest: '99' });
    expect(standing).toMatchObject({ denied: true, report: { status: 'done', children: 0 } });
    expect(standing.report.reason).toMatch(/^Denied \(MAX_ORDER_NOTIONAL\): /);
    await market.pass(30 * SECOND);
    expect(desk.exchange.received).toEqual([]);
    // It stays denied, also after a start and with more room.
    await desk.trading.close();
    const again = await live(desk);
    await again.desk.trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxOrderNotional: null },
    );
    const second = await again.algorithms.begin(request);
    expect(second.decision.allowed).toBe(false);
    await again.pass(30 * SECOND);
    expect(desk.exchange.received).toEqual([]);
  });

  it('begins once for each request, at the same time and after a restart', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    const request = orderOf(desk);
    const [first, second] = await Promise.all([
      algorithms.begin(request),
      algorithms.begin(request),
    ]);
    expect(second.standing.id).toBe(first.standing.id);
    await settle();
    expect(childrenOf(market)).toEqual(['25 accepted']);
    await expect(algorithms.begin({ ...request, hash: 'another' })).rejects.toThrow(
      `The request ${request.requestId} was given before with another order`,
    );
    await desk.trading.close();
    const again = await live(desk);
    const third = await again.algorithms.begin(request);
    expect(third.standing.id).toBe(first.standing.id);
    expect(again.algorithms.list()).toHaveLength(1);
  });

  it('shows its schedule and what the gate says, and begins nothing', async () => {
    const { desk, algorithms } = await live();
    const before = desk.journal.entries.length;
    const request = orderOf(desk, {
      quantity: quantity('10'),
      method: { kind: 'twap', slices: 4 },
    });
    const { schedule, decision } = await algorithms.preview(request);
    const { start } = request.order;
    // 2.5, 5 and 7.5 rounded half to even are 2, 5 and 8.
    expect(schedule.map(({ quantity: units }) => units)).toEqual(['2', '3', '3', '2']);
    expect(schedule[1]).toMatchObject({ from: start + 10 * SECOND, to: start + 20 * SECOND });
    expect(decision.allowed).toBe(true);
    expect(algorithms.list()).toEqual([]);
    expect(desk.journal.entries).toHaveLength(before);
  });

  it('says what it left and why', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    const { id } = (await algorithms.begin(orderOf(desk))).standing;
    await settle();
    desk.exchange.fill(0, '25', '100.01');
    desk.marks.set(AAPL, { bid: 100.2, ask: 100.22, last: 100.2, time: desk.clock.now() });
    await market.pass(45 * SECOND);
    const [view] = algorithms.list();
    expect(view?.report).toMatchObject({
      status: 'done',
      filled: '25',
      remainder: '75',
      reason: 'Its time ended with the market beyond its limit of 100.05.',
    });
    expect(view?.averagePrice).toBe('100.01');
    expect(desk.notices.at(-1)).toMatchObject({
      level: 'warning',
      title: 'Algorithm ended with a remainder',
      text: 'twap buy 100 AAPL.TEST: 75 of 100 are not filled. Its time ended with the market beyond its limit of 100.05.',
      subject: id,
    });
  });

  it('is never doubled, wherever it was killed', async () => {
    const first = await live();
    const { desk } = first;
    await first.algorithms.begin(orderOf(desk));
    for (let slice = 0; slice < 4; slice += 1) {
      await settle();
      if (slice < 3) desk.exchange.fill(slice, slice === 1 ? '10' : '25', '100.01');
      await first.pass(10 * SECOND - 1);
      if (slice < 3) await first.pass(1);
    }
    const whole = [...desk.journal.entries];
    await desk.trading.close();
    const { exchange } = desk;
    const orders = exchange.orders.map((order) => ({ ...order }));
    const trades = [...exchange.trades];
    const begins = whole.findIndex(({ kind }) => kind === 'algorithm');
    for (let cut = begins + 1; cut <= whole.length; cut += 1) {
      const left = whole.slice(0, cut);
      // What was not journaled as sent has not been sent.
      const sent = new Set(
        left.flatMap(({ kind, subject, body }) =>
          kind === 'order' && body.includes('"submitted"') ? [subject] : [],
        ),
      );
      const there = orders.filter(({ intent }) => sent.has(intent.clientOrderId));
      const known = trades.filter(({ clientOrderId }) => sent.has(clientOrderId as string));
      exchange.orders.splice(0, Infinity, ...there.map((order) => ({ ...order })));
      exchange.trades.splice(0, Infinity, ...known);
      exchange.received.splice(0);
      const again = await live({ ...desk, journal: new MemoryJournal(left) });
      await again.pass(SECOND);
      const before = exchange.received.filter((what) => what.startsWith('submit'));
      const [view] = again.algorithms.list();
      expect([cut, before]).toEqual([cut, []]);
      expect(view?.report.status).not.toBe('working');
      await again.algorithms.resume(view?.id ?? '');
      for (let i = 0; i < 3; i += 1) {
        await again.pass(SECOND);
        for (const [at, { status, terms, filled }] of exchange.orders.entries()) {
          const rest = Number(terms.quantity) - Number(filled);
          if (status === 'accepted' && rest > 0) exchange.fill(at, String(rest), '100.01');
        }
      }
      await again.pass(SECOND);
      const bought = exchange.trades.reduce((sum, trade) => sum + Number(trade.quantity), 0);
      expect([cut, bought <= 100]).toEqual([cut, true]);
      expect(again.algorithms.list()[0]?.report.filled).toBe(String(bought));
      expect(again.desk.defects).toEqual([]);
      await again.desk.trading.close();
    }
  });

  it.each([
    ['over its end: what is left is not taken hours late', 8 * 3600 * SECOND, 'done'],
    ['in the middle: its slices are not made up for at once', 1800 * SECOND, 'paused'],
  ])('stands still after a sleep of the machine %s', async (_name, asleep, status) => {
    const clock = new SleepyClock();
    const market = await live(await openDesk({ clock }));
    const { desk, algorithms } = market;
    const end = clock.now() + 3600 * SECOND;
    await algorithms.begin(orderOf(desk, { end, finish: 'take', limitPrice: null }));
    await market.pass(2 * SECOND);
    desk.exchange.fill(0, '25', '100.01');
    await settle();
    clock.slept += asleep;
    // What it hears at its waking comes before its own clock.
    desk.exchange.setPhase('ready');
    await market.pass(5 * SECOND);
    expect(childrenOf(market)).toEqual(['25 filled']);
    expect(algorithms.list()[0]?.report).toMatchObject({ status, filled: '25', remainder: '75' });
    expect(desk.notices.map(({ text }) => text).join()).toContain('The machine slept');
  });

  it('ends with the kill switch', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    await algorithms.begin(orderOf(desk));
    await settle();
    const killed = desk.trading.kill(false, 'test', 'user');
    await market.pass(5 * SECOND);
    await killed;
    await desk.trading.risk.setState('active', 'test', 'user');
    await market.pass(30 * SECOND);
    expect(childrenOf(market)).toEqual(['25 canceled']);
    expect(algorithms.list()[0]?.report.reason).toBe('Stopped by the kill switch.');
  });

  it('takes the child away where the venue cannot change orders', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    desk.exchange.capabilities = { ...desk.exchange.capabilities, amend: 'none' };
    const method = { kind: 'peg', to: 'bid', offset: price('0') } as const;
    await algorithms.begin(orderOf(desk, { method }));
    await settle();
    desk.marks.set(AAPL, { bid: 100, ask: 100.04, last: 100, time: desk.clock.now() });
    await market.pass(3 * SECOND);
    expect(
      desk.exchange.orders.map(({ terms, status }) => `${terms.limitPrice} ${status}`),
    ).toEqual(['99.99 canceled', '100 accepted']);
  });

  it('refuses an order that cannot be worked, and journals nothing', async () => {
    const { desk, algorithms } = await live();
    const before = desk.journal.entries.length;
    await expect(algorithms.begin(orderOf(desk, { quantity: quantity('0.5') }))).rejects.toThrow(
      'quantity:',
    );
    expect(desk.journal.entries).toHaveLength(before);
  });
});
