import type { AssetClass } from '../../../engine/domain/instrument.ts';
import {
  instrumentId,
  symbolOf,
  venueOf,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { ContractTold } from './schemas.ts';

/** Exchanges by the names of Interactive Brokers and by their market identifier codes. One to one. */
const MICS: readonly (readonly [ib: string, mic: string])[] = [
  ['NASDAQ', 'XNAS'],
  ['NYSE', 'XNYS'],
  ['ARCA', 'ARCX'],
  ['AMEX', 'XASE'],
  ['BATS', 'BATS'],
  ['IEX', 'IEXG'],
  ['TSE', 'XTSE'],
  ['VENTURE', 'XTSX'],
  ['LSE', 'XLON'],
  ['IBIS', 'XETR'],
  ['FWB', 'XFRA'],
  ['SBF', 'XPAR'],
  ['AEB', 'XAMS'],
  ['ENEXT.BE', 'XBRU'],
  ['BVL', 'XLIS'],
  ['BVME', 'XMIL'],
  ['BM', 'XMAD'],
  ['EBS', 'XSWX'],
  ['VSE', 'XWBO'],
  ['SFB', 'XSTO'],
  ['CPH', 'XCSE'],
  ['HEX', 'XHEL'],
  ['OSE', 'XOSL'],
  ['WSE', 'XWAR'],
  ['ASX', 'XASX'],
  ['SEHK', 'XHKG'],
  ['TSEJ', 'XTKS'],
  ['SGX', 'XSES'],
  ['NSE', 'XNSE'],
];
const MIC_OF = new Map(MICS);
const EXCHANGE_OF = new Map(MICS.map(([ib, mic]) => [mic, ib]));
const US: ReadonlySet<string> = new Set(['XNAS', 'XNYS', 'ARCX', 'XASE', 'BATS', 'IEXG', 'PINK']);
const FUTURES: ReadonlySet<string> = new Set([
  'CME',
  'CBOT',
  'NYMEX',
  'COMEX',
  'CFE',
  'NYBOT',
  'EUREX',
  'ICEEU',
  'ICEEUSOFT',
  'OSE.JPN',
  'HKFE',
  'SNFE',
  'MONEP',
  'IDEM',
  'MEFFRV',
]);
const CRYPTO: ReadonlySet<string> = new Set(['PAXOS', 'ZEROHASH']);

/** What a contract is here; types that cannot be ordered through Renata are shown and not tradable. */
const CLASSES: Readonly<
  Record<string, { readonly assetClass: AssetClass; readonly tradable: boolean }>
> = {
  STK: { assetClass: 'equity', tradable: true },
  IND: { assetClass: 'index', tradable: false },
  CASH: { assetClass: 'forex', tradable: true },
  CRYPTO: { assetClass: 'crypto', tradable: true },
  FUT: { assetClass: 'future', tradable: true },
  OPT: { assetClass: 'option', tradable: true },
  FOP: { assetClass: 'option', tradable: false },
  WAR: { assetClass: 'option', tradable: false },
  CFD: { assetClass: 'equity', tradable: false },
  FUND: { assetClass: 'equity', tradable: false },
  BOND: { assetClass: 'equity', tradable: false },
  BILL: { assetClass: 'equity', tradable: false },
  CMDTY: { assetClass: 'future', tradable: false },
};

export const classOf = (
  secType: string,
): { readonly assetClass: AssetClass; readonly tradable: boolean } | undefined =>
  Object.hasOwn(CLASSES, secType) ? CLASSES[secType] : undefined;

/** A query to Interactive Brokers for one contract. */
export interface ContractQuery {
  readonly conId?: number;
  readonly symbol?: string;
  readonly secType?: string;
  readonly exchange?: string;
  readonly primaryExch?: string;
  readonly currency?: string;
  readonly localSymbol?: string;
  readonly lastTradeDateOrContractMonth?: string;
  readonly strike?: number;
  readonly right?: string;
}

/** Our name of a contract whose details are known. @throws RenataError for one that no name fits */
export function nameOf(contract: ContractTold): InstrumentId {
  const { symbol, secType, currency } = contract;
  const exchange = contract.exchange ?? '';
  const local = compact(contract.localSymbol ?? '') || compact(symbol);
  switch (secType) {
    case 'STK': {
      const primary = nonEmpty(contract.primaryExch) ?? exchange;
      return instrumentId(
        symbol.trim().replaceAll(' ', '.'),
        MIC_OF.get(primary) ?? venueText(primary),
      );
    }
    case 'CASH':
    case 'CRYPTO':
      return instrumentId(`${symbol}/${currency}`, venueText(exchange));
    case 'IND':
      return instrumentId(compact(symbol), 'INDEX');
    case 'OPT':
      return instrumentId(
        local,
        currency === 'USD' ? 'OPRA' : venueText(nonEmpty(contract.primaryExch) ?? exchange),
      );
    default:
      return instrumentId(local, venueText(exchange === '' ? secType : exchange));
  }
}

/** Queries for our name, the likeliest first. Empty where none can be made of it. */
export function queriesFor(id: InstrumentId): readonly ContractQuery[] {
  const symbol = symbolOf(id);
  const venue = venueOf(id);
  const [base, quote] = symbol.split('/');
  if (venue === 'IDEALPRO') {
    return quote === undefined
      ? []
      : [{ symbol: base as string, secType: 'CASH', exchange: venue, currency: quote }];
  }
  if (CRYPTO.has(venue)) {
    return quote === undefined
      ? []
      : [{ symbol: base as string, secType: 'CRYPTO', exchange: venue, currency: quote }];
  }
  if (venue === 'INDEX') return [{ symbol, secType: 'IND' }];
  if (venue === 'OPRA') return optionQuery(symbol);
  if (FUTURES.has(venue)) return [{ localSymbol: symbol, secType: 'FUT', exchange: venue }];
  const rest = {
    secType: 'STK',
    exchange: 'SMART',
    primaryExch: EXCHANGE_OF.get(venue) ?? venue,
    ...(US.has(venue) ? { currency: 'USD' } : {}),
  };
  // "BRK.B" is "BRK B" there, while London writes dots of its own.
  const spaced = symbol.replaceAll('.', ' ');
  return spaced === symbol
    ? [{ symbol, ...rest }]
    : [
        { symbol: spaced, ...rest },
        { symbol, ...rest },
      ];
}

/** "AAPL250117C00190000": root, date, right and price in thousandths. */
function optionQuery(symbol: string): readonly ContractQuery[] {
  const match = /^([A-Z0-9]{1,6})(\d{6})([CP])(\d{8})$/.exec(symbol);
  if (match === null) return [];
  const [, root, date, right, strike] = match as unknown as readonly string[];
  return [
    {
      symbol: root as string,
      secType: 'OPT',
      exchange: 'SMART',
      currency: 'USD',
      lastTradeDateOrContractMonth: `20${date as string}`,
      right: right as string,
      strike: Number(strike) / 1000,
    },
  ];
}

export function calendarOf(secType: string, id: InstrumentId, currency: string): string {
  const venue = venueOf(id);
  if (secType === 'CASH') return 'forex';
  if (secType === 'CRYPTO') return 'crypto';
  if ((secType === 'STK' && US.has(venue)) || venue === 'OPRA') return 'us-equity';
  return secType === 'IND' && currency === 'USD' ? 'us-equity' : 'none';
}

/** Names of exchanges hold dots and blanks, which names of venues here do not. */
function venueText(exchange: string): string {
  const text = exchange
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_-]/g, '_')
    .slice(0, 16);
  return text === '' ? 'SMART' : text;
}

const compact = (text: string): string => text.replaceAll(' ', '');
const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
