import type { BarColumns } from '../../../engine/domain/bar.ts';
import { symbolOf } from '../../../engine/domain/identifiers.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
  type Timeframe,
} from '../../../engine/domain/timeframe.ts';
import { isoTime, MS_PER_DAY, MS_PER_HOUR, unixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { HistoryRequest } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { cancellable, columnsOfRows, type BarRow } from '../../net/bar-rows.ts';
import type { RestClient } from '../../net/rest-client.ts';
import { barsSchema } from './schemas.ts';
import type { Feed } from './settings.ts';
import { sessionDate } from './ticks.ts';

/** Bars of one answer at most. */
const PAGE = 10_000;
const MOST_PAGES = 10_000;
const UNITS: Readonly<Record<string, { readonly name: string; readonly most: readonly number[] }>> =
  {
    m: { name: 'Min', most: range(59) },
    h: { name: 'Hour', most: range(23) },
    d: { name: 'Day', most: [1] },
    w: { name: 'Week', most: [1] },
    M: { name: 'Month', most: [1, 2, 3, 4, 6, 12] },
  };
/** Trading of a day ends at 20:00 in New York, after which its bar does not change. */
const DAY_ENDS = 20 * MS_PER_HOUR;

export const TIMEFRAMES_HERE: readonly Timeframe[] = [
  '1m',
  '2m',
  '3m',
  '5m',
  '10m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '1d',
  '1w',
  '1M',
].map((text) => timeframe(text));

/** Alpaca's name of a bar length. @throws VenueError `rejected` for one that it has not */
export function timeframeName(value: Timeframe): string {
  const count = Number(value.slice(0, -1));
  const unit = UNITS[value.slice(-1)];
  if (unit?.most.includes(count) === true) return `${count}${unit.name}`;
  throw new VenueError(
    'rejected',
    `Alpaca has no bars of ${value}; it has minutes, hours, 1d, 1w and 1M.`,
  );
}

/** Closed bars of one stock, page after page. */
export async function readHistory(
  client: RestClient,
  request: HistoryRequest,
  feed: Feed,
  clock: Clock,
): Promise<BarColumns> {
  const { instrument, timeframe: length, start, end, signal, onProgress } = request;
  const symbol = symbolOf(instrument);
  const name = timeframeName(length);
  const daily = isDailyOrLonger(length);
  const zone = timeZone('America/New_York');
  // Days are dates here and begin at midnight in New York there. Their end counts in, ours does not.
  const from = daily ? zone.toInstant(start) : start;
  const to = (daily ? zone.toInstant(end) : end) - 1;
  const rows: BarRow[] = [];
  if (to < from) return columnsOfRows(rows);
  await cancellable(signal, async (ending) => {
    for (let token: string | null = null, pages = 0; pages === 0 || token !== null; pages += 1) {
      ending.throwIfAborted();
      const answer: {
        bars: Readonly<Record<string, readonly RawBar[]>> | null;
        next_page_token: string | null;
      } = await client.request({
        method: 'GET',
        path: '/v2/stocks/bars',
        query: {
          symbols: symbol,
          timeframe: name,
          start: isoTime(from),
          end: isoTime(to),
          limit: PAGE,
          adjustment: 'raw',
          // Delayed prices have a feed of their own in the stream alone.
          feed: feed === 'iex' ? 'iex' : 'sip',
          sort: 'asc',
          page_token: token ?? undefined,
        },
        schema: barsSchema,
        priority: 'history',
        timeout: 30_000,
        signal: ending,
      });
      const now = clock.now();
      for (const { t, o, h, l, c, v } of answer.bars?.[symbol] ?? []) {
        const time = daily ? sessionDate(t) : t;
        const last = rows.at(-1);
        if (time < start || time >= end || closedAt(time, length) > now) continue;
        // A page may begin with the bar that the one before ended with.
        if (last === undefined || time > last[0]) rows.push([time, o, h, l, c, v]);
      }
      const reached = rows.at(-1);
      if (reached !== undefined) onProgress?.(rows.length, unixMillis(reached[0]));
      const next = answer.next_page_token;
      // What is cut off must not pass for all there is.
      if (next !== null && (next === token || pages >= MOST_PAGES))
        throw new VenueError('unknown', 'Alpaca names the same pages of bars again and again.');
      token = next;
    }
  });
  return columnsOfRows(rows);
}

interface RawBar {
  readonly t: number;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
}

/** The instant at which a bar of this start changes no more. */
export function closedAt(start: number, length: Timeframe): number {
  if (!isDailyOrLonger(length)) return start + timeframeMillis(length);
  const count = Number(length.slice(0, -1));
  const date = new Date(start);
  let lastDay = start;
  if (length.endsWith('w')) lastDay = start + (7 * count - 1) * MS_PER_DAY;
  else if (length.endsWith('M'))
    lastDay = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1) - MS_PER_DAY;
  return timeZone('America/New_York').toInstant(lastDay + DAY_ENDS);
}

function range(most: number): readonly number[] {
  return Array.from({ length: most }, (_, i) => i + 1);
}
