import {
  absolute,
  add,
  compare,
  divide,
  isNegative,
  isPositive,
  least,
  multiply,
  negate,
  subtract,
  ZERO,
  type Decimal,
  type Price,
} from '../domain/decimal.ts';
import type { AccountId, InstrumentId, TradeId } from '../domain/identifiers.ts';
import type { Fill } from '../domain/live-order.ts';
import type { UnixMillis } from '../domain/time.ts';

/** A position by average cost, in the instrument's currency. */
export interface Position {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  /** Signed: negative is short. */
  readonly quantity: Decimal;
  /** Average price of what is held; null when flat, or when it was taken over without one. */
  readonly averagePrice: Price | null;
  /** Profit of what was closed, before commissions, for a multiplier of 1. */
  readonly realized: Decimal;
  readonly changedAt: UnixMillis;
}

/** A position taken over as the venue has it: everything before it is settled. */
export interface Baseline {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly quantity: Decimal;
  readonly averagePrice: Price | null;
  readonly time: UnixMillis;
  /** Trades that are in it and were not booked here: they are not booked afterwards either. */
  readonly trades?: readonly TradeId[] | undefined;
}

type Step =
  | { readonly kind: 'fill'; readonly fill: Fill }
  /** `realized`: profit of what was closed before. */
  | { readonly kind: 'baseline'; readonly baseline: Baseline; readonly realized: Decimal };

const PLACES = 12;

/** Positions of all accounts, made from fills and from what was taken over. */
export class PositionBook {
  readonly #positions = new Map<string, Position>();
  /** Since the position was last taken over; what is needed to take a trade back. */
  readonly #steps = new Map<string, Step[]>();
  readonly #trades = new Set<string>();

  /** Books a fill once; false when it was booked before. */
  fill(fill: Fill): boolean {
    const trade = tradeKey(fill.account, fill.instrument, fill.tradeId);
    if (this.#trades.has(trade)) return false;
    this.#trades.add(trade);
    this.#take(keyOf(fill.account, fill.instrument), { kind: 'fill', fill });
    return true;
  }

  /** Takes a trade back; false when it is not booked. */
  bust(account: AccountId, instrument: InstrumentId, trade: TradeId): boolean {
    if (!this.#trades.delete(tradeKey(account, instrument, trade))) return false;
    const key = keyOf(account, instrument);
    const steps = (this.#steps.get(key) ?? []).filter(
      (step) => step.kind !== 'fill' || step.fill.tradeId !== trade,
    );
    const before = this.#positions.get(key);
    this.#steps.set(key, []);
    this.#positions.delete(key);
    for (const step of steps) this.#take(key, step);
    // Flat, but traded: what the venue has then is a difference, not something brought along.
    if (steps.length === 0 && before !== undefined) {
      this.#positions.set(key, { ...before, quantity: ZERO, averagePrice: null, realized: ZERO });
    }
    return true;
  }

  /** Takes the venue's position for ours, and remembers that trades up to now are in it. */
  takeOver(baseline: Baseline): void {
    const key = keyOf(baseline.account, baseline.instrument);
    for (const trade of baseline.trades ?? [])
      this.#trades.add(tradeKey(baseline.account, baseline.instrument, trade));
    this.#start(key, baseline, this.#positions.get(key)?.realized ?? ZERO);
  }

  /** Whether a trade is in a position, booked or taken over. */
  has(account: AccountId, instrument: InstrumentId, trade: TradeId): boolean {
    return this.#trades.has(tradeKey(account, instrument, trade));
  }

  #start(key: string, baseline: Baseline, realized: Decimal): void {
    this.#steps.set(key, [{ kind: 'baseline', baseline, realized }]);
    this.#positions.set(key, {
      account: baseline.account,
      instrument: baseline.instrument,
      quantity: baseline.quantity,
      averagePrice: baseline.averagePrice,
      realized,
      changedAt: baseline.time,
    });
  }

  get(account: AccountId, instrument: InstrumentId): Position | undefined {
    return this.#positions.get(keyOf(account, instrument));
  }

  /** Positions that are not flat, and with `flat` also those that were closed. */
  list(account?: AccountId, flat = false): readonly Position[] {
    const found: Position[] = [];
    for (const position of this.#positions.values()) {
      if (account !== undefined && position.account !== account) continue;
      if (flat || position.quantity !== ZERO) found.push(position);
    }
    return found;
  }

  #take(key: string, step: Step): void {
    const steps = this.#steps.get(key) ?? [];
    if (step.kind === 'baseline') {
      this.#start(key, step.baseline, step.realized);
      return;
    }
    steps.push(step);
    this.#steps.set(key, steps);
    this.#positions.set(key, afterFill(this.#positions.get(key), step.fill));
  }
}

/** The position after a fill; `before` is undefined for the first one. */
export function afterFill(before: Position | undefined, fill: Fill): Position {
  const held = before?.quantity ?? ZERO;
  const average = before?.averagePrice ?? null;
  // A commission in units is paid at the price of the fill: it changes what is held, and no profit.
  const charged = fill.unitsCharged ?? ZERO;
  const buys = fill.side === 'buy';
  const units = buys ? subtract(fill.quantity, charged) : add(fill.quantity, charged);
  const change = buys ? units : negate(units);
  const quantity = add(held, change);
  const common = {
    account: fill.account,
    instrument: fill.instrument,
    quantity,
    changedAt: fill.receivedTime,
  };
  const realized = before?.realized ?? ZERO;
  if (units === ZERO) return { ...common, averagePrice: average, realized };
  const opens = held === ZERO || isPositive(held) === isPositive(change);
  if (opens) {
    // Taken over without a price: what is added does not tell the price of the rest.
    if (held !== ZERO && average === null) return { ...common, averagePrice: null, realized };
    const cost = add(multiply(absolute(held), average ?? ZERO), multiply(units, fill.price));
    return {
      ...common,
      averagePrice: divide(cost, absolute(quantity), PLACES, 'half-even') as Price,
      realized,
    };
  }
  const closed = least(units, absolute(held));
  const gain =
    average === null
      ? ZERO
      : multiply(
          closed,
          isPositive(held) ? subtract(fill.price, average) : subtract(average, fill.price),
        );
  const turned = compare(units, absolute(held)) > 0;
  return {
    ...common,
    averagePrice: quantity === ZERO ? null : turned ? fill.price : average,
    realized: add(realized, gain),
  };
}

/** Profit of what is held at a price, for a multiplier of 1; null without an average price. */
export function unrealized(position: Position, price: Decimal): Decimal | null {
  if (position.averagePrice === null) return null;
  const { quantity, averagePrice } = position;
  const difference = subtract(price, averagePrice);
  return multiply(absolute(quantity), isNegative(quantity) ? negate(difference) : difference);
}

const keyOf = (account: AccountId, instrument: InstrumentId): string => `${account}|${instrument}`;
/** Some venues number the trades of each instrument by themselves. */
const tradeKey = (account: AccountId, instrument: InstrumentId, trade: TradeId): string =>
  `${account}|${instrument}|${trade}`;
