import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { accountId } from '../../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { AccountDays } from '../../../../electron/services/trading/account-days.ts';
import { Venues } from '../../../../electron/services/trading/venues.ts';
import { ACCOUNT, Exchange } from '../../../support/exchange.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, place } from './placing.ts';

const GLOBAL = { kind: 'global', name: '' } as const;

/** A desk at 18:00 in New York, an hour before midnight UTC, that has lost 1,000 of at most 500. */
async function deskAtLoss(dayZone: string | undefined): Promise<TestDesk> {
  const clock = new FakeClock(Date.UTC(2024, 0, 2, 23, 0));
  const exchange = new Exchange(clock);
  if (dayZone !== undefined) {
    const [account] = await exchange.accounts();
    exchange.accounts = async () => [{ ...(account as NonNullable<typeof account>), dayZone }];
  }
  const found: { desk?: TestDesk } = {};
  const none = new Venues();
  const days = new AccountDays(() => found.desk?.trading.venues ?? none);
  // The venue is known before its first balance is: as in the application, where this is asked later.
  const desk = await openDesk({ clock, exchange, dayOf: (id, now) => days.of(id, now) });
  found.desk = desk;
  await desk.trading.reconcile(ACCOUNT);
  await hold(desk, '10');
  await desk.trading.risk.setLimits(GLOBAL, { maxDailyLoss: decimal('500') });
  exchange.cash.amount = decimal('99000');
  await desk.trading.reconcile(ACCOUNT);
  return desk;
}

const refusals = async (desk: TestDesk): Promise<readonly string[]> => {
  await desk.trading.reconcile(ACCOUNT);
  const [order] = await place(desk, ticketOf());
  return order?.state === 'Denied' ? [order.reason] : [];
};

describe('the day of an account', () => {
  const venues = new Venues();
  const [home, coins] = [accountId('HOME'), accountId('COINS')];
  const client = new Exchange(new FakeClock());
  venues.setAccounts(client, [
    { id: home, live: false, currency: 'USD', name: '' },
    { id: coins, live: false, currency: 'USDT', name: '', dayZone: 'UTC' },
  ]);
  const days = new AccountDays(() => venues);
  /** 22:00 of the second in New York, in winter and in summer. */
  const [winter, summer] = [Date.UTC(2024, 0, 3, 3), Date.UTC(2024, 6, 3, 2)].map(unixMillis);

  it('is that of New York where the venue says no other, and of UTC where the market never closes', () => {
    expect(days.of(home, winter as never)).toBe('2024-01-02');
    expect(days.of(home, summer as never)).toBe('2024-07-02');
    expect(days.of(coins, winter as never)).toBe('2024-01-03');
    expect(days.of(coins, summer as never)).toBe('2024-07-03');
  });

  it('stays so while its venue is not connected: nothing begins anew', () => {
    venues.remove(client.venue);
    expect(days.of(coins, winter as never)).toBe('2024-01-03');
    expect(days.of(accountId('NOBODY'), winter as never)).toBe('2024-01-02');
  });

  it('lets orders through again at midnight UTC at a venue that counts so', async () => {
    const desk = await deskAtLoss('UTC');
    expect(await refusals(desk)).toEqual([expect.stringMatching(/loss|halted/i)]);
    await desk.clock.pass(2 * 3_600_000);
    await desk.trading.risk.setState('active', '', 'user');
    expect(await refusals(desk)).toEqual([]);
  });

  it('and not before midnight in New York elsewhere', async () => {
    const desk = await deskAtLoss(undefined);
    await desk.clock.pass(2 * 3_600_000);
    await desk.trading.risk.setState('active', '', 'user');
    expect(await refusals(desk)).toEqual([expect.stringMatching(/loss|halted/i)]);
    await desk.clock.pass(4 * 3_600_000);
    await desk.trading.risk.setState('active', '', 'user');
    expect(await refusals(desk)).toEqual([]);
  });
});
