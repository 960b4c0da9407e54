import { afterEach, expect, it } from 'vitest';
import { decimal } from '../../../engine/domain/decimal.ts';
import { closeRig, intent, openRig, terms, type Rig } from '../../stubs/alpaca/rig.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

let rig: Rig;
afterEach(() => closeRig(rig));

const told = (kind: 'balance' | 'fill' | 'order'): number =>
  rig.reports.filter((report) => report.kind === kind).length;
const balances = (): number => told('balance');

/** An order of which a part is filled: the money is asked for a second later. */
async function fillOne(): Promise<void> {
  const fills = told('fill');
  const [placed] = await rig.execution.submit([intent(terms())]);
  rig.stub.exchange.fill(placed?.venueOrderId ?? '', decimal('1'), decimal('99'));
  await expect.poll(() => told('fill')).toBe(fills + 1);
  await settle();
}

it('tells the money after a fill also when the connection ended while it was waiting to ask', async () => {
  const clock = new FakeClock();
  rig = await openRig({ clock });
  await rig.execution.connect();
  await fillOne();
  await rig.execution.disconnect();
  await rig.execution.connect();
  const before = balances();
  await fillOne();
  await clock.pass(1000);
  await expect.poll(balances).toBe(before + 1);
});

it('opens one stream of orders when it is ended and begun again at once', async () => {
  rig = await openRig();
  rig.stub.fault({ call: 'GET /v2/account', times: 2, what: { kind: 'slow', milliseconds: 50 } });
  const first = rig.execution.connect();
  await rig.execution.disconnect();
  await rig.execution.connect();
  await first;
  await expect.poll(() => rig.execution.connection.phase).toBe('ready');
  // Two streams would tell each fill twice, before the next order is told.
  await fillOne();
  await fillOne();
  expect(told('fill')).toBe(2);
});
