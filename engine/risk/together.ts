import { subtract, type Decimal } from '../domain/decimal.ts';
import type { OrderIntent } from '../domain/live-order.ts';
import { moneyFor } from './amounts.ts';
import type { Decision } from './check.ts';
import { evaluate, worthOf } from './gate.ts';
import { scopeName } from './limits.ts';
import type { RiskBook, RiskView, Working } from './view.ts';

/**
 * What the gate says of orders that are given together, one by one. Each counts for those after it, for it may
 * fill as well: but for exits, which wait for their entry, and for a pair of which the venue lets only one fill.
 */
export function evaluateTogether(
  intents: readonly OrderIntent[],
  view: RiskView,
  isLinked: (intent: OrderIntent) => boolean,
): readonly Decision[] {
  let now = view;
  return intents.map((intent, at) => {
    const decision = evaluate(intent, now);
    const counts = intent.parent === null && !isLinked(intent);
    if (counts && intents.some(({ parent }, i) => i > at && parent === null))
      now = besides(intent, now);
    return decision;
  });
}

/** The view as it is once an order works. */
function besides(intent: OrderIntent, view: RiskView): RiskView {
  const { unit } = worthOf(intent.terms, intent, view);
  const own = view.book({ kind: 'account', name: view.account.id });
  const { buyingPower } = view.account;
  const left: Decimal | null =
    buyingPower === null || unit === null
      ? null
      : subtract(buyingPower, moneyFor(intent, own, unit));
  const books = new Map<string, RiskBook>();
  const order = asWorking(intent);
  return {
    ...view,
    account: { ...view.account, buyingPower: left },
    book: (scope) => {
      const name = scopeName(scope);
      const made = books.get(name) ?? withOrder(view.book(scope), order);
      books.set(name, made);
      return made;
    },
  };
}

/** What no limit asks for is not worked out. */
function withOrder(book: RiskBook, order: Working): RiskBook {
  return {
    holdings: book.holdings,
    working: [...book.working, order],
    get recent() {
      return book.recent;
    },
    get dayProfit() {
      return book.dayProfit;
    },
    get drawdown() {
      return book.drawdown;
    },
  };
}

function asWorking({ clientOrderId, instrument, terms, group, source }: OrderIntent): Working {
  return {
    clientOrderId,
    instrument,
    side: terms.side,
    quantity: terms.quantity,
    price: terms.limitPrice ?? terms.stopPrice ?? null,
    reduceOnly: terms.reduceOnly === true,
    group: group?.id ?? null,
    linked: false,
    ready: terms.quantity,
    leaving: false,
    closing: source.kind === 'protection',
  };
}
