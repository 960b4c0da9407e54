import {
  add,
  decimalOf,
  isPositive,
  multiply,
  subtract,
  ZERO,
  type Decimal,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Fill } from '../../../engine/domain/live-order.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import { PositionBook, unrealized, type Position } from '../../../engine/portfolio/positions.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { scopeName, type RiskScope } from '../../../engine/risk/limits.ts';
import { markPrice } from '../../../engine/risk/valuation.ts';
import type { Mark, RecentOrder, Working } from '../../../engine/risk/view.ts';
import type { OrderLog } from './order-log.ts';

/** Orders that are older than this matter to no limit. */
const KEPT_MS = 10 * 60_000;

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
  readonly #books = new Map<string, PositionBook>();
  #recent: RecentOrder[] = [];

  constructor(log: OrderLog, values: Valuation) {
    this.#log = log;
    this.#values = values;
    for (const order of log.ledger.all()) {
      for (const fill of order.fills) this.onFill(fill, order);
    }
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

  working(scope: RiskScope, account: AccountId, except: OrderRecord | null): readonly Working[] {
    return this.#log.ledger
      .open(account)
      .filter((order) => order.clientOrderId !== except?.clientOrderId && belongs(scope, order))
      .map(asWorking)
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

function asWorking(order: OrderRecord): Working {
  const { clientOrderId, instrument, terms, pending, filledQuantity } = order;
  // While an amendment is under way, the larger of both may fill.
  const asked = pending?.quantity;
  const most =
    asked !== undefined && Number(asked) > Number(terms.quantity) ? asked : terms.quantity;
  return {
    clientOrderId,
    instrument,
    side: terms.side,
    quantity: subtract(most, filledQuantity) as Quantity,
    price: terms.limitPrice ?? terms.stopPrice ?? null,
    // An exit of a bracket only reduces, whatever its venue is told.
    reduceOnly: terms.reduceOnly === true || order.parent !== null,
  };
}

/** A mark made of plain prices, for sources that only have one. */
export function lastPriceMark(price: number, time: Mark['time']): Mark {
  return { bid: price, ask: price, last: price, time };
}

export const asDecimal = (value: number): Decimal => decimalOf(Number(value.toPrecision(15)));
