import type { Brand } from './brand.ts';
import { RenataError } from './errors.ts';

declare const kind: unique symbol;

/**
 * An exact decimal number in canonical text: no exponent, no leading zeros, no trailing zeros after the
 * point, no "-0". Two decimals are equal when their texts are. Orders, fills, positions and cash are
 * decimals; market data and research are doubles. Text crosses JSON, SQLite and every carrier unchanged.
 */
export type Decimal = Brand<string, 'Decimal'>;
/** A price of one unit, in the instrument's currency; it may be negative (spreads, some futures). */
export type Price = Decimal & { readonly [kind]: 'price' };
/** A number of units, 0 or more. The side of an order or fill gives its direction. */
export type Quantity = Decimal & { readonly [kind]: 'quantity' };

/** What happens to digits that do not fit: towards zero, away from it, or to the nearest, half to even. */
export type Rounding = 'towards-zero' | 'away-from-zero' | 'half-even';

const TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
/** What `decimal` gives back as it is: canonical, and too short to be over a limit. */
const CANONICAL = /^(?:0|-?(?:[1-9]\d{0,14}|(?:0|[1-9]\d{0,14})\.\d{0,14}[1-9]))$/;
const MAX_DIGITS = 40;
const MAX_PLACES = 18;

/** A decimal taken apart: `units` times ten to the power of minus `places`. */
interface Parts {
  readonly units: bigint;
  readonly places: number;
}

export const ZERO = '0' as Decimal;
export const ONE = '1' as Decimal;

/**
 * Reads a decimal, canonical or not ("1.50", "+3", "2e-8").
 * @throws RenataError BAD_INPUT naming `what` when the text is no number, or has more than 18 places
 */
export function decimal(text: string, what = 'number'): Decimal {
  if (CANONICAL.test(text)) return text as Decimal;
  const match = TEXT.exec(text);
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (match === null || whole.length + fraction.length === 0) throw notANumber(text, what);
  const places = fraction.length - Number(match[4] ?? '0');
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits.length + Math.max(0, -places) > MAX_DIGITS) throw tooLong(text, what);
  const magnitude = BigInt(digits === '' ? '0' : digits);
  const units = match[1] === '-' ? -magnitude : magnitude;
  const value = places < 0 ? print(units * 10n ** BigInt(-places), 0) : print(units, places);
  const point = value.indexOf('.');
  if (point >= 0 && value.length - point - 1 > MAX_PLACES) throw tooLong(text, what);
  return value;
}

/**
 * The decimal that a double is written as: 0.1 becomes "0.1".
 * @throws RenataError BAD_INPUT naming `what` for NaN, infinities and more than 18 places
 */
export function decimalOf(value: number, what = 'number'): Decimal {
  if (!Number.isFinite(value)) throw notANumber(String(value), what);
  return decimal(String(value), what);
}

/** @throws RenataError BAD_INPUT naming `what` when the text is no number */
export function price(text: string, what = 'price'): Price {
  return decimal(text, what) as Price;
}

/** @throws RenataError BAD_INPUT naming `what` when the text is no number, or negative */
export function quantity(text: string, what = 'quantity'): Quantity {
  const value = decimal(text, what);
  if (isNegative(value)) {
    throw new RenataError('BAD_INPUT', `${what}: ${value} is negative; the side gives direction.`, {
      details: { parameter: what },
    });
  }
  return value as Quantity;
}

/** The nearest double; for display, statistics and comparison with market data only. */
export function toNumber(value: Decimal): number {
  return Number(value);
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (b === ZERO) return a;
  if (a === ZERO) return b;
  const most = Math.max(placesOf(a), placesOf(b));
  const sum = wholeAt(a, most) + wholeAt(b, most);
  if (isWhole(sum)) return printWhole(sum, most);
  const [x, y, places] = aligned(a, b);
  return print(x + y, places);
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  if (b === ZERO) return a;
  const most = Math.max(placesOf(a), placesOf(b));
  const difference = wholeAt(a, most) - wholeAt(b, most);
  if (isWhole(difference)) return printWhole(difference, most);
  const [x, y, places] = aligned(a, b);
  return print(x - y, places);
}

/** Exact: the product has as many places as both factors together. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  const own = placesOf(a);
  const other = placesOf(b);
  const product = wholeAt(a, own) * wholeAt(b, other);
  if (isWhole(product) && own + other <= FEW_PLACES) return printWhole(product, own + other);
  const x = parts(a);
  const y = parts(b);
  return print(x.units * y.units, x.places + y.places);
}

/**
 * `a / b` to so many places.
 * @throws RenataError BAD_INPUT for a divisor of zero
 */
export function divide(a: Decimal, b: Decimal, places: number, rounding: Rounding): Decimal {
  if (places >= FEW_PLACES) {
    // A quotient of few places needs no rounding.
    const most = Math.max(placesOf(a), placesOf(b));
    const scaledUp = wholeAt(a, most) * (TENS[FEW_PLACES] as number);
    const divisor = wholeAt(b, most);
    if (isWhole(scaledUp) && scaledUp % divisor === 0)
      return printWhole(scaledUp / divisor, FEW_PLACES);
  }
  const [x, y] = aligned(a, b);
  if (y === 0n) throw new RenataError('BAD_INPUT', `${a} cannot be divided by zero.`);
  return print(quotient(x * 10n ** BigInt(places), y, rounding), places);
}

export function negate(a: Decimal): Decimal {
  if (a === ZERO) return a;
  return (a.startsWith('-') ? a.slice(1) : `-${a}`) as Decimal;
}

export function absolute(a: Decimal): Decimal {
  return a.startsWith('-') ? (a.slice(1) as Decimal) : a;
}

/** Negative when `a` is less than `b`, 0 when equal, else positive. */
export function compare(a: Decimal, b: Decimal): number {
  if (a === b) return 0;
  if (a.length <= SHORT && b.length <= SHORT) {
    const x = Number(a);
    const y = Number(b);
    if (x < y) return -1;
    if (x > y) return 1;
  }
  const [x, y] = aligned(a, b);
  return x < y ? -1 : 1;
}

export const least = (a: Decimal, b: Decimal): Decimal => (compare(a, b) <= 0 ? a : b);
export const greatest = (a: Decimal, b: Decimal): Decimal => (compare(a, b) >= 0 ? a : b);
export const isZero = (a: Decimal): boolean => a === ZERO;
export const isNegative = (a: Decimal): boolean => a.startsWith('-');
export const isPositive = (a: Decimal): boolean => a !== ZERO && !a.startsWith('-');

/** Whether the value is a whole number of steps (ticks, lots). @throws RenataError for a step that is not positive */
export function isMultiple(value: Decimal, step: Decimal): boolean {
  const most = Math.max(placesOf(value), placesOf(step));
  const size = wholeAt(step, most);
  const rest = wholeAt(value, most) % size;
  if (size > 0 && isWhole(rest)) return rest === 0;
  const [x, y] = aligned(value, step);
  if (y <= 0n) throw new RenataError('BAD_INPUT', `A step of ${step} is not positive.`);
  return x % y === 0n;
}

/** The value as a whole number of steps. @throws RenataError for a step that is not positive */
export function roundToStep(value: Decimal, step: Decimal, rounding: Rounding): Decimal {
  if (rounding === 'towards-zero') {
    const most = Math.max(placesOf(value), placesOf(step));
    const size = wholeAt(step, most);
    const whole = wholeAt(value, most);
    const steps = whole - (whole % size);
    if (size > 0 && isWhole(steps)) return printWhole(steps, most);
  }
  const [x, y, places] = aligned(value, step);
  if (y <= 0n) throw new RenataError('BAD_INPUT', `A step of ${step} is not positive.`);
  return print(quotient(x, y, rounding) * y, places);
}

/** The value with so many places after the point, zeros kept: for display and venues that ask for it. */
export function toFixed(value: Decimal, places: number, rounding: Rounding = 'half-even'): string {
  const { units, places: has } = parts(value);
  const scaled =
    has <= places
      ? units * 10n ** BigInt(places - has)
      : quotient(units, 10n ** BigInt(has - places), rounding);
  const sign = scaled < 0n ? '-' : '';
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, '0');
  if (places === 0) return sign + digits;
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Places after the point that a step needs: "0.01" gives 2. */
export function placesOf(step: Decimal): number {
  const point = step.indexOf('.');
  return point < 0 ? 0 : step.length - point - 1;
}

/**
 * Most figures have few digits. Those are reckoned with as whole numbers of their last place in doubles, which
 * is exact and leaves no garbage behind; what does not fit goes by whole numbers of any size. Different
 * decimals of up to 15 digits are different doubles, in the same order.
 */
const SHORT = 15;
const MOST_WHOLE = 1e15;
/** Smaller numbers than 0.000001 are written with an exponent. */
const FEW_PLACES = 6;
const TENS: readonly number[] = Array.from({ length: FEW_PLACES + 1 }, (_, n) => 10 ** n);

/** The value in units of its so-manieth place, which has to reach its last digit; NaN where that is not exact. */
function wholeAt(value: Decimal, places: number): number {
  if (value.length > SHORT || places > FEW_PLACES) return Number.NaN;
  // Both roundings together are off by less than half a unit.
  const whole = Math.round(Number(value) * (TENS[places] as number));
  return isWhole(whole) ? whole : Number.NaN;
}

/** Whether a result is exact, and has no more digits than a double gives back. NaN is not. */
function isWhole(value: number): boolean {
  return value < MOST_WHOLE && value > -MOST_WHOLE;
}

function printWhole(units: number, places: number): Decimal {
  return String(units / (TENS[places] as number)) as Decimal;
}

function parts(value: Decimal): Parts {
  const point = value.indexOf('.');
  if (point < 0) return { units: BigInt(value), places: 0 };
  return {
    units: BigInt(value.slice(0, point) + value.slice(point + 1)),
    places: value.length - point - 1,
  };
}

function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const x = parts(a);
  const y = parts(b);
  const places = Math.max(x.places, y.places);
  return [scaled(x, places), scaled(y, places), places];
}

function scaled({ units, places }: Parts, wanted: number): bigint {
  return places === wanted ? units : units * 10n ** BigInt(wanted - places);
}

function quotient(a: bigint, b: bigint, rounding: Rounding): bigint {
  const whole = a / b;
  const rest = a % b;
  if (rest === 0n || rounding === 'towards-zero') return whole;
  const away = whole + (a < 0n === b < 0n ? 1n : -1n);
  if (rounding === 'away-from-zero') return away;
  const twice = 2n * (rest < 0n ? -rest : rest);
  const divisor = b < 0n ? -b : b;
  if (twice === divisor) return whole % 2n === 0n ? whole : away;
  return twice > divisor ? away : whole;
}

function print(units: bigint, places: number): Decimal {
  if (places <= 0) return units.toString() as Decimal;
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return (
    fraction === '' ? (whole === '0' ? '0' : sign + whole) : `${sign}${whole}.${fraction}`
  ) as Decimal;
}

function notANumber(text: string, what: string): RenataError {
  return new RenataError(
    'BAD_INPUT',
    `${what}: "${text.slice(0, 40)}" is not a number; write it with digits and a point, such as 187.25.`,
    { details: { parameter: what } },
  );
}

function tooLong(text: string, what: string): RenataError {
  return new RenataError(
    'BAD_INPUT',
    `${what}: "${text.slice(0, 40)}" has too many digits; ${MAX_PLACES} after the point are the most.`,
    { details: { parameter: what } },
  );
}
