import { describe, expect, it } from 'vitest';
import type {
  Connection,
  FillView,
  PositionView,
  RiskLimitsText,
} from '../../../../engine/protocol/live-schemas.ts';
import { riskLimits } from '../../../../engine/protocol/live-schemas.ts';
import { parseLayout, PANELS } from '../../../../renderer/app/layout.ts';
import { findLast, pageFrom } from '../../../../renderer/panels/audit/audit-pages.ts';
import {
  formOf as connectionForm,
  partsTold,
  readConnection,
} from '../../../../renderer/panels/connections/connection-form.ts';
import { depthRows, spreadOf } from '../../../../renderer/panels/depth/depth-model.ts';
import { fillSums, fillsTable } from '../../../../renderer/panels/fills/fill-model.ts';
import {
  amendmentOf,
  canAmend,
  canCancel,
  listed,
  orderText,
  termOf,
} from '../../../../renderer/panels/orders/order-rows.ts';
import {
  deedText,
  stopWish,
  totalsOf,
} from '../../../../renderer/panels/positions/position-model.ts';
import {
  changeOf,
  parseWatchlist,
  quoteRows,
  shownChange,
  withoutWatched,
  withWatched,
} from '../../../../renderer/panels/quotes/watchlist.ts';
import {
  changedLimits,
  formOf,
  LIMIT_FIELDS,
  shifted,
} from '../../../../renderer/panels/risk/limits.ts';
import { usageOf } from '../../../../renderer/panels/risk/usage.ts';
import { fill as fillView, order } from './views.ts';

describe('rows of orders', () => {
  it('are the newest first, open or all, of one account or every', () => {
    const orders = [
      order({ clientOrderId: 'a', createdAt: 1 }),
      order({ clientOrderId: 'b', createdAt: 3, state: 'Filled' }),
      order({ clientOrderId: 'c', createdAt: 2, account: 'OTHER', state: 'Unknown' }),
    ];
    const ids = (open: boolean, account = ''): string[] =>
      listed(orders, { open, account }).map(({ clientOrderId }) => clientOrderId);
    expect(ids(false)).toEqual(['b', 'c', 'a']);
    // What is unknown may still fill.
    expect(ids(true)).toEqual(['c', 'a']);
    expect(ids(false, 'OTHER')).toEqual(['c']);
  });

  it('show a change that waits for the venue', () => {
    expect(termOf(order({ pending: { limitPrice: '11' } }), 'limitPrice')).toBe('11');
    expect(termOf(order(), 'stopPrice')).toBeNull();
  });

  it('can be changed where the order has the field and nothing is on its way', () => {
    expect(canAmend(order(), 'limitPrice')).toBe(true);
    expect(canAmend(order(), 'quantity')).toBe(true);
    expect(canAmend(order(), 'stopPrice')).toBe(false);
    for (const state of [
      'Submitted',
      'PendingCancel',
      'PendingUpdate',
      'Unknown',
      'Filled',
    ] as const)
      expect(canAmend(order({ state }), 'limitPrice')).toBe(false);
    expect(canAmend(order({ pending: { quantity: '1' } }), 'limitPrice')).toBe(false);
    expect(canCancel(order({ state: 'Unknown' }))).toBe(true);
    expect(canCancel(order({ state: 'PendingCancel' }))).toBe(false);
    expect(canCancel(order({ state: 'Rejected' }))).toBe(false);
  });

  it('ask for exactly the change that was typed', () => {
    expect(amendmentOf(order(), 'limitPrice', '10.50')).toEqual({ change: { limitPrice: '10.5' } });
    expect(amendmentOf(order(), 'limitPrice', '10.00')).toBeUndefined();
    expect(amendmentOf(order(), 'quantity', 'ten')).toHaveProperty('fault');
    const trailing = order({
      terms: {
        side: 'sell',
        type: 'trailing_stop',
        quantity: '1',
        trailPercent: '2',
        timeInForce: 'gtc',
      },
    });
    expect(amendmentOf(trailing, 'trail', '3')).toEqual({ change: { trailPercent: '3' } });
  });

  it('name an order in one line', () => {
    expect(orderText(order())).toBe('Buy 100 ACME @ 10 LMT');
  });
});

const position = (part: Partial<PositionView> = {}): PositionView => ({
  account: 'PAPER',
  instrument: 'ACME.XNAS',
  quantity: '100',
  averagePrice: '10',
  currency: 'USD',
  mark: 11,
  markTime: 0,
  value: 1100,
  unrealized: 100,
  realizedToday: '5.25',
  protection: 'none',
  ...part,
});

describe('positions', () => {
  it('say exactly what flattening and reversing do', () => {
    expect(deedText('flatten', position(), [])).toMatchObject({ action: 'Sell 100 ACME MKT' });
    const reverse = deedText('reverse', position({ quantity: '-0.5' }), [
      order(),
      order({ state: 'Filled' }),
      order({ account: 'OTHER' }),
      order({ instrument: 'X.XNAS' }),
    ]);
    expect(reverse.action).toBe('Buy 1 ACME MKT');
    expect(reverse.text).toContain('1 open order of ACME is cancelled first');
    expect(reverse.text).toContain('long 0.5 ACME');
  });

  it('get a stop on the losing side, on the tick, for all that is held', () => {
    const ticks = [{ from: '0', tickSize: '0.05' }];
    // 2 % off 11 is 10.78, on a tick of 0.05 that is 10.80; above it 11.22 becomes 11.20.
    expect(stopWish(position(), ticks)).toMatchObject({
      side: 'sell',
      quantity: '100',
      price: '10.8',
      reduceOnly: true,
      type: 'stop',
    });
    expect(stopWish(position({ quantity: '-7' }), ticks)).toMatchObject({
      side: 'buy',
      quantity: '7',
      price: '11.2',
    });
    expect(stopWish(position({ mark: null }), ticks).price).toBeUndefined();
  });

  it('are added up by currency', () => {
    expect(
      totalsOf([
        position(),
        position({ value: -100, unrealized: null }),
        position({ currency: 'EUR', value: 5 }),
      ]),
    ).toEqual([
      { currency: 'USD', value: 1200, unrealized: 100, realized: 10.5 },
      { currency: 'EUR', value: 5, unrealized: 100, realized: 5.25 },
    ]);
  });
});

describe('fills', () => {
  const fill = (part: Partial<FillView>): FillView =>
    fillView({ commission: '0.1', venueTime: 86_400_000, ...part });

  it('are counted by day, their costs exactly and by currency', () => {
    const list = [
      fill({}),
      fill({ commission: '0.2' }),
      fill({ commission: '0.00001', commissionCurrency: 'BTC' }),
      fill({ commission: null }),
      fill({ venueTime: 86_399_999 }),
    ];
    expect(fillSums(list, 86_400_001)).toBe('4 fills today, commission 0.30 USD + 0.00001 BTC');
    expect(fillSums([], 0)).toBe('0 fills today');
  });

  it('are written with every digit', () => {
    const { header, rows } = fillsTable([fill({ price: '0.000000000000000001' })]);
    expect(rows[0]).toHaveLength(header.length);
    expect(rows[0]?.[header.indexOf('price')]).toBe('0.000000000000000001');
    expect(rows[0]?.[0]).toBe('1970-01-02T00:00:00.000Z');
  });
});

describe('the watchlist', () => {
  it('holds each instrument once, and nothing that is none', () => {
    const list = withWatched(withWatched({ instruments: [] }, 'A.X'), 'A.X');
    expect(list.instruments).toEqual(['A.X']);
    expect(withoutWatched(list, 'A.X').instruments).toEqual([]);
    expect(
      parseWatchlist({ instruments: ['BRK.B.XNYS', 'BRK.B.XNYS', 7, 'x', '^GSPC.INDEX'] }),
    ).toEqual({ instruments: ['BRK.B.XNYS', '^GSPC.INDEX'] });
    expect(parseWatchlist({ instruments: 3 })).toBeUndefined();
  });

  it('keeps rows whose prices have not changed', () => {
    const a = { instrument: 'A.X' } as never;
    const first = quoteRows([], ['A.X', 'B.X'], new Map([['A.X', a]]), new Map());
    expect(quoteRows(first, ['A.X', 'B.X'], new Map([['A.X', a]]), new Map())).toBe(first);
    const failed = quoteRows(
      first,
      ['A.X', 'B.X'],
      new Map([['A.X', a]]),
      new Map([['B.X', { message: 'no source' }]]),
    );
    expect(failed[0]).toBe(first[0]);
    expect(failed[1]).toMatchObject({ instrument: 'B.X', fault: 'no source' });
  });

  it('measures change from the close before', () => {
    const quote = { last: 110, previousClose: 100, open: 50, bid: null, ask: null };
    expect(changeOf(quote as never)).toBeCloseTo(0.1, 12);
    expect(changeOf({ ...quote, previousClose: null } as never)).toBeCloseTo(1.2, 12);
    expect(changeOf({ ...quote, last: null, bid: 1, ask: 3, previousClose: 4 } as never)).toBe(
      -0.5,
    );
    expect(changeOf(undefined)).toBeNull();
    // Half a thousandth of a percent down is nothing, and no negative one.
    expect(Object.is(shownChange({ ...quote, last: 99.9995 } as never), 0)).toBe(true);
    expect(shownChange({ ...quote, last: 99.99 } as never)).toBe(-0.0001);
    expect(shownChange(undefined)).toBeNull();
  });
});

describe('depth', () => {
  const book = {
    instrument: 'A.X',
    asks: [
      { price: 101, size: 5 },
      { price: 102, size: 10 },
      { price: 103, size: 1 },
    ],
    bids: [
      { price: 99, size: 20 },
      { price: 98, size: 5 },
    ],
    venueTime: 0,
  };

  it('is a ladder around the spread, summed from the best price on', () => {
    expect(depthRows(book, 2).map(({ price, sum, part }) => [price, sum, part])).toEqual([
      [102, 15, 0.5],
      [101, 5, 0.25],
      [99, 20, 1],
      [98, 25, 0.25],
    ]);
  });

  it('knows its spread and its heavier side', () => {
    expect(spreadOf(book, 2)).toEqual({ spread: 2, bps: 200, imbalance: 0.25 });
    expect(spreadOf({ ...book, asks: [] }, 2)).toBeUndefined();
  });
});

describe('limits', () => {
  const limits = {
    maxOrderNotional: '250000',
    priceCollar: '0.05',
    maxQuoteAgeMs: 60_000,
    maxOrders: 30,
    allowShort: true,
    restricted: [{ symbol: 'BAD', until: 99, reason: 'insider' }],
  } as Partial<RiskLimitsText>;

  it('are all in the form, each once', () => {
    const names = new Set<string>(LIMIT_FIELDS.map(({ name }) => name));
    expect(names.size).toBe(LIMIT_FIELDS.length);
    expect([...names, 'restricted'].toSorted()).toEqual(Object.keys(riskLimits.shape).toSorted());
  });

  it('are typed in percent and seconds', () => {
    expect(formOf(limits)).toMatchObject({
      maxOrderNotional: '250000',
      priceCollar: '5',
      maxQuoteAgeMs: '60',
      maxOrders: '30',
      maxDailyLoss: '',
      restricted: 'BAD insider',
    });
  });

  it('send only what has changed, exactly', () => {
    const form = formOf(limits);
    expect(changedLimits(form, limits)).toEqual({ limits: {} });
    const edited = {
      ...form,
      priceCollar: '0.125',
      maxQuoteAgeMs: '1.5',
      maxOrderNotional: '',
      allowShort: false,
      onDailyLoss: 'halt',
      restricted: 'BAD insider\nworse merger talks\n\n',
    };
    const read = changedLimits(edited, limits);
    expect(read).toEqual({
      limits: {
        priceCollar: '0.00125',
        maxQuoteAgeMs: 1500,
        maxOrderNotional: null,
        allowShort: false,
        onDailyLoss: 'halt',
        restricted: [
          { symbol: 'BAD', until: 99, reason: 'insider' },
          { symbol: 'WORSE', until: null, reason: 'merger talks' },
        ],
      },
    });
    expect(riskLimits.partial().safeParse('limits' in read ? read.limits : {}).success).toBe(true);
  });

  it('refuse what is no limit', () => {
    const form = formOf(limits);
    expect(
      changedLimits(
        { ...form, maxOrders: '1.5', maxQuoteAgeMs: '0.0001', priceCollar: '-1', maxLeverage: 'x' },
        limits,
      ),
    ).toEqual({
      errors: {
        maxOrders: expect.any(String) as string,
        maxQuoteAgeMs: expect.any(String) as string,
        priceCollar: expect.any(String) as string,
        maxLeverage: expect.any(String) as string,
      },
    });
  });

  it('move the point without losing a digit', () => {
    expect([
      shifted('0.05', 2),
      shifted('5', -2),
      shifted('60000', -3),
      shifted('0.125', -2),
    ]).toEqual(['5', '0.05', '60', '0.00125']);
    expect(shifted(shifted('0.123456789', 2), -2)).toBe('0.123456789');
  });

  it('show how much of them is used', () => {
    const account = {
      id: 'PAPER',
      connection: 'x',
      name: '',
      live: false,
      armed: false,
      currency: 'USD',
      cash: [],
      equity: '10000',
      buyingPower: null,
      initialMargin: null,
      maintenanceMargin: null,
      dayProfit: '-250',
      updatedAt: null,
    };
    const held = [
      position({ value: 4000 }),
      position({ instrument: 'B.X', value: -1000 }),
      position({ account: 'OTHER', value: 99_999 }),
    ];
    const rows = usageOf(account, held, [order(), order({ state: 'Filled' })], {
      maxDailyLoss: '1000',
      maxConcentration: '0.5',
      maxGrossExposure: '2',
      maxNetExposure: '1',
      maxOpenOrders: 4,
    });
    expect(rows.map(({ title, used }) => [title, used])).toEqual([
      ['Loss of the day', 0.25],
      ['Concentration', 0.8],
      ['Gross exposure', 0.25],
      ['Net exposure', 0.3],
      ['Open orders', 0.25],
    ]);
    // What is not known is not shown as nothing.
    expect(usageOf({ ...account, equity: null }, held, [], { maxLeverage: '2' })).toEqual([]);
  });
});

describe('connections', () => {
  const field = (name: string, kind: Connection['fields'][number]['kind'], required = false) => ({
    name,
    label: name.toUpperCase(),
    help: '',
    kind,
    choices: [],
    default: kind === 'number' ? 7 : kind === 'boolean' ? true : null,
    required,
  });
  const connection: Connection = {
    id: 'x',
    title: 'X',
    description: '',
    roles: ['execution'],
    fields: [
      field('host', 'text', true),
      field('port', 'number'),
      field('fast', 'boolean'),
      field('secret', 'key', true),
      field('extra', 'key'),
    ],
    settings: { host: 'localhost' },
    keys: [],
    automatic: true,
    live: false,
    state: { phase: 'disconnected', message: '', since: 0, until: null, parts: [] },
  };

  it('begin with their settings and defaults, and never with a key', () => {
    expect(connectionForm(connection)).toEqual({
      values: { host: 'localhost', port: '7', fast: true },
      keys: {},
      automatic: true,
    });
  });

  it('send settings of their kind, and only keys that were entered', () => {
    const form = connectionForm(connection);
    expect(readConnection(connection, { ...form, keys: { secret: ' s3 ', extra: '' } })).toEqual({
      settings: { host: 'localhost', port: 7, fast: true },
      keys: { secret: 's3' },
    });
    expect(readConnection(connection, form)).toEqual({ errors: { secret: 'SECRET is needed.' } });
    const stored = { ...connection, keys: [{ name: 'secret', place: 'keychain' as const }] };
    expect(readConnection(stored, form)).toMatchObject({ keys: {} });
    expect(
      readConnection(stored, { ...form, values: { ...form.values, port: 'x', host: ' ' } }),
    ).toEqual({ errors: { host: 'HOST is needed.', port: 'This is not a number.' } });
  });
});

describe('parts of a connection', () => {
  const part = (name: string, working: boolean, note = '') => ({ name, working, note });

  it('that fail for one reason are told together, and the reason once', () => {
    const parts = [
      part('orders', false, 'gone'),
      part('quotes', false, 'gone'),
      part('news', true),
    ];
    expect(partsTold(parts, 'gone; connecting again').map(({ text }) => text)).toEqual([
      'news',
      'orders, quotes do not work',
    ]);
    expect(partsTold(parts, 'busy').at(-1)).toEqual({
      text: 'orders, quotes do not work: gone',
      working: false,
    });
  });

  it('have notes of their own', () => {
    const parts = [
      part('quotes', true, 'delayed'),
      part('orders', false),
      part('cash', false, 'no'),
    ];
    expect(partsTold(parts, '').map(({ text }) => text)).toEqual([
      'quotes: delayed',
      'orders does not work',
      'cash does not work: no',
    ]);
  });
});

describe('pages of the audit log', () => {
  it.each([0, 1, 2, 3, 7, 8, 9, 1000, 123_457])('find the last of %i entries', async (count) => {
    let asked = 0;
    const last = await findLast((sequence) => {
      asked += 1;
      return Promise.resolve(sequence <= count);
    });
    expect(last).toBe(count);
    expect(asked).toBeLessThan(45);
  });

  it('run backwards from the last entry', () => {
    expect(pageFrom(1000, 0, 200)).toEqual({ from: 801, limit: 200 });
    expect(pageFrom(1000, 800, 1000)).toEqual({ from: 1, limit: 200 });
    expect(pageFrom(50, 0, 200)).toEqual({ from: 1, limit: 50 });
  });
});

describe('layouts', () => {
  it('of an earlier version without the trading panels are still read', () => {
    const json = JSON.stringify({ panels: { chart: {}, data: {} } });
    expect(parseLayout(json)).toBeDefined();
    expect(parseLayout(JSON.stringify({ panels: { ticket: {}, inbox: {} } }))).toBeDefined();
    expect(parseLayout(JSON.stringify({ panels: { nothing: {} } }))).toBeUndefined();
    expect(new Set(PANELS.map(({ id }) => id)).size).toBe(PANELS.length);
  });
});
