import { afterEach, describe, expect, it } from 'vitest';
import { decimal } from '../../../engine/domain/decimal.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import {
  closeRig,
  failureOf,
  intent,
  openRig,
  QUICK,
  terms,
  untilStatus,
  type Rig,
  type RigOptions,
} from '../../stubs/binance/rig.ts';
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

const numberOf = (order: OrderIntent): number =>
  rig.stub.exchange.named('BTCUSDT', order.clientOrderId).id;

userStreamChecks('listen-key');

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
