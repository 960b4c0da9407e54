import type { MarketCalendar } from '../../../engine/domain/calendar.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { MS_PER_DAY, MS_PER_MINUTE, unixMillis } from '../../../engine/domain/time.ts';
import { timeframe, timeframeMillis, type Timeframe } from '../../../engine/domain/timeframe.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import { lowerBound } from '../../../engine/series/columns.ts';
import { emptyFigures, type DayFigures } from './board.ts';

const DAY = timeframe('1d');
/** Days in which two sessions must lie. */
const BACK = 12 * MS_PER_DAY;
/** Intraday bars that a session can be summed from, the first that the source has. */
const FINER: readonly Timeframe[] = ['1m', '5m', '15m', '30m', '1h'].map(timeframe);

/**
 * Open, high, low and volume of the session at `now`, up to the last complete bar, and the close before it.
 * Outside of sessions those of the last one. What the source cannot give stays unknown.
 * @returns undefined when the source has no daily bars
 * @throws VenueError
 */
export async function sessionFigures(
  client: MarketDataClient,
  instrument: InstrumentId,
  calendar: MarketCalendar,
  now: number,
): Promise<DayFigures | undefined> {
  const { timeframes } = client.capabilities;
  if (!timeframes.includes(DAY)) return undefined;
  const today = calendar.zone.wallDay(now);
  const daily = await client.history({
    instrument,
    timeframe: DAY,
    start: unixMillis(today - BACK),
    end: unixMillis(today + MS_PER_DAY),
  });
  const open = calendar.isOpen(now, 'regular');
  if (!open) return lastSession(daily);
  const figures = emptyFigures(today);
  figures.previousClose = daily.close[lowerBound(daily.time, today) - 1] ?? Number.NaN;
  const finer = FINER.find((each) => timeframes.includes(each));
  if (finer === undefined) return figures;
  const opening = calendar.session(today)?.regular[0]?.from ?? calendar.zone.toInstant(today);
  const end = Math.floor(now / MS_PER_MINUTE) * MS_PER_MINUTE;
  figures.reached = opening;
  figures.high = Number.NEGATIVE_INFINITY;
  figures.low = Number.POSITIVE_INFINITY;
  figures.volume = 0;
  if (end <= opening) return figures;
  const bars = await client.history({
    instrument,
    timeframe: finer,
    start: unixMillis(opening),
    end: unixMillis(end),
  });
  sumInto(figures, bars, timeframeMillis(finer), now);
  return figures;
}

function sumInto(figures: DayFigures, bars: BarColumns, length: number, now: number): void {
  for (let i = 0; i < bars.time.length; i += 1) {
    const end = (bars.time[i] as number) + length;
    if (end > now) break;
    if (Number.isNaN(figures.open)) figures.open = bars.open[i] as number;
    figures.high = Math.max(figures.high, bars.high[i] as number);
    figures.low = Math.min(figures.low, bars.low[i] as number);
    figures.close = bars.close[i] as number;
    const volume = bars.volume[i] as number;
    if (volume > 0) figures.volume += volume;
    figures.reached = end;
  }
}

function lastSession(daily: BarColumns): DayFigures | undefined {
  const last = daily.time.length - 1;
  if (last < 0) return undefined;
  return {
    day: daily.time[last] as number,
    open: daily.open[last] as number,
    high: daily.high[last] as number,
    low: daily.low[last] as number,
    close: daily.close[last] as number,
    volume: daily.volume[last] as number,
    previousClose: daily.close[last - 1] ?? Number.NaN,
    reached: Number.POSITIVE_INFINITY,
    told: false,
  };
}
