import { decimal, decimalOf, ONE, ZERO } from '../../../engine/domain/decimal.ts';
import {
  instrumentId,
  symbolOf,
  venueOf,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { AssetClass } from '../../../engine/domain/instrument.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import { MS_PER_HOUR, unixMillis } from '../../../engine/domain/time.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { PRICES_ONLY } from '../../net/prices-only.ts';
import type { PolygonContract, PolygonTicker } from './schemas.ts';

/** Each has a stream of its own. */
export const CLUSTERS = ['stocks', 'options', 'crypto'] as const;
export type Cluster = (typeof CLUSTERS)[number];

/** Venues of our names where the source names no exchange. */
const OPTIONS = 'OPRA';
const CRYPTO = 'CRYPTO';
const OVER_THE_COUNTER = 'PINK';
/** Market identifier codes of US exchanges where stocks are listed. */
const MICS: ReadonlySet<string> = new Set(['XNAS', 'XNYS', 'ARCX', 'XASE', 'BATS', 'IEXG']);
const FUNDS: ReadonlySet<string> = new Set(['ETF', 'ETN', 'ETV', 'ETS', 'FUND']);
const OPTION = /^[A-Z0-9.]{1,8}\d{6}[CP]\d{8}$/;
const PAIR = /^[A-Z0-9]{2,10}\/[A-Z0-9]{2,10}$/;

/** The rule of sub-penny prices: 0.0001 below one dollar, 0.01 from there on. */
const STOCK_TICKS = [
  { from: ZERO, tickSize: decimal('0.0001') },
  { from: ONE, tickSize: decimal('0.01') },
];
const FINEST = decimal('0.00000001');

/** How the source names an instrument, and in which of its markets it is. */
export interface SourceName {
  readonly cluster: Cluster;
  /** In REST calls: `AAPL`, `O:SPY251219C00650000`, `X:BTCUSD`. */
  readonly ticker: string;
  /** In streams: the same, but for pairs, which are `BTC-USD`. */
  readonly streamed: string;
}

/** null where the source can have no such instrument. */
export function sourceNameOf(id: InstrumentId): SourceName | null {
  const symbol = symbolOf(id);
  const venue = venueOf(id);
  if (venue === OPTIONS) {
    if (!OPTION.test(symbol)) return null;
    return { cluster: 'options', ticker: `O:${symbol}`, streamed: `O:${symbol}` };
  }
  if (venue === CRYPTO) {
    if (!PAIR.test(symbol)) return null;
    const [base = '', quote = ''] = symbol.split('/');
    return { cluster: 'crypto', ticker: `X:${base}${quote}`, streamed: `${base}-${quote}` };
  }
  if (!MICS.has(venue) && venue !== OVER_THE_COUNTER) return null;
  // What separates subscriptions and paths is in no symbol of a stock.
  return /^[A-Z][A-Z.]{0,11}$/.test(symbol)
    ? { cluster: 'stocks', ticker: symbol, streamed: symbol }
    : null;
}

/** null for what is no stock of a US exchange and no pair: indices, currencies, names in small letters. */
export function stockOrPair(ticker: PolygonTicker): TradableInstrument | null {
  if (ticker.market === 'crypto') return pairOf(ticker);
  const otc = ticker.market === 'otc';
  if (ticker.market !== 'stocks' && !otc) return null;
  const venue = otc ? OVER_THE_COUNTER : (ticker.primary_exchange ?? '');
  // Small letters mark preferred stocks; in capitals they would be another stock.
  if (ticker.ticker !== ticker.ticker.toUpperCase()) return null;
  const id = idOrNull(ticker.ticker, venue);
  if (id === null || sourceNameOf(id)?.ticker !== ticker.ticker) return null;
  return rules(id, {
    name: ticker.name,
    assetClass: FUNDS.has(ticker.type ?? '') ? 'etf' : 'equity',
    calendar: 'us-equity',
    ticks: STOCK_TICKS,
    currency: (ticker.currency_name ?? 'usd').toUpperCase(),
  });
}

function pairOf(ticker: PolygonTicker): TradableInstrument | null {
  const base = ticker.base_currency_symbol ?? '';
  const quote = ticker.currency_symbol ?? '';
  const id = idOrNull(`${base}/${quote}`, CRYPTO);
  if (id === null || sourceNameOf(id)?.ticker !== ticker.ticker) return null;
  return {
    ...rules(id, {
      name: ticker.name,
      assetClass: 'crypto',
      calendar: 'crypto',
      ticks: [{ from: ZERO, tickSize: FINEST }],
      currency: quote,
    }),
    baseCurrency: base,
    lotSize: FINEST,
    minQuantity: FINEST,
  };
}

/** null for a contract whose name is not the usual one. */
export function optionOf(contract: PolygonContract): TradableInstrument | null {
  const id = idOrNull(contract.ticker.replace(/^O:/, ''), OPTIONS);
  if (id === null || sourceNameOf(id)?.ticker !== contract.ticker) return null;
  const { underlying_ticker: underlying, expiration_date: date, strike_price: strike } = contract;
  // Trading of equity options ends at 16:00 in New York on their last day.
  const close = timeZone('America/New_York').toInstant(
    Date.parse(`${date}T00:00:00Z`) + 16 * MS_PER_HOUR,
  );
  return {
    ...rules(id, {
      name: `${underlying} ${date} ${strike} ${contract.contract_type}`,
      assetClass: 'option',
      calendar: 'us-equity',
      ticks: [{ from: ZERO, tickSize: decimal('0.01') }],
      currency: 'USD',
    }),
    multiplier: decimalOf(contract.shares_per_contract),
    expiry: unixMillis(close),
  };
}

function rules(
  id: InstrumentId,
  own: {
    readonly name: string;
    readonly assetClass: AssetClass;
    readonly calendar: string;
    readonly ticks: TradableInstrument['ticks'];
    readonly currency: string;
  },
): TradableInstrument {
  return {
    id,
    symbol: symbolOf(id),
    ...own,
    baseCurrency: '',
    ...PRICES_ONLY,
  };
}

function idOrNull(symbol: string, venue: string): InstrumentId | null {
  try {
    return instrumentId(symbol, venue);
  } catch {
    return null;
  }
}
