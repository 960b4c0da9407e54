import { describe, expect, it } from 'vitest';
import {
  absolute,
  add,
  compare,
  decimal,
  decimalOf,
  divide,
  greatest,
  isMultiple,
  isNegative,
  isPositive,
  isZero,
  least,
  multiply,
  negate,
  placesOf,
  price,
  quantity,
  roundToStep,
  subtract,
  toFixed,
  toNumber,
  ZERO,
} from '../../../../engine/domain/decimal.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { fc } from '../../../support/properties.ts';

const d = (text: string) => decimal(text);
/** Numbers of a sign, up to 15 digits and up to 9 places, as text. */
const someDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 9 }))
  .map(([units, places]) => {
    const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
    const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
    return { text: units < 0n ? `-${text}` : text, units, places };
  });
/** Few digits and few places, where doubles reckon, and what lies about the limits of that. */
const shortDecimal = fc
  .tuple(
    fc.oneof(
      fc.bigInt({ min: -100_000n, max: 100_000n }),
      fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
      fc.bigInt({ min: -(10n ** 15n) - 9n, max: -(10n ** 15n) + 9n }),
      fc.bigInt({ min: 10n ** 14n - 9n, max: 10n ** 14n + 9n }),
      fc.bigInt({ min: 10n ** 15n - 9n, max: 10n ** 15n + 9n }),
    ),
    fc.integer({ min: 0, max: 7 }),
  )
  .map(([units, places]) => {
    const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
    const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
    return d(units < 0n ? `-${text}` : text);
  });
const SCALE = 18;
/** Second implementation: everything at 18 places. */
const at18 = (text: string): bigint => {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const units = BigInt(whole + fraction.padEnd(SCALE, '0'));
  return negative ? -units : units;
};

function message(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof RenataError ? `${error.code} ${error.message}` : String(error);
  }
  return 'nothing was thrown';
}

describe('decimals', () => {
  it.each([
    ['1.50', '1.5'],
    ['+3', '3'],
    ['-0', '0'],
    ['-0.000', '0'],
    ['007', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['2e-8', '0.00000002'],
    ['1.25E3', '1250'],
    ['-12.3400', '-12.34'],
  ])('read %s as %s', (text, canonical) => {
    expect(decimal(text)).toBe(canonical);
  });

  it.each(['', '.', '-', 'NaN', 'Infinity', '1,5', '1 2', '0x10', '1e9999', '１', '--1', '1.2.3'])(
    'refuse "%s" and name the field',
    (text) => {
      expect(message(() => decimal(text, 'limitPrice'))).toMatch(/^BAD_INPUT limitPrice: /);
    },
  );

  it('refuse more digits than anybody needs', () => {
    expect(message(() => decimal('1e41'))).toContain('too many digits');
    expect(message(() => decimal('0.0000000000000000001'))).toContain('too many digits');
    expect(message(() => decimal('9'.repeat(41)))).toContain('too many digits');
  });

  it('are made of doubles as these are written', () => {
    expect(decimalOf(0.1)).toBe('0.1');
    expect(decimalOf(1e21)).toBe('1000000000000000000000');
    expect(decimalOf(-2.5e-7)).toBe('-0.00000025');
    expect(message(() => decimalOf(Number.NaN, 'quantity'))).toMatch(/^BAD_INPUT quantity/);
    expect(message(() => decimalOf(Number.POSITIVE_INFINITY))).toMatch(/^BAD_INPUT/);
  });

  it('have quantities that are never negative, and prices that may be', () => {
    expect(price('-37.63')).toBe('-37.63');
    expect(quantity('10.0')).toBe('10');
    expect(message(() => quantity('-1'))).toContain('the side gives direction');
  });

  it('agree with whole numbers of the eighteenth place', () => {
    fc.assert(
      fc.property(someDecimal, someDecimal, (a, b) => {
        const x = d(a.text);
        const y = d(b.text);
        expect(at18(add(x, y))).toBe(at18(a.text) + at18(b.text));
        expect(at18(subtract(x, y))).toBe(at18(a.text) - at18(b.text));
        expect(at18(multiply(x, y)) * 10n ** BigInt(SCALE)).toBe(at18(a.text) * at18(b.text));
        expect(Math.sign(compare(x, y))).toBe(
          at18(a.text) < at18(b.text) ? -1 : at18(a.text) > at18(b.text) ? 1 : 0,
        );
        expect(at18(negate(x))).toBe(-at18(a.text));
        expect(isNegative(x)).toBe(at18(a.text) < 0n);
        expect(isPositive(x)).toBe(at18(a.text) > 0n);
        expect(toNumber(x)).toBe(Number(a.text));
      }),
      { numRuns: 2000 },
    );
  });

  it('of few digits give the same digits as whole numbers of any size', () => {
    const unit = 10n ** BigInt(SCALE);
    const truncated = (value: bigint, step: bigint): bigint => value - (value % step);
    fc.assert(
      fc.property(shortDecimal, shortDecimal, (x, y) => {
        const [a, b] = [at18(x), at18(y)];
        for (const [result, exact] of [
          [add(x, y), a + b],
          [subtract(x, y), a - b],
          [multiply(x, y), (a * b) / unit],
        ] as const) {
          expect(at18(result)).toBe(exact);
          // Canonical: what is read from any other way of writing it.
          expect(d(`${result}${result.includes('.') ? '0' : '.0'}`)).toBe(result);
        }
        expect(compare(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0);
        if (b !== 0n) expect(at18(divide(x, y, SCALE, 'towards-zero'))).toBe((a * unit) / b);
        if (b > 0n) {
          expect(isMultiple(x, y)).toBe(a % b === 0n);
          expect(at18(roundToStep(x, y, 'towards-zero'))).toBe(truncated(a, b));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('are equal exactly when their texts are', () => {
    fc.assert(
      fc.property(someDecimal, ({ text }) => {
        expect(decimal(`${text}${text.includes('.') ? '00' : '.00'}`)).toBe(d(text));
        expect(decimal(d(text))).toBe(d(text));
        expect(negate(negate(d(text)))).toBe(d(text));
        expect(subtract(d(text), d(text))).toBe(ZERO);
      }),
    );
  });

  it('divide with a named rounding', () => {
    expect(divide(d('1'), d('3'), 4, 'towards-zero')).toBe('0.3333');
    expect(divide(d('2'), d('3'), 4, 'half-even')).toBe('0.6667');
    expect(divide(d('-2'), d('3'), 4, 'towards-zero')).toBe('-0.6666');
    expect(divide(d('-2'), d('3'), 4, 'away-from-zero')).toBe('-0.6667');
    expect(divide(d('1'), d('8'), 2, 'half-even')).toBe('0.12');
    expect(divide(d('3'), d('8'), 2, 'half-even')).toBe('0.38');
    expect(message(() => divide(d('1'), ZERO, 2, 'half-even'))).toContain('divided by zero');
  });

  it('are rounded to ticks and lots', () => {
    const tick = d('0.05');
    expect(isMultiple(d('187.25'), tick)).toBe(true);
    expect(isMultiple(d('187.26'), tick)).toBe(false);
    expect(roundToStep(d('187.26'), tick, 'towards-zero')).toBe('187.25');
    expect(roundToStep(d('187.26'), tick, 'away-from-zero')).toBe('187.3');
    expect(roundToStep(d('187.275'), tick, 'half-even')).toBe('187.3');
    expect(roundToStep(d('187.225'), tick, 'half-even')).toBe('187.2');
    expect(roundToStep(d('-0.07'), tick, 'towards-zero')).toBe('-0.05');
    expect(message(() => isMultiple(d('1'), ZERO))).toContain('not positive');
    expect(message(() => roundToStep(d('1'), d('-1'), 'half-even'))).toContain('not positive');
    fc.assert(
      fc.property(someDecimal, fc.integer({ min: 1, max: 999 }), ({ text }, step) => {
        const size = decimal(`${step}e-3`);
        const down = roundToStep(d(text), size, 'towards-zero');
        const away = roundToStep(d(text), size, 'away-from-zero');
        const near = roundToStep(d(text), size, 'half-even');
        for (const rounded of [down, away, near]) expect(isMultiple(rounded, size)).toBe(true);
        expect(compare(absolute(down), absolute(d(text)))).toBeLessThanOrEqual(0);
        expect(compare(absolute(away), absolute(d(text)))).toBeGreaterThanOrEqual(0);
        expect([down, away]).toContain(near);
      }),
    );
  });

  it('are printed with a given number of places', () => {
    expect(toFixed(d('5'), 2)).toBe('5.00');
    expect(toFixed(d('-0.005'), 2)).toBe('0.00');
    expect(toFixed(d('-0.015'), 2)).toBe('-0.02');
    expect(toFixed(d('0.125'), 2)).toBe('0.12');
    expect(toFixed(d('1234.5'), 0)).toBe('1234');
    expect(placesOf(d('0.01'))).toBe(2);
    expect(placesOf(d('5'))).toBe(0);
    expect(least(d('1'), d('2'))).toBe('1');
    expect(greatest(d('1'), d('2'))).toBe('2');
    expect(isZero(d('0.0'))).toBe(true);
  });
});
