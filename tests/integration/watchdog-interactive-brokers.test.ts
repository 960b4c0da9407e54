import { afterEach, expect, it } from 'vitest';
import { MANIFESTS } from '../../electron/adapter-list.ts';
import type { AdapterContext } from '../../electron/net/adapter.ts';
import { act } from '../../electron/watchdog/act.ts';
import { ACCOUNT, bench, closeAll } from '../stubs/interactive-brokers/bench.ts';

afterEach(closeAll);

it('acts at Interactive Brokers as a second client, beside one that hangs and keeps its own', async () => {
  const desk = await bench();
  const filled = desk.intent();
  const working = desk.intent({ timeInForce: 'gtc' });
  await desk.execution.submit([filled]);
  await desk.execution.submit([working]);
  desk.stub.fill(desk.stub.order(filled.clientOrderId), 100, 187.2);
  const manifest = MANIFESTS.find(({ id }) => id === 'interactive-brokers');
  const own = { port: desk.stub.port, clientId: 7 };
  const settings = manifest?.secondSettings?.(own) ?? null;
  expect(settings).toEqual({ ...own, clientId: 10_007 });
  const said: string[] = [];
  const none = (): never => {
    throw new Error('no prices');
  };
  await act(
    [
      {
        id: 'interactive-brokers',
        settings: settings ?? {},
        keys: {},
        accounts: [{ id: ACCOUNT, flatten: true }],
      },
    ],
    {
      manifests: MANIFESTS,
      clock: desk.clock,
      context: (): AdapterContext => ({
        clock: desk.clock,
        random: () => 0.5,
        log: () => undefined,
        feed: { listen: () => () => undefined, watch: none, instrument: none },
        series: { read: none },
        folder: desk.folder,
      }),
      record: (account, text) => said.push(`${account} ${text}`),
      released: () => false,
    },
  );
  expect(said[0]).toBe(`${ACCOUNT} 1 order cancelled; none works any more.`);
  expect(said.at(-1)).toMatch(/has taken/);
  expect(desk.stub.order(working.clientOrderId).status).toBe('Cancelled');
  const closing = desk.stub.orders.at(-1);
  expect(closing).toMatchObject({
    clientId: 10_007,
    placed: { action: 'SELL', totalQuantity: '100', orderType: 'MKT' },
  });
  // The first client was not thrown out.
  expect(desk.phase).toBe('ready');
});
