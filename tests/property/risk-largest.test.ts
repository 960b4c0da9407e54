import { describe, expect, it } from 'vitest';
import {
  add,
  decimal,
  decimalOf,
  isPositive,
  multiply,
  ONE,
  quantity,
  type Decimal,
} from '../../engine/domain/decimal.ts';
import type { OrderIntent } from '../../engine/domain/live-order.ts';
import { RISK_CODES, type Decision, type RiskCode } from '../../engine/risk/check.ts';
import { evaluate } from '../../engine/risk/gate.ts';
import { NO_LIMITS, type RiskLimits } from '../../engine/risk/limits.ts';
import type { RiskView, Working } from '../../engine/risk/view.ts';
import { AAPL } from '../support/exchange.ts';
import { intentOf, MSFT, NOW, viewOf, workingOf } from '../unit/engine/risk/view.ts';
import { fc } from '../support/properties.ts';

/** Codes whose denials name a size. All others are rules or counts, which no size mends. */
const SIZED = [
  'SHORT_NOT_ALLOWED',
  'FRACTION_NOT_ALLOWED',
  'REDUCE_ONLY_EXCEEDED',
  'MAX_ORDER_QUANTITY',
  'MAX_ORDER_NOTIONAL',
  'MAX_POSITION_QUANTITY',
  'MAX_POSITION_NOTIONAL',
  'MAX_CONCENTRATION',
  'MAX_GROSS_EXPOSURE',
  'MAX_NET_EXPOSURE',
  'MAX_LEVERAGE',
  'BUYING_POWER',
] as const satisfies readonly RiskCode[];
/** Rules that make an exception of orders which only make the position smaller: those have a size. */
const EXCEPTED = [
  'TRADING_REDUCE_ONLY',
  'RESTRICTED_SYMBOL',
  'MARKET_ORDER_NOT_ALLOWED',
  'NO_QUOTE',
  'QUOTE_TOO_OLD',
  'MAX_DAILY_LOSS',
  'MAX_DRAWDOWN',
] as const satisfies readonly RiskCode[];

interface Situation {
  readonly view: RiskView;
  readonly lot: Decimal;
  /** The order, for so many lots. */
  readonly intent: (units: Decimal) => OrderIntent;
}

const side = fc.constantFrom('buy' as const, 'sell' as const);
const cents = (most: number) => fc.integer({ min: 1, max: most }).map((n) => decimalOf(n / 100));
const parts = fc.integer({ min: 0, max: 300 }).map((n) => decimalOf(n / 100));

const working = (lot: Decimal) =>
  fc
    .record({
      instrument: fc.constantFrom(AAPL, AAPL, MSFT),
      side,
      lots: fc.integer({ min: 1, max: 300 }),
      reduceOnly: fc.boolean(),
      group: fc.constantFrom(null, 'G1'),
      leaving: fc.boolean(),
    })
    .map(({ lots, ...rest }): Working => {
      const units = multiply(decimalOf(lots), lot);
      return workingOf({ ...rest, quantity: units, price: '11' });
    });

function limitsOf(code: RiskCode | 'all') {
  const maybe = <Value>(name: RiskCode, value: fc.Arbitrary<Value>) =>
    code === name ? value : code === 'all' ? fc.option(value, { freq: 2 }) : fc.constant(null);
  const allowed = (name: RiskCode) =>
    code === name ? fc.constant(false) : code === 'all' ? fc.boolean() : fc.constant(true);
  return fc.record({
    maxOrderQuantity: maybe('MAX_ORDER_QUANTITY', cents(30_000)),
    maxOrderNotional: maybe('MAX_ORDER_NOTIONAL', cents(400_000)),
    maxPositionQuantity: maybe('MAX_POSITION_QUANTITY', cents(50_000)),
    maxPositionNotional: maybe('MAX_POSITION_NOTIONAL', cents(500_000)),
    maxConcentration: maybe('MAX_CONCENTRATION', parts),
    maxGrossExposure: maybe('MAX_GROSS_EXPOSURE', parts),
    maxNetExposure: maybe('MAX_NET_EXPOSURE', parts),
    maxLeverage: maybe('MAX_LEVERAGE', parts),
    buyingPower: code === 'BUYING_POWER' ? fc.constant(true) : fc.constant(code === 'all'),
    allowShort: allowed('SHORT_NOT_ALLOWED'),
    allowFractional: allowed('FRACTION_NOT_ALLOWED'),
    maxQuoteAgeMs:
      code === 'QUOTE_TOO_OLD' || code === 'NO_QUOTE' ? fc.constant(1000) : fc.constant(null),
    allowMarketOrders: allowed('MARKET_ORDER_NOT_ALLOWED'),
    maxDailyLoss: code === 'MAX_DAILY_LOSS' ? fc.constant(decimal('5')) : fc.constant(null),
    maxDrawdown: code === 'MAX_DRAWDOWN' ? fc.constant(decimal('0.01')) : fc.constant(null),
    restricted: fc.constant(
      code === 'RESTRICTED_SYMBOL' ? [{ symbol: 'AAPL', until: null, reason: '' }] : [],
    ),
  });
}

/** A random account in which the limits of a code, or of all, are set. */
function situationOf(code: RiskCode | 'all'): fc.Arbitrary<Situation> {
  return fc
    .constantFrom('1', '1', '0.001', '0.1', '100')
    .map((text) => decimal(text))
    .chain((lot) =>
      fc
        .record({
          limits: limitsOf(code),
          own: fc.integer({ min: -400, max: 400 }),
          // Less than a lot: left over from a split, or from another venue.
          odd: fc.constantFrom('0', '0', '0.0005'),
          other: fc.integer({ min: -50, max: 50 }),
          works: fc.array(working(lot), { maxLength: 4 }),
          equity: fc.integer({ min: -10, max: 8000 }),
          power: fc.integer({ min: 0, max: 8000 }),
          bid: cents(3000),
          market: fc.boolean(),
          limit: cents(3000),
          side,
          reduceOnly: code === 'REDUCE_ONLY_EXCEEDED' ? fc.constant(true) : fc.constant(false),
          multiplier: fc.constantFrom('1', '50', '0.1'),
          foreign: fc.boolean(),
          fractional: fc.boolean(),
          scope: fc.constantFrom('global' as const, 'account' as const),
        })
        .map((given): Situation => {
          const { limits, own, odd, other, works, bid } = given;
          const price = Number(bid);
          const quoteless = code === 'NO_QUOTE';
          const book = {
            holdings: [
              { instrument: AAPL, quantity: add(multiply(decimalOf(own), lot), decimal(odd)) },
              { instrument: MSFT, quantity: decimalOf(other) },
            ],
            working: works,
            dayProfit: decimal('-10'),
            drawdown: decimal('0.02'),
          };
          const { book: bookOf, ...plain } = viewOf({
            account: { equity: decimalOf(given.equity), buyingPower: decimalOf(given.power) },
            book,
            instrument: {
              lotSize: lot,
              multiplier: decimal(given.multiplier),
              currency: given.foreign ? 'EUR' : 'USD',
              fractional: given.fractional || code !== 'FRACTION_NOT_ALLOWED',
            },
            view: {
              rate: () => decimal('1.0857'),
              state: code === 'TRADING_REDUCE_ONLY' ? 'reduce-only' : 'active',
              mark: () =>
                quoteless
                  ? null
                  : {
                      bid: price,
                      ask: price + 0.02,
                      last: price,
                      time: (NOW - (code === 'QUOTE_TOO_OLD' ? 2000 : 0)) as never,
                    },
            },
          });
          const scoped: RiskLimits = { ...NO_LIMITS, ...limits };
          const scope = {
            kind: given.scope,
            name: given.scope === 'global' ? '' : plain.account.id,
          };
          const view: RiskView = { ...plain, book: bookOf, limits: [{ scope, limits: scoped }] };
          const market = given.market || code === 'MARKET_ORDER_NOT_ALLOWED';
          const terms = market
            ? { type: 'market', limitPrice: undefined }
            : { type: 'limit', limitPrice: given.limit };
          const intent = (units: Decimal): OrderIntent =>
            intentOf({
              ...terms,
              side: given.side,
              reduceOnly: given.reduceOnly,
              quantity: quantity(units),
            });
          return { view, lot, intent };
        }),
    );
}

const lots = fc.integer({ min: 1, max: 2000 });

/** Whether the gate, or one of its codes, lets an order of a size pass. */
const passes = ({ view, intent }: Situation, units: Decimal, code: RiskCode | null): boolean => {
  const decision: Decision = evaluate(intent(units), view);
  return code === null
    ? decision.allowed
    : decision.denials.every((denial) => denial.code !== code);
};

/** The next size that could be meant: a lot more, or a whole unit where parts of one are refused anyhow. */
function nextSize(situation: Situation, units: Decimal, { denials }: Decision): Decimal {
  const next = add(units, situation.lot);
  const asked = denials.some(({ code }) => code === 'FRACTION_NOT_ALLOWED');
  return asked || passes(situation, next, 'FRACTION_NOT_ALLOWED') ? next : add(units, ONE);
}

describe('the largest size that a denial names', () => {
  it.each([...SIZED, ...EXCEPTED])('of %s passes, and one lot more does not', (code) => {
    let named = 0;
    let some = 0;
    fc.assert(
      fc.property(situationOf(code), lots, (situation, count) => {
        const { view, lot, intent } = situation;
        const decision = evaluate(intent(multiply(decimalOf(count), lot)), view);
        const denial = decision.denials.find((each) => each.code === code);
        const largest = denial?.largest ?? null;
        if (largest === null) return;
        named += 1;
        if (isPositive(largest)) {
          some += 1;
          expect(passes(situation, largest, code)).toBe(true);
        }
        expect(passes(situation, nextSize(situation, largest, decision), code)).toBe(false);
      }),
      { numRuns: 2000 },
    );
    // Else nothing was shown.
    expect(named).toBeGreaterThan(100);
    expect(some).toBeGreaterThan(40);
  });

  it('passes the whole gate, and one lot more does not', () => {
    let some = 0;
    fc.assert(
      fc.property(situationOf('all'), lots, (situation, count) => {
        const { view, lot, intent } = situation;
        const decision = evaluate(intent(multiply(decimalOf(count), lot)), view);
        if (decision.allowed) return;
        const { largest, denials } = decision;
        // What no size mends leaves none.
        if (denials.some((denial) => denial.largest === null)) {
          expect(largest).toBe('0');
          return;
        }
        if (largest === null) throw new Error('a denial without a size');
        if (isPositive(largest)) {
          some += 1;
          expect(passes(situation, largest, null)).toBe(true);
        }
        expect(passes(situation, nextSize(situation, largest, decision), null)).toBe(false);
      }),
      { numRuns: 10_000 },
    );
    expect(some).toBeGreaterThan(300);
  });

  it('is named by these codes and by no others', () => {
    const named = new Set<string>([...SIZED, ...EXCEPTED]);
    const rest = RISK_CODES.filter((code) => !named.has(code));
    expect(rest).toEqual([
      'TRADING_HALTED',
      'ACCOUNT_NOT_ARMED',
      'ORDERS_NOT_HEARD',
      'MARKET_CLOSED',
      'PRICE_COLLAR',
      'ORDER_RATE',
      'MAX_OPEN_ORDERS',
      'DUPLICATE_ORDER',
      'VALUE_UNKNOWN',
    ]);
  });
});
