import { describe, expect, it } from 'vitest';
import { parseDecimal, parseVolume } from '../../../electron/storage/import/numbers.ts';

describe('parseDecimal', () => {
  it.each([
    ['100.25', 100.25],
    ['0.1', 0.1],
    ['-3.5', -3.5],
    ['+3.5', 3.5],
    ['.5', 0.5],
    ['5.', 5],
    [' 7 ', 7],
    ['1469.250000', 1469.25],
    ['1438.359985', 1438.359985],
    ['0.30000000000000004', 0.30000000000000004],
    ['123456789012345678', 123456789012345680],
    ['1e-7', 1e-7],
    ['1.5E+3', 1500],
    ['1,234.56', 1234.56],
    ['$1,234,567', 1234567],
    ['-$5', -5],
  ])('reads %s', (text, value) => {
    expect(parseDecimal(text, false)).toBe(value);
  });

  it.each([
    '',
    ' ',
    'abc',
    '1.2.3',
    '1,23',
    '12,34.5',
    '0x10',
    'Infinity',
    'NaN',
    '1e999',
    '--1',
    '1 2',
    '.',
    '-',
    '1e',
  ])('refuses "%s"', (text) => {
    expect(parseDecimal(text, false)).toBeNaN();
  });

  it.each([
    ['100,25', 100.25],
    ['1.234,56', 1234.56],
    ['1.234', 1234],
    ['5', 5],
  ])('reads %s with a decimal comma', (text, value) => {
    expect(parseDecimal(text, true)).toBe(value);
  });

  it('refuses a decimal point where the comma is the decimal mark', () => {
    expect(parseDecimal('100.25', true)).toBeNaN();
  });
});

describe('parseVolume', () => {
  it.each([
    ['1000', 1000],
    ['12.3M', 12_300_000],
    ['1.1k', 1_100],
    ['2B', 2_000_000_000],
    ['-', 0],
  ])('reads %s', (text, value) => {
    expect(parseVolume(text, false)).toBe(value);
  });

  it.each(['', 'M', 'x', '1.2X'])('refuses "%s"', (text) => {
    expect(parseVolume(text, false)).toBeNaN();
  });
});
