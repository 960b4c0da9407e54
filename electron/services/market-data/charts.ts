import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { isoTime } from '../../../engine/domain/time.ts';
import { timeframeMillis, type Timeframe } from '../../../engine/domain/timeframe.ts';
import type { ChartBars } from '../../../engine/protocol/live-schemas.ts';
import { barOfRow, columnsOf } from '../../../engine/series/live-bars.ts';
import type { BarFeed } from './bar-feed.ts';

/** Bars that a chart gets at first, where it does not say from when on it wants them, and at most. */
const FIRST_BARS = 1_500;
const MOST_BARS = 5_000;

/** Bars of one instrument and timeframe for those who look at them: told with the view, newest wins. */
export class ChartFeed {
  readonly instrument: InstrumentId;
  readonly timeframe: Timeframe;
  readonly #feed: BarFeed;
  readonly #end: () => void;
  #closed: Bar[] = [];

  /** @param changed asks for the next view */
  constructor(
    options: { readonly instrument: InstrumentId; readonly timeframe: Timeframe },
    feed: BarFeed,
    changed: (chart: ChartFeed) => void,
  ) {
    this.instrument = options.instrument;
    this.timeframe = options.timeframe;
    this.#feed = feed;
    this.#end = feed.add((bars) => {
      for (let i = 0; i < bars.time.length; i += 1) this.#closed.push(barOfRow(bars, i));
      changed(this);
    });
    feed.followForming(() => changed(this));
  }

  forming(): Bar | null {
    return this.#feed.forming() ?? null;
  }

  /** What has changed since it was taken before. */
  take(): ChartBars {
    const closed = columnsOf(this.#closed);
    this.#closed = [];
    const { instrument, timeframe } = this;
    return { instrument, timeframe, closed, forming: this.forming() };
  }

  close(): void {
    this.#end();
  }
}

/**
 * Closed bars that a chart begins with; later ones are told.
 * @param from start of the first one that is wanted; the newest ones when null
 * @returns them, and in a sentence what is missing
 */
export async function chartPast(
  feed: BarFeed,
  timeframe: Timeframe,
  from: number | null,
  now: number,
): Promise<{ readonly bars: BarColumns; readonly note: string }> {
  const length = timeframeMillis(timeframe);
  const earliest = now - (from === null ? FIRST_BARS : MOST_BARS) * length;
  const start = Math.max(from ?? earliest, earliest);
  try {
    const bars = await feed.past(start, now + length);
    const first = bars.time[0];
    const cut = from !== null && from < earliest;
    if (!cut) return { bars, note: '' };
    const until = first === undefined ? 'now' : isoTime(first);
    return { bars, note: `Bars between ${isoTime(from)} and ${until} are not shown.` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { bars: columnsOf([]), note: `Bars before now could not be had: ${why}` };
  }
}
