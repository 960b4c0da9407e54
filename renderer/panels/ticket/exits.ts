import {
  absolute,
  add,
  compare,
  decimal,
  divide,
  isPositive,
  multiply,
  subtract,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import type { OrderSide } from '../../../engine/domain/order.ts';
import { onTick, readDecimal, tickAt, type Tick } from '../../components/trading/decimals.ts';

/** How the price of an exit is given. `R` is what the stop puts at risk. */
export const EXIT_UNITS = ['price', 'ticks', 'percent', 'r'] as const;
export type ExitUnit = (typeof EXIT_UNITS)[number];

export const EXIT_UNIT_NAMES: Readonly<Record<ExitUnit, string>> = {
  price: 'price',
  ticks: 'ticks',
  percent: '%',
  r: 'R',
};

/** For the stop, and where there is none, one R is this part of the equity. */
export const R_OF_EQUITY = decimal('0.01');

/** What the price of an exit follows from. */
export interface ExitBase {
  /** Price of the entry: its limit or stop, or what the market asks. */
  readonly entry: Decimal;
  readonly side: OrderSide;
  readonly ticks: readonly Tick[];
  /** Units of the entry, where they are known. */
  readonly quantity: Decimal | undefined;
  readonly equity: Decimal | undefined;
  /** Money for a price of 1 of one unit. */
  readonly multiplier: Decimal;
}

export type ExitPrice = { readonly price: Decimal } | { readonly fault: string };

const HUNDRED = decimal('100');

/**
 * The price of an exit, on the tick.
 * @param which a target lies on the side of a profit, a stop on that of a loss
 * @param stop price of the stop, which gives R for the target
 */
export function exitPrice(
  which: 'target' | 'stop',
  unit: ExitUnit,
  text: string,
  base: ExitBase,
  stop?: Decimal,
): ExitPrice {
  const value = readDecimal(text);
  if (value === undefined) return { fault: 'Give a number, such as 1.5.' };
  const above = (base.side === 'buy') === (which === 'target');
  if (unit === 'price') {
    const right = above ? compare(value, base.entry) > 0 : compare(value, base.entry) < 0;
    if (right) return { price: value };
    return { fault: `Must be ${above ? 'above' : 'below'} the entry at ${base.entry}.` };
  }
  if (!isPositive(value)) return { fault: 'Must be more than 0.' };
  const distance = distanceOf(unit, value, which, base, stop);
  if (distance === undefined) return { fault: 'Needs a quantity and the equity of the account.' };
  const raw = above ? add(base.entry, distance) : subtract(base.entry, distance);
  const price = onTick(raw, base.ticks);
  if (compare(price, base.entry) === 0) {
    return { fault: `Less than one tick of ${tickAt(base.ticks, base.entry)}.` };
  }
  return { price };
}

function distanceOf(
  unit: Exclude<ExitUnit, 'price'>,
  value: Decimal,
  which: 'target' | 'stop',
  base: ExitBase,
  stop: Decimal | undefined,
): Decimal | undefined {
  switch (unit) {
    case 'ticks':
      return multiply(value, tickAt(base.ticks, base.entry));
    case 'percent':
      return divide(multiply(absolute(base.entry), value), HUNDRED, 10, 'half-even');
    case 'r': {
      if (which === 'target' && stop !== undefined)
        return multiply(value, absolute(subtract(base.entry, stop)));
      const { quantity, equity, multiplier } = base;
      if (quantity === undefined || equity === undefined) return undefined;
      const perUnit = multiply(quantity, multiplier);
      if (!isPositive(perUnit) || !isPositive(equity)) return undefined;
      return divide(multiply(multiply(equity, R_OF_EQUITY), value), perUnit, 10, 'half-even');
    }
  }
}
