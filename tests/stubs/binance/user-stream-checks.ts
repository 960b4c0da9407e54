import { describe, expect, it } from 'vitest';
import type { UserStreamKind } from '../../../electron/adapters/binance/settings.ts';
import { decimal } from '../../../engine/domain/decimal.ts';
import { fillsOf, untilStatus } from '../orders.ts';
import { streamChecks } from '../stream-checks.ts';
import { BINANCE, intent, terms, withOrders } from './rig.ts';

/** So many messages take their time where other work runs beside them. */
const LONG = { timeout: 120_000 };

/** What holds for the stream of orders, whichever way it comes. */
export function userStreamChecks(userStream: UserStreamKind): void {
  const settings = { userStream };
  const name = `the stream of orders by ${userStream}`;
  streamChecks(name, { ...BINANCE, withOrders: (options) => withOrders({ ...options, settings }) });

  describe(name, () => {
    it('takes 20,000 messages that cannot be read without a crash or a wrong state', async () => {
      const rig = await withOrders({ settings });
      const order = intent(terms());
      await rig.execution.submit([order]);
      await untilStatus(rig, order, 'accepted');
      rig.reports.length = 0;
      const before = rig.phases.length;
      const wrap = (event: unknown): string =>
        JSON.stringify(userStream === 'listen-key' ? event : { subscriptionId: 0, event });
      rig.stub.streams.holding = true;
      rig.stub.fill(order.clientOrderId, decimal('0.004'), decimal('49000'));
      const [good, account] = rig.stub.streams.held as [Record<string, unknown>, object];
      const broken = malformed(good, account, wrap);
      for (let sent = 0; sent < 20_000; sent += 1)
        rig.stub.streams.sendUsers(broken[sent % broken.length] as string);
      await expect.poll(() => rig.execution.malformed, LONG).toBe(20_000);
      expect(rig.reports.filter(({ kind }) => kind !== 'balance')).toEqual([]);
      // Not every one is a line of the log.
      expect(rig.logs.length).toBeLessThan(100);
      rig.stub.streams.release();
      await untilStatus(rig, order, 'partially-filled');
      expect(fillsOf(rig)).toMatchObject([{ quantity: '0.004', price: '49000' }]);
      await expect
        .poll(() => rig.phases.slice(before, before + 2))
        .toEqual(['synchronizing', 'ready']);
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
