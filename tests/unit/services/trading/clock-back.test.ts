import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { MS_PER_DAY, unixMillis } from '../../../../engine/domain/time.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, now, place } from './placing.ts';

/** A clock of which the date can be set; what measures intervals goes on as it was. */
class SetClock extends FakeClock {
  shift = 0;

  override now() {
    return unixMillis(super.now() + this.shift);
  }
}

async function equity(desk: TestDesk, amount: string): Promise<void> {
  await desk.trading.risk.onBalance({
    kind: 'balance',
    account: ACCOUNT,
    currency: 'USD',
    cash: [],
    equity: decimal(amount),
    buyingPower: decimal('100000'),
    initialMargin: null,
    maintenanceMargin: null,
    receivedTime: desk.clock.now(),
  });
}

describe('a clock that was set back', () => {
  it('holds no order up that is like one of the hour that comes again', async () => {
    const clock = new SetClock();
    const desk = await openDesk({ clock });
    const one = ticketOf({ terms: { quantity: '1' } });
    // As many as are allowed in 10 s.
    for (let i = 0; i < 30; i += 1) {
      await place(desk, ticketOf({ terms: { quantity: '1', limitPrice: `98.${10 + i}` } }));
    }
    expect((await place(desk, one))[0]).toMatchObject({ reasonCode: 'ORDER_RATE' });
    clock.shift = -3_600_000;
    await clock.pass(2000);
    expect((await place(desk, one))[0]).toMatchObject({ state: 'Accepted' });
    // Doubles of now are doubles all the same.
    expect((await place(desk, one))[0]).toMatchObject({ reasonCode: 'DUPLICATE_ORDER' });
  });

  it('does not forget the loss of the day when midnight comes twice', async () => {
    const clock = new SetClock();
    const desk = await openDesk({ clock });
    await equity(desk, '100000');
    await equity(desk, '99500');
    clock.shift = -MS_PER_DAY;
    await equity(desk, '99500');
    clock.shift = 0;
    await equity(desk, '99400');
    expect(desk.trading.risk.dayStart(ACCOUNT)).toBe('100000');
    clock.shift = MS_PER_DAY;
    await equity(desk, '99300');
    expect(desk.trading.risk.dayStart(ACCOUNT)).toBe('99300');
  });

  it('begins the day anew after it had been years ahead', async () => {
    const clock = new SetClock();
    const desk = await openDesk({ clock });
    clock.shift = 1000 * MS_PER_DAY;
    await equity(desk, '100000');
    clock.shift = 0;
    await equity(desk, '120000');
    expect(desk.trading.risk.dayStart(ACCOUNT)).toBe('120000');
  });

  it('lets nothing be overlooked at the venue until it has come there again', async () => {
    const clock = new SetClock();
    const desk = await openDesk({ clock });
    await hold(desk, '100');
    const [open] = await place(desk, ticketOf({ terms: { quantity: '5' } }));
    desk.exchange.faults.push('lost-before');
    const [lost] = await place(desk, ticketOf({ terms: { quantity: '6' } }));
    clock.shift = -3_600_000;
    // Meanwhile a part of the position and the order go, and nobody tells.
    desk.exchange.deaf = true;
    desk.exchange.moved.set(AAPL, decimal('-40'));
    await desk.exchange.cancelAll();
    desk.exchange.deaf = false;
    await clock.pass(60_000);
    expect([now(desk, open).state, now(desk, lost).state]).toEqual(['Canceled', 'Rejected']);
    expect(desk.trading.cases.list(true)).toMatchObject([
      { kind: 'position-differs', venueSays: '60', weSay: '100' },
    ]);
  });
});
