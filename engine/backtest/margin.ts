/** Days in the year of lenders of securities and money. */
const LENDING_YEAR = 360;

/** Fee for the days that a short position of this (negative) value was borrowed. */
export function borrowFee(value: number, rate: number, days: number): number {
  return value < 0 ? (-value * rate * days) / LENDING_YEAR : 0;
}

/** Interest for the days that money was owed. */
export function debitInterest(cash: number, rate: number, days: number): number {
  return cash < 0 ? (-cash * rate * days) / LENDING_YEAR : 0;
}

/**
 * Price at which equity is just the part `maintenance` of the position's value; a long position is
 * liquidated at or below it, a short one at or above it. Solves `cash + units × price = maintenance ×
 * |units| × price`. A long position that is paid for is never liquidated: its price is then below 0.
 */
export function liquidationPrice(cash: number, units: number, maintenance: number): number {
  if (units === 0) return Number.NaN;
  return units > 0 ? -cash / (units * (1 - maintenance)) : cash / (-units * (1 + maintenance));
}
