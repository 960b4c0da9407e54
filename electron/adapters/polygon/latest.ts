import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { quoteOf, tradeOf } from './messages.ts';
import type { SourceName } from './naming.ts';
import { QUERY_PATIENCE, type Rest } from './rest.ts';
import { lastCryptoSchema, lastQuoteSchema, lastTradeSchema, snapshotSchema } from './schemas.ts';

const MINUTE = timeframe('1m');

/**
 * What the source knows of an instrument at this moment: in a quiet market the stream may be silent for long.
 * @returns undefined where it has no such answer
 * @throws VenueError when the plan does not include it, or the question fails
 */
export async function latest(
  rest: Rest,
  instrument: InstrumentId,
  source: SourceName,
  kind: DataKind,
  irregular: ReadonlySet<number>,
  now: () => number,
): Promise<MarketDatum | undefined> {
  const ticker = encodeURIComponent(source.ticker);
  const common = { method: 'GET', priority: 'query', patience: QUERY_PATIENCE } as const;
  if (kind === 'quote' && source.cluster === 'stocks') {
    const { results } = await rest.client.request({
      ...common,
      path: `/v2/last/nbbo/${ticker}`,
      schema: lastQuoteSchema,
    });
    const { p, P, s, S, t } = results;
    return quoteOf(instrument, { bid: p, ask: P, bidSize: s, askSize: S }, t, now());
  }
  if (kind === 'trade' && source.cluster !== 'crypto') {
    const { results } = await rest.client.request({
      ...common,
      path: `/v2/last/trade/${ticker}`,
      schema: lastTradeSchema,
    });
    const { p, s, i, x, r, c, t } = results;
    const trade = { price: p, size: s, id: i, exchange: x, facility: r, conditions: c };
    return tradeOf(instrument, trade, false, irregular, t, now());
  }
  if (kind === 'trade') {
    const [from = '', to = ''] = source.streamed.split('-');
    const { last } = await rest.client.request({
      ...common,
      path: `/v1/last/crypto/${from}/${to}`,
      schema: lastCryptoSchema,
    });
    const { price, size, exchange, timestamp, conditions } = last;
    const trade = { price, size, id: '', exchange, facility: null, conditions };
    return tradeOf(instrument, trade, true, irregular, timestamp, now());
  }
  if (kind === 'bar' && source.cluster === 'stocks') {
    const { ticker: snapshot } = await rest.client.request({
      ...common,
      path: `/v2/snapshot/locale/us/markets/stocks/tickers/${ticker}`,
      schema: snapshotSchema,
    });
    const { min } = snapshot;
    if (min === undefined || min.t === 0) return undefined;
    const time = unixMillis(now());
    return {
      kind: 'bar',
      instrument,
      timeframe: MINUTE,
      start: unixMillis(min.t),
      open: min.o,
      high: min.h,
      low: min.l,
      close: min.c,
      volume: min.v,
      closed: min.t + 60_000 <= time,
      venueTime: time,
      receivedTime: time,
    };
  }
  return undefined;
}
