import { beforeEach, describe, expect, it } from 'vitest';
import { RenataError } from '../../../../engine/domain/errors.ts';
import type { AccountView, Connection } from '../../../../engine/protocol/live-schemas.ts';
import { MarketWatches, useMarket } from '../../../../renderer/client/market-watch.ts';
import {
  MOST_ORDERS,
  modeOf,
  withConnection,
  withFills,
  withMarket,
  withNotice,
  withOrders,
} from '../../../../renderer/client/trading-state.ts';
import { fill, order, quote } from './views.ts';

describe('orders of the window', () => {
  it('never go back to what they were', () => {
    const filled = order({ state: 'Filled', lastEvent: 9 });
    const known = withOrders(null, [filled]);
    const late = withOrders(known, [order({ state: 'Accepted', lastEvent: 4 })]);
    expect(late.get('R1')).toBe(filled);
    const again = order({ state: 'Filled', lastEvent: 9, averagePrice: '10' });
    expect(withOrders(late, [again]).get('R1')).toBe(again);
  });

  it('are forgotten from the oldest that has ended on, and never while they work', () => {
    const many = Array.from({ length: MOST_ORDERS + 3 }, (_, index) =>
      order({
        clientOrderId: `R${index}`,
        createdAt: index,
        // The very oldest still works.
        state: index === 0 ? 'Accepted' : 'Canceled',
      }),
    );
    const kept = withOrders(null, many);
    expect(kept.size).toBe(MOST_ORDERS);
    expect(kept.has('R0')).toBe(true);
    expect([kept.has('R1'), kept.has('R2'), kept.has('R3'), kept.has('R4')]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe('fills of the window', () => {
  it('count once for each trade of an account, the newest first', () => {
    const first = withFills(null, [fill(), fill({ tradeId: 'T2', venueTime: 5 })]);
    const second = withFills(first, [
      fill({ commission: '1' }),
      fill({ account: 'OTHER', venueTime: 3 }),
    ]);
    expect(
      second.map(({ account, tradeId, commission }) => [account, tradeId, commission]),
    ).toEqual([
      ['PAPER', 'T2', null],
      ['OTHER', 'T1', null],
      ['PAPER', 'T1', '1'],
    ]);
    expect(withFills(second, [])).toBe(second);
  });
});

describe('prices of the window', () => {
  const none = { quotes: new Map(), books: new Map() };

  it('are the newest: an answer that was overtaken does not undo an event', () => {
    const now = withMarket(none, [quote({ receivedTime: 100, bid: 5 })], []);
    const late = withMarket(now, [quote({ receivedTime: 90, bid: 4 })], []);
    expect(late.quotes.get('ACME.XNAS')?.bid).toBe(5);
    const stale = withMarket(late, [quote({ receivedTime: 100, bid: 5, stale: true })], []);
    expect(stale.quotes.get('ACME.XNAS')?.stale).toBe(true);
  });

  it('begin anew when a replay goes back', () => {
    const now = withMarket(none, [quote({ receivedTime: 10_000_000, bid: 5 })], []);
    const again = withMarket(now, [quote({ receivedTime: 1, bid: 4 })], []);
    expect(again.quotes.get('ACME.XNAS')?.bid).toBe(4);
  });
});

describe('notices', () => {
  const notice = (title: string, level: 'info' | 'warning' | 'error' = 'info') => ({
    level,
    title,
    text: '',
    subject: '',
  });

  it('keep errors when there are too many, and say the same once', () => {
    let list = withNotice([], notice('first error', 'error'), 1, 0);
    for (const [index, title] of ['a', 'b', 'c', 'd', 'e'].entries())
      list = withNotice(list, notice(title), index + 2, 0);
    expect(list.map(({ title }) => title)).toEqual(['first error', 'b', 'c', 'd', 'e']);
    list = withNotice(list, notice('b'), 9, 0);
    expect(list.map(({ title }) => title)).toEqual(['first error', 'c', 'd', 'e', 'b']);
  });
});

describe('paper or live', () => {
  const account = (live: boolean): AccountView => ({
    id: live ? 'U1' : 'PAPER',
    connection: 'x',
    name: '',
    live,
    armed: false,
    currency: 'USD',
    cash: [],
    equity: null,
    buyingPower: null,
    initialMargin: null,
    maintenanceMargin: null,
    dayProfit: null,
    updatedAt: null,
  });
  const connection = (phase: Connection['state']['phase'], live = true): Connection => ({
    id: 'x',
    title: 'X',
    description: '',
    roles: ['execution'],
    fields: [],
    settings: {},
    keys: [],
    automatic: false,
    live,
    state: { phase, message: '', since: 0, until: null, parts: [] },
  });

  it('is live with one live account among others, armed or not', () => {
    expect(modeOf([account(false), account(true)], [])).toBe('live');
    expect(modeOf([account(false)], [])).toBe('paper');
    expect(modeOf([], [])).toBe('research');
    expect(modeOf(null, null)).toBe('research');
  });

  it('stays live while a live connection is away but wanted', () => {
    expect(modeOf([], [connection('reconnecting')])).toBe('live');
    expect(modeOf([account(false)], [connection('reconnecting')])).toBe('live');
    expect(modeOf([], [connection('disconnected')])).toBe('research');
    expect(modeOf([], [connection('reconnecting', false)])).toBe('research');
  });

  it('has the state of the one connection that changed', () => {
    const state = { phase: 'ready', message: 'm', since: 1, until: null, parts: [] } as const;
    const list = withConnection(
      [connection('connecting'), { ...connection('connecting'), id: 'y' }],
      { id: 'y', state: { ...state, parts: [] } },
    );
    expect(list?.map(({ state: { phase } }) => phase)).toEqual(['connecting', 'ready']);
    expect(withConnection(null, { id: 'y', state: { ...state, parts: [] } })).toBeNull();
  });
});

describe('watches of the window', () => {
  const calls: string[] = [];
  let refuse = false;
  let next = 1;
  const watches = (): MarketWatches =>
    new MarketWatches(() => ({
      call: (async (name: string, input: Record<string, unknown>) => {
        if (name === 'market.watch') {
          calls.push(`watch ${String(input['instrument'])}`);
          if (refuse) throw new RenataError('UNAVAILABLE', 'no source');
          next += 1;
          return { watchId: `W${next - 1}`, quote: null, book: null };
        }
        calls.push(`unwatch ${String(input['watchId'])}`);
        return { ok: true };
      }) as never,
    }));
  const settled = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, 5);
    });

  beforeEach(() => {
    calls.length = 0;
    refuse = false;
    next = 1;
    useMarket.setState({ quotes: new Map(), books: new Map(), failures: new Map() });
  });

  it('are asked for once however many want them, and end with the last', async () => {
    const all = watches();
    const ends = [all.watch('A.X', ['quote', 'trade']), all.watch('A.X', ['trade', 'quote'])];
    await settled();
    expect(calls).toEqual(['watch A.X']);
    ends[0]?.();
    ends[0]?.();
    await settled();
    expect(calls).toEqual(['watch A.X']);
    ends[1]?.();
    await settled();
    expect(calls).toEqual(['watch A.X', 'unwatch W1']);
  });

  it('that end and begin again at once are one', async () => {
    const all = watches();
    all.watch('A.X', ['quote'])();
    const end = all.watch('A.X', ['quote']);
    await settled();
    expect(calls.filter((each) => each.startsWith('watch'))).toHaveLength(1);
    expect(calls.filter((each) => each.startsWith('unwatch'))).toHaveLength(0);
    end();
    await settled();
    expect(calls.at(-1)).toBe('unwatch W1');
  });

  it('are asked for again when the carrier is back', async () => {
    const all = watches();
    all.watch('A.X', ['quote']);
    all.watch('B.X', ['quote']);
    await settled();
    calls.length = 0;
    all.restore();
    await settled();
    expect(calls.toSorted()).toEqual(['unwatch W1', 'unwatch W2', 'watch A.X', 'watch B.X']);
  });

  it('of a workstation that was started again are not ended there: the names may be of others', async () => {
    const all = watches();
    all.watch('A.X', ['quote']);
    await settled();
    calls.length = 0;
    all.forget();
    all.restore();
    await settled();
    expect(calls).toEqual(['watch A.X']);
  });

  it('that had no source say why, and are tried again when one comes', async () => {
    const all = watches();
    refuse = true;
    all.watch('A.X', ['quote']);
    await expect.poll(() => useMarket.getState().failures.has('A.X')).toBe(true);
    refuse = false;
    all.retry();
    await expect.poll(() => useMarket.getState().failures.has('A.X')).toBe(false);
    expect(calls).toEqual(['watch A.X', 'watch A.X']);
    all.retry();
    await settled();
    expect(calls).toHaveLength(2);
  });
});
