import { ONE } from '../../engine/domain/decimal.ts';
import type { TradableInstrument } from '../../engine/ports/instruments.ts';

/** Rules of an instrument of which a source has prices, and takes no orders. */
export const PRICES_ONLY = {
  lotSize: ONE,
  minQuantity: ONE,
  maxQuantity: null,
  minNotional: null,
  maxNotional: null,
  multiplier: ONE,
  tradable: false,
  shortable: false,
  fractional: false,
  marginable: false,
  expiry: null,
} as const satisfies Partial<TradableInstrument>;
