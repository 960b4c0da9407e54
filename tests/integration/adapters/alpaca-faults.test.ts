import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { manifest } from '../../../electron/adapters/alpaca/manifest.ts';
import { systemClock } from '../../../electron/net/system-clock.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import { KEYS, StubAlpaca } from '../../stubs/alpaca/server.ts';
import { AAPL, ACCOUNT, ALPACA, intent, start, terms, withOrders } from '../../stubs/alpaca/rig.ts';
import { accountChecks, unansweredChecks } from '../../stubs/order-checks.ts';
import { ordersOf, px } from '../../stubs/orders.ts';
import { wrongAddresses } from '../../stubs/addresses.ts';
import { failureOf, testContext } from '../../stubs/rig.ts';
import { firstConnectionChecks, streamChecks } from '../../stubs/stream-checks.ts';

const PLACING = 'POST /v2/orders';

unansweredChecks(ALPACA, { done: [{ kind: 'malformed', body: '{"id":5}' }], notDone: [] });
streamChecks('the stream of orders', ALPACA);
firstConnectionChecks(ALPACA);
accountChecks(ALPACA, { currency: 'USD', name: 'Alpaca paper' });

describe('the rate limit', () => {
  it('is definite for an order: nothing was placed', async () => {
    const rig = await withOrders();
    const reset = Math.floor(Date.now() / 1000) + 1;
    rig.stub.fault({
      call: PLACING,
      what: { kind: 'status', status: 429, headers: { 'x-ratelimit-reset': String(reset) } },
    });
    const error = await failureOf(rig.execution.submit([intent(terms())]));
    expect([error.failure, error.definite]).toEqual(['rate-limited', true]);
    expect(error.retryAfter).toBeGreaterThanOrEqual(0);
    expect(error.retryAfter).toBeLessThanOrEqual(1000);
    expect(rig.stub.asked(PLACING)).toBe(1);
  });
});

describe('queries', () => {
  it('go on after a storm of refusals, without hammering', async () => {
    const rig = await withOrders();
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
    const rig = await withOrders();
    rig.stub.fault({ call: 'GET /v2/orders', times: 4, what: { kind: 'malformed', body: '[{}]' } });
    expect((await failureOf(rig.execution.openOrders(ACCOUNT))).failure).toBe('unknown');
  });
});

describe('messages of the stream that cannot be read', () => {
  it('are dropped and counted, and everything is compared anew', async () => {
    const rig = await withOrders();
    const order = intent(terms());
    await rig.execution.submit([order]);
    const before = rig.phases.length;
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
    await expect
      .poll(() => rig.phases.slice(before, before + 2))
      .toEqual(['synchronizing', 'ready']);
    expect(ordersOf(rig, order).at(-1)?.status).toBe('accepted');
  });
});

describe('keys and accounts', () => {
  it('leaves wrong keys to the user', async () => {
    const rig = await start({ keys: { keyId: 'PKWRONG', secretKey: 'wrong' } });
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
    const rig = await withOrders({ stub });
    const part = rig.execution.connection.parts.find(({ name }) => name === 'account');
    expect(part?.working).toBe(false);
    expect(part?.note).toMatch(/blocked trading/);
  });
});

describe('settings', () => {
  const at = (settings: Record<string, string | number>) =>
    manifest.open(settings, KEYS, testContext());

  it('knows live accounts by their address', async () => {
    const live = (settings: Record<string, string>): boolean => manifest.isLive(settings);
    expect(live({})).toBe(false);
    expect(live({ environment: 'live' })).toBe(true);
    expect(live({ environment: 'paper', tradingUrl: 'https://api.alpaca.markets' })).toBe(true);
    expect(live({ environment: 'live', tradingUrl: 'https://paper-api.alpaca.markets' })).toBe(
      false,
    );
    expect(live({ tradingUrl: 'http://127.0.0.1:1234' })).toBe(false);
    expect(live({ environment: 'live', tradingUrl: 'http://127.0.0.1:1234' })).toBe(true);
    expect(live({ tradingUrl: 'nonsense' })).toBe(true);
  });

  it('sends keys to Alpaca and to this computer alone', async () => {
    for (const tradingUrl of wrongAddresses('api.alpaca.markets'))
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
    const waits: number[] = [];
    const after: Clock['after'] = (milliseconds, run) => {
      waits.push(milliseconds);
      return systemClock.after(milliseconds, run);
    };
    const rig = await withOrders({ clock: { ...systemClock, after } });
    await rig.execution.instrument(AAPL);
    waits.length = 0;
    rig.stub.fault({
      call: 'GET /v2/positions',
      times: 1,
      what: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
    });
    void rig.execution.positions(ACCOUNT).catch(() => undefined);
    // The refusal has come when the question waits for its minute.
    await expect.poll(() => Math.max(...waits)).toBeGreaterThan(55_000);
    const order = { ...intent(terms({ limitPrice: px('97') })) };
    const placing = rig.execution.submit([order]);
    expect((await failureOf(placing)).failure).toBe('not-sent');
    expect(rig.stub.asked(PLACING)).toBe(0);
  });
});
