import { describe, expect, it } from 'vitest';
import { price, quantity } from '../../../../engine/domain/decimal.ts';
import type { AlgorithmOrder } from '../../../../engine/execution/types.ts';
import type { Algorithms } from '../../../../electron/services/trading/algorithms.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, type TestDesk } from '../../../support/trading-desk.ts';

const SECOND = 1000;

interface Live {
  readonly desk: TestDesk;
  readonly algorithms: Algorithms;
  trade(size: number): void;
  pass(milliseconds: number): Promise<void>;
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
  return { account: ACCOUNT, instrument: AAPL, order };
}

const childrenOf = ({ desk }: Live): string[] =>
  desk.exchange.orders.map(({ terms, status }) => `${terms.quantity} ${status}`);

describe('an execution algorithm at a venue', () => {
  it('places its children through the gate and ends filled', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    const { id } = await algorithms.begin(orderOf(desk));
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
    expect(seen.map(({ subject }) => subject)).toEqual([1, 2, 3, 4].map((n) => `${id}-${n}`));
    expect(desk.defects).toEqual([]);
  });

  it('goes on after a restart and places no child twice', async () => {
    const market = await live();
    const { desk } = market;
    const { id } = await market.algorithms.begin(orderOf(desk));
    await settle();
    desk.exchange.fill(0, '10', '100.01');
    await settle();
    await desk.trading.close();
    await desk.clock.pass(12 * SECOND);

    const again = await live(desk);
    await again.pass(3 * SECOND);
    // The first child is taken away; its 15 and the second slice are placed.
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
    const { id } = await algorithms.begin(orderOf(desk));
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

  it('pauses when the gate refuses its orders', async () => {
    const market = await live();
    const { desk, algorithms } = market;
    await desk.trading.kill(false, 'test', 'user');
    await algorithms.begin(orderOf(desk));
    await market.pass(5 * SECOND);
    expect(childrenOf(market)).toEqual([]);
    const [view] = algorithms.list();
    expect(view?.report).toMatchObject({ status: 'paused', children: 3, filled: '0' });
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
