import { afterEach, describe, expect, it } from 'vitest';
import type { UserStreamKind } from '../../../electron/adapters/binance/settings.ts';
import { decimal } from '../../../engine/domain/decimal.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import {
  ACCOUNT,
  closeRig,
  fillsOf,
  intent,
  openRig,
  refOf,
  terms,
  untilStatus,
  type Rig,
  type RigOptions,
} from './rig.ts';

let rig: Rig;

async function open(options: RigOptions = {}): Promise<Rig> {
  rig = await openRig(options);
  await rig.execution.connect();
  return rig;
}

const part = (name: string) => rig.execution.connection.parts.find((each) => each.name === name);
const working = (): boolean | undefined => part('orders')?.working;
const numberOf = (order: OrderIntent): number =>
  rig.stub.exchange.named('BTCUSDT', order.clientOrderId).id;
const ready = (): Promise<void> => expect.poll(() => rig.execution.connection.phase).toBe('ready');

/** What holds for the stream of orders, whichever way it comes. */
export function userStreamChecks(userStream: UserStreamKind): void {
  describe(`the stream of orders by ${userStream}`, () => {
    const settings = { userStream };
    afterEach(() => closeRig(rig));

    it('blocks new orders while it is down, and comes back to be compared', async () => {
      await open({ settings });
      const order = intent(terms());
      await rig.execution.submit([order]);
      const before = rig.phases.length;
      rig.stub.streams.refuse = 503;
      rig.stub.streams.dropUsers();
      await expect.poll(working).toBe(false);
      expect(rig.execution.connection.phase).toBe('reconnecting');
      expect(rig.execution.connection.until).not.toBeNull();
      // Nobody is told of what happens now.
      rig.stub.exchange.fill('BTCUSDT', numberOf(order), decimal('0.004'), decimal('49000'));
      rig.stub.streams.refuse = null;
      await ready();
      expect(working()).toBe(true);
      expect(rig.phases.slice(before)).toEqual(['reconnecting', 'synchronizing', 'ready']);
      expect(fillsOf(rig)).toEqual([]);
      const fills = await rig.execution.fills(ACCOUNT, unixMillis(Date.now() - 60_000));
      expect(fills.map(({ quantity }) => quantity)).toEqual(['0.004']);
      expect((await rig.execution.order(refOf(order)))?.status).toBe('partially-filled');
    });

    it('notices that a connection is half open', async () => {
      await open({ settings });
      const before = rig.phases.length;
      rig.stub.streams.freeze();
      // The list of all states, since it may be down for shorter than one look at it takes.
      await expect
        .poll(() => rig.phases.slice(before))
        .toEqual(['reconnecting', 'synchronizing', 'ready']);
      const order = intent(terms({ type: 'market' }));
      await rig.execution.submit([order]);
      await untilStatus(rig, order, 'filled');
    });

    it('survives a restart of the venue', async () => {
      await open({ settings });
      const order = intent(terms());
      await rig.execution.submit([order]);
      await rig.stub.restart();
      await expect.poll(() => rig.phases.includes('reconnecting')).toBe(true);
      await ready();
      rig.stub.exchange.fill('BTCUSDT', numberOf(order), decimal('1'), decimal('49000'));
      await untilStatus(rig, order, 'filled');
    });

    it('tells doubled and reordered events as what they are', async () => {
      await open({ settings });
      const order = intent(terms());
      await rig.execution.submit([order]);
      rig.stub.streams.holding = true;
      for (const size of ['0.002', '0.003', '0.005'])
        rig.stub.exchange.fill('BTCUSDT', numberOf(order), decimal(size), decimal('49000'));
      rig.stub.streams.release((events) => [...events, ...events].toReversed());
      await expect.poll(() => fillsOf(rig).length).toBe(6);
      const booked = new Map(fillsOf(rig).map((fill) => [fill.tradeId, fill.quantity]));
      expect([...booked.values()].toSorted()).toEqual(['0.002', '0.003', '0.005']);
    });

    it('takes 20,000 messages that cannot be read without a crash or a wrong state', async () => {
      await open({ settings });
      const order = intent(terms());
      await rig.execution.submit([order]);
      await untilStatus(rig, order, 'accepted');
      rig.reports.length = 0;
      const before = rig.phases.length;
      const wrap = (event: unknown): string =>
        JSON.stringify(userStream === 'listen-key' ? event : { subscriptionId: 0, event });
      rig.stub.streams.holding = true;
      rig.stub.exchange.fill('BTCUSDT', numberOf(order), decimal('0.004'), decimal('49000'));
      const [good, account] = rig.stub.streams.held as [Record<string, unknown>, object];
      const broken = malformed(good, account, wrap);
      for (let sent = 0; sent < 20_000; sent += 1)
        rig.stub.streams.sendUsers(broken[sent % broken.length] as string);
      await expect.poll(() => rig.execution.malformed).toBe(20_000);
      expect(rig.reports.filter(({ kind }) => kind !== 'balance')).toEqual([]);
      // Not every one is a line of the log.
      expect(rig.logs.length).toBeLessThan(100);
      rig.stub.streams.release();
      await untilStatus(rig, order, 'partially-filled');
      expect(fillsOf(rig)).toMatchObject([{ quantity: '0.004', price: '49000' }]);
      await expect
        .poll(() => rig.phases.slice(before, before + 2))
        .toEqual(['synchronizing', 'ready']);
    }, 20_000);

    it('ends everything with the connection', async () => {
      await open({ settings });
      await rig.execution.disconnect();
      expect(rig.execution.connection.phase).toBe('disconnected');
      await expect.poll(() => rig.stub.streams.clients.size).toBe(0);
      await expect.poll(() => rig.stub.listenKeys.size).toBe(0);
      await rig.execution.connect();
      expect(rig.execution.connection.phase).toBe('ready');
    });
  });
}

/** Messages that are nearly right, each wrong in one thing. */
function malformed(
  good: Readonly<Record<string, unknown>>,
  account: object,
  wrap: (event: unknown) => string,
): readonly string[] {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    s: [null, '', 7],
    c: [null, 5],
    S: ['LONG', null],
    q: ['many', '-1', 1, null, '1e999', 'NaN'],
    p: ['x', null, '-5'],
    z: [null, 'Infinity', '-0.1'],
    l: [null, {}, '0'],
    L: ['', [], '0.00000000'],
    X: ['DONE', null],
    i: ['5', -1, 1.5, 2 ** 53],
    t: [null, 'x', -1],
    T: [null, 'now', -5],
    n: ['free', {}],
    Z: [null],
  };
  const events = Object.entries(wrong).flatMap(([letter, values]) =>
    values.map((value) => wrap({ ...good, [letter]: value })),
  );
  const whole = wrap(good);
  return [
    ...events,
    ...[0.1, 0.5, 0.9].map((share) => whole.slice(0, Math.floor(whole.length * share))),
    '',
    'null',
    '[]',
    '7',
    '"text"',
    '{}',
    '{"event":null}',
    '{"e":5}',
    '{"event":{"e":null}}',
    wrap({ e: 'executionReport' }),
    wrap({ ...account, B: 'all' }),
    wrap({ ...account, B: [{ a: 'BTC', f: 'x', l: '0' }] }),
    wrap({ ...account, u: null }),
  ];
}
