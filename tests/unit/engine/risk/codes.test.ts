import { describe, expect, it } from 'vitest';
import { decimal, price, quantity } from '../../../../engine/domain/decimal.ts';
import { clientOrderId } from '../../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { RISK_CODES, type RiskCode } from '../../../../engine/risk/check.ts';
import { AAPL } from '../../../support/exchange.ts';
import { held, intentOf, judged, MSFT, NOW, workingOf, type Situation } from './view.ts';

interface Case {
  readonly code: RiskCode;
  readonly what: string;
  readonly intent?: OrderIntent;
  readonly situation: Situation;
  readonly limit?: string | null;
  readonly value?: string | null;
  readonly largest?: string | null;
  /** What the gate says of size in all: no size mends a rule. */
  readonly any?: string;
}

const recent = (intent: OrderIntent, ago: number) => ({
  time: unixMillis(NOW - ago),
  intent: { ...intent, clientOrderId: clientOrderId('R0') },
});

/** Each code once or more, denied, with figures worked by hand: 100 units at 10 are 1000 unless said. */
const DENIED: readonly Case[] = [
  {
    code: 'TRADING_HALTED',
    what: 'a halt',
    situation: { view: { state: 'halted', stateReason: 'by hand' } },
  },
  { code: 'TRADING_REDUCE_ONLY', what: 'new risk', situation: { view: { state: 'reduce-only' } } },
  { code: 'ACCOUNT_NOT_ARMED', what: 'a live account', situation: { account: { armed: false } } },
  { code: 'ORDERS_NOT_HEARD', what: 'silence', situation: { view: { hearsOrders: false } } },
  {
    code: 'RESTRICTED_SYMBOL',
    what: 'a list, for good',
    situation: { limits: { restricted: [{ symbol: 'AAPL', until: null, reason: 'insider' }] } },
  },
  {
    code: 'RESTRICTED_SYMBOL',
    what: 'a list, until tomorrow',
    situation: {
      limits: { restricted: [{ symbol: 'AAPL', until: unixMillis(NOW + 1), reason: '' }] },
    },
  },
  {
    code: 'MARKET_CLOSED',
    what: 'a market order at night',
    intent: intentOf({ type: 'market', limitPrice: undefined }),
    situation: { limits: { hours: 'extended' }, view: { session: () => 'closed' } },
  },
  {
    code: 'MARKET_CLOSED',
    what: 'any order, where only regular hours are allowed',
    situation: { limits: { hours: 'regular' }, view: { session: () => 'extended' } },
  },
  {
    code: 'MARKET_ORDER_NOT_ALLOWED',
    what: 'a market order',
    intent: intentOf({ type: 'market', limitPrice: undefined }),
    situation: { limits: { allowMarketOrders: false } },
  },
  {
    code: 'SHORT_NOT_ALLOWED',
    what: 'selling 100 of 60, of which 20 are being sold',
    intent: intentOf({ side: 'sell' }),
    // 60 − 20 = 40 can be sold.
    situation: {
      limits: { allowShort: false },
      book: { holdings: [held('60')], working: [workingOf({ side: 'sell', quantity: '20' })] },
    },
    largest: '40',
    any: '40',
  },
  {
    code: 'SHORT_NOT_ALLOWED',
    what: 'what nobody lends',
    intent: intentOf({ side: 'sell' }),
    situation: { instrument: { shortable: false }, book: { holdings: [held('-5')] } },
    largest: '0',
    any: '0',
  },
  {
    code: 'FRACTION_NOT_ALLOWED',
    what: 'two shares and a half',
    intent: intentOf({ quantity: '2.5' }),
    situation: { instrument: { lotSize: decimal('0.001'), fractional: false } },
    largest: '2',
    any: '2',
  },
  {
    code: 'REDUCE_ONLY_EXCEEDED',
    what: '100 of 30',
    intent: intentOf({ side: 'sell', reduceOnly: true }),
    situation: { book: { holdings: [held('30')] } },
    largest: '30',
    any: '30',
  },
  {
    code: 'REDUCE_ONLY_EXCEEDED',
    what: 'in the wrong direction',
    intent: intentOf({ side: 'buy', reduceOnly: true }),
    situation: { book: { holdings: [held('30')] } },
    largest: '0',
    any: '0',
  },
  {
    code: 'NO_QUOTE',
    what: 'no mark',
    situation: { limits: { maxQuoteAgeMs: 1000 }, view: { mark: () => null } },
  },
  {
    code: 'NO_QUOTE',
    what: 'a mark without prices',
    situation: {
      limits: { priceCollar: decimal('0.05') },
      view: { mark: () => ({ bid: 0, ask: Number.NaN, last: 0, time: NOW }) },
    },
  },
  {
    code: 'QUOTE_TOO_OLD',
    what: '1001 ms where 1000 are allowed',
    situation: {
      limits: { maxQuoteAgeMs: 1000 },
      view: { mark: () => ({ bid: 9.98, ask: 10.02, last: 10, time: unixMillis(NOW - 1001) }) },
    },
    limit: '1000 ms',
    value: '1001 ms',
    largest: null,
  },
  {
    code: 'QUOTE_TOO_OLD',
    what: 'a quote from before the clock was set back by an hour',
    situation: {
      limits: { maxQuoteAgeMs: 1000 },
      view: {
        mark: () => ({ bid: 9.98, ask: 10.02, last: 10, time: unixMillis(NOW + 3_600_000) }),
      },
    },
    limit: '1000 ms',
    value: '3600000 ms',
    largest: null,
  },
  {
    code: 'PRICE_COLLAR',
    what: 'buying at 10.53 where 10.02 is asked',
    intent: intentOf({ limitPrice: '10.53' }),
    // 0.51 / 10.02 = 0.0508982…, against the order 0.050899
    situation: { limits: { priceCollar: decimal('0.05') } },
    limit: '0.05',
    value: '0.050899',
    largest: null,
  },
  {
    code: 'PRICE_COLLAR',
    what: 'selling at 9 where 9.98 is bid',
    intent: intentOf({ side: 'sell', limitPrice: '9' }),
    // 0.98 / 9.98 = 0.0981963…
    situation: { limits: { priceCollar: decimal('0.05') } },
    value: '0.098197',
  },
  {
    code: 'PRICE_COLLAR',
    what: 'a stop at 20 with its limit at 22',
    intent: intentOf({ type: 'stop_limit', stopPrice: '20', limitPrice: '22' }),
    situation: { limits: { priceCollar: decimal('0.05') } },
    value: '0.1',
  },
  {
    code: 'MAX_ORDER_QUANTITY',
    what: '100 where 99.5 are allowed',
    situation: { limits: { maxOrderQuantity: decimal('99.5') } },
    limit: '99.5',
    value: '100',
    largest: '99',
    any: '99',
  },
  {
    code: 'MAX_ORDER_NOTIONAL',
    what: '1000 where 995 are allowed',
    situation: { limits: { maxOrderNotional: decimal('995') } },
    limit: '995 USD',
    value: '1000 USD',
    // 995 / 10 = 99.5
    largest: '99',
    any: '99',
  },
  {
    code: 'MAX_ORDER_NOTIONAL',
    what: 'a market order, at what is asked, with a multiplier and a rate',
    intent: intentOf({ type: 'market', limitPrice: undefined }),
    // 10.02 · 5 · 2 = 100.2 a unit: 10,020; 5000 / 100.2 = 49.9
    situation: {
      limits: { maxOrderNotional: decimal('5000') },
      instrument: { currency: 'EUR', multiplier: decimal('5') },
      view: { rate: () => decimal('2') },
    },
    limit: '5000 USD',
    value: '10020 USD',
    largest: '49',
    any: '49',
  },
  {
    code: 'MAX_POSITION_QUANTITY',
    what: 'with what is held and what is being bought',
    // 20 + 50 + 100 = 170 of 150: room for 80
    situation: {
      limits: { maxPositionQuantity: decimal('150') },
      book: { holdings: [held('20')], working: [workingOf()] },
    },
    limit: '150',
    value: '170',
    largest: '80',
    any: '80',
  },
  {
    code: 'MAX_POSITION_QUANTITY',
    what: 'that the other side has passed already',
    // 200 short if the sells fill: no size of a purchase mends that.
    situation: {
      limits: { maxPositionQuantity: decimal('150') },
      book: { working: [workingOf({ side: 'sell', quantity: '200' })] },
    },
    value: '200',
    largest: '0',
    any: '0',
  },
  {
    code: 'MAX_POSITION_NOTIONAL',
    what: '1500 of 1400',
    situation: {
      limits: { maxPositionNotional: decimal('1400') },
      book: { holdings: [held('50')] },
    },
    limit: '1400 USD',
    value: '1500 USD',
    // 140 units less 50
    largest: '90',
    any: '90',
  },
  {
    code: 'MAX_CONCENTRATION',
    what: 'a tenth of 9999.99',
    situation: {
      limits: { maxConcentration: decimal('0.1') },
      account: { equity: decimal('9999.99') },
    },
    // 999.999, shown and compared as 999.99
    limit: '999.99 USD',
    value: '1000 USD',
    largest: '99',
    any: '99',
  },
  {
    code: 'MAX_GROSS_EXPOSURE',
    what: 'long and short added',
    // 400 short of MSFT at 10 is 4000, 1000 on top is 5000, of 4500 are 500 left: 50 units
    situation: {
      limits: { maxGrossExposure: decimal('0.45') },
      book: { holdings: [held('-400', MSFT)] },
    },
    limit: '4500 USD',
    value: '5000 USD',
    largest: '50',
    any: '50',
  },
  {
    code: 'MAX_LEVERAGE',
    what: 'what works counts',
    // 950 · 10 = 9500, with 1000 more 10,500 of 10,000: 50 units
    situation: {
      limits: { maxLeverage: decimal('1') },
      book: { working: [workingOf({ instrument: MSFT, quantity: '950' })] },
    },
    limit: '10000 USD',
    value: '10500 USD',
    largest: '50',
    any: '50',
  },
  {
    code: 'MAX_NET_EXPOSURE',
    what: 'short of one thing makes room for another',
    // −300 · 10 + 4000 = 1000 of 900: 390 units
    intent: intentOf({ quantity: '400' }),
    situation: {
      limits: { maxNetExposure: decimal('0.09') },
      book: { holdings: [held('-300', MSFT)] },
    },
    limit: '900 USD',
    value: '1000 USD',
    largest: '390',
    any: '390',
  },
  {
    code: 'MAX_NET_EXPOSURE',
    what: 'short',
    // Worth 10 or the bid, whichever is more: 1000 short; 500 / 10 = 50
    intent: intentOf({ side: 'sell' }),
    situation: { limits: { maxNetExposure: decimal('0.05') } },
    limit: '500 USD',
    value: '1000 USD',
    largest: '50',
    any: '50',
  },
  {
    code: 'ORDER_RATE',
    what: 'the third within a second',
    situation: {
      limits: { maxOrders: 2, perMs: 1000 },
      // The one exactly a second ago is out of the window.
      book: { recent: [1000, 999, 1].map((ago) => recent(intentOf({ limitPrice: '9' }), ago)) },
    },
    limit: '2',
    value: '3',
    largest: null,
  },
  {
    code: 'MAX_OPEN_ORDERS',
    what: 'the second',
    situation: { limits: { maxOpenOrders: 1 }, book: { working: [workingOf()] } },
    limit: '1',
    value: '2',
  },
  {
    code: 'DUPLICATE_ORDER',
    what: 'the same again after 1499 ms',
    situation: {
      limits: { duplicateWindowMs: 1500 },
      book: { recent: [recent(intentOf(), 1499)] },
    },
  },
  {
    code: 'MAX_DAILY_LOSS',
    what: 'exactly at the limit',
    situation: {
      limits: { maxDailyLoss: decimal('500') },
      book: { dayProfit: decimal('-500') },
    },
    limit: '500 USD',
    value: '500 USD',
    largest: null,
  },
  {
    code: 'MAX_DRAWDOWN',
    what: 'exactly at the limit',
    situation: { limits: { maxDrawdown: decimal('0.1') }, book: { drawdown: decimal('0.1') } },
    limit: '0.1',
    value: '0.1',
    largest: null,
  },
  {
    code: 'BUYING_POWER',
    what: '1000 of 995',
    situation: { limits: { buyingPower: true }, account: { buyingPower: decimal('995.004') } },
    limit: '995 USD',
    value: '1000 USD',
    largest: '99',
    any: '99',
  },
  {
    code: 'BUYING_POWER',
    what: 'turning a position: only what opens needs money',
    // 60 of 100 open a short: 600 of 500; 50 more than the 40 held
    intent: intentOf({ side: 'sell' }),
    situation: {
      limits: { buyingPower: true },
      account: { buyingPower: decimal('500') },
      book: { holdings: [held('40')] },
    },
    limit: '500 USD',
    value: '600 USD',
    largest: '90',
    any: '90',
  },
  ...(
    [
      [
        'an order value without a price',
        { maxOrderNotional: decimal('1') },
        { view: { mark: () => null } },
      ],
      [
        'a position without a price',
        { maxPositionNotional: decimal('1') },
        { view: { mark: () => null } },
      ],
      ['exposure without a price', { maxLeverage: decimal('1') }, { view: { mark: () => null } }],
      ['buying power without a price', { buyingPower: true }, { view: { mark: () => null } }],
      ['buying power that is not told', { buyingPower: true }, { account: { buyingPower: null } }],
      [
        'concentration without equity',
        { maxConcentration: decimal('1') },
        { account: { equity: null } },
      ],
      ['exposure without equity', { maxNetExposure: decimal('1') }, { account: { equity: null } }],
      ['a loss that is not known', { maxDailyLoss: decimal('1') }, { book: { dayProfit: null } }],
      ['a fall that is not known', { maxDrawdown: decimal('1') }, { book: { drawdown: null } }],
      [
        'another holding that cannot be valued',
        { maxLeverage: decimal('9') },
        {
          book: { holdings: [held('5', MSFT)] },
          view: { mark: (id) => (id === MSFT ? null : { bid: 1, ask: 1, last: 1, time: NOW }) },
        },
      ],
    ] satisfies [string, Situation['limits'], Situation][]
  ).map(([what, limits, rest]): Case => ({
    code: 'VALUE_UNKNOWN',
    what,
    intent: intentOf({ type: 'market', limitPrice: undefined }),
    situation: { ...rest, limits },
  })),
];

describe('the gate', () => {
  it.each(DENIED)('denies $code: $what', ({ code, intent, situation, ...figures }) => {
    const { decision, denied } = judged(code, intent ?? intentOf(), situation);
    expect(denied).toBeDefined();
    expect(decision.allowed).toBe(false);
    expect(decision.denials.map((each) => each.code)).toEqual([code]);
    expect(denied?.message).toMatch(/\.$/);
    const { limit = null, value, largest } = figures;
    if (figures.limit !== undefined) expect(denied?.limit).toBe(limit);
    if (value !== undefined) expect(denied?.value).toBe(value);
    if (largest !== undefined) expect(denied?.largest).toBe(largest);
    expect(decision.largest).toBe(figures.any ?? '0');
    // The same question gives the same answer.
    expect(judged(code, intent ?? intentOf(), situation).decision).toEqual(decision);
  });

  it('has a denial of every code above', () => {
    expect(new Set(DENIED.map(({ code }) => code))).toEqual(new Set(RISK_CODES));
  });

  it.each([
    [
      'a restriction that has ended',
      intentOf(),
      { limits: { restricted: [{ symbol: 'AAPL', until: NOW, reason: '' }] } },
    ],
    [
      'a limit order that waits for the open',
      intentOf(),
      { limits: { hours: 'extended' }, view: { session: () => 'closed' } },
    ],
    [
      'extended hours, asked for',
      intentOf({ type: 'market', extendedHours: true }),
      { limits: { hours: 'extended' }, view: { session: () => 'extended' } },
    ],
    [
      'a price exactly at the collar',
      intentOf({ limitPrice: '10.521' }),
      { limits: { priceCollar: decimal('0.05') } },
    ],
    [
      'a price on the good side',
      intentOf({ limitPrice: '1' }),
      { limits: { priceCollar: decimal('0.05') } },
    ],
    [
      'the target of an entry far below the market',
      intentOf({ side: 'sell', limitPrice: '8' }, { parent: clientOrderId('R-entry') }),
      { limits: { priceCollar: decimal('0.05') } },
    ],
    [
      'a quote of exactly the age',
      intentOf(),
      { limits: { maxQuoteAgeMs: 5 }, view: { now: unixMillis(NOW + 5) } },
    ],
    [
      'an old quote of a closed market',
      intentOf(),
      {
        limits: { maxQuoteAgeMs: 5 },
        view: { now: unixMillis(NOW + 9e6), session: () => 'closed' },
      },
    ],
    [
      'the same again after the window',
      intentOf(),
      { limits: { duplicateWindowMs: 1500 }, book: { recent: [recent(intentOf(), 1500)] } },
    ],
    [
      'children of an algorithm, alike',
      intentOf({}, { source: { kind: 'algorithm', name: 'twap' } }),
      {
        limits: { duplicateWindowMs: 1500 },
        book: {
          recent: [recent(intentOf({}, { source: { kind: 'algorithm', name: 'twap' } }), 1)],
        },
      },
    ],
    [
      'a loss short of the limit',
      intentOf(),
      { limits: { maxDailyLoss: decimal('500') }, book: { dayProfit: decimal('-499.99') } },
    ],
    [
      'a profit',
      intentOf(),
      { limits: { maxDailyLoss: decimal('500') }, book: { dayProfit: decimal('999') } },
    ],
    ['paper without arming', intentOf(), { account: { live: false, armed: false } }],
    [
      'selling all that is held',
      intentOf({ side: 'sell' }),
      { limits: { allowShort: false }, book: { holdings: [held('100')] } },
    ],
    [
      'parts of a coin',
      intentOf({ quantity: '0.5' }),
      {
        limits: { allowFractional: false },
        instrument: { assetClass: 'crypto-spot' as never, lotSize: decimal('0.1') },
      },
    ],
    [
      'exits of a bracket beside a sale',
      intentOf(),
      {
        limits: { maxPositionQuantity: decimal('100') },
        // They wait for an entry of which nothing has filled.
        book: {
          working: [
            workingOf({ side: 'sell', reduceOnly: true, quantity: '900', group: 'G1', ready: '0' }),
          ],
        },
      },
    ],
  ] satisfies [string, OrderIntent, Situation][])('lets pass %s', (_what, intent, situation) => {
    const { decision } = judged('ORDER_RATE', intent, situation);
    expect(decision.denials).toEqual([]);
    expect(decision.allowed).toBe(true);
  });

  it('frees exits of the limits that keep positions small, not of those on slips', () => {
    const tight: Situation['limits'] = {
      maxPositionNotional: decimal('1'),
      maxLeverage: decimal('0.01'),
      buyingPower: true,
      maxDailyLoss: decimal('1'),
      maxDrawdown: decimal('0.01'),
      allowMarketOrders: false,
      maxQuoteAgeMs: 1,
      restricted: [{ symbol: 'AAPL', until: null, reason: '' }],
    };
    const situation: Situation = {
      limits: tight,
      account: { buyingPower: decimal('0') },
      view: { state: 'reduce-only', mark: () => null },
      book: { holdings: [held('100')], dayProfit: decimal('-50'), drawdown: decimal('0.5') },
    };
    const exit = intentOf({ side: 'sell', type: 'market', limitPrice: undefined });
    expect(judged('MAX_LEVERAGE', exit, situation).decision.denials).toEqual([]);
    const slip = { ...situation, limits: { ...tight, maxOrderQuantity: decimal('99') } };
    expect(judged('MAX_ORDER_QUANTITY', exit, slip).denied?.largest).toBe('99');
    // What the workstation closes by itself is let through, halted or not, armed or not.
    const rescue = { ...exit, source: { kind: 'protection', name: 'kill switch' } } as const;
    const dark: Situation = {
      ...slip,
      account: { armed: false },
      view: { state: 'halted', hearsOrders: false, mark: () => null },
    };
    expect(judged('TRADING_HALTED', rescue, dark).decision.allowed).toBe(true);
    // One more than is held is no rescue.
    const turn = { ...rescue, terms: { ...rescue.terms, quantity: quantity('101') } };
    expect(judged('TRADING_HALTED', turn, dark).decision.allowed).toBe(false);
    // Sales that work already count: both together would turn the position.
    const twice: Situation = {
      ...situation,
      book: { ...situation.book, working: [workingOf({ side: 'sell', quantity: '1' })] },
    };
    expect(judged('TRADING_REDUCE_ONLY', exit, twice).denied).toBeDefined();
  });

  it('values a sale at its limit, its stop or the bid, whichever is most', () => {
    const limits = { maxOrderNotional: decimal('1') };
    const worth = (terms: Parameters<typeof intentOf>[0]) =>
      judged('MAX_ORDER_NOTIONAL', intentOf({ side: 'sell', ...terms }), { limits }).denied?.value;
    expect(worth({ limitPrice: '12' })).toBe('1200 USD');
    expect(worth({ limitPrice: '8' })).toBe('998 USD');
    expect(worth({ type: 'stop', limitPrice: undefined, stopPrice: price('11') })).toBe('1100 USD');
    expect(AAPL).toBe('AAPL.TEST');
  });
});
