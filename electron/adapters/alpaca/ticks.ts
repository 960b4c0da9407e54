import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum, StatusTick } from '../../../engine/domain/market-data.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';
import type { Fields } from '../../net/frames.ts';

const MINUTE_BAR = timeframe('1m');
const DAY_BAR = timeframe('1d');

/**
 * Conditions of the consolidated tapes whose trades do not set the last price: average price, cash, price
 * variation, odd lot, official open and close, next day, prior reference, seller, out of regular hours,
 * contingent, out of sequence, derivatively priced.
 */
const IRREGULAR: ReadonlySet<string> = new Set([
  'B',
  'C',
  'H',
  'I',
  'M',
  'N',
  'P',
  'Q',
  'R',
  'T',
  'U',
  'V',
  'W',
  'Z',
  '4',
  '7',
]);

/** Codes of both tapes; those that are not here say nothing of whether the stock trades. */
const STATUS_CODES: ReadonlyMap<string, StatusTick['status']> = new Map([
  ['2', 'halted'],
  ['H', 'halted'],
  ['P', 'halted'],
  ['Q', 'auction'],
  ['3', 'trading'],
  ['T', 'trading'],
]);

/** What a message of the stream means. */
export type Reading =
  | { readonly kind: 'datum'; readonly datum: MarketDatum }
  /** A trade was corrected or taken back: prices around it have to be asked for again. */
  | { readonly kind: 'revised'; readonly instrument: InstrumentId; readonly time: UnixMillis }
  /** Understood and of no use here. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed'; readonly instrument: InstrumentId | null };

const IGNORED: Reading = { kind: 'ignored' };

/**
 * Reads one message. Checked field by field and not by a schema: it is done for every tick of the market.
 */
export function readTick(
  message: Fields,
  idOf: (symbol: string) => InstrumentId | undefined,
  receivedTime: number,
): Reading {
  const { T: type, S: symbol } = message;
  // Bands of limit up and limit down, and imbalances, have no place in our data.
  if (type === 'l' || type === 'i') return IGNORED;
  if (typeof symbol !== 'string') return malformed(null);
  const instrument = idOf(symbol);
  // For a moment after its end, a subscription is still served.
  if (instrument === undefined) return IGNORED;
  const venueTime = typeof message['t'] === 'string' ? Date.parse(message['t']) : Number.NaN;
  if (Number.isNaN(venueTime)) return malformed(instrument);
  // Most messages are quotes.
  if (type === 'q') {
    const { bp, ap, bs, as } = message;
    if (!isSize(bp) || !isSize(ap) || !isSize(bs) || !isSize(as)) return malformed(instrument);
    return datum({
      kind: 'quote',
      instrument,
      venueTime: unixMillis(venueTime),
      receivedTime: unixMillis(receivedTime),
      // A side without a quote has the price 0.
      bid: bp === 0 ? Number.NaN : bp,
      ask: ap === 0 ? Number.NaN : ap,
      bidSize: bs,
      askSize: as,
    });
  }
  const common = {
    instrument,
    venueTime: unixMillis(venueTime),
    receivedTime: unixMillis(receivedTime),
  };
  switch (type) {
    case 't': {
      const { p, s, i, x, c } = message;
      if (!isPrice(p) || !isSize(s)) return malformed(instrument);
      const conditions = Array.isArray(c) ? (c as unknown[]) : [];
      return datum({
        kind: 'trade',
        ...common,
        price: p,
        size: s,
        // Exchanges number their trades each for itself.
        tradeId: typeof i === 'number' ? `${typeof x === 'string' ? x : ''}:${i}` : '',
        aggressor: 'unknown',
        regular: !conditions.some((each) => typeof each === 'string' && IRREGULAR.has(each)),
      });
    }
    case 'b':
    case 'u':
    case 'd':
      return readBar(message, type === 'd', common) ?? malformed(instrument);
    case 's': {
      const { sc, sm, rm } = message;
      if (typeof sc !== 'string') return malformed(instrument);
      const status = STATUS_CODES.get(sc);
      if (status === undefined) return IGNORED;
      const words = [sm, rm].filter((each) => typeof each === 'string' && each !== '');
      return datum({ kind: 'status', ...common, status, reason: words.join(': ').slice(0, 200) });
    }
    case 'c':
    case 'x':
      return { kind: 'revised', instrument, time: common.venueTime };
    default:
      return IGNORED;
  }
}

/** `b` is a minute that has closed, `u` the same one after late trades, `d` the day so far. */
function readBar(
  { o, h, l, c, v }: Fields,
  day: boolean,
  common: Pick<MarketDatum, 'instrument' | 'venueTime' | 'receivedTime'>,
): Reading | null {
  if (!isPrice(o) || !isPrice(h) || !isPrice(l) || !isPrice(c) || !isSize(v)) return null;
  return datum({
    kind: 'bar',
    ...common,
    venueTime: common.receivedTime,
    timeframe: day ? DAY_BAR : MINUTE_BAR,
    start: day ? sessionDate(common.venueTime) : common.venueTime,
    open: o,
    high: h,
    low: l,
    close: c,
    volume: v,
    closed: !day,
  });
}

/** Bars of a day begin at midnight in New York there; here at midnight UTC of their date. */
export function sessionDate(time: number): UnixMillis {
  return unixMillis(timeZone('America/New_York').wallDay(time));
}

const malformed = (instrument: InstrumentId | null): Reading => ({ kind: 'malformed', instrument });
const datum = (value: MarketDatum): Reading => ({ kind: 'datum', datum: value });
const isPrice = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;
const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
