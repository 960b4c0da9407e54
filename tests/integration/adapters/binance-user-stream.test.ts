import { afterEach, describe, expect, it } from 'vitest';
import { decimal } from '../../../engine/domain/decimal.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import {
  ACCOUNT,
  closeRig,
  failureOf,
  fillsOf,
  intent,
  openRig,
  QUICK,
  refOf,
  terms,
  untilStatus,
  type Rig,
  type RigOptions,
} from '../../stubs/binance/rig.ts';
import { StubBinance } from '../../stubs/binance/server.ts';

let rig: Rig;

async function open(options: RigOptions = {}): Promise<Rig> {
  rig = await openRig(options);
  await rig.execution.connect();
  return rig;
}

afterEach(() => closeRig(rig));

const part = (name: string) => rig.execution.connection.parts.find((each) => each.name === name);
const working = (): boolean | undefined => part('orders')?.working;
const numberOf = (order: OrderIntent): number =>
  rig.stub.exchange.named('BTCUSDT', order.clientOrderId).id;
const ready = (): Promise<void> => expect.poll(() => rig.execution.connection.phase).toBe('ready');

for (const userStream of ['websocket-api', 'listen-key'] as const) {
  describe(`the stream of orders by ${userStream}`, () => {
    const settings = { userStream };

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
      rig.stub.streams.freeze();
      await expect.poll(working).toBe(false);
      await ready();
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

describe('the subscription of the WebSocket API', () => {
  it('waits when the venue cannot be reached at first', async () => {
    const stub = await StubBinance.start();
    stub.fault({ call: 'GET', times: 4, what: { kind: 'status', status: 503 } });
    await open({ stub });
    expect(rig.execution.connection.phase).toBe('reconnecting');
    await expect.poll(() => rig.execution.connection.phase).toBe('ready');
  });

  it('gives up on a connection that never lets it in, and takes another', async () => {
    rig = await openRig();
    rig.stub.streams.mute = true;
    const connecting = rig.execution.connect();
    await expect.poll(() => rig.execution.connection.phase).toBe('reconnecting');
    rig.stub.streams.mute = false;
    await connecting;
    await ready();
  });

  it('begins anew when the venue ends it or goes down', async () => {
    await open();
    for (const e of ['eventStreamTerminated', 'serverShutdown']) {
      const before = rig.phases.length;
      rig.stub.streams.sendUsers(JSON.stringify({ event: { e, E: Date.now() } }));
      await expect
        .poll(() => rig.phases.slice(before))
        .toEqual(['reconnecting', 'synchronizing', 'ready']);
    }
  });

  it('tries again when it is refused for now, and leaves the rest to the user', async () => {
    rig = await openRig();
    rig.stub.streams.subscriptionError = { status: 429, code: -1003, msg: 'Too many requests.' };
    await rig.execution.connect();
    expect(rig.execution.connection.phase).toBe('reconnecting');
    rig.stub.streams.subscriptionError = { status: 401, code: -2015, msg: 'Invalid API-key.' };
    await expect.poll(() => rig.execution.connection.phase).toBe('needs-user');
    const { heard } = rig.stub.streams;
    const before = heard.length;
    rig.stub.streams.subscriptionError = null;
    expect(heard).toHaveLength(before);
    // The user has mended it.
    await rig.execution.connect();
    expect(rig.execution.connection.phase).toBe('ready');
  });
});

describe('a connection that is ended and made again at once', () => {
  it('has one stream', async () => {
    rig = await openRig();
    rig.stub.fault({
      call: 'GET /api/v3/account',
      what: { kind: 'slow', milliseconds: 100 },
    });
    const first = rig.execution.connect();
    await expect.poll(() => rig.stub.calls.includes('GET /api/v3/account')).toBe(true);
    await rig.execution.disconnect();
    await rig.execution.connect();
    await first;
    expect(rig.execution.connection.phase).toBe('ready');
    // The slow answer of the first comes, and has time to be taken for one of the second.
    await expect.poll(() => rig.stub.queries.length).toBe(rig.stub.calls.length);
    for (let i = 0; i < 5; i += 1) await rig.execution.positions(ACCOUNT);
    expect(rig.stub.streams.heard).toHaveLength(1);
  });
});

describe('listen keys', () => {
  const settings = { userStream: 'listen-key' } as const;
  const keyCalls = (method: string): number =>
    rig.stub.calls.filter((call) => call === `${method} /api/v3/userDataStream`).length;

  it('are kept alive', async () => {
    await open({ settings, patience: { ...QUICK, keepAlive: 30 } });
    await expect.poll(() => keyCalls('PUT')).toBeGreaterThan(3);
    expect(keyCalls('POST')).toBe(1);
    expect(rig.execution.connection.phase).toBe('ready');
  });

  it('are made anew when they have expired, and everything is compared', async () => {
    await open({ settings });
    const order = intent(terms());
    await rig.execution.submit([order]);
    const [first] = rig.stub.listenKeys.keys();
    const before = rig.phases.length;
    rig.stub.expireListenKeys();
    await expect
      .poll(() => rig.phases.slice(before))
      .toEqual(['reconnecting', 'synchronizing', 'ready']);
    expect([...rig.stub.listenKeys.keys()]).not.toContain(first);
    rig.stub.exchange.fill('BTCUSDT', numberOf(order), decimal('1'), decimal('49000'));
    await untilStatus(rig, order, 'filled');
  });

  it('are made anew when the venue does not know them any more and tells nobody', async () => {
    await open({ settings, patience: { ...QUICK, keepAlive: 50 } });
    const before = rig.phases.length;
    rig.stub.listenKeys.clear();
    await expect
      .poll(() => rig.phases.slice(before))
      .toEqual(['reconnecting', 'synchronizing', 'ready']);
    expect(keyCalls('POST')).toBe(2);
  });

  it('stay while a sign of life fails for other reasons', async () => {
    await open({ settings, patience: { ...QUICK, keepAlive: 30 } });
    const before = rig.phases.length;
    rig.stub.fault({
      call: 'PUT /api/v3/userDataStream',
      times: 3,
      what: { kind: 'status', status: 502 },
    });
    await expect.poll(() => keyCalls('PUT')).toBeGreaterThan(6);
    expect(rig.phases.slice(before)).toEqual([]);
    expect(keyCalls('POST')).toBe(1);
  });

  it('are left to the user where the venue makes none any more', async () => {
    const stub = await StubBinance.start();
    stub.gone = true;
    rig = await openRig({ stub, settings });
    const error = await failureOf(rig.execution.connect());
    expect(error.message).toMatch(/no listen keys any more \(410\): choose websocket-api/);
    expect(rig.execution.connection.phase).toBe('needs-user');
    expect(keyCalls('POST')).toBe(1);
  });
});
