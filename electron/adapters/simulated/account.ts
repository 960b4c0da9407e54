import {
  absolute,
  add,
  compare,
  decimal,
  decimalOf,
  divide,
  isNegative,
  isPositive,
  multiply,
  negate,
  subtract,
  toFixed,
  ZERO,
  type Decimal,
  type Price,
} from '../../../engine/domain/decimal.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Fill } from '../../../engine/domain/live-order.ts';
import { PositionBook } from '../../../engine/portfolio/positions.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { BalanceReport } from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';

/** Milliseconds between balances while prices move what is held. */
const BALANCE_EVERY = 1000;

/** Money and positions of the paper account. */
export class PaperAccount {
  readonly positions = new PositionBook();
  readonly #id: AccountId;
  readonly #currency: string;
  /** Equity that may be used for each unit of it: 2 is the half of Regulation T. */
  readonly #leverage: Decimal;
  readonly #cash = new Map<string, Decimal>();
  readonly #marks = new Map<InstrumentId, number>();
  readonly #instruments = new Map<InstrumentId, TradableInstrument>();
  #toldAt = 0;

  constructor(id: AccountId, currency: string, cash: Decimal, leverage: number) {
    this.#id = id;
    this.#currency = currency;
    this.#leverage = decimalOf(leverage);
    this.#cash.set(currency, cash);
  }

  know(instrument: TradableInstrument): void {
    this.#instruments.set(instrument.id, instrument);
  }

  mark(id: InstrumentId, price: number): void {
    if (price > 0 && Number.isFinite(price)) this.#marks.set(id, price);
  }

  book(fill: Fill): void {
    if (!this.positions.fill(fill)) return;
    // Of an instrument that no source has any more, commissions are in the currency of its price.
    const { multiplier, currency } = this.#instruments.get(fill.instrument) ?? {
      multiplier: decimal('1'),
      currency: fill.commissionCurrency,
    };
    const value = multiply(multiply(fill.quantity, fill.price), multiplier);
    this.#pay(currency, fill.side === 'buy' ? negate(value) : value);
    if (fill.commission !== null) this.#pay(fill.commissionCurrency, negate(fill.commission));
  }

  /** Cash, and every position at its last price. */
  equity(): Decimal {
    let sum = ZERO;
    for (const amount of this.#cash.values()) sum = add(sum, amount);
    for (const { instrument: id, quantity, averagePrice } of this.positions.list()) {
      sum = add(sum, multiply(quantity, this.#unit(id, averagePrice)));
    }
    return sum;
  }

  #gross(): Decimal {
    let sum: Decimal = ZERO;
    for (const { instrument: id, quantity, averagePrice } of this.positions.list()) {
      sum = add(sum, multiply(absolute(quantity), this.#unit(id, averagePrice)));
    }
    return sum;
  }

  buyingPower(): Decimal {
    const power = subtract(multiply(this.equity(), this.#leverage), this.#gross());
    return isNegative(power) ? ZERO : power;
  }

  /** What an order would need beyond what it closes; null when it fits. */
  lacking(id: InstrumentId, buys: boolean, quantity: Decimal, price: number): Decimal | null {
    const held = this.positions.get(this.#id, id)?.quantity ?? ZERO;
    const closes = buys ? isNegative(held) : isPositive(held);
    const opening = closes ? subtract(quantity, absolute(held)) : quantity;
    if (!isPositive(opening)) return null;
    const instrument = this.#instruments.get(id);
    const needed = multiply(
      multiply(opening, decimalOf(Number(price.toPrecision(12)))),
      instrument?.multiplier ?? decimal('1'),
    );
    const power = this.buyingPower();
    return compare(needed, power) > 0 ? subtract(needed, power) : null;
  }

  /**
   * A balance every so often while prices move what is held, since limits on losses go by it; null when
   * none is due.
   */
  balanceDue(now: UnixMillis): BalanceReport | null {
    if (now - this.#toldAt < BALANCE_EVERY || this.positions.list(this.#id).length === 0)
      return null;
    return this.balance(now);
  }

  balance(receivedTime: UnixMillis): BalanceReport {
    this.#toldAt = receivedTime;
    const money = (value: Decimal): Decimal => decimal(toFixed(value, 2));
    const used = divide(this.#gross(), this.#leverage, 8, 'half-even');
    return {
      kind: 'balance',
      account: this.#id,
      currency: this.#currency,
      cash: [...this.#cash].map(([currency, amount]) => ({ currency, amount: money(amount) })),
      equity: money(this.equity()),
      buyingPower: money(this.buyingPower()),
      initialMargin: money(used),
      maintenanceMargin: money(divide(used, decimal('2'), 8, 'half-even')),
      receivedTime,
    };
  }

  #unit(id: InstrumentId, fallback: Price | null): Decimal {
    const mark = this.#marks.get(id);
    const price = mark === undefined ? (fallback ?? ZERO) : decimalOf(Number(mark.toPrecision(12)));
    return multiply(price, this.#instruments.get(id)?.multiplier ?? decimal('1'));
  }

  #pay(currency: string, amount: Decimal): void {
    this.#cash.set(currency, add(this.#cash.get(currency) ?? ZERO, amount));
  }
}
