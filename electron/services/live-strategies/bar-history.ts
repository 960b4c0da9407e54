import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { MarketCalendar } from '../../../engine/domain/calendar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { MS_PER_DAY, unixMillis } from '../../../engine/domain/time.ts';
import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
  type Timeframe,
} from '../../../engine/domain/timeframe.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import { ClosingTimes } from '../../../engine/series/closing-times.ts';
import { lowerBound, sliceColumns } from '../../../engine/series/columns.ts';
import { columnsOf } from '../../../engine/series/live-bars.ts';
import { resample } from '../../../engine/series/resample.ts';

export interface HistoryOptions {
  readonly sources: () => readonly MarketDataClient[];
  readonly instrument: InstrumentId;
  readonly timeframe: Timeframe;
  readonly calendar: MarketCalendar;
}

const DAY = timeframe('1d');
/** Trading takes up at least this part of the time, nights, weekends and holidays counted. */
const INTRADAY_SHARE = 6;
const DAILY_SHARE = 1.6;
/** Times that more is asked for where a market trades less than its calendar says. */
const MOST_WIDER = 4;

/**
 * Closed bars of an instrument from the first source that has such bars, oldest first; `null` where none
 * has.
 * @param from first start of a bar
 * @param to bars start before it
 * @param now bars have closed by then
 */
export async function readHistory(
  options: HistoryOptions,
  from: number,
  to: number,
  now: number,
): Promise<BarColumns | null> {
  const { instrument, timeframe: wanted, calendar } = options;
  let failure: unknown;
  let asked = false;
  for (const client of options.sources()) {
    const found = fitting(client, wanted);
    if (found === undefined) continue;
    if ((await client.instrument(instrument).catch(() => null)) === null) continue;
    asked = true;
    try {
      const cut = { calendar, hours: 'regular' } as const;
      const bars = await client.history({
        instrument,
        timeframe: found,
        start: unixMillis(Math.floor(from)),
        end: unixMillis(Math.ceil(to)),
      });
      // Bars of the source are cut as the live ones are: those outside of the session are none of it.
      const joined = resample(bars, found, wanted, cut).bars;
      return closedBy(joined, now, new ClosingTimes(wanted, cut));
    } catch (error) {
      failure = error;
    }
  }
  if (asked) throw failure;
  return null;
}

/** The newest closed bars, at most so many. */
export async function readNewest(
  options: HistoryOptions,
  count: number,
  now: number,
): Promise<BarColumns | null> {
  if (count === 0) return columnsOf([]);
  const length = timeframeMillis(options.timeframe);
  const share = !options.calendar.hasSessions
    ? 1
    : isDailyOrLonger(options.timeframe)
      ? DAILY_SHARE
      : INTRADAY_SHARE;
  // A few days more, for holidays that lie together.
  const span = (count + 2) * length * share + (options.calendar.hasSessions ? 7 * MS_PER_DAY : 0);
  let bars = await readHistory(options, now - span, now, now);
  for (
    let wider = 2;
    bars !== null && bars.time.length < count && wider <= MOST_WIDER;
    wider *= 2
  ) {
    const before = bars.time.length;
    // What is replayed has its bars in another time.
    bars = await readHistory(options, before === 0 ? 0 : now - span * wider, now, now);
    if (bars === null || bars.time.length === before) break;
  }
  return bars === null
    ? null
    : sliceColumns(bars, Math.max(0, bars.time.length - count), bars.time.length);
}

function closedBy(bars: BarColumns, now: number, closings: ClosingTimes): BarColumns {
  let count = lowerBound(bars.time, now);
  while (count > 0 && closings.of(bars.time[count - 1] as number) > now) count -= 1;
  return sliceColumns(bars, 0, count);
}

/** The bars of a source that those of `wanted` are joined from; undefined when it has none. */
function fitting({ capabilities }: MarketDataClient, wanted: Timeframe): Timeframe | undefined {
  if (capabilities.timeframes.includes(wanted)) return wanted;
  if (isDailyOrLonger(wanted)) return capabilities.timeframes.find((each) => each === DAY);
  const length = timeframeMillis(wanted);
  return capabilities.timeframes
    .filter((each) => !isDailyOrLonger(each) && length % timeframeMillis(each) === 0)
    .toSorted((a, b) => timeframeMillis(b) - timeframeMillis(a))[0];
}
