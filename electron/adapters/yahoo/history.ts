import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { BAR_COLUMN_NAMES, type Bar, type BarColumns } from '../../../engine/domain/bar.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import {
  isoDate,
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  unixMillis,
} from '../../../engine/domain/time.ts';
import { timeZone, type TimeZone } from '../../../engine/domain/time-zone.ts';
import { timeframe, timeframeMillis, type Timeframe } from '../../../engine/domain/timeframe.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { HistoryRequest } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { columnsOfBars } from '../../net/bar-rows.ts';
import type { Interval, YahooApi } from './api.ts';
import type { YahooChart } from './schemas.ts';

interface Kept {
  readonly interval: Interval;
  /** Milliseconds that one request and one file of the cache cover. */
  readonly chunk: number;
  /** How far back Yahoo has them, in milliseconds; null for all. */
  readonly depth: number | null;
}

const YEAR = 366 * MS_PER_DAY;
const KEPT: ReadonlyMap<Timeframe, Kept> = new Map(
  (
    [
      ['1m', '1m', 7 * MS_PER_DAY, 29 * MS_PER_DAY],
      ['5m', '5m', 30 * MS_PER_DAY, 59 * MS_PER_DAY],
      ['15m', '15m', 30 * MS_PER_DAY, 59 * MS_PER_DAY],
      ['30m', '30m', 30 * MS_PER_DAY, 59 * MS_PER_DAY],
      ['1h', '60m', 180 * MS_PER_DAY, 729 * MS_PER_DAY],
      ['1d', '1d', 5 * YEAR, null],
      ['1w', '1wk', 20 * YEAR, null],
      ['1M', '1mo', 20 * YEAR, null],
    ] as const
  ).map(([name, interval, chunk, depth]) => [timeframe(name), { interval, chunk, depth }]),
);
export const TIMEFRAMES: readonly Timeframe[] = [...KEPT.keys()];

/** After this a part of the past is final, but for splits, which change it all. */
const FINAL = 3 * MS_PER_DAY;
const FRESH_FINAL = 7 * MS_PER_DAY;
const FRESH_PRESENT = MS_PER_MINUTE;
const MOST_FILES = 2_000;
const MOST_PRESENT = 100;

const stored = z.object({
  symbol: z.string(),
  interval: z.string(),
  from: z.number(),
  at: z.number(),
  time: z.array(z.number()),
  open: z.array(z.number()),
  high: z.array(z.number()),
  low: z.array(z.number()),
  close: z.array(z.number()),
  volume: z.array(z.number().nullable()),
});

export interface HistoryOptions {
  readonly api: YahooApi;
  readonly clock: Clock;
  readonly folder: string;
  /** Something is wrong with the cache, which is then done without. */
  readonly onOdd: (what: string) => void;
}

/**
 * Bars in parts that each cover a fixed stretch of time: parts that are over are kept on the disk for a week,
 * the present one in memory for a minute. The same part is asked for once at a time.
 */
export class YahooHistory {
  readonly #options: HistoryOptions;
  readonly #present = new Map<string, { readonly at: number; readonly bars: readonly Bar[] }>();
  readonly #asked = new Map<string, Promise<readonly Bar[]>>();
  #files = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** @param delay milliseconds by which prices of the symbol are late @throws VenueError */
  async bars(symbol: string, request: HistoryRequest, delay: number): Promise<BarColumns> {
    const { clock } = this.#options;
    const kept = KEPT.get(request.timeframe);
    if (kept === undefined) {
      throw new VenueError(
        'rejected',
        `Yahoo has no ${request.timeframe} bars; it has ${TIMEFRAMES.join(', ')}.`,
      );
    }
    const now = clock.now();
    const first = kept.depth === null ? Number.NEGATIVE_INFINITY : now - kept.depth;
    if (request.start < first) {
      throw new VenueError(
        'rejected',
        `Yahoo keeps ${request.timeframe} bars from ${isoDate(first + MS_PER_DAY)} on; ask for a later start or longer bars.`,
      );
    }
    const bars: Bar[] = [];
    const end = Math.min(request.end, now);
    for (
      let from = Math.floor(request.start / kept.chunk) * kept.chunk;
      from < end;
      from += kept.chunk
    ) {
      if (request.signal?.aborted === true) throw new VenueError('not-sent', 'It was cancelled.');
      const part = await this.#part(symbol, request.timeframe, kept, from);
      for (const bar of part) {
        const inside = bar.time >= request.start && bar.time < request.end;
        if (!inside || bar.time <= (bars.at(-1)?.time ?? Number.NEGATIVE_INFINITY)) continue;
        // Late prices may still change the last bars.
        if (closeOf(bar.time, request.timeframe) + delay <= now) bars.push(bar);
      }
      request.onProgress?.(bars.length, unixMillis(Math.min(from + kept.chunk, end)));
    }
    return columnsOfBars(bars);
  }

  #part(symbol: string, length: Timeframe, kept: Kept, from: number): Promise<readonly Bar[]> {
    const key = `${symbol} ${kept.interval} ${from}`;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const found = this.#find(key, symbol, length, kept, from).finally(() =>
      this.#asked.delete(key),
    );
    this.#asked.set(key, found);
    return found;
  }

  async #find(
    key: string,
    symbol: string,
    length: Timeframe,
    kept: Kept,
    from: number,
  ): Promise<readonly Bar[]> {
    const { clock, api } = this.#options;
    const now = clock.now();
    const to = from + kept.chunk;
    const final = to + FINAL < now;
    const present = this.#present.get(key);
    if (present !== undefined && now - present.at < FRESH_PRESENT) return present.bars;
    const path = this.#path(key);
    if (final) {
      const known = await this.#read(path, symbol, kept.interval, from);
      if (known !== null && now - known.at < FRESH_FINAL && known.at <= now) return known.bars;
    }
    // Dates are local: days at the border may have either date in UTC.
    const pad = timeframeMillis(length) >= MS_PER_DAY ? 2 * MS_PER_DAY : 0;
    const least = kept.depth === null ? 0 : now - kept.depth;
    const chart = await api.chart(
      symbol,
      kept.interval,
      Math.max(from - pad, least, -2_000_000_000_000),
      Math.min(to + pad, now),
    );
    const bars = barsOf(chart, length).filter(({ time }) => time >= from && time < to);
    if (final) await this.#write(path, symbol, kept.interval, from, now, bars);
    else this.#remember(key, now, bars);
    return bars;
  }

  #remember(key: string, at: number, bars: readonly Bar[]): void {
    this.#present.delete(key);
    this.#present.set(key, { at, bars });
    const [oldest] = this.#present.keys();
    if (this.#present.size > MOST_PRESENT && oldest !== undefined) this.#present.delete(oldest);
  }

  #path(key: string): string {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
    return join(this.#options.folder, 'history', `${name}.json`);
  }

  async #read(
    path: string,
    symbol: string,
    interval: Interval,
    from: number,
  ): Promise<{ readonly at: number; readonly bars: readonly Bar[] } | null> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch {
      return null;
    }
    try {
      const file = stored.parse(JSON.parse(text));
      if (file.symbol !== symbol || file.interval !== interval || file.from !== from) return null;
      const bars = file.time.map((time, i): Bar => ({
        time,
        open: file.open[i] ?? Number.NaN,
        high: file.high[i] ?? Number.NaN,
        low: file.low[i] ?? Number.NaN,
        close: file.close[i] ?? Number.NaN,
        volume: file.volume[i] ?? Number.NaN,
      }));
      return { at: file.at, bars };
    } catch {
      this.#options.onOdd(`A broken file of the cache is fetched anew: ${path}.`);
      return null;
    }
  }

  async #write(
    path: string,
    symbol: string,
    interval: Interval,
    from: number,
    at: number,
    bars: readonly Bar[],
  ): Promise<void> {
    const columns = Object.fromEntries(
      BAR_COLUMN_NAMES.map((name) => [name, bars.map((bar) => bar[name])]),
    );
    try {
      const folder = join(this.#options.folder, 'history');
      await mkdir(folder, { recursive: true });
      // Whole or not at all, whatever happens in between.
      await writeFile(`${path}.new`, JSON.stringify({ symbol, interval, from, at, ...columns }));
      await rename(`${path}.new`, path);
      this.#files += 1;
      if (this.#files % 100 === 1) await prune(folder);
    } catch (error) {
      const why = messageOf(error);
      this.#options.onOdd(`The cache could not be written: ${why}.`);
    }
  }
}

/** Bars of an answer, as they are named here. Rows without prices and between the grid are left out. */
export function barsOf(chart: YahooChart, length: Timeframe): Bar[] {
  const { timestamp = [], indicators, meta } = chart;
  const [quote] = indicators.quote;
  const daily = timeframeMillis(length) >= MS_PER_DAY;
  const zone = zoneOf(meta.exchangeTimezoneName);
  const sessionEnd = meta.currentTradingPeriod?.regular.end;
  const bars: Bar[] = [];
  for (const [i, stamp] of timestamp.entries()) {
    const [open, high, low, close] = [quote?.open, quote?.high, quote?.low, quote?.close].map(
      (column) => column?.[i] ?? Number.NaN,
    ) as [number, number, number, number];
    if (![open, high, low, close].every((value) => Number.isFinite(value))) continue;
    const date = zone.wallDay(stamp);
    // The newest row is the present price, at its own moment: it is no bar that has closed.
    if (!daily && stamp % MS_PER_MINUTE !== 0) continue;
    if (daily && sessionEnd !== undefined && stamp > sessionEnd) continue;
    const time = daily ? periodOf(date, length) : stamp;
    const before = bars.at(-1);
    if (before !== undefined && time <= before.time) continue;
    bars.push({
      time,
      open,
      // Adjustment for splits rounds each price by itself.
      high: Math.max(high, open, close),
      low: Math.min(low, open, close),
      close,
      volume: quote?.volume?.[i] ?? Number.NaN,
    });
  }
  return bars;
}

/** @throws VenueError for a zone that nobody knows */
function zoneOf(name: string): TimeZone {
  try {
    return timeZone(name);
  } catch (cause) {
    throw new VenueError('unknown', `Yahoo names a time zone that there is not: ${name}.`, {
      cause,
    });
  }
}

/** Date by which a day, week or month is named. */
function periodOf(date: number, length: Timeframe): number {
  if (length === '1d') return date;
  const at = new Date(date);
  if (length === '1M') return Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
  return date - ((at.getUTCDay() + 6) % 7) * MS_PER_DAY;
}

/** When a bar is complete at the latest: dates end everywhere 12 hours after they do in Greenwich. */
function closeOf(time: number, length: Timeframe): number {
  if (timeframeMillis(length) < MS_PER_DAY) return time + timeframeMillis(length);
  const at = new Date(time);
  const next =
    length === '1M'
      ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1)
      : time + timeframeMillis(length);
  return next + 12 * MS_PER_HOUR;
}

/** Keeps the newest files only. */
async function prune(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= MOST_FILES) return;
  const files = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = files.toSorted((a, b) => a.at - b.at).slice(0, files.length - MOST_FILES);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}
