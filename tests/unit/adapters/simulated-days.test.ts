import { describe, expect, it } from 'vitest';
import { manifest } from '../../../electron/adapters/simulated/manifest.ts';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import { AccountDays } from '../../../electron/services/trading/account-days.ts';
import { Venues } from '../../../electron/services/trading/venues.ts';
import { price, quantity } from '../../../engine/domain/decimal.ts';
import {
  accountId,
  clientOrderId,
  instrumentId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { ExecutionClient } from '../../../engine/ports/execution-client.ts';
import { instrumentOf } from '../../support/exchange.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { accountFolders, USUAL_SETTINGS } from '../../support/paper-account.ts';

const PAPER = accountId('PAPER');
const BTC = instrumentId('BTCUSDT', 'BINANCE');
const AAPL = instrumentId('AAPL', 'XNAS');
const CALENDARS: Readonly<Record<string, string>> = { [BTC]: 'crypto', [AAPL]: 'us-equity' };
/** 21:00 of the second of January in New York: the third in UTC. */
const EVENING = Date.UTC(2024, 0, 3, 2);

const folderOf = accountFolders();

async function venueOf(folder: string, now = EVENING) {
  const clock = new FakeClock(now);
  const tape = new Set<(batch: readonly MarketDatum[]) => void>();
  const context: AdapterContext = {
    clock,
    random: () => 0.5,
    log: () => undefined,
    feed: {
      listen: (listener) => {
        tape.add(listener);
        return () => tape.delete(listener);
      },
      watch: async () => () => undefined,
      instrument: async (id) => ({ ...instrumentOf(id), calendar: CALENDARS[id] ?? 'none' }),
    },
    series: { read: () => Promise.reject(new Error('not part of this test')) },
    folder,
  };
  const settings = { ...USUAL_SETTINGS, prices: 'connections', fees: 'none' };
  const { execution } = manifest.open(settings, {}, context) as { execution: ExecutionClient };
  await execution.connect();
  const venues = new Venues();
  venues.setAccounts(execution, await execution.accounts());
  const days = new AccountDays(() => venues);
  let count = 0;
  return {
    execution,
    day: () => days.of(PAPER, unixMillis(EVENING)),
    /** A limit order for the day that nothing reaches. */
    give: async (instrument: InstrumentId): Promise<void> => {
      count += 1;
      await execution.submit([
        {
          clientOrderId: clientOrderId(`O${now}-${count}`),
          account: PAPER,
          instrument,
          terms: {
            side: 'buy',
            type: 'limit',
            quantity: quantity('1'),
            limitPrice: price('90'),
            timeInForce: 'day',
          },
          source: { kind: 'person', name: '' },
          strategy: null,
          group: null,
          parent: null,
          decidedAt: clock.now(),
          decisionPrice: null,
          tag: '',
        },
      ]);
    },
    /** A bar of a day that is played again, and what it fills, with the times of the fill. */
    fillsOn: async (start: number, low: number) => {
      const bar = { open: 100, high: 100, low, close: 100, volume: 1 };
      const times = { start: unixMillis(start), venueTime: unixMillis(start + 86_400_000) };
      const told = {
        ...times,
        receivedTime: clock.now(),
        closed: true,
        timeframe: timeframe('1d'),
      };
      for (const listener of tape) listener([{ kind: 'bar', instrument: AAPL, ...bar, ...told }]);
      return execution.fills(PAPER, unixMillis(0));
    },
    /** What works once there was a price at a time. */
    worksAt: async (time: number, instrument: InstrumentId, at = 100): Promise<number> => {
      const now = unixMillis(time);
      const sizes = { bidSize: 1, askSize: 1, venueTime: now, receivedTime: now };
      const sides = { bid: at, ask: at, ...sizes };
      for (const listener of tape) listener([{ kind: 'quote', instrument, ...sides }]);
      return (await execution.openOrders(PAPER)).length;
    },
  };
}

describe('the day of the paper account', () => {
  it('is that of UTC as long as nothing is traded but what never closes', async () => {
    const folder = folderOf();
    const venue = await venueOf(folder);
    expect(venue.day()).toBe('2024-01-02');
    await venue.give(BTC);
    expect(venue.day()).toBe('2024-01-03');
    await venue.execution.disconnect();
    // Also when it is opened again.
    const again = await venueOf(folder, EVENING + 1);
    expect(again.day()).toBe('2024-01-03');
    // From the first share on it is that of all accounts, and stays so.
    await again.give(AAPL);
    expect(again.day()).toBe('2024-01-02');
    await again.give(BTC);
    expect(again.day()).toBe('2024-01-02');
    await again.execution.disconnect();
    const later = await venueOf(folder, EVENING + 2);
    expect(later.day()).toBe('2024-01-02');
    await later.execution.disconnect();
  });

  it('ends orders at midnight UTC where the market never closes', async () => {
    const venue = await venueOf(folderOf());
    await venue.give(BTC);
    expect(await venue.worksAt(Date.UTC(2024, 0, 3, 3), BTC)).toBe(1);
    // Midnight in New York.
    expect(await venue.worksAt(Date.UTC(2024, 0, 3, 5), BTC)).toBe(1);
    expect(await venue.worksAt(Date.UTC(2024, 0, 3, 23, 59, 59, 999), BTC)).toBe(1);
    expect(await venue.worksAt(Date.UTC(2024, 0, 4), BTC)).toBe(0);
    await venue.execution.disconnect();
  });

  it('and not in the last hour after the close of New York in winter', async () => {
    const venue = await venueOf(folderOf());
    await venue.give(AAPL);
    // 18:30 and 19:30 in New York, with midnight UTC between them, and the next day.
    expect(await venue.worksAt(Date.UTC(2024, 0, 2, 23, 30), AAPL)).toBe(1);
    expect(await venue.worksAt(Date.UTC(2024, 0, 3, 0, 30), AAPL)).toBe(1);
    expect(await venue.worksAt(Date.UTC(2024, 0, 3, 14, 30), AAPL)).toBe(0);
    await venue.execution.disconnect();
  });
});

describe('a fill on a market that is played again', () => {
  it('has the time at which it happened, and that of the bar on which it did', async () => {
    const folder = folderOf();
    const venue = await venueOf(folder);
    await venue.give(AAPL);
    const day = Date.UTC(2015, 0, 5);
    const fills = await venue.fillsOn(day, 89);
    expect(fills).toMatchObject([{ venueTime: EVENING, receivedTime: EVENING, marketTime: day }]);
    await venue.execution.disconnect();
    const again = await venueOf(folder, EVENING + 1);
    expect(await again.execution.fills(PAPER, unixMillis(0))).toEqual(fills);
    await again.execution.disconnect();
  });

  it('has one time on prices of now', async () => {
    const venue = await venueOf(folderOf());
    await venue.give(AAPL);
    await venue.worksAt(EVENING, AAPL, 90);
    const [fill] = await venue.execution.fills(PAPER, unixMillis(0));
    expect(fill?.venueTime).toBe(EVENING);
    expect(fill).not.toHaveProperty('marketTime');
    await venue.execution.disconnect();
  });
});
