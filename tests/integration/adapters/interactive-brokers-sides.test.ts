import { afterEach, describe, expect, test } from 'vitest';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { FillReport } from '../../../engine/ports/execution-client.ts';
import { AAPL, ACCOUNT, bench, closeAll, START } from '../../stubs/interactive-brokers/bench.ts';

afterEach(closeAll);

/** Orders and prices share one connection to TWS; each can be left by itself. */
describe('of both sides of one TWS', () => {
  test('orders end alone: nothing is sent, and what happened meanwhile is there afterwards', async () => {
    const desk = await bench({ speed: 4 });
    const sent = desk.intent();
    await desk.execution.submit([sent]);
    await desk.market.subscribe({ instrument: AAPL, kind: 'quote' });
    await desk.execution.disconnect();
    expect(desk.states.at(-1)).toMatchObject({ phase: 'disconnected', parts: [] });
    expect([desk.execution.connection.phase, desk.market.connection.phase]).toEqual([
      'disconnected',
      'ready',
    ]);
    const refused = { failure: 'not-sent' };
    await expect(desk.execution.submit([desk.intent()])).rejects.toMatchObject(refused);
    await expect(
      desk.execution.amend(desk.ref(sent), sent.terms, { quantity: sent.terms.quantity }),
    ).rejects.toMatchObject(refused);
    await expect(desk.execution.cancel(desk.ref(sent))).rejects.toMatchObject(refused);
    await expect(desk.execution.cancelAll(ACCOUNT)).rejects.toMatchObject(refused);
    expect(desk.stub.orders).toHaveLength(1);
    const told = desk.reports.length;
    desk.stub.fill(desk.stub.order(sent.clientOrderId), 100, 187.2);
    // Prices go on, behind the fill on the same wire.
    desk.stub.tick('AAPL', 1, 187.2, 300);
    await desk.until(() => desk.data.length > 0, 'a price');
    expect(desk.reports).toHaveLength(told);

    await desk.execution.connect();
    await desk.until(() => desk.phase === 'ready', 'ready again');
    expect([desk.stub.clients.size, desk.stub.handshakes.length]).toEqual([1, 1]);
    const fills: readonly FillReport[] = await desk.execution.fills(ACCOUNT, unixMillis(START - 1));
    expect(fills).toMatchObject([{ clientOrderId: sent.clientOrderId, quantity: '100' }]);
    const next = desk.intent();
    await desk.execution.submit([next]);
    expect(desk.stub.order(next.clientOrderId)).toBeDefined();
  });

  test('prices end alone: their lines are closed, orders go on, and the gap is told afterwards', async () => {
    const desk = await bench({ speed: 4 });
    await desk.market.subscribe({ instrument: AAPL, kind: 'quote' });
    await desk.market.disconnect();
    expect([desk.execution.connection.phase, desk.market.connection.phase]).toEqual([
      'ready',
      'disconnected',
    ]);
    await desk.until(() => desk.stub.line(1, 'AAPL') === undefined, 'closed');
    const order = desk.intent();
    await desk.execution.submit([order]);
    desk.stub.fill(desk.stub.order(order.clientOrderId), 100, 187.2);
    await desk.until(() => desk.last(order)?.status === 'filled', 'filled');

    await desk.market.connect();
    await desk.until(() => desk.stub.line(1, 'AAPL') !== undefined, 'open again');
    expect(desk.market.connection.phase).toBe('ready');
    expect(desk.gaps).toMatchObject([{ instrument: null, reason: 'disconnected' }]);
    desk.stub.tick('AAPL', 1, 187.2, 300);
    desk.stub.tick('AAPL', 2, 187.25, 200);
    await desk.until(() => desk.data.length > 0, 'a price');
  });

  test('both ended end the connection', async () => {
    const desk = await bench();
    await desk.close();
    await desk.until(() => desk.stub.clients.size === 0, 'ended');
    expect([desk.execution.connection.phase, desk.market.connection.phase]).toEqual([
      'disconnected',
      'disconnected',
    ]);
    await desk.connect();
    expect(desk.phase).toBe('ready');
  });
});
