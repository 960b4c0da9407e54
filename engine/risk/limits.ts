import { decimal, type Decimal } from '../domain/decimal.ts';
import type { UnixMillis } from '../domain/time.ts';

export type TradingState = 'active' | 'reduce-only' | 'halted';

/** Whose orders a set of limits is for. All sets that apply are checked; none loosens another. */
export interface RiskScope {
  readonly kind: 'global' | 'account' | 'strategy' | 'agent';
  /** Empty for `global`. */
  readonly name: string;
}

export interface RestrictedSymbol {
  readonly symbol: string;
  /** null: for good. */
  readonly until: UnixMillis | null;
  readonly reason: string;
}

/**
 * The limits; null turns one off. Money is in the account's currency, parts are of its equity (0.25 is a
 * quarter). docs/risk.md says of each what is measured.
 */
export interface RiskLimits {
  readonly maxOrderQuantity: Decimal | null;
  readonly maxOrderNotional: Decimal | null;
  readonly maxPositionQuantity: Decimal | null;
  readonly maxPositionNotional: Decimal | null;
  readonly maxConcentration: Decimal | null;
  readonly maxGrossExposure: Decimal | null;
  readonly maxNetExposure: Decimal | null;
  readonly maxLeverage: Decimal | null;
  readonly priceCollar: Decimal | null;
  readonly maxQuoteAgeMs: number | null;
  readonly maxOrders: number | null;
  readonly perMs: number | null;
  readonly duplicateWindowMs: number | null;
  readonly maxOpenOrders: number | null;
  readonly maxDailyLoss: Decimal | null;
  readonly onDailyLoss: 'halt' | 'reduce-only';
  readonly maxDrawdown: Decimal | null;
  readonly onDrawdown: 'halt' | 'reduce-only';
  readonly restricted: readonly RestrictedSymbol[];
  readonly hours: 'regular' | 'extended' | 'any';
  readonly allowShort: boolean;
  readonly allowFractional: boolean;
  readonly allowMarketOrders: boolean;
  readonly buyingPower: boolean;
}

/** What a scope without a limit of its own has: it leaves everything to the others. */
export const NO_LIMITS: RiskLimits = {
  maxOrderQuantity: null,
  maxOrderNotional: null,
  maxPositionQuantity: null,
  maxPositionNotional: null,
  maxConcentration: null,
  maxGrossExposure: null,
  maxNetExposure: null,
  maxLeverage: null,
  priceCollar: null,
  maxQuoteAgeMs: null,
  maxOrders: null,
  perMs: null,
  duplicateWindowMs: null,
  maxOpenOrders: null,
  maxDailyLoss: null,
  onDailyLoss: 'reduce-only',
  maxDrawdown: null,
  onDrawdown: 'halt',
  restricted: [],
  hours: 'any',
  allowShort: true,
  allowFractional: true,
  allowMarketOrders: true,
  buyingPower: false,
};

/** What everybody starts with: catches slips of the keyboard, and is wide enough for a normal account. */
export const DEFAULT_LIMITS: RiskLimits = {
  ...NO_LIMITS,
  maxOrderNotional: decimal('250000'),
  maxConcentration: decimal('1'),
  maxGrossExposure: decimal('2'),
  maxLeverage: decimal('2'),
  priceCollar: decimal('0.05'),
  maxQuoteAgeMs: 60_000,
  maxOrders: 30,
  perMs: 10_000,
  duplicateWindowMs: 1500,
  maxOpenOrders: 200,
  hours: 'extended',
  buyingPower: true,
};

export interface ScopedLimits {
  readonly scope: RiskScope;
  readonly limits: RiskLimits;
}

/** `global`, `account:DU12345`, `agent:scanner`. */
export function scopeName({ kind, name }: RiskScope): string {
  return kind === 'global' ? kind : `${kind}:${name}`;
}
