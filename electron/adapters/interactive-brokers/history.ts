import type { BarColumns } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import {
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
} from '../../../engine/domain/time.ts';
import { timeframe, timeframeMillis, type Timeframe } from '../../../engine/domain/timeframe.ts';
import type { CancelSignal, HistoryRequest } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { columnsOfRows, type BarRow } from '../../net/bar-rows.ts';
import { CODES } from './codes.ts';
import type { KnownContract } from './contracts.ts';
import { HistoryPacing } from './history-pacing.ts';
import { barSchema } from './schemas.ts';
import type { TwsSession } from './session.ts';
import { readDate, stampOf } from './times.ts';

interface Page {
  readonly size: string;
  /** What is asked for at once, as TWS writes it, and the time that it spans at least. */
  readonly duration: string;
  readonly span: number;
}

const page = (size: string, duration: string, span: number): Page => ({ size, duration, span });

/** Bar sizes that TWS has, and how much of each it gives at once. */
const PAGES: Readonly<Record<string, Page>> = {
  '1s': page('1 secs', '1800 S', 30 * MS_PER_MINUTE),
  '5s': page('5 secs', '3600 S', MS_PER_HOUR),
  '10s': page('10 secs', '14400 S', 4 * MS_PER_HOUR),
  '15s': page('15 secs', '14400 S', 4 * MS_PER_HOUR),
  '30s': page('30 secs', '28800 S', 8 * MS_PER_HOUR),
  '1m': page('1 min', '1 D', MS_PER_DAY),
  '2m': page('2 mins', '2 D', 2 * MS_PER_DAY),
  '3m': page('3 mins', '1 W', 7 * MS_PER_DAY),
  '5m': page('5 mins', '1 W', 7 * MS_PER_DAY),
  '10m': page('10 mins', '1 W', 7 * MS_PER_DAY),
  '15m': page('15 mins', '1 W', 7 * MS_PER_DAY),
  '20m': page('20 mins', '1 W', 7 * MS_PER_DAY),
  '30m': page('30 mins', '1 M', 28 * MS_PER_DAY),
  '1h': page('1 hour', '1 M', 28 * MS_PER_DAY),
  '2h': page('2 hours', '1 M', 28 * MS_PER_DAY),
  '3h': page('3 hours', '1 M', 28 * MS_PER_DAY),
  '4h': page('4 hours', '1 M', 28 * MS_PER_DAY),
  '8h': page('8 hours', '1 M', 28 * MS_PER_DAY),
  '1d': page('1 day', '1 Y', 365 * MS_PER_DAY),
  '1w': page('1 week', '5 Y', 5 * 365 * MS_PER_DAY),
  '1M': page('1 month', '10 Y', 10 * 365 * MS_PER_DAY),
};
export const TIMEFRAMES: readonly Timeframe[] = Object.keys(PAGES).map((each) => timeframe(each));

const PAGE_TIMEOUT = 90_000;
/** Asked for again so often when TWS says that it was asked too fast. */
const ATTEMPTS = 4;
const PACING_PAUSE = 15_000;

/** Bars from the servers of Interactive Brokers: in pages from the end on, at the rate that they allow. */
export class History {
  readonly #session: TwsSession;
  readonly #pacing: HistoryPacing;

  constructor(session: TwsSession) {
    this.#session = session;
    this.#pacing = new HistoryPacing(session.clock);
  }

  close(reason: string): void {
    this.#pacing.close(reason);
  }

  /** @throws VenueError, RenataError CANCELLED */
  async bars(contract: KnownContract, request: HistoryRequest): Promise<BarColumns> {
    const { start, end, signal, onProgress } = request;
    const pages = PAGES[request.timeframe];
    if (pages === undefined) {
      throw new VenueError(
        'rejected',
        `Interactive Brokers has no bars of ${request.timeframe}; it has ${TIMEFRAMES.join(', ')}.`,
      );
    }
    const length = timeframeMillis(request.timeframe);
    const now = this.#session.clock.now();
    const rows = new Map<number, BarRow>();
    let upTo = Math.min(end, Math.ceil(now / 1000) * 1000);
    while (upTo > start) {
      throwIfAborted(signal);
      const got = await this.#page(contract, pages, upTo, signal);
      let earliest = upTo - pages.span;
      for (const row of got) {
        const [time] = row;
        earliest = Math.min(earliest, time);
        // The bar that is still forming changes: it is none yet.
        if (time >= start && time < end && time + length <= now) rows.set(time, row);
      }
      // Always backwards, or an odd answer would keep it asking for ever.
      upTo = Math.min(upTo - MS_PER_SECOND, earliest);
      onProgress?.(rows.size, Math.max(start, upTo) as HistoryRequest['start']);
    }
    return columnsOfRows([...rows.values()].toSorted((a, b) => a[0] - b[0]));
  }

  async #page(
    contract: KnownContract,
    pages: Page,
    upTo: number,
    signal: CancelSignal | undefined,
  ): Promise<readonly BarRow[]> {
    for (let attempt = 1; ; attempt += 1) {
      const { word } = contract;
      const what = whatToShow(word.secType);
      const key = `${word.conId} ${word.exchange} ${what}`;
      const release = await this.#pacing.take({
        contract: key,
        identical: `${key} ${pages.size} ${pages.duration} ${upTo}`,
        small: pages.size.endsWith('secs'),
        cost: what === 'BID_ASK' ? 2 : 1,
      });
      try {
        return await this.#ask(contract, pages, what, upTo, signal);
      } catch (error) {
        const paced = error instanceof VenueError && /pacing/i.test(error.message);
        if (!paced || attempt >= ATTEMPTS) throw error;
        this.#pacing.pause(PACING_PAUSE * attempt);
      } finally {
        release();
      }
      throwIfAborted(signal);
    }
  }

  async #ask(
    contract: KnownContract,
    pages: Page,
    what: string,
    upTo: number,
    signal: CancelSignal | undefined,
  ): Promise<readonly BarRow[]> {
    const rows: BarRow[] = [];
    try {
      return await this.#session.ask<readonly BarRow[]>({
        what: `the history of ${contract.instrument.id}`,
        priority: 'history',
        timeout: PAGE_TIMEOUT,
        send: (encoder, id) =>
          encoder.reqHistoricalData(
            id,
            contract.word as never,
            stampOf(upTo),
            pages.duration,
            pages.size as never,
            what as never,
            this.#session.settings.regularHours,
            2,
            false,
            [],
          ),
        cancel: (encoder, id) => encoder.cancelHistoricalData(id),
        take: (name, args) => {
          if (name !== 'historicalData') return undefined;
          if (typeof args[1] === 'string' && args[1].startsWith('finished')) return rows;
          rows.push(readBar(args));
          return undefined;
        },
        failed: (code, text) =>
          (code === CODES.historical || code === CODES.noQuery) && /no data/i.test(text)
            ? []
            : undefined,
        ...(signal === undefined
          ? {}
          : {
              signal: {
                get aborted() {
                  return signal.aborted;
                },
                onAbort: (run) => {
                  signal.addEventListener('abort', run);
                  return () => signal.removeEventListener('abort', run);
                },
              },
            }),
      });
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  }
}

function readBar(args: readonly unknown[]): BarRow {
  const [, time, open, high, low, close, volume] = barSchema.parse(args);
  const at = /^\d{8}$/.test(time) ? readDate(time) : Number(time) * MS_PER_SECOND;
  if (at === null || !Number.isSafeInteger(at))
    throw new VenueError('unknown', 'A bar has no time.');
  // -1 stands for "none": mid prices have no volume.
  return [at, open, high, low, close, Math.max(0, volume ?? 0)];
}

function whatToShow(secType: string): string {
  if (secType === 'CASH') return 'MIDPOINT';
  return secType === 'CRYPTO' ? 'AGGTRADES' : 'TRADES';
}

function throwIfAborted(signal: CancelSignal | undefined): void {
  if (signal?.aborted === true) throw new RenataError('CANCELLED', 'The download was cancelled.');
}
