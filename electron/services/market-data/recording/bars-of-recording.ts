import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { instrumentId, type InstrumentId } from '../../../../engine/domain/identifiers.ts';
import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
  type Timeframe,
} from '../../../../engine/domain/timeframe.ts';
import { readRecording } from './reader.ts';

/** A recorded day of one instrument as a series that can be replayed. */
export interface RecordedSeries {
  readonly source: string;
  readonly day: string;
  readonly instrument: InstrumentId;
  readonly timeframe: Timeframe;
}

const PREFIX = 'recording:';

/**
 * Reads `recording:alpaca/2024-01-02/AAPL.XNAS@1m`; null for any other name.
 * @throws RenataError BAD_INPUT for one that begins so and is wrong, or for bars of a day and more
 */
export function readSeriesName(text: string): RecordedSeries | null {
  if (!text.startsWith(PREFIX)) return null;
  const match = /^([^/]+)\/(\d{4}-\d{2}-\d{2})\/(.+)\.([^.@]+)@([^@]+)$/.exec(
    text.slice(PREFIX.length),
  );
  if (match === null) {
    throw new RenataError(
      'BAD_INPUT',
      `datasets: "${text}" names no recording; write it like recording:alpaca/2024-01-02/AAPL.XNAS@1m.`,
      { details: { parameter: 'datasets' } },
    );
  }
  const [, source = '', day = '', symbol = '', venue = '', length = ''] = match;
  const frame = timeframe(length);
  if (isDailyOrLonger(frame)) {
    throw new RenataError(
      'BAD_INPUT',
      `datasets: a recorded day has no bars of ${frame}; choose 1m to 4h.`,
      { details: { parameter: 'datasets' } },
    );
  }
  return { source, day, instrument: instrumentId(symbol, venue), timeframe: frame };
}

/**
 * Bars of a recorded day, from the trades that count for the last price; where there are none, from the
 * middle of bid and ask, without volume. Bars begin at whole multiples of their length, UTC.
 * @throws RenataError NOT_FOUND where the instrument has no price in it
 */
export async function barsOfRecording(path: string, series: RecordedSeries): Promise<BarColumns> {
  const length = timeframeMillis(series.timeframe);
  const trades = new Bars(length);
  const quotes = new Bars(length);
  for await (const frame of readRecording(path)) {
    for (const row of frame) {
      if (row.instrument !== series.instrument) continue;
      if (row.kind === 'trade' && row.regular) trades.add(timeOf(row), row.price, row.size);
      if (row.kind === 'quote') quotes.add(timeOf(row), (row.bid + row.ask) / 2, 0);
    }
  }
  const bars = trades.columns() ?? quotes.columns();
  if (bars !== null) return bars;
  throw new RenataError(
    'NOT_FOUND',
    `datasets: the recording of ${series.source} on ${series.day} has no trade or quote of ${series.instrument}.`,
    { details: { parameter: 'datasets' } },
  );
}

function timeOf(row: { readonly venueTime: number; readonly receivedTime: number }): number {
  return Number.isNaN(row.venueTime) ? row.receivedTime : row.venueTime;
}

interface Bar {
  open: number;
  openedAt: number;
  high: number;
  low: number;
  close: number;
  closedAt: number;
  volume: number;
}

/** By their start; ticks may come late and in any order. */
class Bars {
  readonly #length: number;
  readonly #bars = new Map<number, Bar>();

  constructor(length: number) {
    this.#length = length;
  }

  add(time: number, price: number, size: number): void {
    if (!Number.isFinite(time) || !Number.isFinite(price)) return;
    const volume = size > 0 ? size : 0;
    const start = Math.floor(time / this.#length) * this.#length;
    const bar = this.#bars.get(start);
    if (bar === undefined) {
      const [open, high, low, close] = [price, price, price, price];
      this.#bars.set(start, { open, openedAt: time, high, low, close, closedAt: time, volume });
      return;
    }
    if (time < bar.openedAt) Object.assign(bar, { open: price, openedAt: time });
    if (time >= bar.closedAt) Object.assign(bar, { close: price, closedAt: time });
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.volume += volume;
  }

  columns(): BarColumns | null {
    if (this.#bars.size === 0) return null;
    const rows = [...this.#bars].toSorted(([a], [b]) => a - b);
    const column = (value: (bar: Bar) => number): Float64Array =>
      Float64Array.from(rows, ([, bar]) => value(bar));
    return {
      time: Float64Array.from(rows, ([start]) => start),
      open: column(({ open }) => open),
      high: column(({ high }) => high),
      low: column(({ low }) => low),
      close: column(({ close }) => close),
      volume: column(({ volume }) => volume),
    };
  }
}
