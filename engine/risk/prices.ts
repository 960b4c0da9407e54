import {
  absolute,
  decimal,
  decimalOf,
  divide,
  isPositive,
  subtract,
  type Decimal,
} from '../domain/decimal.ts';
import type { OrderTerms } from '../domain/live-order.ts';
import { percent, type Subject } from './amounts.ts';
import { measure, rule, type Check } from './check.ts';
import { marketPrice } from './valuation.ts';
import { goesOffAtOnce } from './triggers.ts';

const TRIGGER_COLLAR = 'Price collar of the trigger';

/** Quote, its age, and the distance of the order's prices from it. */
export function prices({ view, intent, scope, limits }: Subject, reducing: boolean): Check[] {
  if (limits.maxQuoteAgeMs === null && limits.priceCollar === null) return [];
  const checks: Check[] = [];
  const { symbol } = view.instrument(intent.instrument);
  const mark = view.mark(intent.instrument);
  const market = marketPrice(mark, intent.terms.side);
  if (mark === null || market === null) {
    // Exits must be possible when the data is down; entries must not.
    return [
      rule(
        'NO_QUOTE',
        'Quote',
        scope,
        reducing,
        `There is no quote of ${symbol} to check the price against; wait for market data or choose another connection.`,
      ),
    ];
  }
  const resting = intent.parent !== null;
  if (limits.maxQuoteAgeMs !== null && !resting) {
    // A quote of the future is one from before the clock was set back: how old it is nobody knows.
    const age = Math.abs(view.now - mark.time);
    const closed = view.session(intent.instrument) === 'closed';
    const message = `The quote of ${symbol} is ${seconds(age)} old; at most ${seconds(limits.maxQuoteAgeMs)} are allowed.`;
    const check = measure('QUOTE_TOO_OLD', 'Age of the quote', scope, {
      limit: decimalOf(limits.maxQuoteAgeMs),
      value: decimalOf(age),
      unit: 'ms',
      largest: null,
      message,
    });
    // While the market is closed the last quote is as new as any.
    checks.push(reducing || closed ? { ...check, passed: true, message: '' } : check);
  }
  // An exit that waits for its entry is measured from the entry, by the ticket; the market of now says
  // nothing about it.
  if (limits.priceCollar === null || resting) return checks;
  const { terms } = intent;
  const atOnce = goesOffAtOnce(terms, mark);
  const { limitPrice, stopPrice } = terms;
  if (limitPrice !== undefined) {
    // With a stop the limit is meant for the price at the stop, unless the market is there already.
    const anchor = atOnce ? market : (stopPrice ?? market);
    const part = beyond(terms, limitPrice, anchor);
    const worst = terms.side === 'buy' ? 'above' : 'below';
    checks.push(
      measure('PRICE_COLLAR', 'Price collar', scope, {
        limit: limits.priceCollar,
        value: part,
        unit: '',
        largest: null,
        message: `The limit price ${limitPrice} is ${percent(part)} ${worst} ${anchor}; at most ${percent(limits.priceCollar)} are allowed.`,
      }),
    );
  }
  if (atOnce && stopPrice !== undefined && !reducing) {
    // Passed by a little it is a market that was quicker; by much, another kind of order was meant.
    const part = share(absolute(subtract(stopPrice, market)), market);
    checks.push(
      measure('PRICE_COLLAR', TRIGGER_COLLAR, scope, {
        limit: limits.priceCollar,
        value: part,
        unit: '',
        largest: null,
        message: `The market of ${market} has passed the stop price ${stopPrice} by ${percent(part)} already, so the order would go off at once; at most ${percent(limits.priceCollar)} are allowed.`,
      }),
    );
  }
  return checks;
}

/** Whether a check is the collar of a trigger: of exits nobody asks how far the market has passed it. */
export function isTriggerCollar({ code, title }: Check): boolean {
  return code === 'PRICE_COLLAR' && title === TRIGGER_COLLAR;
}

/** How far a price lies beyond another; only the bad side counts: buying above it, selling below it. */
function beyond({ side }: OrderTerms, value: Decimal, anchor: Decimal): Decimal {
  return share(side === 'buy' ? subtract(value, anchor) : subtract(anchor, value), anchor);
}

function share(distance: Decimal, anchor: Decimal): Decimal {
  const base = absolute(anchor);
  return isPositive(distance) && isPositive(base)
    ? divide(distance, base, 6, 'away-from-zero')
    : decimal('0');
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000
    ? `${milliseconds} ms`
    : `${divide(decimalOf(milliseconds), decimal('1000'), 1, 'half-even')} s`;
}
