import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { userStreamChecks } from '../../stubs/binance/user-stream-checks.ts';
import { ACCOUNT, BINANCE, start, withOrders } from '../../stubs/binance/rig.ts';
import { firstConnectionChecks } from '../../stubs/stream-checks.ts';

userStreamChecks('websocket-api');
firstConnectionChecks(BINANCE);

describe('the subscription of the WebSocket API', () => {
  it('begins anew when the venue ends it or goes down', async () => {
    const rig = await withOrders();
    for (const e of ['eventStreamTerminated', 'serverShutdown']) {
      const before = rig.phases.length;
      rig.stub.streams.sendUsers(JSON.stringify({ event: { e, E: Date.now() } }));
      await expect
        .poll(() => rig.phases.slice(before))
        .toEqual(['reconnecting', 'synchronizing', 'ready']);
    }
  });

  it('tries again when it is refused for now, and leaves the rest to the user', async () => {
    const rig = await start();
    rig.stub.streams.subscriptionError = { status: 429, code: -1003, msg: 'Too many requests.' };
    await rig.execution.connect();
    expect(rig.phases).toContain('reconnecting');
    rig.stub.streams.subscriptionError = { status: 401, code: -2015, msg: 'Invalid API-key.' };
    await expect.poll(() => rig.execution.connection.phase).toBe('needs-user');
    rig.stub.streams.subscriptionError = null;
    const { heard } = rig.stub.streams;
    const before = heard.length;
    // Several times as long as it waits between attempts.
    await pause(200);
    expect(heard).toHaveLength(before);
    // The user has mended it.
    await rig.execution.connect();
    expect(rig.execution.connection.phase).toBe('ready');
  });
});

describe('a connection that is ended and made again at once', () => {
  it('has one stream', async () => {
    const rig = await start();
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
    await expect.poll(() => rig.stub.calls.length - rig.stub.queries.length).toBe(0);
    for (let i = 0; i < 5; i += 1) await rig.execution.positions(ACCOUNT);
    expect(rig.stub.streams.heard).toHaveLength(1);
  });
});
