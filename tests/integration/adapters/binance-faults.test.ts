import { describe, expect, it } from 'vitest';
import { manifest } from '../../../electron/adapters/binance/manifest.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { KEYS, StubBinance } from '../../stubs/binance/server.ts';
import {
  ACCOUNT,
  BINANCE,
  closeRig,
  intent,
  openRig,
  start,
  terms,
  withOrders,
  type Rig,
} from '../../stubs/binance/rig.ts';
import { accountChecks, unansweredChecks } from '../../stubs/order-checks.ts';
import { ordersOf, px, refOf, untilStatus } from '../../stubs/orders.ts';
import { wrongAddresses } from '../../stubs/addresses.ts';
import { failureOf, partOf, testContext, untilReady } from '../../stubs/rig.ts';

/** Connected to a venue whose clock, as ours, stands still until it is told. */
async function openStill(clock: FakeClock): Promise<Rig> {
  const stub = await StubBinance.start(() => clock.now());
  const rig = await start({ stub, clock });
  const connecting = rig.execution.connect();
  await expect
    .poll(async () => {
      await clock.pass(1);
      return rig.execution.connection.phase;
    })
    .toBe('ready');
  await connecting;
  return rig;
}

const ORDER = 'POST /api/v3/order';

unansweredChecks(BINANCE, {
  done: [{ kind: 'malformed', body: '{"orderId":"5"}' }],
  notDone: [
    { kind: 'status', status: 503, body: '{"code":-1008,"msg":"Server is overloaded."}' },
    { kind: 'status', status: 504, body: '{"code":-1007,"msg":"Timeout waiting for response."}' },
    { kind: 'status', status: 400, body: '{"code":-1006,"msg":"Execution status unknown."}' },
    { kind: 'status', status: 400, body: '{"code":-4711,"msg":"Something new."}' },
  ],
});
accountChecks(BINANCE, { currency: 'USDT', name: 'Binance testnet', dayZone: 'UTC' });

describe('a cancellation that is refused', () => {
  it('is so for reasons that are not known, when the order cannot be asked for', async () => {
    const rig = await withOrders();
    rig.stub.fault({
      call: 'GET /api/v3/order',
      times: 4,
      what: { kind: 'status', status: 502 },
    });
    const error = await failureOf(rig.execution.cancel(refOf(intent(terms()))));
    expect(error.failure).toBe('unknown');
  });
});

describe('the rate limit', () => {
  it('pauses everything for as long as it says, and the user sees it', async () => {
    const rig = await withOrders();
    const before = rig.phases.length;
    rig.stub.fault({
      call: 'GET /api/v3/openOrders',
      what: {
        kind: 'status',
        status: 429,
        headers: { 'retry-after': '1' },
        body: '{"code":-1003,"msg":"Too much request weight used."}',
      },
    });
    const calls = rig.stub.calls.length;
    const asked = rig.execution.openOrders(ACCOUNT);
    const degraded = () => rig.states.find(({ phase }) => phase === 'degraded');
    await expect.poll(degraded).toBeDefined();
    const { message, until, parts } = degraded() as ConnectionState;
    expect(message).toMatch(/refuses more requests for now \(429\), for 1 s/);
    expect(Number(until) - Date.now()).toBeLessThanOrEqual(1000);
    expect(parts.find(({ name }) => name === 'requests')?.working).toBe(false);
    expect(await asked).toEqual([]);
    // The refusal and the answer: nothing else was sent meanwhile.
    expect(rig.stub.calls.slice(calls).filter((call) => call.includes('openOrders'))).toHaveLength(
      2,
    );
    await untilReady(rig.execution);
    expect(partOf(rig.execution, 'requests')?.working).toBe(true);
    // What was asked meanwhile is compared anew.
    expect(rig.phases.slice(before)).toEqual(['degraded', 'synchronizing', 'ready']);
  });

  it('is definite for an order: nothing was placed', async () => {
    const rig = await withOrders();
    rig.stub.fault({
      call: ORDER,
      what: {
        kind: 'status',
        status: 429,
        headers: { 'retry-after': '0' },
        body: '{"code":-1015,"msg":"Too many new orders."}',
      },
    });
    const error = await failureOf(rig.execution.submit([intent(terms())]));
    expect([error.failure, error.definite]).toEqual(['rate-limited', true]);
    expect(rig.stub.asked(ORDER)).toBe(1);
  });

  it('sends nothing at all while the address is banned', async () => {
    const rig = await withOrders();
    rig.stub.fault({
      call: 'GET /api/v3/account',
      what: { kind: 'status', status: 418, headers: { 'retry-after': '7200' } },
    });
    const banned = await failureOf(rig.execution.positions(ACCOUNT));
    expect([banned.failure, banned.retryAfter]).toEqual(['rate-limited', 7_200_000]);
    expect(rig.execution.connection.phase).toBe('degraded');
    expect(rig.execution.connection.message).toMatch(/banned this address .* \(418\), for 7200 s/);
    expect(Number(rig.execution.connection.until) - Date.now()).toBeGreaterThan(7_000_000);
    const calls = rig.stub.calls.length;
    const order = await failureOf(rig.execution.submit([intent(terms())]));
    expect([order.failure, order.code]).toEqual(['rate-limited', 'BARRED']);
    for (const ask of [
      () => rig.execution.openOrders(ACCOUNT),
      () => rig.execution.balances(ACCOUNT),
      () => rig.execution.fills(ACCOUNT, unixMillis(0)),
    ]) {
      const outcome = await ask().catch((error: unknown) => error);
      // No pair was traded: there is nothing to ask for.
      if (Array.isArray(outcome)) expect(outcome).toEqual([]);
      else expect(outcome).toMatchObject({ failure: 'rate-limited' });
    }
    expect(rig.stub.calls).toHaveLength(calls);
  });

  it('is kept by weight, so that a storm of questions is not banned', async () => {
    // The fake clock stands at the beginning of a minute: what is let through now is all there is in it.
    const clock = new FakeClock(Date.UTC(2026, 0, 5, 12, 0, 0));
    const rig = await openStill(clock);
    const { stub } = rig;
    const asking = Promise.allSettled(
      Array.from({ length: 150 }, () => rig.execution.openOrders(ACCOUNT)),
    );
    const asked = (): number => stub.calls.filter((call) => call.includes('openOrders')).length;
    // 80 each; about 100 were used up by connecting: 73 fit into the 6000 of a minute.
    await expect.poll(asked).toBeGreaterThan(60);
    await clock.pass(15_000);
    await expect.poll(asked).toBeLessThanOrEqual(75);
    await clock.pass(10_000);
    const outcomes = await asking;
    const failed = outcomes.filter((each) => each.status === 'rejected');
    expect(failed.length).toBeGreaterThan(70);
    for (const { reason } of failed) expect(reason).toMatchObject({ failure: 'not-sent' });
    expect(rig.execution.connection.phase).toBe('ready');
  });

  it('lets no more orders through than the venue takes, and sends none late', async () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 5, 12, 0, 0));
    const rig = await openStill(clock);
    const sending = Promise.allSettled(
      Array.from({ length: 104 }, () => rig.execution.submit([intent(terms())])),
    );
    await expect.poll(() => rig.stub.asked(ORDER)).toBe(100);
    // Ten seconds are to pass until the next; an order waits for five.
    await clock.pass(5100);
    const late = (await sending).filter((each) => each.status === 'rejected');
    expect(late).toHaveLength(4);
    for (const { reason } of late) expect(reason).toMatchObject({ failure: 'not-sent' });
    expect(rig.stub.exchange.orders).toHaveLength(100);
    await clock.pass(5100);
    await rig.execution.submit([intent(terms())]);
    expect(rig.stub.asked(ORDER)).toBe(101);
  });

  it('leaves room where another program has used it up', async () => {
    // Ten seconds before the next minute of the venue.
    const clock = new FakeClock(Date.UTC(2026, 0, 5, 12, 0, 50));
    const rig = await openStill(clock);
    const { stub } = rig;
    stub.fault({
      call: 'GET /api/v3/openOrders',
      what: {
        kind: 'status',
        status: 200,
        body: '[]',
        headers: { 'x-mbx-used-weight-1m': '5990' },
      },
    });
    await rig.execution.openOrders(ACCOUNT);
    const calls = stub.calls.length;
    const asking = rig.execution.positions(ACCOUNT);
    await clock.pass(9000);
    expect(stub.calls).toHaveLength(calls);
    await clock.pass(1500);
    expect(await asking).toHaveLength(2);
  });
});

describe('the clock', () => {
  it('is that of the venue, however wrong ours is', async () => {
    for (const skew of [-86_400_000, 86_400_000, 90_000]) {
      const stub = await StubBinance.start();
      stub.skew = skew;
      const rig = await withOrders({ stub });
      const order = intent(terms());
      await rig.execution.submit([order]);
      await untilStatus(rig, order, 'accepted');
      if (skew !== 90_000) await closeRig(rig);
    }
  });

  it('is measured anew when it is refused; questions go on, orders are told', async () => {
    const rig = await withOrders();
    rig.stub.skew = 60_000;
    const refused = await failureOf(rig.execution.submit([intent(terms())]));
    expect([refused.failure, refused.code]).toEqual(['rejected', '-1021']);
    expect(rig.stub.exchange.orders).toHaveLength(0);
    await rig.execution.submit([intent(terms())]);
    rig.stub.skew = -60_000;
    rig.stub.calls.length = 0;
    expect(await rig.execution.openOrders(ACCOUNT)).toHaveLength(1);
    expect(rig.stub.calls).toEqual([
      'GET /api/v3/openOrders',
      'GET /api/v3/time',
      'GET /api/v3/openOrders',
    ]);
  });

  it('holds when the stream is subscribed to', async () => {
    const rig = await withOrders();
    rig.stub.skew = 3_600_000;
    const before = rig.phases.length;
    rig.stub.streams.dropOrders();
    await expect
      .poll(() => rig.phases.slice(before))
      .toEqual(['reconnecting', 'synchronizing', 'ready']);
    expect(partOf(rig.execution, 'orders')?.working).toBe(true);
  });
});

describe('keys and accounts', () => {
  it('leaves wrong keys to the user', async () => {
    const rig = await start({ keys: { apiKey: 'WRONGKEY', secretKey: KEYS.secretKey } });
    const error = await failureOf(rig.execution.connect());
    expect(error.failure).toBe('unauthorized');
    expect(error.message).toMatch(/refuses the key, its permissions or this address/);
    expect(rig.execution.connection.phase).toBe('needs-user');
    expect(rig.execution.connection.message).not.toContain('WRONGKEY');
    const second = await openRig({
      stub: rig.stub,
      keys: { apiKey: KEYS.apiKey, secretKey: 'wrong' },
    });
    expect((await failureOf(second.execution.connect())).message).toMatch(/refuses the signature/);
    const calls = rig.stub.calls.length;
    await second.execution.disconnect();
    expect(rig.stub.calls).toHaveLength(calls);
  });

  it('says that the venue does not let the account trade', async () => {
    const stub = await StubBinance.start();
    stub.exchange.canTrade = false;
    const rig = await withOrders({ stub });
    expect(partOf(rig.execution, 'account')).toMatchObject({
      working: false,
      note: expect.stringMatching(/does not let this account trade/) as string,
    });
  });
});

describe('settings', () => {
  const at = (settings: Record<string, string | number>) =>
    manifest.open(settings, KEYS, testContext());

  it('knows live accounts by their address', async () => {
    const live = (settings: Record<string, string>): boolean => manifest.isLive(settings);
    expect(live({})).toBe(false);
    expect(live({ environment: 'live' })).toBe(true);
    expect(live({ environment: 'testnet', restUrl: 'https://api.binance.com' })).toBe(true);
    expect(live({ environment: 'live', restUrl: 'https://testnet.binance.vision' })).toBe(false);
    expect(live({ environment: 'live', restUrl: 'https://api1.testnet.binance.vision' })).toBe(
      false,
    );
    expect(live({ restUrl: 'https://data-api.binance.vision' })).toBe(true);
    expect(live({ restUrl: 'http://127.0.0.1:1234' })).toBe(false);
    expect(live({ environment: 'live', restUrl: 'http://127.0.0.1:1234' })).toBe(true);
    expect(live({ restUrl: 'nonsense' })).toBe(true);
  });

  it('sends keys to Binance and to this computer alone', async () => {
    for (const restUrl of wrongAddresses('api.binance.com'))
      expect(() => at({ restUrl }), restUrl).toThrow(/^restUrl: /);
    expect(() => at({ apiStreamUrl: 'https://ws-api.binance.com' })).toThrow(/^apiStreamUrl: /);
    expect(() => at({ userStream: 'carrier-pigeon' })).toThrow(/^userStream: /);
    expect(() => at({ environment: 'paper' })).toThrow(/^environment: /);
    expect(() => at({ recvWindow: 60_001 })).toThrow(/^recvWindow: /);
    expect(() => at({ quoteAsset: 'US DT' })).toThrow(/^quoteAsset: /);
    expect(() => at({ assets: 'BTC, €' })).toThrow(/^assets: /);
    expect(() => manifest.open({}, { apiKey: 'x' }, testContext())).toThrow(/^secretKey: /);
    expect(at({}).execution?.venue).toBe('binance');
    // Prices need no keys.
    const { execution, data } = manifest.open({}, {}, testContext());
    expect([execution, data?.venue]).toEqual([undefined, 'binance']);
  });

  it('keeps two orders of a moment apart', async () => {
    const rig = await withOrders();
    const orders = [intent(terms()), intent(terms({ limitPrice: px('48000') }))];
    await Promise.all(orders.map((order) => rig.execution.submit([order])));
    for (const order of orders) await untilStatus(rig, order, 'accepted');
    expect(ordersOf(rig, orders[0] as OrderIntent).at(-1)?.terms.limitPrice).toBe('49000');
  });
});
