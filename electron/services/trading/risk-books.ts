import {
  add,
  compare,
  greatest,
  isPositive,
  least,
  multiply,
  subtract,
  ZERO,
  type Decimal,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import type { AccountId, InstrumentId, TradeId } from '../../../engine/domain/identifiers.ts';
import type { Fill, OrderIntent } from '../../../engine/domain/live-order.ts';
import type { OrderLedger } from '../../../engine/orders/ledger.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import { PositionBook, unrealized, type Position } from '../../../engine/portfolio/positions.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { scopeName, type RiskScope } from '../../../engine/risk/limits.ts';
import { markPrice } from '../../../engine/risk/valuation.ts';
import type { Mark, RecentOrder, Working } from '../../../engine/risk/view.ts';
import type { OrderLog } from './order-log.ts';

/** Orders that are older than this matter to no limit. */
const KEPT_MS = 10 * 60_000;
/** How many of those before a start are remembered. */
const RECALLED = 10_000;

export interface Valuation {
  readonly mark: (id: InstrumentId) => Mark | null;
  readonly instrument: (id: InstrumentId) => TradableInstrument | null;
  /** Account currency for one unit of another; null when it is not known. */
  readonly rate: (currency: string, account: AccountId) => Decimal | null;
}

/**
 * What each scope holds and has given lately. The account's book is the position book of the log; those
 * of strategies and agents are made of the fills of their own orders.
 */
export class RiskBooks {
  readonly #log: OrderLog;
  readonly #values: Valuation;
  readonly #isLinked: (order: OrderIntent) => boolean;
  readonly #books = new Map<string, PositionBook>();
  #recent: RecentOrder[] = [];

  /** @param isLinked whether the venue of an order lets only one of its pair fill */
  constructor(log: OrderLog, values: Valuation, isLinked: (order: OrderIntent) => boolean) {
    this.#log = log;
    this.#isLinked = isLinked;
    this.#values = values;
    // In the order in which they were traded: average costs depend on it.
    const fills = [...log.ledger.all()].flatMap((order) =>
      order.fills.map((fill) => ({ fill, order })),
    );
    for (const { fill, order } of fills.toSorted(byTime)) this.onFill(fill, order);
    const recent = [...log.ledger.all()]
      .filter(({ state, source }) => state !== 'Denied' && source.kind !== 'external')
      .map((order) => ({ time: order.createdAt, intent: order }));
    this.#recent = recent.toSorted((a, b) => a.time - b.time).slice(-RECALLED);
  }

  onFill(fill: Fill, order: OrderRecord): void {
    for (const scope of ownScopes(order)) {
      const name = scopeName(scope);
      let book = this.#books.get(name);
      if (book === undefined) {
        book = new PositionBook();
        this.#books.set(name, book);
      }
      book.fill(fill);
    }
  }

  /** A trade has been taken back. */
  onBust(order: OrderRecord, trade: TradeId): void {
    for (const scope of ownScopes(order))
      this.#books.get(scopeName(scope))?.bust(order.account, order.instrument, trade);
  }

  /** An order has been let through. */
  onOrder(order: RecentOrder): void {
    const since = order.time - KEPT_MS;
    if ((this.#recent[0]?.time ?? order.time) < since) {
      this.#recent = this.#recent.filter(({ time }) => time >= since);
    }
    this.#recent.push(order);
  }

  recent(scope: RiskScope, account: AccountId): readonly RecentOrder[] {
    return this.#recent.filter(
      ({ intent }) => intent.account === account && belongs(scope, intent),
    );
  }

  positions(scope: RiskScope, account: AccountId): readonly Position[] {
    if (scope.kind === 'global' || scope.kind === 'account')
      return this.#log.positions.list(account, true);
    return this.#books.get(scopeName(scope))?.list(account, true) ?? [];
  }

  /** @param without orders that are left out, as if they were gone */
  working(
    scope: RiskScope,
    account: AccountId,
    without: (order: OrderRecord) => boolean,
  ): readonly Working[] {
    const { ledger } = this.#log;
    return ledger
      .open(account)
      .filter((order) => belongs(scope, order) && !without(order))
      .map((order) => asWorking(order, ledger, this.#isLinked(order)))
      .filter(({ quantity }) => isPositive(quantity));
  }

  /** Profit of a scope up to now, in the account's currency; null when something cannot be valued. */
  profit(scope: RiskScope, account: AccountId): Decimal | null {
    let sum: Decimal = ZERO;
    for (const position of this.positions(scope, account)) {
      const instrument = this.#values.instrument(position.instrument);
      const rate = instrument === null ? null : this.#values.rate(instrument.currency, account);
      if (instrument === null || rate === null) return null;
      let own = position.realized;
      if (position.quantity !== ZERO) {
        const price = markPrice(this.#values.mark(position.instrument));
        const open = price === null ? null : unrealized(position, price);
        if (open === null) return null;
        own = add(own, open);
      }
      sum = add(sum, multiply(multiply(own, instrument.multiplier), rate));
    }
    return sum;
  }
}

/** Scopes besides the account's that an order counts for. */
function ownScopes(order: OrderRecord): readonly RiskScope[] {
  const scopes: RiskScope[] = [];
  if (order.strategy !== null) scopes.push({ kind: 'strategy', name: order.strategy });
  if (order.source.kind === 'agent') scopes.push({ kind: 'agent', name: order.source.name });
  return scopes;
}

function belongs(
  scope: RiskScope,
  order: Pick<OrderRecord, 'account' | 'strategy' | 'source'>,
): boolean {
  switch (scope.kind) {
    case 'global':
      return true;
    case 'account':
      return order.account === scope.name;
    case 'strategy':
      return order.strategy === scope.name;
    case 'agent':
      return order.source.kind === 'agent' && order.source.name === scope.name;
  }
}

const byTime = (a: { readonly fill: Fill }, b: { readonly fill: Fill }): number =>
  a.fill.receivedTime - b.fill.receivedTime;

function asWorking(order: OrderRecord, ledger: OrderLedger, linked: boolean): Working {
  const { clientOrderId, instrument, terms, pending, filledQuantity, group, marks } = order;
  // While an amendment is under way, the larger of both may fill.
  const asked = pending?.quantity;
  const most = asked !== undefined && compare(asked, terms.quantity) > 0 ? asked : terms.quantity;
  const quantity = subtract(most, filledQuantity) as Quantity;
  const entry = order.parent === null ? undefined : ledger.get(order.parent);
  return {
    clientOrderId,
    instrument,
    side: terms.side,
    quantity,
    price: terms.limitPrice ?? terms.stopPrice ?? null,
    // An exit of a bracket only reduces, whatever its venue is told.
    reduceOnly: terms.reduceOnly === true || order.parent !== null,
    group: group?.id ?? null,
    linked,
    ready: entry === undefined ? quantity : unsold(entry, quantity, ledger),
    leaving: marks.canceling,
    closing:
      order.source.kind === 'protection' || (terms.reduceOnly === true && terms.type === 'market'),
  };
}

/** What an exit may sell by now: no more than its entry has bought, less what its exits have sold. */
function unsold(entry: OrderRecord, quantity: Quantity, ledger: OrderLedger): Decimal {
  let sold: Decimal = ZERO;
  for (const each of entry.group === null ? [] : ledger.group(entry.group.id))
    if (each.parent === entry.clientOrderId) sold = add(sold, each.filledQuantity);
  return greatest(least(quantity, subtract(entry.filledQuantity, sold)), ZERO);
}
