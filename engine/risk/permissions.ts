import { compare, decimal, isMultiple, isNegative, ONE, type Quantity } from '../domain/decimal.ts';
import type { OrderIntent } from '../domain/live-order.ts';
import { isoTime } from '../domain/time.ts';
import type { TradableInstrument } from '../ports/instruments.ts';
import { rule, wholeLots, type Check } from './check.ts';
import { scopeName, type RiskLimits, type RiskScope } from './limits.ts';
import { takesAnyPrice } from './triggers.ts';
import { reachOf, reducible } from './valuation.ts';
import type { RiskBook, RiskView } from './view.ts';

const GLOBAL: RiskScope = { kind: 'global', name: '' };

/** What holds for every order, whatever limits are set. */
export function standing(view: RiskView, intent: OrderIntent, reducing: boolean): Check[] {
  const { account, state, stateReason, hearsOrders } = view;
  const rescue = reducing && intent.source.kind === 'protection';
  const why = stateReason === '' ? '' : ` (${stateReason})`;
  return [
    rule(
      'TRADING_HALTED',
      'Trading allowed',
      GLOBAL,
      state !== 'halted' || rescue,
      `Trading is halted${why}; resume it in Risk first.`,
    ),
    rule(
      'TRADING_REDUCE_ONLY',
      'New risk allowed',
      GLOBAL,
      state !== 'reduce-only' || reducing,
      `Only orders that make a position smaller are taken now${why}.`,
    ),
    rule(
      'ACCOUNT_NOT_ARMED',
      'Account armed',
      { kind: 'account', name: account.id },
      !account.live || account.armed || rescue,
      `${account.id} is a live account and not armed; arm it for this session in Connections.`,
    ),
    rule(
      'ORDERS_NOT_HEARD',
      'Order reports arrive',
      { kind: 'account', name: account.id },
      hearsOrders || rescue,
      'Order reports do not arrive from the venue now, so what becomes of an order would not be known; wait until the connection is ready.',
    ),
  ];
}

/** Rules of a scope that have nothing to do with amounts. */
export function permissions(
  view: RiskView,
  intent: OrderIntent,
  scope: RiskScope,
  limits: RiskLimits,
  book: RiskBook,
  reducing: boolean,
): Check[] {
  const instrument = view.instrument(intent.instrument);
  const { side, type, quantity } = intent.terms;
  const checks: Check[] = [];
  const restricted = limits.restricted.find(
    ({ symbol, until }) => symbol === instrument.symbol && (until === null || until > view.now),
  );
  if (limits.restricted.length > 0) {
    const until = restricted?.until ?? null;
    const reason = restricted?.reason ?? '';
    checks.push(
      rule(
        'RESTRICTED_SYMBOL',
        'Symbol not restricted',
        scope,
        restricted === undefined || reducing,
        `${instrument.symbol} is on the restricted list of ${scopeName(scope)}${until === null ? '' : ` until ${isoTime(until)}`}${reason === '' ? '' : `: ${reason}`}.`,
      ),
    );
  }
  if (limits.hours !== 'any') {
    const session = view.session(intent.instrument);
    const open =
      session === 'regular' ||
      (session === 'extended' &&
        limits.hours === 'extended' &&
        intent.terms.extendedHours === true) ||
      // Orders that wait for the next session are no trade now.
      (limits.hours === 'extended' && waits(type, intent.terms.timeInForce));
    checks.push(
      rule(
        'MARKET_CLOSED',
        'Trading hours',
        scope,
        open || intent.source.kind === 'protection',
        `${instrument.symbol} is ${session === 'closed' ? 'closed' : 'outside regular hours'} now; ${session === 'closed' ? 'use a limit order that waits (GTC, or for the open)' : 'allow extended hours with a limit order'} or wait for the session.`,
      ),
    );
  }
  if (!limits.allowMarketOrders) {
    const any = takesAnyPrice(intent.terms, view.mark(intent.instrument));
    const { stopPrice } = intent.terms;
    const why =
      stopPrice === undefined
        ? ''
        : `; the market is at the stop price ${stopPrice} already, so the order would be one at once`;
    checks.push(
      rule(
        'MARKET_ORDER_NOT_ALLOWED',
        'Market orders',
        scope,
        any !== true || reducing,
        `${scopeName(scope)} may not use market orders${why}; use a limit order.`,
      ),
    );
    if (any === null && !reducing) {
      checks.push(
        rule(
          'VALUE_UNKNOWN',
          'Market orders',
          scope,
          false,
          `There is no price of ${instrument.symbol}, so nobody knows whether the order would be a market order, which ${scopeName(scope)} may not use; wait for market data or use a limit order.`,
        ),
      );
    }
  }
  const { down } = reachOf(book, intent.instrument);
  // A leg that only exits never opens a short position.
  const shorts =
    side === 'sell' && !reducing && intent.terms.reduceOnly !== true && intent.parent === null;
  if (!limits.allowShort || !instrument.shortable) {
    const after = shorts && (isNegative(down) || compare(quantity, down) > 0);
    const room = isNegative(down) ? (decimal('0') as Quantity) : wholeLots(down, instrument);
    const check = rule(
      'SHORT_NOT_ALLOWED',
      'Short selling',
      scope,
      !after,
      instrument.shortable
        ? `${scopeName(scope)} may not sell short; ${room} can be sold.`
        : `${instrument.symbol} cannot be sold short; ${room} can be sold.`,
    );
    checks.push(after ? { ...check, largest: room } : check);
  }
  if (!limits.allowFractional || !instrument.fractional) {
    const whole = isMultiple(quantity, ONE);
    const applies = isShare(instrument);
    const check = rule(
      'FRACTION_NOT_ALLOWED',
      'Whole units',
      scope,
      whole || !applies,
      `${quantity} is no whole number of ${instrument.symbol}; fractions are not allowed here.`,
    );
    checks.push(check.passed ? check : { ...check, largest: wholeUnits(quantity) });
  }
  if (intent.terms.reduceOnly === true && intent.parent === null) {
    const possible = reducible(book, intent);
    const check = rule(
      'REDUCE_ONLY_EXCEEDED',
      'Reduce only',
      scope,
      compare(quantity, possible) <= 0,
      `A reduce-only order of ${quantity} is more than the ${possible} that it could close.`,
    );
    checks.push(check.passed ? check : { ...check, largest: wholeLots(possible, instrument) });
  }
  return checks;
}

/** Shares come in whole numbers first of all; crypto has no whole units to speak of. */
export function isShare({ assetClass, lotSize }: TradableInstrument): boolean {
  return (assetClass === 'equity' || assetClass === 'etf') && compare(lotSize, ONE) < 0;
}

function waits(type: string, timeInForce: string): boolean {
  return (
    type !== 'market' &&
    type !== 'market_on_close' &&
    (timeInForce === 'gtc' ||
      timeInForce === 'gtd' ||
      timeInForce === 'day' ||
      type.endsWith('_on_open'))
  );
}

function wholeUnits(quantity: Quantity): Quantity {
  return decimal(quantity.split('.')[0] ?? '0') as Quantity;
}
