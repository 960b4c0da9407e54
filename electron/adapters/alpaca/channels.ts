import type { DataKind } from '../../../engine/domain/market-data.ts';

/** Channels of the data stream by kind. A bar comes with what corrects it, and with that of the day. */
export const CHANNELS: ReadonlyMap<DataKind, readonly string[]> = new Map<
  DataKind,
  readonly string[]
>([
  ['quote', ['quotes']],
  ['trade', ['trades']],
  ['bar', ['bars', 'updatedBars', 'dailyBars']],
  ['status', ['statuses']],
]);

/** What each of the stream's errors means for the connection, or for the request that it answers. */
export type Meaning =
  | { readonly kind: 'request' } // the last request is refused; the rest goes on
  | { readonly kind: 'harmless' }
  | { readonly kind: 'again' } // the connection is of no use; another may be
  | { readonly kind: 'taken' } // another program has the one connection of this key
  | { readonly kind: 'user' }; // nothing helps but the user

const MEANINGS: ReadonlyMap<number, Meaning['kind']> = new Map<number, Meaning['kind']>([
  [400, 'request'], // invalid syntax, also of a symbol
  [401, 'again'], // not authenticated
  [402, 'user'], // authentication failed
  [403, 'harmless'], // authenticated already
  [404, 'again'], // authentication timed out
  [405, 'request'], // symbol limit exceeded
  [406, 'taken'], // connection limit exceeded
  [407, 'again'], // slow client
  [409, 'user'], // insufficient subscription
  [410, 'request'], // invalid action for this feed
  [411, 'user'], // insufficient scope
  [412, 'request'],
  [413, 'request'],
  [500, 'again'],
]);

export const meaningOf = (code: number): Meaning['kind'] => MEANINGS.get(code) ?? 'again';

const SENTENCES: ReadonlyMap<number, string> = new Map([
  [400, 'Alpaca does not understand the request for this symbol.'],
  [402, 'Alpaca refuses the keys for its stream of prices; check them in Connections.'],
  [
    405,
    'The data plan of Alpaca allows no more symbols at once; end others first, or take a larger plan.',
  ],
  [
    406,
    'Another program uses the one stream of prices that Alpaca allows for these keys; close it there.',
  ],
  [407, 'Alpaca ended the stream of prices because they were not read fast enough.'],
  [
    409,
    'The data plan of Alpaca does not include this price feed; choose the IEX feed in Connections, or take a larger plan.',
  ],
  [410, 'This price feed of Alpaca does not have what was asked for.'],
  [411, 'These keys do not allow prices to be streamed; make other keys at Alpaca.'],
]);

export const sentenceOf = (code: number): string =>
  SENTENCES.get(code) ?? `The stream of prices from Alpaca failed (${code}).`;
