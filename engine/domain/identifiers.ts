import type { Brand } from './brand.ts';
import { RenataError } from './errors.ts';

/** `SYMBOL.VENUE`, for example `AAPL.XNAS` or `SPX.INDEX`. */
export type InstrumentId = Brand<string, 'InstrumentId'>;
/** An order's identity in this application; unique for ever. */
export type ClientOrderId = Brand<string, 'ClientOrderId'>;
/** The identity that a venue gave to an order. */
export type VenueOrderId = Brand<string, 'VenueOrderId'>;
export type TradeId = Brand<string, 'TradeId'>;
export type StrategyId = Brand<string, 'StrategyId'>;
export type AccountId = Brand<string, 'AccountId'>;
export type RunId = Brand<string, 'RunId'>;
export type JobId = Brand<string, 'JobId'>;

const SYMBOL = /^[A-Z0-9][A-Z0-9._/=^-]{0,31}$/;
const VENUE = /^[A-Z][A-Z0-9_-]{0,15}$/;
const OPAQUE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** The venue of instruments that the user imported without naming one. */
export const LOCAL_VENUE = 'LOCAL';

function opaque<Id extends string>(value: string, kind: string): Id {
  if (!OPAQUE.test(value)) {
    throw new RenataError(
      'BAD_INPUT',
      `${kind} "${value}" must be 1 to 64 letters, digits or ". _ : -" and start with a letter or digit.`,
      { details: { parameter: kind } },
    );
  }
  return value as Id;
}

export const clientOrderId = (value: string): ClientOrderId => opaque(value, 'ClientOrderId');
export const venueOrderId = (value: string): VenueOrderId => opaque(value, 'VenueOrderId');
export const tradeId = (value: string): TradeId => opaque(value, 'TradeId');
export const strategyId = (value: string): StrategyId => opaque(value, 'StrategyId');
export const accountId = (value: string): AccountId => opaque(value, 'AccountId');
export const runId = (value: string): RunId => opaque(value, 'RunId');
export const jobId = (value: string): JobId => opaque(value, 'JobId');

/**
 * Joins a symbol and a venue, upper-cased. A symbol may hold dots itself (`BRK.B`, `0700.HK`).
 * @throws RenataError BAD_INPUT when the symbol or venue has characters that none can have.
 */
export function instrumentId(symbol: string, venue: string = LOCAL_VENUE): InstrumentId {
  const s = symbol.trim().toUpperCase();
  const v = venue.trim().toUpperCase();
  if (!SYMBOL.test(s)) {
    throw new RenataError(
      'BAD_INPUT',
      `symbol: "${symbol}" is not a symbol; use letters, digits and . _ / = ^ - only, 32 at most.`,
      { details: { parameter: 'symbol' } },
    );
  }
  if (!VENUE.test(v)) {
    throw new RenataError(
      'BAD_INPUT',
      `venue: "${venue}" is not a venue; use letters, digits, _ and - only, 16 at most.`,
      { details: { parameter: 'venue' } },
    );
  }
  return `${s}.${v}` as InstrumentId;
}

/** The symbol part of an instrument id (everything before the last dot). */
export function symbolOf(id: InstrumentId): string {
  return id.slice(0, id.lastIndexOf('.'));
}

/** The venue part of an instrument id (everything after the last dot). */
export function venueOf(id: InstrumentId): string {
  return id.slice(id.lastIndexOf('.') + 1);
}
