import { VenueError, type VenueFailure } from '../../../engine/ports/venue-error.ts';
import { byStatus, retryAfter, type RestAnswer } from '../../net/rest-client.ts';
import { errorSchema } from './schemas.ts';

/** What each code says of the request that it answers. What is not here leaves open what was done. */
const CODES: ReadonlyMap<number, VenueFailure> = new Map<number, VenueFailure>([
  [-1000, 'unknown'], // an unknown error
  [-1001, 'unknown'], // internal error
  [-1002, 'unauthorized'],
  [-1003, 'rate-limited'], // too much weight
  [-1006, 'unknown'], // execution status unknown
  [-1007, 'unknown'], // timeout inside; execution status unknown
  [-1008, 'unknown'], // overloaded
  [-1010, 'rejected'], // the matching engine refused it
  [-1013, 'rejected'], // a filter
  [-1014, 'rejected'], // combination of orders
  [-1015, 'rate-limited'], // too many orders
  [-1016, 'unknown'], // shutting down
  [-1020, 'rejected'], // not supported
  [-1021, 'rejected'], // timestamp outside of the window: refused before anything was done
  [-1022, 'unauthorized'], // signature
  [-1034, 'rate-limited'], // too many connections
  [-1121, 'not-found'], // no such symbol
  [-1125, 'not-found'], // no such listen key
  [-2008, 'unauthorized'], // no such key
  [-2010, 'rejected'], // new order rejected
  [-2011, 'rejected'], // cancellation rejected
  [-2013, 'not-found'], // no such order
  [-2014, 'unauthorized'], // form of the key
  [-2015, 'unauthorized'], // key, address or permissions
  [-2026, 'not-found'], // ended without a fill long ago and archived
]);
/** From here to there the request itself was wrong; nothing was done. */
const WRONG_REQUEST = { first: -1100, last: -1199 };

/** Filters of exchangeInfo in plain words. */
const FILTERS: ReadonlyMap<string, string> = new Map([
  ['PRICE_FILTER', 'the price is off its tick, or outside of what the pair allows'],
  ['PERCENT_PRICE', 'the price is too far from the market'],
  ['PERCENT_PRICE_BY_SIDE', 'the price is too far from the market for this side'],
  ['LOT_SIZE', 'the quantity is too small, too large or off its step'],
  ['MARKET_LOT_SIZE', 'the quantity is too small, too large or off its step for a market order'],
  ['MIN_NOTIONAL', 'the order is worth too little'],
  ['NOTIONAL', 'the order is worth too little or too much'],
  ['ICEBERG_PARTS', 'the shown part is too small for so large an order'],
  ['MAX_POSITION', 'the account would hold more of the asset than the pair allows'],
  ['MAX_NUM_ORDERS', 'too many orders are open in this pair; cancel some first'],
  ['MAX_NUM_ALGO_ORDERS', 'too many stop orders are open in this pair; cancel some first'],
  ['MAX_NUM_ICEBERG_ORDERS', 'too many iceberg orders are open in this pair; cancel some first'],
  ['EXCHANGE_MAX_NUM_ORDERS', 'too many orders are open in the account; cancel some first'],
  ['EXCHANGE_MAX_NUM_ALGO_ORDERS', 'too many stop orders are open in the account'],
]);

/** Code of an answer to a timestamp that was off. */
export const OFF_TIME = '-1021';
export const NO_LISTEN_KEY = '-1125';
/** Code of listen keys that are not made any more. */
export const GONE = '410';
const DUPLICATE = /duplicate order/i;
/** How long nothing is sent when the refusal does not say it. */
const PAUSE = 30_000;
const BAN = 2 * 60_000;

/** What an answer that is no success says; anything that Binance did not decide stays open. */
export function explain(answer: RestAnswer, now: number): VenueError | undefined {
  const { status, headers } = answer;
  if (status === 429 || status === 418) {
    const wait = retryAfter(headers, now) ?? (status === 418 ? BAN : PAUSE);
    return new VenueError(
      'rate-limited',
      status === 418
        ? `Binance has banned this address for too many requests (418), for ${Math.ceil(wait / 1000)} s.`
        : `Binance refuses more requests for now (429), for ${Math.ceil(wait / 1000)} s.`,
      { code: String(status), retryAfter: wait },
    );
  }
  // 5xx says nothing of the order: it may have been taken.
  if (status >= 500 || status === 408) return undefined;
  if (status === 451) {
    return new VenueError(
      'unauthorized',
      'Binance does not serve this place (451); its rules do not allow the connection from here.',
      { code: '451' },
    );
  }
  if (status === 403) {
    return new VenueError(
      'rate-limited',
      'The firewall of Binance refused the request (403); it is asked again later.',
      { code: '403', retryAfter: PAUSE },
    );
  }
  if (status === 410) {
    return new VenueError('rejected', 'Binance does not offer this any more (410).', {
      code: GONE,
    });
  }
  const said = readError(answer.text);
  if (said !== null) return meaningOf(said.code, said.message, status);
  return status === 401 ? byStatus('Binance', answer) : undefined;
}

/** The meaning of a code, wherever it came from. */
export function meaningOf(code: number, message: string, status: number): VenueError {
  const text = plain(message);
  const wrong = code <= WRONG_REQUEST.first && code >= WRONG_REQUEST.last;
  let failure =
    CODES.get(code) ?? (wrong ? 'rejected' : status === 401 ? 'unauthorized' : 'unknown');
  // Our name for it is taken: the order may be there, so its outcome is open.
  if (code === -2010 && DUPLICATE.test(text)) failure = 'unknown';
  const options = {
    code: String(code),
    ...(failure === 'rate-limited' ? { retryAfter: PAUSE } : {}),
  };
  return new VenueError(failure, sentence(code, text), options);
}

function sentence(code: number, text: string): string {
  const filter = /Filter failure: ([A-Z_]+)/.exec(text)?.[1];
  const why = filter === undefined ? undefined : FILTERS.get(filter);
  if (why !== undefined) return `Binance refuses the order: ${why} (${filter}).`;
  switch (code) {
    case -2014:
    case -2015:
    case -2008:
    case -1002:
      return 'Binance refuses the key, its permissions or this address: check in Connections that the key is whole, of the account (testnet or live) that is chosen, and allowed to read and trade from here.';
    case -1022:
      return 'Binance refuses the signature: check the secret key in Connections.';
    case -1021:
      return 'Binance refuses the time of the request; its clock is measured anew, try again.';
    case -2026:
      return 'Binance has archived the order: it ended without a fill more than 90 days ago.';
    default:
      return text === '' ? `Binance refused the request (${code}).` : `Binance says: ${text}.`;
  }
}

function readError(text: string): { readonly code: number; readonly message: string } | null {
  try {
    const { code, msg } = errorSchema.parse(JSON.parse(text));
    return { code, message: msg };
  } catch {
    return null;
  }
}

const plain = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7E]/g, ' ')
    .slice(0, 300)
    .replace(/\.+$/, '');
