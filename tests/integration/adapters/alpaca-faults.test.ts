import { afterEach, describe, expect, it } from 'vitest';
import { manifest } from '../../../electron/adapters/alpaca/manifest.ts';
import { decimal } from '../../../engine/domain/decimal.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import {
  AAPL,
  ACCOUNT,
  closeRig,
  failureOf,
  fillsOf,
  intent,
  openRig,
  ordersOf,
  pause,
  px,
  refOf,
  terms,
  testContext,
  untilStatus,
  type Rig,
  type RigOptions,
} from '../../stubs/alpaca/rig.ts';
import { KEYS, StubAlpaca, type Fault } from '../../stubs/alpaca/server.ts';

let rig: Rig;

async function open(options: RigOptions = {}): Promise<Rig> {
  rig = await openRig(options);
  await rig.execution.connect();
  return rig;
}

afterEach(() => closeRig(rig));

const posts = (): number => rig.stub.calls.filter((call) => call === 'POST /v2/orders').length;
const working = (): boolean | undefined =>
  rig.execution.connection.parts.find(({ name }) => name === 'orders')?.working;

describe('orders whose answer does not come', () => {
  const done: readonly Fault['what'][] = [
    { kind: 'drop-after' },
    { kind: 'truncate' },
    { kind: 'malformed', body: '<html>' },
    { kind: 'malformed', body: '{"id":5}' },
  ];
  const notDone: readonly Fault['what'][] = [
    { kind: 'drop-before' },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 502, body: '<html>' },
    { kind: 'status', status: 504 },
    { kind: 'status', status: 408 },
  ];

  it('are unknown, sent once, and found by our name when they are there', async () => {
    await open();
    for (const what of done) {
      const order = intent(terms());
      rig.stub.fault({ call: 'POST /v2/orders', what });
      const before = posts();
      expect((await failureOf(rig.execution.submit([order]))).failure).toBe('unknown');
      expect(posts()).toBe(before + 1);
      expect((await rig.execution.order(refOf(order)))?.clientOrderId).toBe(order.clientOrderId);
    }
  });

  it('are unknown, sent once, and not found when they never arrived', async () => {
    await open();
    for (const what of notDone) {
      const order = intent(terms());
      rig.stub.fault({ call: 'POST /v2/orders', what });
      const before = posts();
      expect((await failureOf(rig.execution.submit([order]))).failure).toBe('unknown');
      expect(posts()).toBe(before + 1);
      expect(await rig.execution.order(refOf(order))).toBeNull();
    }
  });

  it('are definitely not placed when the rate limit refused them', async () => {
    await open();
    const reset = Math.floor(Date.now() / 1000) + 1;
    rig.stub.fault({
      call: 'POST /v2/orders',
      what: { kind: 'status', status: 429, headers: { 'x-ratelimit-reset': String(reset) } },
    });
    const error = await failureOf(rig.execution.submit([intent(terms())]));
    expect([error.failure, error.definite]).toEqual(['rate-limited', true]);
    expect(error.retryAfter).toBeGreaterThanOrEqual(0);
    expect(error.retryAfter).toBeLessThanOrEqual(1000);
    expect(posts()).toBe(1);
  });

  it('are not known to be missing while the question itself fails', async () => {
    await open();
    rig.stub.fault({ call: 'GET /v2/orders', times: 4, what: { kind: 'status', status: 503 } });
    const error = await failureOf(rig.execution.order(refOf(intent(terms()))));
    expect(error.failure).toBe('unknown');
  });
});

describe('queries', () => {
  it('go on after a storm of refusals, without hammering', async () => {
    await open();
    rig.stub.calls.length = 0;
    rig.stub.fault({
      call: 'GET /v2/positions',
      times: 3,
      what: { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
    });
    expect(await rig.execution.positions(ACCOUNT)).toEqual([]);
    expect(rig.stub.calls).toHaveLength(4);
  });

  it('fail rather than give an empty answer', async () => {
    await open();
    rig.stub.fault({ call: 'GET /v2/orders', times: 4, what: { kind: 'malformed', body: '[{}]' } });
    expect((await failureOf(rig.execution.openOrders(ACCOUNT))).failure).toBe('unknown');
  });
});

describe('the stream of orders', () => {
  it('blocks new orders while it is down, and comes back to be compared', async () => {
    await open();
    const order = intent(terms());
    const [answer] = await rig.execution.submit([order]);
    rig.phases.length = 0;
    rig.stub.streams.refuse = 503;
    rig.stub.streams.dropOrders();
    await expect.poll(working).toBe(false);
    expect(rig.execution.connection.phase).toBe('reconnecting');
    expect(rig.execution.connection.until).not.toBeNull();
    // Nobody is told of what happens now.
    rig.stub.exchange.fill(answer?.venueOrderId as string, decimal('10'), decimal('99'));
    await pause(100);
    expect(fillsOf(rig)).toEqual([]);
    rig.stub.streams.refuse = null;
    await expect.poll(() => rig.execution.connection.phase).toBe('ready');
    expect(working()).toBe(true);
    expect(rig.phases.slice(-2)).toEqual(['synchronizing', 'ready']);
    const fills = await rig.execution.fills(ACCOUNT, unixMillis(Date.now() - 60_000));
    expect(fills.map(({ quantity }) => quantity)).toEqual(['10']);
    expect((await rig.execution.order(refOf(order)))?.status).toBe('filled');
  });

  it('notices that a connection is half open', async () => {
    await open();
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

  it('gives up on a connection that never lets it in, and takes another', async () => {
    rig = await openRig();
    rig.stub.streams.mute = true;
    const connecting = rig.execution.connect();
    await expect.poll(() => rig.execution.connection.phase).toBe('reconnecting');
    rig.stub.streams.mute = false;
    await connecting;
    await expect.poll(() => rig.execution.connection.phase).toBe('ready');
  });

  it('drops what it cannot read, counts it and is compared anew', async () => {
    await open();
    const order = intent(terms());
    await rig.execution.submit([order]);
    rig.phases.length = 0;
    const { streams } = rig.stub;
    const broken = [
      '{"stream":"trade_upd',
      '[]',
      '{"data":{}}',
      '{"stream":"trade_updates","data":null}',
      '{"stream":"trade_updates","data":{"event":"fill","order":{"id":"1"}}}',
      '{"stream":"authorization","data":7}',
    ];
    for (const text of broken) streams.sendOrders(text);
    streams.sendOrders({ stream: 'something_new', data: {} });
    await expect.poll(() => rig.execution.malformed).toBe(broken.length);
    await expect.poll(() => rig.phases).toEqual(['synchronizing', 'ready']);
    expect(ordersOf(rig, order).at(-1)?.status).toBe('accepted');
  });

  it('tells doubled and reordered events as what they are', async () => {
    await open();
    const order = intent(terms());
    const [answer] = await rig.execution.submit([order]);
    rig.stub.streams.holding = true;
    const id = answer?.venueOrderId as string;
    rig.stub.exchange.fill(id, decimal('2'), decimal('98'));
    rig.stub.exchange.fill(id, decimal('3'), decimal('99'));
    rig.stub.exchange.fill(id, decimal('5'), decimal('98.5'));
    rig.stub.streams.release((events) => [...events, ...events].toReversed());
    await expect.poll(() => fillsOf(rig).length).toBe(6);
    const booked = new Map(fillsOf(rig).map((fill) => [fill.tradeId, fill.quantity]));
    expect([...booked.values()].toSorted()).toEqual(['2', '3', '5']);
  });

  it('waits when the venue cannot be reached at first', async () => {
    const stub = await StubAlpaca.start();
    stub.fault({ call: 'GET /v2/account', times: 4, what: { kind: 'status', status: 503 } });
    await open({ stub });
    expect(rig.execution.connection.phase).toBe('reconnecting');
    await expect.poll(() => rig.execution.connection.phase).toBe('ready');
  });
});

describe('keys and accounts', () => {
  it('leaves wrong keys to the user', async () => {
    rig = await openRig({ keys: { keyId: 'PKWRONG', secretKey: 'wrong' } });
    const error = await failureOf(rig.execution.connect());
    expect(error.failure).toBe('unauthorized');
    expect(rig.execution.connection.phase).toBe('needs-user');
    expect(rig.execution.connection.message).not.toContain('PKWRONG');
    const calls = rig.stub.calls.length;
    await pause(200);
    expect(rig.stub.calls).toHaveLength(calls);
  });

  it('says that the venue has blocked trading', async () => {
    const stub = await StubAlpaca.start();
    stub.exchange.blocked = true;
    await open({ stub });
    const part = rig.execution.connection.parts.find(({ name }) => name === 'account');
    expect(part?.working).toBe(false);
    expect(part?.note).toMatch(/blocked trading/);
  });

  it('does nothing for the account of somebody else', async () => {
    await open();
    const order = { ...intent(terms()), account: 'OTHER' as never };
    expect((await failureOf(rig.execution.submit([order]))).failure).toBe('not-sent');
    expect((await failureOf(rig.execution.cancelAll('OTHER' as never))).failure).toBe('not-sent');
    expect(posts()).toBe(0);
  });

  it('ends everything with the connection', async () => {
    await open();
    await rig.execution.disconnect();
    expect(rig.execution.connection.phase).toBe('disconnected');
    await expect.poll(() => rig.stub.streams.orders.size).toBe(0);
    await rig.execution.connect();
    expect(rig.execution.connection.phase).toBe('ready');
  });
});

describe('settings', () => {
  const at = (settings: Record<string, string | number>) =>
    manifest.open(settings, KEYS, testContext());

  it('knows live accounts by their address', async () => {
    rig = await openRig();
    const live = (settings: Record<string, string>): boolean => manifest.isLive(settings);
    expect(live({})).toBe(false);
    expect(live({ environment: 'live' })).toBe(true);
    expect(live({ environment: 'paper', tradingUrl: 'https://api.alpaca.markets' })).toBe(true);
    expect(live({ environment: 'live', tradingUrl: 'https://paper-api.alpaca.markets' })).toBe(
      false,
    );
    expect(live({ tradingUrl: 'http://127.0.0.1:1234' })).toBe(false);
    expect(live({ tradingUrl: 'nonsense' })).toBe(true);
  });

  it('sends keys to Alpaca and to this computer alone', async () => {
    rig = await openRig();
    for (const tradingUrl of [
      'https://alpaca.markets.example.com',
      'https://evilalpaca.markets',
      'http://api.alpaca.markets',
      'https://api.alpaca.markets:8443',
      'https://user:pass@api.alpaca.markets',
      'https://api.alpaca.markets/?x=1',
      'ftp://127.0.0.1',
      'file:///etc/passwd',
      'http://127.0.0.1.example.com',
      'wss://api.alpaca.markets',
    ])
      expect(() => at({ tradingUrl }), tradingUrl).toThrow(/^tradingUrl: /);
    expect(() => at({ dataStreamUrl: 'https://stream.data.alpaca.markets' })).toThrow(
      /^dataStreamUrl: /,
    );
    expect(() => at({ feed: 'all' })).toThrow(/^feed: /);
    expect(() => at({ dataRequestsPerMinute: 0.5 })).toThrow(/^dataRequestsPerMinute: /);
    expect(() => manifest.open({}, { keyId: 'x' }, testContext())).toThrow(/^secretKey: /);
    expect(at({}).execution?.venue).toBe('alpaca');
  });

  it('sends no order that has waited too long for the rate limit', async () => {
    await open();
    await rig.execution.instrument(AAPL);
    rig.stub.fault({
      call: 'GET /v2/positions',
      times: 1,
      what: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
    });
    void rig.execution.positions(ACCOUNT).catch(() => undefined);
    await expect.poll(() => rig.stub.calls.includes('GET /v2/positions')).toBe(true);
    await pause(50);
    const order = { ...intent(terms({ limitPrice: px('97') })) };
    const placing = rig.execution.submit([order]);
    expect((await failureOf(placing)).failure).toBe('not-sent');
    expect(posts()).toBe(0);
  });
});
