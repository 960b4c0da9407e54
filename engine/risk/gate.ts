import {
  compare,
  decimal,
  decimalOf,
  greatest,
  isNegative,
  isPositive,
  negate,
  ONE,
  roundToStep,
  absolute,
  type Decimal,
  type Quantity,
} from '../domain/decimal.ts';
import type { OrderIntent, OrderTerms } from '../domain/live-order.ts';
import {
  buyingPower,
  exposure,
  orderSize,
  percent,
  positionSize,
  type Subject,
  type Worth,
} from './amounts.ts';
import {
  decide,
  measure,
  rule,
  wholeLots,
  type Check,
  type Decision,
  type RiskCode,
} from './check.ts';
import { scopeName, type RiskLimits, type RiskScope, type ScopedLimits } from './limits.ts';
import { isShare, permissions, standing } from './permissions.ts';
import { isTriggerCollar, prices, seconds } from './prices.ts';
import { marketPrice, reduces, reducible, unitValue } from './valuation.ts';
import type { RiskBook, RiskView } from './view.ts';

/**
 * The one gate that every order passes, whoever wants it: a person, a strategy, an agent, the kill switch.
 * It is a pure function of the order and the view: no clock, no state, no exception for anybody. Orders
 * that only make a position smaller are free of limits that keep positions small; they still obey the
 * limits that catch slips (size, price, rate, doubles), except when the workstation itself protects a
 * position.
 */
export function evaluate(intent: OrderIntent, view: RiskView): Decision {
  const account = view.book({ kind: 'account', name: view.account.id });
  const exit = intent.parent !== null;
  const reducing = exit || reduces(account, intent);
  const checks = standing(view, intent, reducing);
  for (const { scope, limits } of applicable(view.limits, intent)) {
    const book = scope.kind === 'global' ? account : view.book(scope);
    const subject: Subject = {
      view,
      intent,
      scope,
      limits,
      book,
      worth: worthOf(intent.terms, intent, view),
    };
    checks.push(...permissions(view, intent, scope, limits, book, reducing));
    checks.push(...losses(scope, limits, book, view.account.currency, reducing));
    if (intent.source.kind === 'protection' && reducing) continue;
    checks.push(...prices(subject, reducing), ...orderSize(subject), ...pace(subject));
    if (!reducing)
      checks.push(...positionSize(subject), ...exposure(subject), ...buyingPower(subject));
  }
  return decide(checks.map((check) => fitting(check, intent, view, account, reducing)));
}

/** Codes that let every order pass which only makes the position smaller. */
const FREED: ReadonlySet<RiskCode> = new Set<RiskCode>([
  'TRADING_REDUCE_ONLY',
  'RESTRICTED_SYMBOL',
  'MARKET_ORDER_NOT_ALLOWED',
  'SHORT_NOT_ALLOWED',
  'NO_QUOTE',
  'QUOTE_TOO_OLD',
  'MAX_POSITION_QUANTITY',
  'MAX_POSITION_NOTIONAL',
  'MAX_CONCENTRATION',
  'MAX_GROSS_EXPOSURE',
  'MAX_NET_EXPOSURE',
  'MAX_LEVERAGE',
  'MAX_DAILY_LOSS',
  'MAX_DRAWDOWN',
  'BUYING_POWER',
]);

/**
 * The check with a largest size that would pass indeed: what only makes the position smaller passes
 * many of them whatever their limit, and where fractions are refused a size is a whole number.
 */
function fitting(
  check: Check,
  intent: OrderIntent,
  view: RiskView,
  account: RiskBook,
  reducing: boolean,
): Check {
  const instrument = view.instrument(intent.instrument);
  let { largest } = check;
  if (!check.passed && !reducing && (FREED.has(check.code) || isTriggerCollar(check))) {
    const room = wholeLots(reducible(account, intent), instrument);
    if (isPositive(room) && (largest === null || compare(room, largest) > 0)) largest = room;
  }
  if (largest === null) return check;
  const whole =
    isShare(instrument) &&
    (!instrument.fractional ||
      applicable(view.limits, intent).some(({ limits }) => !limits.allowFractional));
  if (whole) largest = roundToStep(largest, ONE, 'towards-zero') as Quantity;
  return largest === check.largest ? check : { ...check, largest };
}

/** The scopes that an order falls under. */
export function applicable(
  all: readonly ScopedLimits[],
  intent: OrderIntent,
): readonly ScopedLimits[] {
  return all.filter(({ scope }) => {
    switch (scope.kind) {
      case 'global':
        return true;
      case 'account':
        return scope.name === intent.account;
      case 'strategy':
        return intent.strategy !== null && scope.name === intent.strategy;
      case 'agent':
        return intent.source.kind === 'agent' && scope.name === intent.source.name;
    }
  });
}

/** The highest price that the order could be worth: its limit, or what the market asks. */
export function worthOf(terms: OrderTerms, intent: OrderIntent, view: RiskView): Worth {
  const market = marketPrice(view.mark(intent.instrument), terms.side);
  const limit = terms.limitPrice ?? null;
  let price: Decimal | null;
  if (limit !== null && terms.side === 'buy') price = limit;
  else {
    const candidates = [limit, terms.stopPrice ?? null, market].filter((each) => each !== null);
    price = candidates.reduce<Decimal | null>(
      (most, each) => (most === null ? absolute(each) : greatest(most, absolute(each))),
      null,
    );
  }
  return { price, unit: unitValue(view, intent.instrument, price) };
}

/**
 * Rate of orders, doubles, and how many work at once. Orders of the future were given before the clock was
 * set back; they must not hold up those of now until it has come there again.
 */
function pace({ view, intent, scope, limits, book }: Subject): Check[] {
  const checks: Check[] = [];
  if (limits.maxOrders !== null && limits.perMs !== null) {
    const since = view.now - limits.perMs;
    const count = book.recent.filter(({ time }) => time > since && time <= view.now).length + 1;
    checks.push(
      measure('ORDER_RATE', 'Order rate', scope, {
        limit: decimalOf(limits.maxOrders),
        value: decimalOf(count),
        unit: '',
        largest: null,
        message: `This would be order ${count} within ${seconds(limits.perMs)}; at most ${limits.maxOrders} are allowed.`,
      }),
    );
  }
  if (limits.maxOpenOrders !== null) {
    const count = book.working.length + 1;
    checks.push(
      measure('MAX_OPEN_ORDERS', 'Open orders', scope, {
        limit: decimalOf(limits.maxOpenOrders),
        value: decimalOf(count),
        unit: '',
        largest: null,
        message: `There would be ${count} open orders; at most ${limits.maxOpenOrders} are allowed.`,
      }),
    );
  }
  if (limits.duplicateWindowMs !== null) {
    const since = view.now - limits.duplicateWindowMs;
    const twin = book.recent.find(
      ({ time, intent: other }) => time > since && time <= view.now && same(intent, other),
    );
    checks.push(
      rule(
        'DUPLICATE_ORDER',
        'No double',
        scope,
        twin === undefined,
        `The same order was given ${twin === undefined ? '' : seconds(view.now - twin.time)} ago; if it is meant twice, wait ${seconds(limits.duplicateWindowMs)}.`,
      ),
    );
  }
  return checks;
}

function same(a: OrderIntent, b: OrderIntent): boolean {
  return (
    // An amendment is no double of the order that it changes.
    a.clientOrderId !== b.clientOrderId &&
    a.instrument === b.instrument &&
    a.account === b.account &&
    a.terms.side === b.terms.side &&
    a.terms.type === b.terms.type &&
    a.terms.quantity === b.terms.quantity &&
    a.terms.limitPrice === b.terms.limitPrice &&
    a.terms.stopPrice === b.terms.stopPrice &&
    (a.parent === null) === (b.parent === null) &&
    a.group?.role === b.group?.role &&
    // Children of one algorithm are meant to be alike.
    !(a.source.kind === 'algorithm' && b.source.kind === 'algorithm')
  );
}

/** Losses of the day and from the highest equity. */
function losses(
  scope: RiskScope,
  limits: RiskLimits,
  book: RiskBook,
  currency: string,
  reducing: boolean,
): Check[] {
  const checks: Check[] = [];
  const name = scopeName(scope);
  if (limits.maxDailyLoss !== null) {
    if (book.dayProfit === null) {
      checks.push(
        rule(
          'VALUE_UNKNOWN',
          'Loss of the day',
          scope,
          reducing,
          `The profit of the day of ${name} is not known yet; wait for the account's balances.`,
        ),
      );
    } else {
      const loss = isNegative(book.dayProfit) ? negate(book.dayProfit) : decimal('0');
      const limit = limits.maxDailyLoss;
      const reached = compare(loss, limit) >= 0;
      const check = measure('MAX_DAILY_LOSS', 'Loss of the day', scope, {
        limit,
        value: loss,
        unit: currency,
        largest: null,
        message: '',
      });
      const passed = !reached || reducing;
      checks.push({
        ...check,
        passed,
        message: passed
          ? ''
          : `${name} has lost ${loss} ${currency} today; at ${limit} ${currency} only exits are taken.`,
      });
    }
  }
  if (limits.maxDrawdown !== null) {
    if (book.drawdown === null) {
      checks.push(
        rule(
          'VALUE_UNKNOWN',
          'Drawdown',
          scope,
          reducing,
          `The drawdown of ${name} is not known yet; wait for the account's balances.`,
        ),
      );
    } else {
      const limit = limits.maxDrawdown;
      const passed = compare(book.drawdown, limit) < 0 || reducing;
      const check = measure('MAX_DRAWDOWN', 'Drawdown', scope, {
        limit,
        value: book.drawdown,
        unit: '',
        largest: null,
        message: '',
      });
      checks.push({
        ...check,
        passed,
        message: passed
          ? ''
          : `${name} is ${percent(book.drawdown)} below its highest equity; at ${percent(limit)} only exits are taken.`,
      });
    }
  }
  return checks;
}

/** State that limits on losses call for, with the reason; null when none does. */
export function calledFor(
  limits: readonly ScopedLimits[],
  bookOf: (scope: RiskScope) => RiskBook,
): { readonly state: 'halted' | 'reduce-only'; readonly reason: string } | null {
  let found: { readonly state: 'halted' | 'reduce-only'; readonly reason: string } | null = null;
  for (const { scope, limits: set } of limits) {
    // Only what concerns everybody changes the state of all.
    if (scope.kind !== 'global' && scope.kind !== 'account') continue;
    const book = bookOf(scope);
    const { dayProfit, drawdown } = book;
    const lost =
      set.maxDailyLoss !== null &&
      dayProfit !== null &&
      isNegative(dayProfit) &&
      compare(negate(dayProfit), set.maxDailyLoss) >= 0;
    const fell =
      set.maxDrawdown !== null && drawdown !== null && compare(drawdown, set.maxDrawdown) >= 0;
    if (lost) {
      const state = set.onDailyLoss === 'halt' ? 'halted' : 'reduce-only';
      if (found?.state !== 'halted')
        found = { state, reason: `loss of the day of ${scopeName(scope)}` };
    }
    if (fell) {
      const state = set.onDrawdown === 'halt' ? 'halted' : 'reduce-only';
      if (found?.state !== 'halted') found = { state, reason: `drawdown of ${scopeName(scope)}` };
    }
  }
  return found;
}
