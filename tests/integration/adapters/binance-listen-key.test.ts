import { describe, expect, it } from 'vitest';
import { decimal } from '../../../engine/domain/decimal.ts';
import { StubBinance } from '../../stubs/binance/server.ts';
import { userStreamChecks } from '../../stubs/binance/user-stream-checks.ts';
import { intent, QUICK, start, terms, withOrders, type Rig } from '../../stubs/binance/rig.ts';
import { untilStatus } from '../../stubs/orders.ts';
import { failureOf } from '../../stubs/rig.ts';

userStreamChecks('listen-key');

describe('listen keys', () => {
  const settings = { userStream: 'listen-key' } as const;
  const keyCalls = ({ stub }: Rig, method: string): number =>
    stub.asked(`${method} /api/v3/userDataStream`);

  it('are kept alive', async () => {
    const rig = await withOrders({ settings, patience: { ...QUICK, keepAlive: 30 } });
    await expect.poll(() => keyCalls(rig, 'PUT')).toBeGreaterThan(3);
    expect(keyCalls(rig, 'POST')).toBe(1);
    expect(rig.execution.connection.phase).toBe('ready');
  });

  it('are made anew when they have expired, and everything is compared', async () => {
    const rig = await withOrders({ settings });
    const order = intent(terms());
    await rig.execution.submit([order]);
    const [first] = rig.stub.listenKeys.keys();
    const before = rig.phases.length;
    rig.stub.expireListenKeys();
    await expect
      .poll(() => rig.phases.slice(before))
      .toEqual(['reconnecting', 'synchronizing', 'ready']);
    expect([...rig.stub.listenKeys.keys()]).not.toContain(first);
    rig.stub.fill(order.clientOrderId, decimal('1'), decimal('49000'));
    await untilStatus(rig, order, 'filled');
  });

  it('are made anew when the venue does not know them any more and tells nobody', async () => {
    const rig = await withOrders({ settings, patience: { ...QUICK, keepAlive: 50 } });
    const before = rig.phases.length;
    rig.stub.listenKeys.clear();
    await expect
      .poll(() => rig.phases.slice(before))
      .toEqual(['reconnecting', 'synchronizing', 'ready']);
    expect(keyCalls(rig, 'POST')).toBe(2);
  });

  it('stay while a sign of life fails for other reasons', async () => {
    const rig = await withOrders({ settings, patience: { ...QUICK, keepAlive: 30 } });
    const before = rig.phases.length;
    rig.stub.fault({
      call: 'PUT /api/v3/userDataStream',
      times: 3,
      what: { kind: 'status', status: 502 },
    });
    await expect.poll(() => keyCalls(rig, 'PUT')).toBeGreaterThan(6);
    expect(rig.phases.slice(before)).toEqual([]);
    expect(keyCalls(rig, 'POST')).toBe(1);
  });

  it('are given back when the connection ends', async () => {
    const rig = await withOrders({ settings });
    expect(rig.stub.listenKeys.size).toBe(1);
    await rig.execution.disconnect();
    await expect.poll(() => rig.stub.listenKeys.size).toBe(0);
  });

  it('are left to the user where the venue makes none any more', async () => {
    const stub = await StubBinance.start();
    stub.gone = true;
    const rig = await start({ stub, settings });
    const error = await failureOf(rig.execution.connect());
    expect(error.message).toMatch(/no listen keys any more \(410\): choose websocket-api/);
    expect(rig.execution.connection.phase).toBe('needs-user');
    expect(keyCalls(rig, 'POST')).toBe(1);
  });
});
