import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifest } from '../../../electron/adapters/simulated/manifest.ts';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import { decimal, price, quantity } from '../../../engine/domain/decimal.ts';
import { accountId, clientOrderId, instrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { instrumentOf } from '../../support/exchange.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { accountFolders, USUAL_SETTINGS } from '../../support/paper-account.ts';

const MINI = instrumentId('MINI', 'TEST');
const PAPER = accountId('PAPER');

const folderOf = accountFolders();

/** One life of the paper account on the prices of other connections, which come and go by `source.there`. */
function lifeOf(folder: string, there: boolean, settings = {}) {
  const clock = new FakeClock();
  const source = { there };
  const tape = new Set<(batch: readonly MarketDatum[]) => void>();
  const watched: string[] = [];
  const absent = (): VenueError => new VenueError('not-found', 'No source knows it.');
  const context: AdapterContext = {
    clock,
    random: () => 0.5,
    log: () => undefined,
    feed: {
      listen: (listener) => {
        tape.add(listener);
        return () => tape.delete(listener);
      },
      watch: async (id) => {
        if (!source.there) throw absent();
        watched.push(id);
        return () => watched.splice(watched.indexOf(id), 1);
      },
      instrument: async (id) => {
        if (!source.there) throw absent();
        return { ...instrumentOf(id), multiplier: decimal('5') };
      },
    },
    series: { read: () => Promise.reject(new Error('not part of this test')) },
    folder,
  };
  const { execution } = manifest.open(
    { ...USUAL_SETTINGS, prices: 'connections', fees: 'none', ...settings },
    {},
    context,
  );
  if (execution === undefined) throw new Error('no venue');
  const quote = async (at: number): Promise<void> => {
    const now = clock.now();
    const sizes = { bidSize: 100, askSize: 100, venueTime: now, receivedTime: now };
    for (const listener of tape)
      listener([{ kind: 'quote', instrument: MINI, bid: at, ask: at, ...sizes }]);
    // What it has taken is on the disk.
    await execution.openOrders(PAPER);
  };
  return { execution, clock, source, watched, quote };
}

function order(name: string, terms: Partial<OrderTerms>): OrderIntent {
  return {
    clientOrderId: clientOrderId(name),
    account: PAPER,
    instrument: MINI,
    terms: {
      side: 'buy',
      type: 'market',
      quantity: quantity('10'),
      timeInForce: 'gtc',
      ...terms,
    },
    source: { kind: 'person', name: 'test' },
    strategy: null,
    group: null,
    parent: null,
    decidedAt: new FakeClock().now(),
    decisionPrice: null,
    tag: '',
  };
}

/** Buys 10 at 100, each of 5 units, and leaves a stop at 90. */
async function bought(folder: string): Promise<void> {
  const { execution, quote } = lifeOf(folder, true);
  await execution.connect();
  await execution.submit([order('ENTRY', {})]);
  await quote(100);
  await execution.submit([
    order('STOP', { side: 'sell', type: 'stop', stopPrice: price('90'), reduceOnly: true }),
  ]);
  await execution.disconnect();
}

describe('the paper account after a restart', () => {
  it('holds what it held, with its money, although no source knows the instrument', async () => {
    const folder = folderOf();
    await bought(folder);
    const { execution } = lifeOf(folder, false);
    await execution.connect();
    expect(await execution.positions(PAPER)).toMatchObject([{ instrument: MINI, quantity: '10' }]);
    // 100,000 less 10 of 5 units at 100; what is held is worth what was paid.
    const { cash, equity } = await execution.balances(PAPER);
    expect(cash).toEqual([{ currency: 'USD', amount: '95000' }]);
    expect(equity).toBe('100000');
    await execution.disconnect();
  });

  it('does so from a record that does not say the rules of what was traded', async () => {
    const folder = folderOf();
    await bought(folder);
    const path = join(folder, 'PAPER.jsonl');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const older = lines.map((line) =>
      JSON.stringify({ ...(JSON.parse(line) as object), instrument: undefined }),
    );
    writeFileSync(path, `${older.join('\n')}\n`);
    const { execution } = lifeOf(folder, false);
    await execution.connect();
    expect(await execution.positions(PAPER)).toMatchObject([{ instrument: MINI, quantity: '10' }]);
    // The multiplier is not known any more: 10 at 100.
    const { cash } = await execution.balances(PAPER);
    expect(cash).toEqual([{ currency: 'USD', amount: '99000' }]);
    await execution.disconnect();
  });

  it('fills its stop once a source that came later has prices', async () => {
    const folder = folderOf();
    await bought(folder);
    const { execution, clock, source, watched, quote } = lifeOf(folder, false);
    await execution.connect();
    await clock.pass(5000);
    expect(watched).toEqual([]);
    source.there = true;
    await clock.pass(1000);
    expect(watched).toEqual([MINI]);
    await quote(89);
    expect(await execution.positions(PAPER)).toEqual([]);
    // Bought at 100, sold at 89, 10 of 5 units each.
    expect((await execution.balances(PAPER)).equity).toBe('99450');
    await execution.disconnect();
    expect(watched).toEqual([]);
  });

  it('asks for prices no more once it is disconnected', async () => {
    const folder = folderOf();
    await bought(folder);
    const { execution, clock, source, watched } = lifeOf(folder, false);
    await execution.connect();
    await clock.pass(2000);
    await execution.disconnect();
    source.there = true;
    await clock.pass(60_000);
    expect(watched).toEqual([]);
  });

  it('knows the series that it replays before it reads what it holds', async () => {
    const folder = folderOf();
    const DAY = 86_400_000;
    const at = Date.UTC(2024, 0, 1);
    const column = (value: number) => Float64Array.from({ length: 4 }, () => value);
    const bars = {
      time: Float64Array.from({ length: 4 }, (_, i) => at + i * DAY),
      open: column(100),
      high: column(101),
      low: column(99),
      close: column(100),
      volume: column(1000),
    };
    const opened: { data?: MarketDataClient } = {};
    const context: AdapterContext = {
      clock: new FakeClock(),
      random: () => 0.5,
      log: () => undefined,
      feed: {
        listen: () => () => undefined,
        watch: async () => () => undefined,
        instrument: async (id) => {
          if (opened.data === undefined) throw new Error('no prices');
          return opened.data.instrument(id);
        },
      },
      series: {
        read: async () => ({
          id: MINI,
          name: 'Mini',
          currency: 'EUR',
          calendar: 'none',
          timeframe: timeframe('1d'),
          bars,
        }),
      },
      folder,
    };
    const settings = {
      ...USUAL_SETTINGS,
      prices: 'replay',
      datasets: 'MINI.TEST@1d',
      from: '2024-01-02',
    };
    const { data, execution } = manifest.open(settings, {}, context);
    if (data === undefined || execution === undefined) throw new Error('no sides');
    opened.data = data;
    // Before it has read them nobody may conclude that it does not have them.
    await expect(data.instrument(MINI)).rejects.toMatchObject({ failure: 'not-sent' });
    await execution.connect();
    expect(await execution.instrument?.(MINI)).toMatchObject({ currency: 'EUR' });
    await execution.disconnect();
  });
});
