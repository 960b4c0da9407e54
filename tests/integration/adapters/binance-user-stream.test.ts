import { afterEach, describe, expect, it } from 'vitest';
import { ACCOUNT, closeRig, openRig, type Rig, type RigOptions } from '../../stubs/binance/rig.ts';
import { StubBinance } from '../../stubs/binance/server.ts';
import { userStreamChecks } from '../../stubs/binance/user-stream-checks.ts';

let rig: Rig;

async function open(options: RigOptions = {}): Promise<Rig> {
  rig = await openRig(options);
  await rig.execution.connect();
  return rig;
}

afterEach(async () => {
  if (rig !== undefined) await closeRig(rig);
});

const ready = (): Promise<void> => expect.poll(() => rig.execution.connection.phase).toBe('ready');

userStreamChecks('websocket-api');

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
    await expect.poll(() => rig.stub.calls.length - rig.stub.queries.length).toBe(0);
    for (let i = 0; i < 5; i += 1) await rig.execution.positions(ACCOUNT);
    expect(rig.stub.streams.heard).toHaveLength(1);
  });
});
