import {
  absolute,
  add,
  compare,
  decimal,
  greatest,
  isNegative,
  isPositive,
  least,
  multiply,
  negate,
  subtract,
  toFixed,
  ZERO,
  type Decimal,
} from '../domain/decimal.ts';
import type { OrderIntent } from '../domain/live-order.ts';
import { coverOf, measure, rule, unitsOf, wholeLots, type Check } from './check.ts';
import type { RiskLimits, RiskScope } from './limits.ts';
import { exposureOf, reachOf, type Reach } from './valuation.ts';
import type { RiskBook, RiskView } from './view.ts';

/** What the order is worth at the worst price that it could meet. */
export interface Worth {
  /** Price of one unit; null when nothing says it. */
  readonly price: Decimal | null;
  /** One unit in the account's currency; null without a price or a rate. */
  readonly unit: Decimal | null;
}

export interface Subject {
  readonly view: RiskView;
  readonly intent: OrderIntent;
  readonly scope: RiskScope;
  readonly limits: RiskLimits;
  readonly book: RiskBook;
  readonly worth: Worth;
}

/** Size of the order itself. */
export function orderSize({ view, intent, scope, limits, worth }: Subject): Check[] {
  const done = view.filled ?? ZERO;
  const quantity = add(intent.terms.quantity, done);
  const instrument = view.instrument(intent.instrument);
  const { currency } = view.account;
  const checks: Check[] = [];
  if (limits.maxOrderQuantity !== null) {
    const limit = limits.maxOrderQuantity;
    checks.push(
      measure('MAX_ORDER_QUANTITY', 'Order quantity', scope, {
        limit,
        value: quantity,
        unit: '',
        largest: wholeLots(subtract(limit, done), instrument),
        message: `The order is for ${quantity} ${instrument.symbol}; the most in one order is ${limit}.`,
      }),
    );
  }
  if (limits.maxOrderNotional !== null) {
    const limit = cents(limits.maxOrderNotional);
    if (worth.unit === null) checks.push(unknown(scope, 'Order value', instrument.symbol));
    else {
      const value = multiply(quantity, worth.unit);
      checks.push(
        measure('MAX_ORDER_NOTIONAL', 'Order value', scope, {
          limit,
          value: rounded(value),
          unit: currency,
          largest: wholeLots(subtract(coverOf(limit, worth.unit), done), instrument),
          message: `The order is worth ${rounded(value)} ${currency}; the most in one order is ${limit} ${currency}.`,
        }),
      );
    }
  }
  return checks;
}

/** The position that there could be when everything fills. */
export function positionSize(subject: Subject): Check[] {
  const { view, intent, scope, limits, book, worth } = subject;
  const instrument = view.instrument(intent.instrument);
  const { currency, equity } = view.account;
  const reach = reachOf(book, intent.instrument);
  const after = absolute(farthestAfter(reach, intent));
  const checks: Check[] = [];
  if (limits.maxPositionQuantity !== null) {
    const limit = limits.maxPositionQuantity;
    checks.push(
      measure('MAX_POSITION_QUANTITY', 'Position', scope, {
        limit,
        value: after,
        unit: '',
        largest: wholeLots(roomWithin(reach, intent, limit), instrument),
        message: `The position in ${instrument.symbol} could become ${after}; the most is ${limit}.`,
      }),
    );
  }
  const money: [Decimal, 'MAX_POSITION_NOTIONAL' | 'MAX_CONCENTRATION', string, Decimal][] = [];
  if (limits.maxPositionNotional !== null) {
    money.push([
      cents(limits.maxPositionNotional),
      'MAX_POSITION_NOTIONAL',
      'Position value',
      limits.maxPositionNotional,
    ]);
  }
  if (limits.maxConcentration !== null) {
    if (equity === null) checks.push(unknown(scope, 'Concentration', view.account.id));
    else {
      money.push([
        cents(multiply(limits.maxConcentration, greatest(equity, ZERO))),
        'MAX_CONCENTRATION',
        'Concentration',
        limits.maxConcentration,
      ]);
    }
  }
  for (const [limit, code, title, given] of money) {
    if (worth.unit === null) {
      checks.push(unknown(scope, title, instrument.symbol));
      continue;
    }
    const value = rounded(multiply(after, worth.unit));
    const most = isPositive(limit) ? roomWithin(reach, intent, coverOf(limit, worth.unit)) : ZERO;
    const part = code === 'MAX_CONCENTRATION' ? ` (${percent(given)} of the equity)` : '';
    checks.push(
      measure(code, title, scope, {
        limit,
        value,
        unit: currency,
        largest: wholeLots(most, instrument),
        message: `The position in ${instrument.symbol} could be worth ${value} ${currency}; the most is ${limit} ${currency}${part}.`,
      }),
    );
  }
  return checks;
}

/** The whole book when everything fills. */
export function exposure(subject: Subject): Check[] {
  const { view, intent, scope, limits, book, worth } = subject;
  const { maxGrossExposure, maxNetExposure, maxLeverage } = limits;
  if (maxGrossExposure === null && maxNetExposure === null && maxLeverage === null) return [];
  const { equity, currency } = view.account;
  if (equity === null) return [unknown(scope, 'Exposure', view.account.id)];
  if (worth.unit === null)
    return [unknown(scope, 'Exposure', view.instrument(intent.instrument).symbol)];
  const unit = worth.unit;
  const instrument = view.instrument(intent.instrument);
  const others = exposureOf(view, book, intent.instrument);
  const checks: Check[] = [];
  if (others.unvalued.length > 0)
    checks.push(unknown(scope, 'Exposure', others.unvalued.join(', ')));
  const reach = reachOf(book, intent.instrument);
  const own = multiply(absolute(farthestAfter(reach, intent)), unit);
  const gross = add(others.gross, own);
  const basis = greatest(equity, ZERO);
  for (const [code, title, times] of [
    ['MAX_GROSS_EXPOSURE', 'Gross exposure', maxGrossExposure],
    ['MAX_LEVERAGE', 'Leverage', maxLeverage],
  ] as const) {
    if (times === null) continue;
    const limit = cents(multiply(times, basis));
    const room = roomWithin(reach, intent, coverOf(subtract(limit, others.gross), unit));
    checks.push(
      measure(code, title, scope, {
        limit,
        value: rounded(gross),
        unit: currency,
        largest: wholeLots(room, instrument),
        message: `All positions together could be worth ${rounded(gross)} ${currency}; the most is ${limit} ${currency} (${times} times the equity).`,
      }),
    );
  }
  if (maxNetExposure !== null) {
    const limit = cents(multiply(maxNetExposure, basis));
    const buys = intent.terms.side === 'buy';
    const base = buys
      ? add(others.netUp, multiply(reach.up, unit))
      : add(others.netDown, multiply(reach.down, unit));
    const signedBase = buys ? base : negate(base);
    const value = add(signedBase, multiply(intent.terms.quantity, unit));
    checks.push(
      measure('MAX_NET_EXPOSURE', 'Net exposure', scope, {
        limit,
        value: rounded(value),
        unit: currency,
        largest: unitsOf(subtract(limit, signedBase), unit, instrument),
        message: `Long less short positions could become ${rounded(value)} ${currency} ${buys ? 'long' : 'short'}; the most is ${limit} ${currency} (${maxNetExposure} times the equity).`,
      }),
    );
  }
  return checks;
}

/** Whether the money suffices, by the venue's own word of what is left. */
export function buyingPower({ view, intent, scope, limits, book, worth }: Subject): Check[] {
  if (!limits.buyingPower) return [];
  const { account } = view;
  const instrument = view.instrument(intent.instrument);
  if (account.buyingPower === null) return [unknown(scope, 'Buying power', account.id)];
  if (worth.unit === null) return [unknown(scope, 'Buying power', instrument.symbol)];
  const closes = closable(intent, book);
  const needed = moneyFor(intent, book, worth.unit);
  const limit = cents(greatest(account.buyingPower, ZERO));
  const room = coverOf(limit, worth.unit);
  return [
    measure('BUYING_POWER', 'Buying power', scope, {
      limit,
      value: rounded(needed),
      unit: account.currency,
      largest: wholeLots(add(room, closes), instrument),
      message: `The order needs ${rounded(needed)} ${account.currency}; ${limit} ${account.currency} are left to buy with.`,
    }),
  ];
}

/** What an order needs to be paid with: closing a position needs nothing. */
export function moneyFor(intent: OrderIntent, book: RiskBook, unit: Decimal): Decimal {
  const { quantity } = intent.terms;
  return multiply(subtract(quantity, least(quantity, closable(intent, book))), unit);
}

/** Units of a position in the order's way. */
function closable({ instrument, terms }: OrderIntent, book: RiskBook): Decimal {
  const { held } = reachOf(book, instrument);
  if (held === ZERO) return ZERO;
  return (terms.side === 'sell') === isPositive(held) ? absolute(held) : ZERO;
}

/** Units that the position could reach in the order's direction, or keeps in the other, whichever is more. */
function farthestAfter(reach: Reach, { terms }: OrderIntent): Decimal {
  const up = terms.side === 'buy' ? add(reach.up, terms.quantity) : reach.up;
  const down = terms.side === 'sell' ? subtract(reach.down, terms.quantity) : reach.down;
  return compare(absolute(up), absolute(down)) >= 0 ? up : down;
}

/** Units that may be added in the order's direction so that the position stays within so many. */
function roomWithin(reach: Reach, { terms }: OrderIntent, most: Decimal): Decimal {
  const other = terms.side === 'buy' ? negate(reach.down) : reach.up;
  // The other direction is too far already; only a smaller position would do.
  if (compare(other, most) > 0) return ZERO;
  const room = terms.side === 'buy' ? subtract(most, reach.up) : add(most, reach.down);
  return isNegative(room) ? ZERO : room;
}

function unknown(scope: RiskScope, title: string, what: string): Check {
  return rule(
    'VALUE_UNKNOWN',
    title,
    scope,
    false,
    `${title} cannot be measured: there is no price, rate or equity for ${what}; wait for data or turn the limit off.`,
  );
}

/** A limit to two places, against the order: what is shown is what is compared. */
function cents(limit: Decimal): Decimal {
  return decimal(toFixed(limit, 2, 'towards-zero'));
}

/** Money to two places, against the order. */
export function rounded(value: Decimal): Decimal {
  return decimal(toFixed(value, 2, 'away-from-zero'));
}

export function percent(part: Decimal): string {
  return `${multiply(part, decimal('100'))} %`;
}
