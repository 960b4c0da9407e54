import type { BarColumns } from '../../../engine/domain/bar.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
  type Timeframe,
} from '../../../engine/domain/timeframe.ts';
import { MS_PER_DAY, MS_PER_HOUR, unixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { HistoryRequest } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { cancellable, columnsOfRows, type BarRow } from '../../net/bar-rows.ts';
import type { Query } from '../../net/rest-client.ts';
import type { SourceName } from './naming.ts';
import { nextPage, VENUE, type Rest } from './rest.ts';
import { aggregatesSchema, type RawBar } from './schemas.ts';

/** Base bars (of a minute, or a day) that one answer covers at most. */
const PAGE = 50_000;
/** Pages after which it is no history any more: a server that names the same pages for ever. */
const MOST_PAGES = 10_000;
const UNITS: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  M: 'month',
};
/** Trading of a stock's day ends at 20:00 in New York, after which its bar does not change. */
const DAY_ENDS = 20 * MS_PER_HOUR;
const NEW_YORK = timeZone('America/New_York');

export const TIMEFRAMES_HERE: readonly Timeframe[] = [
  '1s',
  '5s',
  '10s',
  '15s',
  '30s',
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

/** Closed bars of one instrument, page after page. */
export async function readHistory(
  rest: Rest,
  request: HistoryRequest,
  source: SourceName,
  adjusted: boolean,
  clock: Clock,
): Promise<BarColumns> {
  const { timeframe: length, start, end, signal, onProgress } = request;
  checkLength(length, source);
  const rows: BarRow[] = [];
  const [from, to] = instants(start, end, length);
  if (to < from) return columnsOfRows(rows);
  await cancellable(signal, async (ending) => {
    const count = Number(length.slice(0, -1));
    const unit = UNITS[length.slice(-1)] as string;
    // A month may have a day more than the nominal one.
    const longest = timeframeMillis(length) + (unit === 'month' ? MS_PER_DAY : 0);
    const ask = async (page: { readonly path: string; readonly query: Query }) =>
      rest.client.request({
        method: 'GET',
        ...page,
        schema: aggregatesSchema,
        priority: 'history',
        timeout: 60_000,
        signal: ending,
      });
    const pathOf = (a: number, b: number): string =>
      `/v2/aggs/ticker/${encodeURIComponent(source.ticker)}/range/${count}/${unit}/${a}/${b}`;
    const query: Query = { adjusted, sort: 'asc', limit: PAGE };
    let page: { readonly path: string; readonly query: Query } | null = {
      path: pathOf(from, to),
      query,
    };
    let last: RawBar | null = null;
    for (let pages = 0; page !== null; pages += 1) {
      ending.throwIfAborted();
      if (pages >= MOST_PAGES) {
        throw new VenueError('unknown', `${VENUE} told more than ${MOST_PAGES} pages of bars.`);
      }
      const answer = await ask(page);
      if (answer.adjusted !== adjusted && source.cluster === 'stocks') {
        throw new VenueError(
          'unknown',
          `${VENUE} sent prices that are ${answer.adjusted ? '' : 'not '}adjusted for splits, which was not asked for.`,
        );
      }
      const now = clock.now();
      for (const bar of answer.results) {
        if (last !== null && bar.t === last.t && differs(bar, last)) {
          // Both pages hold a part of it: only by itself it is told whole.
          const whole = await ask({ path: pathOf(bar.t, bar.t + longest - 1), query });
          const found = whole.results.find(({ t }) => t === bar.t);
          if (found !== undefined) replaceLast(rows, found, length);
          continue;
        }
        // A page may begin with what the one before ended with.
        if (last !== null && bar.t <= last.t) continue;
        last = bar;
        const time = startOf(bar.t, length);
        if (time < start || time >= end || closedAt(time, length, source) > now) continue;
        if (bar.h < bar.l || bar.h < bar.o || bar.h < bar.c || bar.l > bar.o || bar.l > bar.c) {
          throw new VenueError(
            'unknown',
            `${VENUE} sent a bar whose prices contradict each other (${source.ticker}, ${bar.t}).`,
          );
        }
        rows.push([time, bar.o, bar.h, bar.l, bar.c, bar.v]);
      }
      const reached = rows.at(-1);
      if (reached !== undefined) onProgress?.(rows.length, unixMillis(reached[0]));
      page = answer.next_url === null ? null : nextPage(answer.next_url, rest.origin);
    }
  });
  return columnsOfRows(rows);
}

/** @throws VenueError `rejected` for bars that the source has not */
function checkLength(length: Timeframe, source: SourceName): void {
  if (!TIMEFRAMES_HERE.includes(length)) {
    throw new VenueError(
      'rejected',
      `${VENUE} is asked for bars of ${TIMEFRAMES_HERE.join(', ')}, not of ${length}.`,
    );
  }
  // Its weeks begin on Sunday: with a market that trades on Sunday they are not ours.
  if (length === '1w' && source.cluster === 'crypto') {
    throw new VenueError(
      'rejected',
      `Weeks of ${VENUE} begin on Sunday, which are not those of a crypto pair; ask for 1d.`,
    );
  }
}

/** What is asked for, by its own count: bars are named by the instant at which they begin. */
function instants(start: number, end: number, length: Timeframe): readonly [number, number] {
  if (!isDailyOrLonger(length)) return [start, end - 1];
  // Days of stocks begin at midnight in New York, those of pairs at midnight UTC, weeks a day before ours.
  const early = length.endsWith('w') ? MS_PER_DAY : 0;
  return [start - early, end - 1];
}

/** Our time of a bar: instants of the day, and dates (midnight UTC) of longer bars. */
function startOf(time: number, length: Timeframe): number {
  if (!isDailyOrLonger(length)) return time;
  const date = time % MS_PER_DAY === 0 ? time : NEW_YORK.wallDay(time);
  // Sunday becomes Monday.
  return length.endsWith('w') && new Date(date).getUTCDay() === 0 ? date + MS_PER_DAY : date;
}

/** The instant at which a bar changes no more. */
export function closedAt(start: number, length: Timeframe, { cluster }: SourceName): number {
  if (!isDailyOrLonger(length)) return start + timeframeMillis(length);
  const date = new Date(start);
  let lastDay = start;
  if (length.endsWith('w')) lastDay = start + 6 * MS_PER_DAY;
  else if (length.endsWith('M'))
    lastDay = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - MS_PER_DAY;
  // Pairs trade all day, by either midnight.
  return cluster === 'crypto'
    ? NEW_YORK.toInstant(lastDay + MS_PER_DAY)
    : NEW_YORK.toInstant(lastDay + DAY_ENDS);
}

const differs = (a: RawBar, b: RawBar): boolean =>
  a.o !== b.o || a.h !== b.h || a.l !== b.l || a.c !== b.c || a.v !== b.v;

function replaceLast(rows: BarRow[], bar: RawBar, length: Timeframe): void {
  const time = startOf(bar.t, length);
  if (rows.at(-1)?.[0] === time) rows.splice(-1, 1, [time, bar.o, bar.h, bar.l, bar.c, bar.v]);
}
