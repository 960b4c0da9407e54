import { describe, expect, it } from 'vitest';
import type { AdapterContext, AdapterManifest } from '../../../electron/net/adapter.ts';
import { act, type ActOptions } from '../../../electron/watchdog/act.ts';
import { decimal, price, quantity } from '../../../engine/domain/decimal.ts';
import { clientOrderId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { AAPL, ACCOUNT, Exchange } from '../../support/exchange.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HOUR = 3_600_000;

function intentOf(n: number): OrderIntent {
  return {
    clientOrderId: clientOrderId(`OUT${n}`),
    account: ACCOUNT,
    instrument: AAPL,
    terms: {
      side: 'buy',
      type: 'limit',
      quantity: quantity('10'),
      limitPrice: price('99'),
      timeInForce: 'day',
    },
    source: { kind: 'external', name: '' },
    strategy: null,
    group: null,
    parent: null,
    decidedAt: new FakeClock().now(),
    decisionPrice: null,
    tag: '',
  };
}

function rigOf(change: Partial<ActOptions> = {}) {
  const clock = new FakeClock();
  const exchange = new Exchange(clock);
  for (const n of [1, 2]) exchange.placeOutside(intentOf(n));
  exchange.moved.set(AAPL, decimal('-40'));
  const said: string[] = [];
  const manifest = {
    id: 'test',
    open: () => ({ execution: exchange }),
  } as unknown as AdapterManifest;
  const run = (flatten: boolean, milliseconds: number): Promise<void> => {
    void act([{ id: 'test', settings: {}, keys: {}, accounts: [{ id: ACCOUNT, flatten }] }], {
      manifests: [manifest],
      context: () => ({}) as AdapterContext,
      clock,
      record: (_account, text) => said.push(text),
      released: () => false,
      ...change,
    });
    return clock.pass(milliseconds);
  };
  const closing = () => exchange.orders.slice(2).map(({ terms }) => terms);
  return { clock, exchange, said, run, closing };
}

describe('what the watchdog does at a venue', () => {
  it('cancels every order and leaves positions alone', async () => {
    const { exchange, said, run, closing } = rigOf();
    await run(false, 10_000);
    expect(exchange.orders.map(({ status }) => status)).toEqual(['canceled', 'canceled']);
    expect(closing()).toEqual([]);
    expect(said).toEqual(['2 orders cancelled; none works any more.']);
    expect(exchange.connection.phase).toBe('disconnected');
  });

  it('closes positions by one order each, once no order works', async () => {
    const { exchange, run, closing } = rigOf();
    await run(true, 10_000);
    expect(closing()).toMatchObject([{ side: 'buy', type: 'market', quantity: '40' }]);
    expect(exchange.received.map((what) => what.split(' ')[0])).toEqual(['cancel', 'submit']);
  });

  it.each([
    ['lost-after', 'its answer was lost', 1],
    ['late', 'its answer was lost', 1],
    ['lost-before', 'did not arrive', 0],
    ['rejected', 'could not be closed', 0],
  ] as const)('never sends a closing order twice: %s', async (fault, words, arrived) => {
    const { exchange, said, run, closing } = rigOf();
    exchange.faults.push('none', fault);
    await run(true, HOUR);
    expect(closing()).toHaveLength(arrived);
    expect(exchange.received.filter((what) => what.startsWith('submit'))).toHaveLength(1);
    expect(said.at(-1)).toContain(words);
  });

  it('says where to look when the venue does not tell what became of a closing order', async () => {
    const { exchange, said, run } = rigOf();
    exchange.faults.push('none', 'lost-before');
    exchange.brokenQueries.add('order');
    await run(true, HOUR);
    expect(said.at(-1)).toMatch(/is not known .* Look there now\./);
  });

  it('tries for an hour, notes each reason once, and closes nothing while orders may work', async () => {
    const { clock, exchange, said, run, closing } = rigOf();
    exchange.brokenQueries.add('orders');
    await run(true, HOUR / 2);
    expect(said).toEqual(['Could not cancel orders: no answer. Trying again.']);
    exchange.brokenQueries.clear();
    exchange.faults.push('rejected', 'lost-before');
    await clock.pass(HOUR / 4);
    expect(said).toContain('Could not cancel orders: insufficient funds. Trying again.');
    expect(said).toContain('2 orders cancelled; none works any more.');
    expect(closing()).toHaveLength(1);

    const other = rigOf();
    other.exchange.brokenQueries.add('orders');
    await other.run(true, 2 * HOUR);
    expect(other.said.at(-1)).toContain('Gave up to cancel orders after an hour');
    expect(other.closing()).toEqual([]);
  });

  it('stops once a person has allowed trading again', async () => {
    let released = false;
    const { clock, exchange, said, run } = rigOf({ released: () => released });
    exchange.brokenQueries.add('orders');
    await run(true, 10_000);
    released = true;
    exchange.brokenQueries.clear();
    await clock.pass(HOUR);
    expect(exchange.received).toEqual([]);
    expect(said.at(-1)).toContain('nothing more was done');
  });

  it('says so where a connection cannot be opened', async () => {
    const { said, run } = rigOf({
      manifests: [
        {
          id: 'test',
          open: () => {
            throw new Error('a key is missing');
          },
        } as unknown as AdapterManifest,
      ],
    });
    await run(true, 1000);
    expect(said).toEqual(['test cannot be opened: a key is missing. Look there now.']);
  });
});
