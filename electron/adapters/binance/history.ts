import type { BarColumns } from '../../../engine/domain/bar.ts';
import { symbolOf } from '../../../engine/domain/identifiers.ts';
import { timeframe, type Timeframe } from '../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { HistoryRequest } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { cancellable, columnsOfRows, type BarRow } from '../../net/bar-rows.ts';
import type { BinanceRest } from './rest.ts';
import { klinesSchema } from './schemas.ts';
import { amountOf } from './ticks.ts';

/** Bars of one answer at most. */
const PAGE = 1000;

/** Bar lengths; Binance writes them as we do. */
export const TIMEFRAMES_HERE: readonly Timeframe[] = [
  '1s',
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
  '3d',
  '1w',
  '1M',
].map((text) => timeframe(text));

/** Closed bars of one pair, page after page. */
export async function readHistory(rest: BinanceRest, request: HistoryRequest): Promise<BarColumns> {
  const { instrument, timeframe: length, start, end, signal, onProgress } = request;
  if (!TIMEFRAMES_HERE.includes(length)) {
    throw new VenueError(
      'rejected',
      `Binance has no bars of ${length}; it has ${TIMEFRAMES_HERE.join(', ')}.`,
    );
  }
  const rows: BarRow[] = [];
  await cancellable(signal, async (ending) => {
    for (let from: number = start; from < end;) {
      ending.throwIfAborted();
      const page = await rest.request({
        method: 'GET',
        path: '/api/v3/klines',
        security: 'none',
        weight: 2,
        priority: 'history',
        // The end counts in, ours does not.
        query: {
          symbol: symbolOf(instrument),
          interval: length,
          startTime: from,
          endTime: end - 1,
          limit: PAGE,
        },
        schema: klinesSchema,
        timeout: 30_000,
        signal: ending,
      });
      const now = rest.time.now();
      let reached = from - 1;
      for (const [time, o, h, l, c, v, closes] of page) {
        reached = Math.max(reached, time);
        const last = rows.at(-1);
        if (time < start || time >= end || closes >= now) continue;
        if (last !== undefined && time <= last[0]) continue;
        rows.push([time, ...numbersOf([o, h, l, c, v])]);
      }
      if (rows.length > 0) onProgress?.(rows.length, unixMillis(rows.at(-1)?.[0] ?? from));
      if (page.length < PAGE || reached < from) break;
      from = reached + 1;
    }
  });
  return columnsOfRows(rows);
}

/** @throws VenueError for a bar that holds no numbers: a hole in history must not pass for a quiet time */
function numbersOf(texts: readonly string[]): [number, number, number, number, number] {
  const numbers = texts.map(amountOf);
  if (numbers.some(Number.isNaN))
    throw new VenueError('unknown', 'Binance sent a bar that cannot be read.');
  return numbers as [number, number, number, number, number];
}
