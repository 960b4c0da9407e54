/**
 * Parses a decimal number as files write it: digits with an optional sign, decimal mark and exponent;
 * thousands separators only where they stand every three digits. Currency signs before it are dropped.
 * Up to 15 significant digits are parsed without a detour and are exact: a whole number below 2^53
 * divided by an exact power of ten rounds to the nearest double, as `Number` does.
 * @param comma true where the comma is the decimal mark
 * @returns NaN for anything else, infinity included
 */
export function parseDecimal(text: string, comma: boolean): number {
  const length = text.length;
  const mark = comma ? 44 : 46;
  let whole = 0;
  let digits = 0;
  let places = -1;
  let at = 0;
  const negative = text.charCodeAt(0) === 45;
  if (negative) at = 1;
  for (; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      whole = whole * 10 + (code - 48);
      digits += 1;
      if (places >= 0) places += 1;
    } else if (code === mark && places < 0) {
      places = 0;
    } else {
      return parseUnusual(text, comma);
    }
  }
  if (digits === 0 || digits > 15) return parseUnusual(text, comma);
  const value = places > 0 ? whole / (POWERS[places] ?? Number.NaN) : whole;
  return negative ? -value : value;
}

const POWERS = Array.from({ length: 16 }, (_, places) => 10 ** places);
const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/;
const MULTIPLES: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

function parseUnusual(text: string, comma: boolean): number {
  let plain = text.trim().replace(/^([+-]?)[$€£]/, '$1');
  if (comma) plain = plain.replace(/[.,]/g, (mark) => (mark === ',' ? '.' : ','));
  if (GROUPED.test(plain)) plain = plain.replaceAll(',', '');
  const value = PLAIN.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/** As `parseDecimal`, and the ending K, M or B that some sites give volumes in; "-" is no volume, 0. */
export function parseVolume(text: string, comma: boolean): number {
  const value = parseDecimal(text, comma);
  if (!Number.isNaN(value)) return value;
  const plain = text.trim();
  if (plain === '-') return 0;
  const multiple = MULTIPLES[plain.slice(-1).toUpperCase()];
  if (multiple === undefined) return Number.NaN;
  // Rounded, because 1.1 * 1000 is not 1100 exactly.
  return Math.round(parseDecimal(plain.slice(0, -1), comma) * multiple);
}
