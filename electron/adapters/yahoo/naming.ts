import { decimal } from '../../../engine/domain/decimal.ts';
import {
  instrumentId,
  symbolOf,
  venueOf,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { AssetClass } from '../../../engine/domain/instrument.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { PRICES_ONLY } from '../../net/prices-only.ts';
import type { YahooQuote } from './schemas.ts';

/** Yahoo's names of exchanges in the United States, and their market identifier codes. */
const US: ReadonlyMap<string, string> = new Map([
  ['NMS', 'XNAS'],
  ['NGM', 'XNAS'],
  ['NCM', 'XNAS'],
  ['NYQ', 'XNYS'],
  ['PCX', 'ARCX'],
  ['ASE', 'XASE'],
  ['BTS', 'BATS'],
]);
const US_VENUES: ReadonlySet<string> = new Set(US.values());
/** Symbols of everything else are Yahoo's own, with the exchange after a dot. */
const OWN = 'YAHOO';
const INDEX = 'INDEX';

const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ['EQUITY', 'equity'],
  ['ETF', 'etf'],
  ['MUTUALFUND', 'etf'],
  ['INDEX', 'index'],
  ['CRYPTOCURRENCY', 'crypto'],
  ['CURRENCY', 'forex'],
  ['FUTURE', 'future'],
  ['OPTION', 'option'],
]);
/** Hundredths of a currency have codes of their own. */
const CURRENCIES: ReadonlyMap<string, string> = new Map([
  ['GBp', 'GBX'],
  ['ZAc', 'ZAC'],
]);

/** Yahoo's symbol of an instrument; null where it can have none. */
export function symbolFor(id: InstrumentId): string | null {
  const symbol = symbolOf(id);
  const venue = venueOf(id);
  // A slash would lead to another page of its site.
  if (symbol.includes('/')) return null;
  if (venue === INDEX) return `^${symbol}`;
  if (venue === OWN) return symbol;
  return US_VENUES.has(venue) ? symbol.replaceAll('.', '-') : null;
}

/** @throws RenataError for a symbol that no name fits */
function idOf({ symbol, exchange = '', quoteType }: YahooQuote): InstrumentId {
  if (quoteType === 'INDEX' && symbol.startsWith('^')) return instrumentId(symbol.slice(1), INDEX);
  const venue = quoteType === 'EQUITY' || quoteType === 'ETF' ? US.get(exchange) : undefined;
  return venue === undefined
    ? instrumentId(symbol, OWN)
    : instrumentId(symbol.replaceAll('-', '.'), venue);
}

/** null for what is no instrument that can be shown. */
export function rulesOf(quote: YahooQuote): TradableInstrument | null {
  const assetClass = CLASSES.get(quote.quoteType);
  if (assetClass === undefined) return null;
  let id: InstrumentId;
  try {
    id = idOf(quote);
  } catch {
    return null;
  }
  const { currency = '', longName, shortName, symbol, priceHint = 2 } = quote;
  return {
    id,
    symbol: symbolOf(id),
    name: (longName ?? shortName ?? symbol).slice(0, 256),
    assetClass,
    currency: CURRENCIES.get(currency) ?? currency.toUpperCase(),
    baseCurrency: assetClass === 'crypto' ? (symbol.split('-')[0] ?? '') : '',
    calendar: calendarOf(id, assetClass, quote.exchangeTimezoneName ?? ''),
    ticks: [{ from: decimal('0'), tickSize: decimal(`1e-${priceHint}`) }],
    ...PRICES_ONLY,
  };
}

function calendarOf(id: InstrumentId, assetClass: AssetClass, zone: string): string {
  if (assetClass === 'crypto') return 'crypto';
  if (assetClass === 'forex') return 'forex';
  const american = US_VENUES.has(venueOf(id)) || venueOf(id) === INDEX;
  const shares = assetClass === 'equity' || assetClass === 'etf' || assetClass === 'index';
  return shares && american && zone === 'America/New_York' ? 'us-equity' : 'none';
}
