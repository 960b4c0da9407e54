import {
  compare,
  divide,
  isPositive,
  roundToStep,
  toNumber,
  ZERO,
  type Decimal,
  type Quantity,
} from '../domain/decimal.ts';
import type { TradableInstrument } from '../ports/instruments.ts';
import { scopeName, type RiskScope } from './limits.ts';

/** Stable names of everything that the gate may refuse for. They are never reused; docs/risk.md lists them. */
export const RISK_CODES = [
  'TRADING_HALTED',
  'TRADING_REDUCE_ONLY',
  'ACCOUNT_NOT_ARMED',
  'ORDERS_NOT_HEARD',
  'RESTRICTED_SYMBOL',
  'MARKET_CLOSED',
  'MARKET_ORDER_NOT_ALLOWED',
  'SHORT_NOT_ALLOWED',
  'FRACTION_NOT_ALLOWED',
  'REDUCE_ONLY_EXCEEDED',
  'NO_QUOTE',
  'QUOTE_TOO_OLD',
  'PRICE_COLLAR',
  'MAX_ORDER_QUANTITY',
  'MAX_ORDER_NOTIONAL',
  'MAX_POSITION_QUANTITY',
  'MAX_POSITION_NOTIONAL',
  'MAX_CONCENTRATION',
  'MAX_GROSS_EXPOSURE',
  'MAX_NET_EXPOSURE',
  'MAX_LEVERAGE',
  'ORDER_RATE',
  'MAX_OPEN_ORDERS',
  'DUPLICATE_ORDER',
  'MAX_DAILY_LOSS',
  'MAX_DRAWDOWN',
  'BUYING_POWER',
  'VALUE_UNKNOWN',
] as const;
export type RiskCode = (typeof RISK_CODES)[number];

/** One limit as it stands for one order. */
export interface Check {
  readonly code: RiskCode;
  readonly title: string;
  readonly scope: string;
  readonly passed: boolean;
  readonly limit: string | null;
  readonly value: string | null;
  /** Part of the limit that would be used; null where there is none. */
  readonly used: number | null;
  /** Largest quantity that would pass; null where size does not matter, "0" where none would. */
  readonly largest: Quantity | null;
  readonly message: string;
}

export interface Decision {
  readonly allowed: boolean;
  readonly checks: readonly Check[];
  /** Checks that did not pass. */
  readonly denials: readonly Check[];
  /** Largest quantity that every check would let pass; null where size is not what is wrong, or limited. */
  readonly largest: Quantity | null;
}

/** A check without a number: something is allowed or not. */
export function rule(
  code: RiskCode,
  title: string,
  scope: RiskScope,
  passed: boolean,
  message: string,
): Check {
  return {
    code,
    title,
    scope: scopeName(scope),
    passed,
    limit: null,
    value: null,
    used: null,
    largest: null,
    message: passed ? '' : message,
  };
}

/** A check of a number against a limit. */
export function measure(
  code: RiskCode,
  title: string,
  scope: RiskScope,
  figures: {
    readonly limit: Decimal;
    readonly value: Decimal;
    readonly unit: string;
    readonly largest: Quantity | null;
    readonly message: string;
  },
): Check {
  const { limit, value, unit, largest, message } = figures;
  const passed = compare(value, limit) <= 0;
  const suffix = unit === '' ? '' : ` ${unit}`;
  return {
    code,
    title,
    scope: scopeName(scope),
    passed,
    limit: `${limit}${suffix}`,
    value: `${value}${suffix}`,
    used: isPositive(limit) ? Math.max(0, toNumber(value) / toNumber(limit)) : null,
    largest,
    message: passed ? '' : message,
  };
}

/** Units in whole lots, rounded down, never below 0. */
export function wholeLots(units: Decimal, instrument: TradableInstrument): Quantity {
  if (!isPositive(units)) return ZERO as Quantity;
  return roundToStep(units, instrument.lotSize, 'towards-zero') as Quantity;
}

/** How many units an amount of money covers, in whole lots. */
export function unitsOf(money: Decimal, unit: Decimal, instrument: TradableInstrument): Quantity {
  return wholeLots(coverOf(money, unit), instrument);
}

/** The same, before lots are looked at: what is held already may be no whole number of them. */
export function coverOf(money: Decimal, unit: Decimal): Decimal {
  if (!isPositive(money) || !isPositive(unit)) return ZERO;
  return divide(money, unit, 18, 'towards-zero');
}

export function decide(checks: readonly Check[]): Decision {
  const denials = checks.filter(({ passed }) => !passed);
  let largest: Quantity | null = null;
  for (const check of checks) {
    if (check.largest === null) continue;
    if (largest === null || compare(check.largest, largest) < 0) largest = check.largest;
  }
  // Something that no size mends leaves no size.
  const hopeless = denials.some((check) => check.largest === null);
  return {
    allowed: denials.length === 0,
    checks,
    denials,
    largest: hopeless ? (ZERO as Quantity) : largest,
  };
}
