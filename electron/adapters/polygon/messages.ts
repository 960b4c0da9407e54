import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum, TradeTick } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { Fields } from '../../net/frames.ts';
import type { Cluster } from './naming.ts';

const SECOND_BAR = timeframe('1s');
const MINUTE_BAR = timeframe('1m');

/** Channels of the streams by kind of data; bars of a second are on where they are wanted. */
export function channelsOf(
  cluster: Cluster,
  kind: DataKind,
  secondBars: boolean,
): readonly string[] {
  const pairs = cluster === 'crypto';
  switch (kind) {
    case 'quote':
      return [pairs ? 'XQ' : 'Q'];
    case 'trade':
      return [pairs ? 'XT' : 'T'];
    case 'bar':
      return [pairs ? 'XA' : 'AM', ...(secondBars ? [pairs ? 'XAS' : 'A'] : [])];
    default:
      return [];
  }
}

export const KINDS_HERE: readonly DataKind[] = ['quote', 'trade', 'bar'];
const KIND_OF: Readonly<Record<string, DataKind>> = {
  Q: 'quote',
  XQ: 'quote',
  T: 'trade',
  XT: 'trade',
  A: 'bar',
  AM: 'bar',
  XA: 'bar',
  XAS: 'bar',
};

export type Reading =
  | { readonly kind: 'datum'; readonly datum: MarketDatum; readonly sequence: number }
  /** Understood and of no use here. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed'; readonly instrument: InstrumentId | null };

const IGNORED: Reading = { kind: 'ignored' };

/**
 * Reads one event. Checked field by field and not by a schema: it is done for every tick of the market.
 * @param idOf the instrument of a name in the stream, where the kind is wanted of it
 * @param irregular conditions of trades that do not set the last price
 */
export function readEvent(
  event: Fields,
  idOf: (name: string, kind: DataKind) => InstrumentId | undefined,
  irregular: ReadonlySet<number>,
  receivedTime: number,
): Reading {
  const type = event['ev'];
  if (typeof type !== 'string') return { kind: 'malformed', instrument: null };
  const kind = Object.hasOwn(KIND_OF, type) ? KIND_OF[type] : undefined;
  if (kind === undefined) return IGNORED;
  const pairs = type.startsWith('X');
  const name = pairs ? event['pair'] : event['sym'];
  if (typeof name !== 'string') return { kind: 'malformed', instrument: null };
  const instrument = idOf(name, kind);
  // For a moment after its end, a subscription is still served.
  if (instrument === undefined) return IGNORED;
  const datum =
    kind === 'quote'
      ? readQuote(event, instrument, receivedTime)
      : kind === 'trade'
        ? readTrade(event, pairs, instrument, irregular, receivedTime)
        : readBar(event, type === 'A' || type === 'XAS', instrument, receivedTime);
  if (datum === null) return { kind: 'malformed', instrument };
  const { q } = event;
  return { kind: 'datum', datum, sequence: typeof q === 'number' ? q : Number.NaN };
}

function readQuote(
  event: Fields,
  instrument: InstrumentId,
  receivedTime: number,
): MarketDatum | null {
  const { t } = event;
  // A side that is not quoted is left out, or has the price 0.
  const { bp = 0, ap = 0, bs = 0, as = 0 } = event;
  if (!isTime(t) || !isSize(bp) || !isSize(ap) || !isSize(bs) || !isSize(as)) return null;
  return quoteOf(instrument, { bid: bp, ask: ap, bidSize: bs, askSize: as }, t, receivedTime);
}

/** Sizes are in shares: since 3 November 2025 the source tells no round lots any more. */
export function quoteOf(
  instrument: InstrumentId,
  quote: {
    readonly bid: number;
    readonly ask: number;
    readonly bidSize: number;
    readonly askSize: number;
  },
  venueTime: number,
  receivedTime: number,
): MarketDatum {
  const { bid, ask, bidSize, askSize } = quote;
  return {
    kind: 'quote',
    instrument,
    bid: bid === 0 ? Number.NaN : bid,
    ask: ask === 0 ? Number.NaN : ask,
    bidSize: bid === 0 ? 0 : bidSize,
    askSize: ask === 0 ? 0 : askSize,
    venueTime: unixMillis(venueTime),
    receivedTime: unixMillis(receivedTime),
  };
}

function readTrade(
  event: Fields,
  pairs: boolean,
  instrument: InstrumentId,
  irregular: ReadonlySet<number>,
  receivedTime: number,
): MarketDatum | null {
  const { p, t, x, i, trfi, c, ds } = event;
  // `s` counts whole shares; trades of a part of one say it in `ds`, as text.
  const size = typeof ds === 'string' && ds !== '' ? Number(ds) : event['s'];
  if (!isPrice(p) || !isTime(t) || !isSize(size)) return null;
  return tradeOf(
    instrument,
    {
      price: p,
      size,
      id: typeof i === 'string' || typeof i === 'number' ? String(i) : '',
      exchange: x,
      facility: trfi,
      conditions: Array.isArray(c) ? (c as unknown[]) : [],
    },
    pairs,
    irregular,
    t,
    receivedTime,
  );
}

export function tradeOf(
  instrument: InstrumentId,
  trade: {
    readonly price: number;
    readonly size: number;
    readonly id: string;
    readonly exchange: unknown;
    readonly facility: unknown;
    readonly conditions: readonly unknown[];
  },
  pairs: boolean,
  irregular: ReadonlySet<number>,
  venueTime: number,
  receivedTime: number,
): MarketDatum {
  const { price, size, id, exchange, facility, conditions } = trade;
  return {
    kind: 'trade',
    instrument,
    price,
    size,
    // Numbers are unique for an exchange and a reporting facility.
    tradeId:
      id === '' ? '' : `${numbered(exchange)}:${numbered(facility) || '0'}:${id}`.slice(0, 64),
    aggressor: pairs ? sideOf(conditions) : 'unknown',
    regular: !conditions.some((each) => irregular.has(each as number)),
    venueTime: unixMillis(venueTime),
    receivedTime: unixMillis(receivedTime),
  };
}

/** Conditions of pairs: 1 is a sale that took liquidity, 2 a purchase. */
function sideOf(conditions: readonly unknown[]): TradeTick['aggressor'] {
  if (conditions.includes(1)) return 'sell';
  return conditions.includes(2) ? 'buy' : 'unknown';
}

const numbered = (value: unknown): string => (typeof value === 'number' ? String(value) : '');

/** Bars come when they have ended; one that trades late changes comes again. */
function readBar(
  event: Fields,
  second: boolean,
  instrument: InstrumentId,
  receivedTime: number,
): MarketDatum | null {
  const { o, h, l, c, v, s } = event;
  if (!isPrice(o) || !isPrice(h) || !isPrice(l) || !isPrice(c) || !isSize(v) || !isTime(s))
    return null;
  if (h < Math.max(o, c, l) || l > Math.min(o, c)) return null;
  return {
    kind: 'bar',
    instrument,
    timeframe: second ? SECOND_BAR : MINUTE_BAR,
    start: unixMillis(s),
    open: o,
    high: h,
    low: l,
    close: c,
    volume: v,
    closed: true,
    venueTime: unixMillis(receivedTime),
    receivedTime: unixMillis(receivedTime),
  };
}

const isPrice = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;
const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** Milliseconds between 2000 and 2200: seconds and nanoseconds would be another time. */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value > 946_684_800_000 && value < 7_258_118_400_000;
