import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import {
  ACCOUNT,
  closeRig,
  intent,
  MSFT,
  openRig,
  terms,
  type Rig,
} from '../../stubs/alpaca/rig.ts';
import { refOf } from '../../stubs/orders.ts';

let rig: Rig;
afterEach(() => closeRig(rig));

const calls = (start: string): number =>
  rig.stub.calls.filter((call) => call.startsWith(start)).length;
const gets = (): number => calls('GET ');

/** A connection whose clock stands still: what the rate limit lets through now is all that comes. */
async function open(): Promise<FakeClock> {
  const clock = new FakeClock();
  rig = await openRig({ clock });
  await rig.execution.connect();
  return clock;
}

/** Many questions at once, as after a reconnection. */
function compare(count: number): void {
  for (let i = 0; i < count; i += 1) rig.execution.positions(ACCOUNT).catch(() => undefined);
}

describe('the rate limit of Alpaca', () => {
  it('leaves room for orders and cancellations in the middle of a comparison', async () => {
    const clock = await open();
    compare(300);
    // A quarter of the 200 a minute is kept.
    await expect.poll(gets).toBe(150);
    await settle();
    expect(gets()).toBe(150);

    const order = intent(terms());
    const [placed] = await rig.execution.submit([order]);
    await rig.execution.cancel(refOf(order, placed?.venueOrderId ?? null));
    expect(calls('POST /v2/orders')).toBe(1);
    expect(calls('DELETE /v2/orders/')).toBe(1);

    // The comparison goes on when its requests are a minute old.
    const before = gets();
    await clock.pass(60_000);
    await expect.poll(gets).toBeGreaterThan(before);
  });

  it('lets what an order has to know first go before the comparison, too', async () => {
    await open();
    compare(300);
    await expect.poll(gets).toBe(150);
    // The stock is asked for before the order is sent, and the order before it is cancelled by our name.
    const order = { ...intent(terms()), instrument: MSFT };
    await rig.execution.submit([order]);
    await rig.execution.cancel(refOf(order));
    expect(rig.stub.calls.slice(150)).toEqual([
      'GET /v2/assets/MSFT',
      'POST /v2/orders',
      'GET /v2/orders:by_client_order_id',
      expect.stringMatching(/^DELETE \/v2\/orders\/./),
    ]);
  });

  it('asks nothing more while other programs have left only what is kept for orders', async () => {
    const clock = await open();
    const reset = Math.floor((clock.now() + 30_000) / 1000);
    rig.stub.fault({
      call: 'GET /v2/positions',
      what: {
        kind: 'status',
        status: 200,
        body: '[]',
        headers: { 'x-ratelimit-remaining': '50', 'x-ratelimit-reset': String(reset) },
      },
    });
    await rig.execution.positions(ACCOUNT);
    const before = gets();
    const asked = rig.execution.openOrders(ACCOUNT);
    await settle();
    await rig.execution.submit([intent(terms())]);
    expect(calls('POST /v2/orders')).toBe(1);
    // One for the stock of the order, none for the comparison.
    expect(gets()).toBe(before + 1);
    await clock.pass(30_000);
    await expect(asked).resolves.toHaveLength(1);
  });
});
