import {
  absolute,
  compare,
  decimal,
  placesOf,
  roundToStep,
  subtract,
  add,
  type Decimal,
  type Rounding,
} from '../../../engine/domain/decimal.ts';

/** Exact numbers in forms and tables. What is typed and what is shown stays text: no digit is lost. */

/** Steps of an instrument's prices: from a price on, prices are whole multiples of the step. */
export interface Tick {
  readonly from: string;
  readonly tickSize: string;
}

const TYPED = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** The number that a text is, or undefined where it is none. Only digits, a sign and a point are taken. */
export function readDecimal(text: string): Decimal | undefined {
  const trimmed = text.trim();
  if (!TYPED.test(trimmed)) return undefined;
  try {
    return decimal(trimmed);
  } catch {
    // Too many digits.
    return undefined;
  }
}

/** What is wrong with a text that should be a number; undefined where it is one. */
export function numberFault(text: string): string | undefined {
  if (text.trim() === '') return 'Give a number.';
  if (readDecimal(text) !== undefined) return undefined;
  return text.includes(',')
    ? 'Write it without commas and with a point, such as 1250.5.'
    : 'This is not a number; write it as 187.25.';
}

/** The step that holds at a price; the smallest band where the price is not known. */
export function tickAt(ticks: readonly Tick[], price: Decimal): Decimal {
  const size = absolute(price);
  let tick = ticks[0]?.tickSize ?? '0.01';
  for (const band of ticks) {
    if (compare(size, decimal(band.from)) >= 0) tick = band.tickSize;
  }
  return decimal(tick);
}

/** A price put on the nearest tick. */
export function onTick(
  price: Decimal,
  ticks: readonly Tick[],
  rounding: Rounding = 'half-even',
): Decimal {
  return roundToStep(price, tickAt(ticks, price), rounding);
}

/** A price so many ticks away; one between ticks goes to the next of them first. */
export function stepPrice(price: Decimal, ticks: readonly Tick[], steps: number): Decimal {
  if (steps === 0) return price;
  const up = steps > 0;
  let at = price;
  for (let left = Math.abs(steps); left > 0; left -= 1) {
    const tick = tickAt(ticks, at);
    const below = roundToStep(at, tick, 'towards-zero');
    const floor = compare(below, at) > 0 ? subtract(below, tick) : below;
    if (compare(floor, at) === 0) {
      const next = up ? add(at, tick) : subtract(at, tick);
      // Below a band its smaller step holds, and the next price down lies nearer.
      const own = tickAt(ticks, next);
      at = !up && compare(own, tick) < 0 ? subtract(at, own) : next;
    } else at = up ? add(floor, tick) : floor;
  }
  return at;
}

/** Places after the point that prices of an instrument have near a price. */
export function pricePlaces(ticks: readonly Tick[], price: Decimal): number {
  return placesOf(tickAt(ticks, price));
}

/** A quote's double as the price that it stands for: on the tick, without the noise of its last digits. */
export function quotedPrice(value: number | null, ticks: readonly Tick[]): Decimal | undefined {
  if (value === null || !Number.isFinite(value)) return undefined;
  const text = readDecimal(value.toFixed(10));
  return text === undefined ? undefined : onTick(text, ticks);
}

/** Digits in groups of three, with at least so many places and none lost: `1234.5` is `1,234.50`. */
export function groupDigits(text: string, places = 0): string {
  const sign = text.startsWith('-') ? '-' : '';
  const [whole = '0', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const padded = fraction.padEnd(places, '0');
  return `${sign}${grouped}${padded === '' ? '' : `.${padded}`}`;
}

const CENT = decimal('0.01');

/** Money to the cent; less than one is told exactly. */
export function moneyDigits(text: string): string {
  const value = readDecimal(text);
  if (value === undefined) return text;
  const small = value !== '0' && compare(absolute(value), CENT) < 0;
  return groupDigits(small ? value : roundToStep(value, CENT, 'half-even'), 2);
}

/** Digits in groups, with a plus before what is above 0. */
export function signedDigits(text: string, places = 0): string {
  const shown = groupDigits(text, places);
  return /^-|^[0.,]*$/.test(shown) ? shown : `+${shown}`;
}

/** A sentence of the gate with the digits of its long numbers in groups; names such as A12345 stay. */
export function groupedWords(text: string): string {
  return text.replace(/(?<![\w.,-])-?\d{5,}(\.\d+)?(?![\w-])/g, (figure) => groupDigits(figure));
}
